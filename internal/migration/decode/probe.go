package decode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
)

// Probe reads the whole of f and decides how it is to be read. name is the file's
// name as the customer knows it, for messages. known tells whether a header is a
// column name that some vendor uses, in whatever case; it may be nil.
//
// It returns fault.Invalid, saying what the file is and what to do, for a file
// that holds no table: a PDF, a picture, an encrypted workbook, an empty file.
func Probe(ctx context.Context, f *os.File, name string, known func(header string) bool) (Layout, error) {
	info, err := f.Stat()
	if err != nil {
		return Layout{}, fmt.Errorf("size of %s: %w", name, err)
	}
	return probe(ctx, f, info.Size(), name, known)
}

func probe(ctx context.Context, f io.ReaderAt, size int64, name string, known func(string) bool) (Layout, error) {
	head := make([]byte, min(size, headSize))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Layout{}, fmt.Errorf("read %s: %w", name, err)
	}
	if bytes.HasPrefix(head, []byte(magicZIP)) {
		return probeXLSX(ctx, f, size, name, "", known)
	}
	if err := refuseForeign(f, size, name, head); err != nil {
		return Layout{}, err
	}
	return probeText(ctx, f, size, name, head, known)
}

func probeText(ctx context.Context, f io.ReaderAt, size int64, name string, head []byte, known func(string) bool) (Layout, error) {
	whole := int64(len(head)) == size
	l := Layout{Format: FormatCSV, Encoding: Windows1252}
	text := head
	if encoding := charset.UTF16Of(head); encoding != "" {
		l.Encoding = encoding
		text, _ = charset.AppendFromUTF16(nil, head, encoding == UTF16BE, whole)
	}
	l.BOM, l.LineEnd = bytes.HasPrefix(text, []byte(charset.BOM)), commonLineEnd(text)
	if err := refuseMarkup(name, text, whole); err != nil {
		return Layout{}, err
	}
	sample, err := chooseDialect(ctx, text, whole, &l, name, known)
	if err != nil {
		return Layout{}, err
	}
	t := newTable(sample, known)
	t.settle(&l)
	r, err := open(ctx, f, size, l)
	if err != nil {
		return Layout{}, err
	}
	if isWide, _ := charset.IsUTF16(l.Encoding); !isWide {
		r.text.census = &charset.Census{}
	}
	s := survey{table: t, judge: &r.judge}
	if err := s.read(r); err != nil {
		return Layout{}, err
	}
	l = r.layout
	if r.text.census != nil {
		v := r.text.census.Verdict(l.BOM)
		if v.Unsure > 0 && v.Unsure >= l.Records-s.kinds[Blank] {
			return Layout{}, refuse(name, "is in an encoding that can't be told for certain: save it as CSV UTF-8 and send it again")
		}
		s.problems[ProblemEncoding] = v.Unsure
		l.setEncoding(v)
	}
	s.notes(&l)
	return l, nil
}

func (l *Layout) setEncoding(v charset.Verdict) {
	l.Encoding, l.ForeignCount, l.ForeignLines = v.Encoding, v.Foreign, v.Lines
	if v.Foreign > 0 {
		l.note("%s not UTF-8 and read as Windows-1252, the first at line %d", plural(v.Foreign, "line is", "lines are"), v.Lines[0])
	}
	if v.Alphabet {
		l.note("the text seems to be in an alphabet other than the Western one: if names look wrong, save the file as CSV UTF-8 and send it again")
	}
}

// survey is what the first reading of a whole file finds out.
type survey struct {
	table
	*judge
	width int // columns that hold something

	gap      int // line at which, after a blank line, something starts that is narrower than the table; 0 if none
	blank    bool
	line     int // of the last record
	kinds    [Bad + 1]int
	problems map[string]int
	short    int // data records with fewer cells than columns
	last     int // line of the last record that is not blank
	records  int // up to there
	blanks   int // blank ones up to there
}

func (s *survey) read(r *Reader) error {
	s.problems = map[string]int{}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		s.count(row)
	}
}

