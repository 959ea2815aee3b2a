package proof

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/proof/report"
)

// table is a table with org_id, and what the program's role may do to it.
type table struct {
	Name       string
	Columns    []string // that can be written at all
	Changeable []string // that the program's role may change
	MayInsert  bool
	MayDelete  bool
	References []reference `db:"-"`
}

// reference is a foreign key to another such table, by its one column beside org_id.
type reference struct{ Source, Target, Column, Key string }

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

// fingerprint is a digest of every row of a canary that the program can read.
func (p *prover) fingerprint(ctx context.Context, c *canary) (string, error) {
	ctx, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return "", err
	}
	return postgres.Snapshot(ctx, p.DB, func(ctx context.Context, tx pgx.Tx) (string, error) {
		tables, err := postgres.Many[table](ctx, tx, tablesSQL)
		if err != nil {
			return "", err
		}
		var parts []string
		for _, t := range tables {
			if t.Name == "audit_events" || t.Name == "audit_heads" || t.Name == "audit_seals" {
				continue // what somebody of both changes of their account is in the trail of both
			}
			parts = append(parts, fmt.Sprintf(`(SELECT md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), '')) FROM %s r)`, pgx.Identifier{t.Name}.Sanitize()))
		}
		return postgres.Value[string](ctx, tx, `SELECT `+strings.Join(parts, " || "))
	})
}

// errUndo ends a transaction in which something was tried.
var errUndo = errors.New("undo")

// tryDatabase tries, as the program's role in the scope of the first canary, to
// reach the second's rows in every table.
func (p *prover) tryDatabase(ctx context.Context) error {
	tables, err := p.tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		p.current = &report.RouteResult{Method: "table", Pattern: t.Name, Actors: map[string]int{}}
		if err := p.tryTable(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		p.report.ByTable = append(p.report.ByTable, report.TableResult{Table: t.Name, Attempts: p.current.Attempts, Surprises: p.current.Surprises})
	}
	return nil
}

func (p *prover) tables(ctx context.Context) ([]table, error) {
	ctx, _, err := p.Orgs.SystemScope(ctx, p.a.org.Slug, "proof")
	if err != nil {
		return nil, err
	}
	return postgres.Read(ctx, p.DB, func(ctx context.Context, tx pgx.Tx) ([]table, error) {
		tables, err := postgres.Many[table](ctx, tx, tablesSQL)
		if err != nil {
			return nil, err
		}
		references, err := postgres.Many[reference](ctx, tx, referencesSQL)
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

func (p *prover) tryTable(ctx context.Context, t table) error {
	name := pgx.Identifier{t.Name}.Sanitize()
	theirs, err := p.rowOf(ctx, p.b, t, name)
	if err != nil {
		return err
	}
	type attempt struct {
		words, sql string
		args       []any
	}
	attempts := []attempt{
		{"read", `SELECT FROM ` + name + ` WHERE org_id = $1`, nil},
		{"read around the filter", `SELECT FROM ` + name + ` WHERE org_id <> current_org() AND org_id = $1`, nil},
		{"remove", `DELETE FROM ` + name + ` WHERE org_id = $1`, nil},
		{"move to the other", `UPDATE ` + name + ` SET org_id = $1`, nil},
		{"change", `UPDATE ` + name + ` SET org_id = org_id WHERE org_id = $1`, nil},
	}
	for _, column := range t.Changeable {
		quoted := pgx.Identifier{column}.Sanitize()
		attempts = append(attempts, attempt{"change " + column, `UPDATE ` + name + ` SET ` + quoted + ` = ` + quoted + ` WHERE org_id = $1`, nil})
	}
	if theirs != nil {
		columns := make([]string, len(t.Columns))
		for i, column := range t.Columns {
			columns[i] = pgx.Identifier{column}.Sanitize()
		}
		list := strings.Join(columns, ", ")
		attempts = append(attempts, attempt{"write", fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) SELECT %[2]s FROM jsonb_populate_record(NULL::%[1]s, $2) WHERE $1::uuid IS NOT NULL`, name, list), []any{theirs}})
	}
	for _, r := range t.References {
		id, err := p.idOf(ctx, p.b, r)
		if err != nil {
			return err
		}
		if id != uuid.Nil {
			column := pgx.Identifier{r.Column}.Sanitize()
			attempts = append(attempts, attempt{"point at by " + r.Column, `UPDATE ` + name + ` SET ` + column + ` = $2 WHERE org_id <> $1 AND (` + column + ` IS NOT NULL OR NOT EXISTS (SELECT FROM ` + name + ` WHERE ` + column + ` IS NOT NULL))`, []any{id}})
		}
	}
	for _, a := range attempts {
		if err := p.tryStatement(ctx, a.words, a.sql, a.args...); err != nil {
			return err
		}
	}
	return nil
}

// tryStatement runs a statement in the first canary's scope with the second's id
// as $1 and undoes it. It must touch no row, or be refused.
func (p *prover) tryStatement(ctx context.Context, words, sql string, args ...any) error {
	ctx, _, err := p.Orgs.SystemScope(ctx, p.a.org.Slug, "proof")
	if err != nil {
		return err
	}
	p.current.Attempts++
	var rows int64
	err = postgres.Do(ctx, p.DB, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		if rows, err = postgres.Exec(ctx, tx, sql, append([]any{p.b.org.ID}, args...)...); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SET CONSTRAINTS ALL IMMEDIATE`); err != nil {
			return err
		}
		return errUndo
	})
	switch code := postgres.Code(err); {
	case errors.Is(err, errUndo) && rows == 0:
	case code == "42501": // insufficient_privilege: no grant, or row security
	case code == "23503", code == "23514": // foreign_key_violation: the composite key; or a check that came first
	case errors.Is(err, errUndo):
		p.surprise("the program's role", words, fmt.Sprintf("touched %d rows", rows))
	default:
		p.surprise("the program's role", words, fmt.Sprintf("ended with %v", err))
	}
	return nil
}

// rowOf gives a copy of one of a canary's rows under a new id; nil where it has none.
func (p *prover) rowOf(ctx context.Context, c *canary, t table, name string) ([]byte, error) {
	ctx, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return nil, err
	}
	text, err := postgres.Read(ctx, p.DB, func(ctx context.Context, tx pgx.Tx) ([]byte, error) {
		return postgres.Value[[]byte](ctx, tx, `SELECT convert_to(to_jsonb(r)::text, 'UTF8') FROM `+name+` r LIMIT 1`)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return nil, nil //nolint:nilnil // a table in which the canary has nothing
	}
	if err != nil {
		return nil, err
	}
	var row map[string]any
	if err := json.Unmarshal(text, &row); err != nil {
		return nil, err
	}
	if slices.Contains(t.Columns, "id") {
		if _, isText := row["id"].(string); isText {
			row["id"] = uuid.NewString()
		}
	}
	return json.Marshal(row)
}

// idOf gives the id of one of a canary's rows that a reference could name.
func (p *prover) idOf(ctx context.Context, c *canary, r reference) (uuid.UUID, error) {
	ctx, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return uuid.Nil, err
	}
	id, err := postgres.Read(ctx, p.DB, func(ctx context.Context, tx pgx.Tx) (uuid.UUID, error) {
		return postgres.Value[uuid.UUID](ctx, tx, `SELECT `+pgx.Identifier{r.Key}.Sanitize()+` FROM `+pgx.Identifier{r.Target}.Sanitize()+` LIMIT 1`)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return uuid.Nil, nil
	}
	return id, err
}
