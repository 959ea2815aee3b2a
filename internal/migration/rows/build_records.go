package rows

import (
	"strings"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/migration/normalise"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/properties"
)

// build turns the row into staged records. When it returns with r.errored, the
// batch has staged nothing of the row.
func (b *Batch) build(f *File, r *row) {
	switch r.kind {
	case sources.Contacts:
		b.contact(r)
	case sources.Properties:
		b.property(r)
	case sources.Leads:
		b.lead(r)
	case sources.Claims, sources.Jobs:
		b.job(f, r)
	case sources.Photos:
		b.photo(r)
	case sources.Estimate:
		b.estimateLine(f.Estimate, r)
	}
}

func (b *Batch) contact(r *row) {
	c := r.person()
	if c == nil {
		r.fail(-1, "no_name", "a contact needs a first name, a last name or a company; fill one in")
		return
	}
	c.MatchName, c.MatchPhone, c.MatchEmail = "", "", ""
	c.Role = r.contactRole()
	c.LeadSource, c.Tags, c.Notes = r.word(sources.LeadSource, maxName), r.tags(), r.notes()
	c.DoNotContact = r.flag(sources.DoNotContact) || normalise.DoNotContact(c.Notes)
	at := r.place()
	c.AddressTyped, c.Street, c.Unit, c.City, c.State, c.ZIP = at.typed, at.Street, at.Unit, at.City, at.State, at.ZIP
	created := r.created()
	c.Head = b.head(r, "contact")
	c.CreatedAt = created
	if r.errored {
		return
	}
	c.Extra = r.extra()
	c.Append(&b.contacts)
}

// contactRole maps the vendor's record type; another word stays in extra.
func (r *row) contactRole() string {
	word := r.word(sources.ContactRole, maxName)
	switch sources.Key(word) {
	case "":
		return "homeowner"
	case "homeowner", "customer", "client", "lead", "insured", "residential":
		return "homeowner"
	case "adjuster", "insuranceadjuster":
		return "adjuster"
	case "carrier", "insurancecompany":
		return "carrier"
	case "vendor", "supplier", "subcontractor", "sub":
		return "vendor"
	}
	r.state[r.columns[sources.ContactRole][0]] = cellOpen
	return "other"
}

func (b *Batch) property(r *row) {
	p := r.building()
	name := r.word(sources.Title, maxName)
	if p == nil {
		if name == "" {
			r.fail(-1, "no_address", "a property needs an address; fill in street, city, state and ZIP")
			return
		}
		p = r.place().property()
	}
	p.Name = nameUnlessAddress(name, p.AddressTyped)
	p.Kind = r.propertyKind()
	p.YearBuilt, p.SquareFeet, p.RoofAge = r.within(sources.YearBuilt, 1600, 2200), r.within(sources.SquareFeet, 0, 100_000_000), r.within(sources.RoofAge, 0, 300)
	p.Squares, p.Stories = r.measure(sources.Squares, 99_999), r.measure(sources.Stories, 200)
	p.Pitch, p.RoofMaterial = r.word(sources.Pitch, maxName), r.word(sources.RoofMaterial, maxName)
	p.Tags, p.Notes = r.tags(), r.notes()
	p.ContactRef, p.ContactEmail = r.word(sources.RefContactID, maxName), strings.ToLower(r.word(sources.RefContactEmail, 320))
	p.ByAddress = r.source.Name == "companycam" && p.AddressKey != ""
	p.JobRef = r.word(sources.RefJob, maxName)
	created := r.created()
	owner := r.person()
	p.Head = b.head(r, "property")
	p.CreatedAt, p.Late = created, p.ByAddress
	if r.errored {
		return
	}
	if owner != nil && p.ContactRef == "" {
		p.ContactRef = b.embedContact(r, owner)
	}
	p.Extra = r.extra()
	p.Append(&b.properties)
}

// nameUnlessAddress leaves out a project's name that only repeats the address.
func nameUnlessAddress(name, address string) string {
	if strings.HasPrefix(strings.ToLower(address), strings.ToLower(name)) {
		return ""
	}
	return name
}

var propertyKinds = map[string]string{
	"singlefamily": "single_family", "singlefamilyhome": "single_family", "residential": "single_family", "house": "single_family", "sfr": "single_family",
	"multifamily": "multi_family", "duplex": "multi_family", "apartment": "multi_family", "apartments": "multi_family",
	"townhouse": "townhouse", "townhome": "townhouse", "condo": "condo", "condominium": "condo", "mobilehome": "mobile_home", "manufactured": "mobile_home",
	"commercial": "commercial", "business": "commercial", "hoa": "hoa", "other": "other",
}

func (r *row) propertyKind() string {
	word := r.word(sources.PropertyType, maxName)
	kind := propertyKinds[sources.Key(word)]
	if kind == "" && word != "" {
		r.state[r.columns[sources.PropertyType][0]] = cellOpen
		return "other"
	}
	return kind
}

// measure is a decimal number that is not negative.
func (r *row) measure(f sources.Field, most int) string {
	s := r.decimal(f)
	whole, _, _ := strings.Cut(s, ".")
	if strings.HasPrefix(s, "-") || len(whole) > len(itoa(most)) {
		_, column := r.raw(f)
		r.fail(column, "range", "expected a number from 0 to "+itoa(most))
		return ""
	}
	return s
}

