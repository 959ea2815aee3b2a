package wal

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Made is what came of making a base backup.
type Made struct {
	*Base

	Removed []string // older ones
	Alone   bool     // nobody archives the log now
}

// WriteJSON writes it for a program.
func (m Made) WriteJSON(w io.Writer) error {
	return json.NewEncoder(w).Encode(map[string]any{
		"id": m.ID, "place": m.place, "seconds": m.Ended.Sub(m.Started).Seconds(), "restorable_from": m.Ended, "bytes": m.Bytes, "files": len(m.Files),
		"removed": m.Removed, "archiving": !m.Alone,
	})
}

// WriteText writes it for a person.
func (m Made) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the server's folder, %s MB, and %s objects of files, copied in %.1f s and verified. With the log every moment from %s on can be restored.\n",
		m.place, ui.Count((m.Bytes+500_000)/1e6), ui.Count(int64(len(m.Files))), m.Ended.Sub(m.Started).Seconds(), words(m.Ended))
	for _, old := range m.Removed {
		fmt.Fprintf(&b, "Removed %s.\n", old)
	}
	if m.Alone {
		b.WriteString("NOBODY ARCHIVES the log now, so nothing that is written from here on can be restored: have skai serve run with SKAI_WAL_FOLDER, or skai wal.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the report for a program.
func (r *Report) WriteJSON(w io.Writer) error {
	return json.NewEncoder(w).Encode(struct {
		*Report

		OK bool `json:"ok"`
	}{r, len(r.Failed()) == 0})
}

// WriteText writes the report for a person.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	failed := r.Failed()
	for _, c := range r.Checks {
		word := "ok"
		if len(c.Failed) > 0 {
			word = "DIFFERS"
		}
		fmt.Fprintf(&b, "%-7s %s (%s)\n", word, c.Name, c.Looked)
	}
	for _, f := range failed {
		fmt.Fprintf(&b, "FOUND: %s\n", f)
	}
	if len(failed) > 0 {
		fmt.Fprintf(&b, "%s and its log do not come back as they were: %d differences.\n", r.Place, len(failed))
	} else {
		fmt.Fprintf(&b, "%s and %s segments of log: %s rows and %s objects of files were restored and checked in %.1f s (RTO). The last commit is of %s.\n",
			r.Place, ui.Count(int64(r.Segments)), ui.Count(r.Rows), ui.Count(r.Files), r.RTO, words(r.SnapshotAt))
		if r.Moment.IsZero() {
			fmt.Fprintf(&b, "The last commit in the archive was %s old when this began (RPO): what came after it would be lost.\n", time.Duration(r.RPO*float64(time.Second)).Round(10*time.Millisecond))
		}
		if !r.Compared {
			b.WriteString("It was tried, and not compared with the live database, of which nothing is known here.\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
