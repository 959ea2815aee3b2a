package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// looking is an operator, and an organisation they would look into.
type looking struct {
	db    *postgres.DB
	app   *app.App
	super *pgx.Conn
	titan dbtest.Contractor
	owner guest
	olga  operating
}

func newLooking(t *testing.T) looking {
	t.Helper()
	db := dbtest.New(t)
	a := build(t, db)
	l := looking{db: db, app: a, super: dbtest.Super(t, db), titan: dbtest.Org(t, db, "titan"), olga: operate(t, a, db, "olga@example.com")}
	l.owner = comeIn(t, a, l.titan, tenant.Owner)
	return l
}

// try sends a form and wants a status and some words.
func try(t *testing.T, g guest, method, path string, form url.Values, status int, words string) {
	t.Helper()
	var body any
	if form != nil {
		body = form
	}
	if page := g.send(t, method, path, body); page.Status != status || !strings.Contains(page.Body, words) {
		t.Errorf("%s %s: %d, want %d with %q: %.2000s", method, path, page.Status, status, words, page.Body)
	}
}

func (l looking) at() string { return "/admin/organisations/" + l.titan.ID.String() }

// ask asks to be let in and gives the request's id.
func (l looking) ask(t *testing.T) uuid.UUID {
	t.Helper()
	try(t, l.olga.guest, "POST", l.at()+"/support", url.Values{"support_reason": {"Row 7 of the last import is missing"}, "hours": {"2"}}, http.StatusSeeOther, "")
	id, err := postgres.Value[uuid.UUID](t.Context(), l.super, `SELECT id FROM support_access WHERE org_id = $1 ORDER BY asked_at DESC LIMIT 1`, l.titan.ID)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// enter has the owner agree, and the operator come in.
func (l looking) enter(t *testing.T) uuid.UUID {
	t.Helper()
	id := l.ask(t)
	try(t, l.owner, "POST", "/settings/support/"+id.String()+"/agree", url.Values{}, http.StatusSeeOther, "")
	try(t, l.olga.guest, "POST", l.at()+"/support/"+id.String()+"/enter", url.Values{}, http.StatusSeeOther, "")
	return id
}

func TestNobodyLooksInWithoutConsent(t *testing.T) {
	t.Parallel()
	l := newLooking(t)
	olga := l.olga.guest
	ask := l.at() + "/support"
	try(t, olga, "POST", ask, url.Values{"support_reason": {"because"}, "hours": {"2"}}, http.StatusUnprocessableEntity, "10 to 300")
	try(t, olga, "POST", ask, url.Values{"support_reason": {"Row 7 is missing"}, "hours": {"9"}}, http.StatusUnprocessableEntity, "")
	id := l.ask(t)
	try(t, olga, "POST", ask, url.Values{"support_reason": {"Row 7 is missing"}, "hours": {"1"}}, http.StatusConflict, "asked already")
	enter, one := l.at()+"/support/"+id.String()+"/enter", "/settings/support/"+id.String()
	try(t, olga, "POST", enter, url.Values{}, http.StatusConflict, "")
	try(t, olga, "GET", "/dashboard", nil, http.StatusSeeOther, "")
	try(t, l.owner, "GET", "/settings/support", nil, 200, "Row 7 of the last import is missing")
	mails, err := postgres.Values[string](t.Context(), l.super, `SELECT recipient || ' ' || kind FROM mails WHERE kind = 'support.asked'`)
	if diff := cmp.Diff([]string{l.titan.Email(tenant.Owner) + " support.asked"}, mails); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, role := range []tenant.Role{tenant.Manager, tenant.Member, tenant.Viewer} {
		g := comeIn(t, l.app, l.titan, role)
		try(t, g, "GET", "/settings/support", nil, http.StatusForbidden, "")
		try(t, g, "POST", one+"/agree", url.Values{}, http.StatusForbidden, "")
	}
	prowest := comeIn(t, l.app, dbtest.Org(t, l.db, "prowest"), tenant.Owner)
	try(t, prowest, "GET", "/settings/support", nil, 200, "Nobody asks")
	for _, verb := range []string{"/agree", "/decline", "/end"} {
		try(t, prowest, "POST", one+verb, url.Values{}, http.StatusNotFound, "")
	}
	try(t, l.owner, "POST", one+"/decline", url.Values{}, http.StatusSeeOther, "")
	try(t, l.owner, "POST", one+"/agree", url.Values{}, http.StatusConflict, "answered")
	try(t, olga, "POST", enter, url.Values{}, http.StatusConflict, "")

	late := l.ask(t)
	if _, err := l.super.Exec(t.Context(), `UPDATE support_access SET asked_at = now() - interval '24 hours 1 second' WHERE id = $1`, late); err != nil {
		t.Fatal(err)
	}
	try(t, l.owner, "POST", "/settings/support/"+late.String()+"/agree", url.Values{}, http.StatusConflict, "a day")
	back := l.ask(t)
	try(t, olga, "POST", l.at()+"/support/"+back.String()+"/withdraw", url.Values{}, http.StatusSeeOther, "")
	try(t, l.owner, "POST", "/settings/support/"+back.String()+"/agree", url.Values{}, http.StatusConflict, "taken back")
	page := l.owner.send(t, "GET", "/settings/support", nil).Body
	for _, words := range []string{"Declined", "Not answered", "Taken back", "Nobody asks to be let in"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page has no %q: %.4000s", words, page)
		}
	}
}

func TestALookReadsAndChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLooking(t)
	for _, g := range []guest{l.owner, comeIn(t, l.app, dbtest.Org(t, l.db, "prowest"), tenant.Owner)} {
		if page := g.send(t, "POST", "/api/contacts", map[string]any{"last_name": "Muñoz"}); page.Status != http.StatusCreated {
			t.Fatal(page.Status, page.Body)
		}
	}
	l.enter(t)
	olga := l.olga.guest
	try(t, olga, "GET", "/dashboard", nil, 200, "You look into")
	if page := olga.send(t, "GET", "/api/contacts?q=mu%C3%B1oz", nil); page.Status != 200 || strings.Count(page.Body, `"last_name":"Muñoz"`) != 1 {
		t.Errorf("the contacts: %d %s", page.Status, page.Body)
	}
	before := everything(t, l.super)
	reads := 0
	for _, r := range l.app.Routes() {
		if r.Audience != web.SignedIn {
			continue
		}
		page := olga.send(t, r.Method, l.record(t, r), nil)
		setting := strings.HasPrefix(r.Pattern, "/settings") || r.Pattern == "/api/me"
		switch {
		case page.Status >= 500, (r.Method != http.MethodGet || setting) && page.Status != http.StatusForbidden:
			t.Errorf("%s %s: %d %.600s", r.Method, r.Pattern, page.Status, page.Body)
		case page.Status == 200:
			reads++
		}
	}
	if reads < 14 {
		t.Errorf("only %d addresses were read", reads)
	}
	if diff := cmp.Diff(before, everything(t, l.super)); diff != "" {
		t.Errorf("something changed: %s", diff)
	}
	try(t, olga, "GET", "/admin", nil, 200, l.titan.Name)
	try(t, olga, "POST", "/admin/support/leave", url.Values{}, http.StatusSeeOther, "")
	try(t, olga, "GET", "/dashboard", nil, http.StatusSeeOther, "")
}

// record is the address of a route, of the contact where it is about one.
func (l looking) record(t *testing.T, r web.Route) string {
	t.Helper()
	if !strings.Contains(r.Pattern, "/contacts/{id}") {
		return address(r)
	}
	id, err := postgres.Value[string](t.Context(), l.super, `SELECT id::text FROM contacts WHERE org_id = $1`, l.titan.ID)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(r.Pattern, "{id}", id, 1)
}

