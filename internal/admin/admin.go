// Package admin is where whoever runs the platform works: organisations in figures,
// processes, queues and jobs. It shows nothing that an organisation's people wrote, and
// its database role could read none of it (ADR 23).
package admin

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/identity/support"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/sheet"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Service reads across organisations, and asks the rooms for changes.
type Service struct {
	db      *postgres.DB
	orgs    *orgs.Service
	support *support.Service
	probe   *health.Probe
	routes  func() []web.Route // all of the program's, once they are registered
}

// New gives the service.
func New(db *postgres.DB, o *orgs.Service, in *support.Service, probe *health.Probe) *Service {
	return &Service{db: db, orgs: o, support: in, probe: probe}
}

const (
	path      = identity.AdminPath
	orgsPath  = path + "/organisations"
	csvPath   = orgsPath + ".csv"
	platform  = path + "/platform"
	jobsPath  = path + "/jobs"
	oneOrg    = orgsPath + "/{id}"
	oneJob    = jobsPath + "/{id}"
	orgsTitle = "Organisations"
)

// Routes registers the pages, all of them the operator's.
func (s *Service) Routes(rt *web.Router) {
	s.routes = rt.Routes
	operator := web.Access{Audience: web.Operator}
	rt.Page("GET "+path, operator, s.listPage)
	rt.Stream("GET "+csvPath, operator, s.export)
	rt.Page("GET "+oneOrg, operator, s.orgPage)
	change := web.Access{Audience: web.Operator, Rate: limit.API}
	rt.Page("POST "+oneOrg+"/suspend", change, s.suspend(true))
	rt.Page("POST "+oneOrg+"/resume", change, s.suspend(false))
	rt.Page("POST "+oneOrg+"/plan", change, s.setPlan)
	rt.Page("POST "+oneOrg+"/support", change, s.ask)
	rt.Page("POST "+oneOrg+"/support/{access}/enter", change, s.look(s.support.Enter, ui.Dashboard.URL, ""))
	rt.Page("POST "+oneOrg+"/support/{access}/withdraw", change, s.look(s.support.Withdraw, "", "It is ended."))
	rt.Page("POST "+support.LeavePath, change, s.leave)
	rt.Page("GET "+platform, operator, s.platformPage)
	rt.Page("GET "+jobsPath, operator, s.jobsPage)
	rt.Page("POST "+oneJob+"/retry", change, s.retry)
	rt.Page("POST "+oneJob+"/drop", change, s.drop)
}

func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), spec)
	if err != nil {
		return err
	}
	p, err := s.List(r.Context(), q)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: orgsTitle, Section: operators.Organisations, Canonical: q.URL(path), Wide: true,
		Lead: "Use is of the last seven days, errors of the last fifteen minutes, both as measured.",
	}, ui.List(listing(q, p)))
}

// listing is the page as the list component takes it.
func listing(q web.ListQuery, p Page) ui.Listing {
	l := ui.Listing{
		Table: ui.Table{Caption: orgsTitle, Query: q, Path: path, Columns: []ui.Column{
			{Title: "Name", Sort: "name"},
			{Title: "Plan", Width: ui.Roomy},
			{Title: "Status"},
			{Title: "Since", Sort: "created_at", Width: ui.Wide},
			{Title: "Seats", Sort: "seats", Right: true},
			{Title: "Last there", Sort: "seen_at"},
			{Title: "Requests", Right: true},
			{Title: "Failed", Right: true, Width: ui.Roomy},
			{Title: "p95", Right: true, Width: ui.Roomy},
			{Title: "Limit hit", Right: true, Width: ui.Roomy},
			{Title: "Files", Right: true, Width: ui.Wide},
			{Title: "Last import", Width: ui.Wide},
			{Title: "Errors now", Right: true},
		}},
		Placeholder: "Search organisations by name or slug", ExportURL: csvPath, Prev: p.Prev, Next: p.Next,
		Filters: []ui.Filter{
			{Name: "plan", Label: "Plan", Options: planOptions()},
			{Name: "status", Label: "Status", Options: []ui.Option{{Value: "open", Text: "Open"}, {Value: "suspended", Text: "Suspended"}}},
		},
	}
	if len(p.Orgs) == 0 && !q.Narrowed() {
		l.Empty = ui.Empty("search", "There is no organisation yet", "A command on the server makes one: skai org create SLUG --name NAME")
	}
	for _, o := range p.Orgs {
		l.Rows = append(l.Rows, ui.Row{URL: o.url(), Cells: []templ.Component{
			ui.Strong(o.Name, o.Slug), ui.Text(planWord(o.Plan)), o.status(), ui.Dated(o.CreatedAt), ui.Text(ui.Count(int64(o.Seats()))), since(o.SeenAt),
			ui.Text(ui.Count(o.Figures.Week.Requests)), ui.Text(ui.Count(o.Figures.Week.Failures)), ui.Text(millis(o.Figures.Week.P95)), ui.Text(ui.Count(o.Figures.Week.Limited)),
			ui.Text(ui.Count(o.Figures.Files) + ", " + size(o.Figures.Bytes)), o.lastRun(), ui.Text(o.errorsNow()),
		}})
	}
	return l
}

