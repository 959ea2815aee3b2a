package dbtest

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Analyze brings the planner's statistics up to date: the tests' server does not
// by itself.
func Analyze(tb testing.TB, db *postgres.DB) {
	tb.Helper()
	if _, err := Super(tb, db).Exec(tb.Context(), "ANALYZE"); err != nil {
		tb.Fatal(err)
	}
}

// Plans runs fn and gives PostgreSQL's plan of every SELECT it ran in the scope
// of ctx, for tests of which index a page reads. Call Analyze before.
func Plans(ctx context.Context, tb testing.TB, db *postgres.DB, fn func(context.Context)) []string {
	tb.Helper()
	recorded, statements := postgres.RecordQueries(ctx)
	fn(recorded)
	plans, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (plans []string, err error) {
		for _, s := range statements() {
			start := strings.ToUpper(strings.TrimSpace(s.SQL))
			if !strings.HasPrefix(start, "SELECT") && !strings.HasPrefix(start, "WITH") || strings.HasPrefix(start, "SELECT SET_CONFIG(") {
				continue
			}
			rows, err := tx.Query(ctx, "EXPLAIN "+s.SQL, s.Args...)
			if err != nil {
				return nil, err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return nil, err
			}
			plans = append(plans, strings.Join(lines, "\n"))
		}
		return plans, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return plans
}
