package ui_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// TestKeyboard works a list without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(gallery(t, titan))
	t.Cleanup(srv.Close)
	ctx, complaints := tab(t, browser(t))
	do(t, ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(srv.URL+"/claims"), chromedp.WaitReady("html.sk-js"))
	focused := func() string {
		t.Helper()
		return eval[string](t, ctx, `document.activeElement.name || document.activeElement.innerText.split("\n")[0]`)
	}
	keys := func(s string) {
		t.Helper()
		do(t, ctx, chromedp.KeyEvent(s))
	}
	keys("j")
	keys("j")
	if got := focused(); got != "Desert Ridge HOA" {
		t.Errorf("j twice is at %q", got)
	}
	keys("k")
	if got := focused(); got != "Maria Delgado" {
		t.Errorf("k is at %q", got)
	}
	// A key press whose default was prevented types nothing; chromedp.KeyEvent
	// sends the character apart from the key and would type it all the same.
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "/", Text: "/"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := focused(); got != "q" {
		t.Errorf("/ is at %q", got)
	}
	keys("jg?") // in a field, letters are letters
	if got := eval[string](t, ctx, `document.querySelector("[name=q]").value`); got != "jg?" {
		t.Errorf("the field has %q", got)
	}
	do(t, ctx, chromedp.Navigate(srv.URL+"/claims"), chromedp.WaitReady("html.sk-js"))
	keys("?")
	do(t, ctx, chromedp.WaitVisible("#shortcuts[open]"))
	keys("\x1b")
	do(t, ctx, chromedp.WaitNotVisible("#shortcuts"))
	keys("g")
	keys("d")
	do(t, ctx, chromedp.WaitVisible(".sk-stats"))
	do(t, ctx, chromedp.Navigate(srv.URL+"/claims"), chromedp.WaitReady("html.sk-js"))
	keys("j")
	keys("\r")
	do(t, ctx, chromedp.WaitVisible(".sk-details"))
	keys("n")
	if list := complaints(); len(list) > 0 {
		t.Errorf("the console says %q", list)
	}
}

