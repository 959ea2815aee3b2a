package trouble_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/trouble"
)

// sink is a Sentry that keeps what it is sent.
func sink(t *testing.T) (dsn string, got func() string) {
	t.Helper()
	var mu sync.Mutex
	var all strings.Builder
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/api/7/envelope/") {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintf(&all, "%v\n%s\n", r.Header, b)
		_, _ = io.WriteString(w, `{"id":"0"}`)
	}))
	t.Cleanup(srv.Close)
	return strings.Replace(srv.URL, "http://", "http://public@", 1) + "/7", func() string {
		mu.Lock()
		defer mu.Unlock()
		return all.String()
	}
}

// What a Sentry gets names nobody, whatever stood in the errors.
func TestWhatASentryGetsNamesNobody(t *testing.T) {
	t.Parallel()
	dsn, got := sink(t)
	s, err := trouble.NewSentry(dsn, "v7")
	if err != nil {
		t.Fatal(err)
	}
	r := trouble.New(nil, "v7", s)
	secrets := []string{"pat@titan.example", "480-555-0123", "Pat Rivera", "sk_live_4f9a", "Elm St"}
	org, person := uuid.New(), uuid.New()
	for _, secret := range secrets {
		r.Note(trouble.Seen{Org: org, Person: person, Place: "POST /claims", Request: "r1", Err: fmt.Errorf("save %s: %w", secret, errors.New(secret))})
		r.Note(trouble.Seen{Org: org, Place: "POST /contacts", Err: &pgconn.PgError{Code: "23505", ConstraintName: "contacts_email", Message: secret, Detail: "Key (email)=(" + secret + ") already exists."}})
		r.Note(trouble.Seen{Place: "GET /leads", Panicked: true, Value: "no " + secret, Stack: debug.Stack()})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text := got()
	for _, want := range []string{"23505 contacts_email", "POST /claims", "v7", org.String(), person.String(), "*fmt.wrapError", `"kind":"panic"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q did not arrive", want)
		}
	}
	if n := strings.Count(text, `"event_id"`); n < 3*len(secrets) {
		t.Errorf("%d events arrived, want %d", n, 3*len(secrets))
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%s arrived: %s", secret, text)
		}
	}
	if _, err := trouble.NewSentry("https://sentry.example/secret", "v7"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a DSN without a key: %v", err)
	}
}
