package cli

import (
	"context"
	"fmt"

	"github.com/skaiscraper/skai/internal/cli/desk"
)

type migrateCommand struct{}

// Run migrates; opening the database does it.
func (migrateCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	if g.DatabaseURL != "" && g.OwnerURL == "" {
		return fmt.Errorf("DATABASE_OWNER_URL is not set: migrations need the role that owns the tables; an example: DATABASE_OWNER_URL=postgres://skai_owner:secret@db.internal:5432/skai")
	}
	return g.With(ctx, t, func(s *desk.Stores) error {
		t.Printf("%d migrations ran. The schema is up to date.\n", s.Migrated)
		return nil
	})
}
