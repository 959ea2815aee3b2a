package claims

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const path = "/claims"

// Who may use the routes; the methods check again.
var (
	see     = web.Access{Permission: string(identity.ViewRecords)}
	edit    = web.Access{Permission: string(identity.EditRecords)}
	archive = web.Access{Permission: string(identity.ArchiveRecords)}
	export  = web.Access{Permission: string(identity.ExportLists)}
)

// Routes registers the pages and the API of claims.
func (s *Service) Routes(rt *web.Router) {
	rt.Page("GET /claims", see, s.listPage)
	rt.Stream("GET /claims.csv", export, s.exportCSV)
	rt.Page("GET /claims/new", edit, s.newPage)
	rt.Page("POST /claims", edit, s.createPage)
	rt.Page("GET /claims/{id}", see, s.detailPage)
	rt.Page("GET /claims/{id}/edit", edit, s.editPage)
	rt.Page("POST /claims/{id}", edit, s.updatePage)
	rt.Page("POST /claims/{id}/stage", edit, s.stagePage)
	rt.Page("POST /claims/{id}/archive", archive, s.archivePage)
	rt.Page("POST /claims/{id}/restore", archive, s.restorePage)
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
	head := ui.Head{Title: "Claims", Section: ui.Claims, Wide: true, Canonical: q.URL(path)}
	if identity.Can(r.Context(), identity.EditRecords) {
		head.Action = &ui.Action{Text: "New claim", URL: path + "/new", Icon: "plus"}
	}
	return ui.Page(w, r, head, ui.List(listView(r.Context(), q, l)))
}

func (s *Service) exportCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), listing.Web())
	if err != nil {
		return err
	}
	name := "claims-" + time.Now().In(identity.Zone(r.Context())).Format(time.DateOnly) + ".csv"
	return sheet.ExportCSV(w, name, csvHeader, func(row func(...sheet.Cell) error) error {
		return s.Export(r.Context(), q, func(c Claim) error { return row(csvRow(c)...) })
	})
}

func (s *Service) detailPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.URL.Query()
	c, err := s.View(r.Context(), id, v.Get("older"), v.Get("tab") == "estimates")
	if err != nil {
		return err
	}
	return showPage(w, r, http.StatusOK, c, "")
}

func showPage(w http.ResponseWriter, r *http.Request, status int, c Full, problem string) error {
	head := ui.Head{Title: c.heading(), Lead: c.line(), Section: ui.Claims, Crumbs: []ui.Link{{Text: "Claims", URL: path}}}
	if identity.Can(r.Context(), identity.EditRecords) && c.ArchivedAt == nil {
		head.Action = &ui.Action{Text: "Edit", URL: c.URL() + "/edit", Icon: "pencil"}
	}
	tab := r.URL.Query().Get("tab")
	if tab == "audit" && !identity.Can(r.Context(), identity.ViewAudit) || tab == "estimates" && !identity.Can(r.Context(), identity.ViewAmounts) || !slices.Contains([]string{"estimates", "files", "audit"}, tab) {
		tab = ""
	}
	return ui.PageStatus(w, r, status, head, detailView(c, tab, problem))
}

// stagePage moves the claim; a move that is refused is told on the claim's page.
func (s *Service) stagePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	c, err := s.Advance(r.Context(), id, Stage(form.Text("stage")), form.Text("reason"))
	switch {
	case fault.Is(err, fault.KindInvalid) || fault.Is(err, fault.KindConflict):
		now, getErr := s.View(r.Context(), id, "", false)
		if getErr != nil {
			return getErr
		}
		return showPage(w, r, fault.As(err).Kind.Status(), now, leads.Refused(err))
	case err != nil:
		return err
	}
	web.SetFlash(w, r, web.Done, "%s is %s now.", c.Name(), leads.Join([]Stage{c.Stage}))
	return web.Redirect(w, r, c.URL())
}

func (s *Service) newPage(w http.ResponseWriter, r *http.Request) error {
	c, err := s.blank(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, formOf(nil, c), nil)
}

func (s *Service) createPage(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	d, a, err := s.readForm(r.Context(), form)
	if err != nil {
		return err
	}
	if a == nil {
		a = &Amounts{}
	}
	if err = form.Err(); err == nil {
		var c Claim
		if c, err = s.Create(r.Context(), d, *a, form.Text("key")); err == nil {
			web.SetFlash(w, r, web.Done, "%s is open.", c.heading())
			return web.Redirect(w, r, c.URL())
		}
	}
	status, ok := refusedFields(form, err)
	if !ok {
		return err
	}
	c, err := s.blank(r.Context(), nil)
	if err != nil {
		return err
	}
	return formPage(w, r, status, formOf(form, c), nil)
}

// refusedFields puts what was refused at the fields of the form that is shown
// again; ok is false where that would not help.
func refusedFields(form *web.Form, err error) (status int, ok bool) {
	f := fault.As(err)
	switch {
	case f == nil:
		return 0, false
	case f.Kind == fault.KindInvalid:
		maps.Copy(form.Fields, f.Fields)
	case f.Code == codeCarrierNumber:
		form.Fields.Add("claim_number", "%s", f.Message)
	default:
		return 0, false
	}
	return f.Kind.Status(), true
}

func (s *Service) editPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	c, err := s.View(r.Context(), id, "", false)
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, formOf(nil, c), nil)
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
	d, a, err := s.readForm(r.Context(), form)
	if err != nil {
		return err
	}
	version := form.Version()
	if err = form.Err(); err == nil {
		var c Claim
		if c, err = s.Update(r.Context(), id, version, d, a); err == nil {
			web.SetFlash(w, r, web.Done, "%s was saved.", c.Name())
			return web.Redirect(w, r, c.URL())
		}
	}
	status, again := refusedFields(form, err)
	if !again && !fault.Is(err, fault.KindStale) {
		return err
	}
	now, getErr := s.View(r.Context(), id, "", false)
	if getErr != nil {
		return getErr
	}
	if again {
		return formPage(w, r, status, formOf(form, now), nil)
	}
	// Saving again is meant against what the person now sees beside their own.
	theirs := ui.Diff(now.UpdatedByName, now.UpdatedAt, leads.Differences(now.entered(d, a, form, now.People).words(), now.words()))
	form.Values.Set("version", web.VersionText(now.Version))
	return formPage(w, r, http.StatusPreconditionFailed, formOf(form, now), theirs)
}

func formPage(w http.ResponseWriter, r *http.Request, status int, f claimForm, theirs templ.Component) error {
	head := ui.Head{Title: "New claim", Section: ui.Claims, Crumbs: []ui.Link{{Text: "Claims", URL: path}}}
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
	c, err := s.Archive(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s was archived.", c.Name())
	return web.Redirect(w, r, path)
}

func (s *Service) restorePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	c, err := s.Restore(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s is among your claims again.", c.Name())
	return web.Redirect(w, r, c.URL())
}

// URL is the claim's page.
func (c *Claim) URL() string { return path + "/" + c.ID.String() }
