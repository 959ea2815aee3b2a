package audit_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// as gives the room's pages as somebody in the scope of ctx sees them.
func as(t *testing.T, db *postgres.DB, ctx context.Context) http.Handler {
	t.Helper()
	scope, _ := tenant.From(ctx)
	rt, err := web.New(web.Config{
		Authenticate: func(r *http.Request) (context.Context, error) { return tenant.With(r.Context(), scope), nil },
		Permit:       identity.Permit, ErrorPage: ui.ErrorPage, Name: "Test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	audit.New(db).Routes(rt)
	return rt.Handler()
}

func get(t *testing.T, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
	return w
}

func TestTheTrailsPage(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	h := as(t, db, titan.As(t, tenant.Owner))
	id := contact(titan.As(t, tenant.Member), t, db, "Ortiz", `<b>"Ortíz"`)
	page := get(t, h, "/settings/audit?limit=1").Body.String()
	for _, words := range []string{"Member changed the contact &lt;b&gt;&#34;Ortíz&#34;", "contact.updated", "/settings/audit/events/", "rel=\"next\""} {
		if !strings.Contains(page, words) {
			t.Errorf("%q is not on the page", words)
		}
	}
	if strings.Contains(page, "<b>") {
		t.Error("what somebody typed became HTML")
	}
	one := get(t, h, "/settings/audit?record="+id.String()).Body.String()
	if strings.Contains(one, "the organisation") || strings.Count(one, "/settings/audit/events/") != 2 {
		t.Error("the page of one record shows others, or not all of it")
	}
	_, event, _ := strings.Cut(page, `href="/settings/audit/events/`)
	event, _, _ = strings.Cut(event, `"`)
	shown := get(t, h, "/settings/audit/events/"+event).Body.String()
	for _, words := range []string{"<del>Ortiz</del>", "/contacts/" + id.String(), "Changed a contact", "last name"} {
		if !strings.Contains(shown, words) {
			t.Errorf("%q is not on the event's page", words)
		}
	}
	for target, status := range map[string]int{
		"/settings/audit?record=x": 422, "/settings/audit?cursor=x": 422, "/settings/audit?stage=filed": 422, "/api/audit?limit=500": 422,
		"/settings/audit?record=" + uuid.NewString(): 200,
	} {
		if w := get(t, h, target); w.Code != status {
			t.Errorf("%s: %d, want %d", target, w.Code, status)
		}
	}
	for _, target := range []string{"/settings/audit", "/api/audit"} {
		if w := get(t, as(t, db, titan.As(t, tenant.Manager)), target); w.Code != http.StatusForbidden {
			t.Errorf("a manager gets %d at %s", w.Code, target)
		}
	}
}

func TestTheTrailsAPI(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	id := contact(titan.As(t, tenant.Member), t, db, "Ortiz", "Ortíz", "Oritz")
	h := as(t, db, titan.As(t, tenant.Owner))
	var operations []string
	for target := "/api/audit?limit=2&record=" + id.String(); target != ""; {
		var page struct {
			Items []struct {
				Operation string
				Changes   []struct{ Column, Before, After string }
			}
			NextCursor string `json:"next_cursor"`
		}
		w := get(t, h, target)
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err, w.Body)
		}
		for _, item := range page.Items {
			operations = append(operations, item.Operation+" "+item.Changes[len(item.Changes)-1].After)
		}
		if target = ""; page.NextCursor != "" {
			target = "/api/audit?limit=2&record=" + id.String() + "&cursor=" + page.NextCursor
		}
	}
	if got := strings.Join(operations, ", "); got != "update Oritz, update Ortíz, insert homeowner" {
		t.Errorf("got %s", got)
	}
}
