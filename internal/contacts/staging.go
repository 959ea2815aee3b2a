package contacts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/staging"
)

// Staging is how an import publishes contacts.
var Staging = staging.Table{
	Name: "contacts", Entity: "contact",
	Columns: []staging.Column{
		{Name: "first_name", Rule: staging.Text},
		{Name: "last_name", Rule: staging.Text},
		{Name: "company", Rule: staging.Text},
		{Name: "role", Rule: staging.Text, New: "homeowner"},
		{Name: "phones", Rule: staging.JSON},
		{Name: "emails", Rule: staging.JSON},
		{Name: "street", Rule: staging.Text},
		{Name: "unit", Rule: staging.Text},
		{Name: "city", Rule: staging.Text},
		{Name: "state", Rule: staging.Text},
		{Name: "zip", Rule: staging.Text},
		{Name: "address_typed", Rule: staging.Text},
		{Name: "source", Rule: staging.Text},
		{Name: "tags", Rule: staging.List},
		{Name: "notes", Rule: staging.Text},
		{Name: "do_not_contact", Rule: staging.Flag},
	},
	Helpers: []string{"match_name text", "match_phone text", "match_email text"},
}

// Staged is a contact read from a row.
type Staged struct {
	staging.Head
	FirstName, LastName, Company      string
	Role                              string // "" keeps the role of a known contact, and is homeowner for a new one
	Phones, Emails                    []byte // JSON arrays, as the table keeps them
	Street, Unit, City, State, ZIP    string
	AddressTyped                      string
	LeadSource                        string
	Tags                              []string
	Notes                             string
	DoNotContact                      bool
	MatchName, MatchPhone, MatchEmail string // what a contact named in another record's row is known by
}

// Append writes the contact in the order of Staging.CopyColumns.
func (s *Staged) Append(b *staging.Buffer) {
	s.Head.Append(b)
	b.Text(s.FirstName)
	b.Text(s.LastName)
	b.Text(s.Company)
	b.Text(s.Role)
	b.JSON(s.Phones, "[]")
	b.JSON(s.Emails, "[]")
	b.Text(s.Street)
	b.Text(s.Unit)
	b.Text(s.City)
	b.Text(s.State)
	b.Text(s.ZIP)
	b.Text(s.AddressTyped)
	b.Text(s.LeadSource)
	b.TextList(s.Tags)
	b.Text(s.Notes)
	b.Bool(s.DoNotContact)
	b.TextOrNull(s.MatchName)
	b.TextOrNull(s.MatchPhone)
	b.TextOrNull(s.MatchEmail)
	b.EndRow()
}

// CarryOrders marks contacts as not to be contacted where a row that only names
// them says so: the order holds for whoever it is, whichever row it stands in. A row known from
// an earlier run says it no second time, a person may have lifted it since.
func CarryOrders(ctx context.Context, tx pgx.Tx, actor uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		UPDATE contacts c SET do_not_contact = true, version = c.version + 1, updated_at = now(), updated_by = $1
		WHERE c.org_id = current_org() AND NOT c.do_not_contact
			AND c.id IN (SELECT id FROM stage_contacts WHERE do_not_contact AND action = 'linked' AND ref_at IS NULL)`, actor)
	if err != nil {
		return fmt.Errorf("carry over who is not to be contacted: %w", err)
	}
	return nil
}
