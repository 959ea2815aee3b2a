package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

const (
	maxColumns = 16_384
	maxRows    = 1_048_576
)

// Row is a row of a worksheet. Cells and JSON are valid until the next call of
// [Rows.Next].
type Row struct {
	Number int      // 1-based
	Cells  []string // up to the last that holds something
	JSON   []byte   // the cells as a JSON array
}

// Rows gives the rows of a worksheet.
type Rows struct {
	book *Book
	part io.ReadCloser
	xml  *xmlReader

	row    int // number of the row, 1-based
	column int // number of the cell
	text   []byte
	spans  []span // of the cells in text, in their order in the sheet
	cells  []string
	json   []byte
}

// span is where a cell's text stands among that of its row.
type span struct{ from, to int }

// Rows starts to read a sheet. One sheet of a Book can be read at a time, and one
// after the other.
func (w *Book) Rows(sheet Sheet) (*Rows, error) {
	if err := w.strings.load(w); err != nil {
		return nil, w.explain(err)
	}
	part, err := w.part(sheet.part)
	if err != nil {
		return nil, w.explain(err)
	}
	x, err := newXMLReader(w.ctx, part)
	if err != nil {
		return nil, errors.Join(w.explain(err), part.Close())
	}
	return &Rows{book: w, part: part, xml: x}, nil
}

// Close ends the reading of the sheet.
func (s *Rows) Close() error { return s.part.Close() }

// Next gives the next row that the sheet has, and io.EOF after the last. Rows that
// hold nothing need not be there, and can be. It returns fault.Invalid when the
// workbook turns out to be damaged.
func (s *Rows) Next() (Row, error) {
	more, err := s.nextRow()
	switch {
	case err != nil:
		return Row{}, s.book.explain(fmt.Errorf("row %d: %w", s.row, err))
	case !more:
		return Row{}, io.EOF
	}
	return s.finish(), nil
}

// nextRow reads the tags of one row; more is false when there is none left.
func (s *Rows) nextRow() (more bool, err error) {
	s.text, s.spans, s.column = s.text[:0], s.spans[:0], 0
	inside := false
	for {
		t, err := s.xml.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		switch {
		case err != nil:
		case t.is("row") && !t.end:
			inside = true
			err = s.startRow(t)
		case t.is("row") && inside:
			return true, nil
		case t.is("c") && !t.end && inside:
			err = s.cell(t)
		}
		if err != nil {
			return false, err
		}
	}
}

func (s *Rows) startRow(t tag) error {
	n := s.row + 1
	if r := t.attr("r"); r != "" {
		given, err := strconv.Atoi(r)
		if err != nil || given < n {
			return badXML("a row numbered %s", r)
		}
		n = given
	}
	if n > maxRows {
		return badXML("more than %d rows", maxRows)
	}
	s.row = n
	return nil
}

// cell reads one cell up to its end.
func (s *Rows) cell(t tag) error {
	kind, style := "", -1
	s.column++
	for rest := t.attrs; ; {
		var key, value []byte
		if key, value, rest = nextAttr(rest); key == nil {
			break
		}
		switch string(key) {
		case "r":
			column := columnOf(value)
			if column < s.column {
				return badXML("a cell at %q", value)
			}
			s.column = column
		case "t":
			kind = cellKind(value)
		case "s":
			style = number(value)
		}
	}
	if s.column > maxColumns {
		return badXML("more than %d columns", maxColumns)
	}
	if err := s.content(); err != nil {
		return err
	}
	if len(s.xml.text) == 0 {
		return nil
	}
	return s.value(kind, style)
}

// cellKind gives the kinds of cell without using memory.
func cellKind(value []byte) string {
	for _, k := range []string{"s", "n", "str", "inlineStr", "b", "e", "d"} {
		if string(value) == k {
			return k
		}
	}
	return "str"
}

// columnOf is the column of a reference like AB12, 1-based; 0 when it is none.
func columnOf(ref []byte) int {
	n := 0
	for _, c := range ref {
		if c >= '0' && c <= '9' && n > 0 {
			return n
		}
		if c |= 0x20; c < 'a' || c > 'z' || n > maxColumns {
			return 0
		}
		n = n*26 + int(c-'a') + 1
	}
	return 0
}

// content collects the text of the cell's value, or of its inline text, without
// the formula and phonetic hints.
func (s *Rows) content() error {
	s.xml.text = s.xml.text[:0]
	if done, err := s.xml.shortcut("<v>", "</v></c>"); done || err != nil {
		return err
	}
	phonetic := false
	for {
		t, err := s.xml.next()
		if err != nil {
			return err
		}
		switch {
		case t.is("c") && t.end:
			return nil
		case t.is("rPh"):
			phonetic = !t.end
		case t.is("v"), t.is("t"):
			s.xml.keep = !t.end && !phonetic
		}
	}
}

// value adds the cell as a person sees it in the sheet.
func (s *Rows) value(kind string, style int) error {
	from, raw := len(s.text), s.xml.text
	var err error
	switch kind {
	case "s":
		s.text, err = s.book.strings.append(s.text, number(trim(raw)))
	case "str", "inlineStr":
		s.text = append(s.text, unescape(raw)...)
	case "b":
		s.text = append(s.text, map[string]string{"0": "FALSE", "1": "TRUE"}[string(raw)]...)
		if len(s.text) == from {
			s.text = append(s.text, raw...)
		}
	case "d":
		s.text = append(s.text, bytes.TrimSuffix(raw, []byte("T00:00:00"))...)
	case "e":
		s.text = append(s.text, raw...)
	default:
		s.number(trim(raw), style)
	}
	if len(s.text) > from {
		for len(s.spans) < s.column {
			s.spans = append(s.spans, span{from: from, to: from})
		}
		s.spans[s.column-1].to = len(s.text)
	}
	return err
}

// number adds a number, or the date it stands for.
func (s *Rows) number(raw []byte, style int) {
	if style >= 0 && style < len(s.book.formats) && s.book.formats[style] != noDate {
		if f, err := strconv.ParseFloat(string(raw), 64); err == nil {
			var ok bool
			if s.text, ok = appendDate(s.text, f, s.book.formats[style], s.book.date1904); ok {
				return
			}
		}
	}
	s.text = appendNumber(s.text, raw)
}

// number reads a whole number without using memory; -1 if it is none.
func number(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 1<<40 {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	if len(b) == 0 {
		return -1
	}
	return n
}

// finish gives the row's cells as strings that share one piece of memory.
func (s *Rows) finish() Row {
	whole := string(s.text)
	s.cells, s.json = s.cells[:0], append(s.json[:0], '[')
	for i, c := range s.spans {
		s.cells = append(s.cells, whole[c.from:c.to])
		if i > 0 {
			s.json = append(s.json, ',')
		}
		s.json = appendJSON(s.json, s.text[c.from:c.to])
	}
	s.json = append(s.json, ']')
	return Row{Number: s.row, Cells: s.cells, JSON: s.json}
}

// appendJSON appends UTF-8 as a JSON string.
func appendJSON(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ' || c >= utf8.RuneSelf:
			dst = append(dst, c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(dst, '"')
}
