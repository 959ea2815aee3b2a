package migration

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

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/migration/rows"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// WriteReport writes the report of a finished run into a folder: report.html,
// report.json and errors-<file>.csv for each file with errored rows.
func (s *Service) WriteReport(ctx context.Context, id uuid.UUID, dir string) error {
	account, err := s.ReportOf(ctx, id)
	if err != nil {
		return err
	}
	if err := identity.Require(ctx, identity.Migrate); err != nil {
		return err
	}
	_, err = postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, writeReportFiles(ctx, tx, account, dir)
	})
	return err
}

func writeReportFiles(ctx context.Context, tx pgx.Tx, account *report.Report, dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fault.Invalid("report", "the folder for the report can't be made: %v", err)
	}
	data, err := json.MarshalIndent(account, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	html, err := os.OpenFile(filepath.Join(dir, "report.html"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the person who runs the command names the folder
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := errors.Join(report.Certificate(account).Render(ctx, html), html.Close()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	for i, f := range account.Files {
		if f.Errored == 0 {
			continue
		}
		if err := writeErrors(ctx, tx, account.Run, i+1, errorsPath(dir, account, i)); err != nil {
			return fmt.Errorf("write the errors of %s: %w", f.Name, err)
		}
	}
	return nil
}

// errorsPath is where the errors of a file go; two files of one name get their number.
func errorsPath(dir string, account *report.Report, i int) string {
	name := strings.TrimSuffix(account.Files[i].Name, filepath.Ext(account.Files[i].Name))
	for j, other := range account.Files {
		if j != i && strings.TrimSuffix(other.Name, filepath.Ext(other.Name)) == name {
			name += "-" + strconv.Itoa(i+1)
			break
		}
	}
	return filepath.Join(dir, "errors-"+filepath.Base(name)+".csv")
}

// writeErrors writes the errored rows of a file into a CSV.
func writeErrors(ctx context.Context, tx pgx.Tx, run uuid.UUID, fileNo int, path string) error {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the person who runs the command names the folder
	if err != nil {
		return err
	}
	file := ErrorFile{Begin: func(header []string) (*sheet.CSV, error) { return sheet.NewCSV(out, header...) }}
	err = errorRows(ctx, tx, run, fileNo, file.Row)
	return errors.Join(err, file.Close(), out.Close())
}

// ErrorFile writes errors-<file>.csv, which spreadsheets open: what could run
// there as a formula gets an apostrophe, which an import takes off again.
type ErrorFile struct {
	Begin func(header []string) (*sheet.CSV, error) // is called with the first row

	csv *sheet.CSV
}

// Row writes the header, then a row.
func (f *ErrorFile) Row(cells []string) (err error) {
	if f.csv == nil {
		f.csv, err = f.Begin(cells)
		return err
	}
	row := make([]sheet.Cell, len(cells))
	for i, c := range cells {
		row[i] = sheet.Text(c)
	}
	return f.csv.Row(row...)
}

// Close writes what is still held back.
func (f *ErrorFile) Close() error {
	if f.csv == nil {
		return nil
	}
	return f.csv.Close()
}

// errorRows gives the errored rows of a file as they came, each with what is
// wrong, ready to be mended and sent again: an import keeps columns it doesn't
// know in extra, so the five in front do no harm.
func errorRows(ctx context.Context, tx pgx.Tx, run uuid.UUID, fileNo int, each func([]string) error) error {
	layout, err := layoutOf(ctx, tx, run, fileNo)
	if err != nil {
		return err
	}
	if err := each(append(slices.Clone(rows.ErrorColumns), layout.Header...)); err != nil {
		return err
	}
	found, err := tx.Query(ctx, `
		SELECT l.line, p.column_name, p.value, p.rule, p.hint, l.raw
		FROM import_rows l JOIN LATERAL (
			SELECT string_agg(column_name, ' | ' ORDER BY seq) AS column_name, string_agg(value, ' | ' ORDER BY seq) AS value,
				string_agg(rule, ' | ' ORDER BY seq) AS rule, string_agg(hint, ' | ' ORDER BY seq) AS hint
			FROM import_problems p WHERE p.org_id = l.org_id AND p.run_id = l.run_id AND p.file_no = l.file_no AND p.ordinal = l.ordinal AND p.severity = 'error') p ON true
		WHERE l.run_id = $1 AND l.file_no = $2 AND l.outcome = 'errored' ORDER BY l.ordinal`, run, fileNo)
	if err != nil {
		return err
	}
	var line int
	var column, value, rule, hint string
	var raw []byte
	_, err = pgx.ForEachRow(found, []any{&line, &column, &value, &rule, &hint, &raw}, func() error {
		return each(append([]string{strconv.Itoa(line), column, value, rule, hint}, cellsOrRaw(layout, raw)...))
	})
	return err
}

// cellsOrRaw gives the row's cells, or all of its text in one where they can't be told apart.
func cellsOrRaw(layout decode.Layout, raw []byte) []string {
	cells, err := decode.Cells(layout, raw)
	if err != nil {
		return []string{strings.TrimRight(decode.Text(layout, raw), "\r\n")}
	}
	return cells
}

func layoutOf(ctx context.Context, tx pgx.Tx, run uuid.UUID, fileNo int) (decode.Layout, error) {
	var layout decode.Layout
	kept, err := postgres.Value[[]byte](ctx, tx, `SELECT layout FROM import_files WHERE run_id = $1 AND file_no = $2`, run, fileNo)
	if errors.Is(err, postgres.ErrNoRow) {
		return layout, fault.NotFound("file", "there is no such file in a run of this organisation")
	}
	if err != nil {
		return layout, err
	}
	return layout, json.Unmarshal(kept, &layout)
}
