package people_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/people"
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
			t.Errorf("%s: the page does not say %q: %.3000s", what, w, a.Body)
		}
	}
}

func TestThePeoplePages(t *testing.T) {
	t.Parallel()
	h := build(t)
	door := dbtest.NewDoor(t, h.people.Routes)
	owner, manager, member := h.titan.As(t, tenant.Owner), h.titan.As(t, tenant.Manager), h.titan.As(t, tenant.Member)
	page(t, "the list", door.Get(owner, t, "/settings/people"), http.StatusOK, "Owner", h.titan.Email(tenant.Member), "Invite somebody")
	page(t, "a member's", door.Get(member, t, "/settings/people"), http.StatusForbidden, "see or invite people")
	page(t, "signed out", door.Get(t.Context(), t, "/settings/people"), http.StatusSeeOther)
	page(t, "no state", door.Get(owner, t, "/settings/people?state=lost"), http.StatusUnprocessableEntity, "no state")
	page(t, "nobody found", door.Get(owner, t, "/settings/people?q=nobody"), http.StatusOK, "Nothing matches")
	a := door.Get(manager, t, "/settings/people/invite")
	page(t, "a manager's form", a, http.StatusOK, `value="viewer"`)
	if strings.Contains(a.Body, `value="admin"`) {
		t.Error("a manager is offered the role admin")
	}
	page(t, "no address", door.Post(owner, t, "/settings/people/invite", url.Values{"role": {"member"}}), http.StatusUnprocessableEntity, "Enter the e-mail address")
	page(t, "a wrong role", door.Post(manager, t, "/settings/people/invite", url.Values{"email": {"a@b.example"}, "role": {"admin"}}), http.StatusUnprocessableEntity, "member and viewer only", "a@b.example")
	page(t, "a member's", door.Post(member, t, "/settings/people/invite", url.Values{"email": {"a@b.example"}, "role": {"viewer"}}), http.StatusForbidden)
	page(t, "invited", door.Post(manager, t, "/settings/people/invite", url.Values{"email": {"sam@titan.example"}, "role": {"member"}}), http.StatusSeeOther)
	list, err := h.people.List(owner, people.Invited, "")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	at := "/settings/people/invitations/" + list[0].ID.String()
	page(t, "the invitation", door.Get(owner, t, at), http.StatusOK, "Send it again", at+"/revoke")
	page(t, "again", door.Post(owner, t, at+"/again", nil), http.StatusSeeOther)
	page(t, "revoked", door.Post(owner, t, at+"/revoke", nil), http.StatusSeeOther)
	page(t, "revoked twice", door.Post(owner, t, at+"/revoke", nil), http.StatusNotFound, "no such open invitation")
	person := "/settings/people/" + actor(member).String()
	page(t, "a person", door.Get(owner, t, person), http.StatusOK, person+"/role", person+"/remove")
	if a := door.Get(manager, t, person); a.Status != http.StatusOK || strings.Contains(a.Body, person+"/role") {
		t.Errorf("a manager is offered what they may not: %d", a.Status)
	}
	page(t, "nobody", door.Get(owner, t, "/settings/people/"+uuid.NewString()), http.StatusNotFound)
	page(t, "no id", door.Get(owner, t, "/settings/people/x"), http.StatusNotFound)
	page(t, "a manager's change", door.Post(manager, t, person+"/role", url.Values{"role": {"viewer"}}), http.StatusForbidden, "change people&#39;s roles")
	page(t, "no role", door.Post(owner, t, person+"/role", nil), http.StatusUnprocessableEntity)
	page(t, "a role seen before", door.Post(owner, t, person+"/role", url.Values{"role": {"viewer"}, "was": {"manager"}}), http.StatusPreconditionFailed)
	page(t, "the role", door.Post(owner, t, person+"/role", url.Values{"role": {"viewer"}, "was": {"member"}}), http.StatusSeeOther)
	page(t, "removed", door.Post(owner, t, person+"/remove", nil), http.StatusSeeOther)
	page(t, "removed twice", door.Post(owner, t, person+"/remove", nil), http.StatusNotFound)
	page(t, "an admin's", door.Get(h.titan.As(t, tenant.Admin), t, "/settings/ownership"), http.StatusForbidden, "hand the organisation over")
	page(t, "ownership", door.Get(owner, t, "/settings/ownership"), http.StatusOK, "Manager, manager", "Your password")
	page(t, "nobody chosen", door.Post(owner, t, "/settings/ownership", nil), http.StatusUnprocessableEntity, "Choose who becomes")
}

