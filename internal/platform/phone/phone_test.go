package phone_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/phone"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"(602) 555-0123": "+16025550123", "602-555-0123": "+16025550123", "602.555.0123": "+16025550123", "6025550123": "+16025550123",
		" 602 555 0123\u00a0": "+16025550123", "1-602-555-0123": "+16025550123", "+1 (602) 555-0123": "+16025550123", "(+1)6025550123": "+16025550123",
		"602/555-0123": "+16025550123", "tel:+16025550123": "+16025550123", "16025550123": "+16025550123",
		"\u202a(602) 555\u20110123\u202c": "+16025550123", "6025550123.0": "+16025550123", "16025550123.0": "+16025550123",
		"Cell: 602-555-0123": "+16025550123", "602-555-0123 (mobile)": "+16025550123", "W 602-555-0123": "+16025550123",
		"800-555-0199": "+18005550199", "416-555-0100": "+14165550100", "206-311-4137": "+12063114137",
		"602-555-0123 x12": "+16025550123 12", "602-555-0123x12": "+16025550123 12", "602-555-0123 ext. 12": "+16025550123 12",
		"602-555-0123 EXT:12": "+16025550123 12", "602-555-0123 extension 1234": "+16025550123 1234", "(602) 555-0123 #12": "+16025550123 12",
		"602-555-0123, ext 7": "+16025550123 7", "tel:+1-602-555-0123;ext=12": "+16025550123 12", "602-555-0123 (x12)": "+16025550123 12",
		"+44 20 7946 0958": "+442079460958", "+44 (0)20 7946 0958": "+442079460958", "011 44 20 7946 0958": "+442079460958",
		"0052 55 5350 1234": "+525553501234", "+39 06 1234 5678": "+390612345678", "+45 26 12 34 56": "+4526123456", "+4526123456": "+4526123456",
	} {
		got, err := phone.Parse(in)
		if err != nil || strings.TrimSpace(got.E164+" "+got.Ext) != want || got.Typed != in {
			t.Errorf("Parse(%q) = %+v, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, words := range map[string]string{
		"": "no phone number", " - ": "no phone number", "cell": "no phone number", "+": "no phone number",
		"555-0123": "area code is missing", "602555012": "has 9", "60255501234": "has 11", "2": "has 1", "+1602555012": "has 10", "011": "has 3",
		"(123) 555-0123": "no such area code", "0000000000": "no such area code", "999-999-9999": "no such area code", "911-555-0123": "no such area code",
		"(602) 155-0123": "three digits after", "602-055-0123": "three digits after",
		"602-555-0123 602-555-0199": "more than one", "602-555-0123, 602-555-0199": "more than one", "602-555-0123\n602-555-0199": "more than one",
		"602-555-0123 or 0199": "words beside", "602-555-0123 Bob": "words beside", "call Bob": "words beside", "602-555-0123 \u2013 caf\u00e9": "words beside",
		"1-800-ROOFING": "words beside", "#12": "words beside", "602-555-0123*9": "words beside", "\xff602-555-0123": "words beside",
		"602-555-0123 x": "the extension", "602-555-0123 x12 y": "the extension", "602-555-0123 x12345678": "the extension",
		"6.02555E+09": "shortened", "6.025550123e9": "shortened",
		"+6025550123": "country its +", "+44 1": "country its +", "+999 1234567": "country its +", "00 999 1234567": "country its +", "+0123456789": "country its +",
	} {
		got, err := phone.Parse(in)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Parse(%q) = %+v, %v; want an error with %q", in, got, err, words)
		}
	}
}

