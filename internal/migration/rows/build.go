package rows

import (
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/migration/normalise"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/address"
	"github.com/skaiscraper/skai/internal/platform/phone"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/staging"
	"github.com/skaiscraper/skai/internal/properties"
)

// head starts a staged record of a row. Without a vendor's id the row's own
// fingerprint and its ordinal among equal rows identify it.
func (b *Batch) head(r *row, entity string) staging.Head {
	h := staging.Head{FileNo: r.fileNo, Ordinal: r.ordinal, Source: r.source.Name, ID: postgres.NewID(), Fingerprint: r.fingerprint(), ArchivedFrom: r.archivedFrom()}
	if r.errored { // nothing of the row is staged, so it takes no place among the rows of its id
		return h
	}
	id, _ := r.raw(sources.ID)
	if normalise.Blank(id) && r.kind != sources.Contacts && r.kind != sources.Properties {
		id, _ = r.raw(sources.Number)
		if !normalise.Blank(id) {
			id = "number:" + id
		}
	}
	if normalise.Blank(id) {
		identity := r.identity()
		h.ExternalID = "fp:" + identity.String() + ":" + itoa(b.seen.next(entity, r.source.Name, itoa(r.fileNo), identity.String())+1)
		return h
	}
	if len(id) > maxName {
		r.fail(-1, "too_long", "an id of over 200 characters can't be one; map another column to id")
	}
	h.ExternalID = id
	h.Rank = b.seen.next(entity, r.source.Name, id)
	return h
}

// person reads the contact in a row. It gives nil where the row names nobody.
func (r *row) person() *contacts.Staged {
	c := &contacts.Staged{FirstName: r.personName(sources.FirstName), LastName: r.personName(sources.LastName), Company: r.word(sources.Company, maxName)}
	if c.FirstName == "" && c.LastName == "" {
		r.splitName(c)
	} else if full, _ := r.raw(sources.ContactName); full != "" {
		r.restate(c, full)
	}
	r.undouble(c)
	r.phones(c)
	r.emails(c)
	if c.FirstName == "" && c.LastName == "" && c.Company == "" {
		return nil
	}
	return c
}

// restate leaves a full name that says more than first and last name to extra.
func (r *row) restate(c *contacts.Staged, full string) {
	if !strings.EqualFold(full, strings.TrimSpace(c.FirstName+" "+c.LastName)) && !strings.EqualFold(full, c.Company) {
		r.state[r.columns[sources.ContactName][0]] = cellOpen
	}
}

func (r *row) splitName(c *contacts.Staged) {
	full := r.personName(sources.ContactName)
	if full == "" || strings.EqualFold(full, c.Company) {
		return
	}
	first, last, company := normalise.FullName(full)
	if company {
		if c.Company == "" {
			c.Company = full
			return
		}
		c.LastName = full
		return
	}
	c.FirstName, c.LastName = first, last
}

// undouble mends AccuLynx's doubled surnames ("SheaShea") and says so.
func (r *row) undouble(c *contacts.Staged) {
	if r.source.Name != "acculynx" {
		return
	}
	if single, doubled := normalise.Undouble(c.LastName); doubled {
		_, column := r.raw(sources.LastName)
		if column >= 0 {
			r.warn(column, "doubled_name", "AccuLynx wrote the surname twice; it was taken as "+single)
		}
		c.LastName = single
	}
}

func (r *row) phones(c *contacts.Staged) {
	optOut := r.flag(sources.SMSOptOut)
	for _, kind := range [...]struct {
		field sources.Field
		word  string
	}{{sources.Mobile, "mobile"}, {sources.Phone, ""}, {sources.HomePhone, "home"}, {sources.WorkPhone, "work"}, {sources.Fax, "fax"}} {
		for _, column := range r.columns[kind.field] {
			s := r.cell(column)
			if normalise.Blank(s) {
				continue
			}
			numbers, err := phone.ParseAll(s)
			if err != nil || len(s) > maxName {
				r.warn(column, "phone_as_typed", "kept as it stands, without a number to dial: "+words(err))
				numbers = []phone.Number{{Typed: s}}
			}
			for _, n := range numbers {
				c.Phones = appendPhone(c.Phones, n, kind.word, optOut)
				if c.MatchPhone == "" && kind.field != sources.Fax { // offices share one
					c.MatchPhone = n.E164
				}
			}
		}
	}
	if c.Phones != nil {
		c.Phones = append(c.Phones, ']')
	}
}

func words(err error) string {
	if err == nil {
		return "it is too long for a phone number"
	}
	return err.Error()
}

// appendPhone adds a phone to a JSON array that is not closed yet; the same number comes once.
func appendPhone(list []byte, n phone.Number, kind string, optOut bool) []byte {
	key := `"e164":"` + n.E164 + `"`
	if n.E164 != "" && n.Ext == "" && strings.Contains(string(list), key) {
		return list
	}
	if list == nil {
		list = append(list, '[', '{')
	} else {
		list = append(list, ',', '{')
	}
	if n.E164 != "" {
		list = append(append(list, key...), ',')
	}
	list = staging.AppendJSON(append(list, `"typed":`...), n.Typed)
	if kind != "" {
		list = append(append(append(list, `,"type":"`...), kind...), '"')
	}
	if n.Ext != "" {
		list = staging.AppendJSON(append(list, `,"ext":`...), n.Ext)
	}
	if optOut {
		list = append(list, `,"sms_opt_out":true`...)
	}
	return append(list, '}')
}

