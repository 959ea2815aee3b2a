package wal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// The test program is also an archiver that can be killed: of what the first line of its
// input names, until that ends.
const asArchiver = "WAL_TEST_ARCHIVER"

type archiverOf struct{ URL, Folder string }

func TestMain(m *testing.M) {
	if os.Getenv(asArchiver) == "" {
		os.Exit(m.Run())
	}
	var of archiverOf
	input := json.NewDecoder(os.Stdin)
	if input.Decode(&of) != nil {
		os.Exit(1)
	}
	ctx, end := context.WithCancel(context.Background())
	go func() {
		_ = input.Decode(&of) // until there is no more
		end()
	}()
	Keep(ctx, backup.Source{URL: of.URL}, of.Folder, silent)
	os.Exit(0)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var silent = slog.New(slog.DiscardHandler)

func quiet(string, int64, int64) {}

// house is an installation on a PostgreSQL of its own, since slots and the log are of a
// whole server.
type house struct {
	server *localpg.Server
	super  *pgx.Conn
	db     *postgres.DB
	files  string
	blobs  *blob.Store
	org    dbtest.Contractor
	source backup.Source
	folder string // for the log
}

func newHouse(t *testing.T, database string) *house {
	t.Helper()
	server, err := localpg.Start(t.Context(), localpg.Options{Temporary: true})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	must(t, postgres.Bootstrap(t.Context(), server.URL(localpg.Superuser, "postgres"), database))
	_, err = postgres.Migrate(t.Context(), server.URL("skai_owner", database))
	must(t, err)
	h := &house{server: server, files: t.TempDir(), folder: t.TempDir()}
	h.db, err = postgres.Open(t.Context(), server.URL("skai_app", database), 4)
	must(t, err)
	t.Cleanup(h.db.Close)
	h.blobs = dbtest.Blobs(t, h.db, h.files)
	h.source = backup.Source{URL: server.URL(localpg.Superuser, database), Files: h.files, Program: "test"}
	h.super, err = pgx.Connect(t.Context(), h.source.URL)
	must(t, err)
	t.Cleanup(func() { _ = h.super.Close(context.WithoutCancel(t.Context())) })
	h.org = dbtest.Org(t, h.db, "titan")
	h.org.As(t, tenant.Owner)
	return h
}

// contact makes one and gives a moment after it.
func (h *house) contact(t *testing.T, name string) time.Time {
	t.Helper()
	_, err := contacts.New(h.db).Create(h.org.As(t, tenant.Owner), contacts.Details{FirstName: name, LastName: "Titan", Role: "homeowner"}, "")
	must(t, err)
	return h.now(t)
}

func (h *house) now(t *testing.T) time.Time {
	t.Helper()
	at, err := postgres.Value[time.Time](t.Context(), h.super, `SELECT clock_timestamp()`)
	must(t, err)
	return at
}

// keepFile stores a file and the row that names it.
func (h *house) keepFile(t *testing.T, text string) {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	ctx := h.org.As(t, tenant.Owner)
	must(t, h.blobs.Put(ctx, sum[:], strings.NewReader(text)))
	scope, _ := tenant.From(ctx)
	_, err := h.super.Exec(t.Context(), `
		INSERT INTO files (org_id, id, kind, name, media_type, size, sha256, claim_id, created_by, updated_by) VALUES ($1, $2, 'document', 'roof.txt', 'text/plain', $3, $4, NULL, $5, $5)`,
		h.org.ID, postgres.NewID(), len(text), sum[:], scope.ActorID)
	must(t, err)
}

// keep archives until the test ends, or stop is called.
func (h *house) keep(t *testing.T) (stop func()) {
	t.Helper()
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		Keep(ctx, h.source, h.folder, silent)
	}()
	stop = func() {
		end()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

func (h *house) base(t *testing.T) *Base {
	t.Helper()
	b, err := Make(t.Context(), h.source, h.folder, silent, quiet)
	must(t, err)
	return b
}

// archived waits until all that was written is in the archive.
func (h *house) archived(t *testing.T) {
	t.Helper()
	conn, s, err := connect(t.Context(), h.source.URL)
	must(t, err)
	defer conn.Close(t.Context())
	l, err := current(t.Context(), conn, s, h.folder)
	must(t, err)
	to, err := flush(t.Context(), conn)
	must(t, err)
	must(t, l.await(t.Context(), conn, to))
	must(t, l.note(to, time.Now()))
}

// segment has the server go on in a new segment of its log.
func (h *house) segment(t *testing.T) {
	t.Helper()
	_, err := h.super.Exec(t.Context(), `SELECT pg_switch_wal()`)
	must(t, err)
}

// master is the tests' master key.
func master(t *testing.T) *vault.Master {
	t.Helper()
	file := filepath.Join(t.TempDir(), "master")
	must(t, os.WriteFile(file, bytes.Repeat([]byte{7}, 32), 0o600))
	m, err := vault.Config{File: file}.Master(t.Context())
	must(t, err)
	return &m
}

func (h *house) restore(t *testing.T, moment time.Time) (data string, r *Report, err error) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	r, err = Restore(t.Context(), h.folder, moment, Target{Data: data, Files: filepath.Join(data, "files"), Database: "skai", Master: master(t)}, quiet)
	return data, r, err
}

// wantFound wants exactly these differences, with these words.
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

// refused wants an error with these words.
func refused(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %v, want %q", what, err, w)
		}
	}
}

