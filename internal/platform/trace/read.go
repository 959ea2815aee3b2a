package trace

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Trace is one that was kept.
type Trace struct {
	ID        uuid.UUID
	At        time.Time // it began
	Name      string    // "GET /claims/{id}", "job mail.send"
	Status    int       // of the answer; 0 of a job
	TookMs    float64
	Slow      bool // why it was kept
	Failed    bool
	Sampled   bool
	RequestID string     // under which the log has it; "" of a job
	AskedBy   *uuid.UUID // the trace of the request that asked for the job
	Dropped   int        // spans there was no room for
}

// Span is a part of a trace: a statement, a call, or the whole, which stands first.
type Span struct {
	ID        string  `json:"id"`
	Parent    string  `json:"parent,omitempty"`
	Name      string  `json:"name"`
	Start     float64 `json:"start"` // ms after the trace began
	Took      float64 `json:"took"`  // ms
	Failed    bool    `json:"failed,omitempty"`
	Code      string  `json:"code,omitempty"` // of what failed: SQLSTATE, or a word
	Statement string  `json:"statement,omitempty"`
	Rows      *int64  `json:"rows,omitempty"`
	Server    string  `json:"server,omitempty"` // that was called
	Status    int     `json:"status,omitempty"` // that it answered with
}

// Filter says which traces a list has, the newest first.
type Filter struct {
	Slow, Failed bool   // only those
	Words        string // only of routes and jobs whose name has this; "" is all
	Before       Cursor // the zero value begins with the newest
	Limit        int
}

// Cursor stands at a trace of the list.
type Cursor struct {
	At time.Time
	ID uuid.UUID
}

const columns = `id, at, name, status, took_ms, slow, failed, sampled, request_id, asked_by, dropped`

// List gives traces of the organisation of the context's scope.
func List(ctx context.Context, db *postgres.DB, f Filter) ([]Trace, error) {
	return postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]Trace, error) {
		return postgres.Many[Trace](ctx, tx, `
			SELECT `+columns+` FROM traces
			WHERE (NOT $1 OR slow) AND (NOT $2 OR failed) AND ($3 = '' OR position(lower($3) IN lower(name)) > 0) AND ($4::timestamptz IS NULL OR (at, id) < ($4, $5))
			ORDER BY at DESC, id DESC LIMIT $6`, f.Slow, f.Failed, f.Words, f.Before.at(), f.Before.ID, f.Limit)
	})
}

// Get gives one trace of the organisation of the scope with its spans, and the traces of
// the jobs it asked for. It returns fault.NotFound where the organisation has none such.
func Get(ctx context.Context, db *postgres.DB, id uuid.UUID) (t Trace, spans []Span, jobs []Trace, err error) {
	_, err = postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		if t, err = postgres.One[Trace](ctx, tx, `SELECT `+columns+` FROM traces WHERE id = $1`, id); err != nil {
			return struct{}{}, err
		}
		if spans, err = postgres.Value[[]Span](ctx, tx, `SELECT spans FROM traces WHERE id = $1`, id); err != nil {
			return struct{}{}, err
		}
		jobs, err = postgres.Many[Trace](ctx, tx, `SELECT `+columns+` FROM traces WHERE asked_by = $1 ORDER BY at, id LIMIT 50`, id)
		return struct{}{}, err
	})
	return t, spans, jobs, gone(err)
}

// ListSystem gives the newest traces of what belongs to no organisation: before signing
// in, and jobs of the program itself.
func ListSystem(ctx context.Context, db *postgres.DB, f Filter) ([]Trace, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Trace, error) {
		return postgres.Many[Trace](ctx, tx, `
			SELECT `+columns+` FROM system_traces
			WHERE (NOT $1 OR slow) AND (NOT $2 OR failed) AND ($3 = '' OR position(lower($3) IN lower(name)) > 0) ORDER BY at DESC, id DESC LIMIT $4`, f.Slow, f.Failed, f.Words, f.Limit)
	})
}

// GetSystem gives one of them with its spans, or fault.NotFound.
func GetSystem(ctx context.Context, db *postgres.DB, id uuid.UUID) (t Trace, spans []Span, err error) {
	_, err = postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		if t, err = postgres.One[Trace](ctx, tx, `SELECT `+columns+` FROM system_traces WHERE id = $1`, id); err != nil {
			return struct{}{}, err
		}
		spans, err = postgres.Value[[]Span](ctx, tx, `SELECT spans FROM system_traces WHERE id = $1`, id)
		return struct{}{}, err
	})
	return t, spans, gone(err)
}

func gone(err error) error {
	if errors.Is(err, postgres.ErrNoRow) {
		return fault.NotFound("trace.not_found", "there is no trace at this address: traces are kept for seven days, and only of what was slow, failed or was drawn")
	}
	return err
}

// at is nil where the list begins with the newest.
func (c Cursor) at() *time.Time {
	if c.At.IsZero() {
		return nil
	}
	return &c.At
}
