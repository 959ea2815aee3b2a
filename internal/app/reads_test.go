package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
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
