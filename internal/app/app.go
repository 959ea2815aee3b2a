// Package app puts the program together: it builds each room's service once,
// mounts their routes and registers their jobs. It is the only package that knows
// every room, so what is true of all of them at once is tested here.
package app

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/admin"
	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dashboard"
	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/account"
	"github.com/skaiscraper/skai/internal/identity/factors"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/identity/people"
	"github.com/skaiscraper/skai/internal/identity/roles"
	"github.com/skaiscraper/skai/internal/identity/scim"
	"github.com/skaiscraper/skai/internal/identity/settings"
	"github.com/skaiscraper/skai/internal/identity/sso"
	"github.com/skaiscraper/skai/internal/identity/support"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/pages"
	"github.com/skaiscraper/skai/internal/ops"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/ops/reports"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/metrics"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/sms"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/vault"
	"github.com/skaiscraper/skai/internal/platform/vitals"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/properties"
)

// Config is what the program is started with, beside its database.
type Config struct {
	Log      *slog.Logger
	Version  string
	Commit   string         // that it was built of, or ""
	Token    string         // lets the operator's programs see drift and truth; "" lets nobody
	HTTPS    bool           // the public address is https, even where a proxy does not say so
	Mail     *mail.Post     // sends mails; nil has nowhere to send them
	Secret   []byte         // signs messages between two pages; the same on all machines, nil on a single one
	Vault    *vault.Vault   // seals secrets; required where pages are served or jobs are done
	SMS      *sms.Sender    // sends text messages; nil has nowhere to send them
	Files    *blob.Store    // keeps files; required where pages are served
	Limits   *limit.Limiter // counts requests; nil counts them in this process
	Archives bool           // this process archives the database's log
	Hurried  bool           // nobody is told to slow down: for a measurement or a proof that this process makes of itself

	Traces   trace.Config        // what is kept of them; version and process are filled in
	Sentry   *trouble.Sentry     // gets what goes wrong, too; nil is none
	Probes   []ed25519.PublicKey // of those that look from outside
	Drain    time.Duration       // how long it says that it is not ready before it stops
	Outbound outbound.Guard      // where requests go whose address a customer named
	Alerts   incidents.Alerts    // who is told of incidents, by a process that does jobs
	Bouncer  *vitals.Bouncer     // the PgBouncer in front of the database, whose pools are looked at; nil is none
	DNS      string              // the server, host:port, that is asked who owns an e-mail domain; "" is the system's

	Proxies         []netip.Prefix // in front of the program, on other machines
	SecurityContact string         // who gets reports of weaknesses: an e-mail, https: or tel: address; "" is nobody
}

// App is the program. Its services are for the commands as well.
type App struct {
	Orgs     *orgs.Service
	People   *identity.Service
	Accounts *account.Service
	Keys     *keys.Service
	Metrics  *metrics.Metrics // for the operator's programs, at a listener of their own

	db       *postgres.DB
	archives bool // the database's log
	mail     *mail.Post
	members  *people.Service

	operators *operators.Service
	support   *support.Service
	trail     *audit.Service
	pusher    *audit.Pusher
	log       *slog.Logger
	router    *web.Router

	incidents *incidents.Service
	reports   *reports.Service
	level     *ops.Service

	files    *blob.Store
	limits   *limit.Limiter // nil where nobody is told to slow down
	probe    *health.Probe
	self     health.Process
	measured *measure.Recorder
	vitals   *vitals.Recorder
	bouncer  *vitals.Bouncer // nil is none
	gate     *gate.Gate
	traces   *trace.Tracer
	troubles *trouble.Recorder
	watch    watch       // the probe and the recorders run
	draining atomic.Bool // about to stop
	drain    time.Duration
}

// New builds the program on a database. Without one (nil) it can tell its routes
// and nothing else.
func New(db *postgres.DB, cfg Config) (*App, error) {
	a, err := begin(db, cfg)
	if err != nil {
		return nil, err
	}
	a.People = identity.New(db, a.Orgs)
	a.Accounts = account.New(db, a.People, a.mail)
	a.members = people.New(db, a.People, a.mail)
	a.trail = audit.New(db)
	a.Keys = keys.New(db, a.limits)
	a.operators = operators.New(db)
	a.support = support.New(db, a.operators, a.mail)
	a.People.OnOperator(a.operators.Inside)
	rt, err := web.New(web.Config{
		Action: audit.ActionOf, Done: a.trail.Done,
		AuthenticateOperator: audience(a.operators.FromRequest, operator(cfg.Token)), Begin: a.begun, Observed: a.observe,
		Authenticate: a.who(), Permit: identity.Permit, ErrorPage: ui.ErrorPage, Docs: ui.APIDocs,
		Log: cfg.Log, Name: "SkaiScraper", Version: cfg.Version, HTTPS: cfg.HTTPS, Secret: cfg.Secret, Limits: a.limits, Gate: a.gate, Proxies: cfg.Proxies,
	})
	if err != nil {
		return nil, err
	}
	a.router = rt
	ui.Routes(rt)
	a.People.Routes(rt)
	settings.New(a.People, a.Orgs).Routes(rt)
	a.support.Routes(rt)
	factors.New(db, a.Orgs, a.People, cfg.Vault, cfg.SMS).Routes(rt)
	roles.New(db).Routes(rt)
	through := sso.New(db, a.Orgs, a.People, cfg.Vault, cfg.Outbound, cfg.DNS, cfg.Log)
	a.People.OnLeaving(through.LeaveURL)
	through.Routes(rt)
	scim.New(db).Routes(rt)
	a.Keys.Routes(rt)
	a.Accounts.Routes(rt)
	a.members.Routes(rt)
	a.trail.Routes(rt)
	a.pusher = audit.NewPusher(a.trail, a.Orgs, cfg.Vault, cfg.Outbound)
	a.pusher.Routes(rt)
	activity.New(db).Routes(rt)
	files.New(db, cfg.Files).Routes(rt)
	contacts.New(db).Routes(rt)
	properties.New(db).Routes(rt)
	claim := claims.New(db)
	claim.Routes(rt)
	leads.New(db, claim.OpenFor).Routes(rt)
	dashboard.New(db).Routes(rt)
	pages.Routes(rt, migration.New(db, nil)) // pages tell of imports; commands run them, with the files' bytes
	a.healthRoutes(rt)
	a.opsRoutes(rt, cfg)
	contact, err := SecurityContact(cfg.SecurityContact)
	if err != nil {
		return nil, err
	}
	a.securityRoutes(rt, contact)
	rt.Page("GET /{$}", web.Access{Audience: web.Public}, landing)
	return a, nil
}

