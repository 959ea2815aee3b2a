package properties_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

type problem struct {
	Code   string            `json:"error"`
	Detail string            `json:"detail"`
	Fields map[string]string `json:"fields"`
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	p := o.create(o.As(t, tenant.Manager), t, at("1 Elm St"))
	api, page := "/api/properties/"+p.ID.String(), "/properties/"+p.ID.String()
	all := []tenant.Role{tenant.Owner, tenant.Admin, tenant.Manager, tenant.Member, tenant.Viewer}
	for _, c := range []struct {
		method, target string
		allowed        []tenant.Role
	}{
		{"GET", "/properties", all},
		{"GET", page, all},
		{"GET", "/api/properties", all},
		{"GET", api, all},
		{"GET", "/properties/new", all[:4]},
		{"GET", "/properties.csv", all[:3]},
		{"POST", "/api/properties", all[:4]},
		{"POST", "/properties", all[:4]},
		{"PUT", api, all[:4]},
		{"POST", page, all[:4]},
		{"POST", api + "/archive", all[:3]}, // a manager made it: not the member's own
		{"POST", page + "/restore", all[:3]},
	} {
		for _, role := range all {
			ctx := o.As(t, role)
			var a dbtest.Answer
			switch {
			case c.method == "GET":
				a = o.Get(ctx, t, c.target)
			case strings.HasPrefix(c.target, "/api"):
				a = o.JSON(ctx, t, c.method, c.target, at("1 Elm St"), "If-Match", "1")
			default:
				a = o.Post(ctx, t, c.target, url.Values{"street": {"1 Elm St"}, "version": {"1"}})
			}
			if forbidden := a.Status == http.StatusForbidden; forbidden == slices.Contains(c.allowed, role) || a.Status == http.StatusInternalServerError {
				t.Errorf("%s %s as %s: %d %.200s", c.method, c.target, role, a.Status, a.Body)
			}
		}
	}
	own := o.create(o.As(t, tenant.Member), t, at("2 Elm St"))
	if a := o.JSON(o.As(t, tenant.Member), t, "POST", "/api/properties/"+own.ID.String()+"/archive", nil); a.Status != http.StatusOK {
		t.Errorf("a member's own: %d", a.Status)
	}
}

// TestAnotherContractorsProperty tries every operation with an id of another
// contractor's, in the address or in the body, which has to look as if there were none.
func TestAnotherContractorsProperty(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	o, prowest := newOffice(t, db), dbtest.Org(t, db, "prowest").As(t, tenant.Owner)
	theirs, theirContact := o.create(prowest, t, body{"name": "Secret Lodge"}), o.contact(prowest, t, body{"last_name": "Secret"})
	mine := o.As(t, tenant.Owner)
	own := o.create(mine, t, at("1 Elm St"))
	for _, id := range []uuid.UUID{theirs.ID, uuid.New()} {
		page, api := "/properties/"+id.String(), "/api/properties/"+id.String()
		form := url.Values{"street": {"1 Elm St"}, "version": {"1"}}
		for what, a := range map[string]dbtest.Answer{
			"page":         o.Get(mine, t, page),
			"trail":        o.Get(mine, t, page+"?tab=audit"),
			"edit":         o.Get(mine, t, page+"/edit"),
			"save":         o.Post(mine, t, page, form),
			"archive":      o.Post(mine, t, page+"/archive", nil),
			"restore":      o.Post(mine, t, page+"/restore", nil),
			"get":          o.Get(mine, t, api),
			"put":          o.JSON(mine, t, "PUT", api, at("1 Elm St"), "If-Match", "1"),
			"API archive":  o.JSON(mine, t, "POST", api+"/archive", nil),
			"API restore":  o.JSON(mine, t, "POST", api+"/restore", nil),
			"API activity": o.JSON(mine, t, "POST", "/api/activities", body{"property_id": id, "kind": "note", "body": "x"}),
		} {
			if a.Status != http.StatusNotFound || strings.Contains(a.Body, "Secret") {
				t.Errorf("%s: %d %.300s", what, a.Status, a.Body)
			}
		}
	}
	for _, contact := range []uuid.UUID{theirContact, uuid.New()} {
		owned := at("1 Elm St")
		owned["owner_id"] = contact
		form := url.Values{"street": {"1 Elm St"}, "owner_id": {contact.String()}, "owner": {"x"}, "owner_was": {"x"}, "version": {"1"}}
		for what, a := range map[string]dbtest.Answer{
			"API create": o.JSON(mine, t, "POST", "/api/properties", owned),
			"API change": o.JSON(mine, t, "PUT", "/api/properties/"+own.ID.String(), owned, "If-Match", "1"),
			"create":     o.Post(mine, t, "/properties", form),
			"change":     o.Post(mine, t, "/properties/"+own.ID.String(), form),
		} {
			if a.Status != http.StatusNotFound || strings.Contains(a.Body, "Secret") {
				t.Errorf("their contact as owner, %s: %d %.300s", what, a.Status, a.Body)
			}
		}
		if a := o.Get(mine, t, "/properties/new?owner_id="+contact.String()); a.Status != http.StatusOK || strings.Contains(a.Body, "Secret") {
			t.Errorf("a new property of theirs: %d", a.Status)
		}
	}
	for _, target := range []string{"/properties", "/properties?q=secret", "/api/properties", "/properties.csv", "/properties?archived=yes"} {
		if a := o.Get(mine, t, target); a.Status != http.StatusOK || strings.Contains(a.Body, "Secret") {
			t.Errorf("%s shows another contractor's property: %d", target, a.Status)
		}
	}
	// Words for the owner never find another contractor's contact.
	if a := o.Post(mine, t, "/properties", url.Values{"street": {"1 Elm St"}, "owner": {"secret"}}); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "no contact has the words") {
		t.Errorf("their contact by name: %d", a.Status)
	}
	if p := dbtest.Decode[property](t, o.Get(prowest, t, "/api/properties/"+theirs.ID.String()), http.StatusOK); p.Version != 1 || p.Name != "Secret Lodge" {
		t.Errorf("theirs was changed: %+v", p)
	}
}

