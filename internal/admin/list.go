package admin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Org is what the operator is told of an organisation: figures, and nothing that its
// people wrote but its name.
type Org struct {
	ID          uuid.UUID
	Slug        string
	Name        string
	Plan        string
	CreatedAt   time.Time
	SuspendedAt *time.Time
	Reason      string // why it was suspended, or opened again, the last time
	Owners      int    // active people by role
	Admins      int
	Managers    int
	Members     int
	Viewers     int
	SeenAt      *time.Time // when somebody of it was there last
	SortKey     string     // by which this row stands in the list, as text

	Figures Figures `db:"-"`
}

// Seats is how many active people there are.
func (o Org) Seats() int { return o.Owners + o.Admins + o.Managers + o.Members + o.Viewers }

// Figures are what was measured and counted.
type Figures struct {
	Week    measure.Stats // of the last seven days
	Now     measure.Stats // of the last fifteen minutes
	Files   int64
	Sized   int64 // files whose size is known
	Bytes   int64 // of those
	LastRun *Run
}

// Run is an import.
type Run struct {
	ID         uuid.UUID
	OrgID      uuid.UUID
	State      string // running, done, failed
	DryRun     bool
	StartedAt  time.Time
	FinishedAt *time.Time
	Seconds    *float64
	RowsRead   int64
}

// How far back figures go.
const (
	week   = 7 * 24 * time.Hour
	lately = 15 * time.Minute
)

// spec is what the list can do.
var spec = web.ListSpec{Sorts: []string{"name", "created_at", "seats", "seen_at"}, Filters: []string{"plan", "status"}}

// Page is a page of the list.
type Page struct {
	Orgs       []Org
	Prev, Next string // cursors, "" where there is none
}

// List gives the page of organisations that q asks for, by name unless it says
// otherwise. It returns fault.Invalid for a cursor that is not of this list.
func (s *Service) List(ctx context.Context, q web.ListQuery) (p Page, err error) {
	var at string
	var id uuid.UUID
	back, found, err := web.ReadCursor(q, &at, &id)
	if err != nil {
		return p, err
	}
	column, descending := q.Order()
	if column == "" {
		column = "name"
	}
	up := descending == back
	p.Orgs, err = postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Org, error) {
		return postgres.Many[Org](ctx, tx, `
			SELECT * FROM (
				SELECT o.id, o.slug, o.name, o.plan, o.created_at, o.suspended_at, o.status_reason AS reason, p.owners, p.admins, p.managers, p.members, p.viewers, p.seen_at,
					CASE $1::text WHEN 'name' THEN lower(o.name) WHEN 'created_at' THEN to_char(o.created_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
						WHEN 'seats' THEN to_char(p.seats, 'FM0000000000') ELSE coalesce(to_char(p.seen_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), '') END COLLATE "C" AS sort_key
				FROM orgs o, LATERAL (
					SELECT count(*)::int AS seats, count(*) FILTER (WHERE role = 'owner')::int AS owners, count(*) FILTER (WHERE role = 'admin')::int AS admins,
						count(*) FILTER (WHERE role = 'manager')::int AS managers, count(*) FILTER (WHERE role = 'member')::int AS members,
						count(*) FILTER (WHERE role = 'viewer')::int AS viewers, max(last_seen_at) AS seen_at
					FROM people WHERE org_id = o.id AND kind = 'member' AND active) p
				WHERE ($2::text = '' OR position(lower($2) IN lower(o.name)) > 0 OR position(lower($2) IN o.slug) > 0)
					AND (cardinality($3::text[]) = 0 OR o.plan = ANY ($3)) AND (cardinality($4::text[]) = 0 OR CASE WHEN o.suspended_at IS NULL THEN 'open' ELSE 'suspended' END = ANY ($4))
			) l
			WHERE NOT $5::boolean OR CASE WHEN $8::boolean THEN (sort_key, id) > ($6::text COLLATE "C", $7::uuid) ELSE (sort_key, id) < ($6 COLLATE "C", $7) END
			ORDER BY CASE WHEN $8 THEN sort_key END, CASE WHEN $8 THEN id END, CASE WHEN NOT $8 THEN sort_key END DESC, CASE WHEN NOT $8 THEN id END DESC
			LIMIT $9`, column, q.Q, values(q, "plan"), values(q, "status"), found, at, id, up, q.Limit+1)
	})
	if err != nil {
		return p, err
	}
	more := len(p.Orgs) > q.Limit
	p.Orgs = p.Orgs[:min(len(p.Orgs), q.Limit)]
	if back {
		slices.Reverse(p.Orgs)
	}
	if n := len(p.Orgs); n > 0 {
		if found && !back || back && more {
			if p.Prev, err = web.NewCursor(q, true, p.Orgs[0].SortKey, p.Orgs[0].ID); err != nil {
				return p, err
			}
		}
		if back || more {
			if p.Next, err = web.NewCursor(q, false, p.Orgs[n-1].SortKey, p.Orgs[n-1].ID); err != nil {
				return p, err
			}
		}
	}
	return p, s.fill(ctx, p.Orgs)
}

