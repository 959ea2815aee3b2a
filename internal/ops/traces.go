package ops

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/sheet"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const tracesPath = path + "/traces"

var tracesSpec = web.ListSpec{Filters: []string{"kept"}}

var keptOptions = []ui.Option{{Value: "slow", Text: "Slow"}, {Value: "failed", Text: "Failed"}}

// traceFilter reads what the address of the list asks for.
func traceFilter(r *http.Request) (q web.ListQuery, f trace.Filter, err error) {
	if err = identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return q, f, err
	}
	if q, err = web.ParseList(r.URL.Query(), tracesSpec); err != nil {
		return q, f, err
	}
	f = trace.Filter{Words: q.Q, Limit: q.Limit + 1}
	for _, v := range q.Filters["kept"] {
		switch v {
		case "slow":
			f.Slow = true
		case "failed":
			f.Failed = true
		default:
			return q, f, fault.Invalid("kept", "%q is no reason for which a trace is kept; it is slow or failed", v)
		}
	}
	_, _, err = web.ReadCursor(q, &f.Before.At, &f.Before.ID)
	return q, f, err
}

func (s *Service) tracesPage(w http.ResponseWriter, r *http.Request) error {
	q, f, err := traceFilter(r)
	if err != nil {
		return err
	}
	list, err := trace.List(r.Context(), s.db, f)
	if err != nil {
		return err
	}
	next := ""
	if len(list) > q.Limit {
		list = list[:q.Limit]
		last := list[q.Limit-1]
		if next, err = web.NewCursor(q, false, last.At, last.ID); err != nil {
			return err
		}
	}
	return ui.Page(w, r, ui.Head{
		Title: "What requests did", Section: ui.Settings, Crumbs: crumbs, Wide: true,
		Lead: "Every request of your organisation that was slow or failed, the jobs it asked for, and a few of the others, the latest first. They are kept for seven days.",
	}, ui.List(traceListing(q, list, next)))
}

// crumbs lead to where the pages below the service level lie.
var crumbs = []ui.Link{{Text: "Settings", URL: identity.SettingsPath}, {Text: "Service level", URL: path}}

func traceListing(q web.ListQuery, list []trace.Trace, next string) ui.Listing {
	l := ui.Listing{
		Table: ui.Table{
			Caption: "Traces", Query: q, Path: tracesPath,
			Columns: []ui.Column{{Title: "Request"}, {Title: "When"}, {Title: "Took", Right: true}, {Title: "Answer", Right: true}, {Title: "Kept because"}},
		},
		Placeholder: "Search by address or job", Next: next, ExportURL: q.At("").URL(tracesPath + ".csv"),
		Filters: []ui.Filter{{Name: "kept", Label: "Kept because", Options: keptOptions}},
	}
	if !q.Narrowed() {
		l.Empty = ui.Empty("done", "Nothing was slow, and nothing failed", "What takes too long or goes wrong stands here for seven days.")
	}
	for _, t := range list {
		l.Rows = append(l.Rows, ui.Row{URL: traceURL(t.ID), Cells: []templ.Component{
			ui.Strong(t.Name, ""), ui.Time(t.At), ui.Text(millis(t.TookMs)), ui.Text(answered(t.Status)), keptPills(t),
		}})
	}
	return l
}

func traceURL(id uuid.UUID) string { return tracesPath + "/" + id.String() }

// answered is the status of an answer; a job has none.
func answered(status int) string {
	if status == 0 {
		return ""
	}
	return strconv.Itoa(status)
}

// reasons say why a trace is kept.
func reasons(t trace.Trace) []string {
	var list []string
	for _, r := range []struct {
		so    bool
		words string
	}{{t.Failed, "failed"}, {t.Slow, "slow"}, {t.Sampled, "drawn"}} {
		if r.so {
			list = append(list, r.words)
		}
	}
	return list
}

func reasonTone(words string) ui.Tone {
	switch words {
	case "failed":
		return ui.Red
	case "slow":
		return ui.Amber
	}
	return ui.Neutral
}

