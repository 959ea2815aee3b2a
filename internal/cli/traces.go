package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/trace"
)

type tracesCommands struct {
	List tracesList `cmd:"" help:"List the newest traces of what belongs to no organisation: before signing in, and jobs of the program itself. An organisation's own are in its settings, Service level."`
	Show tracesShow `cmd:"" help:"Print one of them as a waterfall."`
}

type tracesList struct {
	OnlyFailed bool `help:"Only what failed." env:"SKAI_TRACES_ONLY_FAILED"`
	OnlySlow   bool `help:"Only what was slow." env:"SKAI_TRACES_ONLY_SLOW"`
	Number     int  `short:"n" help:"How many, the newest first." default:"20" env:"SKAI_TRACES_NUMBER"`
}

// Run prints a line for each.
func (c *tracesList) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		list, err := trace.ListSystem(ctx, s.db, trace.Filter{Slow: c.OnlySlow, Failed: c.OnlyFailed, Limit: max(c.Number, 0)})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			t.printf("There is none. What was slow or failed is kept for seven days.\n")
		}
		for _, tr := range list {
			t.printf("%s  %s  %9.1f ms  %3d  %s%s\n", tr.At.UTC().Format("2006-01-02 15:04:05"), tr.ID, tr.TookMs, tr.Status, tr.Name, marks(tr))
		}
		return nil
	})
}

func marks(t trace.Trace) (words string) {
	if t.Failed {
		words += "  failed"
	}
	if t.Slow {
		words += "  slow"
	}
	return words
}

type tracesShow struct {
	ID string `arg:"" help:"The trace's id, as skai traces list prints it."`
}

// waterfallWidth is how many characters the whole of a trace is wide.
const waterfallWidth = 40

// Run prints the spans, each with where it began and how long it took.
func (c *tracesShow) Run(ctx context.Context, g *Globals, t *terminal) error {
	id, err := uuid.Parse(c.ID)
	if err != nil {
		return fmt.Errorf("%q is no trace's id; skai traces list prints them", c.ID)
	}
	return g.with(ctx, t, func(s *stores) error {
		tr, spans, err := trace.GetSystem(ctx, s.db, id)
		if err != nil {
			return err
		}
		t.printf("%s  %s UTC  %.1f ms%s\n", tr.Name, tr.At.UTC().Format("2006-01-02 15:04:05"), tr.TookMs, marks(tr))
		for _, sp := range spans {
			at := min(int(sp.Start/max(tr.TookMs, 0.001)*waterfallWidth), waterfallWidth-1)
			wide := min(max(int(sp.Took/max(tr.TookMs, 0.001)*waterfallWidth), 1), waterfallWidth-at)
			t.printf("%s%s%s %9.2f ms  %s %s %s\n", strings.Repeat(".", at), strings.Repeat("#", wide), strings.Repeat(".", waterfallWidth-at-wide),
				sp.Took, sp.Name, sp.Code, strings.Join(strings.Fields(sp.Statement), " "))
		}
		return nil
	})
}
