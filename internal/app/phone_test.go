package app_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// outside names what sticks out of a phone's screen, unless it scrolls in a box of its own.
const outside = `(() => {
	const scrolls = (e) => e && e !== document.documentElement && (["auto", "scroll"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
	const far = [...document.querySelectorAll("main *")].find((e) => e.checkVisibility() && e.getBoundingClientRect().width > 1 && e.getBoundingClientRect().right > 391 && !scrolls(e.parentElement));
	return far ? far.outerHTML.slice(0, 120) : "";
})()`

// TestNothingSticksOutOnAPhone opens every page that has an address of its own as an
// owner, at 390 px.
func TestNothingSticksOutOnAPhone(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	a := build(t, db)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	ctx := tab(t)
	var path, text string
	see := watch(ctx, t, &path, &text)
	see("sign in", chromedp.Navigate(server.URL+"/sign-in"), chromedp.SendKeys("#email", titan.Email(tenant.Owner)), chromedp.SendKeys("#password", dbtest.Password+"\r"), chromedp.WaitVisible(".sk-bar"))
	opened := 0
	for _, r := range a.Routes() {
		if r.Method != "GET" || r.Kind != web.KindPage || strings.ContainsAny(r.Pattern, "{.") || strings.HasPrefix(r.Pattern, "/api") || r.Pattern == "/settings/ops/live" || r.Pattern == "/settings/ops/series" {
			continue
		}
		see(r.Pattern, chromedp.EmulateViewport(390, 844), chromedp.Navigate(server.URL+r.Pattern), chromedp.WaitReady("main"))
		far, err := chromedp.Run(ctx, chromedp.Evaluate[string](outside))
		if err != nil {
			t.Fatal(err)
		}
		if opened++; far != "" {
			t.Errorf("on %s (%s) this sticks out: %s", r.Pattern, path, far)
		}
	}
	if opened < 30 {
		t.Errorf("only %d pages were opened", opened)
	}
}
