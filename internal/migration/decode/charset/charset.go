// Package charset tells the encodings of customers' texts apart and turns them into
// UTF-8, line by line where a text holds several, without guessing.
package charset

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The encodings of a text.
const (
	UTF8        = "utf-8"
	UTF8BOM     = "utf-8-bom"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	Windows1252 = "windows-1252"       // some lines are not UTF-8, and none needs UTF-8
	Mixed       = "utf-8+windows-1252" // each line is the one or the other
)

// BOM is the byte order mark in UTF-8.
const BOM = "\xef\xbb\xbf"

// ASCII tells whether b has no byte over 0x7F.
func ASCII(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// LineLength is the length of the first physical line of b with its line end: LF,
// CR or CRLF.
func LineLength(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf < 0 {
		lf = len(b) - 1
	}
	cr := bytes.IndexByte(b[:lf+1], '\r')
	if cr < 0 || cr == lf-1 && b[lf] == '\n' {
		return lf + 1
	}
	return cr + 1
}

// CountLineEnds counts LF, CR and CRLF in b, CRLF once.
func CountLineEnds(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	for {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			return n
		}
		if b = b[i+1:]; len(b) == 0 || b[0] != '\n' {
			n++
		}
	}
}

// windows1252 maps the bytes 0x80 to 0xFF; the five that stand for nothing are 0.
var windows1252 = func() (table [128]rune) {
	for i := range table {
		if r := charmap.Windows1252.DecodeByte(byte(i + 128)); r > 0x9F || i >= 32 {
			table[i] = r
		}
		if table[i] == utf8.RuneError {
			table[i] = 0
		}
	}
	return table
}()

// foreignLine is what the bytes of a line that is not UTF-8 look like.
type foreignLine struct {
	letters, high int  // ASCII letters, and bytes over 0x7F
	sequences     bool // there are whole UTF-8 characters beside the bytes that are none
	undefined     bool // there are bytes that Windows-1252 does not define
}

func inspect(line []byte) (f foreignLine) {
	for i := 0; i < len(line); {
		c := line[i]
		if c < utf8.RuneSelf {
			if c|0x20 >= 'a' && c|0x20 <= 'z' {
				f.letters++
			}
			i++
			continue
		}
		_, size := utf8.DecodeRune(line[i:])
		f.sequences = f.sequences || size > 1
		for _, c := range line[i : i+size] {
			f.high++
			f.undefined = f.undefined || windows1252[c-utf8.RuneSelf] == 0
		}
		i += size
	}
	return f
}

// certain tells whether a line that is not UTF-8 can only be Windows-1252. A line
// that also holds whole UTF-8 characters is so only where no line of the file
// needs UTF-8 (a capital letter followed by a curly quote happens to look like one).
func (f foreignLine) certain(encoding string) bool {
	return !f.undefined && (!f.sequences || encoding == Windows1252)
}

// AppendUTF8 appends text that is not all UTF-8, taking each physical line for
// UTF-8 if it is that and for Windows-1252 otherwise. It is false when a line
// can't be read for sure.
func AppendUTF8(dst, text []byte, encoding string) ([]byte, bool) {
	for len(text) > 0 {
		n := LineLength(text)
		line := text[:n]
		text = text[n:]
		if utf8.Valid(line) {
			dst = append(dst, line...)
			continue
		}
		if !inspect(line).certain(encoding) {
			return dst, false
		}
		for _, c := range line {
			if c < utf8.RuneSelf {
				dst = append(dst, c)
			} else {
				dst = utf8.AppendRune(dst, windows1252[c-utf8.RuneSelf])
			}
		}
	}
	return dst, true
}

// IsUTF16 tells whether, and in which order of bytes, an encoding is UTF-16.
func IsUTF16(encoding string) (is, big bool) {
	return encoding == UTF16LE || encoding == UTF16BE, encoding == UTF16BE
}

// NewUTF16Reader gives UTF-8 for the UTF-16 that src gives; big says that the high
// byte comes first.
func NewUTF16Reader(src io.Reader, big bool) io.Reader {
	return &utf16Reader{src: src, big: big}
}

