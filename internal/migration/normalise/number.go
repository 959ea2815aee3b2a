package normalise

import (
	"errors"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/money"
)

var (
	errBool  = errors.New("this is neither yes nor no; write yes or no")
	errInt   = errors.New("this is not a whole number; write it like 1250, the unit apart")
	errWhole = errors.New("this has to be a whole number; write it without decimals, like 1250")
	errYear  = errors.New("this is not a year; write four digits from 1600 to 2199, like 1987")
)

// Bool reads yes and no: yes, y, true, t, 1, on, x and a check mark, no, n,
// false, f, 0 and off, in any case.
func Bool(s string) (bool, error) {
	s = Text(s)
	switch {
	case len(s) > 5:
	case oneOf(s, "yes", "y", "true", "t", "1", "on", "x", "\u2713", "\u2714"):
		return true, nil
	case oneOf(s, "no", "n", "false", "f", "0", "off"):
		return false, nil
	}
	return false, errBool
}

func oneOf(s string, words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(s, w) {
			return true
		}
	}
	return false
}

// Int reads a whole number up to 200,000,000 either way: "1250", "1,250",
// "1250.0", "-3". A unit beside it ("2400 sq ft", "24 SQ") is refused, because
// squares and square feet are hundredfold apart.
func Int(s string) (int, error) {
	s = Text(s)
	if strings.ContainsAny(s, "$()D") { // signs of money, which is not counted
		return 0, errInt
	}
	n, err := money.ParseDecimal4(s)
	if err != nil {
		return 0, errInt
	}
	if n%10_000 != 0 {
		return 0, errWhole
	}
	return int(n / 10_000), nil
}

// Year reads the year something was built in: "1987", "1987.0".
func Year(s string) (int, error) {
	s = strings.TrimSuffix(Text(s), ".0")
	if len(s) != 4 {
		return 0, errYear
	}
	year := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, errYear
		}
		year = year*10 + int(s[i]-'0')
	}
	if year < 1600 || year > 2199 {
		return 0, errYear
	}
	return year, nil
}
