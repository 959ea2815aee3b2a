package ops

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/sheet"
	"github.com/skaiscraper/skai/internal/platform/trouble"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const errorsPath = path + "/errors"

var errorsSpec = web.ListSpec{Filters: []string{"state"}}

// errorFilter reads what the address of the list asks for.
func errorFilter(r *http.Request) (q web.ListQuery, f trouble.Filter, err error) {
	if err = identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return q, f, err
	}
	if q, err = web.ParseList(r.URL.Query(), errorsSpec); err != nil {
		return q, f, err
	}
	f = trouble.Filter{Words: q.Q, Limit: q.Limit + 1, Resolved: q.Filter("state") == "resolved"}
	if state := q.Filter("state"); state != "" && !f.Resolved {
		return q, f, fault.Invalid("state", "%q is no state of an error; leave it out for the open ones, or choose resolved", state)
	}
	_, _, err = web.ReadCursor(q, &f.Before.At, &f.Before.ID)
	return q, f, err
}

func (s *Service) errorsPage(w http.ResponseWriter, r *http.Request) error {
	q, f, err := errorFilter(r)
	if err != nil {
		return err
	}
	list, err := trouble.List(r.Context(), s.db, f)
	if err != nil {
		return err
	}
	next := ""
	if len(list) > q.Limit {
		list = list[:q.Limit]
		last := list[q.Limit-1]
		if next, err = web.NewCursor(q, false, last.LastSeen, last.ID); err != nil {
			return err
		}
	}
	return ui.Page(w, r, ui.Head{
		Title: "Errors", Section: ui.Settings, Crumbs: crumbs, Wide: true,
		Lead: "What went wrong with requests and jobs of your organisation, each kind once, the one seen last first. Nobody's data stands here; the log has the rest, under the number of the request.",
	}, ui.List(errorListing(q, list, next)))
}

func errorListing(q web.ListQuery, list []trouble.Group, next string) ui.Listing {
	l := ui.Listing{
		Table: ui.Table{
			Caption: "Errors", Query: q, Path: errorsPath,
			Columns: []ui.Column{{Title: "Where"}, {Title: "Times", Right: true}, {Title: "People", Right: true}, {Title: "Seen last"}, {Title: "Seen first", Width: ui.Wide}, {Title: "Release", Width: ui.Roomy}, {Title: "State"}},
		},
		Placeholder: "Search by address, code or type", Next: next, ExportURL: q.At("").URL(errorsPath + ".csv"),
		Filters: []ui.Filter{{Name: "state", Label: "Open", Options: []ui.Option{{Value: "resolved", Text: "Resolved"}}}},
	}
	if !q.Narrowed() {
		l.Empty = ui.Empty("done", "Nothing went wrong", "A request or a job that fails stands here within seconds.")
	}
	for _, g := range list {
		l.Rows = append(l.Rows, ui.Row{URL: errorURL(g.ID), Cells: []templ.Component{
			ui.Strong(g.Place, g.Title()), ui.Text(ui.Count(g.Count)), ui.Text(ui.Count(g.People)), ui.Time(g.LastSeen), ui.Time(g.FirstSeen), ui.Text(g.LastRelease), statePill(g),
		}})
	}
	return l
}

func errorURL(id uuid.UUID) string { return errorsPath + "/" + id.String() }

func statePill(g trouble.Group) templ.Component {
	switch {
	case g.ResolvedAt != nil:
		return ui.StagePill(ui.Green, "resolved")
	case g.Reopened > 0:
		return ui.StagePill(ui.Red, "came back")
	}
	return ui.StagePill(ui.Amber, "open")
}

func stateWords(g trouble.Group) string {
	if g.ResolvedAt != nil {
		return "resolved"
	}
	return "open"
}

func (s *Service) errorsExport(w http.ResponseWriter, r *http.Request) error {
	_, f, err := errorFilter(r)
	if err != nil {
		return err
	}
	f.Limit, f.Before = 500, trouble.Cursor{}
	list, err := trouble.List(r.Context(), s.db, f)
	if err != nil {
		return err
	}
	header := []string{"Error", "Where", "Kind", "Words", "Types", "Times", "People", "Seen first", "Seen last", "First release", "Last release", "State", "Request number"}
	return sheet.ExportCSV(w, "errors.csv", header, func(row func(...sheet.Cell) error) error {
		for len(list) > 0 {
			for _, g := range list {
				at := func(t time.Time) sheet.Cell { return sheet.Text(t.UTC().Format(time.RFC3339)) }
				if err := row(sheet.Text(g.ID.String()), sheet.Text(g.Place), sheet.Text(g.Kind), sheet.Text(g.Words), sheet.Text(g.Chain), sheet.Number(strconv.FormatInt(g.Count, 10)), sheet.Number(strconv.FormatInt(g.People, 10)),
					at(g.FirstSeen), at(g.LastSeen), sheet.Text(g.FirstRelease), sheet.Text(g.LastRelease), sheet.Text(stateWords(g)), sheet.Text(g.RequestID)); err != nil {
					return err
				}
			}
			last := list[len(list)-1]
			f.Before = trouble.Cursor{At: last.LastSeen, ID: last.ID}
			if list, err = trouble.List(r.Context(), s.db, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) errorPage(w http.ResponseWriter, r *http.Request) error {
	if err := identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return err
	}
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	g, err := trouble.Get(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: g.Title(), Section: ui.Settings, Crumbs: append(crumbs[:2:2], ui.Link{Text: "Errors", URL: errorsPath}),
	}, errorView(g, identity.Can(r.Context(), identity.EditSettings)))
}

func errorDetails(g trouble.Group) []ui.Detail {
	list := []ui.Detail{
		{Label: "Where", Value: ui.Text(g.Place)},
		{Label: "State", Value: statePill(g)},
		{Label: "Times", Value: ui.Text(ui.Count(g.Count))},
		{Label: "People", Value: ui.Text(ui.Count(g.People))},
		{Label: "Seen first", Value: ui.Time(g.FirstSeen)},
		{Label: "Seen last", Value: ui.Time(g.LastSeen)},
		{Label: "First in release", Value: ui.Text(g.FirstRelease)},
		{Label: "Last in release", Value: ui.Text(g.LastRelease)},
		{Label: "Types", Value: ui.Text(g.Chain)},
	}
	if g.RequestID != "" {
		list = append(list, ui.Detail{Label: "The last request's number", Value: ui.Text(g.RequestID)})
	}
	if g.Reopened > 0 {
		list = append(list, ui.Detail{Label: "Came back after it was resolved", Value: ui.Text(strconv.Itoa(g.Reopened) + " times")})
	}
	return list
}

// resolve gives what answers to the buttons of an error's page.
func (s *Service) resolve(resolved bool) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := identity.Require(r.Context(), identity.EditSettings); err != nil {
			return err
		}
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		if err := trouble.Resolve(r.Context(), s.db, id, resolved); err != nil {
			return err
		}
		words := "It is open again."
		if resolved {
			words = "It is resolved. Should it be seen again, it is open again."
		}
		web.SetFlash(w, r, web.Done, "%s", words)
		return web.Redirect(w, r, errorURL(id))
	}
}

// tracesOf leads to what requests of the error's address did.
func tracesOf(g trouble.Group) string {
	return web.ListQuery{Limit: web.DefaultLimit}.Search(g.Place).With("kept", "failed").URL(tracesPath)
}

func frames(g trouble.Group) []string { return strings.Split(g.Frames, "\n") }