// who finds out who sends a request: an API key, a member, or an operator who is in an
// organisation by its consent.
func (a *App) who() func(*http.Request) (context.Context, error) {
	return a.Keys.FromRequest(a.support.FromRequest(a.People.FromRequest))
}

// workPerConnection is how many requests are worked on for each connection to the
// database at most: while some use one, others write their page.
const workPerConnection = 4

// mayWait is how many requests may wait to be worked on: all people of the largest
// contractor, who press a button at once.
const mayWait = 600

// opsRoutes builds what tells of the service itself.
func (a *App) opsRoutes(rt *web.Router, cfg Config) {
	a.incidents = incidents.New(a.db, a.mail, cfg.Alerts)
	a.reports = reports.New(a.db, a.Orgs, a.incidents, a.mail)
	a.reports.Routes(rt)
	admin.New(a.db, a.Orgs, a.support, a.probe).Routes(rt)
	a.level = ops.New(a.db, a.incidents, cfg.Probes, cfg.Vault != nil && cfg.Vault.Made(), cfg.Bouncer != nil, a.who())
	a.level.Routes(rt)
}

// begin makes what the rooms are put into.
func begin(db *postgres.DB, cfg Config) (*App, error) {
	a := &App{Orgs: orgs.New(db), db: db, archives: cfg.Archives, mail: cfg.Mail, log: cfg.Log, files: cfg.Files, drain: cfg.Drain, limits: cfg.Limits}
	if a.limits == nil {
		a.limits = limit.New()
	}
	if cfg.Hurried {
		a.limits = nil
	}
	if a.mail == nil {
		a.mail = new(mail.Post) // it says of each mail that it has nowhere to go
	}
	if db != nil {
		pool := int(db.Config().MaxConns)
		a.gate = gate.New(pool, workPerConnection*pool, mayWait)
	}
	a.probe = a.newProbe()
	self, err := newSelf(cfg, a.probe.StartedAt())
	if err != nil {
		return nil, err
	}
	a.self, a.measured, a.troubles = self, measure.New(db, self.ID), trouble.New(db, cfg.Version, cfg.Sentry)
	a.bouncer, a.vitals = cfg.Bouncer, vitals.New(db, self.ID, a.gate, cfg.Bouncer)
	if a.traces, err = newTracer(db, cfg, self); err != nil {
		return nil, err
	}
	a.Metrics = metrics.New(db, cfg.Version, cfg.Commit, cmp.Or(cfg.Log, slog.Default()))
	a.Metrics.Register(a.figures()...)
	return a, err
}

// Routes lists what the program answers, by address.
func (a *App) Routes() []web.Route { return a.router.Routes() }

// ThroughOneDoor counts the routes that the server answers as they were
// registered: with the pattern, and so with the audience, permission and preset,
// of the table.
func (a *App) ThroughOneDoor() int {
	n := 0
	for _, r := range a.Routes() {
		if a.router.Serves(r) {
			n++
		}
	}
	return n
}

// RouteTable is the table of everything the program answers, as skai routes
// prints it and a review sees it change.
func (a *App) RouteTable() string {
	const row = "%-46s %-6s  %-9s  %-15s  %-9s  %s\n" // wide enough that a new route moves no other line
	routes := a.Routes()
	var b strings.Builder
	fmt.Fprintf(&b, row, "ADDRESS", "METHOD", "AUDIENCE", "PERMISSION", "RATE", "KIND")
	for _, r := range routes {
		fmt.Fprintf(&b, row, r.Pattern, r.Method, r.Audience, cmp.Or(r.Permission, "-"), r.Preset, r.Kind)
	}
	fmt.Fprintf(&b, "\n%d routes, %.4g %% registered through one door\n", len(routes), 100*float64(a.ThroughOneDoor())/float64(len(routes)))
	return b.String()
}

// Handler is the program as an HTTP server sees it.
func (a *App) Handler() http.Handler { return a.router.Handler() }

func landing(w http.ResponseWriter, r *http.Request) error {
	return ui.PublicPage(w, r, ui.Head{Title: "The claim file, from the storm to the last check", NoTitle: true}, landingPage())
}
