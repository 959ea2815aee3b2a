package address

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords is more than a street line has; a longer text is not taken apart.
const maxWords = 24

// line is a street line taken apart. The indices divide words: the house number
// is words[:name], the street words[name:unit], the unit words[unit:n]. Within
// the street pre, suffix and post are the places of a leading direction, a
// suffix and a trailing direction, -1 without.
type line struct {
	words             [maxWords]string
	means             [maxWords]*meaning
	n                 int
	name, unit        int
	pre, suffix, post int
}

// read takes street apart and tells whether it could.
func (l *line) read(street string) bool {
	l.n, l.pre, l.suffix, l.post = 0, -1, -1, -1
	for rest := street; ; {
		var word string
		if word, rest = nextWord(rest); word == "" {
			break
		}
		if l.n == maxWords {
			return false
		}
		l.words[l.n], l.means[l.n] = word, meaningOf(word)
		l.n++
	}
	l.name = numberWords(l.words[:l.n])
	l.unit = l.n
	for i := l.name + 1; i < l.n; i++ {
		if l.mayBeUnit(i) && isUnit(l.words[i:l.n], l.means[i-1].endsStreet || l.means[i-1].direction != "") {
			l.unit = i
			break
		}
	}
	l.readName()
	return l.n > 0
}

// mayBeUnit tells whether a unit can begin at word i.
func (l *line) mayBeUnit(i int) bool {
	return l.means[i].unit != "" || strings.IndexByte(l.words[i], '#') >= 0 || i+1 < l.n && l.means[i+1].unit == "FL"
}

// readName finds the directions and the suffix among the words of the street.
func (l *line) readName() {
	from, to := l.name, l.unit
	if to-from < 2 {
		return
	}
	first := l.means[from]
	if l.means[to-1].direction != "" && !l.means[to-2].letters && (to-from > 2 || !first.endsStreet && first.direction == "") {
		to--
		l.post = to
	}
	if first.direction != "" && (to-from > 2 || to-from == 2 && !l.means[to-1].endsStreet) {
		l.pre = from
		from++
	}
	if to-from >= 2 && l.means[to-1].suffix != "" {
		l.suffix = to - 1
	}
}

// isBreak tells whether c stands between the words of an address. A no-break
// space does as well; its first byte is nbsp.
func isBreak(c byte) bool {
	return c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\r' || c == '\n'
}

const nbsp = "\u00a0"

// nextWord takes a word off s, without the breaks and points around it.
func nextWord(s string) (word, rest string) {
	for i := 0; i < len(s); {
		if isBreak(s[i]) || s[i] == '.' {
			i++
			continue
		}
		if s[i] == nbsp[0] && strings.HasPrefix(s[i:], nbsp) {
			i += len(nbsp)
			continue
		}
		end := i + 1
		for end < len(s) && !isBreak(s[end]) && (s[end] != nbsp[0] || !strings.HasPrefix(s[end:], nbsp)) {
			end++
		}
		return strings.TrimRight(s[i:end], "."), s[end:]
	}
	return "", ""
}

// trimBreaks takes the breaks off both ends of s.
func trimBreaks(s string) string {
	for s != "" && isBreak(s[0]) || strings.HasPrefix(s, nbsp) {
		if s[0] == nbsp[0] {
			s = s[1:]
		}
		s = s[1:]
	}
	for {
		switch {
		case s != "" && isBreak(s[len(s)-1]):
			s = s[:len(s)-1]
		case strings.HasSuffix(s, nbsp):
			s = s[:len(s)-len(nbsp)]
		default:
			return s
		}
	}
}

// numberWords counts the words of the house number: 2 for "123 1/2".
func numberWords(words []string) int {
	if len(words) == 0 || !isHouseNumber(words[0]) {
		return 0
	}
	if len(words) > 1 {
		if top, bottom, ok := strings.Cut(words[1], "/"); ok && top != "" && bottom != "" && isDigits(top) && isDigits(bottom) {
			return 2
		}
	}
	return 1
}

// isHouseNumber tells whether a word is one: 319, 12-34, 6257A, 12½ and the
// grid numbers of Wisconsin, W204N11912; not 5th.
func isHouseNumber(w string) bool {
	if isOrdinal(w) {
		return false
	}
	if w[0] < '0' || w[0] > '9' {
		return isGridNumber(w)
	}
	letters := 0
	for i := range len(w) {
		switch c := w[i]; {
		case c >= '0' && c <= '9' || c == '-' || c == '/' || c >= 0x80:
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		default:
			return false
		}
	}
	return letters <= 2
}

