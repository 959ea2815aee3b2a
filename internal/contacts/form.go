package contacts

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/phone"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// readForm reads the contact form; what only tidy can judge is left to it.
func readForm(f *web.Form) Details {
	d := Details{
		FirstName: f.Text("first_name"), LastName: f.Text("last_name"), Company: f.Text("company"), Role: f.Choice("role", Roles...),
		Postal: ReadPostal(f), Source: f.Text("source"), Tags: strings.Split(f.Text("tags"), ","), Notes: f.Text("notes"),
		DoNotContact: f.Bool("do_not_contact"),
	}
	// Empty rows stay, so that a problem is found beside the row it is about.
	for i := 0; f.Has(phoneField(i, "typed")) && i < 2*maxMany; i++ {
		d.Phones = append(d.Phones, Phone{
			Typed: f.Text(phoneField(i, "typed")), Type: f.Choice(phoneField(i, "type"), PhoneTypes...), SMSOptOut: f.Bool(phoneField(i, "sms_opt_out")),
		})
	}
	for i := 0; f.Has(emailField(i)) && i < 2*maxMany; i++ {
		d.Emails = append(d.Emails, f.Text(emailField(i)))
	}
	return d
}

// ReadPostal reads the address fields of a form.
func ReadPostal(f *web.Form) Postal {
	return Postal{
		Street: f.Text("street"), Unit: f.Text("unit"), City: f.Text("city"), State: f.Text("state"), ZIP: f.Text("zip"), AddressTyped: f.Text("address_typed"),
	}
}

func phoneField(i int, name string) string { return fmt.Sprintf("phones.%d.%s", i, name) }

func emailField(i int) string { return fmt.Sprintf("emails.%d", i) }

// contactForm is the form as it is shown: for a new contact, with a contact's
// values, or with what the person entered and what was wrong with it.
type contactForm struct {
	action, name, key, version string
	form                       *web.Form

	names, about, address []ui.Field
	doNotContact, notes   ui.Field
	phones                []phoneRow
	emails                []ui.Field
}

// phoneRow is a phone number in the form.
type phoneRow struct{ number, kind, optOut ui.Field }

// spare is how many empty rows for phones and for emails the form has.
const spare = 2

func formOf(form *web.Form, c Contact) contactForm {
	f := contactForm{action: path, form: form, name: c.Name, key: uuid.NewString()}
	if c.Version > 0 {
		f.action, f.version = c.URL(), web.VersionText(c.Version)
	}
	if form != nil {
		f.version, f.key = form.Values.Get("version"), form.Values.Get("key")
	}
	if c.Role == "" {
		c.Role = Roles[0]
	}
	text := func(name, label, value string) ui.Field {
		return ui.FieldOf(form, name, label, value).With(func(f *ui.Field) { f.Max = maxName })
	}
	f.names = []ui.Field{
		text("first_name", "First name", c.FirstName).With(func(f *ui.Field) { f.Focus = form == nil }), text("last_name", "Last name", c.LastName),
		text("company", "Company", c.Company).With(func(f *ui.Field) { f.Hint = "One of the three names is enough" }),
		text("role", "Role", c.Role).With(func(f *ui.Field) { f.Options, f.Required = ui.Choices(Roles...), true }),
	}
	f.about = []ui.Field{
		text("source", "Source", c.Source).With(func(f *ui.Field) { f.Hint = "Where the contact came from, for example Referral" }),
		ui.FieldOf(form, "tags", "Tags", strings.Join(c.Tags, ", ")).With(func(f *ui.Field) { f.Hint = "Separated by commas" }),
	}
	f.notes = ui.FieldOf(form, "notes", "Notes", c.Notes).With(func(f *ui.Field) { f.Max = maxNotes })
	f.doNotContact = ui.CheckboxOf(form, "do_not_contact", "Do not contact", c.DoNotContact)
	f.address = PostalFields(form, c.Postal)
	f.rows(form, c)
	return f
}