// values are a filter's, not nil.
func values(q web.ListQuery, name string) []string { return append([]string{}, q.Filters[name]...) }

// One gives an organisation; fault.NotFound where there is none.
func (s *Service) One(ctx context.Context, id uuid.UUID) (Org, error) {
	o, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (Org, error) {
		return postgres.One[Org](ctx, tx, `
			SELECT o.id, o.slug, o.name, o.plan, o.created_at, o.suspended_at, o.status_reason AS reason, '' AS sort_key,
				count(*) FILTER (WHERE role = 'owner')::int AS owners, count(*) FILTER (WHERE role = 'admin')::int AS admins, count(*) FILTER (WHERE role = 'manager')::int AS managers,
				count(*) FILTER (WHERE role = 'member')::int AS members, count(*) FILTER (WHERE role = 'viewer')::int AS viewers, max(p.last_seen_at) AS seen_at
			FROM orgs o LEFT JOIN people p ON p.org_id = o.id AND p.kind = 'member' AND p.active WHERE o.id = $1 GROUP BY o.id`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return o, fault.NotFound("org", "there is no such organisation; it may have been destroyed")
	}
	if err != nil {
		return o, err
	}
	one := []Org{o}
	err = s.fill(ctx, one)
	return one[0], err
}

// fill adds the figures.
func (s *Service) fill(ctx context.Context, list []Org) error {
	ids := make([]uuid.UUID, len(list))
	for i, o := range list {
		ids[i] = o.ID
	}
	next := time.Now().UTC().Truncate(time.Minute).Add(time.Minute)
	weeks, err := measure.OfEach(ctx, s.db, ids, next.Add(-week), next)
	if err != nil {
		return err
	}
	now, err := measure.OfEach(ctx, s.db, ids, next.Add(-lately), next)
	if err != nil {
		return err
	}
	stored, runs, err := s.stored(ctx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		f := &list[i].Figures
		f.Week, f.Now = weeks[list[i].ID], now[list[i].ID]
		for _, st := range stored {
			if st.OrgID == list[i].ID {
				f.Files, f.Sized, f.Bytes = st.Files, st.Sized, st.Bytes
			}
		}
		for _, r := range runs {
			if r.OrgID == list[i].ID {
				f.LastRun = &r
			}
		}
	}
	return nil
}

// storage is what an organisation's files are together.
type storage struct {
	OrgID               uuid.UUID
	Files, Sized, Bytes int64
}

func (s *Service) stored(ctx context.Context, ids []uuid.UUID) (list []storage, runs []Run, err error) {
	_, err = postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		if list, err = postgres.Many[storage](ctx, tx, `
			SELECT org_id, count(*) AS files, count(size) AS sized, coalesce(sum(size), 0)::bigint AS bytes FROM files WHERE org_id = ANY ($1) GROUP BY org_id`, ids); err != nil {
			return struct{}{}, err
		}
		runs, err = postgres.Many[Run](ctx, tx, `
			SELECT DISTINCT ON (org_id) id, org_id, state, dry_run, started_at, finished_at, seconds, rows_read FROM import_runs WHERE org_id = ANY ($1) ORDER BY org_id, started_at DESC, id DESC`, ids)
		return struct{}{}, err
	})
	return list, runs, err
}
