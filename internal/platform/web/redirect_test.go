package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// FuzzSafeNext looks at what a browser makes of the address, wherever the page
// stands: it has to stay on this site. Browsers drop tabs and line ends, take a
// backslash for a slash, and blanks at the ends away.
func FuzzSafeNext(f *testing.F) {
	for _, seed := range []string{
		"/claims?q=a&sort=-b", "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "javascript:alert(1)",
		"/%2Fevil.example", "/..//evil.example", "/./\\evil.example", "/a/..//evil.example", "/\x00/evil", "/@evil.example", "/:80", "/;//evil.example",
		"/claims#//evil.example", "/%5Cevil.example", "\u2028//evil.example", "/\u2028/evil.example", "/．．//evil.example", "/%09/evil.example",
	} {
		f.Add(seed)
	}
	here, err := url.Parse("https://skai.example/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := web.SafeNext(raw)
		browser := strings.NewReplacer("\t", "", "\n", "", "\r", "", "\\", "/").Replace(strings.TrimFunc(got, func(r rune) bool { return r <= ' ' }))
		to, err := here.Parse(browser)
		if err != nil || to.Scheme != "https" || to.Host != "skai.example" || to.User != nil {
			t.Fatalf("%q leads to %q: %v %v", raw, got, to, err)
		}
		if !strings.HasPrefix(browser, "/") || strings.HasPrefix(browser, "//") || strings.ContainsAny(got, "\\\t\r\n\x00") {
			t.Fatalf("%q leads to %q", raw, got)
		}
		if again := web.SafeNext(got); again != got && len(got) <= 2000 {
			t.Fatalf("%q is kept as %q, and that as %q", raw, got, again)
		}
		if tidy := to.JoinPath(); strings.HasPrefix(to.Path, "//") || strings.HasPrefix(tidy.Path, "//") || strings.Contains(to.Path, "\\") {
			t.Fatalf("%q leads to %q, which a proxy may read as another host", raw, got)
		}
	})
}