func TestALostRace(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	me, other := o.As(t, tenant.Member), o.As(t, tenant.Manager)
	p := o.create(me, t, at("1 Elm St"))
	api, page := "/api/properties/"+p.ID.String(), "/properties/"+p.ID.String()
	tile := at("1 Elm St")
	tile["roof_material"] = "Tile"
	if a := o.JSON(other, t, "PUT", api, tile, "If-Match", `"1"`); a.Status != http.StatusOK {
		t.Fatal(a.Status, a.Body)
	}
	a := o.JSON(me, t, "PUT", api, at("1 Oak St"), "If-Match", `"1"`)
	if p := dbtest.Decode[problem](t, a, http.StatusPreconditionFailed); p.Code != "property.stale" || !strings.Contains(p.Detail, "1 Elm St was changed by Manager on ") {
		t.Errorf("%+v", p)
	}
	if a := o.JSON(me, t, "PUT", api, at("1 Oak St")); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("without If-Match: %d", a.Status)
	}
	form := url.Values{"version": {"1"}, "street": {"1 Elm St"}, "city": {"Phoenix"}, "state": {"AZ"}, "zip": {"85028"}, "roof_material": {"Shingle <i>"}, "squares": {"30"}}
	answer := o.Post(me, t, page, form)
	for _, want := range []string{"Manager changed this since you opened it", "Tile", "Shingle &lt;i&gt;", `value="30"`, `name="version" value="2"`} {
		if answer.Status != http.StatusPreconditionFailed || !strings.Contains(answer.Body, want) {
			t.Errorf("the page with both versions (%d) has no %q", answer.Status, want)
		}
	}
	form.Set("version", "2")
	if a := o.Post(me, t, page, form); a.Status != http.StatusSeeOther {
		t.Errorf("saved after comparing: %d", a.Status)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	with := func(field string, value any) body {
		b := at("1 Elm St")
		b[field] = value
		return b
	}
	for _, c := range []struct {
		body  body
		field string
	}{
		{body{}, "street"},
		{body{"name": " "}, "street"},
		{with("name", strings.Repeat("ñ", 201)), "name"},
		{with("name", "a\x00"), "name"},
		{with("county", "a\x00"), "county"},
		{with("pitch", "a\x00"), "pitch"},
		{with("roof_material", strings.Repeat("x", 201)), "roof_material"},
		{with("notes", strings.Repeat("x", 20_001)), "notes"},
		{with("tags", []string{"a\x00"}), "tags"},
		{with("kind", "castle"), "kind"},
		{with("year_built", 1066), "year_built"},
		{with("year_built", 9999), "year_built"},
		{with("square_feet", -1), "square_feet"},
		{with("roof_age", 301), "roof_age"},
		{with("squares", -0.5), "squares"},
		{with("squares", 24.333), "squares"},
		{with("squares", 1e300), "squares"},
		{with("stories", 1.55), "stories"},
		{with("latitude", 33.4), "latitude"},
		{body{"name": "x", "latitude": 91, "longitude": 0}, "latitude"},
		{body{"name": "x", "latitude": 0, "longitude": -181}, "longitude"},
		{body{"name": "x", "latitude": 0, "longitude": 0, "position_precision": "about"}, "position_precision"},
		{body{"name": "x", "address": body{"state": "Narnia"}}, "state"},
		{body{"name": "x", "address": body{"zip": "85"}}, "zip"},
		{body{"name": "x", "address": body{"typed": strings.Repeat("x", 1001)}}, "address_typed"},
		{with("owner_id", "me"), "owner_id"},
		{with("colour", "red"), "colour"},
	} {
		a := o.JSON(ctx, t, "POST", "/api/properties", c.body)
		if p := dbtest.Decode[problem](t, a, http.StatusUnprocessableEntity); p.Fields[c.field] == "" {
			t.Errorf("%.150v: %+v, want %s", c.body, p.Fields, c.field)
		}
	}
	list := dbtest.Decode[struct{ Items []property }](t, o.Get(ctx, t, "/api/properties"), http.StatusOK)
	if len(list.Items) != 0 {
		t.Errorf("refused, but stored: %+v", list.Items)
	}
}

