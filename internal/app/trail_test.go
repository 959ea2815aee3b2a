package app_test

import (
	"log/slog"
	"net/http"
	"slices"
	"testing"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/audit"
)

// TestTheTrailKnowsEveryRoute holds the catalogue of events against the routes.
func TestTheTrailKnowsEveryRoute(t *testing.T) {
	t.Parallel()
	a, err := app.New(nil, app.Config{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var served []string
	for _, r := range a.Routes() {
		route := r.Method + " " + r.Pattern
		served = append(served, route)
		named, silent := audit.ActionOf(r.Method, r.Pattern) != "", audit.Silent(route) != ""
		if r.Method != http.MethodGet && named == silent {
			t.Errorf("%s changes something: say in internal/audit/catalogue.go what event that is, or under silent why it is none", route)
		}
	}
	for _, action := range audit.Catalogue() {
		for _, route := range action.Routes {
			if !slices.Contains(served, route) {
				t.Errorf("%s: there is no route %s", action.Name, route)
			}
		}
	}
}