// embedContact stages the contact that another record's row names and gives its
// external id. The same cells are the same contact of that source.
func (b *Batch) embedContact(r *row, c *contacts.Staged) string {
	c.MatchName = strings.ToLower(strings.TrimSpace(c.LastName + " " + c.FirstName))
	if c.MatchName == "" {
		c.MatchName = strings.ToLower(c.Company)
	}
	id := identityOf("who:", c.FirstName, c.LastName, c.Company, string(c.Phones), string(c.Emails), c.Role)
	first := b.seen.next("contact", r.source.Name, id) == 0
	if first || c.DoNotContact {
		c.Head = embeddedHead(r, id)
		if !first {
			c.Rank = b.seen.next("contact again", r.source.Name, id) + 1
		}
		c.Append(&b.contacts)
	}
	return id
}

func (b *Batch) lead(r *row) {
	owner := r.person()
	stage, known := r.leadStage(r.word(sources.Stage, maxName))
	if !known {
		return
	}
	b.stageLead(r, owner, stage)
}

func (b *Batch) stageLead(r *row, owner *contacts.Staged, stage string) {
	l := &leads.Staged{
		Title: r.word(sources.Title, maxName), Source: r.word(sources.LeadSource, maxName), Stage: stage, SourceStage: r.word(sources.Stage, maxName),
		Kind: r.leadKind(), EstimatedValue: r.money(sources.Value), FollowUpOn: r.date(sources.FollowUp), DeadReason: r.word(sources.DeadReason, maxText),
		Notes: r.notes(), Tags: r.tags(), StageAt: r.time(sources.StageAt), AssigneeName: r.word(sources.Salesperson, maxName),
		ContactRef: r.word(sources.RefContactID, maxName), ContactEmail: strings.ToLower(r.word(sources.RefContactEmail, 320)), ContactName: r.personName(sources.RefContactName),
	}
	l.Temperature = r.temperature()
	if l.Stage == "lost" && l.DeadReason == "" {
		l.DeadReason = "no reason in " + r.source.Label + " (" + l.SourceStage + ")"
	}
	created, home := r.created(), r.building()
	if l.Title == "" {
		l.Title = leadTitle(owner, l, home)
	}
	if l.Title == "" {
		r.fail(-1, "no_title", "a lead needs a title, a contact or an address; fill one in")
	}
	l.Head = b.head(r, "lead")
	l.CreatedAt = created
	if r.errored {
		return
	}
	if owner != nil {
		owner.DoNotContact = normalise.DoNotContact(l.DeadReason) || normalise.DoNotContact(l.Notes)
		l.ContactRef = b.embedContact(r, owner)
	}
	if home != nil {
		l.PropertyRef = b.embedProperty(r, home, l.ContactRef)
	}
	l.Extra = r.extra()
	l.Append(&b.leads)
}

func leadTitle(owner *contacts.Staged, l *leads.Staged, home *properties.Staged) string {
	switch {
	case owner != nil && owner.Company != "" && owner.LastName == "":
		return owner.Company
	case owner != nil:
		return strings.TrimSpace(owner.FirstName + " " + owner.LastName)
	case l.ContactName != "":
		return l.ContactName
	case home != nil && len(home.AddressTyped) <= maxName:
		return home.AddressTyped
	}
	return ""
}

func (r *row) temperature() string {
	word := r.word(sources.Temperature, maxName)
	switch t := strings.ToLower(word); t {
	case "", "hot", "warm", "cold":
		return t
	}
	_, column := r.raw(sources.Temperature)
	r.keep(column, "temperature", "kept among the extra fields: a lead is hot, warm or cold")
	return ""
}

func (r *row) leadKind() string {
	switch sources.Key(r.word(sources.WorkType, maxName)) {
	case "retail", "cash", "selfpay":
		return "retail"
	case "repair", "service", "warranty":
		return "repair"
	case "financed", "finance", "financing":
		return "financed"
	case "insurance", "storm", "claim":
		return "insurance"
	}
	if r.word(sources.Carrier, maxName) != "" || r.word(sources.ClaimNumber, maxName) != "" {
		return "insurance"
	}
	return "retail"
}

func (b *Batch) photo(r *row) {
	f := &files.Staged{
		Kind: "photo", SourceURL: r.word(sources.URL, 2000), SourceMD5: r.word(sources.MD5, maxName), TakenAt: r.time(sources.TakenAt),
		TakenBy: r.word(sources.TakenBy, maxName), Caption: r.text(sources.Caption, maxText), Tags: r.tags(), ProjectRef: r.word(sources.RefProject, maxName),
	}
	if f.SourceURL == "" {
		r.fail(-1, "no_url", "a photo needs the address it can be fetched from; export the list with its url column")
	}
	f.Latitude, f.Longitude = r.position()
	created := r.created()
	f.Head = b.head(r, "file")
	f.CreatedAt, f.Name = created, fileName(f.SourceURL, f.ExternalID)
	if r.errored {
		return
	}
	f.Extra = r.extra()
	f.Append(&b.files)
}

func fileName(url, id string) string {
	path, _, _ := strings.Cut(url, "?")
	if name := path[strings.LastIndexByte(path, '/')+1:]; name != "" && len(name) <= maxName {
		return name
	}
	return "photo " + id
}
