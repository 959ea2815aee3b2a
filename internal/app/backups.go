package app

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/backup/wal"
	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// checkBackup is the name of the look at backups.
const checkBackup = "backup"

// oldBackup is how old the last backup's snapshot may be: one a day, and time to make it.
const oldBackup = 26 * time.Hour

// lookBackup tells by the last backup. Where none was ever made here, others may make
// them (a snapshot of the disk, a base backup), and it is not for us to complain.
func (a *App) lookBackup(ctx context.Context) health.Finding {
	known, err := backup.Last(ctx, a.db)
	if err != nil {
		return health.Finding{State: health.Down, Words: "the list of backups can't be read"}
	}
	if known.Backup == nil {
		return health.Finding{State: health.OK, Words: "no backup is known"}
	}
	age := time.Since(*known.Backup.SnapshotAt)
	f := health.Finding{State: health.OK, Facts: map[string]float64{"ageSeconds": math.Round(age.Seconds())}}
	switch {
	case age > oldBackup:
		f.State, f.Words = health.Degraded, fmt.Sprintf("the last backup is %.0f hours old", age.Hours())
	case known.Tried != nil:
		f.State, f.Words = health.Degraded, "the last backup failed; the one before it is there"
	case known.Backup.Result != backup.Whole:
		f.State, f.Words = health.Degraded, "the last backup lacks files"
	}
	return f
}

// behind is how much log, in bytes, may wait to be archived: what is fetched as it is
// written comes never so far but when much is.
const behind = 256 << 20

// lookLog looks at the slots by which the database's log is archived. One that nobody
// fetches it from holds the log back, so that the server's disk fills up to
// max_slot_wal_keep_size, and then gives it up.
func (a *App) lookLog(ctx context.Context) health.Finding {
	type slot struct {
		Name   string
		Active bool
		Lost   bool
		Held   int64
	}
	slots, err := postgres.Many[slot](ctx, a.db, `
		SELECT slot_name::text AS name, active, coalesce(wal_status, 'lost') = 'lost' AS lost,
			coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn), 0)::bigint AS held
		FROM pg_replication_slots WHERE starts_with(slot_name::text, $1) ORDER BY 1`, wal.SlotPrefix)
	if err != nil {
		return health.Finding{State: health.Down, Words: "the database's slots can't be read"}
	}
	f := health.Finding{State: health.OK, Facts: map[string]float64{"slots": float64(len(slots))}}
	if len(slots) == 0 {
		f.Words = "the database's log is not archived here"
		if a.archives {
			f.State = health.Degraded
		}
	}
	for _, s := range slots {
		f.Facts["heldBytes"] += float64(s.Held)
		switch {
		case s.Lost:
			f.State, f.Words = health.Degraded, "the database gave up the log for "+s.Name+", which nobody fetched: there is a gap until the next base backup"
		case !s.Active:
			f.State, f.Words = health.Degraded, fmt.Sprintf("nobody archives the database's log for %s: %.0f MB wait", s.Name, float64(s.Held)/1e6)
		case s.Held > behind:
			f.State, f.Words = health.Degraded, fmt.Sprintf("the archive of the database's log is %.0f MB behind", float64(s.Held)/1e6)
		}
	}
	return f
}

// truthOfBackups adds what is known of backups.
func (a *App) truthOfBackups(ctx context.Context, add func(name string, value any, unit string, at time.Time, how string)) error {
	type made struct {
		FinishedAt         time.Time
		Result             string
		Rows, Files, Bytes int64
		Seconds            float64
	}
	type drilled struct {
		FinishedAt time.Time
		Rows       int64
		RPO        float64 `db:"rpo_seconds"`
		RTO        float64 `db:"rto_seconds"`
		Checks     int
		Failed     []string
	}
	_, err := postgres.System(ctx, a.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		backups, err := postgres.Many[made](ctx, tx, `
			SELECT finished_at, result, rows, files, bytes, extract(epoch FROM finished_at - started_at)::float8 AS seconds FROM backups ORDER BY finished_at DESC LIMIT 1`)
		if err != nil {
			return struct{}{}, err
		}
		drills, err := postgres.Many[drilled](ctx, tx, `SELECT finished_at, rows, rpo_seconds, rto_seconds, checks, failed FROM restore_drills ORDER BY finished_at DESC LIMIT 1`)
		for _, b := range backups {
			const how = "counted by skai backup when it was made"
			add("backup.result", b.Result, "", b.FinishedAt, "whole, incomplete (a file that a row names was not there) or failed; skai backup")
			if b.Rows > 0 { // in a base backup nobody counts them
				add("backup.rows", b.Rows, "", b.FinishedAt, how)
			}
			add("backup.files", b.Files, "", b.FinishedAt, how+": sealed objects")
			add("backup.bytes", b.Bytes, "B", b.FinishedAt, how)
			add("backup.seconds", b.Seconds, "s", b.FinishedAt, "from its start until it was whole")
		}
		for _, d := range drills {
			add("drill.rows", d.Rows, "", d.FinishedAt, "in the backup that was restored")
			add("drill.rpo", d.RPO, "s", d.FinishedAt, "how old the backup's snapshot, or the last commit in the archived log, was when the drill began")
			add("drill.rto", d.RTO, "s", d.FinishedAt, "from the drill's start until everything was restored into a scratch PostgreSQL and checked")
			add("drill.checks", d.Checks, "", d.FinishedAt, "made by skai restore-drill")
			add("drill.failed", d.Failed, "", d.FinishedAt, "what differed from the backup; nothing where all came back")
		}
		return struct{}{}, err
	})
	return err
}
