package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// office is a program with limits, whose people sign in by their name as bearer.
func office(t *testing.T) site {
	t.Helper()
	titan := uuid.New()
	s := newSite(t, func(c *web.Config) {
		c.Limits = limit.New()
		c.Authenticate = func(r *http.Request) (context.Context, error) {
			name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok {
				return nil, fault.Unauthenticated("unauthenticated", "sign in first")
			}
			return tenant.With(r.Context(), tenant.Scope{OrgID: titan, ActorID: uuid.NewSHA1(titan, []byte(name)), ActorName: name}), nil
		}
	})
	web.Op(s.Router, member, op("GET", "/api/claims"), func(context.Context, *nothing) (*nothing, error) { return &nothing{}, nil })
	s.Page("GET /claims", member, show("claims"))
	s.Upload("POST /photos", member, 1000, show("kept"))
	s.Page("POST /inspection", public, show("thanks"))
	s.Page("POST /sign-in", web.Access{Audience: web.Public, Rate: limit.Auth, By: web.ByField("email")}, show("in"))
	s.Page("POST /sign-out", web.Access{Audience: web.Public, Rate: limit.Auth, By: web.ByCookie("session")}, show("out"))
	return s
}

// from sends a form from an address.
func (s site) from(t *testing.T, address, target string, form url.Values, header ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	r.RemoteAddr = address
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body}
}

func TestWhoIsSignedInHasALimitOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := office(t)
	for i := range 120 { // a whole office behind one address
		who := fmt.Sprintf("Bearer person-%d", i)
		for range 20 {
			if res := s.ask(t, "GET", "/api/claims", "", "Authorization", who); res.StatusCode != 204 {
				t.Fatalf("%s: %d %s", who, res.StatusCode, res.Body)
			}
		}
	}
	if got := s.ask(t, "GET", "/claims", "", "Authorization", "Bearer person-1").Header; got.Get("RateLimit") != "" {
		t.Errorf("a page is counted: %v", got)
	}
}

func TestTooMuchIsRefusedInWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, pat := office(t), []string{"Authorization", "Bearer pat"}
		res := s.ask(t, "GET", "/api/claims", "", pat...)
		if diff := cmp.Diff([]string{`"api";q=100;w=60`, `"api";r=99;t=1`}, []string{res.Header.Get("RateLimit-Policy"), res.Header.Get("RateLimit")}); diff != "" {
			t.Error(diff)
		}
		for range 99 {
			s.ask(t, "GET", "/api/claims", "", pat...)
		}
		res = s.ask(t, "GET", "/api/claims", "", pat...)
		want := web.Problem{
			Type: "about:blank", Title: "Too Many Requests", Status: 429, Code: "rate_limited",
			Detail: "That is more than 100 API requests a minute, the most this takes; nothing was done. Try again in a second.",
		}
		if diff := cmp.Diff(want, problemOf(t, res)); diff != "" {
			t.Error(diff)
		}
		if res.Header.Get("Retry-After") != "1" || res.Header.Get("RateLimit") != `"api";r=0;t=60` {
			t.Errorf("%v", res.Header)
		}
		<-time.After(time.Second) // as it was told
		if res := s.ask(t, "GET", "/api/claims", "", pat...); res.StatusCode != 204 {
			t.Errorf("after Retry-After: %d", res.StatusCode)
		}
		for range 20 {
			s.ask(t, "POST", "/photos", "", pat...)
		}
		res = s.ask(t, "POST", "/photos", "", pat...)
		if body := res.Body.String(); res.StatusCode != 429 || res.Header.Get("Retry-After") != "3" ||
			!strings.Contains(body, "more than 20 uploads a minute") || !strings.Contains(body, "in 3 seconds") || !strings.Contains(body, "<i>pat</i>") {
			t.Errorf("as a page: %d %v %s", res.StatusCode, res.Header, body)
		}
	})
}

func TestBeforeSignInTheAddressCounts(t *testing.T) {
	t.Parallel()
	s := office(t)
	form := url.Values{"roof": {"old"}}
	send := func(address string, header ...string) int {
		return s.from(t, address, "/inspection", form, header...).StatusCode
	}
	for range 5 {
		send("192.0.2.1:1")
		send("[2001:db8:1:2::1]:1")
	}
	for name, got := range map[string][2]int{
		"the same address":           {send("192.0.2.1:2"), 429},
		"a colleague, signed in":     {send("192.0.2.1:3", "Authorization", "Bearer pat"), 200},
		"another address":            {send("192.0.2.2:1"), 200},
		"the same network of IPv6":   {send("[2001:db8:1:2:ffff::9]:1"), 429},
		"another network of IPv6":    {send("[2001:db8:1:3::1]:1"), 200},
		"a made-up forwarded header": {send("192.0.2.1:4", "X-Forwarded-For", "203.0.113.9"), 429},
		"behind a proxy here":        {send("127.0.0.1:4", "X-Forwarded-For", "198.51.100.1, 203.0.113.9"), 200},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d, want %d", name, got[0], got[1])
		}
	}
}

// Colleagues behind one address sign in at the same time; whoever tries one
// account again and again waits, and naming others does not help for long.
func TestSigningInCountsAccountAndAddress(t *testing.T) {
	t.Parallel()
	s := office(t)
	in := func(address, email string) answer {
		return s.from(t, address+":1", "/sign-in", url.Values{"email": {email}})
	}
	for i := range 480 {
		if res := in("192.0.2.1", fmt.Sprintf("person%d@titan.example", i)); res.StatusCode != 200 {
			t.Fatalf("person %d: %d", i, res.StatusCode)
		}
	}
	for range 9 {
		in("192.0.2.1", "person7@titan.example")
	}
	if res := in("192.0.2.1", " Person7@Titan.example "); res.StatusCode != 429 || res.Header.Get("Retry-After") != "6" {
		t.Errorf("the eleventh try at one account: %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	if res := in("192.0.2.2", "person7@titan.example"); res.StatusCode != 200 {
		t.Errorf("the owner of the account, elsewhere: %d", res.StatusCode)
	}
	last := 0
	for i := range 600 {
		last = in("192.0.2.1", fmt.Sprintf("guess%d@titan.example", i)).StatusCode
	}
	if last != 429 {
		t.Errorf("naming another account each time leads on: %d", last)
	}
	if res := s.from(t, "192.0.2.3:1", "/sign-in", url.Values{"email": {strings.Repeat("x", 2<<20)}}); res.StatusCode != 413 {
		t.Errorf("a form that is too big: %d", res.StatusCode)
	}
	for i := range 120 {
		if res := s.from(t, "192.0.2.4:1", "/sign-out", nil, "Cookie", fmt.Sprintf("session=%d", i)); res.StatusCode != 200 {
			t.Fatalf("sign-out %d: %d", i, res.StatusCode)
		}
	}
}
