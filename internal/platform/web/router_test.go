package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestWithoutSigningIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("GET /claims", member, show("claims"))
	s.Page("POST /claims", member, show("claims"))
	s.Page("GET /{$}", public, show("welcome"))
	web.Op(s.Router, member, op("GET", "/api/claims"), func(context.Context, *nothing) (*nothing, error) { return &nothing{}, nil })

	t.Run("a page sends to sign-in and back", func(t *testing.T) {
		t.Parallel()
		res := s.ask(t, "GET", "/claims?q=a%26b&sort=-x", "")
		want := "/sign-in?next=" + url.QueryEscape("/claims?q=a%26b&sort=-x")
		if res.StatusCode != 303 || res.Header.Get("Location") != want {
			t.Errorf("got %d to %q, want 303 to %q", res.StatusCode, res.Header.Get("Location"), want)
		}
	})
	t.Run("a sent form goes back to the form", func(t *testing.T) {
		t.Parallel()
		res := s.ask(t, "POST", "/claims", "a=b", "Referer", "http://example.com/claims/new")
		if got, want := res.Header.Get("Location"), "/sign-in?next=%2Fclaims%2Fnew"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		res = s.ask(t, "POST", "/claims", "a=b", "Referer", "http://evil.example/claims/new")
		if got, want := res.Header.Get("Location"), "/sign-in"; got != want {
			t.Errorf("from another site: got %q, want %q", got, want)
		}
	})
	t.Run("htmx leaves the page for sign-in", func(t *testing.T) {
		t.Parallel()
		res := s.ask(t, "GET", "/claims?q=x", "", "HX-Request", "true", "HX-Current-URL", "http://example.com/claims?sort=name")
		if res.StatusCode != 401 || res.Header.Get("HX-Redirect") != "/sign-in?next=%2Fclaims%3Fsort%3Dname" {
			t.Errorf("got %d, HX-Redirect %q", res.StatusCode, res.Header.Get("HX-Redirect"))
		}
	})
	for _, target := range []string{"/api/claims", "/api/nothing", "/api", "/api/", "/api//claims", "/api/x/../claims", "/api/claims/"} {
		for _, method := range []string{"GET", "POST", "DELETE", "PATCH"} {
			t.Run(method+" "+target, func(t *testing.T) {
				t.Parallel()
				p := problemOf(t, s.ask(t, method, target, ""))
				want := web.Problem{Type: "about:blank", Title: "Unauthorized", Status: 401, Detail: "Sign in first.", Code: "unauthenticated"}
				if diff := cmp.Diff(want, p); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	t.Run("a public page is served", func(t *testing.T) {
		t.Parallel()
		if got := s.ask(t, "GET", "/", "").Body.String(); got != "welcome" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("an unknown page is not found", func(t *testing.T) {
		t.Parallel()
		res := s.ask(t, "GET", "/nothing", "")
		if got := res.Body.String(); res.StatusCode != 404 || !strings.Contains(got, "nothing at this address") {
			t.Errorf("got %d %q", res.StatusCode, got)
		}
	})
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	who := func(w http.ResponseWriter, r *http.Request) error {
		sc, err := tenant.Must(r.Context())
		if err != nil {
			return err
		}
		if sc.RequestID == "" || sc.RequestID != w.Header().Get("X-Request-Id") {
			return errors.New("the scope does not carry the request's id")
		}
		return show(sc.ActorName)(w, r)
	}
	s.Page("GET /claims", web.Access{Audience: web.SignedIn, Permission: "records.edit"}, who)
	s.Page("GET /ops", web.Access{Audience: web.Operator}, who)
	good := []string{"Authorization", "Bearer good"}

	res := s.ask(t, "GET", "/claims", "", good...)
	if got := res.Body.String(); got != "good" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %q, Cache-Control %q", got, res.Header.Get("Cache-Control"))
	}
	res = s.ask(t, "GET", "/claims", "", "Authorization", "Bearer weak")
	if got := res.Body.String(); res.StatusCode != 403 || !strings.Contains(got, "not use records.edit") || !strings.Contains(got, "weak") {
		t.Errorf("without permission: got %d %q", res.StatusCode, got)
	}
	if res := s.ask(t, "GET", "/ops", "", good...); res.StatusCode != 404 {
		t.Errorf("an operator's page answers a member %d, want 404", res.StatusCode)
	}
	if p := problemOf(t, s.ask(t, "GET", "/api/nothing", "", good...)); p.Status != 404 || p.Code != "not_found" {
		t.Errorf("unknown operation: got %+v", p)
	}
	res = s.ask(t, "DELETE", "/claims", "", good...)
	if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("wrong method: got %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
	if got := s.ask(t, "GET", "/nothing", "", good...).Body.String(); !strings.Contains(got, "<i>good</i>") {
		t.Errorf("the error page does not know who is signed in: %q", got)
	}
}

func TestOperator(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) {
		c.AuthenticateOperator = func(r *http.Request) (context.Context, error) {
			if r.Header.Get("Authorization") != "Bearer operator" {
				return nil, fault.NotFound("not_found", "There is nothing at this address")
			}
			return r.Context(), nil
		}
	})
	s.Page("GET /admin", web.Access{Audience: web.Operator}, show("levers"))
	if res := s.ask(t, "GET", "/admin", "", "Authorization", "Bearer good"); res.StatusCode != 404 {
		t.Errorf("a member gets %d, want 404", res.StatusCode)
	}
	if got := s.ask(t, "GET", "/admin", "", "Authorization", "Bearer operator").Body.String(); got != "levers" {
		t.Errorf("the operator gets %q", got)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("POST /claims", web.Access{Permission: "records.edit"}, show(""))
	s.Page("GET /claims", member, show(""))
	s.Stream("GET /claims.csv", member, show(""))
	s.Stream("GET /export", web.Access{Rate: limit.Migration}, show(""))
	s.Upload("POST /photos", member, 1, show(""))
	s.Page("POST /inspection", public, show(""))
	s.Static("GET /static/", public, http.NotFoundHandler())
	web.Op(s.Router, member, op("GET", "/api/claims"), func(context.Context, *nothing) (*nothing, error) { return &nothing{}, nil })
	want := []web.Route{
		{"GET", "/api/claims", web.SignedIn, "", limit.API, web.KindAPI},
		{"GET", "/api/openapi.json", web.Public, "", limit.Unlimited, web.KindAPI},
		{"GET", "/claims", web.SignedIn, "", limit.Unlimited, web.KindPage},
		{"POST", "/claims", web.SignedIn, "records.edit", limit.Unlimited, web.KindPage},
		{"GET", "/claims.csv", web.SignedIn, "", limit.API, web.KindStream},
		{"GET", "/export", web.SignedIn, "", limit.Migration, web.KindStream},
		{"POST", "/inspection", web.Public, "", limit.Public, web.KindPage},
		{"POST", "/photos", web.SignedIn, "", limit.Upload, web.KindUpload},
		{"GET", "/static/", web.Public, "", limit.Unlimited, web.KindStatic},
	}
	if diff := cmp.Diff(want, s.Routes()); diff != "" {
		t.Error(diff)
	}
}

func TestMistakesInTheProgram(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, mistake := range map[string]func(){
		"no method": func() { s.Page("/claims", member, show("")) },
		"an office counts as one": func() {
			s.Page("POST /sign-in", web.Access{Audience: web.Public, Rate: limit.Auth}, show(""))
		},
		"no preset":       func() { s.Page("GET /claims", web.Access{Rate: "often"}, show("")) },
		"outside of /api": func() { web.Op(s.Router, member, op("POST", "/claims"), echo) },
		"registered past the router": func() {
			huma.Register(web.HumaOf(s.Router), op("POST", "/api/claims"), echo)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: was accepted", name)
				}
			}()
			mistake()
		}()
	}
	if _, err := web.New(web.Config{}); err == nil {
		t.Error("an empty configuration was accepted")
	}
}

func TestSafeNext(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/claims?q=a&sort=-b":           "/claims?q=a&sort=-b",
		"/claims/0193#notes":            "/claims/0193",
		"":                              "/dashboard",
		"/":                             "/dashboard",
		"//evil.example":                "/dashboard",
		"/\\evil.example":               "/dashboard",
		"/\t/evil.example":              "/dashboard",
		"https://evil.example/":         "/dashboard",
		"javascript:alert(1)":           "/dashboard",
		"claims":                        "/dashboard",
		"/sign-in":                      "/dashboard",
		"/sign-in?next=/sign-in":        "/dashboard",
		"/%2Fevil.example":              "/dashboard",
		"/a\r\nSet-Cookie: x=y":         "/dashboard",
		"/" + strings.Repeat("a", 2000): "/dashboard",
	} {
		if got := web.SafeNext(raw); got != want {
			t.Errorf("SafeNext(%q) = %q, want %q", raw, got, want)
		}
	}
}
