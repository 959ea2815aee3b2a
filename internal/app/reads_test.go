package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// What an address answers is all that is read for it: a program that asks for a record
// does not pay for what its page has beside it.
func TestTheAPIReadsWhatItAnswers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	owner := comeIn(t, a, dbtest.Org(t, db, "titan"), tenant.Owner)
	reads := func(target string) (list []string) {
		recorded, statements := postgres.RecordQueries(t.Context())
		r := httptest.NewRequestWithContext(recorded, http.MethodGet, target, nil)
		r.Header = owner.header.Clone()
		w := httptest.NewRecorder()
		owner.handler.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", target, w.Code, w.Body)
		}
		for _, s := range statements() {
			if !strings.HasPrefix(s.SQL, "begin") && !strings.HasPrefix(s.SQL, "select set_config(") && s.SQL != "commit" {
				list = append(list, s.SQL)
			}
		}
		return list
	}
	for room, body := range map[string]map[string]any{
		"claims": {"title": "Roof"}, "leads": {"title": "Roof"}, "contacts": {"first_name": "Ana"}, "properties": {"name": "Office"},
	} {
		made := owner.send(t, http.MethodPost, "/api/"+room, body)
		var one struct{ ID string }
		if err := json.Unmarshal([]byte(made.Body), &one); err != nil || one.ID == "" {
			t.Fatalf("%s: %d %s", room, made.Status, made.Body)
		}
		for _, target := range []string{"/api/" + room, "/api/" + room + "/" + url.PathEscape(one.ID)} {
			if list := reads(target); len(list) != 2 { // who asks, and what they asked for
				t.Errorf("%s reads %d times: %s", target, len(list), strings.Join(list, "\n"))
			}
		}
	}
}

// When somebody was there last is noted once a minute. Where the database has no room for
// that, whoever reads goes on.
func TestWhoReadsIsNotKeptFromItByAFullDisk(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	titan := dbtest.Org(t, db, "titan")
	owner, operator := comeIn(t, a, titan, tenant.Owner), operate(t, a, db, "olga@example.com")
	_, key := keyOf(t, a, titan, keys.Details{Name: "Reader", Scopes: []string{"records.view", "records.edit"}})
	super := dbtest.Super(t, db)
	if _, err := super.Exec(t.Context(), `
		UPDATE sessions SET last_seen_at = now() - interval '2 minutes';
		UPDATE operator_sessions SET last_seen_at = now() - interval '2 minutes';
		CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON sessions EXECUTE FUNCTION no_room();
		CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON operator_sessions EXECUTE FUNCTION no_room();
		CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON api_keys EXECUTE FUNCTION no_room();
		CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON contacts EXECUTE FUNCTION no_room();`); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		who    guest
		method string
		target string
		body   any
		status int
	}{
		"a person":               {owner, http.MethodGet, "/claims", nil, http.StatusOK},
		"a key":                  {key, http.MethodGet, "/api/claims", nil, http.StatusOK},
		"an operator":            {operator.guest, http.MethodGet, "/admin", nil, http.StatusOK},
		"a person who writes":    {owner, http.MethodPost, "/api/contacts", map[string]any{"last_name": "Ortiz"}, http.StatusServiceUnavailable},
		"a program, that writes": {key, http.MethodPost, "/api/contacts", map[string]any{"last_name": "Ortiz"}, http.StatusServiceUnavailable},
	} {
		if got := c.who.send(t, c.method, c.target, c.body); got.Status != c.status {
			t.Errorf("%s: %d %.300s", name, got.Status, got.Body)
		}
	}
}
