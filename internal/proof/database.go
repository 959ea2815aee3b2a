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
	"github.com/skaiscraper/skai/internal/proof/prints"
	"github.com/skaiscraper/skai/internal/proof/report"
)

// fingerprint is a digest of a canary's rows, by table.
func (p *prover) fingerprint(ctx context.Context, c *canary) (map[string]string, error) {
	ctx, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return nil, err
	}
	return prints.Take(ctx, p.DB)
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

func (p *prover) tables(ctx context.Context) ([]prints.Table, error) {
	ctx, _, err := p.Orgs.SystemScope(ctx, p.a.org.Slug, "proof")
	if err != nil {
		return nil, err
	}
	return prints.Tables(ctx, p.DB)
}

func (p *prover) tryTable(ctx context.Context, t prints.Table) error {
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
func (p *prover) rowOf(ctx context.Context, c *canary, t prints.Table, name string) ([]byte, error) {
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
func (p *prover) idOf(ctx context.Context, c *canary, r prints.Reference) (uuid.UUID, error) {
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
