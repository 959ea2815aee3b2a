package trouble

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Group is one kind of error.
type Group struct {
	ID           uuid.UUID
	Org          string // its short name, for the operator; "" is no organisation's, and left out for the organisation itself
	Place        string // "GET /claims/{id}", "job mail.send"
	Kind         string // "database", "panic", "fault", "error"
	Words        string // what may be told of it: codes and constant words; "" where there are none
	Chain        string // the types of the errors inside each other
	Frames       string // of a panic: our functions, the innermost first, one a line
	Count        int64
	People       int64 // distinct, that it was met by
	FirstSeen    time.Time
	LastSeen     time.Time
	FirstRelease string
	LastRelease  string
	RequestID    string // the last, under which the log has it; "" of jobs
	ResolvedAt   *time.Time
	Reopened     int // how often it came back after it was resolved
}

// Title is what an error is called.
func (g Group) Title() string {
	if g.Words == "" {
		return g.Chain
	}
	return g.Kind + ": " + g.Words
}

// Filter says which groups a list has, the one seen last first.
type Filter struct {
	Resolved bool // those, and not the open ones
	Words    string
	Before   Cursor
	Limit    int
}

// Cursor stands at a group of the list.
type Cursor struct {
	At time.Time
	ID uuid.UUID
}

const columns = `e.id, e.place, e.kind, e.words, e.chain, e.frames, e.count, e.first_seen, e.last_seen, e.first_release, e.last_release, e.request_id, e.resolved_at, e.reopened`

const people = `(SELECT count(*) FROM error_people p WHERE p.org_id = e.org_id AND p.error_id = e.id) AS people`

// List gives the errors of the organisation of the context's scope.
func List(ctx context.Context, db *postgres.DB, f Filter) ([]Group, error) {
	var before *time.Time
	if !f.Before.At.IsZero() {
		before = &f.Before.At
	}
	return postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]Group, error) {
		return postgres.Many[Group](ctx, tx, `
			SELECT `+columns+`, `+people+`, '' AS org FROM error_groups e
			WHERE (e.resolved_at IS NOT NULL) = $1 AND ($2 = '' OR position(lower($2) IN lower(e.place || ' ' || e.kind || ' ' || e.words || ' ' || e.chain)) > 0)
				AND ($3::timestamptz IS NULL OR (e.last_seen, e.id) < ($3, $4))
			ORDER BY e.last_seen DESC, e.id DESC LIMIT $5`, f.Resolved, f.Words, before, f.Before.ID, f.Limit)
	})
}

// Get gives one error of the organisation of the scope, or fault.NotFound.
func Get(ctx context.Context, db *postgres.DB, id uuid.UUID) (Group, error) {
	g, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (Group, error) {
		return postgres.One[Group](ctx, tx, `SELECT `+columns+`, `+people+`, '' AS org FROM error_groups e WHERE e.id = $1`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		err = notFound()
	}
	return g, err
}

func notFound() error {
	return fault.NotFound("error.not_found", "there is no error at this address: one that is not seen for 90 days is forgotten")
}

// Resolve says of an error of the organisation of the scope that it is done with, or
// takes that back. Where it is so already nothing changes. It returns fault.NotFound.
func Resolve(ctx context.Context, db *postgres.DB, id uuid.UUID, resolved bool) error {
	return postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		n, err := postgres.Exec(ctx, tx, `UPDATE error_groups SET resolved_at = CASE WHEN $2 THEN coalesce(resolved_at, now()) END WHERE id = $1`, id, resolved)
		if err == nil && n == 0 {
			err = notFound()
		}
		return err
	})
}

// all are the errors of every organisation and of none, for the operator.
const all = `
	SELECT ` + columns + `, ` + people + `, o.slug AS org FROM error_groups e JOIN orgs o ON o.id = e.org_id
	UNION ALL SELECT ` + columns + `, 0, '' FROM system_errors e`

// ListAll gives the operator the newest errors of every organisation and of none.
func ListAll(ctx context.Context, db *postgres.DB, f Filter) ([]Group, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Group, error) {
		return postgres.Many[Group](ctx, tx, `SELECT * FROM (`+all+`) g WHERE (resolved_at IS NOT NULL) = $1 ORDER BY last_seen DESC, id DESC LIMIT $2`, f.Resolved, f.Limit)
	})
}

// GetAll gives the operator one error: as often as there are organisations that it was
// met in. It returns fault.NotFound where there is none.
func GetAll(ctx context.Context, db *postgres.DB, id uuid.UUID) ([]Group, error) {
	list, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Group, error) {
		return postgres.Many[Group](ctx, tx, `SELECT * FROM (`+all+`) g WHERE id = $1 ORDER BY org`, id)
	})
	if err == nil && len(list) == 0 {
		err = notFound()
	}
	return list, err
}

// ResolveAll says of an error that it is done with in every organisation, or takes that
// back, for the operator. It returns fault.NotFound where there is none.
func ResolveAll(ctx context.Context, db *postgres.DB, id uuid.UUID, resolved bool) error {
	_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		n, err := postgres.Exec(ctx, tx, `UPDATE error_groups SET resolved_at = CASE WHEN $2 THEN coalesce(resolved_at, now()) END WHERE id = $1`, id, resolved)
		if err != nil {
			return struct{}{}, err
		}
		m, err := postgres.Exec(ctx, tx, `UPDATE system_errors SET resolved_at = CASE WHEN $2 THEN coalesce(resolved_at, now()) END WHERE id = $1`, id, resolved)
		if err == nil && n+m == 0 {
			err = notFound()
		}
		return struct{}{}, err
	})
	return err
}