// isGridNumber tells whether w is a number like W204N11912.
func isGridNumber(w string) bool {
	parts, digits := 0, true
	for i := range len(w) {
		c := w[i]
		switch {
		case c >= '0' && c <= '9' && parts > 0:
			digits = true
		case strings.IndexByte("NSEWnsew", c) >= 0 && digits && parts < 2:
			parts, digits = parts+1, false
		default:
			return false
		}
	}
	return parts == 2 && digits
}

// streetAndUnit writes a street line in the Postal Service's way and the unit apart.
func streetAndUnit(street string) (normal, unit string) {
	if box := postBox(street); box != "" {
		return box, ""
	}
	var l line
	if !l.read(street) {
		return trimBreaks(street), ""
	}
	var name oneCase // of the words that are nothing but a name
	for i := l.name; i < l.unit; i++ {
		if i != l.pre && i != l.suffix && i != l.post {
			name.add(l.words[i])
		}
	}
	b := make([]byte, 0, 64)
	for i, word := range l.words[:l.unit] {
		if i > 0 {
			b = append(b, ' ')
		}
		switch {
		case i == l.pre || i == l.post:
			b = append(b, l.means[i].direction...)
		case i == l.suffix:
			b = appendTitle(b, l.means[i].suffix)
		case name.holds():
			b = appendProper(b, word, i)
		default:
			b = append(b, word...)
		}
	}
	if unit = presentUnit(l.words[l.unit:l.n]); string(b) == street {
		return street, unit
	}
	return string(b), unit
}

// postBox is "PO Box 12" for every way to write a post office box, empty for a street.
func postBox(s string) string {
	if s = trimBreaks(s); s == "" || s[0]|0x20 != 'p' {
		return ""
	}
	var words [6]string
	n := 0
	for rest := s; n < len(words); n++ {
		if words[n], rest = nextWord(rest); words[n] == "" {
			break
		}
	}
	for _, form := range [...][]string{{"PO", "BOX"}, {"P", "O", "BOX"}, {"POST", "OFFICE", "BOX"}, {"POBOX"}, {"POB"}} {
		if n != len(form)+1 || !startsWith(words[:n], form) {
			continue
		}
		number := strings.TrimPrefix(words[len(form)], "#")
		if number != "" && (number[0] >= '0' && number[0] <= '9' || len(number) == 1) {
			return "PO Box " + strings.ToUpper(number)
		}
	}
	return ""
}

func startsWith(words, form []string) bool {
	for i, w := range form {
		if !strings.EqualFold(strings.ReplaceAll(words[i], ".", ""), w) {
			return false
		}
	}
	return true
}

// appendKey writes house number and street as a matching key has them.
func (l *line) appendKey(b []byte) []byte {
	for i := range l.name {
		if i > 0 {
			b = append(b, ' ')
		}
		b = appendUpper(b, l.words[i], true)
	}
	number := len(b)
	for i := l.name; i < l.unit; i++ {
		b = append(b, ' ')
		switch m := l.means[i]; {
		case i == l.pre || i == l.post:
			b = append(b, m.direction...)
		case m.key != "":
			b = append(b, m.key...)
		default:
			b = appendUpper(b, l.words[i], false)
		}
	}
	return withShortRoads(b, number)
}

// appendUpper writes the letters and digits of s in capitals. The hyphens of a
// number are part of it; those of a name stand for spaces.
func appendUpper(b []byte, s string, number bool) []byte {
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			b = append(b, byte(r)-('a'-'A'))
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', number && (r == '-' || r == '/'):
			b = append(b, byte(r)) //nolint:gosec // ASCII
		case r == '-' || r == '/':
			b = append(b, ' ')
		case r == utf8.RuneError:
			b = append(b, s[i])
		case r >= utf8.RuneSelf:
			b = utf8.AppendRune(b, unicode.ToUpper(unicode.ToLower(r)))
		}
	}
	return b
}

// withShortRoads writes numbered roads in b[from:] by their short names: CR 437.
func withShortRoads(b []byte, from int) []byte {
	road := false
	for _, mark := range [...]string{" HWY ", " RD ", " RTE ", " INTERSTATE ", " IH "} {
		road = road || bytes.Contains(b[from:], []byte(mark))
	}
	if !road {
		return b
	}
	s := string(b[from:]) + " "
	for _, p := range keyPhrases {
		s = strings.Replace(s, p.long, p.short, 1)
	}
	return append(b[:from], strings.TrimSuffix(s, " ")...)
}
