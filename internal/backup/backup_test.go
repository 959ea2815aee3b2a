package backup

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func quiet(string, int64, int64) {}

// house is an installation with two organisations, contacts and files.
type house struct {
	db     *postgres.DB
	files  string
	blobs  *blob.Store
	orgs   []dbtest.Contractor
	source Source
}

func newHouse(t *testing.T) house {
	t.Helper()
	h := house{db: dbtest.New(t), files: t.TempDir()}
	h.blobs = dbtest.Blobs(t, h.db, h.files)
	h.source = Source{URL: dbtest.URL(h.db, localpg.Superuser), Files: h.files, Program: "test"}
	for _, slug := range []string{"titan", "prowest"} {
		org := dbtest.Org(t, h.db, slug)
		h.orgs = append(h.orgs, org)
		for i := range 5 {
			_, err := contacts.New(h.db).Create(org.As(t, tenant.Owner), contacts.Details{FirstName: fmt.Sprintf("Pat %d", i), LastName: slug, Role: "homeowner"}, "")
			must(t, err)
		}
		h.keep(t, org, "the roof of "+slug)
	}
	return h
}

// keep stores a file and the row that names it.
func (h house) keep(t *testing.T, org dbtest.Contractor, text string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	ctx := org.As(t, tenant.Owner)
	must(t, h.blobs.Put(ctx, sum[:], strings.NewReader(text)))
	scope, _ := tenant.From(ctx)
	_, err := dbtest.Super(t, h.db).Exec(t.Context(), `
		INSERT INTO files (org_id, id, kind, name, media_type, size, sha256, claim_id, created_by, updated_by) VALUES ($1, $2, 'document', 'roof.txt', 'text/plain', $3, $4, NULL, $5, $5)`,
		org.ID, postgres.NewID(), len(text), sum[:], scope.ActorID)
	must(t, err)
	return sum[:]
}

func (h house) back(t *testing.T, dir string) (*Manifest, string) {
	t.Helper()
	m, place, err := Make(t.Context(), h.source, dir, quiet)
	must(t, err)
	return m, place
}

// master is the tests' master key, or another one.
func master(t *testing.T, of byte) *vault.Master {
	t.Helper()
	file := filepath.Join(t.TempDir(), "master")
	must(t, os.WriteFile(file, bytes.Repeat([]byte{of}, 32), 0o600))
	m, err := vault.Config{File: file}.Master(t.Context())
	must(t, err)
	return &m
}

// restore restores into an empty database of the tests' server.
func restore(t *testing.T, place string, key *vault.Master) (*Report, error) {
	t.Helper()
	owner, app := dbtest.Bare(t)
	return Restore(t.Context(), place, Target{
		Super: strings.Replace(owner, "user=skai_owner", "user="+localpg.Superuser, 1), App: app, Owner: owner, Files: filepath.Join(t.TempDir(), "files"), Master: key,
	}, quiet)
}

// wantFound wants exactly these differences, one for each, with these words.
func wantFound(t *testing.T, failed []string, words ...string) {
	t.Helper()
	if len(failed) != len(words) {
		t.Fatalf("%d differences, want %d:\n%s", len(failed), len(words), strings.Join(failed, "\n"))
	}
	for i, w := range words {
		if !strings.Contains(failed[i], w) {
			t.Errorf("%q does not say %q", failed[i], w)
		}
	}
}

