// Package app puts the program together: it builds each room's service once,
// mounts their routes and registers their jobs. It is the only package that knows
// every room, so what is true of all of them at once is tested here.
package app

import (
	"log/slog"
	"net/http"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dashboard"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/pages"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/properties"
)

// Config is what the program is started with, beside its database.
type Config struct {
	Log     *slog.Logger
	Version string
	HTTPS   bool   // the public address is https, even where a proxy does not say so
	Secret  []byte // signs messages between two pages; the same on all machines, nil on a single one
}

// App is the program. Its services are for the commands as well.
type App struct {
	Orgs   *orgs.Service
	People *identity.Service

	db     *postgres.DB
	log    *slog.Logger
	router *web.Router
}

// New builds the program on a database. Without one (nil) it can tell its routes
// and nothing else.
func New(db *postgres.DB, cfg Config) (*App, error) {
	a := &App{Orgs: orgs.New(db), db: db, log: cfg.Log}
	a.People = identity.New(db, a.Orgs)
	rt, err := web.New(web.Config{
		Authenticate: a.People.FromRequest, Permit: identity.Permit, ErrorPage: ui.ErrorPage, Docs: ui.APIDocs,
		Log: cfg.Log, Name: "SkaiScraper", Version: cfg.Version, HTTPS: cfg.HTTPS, Secret: cfg.Secret,
	})
	if err != nil {
		return nil, err
	}
	a.router = rt
	ui.Routes(rt)
	a.People.Routes(rt)
	audit.New(db).Routes(rt)
	activity.New(db).Routes(rt)
	contacts.New(db).Routes(rt)
	properties.New(db).Routes(rt)
	claim := claims.New(db)
	claim.Routes(rt)
	leads.New(db, claim.OpenFor).Routes(rt)
	dashboard.New(db).Routes(rt)
	pages.Routes(rt, migration.New(db, nil)) // pages tell of imports; commands run them, with the files' bytes
	a.healthRoutes(rt)
	rt.Page("GET /{$}", web.Access{Audience: web.Public}, landing)
	return a, nil
}

// Routes lists what the program answers, by address.
func (a *App) Routes() []web.Route { return a.router.Routes() }

// Handler is the program as an HTTP server sees it.
func (a *App) Handler() http.Handler { return a.router.Handler() }

func landing(w http.ResponseWriter, r *http.Request) error {
	return ui.PublicPage(w, r, ui.Head{
		Title: "The claim file, from the storm to the last check",
		Lead:  "SkaiScraper runs storm-restoration roofing contractors: leads, insurance claims, contacts and properties in one place.",
	}, landingPage())
}
