package money

import (
	"errors"
	"math"
	"strings"
)

// The refusals, in words for the person who fixes the value. They don't repeat
// the value: whoever shows the error has it, and amounts don't belong in logs.
var (
	errEmpty      = errors.New("there is no amount here; write one like 1234.50")
	errOther      = errors.New("this is not an amount; write one like 1234.50, $1,234.50 or (1,234.50)")
	errPercent    = errors.New("a percentage is not an amount; write the dollars, like 1234.50")
	errShort      = errors.New("thousands and millions are not read from K and M; write the whole amount, like 12000")
	errCurrency   = errors.New("only US dollars are read; write the amount in dollars, like 1234.50")
	errSigns      = errors.New("this has more than one sign or currency; write a negative amount as -45.10 or (45.10)")
	errSeparators = errors.New("the commas and points can be read in more than one way; write 1234.56 or 1,234.56")
	errScientific = errors.New("a spreadsheet shortened this number and digits may be lost; format the column as a number and export it again")
	errLarge      = errors.New("this amount is too large to be one; check for digits run together")
	errTwo        = errors.New("an amount in dollars has at most two decimals; write it like 1234.50")
	errFour       = errors.New("a quantity or unit price has at most four decimals; write it like 12.3456")
)

// Parse reads an amount of US dollars: "0.10", "$0.05", "$2,052.00",
// "(1,234.50)", "12500.75", "-45", "$-45.10", "45.10-", "USD 12".
//
// It refuses, in words, what can be read in more than one way ("1.234,56",
// "12,5", "12K", "1.2E+05") or is no amount of dollars ("1%"). More than two
// decimals are refused too, except zeros ("12.5000") and the noise of binary
// floating point ("12500.749999999998"): at least 15 significant digits whose
// third to sixth decimals are all 0 or all 9.
func Parse(s string) (Cents, error) {
	n, err := parse(s, 2, errTwo)
	return Cents(n), err
}

// ParseDecimal4 reads a quantity or unit price with up to four decimals, by the
// rules of Parse and not beyond MaxDecimal4 either way.
func ParseDecimal4(s string) (Decimal4, error) {
	n, err := parse(s, 4, errFour)
	if err == nil && (n > int64(MaxDecimal4) || n < -int64(MaxDecimal4)) {
		return 0, errLarge
	}
	return Decimal4(n), err
}

// parse gives s in units of 10^-decimals; tooFine is the refusal of more of them.
func parse(s string, decimals int, tooFine error) (int64, error) {
	core, negative, err := strip(s)
	if err != nil {
		return 0, err
	}
	n, err := number(core, decimals, tooFine)
	if errors.Is(err, errOther) {
		n, err = unusual(core, decimals, tooFine)
	}
	switch {
	case err != nil:
		return 0, err
	case negative && n == 1<<63:
		return math.MinInt64, nil
	case n > math.MaxInt64:
		return 0, errLarge
	case negative:
		return -int64(n), nil
	}
	return int64(n), nil
}

// strip takes white space, one sign and one dollar mark off the number.
func strip(s string) (core string, negative bool, err error) {
	signs, marks := 0, 0
	core = strings.TrimSpace(s)
	if core == "" {
		return "", false, errEmpty
	}
	for core != "" && (core[0] < '0' || core[0] > '9') {
		rest := cutAny(core, "$", "USD", "US$")
		if rest != core {
			marks++
		} else if rest = cutAny(core, "-", "\u2212"); rest != core {
			signs, negative = signs+1, true
		} else if rest = cutAny(core, "+"); rest != core {
			signs++
		} else if core[0] == '(' && core[len(core)-1] == ')' {
			rest = core[1 : len(core)-1]
			signs, negative = signs+1, true
		} else {
			break
		}
		core = strings.TrimSpace(rest)
	}
	if rest, ok := strings.CutSuffix(core, "USD"); ok {
		core, marks = strings.TrimSpace(rest), marks+1
	}
	if rest, ok := strings.CutSuffix(core, "-"); ok {
		core, signs, negative = strings.TrimSpace(rest), signs+1, true
	}
	if signs > 1 || marks > 1 {
		return "", false, errSigns
	}
	return core, negative, nil
}