func TestABackupComesBackAsItWas(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir := t.TempDir()
	m, place := h.back(t, dir)
	if m.Objects() != 4 || m.table("public.contacts").Rows != 10 || m.table("public.vault_keys").Rows != 1 || m.table("river.river_migration").Rows == 0 || len(m.Missing) != 0 {
		t.Errorf("%d objects, tables %v, missing %v", m.Objects(), m.Tables, m.Missing)
	}
	must(t, filepath.WalkDir(place, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if want := map[bool]os.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; err != nil || info.Mode().Perm() != want {
			t.Errorf("%s may be read by others: %v, %v", path, info.Mode(), err)
		}
		return nil
	}))
	must(t, NoteBackup(t.Context(), h.db, m, nil))
	before := time.Now()
	r, err := Drill(t.Context(), place, master(t, 7), quiet)
	must(t, err)
	wantFound(t, r.Failed())
	if len(r.Checks) != 8 || r.Rows != m.Rows() || r.RTO <= 0 || r.RTO > time.Since(before).Seconds() || r.RPO < before.Sub(m.SnapshotAt).Seconds() {
		t.Errorf("%+v", r)
	}
	for i, looked := range []string{"", " rows", "definitions", "2 files", "5 rules", "3 data keys", "2 files read whole", "2 records of 2 organisations"} {
		if !strings.Contains(r.Checks[i].Looked, looked) {
			t.Errorf("%s: looked at %q, want %q", r.Checks[i].Name, r.Checks[i].Looked, looked)
		}
	}
	must(t, NoteDrill(t.Context(), h.db, r))
	k, err := Last(t.Context(), h.db)
	if err != nil || k.Backup == nil || k.Backup.ID != m.ID || k.Backup.Result != "whole" || k.Tried != nil || k.Drill == nil || k.Drill.RTO != r.RTO || k.Drill.Checks != 8 || k.Drill.Failed != 0 {
		t.Errorf("known afterwards: %+v, %v", k, err)
	}
}

// edit changes a table's rows in a dump, as somebody would who also mends the checksum.
func edit(t *testing.T, place, table string, change func(rows []string) []string) {
	t.Helper()
	m, err := Read(place)
	must(t, err)
	for i, f := range m.Files {
		if !strings.HasSuffix(f.Path, ".dat.gz") {
			continue
		}
		path := filepath.Join(place, f.Path)
		raw, err := os.ReadFile(filepath.Clean(path))
		must(t, err)
		z, err := gzip.NewReader(bytes.NewReader(raw))
		must(t, err)
		text, err := io.ReadAll(z)
		must(t, err)
		if !strings.Contains(string(text), table) {
			continue
		}
		rows := slices.DeleteFunc(strings.Split(string(text), "\n"), func(row string) bool { return row == `\.` || row == "" })
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err = io.WriteString(w, strings.Join(change(rows), "\n")+"\n\\.\n\n\n")
		must(t, err)
		must(t, w.Close())
		must(t, os.WriteFile(path, out.Bytes(), 0o600))
		sum := sha256.Sum256(out.Bytes())
		m.Files[i].Size, m.Files[i].SHA256 = int64(out.Len()), hex.EncodeToString(sum[:])
		rewrite(t, place, m)
		return
	}
	t.Fatalf("no data with %q in the dump", table)
}

func rewrite(t *testing.T, place string, m *Manifest) {
	t.Helper()
	must(t, os.Remove(filepath.Join(place, manifestName)))
	must(t, m.write(place))
}

func TestWhatIsNotAsItWasIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	object := func(place string) string {
		found, err := filepath.Glob(filepath.Join(place, "files", "*", "*", "*.key"))
		must(t, err)
		return found[0]
	}
	for name, c := range map[string]struct {
		harm  func(t *testing.T, place string)
		words []string
	}{
		"a row changed": {func(t *testing.T, place string) {
			t.Helper()
			edit(t, place, "Pat 3\ttitan", func(rows []string) []string {
				return strings.Split(strings.Replace(strings.Join(rows, "\n"), "Pat 3\ttitan", "Pit 3\ttitan", 1), "\n")
			})
		}, []string{"the table public.contacts has its 10 rows, but not all with what they held"}},
		"a row gone": {func(t *testing.T, place string) {
			t.Helper()
			edit(t, place, "Pat 3\ttitan", func(rows []string) []string { return rows[1:] })
		}, []string{"the table public.contacts has 9 rows, and had 10 in the snapshot"}},
		"a row more": {func(t *testing.T, place string) {
			t.Helper()
			edit(t, place, "Pat 3\ttitan", func(rows []string) []string {
				id := rows[0][37:73]
				return append(rows, strings.Replace(rows[0], id, uuid.NewString(), 1))
			})
		}, []string{"the table public.contacts has 11 rows, and had 10 in the snapshot"}},
		"the manifest's count": {func(t *testing.T, place string) {
			t.Helper()
			m, err := Read(place)
			must(t, err)
			for i := range m.Tables {
				if m.Tables[i].Name == "public.people" {
					m.Tables[i].Rows++
				}
			}
			rewrite(t, place, m)
		}, []string{"the table public.people has 4 rows, and had 5 in the snapshot"}},
		"a byte of a file": {func(t *testing.T, place string) {
			t.Helper()
			text, err := os.ReadFile(filepath.Clean(object(place)))
			must(t, err)
			text[20] ^= 1
			must(t, os.WriteFile(object(place), text, 0o600)) //nolint:gosec // in a backup of this test
		}, []string{".key is not what it was when the backup was made"}},
		"a file gone": {func(t *testing.T, place string) {
			t.Helper()
			must(t, os.Remove(object(place)))
		}, []string{".key is missing from the backup"}},
		"a file more": {func(t *testing.T, place string) {
			t.Helper()
			must(t, os.WriteFile(filepath.Join(place, "files", "more"), nil, 0o600))
		}, []string{"files/more is not of the backup"}},
		"a file of the dump cut off": {func(t *testing.T, place string) {
			t.Helper()
			must(t, os.Truncate(filepath.Join(place, "database", "toc.dat"), 100))
		}, []string{"database/toc.dat has 100 bytes, and had "}},
		"a sealed key changed with its checksum": {func(t *testing.T, place string) {
			t.Helper()
			m, err := Read(place)
			must(t, err)
			path := object(place)
			text, err := os.ReadFile(filepath.Clean(path))
			must(t, err)
			text[len(text)-1] ^= 1
			must(t, os.WriteFile(path, text, 0o600)) //nolint:gosec // in a backup of this test
			sum := sha256.Sum256(text)
			for i, f := range m.Files {
				if filepath.Join(place, f.Path) == path {
					m.Files[i].SHA256 = hex.EncodeToString(sum[:])
				}
			}
			rewrite(t, place, m)
		}, []string{"can't be opened: the key of a kept file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, place := h.back(t, t.TempDir())
			c.harm(t, place)
			r, err := restore(t, place, master(t, 7))
			must(t, err)
			wantFound(t, r.Failed(), c.words...)
		})
	}
}

func TestWithAnotherKeyNothingOpens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, place := h.back(t, t.TempDir())
	r, err := restore(t, place, master(t, 8))
	must(t, err)
	wantFound(t, r.Failed(), "is not the one that this database's secrets were sealed with")
	if _, err := restore(t, place, nil); err == nil || !strings.Contains(err.Error(), "no master key is named here") {
		t.Errorf("without a key: %v", err)
	}
}

func TestOnlyAnEmptyPlaceIsRestoredInto(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, place := h.back(t, t.TempDir())
	full := Target{Super: h.source.URL, Files: t.TempDir(), Master: master(t, 7)}
	if _, err := Restore(t.Context(), place, full, quiet); err == nil || !strings.Contains(err.Error(), "tables already") {
		t.Errorf("into a full database: %v", err)
	}
	owner, app := dbtest.Bare(t)
	full = Target{Super: strings.Replace(owner, "user=skai_owner", "user="+localpg.Superuser, 1), App: app, Files: h.files, Master: full.Master}
	if _, err := Restore(t.Context(), place, full, quiet); err == nil || !strings.Contains(err.Error(), "has 4 files already") {
		t.Errorf("into a full folder: %v", err)
	}
	if n, err := postgres.Value[int](t.Context(), dbtest.Super(t, h.db), `SELECT count(*)::int FROM contacts`); n != 10 || err != nil {
		t.Errorf("after refusals there are %d contacts, %v", n, err)
	}
}

