// Package prints tells which tables organisations have rows in, and whether anything in
// one changed, and where.
package prints

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// apart are the tables that change without anybody reaching for them: what somebody of
// both organisations changes of their account is in the trail of both, and a program that
// serves writes by the minute what it measured, and at night how the week was.
var apart = []string{"audit_events", "audit_heads", "audit_seals", "error_groups", "error_people", "request_stats", "service_reports", "traces"}

// Take gives a digest, by table, of every row that the program can read in the scope of
// ctx, but for the tables that stand apart.
func Take(ctx context.Context, db *postgres.DB) (map[string]string, error) {
	return postgres.Snapshot(ctx, db, func(ctx context.Context, tx pgx.Tx) (map[string]string, error) {
		tables, err := postgres.Values[string](ctx, tx, `
			SELECT c.relname::text FROM pg_class c JOIN pg_attribute o ON o.attrelid = c.oid AND o.attname = 'org_id'
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT') AND c.relname <> ALL ($1)`, apart)
		if err != nil {
			return nil, err
		}
		var parts []string
		for _, t := range tables {
			parts = append(parts, fmt.Sprintf(`SELECT '%s' AS name, md5(coalesce(string_agg(t, '|' ORDER BY t), '')) AS digest FROM (SELECT r::text AS t FROM %s r) x`,
				t, pgx.Identifier{t}.Sanitize()))
		}
		type digest struct{ Name, Digest string }
		list, err := postgres.Many[digest](ctx, tx, strings.Join(parts, " UNION ALL "))
		prints := make(map[string]string, len(list))
		for _, d := range list {
			prints[d.Name] = d.Digest
		}
		return prints, err
	})
}

// Differ names the tables in which something changed, in order.
func Differ(before, after map[string]string) (tables []string) {
	for _, t := range slices.Sorted(maps.Keys(before)) {
		if before[t] != after[t] {
			tables = append(tables, t)
		}
	}
	return tables
}
