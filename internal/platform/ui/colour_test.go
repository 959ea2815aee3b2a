package ui_test

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

// pair is a colour by day and by night.
type pair struct{ day, night string }

var variable = regexp.MustCompile(`(--[a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)`)

// variables reads the colour pairs of a stylesheet.
func variables(css string) map[string]pair {
	all := map[string]pair{}
	for _, m := range variable.FindAllStringSubmatch(css, -1) {
		all[m[1]] = pair{m[2], m[3]}
	}
	return all
}

// ratio is the contrast of WCAG 2.2, worked out apart from the code under test.
func ratio(t rapid.TB, a, b string) float64 {
	t.Helper()
	lum := func(hex string) float64 {
		var parts [3]float64
		for i := range parts {
			n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
			if err != nil {
				t.Fatalf("%q is not a colour: %v", hex, err)
			}
			s := float64(n) / 255
			if s <= 0.04045 {
				parts[i] = s / 12.92
			} else {
				parts[i] = math.Pow((s+0.055)/1.055, 2.4)
			}
		}
		return parts[0]*0.2126 + parts[1]*0.7152 + parts[2]*0.0722
	}
	la, lb := lum(a), lum(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func ownStyle(t *testing.T) string {
	t.Helper()
	css, err := os.ReadFile(filepath.Join("static", "css", "1-base.css"))
	if err != nil {
		t.Fatal(err)
	}
	return string(css)
}

// atLeast checks a colour on a ground, by day and by night.
func atLeast(t rapid.TB, want float64, what string, colour, ground pair) {
	t.Helper()
	for _, c := range [][3]string{{"day", colour.day, ground.day}, {"night", colour.night, ground.night}} {
		if got := ratio(t, c[1], c[2]); got < want {
			t.Errorf("%s by %s: %s on %s has %.2f:1, want %g:1", what, c[0], c[1], c[2], got, want)
		}
	}
}

func TestOwnColoursCanBeRead(t *testing.T) {
	t.Parallel()
	css := ownStyle(t)
	v := variables(css)
	for _, ground := range []string{"--sk-paper", "--sk-surface", "--sk-sunken", "--sk-hover"} {
		for _, words := range []string{"--sk-ink", "--sk-ink-2", "--sk-brand-text"} {
			atLeast(t, 4.5, words+" on "+ground, v[words], v[ground])
		}
		atLeast(t, 3, "the focus ring on "+ground, v["--sk-focus"], v[ground])
	}
	for _, ground := range []string{"--sk-paper", "--sk-surface"} {
		atLeast(t, 4.5, "an error on "+ground, v["--sk-danger"], v[ground])
		atLeast(t, 3, "a field's edge on "+ground, v["--sk-edge"], v[ground])
	}
	atLeast(t, 4.5, "a primary button", v["--sk-on-brand"], v["--sk-brand"])
	atLeast(t, 4.5, "a red button", v["--sk-on-danger"], v["--sk-danger"])
	atLeast(t, 7, "the bar", pair{"#ffffff", "#ffffff"}, v["--sk-bar"])
	tones := regexp.MustCompile(`\.sk-(neutral|blue|amber|green|red|purple) \{[^}]*\}`).FindAllString(css, -1)
	if len(tones) != 6 {
		t.Fatalf("found %d tones, want 6", len(tones))
	}
	for _, tone := range tones {
		v := variables(tone)
		atLeast(t, 4.5, tone[:12], v["--t-fg"], v["--t-bg"])
	}
}

// TestBrandColoursCanBeRead gives the program every colour a contractor might
// choose and reads what came of it.
func TestBrandColoursCanBeRead(t *testing.T) {
	t.Parallel()
	h := gallery(t, titan)
	grounds := variables(ownStyle(t))
	check := func(t rapid.TB, hex string, css string) {
		t.Helper()
		v := variables(css)
		atLeast(t, 4.5, hex+": words on a button", v["--sk-on-brand"], v["--sk-brand"])
		atLeast(t, 7, hex+": words on the bar", pair{"#ffffff", "#ffffff"}, v["--sk-bar"])
		for _, ground := range []string{"--sk-paper", "--sk-surface", "--sk-sunken", "--sk-hover"} {
			atLeast(t, 4.5, hex+": a link on "+ground, v["--sk-brand-text"], grounds[ground])
		}
		if got := ratio(t, v["--sk-brand"].night, grounds["--sk-surface"].night); got < 3 {
			t.Errorf("%s: a button on a dark card has %.2f:1", hex, got)
		}
	}
	for _, hex := range []string{"#000000", "#ffffff", "#ffff00", "#0000ff", "#ff0000", "#777777", "#d71920", "#ffc20e"} {
		w := fetch(t, h, http.MethodGet, ui.BrandURL(hex))
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Fatalf("%s: got %d, Cache-Control %q", hex, w.Code, w.Header().Get("Cache-Control"))
		}
		check(t, hex, w.Body.String())
	}
	rapid.Check(t, func(rt *rapid.T) {
		hex := fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(rt, "colour"))
		check(rt, hex, fetch(t, h, http.MethodGet, ui.BrandURL(hex)).Body.String())
	})
	if w := fetch(t, h, http.MethodGet, "/brand/b3261e.00000000.css"); w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("another version's address: got %d, Cache-Control %q", w.Code, w.Header().Get("Cache-Control"))
	}
	if w := fetch(t, h, http.MethodGet, "/brand/red;}body{display:none.css"); w.Code != 404 {
		t.Errorf("not a colour: got %d", w.Code)
	}
}
