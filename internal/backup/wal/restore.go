package wal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// Report is how a base backup and the log after it were restored. Its SnapshotAt is the
// last commit that was restored.
type Report struct {
	*backup.Report

	Moment   time.Time `json:"moment"`   // what was asked for; zero is the log's end
	UpTo     string    `json:"lsn"`      // in the log
	Segments int       `json:"segments"` // of the log that were read
	Compared bool      `json:"compared"` // with the live database
}

func newReport(b *Base) *Report {
	return &Report{Report: &backup.Report{ID: uuid.New(), Backup: b.ID, Place: b.place, Started: time.Now().UTC()}}
}

// finish notes the end, and how long it was from the start until now.
func (r *Report) finish() {
	r.Finished = time.Now().UTC()
	r.RTO = r.Finished.Sub(r.Started).Seconds()
}

// basesUpTo gives the newest base backup that ended before a moment; with no moment the
// newest of all.
func basesUpTo(folder string, moment time.Time) (*Base, error) {
	all, err := allBases(folder)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.NotFound("wal.base", "there is no base backup in %s; make one: skai backup --wal-folder %s", folder, folder)
	}
	if moment.IsZero() {
		return all[len(all)-1], nil
	}
	for _, b := range slices.Backward(all) {
		if !moment.Before(b.Ended) {
			return b, nil
		}
	}
	return nil, fault.Unavailable("wal.early", "%s is before the first base backup in %s was whole, at %s: nothing before that can be restored from it. Name a later moment, or restore an older backup of skai backup --to", words(moment), folder, words(all[0].Ended))
}

