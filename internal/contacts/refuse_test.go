package contacts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
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
	c := o.create(o.As(t, tenant.Manager), t, body{"last_name": "Yazzie"})
	api, page := "/api/contacts/"+c.ID.String(), "/contacts/"+c.ID.String()
	type try struct {
		method, target string
		allowed        []tenant.Role
	}
	all := []tenant.Role{tenant.Owner, tenant.Admin, tenant.Manager, tenant.Member, tenant.Viewer}
	for _, c := range []try{
		{"GET", "/contacts", all},
		{"GET", page, all},
		{"GET", "/api/contacts", all},
		{"GET", api, all},
		{"GET", "/contacts/new", all}, // the form is refused by the route's permission, which the app installs
		{"GET", "/contacts.csv", all[:3]},
		{"POST", "/api/contacts", all[:4]},
		{"POST", "/contacts", all[:4]},
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
				a = o.JSON(ctx, t, c.method, c.target, body{"last_name": "Yazzie"}, "If-Match", "1")
			default:
				a = o.Post(ctx, t, c.target, url.Values{"last_name": {"Yazzie"}, "version": {"1"}})
			}
			if forbidden := a.Status == http.StatusForbidden; forbidden == slices.Contains(c.allowed, role) || a.Status == http.StatusInternalServerError {
				t.Errorf("%s %s as %s: %d %.200s", c.method, c.target, role, a.Status, a.Body)
			}
		}
	}
}

func TestAMembersOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member := o.As(t, tenant.Member)
	own, others := o.create(member, t, body{"last_name": "Own"}), o.create(o.As(t, tenant.Owner), t, body{"last_name": "Other"})
	if a := o.JSON(member, t, "POST", "/api/contacts/"+own.ID.String()+"/archive", nil); a.Status != http.StatusOK {
		t.Errorf("their own: %d", a.Status)
	}
	a := o.JSON(member, t, "POST", "/api/contacts/"+others.ID.String()+"/archive", nil)
	if p := dbtest.Decode[problem](t, a, http.StatusForbidden); p.Code != "forbidden.own" || !strings.Contains(p.Detail, "ask a manager") {
		t.Errorf("somebody else's: %+v", p)
	}
}

func TestNobodyIsSignedIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	if a := o.Get(t.Context(), t, "/api/contacts"); a.Status != http.StatusUnauthorized {
		t.Errorf("the API: %d", a.Status)
	}
	if a := o.Get(t.Context(), t, "/contacts"); a.Status != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/sign-in") {
		t.Errorf("a page: %d", a.Status)
	}
}

// TestAnotherContractorsContact tries every operation with an id of another
// contractor's, which has to look as if there were none.
func TestAnotherContractorsContact(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	o, prowest := newOffice(t, db), dbtest.Org(t, db, "prowest").As(t, tenant.Owner)
	theirs := o.create(prowest, t, body{"last_name": "Secret", "source": "Theirs"})
	mine := o.As(t, tenant.Owner)
	for _, id := range []uuid.UUID{theirs.ID, uuid.New()} {
		page, api := "/contacts/"+id.String(), "/api/contacts/"+id.String()
		form := url.Values{"last_name": {"Mine"}, "version": {"1"}}
		for what, a := range map[string]dbtest.Answer{
			"page":         o.Get(mine, t, page),
			"trail":        o.Get(mine, t, page+"?tab=audit"),
			"edit":         o.Get(mine, t, page+"/edit"),
			"save":         o.Post(mine, t, page, form),
			"archive":      o.Post(mine, t, page+"/archive", nil),
			"restore":      o.Post(mine, t, page+"/restore", nil),
			"get":          o.Get(mine, t, api),
			"put":          o.JSON(mine, t, "PUT", api, body{"last_name": "Mine"}, "If-Match", "1"),
			"API archive":  o.JSON(mine, t, "POST", api+"/archive", nil),
			"API restore":  o.JSON(mine, t, "POST", api+"/restore", nil),
			"note":         o.Post(mine, t, "/activity", url.Values{"contact_id": {id.String()}, "kind": {"note"}, "body": {"x"}}),
			"API activity": o.JSON(mine, t, "POST", "/api/activities", body{"contact_id": id, "kind": "note", "body": "x"}),
		} {
			if a.Status != http.StatusNotFound || strings.Contains(a.Body, "Secret") {
				t.Errorf("%s: %d %.300s", what, a.Status, a.Body)
			}
		}
	}
	for _, target := range []string{"/contacts", "/contacts?q=secret", "/contacts?source=Theirs", "/api/contacts", "/contacts.csv", "/contacts?archived=yes"} {
		if a := o.Get(mine, t, target); a.Status != http.StatusOK || strings.Contains(a.Body, theirs.ID.String()) || strings.Contains(a.Body, "Secret") {
			t.Errorf("%s shows another contractor's contact: %d", target, a.Status)
		}
	}
	if c := dbtest.Decode[contact](t, o.Get(prowest, t, "/api/contacts/"+theirs.ID.String()), http.StatusOK); c.Version != 1 || c.Name != "Secret" {
		t.Errorf("theirs was changed: %+v", c)
	}
	if h := o.Get(prowest, t, "/api/activities?contact_id="+theirs.ID.String()); !strings.Contains(h.Body, `"items":[]`) {
		t.Errorf("theirs has a history now: %s", h.Body)
	}
}