func planOptions() (list []ui.Option) {
	for _, p := range orgs.Plans() {
		list = append(list, ui.Option{Value: p, Text: planWord(p)})
	}
	return list
}

// planWord is a plan as people read it: "Standard".
func planWord(p string) string { return strings.ToUpper(p[:1]) + p[1:] }

func (o Org) url() string { return orgsPath + "/" + o.ID.String() }

func (o Org) status() templ.Component {
	if o.SuspendedAt != nil {
		return ui.StagePill(ui.Red, "Suspended")
	}
	return ui.StagePill(ui.Green, "Open")
}

func since(t *time.Time) templ.Component {
	if t == nil {
		return ui.None()
	}
	return ui.Since(*t)
}

func (o Org) lastRun() templ.Component {
	if o.Figures.LastRun == nil {
		return ui.None()
	}
	return runState(*o.Figures.LastRun)
}

func runState(r Run) templ.Component {
	tone := map[string]ui.Tone{"running": ui.Blue, "done": ui.Green, "failed": ui.Red}[r.State]
	return ui.StagePill(tone, r.State)
}

// errorsNow is the part of the last fifteen minutes' requests that failed.
func (o Org) errorsNow() string {
	if o.Figures.Now.Requests == 0 {
		return "–"
	}
	return share(o.Figures.Now.ErrorRate())
}

// millis is a time as people read it: "3.2 ms", "1.40 s".
func millis(ms float64) string {
	switch {
	case ms == 0:
		return "–"
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2f s", ms/1000)
}

// share is a part as people read it: "0.02 %".
func share(part float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(part*100, 'f', 2, 64), "0"), ".") + " %"
}

// size is a number of bytes as people read it: "1.4 GB", of 10^9 bytes.
func size(bytes int64) string {
	for _, u := range []struct {
		per  float64
		unit string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if float64(bytes) >= u.per {
			return fmt.Sprintf("%.1f %s", float64(bytes)/u.per, u.unit)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}

// export sends the whole list that the address asks for, page by page.
func (s *Service) export(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), spec)
	if err != nil {
		return err
	}
	q.Cursor, q.Limit = "", web.MaxLimit
	header := []string{
		"slug", "name", "plan", "status", "reason", "created_at", "seats", "owners", "admins", "managers", "members", "viewers", "last_there_at", "requests_7d", "failures_7d", "refusals_7d",
		"limit_hit_7d", "p95_ms_7d", "requests_15m", "failures_15m", "files", "files_of_known_size", "bytes", "last_import_at", "last_import_state",
	}
	return sheet.ExportCSV(w, "organisations.csv", header, func(row func(...sheet.Cell) error) error {
		for {
			p, err := s.List(r.Context(), q)
			if err != nil {
				return err
			}
			for _, o := range p.Orgs {
				if err := row(o.cells()...); err != nil {
					return err
				}
			}
			if p.Next == "" {
				return nil
			}
			q = q.At(p.Next)
		}
	})
}

// cells are a line of the download.
func (o Org) cells() []sheet.Cell {
	n := func(i int64) sheet.Cell { return sheet.Number(strconv.FormatInt(i, 10)) }
	at := func(t *time.Time) sheet.Cell {
		if t == nil {
			return sheet.Number("")
		}
		return sheet.Number(t.UTC().Format(time.RFC3339))
	}
	status, ran, state := "open", sheet.Number(""), ""
	if o.SuspendedAt != nil {
		status = "suspended"
	}
	if o.Figures.LastRun != nil {
		ran, state = at(&o.Figures.LastRun.StartedAt), o.Figures.LastRun.State
	}
	return []sheet.Cell{
		sheet.Text(o.Slug), sheet.Text(o.Name), sheet.Text(o.Plan), sheet.Text(status), sheet.Text(o.Reason), at(&o.CreatedAt), n(int64(o.Seats())), n(int64(o.Owners)), n(int64(o.Admins)),
		n(int64(o.Managers)), n(int64(o.Members)), n(int64(o.Viewers)), at(o.SeenAt), n(o.Figures.Week.Requests), n(o.Figures.Week.Failures), n(o.Figures.Week.Refusals), n(o.Figures.Week.Limited),
		sheet.Number(strconv.FormatFloat(o.Figures.Week.P95, 'f', 3, 64)), n(o.Figures.Now.Requests), n(o.Figures.Now.Failures), n(o.Figures.Files), n(o.Figures.Sized), n(o.Figures.Bytes), ran, sheet.Text(state),
	}
}