func (r *row) emails(c *contacts.Staged) {
	for _, column := range r.columns[sources.Email] {
		s := r.cell(column)
		if normalise.Blank(s) {
			continue
		}
		list, err := normalise.Emails(s)
		if err != nil || len(s) > 320 {
			r.keep(column, "email_as_typed", "kept among the extra fields, since it is no e-mail address")
			continue
		}
		for _, email := range list {
			if c.Emails == nil {
				c.Emails, c.MatchEmail = append(c.Emails, '['), email
			} else if strings.Contains(string(c.Emails), `"`+email+`"`) {
				continue
			} else {
				c.Emails = append(c.Emails, ',')
			}
			c.Emails = staging.AppendJSON(c.Emails, email)
		}
	}
	if c.Emails != nil {
		c.Emails = append(c.Emails, ']')
	}
}

// place is an address as it was typed and as it is understood.
type place struct {
	typed string
	address.Address
	key string
}

// place reads the address of a row: from its parts, or from one cell. What can't
// be understood is kept as it was typed.
func (r *row) place() place {
	one := r.word(sources.Address, 1000)
	parts := address.Address{
		Street: r.word(sources.Street, 300), Unit: r.word(sources.Street2, maxName), City: r.word(sources.City, maxName),
		State: r.word(sources.State, maxName), ZIP: r.word(sources.ZIP, maxName), Country: r.word(sources.Country, maxName),
	}
	if parts.Street == "" && one != "" {
		return r.onePlace(one, parts)
	}
	p := place{typed: typed(parts)}
	if p.typed == "" {
		return p
	}
	understood, err := address.Normalise(parts)
	if err != nil {
		r.addressAsTyped(err)
		return p
	}
	p.Address, p.key = understood, clipKey(address.Key(understood))
	if one != "" && address.Key(split(one)) != p.key {
		r.state[r.columns[sources.Address][0]] = cellOpen // says something else than the parts
	}
	return p
}

func (r *row) onePlace(one string, parts address.Address) place {
	p := place{typed: one}
	understood, err := address.Split(one)
	if err != nil && (parts.City != "" || parts.ZIP != "") { // the one cell is a street; the rest has columns of its own
		parts.Street = one
		p.typed = typed(parts)
		understood, err = address.Normalise(parts)
	}
	if err != nil {
		r.addressAsTyped(err)
		p.typed = typed(address.Address{Street: one, City: parts.City, State: parts.State, ZIP: parts.ZIP})
		return p
	}
	for _, fill := range []struct {
		to   *string
		from string
	}{{&understood.City, parts.City}, {&understood.State, parts.State}, {&understood.ZIP, parts.ZIP}} {
		if *fill.to == "" {
			*fill.to = fill.from
		}
	}
	if understood, err = address.Normalise(understood); err != nil {
		r.addressAsTyped(err)
		return p
	}
	p.Address, p.key = understood, clipKey(address.Key(understood))
	return p
}

func split(one string) address.Address {
	a, err := address.Split(one)
	if err != nil {
		return address.Address{}
	}
	return a
}

func (r *row) addressAsTyped(err error) {
	for _, f := range []sources.Field{sources.Address, sources.Street, sources.ZIP, sources.City} {
		if s, column := r.raw(f); s != "" {
			r.warn(column, "address_as_typed", "kept as it stands: "+err.Error())
			return
		}
	}
}

// typed puts the parts of an address into one line, as they stand.
func typed(a address.Address) string {
	var b strings.Builder
	for i, part := range []string{a.Street, a.Unit, a.City, a.State, a.ZIP, a.Country} {
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			if i == 4 {
				b.WriteByte(' ')
			} else {
				b.WriteString(", ")
			}
		}
		b.WriteString(part)
	}
	return b.String()
}

func clipKey(key string) string {
	if len(key) > 300 {
		return ""
	}
	return key
}

// building reads the property in a row; nil where the row has no address and no name for it.
func (r *row) building() *properties.Staged {
	at := r.place()
	if at.typed == "" {
		return nil
	}
	p := &properties.Staged{
		AddressTyped: at.typed, Street: at.Street, Unit: at.Unit, City: at.City, State: at.State, ZIP: at.ZIP, Plus4: at.Plus4, AddressKey: at.key,
		County: r.word(sources.County, maxName),
	}
	p.Latitude, p.Longitude = r.position()
	return p
}

// identityOf is the external id of a contact or property that stands in another
// record's row and has no id of its own: what it is known by, hashed.
func identityOf(prefix string, parts ...string) string {
	id := hashOf([]byte(strings.ToLower(strings.Join(parts, "\x1f"))))
	return prefix + id.String()
}

func embeddedHead(r *row, externalID string) staging.Head {
	return staging.Head{
		FileNo: r.fileNo, Ordinal: r.ordinal, Embedded: true, Late: true, Source: r.source.Name, ExternalID: externalID,
		Fingerprint: uuid.NewSHA1(uuid.Nil, []byte(externalID)), ID: postgres.NewID(),
	}
}
