package cli

import (
	"context"

	"github.com/skaiscraper/skai/internal/cli/backups"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// installation is what the commands of backups work at.
func installation(g *desk.Globals, t *desk.Terminal) *backups.Installation {
	return &backups.Installation{
		Data: g.Data, Files: g.Folder("files"), Database: desk.Database, AppURL: g.DatabaseURL, OwnerURL: g.OwnerURL, Vault: g.Config(g.Data),
		Program: desk.Version(), Commit: desk.Commit(), Out: t.Out, Progress: t.Err, Log: g.Quiet().Logger(t.Err), Fail: func() { t.Code = exitFailed },
		Open: func(ctx context.Context, work func(*postgres.DB, string) error) error {
			return g.With(ctx, t, func(s *desk.Stores) error {
				if s.Server == nil {
					return work(s.DB, "")
				}
				return work(s.DB, s.Server.URL(localpg.Superuser, desk.Database))
			})
		},
	}
}