func TestParseAll(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]phone.Number{
		"602-555-0123": {{E164: "+16025550123", Typed: "602-555-0123"}},
		"602-555-0123 / (602) 555-0199": {
			{E164: "+16025550123", Typed: "602-555-0123"}, {E164: "+16025550199", Typed: "(602) 555-0199"},
		},
		"602-555-0123 x12; 1 602 555 0199 or +44 20 7946 0958": {
			{E164: "+16025550123", Typed: "602-555-0123 x12", Ext: "12"},
			{E164: "+16025550199", Typed: "1 602 555 0199"},
			{E164: "+442079460958", Typed: "+44 20 7946 0958"},
		},
		"H: 602-555-0123 C: 602-555-0199": {
			{E164: "+16025550123", Typed: "H: 602-555-0123"}, {E164: "+16025550199", Typed: "C: 602-555-0199"},
		},
		"6025550123 6025550199": {
			{E164: "+16025550123", Typed: "6025550123"}, {E164: "+16025550199", Typed: "6025550199"},
		},
		"602-555-0123\r\n602-555-0199 and 6025550177\n": {
			{E164: "+16025550123", Typed: "602-555-0123"}, {E164: "+16025550199", Typed: "602-555-0199"}, {E164: "+16025550177", Typed: "6025550177"},
		},
		"602-555-0123, ext 4, 602-555-0199": {
			{E164: "+16025550123", Typed: "602-555-0123, ext 4", Ext: "4"}, {E164: "+16025550199", Typed: "602-555-0199"},
		},
	} {
		got, err := phone.ParseAll(in)
		if err != nil {
			t.Errorf("ParseAll(%q): %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseAll(%q) (-want +got):\n%s", in, diff)
		}
	}
	for in, words := range map[string]string{
		"": "no phone number", " / ": "no phone number", "555-0123": "area code is missing",
		"602-555-0123/0199":   "number 2 in this cell: a US phone number has 10 digits and this has 4",
		"602-555-0123 or Bob": "number 2 in this cell: there are words", "6025550123602555": "has 16",
	} {
		if got, err := phone.ParseAll(in); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("ParseAll(%q) = %v, %v; want an error with %q", in, got, err, words)
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"+16025550123": "(602) 555-0123", "+442079460958": "+44 20 7946 0958", "": "", "ask Bob": "ask Bob", "602": "602",
	} {
		if got := phone.Format(in); got != want {
			t.Errorf("Format(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestWrittenNumbersReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.StringMatching(`\+1[2-9][02-8][0-9][2-9][0-9]{6}`).Draw(t, "number")
		for _, text := range []string{n, phone.Format(n), n[1:], n[2:], phone.Format(n) + " home"} {
			if got, err := phone.Parse(text); err != nil || got.E164 != n {
				t.Fatalf("Parse(%q) = %+v, %v; want %s", text, got, err, n)
			}
		}
		ext := rapid.StringMatching(`[0-9]{1,7}`).Draw(t, "ext")
		all, err := phone.ParseAll(phone.Format(n) + " x" + ext + "; " + n)
		if err != nil || len(all) != 2 || all[0].Ext != ext || all[1].E164 != n {
			t.Fatalf("ParseAll gave %+v, %v", all, err)
		}
	})
}

// TestPublishedContacts reads the 1,000 numbers of a published contact list.
func TestPublishedContacts(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "contacts", "us-500.csv"))
	if err != nil {
		t.Skipf("the published contact list is not beside the project: %v", err)
	}
	defer f.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for _, in := range row[8:10] {
			got, err := phone.Parse(in)
			if err != nil || fmt.Sprintf("+1%s", strings.ReplaceAll(in, "-", "")) != got.E164 {
				t.Errorf("row %d: Parse(%q) = %+v, %v", i+1, in, got, err)
			}
		}
	}
}

func FuzzPhone(f *testing.F) {
	for _, seed := range []string{"(602) 555-0123 x12", "+44 20 7946 0958", "H: 602-555-0123 C: 602-555-0199", "011 44 20 7946 0958", "602-555-0123, ext 4, 6025550199"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all, err := phone.ParseAll(s)
		if err != nil {
			return
		}
		for _, n := range all {
			again, err := phone.Parse(n.E164)
			if err != nil || again.E164 != n.E164 {
				t.Errorf("%q has %q, which reads back as %q, %v", s, n.E164, again.E164, err)
			}
			if shown, err := phone.Parse(phone.Format(n.E164)); err != nil || shown.E164 != n.E164 {
				t.Errorf("%q is shown as %q, which reads back as %q, %v", n.E164, phone.Format(n.E164), shown.E164, err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, in := range []string{"(602) 555-0123", "602-555-0123 x12", "+44 20 7946 0958", "not known"} {
		b.Run(in, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = phone.Parse(in)
			}
		})
	}
}

func BenchmarkFormat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = phone.Format("+16025550123")
	}
}
