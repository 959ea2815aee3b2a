package trace

import (
	"fmt"
	"strings"
)

// Lines are traces as a terminal shows them, one a line.
func Lines(list []Trace) string {
	if len(list) == 0 {
		return "There is none. What was slow or failed is kept for seven days.\n"
	}
	var b strings.Builder
	for _, t := range list {
		_, _ = fmt.Fprintf(&b, "%s  %s  %9.1f ms  %3d  %s%s\n", t.At.UTC().Format("2006-01-02 15:04:05"), t.ID, t.TookMs, t.Status, t.Name, marks(t)) // a builder takes everything
	}
	return b.String()
}

func marks(t Trace) (words string) {
	if t.Failed {
		words += "  failed"
	}
	if t.Slow {
		words += "  slow"
	}
	return words
}

// wide is how many characters the whole of a trace is wide.
const wide = 40

// Waterfall is a trace as a terminal shows it: a line for each span, with where it
// began and how long it took.
func Waterfall(t Trace, spans []Span) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "%s  %s UTC  %.1f ms%s\n", t.Name, t.At.UTC().Format("2006-01-02 15:04:05"), t.TookMs, marks(t)) // a builder takes everything
	whole := max(t.TookMs, 0.001)
	for _, s := range spans {
		at := min(max(int(s.Start/whole*wide), 0), wide-1)
		long := min(max(int(s.Took/whole*wide), 1), wide-at)
		_, _ = fmt.Fprintf(&b, "%s%s%s %9.2f ms  %s %s %s\n", strings.Repeat(".", at), strings.Repeat("#", long), strings.Repeat(".", wide-at-long),
			s.Took, s.Name, s.Code, strings.Join(strings.Fields(s.Statement), " "))
	}
	return b.String()
}
