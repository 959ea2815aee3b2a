package wal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
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
)

// Names of base backups, and in them.
const (
	basePrefix = "base-"
	baseStamp  = "20060102T150405Z"
	unfinished = ".unfinished-base-"
	baseName   = "base.json"
)

// baseFormat is that of base.json; another one is refused.
const baseFormat = 1

// Base is a base backup: the server's folder as it was read while people worked, which
// is a database only with the log from Start to End.
type Base struct {
	Format  int       `json:"skai_base"`
	ID      uuid.UUID `json:"id"`
	Started time.Time `json:"started"` // by the server's clock
	Ended   time.Time `json:"ended"`   // the first moment that can be restored

	Installation string   `json:"installation"`
	Server       int      `json:"server"` // PostgreSQL's major version
	Timeline     uint32   `json:"timeline"`
	Start        position `json:"start"` // the log that is needed begins here
	End          position `json:"end"`   // and reaches here at least
	SegmentSize  uint64   `json:"segment_size"`
	Database     string   `json:"database"`  // the program's, by name
	Superuser    string   `json:"superuser"` // the one that every server has
	Program      string   `json:"program"`
	Commit       string   `json:"commit"`

	Bytes int64         `json:"bytes"` // of the database
	Files []backup.File `json:"files"` // the sealed files of then, without their sums: each has its own

	place string // its folder
	line  *line
}

// Place is the backup's folder.
func (b *Base) Place() string { return b.place }

func (b *Base) database() string { return filepath.Join(b.place, "database") }
func (b *Base) files() string    { return filepath.Join(b.place, "files") }

// bases gives the whole base backups of a line, the oldest first.
func bases(l *line) (list []*Base, err error) {
	found, err := filepath.Glob(filepath.Join(l.place, basePrefix+"*", baseName))
	if err != nil {
		return nil, fmt.Errorf("the folder for the log: %w", err)
	}
	for _, path := range found {
		b := &Base{place: filepath.Dir(path), line: l}
		if err := readJSON(path, b); err != nil {
			return nil, err
		}
		if b.Format != baseFormat {
			return nil, fault.Unavailable("wal.base", "%s was written in format %d, and this program reads %d: use the version that made it (%s)", b.place, b.Format, baseFormat, b.Program)
		}
		list = append(list, b)
	}
	slices.SortStableFunc(list, func(a, b *Base) int { return a.Ended.Compare(b.Ended) })
	return list, nil
}

