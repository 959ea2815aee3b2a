package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/sheet"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   string
		detail string // "" is not compared
	}{
		{fault.Invalid("date_of_loss", "Enter a date"), 422, "invalid", "date_of_loss: Enter a date."},
		{fault.Forbidden("forbidden", "Ask an admin"), 403, "forbidden", "Ask an admin."},
		{fault.NotFound("claim", "No such claim"), 404, "claim", "No such claim."},
		{fmt.Errorf("opening: %w", fault.Conflict("claim.stage", "It is closed")), 409, "claim.stage", "It is closed."},
		{fault.Stale("stale", "Changed by Ana"), 412, "stale", "Changed by Ana."},
		{fault.Limited("limited", time.Minute, "Wait a minute"), 429, "limited", "Wait a minute."},
		{fault.Unavailable("mail", "Mail is away"), 503, "mail", "Mail is away."},
		{errors.New("dial tcp 10.0.0.7: secret"), 500, "internal", ""},
		{fmt.Errorf("query: %w", context.DeadlineExceeded), 503, "timeout", ""},
		{&http.MaxBytesError{Limit: 1 << 20}, 413, "too_large", "That is more than the 1 MB this address takes at once. Send less, or in parts."},
	} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.Page("GET /x", public, func(http.ResponseWriter, *http.Request) error { return c.err })
			web.Op(s.Router, public, op("GET", "/api/x"), func(context.Context, *nothing) (*nothing, error) { return nil, c.err })

			p := problemOf(t, s.ask(t, "GET", "/api/x", ""))
			if p.Status != c.status || p.Code != c.code || p.Type != "about:blank" || p.Title != http.StatusText(c.status) {
				t.Errorf("got %+v", p)
			}
			if c.detail != "" && p.Detail != c.detail {
				t.Errorf("detail %q, want %q", p.Detail, c.detail)
			}
			res := s.ask(t, "GET", "/x", "")
			page := res.Body.String()
			if res.StatusCode != c.status || c.detail != "" && !strings.Contains(page, c.detail) {
				t.Errorf("the page answers %d %q", res.StatusCode, page)
			}
			logged := strings.Contains(s.log.String(), `"request failed"`)
			if ours := c.code == "internal" || c.code == "timeout"; logged != ours {
				t.Errorf("in the log as our fault: %v, want %v", logged, ours)
			}
			if c.code == "internal" {
				id := res.Header.Get("X-Request-Id")
				if id == "" || !strings.Contains(page, id) || strings.Contains(page, "secret") {
					t.Errorf("the page should name the request and nothing else: %q", page)
				}
				if !strings.Contains(s.log.String(), id) || !strings.Contains(s.log.String(), "10.0.0.7: secret") {
					t.Error("the log lacks the request or the whole error")
				}
			}
		})
	}
}

func TestRefusedInputHasOurShape(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	web.Op(s.Router, public, op("POST", "/api/x"), echo)
	for _, c := range []struct {
		name, body string
		want       web.Problem
	}{
		{"missing", `{}`, web.Problem{Status: 422, Code: "invalid", Detail: "words: is required.", Fields: fault.Fields{"words": "is required"}}},
		{"short", `{"words":"a"}`, web.Problem{Status: 422, Code: "invalid", Detail: "words: expected length >= 3.", Fields: fault.Fields{"words": "expected length >= 3"}}},
		{"unknown", `{"words":"abc","colour":1}`, web.Problem{Status: 422, Code: "invalid", Detail: "colour: unexpected property.", Fields: fault.Fields{"colour": "unexpected property"}}},
		{"type", `{"words":"abc","count":"many"}`, web.Problem{Status: 422, Code: "invalid", Detail: "count: expected integer.", Fields: fault.Fields{"count": "expected integer"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := problemOf(t, s.ask(t, "POST", "/api/x", c.body, "Content-Type", "application/json"))
			c.want.Type, c.want.Title = "about:blank", http.StatusText(c.want.Status)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	p := problemOf(t, s.ask(t, "POST", "/api/x", `{"words":`, "Content-Type", "application/json"))
	if p.Status != 400 || p.Code != "bad_request" || p.Detail == "" {
		t.Errorf("half a body: got %+v", p)
	}
	p = problemOf(t, s.ask(t, "POST", "/api/x", `{"words":"`+strings.Repeat("a", web.MaxBody)+`"}`, "Content-Type", "application/json"))
	if p.Status != 413 {
		t.Errorf("a large body: got %+v", p)
	}
}

func TestHTMXErrorGoesToTheToasts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("POST /x", public, func(http.ResponseWriter, *http.Request) error { return fault.Conflict("x", "It is closed") })
	res := s.ask(t, "POST", "/x", "", "HX-Request", "true", "HX-Request-Type", "full")
	if res.StatusCode != 409 || res.Header.Get("HX-Retarget") != "#toasts" || res.Header.Get("HX-Reswap") != "beforeend" ||
		res.Header.Get("HX-Reselect") != "[data-toast]" {
		t.Errorf("got %d %v", res.StatusCode, res.Header)
	}
	res = s.ask(t, "POST", "/x", "", "HX-Request", "true", "HX-Boosted", "true")
	if res.Header.Get("HX-Retarget") != "" {
		t.Error("a whole page is not a fragment")
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("GET /x", public, func(http.ResponseWriter, *http.Request) error { panic("nil claim") })
	res := s.ask(t, "GET", "/x", "")
	if res.StatusCode != 500 || strings.Contains(res.Body.String(), "nil claim") {
		t.Errorf("got %d", res.StatusCode)
	}
	if log := s.log.String(); !strings.Contains(log, "nil claim") || !strings.Contains(log, "errors_test.go") {
		t.Errorf("the log lacks the panic or its place: %s", log)
	}
}

// A download that breaks off must not look whole.
func TestErrorAfterHalfAnAnswer(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func() error{
		"error": func() error { return errors.New("connection lost") },
		"panic": func() error { panic("nil row") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.Stream("GET /claims.csv", public, func(w http.ResponseWriter, _ *http.Request) error {
				c, err := sheet.SendCSV(w, "claims.csv", "number")
				if err != nil {
					return err
				}
				for range 10_000 {
					if err := c.Row(sheet.Text("a claim")); err != nil {
						return err
					}
				}
				return end()
			})
			srv := httptest.NewServer(s.Handler())
			t.Cleanup(srv.Close)
			for _, encoding := range []string{"identity", "gzip"} {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/claims.csv", nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Accept-Encoding", encoding)
				res, err := srv.Client().Do(req)
				if err != nil {
					continue // cut before the first byte: just as well
				}
				_, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if err == nil {
					t.Errorf("%s: the broken download ended like a whole one", encoding)
				}
			}
		})
	}
}
