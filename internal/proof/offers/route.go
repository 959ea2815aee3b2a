package offers

import (
	"strings"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// Route finds the route that an offer leads to: like net/http, the one with the fewest
// variables.
func Route(routes []web.Route, o Offer) (best web.Route, ok bool) {
	fewest := len(o.Path) + 1
	for _, r := range routes {
		if r.Method != o.Method {
			continue
		}
		if n, fits := variables(r.Pattern, o.Path); fits && n < fewest {
			best, ok, fewest = r, true, n
		}
	}
	return best, ok
}

func variables(pattern, path string) (n int, fits bool) {
	if pattern == "/{$}" {
		return 0, path == "/"
	}
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i, segment := range want {
		if strings.HasPrefix(segment, "{") {
			if got[i] == "" {
				return 0, false
			}
			n++
		} else if segment != got[i] {
			return 0, false
		}
	}
	return n, true
}