// A role that reads past row security and may do nothing else makes a whole backup;
// those that row security holds back are refused. Roles are of a whole server, so this
// one is the test's own.
func TestWhoMayMakeABackup(t *testing.T) {
	t.Parallel()
	server, err := localpg.Start(t.Context(), localpg.Options{Temporary: true})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	super := server.URL(localpg.Superuser, "skai")
	must(t, postgres.Bootstrap(t.Context(), server.URL(localpg.Superuser, "postgres"), "skai"))
	_, err = postgres.Migrate(t.Context(), server.URL("skai_owner", "skai"))
	must(t, err)
	db, err := postgres.Open(t.Context(), server.URL("skai_app", "skai"), 1)
	must(t, err)
	t.Cleanup(db.Close)
	_, err = orgs.New(db).Create(t.Context(), "titan", "Titan Roofing", "America/Phoenix") // with a person, behind row security
	must(t, err)
	conn, err := pgx.Connect(t.Context(), super)
	must(t, err)
	_, err = conn.Exec(t.Context(), `CREATE ROLE skai_backup LOGIN BYPASSRLS IN ROLE pg_read_all_data; GRANT skai_backup TO skai_owner`) // as docs/operations.md
	must(t, errors.Join(err, conn.Close(t.Context())))
	reader := Source{URL: server.URL("skai_owner", "skai") + "&options=-c%20role%3Dskai_backup", Files: t.TempDir()}
	must(t, reader.Check(t.Context(), db))
	m, place, err := Make(t.Context(), reader, t.TempDir(), quiet)
	must(t, err)
	if m.table("public.people").Rows != 1 {
		t.Errorf("%d people are in it, want 1", m.table("public.people").Rows)
	}
	r, err := restore(t, place, nil)
	must(t, err)
	wantFound(t, r.Failed())
	for _, held := range []string{"skai_owner", "skai_app"} {
		reader.URL = server.URL(held, "skai")
		dir := t.TempDir()
		if _, _, err := Make(t.Context(), reader, dir, quiet); err == nil || !strings.Contains(err.Error(), held+" is held back by row security") {
			t.Errorf("as %s: %v", held, err)
		}
		if left, err := walk(dir); err != nil || !slices.Equal(left, []string{".lock"}) {
			t.Errorf("a refused backup leaves %v, %v", left, err)
		}
	}
	for url, words := range map[string]string{"": "make the role skai_backup", dbtest.URL(dbtest.Shared(t), localpg.Superuser): "another database"} {
		if err := (Source{URL: url}).Check(t.Context(), db); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestOldBackupsAreRemovedAndNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	add := func(name, installation string, hour int) *Manifest {
		m := &Manifest{Format: formatVersion, Installation: installation, Ended: time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC)}
		must(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		must(t, m.write(filepath.Join(dir, name)))
		return m
	}
	add("skai-1", "ours", 1)
	add("skai-2", "theirs", 2)
	add("skai-3", "ours", 3)
	newest := add("skai-4", "ours", 4)
	must(t, os.Mkdir(filepath.Join(dir, "skai-photos"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "skai-photos", manifestName), []byte(`{"name": "a web app"}`), 0o600))
	removed, err := Prune(dir, newest, 2)
	if err != nil || !slices.Equal(removed, []string{filepath.Join(dir, "skai-1")}) {
		t.Errorf("removed %v, %v", removed, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 4 {
		t.Errorf("left: %v, %v", left, err)
	}
	if place, err := Latest(dir); err != nil || filepath.Base(place) != "skai-4" {
		t.Errorf("the latest is %s, %v", place, err)
	}
	if place, err := Latest(filepath.Join(dir, "skai-3")); err != nil || filepath.Base(place) != "skai-3" {
		t.Errorf("the one that is named is %s, %v", place, err)
	}
	if _, err := Latest(t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no whole backup") {
		t.Errorf("of none: %v", err)
	}
}

func TestTwoBackupsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	release, err := lock(dir)
	must(t, err)
	if _, _, err := Make(t.Context(), Source{}, dir, quiet); err == nil || !strings.Contains(err.Error(), "another backup is being made") {
		t.Errorf("the second: %v", err)
	}
	release()
	again, err := lock(dir)
	must(t, err)
	again()
}

// A file that a row names and the storage lacks is told, in the backup and in its
// drill; one whose organisation was destroyed meanwhile is no loss.
func TestFilesThatAreNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sum := h.keep(t, h.orgs[0], "lost")
	must(t, os.Remove(filepath.Join(h.files, h.orgs[0].ID.String(), hex.EncodeToString(sum[:1]), hex.EncodeToString(sum)+".key")))
	m, place := h.back(t, t.TempDir())
	if lost := m.Lost(); len(lost) != 1 || lost[0].Org != h.orgs[0].ID || lost[0].SHA256 != hex.EncodeToString(sum) {
		t.Errorf("lost: %v", lost)
	}
	r, err := restore(t, place, master(t, 7))
	must(t, err)
	wantFound(t, r.Failed(), hex.EncodeToString(sum)+", which is not in the backup")

	must(t, NoteBackup(t.Context(), h.db, m, nil))
	k, err := Last(t.Context(), h.db)
	if err != nil || k.Backup == nil || k.Backup.Result != "incomplete" {
		t.Errorf("it is known as %+v, %v", k.Backup, err)
	}
}

func TestAnOrganisationDestroyedMeanwhileIsNoLoss(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	work := t.TempDir()
	conn := dbtest.Super(t, h.db)
	_, err := conn.Exec(t.Context(), `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
	must(t, err)
	var n int
	must(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM files`).Scan(&n)) // the snapshot
	titan := h.orgs[0]
	_, err = identity.New(h.db, orgs.New(h.db)).EraseOrg(t.Context(), titan.Slug)
	must(t, err)
	_, err = h.blobs.Forget(t.Context(), titan.ID)
	must(t, err)
	must(t, copyFiles(t.Context(), h.files, work, quiet))
	m := new(Manifest)
	must(t, m.checkFiles(t.Context(), conn, h.source.URL, work))
	if len(m.Missing) != 1 || !m.Missing[0].Destroyed || m.Missing[0].Org != titan.ID || len(m.Lost()) != 0 {
		t.Errorf("missing: %+v", m.Missing)
	}
}

