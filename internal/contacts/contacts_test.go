package contacts_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// office is a contractor with the doors to contacts and their history.
type office struct {
	dbtest.Door
	dbtest.Contractor

	db *postgres.DB
}

func newOffice(tb testing.TB, db *postgres.DB) office {
	tb.Helper()
	door := dbtest.NewDoor(tb, contacts.New(db).Routes, activity.New(db).Routes)
	return office{door, dbtest.Org(tb, db, "titan"), db}
}

// contact is the part of the API's answer that tests look at.
type contact struct {
	ID        uuid.UUID        `json:"id"`
	Version   int64            `json:"version"`
	Name      string           `json:"name"`
	FirstName string           `json:"first_name"`
	LastName  string           `json:"last_name"`
	Company   string           `json:"company"`
	Role      string           `json:"role"`
	Phones    []contacts.Phone `json:"phones"`
	Emails    []string         `json:"emails"`
	Address   struct {
		Street, Unit, City, State, ZIP, Typed string
	} `json:"address"`
	Source       string                    `json:"source"`
	Tags         []string                  `json:"tags"`
	Notes        string                    `json:"notes"`
	DoNotContact bool                      `json:"do_not_contact"`
	Extra        map[string]map[string]any `json:"extra"`
	CreatedBy    uuid.UUID                 `json:"created_by"`
	ArchivedAt   *time.Time                `json:"archived_at"`
}

type body = map[string]any

func (o office) create(ctx context.Context, tb testing.TB, b body) contact {
	tb.Helper()
	return dbtest.Decode[contact](tb, o.JSON(ctx, tb, "POST", "/api/contacts", b), http.StatusCreated)
}

func TestAContactsLifeOverTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member := o.As(t, tenant.Member)
	a := o.JSON(member, t, "POST", "/api/contacts", body{
		"first_name": "Maria", "last_name": "Delgado", "phones": []body{{"typed": "602-555-0123 x12", "type": "mobile", "sms_opt_out": true}},
		"emails": []string{" Maria@Example.com ", "maria@example.com"}, "address": body{"street": "4127 East Sunnyside Drive", "city": "phoenix", "state": "Arizona", "zip": "85028"},
		"source": "Referral", "tags": []string{"hail 2024", "VIP", "vip", ""}, "notes": "Gate code 4471\r\nDog", "do_not_contact": true,
	})
	made := dbtest.Decode[contact](t, a, http.StatusCreated)
	at := "/api/contacts/" + made.ID.String()
	if a.Header.Get("Location") != at || a.Header.Get("ETag") != `"1"` {
		t.Errorf("Location %q, ETag %q", a.Header.Get("Location"), a.Header.Get("ETag"))
	}
	scope, _ := tenant.From(member)
	want := contact{
		ID: made.ID, Version: 1, Name: "Maria Delgado", FirstName: "Maria", LastName: "Delgado", Role: "homeowner",
		Phones: []contacts.Phone{{E164: "+16025550123", Typed: "602-555-0123 x12", Type: "mobile", Ext: "12", SMSOptOut: true}},
		Emails: []string{"maria@example.com"}, Source: "Referral", Tags: []string{"hail 2024", "VIP"}, Notes: "Gate code 4471\r\nDog", DoNotContact: true,
		CreatedBy: scope.ActorID,
	}
	want.Address.Street, want.Address.City, want.Address.State, want.Address.ZIP = "4127 E Sunnyside Dr", "Phoenix", "AZ", "85028"
	want.Address.Typed = "4127 East Sunnyside Drive, phoenix, Arizona 85028"
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}

	// What was read is sent back whole, with one change.
	whole := dbtest.Decode[body](t, o.Get(member, t, at), http.StatusOK)
	whole["last_name"] = "Delgado-Ruiz"
	a = o.JSON(member, t, "PUT", at, whole, "If-Match", `"1"`)
	changed := dbtest.Decode[contact](t, a, http.StatusOK)
	want.Version, want.LastName, want.Name = 2, "Delgado-Ruiz", "Maria Delgado-Ruiz"
	if diff := cmp.Diff(want, changed); diff != "" || a.Header.Get("ETag") != `"2"` {
		t.Error(a.Header.Get("ETag"), diff)
	}
	// The same again changes nothing, so nobody's page becomes stale.
	if again := dbtest.Decode[contact](t, o.JSON(member, t, "PUT", at, whole, "If-Match", "2"), http.StatusOK); again.Version != 2 {
		t.Errorf("version %d", again.Version)
	}

	for range 2 { // archiving twice is archiving once
		if c := dbtest.Decode[contact](t, o.JSON(member, t, "POST", at+"/archive", nil), http.StatusOK); c.ArchivedAt == nil || c.Version != 3 {
			t.Errorf("archived %+v", c)
		}
	}
	if a := o.JSON(member, t, "PUT", at, whole, "If-Match", "3"); a.Status != http.StatusConflict || !strings.Contains(a.Body, "restore it first") {
		t.Errorf("change of what is archived: %d %s", a.Status, a.Body)
	}
	if c := dbtest.Decode[contact](t, o.JSON(member, t, "POST", at+"/restore", nil), http.StatusOK); c.ArchivedAt != nil || c.Version != 4 {
		t.Errorf("restored %+v", c)
	}
}

func TestAContactsLifeOnItsPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Admin)
	empty := o.Get(ctx, t, "/contacts")
	if empty.Status != http.StatusOK || !strings.Contains(empty.Body, "No contacts yet") || !strings.Contains(empty.Body, `href="/migration"`) {
		t.Errorf("the empty list says what to do next: %d", empty.Status)
	}
	form := url.Values{
		"key": {uuid.NewString()}, "first_name": {"James"}, "last_name": {"O'Brien <b>"}, "role": {"adjuster"}, "company": {"State Farm"},
		"phones.0.typed": {"(480) 555-0100"}, "phones.0.type": {"work"}, "phones.1.typed": {""}, "phones.1.type": {""},
		"phones.2.typed": {"+44 20 7946 0958"}, "phones.2.sms_opt_out": {"on"}, "emails.0": {""}, "emails.1": {"james@example.com"},
		"street": {"319 Claremont Court, Naperville, IL 60540"}, "tags": {"desk, hail , "}, "notes": {"Calls back"},
	}
	a := o.Post(ctx, t, "/contacts", form)
	at := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(at, "/contacts/") {
		t.Fatalf("created: %d %s", a.Status, a.Body)
	}
	if again := o.Post(ctx, t, "/contacts", form); again.Header.Get("Location") != at {
		t.Errorf("the form sent twice made %s beside %s", again.Header.Get("Location"), at)
	}
	page := o.Get(ctx, t, at)
	for _, want := range []string{
		"<h1>James O&#39;Brien &lt;b&gt;</h1>", "Adjuster · State Farm", "tel:+14805550100", "+44 20 7946 0958", "no texts", "mailto:james@example.com",
		"319 Claremont Ct, Naperville, IL 60540", "tag=hail", "Calls back", `name="kind" value="task"`, "?tab=audit",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if trail := o.Get(ctx, t, at+"?tab=audit"); !strings.Contains(trail.Body, "contact") || !strings.Contains(trail.Body, "State Farm") {
		t.Error("the trail is missing")
	}
	edit := o.Get(ctx, t, at+"/edit")
	for _, want := range []string{`name="version" value="1"`, `value="(480) 555-0100"`, `name="phones.3.typed"`, `value="james@example.com"`, `value="desk, hail"`} {
		if !strings.Contains(edit.Body, want) {
			t.Errorf("the form has no %s", want)
		}
	}
	form.Set("version", "1")
	form.Set("company", "Allstate")
	if a := o.Post(ctx, t, at, form); a.Status != http.StatusSeeOther || a.Header.Get("Location") != at {
		t.Errorf("saved: %d %s", a.Status, a.Body)
	}
	if a := o.Post(ctx, t, at+"/archive", nil); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/contacts" {
		t.Errorf("archived: %d", a.Status)
	}
	if page := o.Get(ctx, t, at); !strings.Contains(page.Body, "is archived") || !strings.Contains(page.Body, at+"/restore") || strings.Contains(page.Body, at+"/edit") {
		t.Error("an archived contact's page offers to restore it, not to edit it")
	}
	if list := o.Get(ctx, t, "/contacts?archived=yes"); !strings.Contains(list.Body, at) {
		t.Error("not among the archived ones")
	}
	if a := o.Post(ctx, t, at+"/restore", nil); a.Header.Get("Location") != at {
		t.Errorf("restored: %d", a.Status)
	}
}

