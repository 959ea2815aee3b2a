package orgs_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadLogo(t *testing.T) {
	t.Parallel()
	const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`
	for name, c := range map[string]struct {
		data []byte
		want string // the type, or words of the refusal
	}{
		"plain SVG":         {[]byte(head + `<path d="M0 0"/></svg>`), "image/svg+xml"},
		"with a prolog":     {[]byte(`<?xml version="1.0" encoding="UTF-8"?><!-- Inkscape -->` + head + `</svg>`), "image/svg+xml"},
		"PNG":               {picture(t, 200, 28), "image/png"},
		"huge PNG":          {picture(t, 4001, 2), "4001 by 2 pixels"},
		"cut PNG":           {picture(t, 200, 28)[:60], "damaged"},
		"nothing":           {nil, "empty"},
		"too large":         {append([]byte(head+`<!--`), bytes.Repeat([]byte("x"), orgs.MaxLogo)...), "at most 256 kB"},
		"JPEG":              {[]byte("\xff\xd8\xff\xe0"), "neither"},
		"HTML":              {[]byte("<html></html>"), "neither"},
		"another namespace": {[]byte(`<svg></svg>`), "neither"},
		"half a file":       {[]byte(head + `<path`), "neither"},
		"words":             {[]byte("hello"), "neither"},
		"entities":          {[]byte(`<!DOCTYPE svg [<!ENTITY a "aaaa">]>` + head + `</svg>`), "document type"},
		"a script":          {[]byte(head + `<g><ScRiPt>1</ScRiPt></g></svg>`), "scripts"},
		"a handler":         {[]byte(head + `<g onload="x()"/></svg>`), "scripts"},
		"a link":            {[]byte(head + `<a xlink:href=" JavaScript:x()"/></svg>`), "scripts"},
		"a page inside":     {[]byte(head + `<foreignObject/></svg>`), "scripts"},
	} {
		logo, err := orgs.ReadLogo(c.data)
		if err == nil && logo.Type == c.want && bytes.Equal(logo.Data, c.data) {
			continue
		}
		if f := fault.As(err); f == nil || !strings.Contains(f.Fields["logo"], c.want) {
			t.Errorf("%s: got %s, %v; want %s", name, logo.Type, err, c.want)
		}
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan, other := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "other")
	s, ctx := orgs.New(db), titan.As(t, tenant.Owner)
	if err := s.Save(ctx, orgs.Settings{Name: " Titan ", TimeZone: "America/Denver", BrandColor: "#0B5A6B"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Current(ctx)
	colour := "#0b5a6b"
	want := titan.Org
	want.Name, want.TimeZone, want.BrandColor = "Titan", "America/Denver", &colour
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if untouched, err := s.Current(other.As(t, tenant.Owner)); err != nil || untouched.Name != other.Name {
		t.Errorf("the other organisation is %+v, %v", untouched, err)
	}
	err = s.Save(ctx, orgs.Settings{Name: strings.Repeat("n", 201), TimeZone: "Local", BrandColor: "red"})
	if f := fault.As(err); f == nil || len(f.Fields) != 3 {
		t.Errorf("three wrong fields: %v", err)
	}
	if err := s.Save(t.Context(), orgs.Settings{Name: "x", TimeZone: "UTC"}); err == nil {
		t.Error("saved without a scope")
	}
}
