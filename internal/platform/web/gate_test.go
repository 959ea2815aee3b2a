package web_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// crowded is a server with one place, and what takes it until release is closed.
func crowded(t *testing.T) (url string, entered, release chan struct{}) {
	t.Helper()
	entered, release = make(chan struct{}, 100), make(chan struct{})
	s := newSite(t, func(c *web.Config) { c.Gate = gate.New(1, 1, 8) })
	s.Page("GET /slow", public, func(_ http.ResponseWriter, r *http.Request) error {
		entered <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
		}
		return nil
	})
	s.Page("POST /form", public, func(w http.ResponseWriter, r *http.Request) error {
		b, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	})
	s.Page("GET /light", web.Access{Audience: web.Public, Light: true}, show("light"))
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return srv.URL, entered, release
}

func TestBeyondTheQueueThereIsA503AtOnce(t *testing.T) {
	t.Parallel()
	url, entered, release := crowded(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	get := func(path string) (a answer) {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
		if res, err := http.DefaultClient.Do(req); err == nil {
			defer func() { _ = res.Body.Close() }()
			a = answer{res.StatusCode, res.Header, &bytes.Buffer{}}
			_, _ = a.Body.ReadFrom(res.Body) // short where it failed
		}
		return a
	}
	go get("/slow")
	<-entered
	answers := make(chan answer, 9)
	for range 9 { // eight may wait, one may not
		go func() { answers <- get("/slow") }()
	}
	start := time.Now()
	res := <-answers
	if took := time.Since(start); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "1" || took > time.Second {
		t.Fatalf("one too many was answered with %v after %s, want 503 with Retry-After at once", res, took)
	}
	if res := get("/light"); res.StatusCode != http.StatusOK || res.Body.String() != "light" {
		t.Errorf("what is light got %v", res)
	}
	close(release)
	for range 8 {
		if res := <-answers; res.StatusCode != http.StatusOK {
			t.Errorf("who waited got %v", res)
		}
	}
}

// A sender who takes a minute for a form takes nobody's place with it.
func TestASlowSenderTakesNoPlace(t *testing.T) {
	t.Parallel()
	url, _, release := crowded(t)
	close(release)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST /form HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab"); err != nil {
		t.Fatal(err)
	}
	for range 20 { // the half of a form that came is waited for, outside
		res, err := http.Get(url + "/slow")
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("got %v, %v beside a slow sender", res, err)
		}
		_ = res.Body.Close()
	}
	if _, err := io.WriteString(conn, "cd"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 200") || !strings.HasSuffix(string(b), "abcd") {
		t.Errorf("the slow sender got %q, %v", b, err)
	}
}
