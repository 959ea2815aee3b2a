package contacts

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/phone"
)

// How much fits, in characters or entries.
const (
	maxName  = 200
	maxNotes = 20_000
	maxTag   = 60
	maxTags  = 50
	maxMany  = 20 // phones, emails
)

// tidy brings what was entered into the form in which it is kept and says what
// can't be. What stood there already, old, may stay as an import left it.
func (d *Details) tidy(old Details) error {
	f := fault.Fields{}
	for _, t := range []struct {
		field, text, was string
		most             int
	}{
		{"first_name", d.FirstName, old.FirstName, maxName},
		{"last_name", d.LastName, old.LastName, maxName},
		{"company", d.Company, old.Company, maxName},
		{"source", d.Source, old.Source, maxName},
		{"notes", d.Notes, old.Notes, maxNotes},
	} {
		if t.text != t.was {
			f.Text(t.field, t.text, t.most)
		}
	}
	if strings.TrimSpace(d.FirstName+d.LastName+d.Company) == "" {
		f.Add("first_name", "enter a first name, a last name or a company")
	}
	if d.Role == "" {
		d.Role = Roles[0]
	}
	if !slices.Contains(Roles, d.Role) {
		f.Add("role", "%q is not one of %s", d.Role, strings.Join(Roles, ", "))
	}
	d.tidyPhones(f, old.Phones)
	d.tidyEmails(f, old.Emails)
	d.Postal.Tidy(f, old.Postal)
	d.Tags = TidyTags(f, d.Tags, old.Tags)
	return f.Err()
}

func (d *Details) tidyPhones(f fault.Fields, old []Phone) {
	if len(d.Phones) > maxMany {
		f.Add("phones", "a contact has at most %d phone numbers", maxMany)
	}
	kept := make([]Phone, 0, len(d.Phones))
	for i, p := range d.Phones {
		field := fmt.Sprintf("phones.%d.typed", i)
		f.Text(field, p.Typed, maxName)
		if p.Type != "" && !slices.Contains(PhoneTypes, p.Type) {
			f.Add(fmt.Sprintf("phones.%d.type", i), "%q is not one of %s", p.Type, strings.Join(PhoneTypes, ", "))
		}
		if strings.TrimSpace(p.Typed) == "" {
			continue
		}
		n, err := phone.Parse(p.Typed)
		was := slices.IndexFunc(old, func(o Phone) bool { return o.Typed == p.Typed })
		switch {
		case was >= 0: // read once already, by an import with more about it at hand
			n.E164, n.Ext = old[was].E164, old[was].Ext
		case err != nil:
			f.Add(field, "%v", err)
		}
		p.E164, p.Ext = n.E164, n.Ext
		kept = append(kept, p)
	}
	d.Phones = kept
}

func (d *Details) tidyEmails(f fault.Fields, old []string) {
	if len(d.Emails) > maxMany {
		f.Add("emails", "a contact has at most %d e-mail addresses", maxMany)
	}
	kept := make([]string, 0, len(d.Emails))
	for i, typed := range d.Emails {
		field := fmt.Sprintf("emails.%d", i)
		f.Text(field, typed, 320)
		email := strings.ToLower(strings.TrimSpace(typed))
		switch {
		case email == "":
			continue
		case slices.Contains(old, typed):
			email = typed
		default:
			if a, err := mail.ParseAddress(email); err != nil || a.Address != email {
				f.Add(field, "%q is no e-mail address; an example: pat@example.com", typed)
			}
		}
		if !slices.Contains(kept, email) {
			kept = append(kept, email)
		}
	}
	d.Emails = kept
}

// TidyTags drops empty tags and those that are there already, whatever their case.
// Tags that stood there before stay as they are.
func TidyTags(f fault.Fields, tags, old []string) []string {
	if tags != nil && slices.Equal(tags, old) {
		return tags
	}
	kept := make([]string, 0, len(tags))
	for _, tag := range tags {
		f.Text("tags", tag, maxTag)
		tag = strings.TrimSpace(tag)
		if tag != "" && !slices.ContainsFunc(kept, func(k string) bool { return strings.EqualFold(k, tag) }) {
			kept = append(kept, tag)
		}
	}
	if len(kept) > maxTags {
		f.Add("tags", "at most %d tags fit", maxTags)
	}
	return kept
}
