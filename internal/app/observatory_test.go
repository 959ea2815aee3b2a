package app_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// scored is what tools/observatory/score.mjs says of a page.
type scored struct {
	Path  string `json:"path"`
	Grade string `json:"grade"`
	Score int    `json:"score"`
	Tests map[string]struct {
		Result   string `json:"result"`
		Pass     bool   `json:"pass"`
		Modifier int    `json:"modifier"`
	} `json:"tests"`
}

// asked is a page for it to score.
type asked struct {
	Path   string   `json:"path"`
	Cookie string   `json:"cookie,omitempty"`
	Sets   []string `json:"sets,omitempty"`
}

// needNode leaves a test out where it can't be run, which CI may not.
func needNode(t *testing.T) {
	t.Helper()
	words := ""
	if out, err := exec.CommandContext(t.Context(), "node", "-p", "parseInt(process.versions.node) >= 20").Output(); err != nil || strings.TrimSpace(string(out)) != "true" {
		words = "no Node 20 or newer on this machine, which Mozilla Observatory's code needs"
	} else if out, err := exec.CommandContext(t.Context(), "../../scripts/observatory", "install").CombinedOutput(); err != nil {
		words = "scripts/observatory install failed: " + string(out)
	}
	switch {
	case words != "" && os.Getenv("CI") != "":
		t.Fatal(words)
	case words != "":
		t.Skip(words)
	}
}

// TestObservatory has Mozilla Observatory's code score the pages, on https and
// with a certificate that it trusts. 140 is what version 1.4.8 can give a host
// that is not in the browsers' own lists; 5 of them are for cookies, which only
// those who sign in get.
func TestObservatory(t *testing.T) {
	t.Parallel()
	needNode(t)
	db := dbtest.Shared(t)
	server := httptest.NewTLSServer(build(t, db).Handler())
	t.Cleanup(server.Close)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cookie, sets := signedIn(t, server, dbtest.Org(t, db, "titan"))
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"/": 135, "/sign-in": 135, "/api/docs": 135}
	pages := []asked{{Path: "/"}, {Path: "/sign-in"}, {Path: "/api/docs"}}
	for _, path := range []string{"/dashboard", "/claims", "/contacts/new", "/settings/organisation"} {
		want[path] = 140
		pages = append(pages, asked{path, cookie, sets})
	}
	request, err := json.Marshal(map[string]any{"port": json.Number(at.Port()), "pages": pages})
	if err != nil {
		t.Fatal(err)
	}
	tool := exec.CommandContext(t.Context(), "../../scripts/observatory", string(request)) //nolint:gosec // a script of ours
	tool.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+authority)
	tool.Stderr = t.Output()
	out, err := tool.Output()
	if err != nil {
		t.Fatal(err)
	}
	var scores []scored
	if err := json.Unmarshal(out, &scores); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, s := range scores {
		t.Logf("%s: %s with %d", s.Path, s.Grade, s.Score)
		if s.Grade != "A+" || s.Score != want[s.Path] {
			t.Errorf("%s: %s with %d, want A+ with %d: %+v", s.Path, s.Grade, s.Score, want[s.Path], s.Tests)
		}
		for name, test := range s.Tests {
			if !test.Pass {
				t.Errorf("%s: %s says %s", s.Path, name, test.Result)
			}
		}
		delete(want, s.Path)
	}
	if len(want) > 0 {
		t.Errorf("not scored: %v", want)
	}
}

// signedIn signs an owner in over https; it gives the cookie to send, and the
// lines by which the browser got it.
func signedIn(t *testing.T, server *httptest.Server, c dbtest.Contractor) (cookie string, sets []string) {
	t.Helper()
	c.As(t, tenant.Owner)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	form := url.Values{"email": {c.Email(tenant.Owner)}, "password": {dbtest.Password}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/sign-in", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it is not read
	for _, c := range res.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie %s", c.Raw)
		}
		if c.Name == "__Host-session" {
			cookie = c.Name + "=" + c.Value
		}
	}
	for name, value := range map[string]string{
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-origin",
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
	} {
		if got := res.Header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	return cookie, res.Header.Values("Set-Cookie")
}
