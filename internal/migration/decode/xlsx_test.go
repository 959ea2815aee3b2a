package decode

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// build makes a workbook with excelize.
func build(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// readSheet probes and reads a workbook and checks what holds for every one.
func readSheet(t *testing.T, book []byte, sheet string, known func(string) bool) (Layout, []Row) {
	t.Helper()
	l, err := probeXLSX(t.Context(), bytes.NewReader(book), int64(len(book)), "book.xlsx", sheet, known)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readAll(t, l, book)
	if err != nil {
		t.Fatal(err)
	}
	checkSheet(t, l, rows)
	return l, rows
}

func checkSheet(t *testing.T, l Layout, rows []Row) {
	t.Helper()
	last := 0
	for _, row := range rows {
		if row.Line <= last || (row.Kind == Bad) != (row.Problem != nil) || len(row.Cells) > len(l.Header) {
			t.Errorf("row %d after %d, %d cells: %s", row.Line, last, len(row.Cells), show(row))
		}
		last = row.Line
		var cells []string
		if err := json.Unmarshal(row.Raw, &cells); err != nil {
			t.Errorf("row %d: %v", row.Line, err)
		}
		again, err := Cells(l, row.Raw)
		if !slices.Equal(cells, row.Cells) || !slices.Equal(again, row.Cells) || err != nil {
			t.Errorf("row %d: %q, %q, %q, %v", row.Line, row.Cells, cells, again, err)
		}
	}
	if len(rows) != l.Records || last != l.LastRow {
		t.Errorf("%d rows to %d, the layout says %d to %d", len(rows), last, l.Records, l.LastRow)
	}
}

func TestReadsWorkbook(t *testing.T) {
	t.Parallel()
	for _, epoch1904 := range []bool{false, true} {
		book := build(t, func(f *excelize.File) {
			must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &epoch1904}))
			style := func(format string) int {
				id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
				must(t, err)
				return id
			}
			loss := time.Date(2025, 6, 19, 0, 0, 0, 0, time.UTC)
			rows := [][]any{
				{"Job report"},
				{},
				{"Name", "Date of Loss", "Phone", "Zip", "Value", "Lead", "", "Id"},
				{"Ada & <Co>", loss, "602-555-0100", "08123", 12500.75, true, 0.30000000000000004, 123456789012345678},
				{" Zoë\n2nd \"line\" ", loss.Add(13*time.Hour + 5*time.Minute), "", 60540, -5, false, 1e-7, 1.5e15},
			}
			for i, row := range rows {
				must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
			}
			must(t, f.SetCellStyle("Sheet1", "B4", "B4", style(`[$-409]mmmm\ d", of "yy;@`)))
			must(t, f.SetCellStyle("Sheet1", "B5", "B5", style("m/d/yy h:mm AM/PM")))
			must(t, f.SetCellStyle("Sheet1", "E4", "E5", style(`"$"#,##0.00_);[Red]("days" 0)`)))
			must(t, f.SetCellValue("Sheet1", "B7", 0.5))
			must(t, f.SetCellStyle("Sheet1", "B7", "B7", style("h:mm")))
			must(t, f.SetCellValue("Sheet1", "C7", 1.5))
			must(t, f.SetCellStyle("Sheet1", "C7", "C7", style("[h]:mm")))
			must(t, f.SetCellValue("Sheet1", "D7", 0.085))
			must(t, f.SetCellStyle("Sheet1", "D7", "D7", style("0.0%")))
			must(t, f.SetCellFormula("Sheet1", "E7", "SUM(E4:E5)"))
			must(t, f.SetCellRichText("Sheet1", "F7", []excelize.RichTextRun{{Text: "DO NOT "}, {Text: "CALL", Font: &excelize.Font{Bold: true}}}))
			must(t, f.MergeCell("Sheet1", "F7", "H7"))
			must(t, f.SetCellStyle("Sheet1", "A8", "A900", style("0")))
		})
		l, rows := readSheet(t, book, "", contactNames)
		want := []string{
			"title: Job report",
			"header: Name|Date of Loss|Phone|Zip|Value|Lead||Id",
			"data: Ada & <Co>|2025-06-19|602-555-0100|08123|12500.75|TRUE|0.3|123456789012345678",
			"data:  Zoë\n2nd \"line\" |2025-06-19T13:05:00||60540|-5|FALSE|0.0000001|1500000000000000",
			"data: |12:00:00|1.5|0.085||DO NOT CALL",
		}
		got := slices.DeleteFunc(showAll(rows), func(s string) bool { return s == "blank: " })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("1904 %v (-want +got):\n%s", epoch1904, diff)
		}
		if l.HeaderLine != 3 || l.TableLine != 3 || l.LastRow != 7 || l.Header[6] != "Column 7" {
			t.Errorf("%+v", l)
		}
	}
}

