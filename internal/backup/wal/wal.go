// Package wal keeps an installation's write-ahead log beside base backups of its
// database, so that it can be restored to a moment and not to last night alone. All of
// that is done by PostgreSQL's own tools: pg_basebackup, pg_verifybackup, pg_receivewal,
// pg_waldump, pg_archivecleanup, and its recovery.
//
// The folder, which an operator names, holds lines. A line is the log that one
// replication slot has kept without a gap, and bears the slot's name:
//
//	skai_wal_1f0c9a3e/
//	  line.json            whose it is, and since when
//	  log/                 segments, as pg_receivewal writes them; the last is .partial
//	  archived.json        how far the log was on the disk here, a second ago
//	  base-20261129T020000Z-5be1c0d2/
//	    base.json          what it is, written last
//	    database/          pg_basebackup's plain format, with its manifest
//	    files/             the sealed files: those of then, and those that came since
//
// A database that was restored, one whose standby took over, and one whose slot was
// given up (max_slot_wal_keep_size) have no such slot any more. So they begin a new line,
// and nobody mixes two histories of one database up: what PostgreSQL promises of slots is
// all the bookkeeping there is.
package wal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// SlotPrefix begins the names of lines and of their slots.
const SlotPrefix = "skai_wal_"

// Names within a line.
const (
	lineName     = "line.json"
	logName      = "log"
	archivedName = "archived.json"
)

// line is the log that one slot has kept.
type line struct {
	Slot         string    `json:"slot"`
	Installation string    `json:"installation"`
	Began        time.Time `json:"began"`

	place string // its folder
}

func (l *line) log() string { return filepath.Join(l.place, logName) }

