package phone

import (
	"fmt"
	"strings"
)

// ParseAll reads every number in a cell: "602-555-0123 / 602-555-0199",
// "H: 602-555-0123 C: 602-555-0199", one a line, "602-555-0123 x12 or ...".
// Either all of the cell is read or none of it.
func ParseAll(s string) ([]Number, error) {
	first, err := Parse(s)
	if err == nil {
		return []Number{first}, nil
	}
	var all []Number
	for rest := s; ; {
		var one string
		one, rest = firstNumber(rest)
		if one == "" {
			break
		}
		if one == strings.TrimSpace(s) {
			return nil, err // there is only one: say what is wrong with it
		}
		n, err := Parse(one)
		if err != nil {
			return nil, fmt.Errorf("the phone number %d in this cell: %w", len(all)+1, err)
		}
		all = append(all, n)
	}
	if len(all) == 0 {
		return nil, errEmpty
	}
	return all, nil
}

// between is what may stand between two numbers.
const between = " \t-/" + separators + "\u00a0"

// firstNumber cuts the text of one number off s: up to a separator, the word
// "or" or "and", or the digit with which the next number has to begin.
func firstNumber(s string) (one, rest string) {
	s = strings.TrimLeft(s, between)
	for _, word := range [...]string{"or ", "and "} {
		if len(s) > len(word) && strings.EqualFold(s[:len(word)], word) {
			s = strings.TrimLeft(s[len(word):], between)
		}
	}
	digits, full, end := 0, 10, 0 // end: behind the last digit
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			if digits >= full && end != i && !isExtension(s[end:i]) {
				return cut(s, end)
			}
			if digits == 0 && c == '1' {
				full = 11
			} else if digits == 0 && i > 0 && s[i-1] == '+' {
				full = maxDigits
			}
			digits++
			end = i + 1
		case strings.IndexByte(separators, c) >= 0 && digits > 0 && !isExtension(s[i:]):
			return cut(s, i)
		case c == ' ' && digits > 0 && (hasWord(s[i+1:], "or") || hasWord(s[i+1:], "and")):
			return cut(s, i)
		}
	}
	return cut(s, len(s))
}

func cut(s string, at int) (one, rest string) {
	return strings.TrimRight(s[:at], between), s[at:]
}

// isExtension tells whether s, from behind a number, leads to an extension.
func isExtension(s string) bool {
	return extensionMark(strings.TrimLeft(s, " ,;(.-")) > 0
}

func hasWord(s, word string) bool {
	return len(s) > len(word) && strings.EqualFold(s[:len(word)], word) && s[len(word)] == ' '
}
