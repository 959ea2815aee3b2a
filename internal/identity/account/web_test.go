package account_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// page is an answer that has to have a status and words.
func page(t *testing.T, what string, a dbtest.Answer, status int, words ...string) {
	t.Helper()
	if a.Status != status {
		t.Errorf("%s: answered %d, want %d: %.300s", what, a.Status, status, a.Body)
	}
	for _, w := range words {
		if !strings.Contains(a.Body, w) {
			t.Errorf("%s: the page does not say %q: %.2000s", what, w, a.Body)
		}
	}
}

func TestTheForgottenPasswordsPages(t *testing.T) {
	t.Parallel()
	h := build(t)
	door, ctx := dbtest.NewDoor(t, h.accounts.Routes), t.Context()
	page(t, "the form", door.Get(ctx, t, "/sign-in/forgot"), http.StatusOK, "Mail me a link")
	page(t, "no address", door.Post(ctx, t, "/sign-in/forgot", url.Values{}), http.StatusUnprocessableEntity, "Enter the e-mail address")
	page(t, "a wrong one", door.Post(ctx, t, "/sign-in/forgot", url.Values{"email": {"pat"}}), http.StatusUnprocessableEntity, "no e-mail address", `value="pat"`)
	email := h.titan.Email(tenant.Owner)
	known := door.Post(ctx, t, "/sign-in/forgot", url.Values{"email": {email}})
	unknown := door.Post(ctx, t, "/sign-in/forgot", url.Values{"email": {"nobody@titan.example"}})
	page(t, "asked", known, http.StatusOK, "If there is an account")
	if known.Status != unknown.Status || known.Body != unknown.Body {
		t.Errorf("the answers differ:\n%s\n%s", known.Body, unknown.Body)
	}
	token := h.link(t, "reset", email)
	at := "/sign-in/reset?token=" + token
	page(t, "no link", door.Get(ctx, t, "/sign-in/reset?token=x"), http.StatusNotFound, "not good any more", "/sign-in/forgot")
	for range 2 { // looking uses nothing up
		a := door.Get(ctx, t, at)
		page(t, "the link", a, http.StatusOK, "Choose another password", token)
		if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("headers of a page with a secret: %v", a.Header)
		}
	}
	form := url.Values{"token": {token}, "password": {another}, "again": {another + "!"}}
	page(t, "twice different", door.Post(ctx, t, "/sign-in/reset", form), http.StatusUnprocessableEntity, "not the same", token)
	form = url.Values{"token": {token}, "password": {"qwertyuiop12"}, "again": {"qwertyuiop12"}}
	a := door.Post(ctx, t, "/sign-in/reset", form)
	page(t, "a common one", a, http.StatusUnprocessableEntity, "guessed first")
	if strings.Contains(a.Body, "qwertyuiop12") {
		t.Error("the password comes back")
	}
	form = url.Values{"token": {token}, "password": {another}, "again": {another}}
	a = door.Post(ctx, t, "/sign-in/reset", form)
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
		t.Errorf("changed: %d to %q", a.Status, a.Header.Get("Location"))
	}
	for _, cookie := range a.Header.Values("Set-Cookie") {
		if strings.HasPrefix(cookie, "session=") {
			t.Errorf("a reset signs in: %s", cookie)
		}
	}
	page(t, "again", door.Post(ctx, t, "/sign-in/reset", form), http.StatusNotFound, "not good any more")
}

func TestTheAddressPages(t *testing.T) {
	t.Parallel()
	h := build(t)
	rt, err := web.New(web.Config{Name: "SkaiScraper", Authenticate: h.people.FromRequest, ErrorPage: ui.ErrorPage, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h.accounts.Routes(rt)
	program := dbtest.Door{Handler: rt.Handler()}
	page(t, "signed out", program.Get(t.Context(), t, "/settings/email"), http.StatusSeeOther)
	session, _ := h.signIn(t, dbtest.Password)
	ask := func(method, target string, form url.Values) dbtest.Answer {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "session", Value: session}) //nolint:gosec // to the program itself
		w := httptest.NewRecorder()
		program.ServeHTTP(w, r)
		return dbtest.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
	}
	send := func(target string, form url.Values) dbtest.Answer {
		t.Helper()
		return ask(http.MethodPost, target, form)
	}
	page(t, "the page", ask(http.MethodGet, "/settings/email", nil), http.StatusOK, h.titan.Email(tenant.Owner), "confirmed")
	page(t, "no address", send("/settings/email", url.Values{"current": {dbtest.Password}}), http.StatusUnprocessableEntity, "Enter the new address")
	page(t, "a wrong password", send("/settings/email", url.Values{"email": {"o@titan.example"}, "current": {"not this one"}}),
		http.StatusUnprocessableEntity, "not the password you have", "o@titan.example")
	page(t, "asked", send("/settings/email", url.Values{"email": {"o@titan.example"}, "current": {dbtest.Password}}), http.StatusSeeOther)
	page(t, "confirmed already", send("/settings/email/again", nil), http.StatusConflict, "confirmed already")
	token := h.link(t, "confirm", "o@titan.example")
	page(t, "the link", program.Get(t.Context(), t, "/sign-in/confirm?token="+token), http.StatusOK, "o@titan.example", "instead of")
	page(t, "no link", program.Get(t.Context(), t, "/sign-in/confirm"), http.StatusNotFound, "not good any more")
	if a := program.Post(t.Context(), t, "/sign-in/confirm", url.Values{"token": {token}}); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/settings/email" {
		t.Errorf("confirmed: %d to %q", a.Status, a.Header.Get("Location"))
	}
	page(t, "again", program.Post(t.Context(), t, "/sign-in/confirm", url.Values{"token": {token}}), http.StatusNotFound)
}
