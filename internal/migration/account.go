package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// account makes the report of a run from what its transaction holds, and
// writes the report's files where they were asked for.
func (r *run) account(ctx context.Context, tx pgx.Tx) error {
	a := &report.Report{Run: r.id, DryRun: r.options.DryRun, StartedAt: r.started}
	var err error
	if a.Org, err = postgres.Value[string](ctx, tx, `SELECT name FROM orgs WHERE id = current_org()`); err != nil {
		return err
	}
	if a.Files, err = fileReports(ctx, tx, r.id); err != nil {
		return err
	}
	if a.Stages, err = stageLines(ctx, tx); err != nil {
		return err
	}
	if a.Amounts, err = r.amountLines(ctx, tx); err != nil {
		return err
	}
	if a.Problems, err = ruleLines(ctx, tx, r.id); err != nil {
		return err
	}
	if a.Candidates, err = postgres.Value[int64](ctx, tx, `SELECT count(DISTINCT record_id) FROM import_candidates WHERE run_id = $1`, r.id); err != nil {
		return err
	}
	a.Seconds = time.Since(r.started).Seconds()
	if a.Seconds > 0 {
		a.RowsPerSecond = float64(r.meter.rows.Load()) / a.Seconds
	}
	r.report = a
	if r.options.ReportDir == "" {
		return nil
	}
	return writeReportFiles(ctx, tx, a, r.options.ReportDir)
}

func fileReports(ctx context.Context, tx pgx.Tx, run uuid.UUID) ([]report.FileReport, error) {
	type line struct {
		report.FileReport
		Layout  []byte
		Mapping []byte
	}
	rows, err := tx.Query(ctx, `
		SELECT name, encode(sha256, 'hex'), size, coalesce(layout, '{}'), coalesce(mapping, '{}'), source, kind, rows_read,
			created, updated, merged, unchanged, skipped, errored, blank, cells_filled, cells_mapped, cells_extra, cells_errored
		FROM import_files WHERE run_id = $1 ORDER BY file_no`, run)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (report.FileReport, error) {
		var l line
		f := &l.FileReport
		if err := row.Scan(&f.Name, &f.SHA256, &f.Size, &l.Layout, &l.Mapping, &f.Source, &f.As, &f.Rows, &f.Created, &f.Updated, &f.Merged,
			&f.Unchanged, &f.Skipped, &f.Errored, &f.Blank, &f.Cells.Filled, &f.Cells.Mapped, &f.Cells.Extra, &f.Cells.Errored); err != nil {
			return l.FileReport, err
		}
		var layout struct {
			Format, Encoding string
			Notes            []string
		}
		var mapping struct {
			Confidence int `json:"confidence"`
		}
		if err := errors.Join(json.Unmarshal(l.Layout, &layout), json.Unmarshal(l.Mapping, &mapping)); err != nil {
			return l.FileReport, err
		}
		f.Encoding, f.Notes, f.Confidence = layout.Encoding, layout.Notes, mapping.Confidence
		if layout.Format == "xlsx" || layout.Format == "esx" {
			f.Encoding = layout.Format
		}
		if s := sources.ByName(f.Source); s != nil {
			f.Refused = s.Refused
		}
		return l.FileReport, nil
	})
}

func stageLines(ctx context.Context, tx pgx.Tx) ([]report.StageLine, error) {
	return postgres.Many[report.StageLine](ctx, tx, `
		SELECT 'lead' AS entity, s.source_stage AS source_word, s.stage, count(*) AS rows, count(DISTINCT l.id) FILTER (WHERE l.stage = s.stage) AS records
		FROM stage_leads s LEFT JOIN leads l ON l.org_id = current_org() AND l.id = s.id WHERE s.action <> 'errored' GROUP BY 2, 3
		UNION ALL
		SELECT 'claim', s.source_stage, s.stage, count(*), count(DISTINCT c.id) FILTER (WHERE c.stage = s.stage)
		FROM stage_claims s LEFT JOIN claims c ON c.org_id = current_org() AND c.id = s.id WHERE s.action <> 'errored' GROUP BY 2, 3
		ORDER BY entity DESC, rows DESC, source_word`)
}

