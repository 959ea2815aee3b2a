// Package claims is the contractor's jobs, each a file from intake to the last
// depreciation check: insurance claims and retail work, with their amounts and
// their estimates.
package claims

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/claims/estimate"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// The vocabularies of a claim.
var (
	Kinds      = []string{Insurance, Retail}
	Perils     = []string{"hail", "wind", "fire", "water", "lightning", "other"} // "" is not known
	Priorities = []string{"low", "normal", "high", "urgent"}
)

// The kinds of claim.
const (
	Insurance = "insurance"
	Retail    = "retail"
)

// Details is what people enter about a claim, but for its amounts.
type Details struct {
	Title        string
	PropertyID   *uuid.UUID
	ContactID    *uuid.UUID
	Kind         string // one of Kinds
	Carrier      string
	ClaimNumber  string // the carrier's; unique with it, or ""
	PolicyNumber string
	DateOfLoss   date.Date
	Peril        string     // one of Perils, or ""
	AdjusterID   *uuid.UUID // a contact
	Source       string     // where the job came from: "Referral"
	WorkType     string
	Priority     string // one of Priorities
	AssigneeID   *uuid.UUID
	NextAction   string
	NextActionOn date.Date
	Notes        string
	Tags         []string
}

// Amounts are a claim's money; nil is not known, which is not nothing.
type Amounts struct {
	RCV                        *money.Cents `json:"rcv" required:"false" doc:"Replacement cost value, cents as all of these"`
	ACV                        *money.Cents `json:"acv" required:"false" doc:"Actual cash value"`
	Deductible                 *money.Cents `json:"deductible" required:"false"`
	RecoverableDepreciation    *money.Cents `json:"recoverable_depreciation" required:"false"`
	NonRecoverableDepreciation *money.Cents `json:"non_recoverable_depreciation" required:"false"`
	Approved                   *money.Cents `json:"approved" required:"false"`
	Supplements                *money.Cents `json:"supplements" required:"false"`
	Paid                       *money.Cents `json:"paid" required:"false"`
}

// Claim is a job file.
type Claim struct {
	ID      uuid.UUID
	Version int64 // counts the changes; an update says which version it changes
	Number  int64 // ours, from 1 without a gap
	Details
	Amounts
	LeadID         *uuid.UUID // it came from
	Stage          Stage
	StageBefore    Stage // of a cancelled claim: where it was
	StageChangedAt time.Time
	SourceStage    string   // the word of the system it came from
	MoneyFlags     []string // keys of flagWords: how the amounts contradict each other
	Contact        string   // names, "" where there is none
	Property       string
	Adjuster       string
	Assignee       string
	CreatedAt      time.Time
	CreatedBy      uuid.UUID
	UpdatedAt      time.Time
	UpdatedBy      uuid.UUID
	ArchivedAt     *time.Time
}

// Name is the number as people say it: C-17.
func (c *Claim) Name() string { return fmt.Sprintf("C-%d", c.Number) }

// visible is the claim as the actor may see it: without its amounts where they
// may not see any.
func (c Claim) visible(ctx context.Context) Claim {
	if !identity.Can(ctx, identity.ViewAmounts) {
		c.Amounts, c.MoneyFlags = Amounts{}, []string{}
	}
	return c
}

const columns = `claims.id, version, number, title, property_id, contact_id, kind, carrier, claim_number, policy_number, date_of_loss, coalesce(peril, '') AS peril,
	adjuster_id, source, work_type, priority, assignee_id, next_action, next_action_on, notes, tags,
	rcv, acv, deductible, recoverable_depreciation, non_recoverable_depreciation, approved, supplements, paid,
	lead_id, stage, coalesce(stage_before, '') AS stage_before, stage_changed_at, source_stage, money_flags,
	created_at, created_by, updated_at, updated_by, archived_at,
	coalesce((SELECT c.name FROM contacts c WHERE c.org_id = claims.org_id AND c.id = claims.contact_id), '') AS contact,
	coalesce((SELECT p.address FROM properties p WHERE p.org_id = claims.org_id AND p.id = claims.property_id), '') AS property,
	coalesce((SELECT c.name FROM contacts c WHERE c.org_id = claims.org_id AND c.id = claims.adjuster_id), '') AS adjuster,
	coalesce((SELECT p.name FROM people p WHERE p.org_id = claims.org_id AND p.id = claims.assignee_id), '') AS assignee`

