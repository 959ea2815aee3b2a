package date

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var errNumber = errors.New("this number is not a date; write the date like 06/19/2025 or 2025-06-19")

// Excel counts days from 1899-12-30 for dates after its phantom 1900-02-29
// (ECMA-376 part 1, 18.17.4.1); outside these years a number is more likely
// something else.
const (
	firstSerial = 36526 // 2000-01-01
	lastSerial  = 73050 // 2099-12-31
)

var excelEpoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// Unix times outside are more likely something else, a phone number for instance.
const (
	firstUnix = 631_152_000   // 1990-01-01
	afterUnix = 4_102_444_800 // 2100-01-01
)

// number reads a day or moment from digits alone, with a fraction or without.
func number(s string) (moment, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || strings.Contains(fraction, ".") {
		return moment{}, errNumber
	}
	part := 0.0
	if fraction != "" {
		if part, err = strconv.ParseFloat("0."+fraction, 64); err != nil {
			return moment{}, errNumber
		}
	}
	switch {
	case n == 0 && part == 0:
		return moment{}, ErrNone
	case len(whole) == 8 && part == 0:
		day, err := civil(int(n/10_000), int(n/100%100), int(n%100), 4)
		return moment{day: day}, err
	case n >= firstSerial && n <= lastSerial && len(whole) == 5:
		seconds := math.Round(part * 24 * 60 * 60) // a spreadsheet's clock is not finer
		at := excelEpoch.AddDate(0, 0, int(n)).Add(time.Duration(seconds) * time.Second)
		day := Of(at)
		return moment{day: day, sinceMidnight: at.Sub(day.In(time.UTC))}, nil
	case n >= firstUnix && n < afterUnix:
		at := time.Unix(n, int64(part*1e9)).UTC()
		return moment{day: Of(at), instant: at}, nil
	case n >= firstUnix*1000 && n < afterUnix*1000:
		at := time.UnixMilli(n).UTC()
		return moment{day: Of(at), instant: at}, nil
	}
	return moment{}, errNumber
}

// named reads a date with the month in letters; day and year stand around it:
// Jun 19, 2025 - 19 June 2025 - 19-Jun-25 - Thu Jun 19 2025 - 2025 Jun 19.
func named(s string) (moment, error) {
	var year, month, day, yearWidth int
	for rest := s; ; {
		word, after := nextWord(rest)
		switch n, width, isNumber := ordinal(word); {
		case word == "":
			return moment{}, errOther
		case isNumber && width == 4 && year == 0:
			year, yearWidth = n, 4
		case isNumber && width <= 2 && day == 0:
			day = n
		case isNumber && width == 2 && month != 0 && yearWidth == 0:
			year, yearWidth = n, 2
		case !isNumber && month == 0 && monthOf(word) != 0:
			month = monthOf(word)
		case !isNumber && month == 0 && day == 0 && year == 0 && isWeekday(word):
		default:
			return moment{}, errOther
		}
		rest = after
		if month != 0 && day != 0 && yearWidth != 0 {
			d, err := civil(year, month, day, yearWidth)
			return moment{day: d, tail: rest}, err
		}
	}
}

// nextWord takes a run of letters and digits off s, and the separators before it.
func nextWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " ,-/.\u00a0")
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return s[:i], s[i:]
}

// ordinal reads 19 or 19th; width counts the digits.
func ordinal(word string) (n, width int, ok bool) {
	for width < len(word) && width < 5 && word[width] >= '0' && word[width] <= '9' {
		n = n*10 + int(word[width]-'0')
		width++
	}
	switch strings.ToLower(word[width:]) {
	case "", "st", "nd", "rd", "th":
		return n, width, width > 0 && n > 0
	}
	return 0, 0, false
}

var months = [...]string{
	"january", "february", "march", "april", "may", "june",
	"july", "august", "september", "october", "november", "december",
}

// monthOf is 1 to 12 for a month's name, whole or in three letters; 0 for other words.
func monthOf(word string) int {
	if strings.EqualFold(word, "sept") {
		return 9
	}
	return nameIn(months[:], word)
}

var weekdays = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

func isWeekday(word string) bool { return nameIn(weekdays[:], word) != 0 }

func nameIn(names []string, word string) int {
	for i, name := range names {
		if strings.EqualFold(word, name) || strings.EqualFold(word, name[:3]) {
			return i + 1
		}
	}
	return 0
}
