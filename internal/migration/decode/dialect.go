package decode

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// excelHint is a first line that tells Excel, and us, the delimiter.
var excelHint = regexp.MustCompile(`^(?:\x{FEFF})?"?(?i:sep)=([!#-&(-/:-@^_|~\t])"?[\r\n]`)

// sampleRows is how many records from the top decide dialect and header.
const sampleRows = 1000

// readSample reads the first records of a text, in UTF-8 as far as its encoding is
// known, with a layout on trial. whole says that the text is all of the file.
func readSample(ctx context.Context, text []byte, whole bool, l Layout) ([]sampleRow, error) {
	t := newTextReader(ctx, nil, 0, l)
	t.buf, t.eof = text, true
	var rows []sampleRow
	for len(rows) < sampleRows {
		var row Row
		rec, err := t.next(&row)
		if errors.Is(err, io.EOF) {
			if !whole && len(rows) > 1 { // the last one was cut off
				rows = rows[:len(rows)-1]
			}
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		r := sampleRow{line: row.Line, cells: slices.Clone(row.Cells), filled: filled(row.Cells), bad: row.Problem != nil}
		for _, c := range rec.cells {
			if c.quoted {
				r.quoted++
			}
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// chooseDialect sets delimiter and quote to those under which the sample is the
// most regular table, and returns the sample as they read it.
func chooseDialect(ctx context.Context, text []byte, whole bool, l *Layout, name string, known func(string) bool) ([]sampleRow, error) {
	delims := []rune{',', '\t', ';', '|'}
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".tsv" || ext == ".tab" {
		delims = []rune{'\t', ',', ';', '|'}
	}
	if m := excelHint.FindSubmatch(text[:min(len(text), 20)]); m != nil {
		delims = []rune{rune(m[1][0])}
	}
	var best []sampleRow
	chosen, most := *l, -2.0
	for _, quote := range []rune{'"', '\''} {
		for _, delim := range delims {
			l.Delimiter, l.Quote = delim, quote
			rows, err := readSample(ctx, text, whole, *l)
			if err != nil {
				return nil, err
			}
			if score := regularity(rows, known); score > most && (quote == '"' || allQuoted(rows)) {
				chosen, most, best = *l, score, rows
			}
		}
	}
	*l = chosen
	return best, nil
}

// leastRegular is the share of rows with the same number of cells under which a
// delimiter is taken for punctuation.
const leastRegular = 0.15

// allQuoted tells whether nearly all the words are in quotes, which is what it takes
// to believe in a quote that is an apostrophe everywhere else.
func allQuoted(rows []sampleRow) bool {
	labels, quoted := 0, 0
	for _, r := range rows {
		if r.bad {
			return false
		}
		quoted += r.quoted
		for _, c := range r.cells {
			if s := shapeOf(c); s == shapeLabel || s == shapeValue {
				labels++
			}
		}
	}
	return quoted > 1 && quoted*10 >= labels*9
}

// regularity is how much the rows look like a table: the share that has the most
// frequent number of cells, with something for a first row that has it, for
// columns, and for column names that are known. Where there is no table at all it
// is the larger the fewer rows are cut up, and below 0.
func regularity(rows []sampleRow, known func(string) bool) float64 {
	t := newTable(rows, known)
	counts := map[int]int{}
	total, split := 0, 0
	for _, r := range rows {
		if r.bad || r.filled > 0 {
			total++
		}
		if r.filled > 0 {
			counts[len(r.cells)]++
		}
		if r.bad || len(r.cells) > 1 {
			split++
		}
	}
	width, times := 1, 0
	for n, c := range counts {
		if n > 1 && (c > times || c == times && n > width) {
			width, times = n, c
		}
	}
	names := 0
	for _, r := range t.rows[:min(len(t.rows), headerWithin)] {
		names = max(names, t.knownIn(r.cells))
	}
	share := float64(times) / float64(max(total, 1))
	if share < leastRegular && names < 2 {
		return -float64(split) / float64(max(total, 1))
	}
	if len(t.rows[0].cells) == width {
		share += 0.1
	}
	return share + 0.005*float64(min(width, 20)) + 0.1*float64(min(names, 10))
}

// commonLineEnd is how most lines of a text end.
func commonLineEnd(text []byte) string {
	crlf := bytes.Count(text, []byte("\r\n"))
	lf := bytes.Count(text, []byte{'\n'}) - crlf
	cr := bytes.Count(text, []byte{'\r'}) - crlf
	switch {
	case cr > lf+crlf:
		return "\r"
	case crlf > lf:
		return "\r\n"
	}
	return "\n"
}
