package decode

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
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

// candidate is a sheet with its first rows.
type candidate struct {
	sheetInfo
	table
	names int  // column names in the header that are known
	full  bool // has a header of several columns and rows under it
}

func probeXLSX(ctx context.Context, f io.ReaderAt, size int64, name, sheet string, known func(string) bool) (Layout, error) {
	book, err := openWorkbook(ctx, f, size, name)
	if err != nil {
		return Layout{}, err
	}
	defer func() { _ = book.strings.close() }() // it was only read
	var filled []candidate
	for _, info := range book.sheets {
		c, err := book.candidate(info, name, known)
		if err != nil {
			return Layout{}, err
		}
		if len(c.rows) > 0 || info.name == sheet {
			filled = append(filled, c)
		}
	}
	chosen, err := choose(filled, name, sheet)
	if err != nil {
		return Layout{}, err
	}
	l := Layout{Format: FormatXLSX, Sheet: chosen.name}
	chosen.settle(&l)
	for _, c := range filled {
		if c.name != chosen.name {
			l.OtherSheets = append(l.OtherSheets, c.name)
			l.note("%s %q holds something too and is not read", map[bool]string{false: "the sheet", true: "the hidden sheet"}[c.hidden], c.name)
		}
	}
	return book.survey(chosen, l, name)
}

// candidate reads the first rows of a sheet.
func (w *workbook) candidate(info sheetInfo, name string, known func(string) bool) (candidate, error) {
	c := candidate{sheetInfo: info}
	s, err := w.open(info, name)
	if err != nil {
		return c, err
	}
	defer func() { _ = s.part.Close() }() // it was only read
	var sample []sampleRow
	for len(sample) < sampleRows {
		var row Row
		err := s.next(&row)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c, err
		}
		if n := filled(row.Cells); n > 0 {
			sample = append(sample, sampleRow{line: row.Line, cells: slices.Clone(row.Cells), filled: n})
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
		if c.name == sheet {
			return c, nil
		}
		score := 4 * c.names
		if c.full {
			score += 2
		}
		if !c.hidden {
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

// survey reads all of the chosen sheet.
func (w *workbook) survey(c candidate, l Layout, name string) (Layout, error) {
	s, err := w.open(c.sheetInfo, name)
	if err != nil {
		return l, err
	}
	defer func() { _ = s.part.Close() }() // it was only read
	r := &Reader{judge: judge{layout: l}, sheet: s}
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
