package contacts

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

const path = "/contacts"

// Who may use the routes; the methods check again.
var (
	see     = web.Access{Permission: string(identity.ViewRecords)}
	edit    = web.Access{Permission: string(identity.EditRecords)}
	archive = web.Access{Permission: string(identity.ArchiveRecords)}
	export  = web.Access{Permission: string(identity.ExportLists)}
)

// Routes registers the pages and the API of contacts.
func (s *Service) Routes(rt *web.Router) {
	rt.Page("GET /contacts", see, s.listPage)
	rt.Stream("GET /contacts.csv", export, s.exportCSV)
	rt.Page("GET /contacts/new", edit, s.newPage)
	rt.Page("POST /contacts", edit, s.createPage)
	rt.Page("GET /contacts/{id}", see, s.detailPage)
	rt.Page("GET /contacts/{id}/edit", edit, s.editPage)
	rt.Page("POST /contacts/{id}", edit, s.updatePage)
	rt.Page("POST /contacts/{id}/archive", archive, s.archivePage)
	rt.Page("POST /contacts/{id}/restore", archive, s.restorePage)
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
	head := ui.Head{Title: "Contacts", Section: ui.Contacts, Wide: true, Canonical: q.URL(path)}
	if identity.Can(r.Context(), identity.EditRecords) {
		head.Action = &ui.Action{Text: "New contact", URL: path + "/new", Icon: "plus"}
	}
	return ui.Page(w, r, head, ui.List(listView(r.Context(), q, l)))
}

func (s *Service) exportCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), listing.Web())
	if err != nil {
		return err
	}
	name := "contacts-" + time.Now().In(identity.Zone(r.Context())).Format(time.DateOnly) + ".csv"
	return sheet.ExportCSV(w, name, csvHeader, func(row func(...sheet.Cell) error) error {
		return s.Export(r.Context(), q, func(c Contact) error { return row(csvRow(c)...) })
	})
}

var csvHeader = []string{
	"ID", "Name", "First name", "Last name", "Company", "Role", "Phones", "Emails", "Street", "Unit", "City", "State", "ZIP",
	"Source", "Tags", "Notes", "Do not contact", "Created", "Changed", "Archived",
}

func csvRow(c Contact) []sheet.Cell {
	phones := make([]string, len(c.Phones))
	for i, p := range c.Phones {
		phones[i] = p.Typed
	}
	archived := ""
	if c.ArchivedAt != nil {
		archived = c.ArchivedAt.UTC().Format(time.RFC3339)
	}
	return []sheet.Cell{
		sheet.Number(c.ID.String()), sheet.Text(c.Name), sheet.Text(c.FirstName), sheet.Text(c.LastName), sheet.Text(c.Company), sheet.Text(c.Role),
		sheet.Text(strings.Join(phones, "; ")), sheet.Text(strings.Join(c.Emails, "; ")),
		sheet.Text(c.Street), sheet.Text(c.Unit), sheet.Text(c.City), sheet.Text(c.State), sheet.Text(c.ZIP),
		sheet.Text(c.Source), sheet.Text(strings.Join(c.Tags, ", ")), sheet.Text(c.Notes), sheet.Text(ui.YesNo(c.DoNotContact)),
		sheet.Number(c.CreatedAt.UTC().Format(time.RFC3339)), sheet.Number(c.UpdatedAt.UTC().Format(time.RFC3339)), sheet.Number(archived),
	}
}

func (s *Service) detailPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	c, err := s.View(r.Context(), id, r.URL.Query().Get("older"))
	if err != nil {
		return err
	}
	head := ui.Head{Title: c.Name, Lead: c.lead(), Section: ui.Contacts, Crumbs: []ui.Link{{Text: "Contacts", URL: path}}}
	if identity.Can(r.Context(), identity.EditRecords) && c.ArchivedAt == nil {
		head.Action = &ui.Action{Text: "Edit", URL: c.URL() + "/edit", Icon: "pencil"}
	}
	return ui.Page(w, r, head, detailView(c, r.URL.Query().Get("tab")))
}

func (s *Service) newPage(w http.ResponseWriter, r *http.Request) error {
	return formPage(w, r, http.StatusOK, formOf(nil, Contact{}), nil)
}

func (s *Service) createPage(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	d := readForm(form)
	if form.Err() == nil {
		c, err := s.Create(r.Context(), d, form.Text("key"))
		if err == nil {
			web.SetFlash(w, r, web.Done, "%s is among your contacts.", c.Name)
			return web.Redirect(w, r, c.URL())
		}
		if !fault.Is(err, fault.KindInvalid) {
			return err
		}
		maps.Copy(form.Fields, fault.As(err).Fields)
	}
	return formPage(w, r, http.StatusUnprocessableEntity, formOf(form, Contact{}), nil)
}

func (s *Service) editPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	c, err := s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, formOf(nil, c.Contact), nil)
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
	d, version := readForm(form), form.Version()
	if err = form.Err(); err == nil {
		var c Contact
		if c, err = s.Update(r.Context(), id, version, d); err == nil {
			web.SetFlash(w, r, web.Done, "%s was saved.", c.Name)
			return web.Redirect(w, r, c.URL())
		}
	}
	if !fault.Is(err, fault.KindInvalid) && !fault.Is(err, fault.KindStale) {
		return err
	}
	now, getErr := s.Get(r.Context(), id)
	if getErr != nil {
		return getErr
	}
	if fault.Is(err, fault.KindInvalid) {
		maps.Copy(form.Fields, fault.As(err).Fields)
		return formPage(w, r, http.StatusUnprocessableEntity, formOf(form, now.Contact), nil)
	}
	// Saving again is meant against what the person now sees beside their own.
	theirs := ui.Diff(now.UpdatedByName, now.UpdatedAt, differences(d, now.Details))
	form.Values.Set("version", web.VersionText(now.Version))
	return formPage(w, r, http.StatusPreconditionFailed, formOf(form, now.Contact), theirs)
}

func formPage(w http.ResponseWriter, r *http.Request, status int, f contactForm, theirs templ.Component) error {
	head := ui.Head{Title: "New contact", Section: ui.Contacts, Crumbs: []ui.Link{{Text: "Contacts", URL: path}}}
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
	web.SetFlash(w, r, web.Done, "%s was archived.", c.Name)
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
	web.SetFlash(w, r, web.Done, "%s is among your contacts again.", c.Name)
	return web.Redirect(w, r, c.URL())
}

// URL is the contact's page.
func (c *Contact) URL() string { return path + "/" + c.ID.String() }
