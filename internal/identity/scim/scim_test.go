package scim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/identity/scim"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// directory is a directory that has an organisation's key.
type directory struct {
	t      *testing.T
	url    string
	secret string
	db     *postgres.DB
}

// setUp gives the directory of an organisation that owns titan.test.
func setUp(t *testing.T, db *postgres.DB, c dbtest.Contractor, scopes ...string) directory {
	t.Helper()
	owner, k, people := c.As(t, tenant.Owner), keys.New(db, nil), identity.New(db, orgs.New(db))
	if scopes == nil {
		scopes = []string{string(identity.ProvisionPeople)}
	}
	_, made, err := k.CreateFor(owner, keys.Details{Name: "Directory " + uuid.NewString()[:8], Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	scope, _ := tenant.From(owner)
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `
		INSERT INTO sso_domains (org_id, id, domain, token, verified_at, created_by) VALUES ($1, gen_random_uuid(), 'titan.test', 't', now(), $2) ON CONFLICT DO NOTHING`, c.ID, scope.ActorID); err != nil {
		t.Fatal(err)
	}
	rt, err := web.New(web.Config{Authenticate: k.FromRequest(people.FromRequest), Permit: identity.Permit, ErrorPage: ui.ErrorPage, Name: "Test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	scim.New(db).Routes(rt)
	server := httptest.NewServer(rt.Handler())
	t.Cleanup(server.Close)
	return directory{t, server.URL + scim.Path, made.Secret(), db}
}

// answer is what came back, read as JSON.
type answer struct {
	status int
	body   map[string]any
}

func (d directory) ask(method, path, body string) answer {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.secret)
	r.Header.Set("Content-Type", "application/scim+json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	a := answer{status: res.StatusCode}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &a.body); err != nil {
			d.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	if res.StatusCode < 400 && len(raw) > 0 && res.Header.Get("Content-Type") != "application/scim+json" {
		d.t.Errorf("%s %s is %s", method, path, res.Header.Get("Content-Type"))
	}
	return a
}

// want checks a status and gives the body.
func (a answer) want(t *testing.T, status int, words ...string) map[string]any {
	t.Helper()
	text := fmt.Sprint(a.body)
	if a.status != status {
		t.Errorf("got %d, want %d: %s", a.status, status, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in %s", w, text)
		}
	}
	return a.body
}

func (d directory) role(id any) string {
	d.t.Helper()
	role, err := postgres.Value[string](d.t.Context(), dbtest.Super(d.t, d.db), `SELECT role || CASE WHEN active THEN '' ELSE ', gone' END FROM people WHERE id::text = $1`, id)
	if err != nil {
		d.t.Fatal(err)
	}
	return role
}

func find(attribute, value string) string {
	return "?filter=" + url.QueryEscape(attribute+` eq "`+value+`"`)
}

// TestAsEntraSends is what Entra ID's provisioning sends, in its forms: a look-up,
// a user, operations with capital letters and booleans as texts, soft deletion.
func TestAsEntraSends(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	d := setUp(t, db, titan)
	d.ask("GET", "/Users"+find("userName", "pat@titan.test"), "").want(t, 200, "totalResults:0", "Resources:[]")
	made := d.ask("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
		"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"Pat@titan.test","active":true,"emails":[{"primary":true,"type":"work","value":"Pat@titan.test"}],
		"meta":{"resourceType":"User"},"name":{"formatted":"Pat Miller","familyName":"Miller","givenName":"Pat"},"roles":[],"title":"Crew lead",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Roofs"}}`).want(t, 201, "Pat Miller", "0a21f0f2", "active:true")
	id := fmt.Sprint(made["id"])
	if got := d.role(id); got != "viewer" {
		t.Errorf("made a %s", got)
	}
	for _, f := range []string{find("userName", "PAT@titan.test"), find("externalId", "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"), find("id", id), find("emails.value", "pat@titan.test"), find(`emails[type eq "work"].value`, "pat@titan.test"), find("urn:ietf:params:scim:schemas:core:2.0:User:userName", "pat@titan.test")} {
		d.ask("GET", "/Users"+f, "").want(t, 200, "totalResults:1", id)
	}
	d.ask("POST", "/Users", `{"userName":"pat@titan.test"}`).want(t, 409, "uniqueness")
	d.ask("PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
		{"op":"Replace","path":"displayName","value":"Pat M. Miller"},{"op":"Add","path":"title","value":"Estimator"},
		{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Office"},
		{"op":"Replace","path":"emails[type eq \"work\"].value","value":"pat.miller@titan.test"},{"op":"Replace","path":"userName","value":"pat.miller@titan.test"}]}`).
		want(t, 200, "Pat M. Miller", "pat.miller@titan.test")
	d.ask("PATCH", "/Users/"+id, `{"Operations":[{"op":"Replace","path":"name.familyName","value":"Smith"}]}`).want(t, 200, "Pat Smith")
	// Soft deletion ends it at once; what they are stays.
	d.ask("PATCH", "/Users/"+id, `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`).want(t, 200, "active:false")
	if got := d.role(id); got != "viewer, gone" {
		t.Errorf("is %s", got)
	}
	d.ask("GET", "/Users"+find("active", "false"), "").want(t, 200, id)
	d.ask("PATCH", "/Users/"+id, `{"Operations":[{"op":"Replace","path":"active","value":"True"}]}`).want(t, 200, "active:true")
	d.ask("DELETE", "/Users/"+id, "").want(t, 204)
	d.ask("DELETE", "/Users/"+id, "").want(t, 204)
	if got := d.role(id); got != "viewer, gone" {
		t.Errorf("is %s", got)
	}
	// Who comes back is who they were.
	back := d.ask("POST", "/Users", `{"userName":"pat.miller@titan.test","displayName":"Pat Smith","active":true}`).want(t, 201)
	if back["id"] != id {
		t.Errorf("is somebody else: %v", back)
	}
}

// TestAsOktaSends is what Okta sends: values without a path, PUT, groups by PATCH.
func TestAsOktaSends(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	d := setUp(t, db, titan)
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `
		INSERT INTO sso_groups (org_id, id, name, role) VALUES ($1, gen_random_uuid(), 'Crews', 'member'), ($1, gen_random_uuid(), 'Office', 'manager')`, titan.ID); err != nil {
		t.Fatal(err)
	}
	d.ask("GET", "/Users?startIndex=1&count=2", "").want(t, 200, "itemsPerPage")
	user := func(name string) string {
		t.Helper()
		return fmt.Sprint(d.ask("POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+name+`@titan.test","name":{"givenName":"`+name+`","familyName":"Jones"},
			"emails":[{"primary":true,"value":"`+name+`@titan.test","type":"work"}],"displayName":"`+name+` Jones","locale":"en-US","externalId":"00u`+name+`","groups":[],"password":"x","active":true}`).want(t, 201)["id"])
	}
	ann, bob := user("ann"), user("bob")
	d.ask("PUT", "/Users/"+ann, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"`+ann+`","userName":"ann@titan.test","name":{"givenName":"Ann","familyName":"Smith"},
		"emails":[{"primary":true,"value":"ann@titan.test","type":"work"}],"displayName":"Ann Smith","active":true}`).want(t, 200, "Ann Smith")
	group := fmt.Sprint(d.ask("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Crews","members":[]}`).want(t, 201)["id"])
	d.ask("POST", "/Groups", `{"displayName":"Crews"}`).want(t, 409, "uniqueness")
	d.ask("GET", "/Groups"+find("displayName", "Crews"), "").want(t, 200, "totalResults:1", group)
	d.ask("PATCH", "/Groups/"+group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"`+ann+`","display":"ann"},{"value":"`+bob+`"}]}]}`).want(t, 200, ann, bob)
	if d.role(ann) != "member" || d.role(bob) != "member" {
		t.Errorf("are %s and %s", d.role(ann), d.role(bob))
	}
	d.ask("PATCH", "/Groups/"+group, `{"Operations":[{"op":"replace","value":{"id":"`+group+`","displayName":"Office"}}]}`).want(t, 200, "Office")
	if d.role(ann) != "manager" {
		t.Errorf("the group's new name makes ann a %s", d.role(ann))
	}
	d.ask("PATCH", "/Groups/"+group, `{"Operations":[{"op":"remove","path":"members[value eq \"`+bob+`\"]"}]}`).want(t, 200, ann)
	if d.role(bob) != "viewer" {
		t.Errorf("in no group bob is a %s", d.role(bob))
	}
	d.ask("PATCH", "/Groups/"+group, `{"Operations":[{"op":"Remove","path":"members","value":[{"value":"`+ann+`"}]},{"op":"Add","path":"members","value":[{"value":"`+bob+`"}]}]}`).want(t, 200, bob)
	if d.role(bob) != "manager" || d.role(ann) != "viewer" {
		t.Errorf("are %s and %s", d.role(ann), d.role(bob))
	}
	if g := d.ask("GET", "/Groups/"+group+"?excludedAttributes=members", "").want(t, 200); g["members"] != nil {
		t.Errorf("members that were not wanted: %v", g)
	}
	d.ask("GET", "/Users/"+bob, "").want(t, 200, "groups:[map[display:Office")
	d.ask("PUT", "/Groups/"+group, `{"displayName":"Crews","members":[{"value":"`+ann+`"}]}`).want(t, 200, ann)
	d.ask("GET", "/Groups"+find("members", ann), "").want(t, 200, "totalResults:1")
	d.ask("DELETE", "/Groups/"+group, "").want(t, 204)
	d.ask("GET", "/Groups/"+group, "").want(t, 404)
	if d.role(ann) != "viewer" {
		t.Errorf("without the group ann is a %s", d.role(ann))
	}
	d.ask("PATCH", "/Users/"+ann, `{"Operations":[{"op":"replace","value":{"active":false}}]}`).want(t, 200, "active:false")
}

func TestWhatADirectoryMayNot(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	d, other := setUp(t, db, titan), setUp(t, db, prowest)
	owner, _ := tenant.From(titan.As(t, tenant.Owner))
	boss := owner.ActorID.String()
	for _, o := range []answer{
		d.ask("DELETE", "/Users/"+boss, ""), d.ask("PUT", "/Users/"+boss, `{"userName":"boss@titan.test"}`), d.ask("PATCH", "/Users/"+boss, `{"Operations":[{"op":"replace","path":"active","value":false}]}`),
	} {
		o.want(t, 403, "owners are changed by owners")
	}
	if got := d.role(boss); got != "owner" {
		t.Errorf("the owner is %s", got)
	}
	d.ask("GET", "/Users/"+boss, "").want(t, 200)
	// Another organisation's people and groups are not there.
	theirs := fmt.Sprint(other.ask("POST", "/Users", `{"userName":"sam@titan.test","displayName":"Sam"}`).want(t, 201)["id"])
	crews := fmt.Sprint(other.ask("POST", "/Groups", `{"displayName":"Crews","members":[{"value":"`+theirs+`"}]}`).want(t, 201)["id"])
	for _, path := range []string{"/Users/" + theirs, "/Groups/" + crews, "/Users/" + uuid.NewString(), "/Groups/x"} {
		d.ask("GET", path, "").want(t, 404, "there is no such")
		d.ask("PUT", path, `{"userName":"a@titan.test","displayName":"A"}`).want(t, 404)
		d.ask("PATCH", path, `{"Operations":[{"op":"replace","path":"displayName","value":"A"}]}`).want(t, 404)
		d.ask("DELETE", path, "").want(t, 404)
	}
	d.ask("GET", "/Users"+find("userName", "sam@titan.test"), "").want(t, 200, "totalResults:0")
	mine := fmt.Sprint(d.ask("POST", "/Groups", `{"displayName":"Crews"}`).want(t, 201)["id"])
	d.ask("PATCH", "/Groups/"+mine, `{"Operations":[{"op":"add","path":"members","value":[{"value":"`+theirs+`"}]}]}`).want(t, 400, "no users of this organisation")
	// The account of somebody who works elsewhere too keeps its address.
	sam := fmt.Sprint(d.ask("POST", "/Users", `{"userName":"sam@titan.test","displayName":"Sam"}`).want(t, 201)["id"])
	d.ask("PUT", "/Users/"+sam, `{"userName":"sammy@titan.test"}`).want(t, 409, "another organisation too")
	// What can't be.
	for body, words := range map[string]string{
		`{"userName":"x@elsewhere.test"}`: "has shown to be its own", `{"userName":"x"}`: "no e-mail address", `{}`: "userName", `{`: "no JSON", `[]`: "not what the schema says",
		`{"userName":"y@titan.test","active":"maybe"}`: "neither true nor false", `{"userName":7}`: "not what the schema says",
	} {
		d.ask("POST", "/Users", body).want(t, 400, words)
	}
	for filter, words := range map[string]string{`userName sw "a"`: "can't be read", `userName eq "a" and active eq true`: "can't be read", `title eq "a"`: "can be compared", `userName eq "\q"`: "no JSON text"} {
		d.ask("GET", "/Users?filter="+url.QueryEscape(filter), "").want(t, 400, "invalidFilter", words)
	}
	for body, words := range map[string]string{
		`{"Operations":[]}`: "needs Operations", `{"Operations":[{"op":"move","path":"active"}]}`: "none of add", `{"Operations":[{"op":"remove"}]}`: "without a path",
		`{"Operations":[{"op":"replace","path":"emails[type ne \"x\"].value","value":"a@titan.test"}]}`: "invalidPath",
		`{"Operations":[{"op":"replace","path":"active","value":"x"}]}`:                                 "neither",
	} {
		d.ask("PATCH", "/Users/"+sam, body).want(t, 400, words)
	}
	// Without the scope, and as a person who may, with it.
	setUp(t, db, titan, string(identity.ViewRecords)).ask("GET", "/Users", "").want(t, 403)
	d.secret = "skai_nothing"
	d.ask("GET", "/Users", "").want(t, 401)
}

func TestWhatItSaysOfItself(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	d := setUp(t, db, dbtest.Org(t, db, "titan"))
	d.ask("GET", "/ServiceProviderConfig", "").want(t, 200, "oauthbearertoken", "maxResults:200")
	d.ask("GET", "/ResourceTypes", "").want(t, 200, "endpoint:/Users", "endpoint:/Groups")
	d.ask("GET", "/Schemas", "").want(t, 200, "userName", "members")
}
