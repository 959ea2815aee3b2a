package decode

import (
	"context"
	"errors"
	"io"
	"math"
	"os"
	"slices"

	"github.com/skaiscraper/skai/internal/migration/decode/workbook"
)

// ProbeSheet is [Probe] for one sheet of a workbook, where Probe chooses among the
// sheets itself. It returns fault.Invalid when there is no such sheet.
func ProbeSheet(ctx context.Context, f *os.File, name, sheet string, known func(header string) bool) (Layout, error) {
	info, err := f.Stat()
	if err != nil {
		return Layout{}, err
	}
	return probeXLSX(ctx, f, info.Size(), name, sheet, known)
}

// sheetReader gives the rows of the sheet that a layout names.
type sheetReader struct {
	book *workbook.Book
	rows *workbook.Rows
	last int // row after which nothing is given
	done bool
}

func openSheet(ctx context.Context, f io.ReaderAt, size int64, layout Layout) (*sheetReader, error) {
	book, err := workbook.Open(ctx, f, size, "the workbook")
	if err != nil {
		return nil, err
	}
	sheet, ok := book.Sheet(layout.Sheet)
	if !ok {
		return nil, refuse("the workbook", "has no sheet %q", layout.Sheet)
	}
	rows, err := book.Rows(sheet)
	if err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return &sheetReader{book: book, rows: rows, last: layout.LastRow, done: layout.LastRow == 0}, nil
}

// next fills line, raw and cells of the row.
func (s *sheetReader) next(row *Row) error {
	if s.done {
		return io.EOF
	}
	r, err := s.rows.Next()
	if err != nil {
		return err
	}
	s.done = r.Number >= s.last
	*row = Row{Line: r.Number, Raw: r.JSON, Cells: r.Cells}
	return nil
}

func (s *sheetReader) close() error { return errors.Join(s.rows.Close(), s.book.Close()) }

// candidate is a sheet with its first rows.
type candidate struct {
	workbook.Sheet
	table
	names int  // column names in the header that are known
	full  bool // has a header of several columns and rows under it
}

func probeXLSX(ctx context.Context, f io.ReaderAt, size int64, name, sheet string, known func(string) bool) (Layout, error) {
	book, err := workbook.Open(ctx, f, size, name)
	if err != nil {
		return Layout{}, err
	}
	defer func() { _ = book.Close() }() // it was only read
	var filled []candidate
	for _, s := range book.Sheets {
		c, err := sampleSheet(book, s, known)
		if err != nil {
			return Layout{}, err
		}
		if len(c.rows) > 0 || s.Name == sheet {
			filled = append(filled, c)
		}
	}
	chosen, err := choose(filled, name, sheet)
	if err != nil {
		return Layout{}, err
	}
	l := Layout{Format: FormatXLSX, Sheet: chosen.Name}
	chosen.settle(&l)
	for _, c := range filled {
		if c.Name != chosen.Name {
			l.OtherSheets = append(l.OtherSheets, c.Name)
			l.note("%s %q holds something too and is not read", map[bool]string{false: "the sheet", true: "the hidden sheet"}[c.Hidden], c.Name)
		}
	}
	return surveySheet(book, chosen, l)
}

// sampleSheet reads the first rows of a sheet.
func sampleSheet(book *workbook.Book, sheet workbook.Sheet, known func(string) bool) (candidate, error) {
	c := candidate{Sheet: sheet}
	rows, err := book.Rows(sheet)
	if err != nil {
		return c, err
	}
	defer func() { _ = rows.Close() }() // it was only read
	var sample []sampleRow
	for len(sample) < sampleRows {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c, err
		}
		if n := filled(row.Cells); n > 0 {
			sample = append(sample, sampleRow{line: row.Number, cells: slices.Clone(row.Cells), filled: n})
		}
	}
	c.table = newTable(sample, known)
	if i, _ := c.header(); i >= 0 {
		c.names = c.knownIn(c.rows[i].cells)
		c.full = c.rows[i].filled > 1 && i+1 < len(c.rows)
	}
	return c, nil
}

// choose takes the sheet asked for, or the one with the most known column names,
// else the first that looks like a table, else the first; hidden ones come last.
func choose(filled []candidate, name, sheet string) (candidate, error) {
	var best candidate
	most := -1
	for _, c := range filled {
		if c.Name == sheet {
			return c, nil
		}
		score := 4 * c.names
		if c.full {
			score += 2
		}
		if !c.Hidden {
			score += 1 << 20
		}
		if score > most {
			best, most = c, score
		}
	}
	switch {
	case sheet != "":
		return best, refuse(name, "has no sheet %q", sheet)
	case most < 0:
		return best, refuse(name, "is an empty workbook: export it again and check that it holds rows")
	}
	return best, nil
}

// surveySheet reads all of the chosen sheet.
func surveySheet(book *workbook.Book, c candidate, l Layout) (Layout, error) {
	rows, err := book.Rows(c.Sheet)
	if err != nil {
		return l, err
	}
	defer func() { _ = rows.Close() }() // it was only read
	r := &Reader{judge: judge{layout: l}, sheet: &sheetReader{book: book, rows: rows, last: math.MaxInt}}
	v := survey{table: c.table, judge: &r.judge}
	if err := v.read(r); err != nil {
		return l, err
	}
	l = r.layout
	l.Records, l.LastRow, v.kinds[Blank] = v.records, v.last, v.blanks
	if extra := v.width - len(l.Header); extra > 0 {
		l.Header = slices.Clone((&nameMaker{}).make(l.Header, v.width))
		l.note("%s values but no name", plural(extra, "column holds", "columns hold"))
	}
	v.notes(&l)
	return l, nil
}
