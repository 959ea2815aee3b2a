package decode

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
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
	run := func(name string, f func() error) {
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
	run("floor", func() error {
		lines := bufio.NewScanner(io.NewSectionReader(src, 0, size))
		for lines.Scan() {
			_ = lines.Bytes()
		}
		return lines.Err()
	})
	run("probe", func() error {
		_, err := probe(b.Context(), src, size, "contacts.csv", nil)
		return err
	})
	run("read", func() error {
		r, err := open(b.Context(), src, size, layout)
		for err == nil {
			_, err = r.Next()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	})
}
