// Package bar shows on a terminal how far an import or a backup is.
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
	line := fmt.Sprintf("%s: %s, %d rows, %.0f rows/s", b.title, p.Step, p.Rows, p.RowsASecond)
	if p.Left > 0 {
		line += ", about " + p.Left.Round(time.Second).String() + " left to read"
	}
	b.draw(line, p.Bytes, p.OfBytes)
}

// Step shows a step that is done so far of all; all is 0 where that is not known. Steps
// may be under way beside each other.
func (b *Bar) Step(step string, done, all int64) {
	line := b.title + ": " + step
	if all > 0 {
		line += fmt.Sprintf(", %d %%", min(done*100/all, 100))
	}
	b.draw(line, done, all)
}

// draw writes the line, with how much is done of all.
func (b *Bar) draw(line string, so, all int64) {
	every := plainEvery
	if b.moves {
		every = 50 * time.Millisecond
	}
	if time.Since(b.last) < every {
		return
	}
	b.last = time.Now()
	if !b.moves {
		_, _ = fmt.Fprintln(b.w, line) // nobody is left to tell
		return
	}
	const cells = 24
	done := 0
	if all > 0 {
		done = int(min(cells, so*cells/all))
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
