package normalise_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/migration/normalise"
)

func TestBlank(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]bool{ // blank in a typed column, blank as a name
		"": {true, true}, " ": {true, true}, "\u00a0\t\u200b\ufeff": {true, true}, "n/a": {true, true}, " N/A ": {true, true},
		"-": {true, true}, "--": {true, true}, "\u2014": {true, true}, "----------------": {true, true},
		"NA": {true, false}, "null": {true, false}, "NULL": {true, false}, "None": {true, false}, "nil": {true, false}, "#N/A": {true, false},
		"n.a.": {true, false}, "NaN": {true, false}, "(blank)": {true, false}, "(none)": {true, false}, "undefined": {true, false},
		"0": {false, false}, "no": {false, false}, "unknown": {false, false}, "TBD": {false, false}, "#REF!": {false, false}, "-5": {false, false},
		"Nullman": {false, false}, "Na": {true, false}, ".": {false, false}, "\x00": {false, false},
	} {
		if got := [2]bool{normalise.Blank(in), normalise.BlankName(in)}; got != want {
			t.Errorf("%q is blank: %v; want %v", in, got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "a": "a", " a\tb \r\n": "a\tb", "\ufeffName\u200b": "Name", "\u00a0\u2003x\u202f": "x", "a\u00a0b": "a\u00a0b",
		"  \u200b ": "", "\x00a": "\x00a", "\xffa ": "\xffa", "e\u0301 ": "e\u0301",
	} {
		if got := normalise.Text(in); got != want {
			t.Errorf("Text(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestStorable(t *testing.T) {
	t.Parallel()
	for in, words := range map[string]string{"a\x00b": "NUL", "a\xffb": "UTF-8"} {
		if err := normalise.Storable(in); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Storable(%q) = %v; want an error with %q", in, err, words)
		}
	}
	for _, in := range []string{"", "Zo\u00eb \U0001f600", "\ufffd", "\x01"} {
		if err := normalise.Storable(in); err != nil {
			t.Errorf("Storable(%q) = %v", in, err)
		}
	}
}

func TestBool(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"Yes": true, " y ": true, "TRUE": true, "t": true, "1": true, "x": true, "On": true, "\u2713": true,
		"No": false, "N": false, "false": false, "0": false, "off": false,
	} {
		if got, err := normalise.Bool(in); err != nil || got != want {
			t.Errorf("Bool(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "maybe", "2", "yes?", "not known", "ja"} {
		if got, err := normalise.Bool(in); err == nil || !strings.Contains(err.Error(), "yes or no") {
			t.Errorf("Bool(%q) = %v, %v; want an error", in, got, err)
		}
	}
}

func TestInt(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"0": 0, "1250": 1250, " 1,250 ": 1250, "1250.0": 1250, "-3": -3, "200,000,000": 200_000_000} {
		if got, err := normalise.Int(in); err != nil || got != want {
			t.Errorf("Int(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for in, words := range map[string]string{
		"": "not a whole number", "2400 sq ft": "not a whole number", "24 SQ": "not a whole number", "$5": "not a whole number", "USD 5": "not a whole number",
		"(5)": "not a whole number", "1,25": "not a whole number", "5-6": "not a whole number", "200000001": "not a whole number", "twelve": "not a whole number",
		"12.5": "without decimals",
	} {
		if got, err := normalise.Int(in); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Int(%q) = %d, %v; want an error with %q", in, got, err, words)
		}
	}
}

func TestYear(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"1987": 1987, " 2024.0 ": 2024, "1600": 1600} {
		if got, err := normalise.Year(in); err != nil || got != want {
			t.Errorf("Year(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "87", "1599", "2200", "19 87", "c. 1987", "1987-1990", "6/19/1987", "19a7"} {
		if got, err := normalise.Year(in); err == nil || !strings.Contains(err.Error(), "not a year") {
			t.Errorf("Year(%q) = %d, %v; want an error", in, got, err)
		}
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ann.Shea@Example.COM": "Ann.Shea@example.com", " a@b.co ": "a@b.co", "mailto:a@b.com": "a@b.com", "Ann Shea <ann@shea.com>": "ann@shea.com",
		"<a@b.com>": "a@b.com", "o'neil+roof@x-y.example.com": "o'neil+roof@x-y.example.com", "a@b.com;": "a@b.com", "jos\u00e9@b\u00fccher.de": "jos\u00e9@b\u00fccher.de",
		"a@xn--bcher-kva.example": "a@xn--bcher-kva.example",
	} {
		if got, err := normalise.Email(in); err != nil || got != want {
			t.Errorf("Email(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for in, words := range map[string]string{
		"": "no email address", " ; ": "no email address", "ann": "one @", "a@@b.com": "one @", "a@b@c.com": "one @", "a@b.com; c@d.com": "more than one",
		"a@b.com c@d.com": "more than one", "email a@b.com": "words beside", "a b@c.com": "words beside", "@b.com": "name of a mailbox", ".a@b.com": "name of a mailbox",
		"a..b@c.com": "name of a mailbox", "a(b)@c.com": "name of a mailbox", strings.Repeat("a", 65) + "@b.com": "name of a mailbox", "\x00@b.com": "name of a mailbox",
		"a@": "not a domain", "a@b": "not a domain", "a@b.c": "not a domain", "a@-b.com": "not a domain", "a@b-.com": "not a domain", "a@b..com": "not a domain",
		"a@b.com.": "not a domain", "a@1.2.3.4": "not a domain", "a@b.12": "not a domain", "a@b_c.com": "not a domain", "a@" + strings.Repeat("b", 64) + ".com": "not a domain",
		"a@b.com/c": "not a domain", "a@\xff.com": "not a domain",
	} {
		if got, err := normalise.Email(in); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Email(%q) = %q, %v; want an error with %q", in, got, err, words)
		}
	}
}

func TestEmails(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"a@b.com": {"a@b.com"}, "a@b.com; C@D.com": {"a@b.com", "C@d.com"}, "a@b.com,c@d.com\n": {"a@b.com", "c@d.com"}, "a@b.com c@d.com": {"a@b.com", "c@d.com"},
		"a@b.com or c@d.com": {"a@b.com", "c@d.com"}, "a@b.com; A@B.com": {"a@b.com"}, "Ann <a@b.com>; Bob <c@d.com>": {"a@b.com", "c@d.com"}, "a@b.com & c@d.com": {"a@b.com", "c@d.com"},
	} {
		got, err := normalise.Emails(in)
		if err != nil {
			t.Errorf("Emails(%q): %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Emails(%q) (-want +got):\n%s", in, diff)
		}
	}
	for in, words := range map[string]string{
		"": "no email address", " ;; ": "no email address", "a@b.com; nope": "address 2 in this cell", "nope; a@b.com": "address 1 in this cell", "call Bob": "one @",
	} {
		if got, err := normalise.Emails(in); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Emails(%q) = %v, %v; want an error with %q", in, got, err, words)
		}
	}
}

func TestUndouble(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"SheaShea": "Shea", " Van DykeVan Dyke ": "Van Dyke", "SHEASHEA": "SHEA", "sheashea": "shea", "O'NeilO'Neil": "O'Neil", "\u00c9mile\u00c9mile": "\u00c9mile",
	} {
		if got, doubled := normalise.Undouble(in); !doubled || got != want {
			t.Errorf("Undouble(%q) = %q, %v; want %q", in, got, doubled, want)
		}
	}
	for _, in := range []string{"", "Shea", "Lulu", "LuLu", "Dodo", "Jojo", "JoJo", "Mimi", "Tintin", "BERBER", "Zsazsa", "Shea Shea", "1212", "--", "Sheashea"} {
		if got, doubled := normalise.Undouble(in); doubled || got != in {
			t.Errorf("Undouble(%q) = %q, %v; want it as it is", in, got, doubled)
		}
	}
}

func TestDoNotContact(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"***RED FILE DO NOT CONTACT***", "DNC", "lead is dnc!", "Do not call", "DO-NOT-CALL", "do_not_contact", "Please don't call her", "Don\u2019t text", "dont email",
		"never contact again", "do not e-mail", "cease and desist", "Wrong number. Do  not\ncall.",
	} {
		if !normalise.DoNotContact(in) {
			t.Errorf("DoNotContact(%q) is false", in)
		}
	}
	for _, in := range []string{
		"", "Price too high", "do not call before 9 am", "Don't call after 8", "no contact info", "contact: does not know", "not contacted", "do contact", "call, do not wait",
		"not call", "dncx", "desist", "Did not contact", "***",
	} {
		if normalise.DoNotContact(in) {
			t.Errorf("DoNotContact(%q) is true", in)
		}
	}
}

func TestFullName(t *testing.T) {
	t.Parallel()
	type name struct {
		First, Last string
		Company     bool
	}
	for in, want := range map[string]name{
		"Ann Shea": {"Ann", "Shea", false}, " Ann  Shea ": {"Ann", "Shea", false}, "Shea, Ann": {"Ann", "Shea", false}, "Shea, Ann B.": {"Ann B.", "Shea", false},
		"Ann B. Shea": {"Ann B.", "Shea", false}, "Ann and Bob Shea": {"Ann and Bob", "Shea", false}, "Ann & Bob Shea": {"Ann & Bob", "Shea", false},
		"Juan de la Cruz": {"Juan", "de la Cruz", false}, "Ludwig van Beethoven": {"Ludwig", "van Beethoven", false}, "Ann Shea Jr.": {"Ann", "Shea Jr.", false},
		"Ann Shea, Jr": {"Ann", "Shea, Jr", false}, "Mary-Ann O'Neil": {"Mary-Ann", "O'Neil", false}, "Van Dyke, Ann": {"Ann", "Van Dyke", false}, "Jos\u00e9 N\u00fa\u00f1ez": {"Jos\u00e9", "N\u00fa\u00f1ez", false},
		"Mr Null": {"", "Mr Null", false}, "Ann Null": {"Ann", "Null", false},
		// Two ways to split: whole in last.
		"Mary Ann Shea": {"", "Mary Ann Shea", false}, "Shea": {"", "Shea", false}, "": {}, "Shea, Ann, Bob": {"", "Shea, Ann, Bob", false}, "Shea & Hill": {"", "Shea & Hill", false},
		"Shea, Ann and Bob": {"", "Shea, Ann and Bob", false}, "Dr. Ann Shea": {"", "Dr. Ann Shea", false}, "Unit 5 Tenant": {"", "Unit 5 Tenant", false}, "First Baptist Church": {"", "First Baptist Church", false},
		"a b c d e f g": {"", "a b c d e f g", false}, "Shea,": {"", "Shea,", false}, "John Church": {"John", "Church", false},
		// Companies.
		"Shea & Sons Roofing LLC": {"", "Shea & Sons Roofing LLC", true}, "Shea and Sons": {"", "Shea and Sons", true}, "HAULBROOKE, INC.": {"", "HAULBROOKE, INC.", true},
		"Oak Creek HOA": {"", "Oak Creek HOA", true}, "OAK CREEK HOA": {"", "OAK CREEK HOA", true}, "Clay Hoa": {"Clay", "Hoa", false}, "CLAY HOA": {"CLAY", "HOA", false}, "Titan Roofing": {"", "Titan Roofing", true}, "Shea, LLC": {"", "Shea, LLC", true}, "Acme L.L.C.": {"", "Acme L.L.C.", true}, "Hill Holdings LP": {"", "Hill Holdings LP", true},
	} {
		first, last, company := normalise.FullName(in)
		if diff := cmp.Diff(want, name{first, last, company}); diff != "" {
			t.Errorf("FullName(%q) (-want +got):\n%s", in, diff)
		}
	}
}

func TestPublishedContacts(t *testing.T) {
	t.Parallel()
	f, err := os.Open(shared("contacts", "us-500.csv"))
	if err != nil {
		t.Skipf("the published contact list is not beside the project: %v", err)
	}
	defer f.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if got, err := normalise.Email(row[10]); err != nil || got != row[10] {
			t.Errorf("Email(%q) = %q, %v", row[10], got, err)
		}
		if first, last, company := normalise.FullName(row[0] + " " + row[1]); company || first != row[0] || last != row[1] {
			t.Errorf("FullName(%q %q) = %q, %q, %v", row[0], row[1], first, last, company)
		}
		if _, doubled := normalise.Undouble(row[1]); doubled {
			t.Errorf("Undouble(%q) is true", row[1])
		}
	}
}

// TestNaughtyStrings passes through every function without harm; text is only trimmed.
func TestNaughtyStrings(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(shared("naughty-strings", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Skipf("the naughty strings are not beside the project: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a file of the published data
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			checkAll(t, strings.TrimSuffix(line, "\n"))
		}
	}
}

func shared(name ...string) string {
	return filepath.Join(append([]string{"..", "..", "..", "..", "shared", "data"}, name...)...)
}

// checkAll checks what holds for every string: no panic, and what was read
// reads back as itself.
func checkAll(t interface{ Errorf(string, ...any) }, s string) {
	text := normalise.Text(s)
	if !strings.Contains(s, text) || normalise.Text(text) != text {
		t.Errorf("Text(%q) = %q", s, text)
	}
	if normalise.BlankName(s) && !normalise.Blank(s) {
		t.Errorf("%q is blank as a name and not in a typed column", s)
	}
	if email, err := normalise.Email(s); err == nil {
		if again, err := normalise.Email(email); err != nil || again != email {
			t.Errorf("Email(%q) = %q, which reads back as %q, %v", s, email, again, err)
		}
	}
	if emails, err := normalise.Emails(s); err == nil {
		again, err := normalise.Emails(strings.Join(emails, "; "))
		if diff := cmp.Diff(emails, again); err != nil || diff != "" {
			t.Errorf("Emails(%q) reads back differently, %v: %s", s, err, diff)
		}
	}
	if name, doubled := normalise.Undouble(s); doubled && name+name != text || !doubled && name != text {
		t.Errorf("Undouble(%q) = %q, %v", s, name, doubled)
	}
	first, last, company := normalise.FullName(s)
	if !strings.Contains(text, first) || !strings.Contains(text, last) || company && last != text || last == "" && text != "" {
		t.Errorf("FullName(%q) = %q, %q, %v", s, first, last, company)
	}
	_, _ = normalise.Bool(s)
	_, _ = normalise.Int(s)
	_, _ = normalise.Year(s)
	_ = normalise.DoNotContact(s)
	_ = normalise.Storable(s)
}

func TestWrittenValuesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkAll(t, rapid.String().Draw(t, "any"))
		local, domain := rapid.StringMatching(`[a-z0-9]{1,20}(\.[a-z0-9]{1,20})?`).Draw(t, "local"), rapid.StringMatching(`[a-z0-9]{1,20}\.[a-z]{2,6}`).Draw(t, "domain")
		if got, err := normalise.Email(" " + local + "@" + strings.ToUpper(domain)); err != nil || got != local+"@"+domain {
			t.Fatalf("got %q, %v; want %s@%s", got, err, local, domain)
		}
		name := rapid.StringMatching(`[A-Z][a-z]{2,10}`).Draw(t, "name")
		if got, doubled := normalise.Undouble(name + name); !doubled || got != name {
			t.Fatalf("Undouble(%s%s) = %q, %v", name, name, got, doubled)
		}
	})
}

