package cli

import (
	"context"

	"github.com/skaiscraper/skai/internal/cli/capacity"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

type capacityCommand struct{ capacity.Command }

// Run tells how many people a machine holds.
func (c *capacityCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return c.Answer(ctx, t.Out, func(work func(*postgres.DB) error) error {
		return g.With(ctx, t, func(s *desk.Stores) error { return work(s.DB) })
	})
}
