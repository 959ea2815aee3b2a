package keys_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

var shown = regexp.MustCompile(`skai_[0-9A-Za-z]{57}`)

func TestAKeyByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	if got := h.door.Get(h.owner, t, "/settings/keys"); got.Status != 200 || !strings.Contains(got.Body, "There is no API key yet") {
		t.Errorf("an empty list: %d", got.Status)
	}
	if got := h.door.Get(h.owner, t, "/settings/keys/new"); got.Status != 200 || !strings.Contains(got.Body, `name="records.view"`) || strings.Contains(got.Body, `name="keys.manage"`) {
		t.Errorf("the form: %d %s", got.Status, got.Body)
	}
	form := url.Values{"name": {"Zapier"}, "days": {"90"}, "rate": {"100"}}
	got := h.door.Post(h.owner, t, "/settings/keys", form)
	if got.Status != 422 || !strings.Contains(got.Body, "Choose what the key may do") || !strings.Contains(got.Body, `value="Zapier"`) {
		t.Errorf("without a scope: %d %s", got.Status, got.Body)
	}
	for field, value := range map[string]string{"days": "1000", "rate": "fast"} {
		bad := url.Values{"name": {"Zapier"}, "days": {"90"}, "rate": {"100"}, "records.view": {"on"}}
		bad.Set(field, value)
		if got := h.door.Post(h.owner, t, "/settings/keys", bad); got.Status != 422 || shown.MatchString(got.Body) {
			t.Errorf("%s %q: %d", field, value, got.Status)
		}
	}
	form.Set("records.view", "on")
	got = h.door.Post(h.owner, t, "/settings/keys", form)
	secret := shown.FindString(got.Body)
	if got.Status != 201 || secret == "" || got.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("made: %d %v %s", got.Status, got.Header, got.Body)
	}
	if again := h.door.Post(h.owner, t, "/settings/keys", form); again.Status != 422 || !strings.Contains(again.Body, "There is an API key called Zapier already") {
		t.Errorf("sent twice: %d", again.Status)
	}
	list := h.door.Get(h.owner, t, "/settings/keys")
	page := regexp.MustCompile(`/settings/keys/[0-9a-f-]{36}`).FindString(list.Body)
	if shown.MatchString(list.Body) || !strings.Contains(list.Body, secret[:13]) || !strings.Contains(list.Body, "see records") || page == "" {
		t.Errorf("the list: %s", list.Body)
	}
	if got := h.door.Get(h.owner, t, page); got.Status != 200 || shown.MatchString(got.Body) || !strings.Contains(got.Body, "Key: Zapier") {
		t.Errorf("its page: %d %s", got.Status, got.Body)
	}
	if got := h.door.Post(h.owner, t, page, url.Values{"name": {" "}}); got.Status != 422 || !strings.Contains(got.Body, "Give the key the name of the program") {
		t.Errorf("no name: %d", got.Status)
	}
	if got := h.door.Post(h.owner, t, page, url.Values{"name": {"Web site"}}); got.Status != 303 {
		t.Errorf("renamed: %d %s", got.Status, got.Body)
	}
	token, err := keys.ParseToken(secret)
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := h.keys.Authenticate(t.Context(), token, here)
	if scope, _ := tenant.From(ctx); err != nil || scope.ActorName != "Key: Web site" {
		t.Errorf("it acts as %q, %v", scope.ActorName, err)
	}
	for range 2 { // the second changes nothing
		if got := h.door.Post(h.owner, t, page+"/revoke", url.Values{}); got.Status != 303 {
			t.Errorf("revoked: %d %s", got.Status, got.Body)
		}
	}
	if got := h.door.Post(h.owner, t, page, url.Values{"name": {"Another"}}); got.Status != 409 {
		t.Errorf("a revoked key's name: %d", got.Status)
	}
	if got := h.door.Get(h.owner, t, page); !strings.Contains(got.Body, "revoked") || strings.Contains(got.Body, "Revoke the key") {
		t.Errorf("a revoked key's page: %s", got.Body)
	}
	h.make(t, "Web site", "records.view") // the name is free again
	trail, err := postgres.Values[string](t.Context(), dbtest.Super(t, h.db), `
		SELECT table_name || ' ' || operation || ' ' || actor FROM audit_entries WHERE org_id = $1 AND table_name IN ('api_keys', 'people') AND actor <> 'skai_operator'
		AND record_id = (SELECT id FROM api_keys WHERE org_id = $1 AND revoked_at IS NOT NULL) ORDER BY id`, h.titan.ID)
	want := []string{
		"people insert Owner", "api_keys insert Owner", "api_keys update Owner", "people update Owner", "api_keys update Owner", "people update Owner",
	}
	if diff := cmp.Diff(want, trail); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestAKeyByTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	type key struct {
		ID, Name, Prefix, State, Secret string
		Scopes                          []string
		Rate                            int
		ExpiresAt                       *string `json:"expires_at"`
	}
	body := map[string]any{"name": "Zapier", "scopes": []string{"records.edit", "records.view"}}
	made := dbtest.Decode[key](t, h.door.JSON(h.owner, t, "POST", "/api/keys", body), 201)
	if made.Secret[:13] != made.Prefix || made.Rate != keys.DefaultRate || made.ExpiresAt == nil || made.State != "good" || len(made.Scopes) != 2 {
		t.Errorf("made %+v", made)
	}
	body["name"], body["days"] = "For ever", 0
	if k := dbtest.Decode[key](t, h.door.JSON(h.owner, t, "POST", "/api/keys", body), 201); k.ExpiresAt != nil {
		t.Errorf("a key without an end ends at %s", *k.ExpiresAt)
	}
	for _, bad := range []map[string]any{{}, {"name": "x"}, {"name": "x", "scopes": []string{}}, {"name": "x", "scopes": []string{"keys.manage"}}, {"name": "x", "scopes": "records.view"}} {
		if got := h.door.JSON(h.owner, t, "POST", "/api/keys", bad); got.Status != 422 {
			t.Errorf("%v: %d %s", bad, got.Status, got.Body)
		}
	}
	api := "/api/keys/" + made.ID
	if got := h.door.Get(h.owner, t, api); got.Status != 200 || strings.Contains(got.Body, made.Secret) || strings.Contains(got.Body, `"secret"`) {
		t.Errorf("read again: %d %s", got.Status, got.Body)
	}
	if k := dbtest.Decode[key](t, h.door.JSON(h.owner, t, "PUT", api, map[string]string{"name": "Web site"}), 200); k.Name != "Web site" {
		t.Errorf("renamed to %q", k.Name)
	}
	if k := dbtest.Decode[key](t, h.door.JSON(h.owner, t, "POST", api+"/revoke", nil), 200); k.State != "revoked" {
		t.Errorf("revoked is %q", k.State)
	}
	list := dbtest.Decode[struct{ Items []key }](t, h.door.Get(h.owner, t, "/api/keys"), 200)
	if len(list.Items) != 2 || list.Items[1].State != "revoked" {
		t.Errorf("the list: %+v", list)
	}
	for _, got := range []dbtest.Answer{h.door.Get(h.titan.As(t, tenant.Manager), t, api), h.door.JSON(h.titan.As(t, tenant.Viewer), t, "POST", api+"/revoke", nil)} {
		if got.Status != 403 {
			t.Errorf("without the permission: %d", got.Status)
		}
	}
}
