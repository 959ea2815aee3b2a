// Package sheet writes what spreadsheets open, so that nothing in it runs there.
package sheet

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// CSV writes a file that spreadsheets open: UTF-8 with a byte order mark (Excel
// takes it for the local code page otherwise). Lines end in LF, which every
// spreadsheet takes. A cell is quoted where it holds anything that some
// spreadsheet takes for the end of a cell: where the decimal sign is a comma, Excel
// splits at semicolons, and what follows one could be a formula.
//
// A spreadsheet runs a cell that begins with =, +, -, @ (or their full-width
// twins), a tab or a line end as a formula, and what customers typed is in our
// cells. So a [Text] that begins so gets an apostrophe before it, which
// spreadsheets hide and [Plain] takes off again. Left alone are texts that
// can do no harm because they are a number or a phone number: a sign, then only
// digits, spaces and ( ) . - such as -12.50 or +16025550123. A [Number] is
// written by this program from a number and is never touched.
type CSV struct{ w *bufio.Writer }

// Cell is one value of a row; make it with Text or Number.
type Cell struct{ s string }

// Text is a cell with what somebody typed.
func Text(s string) Cell {
	if guarded(s) {
		s = "'" + s
	}
	return Cell{s}
}

// Plain is what Text made a cell's content from.
func Plain(content string) string {
	if rest, ok := strings.CutPrefix(content, "'"); ok && guarded(rest) {
		return rest
	}
	return content
}

// guarded tells whether Text puts an apostrophe before s: before a formula, and
// before apostrophes that stand before one, so that Plain can tell them apart.
func guarded(s string) bool { return formula(strings.TrimLeft(s, "'")) }

// Number is a cell that this program formatted from a number, a date or an id.
func Number(s string) Cell { return Cell{s} }

var harmless = regexp.MustCompile(`^[+-][0-9][0-9 ().-]*$`)

func formula(s string) bool {
	return strings.HasPrefix(s, "=") || strings.HasPrefix(s, "@") ||
		strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") ||
		strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") ||
		(strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-")) && !harmless.MatchString(s)
}

// NewCSV begins a file with its header row.
func NewCSV(w io.Writer, header ...string) (*CSV, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	c := &CSV{bufio.NewWriter(w)}
	cells := make([]Cell, len(header))
	for i, name := range header {
		cells[i] = Text(name)
	}
	return c, c.Row(cells...)
}

// SendCSV begins a file as a download with the given name.
func SendCSV(w http.ResponseWriter, name string, header ...string) (*CSV, error) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return NewCSV(w, header...)
}

// Row writes one row.
func (c *CSV) Row(cells ...Cell) error {
	for i, cell := range cells {
		if i > 0 {
			_ = c.w.WriteByte(',') // a bufio.Writer keeps its first error
		}
		if (cell.s != "" || len(cells) > 1) && !strings.ContainsAny(cell.s, "\",;\t\r\n|") && cell.s == strings.TrimSpace(cell.s) {
			_, _ = c.w.WriteString(cell.s)
			continue
		}
		_ = c.w.WriteByte('"')
		_, _ = quotes.WriteString(c.w, cell.s)
		_ = c.w.WriteByte('"')
	}
	return c.w.WriteByte('\n')
}

var quotes = strings.NewReplacer(`"`, `""`)

// Close writes what is still held back and tells whether everything was written.
// It leaves the underlying writer open.
func (c *CSV) Close() error { return c.w.Flush() }

// stall is how long a download may wait for its reader: the rows come out of an
// open transaction.
const stall = 2 * time.Minute

// ExportCSV answers with a file of the rows that each hands to its function. An
// error before the first row is returned to be answered in words; one after it
// ends the download, which the browser shows as failed.
func ExportCSV(w http.ResponseWriter, name string, header []string, each func(row func(...Cell) error) error) error {
	var file *CSV
	begin := func() (err error) {
		file, err = SendCSV(w, name, header...)
		return err
	}
	control, n := http.NewResponseController(w), 0
	err := each(func(cells ...Cell) error {
		if n%1000 == 0 {
			if err := control.SetWriteDeadline(time.Now().Add(stall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return err
			}
		}
		if n++; file == nil {
			if err := begin(); err != nil {
				return err
			}
		}
		return file.Row(cells...)
	})
	if err == nil && file == nil {
		err = begin()
	}
	if err != nil {
		return err
	}
	return file.Close()
}
