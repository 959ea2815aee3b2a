package wal

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// What is wrong with the log is refused by the segment's name; what came before it can
// be restored.
func TestWhatIsWrongWithTheLogIsNamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "skai")
	stop := h.keep(t)
	b := h.base(t)
	h.segment(t) // the base backup's own is not harmed
	moment := h.contact(t, "Quinn")
	for _, name := range []string{"Robin", "Sam", "Taylor"} {
		h.contact(t, name)
		h.segment(t)
	}
	h.contact(t, "Uma")
	h.archived(t)
	stop()
	whole, err := filepath.Glob(filepath.Join(b.line.log(), strings.Repeat("?", 24)))
	must(t, err)
	slices.Sort(whole)
	if len(whole) < 4 {
		t.Fatalf("only %d segments", len(whole))
	}
	middle, last := filepath.Base(whole[len(whole)-2]), filepath.Base(whole[len(whole)-1])
	for what, c := range map[string]struct {
		harm  func(t *testing.T, log string)
		early bool // the moment before can be restored
		words []string
	}{
		"nothing": {func(*testing.T, string) {}, true, nil},
		"a segment gone": {func(t *testing.T, log string) {
			t.Helper()
			must(t, os.Remove(filepath.Join(log, middle)))
		}, true, []string{"the log's segment " + middle + " is missing, and there are later ones", "name a moment", "ends at"}},
		"the first gone": {func(t *testing.T, log string) {
			t.Helper()
			must(t, os.Remove(filepath.Join(log, b.segment(b.Start))))
		}, false, []string{"lacks its segment " + b.segment(b.Start)}},
		"the last ones gone": {func(t *testing.T, log string) {
			t.Helper()
			must(t, os.Remove(filepath.Join(log, last)))
			left, err := filepath.Glob(filepath.Join(log, "*.partial"))
			must(t, err)
			must(t, os.Remove(left[0]))
		}, true, []string{"the log's segment " + last + " is missing: the log was archived up to"}},
		"a byte changed": {func(t *testing.T, log string) {
			t.Helper()
			flip(t, filepath.Join(log, middle), 100)
		}, true, []string{"the log's segment " + middle + " is damaged at"}},
		"a byte of the one that was written last changed": {func(t *testing.T, log string) {
			t.Helper()
			left, err := filepath.Glob(filepath.Join(log, "*.partial"))
			must(t, err)
			flip(t, left[0], 100)
		}, true, []string{" is damaged at"}},
		"a segment cut off": {func(t *testing.T, log string) {
			t.Helper()
			must(t, os.Truncate(own(t, filepath.Join(log, middle)), 8192))
		}, true, []string{"the log's segment " + middle + " is damaged: it has 8192 bytes"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			line := *b.line
			line.place = t.TempDir()
			links(t, b.line.place, line.place)
			c.harm(t, line.log())
			copied := *b
			copied.line = &line
			for _, one := range []struct {
				at    time.Time
				words []string
			}{{time.Time{}, c.words}, {moment, map[bool][]string{true: nil, false: c.words}[c.early]}} {
				found, err := read(t.Context(), &copied, one.at, quiet)
				if len(one.words) == 0 {
					must(t, err)
					must(t, found.remove())
				}
				if len(one.words) > 0 {
					refused(t, what, err, one.words...)
				}
			}
		})
	}
}

// links makes a copy of a line's log that shares its bytes.
func links(t *testing.T, from, to string) {
	t.Helper()
	must(t, os.Mkdir(filepath.Join(to, logName), 0o700))
	names, err := filepath.Glob(filepath.Join(from, logName, "*"))
	must(t, err)
	for _, path := range append(names, filepath.Join(from, archivedName)) {
		below, err := filepath.Rel(from, path)
		must(t, errors.Join(err, os.Link(path, filepath.Join(to, below))))
	}
}

