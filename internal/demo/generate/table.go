package generate

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// table is a file while it is being put together.
type table struct {
	title  []string // lines above the header
	header []string
	rows   []row
}

// row is a record: its cells, or its text where no writer of CSV would write such.
type row struct {
	cells         []string
	raw           string // without a line end
	windows1252   bool   // written in that encoding
	blank         bool
	rule, column  string // why it has to be set aside; "" for a good one
	doNotContact  bool
	doubledName   bool
	isUnbalanced  bool
	stage         string
	lineInTheFile int
}

// dialect is how a CSV is written.
type dialect struct {
	bom, crlf, quoteAll bool
}

func (t *table) add(cells ...string) *row {
	t.rows = append(t.rows, row{cells: cells})
	return &t.rows[len(t.rows)-1]
}

func (t *table) column(name string) int {
	for i, h := range t.header {
		if h == name {
			return i
		}
	}
	panic("generate: no column " + name) // a slip in this package, which its tests find
}

// cell sets a cell of a row by its column's name.
func (t *table) cell(r *row, column, value string) { r.cells[t.column(column)] = value }

// spread puts rows that have to be set aside between the others, none of them
// in the first third: a reader that only samples the start must not see them.
func (t *table) spread(d dice, bad ...row) {
	for _, b := range bad {
		at := len(t.rows)/3 + d.IntN(len(t.rows)-len(t.rows)/3+1)
		t.rows = append(t.rows[:at], append([]row{b}, t.rows[at:]...)...)
	}
}

// csv writes the table and notes where each row came to stand.
func (t *table) csv(d dialect) []byte {
	var out []byte
	end := "\n"
	if d.crlf {
		end = "\r\n"
	}
	if d.bom {
		out = append(out, "\xef\xbb\xbf"...)
	}
	line := 1
	write := func(text []byte) {
		out = append(append(out, text...), end...)
		line += bytes.Count(text, []byte{'\n'}) + 1
	}
	for _, s := range t.title {
		write(cellsOf([]string{s}, d.quoteAll))
	}
	write(cellsOf(t.header, d.quoteAll))
	for i := range t.rows {
		r := &t.rows[i]
		r.lineInTheFile = line
		text := []byte(r.raw)
		if r.raw == "" {
			text = cellsOf(r.cells, d.quoteAll)
		}
		if r.windows1252 {
			text = toWindows1252(string(text))
		}
		write(text)
	}
	return out
}

// cellsOf gives a record of CSV (RFC 4180) without its line end.
func cellsOf(cells []string, quoteAll bool) (out []byte) {
	for i, s := range cells {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendCell(out, s, quoteAll && s != "")
	}
	return out
}

func appendCell(out []byte, s string, quote bool) []byte {
	if !quote && !strings.ContainsAny(s, ",\"\r\n") {
		return append(out, s...)
	}
	out = append(out, '"')
	for i := range len(s) {
		if s[i] == '"' {
			out = append(out, '"')
		}
		out = append(out, s[i])
	}
	return append(out, '"')
}

// toWindows1252 writes the characters that the lists here use outside of ASCII.
func toWindows1252(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case r == '\u2013': // en dash
			out = append(out, 0x96)
		case r == '\u2019': // apostrophe
			out = append(out, 0x92)
		case r <= unicode.MaxLatin1:
			out = append(out, byte(r)) //nolint:gosec // at most 255
		default:
			panic("generate: a character that is not in the table above") // a slip in this package
		}
	}
	return out
}

// xlsx writes the table as a workbook of one sheet. typed gives a cell another
// type than text by its column's name; it returns the text itself to keep it.
func (t *table) xlsx(sheet string, typed func(column, value string) any) (_ []byte, err error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // it was only written to memory
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	w, err := book.NewStreamWriter(sheet)
	if err != nil {
		return nil, err
	}
	line := 0
	write := func(cells []any) error {
		line++
		return w.SetRow("A"+strconv.Itoa(line), cells)
	}
	for _, s := range t.title {
		if err := write([]any{s}); err != nil {
			return nil, err
		}
	}
	if err := write(anyOf(t.header)); err != nil {
		return nil, err
	}
	for i := range t.rows {
		cells := make([]any, len(t.header))
		for column, s := range t.rows[i].cells {
			if s != "" {
				cells[column] = typed(t.header[column], s)
			}
		}
		if err := write(cells); err != nil {
			return nil, err
		}
		t.rows[i].lineInTheFile = line
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return finish(book)
}

// finish writes a workbook without a trace of the day it was written on.
func finish(book *excelize.File) ([]byte, error) {
	const then = "2026-11-16T15:00:00Z"
	if err := book.SetDocProps(&excelize.DocProperties{Creator: "Reports", LastModifiedBy: "Reports", Created: then, Modified: then}); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func anyOf(cells []string) []any {
	list := make([]any, len(cells))
	for i, s := range cells {
		list[i] = s
	}
	return list
}

// want counts the known answer once the table is written; money names the
// columns whose sums are control totals.
func (t *table) want(money ...string) Want {
	w := Want{Rows: len(t.rows), Reasons: map[string]int{}, Stages: map[string]int{}, Cents: map[string]int64{}}
	for i := range t.rows {
		r := &t.rows[i]
		switch {
		case r.blank:
			w.Blank++
		case r.rule != "":
			w.Errored++
			w.Reasons[r.rule]++
			w.Defects = append(w.Defects, t.defect(r))
		default:
			t.count(&w, r, money)
		}
	}
	return w
}

func (t *table) defect(r *row) Defect {
	d := Defect{Line: r.lineInTheFile, Column: r.column, Rule: r.rule}
	if r.column != "" && r.raw == "" {
		d.Value = r.cells[t.column(r.column)]
	}
	return d
}

func (t *table) count(w *Want, r *row, money []string) {
	for _, name := range money {
		w.Cents[name] += centsOf(r.cells[t.column(name)])
	}
	if r.stage != "" {
		w.Stages[r.stage]++
	}
	if r.doNotContact {
		w.DoNotContact++
	}
	if r.doubledName {
		w.DoubledNames++
	}
	if r.isUnbalanced {
		w.Unbalanced++
	}
}
