package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// read probes and reads a text, checks what holds for every file, and returns its rows.
func read(t *testing.T, name string, text []byte, known func(string) bool) (Layout, []Row) {
	t.Helper()
	l, err := probe(t.Context(), bytes.NewReader(text), int64(len(text)), name, known)
	if err != nil {
		t.Fatalf("probe %s: %v", name, err)
	}
	rows, err := readAll(t, l, text)
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	check(t, l, rows, text)
	return l, rows
}

func check(t *testing.T, l Layout, rows []Row, text []byte) {
	t.Helper()
	for _, wrong := range violations(l, rows, text) {
		t.Error(wrong)
	}
}

// violations says what is not as it has to be for every text, whatever is in it.
func violations(l Layout, rows []Row, text []byte) (all []string) {
	wrong := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	var raw []byte
	line := 1
	for _, row := range rows {
		raw = append(raw, row.Raw...)
		if row.Line != line {
			wrong("a record starts at line %d, not at %d", line, row.Line)
		}
		line += lineEndsOf(row.Raw, l.Encoding)
		if len(row.Raw) == 0 || (row.Kind == Bad) != (row.Problem != nil) || row.Kind < Data || row.Kind > Bad {
			wrong("line %d: %d bytes, kind %v, problem %v", row.Line, len(row.Raw), row.Kind, row.Problem)
		}
		for _, c := range row.Cells {
			if !utf8.ValidString(c) || strings.ContainsRune(c, utf8.RuneError) && !holdsReplacement(text) {
				wrong("line %d: %q is not UTF-8 or holds a replacement character that the file has not", row.Line, c)
			}
		}
		if row.Kind == Bad && row.Cells == nil {
			continue
		}
		cells, err := Cells(l, row.Raw)
		if diff := cmp.Diff(row.Cells, cells); err != nil || diff != "" {
			wrong("line %d again: %v (-first +again):\n%s", row.Line, err, diff)
		}
	}
	if !bytes.Equal(raw, text) {
		wrong("the records' bytes, %d, are not the file's, %d", len(raw), len(text))
	}
	if len(rows) != l.Records {
		wrong("%d records, the layout says %d", len(rows), l.Records)
	}
	if names := (&nameMaker{}).make(l.Header, 0); !slices.Equal(names, l.Header) || len(names) == 0 {
		wrong("names not given or not unique: %q", l.Header)
	}
	return all
}

func holdsReplacement(text []byte) bool {
	return bytes.Contains(text, []byte("\uFFFD")) || bytes.Contains(text, []byte{0xFD, 0xFF}) || bytes.Contains(text, []byte{0xFF, 0xFD})
}

func lineEndsOf(raw []byte, encoding string) int {
	if is, big := charset.IsUTF16(encoding); is {
		raw, _ = charset.AppendFromUTF16(nil, raw, big, true)
	}
	return charset.CountLineEnds(raw)
}

// show puts a row in one line: what it is and its cells.
func show(row Row) string {
	s := row.Kind.String()
	if row.Problem != nil {
		s += " " + row.Problem.Code
	}
	if row.Cells == nil {
		return s
	}
	return s + ": " + strings.Join(row.Cells, "|")
}

func showAll(rows []Row) (all []string) {
	for _, row := range rows {
		all = append(all, show(row))
	}
	return all
}

// names is a set of column names that are known, for probing.
func names(words ...string) func(string) bool {
	return func(header string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, header) })
	}
}

var contactNames = names("first name", "last name", "email", "phone", "city", "state", "zip", "address", "company", "name", "status")