func TestALostRace(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	me, other := o.As(t, tenant.Member), o.As(t, tenant.Manager)
	c := o.create(me, t, body{"first_name": "Maria", "last_name": "Delgado", "company": "Old Co", "phones": []body{{"typed": "602-555-0123"}}})
	api, page := "/api/contacts/"+c.ID.String(), "/contacts/"+c.ID.String()
	if a := o.JSON(other, t, "PUT", api, body{"last_name": "Delgado", "company": "Their Co"}, "If-Match", `"1"`); a.Status != http.StatusOK {
		t.Fatal(a.Status, a.Body)
	}
	a := o.JSON(me, t, "PUT", api, body{"last_name": "Delgado", "company": "My Co"}, "If-Match", `"1"`)
	if p := dbtest.Decode[problem](t, a, http.StatusPreconditionFailed); p.Code != "contact.stale" || !strings.Contains(p.Detail, "Delgado was changed by Manager on ") {
		t.Errorf("%+v", p)
	}
	for _, header := range []string{"", "new", `"-1"`} {
		a := o.JSON(me, t, "PUT", api, body{"last_name": "Delgado"}, "If-Match", header)
		if p := dbtest.Decode[problem](t, a, http.StatusUnprocessableEntity); p.Fields["If-Match"] == "" {
			t.Errorf("If-Match %q: %+v", header, p)
		}
	}

	form := url.Values{"version": {"1"}, "last_name": {"Delgado"}, "company": {"My Co"}, "notes": {"kept <i>"}, "phones.0.typed": {"602-555-0199"}}
	answer := o.Post(me, t, page, form)
	if answer.Status != http.StatusPreconditionFailed {
		t.Fatalf("%d %.500s", answer.Status, answer.Body)
	}
	for _, want := range []string{
		"Manager changed this since you opened it", "My Co", "Their Co", `value="My Co"`, "kept &lt;i&gt;", `value="602-555-0199"`, `name="version" value="2"`,
	} {
		if !strings.Contains(answer.Body, want) {
			t.Errorf("the page with both versions has no %q", want)
		}
	}
	form.Set("version", "2") // as that page sends it
	if a := o.Post(me, t, page, form); a.Status != http.StatusSeeOther {
		t.Errorf("saved after comparing: %d", a.Status)
	}
	if got := dbtest.Decode[contact](t, o.Get(me, t, api), http.StatusOK); got.Company != "My Co" || got.Version != 3 {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	many := make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprintf("tag %d", i)
	}
	for _, c := range []struct {
		body  body
		field string
	}{
		{body{}, "first_name"},
		{body{"first_name": " ", "company": "\n"}, "first_name"},
		{body{"last_name": strings.Repeat("ñ", 201)}, "last_name"},
		{body{"last_name": "a\x00b"}, "last_name"},
		{body{"last_name": "x", "notes": strings.Repeat("x", 20_001)}, "notes"},
		{body{"last_name": "x", "notes": "a\x00"}, "notes"},
		{body{"last_name": "x", "company": "\x00"}, "company"},
		{body{"last_name": "x", "source": "\x00"}, "source"},
		{body{"last_name": "x", "role": "pirate"}, "role"},
		{body{"last_name": "x", "phones": []body{{"typed": "602-555-0123"}, {"typed": "555-0123"}}}, "phones.1.typed"},
		{body{"last_name": "x", "phones": []body{{"typed": "602-555-0123\x00"}}}, "phones.0.typed"},
		{body{"last_name": "x", "phones": slices.Repeat([]body{{"typed": "602-555-0123"}}, 21)}, "phones"},
		{body{"last_name": "x", "emails": []string{"ok@example.com", "not an address"}}, "emails.1"},
		{body{"last_name": "x", "emails": []string{strings.Repeat("a", 320) + "@example.com"}}, "emails.0"},
		{body{"last_name": "x", "tags": many}, "tags"},
		{body{"last_name": "x", "tags": []string{strings.Repeat("t", 61)}}, "tags"},
		{body{"last_name": "x", "tags": []string{"a\x00"}}, "tags"},
		{body{"last_name": "x", "address": body{"state": "Narnia", "street": "1 Elm St"}}, "state"},
		{body{"last_name": "x", "address": body{"zip": "abc", "street": "1 Elm St"}}, "zip"},
		{body{"last_name": "x", "address": body{"street": strings.Repeat("1", 300)}}, "street"},
		{body{"last_name": "x", "address": body{"typed": "a\x00"}}, "address_typed"},
		{body{"last_name": "x", "colour": "red"}, "colour"},
		{body{"last_name": 7}, "last_name"},
	} {
		a := o.JSON(ctx, t, "POST", "/api/contacts", c.body)
		if p := dbtest.Decode[problem](t, a, http.StatusUnprocessableEntity); p.Code != "invalid" || p.Fields[c.field] == "" {
			t.Errorf("%.100v: %+v, want %s", c.body, p, c.field)
		}
	}
	if a := o.JSON(ctx, t, "POST", "/api/contacts", []byte("{\"last_name\": \"caf\xe9\"}")); a.Status/100 != 4 {
		t.Errorf("a body that is not UTF-8: %d %s", a.Status, a.Body)
	}
	if a := o.JSON(ctx, t, "POST", "/api/contacts", []byte("{")); a.Status/100 != 4 {
		t.Errorf("half a body: %d", a.Status)
	}
	list := dbtest.Decode[struct{ Items []contact }](t, o.Get(ctx, t, "/api/contacts"), http.StatusOK)
	if len(list.Items) != 0 {
		t.Errorf("refused, but stored: %+v", list.Items)
	}
}

