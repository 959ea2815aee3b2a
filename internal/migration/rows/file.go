// Package rows turns the rows of a file into staged records: it says what each
// column means, reads values as the column requires, and accounts for every
// filled cell. It touches no record; what it made is copied into temporary tables.
package rows

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// longestRow is what a record may hold in bytes: search can't index more.
const longestRow = 256 << 10

// File is one file being read: what its columns mean, and the count of what
// became of its rows and cells.
type File struct {
	plan  *plan
	asked Asked
	no    int
	row   row

	mended bool // an errors-<file>.csv that comes back

	Rows     int64 // of data, blank and unreadable ones too
	Cells    Cells
	Amounts  map[string]int64 // sums of the claims' money cells of accepted rows, in cents, by column
	Estimate *Estimate        // the line items' estimate; nil for other kinds
}

// NewFile finds out what a file is and what its columns mean, and reads it once
// more where only its values tell how its dates are written. It returns
// fault.Invalid, saying what to do, for what it can't be sure of. no is the
// file's number in its run, loc the organisation's time zone.
func NewFile(ctx context.Context, open *os.File, layout decode.Layout, asked Asked, no int, loc *time.Location) (*File, error) {
	p, err := newPlan(layout, asked)
	if err != nil {
		return nil, err
	}
	f := &File{plan: p, asked: asked, no: no, mended: isMended(layout.Header), Amounts: map[string]int64{}}
	f.row = row{plan: p, loc: loc, now: time.Now()}
	if p.kind == sources.Estimate {
		f.Estimate = &Estimate{Totals: map[string]int64{}}
	}
	return f, f.findDateOrders(ctx, open)
}

// Source is the system the file comes from.
func (f *File) Source() string { return f.plan.source.Name }

// Kind is what its rows are.
func (f *File) Kind() sources.Kind { return f.plan.kind }

// Account is what became of the columns, for the run's record.
func (f *File) Account() (json.RawMessage, error) { return json.Marshal(f.plan.account()) }

// ErrorColumns are what errors-<file>.csv has before the columns of the original.
var ErrorColumns = []string{"line", "column", "value", "rule", "hint"}

// isMended tells whether a file is an errors-<file>.csv that comes back: its cells
// have apostrophes before what a spreadsheet would run as a formula.
func isMended(header []string) bool {
	return len(header) > len(ErrorColumns) && slices.Equal(header[:len(ErrorColumns)], ErrorColumns)
}

// Take puts one record of the file into the ledger and, where it is a row of
// data that can be read, its records into the batch.
func (f *File) Take(b *Batch, ordinal int, record *decode.Row) {
	var outcome string
	switch record.Kind {
	case decode.Header, decode.Title:
		b.record(f.no, ordinal, record, "header")
		return
	case decode.Blank:
		outcome = "blank"
	case decode.RepeatedHeader, decode.Footer:
		outcome = "skipped"
		b.complain(f.no, ordinal, []problem{{warning: true, rule: record.Kind.String(), hint: "not a row of data: the header again, or totals and remarks under the table"}})
	case decode.Bad:
		outcome = "errored"
		f.Cells.Filled++ // what can't be read counts as one cell
		f.Cells.Errored++
		b.complain(f.no, ordinal, []problem{f.unreadable(record)})
	default:
		outcome = f.data(b, ordinal, record)
	}
	f.Rows++
	b.record(f.no, ordinal, record, outcome)
}

func (f *File) unreadable(record *decode.Row) problem {
	p := problem{rule: record.Problem.Code, hint: record.Problem.Words}
	if record.Problem.Hint != "" {
		p.hint += "; " + record.Problem.Hint
	}
	if c := record.Problem.Column; c > 0 && c <= len(f.plan.header) {
		p.column = f.plan.header[c-1]
	}
	return p
}

func (f *File) data(b *Batch, ordinal int, record *decode.Row) (outcome string) {
	r := &f.row
	if f.mended {
		for i, c := range record.Cells {
			record.Cells[i] = sheet.Plain(c)
		}
	}
	r.reset(f.no, ordinal, record.Cells)
	r.checkBytes(len(record.Raw))
	if !r.errored {
		b.build(f, r)
	}
	r.count(&f.Cells)
	b.complain(f.no, ordinal, r.problems)
	if r.errored {
		return "errored"
	}
	return ""
}

// checkBytes sets aside what the database can't hold.
func (r *row) checkBytes(size int) {
	if size > longestRow {
		r.fail(-1, "row_too_long", "a row holds at most 256 KiB; shorten its texts")
	}
	for column, s := range r.cells {
		if column >= len(r.header) {
			return
		}
		if strings.IndexByte(s, 0) >= 0 {
			r.fail(column, "nul", "the cell holds a zero byte, which no text has; remove it")
		}
	}
}

// findDateOrders reads the columns of dates whose order nobody knows: a day over
// 12 tells. Without one it asks, since a date of loss is not to be guessed.
func (f *File) findDateOrders(ctx context.Context, from *os.File) error {
	open := f.plan.ambiguous(f.asked.Mapping)
	if len(open) == 0 {
		return nil
	}
	values, err := f.columns(ctx, from, open)
	if err != nil {
		return err
	}
	for i, column := range open {
		f.plan.orders[column] = date.DetectOrder(values[i].all)
		if f.plan.orders[column] == date.Unknown && values[i].slashed {
			return fault.Invalid("file", "%s: the dates in %q could be month/day or day/month, as %q; say which with \"date_order\": \"mdy\" or \"dmy\" in a --map file",
				f.asked.Name, f.plan.header[column], values[i].example)
		}
	}
	return nil
}
