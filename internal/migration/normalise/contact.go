package normalise

import "strings"

// DoNotContact tells whether a value holds an order not to contact somebody,
// which people put wherever there is room: "***RED FILE DO NOT CONTACT***" as
// the reason a lead died, "DNC", "don't call", "cease and desist". An order for
// some hours only ("do not call before 9") is none.
func DoNotContact(s string) bool {
	var before [2]string // the words before word, the nearest first
	for rest := s; ; {
		var word string
		if word, rest = orderWord(rest); word == "" {
			return false
		}
		switch {
		case strings.EqualFold(word, "dnc"),
			strings.EqualFold(word, "desist") && strings.EqualFold(before[0], "and") && strings.EqualFold(before[1], "cease"),
			isForbidding(before) && isContacting(word) && !isLimit(rest):
			return true
		}
		before[0], before[1] = word, before[0]
	}
}

// isForbidding tells whether the words before a verb forbid it: do not, don't, never.
func isForbidding(before [2]string) bool {
	switch len(before[0]) {
	case len("not"):
		return strings.EqualFold(before[0], "not") && strings.EqualFold(before[1], "do")
	case len("dont"), len("don't"), len("don\u2019t"):
		return oneOf(before[0], "dont", "don't", "never", "don\u2019t")
	}
	return false
}

func isContacting(word string) bool {
	return oneOf(word, "contact", "call", "phone", "text", "email", "e-mail", "mail", "solicit", "disturb", "message")
}

// isLimit tells whether what follows an order is when it holds.
func isLimit(rest string) bool {
	word, _ := orderWord(rest)
	return oneOf(word, "before", "after", "until", "till", "between", "during", "on", "at", "unless", "without")
}

// orderWord takes a word off s: letters, apostrophes, and one hyphen between
// letters as in e-mail.
func orderWord(s string) (word, rest string) {
	start := 0
	for start < len(s) && !isLetter(s[start]) {
		start++
	}
	end := start
	for end < len(s) && (isLetter(s[end]) || s[end] == '\'' || s[end] >= 0x80) {
		end++
	}
	if end == start+1 && s[start]|0x20 == 'e' && strings.HasPrefix(s[end:], "-mail") {
		end += len("-mail")
	}
	return s[start:end], s[end:]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
