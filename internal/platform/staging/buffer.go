package staging

import (
	"bytes"
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Buffer collects rows in COPY's text format
// (https://www.postgresql.org/docs/15/sql-copy.html, "Text Format"): columns
// apart by tabs, rows by line feeds, NULL as \N, and tab, line feed, carriage
// return and backslash escaped. It keeps its memory from batch to batch.
type Buffer struct {
	data  []byte
	begun bool // a column was written since the last EndRow
}

// Reset empties the buffer.
func (b *Buffer) Reset() { b.data, b.begun = b.data[:0], false }

// Len is the number of bytes waiting.
func (b *Buffer) Len() int { return len(b.data) }

func (b *Buffer) column() {
	if b.begun {
		b.data = append(b.data, '\t')
	}
	b.begun = true
}

// EndRow ends a row.
func (b *Buffer) EndRow() {
	b.data = append(b.data, '\n')
	b.begun = false
}

// Null appends a NULL.
func (b *Buffer) Null() {
	b.column()
	b.data = append(b.data, '\\', 'N')
}

// Text appends a text, which must be UTF-8 without a zero byte.
func (b *Buffer) Text(s string) {
	b.column()
	b.escape(s)
}

// TextOrNull appends a text, an empty one as NULL.
func (b *Buffer) TextOrNull(s string) {
	if s == "" {
		b.Null()
		return
	}
	b.Text(s)
}

func (b *Buffer) escape(s string) {
	plain := 0
	for i := 0; i < len(s); i++ {
		var e byte
		switch s[i] {
		case '\\':
			e = '\\'
		case '\t':
			e = 't'
		case '\n':
			e = 'n'
		case '\r':
			e = 'r'
		default:
			continue
		}
		b.data = append(append(b.data, s[plain:i]...), '\\', e)
		plain = i + 1
	}
	b.data = append(b.data, s[plain:]...)
}

// Bytes appends a bytea.
func (b *Buffer) Bytes(raw []byte) {
	b.column()
	b.data = append(b.data, '\\', '\\', 'x')
	b.data = hex.AppendEncode(b.data, raw)
}

// Int appends an integer.
func (b *Buffer) Int(n int64) {
	b.column()
	b.data = strconv.AppendInt(b.data, n, 10)
}

// IntOrNull appends an integer, nil as NULL.
func (b *Buffer) IntOrNull(n *int64) {
	if n == nil {
		b.Null()
		return
	}
	b.Int(*n)
}

// FloatOrNull appends a floating point number, nil as NULL.
func (b *Buffer) FloatOrNull(f *float64) {
	if f == nil {
		b.Null()
		return
	}
	b.column()
	b.data = strconv.AppendFloat(b.data, *f, 'g', -1, 64)
}

// Bool appends a boolean.
func (b *Buffer) Bool(v bool) {
	b.column()
	if v {
		b.data = append(b.data, 't')
		return
	}
	b.data = append(b.data, 'f')
}

// BoolOrNull appends a boolean, nil as NULL.
func (b *Buffer) BoolOrNull(v *bool) {
	if v == nil {
		b.Null()
		return
	}
	b.Bool(*v)
}

// UUID appends a UUID, the nil UUID as NULL.
func (b *Buffer) UUID(id uuid.UUID) {
	if id == uuid.Nil {
		b.Null()
		return
	}
	b.column()
	n := len(b.data)
	b.data = append(b.data, make([]byte, 36)...)
	dst := b.data[n:]
	hex.Encode(dst[0:8], id[0:4])
	dst[8] = '-'
	hex.Encode(dst[9:13], id[4:6])
	dst[13] = '-'
	hex.Encode(dst[14:18], id[6:8])
	dst[18] = '-'
	hex.Encode(dst[19:23], id[8:10])
	dst[23] = '-'
	hex.Encode(dst[24:36], id[10:16])
}

// Time appends a time, the zero time as NULL.
func (b *Buffer) Time(t time.Time) {
	if t.IsZero() {
		b.Null()
		return
	}
	b.column()
	b.data = t.UTC().AppendFormat(b.data, "2006-01-02T15:04:05.999999Z07:00")
}

// TextList appends a text[].
func (b *Buffer) TextList(list []string) {
	b.column()
	b.data = append(b.data, '{')
	for i, s := range list {
		if i > 0 {
			b.data = append(b.data, ',')
		}
		b.data = append(b.data, '"')
		for j := 0; j < len(s); j++ {
			switch s[j] {
			case '\\': // escaped once for the array and each of the two once more for COPY
				b.data = append(b.data, `\\\\`...)
			case '"':
				b.data = append(b.data, `\\"`...)
			case '\t':
				b.data = append(b.data, `\t`...)
			case '\n':
				b.data = append(b.data, `\n`...)
			case '\r':
				b.data = append(b.data, `\r`...)
			default:
				b.data = append(b.data, s[j])
			}
		}
		b.data = append(b.data, '"')
	}
	b.data = append(b.data, '}')
}

func (b *Buffer) reader() io.Reader { return bytes.NewReader(b.data) }

// AppendJSON appends a JSON string (RFC 8259) to dst; s must be UTF-8.
func AppendJSON(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// JSON appends a JSON value, or empty where there is none.
func (b *Buffer) JSON(value []byte, empty string) {
	if len(value) == 0 {
		b.Text(empty)
		return
	}
	b.Text(string(value))
}
