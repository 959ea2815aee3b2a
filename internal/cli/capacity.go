package cli

import (
	"context"

	"github.com/skaiscraper/skai/internal/cli/plan"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

type capacityCommand struct{ plan.Command }

// Run tells how many people a machine holds.
func (c *capacityCommand) Run(ctx context.Context, g *Globals, t *terminal) error {
	return c.Answer(ctx, t.out, func(work func(*postgres.DB) error) error {
		return g.with(ctx, t, func(s *stores) error { return work(s.db) })
	})
}
