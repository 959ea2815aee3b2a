package decode

import (
	"fmt"
	"slices"
	"strings"
)

// sampleRow is a record from the beginning of a file.
type sampleRow struct {
	line   int
	cells  []string
	filled int
	quoted int // cells in quotes
	bad    bool
}

// headerWithin is how many filled records from the top the header may be away.
const headerWithin = 40

// table is the beginning of a file on the way to its header.
type table struct {
	rows  []sampleRow // those that hold something and can be read
	known func(string) bool
}

func newTable(sample []sampleRow, known func(string) bool) table {
	t := table{known: known}
	if known == nil {
		t.known = func(string) bool { return false }
	}
	for _, r := range sample {
		if !r.bad && r.filled > 0 {
			t.rows = append(t.rows, r)
		}
	}
	return t
}

// knownIn counts the different known column names among the cells.
func (t table) knownIn(cells []string) int {
	seen := map[string]bool{}
	for _, c := range cells {
		if name := cleanName(c); name != "" && t.known(name) {
			seen[strings.ToLower(name)] = true
		}
	}
	return len(seen)
}

// usual is the median of how many cells of a row are filled, from row i on.
func (t table) usual(i int) int {
	var counts []int
	for _, r := range t.rows[i:] {
		counts = append(counts, r.filled)
	}
	slices.Sort(counts)
	return counts[len(counts)/2]
}

// header finds the header among the first rows: its index, -1 for none, and why.
func (t table) header() (index int, why string) {
	best, most := -1, 0
	wide := 0 // the widest row so far; what stands above a header is at most half as wide
	for i, r := range t.rows[:min(len(t.rows), headerWithin)] {
		if wide*2 <= r.filled {
			n := t.knownIn(r.cells)
			if n > most && (n >= 2 || r.filled == 1) && n*3 >= r.filled {
				best, most = i, n
			}
		}
		wide = max(wide, r.filled)
	}
	if best >= 0 {
		return best, ""
	}
	wide, why = 0, ""
	for i, r := range t.rows[:min(len(t.rows), headerWithin)] {
		title := r.filled*2 <= t.usual(i)
		if !title && wide*2 > r.filled {
			break
		}
		if wide = max(wide, r.filled); title {
			continue
		}
		reason := t.isData(i)
		if reason == "" {
			return i, ""
		}
		if why == "" {
			why = reason
		}
	}
	return -1, why
}

// isData says why row i can't be a header, "" when it can.
func (t table) isData(i int) string {
	row, below := t.rows[i], t.rows[i+1:]
	contrast := false
	for col, cell := range row.cells {
		s := shapeOf(cell)
		switch {
		case s == shapeValue:
			return fmt.Sprintf("%q in column %d is a value, not a name", shorten(cell), col+1)
		case s == shapeNumber:
			return fmt.Sprintf("%q in column %d is a number, not a name", shorten(cell), col+1)
		case s == shapeLabel:
			contrast = contrast || mostlyValues(below, col)
		}
	}
	if contrast {
		return ""
	}
	for col, cell := range row.cells {
		if shapeOf(cell) == shapeLabel && recurs(row, below, col) {
			return fmt.Sprintf("%q in column %d comes again further down", shorten(cell), col+1)
		}
	}
	return ""
}

// mostlyValues tells whether a column holds numbers, dates and the like.
func mostlyValues(rows []sampleRow, col int) bool {
	values, labels := 0, 0
	for _, r := range rows {
		if col >= len(r.cells) {
			continue
		}
		switch shapeOf(r.cells[col]) {
		case shapeValue, shapeNumber:
			values++
		case shapeLabel:
			labels++
		case shapeEmpty:
		}
	}
	return values > 0 && values >= 4*labels
}

// recurs tells whether a cell of the row stands again in its column, in a row that
// is not the same one again.
func recurs(row sampleRow, rows []sampleRow, col int) bool {
	for _, r := range rows {
		if col < len(r.cells) && r.cells[col] == row.cells[col] && !slices.Equal(r.cells, row.cells) {
			return true
		}
	}
	return false
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// settle writes what the sample shows of titles, header and columns into the layout.
func (t table) settle(l *Layout) {
	index, why := t.header()
	if index >= 0 {
		row := t.rows[index]
		l.TableLine, l.HeaderLine = row.line, row.line
		l.Header = slices.Clone((&nameMaker{}).make(row.cells, 0))
		t.noteHeader(l, index)
		return
	}
	start := 0
	for start+1 < len(t.rows) && t.rows[start].filled == 1 && t.usual(start+1) > 2 {
		start++
	}
	width := t.width(start)
	l.HeaderLine, l.TableLine = 0, 1
	if start > 0 {
		l.TableLine = t.rows[start].line
	}
	l.Header = slices.Clone((&nameMaker{}).make(nil, width))
	if len(t.rows) == 0 {
		return
	}
	l.note("there is no header row (%s), so the columns are called Column 1 to Column %d", why, width)
	if start > 0 {
		l.note("%s above the table", plural(start, "title line"))
	}
}

// width is the largest number of cells that at least one in twenty rows has.
func (t table) width(start int) int {
	counts := map[int]int{}
	for _, r := range t.rows[start:] {
		counts[len(r.cells)]++
	}
	width := 1
	for n, rows := range counts {
		if rows*20 >= len(t.rows)-start {
			width = max(width, n)
		}
	}
	return width
}

func (t table) noteHeader(l *Layout, index int) {
	row := t.rows[index]
	if index > 0 {
		l.note("%s above the header, which is at line %d", plural(index, "title line"), row.line)
	}
	unnamed, again := 0, 0
	for i, c := range row.cells {
		switch {
		case empty(c):
			unnamed++
		case l.Header[i] != cleanName(c):
			again++
		}
	}
	if unnamed > 0 {
		l.note("%s empty", plural(unnamed, "header cell is", "header cells are"))
	}
	if again > 0 {
		l.note("%s a name that another column has", plural(again, "column bears", "columns bear"))
	}
	if t.knownIn(row.cells) == 0 {
		l.note("no column name is one we know; line %d was taken for the header by its looks", row.line)
	}
}

func (l *Layout) note(format string, args ...any) {
	l.Notes = append(l.Notes, fmt.Sprintf(format, args...))
}

// plural is "1 line" or "3 lines"; the plural is the word with an s unless given.
func plural(n int, words ...string) string {
	if n == 1 {
		return "1 " + words[0]
	}
	many := words[0] + "s"
	if len(words) > 1 {
		many = words[1]
	}
	return fmt.Sprintf("%d %s", n, many)
}