func TestTheListIsDownloaded(t *testing.T) {
	t.Parallel()
	h := build(t)
	door := dbtest.NewDoor(t, h.people.Routes)
	owner := h.titan.As(t, tenant.Owner)
	if _, err := h.people.Invite(owner, people.Invitation{Email: "sam@titan.example", Name: "=HYPERLINK(1)", Role: tenant.Viewer}); err != nil {
		t.Fatal(err)
	}
	a := door.Get(owner, t, "/settings/people.csv")
	page(t, "the file", a, http.StatusOK, "Name,Email,Role,State", "Owner,"+h.titan.Email(tenant.Owner)+",owner,active", "'=HYPERLINK(1),sam@titan.example,viewer,invited")
	a = door.Get(owner, t, "/settings/people.csv?state=invited")
	if strings.Contains(a.Body, ",active,") {
		t.Errorf("narrowed, it has %q", a.Body)
	}
	page(t, "a member's", door.Get(h.titan.As(t, tenant.Member), t, "/settings/people.csv"), http.StatusForbidden)
}

// upload sends a file of people as the person of the role.
func (h house) upload(t *testing.T, door dbtest.Door, role tenant.Role, text string) dbtest.Answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "people.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(h.titan.As(t, role), http.MethodPost, "/settings/people/invite-many", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	rec := httptest.NewRecorder()
	door.ServeHTTP(rec, r)
	return dbtest.Answer{Status: rec.Code, Header: rec.Header(), Body: rec.Body.String()}
}

func TestManyAreInvitedByAFile(t *testing.T) {
	t.Parallel()
	h := build(t)
	door := dbtest.NewDoor(t, h.people.Routes)
	owner := h.titan.As(t, tenant.Owner)
	h.titan.As(t, tenant.Viewer)
	const good = "\ufeffRole, Email ,Team,Name\r\nmember,SAM@titan.example,North,\"Carter, Sam\"\r\nviewer,rosa@titan.example,,\r\n"
	bad := good + "boss,pat@titan.example,,\r\nmember,sam@titan.example,,\r\nmember,no address,,\r\nmember," + h.titan.Email(tenant.Viewer) + ",,\r\n"
	page(t, "the form", door.Get(owner, t, "/settings/people/invite-many"), http.StatusOK, "email,name,role")
	a := h.upload(t, door, tenant.Owner, bad)
	page(t, "with mistakes", a, http.StatusOK, "4 of 6 rows can&#39;t be invited", "no role", "more than once", "no e-mail address", "is a member already")
	if strings.Contains(a.Body, `name="invite"`) {
		t.Error("the page offers to invite them all the same")
	}
	a = h.upload(t, door, tenant.Owner, good)
	page(t, "a dry run", a, http.StatusOK, "2 people would be invited", "Invite 2 people", "Carter, Sam")
	none := func(what string) {
		t.Helper()
		if list, err := h.people.List(owner, people.Invited, ""); err != nil || len(list) != 0 {
			t.Errorf("%s: %d people are invited, %v", what, len(list), err)
		}
	}
	none("a dry run")
	page(t, "what could not be", door.Post(owner, t, "/settings/people/invite-many", url.Values{"rows": {bad}, "invite": {"on"}}), http.StatusConflict, "4 of 6 rows")
	none("half of it")
	for what, c := range map[string][2]string{
		"no file":      {"", "no table"},
		"no columns":   {"name,role\nSam,member\n", "email and role"},
		"no rows":      {"email,role\n", "1 to 500"},
		"a short row":  {"email,role\na@b.example\n", "line 2"},
		"a quote":      {"email,role\n\"a@b.example,member\n", "read as CSV"},
		"too many":     {"email,role\n" + strings.Repeat("a@b.example,member\n", 501), "more than 500"},
		"a large file": {strings.Repeat("x", 257<<10), "more than 256 kB"},
	} {
		page(t, what, h.upload(t, door, tenant.Owner, c[0]), http.StatusUnprocessableEntity, c[1])
	}
	page(t, "a manager's", h.upload(t, door, tenant.Manager, "email,role\na@b.example,admin\n"), http.StatusOK, "member and viewer only")
	page(t, "a member's", h.upload(t, door, tenant.Member, good), http.StatusForbidden)
	page(t, "done", door.Post(owner, t, "/settings/people/invite-many", url.Values{"rows": {good}, "invite": {"on"}}), http.StatusSeeOther)
	list, err := h.people.List(owner, people.Invited, "")
	if err != nil || len(list) != 2 || list[0].Name != "Carter, Sam" || list[1].Name != "rosa" {
		t.Errorf("invited are %+v, %v", list, err)
	}
	h.link(t, "sam@titan.example")
	h.link(t, "rosa@titan.example")
	page(t, "sent twice", door.Post(owner, t, "/settings/people/invite-many", url.Values{"rows": {good}, "invite": {"on"}}), http.StatusConflict, "has an open invitation")
}

