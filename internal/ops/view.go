package ops

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/backup"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/uptime"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// view is what the page shows.
type view struct {
	span       span
	all        measure.Stats
	routes     []measure.Route
	points     []measure.Point
	seen       uptime.Seen
	what       []incidents.Incident // that went on in the span, or at its end
	work       []incidents.Maintenance
	saved      backup.Known
	platform   []vitals.Point // of all organisations: the processes and the database, step by step
	running    []health.Process
	deployed   []health.Deployment
	failed     []trouble.Group
	statements []trace.Statement
	at         time.Time
	made       bool // the master key lies beside what it guards
	pooled     bool // a PgBouncer is looked at, by this process or another one
}

// The rows of the page's short lists.
const (
	mostErrors     = 5
	mostStatements = 10
)

// look reads what a request asks for, for whoever may see it.
func (s *Service) look(r *http.Request) (view, error) {
	if err := identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return view{}, err
	}
	chosen, err := spanOf(r)
	if err != nil {
		return view{}, err
	}
	return s.read(r.Context(), chosen)
}

// read reads what the page shows of the scope's organisation.
func (s *Service) read(ctx context.Context, chosen span) (v view, err error) {
	v.span, v.at, v.made, v.pooled = chosen, time.Now(), s.made, s.pooled
	from := v.span.from(v.at)
	to := from.Add(time.Duration(v.span.steps) * v.span.step)
	if v.all, err = measure.Window(ctx, s.db, from, to); err != nil {
		return v, err
	}
	if now := v.at.UTC().Truncate(time.Minute).Add(time.Minute); now.Before(to) { // what is still to come is no gap
		v.all.Minutes = int64(now.Sub(from) / time.Minute)
	}
	if v.routes, err = measure.Routes(ctx, s.db, from, to); err != nil {
		return v, err
	}
	if v.seen, err = uptime.Window(ctx, s.db, from, to); err != nil {
		return v, err
	}
	if v.what, err = s.incidents.List(ctx, from, to, true); err != nil {
		return v, err
	}
	if v.work, err = s.incidents.Windows(ctx, from, to.Add(announcedAhead)); err != nil {
		return v, err
	}
	if v.saved, err = backup.Last(ctx, s.db); err != nil {
		return v, err
	}
	if v.points, err = measure.Series(ctx, s.db, from, v.span.step, v.span.steps); err != nil {
		return v, err
	}
	return v, s.readPlatform(ctx, &v, from, to)
}

// readPlatform reads what is of the whole platform, and what went wrong or was slow in
// the organisation.
func (s *Service) readPlatform(ctx context.Context, v *view, from, to time.Time) (err error) {
	if v.platform, err = vitals.Series(ctx, s.db, from, v.span.step, v.span.steps); err != nil {
		return err
	}
	v.pooled = v.pooled || slices.ContainsFunc(v.platform, func(p vitals.Point) bool { return p.BouncerActive != nil })
	if v.running, err = health.Processes(ctx, s.db); err != nil {
		return err
	}
	if v.deployed, err = health.Deployments(ctx, s.db, from, to); err != nil {
		return err
	}
	if v.failed, err = trouble.List(ctx, s.db, trouble.Filter{Limit: mostErrors}); err != nil {
		return err
	}
	v.statements, err = trace.Statements(ctx, s.db, from, to, mostStatements)
	return err
}

// platformStats are figures of the whole platform; a figure nobody saw is told as one.
func (v view) platformStats() []ui.Stat {
	away := ui.Stat{Label: "Turned away", Value: "unknown", Note: "nobody measured"}
	var refused int64
	for _, p := range v.platform {
		if p.Refused != nil {
			refused += *p.Refused
			away.Value, away.Note = ui.Count(refused), "because there was too much to do: of all organisations, since nobody knows yet who asks"
		}
	}
	database := ui.Stat{Label: "The database answered in", Value: "unknown", Note: "nobody looked"}
	connections := ui.Stat{Label: "Connections", Value: "unknown", Note: "nobody looked"}
	queue := ui.Stat{Label: "Jobs that wait", Value: "unknown", Note: "nobody looked"}
	for _, p := range v.platform { // the last that is known
		if p.Latency != nil {
			database.Value, database.Note = millis(*p.Latency), fmt.Sprintf("on average, at most %s, in the last %s", millis(*p.LatencyMax), stepWords(v.span.step))
		}
		if p.Connections != nil {
			connections.Value = fmt.Sprintf("%d of %d", *p.Connections, *p.Most)
			connections.Note = fmt.Sprintf("of PostgreSQL, at most; %d of the program at work, %d idle in a transaction; the pools used %d of %d", *p.Active, *p.InTransaction, *p.PoolUsed, *p.PoolMost)
		}
		if p.QueueDepth != nil {
			queue.Value, queue.Note = ui.Count(int64(*p.QueueDepth)), fmt.Sprintf("at most; the first waited %.0f s", *p.QueueOldest)
		}
	}
	return append([]ui.Stat{database, connections, queue, away}, v.bouncerStats()...)
}