// lines gives the lines in a folder, the newest first; a folder that is a line itself is
// that one.
func lines(folder string) (list []*line, err error) {
	found, err := filepath.Glob(filepath.Join(folder, SlotPrefix+"*", lineName))
	if _, err := os.Stat(filepath.Join(folder, lineName)); err == nil {
		found = []string{filepath.Join(folder, lineName)}
	}
	if err != nil {
		return nil, fmt.Errorf("the folder for the log: %w", err)
	}
	for _, path := range found {
		l := &line{place: filepath.Dir(path)}
		if err := readJSON(path, l); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	slices.SortStableFunc(list, func(a, b *line) int { return b.Began.Compare(a.Began) })
	return list, nil
}

// server is what has to be known of the server before its log is kept.
type server struct {
	Role         string
	Replicates   bool // it may be read as a standby reads it
	Major        int
	Segment      int64  // bytes of log in a file
	Keeps        int64  // MB of log that a slot may hold back; -1 is no limit
	Elsewhere    int    // tablespaces outside its folder
	Recovers     bool   // it is a standby
	Installation string `db:"-"`
}

// connect connects to the server whose log is kept, and refuses one of which that can't be.
func connect(ctx context.Context, url string) (*pgx.Conn, server, error) {
	if url == "" {
		return nil, server{}, fault.Unavailable("wal.url", "keeping the log of DATABASE_URL needs SKAI_BACKUP_URL, the same database as skai_backup with REPLICATION (docs/operations.md); an example: postgres://skai_backup:secret@db.internal:5432/skai")
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, server{}, fmt.Errorf("connect to keep the log: %w", err)
	}
	s, err := postgres.One[server](ctx, conn, `
		SELECT current_user::text AS role, (SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user) AS replicates,
			current_setting('server_version_num')::int / 10000 AS major, (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size') AS segment,
			(SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keeps,
			(SELECT count(*)::int FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS elsewhere, pg_is_in_recovery() AS recovers`)
	if err == nil {
		_, err = conn.Exec(ctx, `SET synchronous_commit = on`) // so that a commit has the log written
	}
	if err == nil {
		s.Installation, err = backup.InstallationOf(ctx, conn)
	}
	if err == nil {
		err = s.refuse()
	}
	if err != nil {
		return nil, s, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return conn, s, nil
}

func (s server) refuse() error {
	switch {
	case !s.Replicates:
		return fault.Unavailable("wal.role", "%s may not read the database's log; as a superuser: ALTER ROLE %s REPLICATION, and a line for it in pg_hba.conf whose database is replication", s.Role, s.Role)
	case s.Keeps < 0:
		return fault.Unavailable("wal.limit", "the server lets a slot hold back log until its disk is full (max_slot_wal_keep_size is -1). Say how much it may be, as a superuser: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf(). A private PostgreSQL says 4GB by itself once it was started again")
	case s.Elsewhere > 0:
		return fault.Unavailable("wal.tablespaces", "the server has %d tablespaces outside its folder, of which this program makes no base backup: use pgBackRest or Barman", s.Elsewhere)
	case s.Recovers:
		return fault.Unavailable("wal.standby", "SKAI_BACKUP_URL is a standby: name the server that writes (target_session_attrs=read-write)")
	}
	return nil
}

// current gives the newest line that the server still has a slot for, nil where it has
// none. A slot that was given up is dropped: there is a gap behind it.
func current(ctx context.Context, conn *pgx.Conn, s server, folder string) (*line, error) {
	all, err := lines(folder)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.Installation != s.Installation {
			return nil, fault.Conflict("wal.folder", "%s holds the log of another database (%s; this one is %s): name a folder of its own for each", folder, l.Installation, s.Installation)
		}
		states, err := postgres.Values[string](ctx, conn, `SELECT coalesce(wal_status, 'lost') FROM pg_replication_slots WHERE slot_name = $1`, l.Slot)
		if err != nil {
			return nil, err
		}
		switch {
		case len(states) == 0:
		case states[0] != "lost":
			return l, nil
		default:
			if _, err := conn.Exec(ctx, dropSlot, l.Slot); err != nil {
				return nil, fmt.Errorf("drop the slot %s, which was given up: %w", l.Slot, err)
			}
		}
	}
	return nil, nil
}

const dropSlot = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active`

// begin begins a line: a slot, from which on the server keeps its log, and a folder.
func begin(ctx context.Context, conn *pgx.Conn, s server, folder string) (*line, error) {
	l := &line{Slot: SlotPrefix + uuid.NewString()[:8], Installation: s.Installation, Began: time.Now().UTC()}
	l.place = filepath.Join(folder, l.Slot)
	if err := os.MkdirAll(l.log(), 0o700); err != nil {
		return nil, fmt.Errorf("the folder for the log: %w", err)
	}
	if _, err := conn.Exec(ctx, `SELECT pg_create_physical_replication_slot($1, true)`, l.Slot); err != nil {
		return nil, errors.Join(fmt.Errorf("make the slot %s: %w", l.Slot, err), os.RemoveAll(l.place))
	}
	return l, writeJSON(filepath.Join(l.place, lineName), l)
}

// openLine gives the current line, or begins one.
func openLine(ctx context.Context, conn *pgx.Conn, s server, folder string) (l *line, began bool, err error) {
	if l, err = current(ctx, conn, s, folder); l != nil || err != nil {
		return l, false, err
	}
	l, err = begin(ctx, conn, s, folder)
	return l, true, err
}

// position is a place in the log.
type position uint64

func parsePosition(s string) (position, error) {
	high, low, ok := strings.Cut(s, "/")
	h, err := strconv.ParseUint(high, 16, 32)
	l, err2 := strconv.ParseUint(low, 16, 32)
	if err := errors.Join(err, err2); err != nil || !ok {
		return 0, fmt.Errorf("%q is no place in the log: %w", s, err)
	}
	return position(h<<32 | l), nil
}

// String writes it as PostgreSQL does.
func (p position) String() string { return fmt.Sprintf("%X/%X", uint64(p)>>32, uint64(p)&0xFFFFFFFF) }

// MarshalText writes it as PostgreSQL does.
func (p position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads it.
func (p *position) UnmarshalText(text []byte) (err error) {
	*p, err = parsePosition(string(text))
	return err
}

// archived is how far the log of a line was on the disk here.
type archived struct {
	LSN position  `json:"lsn"`
	At  time.Time `json:"at"`
}

// fetched asks the server how far the log was written here, and on the disk.
func (l *line) fetched(ctx context.Context, conn *pgx.Conn) (position, error) {
	at, err := postgres.Values[string](ctx, conn, `SELECT restart_lsn::text FROM pg_replication_slots WHERE slot_name = $1 AND restart_lsn IS NOT NULL`, l.Slot)
	if err != nil {
		return 0, err
	}
	if len(at) == 0 {
		return 0, fault.Unavailable("wal.lost", "the server has given up the log that the slot %s held back, since nobody fetched it for too long", l.Slot)
	}
	return parsePosition(at[0])
}

// await waits until the log is here up to a place, two minutes at most.
func (l *line) await(ctx context.Context, conn *pgx.Conn, to position) error {
	const patience = 2 * time.Minute
	for begin := time.Now(); ; {
		at, err := l.fetched(ctx, conn)
		if err != nil || at >= to {
			return err
		}
		if time.Since(begin) > patience {
			return fault.Unavailable("wal.behind", "the log is archived up to %s and should be up to %s: see in the log of skai serve or skai wal why it does not come on", at, to)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// note writes down how far the log is on the disk.
func (l *line) note(at position, now time.Time) error {
	return writeJSON(filepath.Join(l.place, archivedName), archived{at, now.UTC()})
}

// noted gives what was written down last; nothing where that can't be read.
func (l *line) noted() (a archived) {
	if readJSON(filepath.Join(l.place, archivedName), &a) != nil {
		return archived{}
	}
	return a
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path) //nolint:gosec // in the folder for the log
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// writeJSON puts a file in its place when it is whole.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".unfinished-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}
