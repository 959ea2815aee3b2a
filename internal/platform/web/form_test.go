package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestForm(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	f := web.NewForm(url.Values{
		"name": {"  Ana\r\nMuster "}, "stage": {"filed"}, "stories": {"2"}, "owner": {id.String()},
		"sms": {"on"}, "tags": {"hail", " ", "roof"}, "version": {"7"}, "squares": {"1,200"},
	})
	stories, set := f.Int("stories", 0, 99)
	squares, _ := f.Int("squares", 0, 9999)
	owner, _ := f.ID("owner")
	_, absent := f.ID("nobody")
	got := []any{
		f.Need("name", "the name"), f.Choice("stage", "filed", "build"), stories, set, squares, owner, absent,
		f.Bool("sms"), f.Bool("none"), f.List("tags"), f.Version(), f.Text("none"),
	}
	want := []any{"Ana\nMuster", "filed", int64(2), true, int64(1200), id, false, true, false, []string{"hail", "roof"}, int64(7), ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := f.Err(); err != nil {
		t.Error(err)
	}
}

func TestFormProblems(t *testing.T) {
	t.Parallel()
	f := web.NewForm(url.Values{
		"title": {" "}, "stage": {"gone"}, "stories": {"two"}, "owner": {"x"}, "notes": {"a\x00b"},
		"more": {"\xff"}, "long": {strings.Repeat("ä", 20_001)}, "version": {"-1"}, "tags": {"ok", "\x00"},
	})
	f.Need("title", "the title")
	f.Choice("stage", "filed", "build")
	f.Int("stories", 1, 9)
	f.ID("owner")
	f.Text("notes")
	f.Text("more")
	f.Text("long")
	f.Version()
	f.List("tags")
	want := fault.Fields{
		"title":   "Enter the title.",
		"stage":   `"gone" is not one of filed, build.`,
		"stories": "Enter a whole number from 1 to 9.",
		"owner":   "Choose one from the list.",
		"notes":   "This has characters that are not text. Type it again rather than paste it.",
		"more":    "This has characters that are not text. Type it again rather than paste it.",
		"tags":    "This has characters that are not text. Type it again rather than paste it.",
		"long":    "This is longer than 20000 characters. Shorten it, or add the rest as a file.",
		"version": "This page does not say which version of the record it shows. Open the record again.",
	}
	if diff := cmp.Diff(want, f.Fields); diff != "" {
		t.Error(diff)
	}
}

func TestPathID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("GET /claims/{id}", public, func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		return show(id.String())(w, r)
	})
	id := uuid.NewString()
	if got := s.ask(t, "GET", "/claims/"+id, "").Body.String(); got != id {
		t.Errorf("got %q", got)
	}
	if res := s.ask(t, "GET", "/claims/42", ""); res.StatusCode != 404 {
		t.Errorf("not an id: got %d", res.StatusCode)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]int64{`"3"`: 3, `W/"4"`: 4, "5": 5, web.ETag(6): 6} {
		if got, err := web.ParseVersion(header); err != nil || got != want {
			t.Errorf("%s: got %d, %v", header, got, err)
		}
	}
	for _, header := range []string{"", "*", `"-1"`, `"x"`, `""`} {
		if _, err := (web.IfMatch{IfMatch: header}).Version(); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%q: got %v, want a refusal", header, err)
		}
	}
}

func TestFlash(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("POST /x", public, func(w http.ResponseWriter, r *http.Request) error {
		web.SetFlash(w, r, web.Done, "Claim %s was opened.", "T-1")
		return web.Redirect(w, r, "/y")
	})
	s.Page("GET /y", public, func(w http.ResponseWriter, r *http.Request) error {
		f, ok := web.TakeFlash(w, r)
		if !ok {
			return show("none")(w, r)
		}
		return show(string(f.Tone)+" "+f.Text)(w, r)
	})
	for _, https := range []string{"http", "https"} {
		sent := s.ask(t, "POST", "/x", "", "X-Forwarded-Proto", https)
		c := sent.Cookies()[0]
		if !c.HttpOnly || c.Path != "/" || c.SameSite != http.SameSiteLaxMode || c.Secure != (https == "https") ||
			strings.HasPrefix(c.Name, "__Host-") != (https == "https") {
			t.Errorf("%s: the cookie is %v", https, c)
		}
		res := s.ask(t, "GET", "/y", "", "X-Forwarded-Proto", https, "Cookie", c.Name+"="+c.Value)
		if got := res.Body.String(); got != "done Claim T-1 was opened." {
			t.Errorf("%s: got %q", https, got)
		}
		if gone := res.Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 {
			t.Errorf("%s: the message was not removed: %v", https, gone)
		}
		changed := []byte(c.Value)
		changed[len(changed)-5] ^= 1
		if got := s.ask(t, "GET", "/y", "", "X-Forwarded-Proto", https, "Cookie", c.Name+"="+string(changed)).Body.String(); got != "none" {
			t.Errorf("%s: a changed message was shown: %q", https, got)
		}
	}
	if got := newSiteWithY(t).ask(t, "GET", "/y", "", "Cookie", "flash=AAAA").Body.String(); got != "none" {
		t.Errorf("a made-up message was shown: %q", got)
	}
}

func newSiteWithY(t *testing.T) site {
	t.Helper()
	s := newSite(t)
	s.Page("GET /y", public, func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := web.TakeFlash(w, r); ok {
			return show("shown")(w, r)
		}
		return show("none")(w, r)
	})
	return s
}

func TestRedirect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Page("POST /x", public, func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/y") })
	if res := s.ask(t, "POST", "/x", ""); res.StatusCode != 303 || res.Header.Get("Location") != "/y" {
		t.Errorf("got %d %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := s.ask(t, "POST", "/x", "", "HX-Request", "true"); res.Header.Get("HX-Redirect") != "/y" {
		t.Errorf("htmx: got %d %v", res.StatusCode, res.Header)
	}
}
