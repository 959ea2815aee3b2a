package migration

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/staging"
	"github.com/skaiscraper/skai/internal/properties"
)

// longestRow is what a record may hold in bytes: search can't index more.
const longestRow = 256 << 10

// stageFile reads a file in batches and copies them into the temporary tables.
// Reading a batch and copying the one before go side by side; two batches are
// all the memory it takes.
func (r *run) stageFile(ctx context.Context, tx pgx.Tx, f *file, seen *seen) error {
	reader, err := decode.Open(ctx, f.open, f.plan.layout)
	if err != nil {
		return err
	}
	f.amounts = amounts{claims: map[string]int64{}}
	full, free := make(chan *batch), make(chan *batch, 2)
	for range 2 {
		free <- &batch{seen: seen, amounts: &f.amounts, estimate: f.estimate}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(full)
		return errors.Join(r.read(ctx, f, reader, full, free), reader.Close())
	})
	group.Go(func() error {
		for b := range full {
			if err := b.copy(ctx, tx); err != nil {
				return err
			}
			free <- b
		}
		return nil
	})
	return group.Wait()
}

func (b *batch) copy(ctx context.Context, tx pgx.Tx) error {
	if err := staging.CopyInto(ctx, tx, "stage_rows", &b.ledger); err != nil {
		return err
	}
	if err := staging.CopyInto(ctx, tx, "stage_problems", &b.problems); err != nil {
		return err
	}
	for _, c := range []struct {
		table  staging.Table
		buffer *staging.Buffer
	}{
		{contacts.Staging, &b.contacts}, {properties.Staging, &b.properties}, {leads.Staging, &b.leads}, {claims.Staging, &b.claims}, {files.Staging, &b.files},
	} {
		if err := c.table.Copy(ctx, tx, c.buffer); err != nil {
			return err
		}
	}
	return staging.CopyInto(ctx, tx, "stage_estimate_lines ("+claims.StagedLineColumns+")", &b.lines)
}

// read fills batches with the file's rows until its end.
func (r *run) read(ctx context.Context, f *file, reader *decode.Reader, full chan<- *batch, free <-chan *batch) error {
	current := &row{plan: f.plan, loc: r.loc, now: time.Now()}
	b := <-free
	for ordinal := 1; ; ordinal++ {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		f.take(b, current, ordinal, &record)
		r.meter.add(record.Kind != decode.Header && record.Kind != decode.Title, len(record.Raw))
		if b.rows < int64(r.options.BatchSize) {
			continue
		}
		select {
		case full <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case b = <-free:
			b.reset()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case full <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take puts one record of the file into the ledger and, where it is a row of
// data that can be read, its records into the batch.
func (f *file) take(b *batch, r *row, ordinal int, record *decode.Row) {
	outcome := ""
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
		f.cells.Filled++ // what can't be read counts as one cell
		f.cells.Errored++
		b.complain(f.no, ordinal, []problem{f.unreadable(record)})
	default:
		outcome = f.data(b, r, ordinal, record)
	}
	f.rows++
	b.record(f.no, ordinal, record, outcome)
}

func (f *file) unreadable(record *decode.Row) problem {
	p := problem{rule: record.Problem.Code, hint: record.Problem.Words}
	if record.Problem.Hint != "" {
		p.hint += "; " + record.Problem.Hint
	}
	if c := record.Problem.Column; c > 0 && c <= len(f.plan.header) {
		p.column = f.plan.header[c-1]
	}
	return p
}

func (f *file) data(b *batch, r *row, ordinal int, record *decode.Row) (outcome string) {
	r.reset(f.no, ordinal, record.Cells)
	r.checkBytes(len(record.Raw))
	if !r.errored {
		b.build(r)
	}
	r.count(&f.cells)
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
func (f *file) findDateOrders(ctx context.Context, layout decode.Layout) error {
	f.plan.layout = layout
	open := f.plan.ambiguous(f.Mapping)
	if len(open) == 0 {
		return nil
	}
	values, err := f.columns(ctx, open)
	if err != nil {
		return err
	}
	for i, column := range open {
		f.plan.orders[column] = date.DetectOrder(values[i].all)
		if f.plan.orders[column] == date.Unknown && values[i].slashed {
			return fault.Invalid("file", "%s: the dates in %q could be month/day or day/month, as %q; say which with \"date_order\": \"mdy\" or \"dmy\" in a --map file",
				f.Name, f.plan.header[column], values[i].example)
		}
	}
	return nil
}