func TestARefusedFormKeepsWhatWasEntered(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	form := url.Values{
		"first_name": {""}, "company": {""}, "notes": {"<script>alert(1)</script>"}, "phones.0.typed": {"ask Bob"}, "phones.1.typed": {"602-555-0123"},
		"emails.0": {"bob at example"}, "state": {"Narnia"}, "zip": {"85004"}, "tags": {"a, b"}, "do_not_contact": {"on"}, "role": {"vendor"},
	}
	a := o.Post(ctx, t, "/contacts", form)
	if a.Status != http.StatusUnprocessableEntity {
		t.Fatal(a.Status)
	}
	for _, want := range []string{
		"Nothing was saved yet", `href="#first_name"`, "enter a first name", `href="#phones.0.typed"`, `value="ask Bob"`, `value="602-555-0123"`, `value="bob at example"`,
		"no e-mail address", "not a US state", "&lt;script&gt;alert(1)&lt;/script&gt;", `value="a, b"`, `value="vendor" selected`, "checked", `name="phones.2.typed"`,
	} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the form has no %q", want)
		}
	}
	if strings.Contains(a.Body, "<script>alert") {
		t.Error("what was entered is not escaped")
	}
	form.Set("last_name", strings.Repeat("x", 201))
	if a := o.Post(ctx, t, "/contacts", form); !strings.Contains(a.Body, "at most 200 fit") {
		t.Errorf("too long a name: %d", a.Status)
	}
	form.Set("last_name", "a\x00b")
	if a := o.Post(ctx, t, "/contacts", form); a.Status != http.StatusUnprocessableEntity || !strings.Contains(a.Body, "characters that are not text") {
		t.Errorf("a NUL: %d", a.Status)
	}
}

func TestABadList(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	for _, query := range []string{
		"cursor=abc", "sort=notes", "role=pirate", "role=vendor&role=adjuster", "do_not_contact=perhaps", "no_such=1", "limit=0", "limit=201", "limit=x",
		"archived=yes&sort=name", "q=%00",
	} {
		for _, path := range []string{"/contacts?", "/api/contacts?", "/contacts.csv?"} {
			if path == "/contacts.csv?" && query == "cursor=abc" || path == "/api/contacts?" && strings.HasPrefix(query, "role=vendor&") {
				continue // an export has no pages; the API reads a parameter's first value
			}
			if a := o.Get(ctx, t, path+query); a.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s%s: %d %.200s", path, query, a.Status, a.Body)
			}
		}
	}
}