// everything is the number of rows and the last change of what people work with.
func everything(t *testing.T, super *pgx.Conn) []string {
	t.Helper()
	list, err := postgres.Values[string](t.Context(), super, `
		SELECT 'contacts ' || count(*) || ' ' || max(updated_at) FROM contacts UNION ALL SELECT 'people ' || count(*) || ' ' || max(updated_at) FROM people
		UNION ALL SELECT 'entries ' || count(*) FROM audit_entries UNION ALL SELECT 'activities ' || count(*) FROM activities`)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestALookEndsAndIsOnTheTrail(t *testing.T) {
	t.Parallel()
	l := newLooking(t)
	id := l.enter(t)
	olga := l.olga.guest
	try(t, olga, "GET", "/contacts", nil, 200, "")
	try(t, olga, "POST", "/contacts", url.Values{"last_name": {"New"}}, http.StatusForbidden, "change nothing")
	try(t, l.owner, "POST", "/settings/support/"+id.String()+"/end", url.Values{}, http.StatusSeeOther, "")
	try(t, olga, "GET", "/contacts", nil, http.StatusForbidden, "does not let you in any more")
	try(t, l.owner, "POST", "/settings/support/"+id.String()+"/end", url.Values{}, http.StatusConflict, "")
	try(t, olga, "POST", "/admin/support/leave", url.Values{}, http.StatusSeeOther, "")
	got, err := postgres.Values[string](t.Context(), l.super, `SELECT action || ' by ' || actor || ' ' || target FROM audit_events WHERE org_id = $1 AND action LIKE 'support.%' OR org_id = $1 AND action = 'access.refused' ORDER BY number`, l.titan.ID)
	want := []string{
		"support.asked by Olga Operator ", "support.agreed by Owner ", "support.entered by Olga Operator ", "support.looked by Olga Operator /contacts",
		"access.refused by Olga Operator POST /contacts", "support.ended by Owner ", "support.left by Olga Operator ",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	l.enter(t)
	try(t, olga, "GET", "/contacts", nil, 200, "")
	if _, err := l.super.Exec(t.Context(), `UPDATE support_access SET ends_at = now()`); err != nil {
		t.Fatal(err)
	}
	try(t, olga, "GET", "/contacts", nil, http.StatusForbidden, "any more")
}

// Whatever the program does, the database gives rows while the organisation agrees, its own alone, and takes none.
func TestTheDatabaseAsksForTheConsent(t *testing.T) {
	t.Parallel()
	l := newLooking(t)
	prowest := dbtest.Org(t, l.db, "prowest")
	id := l.enter(t)
	look := func(org, support uuid.UUID) context.Context {
		return tenant.With(t.Context(), tenant.Scope{OrgID: org, ActorID: uuid.New(), ActorName: "Olga", Role: tenant.Owner, Support: support})
	}
	people := func(ctx context.Context) int {
		t.Helper()
		n, err := postgres.Read(ctx, l.db, func(ctx context.Context, tx pgx.Tx) (int, error) {
			return postgres.Value[int](ctx, tx, `SELECT count(*)::int FROM people`)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if people(look(l.titan.ID, id)) == 0 {
		t.Error("nothing is read by the consent")
	}
	if people(look(prowest.ID, id)) != 0 || people(look(l.titan.ID, uuid.New())) != 0 {
		t.Error("people are read without a consent")
	}
	for _, sql := range []string{
		`UPDATE people SET name = 'x'`, `INSERT INTO contacts (org_id, id) VALUES (current_org(), gen_random_uuid())`, `DELETE FROM activities`,
		`SELECT secret_hash FROM api_keys`, `SELECT client_secret FROM sso_connections`, `SELECT token_hash FROM sessions`, `SELECT * FROM users`, `UPDATE support_access SET ends_at = now()`,
		`SELECT * FROM audit_events`, `SELECT audit_years FROM orgs`, `SELECT reason FROM support_access`,
	} {
		err := postgres.Do(look(l.titan.ID, id), l.db, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, sql); return err })
		if postgres.Code(err) != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{
		`UPDATE support_access SET ends_at = decided_at + interval '2 hours 1 second'`, `UPDATE support_access SET hours = 9`, `UPDATE support_access SET decided_by = NULL`, `UPDATE support_access SET reason = 'x'`,
	} {
		if _, err := l.super.Exec(t.Context(), sql); postgres.Code(err) != "23514" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if err := operators.New(l.db).Remove(t.Context(), l.olga.email); err != nil {
		t.Fatal(err)
	}
	if people(look(l.titan.ID, id)) != 0 {
		t.Error("somebody who is no operator any more reads by the consent they had")
	}
}
