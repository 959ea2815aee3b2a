package workbook

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// dateFormat is what a cell style makes of a number.
type dateFormat byte

const (
	noDate   dateFormat = iota
	dateOnly            // or date and time: which, the number tells
	timeOnly
)

// dateFormatOf tells dates from numbers by the number format: by its id, ECMA-376
// part 1 section 18.8.30, or by its own code.
func dateFormatOf(id, code string) dateFormat {
	if code != "" {
		return dateFormatOfCode(code)
	}
	n, err := strconv.Atoi(id)
	switch {
	case err != nil:
		return noDate
	case n >= 18 && n <= 21, n == 45, n == 47:
		return timeOnly
	case n >= 14 && n <= 22, n >= 27 && n <= 36, n >= 50 && n <= 58: // from 27 on those of East Asia
		return dateOnly
	}
	return noDate
}

// dateFormatOfCode looks for the letters of dates outside of texts, escapes and
// brackets. An elapsed time, [h]:mm, is a number of days, not a time of day.
func dateFormatOfCode(code string) dateFormat {
	code, _, _ = strings.Cut(strings.ToLower(code), ";")
	code = strings.NewReplacer("am/pm", "h", "a/p", "h", "general", "").Replace(code)
	date, clock, month := false, false, false
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '\\', '_', '*':
			i++
		case '"', '[':
			closing := byte('"')
			if code[i] == '[' {
				closing = ']'
			}
			end := strings.IndexByte(code[i+1:], closing)
			if end < 0 {
				return noDate
			}
			if inside := code[i+1 : i+1+end]; closing == ']' && inside != "" && strings.Trim(inside, inside[:1]) == "" && strings.Contains("hms", inside[:1]) {
				return noDate
			}
			i += end + 1
		case 'y', 'd':
			date = true
		case 'h', 's':
			clock = true
		case 'm':
			month = true
		}
	}
	switch {
	case date || month && !clock:
		return dateOnly
	case clock:
		return timeOnly
	}
	return noDate
}

const maxSerial = 2958466 // days, the first past 9999-12-31

// appendDate appends a date serial, days since the epoch, as 2006-01-02, with
// T15:04:05 if it has a time, or as 15:04:05 alone. ok is false when the number is
// none: negative, too large, or the 29 February 1900 that never was.
func appendDate(dst []byte, serial float64, format dateFormat, date1904 bool) (out []byte, ok bool) {
	seconds := math.Round(serial * 86400)
	days := math.Floor(seconds / 86400)
	seconds -= days * 86400
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case !(serial >= 0 && days < maxSerial):
		return dst, false
	case days == 0 && format == timeOnly:
		return time.Time{}.Add(time.Duration(seconds)*time.Second).AppendFormat(dst, time.TimeOnly), true
	case date1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days == 0 || days == 60:
		return dst, false
	case days < 60:
		epoch = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	t := epoch.AddDate(0, 0, int(days)).Add(time.Duration(seconds) * time.Second)
	if seconds == 0 {
		return t.AppendFormat(dst, time.DateOnly), true
	}
	return t.AppendFormat(dst, "2006-01-02T15:04:05"), true
}

// appendNumber appends a number as a person would write it: whole numbers of any
// length digit by digit, others to the 15 digits that Excel shows, without an
// exponent where 21 digits are enough. What is no number is appended as it is.
func appendNumber(dst, text []byte) []byte {
	digits := bytes.TrimPrefix(text, []byte("-"))
	if len(digits) > 0 && len(bytes.Trim(digits, "0123456789")) == 0 {
		return append(dst, text...)
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || len(bytes.Trim(text, "+-.0123456789eE")) > 0 {
		return append(dst, text...)
	}
	if f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64); err != nil {
		return append(dst, text...)
	}
	if a := math.Abs(f); a != 0 && (a >= 1e21 || a < 1e-15) {
		return strconv.AppendFloat(dst, f, 'E', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
