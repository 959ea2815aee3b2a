package ui_test

import (
	"crypto/sha512"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"
)

// forbidden is what the Content-Security-Policy would stop, or send elsewhere.
var forbidden = map[string]*regexp.Regexp{
	"a style attribute":       regexp.MustCompile(`<[^>]*\sstyle\s*=`),
	"a style element":         regexp.MustCompile(`<style`),
	"an inline script":        regexp.MustCompile(`<script(?:\s+(?:[a-rt-z][^\s>]*|s[^r\s>][^\s>]*))*>`),
	"an event attribute":      regexp.MustCompile(`<[^>]*\son[a-z]+\s*=`),
	"a javascript: address":   regexp.MustCompile(`(?i)javascript:`),
	"hx-on, which needs eval": regexp.MustCompile(`hx-on`),
	"another host":            regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//`),
}

func TestPagesKeepTheContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	h := gallery(t, titan)
	for page, status := range galleryPages {
		w := fetch(t, h, "GET", page)
		if w.Code != status {
			t.Errorf("%s answers %d, want %d", page, w.Code, status)
		}
		for what, form := range forbidden {
			if found := form.FindString(w.Body.String()); found != "" {
				t.Errorf("%s has %s: %s", page, what, found)
			}
		}
	}
	for what, sample := range map[string]string{
		"a style attribute": `<p class="a" style="color:red">`, "a style element": "<style>", "an inline script": `<script defer>`,
		"an event attribute": `<a onclick="x()">`, "a javascript: address": "JavaScript:x", "hx-on, which needs eval": "hx-on:click",
		"another host": `<img src="//cdn.example/x.png">`,
	} {
		if !forbidden[what].MatchString(sample) {
			t.Errorf("this test would not find %s", what)
		}
	}
}

// Every script and style says which content the page means, and that is what is served.
func TestScriptsAndStylesHaveTheirDigest(t *testing.T) {
	t.Parallel()
	h := gallery(t, branded("#b3261e"))
	links := regexp.MustCompile(`<(?:script|link rel="stylesheet")[^>]*>`)
	parts := regexp.MustCompile(`(?:src|href)="([^"]+)" integrity="sha384-([^"]+)"`)
	seen := map[string]bool{}
	for page := range galleryPages {
		for _, tag := range links.FindAllString(fetch(t, h, "GET", page).Body.String(), -1) {
			p := parts.FindStringSubmatch(tag)
			if p == nil {
				t.Errorf("%s: no digest in %s", page, tag)
				continue
			}
			if seen[p[1]] {
				continue
			}
			seen[p[1]] = true
			sum := sha512.Sum384(fetch(t, h, "GET", p[1]).Body.Bytes())
			if got := base64.StdEncoding.EncodeToString(sum[:]); got != html.UnescapeString(p[2]) {
				t.Errorf("%s is not what %s means: %s, not %s", p[1], page, got, p[2])
			}
		}
	}
	if len(seen) < 4 {
		t.Errorf("only %v were looked at", seen)
	}
}

func TestBrandedPage(t *testing.T) {
	t.Parallel()
	page := fetch(t, gallery(t, branded("#b3261e")), "GET", "/claims").Body.String()
	if !strings.Contains(page, `href="/brand/b3261e.`) {
		t.Error("the organisation's stylesheet is not linked")
	}
	for _, colour := range []string{"", "red", `"><script>`, "#12345"} {
		if page := fetch(t, gallery(t, branded(colour)), "GET", "/claims").Body.String(); strings.Contains(page, "/brand/") {
			t.Errorf("%q was taken for a colour", colour)
		}
	}
}