// names gives the first names of the contacts in a restored data folder.
func names(t *testing.T, data string) []string {
	t.Helper()
	server, err := localpg.Start(t.Context(), localpg.Options{DataDir: data})
	must(t, err)
	defer func() { must(t, server.Close()) }()
	conn, err := pgx.Connect(t.Context(), server.URL(localpg.Superuser, "skai"))
	must(t, err)
	defer conn.Close(t.Context())
	list, err := postgres.Values[string](t.Context(), conn, `SELECT first_name FROM contacts ORDER BY created_at`)
	must(t, err)
	return list
}

// What was committed before a moment comes back, with the files, and nothing of what came
// after; what can't be reached is refused.
func TestAMomentIsRestored(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "skai")
	h.keepFile(t, "the roof before")
	stop := h.keep(t)
	early := h.contact(t, "Pat")
	b := h.base(t)
	h.keepFile(t, "the roof after")
	moment := h.contact(t, "Quinn")
	h.contact(t, "Robin")
	h.archived(t)
	conn, s, err := connect(t.Context(), h.source.URL)
	must(t, err)
	l, err := current(t.Context(), conn, s, h.folder)
	must(t, errors.Join(err, conn.Close(t.Context())))
	must(t, l.keepFiles(t.Context(), h.files)) // as the archiver does every ten seconds

	data, r, err := h.restore(t, moment)
	must(t, err)
	wantFound(t, r.Failed())
	if r.Backup != b.ID || r.Compared || r.Files != 4 || r.Segments == 0 || r.SnapshotAt.After(moment) || r.RTO <= 0 {
		t.Errorf("%+v, %+v", r, r.Report)
	}
	if got := names(t, data); !slices.Equal(got, []string{"Pat", "Quinn"}) {
		t.Errorf("at the moment there are %v", got)
	}
	to := Target{Data: data, Files: filepath.Join(data, "files"), Database: "skai", Master: master(t)}
	_, err = Restore(t.Context(), h.folder, moment, to, quiet)
	refused(t, "into a folder in use", err, "has a database already")
	to.Data, to.Files = filepath.Join(t.TempDir(), "new"), h.files
	_, err = Restore(t.Context(), h.folder, moment, to, quiet)
	refused(t, "over files", err, "has 4 files already")
	_, _, err = h.restore(t, early)
	refused(t, "before the base backup", err, "is before the first base backup", words(b.Ended))
	_, _, err = h.restore(t, h.now(t).Add(time.Hour))
	refused(t, "after the log", err, "the log does not reach beyond", "--at end")
	_, err = Restore(t.Context(), t.TempDir(), moment, to, quiet)
	refused(t, "of nothing", err, "there is no base backup")

	stop()
	data, r, err = h.restore(t, time.Time{})
	must(t, err)
	wantFound(t, r.Failed())
	if got := names(t, data); !slices.Equal(got, []string{"Pat", "Quinn", "Robin"}) {
		t.Errorf("at the end there are %v", got)
	}
	h.goesItsOwnWay(t, data)
}