// Service reads and writes claims.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// Full is a claim with everything its page shows.
type Full struct {
	Claim
	Extra         map[string]map[string]any // by source: what an import kept without a place of its own
	Lead          string                    // the title of the lead it came from
	ContactPhone  string                    // E.164, "" where there is none
	AdjusterPhone string
	CreatedByName string
	UpdatedByName string

	Estimates []estimate.Estimate `db:"-"` // with their lines on the page of the estimates alone
	Files     []files.File        `db:"-"`
	History   activity.History    `db:"-"`
	People    []identity.Name     `db:"-"` // who can be given work
	Trail     []audit.Entry       `db:"-"` // empty for those who may not see it
}

var errNotFound = fault.NotFound("claim", "there is no such claim; it may be another organisation's, or the address is wrong")

// Get gives a claim alone, without the lists that its page has beside it. It returns
// fault.NotFound where it is not in the actor's organisation.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Full, error) {
	return s.read(ctx, id, &pgx.Batch{})
}

// View gives a claim with all its page shows in one round trip: older is the cursor
// of a page of its history, or ""; lines asks for the estimates' lines. Its errors are those of Get.
func (s *Service) View(ctx context.Context, id uuid.UUID, older string, lines bool) (Full, error) {
	var b pgx.Batch
	var more Full
	if identity.Can(ctx, identity.ViewAmounts) {
		estimate.Queue(&b, id, lines, &more.Estimates)
	}
	about := activity.OfClaim(id)
	if err := errors.Join(files.OfRecord(&b, about, &more.Files), activity.OfRecord(&b, about, older, &more.History)); err != nil {
		return Full{}, err
	}
	identity.QueuePeople(&b, &more.People)
	audit.QueueOfRecord(ctx, &b, id, &more.Trail)
	c, err := s.read(ctx, id, &b)
	if err != nil {
		return Full{}, err
	}
	c.Estimates, c.Files, c.History, c.People, c.Trail = more.Estimates, more.Files, more.History, more.People, more.Trail
	return c, nil
}

// read reads a claim and, in the same round trip, what stands beside it.
func (s *Service) read(ctx context.Context, id uuid.UUID, beside *pgx.Batch) (Full, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return Full{}, err
	}
	c, err := postgres.ReadOne[Full](ctx, s.db, beside, full+` WHERE claims.id = $1`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		err = errNotFound
	}
	if err != nil {
		return Full{}, err
	}
	c.Extra = identity.Extra(ctx, c.Extra)
	c.Claim = c.visible(ctx)
	return c, nil
}

// full selects a claim with who made and changed it.
const full = `SELECT ` + columns + `, extra,
	coalesce((SELECT l.title FROM leads l WHERE l.org_id = claims.org_id AND l.id = claims.lead_id), '') AS lead,
	coalesce((SELECT c.phone FROM contacts c WHERE c.org_id = claims.org_id AND c.id = claims.contact_id), '') AS contact_phone,
	coalesce((SELECT c.phone FROM contacts c WHERE c.org_id = claims.org_id AND c.id = claims.adjuster_id), '') AS adjuster_phone,
	(SELECT p.name FROM people p WHERE p.org_id = claims.org_id AND p.id = claims.created_by) AS created_by_name,
	(SELECT p.name FROM people p WHERE p.org_id = claims.org_id AND p.id = claims.updated_by) AS updated_by_name
	FROM claims`

// lock reads a claim that is about to be changed. It reads after it has the lock:
// the names beside a row that was waited for would be older than the row.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Full, error) {
	var b pgx.Batch
	var found []Full
	b.Queue(`SELECT FROM claims WHERE id = $1 FOR UPDATE`, id)
	postgres.Queue(&b, &found, full+` WHERE claims.id = $1`, id)
	if err := postgres.Send(ctx, tx, &b); err != nil {
		return Full{}, err
	}
	if len(found) == 0 {
		return Full{}, errNotFound
	}
	return found[0], nil
}