// cutAny is s without the first of the prefixes that it has.
func cutAny(s string, prefixes ...string) string {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest
		}
	}
	return s
}

// number reads digits with thousands commas and decimals. Anything else is
// errOther, for unusual to look at.
func number(s string, decimals int, tooFine error) (uint64, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, digits, group := uint64(0), 0, -1 // group: digits since the last comma, -1 before any
	for i := range len(whole) {
		c := whole[i]
		switch {
		case c >= '0' && c <= '9':
			if n > (math.MaxUint64-9)/10 {
				return 0, errLarge
			}
			n = n*10 + uint64(c-'0')
			digits++
			if group >= 0 {
				group++
			}
		case c == ',':
			if group < 0 && (digits < 1 || digits > 3 || whole[0] == '0') || group >= 0 && group != 3 {
				return 0, errSeparators
			}
			group = 0
		default:
			return 0, errOther
		}
	}
	if digits == 0 && fraction == "" {
		return 0, errOther
	}
	if group >= 0 && group != 3 {
		return 0, errSeparators
	}
	return decimalPlaces(n, whole, fraction, decimals, tooFine)
}

// decimalPlaces appends the decimals to n, the value of whole.
func decimalPlaces(n uint64, whole, fraction string, decimals int, tooFine error) (uint64, error) {
	for i := range len(fraction) {
		if c := fraction[i]; c < '0' || c > '9' {
			return 0, errOther
		}
	}
	for i := range decimals {
		if n > (math.MaxUint64-9)/10 {
			return 0, errLarge
		}
		n *= 10
		if i < len(fraction) {
			n += uint64(fraction[i] - '0')
		}
	}
	if len(fraction) <= decimals {
		return n, nil
	}
	extra := fraction[decimals:]
	switch {
	case strings.Trim(extra, "0") == "":
		return n, nil
	case len(strings.TrimLeft(whole+fraction, "0,")) < 15:
		return 0, tooFine
	case strings.HasPrefix(extra, "0000"):
		return n, nil
	case strings.HasPrefix(extra, "9999"):
		return n + 1, nil
	}
	return 0, tooFine
}

// unusual reads a float written out in full with an exponent, as workbooks
// store small numbers ("5.0000000000000003E-2"), and says of the rest what it is.
func unusual(s string, decimals int, tooFine error) (uint64, error) {
	if plain, ok := withoutExponent(s); ok {
		return number(plain, decimals, tooFine)
	}
	last := s[len(s)-min(1, len(s)):]
	letters := strings.ContainsFunc(s, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' })
	switch {
	case strings.Contains(s, "%"):
		return 0, errPercent
	case strings.ContainsAny(s, "€£¥"):
		return 0, errCurrency
	case strings.Trim(s, "0123456789.+-eE") == "" && strings.ContainsAny(s, "eE"):
		return 0, errScientific
	case strings.ContainsAny(last, "kKmM") && strings.Trim(s, "0123456789., kKmM") == "" && strings.ContainsAny(s, "0123456789"):
		return 0, errShort
	case !letters && strings.Contains(s, ",") || strings.Count(s, ".") > 1 && strings.Trim(s, "0123456789.") == "":
		return 0, errSeparators
	}
	return 0, errOther
}

// withoutExponent turns a number with an exponent into a plain one when it has
// the 15 digits and more of a float that lost nothing.
func withoutExponent(s string) (string, bool) {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if !found || len(whole) != 1 || len(fraction) < 14 || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", false
	}
	exponent, down := strings.CutPrefix(exponent, "-")
	exponent = strings.TrimLeft(exponent, "+0")
	if len(exponent) != 1 || exponent[0] < '1' || exponent[0] > '9' {
		return "", false
	}
	shift := int(exponent[0] - '0')
	if down {
		return "0." + strings.Repeat("0", shift-1) + whole + fraction, true
	}
	return whole + fraction[:shift] + "." + fraction[shift:], true
}
