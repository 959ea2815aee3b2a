package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func contactsFile(t *testing.T, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "contacts.csv")
	out, err := os.Create(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := generate.WriteContacts(out, rows, 7); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// counted is what --json tells of the first file, but for its times.
type counted struct {
	Rows, Created, Updated, Merged, Unchanged, Skipped, Errored, Blank int64
	Cells                                                              struct{ Filled, Mapped, Extra, Errored int64 }
}

func count(t *testing.T, out string) counted {
	t.Helper()
	var result struct {
		Files []counted
	}
	if err := json.Unmarshal([]byte(lastLine(out)), &result); err != nil || len(result.Files) != 1 {
		t.Fatalf("the last line is no result: %v\n%s", err, out)
	}
	return result.Files[0]
}

func TestImportSaysHowItEnded(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan")
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "good.csv"), filepath.Join(dir, "bad.csv")
	header := "First Name,Last Name,Email,AccuLynx ID\n"
	for path, rows := range map[string]string{good: "Pat,Lee,p@example.com,1\n", bad: "Pat,Lee,p@example.com,2\n,,q@example.com,3\n"} {
		if err := os.WriteFile(path, []byte(header+rows), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	on(t, db, "", "import", "--org", "titan", good).want(t, 0, "1 rows = 1 created")
	report := filepath.Join(dir, "report")
	on(t, db, "", "import", "--org", "titan", "--report", report, bad).want(t, 2, "no_name")
	for name, words := range map[string]string{"report.html": "Every filled cell", "report.json": `"errored": 1`, "errors-bad.csv": "q@example.com"} {
		data, err := os.ReadFile(filepath.Clean(filepath.Join(report, name)))
		if err != nil || !strings.Contains(string(data), words) {
			t.Errorf("%s doesn't hold %q (%v)", name, words, err)
		}
	}
	on(t, db, "", "import", "--org", "titan", "--strict", bad).want(t, 1, "strict")
	on(t, db, "", "import", "--org", "nobody", good).want(t, 1, "nobody")
	on(t, db, "", "import", "--org", "titan", filepath.Join(dir, "gone.csv")).want(t, 1, "gone.csv")
	on(t, db, "", "import", "list", "--org", "titan").want(t, 0, "good.csv", "bad.csv", "failed")
}

// What an import set aside goes to a spreadsheet, to be mended: nothing in it may
// run there, and what comes back is what was in the file.
func TestMendedRowsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Admin)
	dir := t.TempDir()
	const formula = `=HYPERLINK("http://evil.example";"x")`
	write := func(name string, rows ...[]string) string {
		path := filepath.Join(dir, name)
		var b strings.Builder
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := write("bad.csv", []string{"First Name", "Last Name", "Email", "AccuLynx ID", "Remark"}, []string{"", "", "q@example.com", "3", formula})
	on(t, db, "", "import", "--org", "titan", "--report", dir, bad).want(t, 2, "no_name")
	text, err := os.ReadFile(filepath.Clean(filepath.Join(dir, "errors-bad.csv")))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][9] != "'"+formula {
		t.Fatalf("%v, %q", err, rows)
	}
	rows[1][5] = "Quinn"
	on(t, db, "", "import", "--org", "titan", write("mended.csv", rows...)).want(t, 0, "1 created")
	kept, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (string, error) {
		return postgres.Value[string](ctx, tx, `SELECT extra -> 'acculynx' ->> 'Remark' FROM contacts WHERE first_name = 'Quinn'`)
	})
	if err != nil || kept != formula {
		t.Errorf("%v, kept %q", err, kept)
	}
}

// TestAKilledImportLeavesNothingAndResumes kills the program at random moments,
// looks that nothing of the run is visible, and resumes it.
func TestAKilledImportLeavesNothingAndResumes(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	path := contactsFile(t, 20_000)
	dbtest.Org(t, db, "whole")
	started := time.Now()
	want := count(t, on(t, db, "", "import", "--org", "whole", "--json", path).out)
	whole := time.Since(started)
	for i := range 4 {
		slug := fmt.Sprintf("killed-%d", i)
		org := dbtest.Org(t, db, slug)
		ctx := org.As(t, tenant.Admin)
		data := t.TempDir()
		base := []string{"--database-url", dbtest.URL(db, "skai_app"), "--data", data, "--org", slug}
		kill(t, time.Duration(rand.Int64N(int64(whole))), append([]string{"import", path}, base...)) //nolint:gosec // any moment will do
		if n := visible(t, ctx, db); n != "0 0 0" && n != visibleOf(want) {
			t.Fatalf("after the kill, contacts, rows and references are %s: neither none nor all", n)
		}
		runs := run(t, "", append([]string{"import", "list"}, base...)...)
		if runs.out == "Nothing was imported yet.\n" || strings.Contains(runs.out, " done ") {
			continue // killed before the run was written down, or after it was over
		}
		id, _, _ := strings.Cut(runs.out, " ")
		resumed := run(t, "", append([]string{"import", "resume", id, "--json"}, base...)...)
		resumed.want(t, 2)
		if got := count(t, resumed.out); got != want {
			t.Errorf("resumed: %s", cmp.Diff(want, got))
		}
		if n := visible(t, ctx, db); n != visibleOf(want) {
			t.Errorf("resumed: contacts, rows and references are %s, want %s", n, visibleOf(want))
		}
		run(t, "", append([]string{"import", "resume", id}, base...)...).want(t, 1, "is finished")
	}
}

// kill starts skai and kills it after a while.
func kill(t *testing.T, after time.Duration, args []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, args...) //nolint:gosec // this test program itself
	c.Env = append(os.Environ(), asProgram+"=1")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	<-time.After(after)
	_ = c.Process.Kill() // it may be done already
	_ = c.Wait()         // and then ends as it likes
}

func visible(t *testing.T, ctx context.Context, db *postgres.DB) string {
	t.Helper()
	n, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (string, error) {
		return postgres.Value[string](ctx, tx, `SELECT concat_ws(' ', (SELECT count(*) FROM contacts), (SELECT count(*) FROM import_rows), (SELECT count(*) FROM external_refs))`)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func visibleOf(c counted) string { return fmt.Sprint(c.Created, c.Rows+1, c.Created) } // the header is in the ledger too

func TestExportComesBack(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan")
	dbtest.Org(t, db, "again")
	dir := t.TempDir()
	run(t, "", "import", "--org", "titan", "--data", dir, "--database-url", dbtest.URL(db, "skai_app"), contactsFile(t, 200)).want(t, 2)
	out := filepath.Join(dir, "all.zip")
	run(t, "", "export", "--org", "titan", "--out", out, "--data", dir, "--database-url", dbtest.URL(db, "skai_app")).want(t, 0, "contacts.jsonl")
	run(t, "", "import", "--org", "again", out, "--dry-run", "--json", "--data", dir, "--database-url", dbtest.URL(db, "skai_app")).want(t, 0, `{"dry_run":true,"archive":{`, `"organisation":"Titan Roofing"`)
	run(t, "", "import", "--org", "again", out, "--data", dir, "--database-url", dbtest.URL(db, "skai_app")).want(t, 0, "now holds what Titan Roofing held")
	run(t, "", "import", "--org", "again", out, "--data", dir, "--database-url", dbtest.URL(db, "skai_app")).want(t, 1, "empty one")
}
