package ui

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// htmxConfig turns off what the Content-Security-Policy forbids or we do without:
// its own style sheet, and keeping pages for going back (a page may name people,
// and the server has the newer one).
const htmxConfig = `{"includeIndicatorCSS":false,"history":"reload","defaultTimeout":35000,"prefix":""}`

// pref is one choice of a preference.
type pref struct{ value, text, icon string }

// home is where the person is at home.
func home(ctx context.Context) string { return cmp.Or(viewer(ctx).Home, Dashboard.URL) }

// sections are what the person may open.
func sections(ctx context.Context) []Section {
	if s := viewer(ctx).Sections; s != nil {
		return s
	}
	return []Section{Dashboard, Leads, Claims, Contacts, Properties, Migration}
}

// tabs is how many sections a phone's bar shows beside More.
const tabs = 4

func firstSections(ctx context.Context) []Section {
	all := sections(ctx)
	return all[:min(tabs, len(all))]
}

func moreSections(ctx context.Context) []Section {
	all := sections(ctx)
	return all[min(tabs, len(all)):]
}

func inMore(ctx context.Context, s Section) bool {
	return s == Settings || slices.Contains(moreSections(ctx), s)
}

func documentTitle(ctx context.Context, h Head) string {
	parts := []string{h.Title, viewer(ctx).Org.Name, "SkaiScraper"}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// initials are one or two letters that stand for a name: "Titan Roofing" is TR.
func initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		if r, _ := utf8.DecodeRuneInString(word); len(letters) < 2 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			letters = append(letters, unicode.ToUpper(r))
		}
	}
	return string(letters)
}

func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}

func toastIcon(t web.Tone) string {
	switch t {
	case web.Done:
		return "check"
	case web.Warn:
		return "alert-triangle"
	case web.Note:
	}
	return "info-circle"
}

// problemTitle says what happened in words; the detail says what to do.
func problemTitle(p *web.Problem) string {
	switch p.Status {
	case http.StatusNotFound:
		return "Nothing here"
	case http.StatusForbidden:
		return "You can't do that here"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return "Somebody or something got there first"
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return "Some of that can't be taken as it is"
	case http.StatusRequestEntityTooLarge:
		return "That is too large"
	case http.StatusTooManyRequests:
		return "Too fast"
	case http.StatusServiceUnavailable:
		return "Not available right now"
	case http.StatusMethodNotAllowed:
		return "That can't be done at this address"
	}
	return "A fault in the program"
}

// withoutQuery is the address of a page whose search, filter, order or cursor was
// refused, without them; "" where it was something else.
func withoutQuery(ctx context.Context, p *web.Problem) string {
	at, query, _ := strings.Cut(requestOf(ctx).path, "?")
	if p.Status != http.StatusUnprocessableEntity || query == "" {
		return ""
	}
	return at
}

func fieldNames(f fault.Fields) []string {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
