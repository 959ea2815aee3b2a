package trouble

import (
	"cmp"
	"fmt"
	"strings"
)

// Lines are errors as a terminal shows them, one a line.
func Lines(list []Group) string {
	if len(list) == 0 {
		return "There is none.\n"
	}
	var b strings.Builder
	for _, g := range list {
		_, _ = fmt.Fprintf(&b, "%s  %s  %-12s  %6d times  %s  %s\n", g.LastSeen.UTC().Format("2006-01-02 15:04:05"), g.ID, cmp.Or(g.Org, "-"), g.Count, g.Place, g.Title()) // a builder takes everything
	}
	return b.String()
}

// Account is all that is kept of one error, met in these organisations; "" of none.
func Account(list []Group) string {
	var b strings.Builder
	for i, g := range list {
		if i == 0 {
			_, _ = fmt.Fprintf(&b, "%s\n%s\ntypes: %s\n", g.Place, g.Title(), g.Chain) // a builder takes everything
			if g.Frames != "" {
				b.WriteString("  " + strings.ReplaceAll(g.Frames, "\n", "\n  ") + "\n")
			}
		}
		state := "open"
		if g.ResolvedAt != nil {
			state = "resolved"
		}
		_, _ = fmt.Fprintf(&b, "%s: %d times, %d people, %s to %s UTC, releases %s to %s, %s, request %s\n", cmp.Or(g.Org, "no organisation"), g.Count, g.People,
			g.FirstSeen.UTC().Format("2006-01-02 15:04:05"), g.LastSeen.UTC().Format("2006-01-02 15:04:05"), g.FirstRelease, g.LastRelease, state, cmp.Or(g.RequestID, "-"))
	}
	return b.String()
}
