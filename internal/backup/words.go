package backup

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Made is what came of making a backup.
type Made struct {
	*Manifest

	Place   string
	Removed []string // older ones
}

// WriteJSON writes it for a program.
func (b Made) WriteJSON(w io.Writer) error {
	return json.NewEncoder(w).Encode(map[string]any{
		"id": b.ID, "place": b.Place, "seconds": b.Ended.Sub(b.Started).Seconds(), "snapshot_at": b.SnapshotAt, "tables": len(b.Tables),
		"rows": b.Rows(), "files": b.Objects(), "bytes": b.Bytes(), "missing": b.Missing, "removed": b.Removed,
	})
}

// WriteText writes it for a person.
func (b Made) WriteText(w io.Writer) error {
	p := printer{w: w}
	p.printf("%s: %d tables with %s rows and %s objects of files, %s MB, in %.1f s. What was committed before %s is in it.\n",
		b.Place, len(b.Tables), ui.Count(b.Rows()), ui.Count(b.Objects()), ui.Count((b.Bytes()+500_000)/1e6), b.Ended.Sub(b.Started).Seconds(), b.SnapshotAt.Format(time.RFC3339))
	for _, old := range b.Removed {
		p.printf("Removed %s.\n", old)
	}
	for _, f := range b.Lost() {
		p.printf("MISSING: the organisation %s has a row for the file %s, and the storage has no such file.\n", f.Org, f.SHA256)
	}
	if b.Sealed() {
		p.printf("The master key is not in it, and without the key nothing that is sealed comes back: keep a copy of the key somewhere else (skai vault status says where it is).\n")
	}
	p.printf("Try it: skai restore-drill --from %s\n", b.Place)
	return p.err
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
	p := printer{w: w}
	for _, c := range r.Checks {
		word := "ok"
		if len(c.Failed) > 0 {
			word = "DIFFERS"
		}
		p.printf("%-7s %s (%s)\n", word, c.Name, c.Looked)
	}
	failed := r.Failed()
	for _, f := range failed {
		p.printf("FOUND: %s\n", f)
	}
	if len(failed) > 0 {
		p.printf("%s does not come back as it was: %d differences.\n", r.Place, len(failed))
		return p.err
	}
	p.printf("%s: %s rows and %s objects of files were restored and checked in %.1f s (RTO). Its snapshot was %s old when this began (RPO): what came after it would be lost.\n",
		r.Place, ui.Count(r.Rows), ui.Count(r.Files), r.RTO, time.Duration(r.RPO*float64(time.Second)).Round(time.Second))
	return p.err
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
