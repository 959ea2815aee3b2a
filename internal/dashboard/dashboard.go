// Package dashboard is the first page after signing in: what to do next, how
// many records stand in which stage, what happened this week. It only reads.
package dashboard

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Due is something to do: a lead to follow up, a claim's next action, a task.
type Due struct {
	Kind     string    `json:"kind" enum:"follow_up,next_action,task"`
	URL      string    `json:"url" doc:"The record's page"`
	Title    string    `json:"title" doc:"What to do, or the record it is about"`
	On       date.Date `json:"on" db:"due_on" doc:"The day it is due"`
	Assignee string    `json:"assignee" doc:"Empty is nobody"`
	Mine     bool      `json:"mine"`
}

// Stage is how many records stand in a stage.
type Stage struct {
	Stage  string      `json:"stage"`
	Count  int64       `json:"count"`
	Amount money.Cents `json:"amount" doc:"Cents: the estimated value of leads, the RCV of claims"`
}

// Happened is how many entries of a kind the history got.
type Happened struct {
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
}

// Entry is one of the newest entries of the history.
type Entry struct {
	Kind    string    `json:"kind"`
	URL     string    `json:"url"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Body    string    `json:"body"`
	ToStage string    `json:"to_stage"`
}

// Run is a migration.
type Run struct {
	ID        uuid.UUID `json:"id"`
	State     string    `json:"state" enum:"running,done,failed"`
	DryRun    bool      `json:"dry_run"`
	StartedAt time.Time `json:"started_at"`
	RowsRead  int64     `json:"rows_read"`
	Errored   int64     `json:"errored" doc:"Rows that were set aside"`
	Files     []string  `json:"files" nullable:"false" doc:"Their names, in the order they were read"`
}

// Overview is all that the page shows.
type Overview struct {
	Today   date.Date  `json:"today" doc:"The day it is at the organisation"`
	Due     []Due      `json:"due" nullable:"false" doc:"Due today or before, yours first, at most 30"`
	Waiting []Waiting  `json:"waiting" nullable:"false" doc:"Open and without a plan, the longest in their stage first, at most 8; a member's are those assigned to them"`
	Leads   []Stage    `json:"leads" nullable:"false" doc:"Empty for those who may not see figures; a member's are their own"`
	Claims  []Stage    `json:"claims" nullable:"false"`
	Since   time.Time  `json:"since" doc:"When this week began"`
	Week    []Happened `json:"week" nullable:"false"`
	Newest  []Entry    `json:"newest" nullable:"false"`
	Runs    []Run      `json:"migrations" nullable:"false" doc:"The latest, for those who may migrate"`
	Records bool       `json:"records" doc:"Whether there is any lead or claim at all"`
}

// Service reads the dashboard.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// Get reads the overview at a moment, in one round trip. A member sees what is
// theirs: what they created or are assigned to, and what nobody is assigned to.
func (s *Service) Get(ctx context.Context, now time.Time) (Overview, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return Overview{}, err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return Overview{}, err
	}
	now = now.In(identity.Zone(ctx))
	o := Overview{
		Today: date.Of(now), Due: []Due{}, Waiting: []Waiting{}, Leads: []Stage{}, Claims: []Stage{}, Week: []Happened{}, Newest: []Entry{}, Runs: []Run{},
		Since: weekOf(now),
	}
	own := scope.Role == tenant.Member
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Overview, error) {
		var b pgx.Batch
		var records []bool
		postgres.Queue(&b, &o.Due, due, o.Today, scope.ActorID, own)
		queueWaiting(&b, &o.Waiting, scope.ActorID, own)
		if identity.Can(ctx, identity.ViewAnalytics) {
			postgres.Queue(&b, &o.Leads, leadStages, scope.ActorID, own)
			postgres.Queue(&b, &o.Claims, claimStages, scope.ActorID, own)
			postgres.Queue(&b, &o.Week, `SELECT kind, count(*) FROM activities WHERE at >= $1 AND at <= $2 AND (NOT $4 OR created_by = $3) GROUP BY kind ORDER BY count DESC, kind`,
				o.Since, now, scope.ActorID, own)
		}
		postgres.Queue(&b, &o.Newest, newest, now, scope.ActorID, own)
		if identity.Can(ctx, identity.Migrate) {
			postgres.Queue(&b, &o.Runs, runs)
		}
		postgres.QueueValues(&b, &records, `SELECT EXISTS (SELECT FROM leads) OR EXISTS (SELECT FROM claims)`)
		if err := postgres.Send(ctx, tx, &b); err != nil {
			return Overview{}, err
		}
		o.Records = len(records) == 1 && records[0]
		return o, nil
	})
}

// weekOf is when the week of a moment began: Monday, in the moment's zone.
func weekOf(now time.Time) time.Time {
	days := (int(now.Weekday()) + 6) % 7
	return time.Date(now.Year(), now.Month(), now.Day()-days, 0, 0, 0, 0, now.Location())
}

// due reads each sort by its own index; $1 is today, $2 the person, $3 whether
// only what is theirs is asked for.
const due = `
	WITH all_due AS (
		(SELECT 'follow_up' AS kind, '/leads/' || id AS url, title, follow_up_on AS due_on, assignee_id, created_by, org_id
		FROM leads WHERE archived_at IS NULL AND follow_up_on IS NOT NULL AND follow_up_on <= $1 AND stage NOT IN ('won', 'lost')
			AND (NOT $3 OR coalesce(assignee_id, created_by) = $2) ORDER BY (assignee_id = $2) IS TRUE DESC, follow_up_on, id LIMIT 30)
		UNION ALL
		(SELECT 'next_action', '/claims/' || id, 'C-' || number || ' ' || CASE WHEN next_action = '' THEN title ELSE next_action END, next_action_on, assignee_id, created_by, org_id
		FROM claims WHERE archived_at IS NULL AND next_action_on IS NOT NULL AND next_action_on <= $1 AND stage NOT IN ('closed', 'cancelled')
			AND (NOT $3 OR coalesce(assignee_id, created_by) = $2) ORDER BY (assignee_id = $2) IS TRUE DESC, next_action_on, id LIMIT 30)
		UNION ALL
		(SELECT 'task', ` + url + `, left(body, 200), due_on, assignee_id, created_by, org_id
		FROM activities WHERE kind = 'task' AND done_at IS NULL AND due_on <= $1
			AND (NOT $3 OR coalesce(assignee_id, created_by) = $2) ORDER BY (assignee_id = $2) IS TRUE DESC, due_on, id LIMIT 30))
	SELECT kind, url, title, due_on, coalesce((SELECT p.name FROM people p WHERE p.org_id = d.org_id AND p.id = d.assignee_id), '') AS assignee,
		coalesce(assignee_id = $2, false) AS mine
	FROM all_due d ORDER BY mine DESC, due_on, url LIMIT 30`

// url is the page of the most particular record an entry is about; an import's or
// a report's entry may be about none.
const url = `coalesce('/claims/' || claim_id, '/leads/' || lead_id, '/properties/' || property_id, '/contacts/' || contact_id, '')`

const leadStages = `SELECT stage, count(*), coalesce(sum(estimated_value), 0)::bigint AS amount FROM leads
	WHERE archived_at IS NULL AND (NOT $2 OR assignee_id = $1 OR created_by = $1) GROUP BY stage`

const claimStages = `SELECT stage, count(*), coalesce(sum(rcv), 0)::bigint AS amount FROM claims
	WHERE archived_at IS NULL AND (NOT $2 OR assignee_id = $1 OR created_by = $1) GROUP BY stage`

const newest = `SELECT kind, ` + url + ` AS url, at, left(body, 200) AS body, coalesce(to_stage, '') AS to_stage,
		coalesce((SELECT p.name FROM people p WHERE p.org_id = a.org_id AND p.id = a.created_by), '') AS who
	FROM activities a WHERE at <= $1 AND (NOT $3 OR created_by = $2) ORDER BY at DESC, id DESC LIMIT 10`

const runs = `SELECT id, state, dry_run, started_at, rows_read,
		coalesce((SELECT sum(f.errored) FROM import_files f WHERE f.org_id = r.org_id AND f.run_id = r.id), 0)::bigint AS errored,
		ARRAY(SELECT f.name FROM import_files f WHERE f.org_id = r.org_id AND f.run_id = r.id ORDER BY f.file_no) AS files
	FROM import_runs r ORDER BY started_at DESC, id DESC LIMIT 5`
