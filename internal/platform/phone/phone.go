// Package phone reads telephone numbers as people type them, American ones by default.
package phone

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// Number is one telephone number.
type Number struct {
	E164  string // +16025550123: what is dialled and compared
	Typed string // as it came
	Ext   string // digits of the extension, usually empty
}

// The refusals, in words for the person who fixes the value. They don't repeat
// the number: whoever shows the error has it, and it doesn't belong in logs.
var (
	errEmpty      = errors.New("there is no phone number here; write one like (602) 555-0123")
	errNoArea     = errors.New("the area code is missing; write all ten digits, like (602) 555-0123")
	errArea       = errors.New("there is no such area code; write the number like (602) 555-0123, or with + and the country for one abroad")
	errExchange   = errors.New("the three digits after the area code can't begin with 0 or 1; write the number like (602) 555-0123")
	errSeveral    = errors.New("there is more than one phone number here; put each in its own cell")
	errWords      = errors.New("there are words beside the phone number; write it like (602) 555-0123 x12 and put the words in a note")
	errExt        = errors.New("the extension is not one; write it like (602) 555-0123 x12")
	errAbroad     = errors.New("this is not a phone number of the country its + names; write a US number like +1 602 555 0123")
	errScientific = errors.New("a spreadsheet shortened this number and digits may be lost; format the column as text and export it again")
)

// Parse reads one number: (602) 555-0123, 602.555.0123, 1-602-555-0123,
// +44 20 7946 0958, 011 44 ..., with an extension (x12, ext. 12, #12) and with
// a word for its kind (cell, home, "W:"), which is dropped.
//
// A US number is accepted by its shape, area code 2 to 9 and exchange 2 to 9,
// so fictional ones (555-01xx) are; one from abroad when its country's numbering
// plan has it.
func Parse(s string) (Number, error) {
	sc, err := scan(s)
	if err != nil {
		return Number{}, err
	}
	e164, err := sc.e164()
	if err != nil {
		return Number{}, err
	}
	return Number{E164: e164, Typed: s, Ext: sc.ext}, nil
}

// Format shows a number to people: "(602) 555-0123" for the United States,
// Canada and the rest of +1, the country's own grouping behind +44 and so on
// for others. What is not E.164 is given back as it is.
func Format(e164 string) string {
	if d, ok := strings.CutPrefix(e164, "+1"); ok && len(d) == 10 {
		return "(" + d[:3] + ") " + d[3:6] + "-" + d[6:]
	}
	n, err := phonenumbers.Parse(e164, phonenumbers.UNKNOWN_REGION)
	if err != nil {
		return e164
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// separators stand between numbers, or before an extension.
const separators = ",;|&\r\n"

// maxDigits is more than any number has (15 by E.164, and 011 before it).
const maxDigits = 18

// scanned is what a text holds: digits, whether + stood before them, an extension.
type scanned struct {
	digits [maxDigits]byte
	n      int
	plus   bool
	ext    string
}

// scan goes once through s. It knows punctuation, labels and extensions and
// refuses the rest.
func scan(s string) (scanned, error) {
	var sc scanned
	s = withoutFloatZero(s)
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if sc.n == maxDigits {
				return sc, errSeveral
			}
			sc.digits[sc.n] = c
			sc.n++
			i++
		case c == '+' && sc.n == 0 && !sc.plus:
			sc.plus = true
			i++
		case c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || c == '/' || c == ':' || c == '\t':
			i++
		case c >= utf8.RuneSelf:
			size := invisible(s[i:])
			if size == 0 {
				return sc, errWords
			}
			i += size
		default:
			next, err := sc.word(s, i)
			if err != nil {
				return sc, err
			}
			i = next
		}
	}
	return sc, nil
}

