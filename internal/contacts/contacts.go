// Package contacts is the people and companies a contractor deals with:
// homeowners, adjusters, carriers, vendors.
package contacts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Roles are what a contact can be, the commonest first.
var Roles = []string{"homeowner", "adjuster", "carrier", "vendor", "other"}

// PhoneTypes are the kinds of number; "" is not known.
var PhoneTypes = []string{"mobile", "home", "work", "fax", "other"}

// Phone is a number of a contact, as the table's JSON and the API have it.
type Phone struct {
	E164      string `json:"e164,omitempty" doc:"+16025550123; read from typed, absent where that holds no number" readOnly:"true"`
	Typed     string `json:"typed" doc:"The number as somebody typed it, an extension with it" example:"(602) 555-0123 x12"`
	Type      string `json:"type,omitempty" enum:"mobile,home,work,fax,other"`
	Ext       string `json:"ext,omitempty" doc:"Read from typed" readOnly:"true"`
	SMSOptOut bool   `json:"sms_opt_out,omitempty" doc:"No text messages to this number"`
}

// Details is what people enter about a contact.
type Details struct {
	FirstName string
	LastName  string
	Company   string // one of the three names is enough
	Role      string // one of Roles
	Phones    []Phone
	Emails    []string
	Postal
	Source       string // where the contact came from: "Referral"
	Tags         []string
	Notes        string
	DoNotContact bool
}

// Contact is a person or company.
type Contact struct {
	ID      uuid.UUID
	Version int64 // counts the changes; an update says which version it changes
	Name    string
	Details
	CreatedAt  time.Time
	CreatedBy  uuid.UUID
	UpdatedAt  time.Time
	UpdatedBy  uuid.UUID
	ArchivedAt *time.Time
}

const columns = `id, version, name, first_name, last_name, company, role, phones, emails, street, unit, city, state, zip, address_typed,
	source, tags, notes, do_not_contact, created_at, created_by, updated_at, updated_by, archived_at`

// Service reads and writes contacts.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// Full is a contact with everything its page shows.
type Full struct {
	Contact
	Extra         map[string]map[string]any // by source: what an import kept without a place of its own
	CreatedByName string
	UpdatedByName string

	Properties []ui.Related     `db:"-"` // it owns
	Leads      []ui.Related     `db:"-"`
	Claims     []ui.Related     `db:"-"` // it is the customer or the adjuster of
	Files      []files.File     `db:"-"`
	History    activity.History `db:"-"`
	People     []identity.Name  `db:"-"` // who can be given a task
	Trail      []audit.Entry    `db:"-"` // empty for those who may not see it
}

// relatedMost is how many records of a kind the page shows; the rest is a list away.
const relatedMost = 20

var errNotFound = fault.NotFound("contact", "there is no such contact; it may be another organisation's, or the address is wrong")

// Get gives a contact alone, without the lists that its page has beside it. It returns
// fault.NotFound where it is not in the actor's organisation.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Full, error) {
	return s.read(ctx, id, &pgx.Batch{})
}

// View gives a contact with all its page shows in one round trip: older is the cursor
// of a page of its history, or "". Its errors are those of Get.
func (s *Service) View(ctx context.Context, id uuid.UUID, older string) (Full, error) {
	var b pgx.Batch
	var more Full
	postgres.Queue(&b, &more.Properties, `
		SELECT '/properties/' || id AS url, CASE WHEN name = '' THEN address ELSE name END AS title, '' AS word, created_at AS at
		FROM properties WHERE owner_id = $1 AND archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2`, id, relatedMost+1)
	postgres.Queue(&b, &more.Leads, `
		SELECT '/leads/' || id AS url, title, stage AS word, created_at AS at
		FROM leads WHERE contact_id = $1 AND archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2`, id, relatedMost+1)
	postgres.Queue(&b, &more.Claims, `
		SELECT '/claims/' || id AS url, 'C-' || number || CASE WHEN title = '' THEN '' ELSE ' ' || title END AS title, stage AS word, created_at AS at
		FROM claims WHERE (contact_id = $1 OR adjuster_id = $1) AND archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2`, id, relatedMost+1)
	about := activity.OfContact(id)
	if err := errors.Join(files.OfRecord(&b, about, &more.Files), activity.OfRecord(&b, about, older, &more.History)); err != nil {
		return Full{}, err
	}
	identity.QueuePeople(&b, &more.People)
	audit.QueueOfRecord(ctx, &b, id, &more.Trail)
	c, err := s.read(ctx, id, &b)
	if err != nil {
		return Full{}, err
	}
	c.Properties, c.Leads, c.Claims, c.Files, c.History, c.People, c.Trail = more.Properties, more.Leads, more.Claims, more.Files, more.History, more.People, more.Trail
	return c, nil
}

// read reads a contact and, in the same round trip, what stands beside it.
func (s *Service) read(ctx context.Context, id uuid.UUID, beside *pgx.Batch) (Full, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return Full{}, err
	}
	c, err := postgres.ReadOne[Full](ctx, s.db, beside, full+` WHERE c.id = $1`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		err = errNotFound
	}
	if err != nil {
		return Full{}, err
	}
	c.Extra = identity.Extra(ctx, c.Extra)
	return c, nil
}

// full selects a contact with who made and changed it, as c.
const full = `SELECT ` + columns + `, extra,
	(SELECT p.name FROM people p WHERE p.org_id = c.org_id AND p.id = c.created_by) AS created_by_name,
	(SELECT p.name FROM people p WHERE p.org_id = c.org_id AND p.id = c.updated_by) AS updated_by_name
	FROM contacts c`

// lock reads a contact that is about to be changed.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Full, error) {
	c, err := postgres.One[Full](ctx, tx, full+` WHERE c.id = $1 FOR UPDATE OF c`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		return Full{}, errNotFound
	}
	return c, err
}
