package rows

import (
	"strings"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/migration/normalise"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/phone"
	"github.com/skaiscraper/skai/internal/platform/staging"
)

// job makes a claim of a row, or a lead where the vendor's stage is one of a lead.
func (b *Batch) job(f *File, r *row) {
	owner := r.person()
	word := r.word(sources.Stage, maxName)
	lead, stage, known := r.jobStage(word)
	if !known {
		return
	}
	if lead {
		b.stageLead(r, owner, stage)
		return
	}
	c := r.claim(word, stage)
	created, home := r.created(), r.building()
	adjuster := r.adjuster()
	if c.Title == "" && owner == nil && home == nil && c.ClaimNumber == "" && c.ContactRef == "" && c.ContactName == "" {
		r.fail(-1, "no_key", "a claim needs a contact, an address, a claim number or a title; fill one in")
	}
	c.Head = b.head(r, "claim")
	c.CreatedAt = created
	if r.errored {
		return
	}
	if owner != nil {
		owner.DoNotContact = normalise.DoNotContact(c.Notes) || normalise.DoNotContact(r.aside(sources.DeadReason))
		c.ContactRef = b.embedContact(r, owner)
	}
	if adjuster != nil {
		c.AdjusterRef = b.embedContact(r, adjuster)
	}
	if home != nil {
		c.PropertyRef = b.embedProperty(r, home, c.ContactRef)
	}
	c.Extra = r.extra()
	c.Append(&b.claims)
	f.noteAmounts(c)
}

func (r *row) claim(word, stage string) *claims.Staged {
	c := &claims.Staged{
		Title: r.word(sources.Title, maxName), Carrier: r.word(sources.Carrier, maxName), ClaimNumber: r.word(sources.ClaimNumber, maxName),
		PolicyNumber: r.word(sources.PolicyNumber, maxName), DateOfLoss: r.date(sources.DateOfLoss), Stage: stage, SourceStage: word,
		Source: r.word(sources.LeadSource, maxName), WorkType: r.word(sources.WorkType, maxName),
		RCV: r.money(sources.RCV), ACV: r.money(sources.ACV), Deductible: r.money(sources.Deductible),
		RecoverableDepreciation: r.money(sources.RecoverableDepreciation), NonRecoverableDepreciation: r.money(sources.NonRecoverableDepreciation),
		Approved: r.money(sources.Approved), Supplements: r.money(sources.Supplements), Paid: r.money(sources.Paid),
		NextAction: r.word(sources.NextAction, 1000), Notes: r.notes(), Tags: r.tags(), StageAt: r.time(sources.StageAt),
		ContactRef: r.word(sources.RefContactID, maxName), ContactName: r.personName(sources.RefContactName),
		ContactEmail: strings.ToLower(r.word(sources.RefContactEmail, 320)), AssigneeName: r.word(sources.Salesperson, maxName),
	}
	if value := r.money(sources.Value); value != nil && c.RCV == nil {
		c.RCV = value
	} else if value != nil {
		_, column := r.raw(sources.Value)
		r.state[column] = cellOpen
	}
	for _, f := range []sources.Field{sources.DeadReason, sources.FollowUp, sources.Temperature} { // a lead's, kept in extra on a claim
		if _, column := r.raw(f); column >= 0 {
			r.state[column] = cellOpen
		}
	}
	if stage == "cancelled" {
		c.StageBefore = "intake"
	}
	c.Kind = "insurance"
	if kind := r.leadKind(); kind != "insurance" {
		c.Kind = "retail"
	}
	if r.kind == sources.Claims {
		c.Kind = "insurance"
	}
	c.Peril = r.peril()
	if !c.DateOfLoss.IsZero() && c.DateOfLoss.In(r.loc).After(r.now) {
		_, column := r.raw(sources.DateOfLoss)
		r.fail(column, "future", "a date of loss can't lie in the future; correct the year")
	}
	return c
}

// peril maps the type of loss; of several the one that roofs are claimed for
// stands first, and the words as they came are kept in extra.
func (r *row) peril() string {
	word := strings.ToLower(r.word(sources.Peril, maxName))
	if word == "" {
		return ""
	}
	for _, p := range []string{"hail", "wind", "fire", "water", "lightning"} {
		if word == p {
			return p
		}
	}
	r.state[r.columns[sources.Peril][0]] = cellOpen
	for _, p := range []string{"hail", "wind", "tornado", "fire", "lightning", "water"} {
		if strings.Contains(word, p) {
			return strings.Replace(p, "tornado", "wind", 1)
		}
	}
	return "other"
}

func (r *row) adjuster() *contacts.Staged {
	name := r.personName(sources.AdjusterName)
	number, email := r.word(sources.AdjusterPhone, maxName), r.word(sources.AdjusterEmail, 320)
	if name == "" {
		for _, f := range []sources.Field{sources.AdjusterPhone, sources.AdjusterEmail} { // nobody to hang them on
			if _, column := r.raw(f); column >= 0 {
				r.state[column] = cellOpen
			}
		}
		return nil
	}
	a := &contacts.Staged{Role: "adjuster"}
	first, last, company := normalise.FullName(name)
	if company {
		a.Company = name
	} else {
		a.FirstName, a.LastName = first, last
	}
	if number != "" {
		n, err := phone.Parse(number)
		if err != nil {
			_, column := r.raw(sources.AdjusterPhone)
			r.warn(column, "phone_as_typed", "kept as it stands, without a number to dial: "+err.Error())
			n = phone.Number{Typed: number}
		}
		a.Phones, a.MatchPhone = append(appendPhone(nil, n, "work", false), ']'), n.E164
	}
	if email != "" {
		address, err := normalise.Email(email)
		if err != nil {
			_, column := r.raw(sources.AdjusterEmail)
			r.keep(column, "email_as_typed", "kept among the extra fields, since it is no e-mail address")
		} else {
			a.Emails, a.MatchEmail = append(staging.AppendJSON([]byte{'['}, address), ']'), address
		}
	}
	return a
}
