package orgs

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Erase deletes every row of an organisation, those that point at others first,
// and at last the organisation itself. The order comes from the catalog's
// foreign keys, so that a new table can't be forgotten. The organisation's audit
// trail goes too; what remains is the one entry about its own deletion. The
// transaction must be postgres.Eraser's; it gives the number of rows.
func Erase(ctx context.Context, tx pgx.Tx, org uuid.UUID) (rows int64, err error) {
	// Each table's deletion would be told row by row in a trail that goes as well.
	if _, err := tx.Exec(ctx, `SELECT set_config('app.org_id', $1, true), set_config('app.bulk_run', $1, true)`, org.String()); err != nil {
		return 0, err
	}
	tables, err := postgres.Values[string](ctx, tx, erasureOrder)
	if err != nil {
		return 0, err
	}
	for _, table := range tables {
		n, err := postgres.Exec(ctx, tx, `DELETE FROM `+pgx.Identifier{table}.Sanitize()+` WHERE org_id = current_org()`)
		if err != nil {
			return 0, fmt.Errorf("erase %s: %w", table, err)
		}
		rows += n
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('app.bulk_run', '', true)`); err != nil {
		return 0, err
	}
	n, err := postgres.Exec(ctx, tx, `DELETE FROM orgs WHERE id = current_org()`)
	if err == nil && n == 0 {
		err = fmt.Errorf("erase organisation %s: %w", org, postgres.ErrNoRow)
	}
	return rows + n, err
}

// erasureOrder gives the tables with org_id, each after all that point at it: a
// table's depth is the length of the longest chain of references that ends at it.
// audit_entries, at which nothing points but which every deletion writes to, is last.
const erasureOrder = `
	WITH RECURSIVE tables AS (
		SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'),
	depth AS (
		SELECT oid, 0 AS n FROM tables
		UNION
		SELECT f.confrelid, d.n + 1 FROM depth d JOIN pg_constraint f ON f.contype = 'f' AND f.conrelid = d.oid AND f.confrelid <> f.conrelid
		JOIN tables t ON t.oid = f.confrelid
		WHERE d.n < 100)
	SELECT oid::regclass::text FROM depth GROUP BY oid
	ORDER BY oid = 'audit_entries'::regclass, max(n), oid::regclass::text`
