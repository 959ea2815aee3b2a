// Package date holds a day of the calendar without a time or a zone: a date of
// loss, a date of birth, the day a roof was finished.
//
// A date of loss stored as a timestamp moves by a day when somebody in another
// zone looks at it; a Date can't.
package date

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a day of the Gregorian calendar from year 1 to 9999. The zero value
// is "no date". Dates are compared with == and ordered with Compare.
type Date struct {
	year       int16
	month, day uint8
}

// New is the date of that year, month and day; the error says which of them
// does not exist.
func New(year int, month time.Month, day int) (Date, error) {
	switch {
	case year < 1 || year > 9999:
		return Date{}, fmt.Errorf("there is no year %d; the year has four digits, like 2025", year)
	case month < 1 || month > 12:
		return Date{}, fmt.Errorf("there is no month %d; months are 1 to 12", month)
	case day < 1 || day > daysIn(year, month):
		return Date{}, fmt.Errorf("there is no day %d in month %d of %d", day, month, year)
	}
	return Date{year: int16(year), month: uint8(month), day: uint8(day)}, nil //nolint:gosec // checked just above
}

// Of is the day that t shows in t's own zone.
func Of(t time.Time) Date {
	year, month, day := t.Date()
	d, err := New(year, month, day)
	if err != nil { // a year that no calendar on a desk has
		return Date{}
	}
	return d
}

// Year is 1 to 9999, 0 for no date.
func (d Date) Year() int { return int(d.year) }

// Month is January to December, 0 for no date.
func (d Date) Month() time.Month { return time.Month(d.month) }

// Day is the day of the month, 0 for no date.
func (d Date) Day() int { return int(d.day) }

// IsZero tells whether this is no date.
func (d Date) IsZero() bool { return d == Date{} }

// In is the first moment of the day in that zone; the zero time for no date.
func (d Date) In(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(int(d.year), time.Month(d.month), int(d.day), 0, 0, 0, 0, loc)
}

// Compare is negative when d is before other, positive when after, 0 when they
// are the same day; no date is before every date.
func (d Date) Compare(other Date) int {
	return d.rank() - other.rank()
}

func (d Date) rank() int { return int(d.year)<<16 | int(d.month)<<8 | int(d.day) }

// String is the ISO 8601 form, 2006-01-02; empty for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	y, m, n := int(d.year), int(d.month), int(d.day)
	text := [...]byte{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0'}
	for i, digit := range [...]int{y / 1000, y / 100 % 10, y / 10 % 10, y % 10, 0, m / 10, m % 10, 0, n / 10, n % 10} {
		text[i] += byte(digit) //nolint:gosec // one decimal digit
	}
	return string(text[:])
}

// MarshalText is String, for JSON and CSV.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes and nothing else; Parse reads
// what people write.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	y, m, n := digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)
	if len(text) != 10 || text[4] != '-' || text[7] != '-' || y < 0 || m < 0 || n < 0 {
		return fmt.Errorf("a date is written like 2025-06-19")
	}
	parsed, err := New(y, time.Month(m), n)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// digits is the number in text[from:to], -1 when that is not all digits.
func digits(text []byte, from, to int) int {
	if to > len(text) {
		return -1
	}
	n := 0
	for _, c := range text[from:to] {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// Value gives a date parameter to the database: midnight UTC, which a date
// column takes as that day, and NULL for no date.
func (d Date) Value() (driver.Value, error) {
	var null driver.Value
	if d.IsZero() {
		return null, nil
	}
	return d.In(time.UTC), nil
}

// Scan takes a date column from the database; NULL becomes no date.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = Date{}
		return nil
	case time.Time:
		*d = Of(v)
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	case []byte:
		return d.UnmarshalText(v)
	}
	return fmt.Errorf("date: a database column of %T is no date", src)
}

// daysIn is the length of the month in that year.
func daysIn(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