// own makes a linked file one with bytes of its own.
func own(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(path))
	must(t, err)
	must(t, errors.Join(os.Remove(path), os.WriteFile(path, text, 0o600))) //nolint:gosec // in a folder of this test
	return path
}

// flip changes a byte of a file, and those behind it so that it is one of a record.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(own(t, filepath.Clean(path)), os.O_RDWR, 0)
	must(t, err)
	some := make([]byte, 64)
	_, err = f.ReadAt(some, at)
	must(t, err)
	for i := range some {
		some[i] ^= 0x55
	}
	_, err = f.WriteAt(some, at)
	must(t, err)
	must(t, f.Close())
}

// A segment that was being laid out when its pg_receivewal was killed is no log, and does
// not keep the next one from going on.
func TestASegmentThatWasOnlyBegunIsFetchedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "skai")
	stop := h.keep(t)
	b := h.base(t)
	h.segment(t)
	h.contact(t, "Pat")
	h.archived(t)
	stop()
	left, err := filepath.Glob(filepath.Join(b.line.log(), "*.partial"))
	must(t, err)
	must(t, os.WriteFile(left[0], make([]byte, 8192), 0o600))
	moment := h.now(t)
	h.contact(t, "Quinn")
	h.keep(t)
	h.archived(t)
	found, err := read(t.Context(), b, moment, quiet)
	must(t, err)
	must(t, found.remove())
}

// A damaged base backup is not restored.
func TestADamagedBaseBackupIsNotRestored(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "skai")
	stop := h.keep(t)
	b := h.base(t)
	h.contact(t, "Pat")
	h.archived(t)
	stop()
	flip(t, filepath.Join(b.database(), "global", "pg_control"), 10)
	data, r, err := h.restore(t, time.Time{})
	must(t, err)
	wantFound(t, r.Failed(), "is damaged")
	if _, err := os.Stat(filepath.Join(data, "postgres")); err == nil {
		t.Error("a database was made of it")
	}
}

// A drill compares what it restored with what the live database held at that very place
// of its log, while people work; what they did a moment later would be found.
func TestADrillComparesWithTheLiveDatabase(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "skai")
	h.keepFile(t, "the roof")
	h.keep(t)
	b := h.base(t)
	h.contact(t, "Pat")
	owner := h.org.As(t, tenant.Owner)
	working, end := make(chan struct{}), make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for i := 0; ; i++ {
			if _, err := contacts.New(h.db).Create(owner, contacts.Details{FirstName: fmt.Sprintf("Pat %d", i), LastName: "Titan", Role: "homeowner"}, ""); err != nil {
				t.Error(err)
			}
			if i == 0 {
				close(working)
			}
			select {
			case <-end:
				return
			default:
			}
		}
	})
	<-working
	r, err := Drill(t.Context(), h.source, h.folder, master(t), silent, quiet)
	if err != nil {
		t.Error(err)
	} else {
		wantFound(t, r.Failed())
		if !r.Compared || r.Rows == 0 || r.Backup != b.ID || len(r.Checks) != 8 || r.RPO < 0 || r.RPO > 60 || r.RTO <= 0 {
			t.Errorf("%+v, %+v", r, r.Report)
		}
	}
	// The same snapshot, and the log to its end, which has more.
	conn, err := pgx.Connect(t.Context(), h.source.URL)
	must(t, err)
	defer conn.Close(t.Context())
	p, err := b.pin(t.Context(), conn, h.source, quiet)
	for errors.Is(err, errBetween) {
		p, err = b.pin(t.Context(), conn, h.source, quiet)
	}
	must(t, err)
	close(end)
	work.Wait()
	h.archived(t)
	must(t, p.log.remove())
	found, err := read(t.Context(), b, time.Time{}, quiet)
	must(t, err)
	defer func() { must(t, found.remove()) }()
	later := newReport(b)
	must(t, found.restore(t.Context(), Target{Files: filepath.Join(t.TempDir(), "files"), Database: "skai", Master: master(t)}, later, p.held, nil, quiet))
	if failed := strings.Join(later.Failed(), "\n"); !strings.Contains(failed, "the table public.contacts has") {
		t.Errorf("what came later is not found: %s", failed)
	}
	if r == nil {
		return
	}
	must(t, backup.NoteDrill(t.Context(), h.db, r.Report))
	known, err := backup.Last(t.Context(), h.db)
	if err != nil || known.Drill == nil || known.Drill.RPO != r.RPO || known.Drill.RTO != r.RTO || known.Drill.Failed != 0 {
		t.Errorf("it is known as %+v, %v", known.Drill, err)
	}
	alone, err := DrillAlone(t.Context(), h.folder, master(t), quiet)
	must(t, err)
	wantFound(t, alone.Failed())
	if alone.Compared || alone.Rows == 0 {
		t.Errorf("without the live database: %+v", alone)
	}
}