func TestKeysThatChangeMeanwhileSpoilABackup(t *testing.T) {
	t.Parallel()
	a, b := uuid.New(), uuid.New()
	first, second := dataKey{a, uuid.New()}, dataKey{a, uuid.New()}
	for _, c := range []struct {
		then, now []dataKey
		want      bool
	}{
		{[]dataKey{first}, []dataKey{first}, false},
		{[]dataKey{first}, []dataKey{first, second}, true},
		{[]dataKey{first}, []dataKey{first, {b, uuid.New()}}, false}, // an organisation's first key
		{[]dataKey{first}, nil, false},                               // destroyed with it
	} {
		if got := renewed(c.then, c.now); got != c.want {
			t.Errorf("%v, then %v: %v", c.then, c.now, got)
		}
	}
}

func TestWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	for text, words := range map[string]string{"": "is no backup", "{": "can't be read", `{"skai_backup": 9, "program": "v9"}`: "written in format 9"} {
		dir := t.TempDir()
		if text != "" {
			must(t, os.WriteFile(filepath.Join(dir, manifestName), []byte(text), 0o600))
		}
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What a killed restore left is removed by the next one, which a third can't repeat.
func TestAKilledRestoreIsDoneAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, place := h.back(t, t.TempDir())
	data := t.TempDir()
	files := filepath.Join(data, "files")
	server, err := localpg.Start(t.Context(), localpg.Options{DataDir: data})
	must(t, err)
	must(t, postgres.Bootstrap(t.Context(), server.URL(localpg.Superuser, "postgres"), restoring))
	conn, err := pgx.Connect(t.Context(), server.URL(localpg.Superuser, restoring))
	must(t, err)
	_, err = conn.Exec(t.Context(), `CREATE TABLE half (n int)`)
	must(t, errors.Join(err, conn.Close(t.Context()), server.Close()))
	must(t, os.MkdirAll(filepath.Join(files+".restoring", "half"), 0o700))
	must(t, os.WriteFile(filepath.Join(files+".restoring", "half", "x"), nil, 0o600))
	again := func(key *vault.Master) (*Report, error) {
		return Private(t.Context(), place, data, "skai", files, key, quiet)
	}
	if _, err := again(nil); err == nil || !strings.Contains(err.Error(), "no master key is named here") {
		t.Errorf("without a key: %v", err)
	}
	r, err := again(master(t, 8))
	must(t, err)
	if len(r.Failed()) == 0 {
		t.Error("with another key nothing is wrong")
	}
	r, err = again(master(t, 7))
	must(t, err)
	wantFound(t, r.Failed())
	if left, err := walk(files); err != nil || len(left) != 4 {
		t.Errorf("files: %v, %v", left, err)
	}
	if _, err := again(master(t, 7)); err == nil || !strings.Contains(err.Error(), "has a database already") {
		t.Errorf("over what is there: %v", err)
	}
}
