package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/platform/web/sender"
)

func TestClientAddr(t *testing.T) {
	t.Parallel()
	proxies, err := sender.ParseProxies([]string{"10.0.0.0/8", " 192.0.2.7", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	var got string
	s := newSite(t, func(c *web.Config) { c.Proxies = proxies })
	s.Page("GET /x", public, func(_ http.ResponseWriter, r *http.Request) error {
		got = web.ClientAddr(r).String()
		return nil
	})
	for name, c := range map[string]struct{ remote, forwarded, want string }{
		"no proxy":                       {"203.0.113.9:1", "", "203.0.113.9"},
		"a client that makes one up":     {"203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		"a proxy here":                   {"127.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		"a proxy elsewhere":              {"10.1.2.3:1", "198.51.100.1", "198.51.100.1"},
		"one named by itself":            {"192.0.2.7:1", "198.51.100.1", "198.51.100.1"},
		"its neighbour":                  {"192.0.2.8:1", "198.51.100.1", "192.0.2.8"},
		"a chain of ours":                {"127.0.0.1:1", "198.51.100.1, 10.0.0.5", "198.51.100.1"},
		"a client behind it makes it up": {"127.0.0.1:1", "10.9.9.9, 198.51.100.1, 10.0.0.5", "198.51.100.1"},
		"one of ours asks itself":        {"127.0.0.1:1", "10.0.0.5", "10.0.0.5"},
		"nonsense":                       {"10.1.2.3:1", "unknown", "10.1.2.3"},
		"an IPv4 address in IPv6":        {"[::ffff:10.1.2.3]:1", "198.51.100.1", "198.51.100.1"},
		"IPv6":                           {"[2001:db8::9]:1", "2001:470::1", "2001:470::1"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for _, typed := range []string{"", "10.0.0", "proxy.example", "10.0.0.0/40"} {
		if _, err := sender.ParseProxies([]string{typed}); err == nil {
			t.Errorf("%q was read", typed)
		}
	}
}
