package desk

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

// Stores is what a command works on.
type Stores struct {
	DB       *postgres.DB
	Blobs    *blob.Store
	Server   *localpg.Server // nil where DATABASE_URL names another
	Migrated int             // migrations that opening it ran

	Vault func(context.Context) (*vault.Vault, error) // opened when it is asked for the first time
}

// Database is the name of the private database.
const Database = "skai"

// Open opens the database and the folder for files. Without DATABASE_URL it
// starts the private PostgreSQL, or joins the one another skai has running, and
// brings its schema up to date. With DATABASE_URL it needs DATABASE_OWNER_URL for
// that, and refuses a schema that lacks migrations.
func (g *Globals) Open(ctx context.Context, log *slog.Logger) (*Stores, error) {
	if err := os.MkdirAll(g.Data, 0o700); err != nil {
		return nil, fmt.Errorf("SKAI_DATA: the data folder can't be made: %w; an example: SKAI_DATA=/var/lib/skai", err)
	}
	s := new(Stores)
	err := g.prepare(ctx, log, s)
	var once sync.Mutex
	var opened *vault.Vault
	s.Vault = func(ctx context.Context) (*vault.Vault, error) {
		once.Lock()
		defer once.Unlock()
		if opened != nil {
			return opened, nil
		}
		v, err := g.openVault(ctx, s.DB, log)
		opened = v
		return v, err
	}
	if err == nil {
		s.Blobs, err = blob.OpenFolder(g.Folder("files"), s.Vault)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare opens the database and sees to it that its schema is the one this
// program needs.
func (g *Globals) prepare(ctx context.Context, log *slog.Logger, s *Stores) (err error) {
	app, owner := g.DatabaseURL, g.OwnerURL
	if app == "" {
		if s.Server, err = localpg.Start(ctx, localpg.Options{DataDir: g.Data, Log: log}); err != nil {
			return err
		}
		if err := postgres.Bootstrap(ctx, s.Server.URL(localpg.Superuser, "postgres"), Database); err != nil {
			return err
		}
		app, owner = s.Server.URL("skai_app", Database), s.Server.URL("skai_owner", Database)
	}
	if s.DB, err = postgres.Open(ctx, app, g.Processes); err != nil {
		return err
	}
	pending, err := postgres.Pending(ctx, s.DB)
	if err != nil || pending == 0 {
		return err
	}
	if owner == "" {
		return fault.Unavailable("database.schema",
			"the database of DATABASE_URL lacks %d migrations of this version: set DATABASE_OWNER_URL to the same database as skai_owner and run skai migrate", pending)
	}
	s.Migrated, err = postgres.Migrate(ctx, owner)
	return err
}

// Close closes what was opened; the private database stops when nobody else uses it.
func (s *Stores) Close() error {
	var problems []error
	if s.DB != nil {
		s.DB.Close()
	}
	if s.Blobs != nil {
		problems = append(problems, s.Blobs.Close())
	}
	if s.Server != nil {
		problems = append(problems, s.Server.Close())
	}
	return errors.Join(problems...)
}

// Quiet are the flags of a command that logs only trouble, unless it was told otherwise.
func (g *Globals) Quiet() *Globals {
	quiet := *g
	if g.LogLevel == "info" {
		quiet.LogLevel = "warn"
	}
	return &quiet
}

// With opens the stores for one command and closes them after it. A command's
// own words are enough: of the database's coming and going it logs only trouble.
func (g *Globals) With(ctx context.Context, t *Terminal, work func(*Stores) error) error {
	s, err := g.Open(ctx, g.Quiet().Logger(t.Err))
	if err != nil {
		return err
	}
	return errors.Join(work(s), s.Close())
}

// Looking gives the scope of an organisation whose things a command is about to show,
// once its trail says so.
func (s *Stores) Looking(ctx context.Context, slug, at string) (context.Context, error) {
	ctx, _, err := orgs.New(s.DB).SystemScope(ctx, slug, "command")
	if err != nil {
		return nil, err
	}
	return ctx, audit.New(s.DB).Looked(ctx, at)
}