// amountLines sums the money cells as they were read against what the records hold.
func (r *run) amountLines(ctx context.Context, tx pgx.Tx) ([]report.AmountLine, error) {
	read := map[string]int64{}
	for _, f := range r.files {
		if f.reading == nil {
			continue
		}
		for name, cents := range f.reading.Amounts {
			read[name] += cents
		}
	}
	lines := make([]report.AmountLine, 0, len(read))
	for _, name := range slices.Sorted(maps.Keys(read)) {
		line := report.AmountLine{What: "claims: " + name, Read: read[name]}
		// The columns' names are those of claims.Staged.Amounts, none of them from outside.
		err := tx.QueryRow(ctx, fmt.Sprintf(`
			SELECT coalesce(sum(c.%[1]s) FILTER (WHERE s.action IN ('created', 'updated', 'unchanged') AND s.%[1]s IS NOT NULL), 0)::bigint,
				coalesce(sum(s.%[1]s) FILTER (WHERE s.action NOT IN ('created', 'updated', 'unchanged')), 0)::bigint
			FROM stage_claims s LEFT JOIN claims c ON c.org_id = current_org() AND c.id = s.id`, name)).Scan(&line.Held, &line.Merged)
		if err != nil {
			return nil, fmt.Errorf("sum %s: %w", name, err)
		}
		line.Differs = line.Read - line.Held - line.Merged
		lines = append(lines, line)
	}
	for _, f := range r.files {
		if f.estimate == nil {
			continue
		}
		more, err := estimateLines(ctx, tx, f)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

// estimateLines compares an estimate's control totals with the totals it has here.
func estimateLines(ctx context.Context, tx pgx.Tx, f *file) ([]report.AmountLine, error) {
	var item, tax, rcv, depreciation, acv int64
	err := tx.QueryRow(ctx, `SELECT item_total, tax, rcv, depreciation, acv FROM estimates WHERE id = $1`, f.estimate.id).Scan(&item, &tax, &rcv, &depreciation, &acv)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	held := map[string]int64{"item amount": item, "sales tax": tax, "RCV": rcv, "depreciation": depreciation, "ACV": acv}
	lines := make([]report.AmountLine, 0, len(held))
	for _, name := range []string{"item amount", "sales tax", "RCV", "depreciation", "ACV"} {
		lines = append(lines, report.AmountLine{What: f.Name + ": " + name, Read: f.reading.Estimate.Totals[name], Held: held[name], Differs: f.reading.Estimate.Totals[name] - held[name]})
	}
	return lines, nil
}

func ruleLines(ctx context.Context, tx pgx.Tx, run uuid.UUID) ([]report.RuleLine, error) {
	return postgres.Many[report.RuleLine](ctx, tx, `
		SELECT f.name AS file, p.severity, p.rule, p.column_name AS "column", count(*) AS count, (array_agg(p.hint ORDER BY p.ordinal))[1] AS hint
		FROM import_problems p JOIN import_files f ON f.org_id = p.org_id AND f.run_id = p.run_id AND f.file_no = p.file_no
		WHERE p.run_id = $1 GROUP BY f.file_no, f.name, p.severity, p.rule, p.column_name ORDER BY p.severity, count(*) DESC, f.file_no, p.rule, p.column_name`, run)
}

// RunLine is a run in the list.
type RunLine struct {
	ID         uuid.UUID
	State      string
	DryRun     bool
	StartedAt  time.Time
	StartedBy  string
	FinishedAt *time.Time
	Seconds    *float64
	RowsRead   int64
	Failure    string
	Files      []string
	Errored    int64
	Alive      bool // running, and its program gave a sign of life in the last 30 seconds
}

// Runs gives the organisation's runs, the latest first, up to a number of them.
func (s *Service) Runs(ctx context.Context, most int) ([]RunLine, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]RunLine, error) {
		return postgres.Many[RunLine](ctx, tx, `
			SELECT r.id, r.state, r.dry_run, r.started_at, p.name AS started_by, r.finished_at, r.seconds, r.rows_read, r.failure,
				r.state = 'running' AND r.heartbeat_at > now() - interval '30 seconds' AS alive,
				ARRAY(SELECT f.name FROM import_files f WHERE f.org_id = r.org_id AND f.run_id = r.id ORDER BY f.file_no)
					|| array_remove(ARRAY[r.report -> 'archive' ->> 'name'], NULL) AS files,
				coalesce((SELECT sum((f ->> 'errored')::bigint) FROM jsonb_array_elements(r.report -> 'files') f), 0)::bigint AS errored
			FROM import_runs r JOIN people p ON p.org_id = r.org_id AND p.id = r.started_by
			ORDER BY r.started_at DESC, r.id DESC LIMIT $1`, most)
	})
}

// ReportOf gives the report of a finished run; fault.NotFound where there is no
// such run, fault.Conflict where it isn't finished. Who may not see amounts gets
// it without the sums.
func (s *Service) ReportOf(ctx context.Context, id uuid.UUID) (*report.Report, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return nil, err
	}
	type kept struct {
		State   string
		Failure string
		Report  []byte
	}
	k, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (kept, error) {
		return postgres.One[kept](ctx, tx, `SELECT state, failure, report FROM import_runs WHERE id = $1`, id)
	})
	switch {
	case errors.Is(err, postgres.ErrNoRow):
		return nil, fault.NotFound("run", "there is no run %s in this organisation; `skai import list` shows those there are", id)
	case err != nil:
		return nil, err
	case k.State == "running":
		return nil, fault.Conflict("run.unfinished", "run %s has not finished; `skai import resume %s` takes it up again if its program was stopped", id, id)
	case k.Report == nil || string(k.Report) == "null":
		return nil, fault.Conflict("run.failed", "run %s failed before there was anything to report: %s", id, k.Failure)
	}
	a := new(report.Report)
	if err := json.Unmarshal(k.Report, a); err != nil {
		return nil, fmt.Errorf("read the report of run %s: %w", id, err)
	}
	if identity.HidesAmounts(ctx) {
		a.Amounts = []report.AmountLine{}
	}
	return a, nil
}
