package normalise

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errEmailEmpty   = errors.New("there is no email address here; write one like name@example.com")
	errEmailAt      = errors.New("an email address has one @; write it like name@example.com")
	errEmailSeveral = errors.New("there is more than one email address here; put each in its own cell")
	errEmailLocal   = errors.New("what stands before the @ is not the name of a mailbox; write the address like name@example.com")
	errEmailDomain  = errors.New("what stands behind the @ is not a domain; write the address like name@example.com")
	errEmailWords   = errors.New("there are words beside the email address; write it alone, like name@example.com")
)

// Email reads one address and gives it with its domain in small letters; the
// part before the @ stays as it is. "mailto:" and the form "Ann <ann@x.com>"
// are understood.
func Email(s string) (string, error) {
	s = bareEmail(s)
	at := strings.IndexByte(s, '@')
	switch {
	case s == "":
		return "", errEmailEmpty
	case at < 0:
		return "", errEmailAt
	case strings.Count(s, "@") > 1:
		if strings.ContainsAny(s, emailBreaks) {
			return "", errEmailSeveral
		}
		return "", errEmailAt
	case strings.ContainsAny(s, emailBreaks):
		return "", errEmailWords
	case !isMailbox(s[:at]):
		return "", errEmailLocal
	case !isDomain(s[at+1:]):
		return "", errEmailDomain
	}
	domain := s[at+1:]
	if lower := strings.ToLower(domain); lower != domain {
		return s[:at+1] + lower, nil
	}
	return s, nil
}

// emailBreaks stand between the addresses of a cell.
const emailBreaks = " ,;|\t\r\n\u00a0"

// Emails reads every address of a cell, "a@b.com; c@d.com" or one a line, each
// once. Either all of the cell is read or none of it.
func Emails(s string) ([]string, error) {
	if one, err := Email(s); err == nil {
		return []string{one}, nil
	}
	var all []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(",;|\r\n", r) }) {
		for rest := Text(part); rest != ""; {
			var one string
			if one, rest = firstEmail(rest); one == "" {
				continue
			}
			address, err := Email(one)
			if err != nil {
				return nil, fmt.Errorf("the email address %d in this cell: %w", len(all)+1, err)
			}
			if !contains(all, address) {
				all = append(all, address)
			}
		}
	}
	if len(all) == 0 {
		return nil, errEmailEmpty
	}
	return all, nil
}

// firstEmail cuts the first of several addresses with white space between them
// off s; the words "and", "or", "&" and "/" between them are nothing.
func firstEmail(s string) (one, rest string) {
	if _, err := Email(s); err == nil {
		return s, ""
	}
	one, rest, _ = strings.Cut(s, " ")
	if oneOf(one, "and", "or", "&", "/") {
		return "", Text(rest)
	}
	return one, Text(rest)
}

func contains(all []string, address string) bool {
	for _, known := range all {
		if strings.EqualFold(known, address) {
			return true
		}
	}
	return false
}

// bareEmail takes what mail programs put around an address off s.
func bareEmail(s string) string {
	s = Text(s)
	if open := strings.IndexByte(s, '<'); open >= 0 && strings.HasSuffix(s, ">") && strings.Count(s, "<") == 1 && !strings.Contains(s[:open], "@") {
		s = Text(s[open+1 : len(s)-1])
	}
	const scheme = "mailto:"
	if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		s = Text(s[len(scheme):])
	}
	return strings.TrimRight(s, ",;")
}

// isMailbox tells whether s can stand before the @: the unquoted form of RFC
// 5322 (3.2.3, atoms with points between), letters beyond ASCII as RFC 6532
// allows, at most 64 bytes.
func isMailbox(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", r):
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)):
		default:
			return false
		}
	}
	return true
}

// isDomain tells whether s is a domain of the internet: labels of letters,
// digits and hyphens with points between, the last one not of digits.
func isDomain(s string) bool {
	labels, start := 1, 0
	if len(s) > 253 {
		return false
	}
	for i, r := range s {
		switch {
		case r == '.':
			if i == start || s[i-1] == '-' || i-start > 63 {
				return false
			}
			labels++
			start = i + 1
		case r == '-':
			if i == start {
				return false
			}
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)):
		default:
			return false
		}
	}
	last := s[start:]
	return labels > 1 && len(last) > 1 && len(last) <= 63 && last[len(last)-1] != '-' && strings.Trim(last, "0123456789") != ""
}
