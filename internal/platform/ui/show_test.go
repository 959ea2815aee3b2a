package ui_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func render(t *testing.T, ctx context.Context, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var tags = regexp.MustCompile(`<[^>]*>`)

// words is what a person reads of a component.
func words(t *testing.T, ctx context.Context, c templ.Component) string {
	t.Helper()
	return strings.Join(strings.Fields(tags.ReplaceAllString(render(t, ctx, c), " ")), " ")
}

func TestValues(t *testing.T) {
	t.Parallel()
	ctx := titan(t.Context())
	now := time.Now()
	for want, c := range map[string]templ.Component{
		"$23,418.50":      ui.Money(2_341_850),
		"-$125.00":        ui.Money(-12_500),
		"$0.00":           ui.MoneyOr(cents(0)),
		"— not known":     ui.MoneyOr(nil),
		"Aug 14, 2026":    ui.Day(lossDay(14)),
		"just now":        ui.Since(now.Add(-59 * time.Second)),
		"1 minute ago":    ui.Since(now.Add(-time.Minute)),
		"23 hours ago":    ui.Since(now.Add(-23*time.Hour - 59*time.Minute)),
		"1 day ago":       ui.Since(now.Add(-24 * time.Hour)),
		"11 months ago":   ui.Since(now.Add(-360 * 24 * time.Hour)),
		"2 years ago":     ui.Since(now.Add(-731 * 24 * time.Hour)),
		"in 2 hours":      ui.Since(now.Add(2*time.Hour + time.Minute)),
		"Adjuster review": ui.StagePill(ui.Amber, "Adjuster review"),
		"(602) 555-0123":  ui.Phone("(602) 555-0123", "+16025550123"),
	} {
		if got := words(t, ctx, c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1000: "-1,000", -999: "-999", 1_048_576: "1,048,576"} {
		if got := ui.Count(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
	for want, names := range map[string][]string{"": nil, "a, b, c": {"a", "b", "c"}, "a, b and 2 more files": {"a", "b", "c", "d"}} {
		if got := ui.Names(names, 2, "files"); got != want {
			t.Errorf("%v is written %q, want %q", names, got, want)
		}
	}
	for _, c := range []templ.Component{ui.Day(date.Date{}), ui.Time(time.Time{}), ui.Since(time.Time{}), ui.Text("")} {
		if got := words(t, ctx, c); got != "— not known" {
			t.Errorf("an absent value is shown as %q", got)
		}
	}
}

// A moment late in the evening in Phoenix is the next day in UTC.
func TestTimesAreTheOrganisations(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 15, 5, 30, 0, 0, time.UTC)
	got := render(t, titan(t.Context()), ui.Time(at))
	for _, want := range []string{"Aug 14, 2026, 10:30 PM", `datetime="2026-08-15T05:30:00Z"`, "Friday, August 14, 2026, 10:30 PM MST"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
}

// An export that knows the day alone is read as midnight: nobody worked then.
func TestADayWithoutAnHour(t *testing.T) {
	t.Parallel()
	ctx := titan(t.Context())
	phoenix := time.FixedZone("MST", -7*3600)
	for at, want := range map[time.Time]string{
		time.Date(2024, 11, 2, 0, 0, 0, 0, phoenix): "Nov 2, 2024 ",
		time.Date(2024, 11, 2, 0, 0, 1, 0, phoenix): "Nov 2, 2024, 12:00 AM ",
		time.Date(2024, 11, 2, 9, 5, 0, 0, phoenix): "Nov 2, 2024, 9:05 AM ",
	} {
		if got := words(t, ctx, ui.Time(at)); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := words(t, ctx, ui.Dated(at)); !strings.HasPrefix(got, "Nov 2, 2024 ") || !strings.HasSuffix(got, "ago") {
			t.Errorf("in a list: %q", got)
		}
	}
}

func TestWhatPeopleTypeIsText(t *testing.T) {
	t.Parallel()
	evil := `"><script>alert(1)</script>`
	q := web.ListQuery{Q: evil, Filters: url.Values{"stage": {evil}}}
	for name, c := range map[string]templ.Component{
		"list":  ui.List(ui.Listing{Table: ui.Table{Caption: evil, Query: q, Path: "/claims", Columns: []ui.Column{{Title: evil}}, Rows: []ui.Row{{URL: "javascript:alert(1)", Cells: []templ.Component{ui.Strong(evil, evil)}}}}, Placeholder: evil}),
		"field": ui.Input(ui.Field{Name: "a", Label: evil, Value: evil, Error: evil, Hint: evil}),
		"text":  ui.Textarea(ui.Field{Name: "a", Label: evil, Value: "</textarea>" + evil}),
		"extra": ui.Extra(map[string]string{evil: evil}),
		"phone": ui.Phone(evil, "javascript:alert(1)"),
		"diff":  ui.Diff(evil, time.Now(), []ui.DiffRow{{Label: evil, Yours: evil, Theirs: evil}}),
		"tabs":  ui.Tabs(evil, []ui.Tab{{Text: evil, URL: "javascript:alert(1)"}}),
	} {
		got := render(t, titan(t.Context()), c)
		if strings.Contains(got, "<script>alert") || strings.Contains(got, `"javascript:`) {
			t.Errorf("%s: what was typed became part of the page: %s", name, got)
		}
	}
}

func TestListHeader(t *testing.T) {
	t.Parallel()
	page := fetch(t, gallery(t, titan), http.MethodGet, "/claims?sort=-number&limit=20&q=hail&carrier=Unheard+of").Body.String()
	for _, want := range []string{
		`aria-sort="descending"><a href="/claims?carrier=Unheard+of&amp;limit=20&amp;q=hail&amp;sort=number"`, // turns round
		`aria-sort="none"><a href="/claims?carrier=Unheard+of&amp;limit=20&amp;q=hail&amp;sort=carrier"`,
		`<input type="hidden" name="limit" value="20">`, `<input type="hidden" name="sort" value="-number">`,
		`aria-label="Remove Carrier: Unheard of"`, `href="/claims?limit=20&amp;sort=-number">Clear all`,
		`href="/claims.csv?carrier=Unheard+of&amp;limit=20&amp;q=hail&amp;sort=-number"`,
		`rel="next" href="/claims?carrier=Unheard+of&amp;cursor=abc&amp;limit=20&amp;q=hail&amp;sort=-number"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, `<input type="hidden" name="q"`) {
		t.Error("the search is carried twice")
	}
}

func TestRefusedForm(t *testing.T) {
	t.Parallel()
	form := web.NewForm(url.Values{"email": {"nobody"}, "password": {"secret"}, "carrier": {"Gone Mutual"}})
	form.Fields = fault.Fields{"email": "Enter an email like dana@example.com.", "version": "Open the record again."}
	email := ui.FieldOf(form, "email", "Email", "old@example.com").With(func(f *ui.Field) { f.Hint = "For signing in." })
	got := render(t, t.Context(), templ.Join(
		ui.ErrorSummary(form.Fields, email), ui.Input(email),
		ui.Input(ui.FieldOf(form, "password", "Password", "").With(func(f *ui.Field) { f.Type = "password" })),
		ui.Select(ui.FieldOf(form, "carrier", "Carrier", "").With(func(f *ui.Field) { f.Options = []ui.Option{{Value: "a", Text: "A"}} })),
		ui.Input(ui.FieldOf(form, "phone", "Phone", "+1")),
	))
	for _, want := range []string{
		`<a href="#email">Email</a>: Enter an email like dana@example.com.`, "<li>Open the record again.</li>",
		`value="nobody"`, `aria-invalid="true" aria-describedby="email-error email-hint"`, `id="email-error"`, `id="email-hint"`,
		`<option value="Gone Mutual" selected>Gone Mutual</option>`, `value="+1"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if strings.Contains(got, "secret") {
		t.Error("the password is written into the page")
	}
	if empty := render(t, t.Context(), ui.ErrorSummary(nil)); empty != "" {
		t.Errorf("a form without problems has a summary: %s", empty)
	}
}

// Who lost a race sees first what differs; the rest is folded away.
func TestTwoVersions(t *testing.T) {
	t.Parallel()
	got := render(t, titan(t.Context()), ui.Diff("Chris", time.Now(), []ui.DiffRow{
		{Label: "Title", Yours: "Ours", Theirs: "Ours"}, {Label: "RCV", Yours: "1.00", Theirs: "2.00"}, {Label: "Source", Yours: "", Theirs: ""},
	}))
	differs, same, folded := strings.Cut(got, "<details>")
	if !strings.Contains(differs, "autofocus") || !strings.Contains(differs, "RCV") || strings.Contains(differs, "Title") {
		t.Errorf("what differs: %s", differs)
	}
	if !folded || !strings.Contains(same, "2 fields are the same in both") || !strings.Contains(same, "Title") || strings.Contains(same, "RCV") {
		t.Errorf("what is the same: %s", same)
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	h := gallery(t, titan)
	send := func(form url.Values) (status int, to, cookie string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, ui.PrefsPath, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
		return w.Code, w.Header().Get("Location"), cookie
	}
	for _, c := range []struct {
		name, value, next string
		status            int
		to, cookie        string
	}{
		{"theme", "dark", "/claims?q=a", 303, "/claims?q=a", "theme=dark"},
		{"density", "compact", "/claims", 303, "/claims", "density=compact"},
		{"theme", "light", "//evil.example", 303, "/dashboard", "theme=light"},
		{"theme", "red", "/claims", 422, "", ""},
		{"density", "x", "/claims", 422, "", ""},
	} {
		status, to, cookie := send(url.Values{c.name: {c.value}, "next": {c.next}})
		if status != c.status || to != c.to || cookie != c.cookie {
			t.Errorf("%s=%s: got %d to %q with %q", c.name, c.value, status, to, cookie)
		}
	}
	page := fetch(t, h, http.MethodGet, "/claims", "Cookie", "theme=dark; density=compact").Body.String()
	if !strings.Contains(page, `data-bs-theme="dark"`) || !strings.Contains(page, `data-density="compact"`) {
		t.Error("the page does not follow the preferences")
	}
	if page := fetch(t, h, http.MethodGet, "/claims", "Cookie", "theme=x; density=y").Body.String(); !strings.Contains(page, `class="sk-auto"`) || !strings.Contains(page, `data-density="comfortable"`) {
		t.Error("made-up preferences are followed")
	}
}

func TestAPIDocs(t *testing.T) {
	t.Parallel()
	page := fetch(t, gallery(t, titan), http.MethodGet, "/api/docs").Body.String()
	for _, want := range []string{
		`<h2 id="Claims">Claims</h2>`, "/api/claims/{id}/stage", "Only this stage. One of intake, filed", "1 to 200. 50 unless given",
		"<code>items[].rcv_cents</code>", "whole number or null", "The stage to move to. One of filed, approved", "text (uuid)", "100 requests a minute",
		`curl -H &#34;Authorization: Bearer $SKAI_KEY&#34; &#34;$SKAI_URL/api/claims&#34;`,
		`curl -X POST -H &#34;Authorization: Bearer $SKAI_KEY&#34; -H &#39;If-Match: &#34;3&#34;&#39; -H &#39;Content-Type: application/json&#39; -d &#39;{&#34;stage&#34;:&#34;filed&#34;}&#39; &#34;$SKAI_URL/api/claims/{id}/stage&#34;`,
		`curl &#34;$SKAI_URL/api/health&#34;`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestErrorFragment(t *testing.T) {
	t.Parallel()
	w := fetch(t, gallery(t, titan), http.MethodGet, "/broken", "HX-Request", "true")
	got := w.Body.String()
	if w.Code != 500 || !strings.HasPrefix(got, `<div data-toast="warn"`) || strings.Contains(got, "<html") || strings.Contains(got, "on purpose") {
		t.Errorf("got %d %s", w.Code, got)
	}
}
