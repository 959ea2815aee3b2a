package wal

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// Drill restores the newest base backup of the line that is archived now and all log there
// is into a scratch PostgreSQL,
// which is gone when it returns, compares it with what the live database held at that
// very place of its log, and tries it. The live database works on meanwhile. Where nobody
// archives its log, this process does until it has what it compares with; log hears of it.
//
// RPO is how old the last commit was that stood in the archive when the drill began, so
// what would have been lost then at most; RTO is from the beginning of the restoring until
// all was checked.
func Drill(ctx context.Context, live backup.Source, folder string, master *vault.Master, log *slog.Logger, say backup.Say) (*Report, error) {
	if _, err := basesUpTo(folder, time.Time{}); err != nil {
		return nil, err
	}
	conn, s, err := connect(ctx, live.URL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	l, err := current(ctx, conn, s, folder)
	if err != nil {
		return nil, err
	}
	var all []*Base
	if l != nil {
		if all, err = bases(l); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, fault.Unavailable("wal.anew", "the archive of the log in %s began anew after its last base backup, so there is a gap between that and today: make one, skai backup --wal-folder %s", folder, folder)
	}
	b := all[len(all)-1]
	had, err := l.fetched(ctx, conn) // what would be left if the server were gone now
	if err != nil {
		return nil, err
	}
	began, err := postgres.Value[time.Time](ctx, conn, `SELECT clock_timestamp()`)
	if err != nil {
		return nil, err
	}
	var p pinned
	err = archiving(ctx, live, folder, log, func(ctx context.Context) error {
		err := errBetween
		for errors.Is(err, errBetween) { // somebody's commit was neither here nor there; the next moment is another
			p, err = b.pin(ctx, conn, live, say)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r := newReport(b)
	r.Started, r.UpTo, r.SnapshotAt = p.began, p.at.String(), p.log.lastCommit(p.at).on
	r.RPO = max(began.Sub(p.log.lastCommit(had).on).Seconds(), 0)
	return r, p.log.drill(ctx, r, &p, master, say)
}

// pinned is what the live database held at a place of its log, and the log up to there.
type pinned struct {
	held  *backup.Manifest
	at    position
	began time.Time // to read the log, with which a restore begins
	log   *history
}

// DrillAlone does it without the live database, for another machine: nothing is compared
// with it.
func DrillAlone(ctx context.Context, folder string, master *vault.Master, say backup.Say) (*Report, error) {
	b, err := basesUpTo(folder, time.Time{})
	if err != nil {
		return nil, err
	}
	r := newReport(b)
	h, err := read(ctx, b, time.Time{}, say)
	if err != nil {
		return nil, err
	}
	r.SnapshotAt, r.UpTo = h.lastCommit(h.end).on, h.end.String()
	r.RPO = max(r.Started.Sub(r.SnapshotAt).Seconds(), 0)
	return r, h.drill(ctx, r, nil, master, say)
}

// drill restores into a scratch server and a temporary folder. It removes the links.
func (h *history) drill(ctx context.Context, r *Report, p *pinned, master *vault.Master, say backup.Say) (err error) {
	defer func() { err = errors.Join(err, h.remove()) }()
	files, err := os.MkdirTemp("", "skai-drill-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(files)) }()
	defer r.finish()
	to := Target{Files: filepath.Join(files, "files"), Database: "skai", Master: master}
	if p == nil {
		return h.restore(ctx, to, r, nil, nil, say)
	}
	// The marker's place is where the record behind it begins, before which it stops.
	return h.restore(ctx, to, r, p.held, []string{"recovery_target_lsn=" + p.at.String(), "recovery_target_inclusive=off"}, say)
}

// errBetween says that a commit stood in the log before the marker, and was not yet to be
// seen in the snapshot.
var errBetween = errors.New("wal: a commit between the log and the snapshot")

// pin makes a snapshot of the live database that is one place of its log, waits until
// that is archived, and reads what the snapshot holds.
func (b *Base) pin(ctx context.Context, conn *pgx.Conn, live backup.Source, say backup.Say) (p pinned, err error) {
	reader, err := pgx.Connect(ctx, live.URL)
	if err != nil {
		return p, err
	}
	defer reader.Close(context.WithoutCancel(ctx))
	tx, seen, at, err := mark(ctx, conn, reader)
	if err != nil {
		return p, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it only read
	p.at = at
	say("waiting for the log", 0, 0)
	flushed, err := flush(ctx, conn)
	if err == nil {
		err = b.line.await(ctx, conn, flushed)
	}
	if err == nil {
		err = b.line.note(flushed, time.Now())
	}
	if err == nil {
		err = b.line.keepFiles(ctx, live.Files)
	}
	if err != nil {
		return p, err
	}
	if p.held, err = lookIn(ctx, tx, say); err != nil {
		return p, err
	}
	p.began = time.Now().UTC()
	if p.log, err = read(ctx, b, time.Time{}, say); err != nil {
		return p, err
	}
	if seen.missed(p.log, at) {
		return p, errors.Join(errBetween, p.log.remove())
	}
	return p, nil
}

// mark begins a transaction whose snapshot is a place of the log: no transaction ended
// between the snapshot and the marker that was written then, since the snapshots of just
// before and just after are the same. One that ends at that very moment may stand in the
// log and not in the snapshot; see missed.
func mark(ctx context.Context, conn, reader *pgx.Conn) (tx pgx.Tx, seen snapshot, marker position, err error) {
	const tries = 10_000
	for range tries {
		tx, err = reader.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return nil, seen, 0, err
		}
		before, err := postgres.Value[string](ctx, tx, `SELECT pg_current_snapshot()::text`)
		if err != nil {
			return nil, seen, 0, err
		}
		place, err := postgres.Value[string](ctx, conn, `SELECT pg_logical_emit_message(false, 'skai', 'restore drill')::text`)
		if err != nil {
			return nil, seen, 0, err
		}
		after, err := postgres.Value[string](ctx, conn, `SELECT pg_current_snapshot()::text`)
		if err != nil {
			return nil, seen, 0, err
		}
		if before == after {
			if seen, err = parseSnapshot(before); err == nil {
				marker, err = parsePosition(place)
			}
			return tx, seen, marker, err
		}
		if err := tx.Rollback(ctx); err != nil {
			return nil, seen, 0, err
		}
	}
	return nil, seen, 0, fault.Unavailable("wal.busy", "in %d tries no moment was found in which no transaction ended: drill when less is written", tries)
}

// flush has the server write its log to its disk, by a commit, and tells how far.
func flush(ctx context.Context, conn *pgx.Conn) (position, error) {
	if _, err := postgres.Value[string](ctx, conn, `SELECT pg_logical_emit_message(true, 'skai', 'restore drill')::text`); err != nil {
		return 0, err
	}
	text, err := postgres.Value[string](ctx, conn, `SELECT pg_current_wal_flush_lsn()::text`)
	if err != nil {
		return 0, err
	}
	return parsePosition(text)
}

// snapshot is what PostgreSQL writes as xmin:xmax:xip,xip: transactions from next on had
// not ended, nor those under way.
type snapshot struct {
	next     uint64
	underWay []uint64
}

func parseSnapshot(text string) (s snapshot, err error) {
	_, rest, _ := strings.Cut(text, ":")
	next, list, _ := strings.Cut(rest, ":")
	if s.next, err = strconv.ParseUint(next, 10, 64); err != nil || list == "" {
		return s, err
	}
	for one := range strings.SplitSeq(list, ",") {
		id, err := strconv.ParseUint(one, 10, 64)
		if err != nil {
			return s, err
		}
		s.underWay = append(s.underWay, id)
	}
	return s, nil
}

// missed tells whether a commit stands in the log before the marker that the snapshot
// does not see. The log has the last 32 bits of a transaction's number.
func (s snapshot) missed(h *history, marker position) bool {
	for _, c := range h.commits {
		if c.at >= marker {
			return false
		}
		notEnded := int32(c.xid-uint32(s.next)) >= 0                                                          //nolint:gosec // numbers go round, as PostgreSQL compares them
		if notEnded || slices.ContainsFunc(s.underWay, func(id uint64) bool { return uint32(id) == c.xid }) { //nolint:gosec // its last 32 bits are meant
			return true
		}
	}
	return false
}
