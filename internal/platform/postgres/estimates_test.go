package postgres_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// An estimate's totals are the database's: they follow the lines through any
// number of statements and can't be set to anything else.
func TestTotalsFollowTheLines(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	scope, _ := tenant.From(ctx)
	estimate, claim := postgres.NewID(), postgres.NewID()
	in := func(statements ...string) error {
		return postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			for _, sql := range statements {
				if _, err := tx.Exec(ctx, sql, pgx.NamedArgs{"me": scope.ActorID, "claim": claim, "estimate": estimate}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	const line = `INSERT INTO estimate_lines (org_id, id, estimate_id, position, item_amount, tax, rcv, depreciation, acv, recoverable) VALUES `
	if err := in(
		`INSERT INTO claims (org_id, id, number, created_by, updated_by) VALUES (current_org(), @claim, 1, @me, @me)`,
		`INSERT INTO estimates (org_id, id, claim_id, name, created_by, updated_by) VALUES (current_org(), @estimate, @claim, 'First', @me, @me)`,
		line+`(current_org(), gen_random_uuid(), @estimate, 1, 10000, 800, 10800, 2000, 8800, true)`,
		line+`(current_org(), gen_random_uuid(), @estimate, 2, -500, 0, -500, NULL, -500, false), (current_org(), gen_random_uuid(), @estimate, 3, 100, 0, 100, 30, 70, false)`,
		`UPDATE estimate_lines SET rcv = 10900, acv = 8900 WHERE position = 1`,
	); err != nil {
		t.Fatal(err)
	}
	type totals struct{ Lines, Items, Tax, RCV, Depreciation, Recoverable, ACV int64 }
	read := func() totals {
		got, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (totals, error) {
			return postgres.One[totals](ctx, tx, `SELECT line_count AS lines, item_total AS items, tax, rcv, depreciation, recoverable, acv FROM estimates WHERE id = $1`, estimate)
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff(totals{3, 9600, 800, 10500, 2030, 2000, 8470}, read()); diff != "" {
		t.Error(diff)
	}
	for _, sql := range []string{`UPDATE estimates SET rcv = rcv + 1`, `UPDATE estimates SET line_count = 2`, `UPDATE estimates SET recoverable = 0`} {
		if err := in(sql); postgres.Constraint(err) != "estimates_totals" {
			t.Errorf("%s: got %v", sql, err)
		}
	}
	if err := in(`DELETE FROM estimate_lines WHERE position = 2`, `DELETE FROM estimate_lines WHERE position = 3`); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(totals{1, 10000, 800, 10900, 2000, 2000, 8900}, read()); diff != "" {
		t.Error(diff)
	}
}
