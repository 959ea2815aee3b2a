// Package normalise reads the plain values of a contractor's export: empty
// words, text, emails, yes and no, counts, years, names and the orders hidden
// among them. Money, dates, phones and addresses have packages of their own in
// platform.
//
// Every function takes the cell as it came and the caller keeps that text. A
// value that can't be read for sure is an error in words, never a guess.
package normalise

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text takes the white space off both ends of s, no-break and zero-width spaces
// and byte order marks among it. Everything between stays byte for byte.
func Text(s string) string {
	if n := len(s); n == 0 || s[0] > ' ' && s[0] < utf8.RuneSelf && s[n-1] > ' ' && s[n-1] < utf8.RuneSelf {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\u2060' || r == '\ufeff'
	})
}

var (
	errNUL  = errors.New("this has a NUL character, which a database can't hold in text; remove it (it shows as nothing or as a box)")
	errUTF8 = errors.New("this has bytes that are no characters; save the file as UTF-8 and send it again")
)

// Storable is an error in words when the database can't hold s as text: NUL
// characters, and bytes that are not UTF-8.
func Storable(s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return errNUL
	}
	if !utf8.ValidString(s) {
		return errUTF8
	}
	return nil
}

// Blank tells whether a cell of a typed column (date, amount, phone, stage ...)
// holds nothing: white space, dashes, or a word with which exports say so, such
// as n/a, null or none. Not for names, see BlankName.
func Blank(s string) bool {
	s = Text(s)
	return isDashes(s) || len(s) <= len("undefined") && isBlankWord(s)
}

func isBlankWord(s string) bool {
	for _, word := range [...]string{
		"n/a", "na", "n.a.", "n.a", "null", "none", "nil", "#n/a", "nan", "(blank)", "(none)", "(null)", "<null>", "[null]", "undefined",
	} {
		if strings.EqualFold(s, word) {
			return true
		}
	}
	return false
}

// isDashes tells whether s is nothing but hyphens and dashes.
func isDashes(s string) bool {
	for _, r := range s {
		if r != '-' && r != '\u2013' && r != '\u2014' && r != '\u2212' {
			return false
		}
	}
	return true
}

// BlankName is Blank for names of people and companies, among whom are a Mr
// Null, a Mrs None and a Ms Na: only white space, dashes and n/a are nothing.
func BlankName(s string) bool {
	s = Text(s)
	return isDashes(s) || strings.EqualFold(s, "n/a")
}
