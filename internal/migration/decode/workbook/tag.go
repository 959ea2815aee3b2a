package workbook

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/skaiscraper/skai/internal/migration/decode/charset"
)

// tag is the beginning or the end of an element.
type tag struct {
	name  []byte // without prefix
	attrs []byte // as they stand
	end   bool   // </name>; an empty element <name/> comes as two tags
}

func (t tag) is(name string) bool { return string(t.name) == name }

// attr is an attribute's value, by its name without prefix, "" when it isn't there.
func (t tag) attr(name string) string {
	rest := t.attrs
	for {
		var key, value []byte
		if key, value, rest = nextAttr(rest); key == nil {
			return ""
		}
		if string(key) == name {
			text, err := appendText(nil, value)
			if err != nil {
				return ""
			}
			return string(text)
		}
	}
}

// nextAttr cuts the first attribute off; key is nil after the last.
func nextAttr(b []byte) (key, value, rest []byte) {
	eq := bytes.IndexByte(b, '=')
	if eq < 0 {
		return nil, nil, nil
	}
	key, b = trim(b[:eq]), trim(b[eq+1:])
	if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
		return nil, nil, nil
	}
	end := bytes.IndexByte(b[1:], b[0])
	if end < 0 {
		return nil, nil, nil
	}
	return local(key), b[1 : end+1], b[end+2:]
}

// trim cuts off what XML takes for white space.
func trim(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// local is a name without its prefix.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// appendText appends text with its references resolved and its line ends as LF.
func appendText(dst, b []byte) ([]byte, error) {
	if !charset.ASCII(b) && !utf8.Valid(b) {
		return dst, badXML("text that is not UTF-8")
	}
	for len(b) > 0 {
		i := bytes.IndexAny(b, "&\r")
		if i < 0 {
			return append(dst, b...), nil
		}
		dst = append(dst, b[:i]...)
		if b[i] == '\r' {
			dst = append(dst, '\n')
			if b = b[i+1:]; len(b) > 0 && b[0] == '\n' {
				b = b[1:]
			}
			continue
		}
		end := bytes.IndexByte(b[i:], ';')
		if end < 0 {
			return dst, badXML("an & that begins nothing")
		}
		r, ok := reference(string(b[i+1 : i+end]))
		if !ok {
			return dst, badXML("%q, which is no character", b[i:i+end+1])
		}
		dst = utf8.AppendRune(dst, r)
		b = b[i+end+1:]
	}
	return dst, nil
}

// reference is the character that &name; stands for.
func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 21)
	r := rune(n)
	return r, err == nil && n > 0 && utf8.ValidRune(r)
}
