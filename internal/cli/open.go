package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"

	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// stores is what a command works on.
type stores struct {
	db     *postgres.DB
	blobs  *blob.Store
	server *localpg.Server // nil where DATABASE_URL names another
}

// database is the name of the private database.
const database = "skai"

// open opens the database and the folder for files. Without DATABASE_URL it
// starts the private PostgreSQL, or joins the one another skai has running, and
// brings its schema up to date.
func (g *Globals) open(ctx context.Context, log *slog.Logger) (*stores, error) {
	if err := os.MkdirAll(g.Data, 0o700); err != nil {
		return nil, fmt.Errorf("SKAI_DATA: the data folder can't be made: %w; an example: SKAI_DATA=/var/lib/skai", err)
	}
	s := new(stores)
	appURL, err := g.prepare(ctx, log, s)
	if err == nil {
		s.db, err = postgres.Open(ctx, appURL)
	}
	if err == nil {
		s.blobs, err = blob.OpenFolder(g.folder("files"))
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// prepare gives the address of a database that is up to date.
func (g *Globals) prepare(ctx context.Context, log *slog.Logger, s *stores) (appURL string, err error) {
	if g.DatabaseURL == "" {
		if s.server, err = localpg.Start(ctx, localpg.Options{DataDir: g.Data, Log: log}); err != nil {
			return "", err
		}
		if err := postgres.Bootstrap(ctx, s.server.URL("skai_super", "postgres"), database); err != nil {
			return "", err
		}
		_, err = postgres.Migrate(ctx, s.server.URL("skai_owner", database))
		return s.server.URL("skai_app", database), err
	}
	if err := checkURL("DATABASE_URL", g.DatabaseURL); err != nil {
		return "", err
	}
	if g.OwnerURL == "" {
		return g.DatabaseURL, nil
	}
	if err := checkURL("DATABASE_OWNER_URL", g.OwnerURL); err != nil {
		return "", err
	}
	_, err = postgres.Migrate(ctx, g.OwnerURL)
	return g.DatabaseURL, err
}

func checkURL(variable, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return fmt.Errorf("%s is no PostgreSQL address; an example: %s=postgres://skai_app:secret@db.internal:5432/skai", variable, variable)
	}
	return nil
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
