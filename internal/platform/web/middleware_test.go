package web_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("GET /x", public, show("x"))
	s.Static("GET /static/", public, http.NotFoundHandler())
	for _, target := range []string{"/x", "/nothing", "/api/nothing", "/static/nothing", "/api/openapi.json"} {
		h := s.ask(t, "GET", target, "").Header
		want := map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
				"connect-src 'self'; manifest-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "same-origin",
			"X-Frame-Options":              "DENY",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Embedder-Policy": "require-corp",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security":    "",
		}
		got := map[string]string{}
		for name := range want {
			got[name] = h.Get(name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
		allowed := regexp.MustCompile(`[a-z-]+=\([^)]+\)`).FindAllString(h.Get("Permissions-Policy"), -1)
		if diff := cmp.Diff([]string{"camera=(self)", "geolocation=(self)"}, allowed); diff != "" || !strings.Contains(h.Get("Permissions-Policy"), ", microphone=(), ") {
			t.Errorf("%s: Permissions-Policy %q", target, h.Get("Permissions-Policy"))
		}
		if h.Get("X-Request-Id") == "" {
			t.Errorf("%s: no X-Request-Id", target)
		}
	}
	if got := s.ask(t, "GET", "/x", "", "X-Forwarded-Proto", "https").Header.Get("Strict-Transport-Security"); got != "max-age=63072000; includeSubDomains; preload" {
		t.Errorf("on https Strict-Transport-Security is %q", got)
	}
}

func TestPlainHTTPLeadsToHTTPS(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.HTTPS = true })
	s.Page("GET /x", public, show("x"))
	res := s.ask(t, "GET", "/x?q=a%2Fb", "", "X-Forwarded-Proto", "http")
	if to := res.Header.Get("Location"); res.StatusCode != 308 || to != "https://example.com/x?q=a%2Fb" || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d to %q", res.StatusCode, to)
	}
	for name, res := range map[string]answer{
		"on https":        s.ask(t, "GET", "/x", "", "X-Forwarded-Proto", "https"),
		"without a proxy": s.ask(t, "GET", "/x", ""),
	} {
		if res.StatusCode != 200 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	if res := newSite(t).ask(t, "GET", "/nothing", "", "X-Forwarded-Proto", "http"); res.StatusCode != 404 {
		t.Errorf("where http is the public address: %d", res.StatusCode)
	}
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("GET /contacts/{name}", public, show("12345"))
	res := s.ask(t, "GET", "/contacts/Ana-Muster?q=secret", "", "Referer", "http://example.com/secret")
	var line map[string]any
	if err := json.Unmarshal([]byte(s.log.String()), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "time")
	delete(line, "took")
	want := map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "/contacts/{name}",
		"status": 200.0, "bytes": 5.0, "request": res.Header.Get("X-Request-Id"),
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Error(diff)
	}
}

func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("POST /x", public, show("done"))
	web.Op(s.Router, public, op("POST", "/api/x"), func(context.Context, *nothing) (*nothing, error) { return &nothing{}, nil })
	for _, c := range []struct {
		header []string
		want   int
	}{
		{nil, 200}, // a program
		{[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
		{[]string{"Origin", "http://example.com"}, 200},
		{[]string{"Origin", "http://evil.example"}, 403},
	} {
		if res := s.ask(t, "POST", "/x", "", c.header...); res.StatusCode != c.want {
			t.Errorf("%v: got %d, want %d", c.header, res.StatusCode, c.want)
		}
	}
	if p := problemOf(t, s.ask(t, "POST", "/api/x", "", "Sec-Fetch-Site", "cross-site")); p.Status != 403 || p.Code != "cross_origin" {
		t.Errorf("got %+v", p)
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	long := strings.Repeat("roof ", 2000)
	s.Page("GET /x", public, func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		return show(long)(w, r)
	})
	res := s.ask(t, "GET", "/x", "", "Accept-Encoding", "gzip")
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("not compressed: %v", res.Header)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil || string(b) != long {
		t.Errorf("the page did not survive compression: %v", err)
	}
	if res := s.ask(t, "GET", "/x", ""); res.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for a client that did not ask")
	}
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	read := func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ParseForm(r)
		if err != nil {
			return err
		}
		return show(f.Values.Get("a")[:1])(w, r)
	}
	s.Page("POST /x", public, read)
	s.Upload("POST /upload", public, 3<<20, read)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	two := "a=" + strings.Repeat("b", 2<<20)
	if res := s.ask(t, "POST", "/x", two, form...); res.StatusCode != 413 || !strings.Contains(res.Body.String(), "1 MB") {
		t.Errorf("2 MB to a page: got %d", res.StatusCode)
	}
	if res := s.ask(t, "POST", "/upload", two, form...); res.StatusCode != 200 {
		t.Errorf("2 MB to an upload of 3: got %d", res.StatusCode)
	}
	if res := s.ask(t, "POST", "/upload", two+two, form...); res.StatusCode != 413 {
		t.Errorf("4 MB to an upload of 3: got %d", res.StatusCode)
	}
	if res := s.ask(t, "POST", "/x", "a=%zz", form...); res.StatusCode != 400 {
		t.Errorf("a broken form: got %d", res.StatusCode)
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	limited := func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := r.Context().Deadline(); ok {
			return show("limited")(w, r)
		}
		return show("free")(w, r)
	}
	s.Page("GET /x", public, limited)
	s.Stream("GET /x.csv", public, limited)
	if got := s.ask(t, "GET", "/x", "").Body.String(); got != "limited" {
		t.Errorf("a page is %s", got)
	}
	if got := s.ask(t, "GET", "/x.csv", "").Body.String(); got != "free" {
		t.Errorf("a stream is %s", got)
	}
}

// A stream outlives the server's time limits, and what it has flushed arrives
// although the answer goes on.
func TestStreamArrivesAsItIsWritten(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	goOn := make(chan struct{})
	release := sync.OnceFunc(func() { close(goOn) })
	long := strings.Repeat("roof ", 1000)
	s.Stream("GET /events", public, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		if _, err := io.WriteString(w, "first\n"); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		<-goOn
		_, err := io.WriteString(w, long)
		return err
	})
	srv := httptest.NewUnstartedServer(s.Handler())
	srv.Config.WriteTimeout = 100 * time.Millisecond
	srv.Start()
	t.Cleanup(srv.Close)
	t.Cleanup(release)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := srv.Client().Do(req) // asks for gzip and unpacks it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	first := make([]byte, 6)
	if _, err := io.ReadFull(res.Body, first); err != nil || string(first) != "first\n" {
		t.Errorf("got %q, %v", first, err)
	}
	<-time.After(200 * time.Millisecond) // past the server's limit, which is a time
	release()
	rest, err := io.ReadAll(res.Body)
	if err != nil || string(rest) != long {
		t.Errorf("the rest is %d bytes, %v", len(rest), err)
	}
}
