package admin

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// mostJobs is how many jobs of a state are looked at.
const mostJobs = 1000

// incident is one of the service's.
type incident struct {
	Title    string
	Severity string
	OpenedAt time.Time
	ClosedAt *time.Time
}

// running is what the page of the platform shows.
type running struct {
	found     health.Snapshot
	processes []health.Process
	queues    []queue.Waiting
	incidents []incident // of thirty days, the newest first
	people    []operators.Operator
}

func (s *Service) platformPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.running(r.Context())
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{Title: "Platform", Section: operators.Platform, Wide: true, Lead: "What runs, how it is, and what waits."}, platformView(v))
}

func (s *Service) running(ctx context.Context) (v running, err error) {
	v.found = s.probe.Last(ctx)
	if v.processes, err = health.Processes(ctx, s.db); err != nil {
		return v, err
	}
	if v.queues, err = queue.Look(ctx, s.db); err != nil {
		return v, err
	}
	if v.people, err = operators.New(s.db).List(ctx); err != nil {
		return v, err
	}
	v.incidents, err = postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]incident, error) {
		return postgres.Many[incident](ctx, tx, `SELECT title, severity, opened_at, closed_at FROM incidents WHERE coalesce(closed_at, now()) > now() - interval '30 days' ORDER BY opened_at DESC, id DESC LIMIT 50`)
	})
	return v, err
}

// stateTone is the colour of how something is.
func stateTone(s health.State) ui.Tone {
	switch s {
	case health.OK:
		return ui.Green
	case health.Degraded:
		return ui.Amber
	case health.Down:
	}
	return ui.Red
}

func (v running) partTable() ui.Table {
	t := ui.Table{Caption: "Parts", Columns: []ui.Column{{Title: "Part"}, {Title: "State"}, {Title: "Look took", Right: true}, {Title: "What is wrong"}}, Empty: ui.Text("Nobody has looked yet.")}
	for _, name := range slices.Sorted(maps.Keys(v.found.Findings)) {
		f := v.found.Findings[name]
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Strong(name, ""), ui.StagePill(stateTone(f.State), string(f.State)), ui.Text(millis(float64(f.Latency) / float64(time.Millisecond))), ui.Text(cmp.Or(f.Words, "–")),
		}})
	}
	return t
}

func (v running) processTable() ui.Table {
	t := ui.Table{Caption: "Processes", Columns: []ui.Column{{Title: "Process"}, {Title: "Since"}, {Title: "Version"}, {Title: "Schema", Width: ui.Roomy}, {Title: "Configuration", Width: ui.Wide}, {Title: "Clock", Right: true, Width: ui.Roomy}, {Title: "Unwell"}}, Empty: ui.Text("No process was seen within fifteen seconds.")}
	for _, p := range v.processes {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Strong(p.ID.String()[:8], ""), ui.Since(p.StartedAt), ui.Text(p.Version), ui.Text(short(p.Schema)), ui.Text(short(p.Fingerprint)), ui.Text(fmt.Sprintf("%.0f ms", p.ClockMS)),
			ui.Text(cmp.Or(strings.Join(slices.Sorted(maps.Keys(p.Unwell)), ", "), "–")),
		}})
	}
	return t
}

func short(hash string) string { return hash[:min(len(hash), 8)] }

func (v running) queueTable() ui.Table {
	t := ui.Table{Caption: "Queues", Columns: []ui.Column{{Title: "Queue"}, {Title: "To do", Right: true}, {Title: "First waits", Right: true}, {Title: "Late after", Right: true, Width: ui.Roomy}, {Title: "Given up", Right: true}}}
	for _, q := range v.queues {
		t.Rows = append(t.Rows, ui.Row{URL: jobsPath, Cells: []templ.Component{
			ui.Strong(q.Name, ""), ui.Text(ui.Count(int64(q.Depth))), ui.Text(q.Oldest.Round(time.Second).String()), ui.Text(q.Late.String()), ui.Text(ui.Count(int64(q.Dead))),
		}})
	}
	return t
}

func (v running) incidentTable() ui.Table {
	t := ui.Table{Caption: "Incidents", Columns: []ui.Column{{Title: "What"}, {Title: "Severity"}, {Title: "Began"}, {Title: "Ended"}}, Empty: ui.Text("There was none in thirty days.")}
	for _, i := range v.incidents {
		ended := ui.StagePill(ui.Red, "Goes on")
		if i.ClosedAt != nil {
			ended = ui.Dated(*i.ClosedAt)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Strong(i.Title, ""), ui.Text(i.Severity), ui.Dated(i.OpenedAt), ended}})
	}
	return t
}

func (v running) peopleTable() ui.Table {
	t := ui.Table{Caption: "Operators", Columns: []ui.Column{{Title: "Who"}, {Title: "Since"}, {Title: "Second factor"}, {Title: "Last there"}}}
	for _, o := range v.people {
		factor := "set up"
		if !o.Factor {
			factor = "none; nothing opens"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Strong(o.Name, o.Email), ui.Dated(o.Since), ui.Text(factor), since(o.LastSeenAt)}})
	}
	return t
}

func (s *Service) jobsPage(w http.ResponseWriter, r *http.Request) error {
	state := cmp.Or(r.URL.Query().Get("state"), "discarded")
	list, err := queue.List(r.Context(), s.db, state, jobsShown)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Jobs", Section: operators.Jobs, Wide: true,
		Lead: "Background jobs: their kind and how they went, never what they are about. One that was given up is kept for a week.",
	}, jobsView(state, list))
}

// jobsShown is how many jobs the page shows.
const jobsShown = 100

// jobTabs are the states a job may be in, those that need somebody first.
func jobTabs(state string) []ui.Tab {
	list := []ui.Tab{{Text: "Given up", URL: jobsPath, Active: state == "discarded"}}
	for _, name := range []string{"retryable", "available", "running", "scheduled", "pending", "completed", "cancelled"} {
		list = append(list, ui.Tab{Text: planWord(name), URL: jobsPath + "?state=" + name, Active: state == name})
	}
	return list
}

func (s *Service) retry(w http.ResponseWriter, r *http.Request) error {
	return s.job(w, r, queue.Retry, "Job %d is done next.")
}

func (s *Service) drop(w http.ResponseWriter, r *http.Request) error {
	return s.job(w, r, queue.Drop, "Job %d is gone.")
}

func (s *Service) job(w http.ResponseWriter, r *http.Request, do func(context.Context, *postgres.DB, int64) error, done string) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.NotFound("job", "there is no job %q", r.PathValue("id"))
	}
	if err := do(r.Context(), s.db, id); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, done, id)
	return web.Redirect(w, r, jobsPath)
}
