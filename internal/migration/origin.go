package migration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Origin is a row of the ledger, as it stood in the customer's file.
type Origin struct {
	File    string
	Source  string
	Kind    sources.Kind
	Line    int
	Outcome string
	Raw     string // the text of the row; of a workbook, its cells as JSON
	Cells   []OriginCell
	// Problems are what was wrong, or where a value went instead of its field.
	Problems []OriginProblem
}

// OriginCell is one cell of a row with what its column means.
type OriginCell struct{ Column, Field, Value string }

// OriginProblem is one remark on a row.
type OriginProblem struct {
	Severity   string
	ColumnName string
	Value      string
	Rule       string
	Hint       string
}

// OriginOf gives a row of the ledger; fault.NotFound where there is none. Who may
// not see amounts sees the row without those cells that may hold one.
func (s *Service) OriginOf(ctx context.Context, run uuid.UUID, fileNo, ordinal int) (Origin, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return Origin{}, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Origin, error) {
		o, err := originOf(ctx, tx, run, fileNo, ordinal)
		if err == nil && identity.HidesAmounts(ctx) {
			o.hideAmounts()
		}
		return o, err
	})
}

type keptRow struct {
	Name, Source, Kind, Outcome string
	Line                        int
	Raw, Layout, Mapping        []byte
}

func originOf(ctx context.Context, tx pgx.Tx, run uuid.UUID, fileNo, ordinal int) (Origin, error) {
	k, err := postgres.One[keptRow](ctx, tx, `
		SELECT f.name, f.source, f.kind, l.outcome, l.line, l.raw, f.layout, f.mapping
		FROM import_rows l JOIN import_files f ON f.org_id = l.org_id AND f.run_id = l.run_id AND f.file_no = l.file_no
		WHERE l.run_id = $1 AND l.file_no = $2 AND l.ordinal = $3`, run, fileNo, ordinal)
	if errors.Is(err, postgres.ErrNoRow) {
		return Origin{}, fault.NotFound("origin", "there is no such row in the ledger of this organisation")
	}
	if err != nil {
		return Origin{}, err
	}
	o := Origin{File: k.Name, Source: k.Source, Kind: sources.Kind(k.Kind), Line: k.Line, Outcome: k.Outcome}
	if err := o.read(k); err != nil {
		return Origin{}, err
	}
	o.Problems, err = postgres.Many[OriginProblem](ctx, tx, `
		SELECT severity, column_name, value, rule, hint FROM import_problems
		WHERE run_id = $1 AND file_no = $2 AND ordinal = $3 ORDER BY seq`, run, fileNo, ordinal)
	return o, err
}

// read tells the cells apart as the import did.
func (o *Origin) read(k keptRow) error {
	var layout decode.Layout
	var mapping struct {
		Columns []struct{ Column, Field string } `json:"columns"`
	}
	if err := errors.Join(json.Unmarshal(k.Layout, &layout), json.Unmarshal(k.Mapping, &mapping)); err != nil {
		return fmt.Errorf("read how %s was read: %w", k.Name, err)
	}
	cells := cellsOrRaw(layout, k.Raw)
	o.Raw = decode.Text(layout, k.Raw)
	if len(cells) == 1 && len(layout.Header) > 1 {
		return nil // it could not be told apart; the raw text says it all
	}
	for i, value := range cells {
		c := OriginCell{Column: fmt.Sprintf("Column %d", i+1), Field: "extra", Value: value}
		if i < len(mapping.Columns) {
			c.Column, c.Field = mapping.Columns[i].Column, mapping.Columns[i].Field
		}
		o.Cells = append(o.Cells, c)
	}
	return nil
}

// hideAmounts leaves out what may be an amount: cells by their field, column or
// text, what is said of them, and the row's whole text unless none of its cells
// is hidden. A line item of an estimate is amounts from end to end.
func (o *Origin) hideAmounts() {
	hidden := map[string]bool{}
	for i := range o.Cells {
		c := &o.Cells[i]
		var field sources.Field
		err := field.UnmarshalText([]byte(c.Field)) // a field of another version of the program is hidden too
		if err != nil || field.Money() || o.Kind == sources.Estimate || money.Spoken(c.Column, c.Value) {
			c.Value, hidden[c.Column] = identity.HiddenAmount, true
		}
	}
	if len(hidden) > 0 || len(o.Cells) == 0 {
		o.Raw = identity.HiddenAmount
	}
	for i := range o.Problems {
		p := &o.Problems[i]
		if hidden[p.ColumnName] || len(o.Cells) == 0 || money.Spoken(p.ColumnName, p.Value) {
			p.Value, p.Hint = identity.HiddenAmount, ""
		}
	}
}

// ErrorRows gives each errored row of a file, in order, as the errors CSV has
// it, to a function; the first call has the columns' names.
func (s *Service) ErrorRows(ctx context.Context, run uuid.UUID, fileNo int, each func(cells []string) error) error {
	if err := identity.Require(ctx, identity.Migrate); err != nil {
		return err
	}
	_, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, errorRows(ctx, tx, run, fileNo, each)
	})
	return err
}
