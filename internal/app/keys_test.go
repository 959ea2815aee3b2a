package app_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// keyOf makes a key of a contractor, as the operator does, and sends with it.
func keyOf(t *testing.T, a *app.App, c dbtest.Contractor, d keys.Details) (keys.Key, guest) {
	t.Helper()
	ctx, _, err := a.Orgs.SystemScope(t.Context(), c.Slug, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	k, token, err := a.Keys.CreateFor(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	return k, guest{a.Handler(), http.Header{"Authorization": {"Bearer " + token.Secret()}}}
}

func TestWhatAKeyOpens(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	a, titan := build(t, db), dbtest.Org(t, db, "titan")
	k, reader := keyOf(t, a, titan, keys.Details{Name: "Reader", Scopes: []string{"records.view"}})
	_, writer := keyOf(t, a, titan, keys.Details{Name: "Zapier", Scopes: []string{"records.view", "records.edit", "records.archive"}})

	me := dbtest.Decode[struct {
		ID, Name, Role, Email string
		RoleName              string `json:"role_name"`
		Permissions           []string
		Organisation          struct{ Slug string }
	}](t, reader.send(t, "GET", "/api/me", nil), 200)
	if me.ID != k.ID.String() || me.Name != "Key: Reader" || me.Role != "viewer" || me.RoleName != "API key" || me.Organisation.Slug != titan.Slug || !slices.Equal(me.Permissions, []string{"records.view"}) {
		t.Errorf("it is %+v", me)
	}
	got := reader.send(t, "POST", "/api/contacts", map[string]any{"last_name": "Muñoz"})
	if got.Status != 403 || !strings.Contains(got.Body, "has not the scope records.edit") || !strings.Contains(got.Body, `"error":"forbidden.scope"`) {
		t.Errorf("without the scope: %d %s", got.Status, got.Body)
	}
	made := dbtest.Decode[struct{ ID string }](t, writer.send(t, "POST", "/api/contacts", map[string]any{"last_name": "Muñoz"}), 201)
	// Somebody else's record: a key's scope is about all records.
	theirs := dbtest.Decode[struct{ ID string }](t, comeIn(t, a, titan, tenant.Owner).send(t, "POST", "/api/contacts", map[string]any{"last_name": "Ortiz"}), 201)
	if got := writer.send(t, "POST", "/api/contacts/"+theirs.ID+"/archive", nil); got.Status != 200 {
		t.Errorf("archived with the scope: %d %s", got.Status, got.Body)
	}
	if got := reader.send(t, "GET", "/api/contacts/"+made.ID, nil); got.Status != 200 {
		t.Errorf("read: %d", got.Status)
	}
	if page := comeIn(t, a, titan, tenant.Owner).send(t, "GET", "/contacts/"+made.ID, nil); !strings.Contains(page.Body, "Key: Zapier") {
		t.Error("the record does not say that the key made it")
	}
	trail, err := postgres.Values[string](t.Context(), dbtest.Super(t, db), `SELECT actor FROM audit_entries WHERE org_id = $1 AND record_id = $2`, titan.ID, made.ID)
	if diff := cmp.Diff([]string{"Key: Zapier"}, trail); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if page := comeIn(t, a, titan, tenant.Owner).send(t, "GET", "/settings/audit", nil); !strings.Contains(page.Body, "Key: Zapier archived the contact") || !strings.Contains(page.Body, "Key: Zapier added the contact Mu") {
		t.Error("the trail does not say what the key did")
	}
	// Another contractor's records are not there.
	_, strangers := keyOf(t, a, dbtest.Org(t, db, "prowest"), keys.Details{Name: "Zapier", Scopes: []string{"records.view", "records.edit"}})
	if got := strangers.send(t, "GET", "/api/contacts/"+made.ID, nil); got.Status != 404 {
		t.Errorf("a key of another organisation: %d", got.Status)
	}
	if list := dbtest.Decode[struct{ Items []any }](t, strangers.send(t, "GET", "/api/contacts", nil), 200); len(list.Items) != 0 {
		t.Errorf("a key of another organisation sees %v", list)
	}
}

// A key with every scope there is opens no page, and manages nothing.
func TestWhatNoKeyOpens(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	a, titan := build(t, db), dbtest.Org(t, db, "titan")
	all := []string{}
	for _, p := range identity.KeyScopes() {
		all = append(all, string(p))
	}
	k, key := keyOf(t, a, titan, keys.Details{Name: "Everything", Scopes: all, Rate: keys.MaxRate})
	for _, r := range a.Routes() {
		if r.Audience.String() != "signed in" {
			continue
		}
		got := key.send(t, r.Method, address(r), nil)
		allowed := r.Permission == "" || slices.Contains(all, r.Permission)
		switch isAPI := strings.HasPrefix(r.Pattern, "/api/"); {
		case isAPI && allowed && (got.Status == 401 || got.Status == 403):
			t.Errorf("%s %s: %d %s", r.Method, r.Pattern, got.Status, got.Body)
		case isAPI && !allowed && (got.Status != 403 || !strings.Contains(got.Body, "o API key can")):
			t.Errorf("%s %s: %d %s", r.Method, r.Pattern, got.Status, got.Body)
		case !isAPI && (got.Status != 403 || !strings.Contains(got.Body, "An API key opens what is below /api/ and no page")):
			t.Errorf("%s %s: %d", r.Method, r.Pattern, got.Status)
		}
	}
	for path, body := range map[string]any{
		"/api/keys":                              map[string]any{"name": "Mine", "scopes": []string{"records.view"}},
		"/api/keys/" + k.ID.String() + "/revoke": nil,
	} {
		if got := key.send(t, "POST", path, body); got.Status != 403 {
			t.Errorf("%s by a key: %d %s", path, got.Status, got.Body)
		}
	}
}

func TestAWrongKeyIsRefusedLikeAnyOther(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	a, titan := build(t, db), dbtest.Org(t, db, "titan")
	k, key := keyOf(t, a, titan, keys.Details{Name: "Zapier", Scopes: []string{"records.view"}})
	good := key.header.Get("Authorization")
	ctx, _, err := a.Orgs.SystemScope(t.Context(), titan.Slug, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"bearer ", "BEARER ", "Bearer  "} {
		key.header.Set("Authorization", scheme+strings.TrimPrefix(good, "Bearer "))
		if got := key.send(t, "GET", "/api/me", nil); got.Status != 200 {
			t.Errorf("%q: %d", scheme, got.Status)
		}
	}
	if _, err := a.Keys.Revoke(ctx, k.ID); err != nil {
		t.Fatal(err)
	}
	for what, header := range map[string]string{
		"revoked": good, "mistyped": good[:len(good)-1] + "~", "cut": good[:len(good)-1], "nothing": "Bearer ", "a session's": "Bearer " + strings.Repeat("x", 43),
		"long": "Bearer " + strings.Repeat("skai_", 5000), "bytes": "Bearer skai_\xff\xfe",
	} {
		key.header.Set("Authorization", header)
		got := key.send(t, "GET", "/api/me", nil)
		p := dbtest.Decode[map[string]any](t, got, 401)
		for _, member := range []string{"type", "title", "status", "detail", "error"} {
			if p[member] == nil {
				t.Errorf("%s: no %s in %s", what, member, got.Body)
			}
		}
		if p["error"] != "unauthenticated" || got.Header.Get("Content-Type") != "application/problem+json" || got.Header.Get("WWW-Authenticate") != `Bearer realm="skai"` {
			t.Errorf("%s: %v %s", what, got.Header, got.Body)
		}
	}
	// A session goes for nothing where a wrong key is shown beside it.
	titan.As(t, tenant.Owner)
	owner := comeIn(t, a, titan, tenant.Owner)
	owner.header.Set("Authorization", good)
	if got := owner.send(t, "GET", "/api/me", nil); got.Status != 401 {
		t.Errorf("a session and a revoked key: %d", got.Status)
	}
	owner.header.Set("Authorization", "Basic cGF0OmhhaWw=") // some proxy's own
	if got := owner.send(t, "GET", "/api/me", nil); got.Status != 200 {
		t.Errorf("a session behind a proxy that asks for a password: %d", got.Status)
	}
}

func TestAKeyHasARateOfItsOwn(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	a, titan := build(t, db), dbtest.Org(t, db, "titan")
	_, slow := keyOf(t, a, titan, keys.Details{Name: "Slow", Scopes: []string{"records.view"}, Rate: 2})
	_, fast := keyOf(t, a, titan, keys.Details{Name: "Fast", Scopes: []string{"records.view"}, Rate: 300})
	for i := range 2 {
		if got := slow.send(t, "GET", "/api/me", nil); got.Status != 200 || got.Header.Get("RateLimit-Policy") != `"api";q=2;w=60` {
			t.Errorf("request %d: %d %v", i+1, got.Status, got.Header)
		}
	}
	if got := slow.send(t, "GET", "/api/contacts", nil); got.Status != 429 || got.Header.Get("Retry-After") == "" || !strings.Contains(got.Body, "more than 2 API requests a minute") {
		t.Errorf("one too many: %d %v %s", got.Status, got.Header, got.Body)
	}
	for range 150 {
		if got := fast.send(t, "GET", "/api/me", nil); got.Status != 200 {
			t.Fatalf("a key that may ask more often than people: %d %s", got.Status, got.Body)
		}
	}
}

// The document says which scopes there are, in words of its own; they are those
// that a key may have, which the database knows as well.
func TestTheScopesThatAreToldOf(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	h := build(t, db).Handler()
	type schema struct {
		Properties map[string]struct{ Items struct{ Enum []string } }
	}
	w := ask(t, h, "GET", "/api/openapi.json")
	doc := dbtest.Decode[struct {
		Components struct {
			Schemas         map[string]schema
			SecuritySchemes map[string]struct{ Type, Scheme string }
		}
	}](t, dbtest.Answer{Status: w.Code, Body: w.Body.String()}, 200)
	var told []string
	for _, s := range doc.Components.Schemas {
		if list := s.Properties["scopes"].Items.Enum; list != nil {
			told = list
		}
	}
	var want []string
	for _, p := range identity.KeyScopes() {
		want = append(want, string(p))
	}
	if diff := cmp.Diff(want, told); diff != "" || doc.Components.SecuritySchemes["key"].Scheme != "bearer" {
		t.Error(diff)
	}
	known, err := postgres.Value[[]string](t.Context(), dbtest.Super(t, db), `SELECT role_permissions('key')`)
	for _, p := range want {
		if !slices.Contains(known, p) || err != nil {
			t.Errorf("the database refuses a key with the scope %s, %v", p, err)
		}
	}
}

// TestAKeyInABrowser makes a key on the page, calls the API with it, revokes it.
func TestAKeyInABrowser(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	server := httptest.NewServer(build(t, db).Handler())
	t.Cleanup(server.Close)
	v := visit{tab(t), server.URL}
	v.see(t, "sign in", chromedp.EmulateViewport(1280, 1000), chromedp.Navigate(server.URL+"/sign-in?next=/settings/keys"), chromedp.SendKeys("#email", titan.Email(tenant.Owner)),
		chromedp.SendKeys("#password", dbtest.Password+"\r"), chromedp.WaitVisible(".sk-empty"))
	v.see(t, "the form", chromedp.Click(`.sk-empty a[href="/settings/keys/new"]`), chromedp.WaitVisible("#name"))
	text := v.see(t, "make a key", chromedp.SendKeys("#name", "Zapier"), chromedp.Click(`[id="records.view"]`), chromedp.Click(".sk-form .sk-btn-primary"), chromedp.WaitVisible("#secret"))
	secret := regexp.MustCompile(`skai_[0-9A-Za-z]{57}`).FindString(text)
	if secret == "" || !strings.Contains(text, "shown now and never again") || !strings.Contains(text, server.URL+"/api/me") {
		t.Fatalf("made: %s", text)
	}
	call := func() int {
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, server.URL+"/api/contacts", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+secret)
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close() // its status is enough
		return answer.StatusCode
	}
	if got := call(); got != 200 {
		t.Errorf("the new key is answered %d", got)
	}
	text = v.see(t, "its page", chromedp.Click(`a.sk-btn-primary[href^="/settings/keys/"]`), chromedp.WaitVisible(`button[commandfor="revoke"][command="show-modal"]`))
	if strings.Contains(text, secret) || !strings.Contains(text, secret[:13]) || !strings.Contains(text, "just now") {
		t.Errorf("its page: %s", text)
	}
	v.see(t, "revoke it", chromedp.Click(`button[commandfor="revoke"][command="show-modal"]`), chromedp.WaitVisible("dialog[open]"), chromedp.Click("dialog[open] .sk-btn-danger"), chromedp.WaitVisible(".sk-pill.sk-neutral"))
	if got := call(); got != 401 {
		t.Errorf("the revoked key is answered %d", got)
	}
}
