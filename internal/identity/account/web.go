package account

import (
	"net/http"
	"net/url"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Where mailed links lead.
const (
	resetPath   = web.SignInPath + "/reset"
	confirmPath = web.SignInPath + "/confirm"
)

// Routes registers the pages. A mailed link opens a page with a button: programs
// that look into mails follow links, and must not use them up.
func (s *Service) Routes(rt *web.Router) {
	public, member := web.Access{Audience: web.Public}, web.Access{}
	door := web.Access{Audience: web.Public, Rate: limit.Auth, By: web.ByField("token")}
	rt.Page("GET "+identity.ForgotPath, public, s.forgotPage)
	rt.Page("POST "+identity.ForgotPath, web.Access{Audience: web.Public, Rate: limit.Auth, By: web.ByField("email")}, s.forgotSubmit)
	rt.Page("GET "+resetPath, public, s.resetPage)
	rt.Page("POST "+resetPath, door, s.resetSubmit)
	rt.Page("GET "+confirmPath, public, s.confirmPage)
	rt.Page("POST "+confirmPath, door, s.confirmSubmit)
	rt.Page("GET "+identity.EmailPath, member, s.emailPage)
	rt.Page("POST "+identity.EmailPath, web.Access{Rate: limit.Auth}, s.emailSubmit)
	rt.Page("POST "+identity.EmailPath+"/again", web.Access{Rate: limit.Auth}, s.again)
}

func (s *Service) forgotPage(w http.ResponseWriter, r *http.Request) error {
	return forgotForm(w, r, http.StatusOK, web.NewForm(nil))
}

func forgotForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	return ui.CardPage(w, r, status, ui.Head{Title: "Forgot your password?", Lead: "We mail you a link to choose another one."}, forgotCard(f))
}

func (s *Service) forgotSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	email := f.Need("email", "the e-mail address you sign in with")
	if f.Err() == nil {
		err = note(f, s.AskReset(r.Context(), email))
	}
	if err != nil {
		return err
	}
	if f.Err() != nil {
		return forgotForm(w, r, http.StatusUnprocessableEntity, f)
	}
	return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "Look into your mailbox"}, askedCard())
}

// note puts what is wrong with fields into the form, and gives any other error.
func note(f *web.Form, err error) error {
	refused := fault.As(err)
	if refused == nil || refused.Kind != fault.KindInvalid {
		return err
	}
	for field, words := range refused.Fields {
		f.Fields.Add(field, "%s", web.Sentence(words))
	}
	return nil
}

// sealed keeps a page with a secret in its address out of every cache.
func sealed(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

func (s *Service) resetPage(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	if _, err := s.look(r.Context(), token, "reset"); err != nil {
		return tooOld(w, r, err)
	}
	return resetForm(w, r, http.StatusOK, web.NewForm(url.Values{"token": {token}}))
}

// tooOld says that a link is not good any more, and leads to a new one.
func tooOld(w http.ResponseWriter, r *http.Request, err error) error {
	refused := fault.As(err)
	if refused == nil || refused.Kind != fault.KindNotFound {
		return err
	}
	sealed(w)
	return ui.CardPage(w, r, refused.Kind.Status(), ui.Head{Title: "This link is not good any more"}, oldCard(refused.Message))
}

func resetForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	sealed(w)
	return ui.CardPage(w, r, status, ui.Head{Title: "Choose another password", Lead: "You are signed out on every device by it."}, resetCard(f))
}

func (s *Service) resetSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	password := f.Values.Get("password") // a password keeps its blanks
	if password != f.Values.Get("again") {
		f.Fields.Add("again", "This is not the same as above. Type both again.")
	}
	if f.Err() == nil {
		err = note(f, s.Reset(r.Context(), f.Values.Get("token"), password))
	}
	if err != nil {
		return tooOld(w, r, err)
	}
	if f.Err() != nil {
		return resetForm(w, r, http.StatusUnprocessableEntity, f)
	}
	web.SetFlash(w, r, web.Done, "Your password is changed. Sign in with the new one.")
	return web.Redirect(w, r, web.SignInPath)
}

func (s *Service) confirmPage(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	l, err := s.look(r.Context(), token, "verify")
	if err != nil {
		return tooOld(w, r, err)
	}
	sealed(w)
	return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "Confirm your e-mail address"}, confirmCard(l, token))
}

func (s *Service) confirmSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	email, err := s.Confirm(r.Context(), f.Values.Get("token"))
	if err != nil {
		return tooOld(w, r, err)
	}
	web.SetFlash(w, r, web.Done, "%s is confirmed.", email)
	return web.Redirect(w, r, identity.EmailPath) // by way of signing in, where they are not
}

func (s *Service) emailPage(w http.ResponseWriter, r *http.Request) error {
	return emailForm(w, r, http.StatusOK, web.NewForm(nil), "")
}

func emailForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, refusal string) error {
	session, _ := identity.Current(r.Context())
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "E-mail address", Section: ui.Settings, Crumbs: []ui.Link{{Text: "Settings", URL: "/settings"}},
		Lead: "The address you sign in with, and where mails go.",
	}, emailCard(f, session, refusal))
}

func (s *Service) emailSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	email := f.Need("email", "the new address")
	if f.Err() == nil {
		err = note(f, s.ChangeEmail(r.Context(), email, f.Values.Get("current"), identity.DeviceOf(r)))
	}
	if refused := fault.As(err); refused != nil {
		return emailForm(w, r, refused.Kind.Status(), f, refused.Message)
	}
	if err != nil {
		return err
	}
	if f.Err() != nil {
		return emailForm(w, r, http.StatusUnprocessableEntity, f, "")
	}
	web.SetFlash(w, r, web.Note, "A link is on its way to %s. Your address changes when you follow it.", email)
	return web.Redirect(w, r, identity.EmailPath)
}

func (s *Service) again(w http.ResponseWriter, r *http.Request) error {
	if err := s.AskVerify(r.Context()); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Note, "A link is on its way to you. It works for two days.")
	return web.Redirect(w, r, identity.EmailPath)
}