func TestCommitsThatTheSnapshotDoesNotSee(t *testing.T) {
	t.Parallel()
	s, err := parseSnapshot("4294967290:4294967296:4294967291,4294967293")
	must(t, err)
	for xid, want := range map[uint32]bool{4294967289: false, 4294967291: true, 4294967292: false, 4294967293: true, 4294967295: false, 0: true, 3: true} {
		h := &history{commits: []commit{{at: 10, xid: xid}, {at: 20, xid: 4}}}
		if got := s.missed(h, 15); got != want {
			t.Errorf("transaction %d before the marker: %v", xid, got)
		}
		if s.missed(h, 10) {
			t.Errorf("transaction %d behind the marker counts", xid)
		}
	}
}

// Old base backups go with the log that none needs, and a line that ended with its last.
func TestWhatNobodyNeedsIsRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "skai")
	stop := h.keep(t)
	first := h.base(t)
	h.contact(t, "Pat")
	h.segment(t)
	second := h.base(t)
	moment := h.contact(t, "Quinn")
	h.contact(t, "Robin")
	h.archived(t)
	removed, err := Prune(t.Context(), h.source, h.folder, 1)
	if err != nil || !slices.Equal(removed, []string{first.place}) {
		t.Errorf("removed %v, %v", removed, err)
	}
	left, err := os.ReadDir(second.line.log())
	must(t, err)
	if name := left[0].Name(); name != second.segment(second.Start) {
		t.Errorf("the oldest segment is %s, and %s is needed", name, second.segment(second.Start))
	}
	found, err := read(t.Context(), second, moment, quiet)
	must(t, err)
	must(t, found.remove())
	stop()

	h.giveUp(t, second.line.Slot)
	h.keep(t)
	eventually(t, "a new line begins", func() bool { all, err := lines(h.folder); return err == nil && len(all) == 2 })
	_, err = Drill(t.Context(), h.source, h.folder, master(t), silent, quiet)
	refused(t, "a drill across the gap", err, "began anew")
	third := h.base(t)
	if third.line.Slot == second.line.Slot {
		t.Error("the base backup stands in the old line")
	}
	removed, err = Prune(t.Context(), h.source, h.folder, 1)
	all, err2 := lines(h.folder)
	if err != nil || err2 != nil || len(removed) != 1 || len(all) != 1 || all[0].Slot != third.line.Slot {
		t.Errorf("removed %v, %d lines are left; %v, %v", removed, len(all), err, err2)
	}
	slots, err := postgres.Values[string](t.Context(), h.super, `SELECT slot_name::text FROM pg_replication_slots`)
	if err != nil || !slices.Equal(slots, []string{third.line.Slot}) {
		t.Errorf("the server has the slots %v, %v", slots, err)
	}
}

