package app_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// tab opens a real browser.
func tab(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI has no chromium: apt-get install chromium")
		}
		t.Skip("no chromium on this machine: apt-get install chromium")
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestSignInInABrowser goes through the door as a person does, on plain http and
// 127.0.0.1 as skai serve is reached on one machine.
func TestSignInInABrowser(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	server := httptest.NewServer(build(t, db).Handler())
	t.Cleanup(server.Close)
	ctx := tab(t)
	var path, text string
	see := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var err error
		if path, err = chromedp.Run(ctx, chromedp.Evaluate[string]("location.pathname")); err == nil {
			text, err = chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	see("open a page", chromedp.Navigate(server.URL+"/settings/sessions"), chromedp.WaitVisible("#email"))
	if path != "/sign-in" {
		t.Errorf("a page before signing in leads to %s", path)
	}
	see("a wrong password", chromedp.SendKeys("#email", titan.Email(tenant.Owner)), chromedp.SendKeys("#password", "not this one\r"), chromedp.WaitVisible(".sk-note"))
	if !strings.Contains(text, "The e-mail address or the password is wrong") {
		t.Errorf("a wrong password says %q", text)
	}
	see("the right one", chromedp.SendKeys("#password", dbtest.Password+"\r"), chromedp.WaitVisible(".sk-bar"))
	if path != "/settings/sessions" || !strings.Contains(text, "This is the device you are using") {
		t.Errorf("signed in to %s: %q", path, text)
	}
	see("sign out", chromedp.Click(".sk-user summary"), chromedp.Click(`form[action="/sign-out"] button`), chromedp.WaitVisible("#email"))
	if path != "/sign-in" || !strings.Contains(text, "You are signed out") {
		t.Errorf("signed out to %s: %q", path, text)
	}
}
