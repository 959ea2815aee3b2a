package properties

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

const path = "/properties"

// Who may use the routes; the methods check again.
var (
	see     = web.Access{Permission: string(identity.ViewRecords)}
	edit    = web.Access{Permission: string(identity.EditRecords)}
	archive = web.Access{Permission: string(identity.ArchiveRecords)}
	export  = web.Access{Permission: string(identity.ExportLists)}
)

// Routes registers the pages and the API of properties.
func (s *Service) Routes(rt *web.Router) {
	rt.Page("GET /properties", see, s.listPage)
	rt.Stream("GET /properties.csv", export, s.exportCSV)
	rt.Page("GET /properties/new", edit, s.newPage)
	rt.Page("POST /properties", edit, s.createPage)
	rt.Page("GET /properties/{id}", see, s.detailPage)
	rt.Page("GET /properties/{id}/edit", edit, s.editPage)
	rt.Page("POST /properties/{id}", edit, s.updatePage)
	rt.Page("POST /properties/{id}/archive", archive, s.archivePage)
	rt.Page("POST /properties/{id}/restore", archive, s.restorePage)
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
	head := ui.Head{Title: "Properties", Section: ui.Properties, Wide: true, Canonical: q.URL(path)}
	if identity.Can(r.Context(), identity.EditRecords) {
		head.Action = &ui.Action{Text: "New property", URL: path + "/new", Icon: "plus"}
	}
	return ui.Page(w, r, head, ui.List(listView(r.Context(), q, l)))
}

func (s *Service) exportCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), listing.Web())
	if err != nil {
		return err
	}
	name := "properties-" + time.Now().In(identity.Zone(r.Context())).Format(time.DateOnly) + ".csv"
	return sheet.ExportCSV(w, name, csvHeader, func(row func(...sheet.Cell) error) error {
		return s.Export(r.Context(), q, func(p Property) error { return row(csvRow(p)...) })
	})
}

var csvHeader = []string{
	"ID", "Name", "Street", "Unit", "City", "State", "ZIP", "ZIP+4", "County", "Address as typed", "Latitude", "Longitude", "Kind", "Year built", "Squares",
	"Square feet", "Stories", "Pitch", "Roof material", "Roof age", "Owner", "Owner ID", "Tags", "Notes", "Created", "Changed", "Archived",
}

func csvRow(p Property) []sheet.Cell {
	archived, owner := "", ""
	if p.ArchivedAt != nil {
		archived = p.ArchivedAt.UTC().Format(time.RFC3339)
	}
	if p.OwnerID != nil {
		owner = p.OwnerID.String()
	}
	return []sheet.Cell{
		sheet.Number(p.ID.String()), sheet.Text(p.Name), sheet.Text(p.Street), sheet.Text(p.Unit), sheet.Text(p.City), sheet.Text(p.State), sheet.Text(p.ZIP), sheet.Text(p.Plus4),
		sheet.Text(p.County), sheet.Text(p.AddressTyped), sheet.Number(number(p.Latitude)), sheet.Number(number(p.Longitude)), sheet.Text(p.Kind),
		sheet.Number(number(p.YearBuilt)), sheet.Number(number(p.Squares)), sheet.Number(number(p.SquareFeet)), sheet.Number(number(p.Stories)),
		sheet.Text(p.Pitch), sheet.Text(p.RoofMaterial), sheet.Number(number(p.RoofAge)), sheet.Text(p.Owner), sheet.Number(owner),
		sheet.Text(strings.Join(p.Tags, ", ")), sheet.Text(p.Notes),
		sheet.Number(p.CreatedAt.UTC().Format(time.RFC3339)), sheet.Number(p.UpdatedAt.UTC().Format(time.RFC3339)), sheet.Number(archived),
	}
}

func (s *Service) detailPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	p, err := s.View(r.Context(), id, r.URL.Query().Get("older"))
	if err != nil {
		return err
	}
	head := ui.Head{Title: p.title(), Lead: p.lead(), Section: ui.Properties, Crumbs: []ui.Link{{Text: "Properties", URL: path}}}
	if identity.Can(r.Context(), identity.EditRecords) && p.ArchivedAt == nil {
		head.Action = &ui.Action{Text: "Edit", URL: p.URL() + "/edit", Icon: "pencil"}
	}
	return ui.Page(w, r, head, detailView(p, r.URL.Query().Get("tab")))
}

func (s *Service) newPage(w http.ResponseWriter, r *http.Request) error {
	p, err := s.blank(r.Context(), r.URL.Query().Get("owner_id"))
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, formOf(nil, p), nil)
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
		p, err := s.Create(r.Context(), d, form.Text("key"))
		if err == nil {
			web.SetFlash(w, r, web.Done, "%s is among your properties.", p.title())
			return web.Redirect(w, r, p.URL())
		}
		if !fault.Is(err, fault.KindInvalid) {
			return err
		}
		maps.Copy(form.Fields, fault.As(err).Fields)
	}
	return formPage(w, r, http.StatusUnprocessableEntity, formOf(form, Property{}), nil)
}

func (s *Service) editPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	p, err := s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, formOf(nil, p.Property), nil)
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
	version := form.Version()
	d, err := s.readForm(r.Context(), form)
	if err != nil {
		return err
	}
	if err = form.Err(); err == nil {
		var p Property
		if p, err = s.Update(r.Context(), id, version, d); err == nil {
			web.SetFlash(w, r, web.Done, "%s was saved.", p.title())
			return web.Redirect(w, r, p.URL())
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
		return formPage(w, r, http.StatusUnprocessableEntity, formOf(form, now.Property), nil)
	}
	// Saving again is meant against what the person now sees beside their own.
	theirs := ui.Diff(now.UpdatedByName, now.UpdatedAt, differences(d, form.Values.Get("owner"), now.Property))
	form.Values.Set("version", web.VersionText(now.Version))
	return formPage(w, r, http.StatusPreconditionFailed, formOf(form, now.Property), theirs)
}

func formPage(w http.ResponseWriter, r *http.Request, status int, f propertyForm, theirs templ.Component) error {
	head := ui.Head{Title: "New property", Section: ui.Properties, Crumbs: []ui.Link{{Text: "Properties", URL: path}}}
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
	p, err := s.Archive(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s was archived.", p.title())
	return web.Redirect(w, r, path)
}

func (s *Service) restorePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	p, err := s.Restore(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s is among your properties again.", p.title())
	return web.Redirect(w, r, p.URL())
}

// URL is the property's page.
func (p *Property) URL() string { return path + "/" + p.ID.String() }
