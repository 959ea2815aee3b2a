package keys

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const path = identity.KeysPath

var (
	manage = web.Access{Permission: string(identity.ManageKeys)}
	crumbs = []ui.Link{{Text: "Settings", URL: "/settings"}, {Text: "API keys", URL: path}}
)

// Routes registers the pages and the API. Making keys has a limit of its own;
// revoking them must never wait.
func (s *Service) Routes(rt *web.Router) {
	rt.Page("GET "+path, manage, s.listPage)
	rt.Page("GET "+path+"/new", manage, s.newPage)
	rt.Page("POST "+path, web.Access{Permission: manage.Permission, Rate: limit.APIKeys}, s.createPage)
	rt.Page("GET "+path+"/{id}", manage, s.detailPage)
	rt.Page("POST "+path+"/{id}", manage, s.renamePage)
	rt.Page("POST "+path+"/{id}/revoke", manage, s.revokePage)
	s.apiRoutes(rt)
}

// URL is the key's page.
func (k *Key) URL() string { return path + "/" + k.ID.String() }

func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.List(r.Context())
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "API keys", Section: ui.Settings, Crumbs: crumbs[:1],
		Lead:   "With a key another program reads and writes here, as far as the key's scopes go.",
		Action: &ui.Action{Text: "Make a key", URL: path + "/new", Icon: "key"},
	}, listView(list))
}

// confirmed sends a person who has not shown for a while that it is them to the
// page that asks, and back; false where they were sent.
func confirmed(w http.ResponseWriter, r *http.Request) (bool, error) {
	err := identity.RequireFresh(r.Context())
	if refused := fault.As(err); refused != nil && refused.Code == "fresh" {
		return false, web.Redirect(w, r, identity.ConfirmPath+"?next="+url.QueryEscape(path+"/new"))
	}
	return err == nil, err
}

func (s *Service) newPage(w http.ResponseWriter, r *http.Request) error {
	if ok, err := confirmed(w, r); !ok {
		return err
	}
	return formPage(w, r, http.StatusOK, nil)
}

func formPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Make an API key", Section: ui.Settings, Crumbs: crumbs, Lead: "Give it no more than its program needs.",
	}, formView(f))
}

func (s *Service) createPage(w http.ResponseWriter, r *http.Request) error {
	if ok, err := confirmed(w, r); !ok {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	d := Details{Name: f.Text("name")}
	for _, p := range identity.KeyScopes() {
		if f.Bool(string(p)) {
			d.Scopes = append(d.Scopes, string(p))
		}
	}
	days, _ := f.Int("days", 0, MaxDays)
	rate, _ := f.Int("rate", 1, MaxRate)
	d.Days, d.Rate = int(days), int(rate)
	var k Key
	var token Token
	if err = f.Err(); err == nil {
		k, token, err = s.Create(r.Context(), d)
	}
	if fault.Is(err, fault.KindInvalid) {
		note(f, err)
		return formPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	// Shown here and not after a redirect: the key must not stand anywhere in between.
	return ui.PageStatus(w, r, http.StatusCreated, ui.Head{Title: "Keep this key", Section: ui.Settings, Crumbs: crumbs}, madeView(k, token, origin(r)))
}

// origin is the address of this installation, as the browser has it.
func origin(r *http.Request) string {
	scheme := "http"
	if web.IsHTTPS(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func note(f *web.Form, err error) {
	for field, words := range fault.As(err).Fields {
		f.Fields[field] = web.Sentence(words)
	}
}

func (s *Service) detailPage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	k, err := s.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return detail(w, r, http.StatusOK, k, nil)
}

func detail(w http.ResponseWriter, r *http.Request, status int, k Key, f *web.Form) error {
	return ui.PageStatus(w, r, status, ui.Head{
		Title: k.Name, Section: ui.Settings, Crumbs: crumbs, Lead: fmt.Sprintf("An API key that begins with %s.", k.Prefix),
	}, detailView(k, f))
}

func (s *Service) renamePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	k, err := s.Rename(r.Context(), id, f.Text("name"))
	if fault.Is(err, fault.KindInvalid) {
		now, err2 := s.Get(r.Context(), id)
		if err2 != nil {
			return err2
		}
		note(f, err)
		return detail(w, r, http.StatusUnprocessableEntity, now, f)
	}
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "The key is called %s from now on.", k.Name)
	return web.Redirect(w, r, k.URL())
}

func (s *Service) revokePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	k, err := s.Revoke(r.Context(), id)
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "The key %s opens nothing any more.", k.Name)
	return web.Redirect(w, r, path)
}