// allBases gives those of every line in a folder, the oldest first.
func allBases(folder string) (list []*Base, err error) {
	all, err := lines(folder)
	for _, l := range all {
		var some []*Base
		if some, err = bases(l); err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	slices.SortStableFunc(list, func(a, b *Base) int { return a.Ended.Compare(b.Ended) })
	return list, err
}

// Make makes a base backup, sees to it that the log it needs is archived, if need be by
// this process, and has pg_verifybackup read it. Of two at once in a folder the second is
// refused (fault.Conflict). log hears of the archiving.
func Make(ctx context.Context, from backup.Source, folder string, log *slog.Logger, say backup.Say) (b *Base, err error) {
	conn, s, err := connect(ctx, from.URL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("SKAI_WAL_FOLDER: %w", err)
	}
	release, err := backup.Lock(filepath.Join(folder, ".base"), "another base backup is being made in "+folder+": wait for it")
	if err != nil {
		return nil, err
	}
	defer release()
	err = archiving(ctx, from, folder, log, func(ctx context.Context) error {
		l, err := awaitLine(ctx, conn, s, folder)
		if err == nil {
			b, err = l.make(ctx, conn, s, from, say)
		}
		return err
	})
	return b, err
}

// make makes a base backup on a line that is archived.
func (l *line) make(ctx context.Context, conn *pgx.Conn, s server, from backup.Source, say backup.Say) (b *Base, err error) {
	clean(l)
	work, err := os.MkdirTemp(l.place, unfinished)
	if err != nil {
		return nil, err
	}
	b = &Base{Format: baseFormat, ID: uuid.New(), Installation: s.Installation, Server: s.Major, Program: from.Program, Commit: from.Commit, Files: []backup.File{}, place: work, line: l}
	if err := b.fill(ctx, conn, from, say); err != nil {
		return nil, errors.Join(err, os.RemoveAll(work))
	}
	b.place = filepath.Join(l.place, basePrefix+b.Started.Format(baseStamp)+"-"+b.ID.String()[:8])
	if err := errors.Join(writeJSON(filepath.Join(work, baseName), b), os.Rename(work, b.place)); err != nil {
		return nil, errors.Join(fmt.Errorf("finish the base backup: %w", err), os.RemoveAll(work))
	}
	return b, nil
}

// awaitLine waits for the line that the archiver opens or begins.
func awaitLine(ctx context.Context, conn *pgx.Conn, s server, folder string) (*line, error) {
	for begin := time.Now(); ; {
		l, err := current(ctx, conn, s, folder)
		if l != nil || err != nil {
			return l, err
		}
		if time.Since(begin) > 30*time.Second {
			return nil, fault.Unavailable("wal.nobody", "nobody archives the database's log into %s: see in the log of skai serve or skai wal why", folder)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// clean removes what killed base backups left.
func clean(l *line) {
	left, err := filepath.Glob(filepath.Join(l.place, unfinished+"*"))
	if err != nil {
		return // a folder with a [ in its name
	}
	for _, old := range left {
		_ = os.RemoveAll(old)
	}
}

// fill makes the backup in its folder.
func (b *Base) fill(ctx context.Context, conn *pgx.Conn, from backup.Source, say backup.Say) error {
	program, err := localpg.Program(ctx, "pg_basebackup", b.Server)
	if err != nil {
		return err
	}
	err = conn.QueryRow(ctx, `
		SELECT clock_timestamp(), (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'), current_database()::text, pg_get_userbyid(10)::text`).
		Scan(&b.Started, &b.SegmentSize, &b.Database, &b.Superuser)
	if err != nil {
		return fmt.Errorf("look at the server to be backed up: %w", err)
	}
	b.Started = b.Started.UTC()
	say("copying the server's folder", 0, 0)
	if err := backup.Client(ctx, program, from.URL, "--pgdata="+b.database(), "--format=plain", "--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256", "--label=skai", "--no-password"); err != nil {
		return err
	}
	if b.Ended, err = postgres.Value[time.Time](ctx, conn, `SELECT clock_timestamp()`); err != nil {
		return err
	}
	b.Ended = b.Ended.UTC().Add(time.Millisecond - 1).Truncate(time.Millisecond) // as it is told
	if err := b.readManifest(); err != nil {
		return err
	}
	say("waiting for the log", 0, 0)
	if err := b.line.await(ctx, conn, b.End); err != nil {
		return err
	}
	say("copying files", 0, 0)
	if err := b.fillFiles(ctx, from.Files); err != nil {
		return err
	}
	if err := b.verify(ctx, say); err != nil {
		return fmt.Errorf("the base backup that was just made is damaged: %w", err)
	}
	return nil
}

// readManifest takes from pg_basebackup's manifest which log the backup needs.
func (b *Base) readManifest() error {
	var m struct {
		Ranges []struct {
			Timeline uint32
			Start    position `json:"Start-LSN"`
			End      position `json:"End-LSN"`
		} `json:"WAL-Ranges"`
		Files []struct{ Size int64 }
	}
	if err := readJSON(filepath.Join(b.database(), "backup_manifest"), &m); err != nil {
		return err
	}
	if len(m.Ranges) != 1 {
		return fmt.Errorf("the base backup needs log of %d timelines, and this program knows what to do with one", len(m.Ranges))
	}
	b.Timeline, b.Start, b.End = m.Ranges[0].Timeline, m.Ranges[0].Start, m.Ranges[0].End
	for _, f := range m.Files {
		b.Bytes += f.Size
	}
	return nil
}

// fillFiles copies the sealed files; what the last base backup has is linked.
func (b *Base) fillFiles(ctx context.Context, files string) error {
	before := ""
	if all, err := bases(b.line); err != nil {
		return err
	} else if len(all) > 0 {
		before = all[len(all)-1].files()
	}
	if err := linkOrCopy(ctx, files, before, b.files()); err != nil {
		return fmt.Errorf("copy the files: %w", err)
	}
	return eachFile(ctx, b.files(), func(path string, info fs.FileInfo) error {
		b.Files = append(b.Files, backup.File{Path: "files/" + filepath.ToSlash(path), Size: info.Size()})
		return nil
	})
}

// verify has pg_verifybackup read the whole backup and compare it with its manifest.
func (b *Base) verify(ctx context.Context, say backup.Say) error {
	say("reading the base backup", 0, 0)
	program, err := localpg.Program(ctx, "pg_verifybackup", b.Server)
	if err != nil {
		return err
	}
	return tool(ctx, program, "--exit-on-error", "--quiet", b.database())
}

// Note is the backup as the list of backups has it. How many rows it has nobody counted.
func (b *Base) Note() *backup.Manifest {
	return &backup.Manifest{
		ID: b.ID, Started: b.Started, Ended: b.Ended, SnapshotAt: b.Ended,
		Files: append([]backup.File{{Path: "database", Size: b.Bytes}}, b.Files...),
	}
}

// Prune removes the oldest base backups but the newest keep, and the log that none of
// those left needs. It is for after a new one was made, which is to say verified.
func Prune(ctx context.Context, from backup.Source, folder string, keep int) (removed []string, err error) {
	all, err := allBases(folder)
	if err != nil {
		return nil, err
	}
	for _, old := range all[:max(0, len(all)-keep)] {
		// Killed in the middle, what is left has no base.json, and is no backup any more.
		if err := errors.Join(os.Remove(filepath.Join(old.place, baseName)), os.RemoveAll(old.place)); err != nil {
			return removed, fmt.Errorf("remove the old base backup %s: %w", old.place, err)
		}
		removed = append(removed, old.place)
	}
	conn, s, err := connect(ctx, from.URL)
	if err != nil {
		return removed, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	now, err := current(ctx, conn, s, folder)
	if err != nil {
		return removed, err
	}
	list, err := lines(folder)
	for _, l := range list {
		if err == nil {
			err = l.prune(ctx, conn, now != nil && now.Slot == l.Slot)
		}
	}
	return removed, err
}

// prune removes the log that no base backup needs, and a line that has none and is over.
func (l *line) prune(ctx context.Context, conn *pgx.Conn, current bool) error {
	left, err := bases(l)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		program, err := localpg.Program(ctx, "pg_archivecleanup", left[0].Server)
		if err != nil {
			return err
		}
		return tool(ctx, program, l.log(), left[0].segment(left[0].Start))
	}
	if current {
		return nil
	}
	if _, err := conn.Exec(ctx, dropSlot, l.Slot); err != nil {
		return fmt.Errorf("drop the slot %s: %w", l.Slot, err)
	}
	return os.RemoveAll(l.place)
}
