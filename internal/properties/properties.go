// Package properties is the buildings a contractor works on: their address, their
// roof, whose they are.
package properties

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Kinds are what a building can be; "" is not known.
var Kinds = []string{"single_family", "multi_family", "townhouse", "condo", "mobile_home", "commercial", "hoa", "other"}

// Precisions say where a position comes from, the best first.
var Precisions = []string{"rooftop", "interpolated", "zip", "manual"}

// Details is what people enter about a property.
type Details struct {
	Name string // "Ocotillo HOA, building 4"; empty for most houses
	contacts.Postal
	Plus4             string // of ZIP+4
	County            string
	Latitude          *float64 // degrees north; both or neither
	Longitude         *float64 // degrees east
	PositionPrecision *string  // one of Precisions, where there is a position
	Kind              string   // one of Kinds, or ""
	YearBuilt         *int
	Squares           *float64 // roof area; 1 square is 100 square feet
	SquareFeet        *int     // living area
	Stories           *float64
	Pitch             string // as a roofer writes it: 6/12
	RoofMaterial      string
	RoofAge           *int       // years
	OwnerID           *uuid.UUID // a contact
	Tags              []string
	Notes             string
}

// Property is a building.
type Property struct {
	ID      uuid.UUID
	Version int64 // counts the changes; an update says which version it changes
	Details
	Address    string // in one line
	Owner      string // the owner's name
	CreatedAt  time.Time
	CreatedBy  uuid.UUID
	UpdatedAt  time.Time
	UpdatedBy  uuid.UUID
	ArchivedAt *time.Time
}

const columns = `id, version, name, street, unit, city, state, zip, address_typed, plus4, county, latitude, longitude, position_precision,
	kind, year_built, squares, square_feet, stories, pitch, roof_material, roof_age, owner_id, tags, notes, address,
	coalesce((SELECT c.name FROM contacts c WHERE c.org_id = properties.org_id AND c.id = properties.owner_id), '') AS owner,
	created_at, created_by, updated_at, updated_by, archived_at`

// Service reads and writes properties.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// Full is a property with everything its page shows.
type Full struct {
	Property
	Extra         map[string]map[string]any // by source: what an import kept without a place of its own
	CreatedByName string
	UpdatedByName string
	QuietOwner    bool // the owner is not to be contacted

	Leads   []ui.Related     `db:"-"`
	Claims  []ui.Related     `db:"-"`
	Files   []files.File     `db:"-"`
	History activity.History `db:"-"`
	People  []identity.Name  `db:"-"` // who can be given a task
	Trail   []audit.Entry    `db:"-"` // empty for those who may not see it
}

const full = `SELECT ` + columns + `, extra,
	(SELECT p.name FROM people p WHERE p.org_id = properties.org_id AND p.id = properties.created_by) AS created_by_name,
	(SELECT p.name FROM people p WHERE p.org_id = properties.org_id AND p.id = properties.updated_by) AS updated_by_name,
	coalesce((SELECT c.do_not_contact FROM contacts c WHERE c.org_id = properties.org_id AND c.id = properties.owner_id), false) AS quiet_owner
	FROM properties`

// relatedMost is how many records of a kind the page shows; the rest is a list away.
const relatedMost = 20

var errNotFound = fault.NotFound("property", "there is no such property; it may be another organisation's, or the address is wrong")

// Get gives a property alone, without the lists that its page has beside it. It returns
// fault.NotFound where it is not in the actor's organisation.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Full, error) {
	return s.read(ctx, id, &pgx.Batch{})
}

// View gives a property with all its page shows in one round trip: older is the cursor
// of a page of its history, or "". Its errors are those of Get.
func (s *Service) View(ctx context.Context, id uuid.UUID, older string) (Full, error) {
	var b pgx.Batch
	var more Full
	postgres.Queue(&b, &more.Leads, `
		SELECT '/leads/' || id AS url, title, stage AS word, created_at AS at
		FROM leads WHERE property_id = $1 AND archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2`, id, relatedMost+1)
	postgres.Queue(&b, &more.Claims, `
		SELECT '/claims/' || id AS url, 'C-' || number || CASE WHEN title = '' THEN '' ELSE ' ' || title END AS title, stage AS word, created_at AS at
		FROM claims WHERE property_id = $1 AND archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT $2`, id, relatedMost+1)
	about := activity.OfProperty(id)
	if err := errors.Join(files.OfRecord(&b, about, &more.Files), activity.OfRecord(&b, about, older, &more.History)); err != nil {
		return Full{}, err
	}
	identity.QueuePeople(&b, &more.People)
	audit.QueueOfRecord(ctx, &b, id, &more.Trail)
	p, err := s.read(ctx, id, &b)
	if err != nil {
		return Full{}, err
	}
	p.Leads, p.Claims, p.Files, p.History, p.People, p.Trail = more.Leads, more.Claims, more.Files, more.History, more.People, more.Trail
	return p, nil
}

// read reads a property and, in the same round trip, what stands beside it.
func (s *Service) read(ctx context.Context, id uuid.UUID, beside *pgx.Batch) (Full, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return Full{}, err
	}
	p, err := postgres.ReadOne[Full](ctx, s.db, beside, full+` WHERE id = $1`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		err = errNotFound
	}
	if err != nil {
		return Full{}, err
	}
	p.Extra = identity.Extra(ctx, p.Extra)
	return p, nil
}

// lock reads a property that is about to be changed.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Full, error) {
	p, err := postgres.One[Full](ctx, tx, full+` WHERE id = $1 FOR UPDATE`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		return Full{}, errNotFound
	}
	return p, err
}