func TestPeopleByTheAPI(t *testing.T) {
	t.Parallel()
	h := build(t)
	door := dbtest.NewDoor(t, h.people.Routes)
	owner, member := h.titan.As(t, tenant.Owner), h.titan.As(t, tenant.Member)
	type entry struct{ ID, State, Name, Role string }
	type list struct {
		Items []entry
		Next  *string `json:"next_cursor"`
	}
	in := map[string]any{"email": "sam@titan.example", "role": "viewer"}
	made := dbtest.Decode[struct{ ID string }](t, door.JSON(owner, t, http.MethodPost, "/api/people/invitations", in), http.StatusOK)
	page(t, "twice", door.JSON(owner, t, http.MethodPost, "/api/people/invitations", in), http.StatusUnprocessableEntity, "open invitation")
	page(t, "a member's", door.JSON(member, t, http.MethodPost, "/api/people/invitations", in), http.StatusForbidden)
	page(t, "no role", door.JSON(owner, t, http.MethodPost, "/api/people/invitations", map[string]any{"email": "a@b.example", "role": "owner"}), http.StatusUnprocessableEntity)
	var names []string
	for target := "/api/people?limit=2"; target != ""; {
		p := dbtest.Decode[list](t, door.Get(owner, t, target), http.StatusOK)
		for _, e := range p.Items {
			names = append(names, e.Name)
		}
		if target = ""; p.Next != nil {
			target = "/api/people?limit=2&cursor=" + url.QueryEscape(*p.Next)
		}
	}
	if got := strings.Join(names, " "); got != "Member Owner sam" {
		t.Errorf("the pages have %q", got)
	}
	page(t, "a member's", door.Get(member, t, "/api/people"), http.StatusForbidden)
	page(t, "signed out", door.Get(t.Context(), t, "/api/people"), http.StatusUnauthorized)
	page(t, "no cursor", door.Get(owner, t, "/api/people?cursor=x"), http.StatusUnprocessableEntity)
	page(t, "again", door.JSON(owner, t, http.MethodPost, "/api/people/invitations/"+made.ID+"/again", nil), http.StatusNoContent)
	page(t, "another organisation's", door.JSON(h.prowest.As(t, tenant.Owner), t, http.MethodDelete, "/api/people/invitations/"+made.ID, nil), http.StatusNotFound)
	page(t, "revoked", door.JSON(owner, t, http.MethodDelete, "/api/people/invitations/"+made.ID, nil), http.StatusNoContent)
	at := "/api/people/" + actor(member).String()
	page(t, "a role seen before", door.JSON(owner, t, http.MethodPut, at+"/role", map[string]any{"role": "viewer", "was": "admin"}), http.StatusPreconditionFailed)
	page(t, "the role", door.JSON(owner, t, http.MethodPut, at+"/role", map[string]any{"role": "viewer", "was": "member"}), http.StatusNoContent)
	page(t, "a manager's", door.JSON(h.titan.As(t, tenant.Manager), t, http.MethodDelete, at, nil), http.StatusForbidden)
	page(t, "removed", door.JSON(owner, t, http.MethodDelete, at, nil), http.StatusNoContent)
	page(t, "oneself", door.JSON(owner, t, http.MethodDelete, "/api/people/"+actor(owner).String(), nil), http.StatusForbidden, "to yourself")
	removed := dbtest.Decode[list](t, door.Get(owner, t, "/api/people?state=removed"), http.StatusOK)
	if got := fmt.Sprint(removed.Items); len(removed.Items) != 1 || removed.Items[0].State != "removed" {
		t.Errorf("removed are %s", got)
	}
}

