// Package bar shows on a terminal how far an import is.
package bar

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/skaiscraper/skai/internal/migration"
)

// Bar shows how far a run is: a bar that moves on a terminal, a line every five
// seconds elsewhere.
type Bar struct {
	w     io.Writer
	title string
	moves bool
	last  time.Time
	width int
}

// New gives a bar that is written to w.
func New(w io.Writer, title string) *Bar {
	b := &Bar{w: w, title: title, last: time.Now()}
	if f, ok := w.(*os.File); ok {
		b.moves = term.IsTerminal(int(f.Fd()))
	}
	return b
}

const plainEvery = 5 * time.Second

// Show says how far it is by now.
func (b *Bar) Show(p migration.Progress) {
	if !b.moves && time.Since(b.last) < plainEvery {
		return
	}
	b.last = time.Now()
	line := fmt.Sprintf("%s: %s, %d rows, %.0f rows/s", b.title, p.Step, p.Rows, p.RowsASecond)
	if p.Left > 0 {
		line += ", about " + p.Left.Round(time.Second).String() + " left to read"
	}
	if !b.moves {
		_, _ = fmt.Fprintln(b.w, line) // nobody is left to tell
		return
	}
	const cells = 24
	done := 0
	if p.OfBytes > 0 {
		done = int(min(cells, p.Bytes*cells/p.OfBytes))
	}
	line = "[" + strings.Repeat("#", done) + strings.Repeat(" ", cells-done) + "] " + line
	_, _ = fmt.Fprintf(b.w, "\r%-*s", b.width, line)
	b.width = len(line)
}

// End takes the bar away.
func (b *Bar) End() {
	if b.moves && b.width > 0 {
		_, _ = fmt.Fprintf(b.w, "\r%-*s\r", b.width, "")
	}
}
