package claims

import (
	"context"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// readForm reads the claim form; what only tidy can judge is left to it. Amounts
// are nil where the form has no field for any.
func (s *Service) readForm(ctx context.Context, f *web.Form) (d Details, a *Amounts, err error) {
	d = Details{
		Title: f.Text("title"), Kind: f.Choice("kind", Kinds...), Carrier: f.Text("carrier"), ClaimNumber: f.Text("claim_number"), PolicyNumber: f.Text("policy_number"),
		DateOfLoss: leads.FormDay(f, "date_of_loss"), Peril: f.Choice("peril", Perils...), Source: f.Text("source"), WorkType: f.Text("work_type"),
		Priority: f.Choice("priority", Priorities...), NextAction: f.Text("next_action"), NextActionOn: leads.FormDay(f, "next_action_on"),
		Notes: f.Text("notes"), Tags: strings.Split(f.Text("tags"), ","),
	}
	if id, set := f.ID("assignee_id"); set {
		d.AssigneeID = &id
	}
	var entered Amounts
	for _, one := range entered.all() {
		if f.Has("amounts." + one.field) {
			*one.cents, a = leads.FormAmount(f, "amounts."+one.field), &entered
		}
	}
	for _, ref := range []struct {
		ref contacts.Ref
		dst **uuid.UUID
	}{{leads.ContactRef, &d.ContactID}, {leads.PropertyRef, &d.PropertyID}, {leads.AdjusterRef, &d.AdjusterID}} {
		if err := ref.ref.Read(ctx, s.db, f, ref.dst); err != nil {
			return d, a, err
		}
	}
	return d, a, nil
}

// claimForm is the form as it is shown: for a new claim, with a claim's values,
// or with what the person entered and what was wrong with it.
type claimForm struct {
	action, name, key, version string
	form                       *web.Form

	who, carrier, work, amounts, more []ui.Field
	title, notes                      ui.Field
	contact, property, adjuster       contacts.RefField
}

func formOf(form *web.Form, c Full) claimForm {
	f := claimForm{action: path, form: form, name: c.Name(), key: uuid.NewString()}
	if c.Version > 0 {
		f.action, f.version = c.URL(), web.VersionText(c.Version)
	}
	if form != nil {
		f.version, f.key = form.Values.Get("version"), form.Values.Get("key")
	}
	field := func(name, label, value string) ui.Field {
		return ui.FieldOf(form, name, label, value).With(func(f *ui.Field) { f.Max = maxText })
	}
	choice := func(name, label, value string, words []string, required bool) ui.Field {
		return field(name, label, value).With(func(f *ui.Field) { f.Options, f.Required = ui.Choices(words...), required })
	}
	hint := func(f ui.Field, words string) ui.Field { return f.With(func(f *ui.Field) { f.Hint = words }) }
	f.title = field("title", "Title", c.Title).With(func(f *ui.Field) {
		f.Focus, f.Hint = true, "What your people call it, for example Delgado, full replacement"
	})
	f.contact, f.property = leads.ContactRef.Field(form, c.ContactID, c.Contact), leads.PropertyRef.Field(form, c.PropertyID, c.Property)
	f.adjuster = leads.AdjusterRef.Field(form, c.AdjusterID, c.Adjuster)
	f.who = []ui.Field{choice("kind", "Kind", leads.Or(c.Kind, Insurance), Kinds, true)}
	f.carrier = []ui.Field{
		field("carrier", "Carrier", c.Carrier), hint(field("claim_number", "Claim number", c.ClaimNumber), "The carrier's own"), field("policy_number", "Policy number", c.PolicyNumber),
		field("date_of_loss", "Date of loss", c.DateOfLoss.String()), choice("peril", "Peril", c.Peril, Perils, false),
	}
	f.work = []ui.Field{
		leads.AssigneeField(form, c.AssigneeID, c.Assignee, c.People), choice("priority", "Priority", leads.Or(c.Priority, "normal"), Priorities, true),
		hint(field("next_action", "Next action", c.NextAction), "What has to happen next, for example Send the supplement"), field("next_action_on", "Next action on", c.NextActionOn.String()),
	}
	for _, one := range c.Amounts.all() {
		f.amounts = append(f.amounts, field("amounts."+one.field, one.label, leads.AmountText(*one.cents)))
	}
	f.more = []ui.Field{
		field("work_type", "Work", c.WorkType), hint(field("source", "Source", c.Source), "Where the job came from, for example Referral"),
		ui.FieldOf(form, "tags", "Tags", strings.Join(c.Tags, ", ")).With(func(f *ui.Field) { f.Hint = "Separated by commas" }),
	}
	f.notes = ui.FieldOf(form, "notes", "Notes", c.Notes).With(func(f *ui.Field) { f.Max = maxNotes })
	return f
}

// all are the fields in the order of the form, for the summary of what was refused.
func (f claimForm) all() []ui.Field {
	list := []ui.Field{f.title, f.contact.Text, f.contact.Choice, f.property.Text, f.property.Choice}
	list = append(append(list, f.who...), f.carrier...)
	list = append(append(list, f.adjuster.Text, f.adjuster.Choice), f.work...)
	return append(append(append(list, f.amounts...), f.more...), f.notes)
}

// blank is a new claim with what the form offers, about the contact or property
// that the address names, from whose page it was asked for.
func (s *Service) blank(ctx context.Context, v url.Values) (c Full, err error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return c, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Full, error) {
		var b pgx.Batch
		var contact, property []identity.Name
		postgres.Queue(&b, &contact, `SELECT id, name FROM contacts WHERE id = $1`, leads.Asked(v, "contact_id"))
		postgres.Queue(&b, &property, `SELECT id, address AS name FROM properties WHERE id = $1`, leads.Asked(v, "property_id"))
		identity.QueuePeople(&b, &c.People)
		if err := postgres.Send(ctx, tx, &b); err != nil {
			return c, err
		}
		for _, one := range contact {
			c.ContactID, c.Contact = &one.ID, one.Name
		}
		for _, one := range property {
			c.PropertyID, c.Property = &one.ID, one.Name
		}
		return c, nil
	})
}

// entered is the claim as the person's form says, with the names the form showed.
func (c Claim) entered(d Details, a *Amounts, f *web.Form, people []identity.Name) Claim {
	c.Details = d
	if a != nil {
		c.Amounts = *a
	}
	c.Contact, c.Property, c.Adjuster = f.Text("contact"), f.Text("property"), f.Text("adjuster")
	c.Assignee, c.Tags = leads.NameOf(people, d.AssigneeID), leads.Filled(d.Tags)
	return c
}

// words are a claim's details as label and text.
func (c Claim) words() [][2]string {
	list := [][2]string{
		{"Title", c.Title},
		{"Contact", c.Contact},
		{"Property", c.Property},
		{"Kind", ui.Words(c.Kind)},
		{"Carrier", c.Carrier},
		{"Claim number", c.ClaimNumber},
		{"Policy number", c.PolicyNumber},
		{"Date of loss", c.DateOfLoss.String()},
		{"Peril", ui.Words(c.Peril)},
		{"Adjuster", c.Adjuster},
		{"Assignee", c.Assignee},
		{"Priority", ui.Words(c.Priority)},
		{"Next action", c.NextAction},
		{"Next action on", c.NextActionOn.String()},
	}
	for _, one := range c.Amounts.all() {
		list = append(list, [2]string{one.label, leads.AmountText(*one.cents)})
	}
	return append(list, [2]string{"Work", c.WorkType}, [2]string{"Source", c.Source}, [2]string{"Tags", strings.Join(c.Tags, ", ")}, [2]string{"Notes", c.Notes})
}
