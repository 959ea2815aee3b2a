package roles

import (
	"maps"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const path = identity.RolesPath

var (
	give    = web.Access{Permission: string(identity.ManagePeople)}
	compose = web.Access{Permission: string(identity.EditRoles)}
	crumbs  = []ui.Link{{Text: "Settings", URL: "/settings"}, {Text: "Roles", URL: path}}
)

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	rt.Page("GET "+path, give, s.listPage)
	rt.Page("GET "+path+"/new", compose, s.newPage)
	rt.Page("POST "+path, compose, s.createPage)
	rt.Page("GET "+path+"/{id}", give, s.detailPage)
	rt.Page("GET "+path+"/{id}/edit", compose, s.editPage)
	rt.Page("POST "+path+"/{id}", compose, s.updatePage)
	rt.Page("POST "+path+"/{id}/delete", compose, s.deletePage)
	rt.Page("POST "+path+"/{id}/people", give, s.assignPage)
	rt.Page("POST "+path+"/{id}/people/{person}/remove", give, s.unassignPage)
	s.apiRoutes(rt)
}

// URL is the role's page.
func (r *Role) URL() string { return path + "/" + r.ID.String() }

func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.List(r.Context())
	if err != nil {
		return err
	}
	head := ui.Head{
		Title: "Roles", Section: ui.Settings, Crumbs: crumbs[:1],
		Lead: "What people may do. Five roles are there always; compose others from what a manager may do.",
	}
	if identity.Can(r.Context(), identity.EditRoles) {
		head.Action = &ui.Action{Text: "Compose a role", URL: path + "/new", Icon: "plus"}
	}
	return ui.Page(w, r, head, listView(list))
}

func (s *Service) detailPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	full, err := s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return detail(w, r, http.StatusOK, full, nil)
}

func detail(w http.ResponseWriter, r *http.Request, status int, full Full, f *web.Form) error {
	may := identity.Can(r.Context(), identity.EditRoles)
	head := ui.Head{Title: full.Name, Lead: "A role made from " + identity.RoleName(full.Base) + ".", Section: ui.Settings, Crumbs: crumbs}
	if may {
		head.Action = &ui.Action{Text: "Edit", URL: full.URL() + "/edit", Icon: "pencil"}
	}
	return ui.PageStatus(w, r, status, head, detailView(full, f, may))
}

func (s *Service) newPage(w http.ResponseWriter, r *http.Request) error {
	return formPage(w, r, http.StatusOK, nil, Role{Details: Details{Base: tenant.Member, Permissions: names(Composable(tenant.Member))}})
}

func names(list []identity.Permission) []string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = string(p)
	}
	return texts
}

func formPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form, role Role) error {
	head := ui.Head{Title: "Compose a role", Section: ui.Settings, Crumbs: crumbs}
	action, back := path, path
	if role.ID != uuid.Nil {
		head.Title = "Edit " + role.Name
		head.Crumbs = append(slices.Clone(crumbs), ui.Link{Text: role.Name, URL: role.URL()})
		action, back = role.URL(), role.URL()
	}
	return ui.PageStatus(w, r, status, head, formView(f, role, action, back))
}

// readForm gives what a form says; each permission has a box of its name.
func readForm(f *web.Form) Details {
	d := Details{Name: f.Text("name"), Base: tenant.Role(f.Text("base"))}
	for _, p := range Composable(tenant.Manager) {
		if f.Bool(string(p)) {
			d.Permissions = append(d.Permissions, string(p))
		}
	}
	return d
}

func (s *Service) createPage(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	role, err := s.Create(r.Context(), readForm(f), f.Text("key"))
	if fault.Is(err, fault.KindInvalid) {
		note(f, err)
		return formPage(w, r, http.StatusUnprocessableEntity, f, Role{})
	}
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "The role %s is there. Choose who has it.", role.Name)
	return web.Redirect(w, r, role.URL())
}

func note(f *web.Form, err error) {
	refused := fault.Fields{}
	for field, words := range fault.As(err).Fields {
		refused[field] = web.Sentence(words)
	}
	maps.Copy(f.Fields, refused)
}

func (s *Service) editPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	full, err := s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return formPage(w, r, http.StatusOK, nil, full.Role)
}

func (s *Service) updatePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	d, version := readForm(f), f.Version()
	if err = f.Err(); err == nil {
		var role Role
		if role, err = s.Update(r.Context(), id, version, d); err == nil {
			web.SetFlash(w, r, web.Done, "%s was saved; it holds for its people from now on.", role.Name)
			return web.Redirect(w, r, role.URL())
		}
	}
	if !fault.Is(err, fault.KindInvalid) && !fault.Is(err, fault.KindStale) {
		return err
	}
	now, getErr := s.Get(r.Context(), id)
	if getErr != nil {
		return getErr
	}
	status := http.StatusUnprocessableEntity
	if fault.Is(err, fault.KindStale) {
		status = http.StatusPreconditionFailed
		f.Fields.Add("name", "%s", web.Sentence(fault.As(err).Message))
		f.Values.Set("version", web.VersionText(now.Version))
	}
	note(f, err)
	return formPage(w, r, status, f, now.Role)
}

func (s *Service) deletePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	name, err := s.Delete(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "The role %s is deleted.", name)
	return web.Redirect(w, r, path)
}

func (s *Service) assignPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	person, ok := f.ID("person")
	if !ok {
		full, err := s.Get(r.Context(), id)
		if err != nil {
			return err
		}
		f.Fields["person"] = "Choose a person."
		return detail(w, r, http.StatusUnprocessableEntity, full, f)
	}
	name, err := s.Assign(r.Context(), person, id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s has the role from now on.", name)
	return web.Redirect(w, r, path+"/"+id.String())
}

func (s *Service) unassignPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := web.PathID(r, "person")
	if err != nil {
		return err
	}
	name, err := s.Unassign(r.Context(), person, id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s does not have the role any more.", name)
	return web.Redirect(w, r, path+"/"+id.String())
}