// stepWords is how long a step is: "30 minutes".
func stepWords(d time.Duration) string {
	switch {
	case d == time.Minute:
		return "minute"
	case d < time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d == time.Hour:
		return "hour"
	}
	return fmt.Sprintf("%.0f hours", d.Hours())
}

func (v view) processTable() ui.Table {
	t := ui.Table{Caption: "Programs that run", Columns: []ui.Column{{Title: "Version"}, {Title: "Commit", Width: ui.Roomy}, {Title: "Runs since"}, {Title: "Up for", Right: true}, {Title: "Not well"}}}
	for _, p := range v.running {
		unwell := ui.None()
		if len(p.Unwell) > 0 {
			unwell = ui.StagePill(ui.Amber, fmt.Sprintf("%d parts", len(p.Unwell)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Strong(p.Version, ""), ui.Text(short(p.Commit)), ui.Time(p.StartedAt), ui.Text(upFor(v.at.Sub(p.StartedAt))), unwell}})
	}
	return t
}

// upFor is a duration in its greatest unit or two: "3 d 4 h".
func upFor(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
}

// short is a commit as people name it.
func short(commit string) string { return commit[:min(len(commit), 7)] }

func (v view) deploymentTable() ui.Table {
	t := ui.Table{Caption: "Deployments", Columns: []ui.Column{{Title: "Version"}, {Title: "Commit"}, {Title: "Seen first"}, {Title: "Seen last", Width: ui.Roomy}}}
	for i := range v.deployed {
		d := v.deployed[len(v.deployed)-1-i] // the newest first
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Strong(d.Version, ""), ui.Text(short(d.Commit)), ui.Time(d.FirstSeen), ui.Time(d.LastSeen)}})
	}
	return t
}

func (v view) errorTable() ui.Table {
	t := ui.Table{Caption: "Errors", Columns: []ui.Column{{Title: "Where"}, {Title: "Times", Right: true}, {Title: "Seen last"}}}
	for _, g := range v.failed {
		t.Rows = append(t.Rows, ui.Row{URL: errorURL(g.ID), Cells: []templ.Component{ui.Strong(g.Place, g.Title()), ui.Text(ui.Count(g.Count)), ui.Time(g.LastSeen)}})
	}
	return t
}

func (v view) statementTable() ui.Table {
	t := ui.Table{Caption: "Statements", Columns: []ui.Column{{Title: "Statement"}, {Title: "Times", Right: true}, {Title: "Longest", Right: true}, {Title: "Together", Right: true, Width: ui.Roomy}}}
	for _, q := range v.statements {
		t.Rows = append(t.Rows, ui.Row{URL: statementURL(q.ID), Cells: []templ.Component{ui.Text(first(q.Text)), ui.Text(ui.Count(q.Count)), ui.Text(millis(q.LongestMs)), ui.Text(millis(q.TotalMs))}})
	}
	return t
}

// typed is a time of the span as its field has it: 0 is from, 1 is to.
func (v view) typed(ctx context.Context, which int) string {
	if !v.span.begin.IsZero() {
		return v.span.asked[which]
	}
	at := v.at
	if which == 0 {
		at = v.points[0].At
	}
	return at.In(identity.Zone(ctx)).Format(asTyped)
}

// figureRows are the steps of the span in words, the newest first; what is not known
// is left empty.
func (v view) figureRows(ctx context.Context) [][]string {
	zone, rows := identity.Zone(ctx), make([][]string, 0, len(v.points))
	for i, p := range slices.Backward(v.points) {
		m := v.platform[i]
		if p.At.After(v.at) {
			continue
		}
		row := []string{p.At.In(zone).Format("Jan 2, 15:04"), "not measured", "", "", "", ""}
		if p.Measured > 0 || p.Requests > 0 {
			row[1], row[2] = ui.Count(p.Requests), ui.Count(p.Failures)
		}
		if p.Requests > 0 {
			row[3], row[4], row[5] = millis(p.P50), millis(p.P95), millis(p.P99)
		}
		latency := ""
		if m.Latency != nil {
			latency = millis(*m.Latency)
		}
		row = append(row, latency, counted(m.PoolUsed), counted(m.Connections), counted(m.QueueDepth), counted(m.Refused))
		rows = append(rows, append(row, v.bouncerCells(m)...))
	}
	return rows
}

// counted is a number that may not be known.
func counted[T int | int64](n *T) string {
	if n == nil {
		return ""
	}
	return ui.Count(int64(*n))
}