// giveUp has the server give up what a slot holds back, as it does where nobody fetches
// the log for too long.
func (h *house) giveUp(t *testing.T, slot string) {
	t.Helper()
	for _, sql := range []string{`ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'`, `SELECT pg_reload_conf()`} {
		_, err := h.super.Exec(t.Context(), sql)
		must(t, err)
	}
	eventually(t, "the slot is lost", func() bool {
		h.contact(t, "Sam")
		h.segment(t)
		_, err := h.super.Exec(t.Context(), `CHECKPOINT`)
		must(t, err)
		lost, err := postgres.Value[bool](t.Context(), h.super, `SELECT wal_status = 'lost' FROM pg_replication_slots WHERE slot_name = $1`, slot)
		must(t, err)
		return lost
	})
}

// Who may not read the log, and a server on which it could fill the disk, are told.
func TestWhatTheLogCanNotBeKeptWith(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "skai")
	refused(t, "without an address", Check(t.Context(), backup.Source{}, h.folder), "SKAI_BACKUP_URL")
	owner := backup.Source{URL: h.server.URL("skai_owner", "skai")}
	refused(t, "as the owner", Check(t.Context(), owner, h.folder), "ALTER ROLE skai_owner REPLICATION")
	stop := h.keep(t)
	h.base(t)
	stop()
	other := backup.Source{URL: h.server.URL(localpg.Superuser, "postgres")}
	refused(t, "another database", Check(t.Context(), other, h.folder), "holds the log of another database")
	release, err := lockArchiver(h.folder)
	must(t, err)
	if Alone(h.folder) {
		t.Error("it says that nobody archives")
	}
	release()
	if !Alone(h.folder) {
		t.Error("it says that somebody archives")
	}
	for _, sql := range []string{`ALTER SYSTEM SET max_slot_wal_keep_size = -1`, `SELECT pg_reload_conf()`} {
		_, err := h.super.Exec(t.Context(), sql)
		must(t, err)
	}
	eventually(t, "the server has read its settings", func() bool { return Check(t.Context(), h.source, h.folder) != nil })
	refused(t, "without a limit", Check(t.Context(), h.source, h.folder), "max_slot_wal_keep_size is -1")
}

// A server that an operator set up has another superuser and another name for the
// database; what is restored of it is a private one.
func TestADatabaseFromElsewhereComesBackAsAPrivateOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "roof")
	ident, err := postgres.Value[string](t.Context(), h.super, `SHOW ident_file`)
	must(t, err)
	f, err := os.OpenFile(filepath.Clean(ident), os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	me, err := user.Current()
	must(t, err)
	_, err = fmt.Fprintf(f, "skai %q skai_backup\n", me.Username)
	must(t, errors.Join(err, f.Close()))
	for _, sql := range []string{
		`CREATE ROLE skai_backup LOGIN BYPASSRLS IN ROLE pg_read_all_data`, `ALTER ROLE skai_backup REPLICATION`, // as docs/operations.md
		`CREATE ROLE dba SUPERUSER`, `SET SESSION AUTHORIZATION dba`, `ALTER ROLE ` + localpg.Superuser + ` RENAME TO boss`, `SELECT pg_reload_conf()`,
	} {
		_, err := h.super.Exec(t.Context(), sql)
		must(t, err)
	}
	h.source.URL = h.server.URL("skai_backup", "roof")
	eventually(t, "the role may come in", func() bool { return Check(t.Context(), h.source, h.folder) == nil })
	h.keep(t)
	b := h.base(t)
	h.contact(t, "Pat")
	h.archived(t)
	if b.Superuser != "boss" || b.Database != "roof" {
		t.Errorf("the base backup is of %s and %s", b.Superuser, b.Database)
	}
	r, err := Drill(t.Context(), h.source, h.folder, master(t), silent, quiet)
	must(t, err)
	wantFound(t, r.Failed())
	data, r, err := h.restore(t, time.Time{})
	must(t, err)
	wantFound(t, r.Failed())
	if got := names(t, data); !slices.Equal(got, []string{"Pat"}) {
		t.Errorf("there are %v", got)
	}
}