// TestSearchAsYouType narrows a list in place, with the address following, and
// keeps the list when the server fails.
func TestSearchAsYouType(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(gallery(t, titan))
	t.Cleanup(srv.Close)
	ctx, complaints := tab(t, browser(t))
	do(t, ctx, chromedp.Navigate(srv.URL+"/claims?sort=-number"), chromedp.WaitReady("html.sk-js"))
	do(t, ctx, chromedp.SendKeys("[name=q]", "nothing"), chromedp.WaitVisible("#list .sk-empty"))
	want := srv.URL + "/claims?q=nothing&sort=-number"
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`location.href === "`+want+`"`)); err != nil {
		t.Errorf("the address is %s, want %s: %v", eval[string](t, ctx, "location.href"), want, err)
	}
	if got := eval[string](t, ctx, "document.activeElement.name"); got != "q" {
		t.Errorf("typing goes on in %q", got)
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector("[name=q]").value = ""`),
		chromedp.Evaluate[chromedp.Void](`{ const s = document.querySelector("[name=stage]"); s.value = "filed"; s.dispatchEvent(new Event("input", {bubbles: true})) }`),
		chromedp.WaitVisible(`[aria-label="Remove Stage: Filed"]`), chromedp.WaitNotPresent(`[aria-label="Remove “nothing”"]`))
	if got := eval[int](t, ctx, `document.querySelectorAll("#list tbody tr").length`); got != 1 {
		t.Errorf("the filter leaves %d rows", got)
	}
	// A refused request puts its words into the toasts and leaves the list alone.
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`{ const s = document.querySelector("[name=stage]"); s.name = "stge"; s.dispatchEvent(new Event("input", {bubbles: true})) }`),
		chromedp.WaitVisible("#toasts [data-toast=warn]"))
	if got := eval[string](t, ctx, `document.querySelector("#toasts").innerText`); !strings.Contains(got, `no filter "stge"`) {
		t.Errorf("the toast says %q", got)
	}
	if got := eval[int](t, ctx, `document.querySelectorAll("#list tbody tr").length`); got != 1 {
		t.Errorf("after the error the list has %d rows", got)
	}
	do(t, ctx, chromedp.Click("[data-close]"), chromedp.WaitNotPresent("#toasts [data-toast]"))
	if list := complaints(); len(list) > 0 {
		t.Errorf("the console says %q", list)
	}
}

// TestProgressFollowsTheJob watches a job to its end without loading the page again.
func TestProgressFollowsTheJob(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(gallery(t, titan))
	t.Cleanup(srv.Close)
	ctx, complaints := tab(t, browser(t))
	do(t, ctx, chromedp.Navigate(srv.URL+"/job"), chromedp.WaitReady("#job[hx-get]"), chromedp.WaitReady("#job:not([hx-get])"))
	if got := eval[string](t, ctx, `document.querySelector("#job .sk-num").innerText`); got != "200 of 200 rows" {
		t.Errorf("the end is %q", got)
	}
	if list := complaints(); len(list) > 0 {
		t.Errorf("the console says %q", list)
	}
}

// TestConfirmAndFlash archives through the dialog and sees the message on the next page.
func TestConfirmAndFlash(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(gallery(t, titan))
	t.Cleanup(srv.Close)
	ctx, _ := tab(t, browser(t))
	do(t, ctx, chromedp.Navigate(srv.URL+"/claims/42"), chromedp.WaitReady("html.sk-js"),
		chromedp.Click(`button[commandfor=archive][command=show-modal]`), chromedp.WaitVisible("dialog#archive[open]"))
	if got := eval[string](t, ctx, "document.activeElement.innerText"); got != "Keep it" {
		t.Errorf("the dialog begins at %q, want the harmless choice", got)
	}
	do(t, ctx, chromedp.Click("dialog#archive .sk-btn-danger"), chromedp.WaitVisible("#toasts [data-toast=done]"))
	if got := eval[string](t, ctx, `document.querySelector("#toasts p").innerText`); got != "Claim T-1042 was archived." {
		t.Errorf("the message is %q", got)
	}
	do(t, ctx, chromedp.Reload(), chromedp.WaitReady("html.sk-js"))
	if eval[bool](t, ctx, `!!document.querySelector("[data-toast]")`) {
		t.Error("the message was shown twice")
	}
}

// TestThemeIsKept sets the theme in the menu and finds it on every page after.
func TestThemeIsKept(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(gallery(t, titan))
	t.Cleanup(srv.Close)
	ctx, _ := tab(t, browser(t))
	do(t, ctx, chromedp.Navigate(srv.URL+"/claims?sort=-number"), chromedp.WaitReady("html.sk-js"),
		chromedp.Click(".sk-user > summary"), chromedp.WaitVisible(".sk-user .sk-menu-panel"),
		chromedp.Click(`button[name=theme][value=dark]`), chromedp.WaitReady(`html[data-bs-theme=dark]`))
	if got := eval[string](t, ctx, "location.pathname + location.search"); got != "/claims?sort=-number" {
		t.Errorf("the choice leads to %s", got)
	}
	light, dark := "rgb(242, 244, 245)", "rgb(16, 23, 29)"
	if got := eval[string](t, ctx, "getComputedStyle(document.body).backgroundColor"); got != dark {
		t.Errorf("the page is %s, want %s", got, dark)
	}
	do(t, ctx, chromedp.Navigate(srv.URL+"/dashboard"), chromedp.Click(".sk-user > summary"),
		chromedp.Click(`button[name=theme][value=light]`), chromedp.WaitReady(`html[data-bs-theme=light]`))
	if got := eval[string](t, ctx, "getComputedStyle(document.body).backgroundColor"); got != light {
		t.Errorf("the page is %s, want %s", got, light)
	}
}

// TestWithoutScript uses the pages as a browser does whose scripts are blocked.
func TestWithoutScript(t *testing.T) {
	t.Parallel()
	h := gallery(t, titan)
	noScript := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".js") {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
	srv := httptest.NewServer(noScript)
	t.Cleanup(srv.Close)
	ctx, _ := tab(t, browser(t))
	do(t, ctx, chromedp.Navigate(srv.URL+"/claims"), chromedp.SendKeys("[name=q]", "nothing\r"), chromedp.WaitVisible("#list .sk-empty"),
		chromedp.Click(".sk-user > summary"), chromedp.WaitVisible(".sk-user .sk-menu-panel"))
	if eval[bool](t, ctx, `[...document.querySelectorAll(".sk-needs-script")].some((e) => e.checkVisibility())`) {
		t.Error("a button that needs the script is shown")
	}
	do(t, ctx, chromedp.Navigate(srv.URL+"/claims"), chromedp.Click(".sk-row-link"), chromedp.WaitVisible(".sk-details"))
}

// TestSecureCookieOnLoopback shows what web.CookieName says about Chromium: it
// takes and sends a __Host- cookie over plain http on this machine's own address.
func TestSecureCookieOnLoopback(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/set" {
			http.SetCookie(w, &http.Cookie{Name: "__Host-probe", Value: "1", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<p>" + r.Header.Get("Cookie") + "</p>")) //nolint:gosec // the test's own cookie
	}))
	t.Cleanup(srv.Close)
	if !strings.HasPrefix(srv.URL, "http://127.0.0.1:") {
		t.Fatalf("the test server is at %s", srv.URL)
	}
	ctx, _ := tab(t, browser(t))
	do(t, ctx, chromedp.Navigate(srv.URL+"/set"), chromedp.Navigate(srv.URL+"/"))
	if got := eval[string](t, ctx, "document.body.innerText"); got != "__Host-probe=1" {
		t.Errorf("Chromium sent %q", got)
	}
}
