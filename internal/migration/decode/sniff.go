package decode

import (
	"bytes"
	"io"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// headSize is how much of a file's beginning decides what it is.
const headSize = 1 << 20

const (
	magicZIP = "PK\x03\x04"
	magicOLE = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
)

// magics are the beginnings of files that hold no table, with what they are.
var magics = []struct{ prefix, is string }{
	{"%PDF-", "a PDF"},
	{"\x89PNG\r\n", "a picture (PNG)"},
	{"\xff\xd8\xff", "a picture (JPEG)"},
	{"GIF8", "a picture (GIF)"},
	{"II*\x00", "a picture (TIFF)"},
	{"MM\x00*", "a picture (TIFF)"},
	{"RIFF", "a sound, film or picture"},
	{"\x1f\x8b", "a compressed file (gzip)"},
	{"BZh", "a compressed file (bzip2)"},
	{"\xfd7zXZ\x00", "a compressed file (xz)"},
	{"7z\xbc\xaf\x27\x1c", "a compressed file (7z)"},
	{"Rar!\x1a", "a compressed file (RAR)"},
	{"PK\x05\x06", "an empty ZIP"},
	{"SQLite format 3\x00", "a database (SQLite)"},
	{"{\\rtf", "a text document (RTF)"},
	{"\xff\xfe\x00\x00", "a text in UTF-32"},
	{"\x00\x00\xfe\xff", "a text in UTF-32"},
	{"\x7fELF", "a program"},
	{"MZ\x90", "a program"},
}

const exportAgain = "export the report as CSV or XLSX and send that"

func refuse(name, format string, args ...any) error {
	return fault.Invalid("file", "%s "+format, append([]any{name}, args...)...)
}

// refuseForeign returns fault.Invalid when a file that starts with head is
// evidently no delimited text.
func refuseForeign(f io.ReaderAt, size int64, name string, head []byte) error {
	if bytes.HasPrefix(head, []byte(magicOLE)) {
		return refuseOLE(f, size, name)
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return refuse(name, "is %s, not a table: %s", m.is, exportAgain)
		}
	}
	return nil
}

// refuseMarkup returns fault.Invalid for a text that is empty or evidently not
// delimited. whole says that the text is all of the file.
func refuseMarkup(name string, text []byte, whole bool) error {
	if err := refuseBinary(name, text); err != nil {
		return err
	}
	lines := bytes.ContainsAny(text, "\r\n")
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(charset.BOM)))
	lower := bytes.ToLower(text[:min(len(text), 200)])
	for _, tag := range []string{"<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<div"} {
		if bytes.HasPrefix(lower, []byte(tag)) {
			return refuse(name, "is a web page (HTML), whatever its name says: open it in Excel, save it as XLSX or CSV UTF-8 and send that")
		}
	}
	switch {
	case bytes.HasPrefix(lower, []byte("<?xml")):
		return refuse(name, "is an XML file: open it in Excel, save it as XLSX or CSV UTF-8 and send that")
	case isJSON(text, whole):
		return refuse(name, "is a JSON file: %s", exportAgain)
	case len(text) == 0 && whole && !lines:
		return refuse(name, "is empty: export it again and check that it holds rows")
	}
	return nil
}

// isJSON tells whether a text opens, and as far as it is whole also closes, like JSON.
func isJSON(text []byte, whole bool) bool {
	if len(text) < 2 || text[0] != '{' && text[0] != '[' {
		return false
	}
	inner := bytes.TrimSpace(text[1:])
	opens := len(inner) > 0 && (inner[0] == '"' || text[0] == '[' && (inner[0] == '{' || inner[0] == '['))
	last := text[len(text)-1]
	return opens && (!whole || last == text[0]+2)
}

// refuseOLE tells an encrypted workbook from an old one by the names in the
// container's directory, which are in UTF-16.
func refuseOLE(f io.ReaderAt, size int64, name string) error {
	holds := func(word string) bool {
		return contains(io.NewSectionReader(f, 0, size), charset.AppendUTF16(nil, []byte(word), false))
	}
	switch {
	case holds("EncryptedPackage"):
		return refuse(name, "is protected with a password: open it in Excel, take the password off (File, Info, Protect Workbook) and send it again")
	case holds("Workbook"), holds("Book"):
		return refuse(name, "is a workbook of Excel 97-2003 (.xls): open it in Excel, save it as XLSX and send that")
	}
	return refuse(name, "is an old Office document, not a table: %s", exportAgain)
}

// contains tells whether what r gives has the word in it; a read error ends the search.
func contains(r io.Reader, word []byte) bool {
	buf := make([]byte, 0, 64<<10)
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if bytes.Contains(buf, word) {
			return true
		}
		if err != nil {
			return false
		}
		buf = append(buf[:0], buf[max(0, len(buf)-len(word)):]...)
	}
}

// refuseBinary refuses a text with so many control characters that it is none.
func refuseBinary(name string, head []byte) error {
	controls := 0
	for _, c := range head {
		if c < ' ' && (c < '\t' || c > '\r') {
			controls++
		}
	}
	if controls > 2 && controls*20 > len(head) {
		return refuse(name, "is not a text file: %s", exportAgain)
	}
	return nil
}
