package cli

import (
	"context"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/cli/desk"
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
func (c *tracesList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := trace.ListSystem(ctx, s.DB, trace.Filter{Slow: c.OnlySlow, Failed: c.OnlyFailed, Limit: max(c.Number, 0)})
		t.Printf("%s", trace.Lines(list))
		return err
	})
}

type tracesShow struct {
	ID uuid.UUID `arg:"" help:"The trace's id, as skai traces list prints it."`
}

// Run prints the spans, each with where it began and how long it took.
func (c *tracesShow) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		tr, spans, err := trace.GetSystem(ctx, s.DB, c.ID)
		if err == nil {
			t.Printf("%s", trace.Waterfall(tr, spans))
		}
		return err
	})
}
