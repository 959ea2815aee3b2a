package demo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestImport holds the importer to the known answer of the generated files.
func TestImport(t *testing.T) {
	t.Parallel()
	for slug, c := range map[string]generate.Company{"titan": generate.Titan, "prowest": generate.ProWest} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			c.Jobs = 400
			made, err := c.Files()
			if err != nil {
				t.Fatal(err)
			}
			var first, estimates []generate.File // an estimate needs its claim
			for _, f := range made {
				if f.Kind == "estimate" {
					estimates = append(estimates, f)
				} else {
					first = append(first, f)
				}
			}
			imports := importer(t, slug)
			account(t, first, imports(first))
			account(t, estimates, imports(estimates))
		})
	}
}

func importer(t *testing.T, slug string) func([]generate.File) *report.Report {
	t.Helper()
	db, dir := dbtest.Shared(t), t.TempDir()
	ctx := dbtest.Org(t, db, slug).As(t, tenant.Admin)
	blobs := dbtest.Blobs(t, db, filepath.Join(dir, "blobs"))
	service := migration.New(db, blobs)
	return func(files []generate.File) *report.Report {
		t.Helper()
		var o migration.Options
		for _, f := range files {
			path := filepath.Join(dir, f.Name)
			if err := os.WriteFile(path, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			o.Files = append(o.Files, migration.FileOptions{Path: path, Claim: f.ClaimNumber})
		}
		r, err := service.Import(ctx, o)
		if err != nil {
			t.Fatalf("import: %v", err)
		}
		return r
	}
}

// answer is what the report and the generator both say about a file.
type answer struct {
	Source, As           string
	Rows, Errored, Blank int64
	DoubledNames         int64
	Rules                map[string]int64
}

func account(t *testing.T, files []generate.File, r *report.Report) {
	t.Helper()
	want, got := map[string]answer{}, map[string]answer{}
	stages := map[string]int64{}
	for _, f := range files {
		a := answer{f.Source, f.Kind, int64(f.Want.Rows), int64(f.Want.Errored), int64(f.Want.Blank), int64(f.Want.DoubledNames), map[string]int64{}}
		for rule, n := range f.Want.Reasons {
			a.Rules[rule] = int64(n)
		}
		for word, n := range f.Want.Stages {
			stages[word] += int64(n)
		}
		want[f.Name] = a
	}
	for _, f := range r.Files {
		a := answer{f.Source, f.As, f.Rows, f.Errored, f.Blank, 0, map[string]int64{}}
		for _, p := range r.Problems {
			switch {
			case p.File != f.Name:
			case p.Rule == "doubled_name":
				a.DoubledNames += p.Count
			case p.Severity == "error":
				a.Rules[p.Rule] += p.Count
			}
		}
		got[f.Name] = a
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got): %s", diff)
	}
	read := map[string]int64{}
	for _, s := range r.Stages {
		read[s.SourceWord] += s.Rows
	}
	if diff := cmp.Diff(stages, read); diff != "" {
		t.Errorf("stages (-want +got): %s", diff)
	}
	for _, a := range r.Amounts {
		if a.Differs != 0 {
			t.Errorf("%s: %d cents were read and %d are held", a.What, a.Read, a.Held+a.Merged)
		}
	}
}