func TestAWriteSentTwice(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	o := newOffice(t, db)
	ctx := o.As(t, tenant.Member)
	send := func(ctx context.Context, key, name string) dbtest.Answer {
		return o.JSON(ctx, t, "POST", "/api/contacts", body{"last_name": name}, "Idempotency-Key", key)
	}
	first := dbtest.Decode[contact](t, send(ctx, "k 1", "Ortiz"), http.StatusCreated)
	o.JSON(ctx, t, "PUT", "/api/contacts/"+first.ID.String(), body{"last_name": "Changed"}, "If-Match", "1")
	if again := dbtest.Decode[contact](t, send(ctx, "k 1", "Ortiz"), http.StatusCreated); again.ID != first.ID || again.Name != "Ortiz" || again.Version != 1 {
		t.Errorf("answered %+v, first %+v", again, first)
	}
	if p := dbtest.Decode[problem](t, send(ctx, "k 1", "Other"), http.StatusConflict); p.Code != "idempotency_key" {
		t.Errorf("%+v", p)
	}
	if c := dbtest.Decode[contact](t, send(ctx, "k 2", "Ortiz"), http.StatusCreated); c.ID == first.ID {
		t.Error("another key is another write")
	}
	if c := dbtest.Decode[contact](t, send(o.As(t, tenant.Manager), "k 1", "Other"), http.StatusCreated); c.ID == first.ID {
		t.Error("another person's key is another key")
	}
	for _, key := range []string{strings.Repeat("k", 201), "schlüssel"} {
		if a := send(ctx, key, "Ortiz"); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("key %q: %d", key, a.Status)
		}
	}
	// A refused write does not use its key up.
	if a := send(ctx, "k 3", ""); a.Status != http.StatusUnprocessableEntity {
		t.Error(a.Status)
	}
	if a := send(ctx, "k 3", "Ortiz"); a.Status != http.StatusCreated {
		t.Error(a.Status)
	}
}

func TestTheSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	ids := make(chan string, 8)
	for range cap(ids) {
		go func() {
			a := o.JSON(ctx, t, "POST", "/api/contacts", body{"last_name": "Ortiz"}, "Idempotency-Key", "race")
			ids <- a.Header.Get("Location")
		}()
	}
	one := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != one || id == "" {
			t.Errorf("%q beside %q", id, one)
		}
	}
}

// naughty are texts that break programs; the published list is read as well
// where it lies beside the project.
func naughty(tb testing.TB) []string {
	tb.Helper()
	list := []string{
		"'; DROP TABLE contacts; --", `"><script>alert(1)</script>`, "<b>bold</b> & co", "{{7*7}} ${7*7} %s %n", "Ω≈ç√∫˜µ≤≥÷", "田中さんにあげて下さい", "👾 🙇 💁",
		"\u202eevil\u202c", "\ufeffbom", "null", "undefined", "NaN", "0x0", "\\\\n", "a\tb\r\nc", "\u200b", "ﷺ", "Null", "None", "true", "-1", "1e400", "=1+1", " leading and trailing ",
	}
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "naughty-strings", "blns.json"))
	if err == nil {
		var published []string
		if err := json.Unmarshal(b, &published); err != nil {
			tb.Fatal(err)
		}
		list = append(list, published...)
	}
	return list
}

func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	for _, text := range naughty(t) {
		if strings.ContainsRune(text, 0) {
			continue // refused, see above
		}
		want := body{"last_name": "Last " + text, "notes": text, "source": text}
		if len([]rune(text)) > 150 {
			want = body{"last_name": "x", "notes": text}
		}
		a := o.JSON(ctx, t, "POST", "/api/contacts", want)
		made := dbtest.Decode[contact](t, a, http.StatusCreated)
		got := dbtest.Decode[contact](t, o.Get(ctx, t, "/api/contacts/"+made.ID.String()), http.StatusOK)
		if got.Notes != text || got.LastName != want["last_name"] {
			t.Errorf("%q came back as %q, %q", text, got.Notes, got.LastName)
		}
		page := o.Get(ctx, t, "/contacts/"+made.ID.String())
		if page.Status != http.StatusOK || strings.Contains(strings.ToLower(page.Body), "<script>") || strings.Contains(page.Body, text) && strings.Contains(text, "<") {
			t.Errorf("%q stands unescaped on the page (%d)", text, page.Status)
		}
		if edit := o.Get(ctx, t, "/contacts/"+made.ID.String()+"/edit"); edit.Status != http.StatusOK || strings.Contains(edit.Body, text) && strings.Contains(text, "<") {
			t.Errorf("%q stands unescaped in the form (%d)", text, edit.Status)
		}
		if found := o.Get(ctx, t, "/contacts?"+url.Values{"q": {text}}.Encode()); len([]rune(text)) <= 200 && found.Status != http.StatusOK {
			t.Errorf("a search for %q: %d %.300s", text, found.Status, found.Body)
		}
	}
}