func TestARefusedFormKeepsWhatWasEntered(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	a := o.Post(ctx, t, "/properties", url.Values{
		"street": {"1 Elm <b> St"}, "state": {"Narnia"}, "squares": {"a lot"}, "year_built": {"old"}, "latitude": {"NaN"}, "longitude": {"-112"}, "kind": {"condo"}, "notes": {"kept <i>"},
		"owner": {"nobody here"},
	})
	if a.Status != http.StatusUnprocessableEntity {
		t.Fatal(a.Status)
	}
	for _, want := range []string{
		"1 Elm &lt;b&gt; St", `value="Narnia"`, `value="a lot"`, "no number; an example", `value="old"`, `value="NaN"`, `value="condo" selected`, "kept &lt;i&gt;",
		`value="nobody here"`, "no contact has the words", `href="#squares"`,
	} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the form has no %q", want)
		}
	}
}

func TestABadList(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	for _, query := range []string{"cursor=abc", "sort=notes", "kind=castle", "no_such=1", "limit=0", "archived=yes&sort=address", "zip=%00"} {
		for _, path := range []string{"/properties?", "/api/properties?"} {
			if a := o.Get(ctx, t, path+query); a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s%s: %d %.200s", path, query, a.Status, a.Body)
			}
		}
	}
}

func TestAWriteSentTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	send := func(b body) dbtest.Answer {
		return o.JSON(ctx, t, "POST", "/api/properties", b, "Idempotency-Key", "k")
	}
	first := dbtest.Decode[property](t, send(at("1 Elm St")), http.StatusCreated)
	if again := dbtest.Decode[property](t, send(at("1 Elm St")), http.StatusCreated); again.ID != first.ID {
		t.Error("done twice")
	}
	if a := send(at("2 Elm St")); a.Status != http.StatusConflict {
		t.Errorf("another property under the same key: %d", a.Status)
	}
	// The key of a contact is not that of a property.
	if a := o.JSON(ctx, t, "POST", "/api/contacts", body{"last_name": "x"}, "Idempotency-Key", "k"); a.Status != http.StatusConflict {
		t.Errorf("a contact under the property's key: %d", a.Status)
	}
}

func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	for _, text := range []string{
		"'; DROP TABLE properties; --", `"><script>alert(1)</script>`, "{{7*7}} ${7*7} %s", "田中さん", "👾", "\u202eevil\u202c", "\ufeffbom", "a\tb\r\nc", " around ", "=1+1", "null",
	} {
		made := o.create(ctx, t, body{"name": "N " + text, "notes": text, "roof_material": text, "address": body{"typed": "at " + text}})
		got := dbtest.Decode[property](t, o.Get(ctx, t, "/api/properties/"+made.ID.String()), http.StatusOK)
		if got.Notes != text || got.Name != "N "+text || got.RoofMaterial != text {
			t.Errorf("%q came back as %q, %q", text, got.Notes, got.Name)
		}
		for _, target := range []string{"/properties/" + made.ID.String(), "/properties/" + made.ID.String() + "/edit", "/properties?q=" + url.QueryEscape(text)} {
			if page := o.Get(ctx, t, target); page.Status != http.StatusOK || strings.Contains(page.Body, "<script>alert") {
				t.Errorf("%q on %s: %d", text, target, page.Status)
			}
		}
	}
}
