package rows

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/normalise"
	"github.com/skaiscraper/skai/internal/platform/date"
)

// dateColumn is what a column of dates holds, each distinct text once, up to a
// number that no column of ambiguous dates exceeds (12 months of 12 days of 50 years).
type dateColumn struct {
	texts   map[string]struct{}
	slashed bool   // some value is a date only once the order is known
	example string // such a value
}

const manyDates = 20_000

func (c *dateColumn) all(yield func(string) bool) {
	for text := range c.texts {
		if !yield(text) {
			return
		}
	}
}

func (c *dateColumn) add(s string) {
	s = normalise.Text(s)
	if normalise.Blank(s) || len(c.texts) >= manyDates {
		return
	}
	if _, known := c.texts[s]; known {
		return
	}
	c.texts[s] = struct{}{}
	if c.slashed {
		return
	}
	_, unknown := date.ParseTime(s, date.Unknown, time.UTC)
	_, first := date.ParseTime(s, date.MonthFirst, time.UTC)
	if unknown != nil && first == nil {
		c.slashed, c.example = true, s
	}
}

// columns reads the file once for the values of some columns.
func (f *File) columns(ctx context.Context, from *os.File, wanted []int) ([]*dateColumn, error) {
	found := make([]*dateColumn, len(wanted))
	for i := range found {
		found[i] = &dateColumn{texts: map[string]struct{}{}}
	}
	reader, err := decode.Open(ctx, from, f.plan.layout)
	if err != nil {
		return nil, err
	}
	for {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return found, reader.Close()
		}
		if err != nil {
			return nil, errors.Join(err, reader.Close())
		}
		if record.Kind != decode.Data {
			continue
		}
		for i, column := range wanted {
			if column < len(record.Cells) {
				found[i].add(record.Cells[column])
			}
		}
	}
}
