package leads

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const path = "/leads"

// Who may use the routes; the methods check again.
var (
	see     = web.Access{Permission: string(identity.ViewRecords)}
	edit    = web.Access{Permission: string(identity.EditRecords)}
	archive = web.Access{Permission: string(identity.ArchiveRecords)}
	export  = web.Access{Permission: string(identity.ExportLists)}
)

// Routes registers the pages and the API of leads.
func (s *Service) Routes(rt *web.Router) {
	rt.Page("GET /leads", see, s.listPage)
	rt.Stream("GET /leads.csv", export, s.exportCSV)
	rt.Page("GET /leads/new", edit, s.newPage)
	rt.Page("POST /leads", edit, s.createPage)
	rt.Page("GET /leads/{id}", see, s.detailPage)
	rt.Page("GET /leads/{id}/edit", edit, s.editPage)
	rt.Page("POST /leads/{id}", edit, s.updatePage)
	rt.Page("POST /leads/{id}/stage", edit, s.stagePage)
	rt.Page("POST /leads/{id}/archive", archive, s.archivePage)
	rt.Page("POST /leads/{id}/restore", archive, s.restorePage)
	s.apiRoutes(rt)
}

func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), listing.Web())
	if err != nil {
		return err
	}
	l, err := s.Browse(r.Context(), q)
	if err != nil {
		return err
	}
	head := ui.Head{Title: "Leads", Section: ui.Leads, Wide: true, Canonical: q.URL(path)}
	if identity.Can(r.Context(), identity.EditRecords) {
		head.Action = &ui.Action{Text: "New lead", URL: path + "/new", Icon: "plus"}
	}
	return ui.Page(w, r, head, ui.List(listView(r.Context(), q, l)))
}

func (s *Service) exportCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), listing.Web())
	if err != nil {
		return err
	}
	name := "leads-" + time.Now().In(identity.Zone(r.Context())).Format(time.DateOnly) + ".csv"
	return sheet.ExportCSV(w, name, csvHeader, func(row func(...sheet.Cell) error) error {
		return s.Export(r.Context(), q, func(l Lead) error { return row(csvRow(l)...) })
	})
}

var csvHeader = []string{
	"ID", "Title", "Stage", "Stage since", "Stage as it came", "Lost because", "Contact", "Property", "Kind", "Source", "Temperature", "Urgency",
	"Assignee", "Estimated value", "Follow up on", "Tags", "Notes", "Created", "Changed", "Archived",
}

func csvRow(l Lead) []sheet.Cell {
	return []sheet.Cell{
		sheet.Number(l.ID.String()), sheet.Text(l.Title), sheet.Text(string(l.Stage)), CSVTime(&l.StageChangedAt), sheet.Text(l.SourceStage), sheet.Text(l.DeadReason),
		sheet.Text(l.Contact), sheet.Text(l.Property), sheet.Text(l.Kind), sheet.Text(l.Source), sheet.Text(l.Temperature), sheet.Text(l.Urgency),
		sheet.Text(l.Assignee), CSVAmount(l.EstimatedValue), sheet.Number(l.FollowUpOn.String()), sheet.Text(strings.Join(l.Tags, ", ")), sheet.Text(l.Notes),
		CSVTime(&l.CreatedAt), CSVTime(&l.UpdatedAt), CSVTime(l.ArchivedAt),
	}
}

func (s *Service) detailPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := s.View(r.Context(), id, r.URL.Query().Get("older"))
	if err != nil {
		return err
	}
	return showPage(w, r, http.StatusOK, l, "")
}

func showPage(w http.ResponseWriter, r *http.Request, status int, l Full, problem string) error {
	head := ui.Head{Title: l.Title, Lead: l.line(), Section: ui.Leads, Crumbs: []ui.Link{{Text: "Leads", URL: path}}}
	if identity.Can(r.Context(), identity.EditRecords) && l.ArchivedAt == nil {
		head.Action = &ui.Action{Text: "Edit", URL: l.URL() + "/edit", Icon: "pencil"}
	}
	return ui.PageStatus(w, r, status, head, detailView(l, r.URL.Query().Get("tab"), problem))
}

