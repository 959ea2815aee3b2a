package trace

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Statement is SQL of the program's, as kept traces have it.
type Statement struct {
	ID        uuid.UUID // told by its text
	Text      string    // with $1 where the values are
	Count     int64     // in the traces that were looked at
	LongestMs float64
	TotalMs   float64
	Slowest   uuid.UUID // the trace in which it took the longest
}

// mostLooked is how many traces are looked at for statements, the newest.
const mostLooked = 1000

// Statements gives those of the scope's organisation between two times, the one first
// that took the longest, from its newest 1,000 kept traces of that time.
func Statements(ctx context.Context, db *postgres.DB, from, to time.Time, limit int) ([]Statement, error) {
	return postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]Statement, error) {
		return postgres.Many[Statement](ctx, tx, `
			SELECT md5(s.statement)::uuid AS id, s.statement AS text, count(*) AS count, max(s.took) AS longest_ms, sum(s.took) AS total_ms,
				(array_agg(t.id ORDER BY s.took DESC))[1] AS slowest
			FROM (SELECT id, spans FROM traces WHERE at >= $1 AND at < $2 ORDER BY at DESC, id DESC LIMIT $4) t,
				jsonb_to_recordset(t.spans) s (name text, statement text, took float8)
			WHERE s.statement <> s.name AND s.name <> 'begin' GROUP BY s.statement ORDER BY max(s.took) DESC, s.statement LIMIT $3`, from, to, limit, mostLooked)
	})
}

// GetStatement gives one of the scope's organisation, as Statements does of the week
// that traces are kept for, or fault.NotFound.
func GetStatement(ctx context.Context, db *postgres.DB, id uuid.UUID) (Statement, error) {
	s, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (Statement, error) {
		return postgres.One[Statement](ctx, tx, `
			SELECT md5(s.statement)::uuid AS id, s.statement AS text, count(*) AS count, max(s.took) AS longest_ms, sum(s.took) AS total_ms,
				(array_agg(t.id ORDER BY s.took DESC))[1] AS slowest
			FROM (SELECT id, spans FROM traces ORDER BY at DESC, id DESC LIMIT $2) t, jsonb_to_recordset(t.spans) s (name text, statement text, took float8)
			WHERE s.statement <> s.name AND s.name <> 'begin' AND md5(s.statement)::uuid = $1 GROUP BY s.statement`, id, mostLooked)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return s, fault.NotFound("statement.not_found", "no kept trace has this statement any more: traces are kept for seven days, and the newest 1,000 are looked at")
	}
	return s, err
}

// planName is the statement's name while its plan is made.
const planName = "skai_plan"

// between is what stands between statements that travel together.
const between = ";\n"

// Plan has PostgreSQL say how it would run the statement for any values, under row
// security in the organisation of the scope, without running it and without what it
// estimates, since that would tell of other organisations' rows. There is none, and
// why says why not, where it changes something or belongs to another role.
func Plan(ctx context.Context, db *postgres.DB, s Statement) (lines []string, why string, err error) {
	parts := strings.Split(s.Text, between)
	for _, part := range parts {
		if !strings.HasPrefix(part, "SELECT") && !strings.HasPrefix(part, "WITH") {
			return nil, "Plans are made of statements that only read.", nil
		}
	}
	lines, err = postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (list []string, err error) {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '2000', true), set_config('lock_timeout', '500', true), set_config('plan_cache_mode', 'force_generic_plan', true)`); err != nil {
			return nil, err
		}
		for i, part := range parts {
			plan, err := planOf(ctx, tx, part)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				list = append(list, "")
			}
			list = append(list, plan...)
		}
		return list, nil
	})
	if code := postgres.Code(err); code != "" {
		return nil, "PostgreSQL makes no plan of it here (" + code + "): it was run by another role than your organisation's, or on a table that a transaction made for itself.", nil
	}
	return lines, "", err
}

// planOf asks for the plan of one statement, whose text PostgreSQL checks to be one.
func planOf(ctx context.Context, tx pgx.Tx, text string) ([]string, error) {
	prepared, err := tx.Prepare(ctx, planName, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Conn().Deallocate(context.WithoutCancel(ctx), planName) }() // a connection that is lost has none either
	values := ""
	if n := len(prepared.ParamOIDs); n > 0 {
		values = "(NULL" + strings.Repeat(", NULL", n-1) + ")"
	}
	rows, err := tx.Query(ctx, "EXPLAIN (COSTS OFF) EXECUTE "+planName+values, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