func TestDoNotContactStandsOnThePage(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Viewer)
	quiet := o.create(o.As(t, tenant.Member), t, body{"company": "Red File LLC", "do_not_contact": true})
	other := o.create(o.As(t, tenant.Member), t, body{"company": "Green File LLC"})
	const words = "Do not contact: no calls"
	if !strings.Contains(o.Get(ctx, t, "/contacts/"+quiet.ID.String()).Body, words) || strings.Contains(o.Get(ctx, t, "/contacts/"+other.ID.String()).Body, words) {
		t.Error("do not contact has to be seen at once, and only where it is so")
	}
}

// TestWhereItCameFrom shows on the page what an import left in the tables.
func TestWhereItCameFrom(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Owner)
	c := o.create(ctx, t, body{"last_name": "Yazzie"})
	scope, _ := tenant.From(ctx)
	run := postgres.NewID()
	err := postgres.Do(ctx, o.db, func(ctx context.Context, tx pgx.Tx) error {
		for _, step := range []struct {
			sql  string
			args []any
		}{
			{`UPDATE contacts SET extra = '{"acculynx": {"Gate code": "#4471", "Lead rank": 3}, "jobnimbus": {"Old id": "af81"}}' WHERE id = $1`, []any{c.ID}},
			{`INSERT INTO import_runs (org_id, id, state, dry_run, strict, options, started_by) VALUES (current_org(), $1, 'running', false, false, '{}', $2)`, []any{run, scope.ActorID}},
			{`INSERT INTO import_files (org_id, run_id, file_no, name, size, sha256) VALUES (current_org(), $1, 1, 'contacts <1>.csv', 1, sha256('a'))`, []any{run}},
			{`INSERT INTO import_rows (org_id, run_id, file_no, ordinal, line, outcome, raw) VALUES (current_org(), $1, 1, 7, 12, 'created', 'a')`, []any{run}},
			{`INSERT INTO external_refs (org_id, entity, source, external_id, contact_id, fingerprint, run_id, file_no, ordinal)
				VALUES (current_org(), 'contact', 'acculynx', 'AL-77', $2, gen_random_uuid(), $1, 1, 7)`, []any{run, c.ID}},
		} {
			if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page := o.Get(ctx, t, "/contacts/"+c.ID.String())
	for _, want := range []string{
		"Imported from AccuLynx", "contacts &lt;1&gt;.csv, line 12", `href="/migration/runs/` + run.String() + `/rows/1/7"`, "AL-77",
		"Kept from AccuLynx", "Gate code", "#4471", "Lead rank", "Kept from JobNimbus", "af81",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	got := dbtest.Decode[contact](t, o.Get(ctx, t, "/api/contacts/"+c.ID.String()), http.StatusOK)
	if got.Extra["acculynx"]["Gate code"] != "#4471" {
		t.Errorf("extra %v", got.Extra)
	}
	if found := o.Get(ctx, t, "/contacts?q=4471"); !strings.Contains(found.Body, c.ID.String()) {
		t.Error("what an import kept can't be searched for")
	}
}
