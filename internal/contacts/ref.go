package contacts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Ref is a field of a form that refers to a contact or a property by words: they
// are searched for when the form is sent, and where several records have them
// the form comes back with the records to choose from.
type Ref struct {
	Name  string // "contact"; the id is in Name_id
	Table string // "contacts" or "properties"
	Label string
}

// choicesMost is how many records the form offers.
const choicesMost = 20

var choices = map[string]string{
	"contacts": `SELECT id, name || CASE WHEN company IN ('', name) THEN '' ELSE ', ' || company END || CASE WHEN city = '' THEN '' ELSE ', ' || city END AS name
		FROM contacts WHERE id = ANY (ARRAY(SELECT search.contacts(to_tsquery('simple', $1), 200))) AND archived_at IS NULL ORDER BY sort_name, id LIMIT $2`,
	"properties": `SELECT id, CASE WHEN name = '' THEN address ELSE name || ', ' || address END AS name
		FROM properties WHERE id = ANY (ARRAY(SELECT search.properties(to_tsquery('simple', $1), 200))) AND archived_at IS NULL ORDER BY sort_address, id LIMIT $2`,
}

type choice struct {
	ID   uuid.UUID
	Name string
}

// Read puts the id of the record that the form names into dst, nothing where it
// names none. Words that name no record, or several, are a problem of the field.
func (r Ref) Read(ctx context.Context, db *postgres.DB, f *web.Form, dst **uuid.UUID) error {
	words := f.Text(r.Name)
	if id, set := f.ID(r.Name + "_id"); set && words == f.Text(r.Name+"_was") {
		*dst = &id
		return nil
	}
	if words == "" {
		return nil
	}
	found, err := r.find(ctx, db, words)
	if err != nil {
		return err
	}
	switch {
	case len(found) == 1:
		*dst = &found[0].ID
		return nil
	case len(found) == 0:
		f.Fields.Add(r.Name, "no %s has the words %q; try fewer letters, or add it first and come back", r.kind(), words)
	default:
		f.Fields.Add(r.Name, "several have these words; choose one below, or type more of the name or address")
		for _, c := range found[:min(len(found), choicesMost)] {
			f.Values.Add(r.Name+"_choice", c.ID.String()+" "+c.Name)
		}
	}
	f.Values.Set(r.Name+"_was", words)
	f.Values.Set(r.Name+"_id", "")
	return nil
}

func (r Ref) find(ctx context.Context, db *postgres.DB, words string) ([]choice, error) {
	terms := postgres.Prefixes(words)
	if terms == "" {
		return []choice{}, nil
	}
	return postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]choice, error) {
		return postgres.Many[choice](ctx, tx, choices[r.Table], terms, choicesMost+1)
	})
}

func (r Ref) kind() string {
	if r.Table == "properties" {
		return "property"
	}
	return "contact"
}

// RefField is a Ref in a form that is shown.
type RefField struct {
	Text   ui.Field
	Choice ui.Field // shown where it has options
	was    string
}

// Field shows the reference: the record with this id and name, or what the form
// that was refused says.
func (r Ref) Field(form *web.Form, id *uuid.UUID, name string) RefField {
	at := ""
	if id != nil {
		at = id.String()
	}
	f := RefField{
		Text: ui.FieldOf(form, r.Name, r.Label, name).With(func(f *ui.Field) {
			f.Hint = fmt.Sprintf("Part of a %s you have already", map[string]string{"contacts": "name, phone or e-mail", "properties": "street or ZIP"}[r.Table])
		}),
		Choice: ui.FieldOf(form, r.Name+"_id", "Which one", at),
		was:    name,
	}
	if form != nil {
		f.was = form.Values.Get(r.Name + "_was")
		if problem := form.Fields[r.Name+"_id"]; problem != "" { // as the service found it
			f.Text.Error = problem
		}
		for _, c := range form.Values[r.Name+"_choice"] {
			if len(c) > 37 {
				f.Choice.Options = append(f.Choice.Options, ui.Option{Value: c[:36], Text: c[37:]})
			}
		}
	}
	f.Choice.Error = ""
	return f
}
