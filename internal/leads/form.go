package leads

import (
	"context"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// readForm reads the lead form; what only tidy can judge is left to it.
func (s *Service) readForm(ctx context.Context, f *web.Form) (Details, error) {
	d := Details{
		Title: f.Text("title"), Source: f.Text("source"), Temperature: f.Choice("temperature", Temperatures...), Kind: f.Choice("kind", Kinds...),
		EstimatedValue: FormAmount(f, "estimated_value"), FollowUpOn: FormDay(f, "follow_up_on"), Urgency: f.Choice("urgency", Urgencies...),
		Notes: f.Text("notes"), Tags: strings.Split(f.Text("tags"), ","),
	}
	if id, set := f.ID("assignee_id"); set {
		d.AssigneeID = &id
	}
	if err := ContactRef.Read(ctx, s.db, f, &d.ContactID); err != nil {
		return d, err
	}
	return d, PropertyRef.Read(ctx, s.db, f, &d.PropertyID)
}

// FormAmount reads an amount of a form, nil where it is empty.
func FormAmount(f *web.Form, field string) *money.Cents {
	text := f.Text(field)
	if text == "" {
		return nil
	}
	c, err := money.Parse(text)
	if err != nil {
		f.Fields.Add(field, "%v", err)
		return nil
	}
	return &c
}

// FormDay reads a day of a form.
func FormDay(f *web.Form, field string) date.Date {
	text := f.Text(field)
	if text == "" {
		return date.Date{}
	}
	d, err := date.Parse(text, date.Unknown)
	if err != nil {
		f.Fields.Add(field, "%q can't be read as a day (%v); an example: 2026-04-17", text, err)
	}
	return d
}

// AmountText is an amount as a form's field holds it.
func AmountText(c *money.Cents) string {
	if c == nil {
		return ""
	}
	return strings.TrimPrefix(c.Dollars(), "$")
}

// leadForm is the form as it is shown: for a new lead, with a lead's values, or
// with what the person entered and what was wrong with it.
type leadForm struct {
	action, name, key, version string
	form                       *web.Form

	title, kind, source, temperature, urgency, assignee, value, followUp, tags, notes ui.Field
	contact, property                                                                 contacts.RefField
}

func formOf(form *web.Form, l Full) leadForm {
	f := leadForm{action: path, form: form, name: l.Title, key: uuid.NewString()}
	if l.Version > 0 {
		f.action, f.version = l.URL(), web.VersionText(l.Version)
	}
	if form != nil {
		f.version, f.key = form.Values.Get("version"), form.Values.Get("key")
	}
	field := func(name, label, value string) ui.Field { return ui.FieldOf(form, name, label, value) }
	f.title = field("title", "Title", l.Title).With(func(f *ui.Field) {
		f.Required, f.Focus, f.Max, f.Hint = true, true, maxText, "What your people call it, for example Delgado, hail on the roof"
	})
	f.kind = field("kind", "Kind", Or(l.Kind, Kinds[0])).With(func(f *ui.Field) { f.Options, f.Required = ui.Choices(Kinds...), true })
	f.source = field("source", "Source", l.Source).With(func(f *ui.Field) { f.Hint, f.Max = "Where it came from, for example Door knocking", maxText })
	f.temperature = field("temperature", "Temperature", l.Temperature).With(func(f *ui.Field) { f.Options = ui.Choices(Temperatures...) })
	f.urgency = field("urgency", "Urgency", Or(l.Urgency, "normal")).With(func(f *ui.Field) { f.Options, f.Required = ui.Choices(Urgencies...), true })
	f.assignee = AssigneeField(form, l.AssigneeID, l.Assignee, l.People)
	f.value = field("estimated_value", "Estimated value", AmountText(l.EstimatedValue))
	f.followUp = field("follow_up_on", "Follow up on", l.FollowUpOn.String())
	f.tags = field("tags", "Tags", strings.Join(l.Tags, ", ")).With(func(f *ui.Field) { f.Hint = "Separated by commas" })
	f.notes = field("notes", "Notes", l.Notes).With(func(f *ui.Field) { f.Max = maxNotes })
	f.contact, f.property = ContactRef.Field(form, l.ContactID, l.Contact), PropertyRef.Field(form, l.PropertyID, l.Property)
	return f
}

// AssigneeField is the choice of somebody to do the work. Who left the
// organisation stays the assignee until somebody else is chosen.
func AssigneeField(form *web.Form, id *uuid.UUID, name string, people []identity.Name) ui.Field {
	value, known := "", false
	options := make([]ui.Option, 0, len(people)+1)
	for _, p := range people {
		options = append(options, ui.Option{Value: p.ID.String(), Text: p.Name})
		known = known || id != nil && *id == p.ID
	}
	if id != nil {
		value = id.String()
		if !known {
			options = append(options, ui.Option{Value: value, Text: name})
		}
	}
	return ui.FieldOf(form, "assignee_id", "Assignee", value).With(func(f *ui.Field) { f.Options = options })
}

// all are the fields in the order of the form, for the summary of what was refused.
func (f leadForm) all() []ui.Field {
	return []ui.Field{
		f.title, f.contact.Text, f.contact.Choice, f.property.Text, f.property.Choice, f.kind, f.source, f.temperature, f.urgency, f.assignee, f.value, f.followUp, f.tags, f.notes,
	}
}

// PeopleOptions are people to filter by.
func PeopleOptions(people []identity.Name) []ui.Option {
	list := make([]ui.Option, len(people))
	for i, p := range people {
		list[i] = ui.Option{Value: p.ID.String(), Text: p.Name}
	}
	return list
}

// words are a lead's details as label and text.
func (l Lead) words() [][2]string {
	return [][2]string{
		{"Title", l.Title},
		{"Contact", l.Contact},
		{"Property", l.Property},
		{"Kind", ui.Words(l.Kind)},
		{"Source", l.Source},
		{"Temperature", ui.Words(l.Temperature)},
		{"Urgency", ui.Words(l.Urgency)},
		{"Assignee", l.Assignee},
		{"Estimated value", AmountText(l.EstimatedValue)},
		{"Follow up on", l.FollowUpOn.String()},
		{"Tags", strings.Join(l.Tags, ", ")},
		{"Notes", l.Notes},
	}
}

// Differences compares what a person entered with what stands there now, both
// as label and text.
func Differences(yours, theirs [][2]string) []ui.DiffRow {
	rows := make([]ui.DiffRow, len(yours))
	for i := range yours {
		rows[i] = ui.DiffRow{Label: yours[i][0], Yours: yours[i][1], Theirs: theirs[i][1]}
	}
	return rows
}

// entered is the lead as the person's form says, with the names the form showed.
func (l Lead) entered(d Details, f *web.Form, people []identity.Name) Lead {
	l.Details = d
	l.Contact, l.Property, l.Assignee = f.Text("contact"), f.Text("property"), NameOf(people, d.AssigneeID)
	l.Tags = Filled(d.Tags)
	return l
}

// Filled are the texts that are not empty.
func Filled(texts []string) []string {
	list := make([]string, 0, len(texts))
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			list = append(list, t)
		}
	}
	return list
}

