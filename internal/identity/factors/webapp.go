package factors

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// appView is what the page that sets an authenticator app up shows.
type appView struct {
	app     App
	path    string // of the QR code's squares
	size    int    // of the QR code, in squares
	action  string
	next    string
	refusal string
}

func (s *Service) appView(r *http.Request, user uuid.UUID) (v appView, err error) {
	if v.app, err = s.BeginApp(r.Context(), user); err != nil {
		return v, err
	}
	v.path, v.size, err = picture(v.app.URL)
	return v, err
}

// newAppPage shows a new secret to the person who is signed in.
func (s *Service) newAppPage(w http.ResponseWriter, r *http.Request) error {
	return s.newAppForm(w, r, http.StatusOK, "")
}

// newAppForm always shows a new secret: the one of a refused form may have been
// seen by whoever guessed.
func (s *Service) newAppForm(w http.ResponseWriter, r *http.Request, status int, refusal string) error {
	if ok, err := confirmed(w, r, appPath); !ok {
		return err
	}
	me, err := current(r.Context())
	if err != nil {
		return err
	}
	v, err := s.appView(r, me.UserID)
	if err != nil {
		return err
	}
	v.action, v.refusal = appPath, refusal
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Set up an authenticator app", Section: ui.Settings, Crumbs: append(settings, ui.Link{Text: "Second factor", URL: factorsPath}),
		Lead: "An app on your phone that shows a new code every 30 seconds.",
	}, appCard(v))
}

func (s *Service) newAppSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	codes, err := s.AddApp(r.Context(), idOf(f, "app"), f.Text("name"), f.Text("code"), identity.DeviceOf(r))
	if refused := fault.As(err); refused != nil && (refused.Kind == fault.KindInvalid || refused.Kind == fault.KindConflict || refused.Kind == fault.KindLimited) {
		words, status, _ := refusalOf(err)
		return s.newAppForm(w, r, status, words)
	}
	if err != nil {
		return err
	}
	if codes != nil {
		return s.showCodes(w, r, codes)
	}
	web.SetFlash(w, r, web.Done, "The authenticator app is set up.")
	return web.Redirect(w, r, factorsPath)
}

// enrolAppPage is newAppPage for somebody who has to set a factor up.
func (s *Service) enrolAppPage(w http.ResponseWriter, r *http.Request) error {
	return s.enrolAppForm(w, r, http.StatusOK, web.SafeNext(r.URL.Query().Get("next")), "")
}

func (s *Service) enrolAppForm(w http.ResponseWriter, r *http.Request, status int, next, refusal string) error {
	half, err := s.people.HalfFromRequest(r)
	if err == nil && !half.Enrol || fault.Is(err, fault.KindUnauthenticated) {
		return web.Redirect(w, r, web.SignInPath+"?next="+url.QueryEscape(next))
	}
	if err != nil {
		return err
	}
	v, err := s.appView(r, half.UserID)
	if err != nil {
		return err
	}
	v.action, v.next, v.refusal = enrolApp, next, refusal
	return ui.CardPage(w, r, status, ui.Head{Title: "Set up an authenticator app", Lead: whoAsks(half) + " for a second factor"}, appCard(v))
}

func (s *Service) enrolAppSubmit(w http.ResponseWriter, r *http.Request, b between) error {
	codes, err := s.EnrolApp(r.Context(), b.half, idOf(b.form, "app"), b.form.Text("name"), b.form.Text("code"), identity.DeviceOf(r))
	if words, status, isRefusal := refusalOf(err); isRefusal {
		return s.enrolAppForm(w, r, status, b.next, words)
	}
	if err != nil {
		return err
	}
	return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "Keep these backup codes"}, codesCard(codes, b.next))
}

// idOf is an id that a form holds, or the nil id.
func idOf(f *web.Form, name string) uuid.UUID {
	id, err := uuid.Parse(f.Text(name))
	if err != nil {
		return uuid.Nil
	}
	return id
}
