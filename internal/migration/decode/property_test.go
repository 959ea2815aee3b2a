package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// writeTable is a CSV writer of any dialect. quote says which cells get quotation
// marks though they need none.
func writeTable(rows [][]string, delim rune, end string, quote func(i int) bool) []byte {
	var b bytes.Buffer
	i := 0
	for _, row := range rows {
		for c, cell := range row {
			if c > 0 {
				b.WriteRune(delim)
			}
			needs := strings.ContainsAny(cell, string(delim)+"\"\r\n") || strings.HasPrefix(strings.TrimLeft(cell, " \t"), `"`)
			if i++; needs || quote(i) {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString(end)
	}
	return b.Bytes()
}

func TestAnyTableComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.OneOf(
			rapid.StringMatching(`[A-Za-z ]{0,12}`),
			rapid.StringOfN(rapid.RuneFrom([]rune("ab12 ,;|\t\"'\n\r\\é€😀\u00a0\ufeff@")), 0, 12, -1),
			rapid.SampledFrom([]string{"", `5" pipe`, `"`, `""`, "a@example.com", "6/19/25", "$2,052.00", "null", "=1+1"}),
		).Filter(func(s string) bool { return !strings.HasPrefix(s, "\ufeff") })
		width := rapid.IntRange(3, 8).Draw(rt, "width")
		rows := [][]string{strings.Split("First Name,Last Name,Email,Phone,City,State,Zip,Company", ",")[:width]}
		for range rapid.IntRange(0, 20).Draw(rt, "rows") {
			rows = append(rows, rapid.SliceOfN(cell, width, width).Draw(rt, "row"))
		}
		delim := rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(rt, "delimiter")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(rt, "line end")
		quotes := rapid.SliceOfN(rapid.Bool(), 7, 7).Draw(rt, "quotes")
		text := writeTable(rows, delim, end, func(i int) bool { return quotes[i%7] })
		switch rapid.IntRange(0, 3).Draw(rt, "encoding") {
		case 1:
			text = append([]byte("\ufeff"), text...)
		case 2:
			text = charset.AppendUTF16(nil, append([]byte("\ufeff"), text...), true)
		case 3:
			text = charset.AppendUTF16(nil, append([]byte("\ufeff"), text...), false)
		}
		l, err := probe(t.Context(), bytes.NewReader(text), int64(len(text)), "table", contactNames)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := readAll(t, l, text)
		if err != nil {
			rt.Fatal(err)
		}
		var cells [][]string
		for _, row := range got {
			cells = append(cells, row.Cells)
		}
		if diff := cmp.Diff(rows, cells); diff != "" {
			rt.Fatalf("%q\n(-want +got):\n%s", text, diff)
		}
	})
}

// piecesOfText are what random texts are made of: what a decoder stumbles over.
var piecesOfText = []string{
	",", ",", ";", "\t", "|", "\"", "\"", "\"\"", "'", "\n", "\n", "\r\n", "\r", " ", "a", "Name", "City", "1", "6/19/25", "x@y.com",
	"é", "\xe9", "\x81", "\xff", "\x00", "\ufeff", "\ufffd", "😀", "\xed\xa0\x80", "\\", "Total",
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "\xff\xfea\x00,\x00b\x00\n\x00", "a;b\r1;\"2\r\n3\";\"\"\r", "\ufeffa\tb\n1\t\"2\n", "x\xe9,y\n\xc9\x94\n",
		"Name,City\n1,\"x\"y\nmore\",3\n\nName,City\n", "'a','b'\n'c','d'\n", "\x00a\x00,\x00b\x00\n\xd8\x00", "PK\x03\x04",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := probe(t.Context(), bytes.NewReader(text), int64(len(text)), "fuzz", contactNames)
		if err != nil {
			if !fault.Is(err, fault.KindInvalid) {
				t.Fatal(err)
			}
			return
		}
		if l.Format == FormatXLSX {
			return
		}
		rows, err := readAll(t, l, text)
		if err != nil {
			t.Fatal(err)
		}
		check(t, l, rows, text)
	})
}

