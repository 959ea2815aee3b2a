package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// stores is what a command works on.
type stores struct {
	db       *postgres.DB
	blobs    *blob.Store
	server   *localpg.Server // nil where DATABASE_URL names another
	migrated int             // migrations that opening it ran

	vault func(context.Context) (*vault.Vault, error) // opened when it is asked for the first time
}

// database is the name of the private database.
const database = "skai"

// open opens the database and the folder for files. Without DATABASE_URL it
// starts the private PostgreSQL, or joins the one another skai has running, and
// brings its schema up to date. With DATABASE_URL it needs DATABASE_OWNER_URL for
// that, and refuses a schema that lacks migrations.
func (g *Globals) open(ctx context.Context, log *slog.Logger) (*stores, error) {
	if err := os.MkdirAll(g.Data, 0o700); err != nil {
		return nil, fmt.Errorf("SKAI_DATA: the data folder can't be made: %w; an example: SKAI_DATA=/var/lib/skai", err)
	}
	s := new(stores)
	err := g.prepare(ctx, log, s)
	var once sync.Mutex
	var opened *vault.Vault
	s.vault = func(ctx context.Context) (*vault.Vault, error) {
		once.Lock()
		defer once.Unlock()
		if opened != nil {
			return opened, nil
		}
		v, err := g.openVault(ctx, s.db, log)
		opened = v
		return v, err
	}
	if err == nil {
		s.blobs, err = blob.OpenFolder(g.folder("files"), s.vault)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// prepare opens the database and sees to it that its schema is the one this
// program needs.
func (g *Globals) prepare(ctx context.Context, log *slog.Logger, s *stores) (err error) {
	app, owner := g.DatabaseURL, g.OwnerURL
	if app == "" {
		if s.server, err = localpg.Start(ctx, localpg.Options{DataDir: g.Data, Log: log}); err != nil {
			return err
		}
		if err := postgres.Bootstrap(ctx, s.server.URL(localpg.Superuser, "postgres"), database); err != nil {
			return err
		}
		app, owner = s.server.URL("skai_app", database), s.server.URL("skai_owner", database)
	}
	if s.db, err = postgres.Open(ctx, app, g.Processes); err != nil {
		return err
	}
	pending, err := postgres.Pending(ctx, s.db)
	if err != nil || pending == 0 {
		return err
	}
	if owner == "" {
		return fault.Unavailable("database.schema",
			"the database of DATABASE_URL lacks %d migrations of this version: set DATABASE_OWNER_URL to the same database as skai_owner and run skai migrate", pending)
	}
	s.migrated, err = postgres.Migrate(ctx, owner)
	return err
}

func (s *stores) close() error {
	var problems []error
	if s.db != nil {
		s.db.Close()
	}
	if s.blobs != nil {
		problems = append(problems, s.blobs.Close())
	}
	if s.server != nil {
		problems = append(problems, s.server.Close())
	}
	return errors.Join(problems...)
}

// with opens the stores for one command and closes them after it. A command's
// own words are enough: of the database's coming and going it logs only trouble.
func (g *Globals) with(ctx context.Context, t *terminal, work func(*stores) error) error {
	quiet := *g
	if g.LogLevel == "info" {
		quiet.LogLevel = "warn"
	}
	s, err := g.open(ctx, quiet.logger(t.err))
	if err != nil {
		return err
	}
	return errors.Join(work(s), s.close())
}

// looking gives the scope of an organisation whose things a command is about to show,
// once its trail says so.
func (s *stores) looking(ctx context.Context, slug, at string) (context.Context, error) {
	ctx, _, err := orgs.New(s.db).SystemScope(ctx, slug, "command")
	if err != nil {
		return nil, err
	}
	return ctx, audit.New(s.db).Looked(ctx, at)
}
