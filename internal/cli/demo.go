package cli

import (
	"context"

	"github.com/skaiscraper/skai/internal/cli/bar"
	"github.com/skaiscraper/skai/internal/demo"
	"github.com/skaiscraper/skai/internal/demo/generate"
)

type demoCommand struct{}

// Run sets up the two contractors of the demonstration.
func (demoCommand) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		progress := bar.New(t.err, "Demo")
		signIns, err := demo.New(s.db, s.blobs, g.Data, t.printf).Set(ctx, []generate.Company{generate.Titan, generate.ProWest}, progress.Show)
		progress.End()
		if err != nil {
			return err
		}
		t.printf("\nSign in as:\n")
		for _, p := range signIns {
			t.printf("  %-14s %-8s %-34s %s\n", p.Org, p.Role, p.Email, p.Password)
		}
		return nil
	})
}
