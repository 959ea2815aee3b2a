package leads

import "github.com/skaiscraper/skai/internal/contacts"

// The records that forms of leads and claims name by words.
var (
	ContactRef  = contacts.Ref{Name: "contact", Table: "contacts", Label: "Contact"}
	PropertyRef = contacts.Ref{Name: "property", Table: "properties", Label: "Property"}
	AdjusterRef = contacts.Ref{Name: "adjuster", Table: "contacts", Label: "Adjuster"}
)
