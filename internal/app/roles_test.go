package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/roles"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// guest is somebody with a session or a key, who sends requests to the whole program.
type guest struct {
	handler http.Handler
	header  http.Header
}

// comeIn opens a session for the person of a role.
func comeIn(t *testing.T, a *app.App, c dbtest.Contractor, role tenant.Role) guest {
	t.Helper()
	c.As(t, role)
	token, err := a.People.SignIn(t.Context(), c.Email(role), dbtest.Password, identity.Device{})
	if err != nil {
		t.Fatal(err)
	}
	return guest{a.Handler(), http.Header{"Cookie": {"session=" + token}}}
}

// upload is a form with files.
type upload struct {
	kind string // Content-Type
	body []byte
}

// send sends a form, or what JSON makes of another body; nil is none.
func (g guest) send(t *testing.T, method, target string, body any) dbtest.Answer {
	t.Helper()
	var content bytes.Buffer
	kind := "application/json"
	if form, ok := body.(url.Values); ok {
		kind = "application/x-www-form-urlencoded"
		content.WriteString(form.Encode())
	} else if u, ok := body.(upload); ok {
		kind = u.kind
		content.Write(u.body)
	} else if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), method, target, &content)
	r.Header = g.header.Clone()
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return dbtest.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.String()}
}

// may gives the permissions that /api/me tells of.
func (g guest) may(t *testing.T) (role string, permissions []string) {
	t.Helper()
	me := dbtest.Decode[struct {
		RoleName    string `json:"role_name"`
		Permissions []string
	}](t, g.send(t, "GET", "/api/me", nil), 200)
	return me.RoleName, me.Permissions
}

// person is the id of the contractor's person of a role.
func person(t *testing.T, c dbtest.Contractor, role tenant.Role) uuid.UUID {
	t.Helper()
	scope, err := tenant.Must(c.As(t, role))
	if err != nil {
		t.Fatal(err)
	}
	return scope.ActorID
}

