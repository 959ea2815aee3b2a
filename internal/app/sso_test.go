package app_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// zitadel is the OpenID provider of zitadel/oidc, whose library is certified by the
// OpenID Foundation, as a process of its own.
type zitadel struct {
	program, users, port string

	stop func()
}

func newZitadel(t *testing.T) *zitadel {
	t.Helper()
	z := &zitadel{program: filepath.Join(t.TempDir(), "provider"), users: filepath.Join(t.TempDir(), "users.json")}
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=tools/go.mod", "-o", z.program, "github.com/zitadel/oidc/v3/example/server") //nolint:gosec // into a folder of ours
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v\n%s", err, out)
	}
	users, err := json.Marshal(map[string]any{"id1": map[string]any{
		"ID": "id1", "Username": "pat", "Password": "verysecure", "FirstName": "Pat", "LastName": "Miller", "Email": "pat@titan.test", "EmailVerified": true, "PreferredLanguage": "en",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(z.users, users, 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, z.port, _ = net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	t.Cleanup(func() { z.stop() })
	z.start(t, "")
	return z
}

func (z *zitadel) issuer() string { return "http://localhost:" + z.port + "/" }

// start starts the provider, or starts it again, for one redirect URI.
func (z *zitadel) start(t *testing.T, redirect string) {
	t.Helper()
	if z.stop != nil {
		z.stop()
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, z.program) //nolint:gosec // built a moment ago
	cmd.Env = append(os.Environ(), "PORT="+z.port, "USERS_FILE="+z.users, "REDIRECT_URI="+redirect)
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	z.stop = func() { cancel(); _ = cmd.Wait() }
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 200 { // it says nothing when it listens
		res, err := http.Get(z.issuer() + ".well-known/openid-configuration") //nolint:noctx // on this machine
		if err == nil {
			_ = res.Body.Close()
			return
		}
		<-tick.C
	}
	t.Fatal("the provider does not answer")
}

// TestSingleSignOnInABrowser sets an identity provider up that others wrote, comes in
// through it as somebody new, and leaves.
func TestSingleSignOnInABrowser(t *testing.T) {
	t.Parallel()
	ctx := tab(t)
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	a := build(t, db)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	z := newZitadel(t)
	var path, text string
	see := watch(ctx, t, &path, &text)
	see("sign in", chromedp.Navigate(server.URL+"/sign-in?next=/settings/sso"), chromedp.SendKeys("#email", titan.Email(tenant.Owner)), chromedp.SendKeys("#password", dbtest.Password+"\r"), chromedp.WaitVisible("#domain"))
	see("name the domain", chromedp.SendKeys("#domain", "titan.test\r"), chromedp.WaitVisible(".sk-line"))
	if !strings.Contains(text, "_skaiscraper.titan.test") {
		t.Errorf("no record to write: %s", text)
	}
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE sso_domains SET verified_at = now()`); err != nil { // package sso shows the way by DNS
		t.Fatal(err)
	}
	see("name the provider", chromedp.Navigate(server.URL+"/settings/sso/connection?kind=oidc"), chromedp.SendKeys("#issuer", z.issuer()), chromedp.SendKeys("#client_id", "web"),
		chromedp.SendKeys("#client_secret", "secret\r"), chromedp.WaitVisible("#group"))
	_, redirect, _ := strings.Cut(text, server.URL)
	redirect, _, _ = strings.Cut(server.URL+redirect, "\n")
	if !strings.HasSuffix(redirect, "/callback") {
		t.Fatalf("the redirect URI is %q: %s", redirect, text)
	}
	z.start(t, redirect)
	out := []chromedp.Action[chromedp.Void]{chromedp.Navigate(server.URL + "/dashboard"), chromedp.Click(".sk-user summary"), chromedp.Click(`form[action="/sign-out"] button`)}
	see("sign out", append(out, chromedp.WaitVisible("#email"))...)
	see("go to the provider", chromedp.Navigate(server.URL+"/sign-in/sso?next=/leads"), chromedp.SendKeys("#email", "pat@titan.test\r"), chromedp.WaitVisible("#username"))
	see("sign in there", chromedp.SendKeys("#username", "pat"), chromedp.SendKeys("#password", "verysecure\r"), chromedp.WaitVisible(".sk-bar"))
	if path != "/leads" || !strings.Contains(text, "Titan") {
		t.Errorf("at %s: %s", path, text)
	}
	see("sign out of both", append(out, chromedp.WaitVisible(".sk-door .sk-btn-primary"))...)
	if !strings.Contains(text, "You are signed out here") {
		t.Errorf("signed out: %s", text)
	}
}