// utf16Reader turns UTF-16 into UTF-8 in a way that [AppendUTF16] can turn back
// byte for byte: half of a surrogate pair becomes the three bytes it would have in
// UTF-8 if it were a character, and an odd last byte becomes two bytes that start
// with 0xF8 to 0xFB. Neither is valid UTF-8, so neither goes unnoticed.
type utf16Reader struct {
	src io.Reader
	big bool   // the high byte comes first
	in  []byte // read, not yet converted
	out []byte // converted, not yet given out
	buf []byte // memory of out
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		n := len(u.in)
		u.in = append(u.in, make([]byte, 32<<10)...)
		got, err := io.ReadFull(u.src, u.in[n:])
		u.in = u.in[:n+got]
		final := err != nil
		if final && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		var used int
		u.buf, used = AppendFromUTF16(u.buf[:0], u.in, u.big, final)
		u.out = u.buf
		u.in = append(u.in[:0], u.in[used:]...)
		if final && len(u.out) == 0 {
			return 0, io.EOF
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// unit is the first code unit of b.
func unit(b []byte, big bool) rune {
	if big {
		return rune(b[0])<<8 | rune(b[1])
	}
	return rune(b[1])<<8 | rune(b[0])
}

// AppendFromUTF16 appends UTF-16 as UTF-8 and says how many bytes it used; unless
// final it leaves a unit or a surrogate pair that may go on.
func AppendFromUTF16(dst, src []byte, big, final bool) ([]byte, int) {
	i := 0
	for ; i+1 < len(src); i += 2 {
		r := unit(src[i:], big)
		if r&0xFC00 == 0xD800 {
			if i+3 >= len(src) && !final {
				return dst, i
			}
			if i+3 < len(src) {
				if low := unit(src[i+2:], big); low&0xFC00 == 0xDC00 {
					r = 0x10000 + (r&0x3FF)<<10 + low&0x3FF
					i += 2
				}
			}
		}
		if r&^0x7FF == 0xD800 {
			dst = append(dst, 0xED, 0x80|byte(r>>6&0x3F), 0x80|byte(r&0x3F))
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	if final && i < len(src) {
		dst = append(dst, 0xF8|src[i]>>6, 0x80|src[i]&0x3F)
		i++
	}
	return dst, i
}

// AppendUTF16 appends UTF-8 as UTF-16: the inverse of [AppendFromUTF16].
func AppendUTF16(dst, src []byte, big bool) []byte {
	put := binary.LittleEndian.AppendUint16
	if big {
		put = binary.BigEndian.AppendUint16
	}
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c < utf8.RuneSelf:
			dst = put(dst, uint16(c))
			i++
		case c >= 0xF8 && i+1 < len(src):
			dst = append(dst, c<<6|src[i+1]&0x3F)
			i += 2
		case c == 0xED && i+2 < len(src) && src[i+1] >= 0xA0:
			dst = put(dst, 0xD000|uint16(src[i+1]&0x3F)<<6|uint16(src[i+2]&0x3F))
			i += 3
		default:
			r, size := utf8.DecodeRune(src[i:])
			if r >= 0x10000 {
				dst = put(dst, 0xD800|uint16((r-0x10000)>>10)) //nolint:gosec // at most ten bits
				dst = put(dst, 0xDC00|uint16(r&0x3FF))
			} else {
				dst = put(dst, uint16(r)) //nolint:gosec // below 0x10000
			}
			i += size
		}
	}
	return dst
}

// UTF16Of is the encoding of a text that starts with head if that is UTF-16, else "".
// Without a byte order mark it has to be certain: nearly all of it Latin, which has
// a zero byte in every unit on the same side, and nothing in it that is no text.
func UTF16Of(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return UTF16LE
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16BE
	}
	units := len(head) / 2
	var zeros [2]int
	for i := range units * 2 {
		if head[i] == 0 {
			zeros[i&1]++
		}
	}
	big := zeros[0] > zeros[1]
	most, least := max(zeros[0], zeros[1]), min(zeros[0], zeros[1])
	if units < 4 || most*10 < units*7 || least*20 > most {
		return ""
	}
	text, _ := AppendFromUTF16(nil, head, big, false)
	control := func(r rune) bool { return r < ' ' && (r < '\t' || r > '\r') }
	switch {
	case !utf8.Valid(text) || bytes.ContainsFunc(text, control):
		return ""
	case big:
		return UTF16BE
	}
	return UTF16LE
}