func TestChoosesSheet(t *testing.T) {
	t.Parallel()
	book := build(t, func(f *excelize.File) {
		for _, name := range []string{"Empty", "Contacts", "Old"} {
			_, err := f.NewSheet(name)
			must(t, err)
		}
		must(t, f.SetSheetRow("Sheet1", "A1", &[]string{"Exported", "by"}))
		must(t, f.SetSheetRow("Sheet1", "A2", &[]string{"Ada", "mail"}))
		for _, name := range []string{"Contacts", "Old"} {
			must(t, f.SetSheetRow(name, "A1", &[]string{"First Name", "Email", "City"}))
			must(t, f.SetSheetRow(name, "A2", &[]string{"Ada", "ada@example.com", "Phoenix", "note"}))
		}
		must(t, f.SetSheetVisible("Old", false))
	})
	l, _ := readSheet(t, book, "", contactNames)
	if diff := cmp.Diff([]string{"Sheet1", "Old"}, l.OtherSheets); diff != "" || l.Sheet != "Contacts" {
		t.Errorf("chose %q, others (-want +got):\n%s", l.Sheet, diff)
	}
	want := []string{`the sheet "Sheet1" holds something too and is not read`, `the hidden sheet "Old" holds something too and is not read`, "1 column holds values but no name"}
	if diff := cmp.Diff(want, l.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if l, _ := readSheet(t, book, "Old", contactNames); l.Sheet != "Old" || l.Records != 2 {
		t.Errorf("%+v", l)
	}
	if l, rows := readSheet(t, book, "Empty", contactNames); l.Sheet != "Empty" || len(rows) != 0 {
		t.Errorf("%+v", l)
	}
	if _, err := probeXLSX(t.Context(), bytes.NewReader(book), int64(len(book)), "book.xlsx", "Nowhere", nil); !fault.Is(err, fault.KindInvalid) {
		t.Error(err)
	}
}

// pack makes a workbook with one sheet out of this XML; more holds further parts,
// or other ones, by their names.
func pack(t *testing.T, sheet string, more map[string]string) []byte {
	t.Helper()
	const rels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>`
	const kind = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	parts := map[string]string{
		"[Content_Types].xml":        "<Types/>",
		"_rels/.rels":                fmt.Sprintf(rels, `<Relationship Id="r1" Type="`+kind+`officeDocument" Target="xl/workbook.xml"/>`),
		"xl/_rels/workbook.xml.rels": fmt.Sprintf(rels, `<Relationship Id="r1" Type="`+kind+`worksheet" Target="/xl/worksheets/sheet1.xml"/><Relationship Id="r2" Type="`+kind+`sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="`+kind+`styles" Target="styles.xml"/>`),
		"xl/styles.xml":              "<styleSheet/>",
		"xl/workbook.xml":            `<x:workbook xmlns:x="m" xmlns:r="n"><x:sheets><x:sheet name="A &amp; B" sheetId="1" r:id="r1"/></x:sheets></x:workbook>`,
		"xl/sharedStrings.xml":       `<sst><si><t>Name</t></si><si><t>City</t><rPh><t>x</t></rPh></si><si><r><t>Ada</t></r><r><t xml:space="preserve"> L_x0041__x000D_.</t></r></si><si/></sst>`,
		"xl/worksheets/sheet1.xml":   sheet,
	}
	maps.Copy(parts, more)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		content := parts[name]
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const sheetHead = `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`

func TestReadsOtherWritersXML(t *testing.T) {
	t.Parallel()
	sheet := "\ufeff<?xml version=\"1.0\" encoding='UTF-8'?><!-- > --><x:worksheet xmlns:x=\"m\" a='>'>" +
		`<x:dimension ref="A1:B9"/><x:sheetData><x:row><x:c t="s"><x:v> 0 </x:v></x:c><x:c t="s"><x:v>1</x:v></x:c></x:row>` +
		`<x:row r="3"><x:c r="A3" t="s"><x:v>2</x:v></x:c><x:c/><x:c r="D3" t="inlineStr"><x:is><x:t>a&#10;b&#x1F600;<![CDATA[<&>]]></x:t></x:is></x:c></x:row>` +
		`<x:row/><x:row r="7"><x:c r="B7" t="d"><x:v>2025-06-19T00:00:00</x:v></x:c><x:c t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c><x:c t="str"><x:v>x` + "\r\n" + `y</x:v></x:c><x:c><x:v>60540.0</x:v></x:c><x:c><x:v>1.2345678901E+10</x:v></x:c></x:row>` +
		`</x:sheetData></x:worksheet>`
	want := []string{"header: Name|City", "data: Ada LA\r.|||a\nb😀<&>", "blank: ", "data: |2025-06-19|#DIV/0!|x\ny|60540|12345678901"}
	wide := string(charset.AppendUTF16(nil, []byte(strings.Replace(sheet, "UTF-8", "utf-16", 1)), false))
	for _, xml := range []string{sheet, wide} {
		l, rows := readSheet(t, pack(t, xml, nil), "", contactNames)
		if diff := cmp.Diff(want, showAll(rows)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if l.Sheet != "A & B" || rows[3].Line != 7 || len(l.Header) != 6 {
			t.Errorf("%+v", l)
		}
	}
}

func TestRefusesBrokenWorkbooks(t *testing.T) {
	t.Parallel()
	none := func(names ...string) map[string]string {
		m := map[string]string{}
		for _, n := range names {
			m[n] = ""
		}
		return m
	}
	for _, test := range []struct {
		name, sheet string
		more        map[string]string
		want        string
	}{
		{"cut off", sheetHead, nil, "damaged"},
		{"tags that cross", sheetHead + "</worksheet></sheetData>", nil, "damaged"},
		{"an entity", "<!DOCTYPE x [<!ENTITY a 'b'>]>" + sheetHead + "</sheetData></worksheet>", nil, "damaged"},
		{"an unknown entity", sheetHead + `<row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>`, nil, "damaged"},
		{"a zero character", sheetHead + `<row><c t="str"><v>&#0;</v></c></row></sheetData></worksheet>`, nil, "damaged"},
		{"no UTF-8", sheetHead + "<row><c t=\"str\"><v>\xe9</v></c></row></sheetData></worksheet>", nil, "damaged"},
		{"another encoding", `<?xml version="1.0" encoding="latin1"?>` + sheetHead + `</sheetData></worksheet>`, nil, "damaged"},
		{"a text that is not there", sheetHead + `<row><c t="s"><v>4</v></c></row></sheetData></worksheet>`, nil, "row 2"},
		{"cells out of order", sheetHead + `<row><c r="B2"/><c r="B2"/></row></sheetData></worksheet>`, nil, "row 2"},
		{"rows out of order", sheetHead + `<row r="1"/></sheetData></worksheet>`, nil, "row"},
		{"too many columns", sheetHead + `<row><c r="XFE2"><v>1</v></c></row></sheetData></worksheet>`, nil, "16384 columns"},
		{"too many rows", sheetHead + `<row r="1048577"/></sheetData></worksheet>`, nil, "1048576 rows"},
		{"too deep", strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), nil, "damaged"},
		{"a long text", sheetHead + `<row><c t="str"><v>` + strings.Repeat("x", 4<<20+1) + `</v></c></row></sheetData></worksheet>`, nil, "damaged"},
		{"empty", "<worksheet><sheetData/></worksheet>", nil, "empty workbook"},
		{"a bomb", sheetHead + strings.Repeat(" ", 150<<20) + "</sheetData></worksheet>", nil, "far more than a workbook"},
		{"no sheets", "", map[string]string{"xl/workbook.xml": "<workbook/>"}, "no worksheet"},
		{"no relations", "", none("xl/_rels/workbook.xml.rels"), "damaged"},
		{"Word", "", none("word/document.xml"), "Word document"},
		{"xlsb", "", none("xl/workbook.bin"), "xlsb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := pack(t, test.sheet, test.more)
			_, err := probe(t.Context(), bytes.NewReader(book), int64(len(book)), "book.xlsx", nil)
			if !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "book.xlsx") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRefusesOtherZIPs(t *testing.T) {
	t.Parallel()
	for part, want := range map[string]string{"mimetype": "OpenDocument", "Index/Document.iwa": "Numbers", "photo.jpg": "ZIP archive"} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		_, err := z.Create(part)
		must(t, errors.Join(err, z.Close()))
		_, err = probe(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len()), "x.xlsx", nil)
		if !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

// A workbook that lost bytes or got wrong ones is refused or gives what it gave
// before; it never gives less in silence.
func TestNoticesDamage(t *testing.T) {
	t.Parallel()
	var rows strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&rows, `<row><c t="s"><v>2</v></c><c t="inlineStr"><is><t>%x</t></is></c></row>`, i*i*7919)
	}
	book := pack(t, sheetHead+rows.String()+"</sheetData></worksheet>", nil)
	_, want := readSheet(t, book, "", nil)
	try := func(damaged []byte) {
		l, err := probe(t.Context(), bytes.NewReader(damaged), int64(len(damaged)), "book.xlsx", nil)
		if err != nil {
			if !fault.Is(err, fault.KindInvalid) {
				t.Error(err)
			}
			return
		}
		rows, err := readAll(t, l, damaged)
		if err != nil || !slices.Equal(showAll(rows), showAll(want)) {
			t.Errorf("%d rows, not %d: %v", len(rows), len(want), err)
		}
	}
	for i := 0; i < len(book); i += 101 {
		try(book[:i+4])
		flipped := bytes.Clone(book)
		flipped[i] ^= 0x10
		if bytes.HasPrefix(flipped, []byte(magicZIP)) {
			try(flipped)
		}
	}
}

func TestKeepsManyTextsInAFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var texts, rows strings.Builder
	const n = 3000
	for i := range n {
		fmt.Fprintf(&texts, "<si><t>%d %s</t></si>", i, strings.Repeat("é", 5000))
		fmt.Fprintf(&rows, `<row><c t="s"><v>%d</v></c><c t="s"><v>%d</v></c></row>`, i, (i*7919)%n)
	}
	book := pack(t, "<worksheet><sheetData>"+rows.String()+"</sheetData></worksheet>", map[string]string{"xl/sharedStrings.xml": "<sst>" + texts.String() + "</sst>"})
	_, got := readSheet(t, book, "", nil)
	for i, row := range got {
		for c, number := range []int{i, (i * 7919) % n} {
			if want := fmt.Sprintf("%d %s", number, strings.Repeat("é", 5000)); row.Cells[c] != want {
				t.Fatalf("row %d: %.20s… of %d bytes, not %.20s… of %d", i, row.Cells[c], len(row.Cells[c]), want, len(want))
			}
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) > 0 || len(got) != n {
		t.Errorf("%d rows, files left: %v, %v", len(got), left, err)
	}
}

func TestPublishedWorkbooks(t *testing.T) {
	t.Parallel()
	refused := map[string]string{
		"BadWorkbook.xlsx": "damaged", "badfile_noWorkbookRels.xlsx": "damaged", "encryptAES.xlsx": "password", "encryptSHA1.xlsx": "password",
	}
	for _, path := range published(t, "xlsx", ".xlsx") {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book := load(t, path)
			l, err := probe(t.Context(), bytes.NewReader(book), int64(len(book)), name, nil)
			if want := refused[name]; want != "" {
				if !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), want) {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			rows, err := readAll(t, l, book)
			if err != nil {
				t.Fatal(err)
			}
			checkSheet(t, l, rows)
			compare(t, book, l, rows)
		})
	}
}

// compare reads the sheet with excelize too: filled cells have to be the same ones,
// and those that hold words also the same.
func compare(t *testing.T, book []byte, l Layout, rows []Row) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	other, err := f.GetRows(l.Sheet)
	if err != nil {
		t.Fatal(err)
	}
	cells := 0
	for _, row := range rows {
		var same []string
		if row.Line <= len(other) {
			same = other[row.Line-1]
		}
		for i, c := range row.Cells {
			cells++
			if i >= len(same) && c != "" || i < len(same) && (same[i] == "") != (c == "") || shapeOf(c) == shapeLabel && same[i] != c {
				t.Errorf("row %d: %q, excelize has %q", row.Line, row.Cells, same)
				break
			}
		}
	}
	if cells == 0 {
		t.Error("no cells")
	}
}
