package properties

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// owner is the form's field for the owner, whom people name by a part of the name.
var owner = contacts.Ref{Name: "owner", Table: "contacts", Label: "Owner"}

// readForm reads the property form; what only tidy can judge is left to it.
func (s *Service) readForm(ctx context.Context, f *web.Form) (Details, error) {
	d := Details{
		Name: f.Text("name"), Postal: contacts.ReadPostal(f), County: f.Text("county"),
		Latitude: readDecimal(f, "latitude"), Longitude: readDecimal(f, "longitude"),
		Kind: f.Choice("kind", Kinds...), YearBuilt: readWhole(f, "year_built"), Squares: readDecimal(f, "squares"), SquareFeet: readWhole(f, "square_feet"),
		Stories: readDecimal(f, "stories"), Pitch: f.Text("pitch"), RoofMaterial: f.Text("roof_material"), RoofAge: readWhole(f, "roof_age"),
		Tags: strings.Split(f.Text("tags"), ","), Notes: f.Text("notes"),
	}
	return d, owner.Read(ctx, s.db, f, &d.OwnerID)
}

func readWhole(f *web.Form, field string) *int {
	n, set := f.Int(field, -1<<31, 1<<31-1)
	if !set {
		return nil
	}
	whole := int(n)
	return &whole
}

func readDecimal(f *web.Form, field string) *float64 {
	text := strings.ReplaceAll(f.Text(field), ",", "")
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		f.Fields.Add(field, "%q is no number; an example: 24.5", text)
		return nil
	}
	return &n
}

// number is a number as text, "" where there is none.
func number[N int | float64](n *N) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(float64(*n), 'f', -1, 64)
}

// blank is a new property, owned by the contact that the address names, from
// whose page it was asked for.
func (s *Service) blank(ctx context.Context, ownerID string) (p Property, err error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return p, err
	}
	id, err := uuid.Parse(ownerID)
	if err != nil {
		return p, nil //nolint:nilerr // without an owner to begin with
	}
	name, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (string, error) {
		return postgres.Value[string](ctx, tx, `SELECT name FROM contacts WHERE id = $1`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return p, nil
	}
	p.OwnerID, p.Owner = &id, name
	return p, err
}

// propertyForm is the form as it is shown: for a new property, with a property's
// values, or with what the person entered and what was wrong with it.
type propertyForm struct {
	action, name, key, version string
	form                       *web.Form

	what, address, roof, more []ui.Field
	owner                     contacts.RefField
	kind, notes               ui.Field
}

func formOf(form *web.Form, p Property) propertyForm {
	f := propertyForm{action: path, form: form, name: p.title(), key: uuid.NewString()}
	if p.Version > 0 {
		f.action, f.version = p.URL(), web.VersionText(p.Version)
	}
	if form != nil {
		f.version, f.key = form.Values.Get("version"), form.Values.Get("key")
	}
	text := func(name, label, value, hint string) ui.Field {
		return ui.FieldOf(form, name, label, value).With(func(f *ui.Field) { f.Max, f.Hint = maxText, hint })
	}
	figure := func(name, label, value, hint string) ui.Field {
		return ui.FieldOf(form, name, label, value).With(func(f *ui.Field) { f.Keyboard, f.Hint = "decimal", hint })
	}
	if p.ZIP != "" && p.Plus4 != "" {
		p.ZIP += "-" + p.Plus4
	}
	f.address = append(contacts.PostalFields(form, p.Postal), text("county", "County", p.County, ""))
	f.address[0].Focus = form == nil
	f.what = []ui.Field{text("name", "Name", p.Name, "Only where it has one, for example Ocotillo HOA, building 4")}
	f.kind = ui.FieldOf(form, "kind", "Kind", p.Kind).With(func(f *ui.Field) { f.Options = kindOptions() })
	f.owner = owner.Field(form, p.OwnerID, p.Owner)
	f.roof = []ui.Field{
		figure("squares", "Squares", number(p.Squares), "Roof area; 1 square is 100 square feet"), text("pitch", "Pitch", p.Pitch, "For example 6/12"),
		text("roof_material", "Roof material", p.RoofMaterial, ""), figure("roof_age", "Roof age", number(p.RoofAge), "Years"),
		figure("stories", "Stories", number(p.Stories), ""), figure("year_built", "Year built", number(p.YearBuilt), ""),
		figure("square_feet", "Square feet", number(p.SquareFeet), "Living area"),
	}
	f.more = []ui.Field{
		ui.FieldOf(form, "tags", "Tags", strings.Join(p.Tags, ", ")).With(func(f *ui.Field) { f.Hint = "Separated by commas" }),
		figure("latitude", "Latitude", number(p.Latitude), "Degrees, in Phoenix about 33.45"), figure("longitude", "Longitude", number(p.Longitude), "In Phoenix about -112.07"),
	}
	f.notes = ui.FieldOf(form, "notes", "Notes", p.Notes).With(func(f *ui.Field) { f.Max = maxNotes })
	return f
}

// all are the fields in the order of the form, for the summary of what was refused.
func (f propertyForm) all() []ui.Field {
	list := append(append([]ui.Field{}, f.address...), f.what...)
	list = append(append(list, f.kind, f.owner.Text), f.roof...)
	return append(append(list, f.more...), f.notes)
}

func kindOptions() []ui.Option {
	list := ui.Choices(Kinds...)
	for i := range list {
		list[i].Text = kindWords(list[i].Value)
	}
	return list
}

func kindWords(kind string) string {
	if kind == "hoa" {
		return "HOA"
	}
	return ui.Words(kind)
}

// differences are the fields of a property in two versions.
func differences(yours Details, yourOwner string, theirs Property) []ui.DiffRow {
	y, t := yours.words(yourOwner), theirs.words(theirs.Owner)
	rows := make([]ui.DiffRow, len(y))
	for i := range y {
		rows[i] = ui.DiffRow{Label: y[i][0], Yours: y[i][1], Theirs: t[i][1]}
	}
	return rows
}

// words are the details as label and text.
func (d Details) words(owner string) [][2]string {
	tags := make([]string, 0, len(d.Tags))
	for _, t := range d.Tags {
		if t = strings.TrimSpace(t); t != "" {
			tags = append(tags, t)
		}
	}
	return [][2]string{
		{"Name", d.Name},
		{"Address", d.Line()},
		{"County", d.County},
		{"Kind", kindWords(d.Kind)},
		{"Owner", owner},
		{"Squares", number(d.Squares)},
		{"Pitch", d.Pitch},
		{"Roof material", d.RoofMaterial},
		{"Roof age", number(d.RoofAge)},
		{"Stories", number(d.Stories)},
		{"Year built", number(d.YearBuilt)},
		{"Square feet", number(d.SquareFeet)},
		{"Latitude", number(d.Latitude)},
		{"Longitude", number(d.Longitude)},
		{"Tags", strings.Join(tags, ", ")},
		{"Notes", d.Notes},
	}
}
