package leads

import (
	"slices"
	"strings"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// How much fits, in characters.
const (
	maxText  = 200
	maxNotes = 20_000
)

// MaxAmount is the largest amount that people may enter, 100 million dollars: a
// larger one is a slip of the keyboard. An import may bring larger ones.
const MaxAmount = money.Cents(100_000_000_00)

// tidy brings what was entered into the form in which it is kept and says what
// can't be. What stood there already, old, may stay as an import left it.
func (d *Details) tidy(old Details) error {
	f := fault.Fields{}
	d.Title = strings.TrimSpace(d.Title)
	if d.Title == "" {
		f.Add("title", "enter what the lead is about, for example Delgado, hail on the roof")
	}
	if d.Title != old.Title {
		f.Text("title", d.Title, maxText)
	}
	if d.Source != old.Source {
		f.Text("source", d.Source, maxText)
	}
	if d.Notes != old.Notes {
		f.Text("notes", d.Notes, maxNotes)
	}
	d.Kind, d.Urgency = Or(d.Kind, Kinds[0]), Or(d.Urgency, "normal")
	OneOf(f, "kind", d.Kind, Kinds)
	OneOf(f, "urgency", d.Urgency, Urgencies)
	if d.Temperature != "" {
		OneOf(f, "temperature", d.Temperature, Temperatures)
	}
	if v := d.EstimatedValue; v != nil && (*v < 0 || *v > MaxAmount) && (old.EstimatedValue == nil || *v != *old.EstimatedValue) {
		f.Add("estimated_value", "enter an amount from $0 to %s", MaxAmount.Dollars())
	}
	Day(f, "follow_up_on", d.FollowUpOn, old.FollowUpOn)
	d.Tags = contacts.TidyTags(f, d.Tags, old.Tags)
	return f.Err()
}

// Or is the text, or the usual one where it is empty.
func Or(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

// OneOf notes a word that is not of the vocabulary.
func OneOf[S ~string](f fault.Fields, field string, word S, vocabulary []S) {
	if !slices.Contains(vocabulary, word) {
		f.Add(field, "%q is not one of %s", word, Join(vocabulary))
	}
}

// Day notes a day that can't be meant, unless it stood there before.
func Day(f fault.Fields, field string, d, old date.Date) {
	if !d.IsZero() && d != old && (d.Year() < 1900 || d.Year() > 2200) {
		f.Add(field, "the year %d can't be meant", d.Year())
	}
}

// Missing turns the database's refusal of a reference to a record that is not in
// the organisation into words at the form's field.
func Missing(err error) error {
	constraint := postgres.Constraint(err)
	if !strings.HasSuffix(constraint, "_id_fkey") {
		return err
	}
	for field, words := range map[string]string{
		"contact_id": "there is no such contact in your organisation", "adjuster_id": "there is no such contact in your organisation",
		"property_id": "there is no such property in your organisation", "assignee_id": "choose somebody of your organisation",
		"lead_id": "there is no such lead in your organisation",
	} {
		if strings.HasSuffix(constraint, "_"+field+"_fkey") {
			return fault.Invalid(field, "%s", words)
		}
	}
	return err
}
