package decode

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
)

func utf16Text(s string, big bool) []byte { return charset.AppendUTF16(nil, []byte(s), big) }

func TestTellsEncodings(t *testing.T) {
	t.Parallel()
	table := "Name,City\r\nJos\u00e9 \U0001F600,\"Z\u00fc,\r\nrich\"\r\nAda,Phoenix\r\n"
	want := []string{"header: Name|City", "data: José 😀|Zü,\r\nrich", "data: Ada|Phoenix"}
	for _, test := range []struct {
		name     string
		text     []byte
		encoding string
	}{
		{"utf-8", []byte(table), UTF8},
		{"utf-8 with mark", []byte("\ufeff" + table), UTF8BOM},
		{"utf-16le with mark", utf16Text("\ufeff"+table, false), UTF16LE},
		{"utf-16be with mark", utf16Text("\ufeff"+table, true), UTF16BE},
		{"utf-16le", utf16Text(table, false), UTF16LE},
		{"utf-16be", utf16Text(table, true), UTF16BE},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, rows := read(t, test.name, test.text, nil)
			if l.Encoding != test.encoding || l.ForeignCount != 0 {
				t.Errorf("encoding %q, %d lines foreign", l.Encoding, l.ForeignCount)
			}
			if diff := cmp.Diff(want, showAll(rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadsWindows1252LineByLine(t *testing.T) {
	t.Parallel()
	plain := strings.Repeat("Ada,Phoenix\n", 5000)
	for _, test := range []struct {
		name, text, encoding string
		foreign              []int
		want                 []string // the rows that are not Ada's
	}{
		{"late", "Name,City\n" + plain + "Jos\xe9,\x93Zurich\x94\n", Windows1252, []int{5002}, []string{"header: Name|City", "data: José|“Zurich”"}},
		{"beside UTF-8", "Name,City\nJosé,Zürich\nJos\xe9,Z\xfcrich\n", Mixed, []int{3}, []string{"header: Name|City", "data: José|Zürich", "data: José|Zürich"}},
		{"beside a mark", "\ufeffName,City\nJos\xe9,Z\xfcrich\n", UTF8BOM, []int{2}, []string{"header: Name|City", "data: José|Zürich"}},
		{"in one record", "Name,City\n\"José\nJos\xe9\",x\n", Mixed, []int{3}, []string{"header: Name|City", "data: José\nJosé|x"}},
		{"in one line with UTF-8", "Name,City\nJosé,Jos\xe9\nJosé,x\n", UTF8, nil, []string{"header: Name|City", "bad encoding", "data: José|x"}},
		{"a capital before a curly quote", "Name,City\nJos\xe9,x\n\x93CAF\xc9\x94,x\n", Windows1252, []int{2, 3}, []string{"header: Name|City", "data: José|x", "data: “CAFÉ”|x"}},
		{"a byte it has not", "Name,City\nJos\xe9,x\nJos\x81,x\n", Windows1252, []int{2}, []string{"header: Name|City", "data: José|x", "bad encoding"}},
		{"a header", "Stra\xdfe,City\nx,y\n", Windows1252, []int{1}, []string{"header: Straße|City", "data: x|y"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, rows := read(t, test.name, []byte(test.text), nil)
			if l.Encoding != test.encoding || l.ForeignCount != len(test.foreign) {
				t.Errorf("encoding %q, %d lines foreign", l.Encoding, l.ForeignCount)
			}
			if diff := cmp.Diff(test.foreign, l.ForeignLines); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			rest := slices.DeleteFunc(showAll(rows), func(s string) bool { return s == "data: Ada|Phoenix" })
			if diff := cmp.Diff(test.want, rest); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestShowsWhatCantBeRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ encoding, raw, want string }{
		{UTF8BOM, "\ufeff1,\"x\r\n", `1,"x`},
		{UTF8, "Jos\x81,\"x", `Jos\x81,"x`},
		{Mixed, "José,Jos\xe9\n", `José,Jos\xE9`},
		{Windows1252, "Jos\xe9,\"x\n", `José,"x`},
		{UTF16LE, "\"\x00\xe9\x00\x00\xd8\n\x00", `"é\xED\xA0\x80`},
	} {
		if got := Text(Layout{Encoding: test.encoding}, []byte(test.raw)); got != test.want {
			t.Errorf("%s: %s, not %s", test.encoding, got, test.want)
		}
	}
}

func TestListsNotTooManyForeignLines(t *testing.T) {
	t.Parallel()
	l, _ := read(t, "many.csv", []byte("Name,City\n"+strings.Repeat("Jos\xe9,x\n", 3000)), nil)
	if l.ForeignCount != 3000 || len(l.ForeignLines) != 1000 {
		t.Errorf("%d lines, %d listed", l.ForeignCount, len(l.ForeignLines))
	}
}

func TestWarnsOfAnotherAlphabet(t *testing.T) {
	t.Parallel()
	warning := "alphabet other than the Western one"
	cyrillic := "Name,City\n" + strings.Repeat("\xc8\xe2\xe0\xed\xee\xe2,\xcc\xee\xf1\xea\xe2\xe0\n", 10) // Windows-1251
	l, _ := read(t, "cyrillic.csv", []byte(cyrillic), nil)
	if !strings.Contains(strings.Join(l.Notes, "\n"), warning) {
		t.Errorf("no warning: %q", l.Notes)
	}
	l, _ = read(t, "spanish.csv", []byte("Name,City\n"+strings.Repeat("Jos\xe9 Nu\xf1ez,C\xe1diz\n", 50)), nil)
	if strings.Contains(strings.Join(l.Notes, "\n"), warning) {
		t.Errorf("warning: %q", l.Notes)
	}
}

func TestKeepsBrokenUTF16(t *testing.T) {
	t.Parallel()
	text := utf16Text("\ufeffName,City\nAda,Phoenix\n", false)
	text = append(text, 'x', 0, 0x00, 0xD8, ',', 0, 'y', 0, '\n', 0) // half of a surrogate pair
	text = append(text, utf16Text("Charles,Tucson\nz,", false)...)
	text = append(text, 'w') // half of a unit
	l, rows := read(t, "broken.csv", text, nil)
	want := []string{"header: Name|City", "data: Ada|Phoenix", "bad encoding", "data: Charles|Tucson", "bad encoding"}
	if diff := cmp.Diff(want, showAll(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(strings.Join(l.Notes, "\n"), "2 rows can't be read for sure: the encoding is unclear") {
		t.Errorf("%q", l.Notes)
	}
}
