package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/sheet"
)

// cells writes one row and reads it as a spreadsheet would.
func cells(t rapid.TB, row ...sheet.Cell) []string {
	t.Helper()
	var b bytes.Buffer
	c, err := sheet.NewCSV(&b, make([]string, len(row))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Row(row...); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	body, ok := strings.CutPrefix(b.String(), "\ufeff")
	if !ok {
		t.Fatal("no byte order mark")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows[1]
}

func TestFormulas(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		`=HYPERLINK("http://evil.example")`: `'=HYPERLINK("http://evil.example")`,
		"+1+cmd|' /C calc'!A0":              "'+1+cmd|' /C calc'!A0",
		"-2+3":                              "'-2+3",
		"@SUM(A1)":                          "'@SUM(A1)",
		"\t=1":                              "'\t=1",
		"＝1+1":                              "'＝1+1",
		"'=1":                               "''=1",
		"-12.50":                            "-12.50",
		"+16025550123":                      "+16025550123",
		"+1 (602) 555-0123":                 "+1 (602) 555-0123",
		"'quoted'":                          "'quoted'",
		"Muñoz, \"Ana\"\nRoof":              "Muñoz, \"Ana\"\nRoof",
		"a=b":                               "a=b",
	} {
		if got := cells(t, sheet.Text(typed), sheet.Number("-1"))[0]; got != want {
			t.Errorf("%q is written %q, want %q", typed, got, want)
		}
	}
	if diff := cmp.Diff([]string{"-12.50", "2026-11-22"}, cells(t, sheet.Number("-12.50"), sheet.Number("2026-11-22"))); diff != "" {
		t.Error(diff)
	}
}

// Where the decimal sign is a comma, a spreadsheet splits at semicolons: what
// stands behind one must not begin a cell of its own.
func TestOtherSeparatorsStayInTheCell(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"a;=1+1", "a\t=1+1", "a|=1+1", " =1", `a";"=1`} {
		var b bytes.Buffer
		c, err := sheet.NewCSV(&b, "x", "y")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.Row(sheet.Text(typed), sheet.Number("1")), c.Close()); err != nil {
			t.Fatal(err)
		}
		if want := `"` + strings.ReplaceAll(typed, `"`, `""`) + "\",1\n"; !strings.HasSuffix(b.String(), want) {
			t.Errorf("%q is written %q", typed, b.String())
		}
	}
}

func TestTextComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.OneOf(rapid.String(), rapid.StringMatching(`['=+@-]{0,4}[0-9a-z|+]{0,4}`)).Draw(t, "typed")
		typed = strings.ReplaceAll(typed, "\r\n", "\n") // encoding/csv's reader does that
		written := cells(t, sheet.Text(typed), sheet.Number("1"))[0]
		if got := sheet.Plain(written); got != typed {
			t.Fatalf("%q was written %q and read %q", typed, written, got)
		}
		if strings.HasPrefix(written, "=") || strings.HasPrefix(written, "@") || strings.HasPrefix(written, "\t") {
			t.Fatalf("%q is a formula", written)
		}
	})
}

func TestAnExportFailsInWordsBeforeItBegins(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		rows int
		err  error
		want string
	}{
		"no rows":              {0, nil, "\ufeffName\n"},
		"rows":                 {2, nil, "\ufeffName\n'=1\n'=1\n"},
		"an error at once":     {0, broken, ""},
		"an error on the way":  {1, broken, ""},
		"many rows, no errors": {2500, nil, "\ufeffName\n" + strings.Repeat("'=1\n", 2500)},
	} {
		w := httptest.NewRecorder()
		err := sheet.ExportCSV(w, "x.csv", []string{"Name"}, func(row func(...sheet.Cell) error) error {
			for range c.rows {
				if err := row(sheet.Text("=1")); err != nil {
					return err
				}
			}
			return c.err
		})
		if !errors.Is(err, c.err) || c.err == nil && w.Body.String() != c.want {
			t.Errorf("%s: %v, %.40q", name, err, w.Body)
		}
		if began := w.Header().Get("Content-Disposition") != ""; began != (c.err == nil || c.rows > 0) {
			t.Errorf("%s: begun %v", name, began)
		}
	}
}