// word reads what stands at s[i] and is no digit or punctuation: a label, or
// an extension with which the text ends. It gives the place behind it.
func (sc *scanned) word(s string, i int) (int, error) {
	if strings.IndexByte(separators, s[i]) >= 0 {
		if rest := strings.TrimLeft(s[i+1:], " "); extensionMark(rest) == 0 {
			return 0, errSeveral
		}
		return i + 1, nil
	}
	if mark := extensionMark(s[i:]); mark > 0 && sc.n >= 7 {
		sc.ext = strings.Trim(s[i+mark:], " .:=#-()\t\u00a0")
		if sc.ext == "" || len(sc.ext) > 7 || strings.Trim(sc.ext, "0123456789") != "" {
			return 0, errExt
		}
		return len(s), nil
	}
	end := i
	for end < len(s) && s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z' {
		end++
	}
	if !isLabel(s[i:end]) {
		if strings.Trim(s, "0123456789.eE+ ") == "" {
			return 0, errScientific
		}
		return 0, errWords
	}
	return end, nil
}

// extensionMark is the length of x, ext, extension or # at the start of s, 0 without.
func extensionMark(s string) int {
	if s == "" || s[0] != '#' && s[0]|0x20 != 'x' && s[0]|0x20 != 'e' {
		return 0
	}
	for _, mark := range [...]string{"extension", "extn", "ext", "xt", "x", "#"} {
		if len(s) < len(mark) || !strings.EqualFold(s[:len(mark)], mark) {
			continue
		}
		if len(s) > len(mark) && s[len(mark)]|0x20 >= 'a' && s[len(mark)]|0x20 <= 'z' {
			return 0
		}
		return len(mark)
	}
	return 0
}

// isLabel tells whether word says what kind of number it stands beside.
func isLabel(word string) bool {
	switch strings.ToLower(word) {
	case "c", "cell", "cellular", "mobile", "m", "h", "home", "w", "work", "o", "office", "direct", "main", "business",
		"p", "ph", "phone", "t", "tel", "telephone", "f", "fax", "landline":
		return true
	}
	return false
}

// invisible is the size of the space, dash or direction mark at the start of s,
// which phones put into copied numbers; 0 for anything else.
func invisible(s string) int {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == '\u00a0', r == '\u00ad', r >= '\u2000' && r <= '\u2015', r >= '\u202a' && r <= '\u202f',
		r >= '\u2060' && r <= '\u2069', r == '\u2212', r == '\ufeff':
		return size
	}
	return 0
}

// withoutFloatZero undoes what a spreadsheet makes of a number: 6025550123.0.
func withoutFloatZero(s string) string {
	whole, ok := strings.CutSuffix(s, ".0")
	if ok && (len(whole) == 10 || len(whole) == 11) && strings.Trim(whole, "0123456789") == "" {
		return whole
	}
	return s
}

// e164 decides what the digits are.
func (sc *scanned) e164() (string, error) {
	d, plus := sc.digits[:sc.n], sc.plus
	if !plus && sc.n > 10 && strings.HasPrefix(string(d), "011") {
		d, plus = d[3:], true
	} else if !plus && sc.n > 10 && strings.HasPrefix(string(d), "00") {
		d, plus = d[2:], true
	}
	switch {
	case sc.n == 0:
		return "", errEmpty
	case plus && d[0] != '1':
		return abroad(d)
	case len(d) == 10 && !plus:
		return american(d)
	case len(d) == 11 && d[0] == '1':
		return american(d[1:])
	case len(d) == 7 && !plus:
		return "", errNoArea
	}
	return "", fmt.Errorf("a US phone number has 10 digits and this has %d; write it like (602) 555-0123, or with + and the country for one abroad", len(d))
}

// american checks ten digits by the shape of the North American Numbering Plan,
// NXX NXX XXXX: N9X is kept for longer numbers, N11 are services like 911.
func american(d []byte) (string, error) {
	switch {
	case d[0] < '2' || d[1] == '9' || d[1] == '1' && d[2] == '1':
		return "", errArea
	case d[3] < '2':
		return "", errExchange
	}
	return "+1" + string(d), nil
}

// abroad checks a number by its country's numbering plan. Its shape would not do:
// +6025550123 is a US number with the 1 forgotten, and has the shape of a Malaysian one.
func abroad(d []byte) (string, error) {
	n, err := phonenumbers.Parse("+"+string(d), phonenumbers.UNKNOWN_REGION)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", errAbroad
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}
