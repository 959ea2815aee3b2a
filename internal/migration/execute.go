package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/migration/rows"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/staging"
)

// Ends of the transaction that are no failure: what was done is taken back on purpose.
var (
	errDryRun = errors.New("dry run")
	errStrict = errors.New("strict run with errors")
)

// execute does the whole run in one transaction and writes down what came of it.
func (s *Service) execute(ctx context.Context, r *run) (*report.Report, error) {
	defer r.closeFiles()
	stop := s.watch(ctx, r)
	_, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, r.do(ctx, tx)
	})
	stop()
	switch {
	case errors.Is(err, errDryRun):
		return r.report, s.finish(ctx, r, "done", "")
	case errors.Is(err, errStrict):
		r.report.Failure = "the run was strict and rows have errors; nothing was written"
		return r.report, s.finish(ctx, r, "failed", r.report.Failure)
	case err != nil:
		return nil, errors.Join(err, s.abandon(ctx, r, err))
	}
	return r.report, nil
}

// abandon marks a run as failed where trying again would fail again: a fault is
// in the files or in what was asked. A run stopped by anything else stays
// "running" and can be resumed.
func (s *Service) abandon(ctx context.Context, r *run, cause error) error {
	f := fault.As(cause)
	if f == nil || f.Kind == fault.KindUnavailable || f.Code == "run.going" {
		return nil
	}
	return s.finish(ctx, r, "failed", f.Message)
}

func (s *Service) finish(ctx context.Context, r *run, state, failure string) error {
	return postgres.Do(context.WithoutCancel(ctx), s.db, func(ctx context.Context, tx pgx.Tx) error {
		return r.close(ctx, tx, state, failure)
	})
}

func (r *run) close(ctx context.Context, tx pgx.Tx, state, failure string) error {
	report, err := json.Marshal(r.report)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE import_runs SET state = $2, failure = $3, report = $4, finished_at = now(), seconds = $5, rows_read = $6, heartbeat_at = now() WHERE id = $1`,
		r.id, state, failure, report, time.Since(r.started).Seconds(), r.meter.rows.Load())
	if err != nil {
		return fmt.Errorf("write down how the run ended: %w", err)
	}
	return nil
}

// do is the transaction of a run.
func (r *run) do(ctx context.Context, tx pgx.Tx) error {
	if err := r.prepare(ctx, tx); err != nil {
		return err
	}
	if err := r.stageFiles(ctx, tx); err != nil {
		return err
	}
	r.meter.say("matching and writing")
	if err := r.publish(ctx, tx); err != nil {
		return err
	}
	r.meter.say("writing the ledger")
	if err := r.writeLedger(ctx, tx); err != nil {
		return err
	}
	if err := r.account(ctx, tx); err != nil {
		return err
	}
	if r.options.Strict && r.report.Errored() > 0 {
		return errStrict
	}
	if r.options.DryRun {
		return errDryRun
	}
	return r.close(ctx, tx, "done", "")
}

// prepare takes the locks and makes the temporary tables. Runs of one
// organisation go one after the other; the same run goes once.
func (r *run) prepare(ctx context.Context, tx pgx.Tx) error {
	// The server of a program that was killed learns of it at the next check, a
	// second later, and gives the lock back; a run that is alive keeps it.
	_, err := tx.Exec(ctx, `SET LOCAL client_connection_check_interval = '1s'; SET LOCAL lock_timeout = '10s'`)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('run ' || $1::text, 0))`, r.id)
	if postgres.Code(err) == "55P03" { // lock_not_available
		return fault.Conflict("run.going", "run %s is still going; wait for it, or stop the program that runs it", r.id)
	}
	if err != nil {
		return err
	}
	if err := steps(ctx, tx,
		step{"wait as long as it takes", `SET LOCAL lock_timeout = 0`},
		step{"wait for another run of this organisation", `SELECT pg_advisory_xact_lock(hashtextextended('import ' || current_org()::text, 0))`},
		step{"set memory", `SELECT set_config('work_mem', '128MB', true), set_config('app.bulk_run', '` + r.id.String() + `', true)`},
	); err != nil {
		return err
	}
	if err := staging.Memory(ctx, tx); err != nil {
		return err
	}
	if err := rows.StageLedger(ctx, tx); err != nil {
		return fmt.Errorf("stage the ledger: %w", err)
	}
	for _, t := range tables {
		if err := t.Create(ctx, tx); err != nil {
			return err
		}
	}
	zone, err := postgres.Value[string](ctx, tx, `SELECT time_zone FROM orgs WHERE id = current_org()`)
	if err != nil {
		return err
	}
	if r.loc, err = time.LoadLocation(zone); err != nil {
		return fmt.Errorf("the organisation's time zone: %w", err)
	}
	return stageEstimates(ctx, tx)
}

// stageFiles reads every file: first all of them for what they are, so that a
// file nobody can read stops the run before it has done any work.
func (r *run) stageFiles(ctx context.Context, tx pgx.Tx) error {
	for _, f := range r.files {
		r.meter.total += f.size
		if err := r.detect(ctx, tx, f); err != nil {
			return err
		}
	}
	ordered := slices.DeleteFunc(slices.Clone(r.files), func(f *file) bool { return f.document != nil })
	slices.SortStableFunc(ordered, func(a, b *file) int {
		return slices.Index(sources.Kinds, a.reading.Kind()) - slices.Index(sources.Kinds, b.reading.Kind())
	})
	seen := rows.NewSeen()
	for _, f := range ordered {
		r.meter.say("reading " + f.Name)
		if err := r.stageFile(ctx, tx, f, seen); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func (r *run) detect(ctx context.Context, tx pgx.Tx, f *file) error {
	r.meter.say("looking at " + f.Name)
	if isESX(f) {
		return r.detectDocument(ctx, tx, f)
	}
	layout, err := decode.Probe(ctx, f.open, f.Name, sources.Known)
	if err != nil {
		return err
	}
	f.layout = layout
	asked := rows.Asked{Name: f.Name, Source: f.Source, Kind: f.Kind, Mapping: f.Mapping}
	if f.reading, err = rows.NewFile(ctx, f.open, layout, asked, f.no, r.loc); err != nil {
		return err
	}
	if f.reading.Kind() == sources.Estimate {
		if f.estimate, err = findEstimate(ctx, tx, f); err != nil {
			return err
		}
	}
	kept, err := json.Marshal(layout)
	if err != nil {
		return err
	}
	mapping, err := f.reading.Account()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE import_files SET layout = $3, source = $4, kind = $5, mapping = $6 WHERE run_id = $1 AND file_no = $2`,
		r.id, f.no, kept, f.reading.Source(), string(f.reading.Kind()), mapping)
	if err != nil {
		return fmt.Errorf("write down what %s is: %w", f.Name, err)
	}
	return nil
}
