// Package ops shows an organisation's people how the service answered them: what was
// measured, what slow and failed requests did, what went wrong, and nothing else.
package ops

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/sheet"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/uptime"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Service reads what was measured.
type Service struct {
	db        *postgres.DB
	incidents *incidents.Service
	probes    []ed25519.PublicKey
	made      bool
	pooled    bool
	reading   *reading

	authenticate func(*http.Request) (context.Context, error)

	mu   sync.Mutex
	last status // what everybody is shown for a while
}

// New gives the service. probes are those that look from outside and may bring what
// they saw; made says that the master key is the file that the program made beside what
// it guards, pooled that a PgBouncer in front of the database is looked at. authenticate
// is web.Config's: whoever listens for long is asked again.
func New(db *postgres.DB, list *incidents.Service, probes []ed25519.PublicKey, made, pooled bool, authenticate func(*http.Request) (context.Context, error)) *Service {
	return &Service{db: db, incidents: list, probes: probes, made: made, pooled: pooled, authenticate: authenticate, reading: newReading()}
}

const (
	path = identity.OpsPath
	live = path + "/live" // what the page fetches anew

	// EventsPath is where the page is told what is new, for as long as it is open.
	EventsPath = path + "/events"
	seriesPath = path + "/series"
)

// Routes registers the page and the operation.
func (s *Service) Routes(rt *web.Router) {
	see := web.Access{Permission: string(identity.ViewAudit)}
	rt.Page("GET "+path, see, s.page)
	rt.Page("GET "+live, see, s.live)
	rt.Page("GET "+seriesPath, see, s.seriesJSON)
	rt.Stream("GET "+EventsPath, web.Access{Permission: string(identity.ViewAudit), Light: true}, s.events)
	rt.Page("GET "+statementsPath+"/{id}", see, s.statementPage)
	rt.Stream("GET "+path+".csv", see, s.export)
	rt.Page("GET "+statusPath, web.Access{Audience: web.Public}, s.statusPage)
	rt.Raw("POST "+uptime.BringPath, web.Access{Audience: web.Public, Rate: limit.Webhook}, s.bring)
	rt.Page("GET "+tracesPath, see, s.tracesPage)
	rt.Stream("GET "+tracesPath+".csv", see, s.tracesExport)
	rt.Page("GET "+tracesPath+"/{id}", see, s.tracePage)
	rt.Page("GET "+errorsPath, see, s.errorsPage)
	rt.Stream("GET "+errorsPath+".csv", see, s.errorsExport)
	rt.Page("GET "+errorsPath+"/{id}", see, s.errorPage)
	set := web.Access{Permission: string(identity.EditSettings)}
	rt.Page("POST "+errorsPath+"/{id}/resolve", set, s.resolve(true))
	rt.Page("POST "+errorsPath+"/{id}/reopen", set, s.resolve(false))
	s.apiRoutes(rt)
}

func (s *Service) page(w http.ResponseWriter, r *http.Request) error {
	v, err := s.look(r)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Service level", Section: ui.Settings, Scripts: []string{"uplot.js", "ops.js"}, Crumbs: []ui.Link{{Text: "Settings", URL: identity.SettingsPath}}, Wide: true,
		Lead: "How your organisation's requests were answered. Every one is measured, none is sampled, and what was not measured is not told.",
	}, levelPage(v))
}

