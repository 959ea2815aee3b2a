package decode

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// dataFolder is where published test data lies, beside the project.
var dataFolder = filepath.Join("..", "..", "..", "..", "shared", "data")

// published lists the files in a folder of the published test data by their
// names, and skips the test when they are not there.
func published(t *testing.T, folder, ext string) []string {
	t.Helper()
	root := filepath.Join(dataFolder, folder)
	if _, err := os.Stat(root); err != nil {
		t.Skipf("the published test data is not beside the project: %v", err)
	}
	var paths []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ext) && d.Name() != "LICENSE" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatalf("nothing in %s", root)
	}
	return paths
}

func load(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path) //nolint:gosec // a test file
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer is the JSON that belongs to a CSV in a folder beside it.
func answer(t *testing.T, path string, v any) bool {
	t.Helper()
	path = filepath.Join(filepath.Dir(path), "..", "json", strings.TrimSuffix(filepath.Base(path), ".csv")+".json")
	b, err := os.ReadFile(path) //nolint:gosec // a test file
	if os.IsNotExist(err) {
		return false
	}
	if err == nil {
		if b[0] == '{' { // one answer is not in a list, and was made from other data than its question
			b = slices.Concat([]byte("["), bytes.ReplaceAll(b, []byte(`"1234567890"`), []byte(`"2095257564"`)), []byte("]"))
		}
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func TestSpectrum(t *testing.T) {
	t.Parallel()
	for _, path := range published(t, "csv-torture/csv-spectrum", ".csv") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			l, rows := read(t, filepath.Base(path), load(t, path), nil)
			var want []map[string]string
			if !answer(t, path, &want) {
				t.Fatal("no answer")
			}
			if diff := cmp.Diff(want, named(l, rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// named gives the rows under the header as their cells by column.
func named(l Layout, rows []Row) (records []map[string]string) {
	for _, row := range rows {
		if row.Kind == Header {
			continue
		}
		record := map[string]string{}
		for i, name := range l.Header {
			record[name] = row.Cells[i]
		}
		records = append(records, record)
	}
	return records
}

// reports says how each file of csv-test-data that is not as it should be shows.
var reports = map[string]string{
	"bad-header-less-fields.csv":          "fewer cells than the table has columns",
	"bad-header-more-fields.csv":          "more cells than the table has columns",
	"bad-header-no-header.csv":            "is empty",
	"bad-header-wrong-header.csv":         "no column name is one we know",
	"bad-missing-quote.csv":               "quotation marks don't add up",
	"bad-quotes-with-unescaped-quote.csv": "quotation marks don't add up",
	"bad-unescaped-quote.csv":             "quotation marks inside cells",
	"header-no-rows.csv":                  "no rows of data",
}

func TestCSVTestData(t *testing.T) {
	t.Parallel()
	known := names("foo", "bar", "baz")
	for _, path := range published(t, "csv-torture/csv-test-data", ".csv") {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := load(t, path)
			l, err := probe(t.Context(), bytes.NewReader(text), int64(len(text)), name, known)
			said := strings.Join(l.Notes, "\n")
			if err != nil {
				said = err.Error()
			}
			if want := reports[name]; !strings.Contains(said, want) {
				t.Errorf("said %q, nothing of %q", said, want)
			}
			if strings.HasPrefix(name, "bad-") {
				return
			}
			_, rows := read(t, name, text, known)
			if strings.HasPrefix(name, "header-") {
				var want []map[string]string
				if answer(t, path, &want); len(want) > 0 || len(named(l, rows)) > 0 {
					if diff := cmp.Diff(want, named(l, rows)); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				}
				return
			}
			var want, got [][]string
			if !answer(t, path, &want) {
				t.Fatal("no answer")
			}
			for _, row := range rows {
				got = append(got, row.Cells)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryPublishedText(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"csv-torture", "encodings", "permits", "contacts", "naughty-strings", "dedupe", "addresses"} {
		for _, path := range published(t, folder, "") {
			t.Run(filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				text := load(t, path)
				l, err := probe(t.Context(), bytes.NewReader(text), int64(len(text)), path, contactNames)
				if err != nil {
					if !fault.Is(err, fault.KindInvalid) {
						t.Error(err)
					}
					return
				}
				rows, err := readAll(t, l, text)
				if err != nil {
					t.Fatal(err)
				}
				check(t, l, rows, text)
			})
		}
	}
}

func TestPermits(t *testing.T) {
	t.Parallel()
	path := published(t, "permits", ".csv")[0]
	l, rows := read(t, "permits.csv", load(t, path), nil)
	data := 0
	for _, row := range rows {
		if row.Kind == Data {
			data++
		} else if row.Kind != Header {
			t.Errorf("line %d is %s", row.Line, show(row))
		}
	}
	if data != 16287 || l.Encoding != Windows1252 || l.HeaderLine != 1 || len(l.Header) != 16 {
		t.Errorf("%d rows in %s, header at %d: %q", data, l.Encoding, l.HeaderLine, l.Header)
	}
	if diff := cmp.Diff([]int{1363, 2085, 2920, 7991, 12507, 14881}, l.ForeignLines); diff != "" || l.ForeignCount != 6 {
		t.Errorf("%d foreign lines (-want +got):\n%s", l.ForeignCount, diff)
	}
}

func TestContactsWithoutHeader(t *testing.T) {
	t.Parallel()
	path := published(t, "contacts", ".csv")[0]
	for _, known := range []func(string) bool{nil, contactNames} {
		l, rows := read(t, "us-500.csv", load(t, path), known)
		if l.HeaderLine != 0 || len(l.Header) != 11 || len(rows) != 500 {
			t.Errorf("header at %d, %d columns, %d rows", l.HeaderLine, len(l.Header), len(rows))
		}
		if len(l.Notes) != 1 || !strings.Contains(l.Notes[0], "there is no header row") {
			t.Errorf("notes: %q", l.Notes)
		}
		for _, row := range rows {
			if row.Kind != Data || len(row.Cells) != 11 {
				t.Errorf("line %d is %s", row.Line, show(row))
			}
		}
	}
}

func TestNaughtyStringsComeBack(t *testing.T) {
	t.Parallel()
	var naughty []string
	for _, path := range published(t, "naughty-strings", "blns.json") {
		if err := json.Unmarshal(load(t, path), &naughty); err != nil {
			t.Fatal(err)
		}
	}
	want := [][]string{{"First Name", "Last Name", "Email", "Phone"}}
	for i, s := range naughty {
		row := []string{"Ada", "Lovelace", "ada@example.com", "602-555-0100"}
		row[i%4] = s
		want = append(want, row)
	}
	text := writeTable(want, ',', "\r\n", func(i int) bool { return i%3 == 0 })
	_, rows := read(t, "naughty.csv", text, contactNames)
	var got [][]string
	for _, row := range rows {
		got = append(got, row.Cells)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