func (s *survey) count(row Row) {
	s.layout.Records++
	kind := row.Kind
	if s.layout.Format == FormatXLSX && row.Line > s.line+1 { // rows with nothing in them need not be written
		s.blank, s.gap = true, 0
	}
	s.line = row.Line
	if kind == Data || kind == Footer {
		kind = s.look(row)
	}
	if kind != Blank {
		s.blank, s.last, s.records, s.blanks = false, row.Line, s.layout.Records, s.kinds[Blank]
	} else {
		s.blank, s.gap = true, 0
	}
	s.kinds[kind]++
	if kind == Bad {
		s.layout.FooterLine = 0
		s.problems[problemCode(row)]++
	}
}

func problemCode(row Row) string {
	if row.Problem == nil {
		return ProblemOtherTable
	}
	return row.Problem.Code
}

// look finds footers and further tables, which only show as the file goes on.
func (s *survey) look(row Row) Kind {
	n := len(row.Cells)
	for n > 0 && empty(row.Cells[n-1]) {
		n--
	}
	s.width = max(s.width, n)
	if isFooter(row.Cells, len(s.layout.Header)) {
		if s.layout.FooterLine == 0 {
			s.layout.FooterLine = row.Line
		}
		return Footer
	}
	s.kinds[Data] += s.kinds[Footer]
	s.kinds[Footer], s.layout.FooterLine = 0, 0
	if s.startsTable(row) {
		s.layout.OtherTables = append(s.layout.OtherTables, s.gap)
		s.other = true
		return Bad
	}
	if len(row.Cells) < len(s.layout.Header) {
		s.short++
	}
	return Data
}

// startsTable tells whether the row is the header of a further table: the first
// row, bar titles, after a blank line, and nearly all known column names.
func (s *survey) startsTable(row Row) bool {
	n := filled(row.Cells)
	switch {
	case s.blank:
		s.gap = row.Line
	case s.gap == 0:
		return false
	}
	if n <= 1 && len(s.layout.Header) > 2 {
		return false
	}
	is := n >= 3 && s.knownIn(row.Cells)*5 >= n*4
	if !is {
		s.gap = 0
	}
	return is
}

// notes puts into words what the file holds beside plain rows.
func (s *survey) notes(l *Layout) {
	if n := s.kinds[RepeatedHeader]; n > 0 {
		l.note("the header comes again %s", plural(n, "time"))
	}
	if n := s.kinds[Blank]; n > 0 {
		l.note("%s", plural(n, "blank line"))
	}
	if n := s.kinds[Footer]; l.FooterLine > 0 {
		l.note("%s of totals or remarks at the end, from line %d", plural(n, "line"), l.FooterLine)
	}
	if l.Format == FormatCSV && s.short > 0 {
		l.note("%s fewer cells than the table has columns; the missing ones are taken as empty", plural(s.short, "row has", "rows have"))
	}
	if s.strays > 0 {
		l.note("%s quotation marks inside cells that have none around them; they are kept as they are", plural(s.strays, "row has", "rows have"))
	}
	for _, code := range []string{ProblemQuote, ProblemEncoding, ProblemTooMany, ProblemNUL, ProblemTooLong, ProblemLineBreak} {
		if n := s.problems[code]; n > 0 {
			l.note("%s can't be read for sure: %s", plural(n, "row"), problemWords[code])
		}
	}
	if len(l.OtherTables) > 0 {
		l.note("another table with other columns starts at line %d; its rows are set aside", l.OtherTables[0])
	}
	if s.kinds[Data]+s.kinds[Bad] == 0 {
		l.note("the file holds no rows of data")
	}
}

var problemWords = map[string]string{
	ProblemQuote:     "the quotation marks don't add up",
	ProblemEncoding:  "the encoding is unclear",
	ProblemTooMany:   "more cells than the table has columns",
	ProblemNUL:       "zero bytes in the text",
	ProblemTooLong:   "a line of over 4 MiB",
	ProblemLineBreak: "a line break in the middle",
}
