package app_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// takeOver imports a small generated book.
func takeOver(t *testing.T, db *postgres.DB, contractor dbtest.Contractor, company generate.Company) {
	t.Helper()
	folder := t.TempDir()
	blobs := dbtest.Blobs(t, db, filepath.Join(folder, "blobs"))
	company.Jobs = 40
	files, err := company.Files()
	if err != nil {
		t.Fatal(err)
	}
	var records, estimates migration.Options
	for _, f := range files {
		path := filepath.Join(folder, f.Name)
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		if f.ClaimNumber == "" {
			records.Files = append(records.Files, migration.FileOptions{Path: path})
		} else { // which is of the first run
			estimates.Files = append(estimates.Files, migration.FileOptions{Path: path, Claim: f.ClaimNumber})
		}
	}
	for _, options := range []migration.Options{records, estimates} {
		if len(options.Files) == 0 {
			continue
		}
		if _, err := migration.New(db, blobs).Import(contractor.As(t, tenant.Owner), options); err != nil {
			t.Fatal(err)
		}
	}
}

// rowsOf counts an organisation's rows in every table, as the superuser sees them.
func rowsOf(t *testing.T, super *pgx.Conn, org uuid.UUID) map[string]int64 {
	t.Helper()
	tables, err := postgres.Values[string](t.Context(), super, `
		SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	for _, table := range tables {
		n, err := postgres.Value[int64](t.Context(), super, fmt.Sprintf(`SELECT count(*) FROM %s WHERE org_id = $1`, table), org)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			found[table] = n
		}
	}
	return found
}

func TestAnErasedOrganisationIsGone(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	super := dbtest.Super(t, db)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	takeOver(t, db, titan, generate.Titan)
	takeOver(t, db, prowest, generate.ProWest)
	a := build(t, db)
	session(t, a, titan, tenant.Manager)
	for _, m := range []struct {
		org *uuid.UUID
		to  string
	}{{&titan.ID, "sam@elsewhere.example"}, {nil, titan.Email(tenant.Manager)}, {&prowest.ID, "pat@elsewhere.example"}} {
		if _, err := super.Exec(t.Context(), `INSERT INTO mails (id, key, kind, for_org, recipient, urgent) VALUES (gen_random_uuid(), $2, 'people.invite', $1, $2, false)`, m.org, m.to); err != nil {
			t.Fatal(err)
		}
	}
	before, theirs := rowsOf(t, super, titan.ID), rowsOf(t, super, prowest.ID)
	if len(before) < 12 || before["claims"] == 0 || before["import_rows"] == 0 || before["estimate_lines"] == 0 || before["people"] < 3 {
		t.Fatalf("too little to erase: %v", before)
	}
	if _, err := a.People.EraseOrg(t.Context(), "titann"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown organisation: %v", err)
	}
	rows, err := a.People.EraseOrg(t.Context(), "titan")
	if err != nil {
		t.Fatal(err)
	}
	var all int64
	for n := range maps.Values(before) {
		all += n
	}
	if rows <= all { // and the organisation, its accounts, and what the trail said of the deletion
		t.Errorf("%d rows were erased, there were %d", rows, all)
	}
	// The one trace is that of the deletion itself.
	if diff := cmp.Diff(map[string]int64{"audit_entries": 1, "audit_events": 1, "audit_heads": 1}, rowsOf(t, super, titan.ID)); diff != "" {
		t.Error(diff)
	}
	trace, err := postgres.Value[string](t.Context(), super, `SELECT actor || ' ' || operation || ' ' || table_name || ' ' || (changes #>> '{slug,0}') FROM audit_entries WHERE org_id = $1`, titan.ID)
	if err != nil || trace != "skai_operator delete orgs titan" {
		t.Errorf("the trace is %q, %v", trace, err)
	}
	if diff := cmp.Diff(theirs, rowsOf(t, super, prowest.ID)); diff != "" {
		t.Errorf("rows of another organisation changed:\n%s", diff)
	}
	left, err := postgres.Value[int64](t.Context(), super, `SELECT count(*) FROM users WHERE email LIKE '%@titan.example' UNION ALL SELECT count(*) FROM sessions ORDER BY 1 DESC LIMIT 1`)
	if err != nil || left != 0 {
		t.Errorf("%d accounts or sessions are left, %v", left, err)
	}
	// Which mails went out is forgotten too, but for those of others.
	if mails, err := postgres.Values[string](t.Context(), super, `SELECT recipient FROM mails`); err != nil || len(mails) != 1 || mails[0] != "pat@elsewhere.example" {
		t.Errorf("mails to %v are left, %v", mails, err)
	}
}