// site is the rooms with real sessions, which the pages of a link look for themselves.
func (h house) site(t *testing.T) dbtest.Door {
	t.Helper()
	rt, err := web.New(web.Config{Name: "SkaiScraper", Authenticate: h.identity.FromRequest, ErrorPage: ui.ErrorPage, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	h.people.Routes(rt)
	return dbtest.Door{Handler: rt.Handler()}
}

func ask(t *testing.T, door dbtest.Door, session, method, target string, form url.Values) dbtest.Answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: session}) //nolint:gosec // to the program itself
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return dbtest.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}

func TestTheInvitationsPages(t *testing.T) {
	t.Parallel()
	h := build(t)
	door := h.site(t)
	page(t, "no link", ask(t, door, "", http.MethodGet, "/invitation?token=x", nil), http.StatusNotFound, "not open any more")
	h.invite(h.titan.As(t, tenant.Owner), t, "sam@titan.example", tenant.Member)
	token := h.link(t, "sam@titan.example")
	at := "/invitation?token=" + token
	a := ask(t, door, "", http.MethodGet, at, nil)
	page(t, "new", a, http.StatusOK, "Work with Titan Roofing", "as a member", "sam@titan.example", "Make the account")
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a page with a secret is kept: %v", a.Header)
	}
	form := url.Values{"token": {token}, "name": {"Sam"}, "password": {password}, "again": {"another"}}
	page(t, "twice different", ask(t, door, "", http.MethodPost, "/invitation", form), http.StatusUnprocessableEntity, "not the same", `value="Sam"`)
	form.Set("password", "unbelievable")
	form.Set("again", "unbelievable")
	page(t, "common", ask(t, door, "", http.MethodPost, "/invitation", form), http.StatusUnprocessableEntity, "guessed first")
	other, _ := h.signIn(t, h.titan.Email(tenant.Owner), dbtest.Password)
	page(t, "another's", ask(t, door, other, http.MethodGet, at, nil), http.StatusOK, "Sign out, then open the link again")
	page(t, "another's", ask(t, door, other, http.MethodPost, "/invitation", form), http.StatusForbidden, "sign out")
	form.Set("password", password)
	form.Set("again", password)
	if a := ask(t, door, "", http.MethodPost, "/invitation", form); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/sign-in" {
		t.Errorf("accepted: %d to %q: %s", a.Status, a.Header.Get("Location"), a.Body)
	}
	page(t, "again", ask(t, door, "", http.MethodPost, "/invitation", form), http.StatusNotFound)
	// The same person is invited by another contractor.
	h.invite(h.prowest.As(t, tenant.Owner), t, "sam@titan.example", tenant.Viewer)
	token = h.link(t, "sam@titan.example")
	at = "/invitation?token=" + token
	page(t, "known", ask(t, door, "", http.MethodGet, at, nil), http.StatusOK, "has an account", "/sign-in?next=%2Finvitation%3Ftoken%3D"+token)
	form.Set("token", token)
	page(t, "a second account", ask(t, door, "", http.MethodPost, "/invitation", form), http.StatusConflict, "has an account")
	session, _ := h.signIn(t, "sam@titan.example", password)
	page(t, "signed in", ask(t, door, session, http.MethodGet, at, nil), http.StatusOK, "Accept the invitation")
	if a := ask(t, door, session, http.MethodPost, "/invitation", form); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/dashboard" {
		t.Errorf("accepted: %d to %q: %s", a.Status, a.Header.Get("Location"), a.Body)
	}
}
