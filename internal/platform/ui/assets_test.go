package ui_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/platform/ui"
)

func assetURL(t *testing.T, name string) string {
	t.Helper()
	u, err := ui.Asset(name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := gallery(t, titan)
	for name, kind := range map[string]string{
		"skai.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "htmx.js": "text/javascript; charset=utf-8",
		"mark.svg": "image/svg+xml", "icon-192.png": "image/png",
	} {
		plain := fetch(t, h, http.MethodGet, assetURL(t, name))
		if plain.Code != 200 || plain.Header().Get("Content-Type") != kind || plain.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: got %d %v", name, plain.Code, plain.Header())
		}
		packed := fetch(t, h, http.MethodGet, assetURL(t, name), "Accept-Encoding", "gzip")
		if packed.Header().Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(z)
			if err != nil || !bytes.Equal(b, plain.Body.Bytes()) {
				t.Errorf("%s: packed and plain differ: %v", name, err)
			}
		} else if strings.HasPrefix(kind, "text/") {
			t.Errorf("%s is sent unpacked", name)
		}
	}
	if w := fetch(t, h, http.MethodGet, "/static/app.00000000.js"); w.Code != 404 || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("an old name: got %d %q", w.Code, w.Header().Get("Cache-Control"))
	}
	if w := fetch(t, h, http.MethodHead, assetURL(t, "app.js")); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: got %d and %d bytes", w.Code, w.Body.Len())
	}
	if _, err := ui.Asset("nothing.js"); err == nil {
		t.Error("an unknown asset has an address")
	}
}

func TestHomeScreen(t *testing.T) {
	t.Parallel()
	h := gallery(t, titan)
	var manifest struct {
		Name  string
		Icons []struct{ Src, Type string }
	}
	w := fetch(t, h, http.MethodGet, "/manifest.webmanifest")
	if err := json.NewDecoder(w.Body).Decode(&manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.Icons) != 3 || manifest.Name != "SkaiScraper" {
		t.Errorf("got %+v", manifest)
	}
	for _, i := range manifest.Icons {
		if w := fetch(t, h, http.MethodGet, i.Src); w.Code != 200 || w.Header().Get("Content-Type") != i.Type {
			t.Errorf("%s: got %d %s", i.Src, w.Code, w.Header().Get("Content-Type"))
		}
	}
	if w := fetch(t, h, http.MethodGet, "/favicon.ico"); w.Header().Get("Location") != assetURL(t, "mark.svg") {
		t.Errorf("/favicon.ico leads to %q", w.Header().Get("Location"))
	}
}

// TestIcons compares the list, the vendored files and the names in the code.
func TestIcons(t *testing.T) {
	t.Parallel()
	list, err := os.Open("icons.txt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = list.Close() })
	var listed, vendored []string
	for s := bufio.NewScanner(list); s.Scan(); {
		listed = append(listed, s.Text())
	}
	files, err := filepath.Glob("static/vendor/icons/*.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		vendored = append(vendored, strings.TrimSuffix(filepath.Base(f), ".svg"))
	}
	slices.Sort(listed)
	slices.Sort(vendored)
	if diff := cmp.Diff(listed, vendored); diff != "" {
		t.Errorf("icons.txt and the vendored icons differ, run make assets: %s", diff)
	}
	used := regexp.MustCompile(`(?:Icon\(|Icon:\s*)"([a-z0-9-]+)"`)
	var found int
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".templ") && !strings.HasSuffix(path, ".go") {
			return err
		}
		code, err := os.ReadFile(path) //nolint:gosec // the program's own code
		if err != nil {
			return err
		}
		for _, m := range used.FindAllSubmatch(code, -1) {
			found++
			if !slices.Contains(listed, string(m[1])) {
				t.Errorf("%s uses the icon %q; add it to icons.txt and run make assets", path, m[1])
			}
		}
		return nil
	})
	if err != nil || found < 20 {
		t.Errorf("found %d icons in the code, %v", found, err)
	}
}