// NameOf is somebody's name, "" for nobody.
func NameOf(people []identity.Name, id *uuid.UUID) string {
	for _, p := range people {
		if id != nil && p.ID == *id {
			return p.Name
		}
	}
	return ""
}

// blank is a new lead with what the form offers, about the contact or property
// that the address names, from whose page it was asked for.
func (s *Service) blank(ctx context.Context, v url.Values) (l Full, err error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return l, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Full, error) {
		var b pgx.Batch
		type named struct {
			ID   uuid.UUID
			Name string
		}
		var contact, property []named
		postgres.Queue(&b, &contact, `SELECT id, name FROM contacts WHERE id = $1`, Asked(v, "contact_id"))
		postgres.Queue(&b, &property, `SELECT id, address AS name FROM properties WHERE id = $1`, Asked(v, "property_id"))
		identity.QueuePeople(&b, &l.People)
		if err := postgres.Send(ctx, tx, &b); err != nil {
			return l, err
		}
		for _, c := range contact {
			l.ContactID, l.Contact = &c.ID, c.Name
		}
		for _, p := range property {
			l.PropertyID, l.Property = &p.ID, p.Name
		}
		return l, nil
	})
}

// Asked is an id that the address of a new record's form brings along.
func Asked(v url.Values, field string) uuid.NullUUID {
	id, err := uuid.Parse(v.Get(field))
	return uuid.NullUUID{UUID: id, Valid: err == nil}
}
