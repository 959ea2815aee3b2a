package properties_test

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
	"github.com/skaiscraper/skai/internal/properties"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// office is a contractor with the doors to properties and what belongs to them.
type office struct {
	dbtest.Door
	dbtest.Contractor

	db *postgres.DB
}

func newOffice(tb testing.TB, db *postgres.DB) office {
	tb.Helper()
	door := dbtest.NewDoor(tb, contacts.New(db).Routes, properties.New(db).Routes, activity.New(db).Routes)
	return office{door, dbtest.Org(tb, db, "titan"), db}
}

type postal struct{ Street, Unit, City, State, ZIP, Typed string }

// property is the part of the API's answer that tests look at.
type property struct {
	ID                uuid.UUID                 `json:"id"`
	Version           int64                     `json:"version"`
	Name              string                    `json:"name"`
	Address           postal                    `json:"address"`
	Plus4             string                    `json:"plus4"`
	Line              string                    `json:"line"`
	County            string                    `json:"county"`
	Latitude          *float64                  `json:"latitude"`
	Longitude         *float64                  `json:"longitude"`
	PositionPrecision *string                   `json:"position_precision"`
	Kind              string                    `json:"kind"`
	YearBuilt         *int                      `json:"year_built"`
	Squares           *float64                  `json:"squares"`
	SquareFeet        *int                      `json:"square_feet"`
	Stories           *float64                  `json:"stories"`
	Pitch             string                    `json:"pitch"`
	RoofMaterial      string                    `json:"roof_material"`
	RoofAge           *int                      `json:"roof_age"`
	OwnerID           *uuid.UUID                `json:"owner_id"`
	Owner             string                    `json:"owner"`
	Tags              []string                  `json:"tags"`
	Notes             string                    `json:"notes"`
	Extra             map[string]map[string]any `json:"extra"`
	ArchivedAt        *time.Time                `json:"archived_at"`
}

type body = map[string]any

func (o office) create(ctx context.Context, tb testing.TB, b body) property {
	tb.Helper()
	return dbtest.Decode[property](tb, o.JSON(ctx, tb, "POST", "/api/properties", b), http.StatusCreated)
}

// contact makes a contact and gives its id.
func (o office) contact(ctx context.Context, tb testing.TB, b body) uuid.UUID {
	tb.Helper()
	return dbtest.Decode[struct{ ID uuid.UUID }](tb, o.JSON(ctx, tb, "POST", "/api/contacts", b), http.StatusCreated).ID
}

// at is where a street stands.
func at(street string) body {
	return body{"address": body{"street": street, "city": "Phoenix", "state": "AZ", "zip": "85028"}}
}

func TestAPropertysLifeOverTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member := o.As(t, tenant.Member)
	owner := o.contact(member, t, body{"first_name": "Maria", "last_name": "Delgado"})
	a := o.JSON(member, t, "POST", "/api/properties", body{
		"name": "Ocotillo HOA, building 4", "address": body{"street": "4127 East Sunnyside Drive #3", "city": "phoenix", "state": "arizona", "zip": "85028-1234"}, "county": "Maricopa",
		"latitude": 33.4484, "longitude": -112.074, "kind": "hoa", "year_built": 1986, "squares": 24.33, "square_feet": 2400, "stories": 1.5, "pitch": "6/12",
		"roof_material": "Tile", "roof_age": 0, "owner_id": owner, "tags": []string{"hail 2024"}, "notes": "Hatch is locked",
	})
	made := dbtest.Decode[property](t, a, http.StatusCreated)
	want := property{
		ID: made.ID, Version: 1, Name: "Ocotillo HOA, building 4", Plus4: "1234", Line: "4127 E Sunnyside Dr #3, Phoenix, AZ 85028", County: "Maricopa",
		Address:  postal{Street: "4127 E Sunnyside Dr", Unit: "#3", City: "Phoenix", State: "AZ", ZIP: "85028", Typed: "4127 East Sunnyside Drive #3, phoenix, arizona 85028-1234"},
		Latitude: new(33.4484), Longitude: new(-112.074), PositionPrecision: new("manual"), Kind: "hoa", YearBuilt: new(1986), Squares: new(24.33), SquareFeet: new(2400),
		Stories: new(1.5), Pitch: "6/12", RoofMaterial: "Tile", RoofAge: new(0), OwnerID: &owner, Owner: "Maria Delgado", Tags: []string{"hail 2024"}, Notes: "Hatch is locked",
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	api := "/api/properties/" + made.ID.String()
	if a.Header.Get("Location") != api || a.Header.Get("ETag") != `"1"` {
		t.Error(a.Header)
	}
	var key string
	if err := dbtest.Super(t, o.db).QueryRow(t.Context(), `SELECT address_key FROM properties WHERE id = $1`, made.ID).Scan(&key); err != nil || key != "4127 E SUNNYSIDE DR|3|85028" {
		t.Errorf("known by %q, %v", key, err)
	}

	// What was read is sent back whole, with one change.
	whole := dbtest.Decode[body](t, o.Get(member, t, api), http.StatusOK)
	whole["roof_age"] = 12
	changed := dbtest.Decode[property](t, o.JSON(member, t, "PUT", api, whole, "If-Match", `"1"`), http.StatusOK)
	want.Version, want.RoofAge = 2, new(12)
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Error(diff)
	}
	if again := dbtest.Decode[property](t, o.JSON(member, t, "PUT", api, whole, "If-Match", "2"), http.StatusOK); again.Version != 2 {
		t.Errorf("the same again is version %d", again.Version)
	}
	// A new address is understood anew, and what is left out is emptied.
	moved := dbtest.Decode[property](t, o.JSON(member, t, "PUT", api, body{"address": body{"typed": "319 Claremont Court, Naperville, IL 60540"}}, "If-Match", "2"), http.StatusOK)
	if moved.Line != "319 Claremont Ct, Naperville, IL 60540" || moved.Plus4 != "" || moved.OwnerID != nil || moved.Latitude != nil || moved.PositionPrecision != nil || moved.Kind != "" {
		t.Errorf("%+v", moved)
	}
	for range 2 {
		if p := dbtest.Decode[property](t, o.JSON(member, t, "POST", api+"/archive", nil), http.StatusOK); p.ArchivedAt == nil || p.Version != 4 {
			t.Errorf("archived %+v", p)
		}
	}
	if a := o.JSON(member, t, "PUT", api, whole, "If-Match", "4"); a.Status != http.StatusConflict {
		t.Errorf("change of what is archived: %d", a.Status)
	}
	if p := dbtest.Decode[property](t, o.JSON(member, t, "POST", api+"/restore", nil), http.StatusOK); p.ArchivedAt != nil {
		t.Errorf("restored %+v", p)
	}
}

func TestAPropertysLifeOnItsPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Admin)
	if empty := o.Get(ctx, t, "/properties"); !strings.Contains(empty.Body, "No properties yet") || !strings.Contains(empty.Body, `href="/migration"`) {
		t.Error("the empty list says what to do next")
	}
	owner := o.contact(ctx, t, body{"first_name": "Ann", "last_name": "Yazzie", "do_not_contact": true})
	o.contact(ctx, t, body{"first_name": "Ben", "last_name": "Yazzie"})
	form := url.Values{
		"key": {uuid.NewString()}, "street": {"15 South Mount Vernon Avenue, Prescott, AZ 86301"}, "kind": {"single_family"}, "owner": {"yazzie"},
		"squares": {"1,024.5"}, "year_built": {"1955"}, "roof_material": {"Shingle <b>"}, "tags": {"hail, VIP"},
	}
	several := o.Post(ctx, t, "/properties", form)
	if several.Status != http.StatusUnprocessableEntity || !strings.Contains(several.Body, owner.String()) || !strings.Contains(several.Body, "Ben Yazzie") {
		t.Fatalf("two owners have these words: %d", several.Status)
	}
	form.Set("owner_id", owner.String()) // as chosen
	form.Set("owner_was", "yazzie")
	a := o.Post(ctx, t, "/properties", form)
	page := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(page, "/properties/") {
		t.Fatalf("%d %.1000s", a.Status, a.Body)
	}
	shown := o.Get(ctx, t, page)
	for _, want := range []string{
		"<h1>15 S Mount Vernon Ave</h1>", "Single family · Prescott, AZ 86301", `href="/contacts/` + owner.String() + `"`, "Ann Yazzie", "The owner is not to be contacted",
		"1024.5", "1955", "Shingle &lt;b&gt;", "tag=VIP", "zip=86301", "/claims/new?property_id=", `name="kind" value="task"`,
	} {
		if !strings.Contains(shown.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if theirs := o.Get(ctx, t, "/contacts/"+owner.String()); !strings.Contains(theirs.Body, page) || !strings.Contains(theirs.Body, "/properties/new?owner_id="+owner.String()) {
		t.Error("the owner's page does not lead here")
	}
	if fresh := o.Get(ctx, t, "/properties/new?owner_id="+owner.String()); !strings.Contains(fresh.Body, `value="Ann Yazzie"`) {
		t.Error("a new property from the owner's page does not know its owner")
	}
	edit := o.Get(ctx, t, page+"/edit")
	for _, want := range []string{`name="version" value="1"`, `value="Ann Yazzie"`, `value="` + owner.String() + `"`, `value="15 S Mount Vernon Ave"`, `value="1024.5"`} {
		if !strings.Contains(edit.Body, want) {
			t.Errorf("the form has no %s", want)
		}
	}
	form = url.Values{
		"version": {"1"}, "street": {"15 S Mount Vernon Ave"}, "city": {"Prescott"}, "state": {"AZ"}, "zip": {"86301"},
		"owner": {"Ann Yazzie"}, "owner_was": {"Ann Yazzie"}, "owner_id": {owner.String()}, "notes": {"Dog"},
	}
	if a := o.Post(ctx, t, page, form); a.Header.Get("Location") != page {
		t.Errorf("saved: %d %.500s", a.Status, a.Body)
	}
	form.Set("version", "2")
	form.Set("owner", "") // nobody's
	if a := o.Post(ctx, t, page, form); a.Status != http.StatusSeeOther {
		t.Errorf("without an owner: %d", a.Status)
	}
	if p := dbtest.Decode[property](t, o.Get(ctx, t, "/api"+page), http.StatusOK); p.OwnerID != nil || p.Notes != "Dog" {
		t.Errorf("%+v", p)
	}
	o.Post(ctx, t, page+"/archive", nil)
	if shown := o.Get(ctx, t, page); !strings.Contains(shown.Body, "is archived") || strings.Contains(shown.Body, page+"/edit") {
		t.Error("an archived property's page offers to restore it, not to edit it")
	}
	if a := o.Post(ctx, t, page+"/restore", nil); a.Header.Get("Location") != page {
		t.Errorf("restored: %d", a.Status)
	}
}

// TestWhatBelongsToAProperty shows on the page what other rooms and an import left.
func TestWhatBelongsToAProperty(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	p := o.create(ctx, t, at("1 Elm St"))
	scope, _ := tenant.From(ctx)
	err := postgres.Do(ctx, o.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH x AS (UPDATE properties SET extra = '{"companycam": {"Notepad": "Beware of dog", "Photos": 48}}' WHERE id = $1),
			r AS (INSERT INTO import_runs (org_id, id, state, dry_run, strict, options, started_by) VALUES (current_org(), $3, 'running', false, false, '{}', $2)),
			f AS (INSERT INTO import_files (org_id, run_id, file_no, name, size, sha256) VALUES (current_org(), $3, 1, 'projects.csv', 1, sha256('a'))),
			e AS (INSERT INTO external_refs (org_id, entity, source, external_id, property_id, fingerprint, run_id, file_no, ordinal)
				VALUES (current_org(), 'property', 'companycam', 'fp:77', $1, gen_random_uuid(), $3, 1, 4)),
			l AS (INSERT INTO leads (org_id, id, title, property_id, created_by, updated_by) VALUES (current_org(), gen_random_uuid(), 'Knocked on the door', $1, $2, $2)),
			c AS (INSERT INTO claims (org_id, id, number, property_id, stage, created_by, updated_by) VALUES (current_org(), gen_random_uuid(), 77, $1, 'adjuster_review', $2, $2))
			INSERT INTO files (org_id, id, kind, name, caption, source_url, property_id, created_by, updated_by)
			VALUES (current_org(), gen_random_uuid(), 'photo', 'a.jpg', 'North slope', 'https://img.example.com/a.jpg', $1, $2, $2),
				(current_org(), gen_random_uuid(), 'document', 'evil.pdf', '', 'javascript:alert(1)', $1, $2, $2)`, p.ID, scope.ActorID, uuid.New())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page := o.Get(ctx, t, "/properties/"+p.ID.String())
	for _, want := range []string{
		"Knocked on the door", "C-77", "Adjuster review", "North slope", "https://img.example.com/a.jpg", "evil.pdf", "Imported from CompanyCam", "projects.csv, row 4",
		"without a number of its own", "Beware of dog", "Kept from CompanyCam", "48",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(page.Body, "javascript:") {
		t.Error("an imported address runs a script")
	}
	for _, q := range []string{"beware", "elm+85028", "1+elm"} {
		if found := o.Get(ctx, t, "/properties?q="+q); !strings.Contains(found.Body, p.ID.String()) {
			t.Errorf("not found by %s", q)
		}
	}
}
