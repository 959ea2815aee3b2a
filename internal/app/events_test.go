package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof/offers"
)

// clerk works through the program and looks at the events each write leaves.
type clerk struct {
	guest

	titan  dbtest.Contractor
	events func(t *testing.T, request string) []string
	exec   func(t *testing.T, sql string) // as the superuser
	mux    *http.ServeMux
	wrote  map[string]bool // routes
}

// submit opens a page, fills in the form that goes to an action, and sends it.
// The action may be a pattern of package path.
func (c clerk) submit(t *testing.T, page, action string, fields url.Values) {
	t.Helper()
	c.fill(t, c.send(t, http.MethodGet, page, nil).Body, action, fields)
}

// fill is submit of a page that was opened already.
func (c clerk) fill(t *testing.T, page, action string, fields url.Values) {
	t.Helper()
	list, err := offers.Read(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if matches, err := path.Match(action, o.Path); err == nil && matches && o.Method == http.MethodPost && o.Form != nil {
			maps.Copy(o.Form, fields)
			c.write(t, http.MethodPost, o.Path, o.Form)
			return
		}
	}
	t.Fatalf("no form for %s", action)
}

// write sends a request that changes something, and checks that it left one event.
func (c clerk) write(t *testing.T, method, target string, body any, header ...string) dbtest.Answer {
	t.Helper()
	g := guest{c.handler, c.header.Clone()}
	for i := 0; i+1 < len(header); i += 2 {
		g.header.Set(header[i], header[i+1])
	}
	answer := g.send(t, method, target, body)
	if answer.Status >= http.StatusBadRequest {
		t.Errorf("%s %s: %d %s", method, target, answer.Status, answer.Body)
		return answer
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://x"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, route := c.mux.Handler(r)
	c.wrote[route] = true
	m, pattern, _ := strings.Cut(route, " ")
	want := audit.ActionOf(m, pattern)
	var got []string
	for _, action := range c.events(t, answer.Header.Get("X-Request-Id")) {
		if action == want || !strings.HasPrefix(action, "session.") { // sessions that end with it say so themselves
			got = append(got, action)
		}
	}
	if len(got) != 1 || got[0] != want {
		t.Errorf("%s left the events %v, not one %s", route, got, want)
	}
	return answer
}

// created is the id of what the API made.
func (c clerk) created(t *testing.T, path string, body any) string {
	t.Helper()
	a := c.write(t, http.MethodPost, path, body)
	return dbtest.Decode[struct{ ID string }](t, a, a.Status).ID
}

func newClerk(t *testing.T, a *app.App, db *postgres.DB) clerk {
	t.Helper()
	titan := dbtest.Org(t, db, "titan")
	c := clerk{guest: comeIn(t, a, titan, tenant.Owner), titan: titan, mux: http.NewServeMux(), wrote: map[string]bool{}}
	for _, r := range a.Routes() {
		c.mux.HandleFunc(r.Method+" "+r.Pattern, func(http.ResponseWriter, *http.Request) {})
	}
	super := dbtest.Super(t, db)
	c.exec = func(t *testing.T, sql string) {
		t.Helper()
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	c.events = func(t *testing.T, request string) []string {
		t.Helper()
		list, err := postgres.Values[string](t.Context(), super, `SELECT action FROM audit_events WHERE request_id = $1 AND org_id = $2`, request, titan.ID)
		if err != nil || request == "" {
			t.Fatal(request, err)
		}
		return list
	}
	return c
}

// untried are the writing routes that this test does not get through, each with
// what it would need. The rows they change leave their event like all others.
var untried = map[string]string{
	"POST /invitation":               "a mailed link",
	"POST /sign-in/reset":            "a mailed link",
	"POST /sign-in/confirm":          "a mailed link",
	"POST /settings/email/again":     "an address that is not confirmed yet",
	"POST /settings/factors/passkey": "a browser's passkey",
	"POST /sign-in/enrol":            "a browser's passkey",
	"POST /sign-in/enrol/app":        "a session that is half open",
	"POST /switch":                   "a second organisation",
}

func TestEveryWriteLeavesOneEvent(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	c := newClerk(t, a, db)
	c.records(t)
	c.people(t)
	c.settings(t)
	for _, r := range a.Routes() {
		route := r.Method + " " + r.Pattern
		if r.Method != http.MethodGet && r.Audience != web.Operator && !c.wrote[route] && audit.Silent(route) == "" && untried[route] == "" {
			t.Errorf("%s was not tried", route)
		}
	}
}

func (c clerk) records(t *testing.T) {
	t.Helper()
	for many, first := range map[string]map[string]any{
		"contacts": {"last_name": "Ortiz"}, "properties": {"address": map[string]any{"street": "1 Elm St", "city": "Mesa", "state": "AZ", "zip": "85201"}}, "leads": {"title": "Hail"}, "claims": {"title": "Hail"},
	} {
		id := c.created(t, "/api/"+many, first)
		first["notes"] = "changed"
		c.write(t, "PUT", "/api/"+many+"/"+id, first, "If-Match", c.version(t, "/api/"+many+"/"+id))
		if many == "leads" || many == "claims" {
			stage := map[string]string{"leads": "contacted", "claims": "inspection"}[many]
			c.write(t, "POST", "/api/"+many+"/"+id+"/stage", map[string]any{"stage": stage}, "If-Match", c.version(t, "/api/"+many+"/"+id))
			next := map[string]string{"leads": "qualified", "claims": "filed"}[many]
			c.submit(t, "/"+many+"/"+id, "/"+many+"/"+id+"/stage", url.Values{"stage": {next}})
		}
		c.submit(t, "/"+many+"/"+id+"/edit", "/"+many+"/"+id, url.Values{"notes": {"changed again"}})
		c.write(t, "POST", "/"+many+"/"+id+"/files", twoFiles(t))
		c.submit(t, "/"+many+"/"+id, "/files/*/archive", nil)
		c.submit(t, "/"+many+"/"+id, "/"+many+"/"+id+"/archive", nil)
		c.submit(t, "/"+many+"/"+id, "/"+many+"/"+id+"/restore", nil)
		c.write(t, "POST", "/api/"+many+"/"+id+"/archive", nil)
		c.write(t, "POST", "/api/"+many+"/"+id+"/restore", nil)
		c.submit(t, "/"+many+"/new", "/"+many, map[string]url.Values{
			"contacts": {"last_name": {"Adams"}}, "properties": {"street": {"2 Elm St"}, "city": {"Mesa"}, "state": {"AZ"}, "zip": {"85201"}}, "leads": {"title": {"Wind"}}, "claims": {"title": {"Wind"}},
		}[many])
		if many != "contacts" {
			continue
		}
		task := c.created(t, "/api/activities", map[string]any{"contact_id": id, "kind": "task", "body": "Call", "due_on": "2027-01-02"})
		c.write(t, "PUT", "/api/activities/"+task+"/done", map[string]any{"done": true})
		c.submit(t, "/contacts/"+id, "/activity", url.Values{"kind": {"note"}, "body": {"Called"}})
		other := c.created(t, "/api/activities", map[string]any{"contact_id": id, "kind": "task", "body": "Write", "due_on": "2027-01-02"})
		c.submit(t, "/contacts/"+id, "/activity/"+other+"/done", nil)
	}
}

// twoFiles is a form with two PDF documents.
func twoFiles(t *testing.T) upload {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, name := range []string{"scope.pdf", "permit.pdf"} {
		part, err := w.CreateFormFile("files", name)
		if err == nil {
			_, err = io.WriteString(part, "%PDF-1.7 "+name)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return upload{w.FormDataContentType(), body.Bytes()}
}

func (c clerk) version(t *testing.T, path string) string {
	t.Helper()
	return c.send(t, "GET", path, nil).Header.Get("ETag")
}

func (c clerk) people(t *testing.T) {
	t.Helper()
	member, viewer := c.person(t, tenant.Member), c.person(t, tenant.Viewer)
	c.write(t, "PUT", "/api/people/"+member+"/role", map[string]any{"role": "manager"})
	c.submit(t, "/settings/people/"+viewer, "/settings/people/"+viewer+"/role", url.Values{"role": {"member"}})
	role := c.created(t, "/api/roles", map[string]any{"name": "Reader", "base": "member", "permissions": []string{"records.view"}})
	c.write(t, "PUT", "/api/roles/"+role, map[string]any{"name": "Readers", "base": "member", "permissions": []string{"records.view"}}, "If-Match", c.version(t, "/api/roles/"+role))
	c.submit(t, "/settings/roles/"+role+"/edit", "/settings/roles/"+role, url.Values{"name": {"Reading"}})
	c.write(t, "PUT", "/api/roles/"+role+"/people/"+viewer, nil)
	c.write(t, "DELETE", "/api/roles/"+role+"/people/"+viewer, nil)
	c.submit(t, "/settings/roles/"+role, "/settings/roles/"+role+"/people", url.Values{"person": {viewer}})
	c.submit(t, "/settings/roles/"+role, "/settings/roles/"+role+"/people/"+viewer+"/remove", nil)
	c.write(t, "DELETE", "/api/roles/"+role, nil)
	second := c.created(t, "/api/roles", map[string]any{"name": "Second", "base": "member", "permissions": []string{"records.view"}})
	c.submit(t, "/settings/roles/"+second, "/settings/roles/"+second+"/delete", nil)
	c.submit(t, "/settings/roles/new", "/settings/roles", url.Values{"name": {"Third"}, "base": {"member"}, "permissions": {"records.view"}})
	invitation := c.created(t, "/api/people/invitations", map[string]any{"email": "sam@example.com", "role": "member"})
	c.write(t, "POST", "/api/people/invitations/"+invitation+"/again", nil)
	c.submit(t, "/settings/people/invitations/"+invitation, "/settings/people/invitations/"+invitation+"/again", nil)
	c.submit(t, "/settings/people/invitations/"+invitation, "/settings/people/invitations/"+invitation+"/revoke", nil)
	c.submit(t, "/settings/people/invite", "/settings/people/invite", url.Values{"email": {"kim@example.com"}, "role": {"member"}})
	other := c.created(t, "/api/people/invitations", map[string]any{"email": "lee@example.com", "role": "member"})
	c.write(t, "DELETE", "/api/people/invitations/"+other, nil)
	c.write(t, "DELETE", "/api/people/"+viewer, nil)
	c.submit(t, "/settings/people/"+member, "/settings/people/"+member+"/remove", nil)
}

// person gives the id of the organisation's person of a role.
func (c clerk) person(t *testing.T, role tenant.Role) string {
	t.Helper()
	scope, _ := tenant.From(c.titan.As(t, role))
	return scope.ActorID.String()
}

// consent answers two requests of somebody who runs the platform.
func (c clerk) consent(t *testing.T) {
	t.Helper()
	c.exec(t, `WITH u AS (INSERT INTO users (id, email, name, password_hash) SELECT gen_random_uuid(), n || '@example.com', 'Olga', '' FROM unnest('{olga,otto}'::text[]) n RETURNING id),
		o AS (INSERT INTO operators (id) SELECT id FROM u RETURNING id)
		INSERT INTO support_access (org_id, id, operator_id, operator, reason, hours) SELECT '`+c.titan.ID.String()+`', id, id, 'Olga', 'A row is missing', 1 FROM o`)
	for _, answer := range []string{"agree", "decline", "end"} {
		c.submit(t, "/settings/support", "/settings/support/*/"+answer, nil)
	}
}

func (c clerk) settings(t *testing.T) {
	t.Helper()
	key := dbtest.Decode[struct{ ID string }](t, c.write(t, "POST", "/api/keys", map[string]any{"name": "Zapier", "scopes": []string{"records.view"}}), 201).ID
	c.write(t, "PUT", "/api/keys/"+key, map[string]any{"name": "Zap"}, "If-Match", c.version(t, "/api/keys/"+key))
	c.submit(t, "/settings/keys/"+key, "/settings/keys/"+key, url.Values{"name": {"Zapper"}})
	c.write(t, "POST", "/api/keys/"+key+"/revoke", nil)
	next := dbtest.Decode[struct{ ID string }](t, c.write(t, "POST", "/api/keys", map[string]any{"name": "Next", "scopes": []string{"records.view"}}), 201).ID
	c.submit(t, "/settings/keys/"+next, "/settings/keys/"+next+"/revoke", nil)
	c.submit(t, "/settings/keys/new", "/settings/keys", url.Values{"name": {"Second"}, "records.view": {"on"}})
	c.submit(t, "/settings/audit/keeping", "/settings/audit/retention", url.Values{"years": {"3"}})
	c.submit(t, "/settings/ops/reports", "/settings/ops/reports/mail", nil)
	c.submit(t, "/settings/audit/keeping", "/settings/audit/push", url.Values{"url": {"https://siem.example.com/skai"}})
	c.submit(t, "/settings/audit/keeping", "/settings/audit/push/remove", nil)
	c.submit(t, "/settings/organisation", "/settings/organisation", url.Values{"name": {"Titan Roofs"}})
	c.submit(t, "/settings/confirm", "/settings/confirm", url.Values{"current": {dbtest.Password}})
	c.submit(t, "/settings/factors/policy", "/settings/factors/policy", url.Values{"role_viewer": {"on"}})
	c.singleSignOn(t)
	c.directory(t)
	c.consent(t)
	c.submit(t, "/settings/email", "/settings/email", url.Values{"email": {"new@example.com"}, "current": {dbtest.Password}})
	setup := c.send(t, "GET", "/settings/factors/app", nil).Body
	_, secret, _ := strings.Cut(setup, "<code>")
	secret, _, _ = strings.Cut(secret, "</code>")
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c.fill(t, setup, "/settings/factors/app", url.Values{"name": {"Phone"}, "code": {code}})
	c.submit(t, "/settings/factors/phone", "/settings/factors/phone", url.Values{"phone": {"602-555-0123"}})
	c.submit(t, "/settings/factors", "/settings/factors/codes", nil)
	c.write(t, "POST", "/settings/factors/distrust", url.Values{})
	c.submit(t, "/settings/factors", "/settings/factors/*/remove", nil)
	c.submit(t, "/settings/password", "/settings/password", url.Values{"current": {dbtest.Password}, "password": {"correct horse battery"}, "again": {"correct horse battery"}})
	c.exec(t, `INSERT INTO error_groups (org_id, id, place, kind, words, chain, frames, count, first_seen, last_seen, first_release, last_release, request_id)
		SELECT id, '01a205b5-ae52-713f-92e0-37b7a6333d61', 'GET /', 'error', '', '*errors.errorString', '', 1, now(), now(), '', '', '' FROM orgs`)
	const wrong = "/settings/ops/errors/01a205b5-ae52-713f-92e0-37b7a6333d61"
	c.submit(t, wrong, wrong+"/resolve", nil)
	c.submit(t, wrong, wrong+"/reopen", nil)
	c.write(t, "POST", "/settings/ownership", url.Values{"person": {c.person(t, tenant.Manager)}, "stay": {"on"}, "current": {"correct horse battery"}})
	c.write(t, "POST", "/settings/people/invite-many", url.Values{"rows": {"email,name,role\njo@example.com,Jo,member\nal@example.com,Al,viewer\n"}, "invite": {"on"}})
	browser := guest{c.handler, http.Header{}}
	if a := browser.send(t, "POST", "/sign-in", url.Values{"email": {c.titan.Email(tenant.Owner)}, "password": {"correct horse battery"}}); a.Status != http.StatusSeeOther {
		t.Fatalf("sign in again: %d", a.Status)
	}
	c.submit(t, "/settings/sessions", "/settings/sessions/*/revoke", nil)
	browser.send(t, "POST", "/sign-in", url.Values{"email": {c.titan.Email(tenant.Owner)}, "password": {"correct horse battery"}})
	c.write(t, "POST", "/settings/sessions/revoke-others", url.Values{})
	c.write(t, "POST", "/sign-out", url.Values{})
}

// singleSignOn sets an identity provider up, of which only what it says of itself
// matters here.
func (c clerk) singleSignOn(t *testing.T) {
	t.Helper()
	var provider *httptest.Server
	provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": provider.URL, "authorization_endpoint": provider.URL, "token_endpoint": provider.URL, "jwks_uri": provider.URL})
	}))
	t.Cleanup(provider.Close)
	const page = "/settings/sso"
	c.submit(t, page, page+"/domains", url.Values{"domain": {"titan.example"}})
	c.submit(t, page, page+"/domains/*/check", nil)
	c.submit(t, page+"/connection?kind=oidc", page+"/connection", url.Values{"issuer": {provider.URL}, "client_id": {"c"}, "client_secret": {"s"}})
	c.submit(t, page, page+"/groups", url.Values{"group": {"Crews"}, "role": {"member"}})
	c.exec(t, `UPDATE sso_connections SET worked_at = now()`)
	c.submit(t, page, page+"/required", url.Values{"break_glass": {c.person(t, tenant.Owner)}})
	c.submit(t, page, page+"/groups/*/remove", nil)
	c.submit(t, page, page+"/connection/unlink", nil)
	c.submit(t, page, page+"/domains/*/remove", nil)
	c.submit(t, page, page+"/connection/remove", nil)
}

// directory sends what a company's directory sends.
func (c clerk) directory(t *testing.T) {
	t.Helper()
	c.exec(t, `INSERT INTO sso_domains (org_id, id, domain, token, verified_at, created_by) SELECT org_id, gen_random_uuid(), 'scim.test', 't', now(), id FROM people WHERE kind = 'system'`)
	change := map[string]any{"Operations": []any{map[string]any{"op": "replace", "path": "displayName", "value": "Changed"}}}
	for path, body := range map[string]map[string]any{"/api/scim/v2/Users": {"userName": "dir@scim.test", "displayName": "Dir"}, "/api/scim/v2/Groups": {"displayName": "Crews"}} {
		id := c.created(t, path, body)
		c.write(t, "PUT", path+"/"+id, body)
		c.write(t, "PATCH", path+"/"+id, change)
		c.write(t, "DELETE", path+"/"+id, nil)
	}
}