func (f *contactForm) rows(form *web.Form, c Contact) {
	phones, emails := len(c.Phones), len(c.Emails)
	if form != nil {
		d := readForm(form)
		phones = rowsOf(len(d.Phones), func(i int) bool { return d.Phones[i].Typed != "" })
		emails = rowsOf(len(d.Emails), func(i int) bool { return d.Emails[i] != "" })
	}
	for i := range phones + spare {
		var p Phone
		if i < len(c.Phones) {
			p = c.Phones[i]
		}
		f.phones = append(f.phones, phoneRow{
			ui.FieldOf(form, phoneField(i, "typed"), "Phone "+strconv.Itoa(i+1), p.Typed).With(func(f *ui.Field) { f.Keyboard = "tel" }),
			ui.FieldOf(form, phoneField(i, "type"), "Kind", p.Type).With(func(f *ui.Field) { f.Options = ui.Choices(PhoneTypes...) }),
			ui.CheckboxOf(form, phoneField(i, "sms_opt_out"), "No texts", p.SMSOptOut),
		})
	}
	for i := range emails + spare {
		email := ""
		if i < len(c.Emails) {
			email = c.Emails[i]
		}
		f.emails = append(f.emails, ui.FieldOf(form, emailField(i), "E-mail "+strconv.Itoa(i+1), email).With(func(f *ui.Field) { f.Keyboard = "email" }))
	}
}

// rowsOf is how many of n rows come before the spare ones: up to the last that is filled.
func rowsOf(n int, filled func(int) bool) int {
	for n > 0 && !filled(n-1) {
		n--
	}
	return n
}

// PostalFields are the fields of an address. The line as it was typed is one of
// them where it couldn't be read into parts.
func PostalFields(form *web.Form, p Postal) []ui.Field {
	fields := []ui.Field{
		ui.FieldOf(form, "street", "Street", p.Street).With(func(f *ui.Field) { f.Hint = "A whole address can be pasted here" }),
		ui.FieldOf(form, "unit", "Unit", p.Unit), ui.FieldOf(form, "city", "City", p.City),
		ui.FieldOf(form, "state", "State", p.State), ui.FieldOf(form, "zip", "ZIP", p.ZIP).With(func(f *ui.Field) { f.Keyboard = "numeric" }),
	}
	if p.AddressTyped != "" && p.Street == "" && p.City == "" && p.ZIP == "" {
		fields = append(fields, ui.FieldOf(form, "address_typed", "Address as it came", p.AddressTyped).With(func(f *ui.Field) {
			f.Hint = "It couldn't be read into parts; fill them in above, or leave it"
		}))
	}
	return fields
}

// all are the fields in the order of the form, for the summary of what was refused.
func (f contactForm) all() []ui.Field {
	list := append(append([]ui.Field{}, f.names...), f.doNotContact)
	for _, p := range f.phones {
		list = append(list, p.number, p.kind)
	}
	list = append(append(append(list, f.emails...), f.address...), f.about...)
	return append(list, f.notes)
}

// shown is a phone number as people read it.
func (p Phone) shown() string {
	if p.E164 == "" {
		return p.Typed
	}
	if p.Ext != "" {
		return phone.Format(p.E164) + " x" + p.Ext
	}
	return phone.Format(p.E164)
}

// remarks say more about a number: "mobile · no texts".
func (p Phone) remarks() string {
	words := p.Type
	if p.SMSOptOut {
		if words != "" {
			words += " · "
		}
		words += "no texts"
	}
	return words
}

// differences are the fields of a contact in two versions.
func differences(yours, theirs Details) []ui.DiffRow {
	y, t := yours.words(), theirs.words()
	rows := make([]ui.DiffRow, len(y))
	for i := range y {
		rows[i] = ui.DiffRow{Label: y[i][0], Yours: y[i][1], Theirs: t[i][1]}
	}
	return rows
}

// words are the details as label and text.
func (d Details) words() [][2]string {
	phones, emails := make([]string, 0, len(d.Phones)), make([]string, 0, len(d.Emails))
	for _, p := range d.Phones {
		if p.Typed != "" {
			phones = append(phones, strings.TrimSpace(p.Typed+" "+p.remarks()))
		}
	}
	for _, e := range d.Emails {
		if e != "" {
			emails = append(emails, e)
		}
	}
	tags := make([]string, 0, len(d.Tags))
	for _, t := range d.Tags {
		if t = strings.TrimSpace(t); t != "" {
			tags = append(tags, t)
		}
	}
	return [][2]string{
		{"First name", d.FirstName},
		{"Last name", d.LastName},
		{"Company", d.Company},
		{"Role", ui.Words(d.Role)},
		{"Do not contact", ui.YesNo(d.DoNotContact)},
		{"Phones", strings.Join(phones, "; ")},
		{"E-mail", strings.Join(emails, "; ")},
		{"Address", d.Line()},
		{"Source", d.Source},
		{"Tags", strings.Join(tags, ", ")},
		{"Notes", d.Notes},
	}
}
