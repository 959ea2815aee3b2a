package cli

import (
	"context"

	"github.com/skaiscraper/skai/internal/cli/backups"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// installation is what the commands of backups work at.
func (g *Globals) installation(t *terminal) *backups.Installation {
	return &backups.Installation{
		Data: g.Data, Files: g.folder("files"), Database: database, AppURL: g.DatabaseURL, OwnerURL: g.OwnerURL, Vault: g.config(g.Data),
		Program: version(), Commit: commit(), Out: t.out, Progress: t.err, Fail: func() { t.code = exitFailed },
		Open: func(ctx context.Context, work func(*postgres.DB, string) error) error {
			return g.with(ctx, t, func(s *stores) error {
				if s.server == nil {
					return work(s.db, "")
				}
				return work(s.db, s.server.URL(localpg.Superuser, database))
			})
		},
	}
}