// stagePage moves the lead; a move that is refused is told on the lead's page.
func (s *Service) stagePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	l, err := s.Advance(r.Context(), id, Stage(form.Text("stage")), form.Text("reason"))
	switch {
	case fault.Is(err, fault.KindInvalid) || fault.Is(err, fault.KindConflict):
		now, getErr := s.View(r.Context(), id, "")
		if getErr != nil {
			return getErr
		}
		return showPage(w, r, fault.As(err).Kind.Status(), now, Refused(err))
	case err != nil:
		return err
	case l.Stage == StageWon && l.ClaimID != nil:
		web.SetFlash(w, r, web.Done, "%s is won; this is its claim.", l.Title)
		return web.Redirect(w, r, "/claims/"+l.ClaimID.String())
	}
	web.SetFlash(w, r, web.Done, "%s is %s now.", l.Title, l.Stage)
	return web.Redirect(w, r, l.URL())
}

// Refused is why a move was refused, as a sentence for the record's page.
func Refused(err error) string {
	f := fault.As(err)
	for _, field := range []string{"reason", "stage"} {
		if words := f.Fields[field]; words != "" {
			return "It was not moved: " + words + "."
		}
	}
	return "It was not moved: " + f.Message + "."
}

func (s *Service) newPage(w http.ResponseWriter, r *http.Request) error {
	l, err := s.blank(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, formOf(nil, l), nil)
}

func (s *Service) createPage(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	d, err := s.readForm(r.Context(), form)
	if err != nil {
		return err
	}
	if form.Err() == nil {
		l, err := s.Create(r.Context(), d, form.Text("key"))
		if err == nil {
			web.SetFlash(w, r, web.Done, "%s is among your leads.", l.Title)
			return web.Redirect(w, r, l.URL())
		}
		if !fault.Is(err, fault.KindInvalid) {
			return err
		}
		maps.Copy(form.Fields, fault.As(err).Fields)
	}
	l, err := s.blank(r.Context(), nil)
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusUnprocessableEntity, formOf(form, l), nil)
}

func (s *Service) editPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := s.View(r.Context(), id, "")
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, formOf(nil, l), nil)
}

func (s *Service) updatePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	d, err := s.readForm(r.Context(), form)
	if err != nil {
		return err
	}
	version := form.Version()
	if err = form.Err(); err == nil {
		var l Lead
		if l, err = s.Update(r.Context(), id, version, d); err == nil {
			web.SetFlash(w, r, web.Done, "%s was saved.", l.Title)
			return web.Redirect(w, r, l.URL())
		}
	}
	if !fault.Is(err, fault.KindInvalid) && !fault.Is(err, fault.KindStale) {
		return err
	}
	now, getErr := s.View(r.Context(), id, "")
	if getErr != nil {
		return getErr
	}
	if fault.Is(err, fault.KindInvalid) {
		maps.Copy(form.Fields, fault.As(err).Fields)
		return formPage(w, r, http.StatusUnprocessableEntity, formOf(form, now), nil)
	}
	// Saving again is meant against what the person now sees beside their own.
	theirs := ui.Diff(now.UpdatedByName, now.UpdatedAt, Differences(now.entered(d, form, now.People).words(), now.words()))
	form.Values.Set("version", web.VersionText(now.Version))
	return formPage(w, r, http.StatusPreconditionFailed, formOf(form, now), theirs)
}

func formPage(w http.ResponseWriter, r *http.Request, status int, f leadForm, theirs templ.Component) error {
	head := ui.Head{Title: "New lead", Section: ui.Leads, Crumbs: []ui.Link{{Text: "Leads", URL: path}}}
	if f.action != path {
		head.Title = "Edit " + f.name
		head.Crumbs = append(head.Crumbs, ui.Link{Text: f.name, URL: f.action})
	}
	return ui.PageStatus(w, r, status, head, formView(f, theirs))
}

func (s *Service) archivePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := s.Archive(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s was archived.", l.Title)
	return web.Redirect(w, r, path)
}

func (s *Service) restorePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := s.Restore(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s is among your leads again.", l.Title)
	return web.Redirect(w, r, l.URL())
}

// URL is the lead's page.
func (l *Lead) URL() string { return path + "/" + l.ID.String() }
