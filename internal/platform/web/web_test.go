package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// site is a program in small: a router with a person who signs in by the bearer
// "good", and one without any permission who signs in by "weak".
type site struct {
	*web.Router

	log *syncBuffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newSite(t *testing.T, change ...func(*web.Config)) site {
	t.Helper()
	log := &syncBuffer{}
	cfg := web.Config{
		Name: "Test", Version: "1",
		Log: slog.New(slog.NewJSONHandler(log, nil)),
		Authenticate: func(r *http.Request) (context.Context, error) {
			switch who := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); who {
			case "good", "weak":
				return tenant.With(r.Context(), tenant.Scope{
					OrgID: uuid.New(), ActorName: who, RequestID: web.RequestID(r.Context()),
				}), nil
			}
			return nil, fault.Unauthenticated("unauthenticated", "Sign in first")
		},
		Permit: func(ctx context.Context, permission string) error {
			if s, _ := tenant.From(ctx); s.ActorName == "weak" {
				return fault.Forbidden("forbidden", "You may look but not use %s", permission)
			}
			return nil
		},
		ErrorPage: func(w http.ResponseWriter, r *http.Request, p *web.Problem) error {
			s, _ := tenant.From(r.Context())
			_, err := fmt.Fprintf(w, "<h1>%s</h1><p>%s</p><i>%s</i>", p.Title, p.Detail, s.ActorName)
			return err
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	rt, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return site{rt, log}
}

// answer is what a request got.
type answer struct {
	StatusCode int
	Header     http.Header
	Body       *bytes.Buffer
}

// Cookies are those the answer sets.
func (a answer) Cookies() []*http.Cookie { return (&http.Response{Header: a.Header}).Cookies() }

// ask sends a request through the whole program; header is names and values in turn.
func (s site) ask(t *testing.T, method, target, body string, header ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body}
}

func problemOf(t *testing.T, res answer) web.Problem {
	t.Helper()
	if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("Content-Type is %q, want application/problem+json", ct)
	}
	var p web.Problem
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if p.Status != res.StatusCode {
		t.Errorf("the document says %d, the answer %d", p.Status, res.StatusCode)
	}
	return p
}

func show(words string) web.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, words)
		return err
	}
}

var (
	member = web.Access{Audience: web.SignedIn}
	public = web.Access{Audience: web.Public}
)

type nothing struct{}

type message struct {
	Body struct {
		Words string `json:"words" minLength:"3"`
		Count int    `json:"count,omitempty"`
	}
}

func echo(_ context.Context, in *message) (*message, error) { return in, nil }

func op(method, path string) huma.Operation {
	return huma.Operation{Method: method, Path: path, Summary: method + " " + path}
}