func (s *Service) tracesExport(w http.ResponseWriter, r *http.Request) error {
	_, f, err := traceFilter(r)
	if err != nil {
		return err
	}
	f.Limit, f.Before = 500, trace.Cursor{}
	list, err := trace.List(r.Context(), s.db, f)
	if err != nil {
		return err
	}
	header := []string{"Trace", "Began", "Request", "Answer", "ms", "Kept because", "Request number"}
	return sheet.ExportCSV(w, "traces.csv", header, func(row func(...sheet.Cell) error) error {
		for len(list) > 0 {
			for _, t := range list {
				if err := row(sheet.Text(t.ID.String()), sheet.Text(t.At.UTC().Format(time.RFC3339Nano)), sheet.Text(t.Name), sheet.Text(answered(t.Status)),
					sheet.Number(strconv.FormatFloat(t.TookMs, 'f', 3, 64)), sheet.Text(strings.Join(reasons(t), " ")), sheet.Text(t.RequestID)); err != nil {
					return err
				}
			}
			last := list[len(list)-1]
			f.Before = trace.Cursor{At: last.At, ID: last.ID}
			if list, err = trace.List(r.Context(), s.db, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) tracePage(w http.ResponseWriter, r *http.Request) error {
	if err := identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return err
	}
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	t, spans, jobs, err := trace.Get(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: t.Name, Section: ui.Settings, Crumbs: append(crumbs[:2:2], ui.Link{Text: "What requests did", URL: tracesPath}), Wide: true,
	}, traceView(t, bars(t, spans), jobs))
}

func traceDetails(t trace.Trace) []ui.Detail {
	list := []ui.Detail{
		{Label: "Began", Value: ui.Time(t.At)},
		{Label: "Took", Value: ui.Text(millis(t.TookMs))},
		{Label: "Kept because", Value: keptPills(t)},
		{Label: "Trace", Value: ui.Text(t.ID.String())},
	}
	if t.Status != 0 {
		list = append(list, ui.Detail{Label: "Answer", Value: ui.Text(answered(t.Status))})
	}
	if t.RequestID != "" {
		list = append(list, ui.Detail{Label: "Request number", Value: ui.Text(t.RequestID)})
	}
	if t.AskedBy != nil {
		list = append(list, ui.Detail{Label: "Asked for by", Value: ui.Anchor("the request's trace, if it was kept", traceURL(*t.AskedBy))})
	}
	return list
}

// The waterfall's width, in its own units, and how deep it is drawn.
const (
	barUnits  = 1000.0
	mostDepth = 3
)

// bar is a line of the waterfall.
type bar struct {
	trace.Span

	depth    int
	x, width float64 // of barUnits
}

// bars puts each span below the one it belongs to, in the order they began in.
func bars(t trace.Trace, spans []trace.Span) []bar {
	depth := map[string]int{}
	whole := max(t.TookMs, 0.001)
	list := make([]bar, 0, len(spans))
	for i, s := range spans {
		d := 0
		if i > 0 { // a span that there was no room for has its children under the request
			d = depth[s.Parent] + 1
		}
		depth[s.ID] = d
		x := min(max(s.Start/whole, 0), 1) * barUnits
		list = append(list, bar{s, min(d, mostDepth), x, min(max(s.Took/whole*barUnits, 2), barUnits)})
	}
	return list
}

// rect places the bar so that the shortest can still be seen at the end.
func (b bar) rect() (x, width string) {
	return fmt.Sprintf("%.1f", min(b.x, barUnits-b.width)), fmt.Sprintf("%.1f", b.width)
}

// label is what a bar is of: "SELECT", "POST login.example.com".
func (b bar) label() string {
	label := b.Name
	if b.Server != "" {
		label += " " + b.Server
	}
	if b.Status != 0 {
		label += ", answered " + strconv.Itoa(b.Status)
	}
	if b.Rows != nil && b.Name != "begin" { // with which the scope travels, a SELECT
		label += fmt.Sprintf(", %s", plural(*b.Rows))
	}
	if b.Code != "" {
		label += ": " + b.Code
	}
	return label
}

func plural(rows int64) string {
	if rows == 1 {
		return "1 row"
	}
	return ui.Count(rows) + " rows"
}

// first is the beginning of a statement on one line.
func first(statement string) string {
	words := strings.Join(strings.Fields(statement), " ")
	if runes := []rune(words); len(runes) > 160 {
		return string(runes[:160]) + "…"
	}
	return words
}
