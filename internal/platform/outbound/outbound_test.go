package outbound_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/platform/outbound"
)

func TestOnlyPublicAddressesAreConnectedTo(t *testing.T) {
	t.Parallel()
	var g outbound.Guard
	for a, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "127.0.0.1": false, "::1": false, "10.1.2.3": false, "192.168.0.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "::ffff:127.0.0.1": false, "fe80::1": false, "fc00::1": false, "224.0.0.1": false, "64:ff9b::7f00:1": false,
	} {
		if got := g.Allows(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %v, want %v", a, got, want)
		}
	}
	inside, err := outbound.Inside("10.0.0.0/8", "127.0.0.1")
	if err != nil || !inside.Allows(netip.MustParseAddr("10.1.2.3")) || !inside.Allows(netip.MustParseAddr("::ffff:127.0.0.1")) || inside.Allows(netip.MustParseAddr("127.0.0.2")) {
		t.Errorf("what the operator allows: %v", err)
	}
	if _, err := outbound.Inside("the office"); err == nil || !strings.Contains(err.Error(), "10.20.0.0/16") {
		t.Errorf("a network in words: %v", err)
	}
}

func TestAddressesAreJudgedInWords(t *testing.T) {
	t.Parallel()
	inside, err := outbound.Inside("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string][2]bool{
		"https://login.example.com": {true, true}, "http://login.example.com": {false, false}, "http://127.0.0.1:99/x": {false, true},
		"https://a:b@example.com": {false, false}, "ftp://example.com": {false, false}, "https://": {false, false}, "example.com": {false, false}, "https://example.com/#x": {false, false},
	} {
		if got := (outbound.Guard{}).CheckURL(typed) == nil; got != want[0] {
			t.Errorf("%s from outside: %v", typed, got)
		}
		if got := inside.CheckURL(typed) == nil; got != want[1] {
			t.Errorf("%s from inside: %v", typed, got)
		}
	}
}

func TestRequestsKeepToTheRules(t *testing.T) {
	t.Parallel()
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/much":
			_, _ = w.Write(make([]byte, outbound.MaxBody+1))
		}
	})
	plain, safe := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	t.Cleanup(plain.Close)
	t.Cleanup(safe.Close)
	pool := x509.NewCertPool()
	pool.AddCert(safe.Certificate())
	roots := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	inside, err := outbound.Inside("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	get := func(g outbound.Guard, url string) (int, error) {
		res, err := g.Trusting(roots).Client(5 * time.Second).Get(url)
		if err != nil {
			return 0, err
		}
		defer func() { _ = res.Body.Close() }()
		_, err = io.ReadAll(res.Body)
		return res.StatusCode, err
	}
	if _, err := get(outbound.Guard{}, safe.URL); !errors.Is(err, outbound.ErrInside) || outbound.Words(err) != outbound.ErrInside.Error() {
		t.Errorf("this machine from outside: %v", err)
	}
	if _, err := get(outbound.Guard{}, plain.URL); err == nil || !strings.Contains(outbound.Words(err), "https://") {
		t.Errorf("http: %v", err)
	}
	for url, want := range map[string]int{safe.URL: 200, plain.URL: 200, safe.URL + "/away": 302} {
		if got, err := get(inside, url); err != nil || got != want {
			t.Errorf("%s: %d, %v", url, got, err)
		}
	}
	if _, err := get(inside, safe.URL+"/much"); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a long answer: %v", err)
	}
}
