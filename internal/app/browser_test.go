package app_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
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
	see := watch(ctx, t, &path, &text)
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

// TestAForgottenPasswordInABrowser follows the mailed link as a person does.
func TestAForgottenPasswordInABrowser(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	p := startMailing(t, db)
	v := visit{tab(t), p.url}
	v.see(t, "the door", chromedp.Navigate(p.url+"/sign-in"), chromedp.Click(`a[href="/sign-in/forgot"]`), chromedp.WaitVisible(`form[action="/sign-in/forgot"]`))
	text := v.see(t, "ask for a link", chromedp.SendKeys("#email", titan.Email(tenant.Owner)+"\r"), chromedp.WaitNotPresent("#email"))
	if !strings.Contains(text, "If there is an account with that address") {
		t.Errorf("asking says %q", text)
	}
	link := p.mailed(t, titan.Email(tenant.Owner), "/sign-in/reset?token=")
	v.see(t, "follow it", chromedp.Navigate(link), chromedp.WaitVisible("#again"))
	text = v.see(t, "a common password", chromedp.SendKeys("#password", "unbelievable"), chromedp.SendKeys("#again", "unbelievable\r"), chromedp.WaitVisible(".sk-error"))
	if !strings.Contains(text, "guessed first") {
		t.Errorf("a common password says %q", text)
	}
	const another = "gutters full of oak leaves"
	text = v.see(t, "a good one", chromedp.SendKeys("#password", another), chromedp.SendKeys("#again", another+"\r"), chromedp.WaitVisible("#email"))
	if !strings.Contains(text, "Your password is changed") {
		t.Errorf("changed says %q", text)
	}
	v.see(t, "sign in with it", chromedp.SendKeys("#email", titan.Email(tenant.Owner)), chromedp.SendKeys("#password", another+"\r"), chromedp.WaitVisible(".sk-bar"))
	text = v.see(t, "the link again", chromedp.Navigate(link), chromedp.WaitVisible(".sk-door"))
	if !strings.Contains(text, "not good any more") {
		t.Errorf("a used link says %q", text)
	}
}

// TestAnInvitationInABrowser goes from the owner's form to the new member's first page.
func TestAnInvitationInABrowser(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	p := startMailing(t, db)
	v := visit{tab(t), p.url}
	v.see(t, "the owner signs in", chromedp.Navigate(p.url+"/sign-in?next=/settings/people"), chromedp.SendKeys("#email", titan.Email(tenant.Owner)),
		chromedp.SendKeys("#password", dbtest.Password+"\r"), chromedp.WaitVisible(`a[href="/settings/people/invite"]`))
	v.see(t, "the form", chromedp.Click(`a[href="/settings/people/invite"]`), chromedp.WaitVisible(`form[action="/settings/people/invite"]`))
	text := v.see(t, "invite", chromedp.SendKeys("#email", "sam@titan.example"), chromedp.SendKeys("#name", "Sam Carter\r"), chromedp.WaitVisible("#list"))
	if !strings.Contains(text, "Sam Carter") || !strings.Contains(text, "Invited") {
		t.Errorf("the list says %q", text)
	}
	link := p.mailed(t, "sam@titan.example", "/invitation?token=")
	text = v.see(t, "the owner opens the link", chromedp.Navigate(link), chromedp.WaitVisible(`form[action="/sign-out"]`))
	if !strings.Contains(text, "Sign out, then open the link again") {
		t.Errorf("the owner sees %q", text)
	}
	v.see(t, "sign out", chromedp.Click(`form[action="/sign-out"] button`), chromedp.WaitVisible("#email"))
	v.see(t, "Sam opens it", chromedp.Navigate(link), chromedp.WaitVisible("#again"))
	const another = "gutters full of oak leaves"
	text = v.see(t, "accept", chromedp.SendKeys("#password", another), chromedp.SendKeys("#again", another+"\r"), chromedp.WaitVisible("#email"))
	if !strings.Contains(text, "Welcome to Titan Roofing") {
		t.Errorf("accepted says %q", text)
	}
	text = v.see(t, "sign in", chromedp.SendKeys("#email", "sam@titan.example"), chromedp.SendKeys("#password", another+"\r"), chromedp.WaitVisible(".sk-bar"))
	if !strings.Contains(text, "Titan Roofing") || !strings.Contains(text, "SC\n") || !strings.Contains(text, "Dashboard") {
		t.Errorf("the first page says %q", text)
	}
}

// visit is a person at a browser.
type visit struct {
	tab context.Context
	url string
}

// see does steps and gives the words of the page they lead to.
func (v visit) see(t *testing.T, what string, steps ...chromedp.Action[chromedp.Void]) (text string) {
	t.Helper()
	var path string
	watch(v.tab, t, &path, &text)(what, steps...)
	return text
}

// watch gives a function that does steps in a browser, after which path and text are
// those of the page they lead to.
func watch(ctx context.Context, t *testing.T, path, text *string) func(what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	return func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			shown, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + ' ' + document.body.innerText"))
			t.Fatalf("%s: %v; the page: %s", what, err, shown)
		}
		var err error
		if *path, err = chromedp.Run(ctx, chromedp.Evaluate[string]("location.pathname")); err == nil {
			*text, err = chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// mailing is a program that serves, does its jobs and mails into a folder.
type mailing struct{ url, folder string }

func startMailing(t *testing.T, db *postgres.DB) mailing {
	t.Helper()
	m := mailing{folder: t.TempDir()}
	server := httptest.NewUnstartedServer(nil)
	m.url = "http://" + server.Listener.Addr().String()
	post, err := mail.New(mail.Config{Folder: m.folder, URL: m.url})
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Mail: post, Vault: dbtest.Vault(t, db)})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Handler()
	server.Start()
	t.Cleanup(server.Close)
	ctx, stop := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() { worked <- a.Work(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-worked; err != nil {
			t.Error(err)
		}
	})
	return m
}

// mailed waits for a mail to somebody with a link that begins as told, and gives the link.
func (m mailing) mailed(t *testing.T, to, begins string) string {
	t.Helper()
	look, deadline := time.NewTicker(50*time.Millisecond), time.After(time.Minute)
	defer look.Stop()
	for {
		list, err := mail.Latest(m.folder, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			if _, after, ok := strings.Cut(k.Text, m.url+begins); ok && k.To == to {
				token, _, _ := strings.Cut(after, "\n")
				return m.url + begins + token
			}
		}
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("no mail to %s with a link to %s came", to, begins)
		}
	}
}