// live is the part of the page that is fetched anew.
func (s *Service) live(w http.ResponseWriter, r *http.Request) error {
	found, err := s.shared(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return levelView(found.view).Render(r.Context(), w)
}

func (s *Service) export(w http.ResponseWriter, r *http.Request) error {
	v, err := s.look(r)
	if err != nil {
		return err
	}
	header := []string{"Address", "Requests", "Failures", "Refusals", "p50 ms", "p95 ms", "p99 ms", "Bytes", "Statements"}
	return sheet.ExportCSV(w, "service-level-"+v.span.name+".csv", header, func(row func(...sheet.Cell) error) error {
		for _, route := range append([]measure.Route{{Name: "all together", Stats: v.all}}, v.routes...) {
			n := func(i int64) sheet.Cell { return sheet.Number(strconv.FormatInt(i, 10)) }
			f := func(f float64) sheet.Cell { return sheet.Number(strconv.FormatFloat(f, 'f', 3, 64)) }
			if err := row(sheet.Text(route.Name), n(route.Requests), n(route.Failures), n(route.Refusals), f(route.P50), f(route.P95), f(route.P99), n(route.Bytes), n(route.Queries)); err != nil {
				return err
			}
		}
		return nil
	})
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

func (v view) stats() []ui.Stat {
	list := []ui.Stat{
		{Label: "Half were answered within", Value: millis(v.all.P50), Note: "p50"},
		{Label: "95 of 100 within", Value: millis(v.all.P95), Note: "p95; the objective is 2 s"},
		{Label: "99 of 100 within", Value: millis(v.all.P99), Note: "p99"},
		{Label: "Requests", Value: ui.Count(v.all.Requests), Note: ui.Count(v.all.Refusals) + " refused: not there, or not allowed"},
		{Label: "Failed", Value: share(v.all.ErrorRate()), Note: ui.Count(v.all.Failures) + " answers from 500 on; the objective is under 1 %"},
		{Label: "Measured", Value: share(min(v.all.Completeness(), 1)), Note: "of the minutes; in the rest nothing is known"},
	}
	if v.all.Requests == 0 {
		list[4].Value = "–"
	} else {
		list[4].Note += "; " + budgetWords(incidents.BudgetLeft(v.all.ErrorRate(), objectiveErrorRate))
	}
	up := ui.Stat{Label: "Up, seen from outside", Value: "unknown", Note: "no probe looked", URL: statusPath}
	if part, known := v.seen.Uptime(); known {
		up.Value, up.Note = share(part), fmt.Sprintf("of %s looks, in %s of the minutes", ui.Count(v.seen.Looks-v.seen.ExcusedLooks), share(float64(v.seen.Known)/float64(max(v.all.Minutes, 1))))
		if all, _ := v.seen.UptimeOfAll(); v.seen.ExcusedLooks > 0 {
			up.Note += "; with announced maintenance " + share(all)
		}
		up.Note += "; the objective is 99.5 %; " + budgetWords(incidents.BudgetLeft(1-part, 1-objectiveUptime))
	}
	return append(list, up)
}

// budgetWords says what is left of an error budget.
func budgetWords(left float64) string {
	if left < 0 {
		return "its error budget is overdrawn by " + share(-left)
	}
	return share(left) + " of its error budget is left"
}

// lasting is a stretch of time as people say it: "41 seconds", "3 hours".
func lasting(seconds float64) string {
	for _, u := range []struct {
		size float64
		one  string
	}{{86400, "day"}, {3600, "hour"}, {60, "minute"}} {
		if n := math.Round(seconds / u.size); n >= 2 {
			return fmt.Sprintf("%.0f %ss", n, u.one)
		}
	}
	return fmt.Sprintf("%.0f seconds", math.Round(seconds))
}

// drillWords say how a drill went.
func drillWords(d backup.Drilled) string {
	if d.Failed > 0 {
		return fmt.Sprintf("differences were found (%d), so that backup can't be relied on.", d.Failed)
	}
	return fmt.Sprintf("everything was back and checked in %.0f s, and all %d checks were fine; what was saved in the %s before it would have been lost.",
		math.Ceil(d.RTO), d.Checks, lasting(d.RPO))
}

// mostRows is how many addresses the page shows.
const mostRows = 25

func (v view) table() ui.Table {
	t := ui.Table{Caption: "Addresses", Columns: []ui.Column{{Title: "Address"}, {Title: "Requests", Right: true}, {Title: "p50", Right: true}, {Title: "p95", Right: true}, {Title: "p99", Right: true, Width: ui.Roomy}, {Title: "Failed", Right: true}, {Title: "Statements each", Right: true, Width: ui.Roomy}}}
	for _, r := range v.routes[:min(len(v.routes), mostRows)] {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Strong(r.Name, ""), ui.Text(ui.Count(r.Requests)), ui.Text(millis(r.P50)), ui.Text(millis(r.P95)), ui.Text(millis(r.P99)), ui.Text(ui.Count(r.Failures)),
			ui.Text(fmt.Sprintf("%.1f", float64(r.Queries)/float64(max(r.Requests, 1)))),
		}})
	}
	return t
}

func (v view) tabs() []ui.Tab {
	list := make([]ui.Tab, len(spans))
	for i, s := range spans {
		list[i] = ui.Tab{Text: s.words, URL: s.url(), Active: s.name == v.span.name}
	}
	return list
}