func TestAComposedRoleHoldsFromTheNextRequestOn(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	a, titan, room := build(t, db), dbtest.Org(t, db, "titan"), roles.New(db)
	owner, manager := titan.As(t, tenant.Owner), comeIn(t, a, titan, tenant.Manager)
	if got := manager.send(t, "GET", "/contacts.csv", nil); got.Status != 200 {
		t.Fatalf("a manager's export: %d %s", got.Status, got.Body)
	}
	reader := roles.Details{Name: "Branch reader", Base: tenant.Manager, Permissions: []string{"records.view", "amounts.view"}}
	r, err := room.Create(owner, reader, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := room.Assign(owner, person(t, titan, tenant.Manager), r.ID); err != nil {
		t.Fatal(err)
	}
	role, may := manager.may(t)
	if diff := cmp.Diff([]string{"amounts.view", "records.view"}, may); diff != "" || role != "Branch reader" {
		t.Error(role, diff)
	}
	for what, got := range map[string]dbtest.Answer{
		"an export":       manager.send(t, "GET", "/contacts.csv", nil),
		"a form":          manager.send(t, "POST", "/contacts", url.Values{"last_name": {"Muñoz"}}),
		"the API":         manager.send(t, "POST", "/api/contacts", map[string]any{"last_name": "Muñoz"}),
		"the roles":       manager.send(t, "GET", "/settings/roles", nil),
		"the roles' JSON": manager.send(t, "GET", "/api/roles", nil),
	} {
		if got.Status != 403 || !strings.Contains(strings.ReplaceAll(got.Body, "&#39;", "'"), "n the role Branch reader you can't") {
			t.Errorf("%s answered %d %.300s", what, got.Status, got.Body)
		}
	}
	if got := manager.send(t, "GET", "/contacts", nil); got.Status != 200 || strings.Contains(got.Body, "/contacts/new") || strings.Contains(got.Body, ".csv") || !strings.Contains(got.Body, "Branch reader") {
		t.Errorf("the list: %d, with what the role does not allow or without its name", got.Status)
	}
	reader.Permissions = append(reader.Permissions, "lists.export")
	if _, err := room.Update(owner, r.ID, r.Version, reader); err != nil {
		t.Fatal(err)
	}
	if got := manager.send(t, "GET", "/contacts.csv", nil); got.Status != 200 {
		t.Errorf("an export that the role allows by now: %d", got.Status)
	}
	if got := manager.send(t, "POST", "/api/contacts", map[string]any{"last_name": "Muñoz"}); got.Status != 403 {
		t.Errorf("what the role still leaves out: %d", got.Status)
	}
	if _, err := room.Unassign(owner, person(t, titan, tenant.Manager), r.ID); err != nil {
		t.Fatal(err)
	}
	if got := manager.send(t, "POST", "/api/contacts", map[string]any{"last_name": "Muñoz"}); got.Status != 201 {
		t.Errorf("a manager without the role: %d", got.Status)
	}
}

// A role made from Member has the members' rule about one's own records.
func TestTheRuleAboutOnesOwnComesWithTheBase(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	a, titan, room := build(t, db), dbtest.Org(t, db, "titan"), roles.New(db)
	ctx, owner, lead := titan.As(t, tenant.Owner), comeIn(t, a, titan, tenant.Owner), comeIn(t, a, titan, tenant.Manager)
	r, err := room.Create(ctx, roles.Details{Name: "Crew lead", Base: tenant.Member, Permissions: []string{"records.view", "records.edit", "records.archive"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := room.Assign(ctx, person(t, titan, tenant.Manager), r.ID); err != nil {
		t.Fatal(err)
	}
	contact := func(g guest) string {
		return dbtest.Decode[struct{ ID string }](t, g.send(t, "POST", "/api/contacts", map[string]any{"last_name": "Muñoz"}), 201).ID
	}
	theirs, mine := contact(owner), contact(lead)
	if got := lead.send(t, "POST", "/api/contacts/"+theirs+"/archive", nil); got.Status != 403 || !strings.Contains(got.Body, "forbidden.own") {
		t.Errorf("another's: %d %s", got.Status, got.Body)
	}
	if got := lead.send(t, "POST", "/contacts/"+theirs+"/archive", url.Values{}); got.Status != 403 {
		t.Errorf("another's, by the page: %d", got.Status)
	}
	if got := lead.send(t, "POST", "/api/contacts/"+mine+"/archive", nil); got.Status != 200 {
		t.Errorf("one's own: %d %s", got.Status, got.Body)
	}
	// Everybody who has the role gets the other base with it.
	d := r.Details
	d.Base = tenant.Manager
	if _, err := room.Update(ctx, r.ID, r.Version, d); err != nil {
		t.Fatal(err)
	}
	if got := lead.send(t, "POST", "/api/contacts/"+theirs+"/archive", nil); got.Status != 200 {
		t.Errorf("made from Manager: %d %s", got.Status, got.Body)
	}
}

// TestTheDatabaseKnowsTheMatrix: what a composed role may hold is checked by the
// database too, from a function that a migration has to replace when the matrix
// changes.
func TestTheDatabaseKnowsTheMatrix(t *testing.T) {
	t.Parallel()
	conn := dbtest.Super(t, dbtest.Shared(t))
	for _, role := range roles.Bases {
		known, err := postgres.Value[[]string](t.Context(), conn, `SELECT role_permissions($1)`, string(role))
		// A name that this program does not know, of a migration ahead of it, lets nobody do anything.
		known = slices.DeleteFunc(known, func(p string) bool { return identity.Permission(p).Words() == "" })
		slices.Sort(known)
		matrix := []string{}
		for _, p := range roles.Composable(role) {
			matrix = append(matrix, string(p))
		}
		if diff := cmp.Diff(matrix, known); diff != "" || err != nil {
			t.Errorf("%s: the matrix of package identity and role_permissions of the database differ; a migration has to replace that function: %v\n%s", role, err, diff)
		}
	}
}
