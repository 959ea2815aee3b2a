package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// How a backup ended.
const (
	Whole      = "whole"
	Incomplete = "incomplete" // a file that a row names was not in the storage
	Failed     = "failed"
)

// NoteBackup writes down in the live database how a backup ended; failed is nil where
// it was made.
func NoteBackup(ctx context.Context, db *postgres.DB, m *Manifest, failed error) error {
	ended, result, words := m.Ended, Whole, ""
	if lost := len(m.Lost()); lost > 0 {
		result, words = Incomplete, fmt.Sprintf("%d files that rows name were not in the storage", lost)
	}
	if failed != nil {
		ended, result, words = time.Now().UTC(), Failed, failed.Error()
	}
	var snapshot *time.Time
	if !m.SnapshotAt.IsZero() {
		snapshot = &m.SnapshotAt
	}
	_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `
			INSERT INTO backups (id, started_at, finished_at, snapshot_at, result, rows, files, bytes, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			m.ID, m.Started, ended, snapshot, result, m.Rows(), m.Objects(), m.Bytes(), words)
	})
	return err
}

// NoteDrill writes a drill's result down in the live database.
func NoteDrill(ctx context.Context, db *postgres.DB, r *Report) error {
	failed := r.Failed()
	if failed == nil {
		failed = []string{}
	}
	_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `
			INSERT INTO restore_drills (id, backup_id, started_at, finished_at, rpo_seconds, rto_seconds, rows, checks, failed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			r.ID, r.Backup, r.Started, r.Finished, r.RPO, r.RTO, r.Rows, len(r.Checks), failed)
	})
	return err
}

// Known is what the database knows of its backups. What is not known is nil.
type Known struct {
	Backup *Backup // the last that was made, whole or incomplete
	Tried  *Backup // the last one tried, where that failed after Backup
	Drill  *Drilled
}

// Backup is one that was made, or tried.
type Backup struct {
	ID         uuid.UUID
	FinishedAt time.Time
	SnapshotAt *time.Time
	Result     string
}

// Drilled is how restoring was tried.
type Drilled struct {
	FinishedAt time.Time
	RPO        float64 `db:"rpo_seconds"`
	RTO        float64 `db:"rto_seconds"`
	Checks     int
	Failed     int
}

// Last gives the last backup and the last drill, as far as the application may see them.
func Last(ctx context.Context, q postgres.Querier) (k Known, err error) {
	made, err := postgres.Many[Backup](ctx, q, `SELECT id, finished_at, snapshot_at, result FROM backups WHERE result <> 'failed' ORDER BY finished_at DESC LIMIT 1`)
	if err != nil {
		return k, err
	}
	tried, err := postgres.Many[Backup](ctx, q, `SELECT id, finished_at, snapshot_at, result FROM backups ORDER BY finished_at DESC LIMIT 1`)
	if err != nil {
		return k, err
	}
	drills, err := postgres.Many[Drilled](ctx, q, `SELECT finished_at, rpo_seconds, rto_seconds, checks, cardinality(failed) AS failed FROM restore_drills ORDER BY finished_at DESC LIMIT 1`)
	if err != nil {
		return k, err
	}
	if len(made) > 0 {
		k.Backup = &made[0]
	}
	if len(tried) > 0 && tried[0].Result == Failed {
		k.Tried = &tried[0]
	}
	if len(drills) > 0 {
		k.Drill = &drills[0]
	}
	return k, nil
}
