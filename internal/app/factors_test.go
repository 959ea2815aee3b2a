package app_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/sms"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// authenticator gives the browser a device that keeps passkeys and always says
// that its owner was there.
func authenticator(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		return chromedp.Void{}, err
	}
	_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	return chromedp.Void{}, err
}

// TestPasskeysInABrowser sets a passkey up and signs in with it: as the second
// factor, as the only one, and with a backup code in its place.
func TestPasskeysInABrowser(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	server := httptest.NewServer(build(t, db).Handler())
	t.Cleanup(server.Close)
	site := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // a passkey needs a name
	ctx := tab(t)
	var path, text string
	see := watch(ctx, t, &path, &text)
	password := []chromedp.Action[chromedp.Void]{
		chromedp.Navigate(site + "/sign-in?next=/settings/factors"), chromedp.SendKeys("#email", titan.Email(tenant.Owner)), chromedp.SendKeys("#password", dbtest.Password+"\r"),
	}
	see("sign in", append([]chromedp.Action[chromedp.Void]{authenticator}, append(password, chromedp.WaitVisible(".sk-bar"))...)...)
	if path != "/settings/factors" || !strings.Contains(text, "You have none yet") {
		t.Errorf("signed in to %s: %q", path, text)
	}
	see("set a passkey up", chromedp.Navigate(site+"/settings/factors/passkey"), chromedp.SendKeys("#name", "My phone"), chromedp.Click("form[data-passkey] button"), chromedp.WaitVisible(".sk-codes"))
	code, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".sk-codes code").innerText`))
	if err != nil || len(code) != 11 {
		t.Fatalf("the first backup code is %q, %v", code, err)
	}
	out := []chromedp.Action[chromedp.Void]{chromedp.Navigate(site + "/settings/factors"), chromedp.Click(".sk-user summary"), chromedp.Click(`form[action="/sign-out"] button`), chromedp.WaitVisible("#email")}
	see("sign out", out...)

	see("the password alone", append(password, chromedp.WaitVisible("#code"))...)
	if path != "/sign-in/second" {
		t.Errorf("the password alone leads to %s", path)
	}
	see("go around", chromedp.Navigate(site+"/claims"), chromedp.WaitVisible("#code"))
	if path != "/sign-in/second" {
		t.Errorf("a half-open session reaches %s: %q", path, text)
	}
	see("the passkey as well", chromedp.Click("form[data-passkey] button"), chromedp.WaitVisible(".sk-bar"))
	if path != "/claims" {
		t.Errorf("with the passkey at %s", path)
	}
	see("sign out", out...)

	see("the passkey alone", chromedp.Navigate(site+"/sign-in/passkey?next=/leads"), chromedp.Click("form[data-passkey] button"), chromedp.WaitVisible(".sk-bar"))
	if path != "/leads" {
		t.Errorf("the passkey alone leads to %s: %q", path, text)
	}
	see("sign out", out...)

	see("the password once more", append(password, chromedp.WaitVisible("#code"))...)
	see("a wrong code", chromedp.SendKeys("#code", "aaaaa-aaaaa\r"), chromedp.WaitVisible(".sk-note"))
	if !strings.Contains(text, "This code is not right") {
		t.Errorf("a wrong code says %q", text)
	}
	see("a backup code", chromedp.SendKeys("#code", strings.ToUpper(code)+"\r"), chromedp.WaitVisible(".sk-bar"))
	if path != "/settings/factors" || !strings.Contains(text, "My phone") || !strings.Contains(text, "9 codes are left") {
		t.Errorf("with the code at %s: %q", path, text)
	}
}

// TestCodesInABrowser signs in with the code of an authenticator app, and with one
// that was sent as a text message.
func TestCodesInABrowser(t *testing.T) {
	t.Parallel()
	db, outbox := dbtest.New(t), t.TempDir()
	titan := dbtest.Org(t, db, "titan")
	messages, err := sms.New(sms.Config{Folder: outbox})
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "test", Vault: testVault(t, db), SMS: messages})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	v := visit{tab(t), server.URL}
	for _, role := range []tenant.Role{tenant.Owner, tenant.Manager} {
		titan.As(t, role)
		password := []chromedp.Action[chromedp.Void]{
			chromedp.Navigate(v.url + "/sign-in?next=/claims"), chromedp.SendKeys("#email", titan.Email(role)), chromedp.SendKeys("#password", dbtest.Password+"\r"),
		}
		out := []chromedp.Action[chromedp.Void]{chromedp.Navigate(v.url + "/claims"), chromedp.Click(".sk-user summary"), chromedp.Click(`form[action="/sign-out"] button`), chromedp.WaitVisible("#email")}
		v.see(t, "sign in", append(password, chromedp.WaitVisible(".sk-bar"))...)
		var code func() string
		if role == tenant.Owner {
			v.see(t, "open the app's page", chromedp.Navigate(v.url+"/settings/factors/app"), chromedp.WaitVisible("#code"))
			secret, err := chromedp.Run(v.tab, chromedp.Evaluate[string](`document.querySelector("main code").innerText`))
			if err != nil {
				t.Fatal(err)
			}
			ahead := time.Duration(0) // a code counts once, and the next one is taken too
			code = func() string {
				shown, err := totp.GenerateCode(secret, time.Now().Add(ahead))
				if err != nil {
					t.Fatal(err)
				}
				ahead += 30 * time.Second
				return shown
			}
		} else {
			v.see(t, "have a code sent", chromedp.Navigate(v.url+"/settings/factors/phone"), chromedp.SendKeys("#phone", "602-555-0123\r"), chromedp.WaitVisible("#code"))
			code = func() string {
				list, err := sms.Latest(outbox, 1)
				if err != nil || len(list) == 0 {
					t.Fatal(list, err)
				}
				_, text, _ := strings.Cut(list[0], "\n\n")
				return text[:6]
			}
		}
		v.see(t, "confirm it", chromedp.SendKeys("#code", code()+"\r"), chromedp.WaitVisible(".sk-codes"))
		v.see(t, "sign out", out...)
		v.see(t, "the password alone", append(password, chromedp.WaitVisible("#code"))...)
		if role == tenant.Manager {
			if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE sms_sent SET last_at = now() - interval '1 minute'`); err != nil {
				t.Fatal(err)
			}
			if text := v.see(t, "have another sent", chromedp.Click(`form[action="/sign-in/second/message"] button`), chromedp.WaitVisible(".sk-toast")); !strings.Contains(text, "A code is on its way") {
				t.Errorf("it says %s", text)
			}
		}
		if text := v.see(t, "the code as well", chromedp.SendKeys("#code", code()+"\r"), chromedp.WaitVisible(".sk-bar")); !strings.Contains(text, "Claims") {
			t.Errorf("with the code: %s", text)
		}
		v.see(t, "sign out again", out...)
	}
}
