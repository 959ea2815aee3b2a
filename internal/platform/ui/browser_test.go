package ui_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the one browser of all the tests here, started by the first that
// needs it and stopped by TestMain; a test has a tab of its own.
var chromium struct {
	once sync.Once
	ctx  context.Context //nolint:containedctx // chromedp's handle of a browser is a context
	stop context.CancelFunc
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.stop != nil {
		chromium.stop()
	}
	os.Exit(code)
}

func startChromium() {
	dir, err := os.MkdirTemp("", "skai-ui-")
	if err != nil {
		chromium.err = err
		return
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.UserDataDir(dir))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	chromium.ctx, chromium.err = ctx, chromedp.Do(ctx)
	chromium.stop = func() {
		if err := chromedp.Cancel(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "chromium:", err)
		}
		cancel()
		stopAlloc()
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, "chromium's folder:", err)
		}
	}
}

// browser gives the browser; a tab is made with tab.
func browser(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI has no chromium: apt-get install chromium")
		}
		t.Skip("no chromium on this machine: apt-get install chromium")
	}
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	return chromium.ctx
}

// tab opens a tab and collects what its console complains about.
func tab(t *testing.T, browser context.Context) (ctx context.Context, complaints func() []string) {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext()) // cookies of its own
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var list []string
	if err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *log.EventEntryAdded:
			// The gallery answers some pages with an error on purpose.
			if !strings.Contains(e.Entry.Text, "the server responded with a status of") {
				list = append(list, e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			list = append(list, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			list = append(list, fmt.Sprint("console.", e.Type))
		}
	}); err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return list
	}
}

// eval gives the value of an expression in the page.
func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// screen is a size and a theme to look at a page with.
type screen struct {
	name  string
	width int64
	high  int64
	theme string
	touch bool
}

var screens = []screen{
	{"desk-light", 1440, 900, "light", false},
	{"desk-dark", 1440, 900, "dark", false},
	{"tablet-light", 820, 1180, "light", true},
	{"phone-light", 390, 844, "light", true},
	{"phone-dark", 390, 844, "dark", true},
}

// look gives the tab the screen's size and theme.
func look(t *testing.T, ctx context.Context, url string, s screen) {
	t.Helper()
	if s.touch {
		do(t, ctx, chromedp.EmulateViewport(s.width, s.high, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait))
	} else {
		do(t, ctx, chromedp.EmulateViewport(s.width, s.high))
	}
	if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "theme", Value: s.theme, URL: url}); err != nil {
		t.Fatal(err)
	}
}

// TestGalleryInABrowser opens every page on a desk and a phone, by day and by
// night: nothing may break the Content-Security-Policy or the console, scroll
// sideways, or be too small to touch. With SKAI_GALLERY=DIR it leaves pictures there.
func TestGalleryInABrowser(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(gallery(t, titan))
	t.Cleanup(srv.Close)
	ctx, complaints := tab(t, browser(t))
	for _, s := range screens {
		look(t, ctx, srv.URL, s)
		for page := range galleryPages {
			do(t, ctx, chromedp.Navigate(srv.URL+page), chromedp.WaitReady("main"))
			if wide := eval[string](t, ctx, fmt.Sprintf(widest, s.width)); wide != "" {
				t.Errorf("%s on %s scrolls sideways because of %s", page, s.name, wide)
			}
			picture(t, ctx, page, s)
			// Menus are measured open.
			if s.touch {
				eval[int](t, ctx, `document.querySelectorAll("details").forEach((d) => { d.removeAttribute("name"); d.open = true }) || 0`)
			}
			if small := eval[[]string](t, ctx, tooSmall); s.touch && len(small) > 0 {
				t.Errorf("%s on %s: too small to touch: %q", page, s.name, small)
			}
		}
	}
	if list := complaints(); len(list) > 0 {
		t.Errorf("the console says %q", list)
	}
}

// widest names the element that makes the page wider than the screen.
// It gets the screen's width: a phone's innerWidth grows with the page.
const widest = `((width) => {
	if (document.documentElement.scrollWidth <= width) return "";
	const far = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 1);
	return far.length ? far[0].outerHTML.slice(0, 120) : "an unknown element";
})(%d)`

// tooSmall lists what can be pressed and is lower than 44 px. Links within a
// sentence are exempt, as in WCAG 2.5.8, and what lies under a row's own link.
const tooSmall = `[...document.querySelectorAll("a, button, summary, input:not([type=hidden]), select, textarea")].filter((e) => {
	if (!e.checkVisibility() || e.closest("p, dd, td, li, .sk-crumbs, .sk-table, .sk-skip") || e.matches(".sk-skip, [type=checkbox]")) return false;
	const r = e.getBoundingClientRect();
	return r.width > 0 && Math.round(r.height) < 44;
}).map((e) => e.outerHTML.slice(0, 80) + " " + Math.round(e.getBoundingClientRect().height))`

func picture(t *testing.T, ctx context.Context, page string, s screen) {
	t.Helper()
	dir := os.Getenv("SKAI_GALLERY")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-").Replace(page), "-")
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s.png", name, s.name)), png, 0o600); err != nil { //nolint:gosec // the folder of whoever runs the test
		t.Fatal(err)
	}
}
