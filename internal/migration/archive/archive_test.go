package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/archive"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// compared are the tables whose rows have to be the same after a round trip.
var compared = []string{
	"contacts", "properties", "leads", "claims", "estimates", "estimate_lines", "files", "activities", "external_refs",
	"import_files", "import_rows", "import_problems", "org_counters",
}

// contents gives every row of the organisation's tables, without the
// organisation and its own system person.
func contents(t *testing.T, ctx context.Context, db *postgres.DB) map[string][]string {
	t.Helper()
	all, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (map[string][]string, error) {
		all := map[string][]string{}
		system, err := postgres.Value[string](ctx, tx, `SELECT id::text FROM people WHERE kind = 'system'`)
		if err != nil {
			return nil, err
		}
		for _, table := range compared {
			rows, err := postgres.Values[string](ctx, tx, `SELECT (to_jsonb(t) - 'org_id')::text FROM `+table+` t ORDER BY 1`)
			if err != nil {
				return nil, err
			}
			for i := range rows {
				rows[i] = strings.ReplaceAll(rows[i], system, "SYSTEM")
			}
			all[table] = rows
		}
		return all, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func blobs(t *testing.T, db *postgres.DB) *blob.Store {
	t.Helper()
	return dbtest.Blobs(t, db, filepath.Join(t.TempDir(), "blobs"))
}

func systemScope(t *testing.T, db *postgres.DB, slug string) context.Context {
	t.Helper()
	return dbtest.Org(t, db, slug).As(t, tenant.Owner)
}

// fill imports random contacts and jobs, and then the jobs again in other stages.
func fill(t *testing.T, rt *rapid.T, ctx context.Context, svc *migration.Service) {
	t.Helper()
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aZ9 é,\"'\n=+-@|\\{}\t名😀")), 0, 12, -1)
	var contacts, jobs bytes.Buffer
	c, j := csv.NewWriter(&contacts), csv.NewWriter(&jobs)
	_ = c.Write([]string{"First Name", "Last Name", "Email", "Phone", "Company", "Tags", "Notes", "Custom", "AccuLynx ID"})
	_ = j.Write([]string{"Current Milestone", "Primary Contact: First Name", "Primary Contact: Last Name", "Job: Location Street 1", "Job: Location City", "Job: Location State", "Job: Location Zip Code", "Primary Salesperson", "Job Value", "Claim Number", "Insurance Company", "Job Trade Type", "Job Number"})
	for i := range rapid.IntRange(1, 6).Draw(rt, "rows") {
		_ = c.Write([]string{text.Draw(rt, "first"), "L" + text.Draw(rt, "last"), "a@example.com", "602-555-0123 x" + fmt.Sprint(i), "", text.Draw(rt, "tags"), text.Draw(rt, "notes"), text.Draw(rt, "custom"), fmt.Sprint("A", i)})
		_ = j.Write([]string{rapid.SampledFrom([]string{"Lead", "Approved", "Cancelled", "Dead"}).Draw(rt, "stage"), "F", "N" + fmt.Sprint(i), fmt.Sprint(i+1, " Elm St"), "Mesa", "AZ", "85201", "Rep" + text.Draw(rt, "rep"), fmt.Sprint(i*100, ".05"), fmt.Sprint("C", i), "State Farm", text.Draw(rt, "trade"), fmt.Sprint("J", i)})
	}
	c.Flush()
	j.Flush()
	dir := t.TempDir()
	for name, data := range map[string][]byte{"contacts.csv": contacts.Bytes(), "jobs.csv": jobs.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := svc.Import(ctx, migration.Options{Files: []migration.FileOptions{{Path: filepath.Join(dir, "jobs.csv")}, {Path: filepath.Join(dir, "contacts.csv")}}}); err != nil {
		rt.Fatalf("import: %v", err)
	}
	newer := filepath.Join(dir, "newer.csv")
	moved := strings.NewReplacer("\nLead,", "\nProspect,", "\nApproved,", "\nInvoiced,").Replace(jobs.String())
	if err := os.WriteFile(newer, []byte(moved), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Import(ctx, migration.Options{Files: []migration.FileOptions{{Path: newer}}}); err != nil {
		rt.Fatalf("import the newer jobs: %v", err)
	}
}

// One connection after the other serves whoever comes, with a pooler even of other
// processes: what one run set up in it is there for the next.
func TestAnImportAfterARestoreOnTheSameConnection(t *testing.T) {
	t.Parallel()
	shared := dbtest.Shared(t)
	db, err := postgres.Open(t.Context(), dbtest.URL(shared, "skai_app")+"&pool_max_conns=1", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	once := false
	rapid.Check(t, func(rt *rapid.T) {
		if once { // one book is enough
			return
		}
		once = true
		store := blobs(t, shared)
		from, to, last := systemScope(t, shared, "titan"), systemScope(t, shared, "prowest"), systemScope(t, shared, "hail")
		fill(t, rt, from, migration.New(shared, store))
		path := filepath.Join(t.TempDir(), "all.zip")
		export(t, archive.New(shared, store), from, path)
		if _, err := archive.New(db, store).Restore(to, path, false); err != nil {
			rt.Fatalf("restore: %v", err)
		}
		fill(t, rt, last, migration.New(db, store))
	})
}

func TestAnExportGivesTheSameOrganisationAgain(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	rapid.Check(t, func(rt *rapid.T) {
		store := blobs(t, db)
		from, to := systemScope(t, db, "titan"), systemScope(t, db, "prowest")
		fill(t, rt, from, migration.New(db, store))
		path := filepath.Join(t.TempDir(), "all.zip")
		export(t, archive.New(db, store), from, path)
		if !archive.Is(path) {
			rt.Fatal("an export is not recognised")
		}
		other := archive.New(db, blobs(t, db))
		if _, err := other.Restore(to, path, true); err != nil {
			rt.Fatalf("dry run: %v", err)
		}
		if n := len(contents(t, to, db)["import_rows"]); n != 0 {
			rt.Fatalf("a dry run wrote %d rows", n)
		}
		if _, err := other.Restore(to, path, false); err != nil {
			rt.Fatalf("restore: %v", err)
		}
		back := contents(t, to, db)
		if diff := cmp.Diff(contents(t, from, db), back); diff != "" {
			rt.Fatalf("the organisations differ (-from +to):\n%s", diff)
		}
		told(t, rt, to, migration.New(db, store), path, len(back["contacts"]))
		if _, err := other.Restore(to, path, false); !fault.Is(err, fault.KindConflict) {
			rt.Fatalf("restoring into an organisation with records: %v, want a conflict", err)
		}
	})
}

// told checks that the run that the audit trail points at says what it read back.
func told(t *testing.T, rt *rapid.T, ctx context.Context, svc *migration.Service, path string, contacts int) {
	t.Helper()
	data, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	runs, err := svc.Runs(ctx, 100)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(runs, func(r migration.RunLine) bool { return slices.Contains(r.Files, filepath.Base(path)) })
	if at < 0 {
		rt.Fatalf("no run names the archive: %+v", runs)
	}
	account, err := svc.ReportOf(ctx, runs[at].ID)
	if err != nil || account.Archive == nil {
		rt.Fatalf("the run's report: %+v, %v", account, err)
	}
	a := account.Archive
	if a.SHA256 != fmt.Sprintf("%x", sha256.Sum256(data)) || a.Size != int64(len(data)) || !slices.Contains(a.Tables, report.TableCount{Table: "contacts", Rows: int64(contacts)}) {
		rt.Fatalf("the run tells of %+v, want the archive's hash, size and %d contacts", a, contacts)
	}
}

func export(t *testing.T, svc *archive.Service, ctx context.Context, path string) {
	t.Helper()
	out, err := os.Create(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Export(ctx, out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedArchiveIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := systemScope(t, db, "titan")
	svc := archive.New(db, blobs(t, db))
	path := filepath.Join(t.TempDir(), "all.zip")
	export(t, svc, ctx, path)
	in, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	changed := filepath.Join(t.TempDir(), "changed.zip")
	out, err := os.Create(filepath.Clean(changed))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(out)
	for _, f := range in.File {
		if f.Name != "json/people.jsonl" {
			if err := w.Copy(f); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if forged, err := w.Create(f.Name); err == nil {
			_, _ = forged.Write([]byte(`{"id": "00000000-0000-0000-0000-000000000001", "name": "Eve", "kind": "member"}` + "\n"))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = svc.Restore(systemScope(t, db, "prowest"), changed, false)
	if !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), "json/people.jsonl") {
		t.Errorf("a changed archive: %v, want a refusal that names the entry", err)
	}
}

func TestWhoMayExport(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	org := dbtest.Org(t, db, "titan")
	svc := archive.New(db, blobs(t, db))
	for role, allowed := range map[tenant.Role]bool{tenant.Owner: true, tenant.Admin: true, tenant.Manager: false, tenant.Member: false, tenant.Viewer: false} {
		_, err := svc.Export(org.As(t, role), &bytes.Buffer{})
		if allowed != (err == nil) || !allowed && !fault.Is(err, fault.KindForbidden) {
			t.Errorf("%s: %v, allowed should be %v", role, err, allowed)
		}
	}
}
