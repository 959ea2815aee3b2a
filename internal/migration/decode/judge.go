package decode

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// judge says what kind each record of a file is, in the order they come.
type judge struct {
	layout Layout
	names  nameMaker

	broken int  // line of a record whose quotes did not add up and whose rest may follow, 0 if none
	usual  int  // cells of the last good record
	other  bool // in a further table with other columns
	strays int  // data records with quotes inside cells that have none around them
}

// row fills in the kind, and the problem if it finds one. cut says that a lone
// carriage return ends the record in a file whose lines end otherwise.
func (j *judge) row(row *Row, cut bool) {
	if row.Problem != nil {
		row.Kind = Bad
		if row.Problem.Code == ProblemQuote {
			j.broken = row.Line
		}
		return
	}
	row.Kind = j.kind(row)
	if row.Kind != Data {
		return
	}
	if row.Problem = j.problem(row, cut); row.Problem != nil {
		row.Kind = Bad
		return
	}
	j.usual = len(row.Cells)
}

func (j *judge) kind(row *Row) Kind {
	l := &j.layout
	switch {
	case blank(row.Cells):
		return Blank
	case row.Line < l.TableLine:
		return Title
	case l.HeaderLine > 0 && row.Line == l.HeaderLine:
		return Header
	case l.FooterLine > 0 && row.Line >= l.FooterLine:
		return Footer
	case j.repeatsHeader(row.Cells):
		j.other, j.broken = false, 0
		return RepeatedHeader
	}
	return Data
}

// repeatsHeader tells whether the cells are the header's. One column is not enough
// to be sure: "Name" may be a name.
func (j *judge) repeatsHeader(cells []string) bool {
	header := j.layout.Header
	if j.layout.HeaderLine == 0 || len(cells) < 2 || len(header) < 2 || len(cells) > len(header) {
		return false
	}
	if c := cells[0]; c != "" && c[0] > ' ' && c[0] < utf8.RuneSelf && c[0] != header[0][0] {
		return false // the usual case, without the work below
	}
	return slices.Equal(j.names.make(cells, len(header)), header)
}

func (j *judge) problem(row *Row, cut bool) *Problem {
	width := len(j.layout.Header)
	if j.other = j.other || slices.Contains(j.layout.OtherTables, row.Line); j.other {
		return &Problem{
			Code: ProblemOtherTable, Words: "this row belongs to a further table whose columns are other ones",
			Hint: "save each table in a file of its own",
		}
	}
	if j.broken > 0 {
		whole := len(row.Cells) == width || len(row.Cells) == j.usual
		if !whole && row.Line <= j.broken+maxQuotedLines {
			return &Problem{
				Code: ProblemQuote, Words: fmt.Sprintf("this may be the rest of the row at line %d, whose quotation marks don't add up", j.broken),
				Hint: "repair that row first",
			}
		}
		j.broken = 0
	}
	for i := width; i < len(row.Cells) && j.layout.Format == FormatCSV; i++ {
		if !empty(row.Cells[i]) {
			return &Problem{
				Code: ProblemTooMany, Column: i + 1,
				Words: fmt.Sprintf("the row has more cells than the table's %d columns", width),
				Hint:  "a cell that holds the delimiter needs quotation marks around it",
			}
		}
	}
	if cut && len(row.Cells) < width {
		j.broken = row.Line
		return &Problem{
			Code: ProblemLineBreak, Column: len(row.Cells), Words: "a line break cuts this row in two",
			Hint: "put quotation marks around the cell with the line break, or take the break out",
		}
	}
	return nil
}

// empty tells whether a cell holds nothing but white space.
func empty(cell string) bool {
	return cell == "" || (cell[0] <= ' ' || cell[0] >= 0x80) && strings.TrimSpace(cell) == ""
}

func blank(cells []string) bool {
	for _, c := range cells {
		if !empty(c) {
			return false
		}
	}
	return true
}

// cleanName is a header cell in one line, without white space around it.
func cleanName(cell string) string {
	cell = strings.TrimFunc(cell, func(r rune) bool { return r == '\ufeff' || unicode.IsSpace(r) })
	return strings.Join(strings.Fields(cell), " ")
}

// nameMaker makes columns' names out of header cells.
type nameMaker struct {
	names []string
	taken map[string]bool // in lower case
}

// make gives a name to each of at least width columns: "Column 7" for an empty
// cell, " (2)" behind one that was there before. Case does not tell names apart.
// The result is valid until the next call.
func (m *nameMaker) make(cells []string, width int) []string {
	m.names, m.taken = m.names[:0], map[string]bool{}
	for i := range max(width, len(cells)) {
		base := ""
		if i < len(cells) {
			base = cleanName(cells[i])
		}
		if base == "" {
			base = fmt.Sprintf("Column %d", i+1)
		}
		name := base
		for n := 2; m.taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s (%d)", base, n)
		}
		m.taken[strings.ToLower(name)] = true
		m.names = append(m.names, name)
	}
	return m.names
}
