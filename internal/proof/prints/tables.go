package prints

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Table is a table with org_id, and what the program's role may do to it.
type Table struct {
	Name       string
	Columns    []string // that can be written at all
	Changeable []string // that the program's role may change
	MayInsert  bool
	MayDelete  bool
	References []Reference `db:"-"`
}

// Reference is a foreign key to another such table, by its one column beside org_id.
type Reference struct{ Source, Target, Column, Key string }

const tablesSQL = `
	SELECT c.relname::text AS name,
		array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			AND a.attgenerated = '' AND a.attidentity = '' ORDER BY a.attnum) AS columns,
		array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			AND a.attgenerated = '' AND has_column_privilege(c.oid, a.attnum, 'UPDATE') ORDER BY a.attnum) AS changeable,
		has_any_column_privilege(c.oid, 'INSERT') AS may_insert, has_table_privilege(c.oid, 'DELETE') AS may_delete
	FROM pg_class c JOIN pg_attribute o ON o.attrelid = c.oid AND o.attname = 'org_id'
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, 'SELECT')
	ORDER BY 1`

const referencesSQL = `
	SELECT f.conrelid::regclass::text AS source, f.confrelid::regclass::text AS target, s.attname::text AS column, k.attname::text AS key
	FROM pg_constraint f CROSS JOIN unnest(f.conkey, f.confkey) AS pair (s, k)
	JOIN pg_attribute s ON s.attrelid = f.conrelid AND s.attnum = pair.s JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = pair.k
	JOIN pg_attribute o ON o.attrelid = f.confrelid AND o.attname = 'org_id'
	WHERE f.contype = 'f' AND k.attname <> 'org_id' AND k.atttypid = 'uuid'::regtype`

// Tables gives the tables with org_id that the program reads in the scope of ctx, by name.
func Tables(ctx context.Context, db *postgres.DB) ([]Table, error) {
	return postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]Table, error) {
		tables, err := postgres.Many[Table](ctx, tx, tablesSQL)
		if err != nil {
			return nil, err
		}
		references, err := postgres.Many[Reference](ctx, tx, referencesSQL)
		for i := range tables {
			for _, r := range references {
				if r.Source == tables[i].Name && slices.Contains(tables[i].Changeable, r.Column) {
					tables[i].References = append(tables[i].References, r)
				}
			}
		}
		return tables, err
	})
}
