package dbtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Door is the program as the outside reaches it, with the rooms a test asks for.
//
//	door := dbtest.NewDoor(t, contacts.New(db).Routes)
//	page := door.Get(t, titan.As(t, tenant.Member), "/contacts")
//
// A request is made as the person of its context; a context without one is
// nobody signed in. What the person may do is left to the rooms' methods alone.
type Door struct{ http.Handler }

// NewDoor makes the door.
func NewDoor(tb testing.TB, routes ...func(*web.Router)) Door {
	tb.Helper()
	rt, err := web.New(web.Config{Name: "SkaiScraper", Version: "test", Authenticate: authenticate, ErrorPage: ui.ErrorPage, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	for _, register := range routes {
		register(rt)
	}
	return Door{rt.Handler()}
}

func authenticate(r *http.Request) (context.Context, error) {
	scope, ok := tenant.From(r.Context())
	if !ok {
		return nil, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	session := identity.Session{
		ID: scope.SessionID, Place: orgs.Place{OrgID: scope.OrgID, TimeZone: "America/Phoenix"}, PersonID: scope.ActorID, Name: scope.ActorName, Role: scope.Role, RoleName: scope.RoleName, Only: scope.Only,
		FreshAt: time.Now(),
	}
	ctx := identity.WithSession(r.Context(), session, scope.RequestID)
	return ui.WithViewer(ctx, ui.Viewer{Name: scope.ActorName, Role: string(scope.Role), Zone: identity.Zone(ctx), Org: ui.Org{Name: "Titan Roofing"}}), nil
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Get asks for a page or an API answer.
func (d Door) Get(ctx context.Context, tb testing.TB, target string) Answer {
	tb.Helper()
	return d.ask(ctx, tb, http.MethodGet, target, nil)
}

// Post sends a form.
func (d Door) Post(ctx context.Context, tb testing.TB, target string, form url.Values) Answer {
	tb.Helper()
	return d.ask(ctx, tb, http.MethodPost, target, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

// JSON sends a body to the API, nil for none; header is names and values in turn.
func (d Door) JSON(ctx context.Context, tb testing.TB, method, target string, body any, header ...string) Answer {
	tb.Helper()
	if body == nil {
		return d.ask(ctx, tb, method, target, nil, header...)
	}
	b, ok := body.([]byte) // as it stands, however broken
	if !ok {
		var err error
		if b, err = json.Marshal(body); err != nil {
			tb.Fatal(err)
		}
	}
	return d.ask(ctx, tb, method, target, bytes.NewReader(b), append([]string{"Content-Type", "application/json"}, header...)...)
}

func (d Door) ask(ctx context.Context, tb testing.TB, method, target string, body io.Reader, header ...string) Answer {
	tb.Helper()
	r := httptest.NewRequestWithContext(ctx, method, target, body)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return Answer{w.Code, w.Header(), w.Body.String()}
}

// Decode reads the JSON of an answer into a T, and fails the test where the
// answer has another status.
func Decode[T any](tb testing.TB, a Answer, status int) T {
	tb.Helper()
	var t T
	if a.Status != status {
		tb.Fatalf("answered %d, want %d: %.2000s", a.Status, status, a.Body)
	}
	if err := json.Unmarshal([]byte(a.Body), &t); err != nil {
		tb.Fatalf("%v: %.2000s", err, a.Body)
	}
	return t
}