func FuzzNormalise(f *testing.F) {
	for _, seed := range []string{"a@b.com; C@D.com", "Ann <a@b.com>", "SheaShea", "Shea, Ann", "***RED FILE DO NOT CONTACT***", "2,400", "\u00a0n/a\u200b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) { checkAll(t, s) })
}

func BenchmarkNormalise(b *testing.B) {
	for name, f := range map[string]func(){
		"Blank":        func() { normalise.Blank("Active") },
		"BlankName":    func() { normalise.BlankName("Shea") },
		"Text":         func() { _ = normalise.Text("319 Claremont Ct") },
		"Storable":     func() { _ = normalise.Storable("319 Claremont Ct") },
		"Email":        func() { _, _ = normalise.Email("ann.shea@example.com") },
		"Emails":       func() { _, _ = normalise.Emails("ann.shea@example.com; bob@example.com") },
		"Bool":         func() { _, _ = normalise.Bool("No") },
		"Int":          func() { _, _ = normalise.Int("2,400") },
		"Year":         func() { _, _ = normalise.Year("1987") },
		"Undouble":     func() { normalise.Undouble("SheaShea") },
		"DoNotContact": func() { normalise.DoNotContact("Went with a cheaper roofer") },
		"FullName":     func() { normalise.FullName("Ann Shea") },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
