package migration_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/rows"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// published is where data that others published lies, beside the project.
func published(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not here: the published test data lies beside the project, not in it", name)
	}
	return path
}

// TestPublishedFilesAreTakenOrRefusedInWords sends every published file through
// the importer, as it would be found out and as contacts by force.
func TestPublishedFilesAreTakenOrRefusedInWords(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"csv-torture", "xlsx", "encodings", "contacts", "naughty-strings"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			err := filepath.WalkDir(published(t, folder), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || filepath.Ext(path) == ".md" || strings.Contains(path, "LICENSE") {
					return err
				}
				h.takesOrRefuses(migration.FileOptions{Path: path})
				if forced, ok := byForce(t, path); ok {
					h.takesOrRefuses(forced)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			// A replacement character stands only where the file itself has one.
			h.want(`SELECT count(*)::text FROM contacts c JOIN external_refs r ON r.contact_id = c.id JOIN import_rows l USING (run_id, file_no, ordinal)
				WHERE to_jsonb(c)::text LIKE '%' || chr(65533) || '%' AND position('\xefbfbd'::bytea IN l.raw) = 0`, "0")
		})
	}
}

// byForce says that a file's first column is a company, whatever it is.
func byForce(t *testing.T, path string) (migration.FileOptions, bool) {
	t.Helper()
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	layout, err := decode.Probe(t.Context(), f, path, sources.Known)
	if err != nil || len(layout.Header) == 0 {
		return migration.FileOptions{}, false
	}
	return migration.FileOptions{
		Path: path, Source: "generic", Kind: sources.Contacts, Mapping: &rows.Mapping{Columns: map[string]sources.Field{layout.Header[0]: sources.Company}},
	}, true
}

func (h house) takesOrRefuses(f migration.FileOptions) {
	h.Helper()
	report, err := h.svc.Import(h.ctx, migration.Options{Files: []migration.FileOptions{f}})
	if err != nil {
		if !fault.Is(err, fault.KindInvalid) || len(err.Error()) < 30 {
			h.Errorf("%s: %v, want a refusal in words", f.Path, err)
		}
		return
	}
	wantSum(h.T, report.Files[0].Name, report.Files[0].Rows, outcomes(report.Files[0]))
	if filepath.Ext(f.Path) == ".xlsx" {
		return
	}
	want, err := os.ReadFile(f.Path)
	if err != nil {
		h.Fatal(err)
	}
	got, err := postgres.Read(h.ctx, h.db, func(ctx context.Context, tx pgx.Tx) ([]byte, error) {
		return postgres.Value[[]byte](ctx, tx, `SELECT string_agg(raw, ''::bytea ORDER BY ordinal) FROM import_rows WHERE run_id = $1`, report.Run)
	})
	if err != nil || !bytes.Equal(got, want) {
		h.Errorf("%s: the ledger doesn't give the file's bytes again (%v)", f.Path, err)
	}
}

func wantSum(t *testing.T, name string, rows int64, counts [7]int64) {
	t.Helper()
	var sum int64
	for _, n := range counts {
		sum += n
	}
	if sum != rows {
		t.Errorf("%s: %d rows, accounted for are %v", name, rows, counts)
	}
}

func TestPermitsKeepEveryRow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(published(t, "permits"), "san-antonio-2023-03-13.csv")
	h := newHouse(t)
	f := migration.FileOptions{Path: path, Source: "generic", Kind: sources.Jobs, Mapping: &rows.Mapping{Columns: map[string]sources.Field{
		"PERMIT #": sources.None, "PROJECT NAME": sources.Title, "PRIMARY CONTACT": sources.ContactName, "DECLARED VALUATION": sources.Value, "WORK TYPE": sources.None,
		"DATE SUBMITTED": sources.Created,
	}}}
	report := h.run(migration.Options{Files: []migration.FileOptions{f}})
	if got := report.Files[0]; got.Rows != 16287 || got.Created+got.Errored != 16287 || got.Errored > 200 {
		t.Errorf("permits: %d rows, %v; want 16,287 and nearly all created", got.Rows, outcomes(got))
	}
	again := h.run(migration.Options{Files: []migration.FileOptions{f}})
	if again.Files[0].Created != 0 || again.Files[0].Unchanged != report.Files[0].Created {
		t.Errorf("permits again: %v, want nothing created", outcomes(again.Files[0]))
	}
}

func TestNaughtyStringsInEveryTextColumn(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(published(t, "naughty-strings"), "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var naughty []string
	if err := json.Unmarshal(data, &naughty); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	path := filepath.Join(h.dir, "naughty.csv")
	out, err := os.Create(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(out)
	_ = w.Write([]string{"First Name", "Last Name", "Company", "Email", "Phone", "Address", "City", "State", "Zip", "Notes", "Tags", "Something", "AccuLynx ID"})
	for i, s := range naughty {
		_ = w.Write([]string{s, "L", s, s, s, s, s, s, s, s, s, s, "N" + string(rune('A'+i%26)) + strings.Repeat("x", i/26)})
	}
	w.Flush()
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	report := h.imports(migration.FileOptions{Path: path})
	if f := report.Files[0]; f.Created+f.Errored != f.Rows || f.Created < int64(len(naughty))*9/10 {
		t.Errorf("naughty strings: %v of %d", outcomes(f), f.Rows)
	}
}
