// Package leads is the opportunities a contractor follows up, from the first
// knock on the door until a lead is won, which opens a claim, or lost.
package leads

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
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
)

// The vocabularies of a lead, each with the usual word first where there is one.
var (
	Kinds        = []string{"insurance", "retail", "repair", "financed"}
	Temperatures = []string{"cold", "warm", "hot"} // "" is not known
	Urgencies    = []string{"low", "normal", "high", "urgent"}
)

// Details is what people enter about a lead.
type Details struct {
	Title          string
	ContactID      *uuid.UUID
	PropertyID     *uuid.UUID
	Source         string // where it came from: "Door knocking"
	Temperature    string // one of Temperatures, or ""
	Kind           string // one of Kinds
	EstimatedValue *money.Cents
	AssigneeID     *uuid.UUID
	FollowUpOn     date.Date
	Urgency        string // one of Urgencies
	Notes          string
	Tags           []string
}

// Lead is an opportunity.
type Lead struct {
	ID      uuid.UUID
	Version int64 // counts the changes; an update says which version it changes
	Details
	Stage          Stage
	StageChangedAt time.Time
	SourceStage    string // the word of the system it came from
	DeadReason     string // why a lost lead was lost
	Contact        string // names, "" where there is none
	Property       string
	Assignee       string
	ClaimID        *uuid.UUID // the claim that winning it opened
	CreatedAt      time.Time
	CreatedBy      uuid.UUID
	UpdatedAt      time.Time
	UpdatedBy      uuid.UUID
	ArchivedAt     *time.Time
}

const columns = `leads.id, version, title, contact_id, property_id, source, coalesce(temperature, '') AS temperature, kind, estimated_value, assignee_id,
	follow_up_on, urgency, notes, tags, stage, stage_changed_at, source_stage, dead_reason, created_at, created_by, updated_at, updated_by, archived_at,
	coalesce((SELECT c.name FROM contacts c WHERE c.org_id = leads.org_id AND c.id = leads.contact_id), '') AS contact,
	coalesce((SELECT p.address FROM properties p WHERE p.org_id = leads.org_id AND p.id = leads.property_id), '') AS property,
	coalesce((SELECT p.name FROM people p WHERE p.org_id = leads.org_id AND p.id = leads.assignee_id), '') AS assignee,
	(SELECT c.id FROM claims c WHERE c.org_id = leads.org_id AND c.lead_id = leads.id ORDER BY c.number LIMIT 1) AS claim_id`

// OpenClaim opens the claim of a lead that is being won, in the same
// transaction, and gives its id: that of the claim it opened before, where the
// lead was won once already.
type OpenClaim func(ctx context.Context, tx pgx.Tx, l Lead) (uuid.UUID, error)

// Service reads and writes leads.
type Service struct {
	db        *postgres.DB
	openClaim OpenClaim
}

// New gives the service. Claims come after leads in the house, so what opens a
// claim is handed in.
func New(db *postgres.DB, openClaim OpenClaim) *Service { return &Service{db, openClaim} }

// Full is a lead with everything its page shows.
type Full struct {
	Lead
	Extra         map[string]map[string]any // by source: what an import kept without a place of its own
	ContactPhone  string                    // E.164, "" where there is none
	CreatedByName string
	UpdatedByName string

	Claims  []ui.Related     `db:"-"`
	Files   []files.File     `db:"-"`
	History activity.History `db:"-"`
	People  []identity.Name  `db:"-"` // who can be given work
	Trail   []audit.Entry    `db:"-"` // empty for those who may not see it
}

// relatedMost is how many records of a kind the page shows.
const relatedMost = 20

var errNotFound = fault.NotFound("lead", "there is no such lead; it may be another organisation's, or the address is wrong")

// Get gives a lead alone, without the lists that its page has beside it. It returns
// fault.NotFound where it is not in the actor's organisation.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Full, error) {
	return s.read(ctx, id, &pgx.Batch{})
}

// View gives a lead with all its page shows in one round trip: older is the cursor
// of a page of its history, or "". Its errors are those of Get.
func (s *Service) View(ctx context.Context, id uuid.UUID, older string) (Full, error) {
	var b pgx.Batch
	var more Full
	postgres.Queue(&b, &more.Claims, `
		SELECT '/claims/' || id AS url, 'C-' || number || CASE WHEN title = '' THEN '' ELSE ' ' || title END AS title, replace(stage, '_', ' ') AS word, created_at AS at
		FROM claims WHERE lead_id = $1 ORDER BY number DESC LIMIT $2`, id, relatedMost+1)
	about := activity.OfLead(id)
	if err := errors.Join(files.OfRecord(&b, about, &more.Files), activity.OfRecord(&b, about, older, &more.History)); err != nil {
		return Full{}, err
	}
	identity.QueuePeople(&b, &more.People)
	audit.QueueOfRecord(ctx, &b, id, &more.Trail)
	l, err := s.read(ctx, id, &b)
	if err != nil {
		return Full{}, err
	}
	l.Claims, l.Files, l.History, l.People, l.Trail = more.Claims, more.Files, more.History, more.People, more.Trail
	return l, nil
}

// read reads a lead and, in the same round trip, what stands beside it.
func (s *Service) read(ctx context.Context, id uuid.UUID, beside *pgx.Batch) (Full, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return Full{}, err
	}
	l, err := postgres.ReadOne[Full](ctx, s.db, beside, full+` WHERE leads.id = $1`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		err = errNotFound
	}
	if err != nil {
		return Full{}, err
	}
	l.Extra = identity.Extra(ctx, l.Extra)
	return l, nil
}

// full selects a lead with who made and changed it.
const full = `SELECT ` + columns + `, extra,
	coalesce((SELECT c.phone FROM contacts c WHERE c.org_id = leads.org_id AND c.id = leads.contact_id), '') AS contact_phone,
	(SELECT p.name FROM people p WHERE p.org_id = leads.org_id AND p.id = leads.created_by) AS created_by_name,
	(SELECT p.name FROM people p WHERE p.org_id = leads.org_id AND p.id = leads.updated_by) AS updated_by_name
	FROM leads`

// lock reads a lead that is about to be changed. It reads after it has the lock:
// the names beside a row that was waited for would be older than the row.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Full, error) {
	var b pgx.Batch
	var found []Full
	b.Queue(`SELECT FROM leads WHERE id = $1 FOR UPDATE`, id)
	postgres.Queue(&b, &found, full+` WHERE leads.id = $1`, id)
	if err := postgres.Send(ctx, tx, &b); err != nil {
		return Full{}, err
	}
	if len(found) == 0 {
		return Full{}, errNotFound
	}
	return found[0], nil
}