// goesItsOwnWay has a restored installation archive into the folder of the first: it
// begins a line of its own, and the first one's stays as it is.
func (h *house) goesItsOwnWay(t *testing.T, data string) {
	t.Helper()
	server, err := localpg.Start(t.Context(), localpg.Options{DataDir: data})
	must(t, err)
	defer func() { must(t, server.Close()) }()
	restored := &house{source: backup.Source{URL: server.URL(localpg.Superuser, "skai"), Files: filepath.Join(data, "files")}, folder: h.folder}
	stop := restored.keep(t)
	b := restored.base(t)
	stop()
	all, err := lines(h.folder)
	must(t, err)
	if len(all) != 2 || b.line.Slot != all[0].Slot || b.Timeline < 2 {
		t.Errorf("%d lines, the base backup is of timeline %d", len(all), b.Timeline)
	}
	if len(b.Files) != 4 {
		t.Errorf("%d files in %s", len(b.Files), b.files())
	}
	if first, err := basesUpTo(all[1].place, time.Time{}); err != nil || first.line.Slot != all[1].Slot {
		t.Errorf("a line that is named gives %+v, %v", first, err)
	}
}

// archiver is an archiver in a process of its own.
func (h *house) archiver(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this test program
	cmd.Env = append(os.Environ(), asArchiver+"=1")
	input, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	must(t, json.NewEncoder(input).Encode(archiverOf{h.source.URL, h.folder}))
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// receivers are the processes that fetch the log for a line in the folder.
func (h *house) receivers(t *testing.T) (pids []int) {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	must(t, err)
	for _, path := range found {
		text, err := os.ReadFile(filepath.Clean(path))
		if err == nil && bytes.Contains(text, []byte("pg_receivewal")) && bytes.Contains(text, []byte("--directory="+h.folder)) {
			pid, err := strconv.Atoi(strings.Split(path, "/")[2])
			must(t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}

// eventually waits for something, half a minute at most.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); !done(); <-tick.C {
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("%s: did not happen", what)
		}
	}
}

// An archiver that is killed, with its child or without, is followed by one that goes on
// where it was: nothing is missing, and nobody writes beside it.
func TestAKilledArchiverGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("this system does not show what processes run")
	}
	h := newHouse(t, "skai")
	want := []string{}
	add := func(name string) {
		t.Helper()
		h.contact(t, name)
		want = append(want, name)
	}
	first := h.archiver(t)
	h.base(t)
	add("Alex")
	h.archived(t)
	must(t, first.Process.Kill()) // its child goes on
	_ = first.Wait()
	add("Blake")
	h.segment(t)
	add("Casey")
	orphans := h.receivers(t)
	second := h.archiver(t)
	eventually(t, "the child of the killed one is ended", func() bool { now := h.receivers(t); return len(now) == 1 && !slices.Contains(orphans, now[0]) })
	h.archived(t)
	for _, pid := range h.receivers(t) { // in the middle of a segment
		p, err := os.FindProcess(pid)
		must(t, errors.Join(err, p.Kill()))
	}
	must(t, second.Process.Kill())
	_ = second.Wait()
	eventually(t, "the receivers have ended", func() bool { return len(h.receivers(t)) == 0 })
	add("Drew")
	h.segment(t)
	add("Ellis")
	stop := h.keep(t)
	eventually(t, "the third has a child", func() bool { return len(h.receivers(t)) == 1 })
	add("Finley")
	for _, pid := range h.receivers(t) { // and its program lives
		p, err := os.FindProcess(pid)
		must(t, errors.Join(err, p.Kill()))
	}
	add("Gray")
	h.archived(t)
	add("Harper")
	stop() // waits for the last of it
	all, err := lines(h.folder)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d lines, %v", len(all), err)
	}
	data, r, err := h.restore(t, time.Time{})
	must(t, err)
	wantFound(t, r.Failed())
	if got := names(t, data); !slices.Equal(got, want) {
		t.Errorf("restored are %v, want %v", got, want)
	}
}