func FuzzSheet(f *testing.F) {
	for _, s := range []string{
		sheetHead + `<row r="3"><c r="B3" s="1"><v>45827.5</v></c><c t="inlineStr"><is><t>x</t></is></c><c t="b"><v>1</v></c></row></sheetData></worksheet>`,
		"<sheetData><row/><row><c r='A2'><v>1e9</v></c></row></sheetData>", sheetHead + "<row r='9'><c t='s'><v>9</v></c></row>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sheet string) {
		styles := `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>`
		book := pack(t, sheet, map[string]string{"xl/styles.xml": styles})
		l, err := probe(t.Context(), bytes.NewReader(book), int64(len(book)), "fuzz.xlsx", contactNames)
		if err != nil {
			if !fault.Is(err, fault.KindInvalid) {
				t.Fatal(err)
			}
			return
		}
		rows, err := readAll(t, l, book)
		if err != nil {
			t.Fatal(err)
		}
		checkSheet(t, l, rows)
	})
}

func TestAnyBytesAreAllThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom(piecesOfText)).Draw(rt, "pieces"), ""))
		if rapid.IntRange(0, 5).Draw(rt, "wide") == 0 {
			text = charset.AppendUTF16(nil, append([]byte("\ufeff"), bytes.ToValidUTF8(text, nil)...), rapid.Bool().Draw(rt, "big"))
		}
		l, err := probe(t.Context(), bytes.NewReader(text), int64(len(text)), "bytes", contactNames)
		if err != nil {
			if !fault.Is(err, fault.KindInvalid) {
				rt.Fatal(err)
			}
			return
		}
		kept, err := json.Marshal(l)
		if err != nil {
			rt.Fatal(err)
		}
		var again Layout
		if err := json.Unmarshal(kept, &again); err != nil {
			rt.Fatal(err)
		}
		rows, err := readAll(t, again, text)
		if err != nil {
			rt.Fatal(err)
		}
		if wrong := violations(l, rows, text); len(wrong) > 0 {
			rt.Fatalf("%q: %s", text, wrong)
		}
	})
}

func TestGivesLongLinesInPieces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x,é", maxRecord/2)
	text := "a,b\n1,2\n" + long + "\r\n3,4\n5,\"" + long + "\n6,7\n"
	_, rows := read(t, "long.csv", []byte(text), nil)
	var kinds []string
	for _, row := range rows {
		if row.Problem != nil {
			kinds = append(kinds, row.Problem.Code)
		} else {
			kinds = append(kinds, show(row))
		}
		if len(row.Raw) > maxRecord+2 {
			t.Errorf("line %d: a piece of %d bytes", row.Line, len(row.Raw))
		}
	}
	kinds = slices.Compact(kinds)
	want := []string{"header: a|b", "data: 1|2", ProblemTooLong, "data: 3|4", ProblemTooLong, "data: 6|7"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLooksPastALostQuoteInALargeFile(t *testing.T) {
	t.Parallel()
	for _, open := range []string{"1,\"x\n", "1,\"x\r\n", "\"" + strings.Repeat("y", 3*chunkSize) + "\n"} {
		const n = 5000
		text := "a,b\n" + open + strings.Repeat("2,"+strings.Repeat("y", 200)+"\n", n)
		_, rows := read(t, "lost.csv", []byte(text), nil)
		counts := map[Kind]int{}
		for _, row := range rows {
			counts[row.Kind]++
		}
		if diff := cmp.Diff(map[Kind]int{Header: 1, Bad: 1, Data: n}, counts); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestStopsWhenTold(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	text := bytes.Repeat([]byte("a,"+strings.Repeat("b", 200)+"\n"), 5000)
	l, _ := read(t, "a.csv", text, nil)
	r, err := open(ctx, bytes.NewReader(text), int64(len(text)), l)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := probe(ctx, bytes.NewReader(text), int64(len(text)), "a.csv", nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