func TestReadsQuirks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"quotes", "a,b\n\"x, y\",\"say \"\"hi\"\"\"\n", []string{"header: a|b", `data: x, y|say "hi"`}},
		{"a line break in quotes", "a,b\r\n1,\"x\r\ny\"\r\n2,z\r\n", []string{"header: a|b", "data: 1|x\r\ny", "data: 2|z"}},
		{"blanks around quotes", "a,b,c\n1, \"x, y\" ,3\n", []string{"header: a|b|c", "data: 1|x, y|3"}},
		{"blanks without quotes stay", "a,b\n 1 ,2 \n", []string{"header: a|b", "data:  1 |2 "}},
		{"an inch sign", "a,b\n5\" pipe,1\n", []string{"header: a|b", `data: 5" pipe|1`}},
		{"a backslash is a letter", "a,b\n\"C:\\\",1\n", []string{"header: a|b", `data: C:\|1`}},
		{"line ends mixed", "a,b\r1,2\n3,4\r\n5,6", []string{"header: a|b", "data: 1|2", "data: 3|4", "data: 5|6"}},
		{"carriage returns only", "a,b\r1,2\r3,4\r", []string{"header: a|b", "data: 1|2", "data: 3|4"}},
		{"carriage return twice", "a,b\r\r\n1,2\r\r\n", []string{"header: a|b", "blank: ", "data: 1|2", "blank: "}},
		{"a lone carriage return in a cell", "a,b,c\n1,x\ry,3\n4,5,6\n", []string{"header: a|b|c", "bad line_break: 1|x", "bad quote: y|3", "data: 4|5|6"}},
		{"ragged rows", "a,b,c\n1\n1,2,3,,\n1,2,3,,4\n", []string{"header: a|b|c", "data: 1", "data: 1|2|3||", "bad too_many_cells: 1|2|3||4"}},
		{"blank rows", "a,b\n\n,\n \n1,2\n", []string{"header: a|b", "blank: ", "blank: |", "blank:  ", "data: 1|2"}},
		{"a quote never closed", "a,b\n1,\"x\n2,y\n3,z\n", []string{"header: a|b", "bad quote", "data: 2|y", "data: 3|z"}},
		{"text after a quote", "a,b\n1,\"x\" y\n2,z\n", []string{"header: a|b", "bad quote", "data: 2|z"}},
		{"two lost quotes that pair up", "a,b,c\n1,\"x,3\n2,y,\"4\"\n5,6,7\n", []string{"header: a|b|c", "bad quote", "data: 2|y|4", "data: 5|6|7"}},
		{"two lost quotes that close", "a,b,c\n1,\"x,3\n2,y\"\n5,6,7\n", []string{"header: a|b|c", "bad quote", "bad quote: 2|y\"", "data: 5|6|7"}},
		{"the rest of a broken row", "a,b,c\n1,\"x\"y\nmore\",3\n5,6,7\n", []string{"header: a|b|c", "bad quote", "bad quote: more\"|3", "data: 5|6|7"}},
		{"a zero byte", "aaaaaa,b\n1,x\x00y\n2,z\n", []string{"header: aaaaaa|b", "bad nul", "data: 2|z"}},
		{"semicolons with decimal commas", "a;b\n1,5;2,5\n3,5;4,5\n", []string{"header: a|b", "data: 1,5|2,5", "data: 3,5|4,5"}},
		{"tabs", "a\tb\n1, x\t\"2\t3\"\n", []string{"header: a|b", "data: 1, x|2\t3"}},
		{"bars", "a|b\n1|2,3\n", []string{"header: a|b", "data: 1|2,3"}},
		{"single quotes", "'a','b'\n'O''Brien','x, y'\n'1','2'\n", []string{"header: a|b", "data: O'Brien|x, y", "data: 1|2"}},
		{"apostrophes", "a,b\nO'Brien,'tis\n1,2\n", []string{"header: a|b", "data: O'Brien|'tis", "data: 1|2"}},
		{"pasted exports", "a,b\n1,2\na,b\n3,4\n", []string{"header: a|b", "data: 1|2", "repeated header: a|b", "data: 3|4"}},
		{"pasted exports with marks", "\ufeff\"a\",b\n1,2\n\ufeff\"a\",b\n3,4\n", []string{"header: a|b", "data: 1|2", "repeated header: a|b", "data: 3|4"}},
		{"Excel's hint", "sep=;\nName;Email\nx;y@example.com\n", []string{"title: sep=|", "header: Name|Email", "data: x|y@example.com"}},
		{"Excel's hint of something rare", "sep=^\r\na^b\r\n1,2^3;4\r\n", []string{"title: sep=|", "header: a|b", "data: 1,2|3;4"}},
		{"totals", "a,b,c,d\nx,1,2,3\ny,1,2,3\nTotal,,,6\n\n", []string{"header: a|b|c|d", "data: x|1|2|3", "data: y|1|2|3", "footer: Total|||6", "blank: "}},
		{"totals in between", "a,b,c,d\nx,1,2,3\nTotal,,,6\ny,1,2,3\n", []string{"header: a|b|c|d", "data: x|1|2|3", "data: Total|||6", "data: y|1|2|3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, rows := read(t, test.name, []byte(test.text), nil)
			if diff := cmp.Diff(test.want, showAll(rows)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindsHeader(t *testing.T) {
	t.Parallel()
	people := "Ada,Lovelace,ada@example.com,Phoenix\nCharles,Babbage,cb@example.com,Tucson\n"
	for _, test := range []struct {
		name, text string
		line       int
		header     []string
	}{
		{"plain", "First Name,Last Name,Email,City\n" + people, 1, []string{"First Name", "Last Name", "Email", "City"}},
		{"none", people, 0, []string{"Column 1", "Column 2", "Column 3", "Column 4"}},
		{"titles", "Contacts\nas of,6/19/25\n\nFirst Name,Last Name,Email,City\n" + people, 4, []string{"First Name", "Last Name", "Email", "City"}},
		{"titles and no header", "Contacts\n\n" + people, 0, []string{"Column 1", "Column 2", "Column 3", "Column 4"}},
		{"a title with as many delimiters", "Contacts,,,\nFirst,Last,Mail,Town\n" + people, 2, []string{"First", "Last", "Mail", "Town"}},
		{"groups above", "Person,,Where,\nFirst,Last,Mail,Town\n" + people, 2, []string{"First", "Last", "Mail", "Town"}},
		{"empty and equal names", "Phone,,phone,Phone,Phone (2),\n1,2,3,4,5,6\n", 1, []string{"Phone", "Column 2", "phone (2)", "Phone (3)", "Phone (2) (2)", "Column 6"}},
		{"names over lines", "\" First\nName \",\ufeffEmail\nAda,a@example.com\n", 1, []string{"First Name", "Email"}},
		{"words only", "Name,City\nAda,Phoenix\nCharles,Tucson\n", 1, []string{"Name", "City"}},
		{"words only, one again", "Ada,Phoenix\nCharles,Tucson\nGrace,Phoenix\n", 0, []string{"Column 1", "Column 2"}},
		{"known though it is a year", "Name,2023,Status\nAda,5,Phoenix\n", 1, []string{"Name", "2023", "Status"}},
		{"one known column", "Email\nx\ny\nx\n", 1, []string{"Email"}},
		{"a header alone", "First Name,Last Name", 1, []string{"First Name", "Last Name"}},
		{"only blank lines", "\n\n", 0, []string{"Column 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, rows := read(t, test.name, []byte(test.text), contactNames)
			if l.HeaderLine != test.line {
				t.Errorf("header at line %d, not %d: %q", l.HeaderLine, test.line, showAll(rows))
			}
			if diff := cmp.Diff(test.header, l.Header); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			for _, row := range rows {
				if want := row.Line == test.line; want != (row.Kind == Header) {
					t.Errorf("line %d is %v", row.Line, row.Kind)
				}
			}
		})
	}
}

func TestSetsFurtherTablesAside(t *testing.T) {
	t.Parallel()
	text := "First Name,Last Name,Email\nAda,Lovelace,a@example.com\n\n" +
		"Properties\nAddress,City,Zip\n1 Elm St,Phoenix,85001\n\n" +
		"First Name,Last Name,Email\nCharles,Babbage,c@example.com\n"
	l, rows := read(t, "stacked.csv", []byte(text), contactNames)
	want := []string{
		"header: First Name|Last Name|Email", "data: Ada|Lovelace|a@example.com", "blank: ",
		"bad other_table: Properties", "bad other_table: Address|City|Zip", "bad other_table: 1 Elm St|Phoenix|85001", "blank: ",
		"repeated header: First Name|Last Name|Email", "data: Charles|Babbage|c@example.com",
	}
	if diff := cmp.Diff(want, showAll(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{4}, l.OtherTables); diff != "" {
		t.Errorf("starts (-want +got):\n%s", diff)
	}
}

func TestSaysWhatItFound(t *testing.T) {
	t.Parallel()
	text := "Report\n\nFirst Name,,Email,Email\nAda,,a@example.com,\nCharles\nx,5\" pipe,,\ny,\"z\"z,,\n\n"
	l, _ := read(t, "notes.csv", []byte(text), contactNames)
	want := []string{
		"1 title line above the header, which is at line 3", "1 header cell is empty", "1 column bears a name that another column has",
		"2 blank lines", "1 row has fewer cells than the table has columns; the missing ones are taken as empty",
		"1 row has quotation marks inside cells that have none around them; they are kept as they are",
		"1 row can't be read for sure: the quotation marks don't add up",
	}
	if diff := cmp.Diff(want, l.Notes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRefusesWhatIsNoTable(t *testing.T) {
	t.Parallel()
	ole := func(word string) string {
		return magicOLE + strings.Repeat("\x00", 200<<10) + string(charset.AppendUTF16(nil, []byte(word), false))
	}
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "is empty"},
		{"mark.csv", "\ufeff", "is empty"},
		{"mark-16.csv", "\xff\xfe", "is empty"},
		{"pdf", "%PDF-1.7\n", "is a PDF"},
		{"picture", "\x89PNG\r\n\x1a\n\x00\x00", "is a picture (PNG)"},
		{"page", "\r\n<HTML><table>", "web page"},
		{"xml", "\ufeff<?xml version=\"1.0\"?><x/>", "XML"},
		{"json", " [\n {\"a\": 1}\n]\n", "JSON"},
		{"binary", strings.Repeat("\x01\x02abc\x00", 50), "is not a text file"},
		{"utf-32", "\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"},
		{"encrypted.xlsx", ole("EncryptedPackage"), "password"},
		{"old.xls", ole("Workbook"), "Excel 97-2003"},
		{"letter.doc", ole("WordDocument"), "old Office document"},
		{"shift-jis", "\x96\xbc\x91\x4f\x81\x41\x8f\x5a\n\x81\x41\x8f\n", "encoding"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := probe(t.Context(), strings.NewReader(test.text), int64(len(test.text)), test.name, nil)
			if !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.name) {
				t.Errorf("%v", err)
			}
		})
	}
}

func readAll(t *testing.T, l Layout, text []byte) ([]Row, error) {
	t.Helper()
	r, err := open(t.Context(), bytes.NewReader(text), int64(len(text)), l)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var rows []Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		row.Raw, row.Cells = bytes.Clone(row.Raw), slices.Clone(row.Cells)
		rows = append(rows, row)
	}
}
