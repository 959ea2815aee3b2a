package migration_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// esx writes a zip with the entries given as name and text in turn.
func (h house) esx(name string, entries ...string) migration.FileOptions {
	h.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(entries); i += 2 {
		out, err := w.Create(entries[i])
		if err == nil {
			_, err = io.WriteString(out, entries[i+1])
		}
		if err != nil {
			h.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		h.Fatal(err)
	}
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		h.Fatal(err)
	}
	return migration.FileOptions{Path: path, Claim: "SF1"}
}

// TestAnESXIsKeptOnItsClaim sends ESX files with and without a part that can be
// read, and one that is broken, beside a table in the same run.
func TestAnESXIsKeptOnItsClaim(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	claims := "ClaimNumber,Carrier,PolicyNumber,LossDate,LossType,Status,RCV,ACV,Deductible,PropertyAddress,XactimateId"
	h.imports(h.file("claims.csv", claims, `SF-1,State Farm,P,2024-09-14,Hail,Approved,100,90,10,"1 Elm St, Mesa, AZ 85201",X1`))

	readable := h.esx("roof.esx", "XACTDOC.XML", `<?xml version="1.0"?><XACTDOC><ADM dateOfLoss="2024-09-14"><COVERAGE_LOSS claimNumber="SF-1" secret="x"/></ADM></XACTDOC>`, "SKETCH.DAT", "\x00\x01")
	sealed := h.esx("gutters.zip", "XACTDOC.ZIPXML", "\x00\x01")
	broken := h.file("broken.esx", "no zip at all")
	broken.Claim = "C-1"
	files := []migration.FileOptions{readable, h.file("contacts.csv", contactsHeader, `Pat,Null,,,,,,,,,A1`), sealed, broken}

	dry := h.run(migration.Options{Files: files, DryRun: true})
	h.want(`SELECT count(*)::text FROM files`, "0")
	report := h.imports(files...)
	for i, want := range map[int]string{0: "was read: claimNumber SF-1, dateOfLoss 2024-09-14; its line items stored, not parsed", 2: "stored, not parsed (it has no XACTDOC.XML)", 3: "stored, not parsed (it is no zip that can be read)"} {
		f := report.Files[i]
		wantOutcomes(t, f, [7]int64{})
		if f.As != "document" || f.Source != "xactimate" || f.Encoding != "esx" || len(f.Notes) != 1 || !strings.Contains(f.Notes[0], want) || dry.Files[i].Notes[0] != f.Notes[0] {
			t.Errorf("%s: %+v, want a note %q", f.Name, f, want)
		}
	}
	wantOutcomes(t, report.Files[1], [7]int64{1, 0, 0, 0, 0, 0, 0})
	const kept = `SELECT concat_ws('|', f.name, f.kind, c.claim_number, f.size = i.size AND f.sha256 = i.sha256, f.extra) FROM files f
		JOIN claims c ON c.id = f.claim_id JOIN external_refs r ON r.file_id = f.id JOIN import_files i ON i.run_id = r.run_id AND i.file_no = r.file_no ORDER BY f.name`
	want := []string{"broken.esx|document|SF-1|t|{}", "gutters.zip|document|SF-1|t|{}", `roof.esx|document|SF-1|t|{"xactimate": {"dateOfLoss": "2024-09-14", "claimNumber": "SF-1"}}`}
	h.want(kept, want...)
	h.holdsBytes(readable.Path)
	h.want(`SELECT concat_ws('|', kind, body) FROM activities ORDER BY body`, "file|broken.esx", "file|gutters.zip", "file|roof.esx")

	h.imports(files...)
	h.want(kept, want...)
	newer := h.esx("roof.esx", "XACTDOC.XML", `<XACTDOC`)
	if note := h.imports(newer).Files[0].Notes[0]; !strings.Contains(note, "says nothing that is known here") {
		t.Errorf("a damaged XACTDOC.XML: %q", note)
	}
	h.want(`SELECT count(*)::text FROM files WHERE name = 'roof.esx'`, "2")
}

func (h house) holdsBytes(path string) {
	h.Helper()
	want, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		h.Fatal(err)
	}
	blobs := dbtest.Blobs(h.T, h.db, filepath.Join(h.dir, "blobs"))
	sum := sha256.Sum256(want)
	in, err := blobs.Fetch(h.ctx, sum[:])
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, want) {
		h.Errorf("the store doesn't give the bytes of %s again: %v", path, err)
	}
}

func TestAnESXNeedsItsClaim(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for claim, words := range map[string]string{"": "say which claim with --claim NUMBER", "C-99": "there is no claim \"C-99\""} {
		f := h.esx("roof.esx", "XACTDOC.XML", "<XACTDOC/>")
		f.Claim = claim
		_, err := h.svc.Import(h.ctx, migration.Options{Files: []migration.FileOptions{f}})
		if !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "roof.esx") {
			t.Errorf("with the claim %q: %v, want %q", claim, err, words)
		}
	}
	h.want(`SELECT count(*)::text FROM files`, "0")
}

// TestOurNumberGoesBeforeACarriers names a claim by a number that is ours for
// one and the carrier's for another.
func TestOurNumberGoesBeforeACarriers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.imports(h.file("claims.csv", "ClaimNumber,Carrier,Status,RCV,XactimateId,PropertyAddress", `2,State Farm,Approved,1,X1,"1 Elm St, Mesa, AZ 85201"`, `7,State Farm,Approved,1,X2,"2 Elm St, Mesa, AZ 85201"`))
	f := h.esx("roof.esx")
	f.Claim = "2"
	if _, err := h.svc.Import(h.ctx, migration.Options{Files: []migration.FileOptions{f}}); err == nil || !strings.Contains(err.Error(), "as C-17") {
		t.Errorf("a number of two claims: %v, want to be told how to name one", err)
	}
	f.Claim = "C-2"
	h.imports(f)
	number, err := postgres.Read(h.ctx, h.db, func(ctx context.Context, tx pgx.Tx) (string, error) {
		return postgres.Value[string](ctx, tx, `SELECT c.claim_number FROM files f JOIN claims c ON c.id = f.claim_id`)
	})
	if err != nil || number != "7" {
		t.Errorf("C-2 is the claim %q of the carrier, %v; want 7", number, err)
	}
	if got := h.rows(`SELECT kind FROM activities`); len(got) != 1 || got[0] != activity.KindFile {
		t.Errorf("the history has %v", got)
	}
}
