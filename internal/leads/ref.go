package leads

import (
	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/contacts"
)

// Ref is a field that refers to a contact or a property by words.
type Ref = contacts.Ref

// RefField is a Ref in a form that is shown.
type RefField = contacts.RefField

// The references of leads and claims.
var (
	ContactRef  = Ref{Name: "contact", Table: "contacts", Label: "Contact"}
	PropertyRef = Ref{Name: "property", Table: "properties", Label: "Property"}
	AdjusterRef = Ref{Name: "adjuster", Table: "contacts", Label: "Adjuster"}
)

// RefInput is a reference in a form.
func RefInput(f RefField) templ.Component { return contacts.RefInput(f) }

// choice is a record that the address of a new record's form names.
type choice struct {
	ID   uuid.UUID
	Name string
}