// words writes a moment as it may be typed again.
func words(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// read gathers the log after a base backup and reads it up to a moment, or to its end.
func read(ctx context.Context, b *Base, moment time.Time, say backup.Say) (h *history, err error) {
	if h, err = gather(b); err != nil {
		return nil, err
	}
	say("reading the log", 0, 0)
	if err = h.scan(ctx, moment); err == nil {
		err = h.refuse(moment)
	}
	if err != nil {
		return nil, errors.Join(err, h.remove())
	}
	return h, nil
}

// refuse refuses a log that does not reach to the moment, or not to the end that it had.
func (h *history) refuse(moment time.Time) error {
	if h.after != nil {
		return h.only(h.after.at)
	}
	ends := "what it has of commits ends at " + words(h.lastCommit(h.end).on)
	switch broken := h.broken(); {
	case broken != "":
		return fault.Unavailable("wal.broken", "%s; %s", broken, ends)
	case h.end < h.base.End:
		return fault.Unavailable("wal.short", "the log of %s ends at %s, before the base backup is whole (%s): take another one", h.base.line.place, h.end, h.base.End)
	case !moment.IsZero():
		return fault.Unavailable("wal.late", "the log does not reach beyond %s: %s. Name an earlier moment, or restore all there is with --at end", words(moment), ends)
	}
	return nil
}

// Target is where an installation is restored to.
type Target struct {
	Data     string // a data folder without a database; "" is a scratch one that is gone afterwards
	Files    string // the folder for sealed files, without any
	Database string // what the database is to be called
	Master   *vault.Master
}

// Restore restores the newest base backup before a moment, and the log up to it, into a
// new data folder; the zero time is the end of the log. What it can't reach, and a folder
// in use, it refuses (fault). The restored database has a superuser of ours, and is
// another one than the first for whatever keeps its log.
func Restore(ctx context.Context, folder string, moment time.Time, to Target, say backup.Say) (*Report, error) {
	b, err := basesUpTo(folder, moment)
	if err != nil {
		return nil, err
	}
	if err := to.refuse(); err != nil {
		return nil, err
	}
	r := newReport(b)
	defer r.finish()
	h, err := read(ctx, b, moment, say)
	if err != nil {
		return nil, err
	}
	defer func() { _ = h.remove() }() // links in the system's temporary folder
	r.Moment, r.UpTo, r.SnapshotAt = moment, h.end.String(), h.lastCommit(h.end).on
	if moment.IsZero() {
		r.RPO = max(r.Started.Sub(r.SnapshotAt).Seconds(), 0)
	}
	return r, h.restore(ctx, to, r, nil, until(moment), say)
}

// until has PostgreSQL stop before the first commit behind a moment.
func until(moment time.Time) []string {
	if moment.IsZero() {
		return nil
	}
	return []string{"recovery_target_time=" + moment.UTC().Format("2006-01-02 15:04:05.999999+00")}
}

func (to Target) refuse() error {
	if _, err := os.Stat(filepath.Join(to.Data, "postgres")); to.Data != "" && err == nil {
		return fault.Conflict("restore.full", "%s has a database already, and a backup is restored into a new data folder only, so that nothing is overwritten: name another one, --data DIR; where it is what a killed restore left, remove %s and %s first", to.Data, filepath.Join(to.Data, "postgres"), to.Files)
	}
	left := 0
	err := filepath.WalkDir(to.Files, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left++
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if left > 0 {
		return fault.Conflict("restore.full", "the folder %s has %d files already, and a backup is restored into an empty one only: name another data folder, or move them away", to.Files, left)
	}
	return nil
}

// clear removes what a recovery that failed has left where nothing was before.
func (to Target) clear() error {
	if to.Data == "" {
		return nil // what is temporary goes anyway
	}
	return errors.Join(os.RemoveAll(filepath.Join(to.Data, "postgres")), os.RemoveAll(to.Files))
}

// restore brings the base backup and the log back. want is what the live database held
// there, nil where nobody looked.
func (h *history) restore(ctx context.Context, to Target, r *Report, want *backup.Manifest, settings []string, say backup.Say) (err error) {
	if err := h.base.check(ctx, r, say); err != nil || len(r.Failed()) > 0 {
		return err
	}
	segments, err := os.ReadDir(h.dir)
	if err != nil {
		return err
	}
	r.Segments = len(segments)
	say("copying files", 0, 0)
	if err := linkOrCopy(ctx, h.base.files(), "", to.Files); err != nil { // before there is a database that names them
		return err
	}
	say("recovering", 0, 0)
	server, err := localpg.Start(ctx, localpg.Options{
		DataDir: to.Data, Temporary: to.Data == "",
		Recover: &localpg.Recovery{Base: h.base.database(), Log: h.dir, Settings: settings, Superuser: h.base.Superuser},
	})
	if err != nil {
		return errors.Join(err, to.clear())
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := rename(ctx, server, h.base.Database, to.Database); err != nil {
		return err
	}
	// A newer program than the one that was backed up may need roles that were not there.
	if err := postgres.Bootstrap(ctx, server.URL(localpg.Superuser, "postgres"), to.Database); err != nil {
		return err
	}
	return check(ctx, server, to, r, want, say)
}

// check has the base backup compared with its manifest.
func (b *Base) check(ctx context.Context, r *Report, say backup.Say) error {
	var failed []string
	if err := b.verify(ctx, say); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = []string{"the base backup " + b.place + " is damaged: " + err.Error()}
	}
	r.Bytes = b.Bytes
	r.Add("the base backup is as it was written", failed, "%d bytes, by pg_verifybackup", b.Bytes)
	return nil
}

// rename gives the program's database the name that it is looked for by.
func rename(ctx context.Context, server *localpg.Server, from, to string) error {
	if from == to {
		return nil
	}
	conn, err := pgx.Connect(ctx, server.URL(localpg.Superuser, "postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+pgx.Identifier{from}.Sanitize()+" RENAME TO "+pgx.Identifier{to}.Sanitize())
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

// check compares what was restored with what the live database held, where that is
// known, and tries it as the program would use it.
func check(ctx context.Context, server *localpg.Server, to Target, r *Report, want *backup.Manifest, say backup.Say) error {
	conn, err := pgx.Connect(ctx, server.URL(localpg.Superuser, to.Database))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	m := want
	if want == nil {
		if m, err = look(ctx, conn, say); err != nil {
			return err
		}
	} else if err := want.Compare(ctx, conn, r.Report, say); err != nil {
		return err
	}
	r.Compared, r.Rows = want != nil, m.Rows()
	if m.Sealed() && to.Master == nil {
		return backup.ErrNoKey
	}
	target := backup.Target{Super: server.URL(localpg.Superuser, to.Database), App: server.URL("skai_app", to.Database), Owner: server.URL("skai_owner", to.Database), Files: to.Files, Master: to.Master}
	err = eachFile(ctx, to.Files, func(string, fs.FileInfo) error { r.Files++; return nil })
	if err != nil {
		return err
	}
	return m.Try(ctx, conn, target, r.Report, say)
}

// look counts what a database holds and adds it up.
func look(ctx context.Context, conn *pgx.Conn, say backup.Say) (*backup.Manifest, error) {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it only read
	return lookIn(ctx, tx, say)
}

// lookIn does it in a transaction. Tables whose rows are not in the log (UNLOGGED) come
// back empty from it.
func lookIn(ctx context.Context, tx pgx.Tx, say backup.Say) (*backup.Manifest, error) {
	m := new(backup.Manifest)
	unlogged, err := postgres.Values[string](ctx, tx, `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence = 'u'`)
	if err != nil {
		return nil, err
	}
	if m.Server, err = postgres.Value[int](ctx, tx, `SELECT current_setting('server_version_num')::int / 10000`); err != nil {
		return nil, err
	}
	if err := m.Look(ctx, tx, say); err != nil {
		return nil, fmt.Errorf("add the database up: %w", err)
	}
	for i := range m.Tables {
		for _, name := range unlogged {
			if m.Tables[i].Name == name {
				m.Tables[i].Rows, m.Tables[i].Checksum = 0, "0/0"
			}
		}
	}
	return m, nil
}
