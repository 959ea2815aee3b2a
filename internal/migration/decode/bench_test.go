package decode

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// contacts is a table of so many rows of 12 columns, one in ten with quoted cells.
func contacts(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("First Name,Last Name,Email,Phone,Mobile,Company,Address,City,State,Zip,Notes,AccuLynx ID\r\n")
	for i := range rows {
		notes := "hail on north slope"
		if i%10 == 0 {
			notes = "\"hail, north \"\"slope\"\"\r\nsee photos\""
		}
		fmt.Fprintf(&b, "Ada%d,Lovelace,ada%d@example.com,(602) 555-%04d,480-555-%04d,Titan Roofing,%d W Elm St,Phoenix,AZ,%05d,%s,ACX-%08d\r\n",
			i, i, i%10000, (i+7)%10000, i%9999, 85000+i%999, notes, i)
	}
	return b.Bytes()
}

// measure runs f and reports bytes and rows a second.
func measure(b *testing.B, name string, size int64, rows int, f func() error) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		b.SetBytes(size)
		b.ReportAllocs()
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// drain reads all rows.
func drain(b *testing.B, src io.ReaderAt, size int64, layout Layout) error {
	b.Helper()
	r, err := open(b.Context(), src, size, layout)
	if err != nil {
		return err
	}
	for err == nil {
		_, err = r.Next()
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, r.Close())
}

// BenchmarkRead measures probing and reading a file of 1,048,576 contacts; the
// floor is what bufio takes to find its lines.
func BenchmarkRead(b *testing.B) {
	const rows = 1 << 20
	text := contacts(rows)
	src := bytes.NewReader(text)
	size := int64(len(text))
	layout, err := probe(b.Context(), src, size, "contacts.csv", nil)
	if err != nil {
		b.Fatal(err)
	}
	measure(b, "floor", size, rows, func() error {
		lines := bufio.NewScanner(io.NewSectionReader(src, 0, size))
		for lines.Scan() {
			_ = lines.Bytes()
		}
		return lines.Err()
	})
	measure(b, "probe", size, rows, func() error {
		_, err := probe(b.Context(), src, size, "contacts.csv", nil)
		return err
	})
	measure(b, "read", size, rows, func() error { return drain(b, src, size, layout) })
}

// contactsBook writes the same table as a workbook, as Excel does: texts in the
// table of shared ones, in the order of their use.
func contactsBook(b *testing.B, w io.Writer, rows int) {
	b.Helper()
	z := zip.NewWriter(w)
	part := func(name, content string) io.Writer {
		p, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(p, content)
		}
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	const kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	part("_rels/.rels", `<Relationships><Relationship Id="r1" Type="`+kind+`officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	part("xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="r1" Type="`+kind+`worksheet" Target="s.xml"/><Relationship Id="r2" Type="`+kind+`sharedStrings" Target="t.xml"/></Relationships>`)
	part("xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="Contacts" r:id="r1"/></sheets></workbook>`)
	sheet := part("xl/s.xml", "<worksheet><sheetData>")
	var row []byte
	texts, shared := []string{}, map[string]int{}
	for r, line := range bytes.Split(bytes.ReplaceAll(bytes.TrimSpace(contacts(rows)), []byte("\r\nsee"), []byte(" see")), []byte("\r\n")) {
		row = fmt.Appendf(row, `<row r="%d" spans="1:12">`, r+1)
		for c, cell := range strings.SplitN(string(line), ",", 12) {
			if c == 9 && r > 0 {
				row = fmt.Appendf(row, `<c r="%c%d"><v>%s</v></c>`, 'A'+c, r+1, cell)
				continue
			}
			i, ok := shared[cell]
			if !ok {
				i = len(texts)
				shared[cell], texts = i, append(texts, cell)
			}
			row = fmt.Appendf(row, `<c r="%c%d" s="1" t="s"><v>%d</v></c>`, 'A'+c, r+1, i)
		}
		row = append(row, "</row>"...)
		if _, err := sheet.Write(row); err != nil {
			b.Fatal(err)
		}
		row = row[:0]
	}
	if _, err := io.WriteString(sheet, "</sheetData></worksheet>"); err != nil {
		b.Fatal(err)
	}
	table := part("xl/t.xml", "<sst>")
	for _, t := range texts {
		if _, err := io.WriteString(table, "<si><t>"+t+"</t></si>"); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := io.WriteString(table, "</sst>"); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkReadXLSX measures a sheet of 1,048,576 rows of 12 columns, most of them
// texts that stand only once.
func BenchmarkReadXLSX(b *testing.B) {
	const rows = 1<<20 - 1 // and the header
	path := filepath.Join(b.TempDir(), "contacts.xlsx")
	f, err := os.Create(path) //nolint:gosec // a test file
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	contactsBook(b, f, rows)
	layout, err := Probe(b.Context(), f, path, nil)
	if err != nil {
		b.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	measure(b, "probe", info.Size(), rows, func() error {
		_, err := Probe(b.Context(), f, path, nil)
		return err
	})
	measure(b, "read", info.Size(), rows, func() error { return drain(b, f, info.Size(), layout) })
}
