// Package alike compares answers, but for what differs from request to request: ids,
// the canaries' own names, secrets, numbers.
package alike

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	uuids      = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	canaryWord = regexp.MustCompile(`canary-?[absx]-?[0-9a-f]{6}`)
	token      = regexp.MustCompile(`(?:M\d+ \d+h1v1h-1z)+|[A-Za-z0-9_-]{20,}|\b[a-z2-7]{5}-[a-z2-7]{5}\b`) // QR codes; sessions, keys, challenges; backup codes
	ago        = regexp.MustCompile(`(<span class=\\?"sk-ago\\?">)[^<]*`)                                   // "just now" becomes "1 minute ago" while it is compared
	digits     = regexp.MustCompile(`[0-9]+`)
)

// plain is an answer without what differs from request to request.
func plain(text string) string {
	text = uuids.ReplaceAllString(text, "*")
	text = canaryWord.ReplaceAllString(text, "*")
	text = ago.ReplaceAllString(text, "$1")
	text = token.ReplaceAllString(text, "~")
	return digits.ReplaceAllString(text, "#")
}

// Difference shows where two texts differ in what should be the same, "" for nowhere.
// With grows the second may go on after the end of the first.
func Difference(a, b string, grows bool) string {
	one, two := plain(a), plain(b)
	if one == two || grows && strings.HasPrefix(two, one) {
		return ""
	}
	n := 0
	for n < min(len(one), len(two)) && one[n] == two[n] {
		n++
	}
	excerpt := func(s string) string { return s[max(0, n-40):min(len(s), n+60)] }
	return fmt.Sprintf("%q, not %q", excerpt(one), excerpt(two))
}
