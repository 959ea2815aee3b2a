package date

import (
	"errors"
	"iter"
	"strings"
	"time"
)

// Order says how a column writes 6/7/2025.
type Order int

// The orders. Unknown is for a column in which no day is over 12.
const (
	Unknown    Order = iota
	MonthFirst       // June 7, as the United States write it
	DayFirst         // 6 July
)

// ErrAmbiguous is the refusal of a date that is one day read month first and
// another read day first. A person has to say which the column uses.
var ErrAmbiguous = errors.New("this date can be read month first or day first; say which this column uses, or write it like 2025-06-19")

// ErrNone is the refusal of a value that systems write for "no date": 0,
// 00/00/0000, 1/0/1900 (Excel's 0), 12/30/1899, 0001-01-01 (.NET's).
// A caller may take the field as empty.
var ErrNone = errors.New("this is what some systems write for no date; leave the cell empty or write the date like 2025-06-19")

var (
	errEmpty = errors.New("there is no date here; write one like 06/19/2025 or 2025-06-19")
	errOther = errors.New("this is not a date; write one like 06/19/2025, 2025-06-19 or Jun 19, 2025")
	errYear  = errors.New("the year has to be from 1800 to 2199, in two or four digits, as in 06/19/2025")
	errClock = errors.New("the time of day is not one; write it like 2025-06-19 15:04 or 06/19/2025 3:04 PM")
)

// Parse reads a day: 6/19/25, 06/19/2025, 19.06.2025, 2022-10-18, Jun 19 2025,
// Thursday, June 19th, 2025, 19-Jun-25, 20250619; Excel's day numbers (1900
// system) from 36526 to 73050, which is 2000 to 2099; Unix seconds and
// milliseconds from 1990 to 2099.
//
// Two-digit years up to 69 are 20xx, the rest 19xx. A time of day that follows
// is checked and dropped, with its zone: the day is the one that is written
// (UTC for Unix times), because that is what systems mean that keep a day in a
// timestamp. Use ParseTime where the moment counts.
//
// The error is ErrAmbiguous, ErrNone, or words about what is wrong.
func Parse(s string, o Order) (Date, error) {
	m, err := read(s, o)
	if err != nil {
		return Date{}, err
	}
	if m.tail != "" {
		if _, err := clockOf(m.tail); err != nil {
			return Date{}, err
		}
	}
	return m.day, nil
}

// ParseTime reads a moment: every form of Parse, with a time of day after it
// (15:04, 3:04:05 PM, 15:04:05.999) and a zone (Z, -07:00, GMT-0700, the zones
// of the United States by abbreviation), or without them. A time without a zone
// is one of loc; a day alone is its first moment there. A wall clock time that
// loc skips or repeats on the nights the clocks change is taken as time.Date
// does. The result is in loc, which must not be nil.
func ParseTime(s string, o Order, loc *time.Location) (time.Time, error) {
	m, err := read(s, o)
	if err != nil {
		return time.Time{}, err
	}
	if !m.instant.IsZero() {
		return m.instant.In(loc), nil
	}
	c := clock{sinceMidnight: m.sinceMidnight}
	if m.tail != "" {
		if c, err = clockOf(m.tail); err != nil {
			return time.Time{}, err
		}
	}
	zone := loc
	if c.hasOffset {
		zone = time.UTC
	}
	whole := c.sinceMidnight / time.Second
	t := time.Date(m.day.Year(), m.day.Month(), m.day.Day(), 0, 0, int(whole), int(c.sinceMidnight%time.Second), zone)
	return t.Add(-c.offset).In(loc), nil
}

// DetectOrder looks at a whole column of dates: a day over 12 decides. It is
// Unknown when no value does, or when they contradict each other.
func DetectOrder(values iter.Seq[string]) Order {
	monthFirst, dayFirst, yearFirst := false, false, false
	for v := range values {
		t, ok := tripleOf(strings.TrimSpace(v))
		if !ok || t.width[0] == 4 || t.n[0] == 0 || t.n[1] == 0 {
			continue
		}
		switch {
		case t.n[0] <= 12 && t.n[1] > 12 && t.n[1] <= 31:
			monthFirst = true
		case t.n[0] > 12 && t.n[0] <= 31 && t.n[1] <= 12:
			if t.yearMayLead() {
				yearFirst = true // 25/06/19 says that the month is not first, no more
			} else {
				dayFirst = true
			}
		}
		if monthFirst && (dayFirst || yearFirst) {
			return Unknown
		}
	}
	switch {
	case monthFirst:
		return MonthFirst
	case dayFirst:
		return DayFirst
	}
	return Unknown
}

// moment is what a text says before its time of day is read.
type moment struct {
	day           Date
	instant       time.Time     // of a Unix time
	sinceMidnight time.Duration // of a spreadsheet's day number
	tail          string        // the unread time of day
}

func read(s string, o Order) (moment, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return moment{}, errEmpty
	}
	if t, ok := tripleOf(s); ok {
		day, err := t.date(o)
		return moment{day: day, tail: t.tail}, err
	}
	if strings.Trim(s, "0123456789.") == "" {
		return number(s)
	}
	return named(s)
}

// triple is three numbers with the same separator: 6/19/25, 2022-10-18, 19.06.2025.
type triple struct {
	n, width [3]int
	tail     string
}

func tripleOf(s string) (triple, bool) {
	var t triple
	i := 0
	for part := range 3 {
		start := i
		for ; i < len(s) && i-start < 5 && s[i] >= '0' && s[i] <= '9'; i++ {
			t.n[part] = t.n[part]*10 + int(s[i]-'0')
		}
		t.width[part] = i - start
		if i == start || i-start > 4 {
			return t, false
		}
		if part == 2 {
			break
		}
		if i == len(s) || s[i] != '-' && s[i] != '/' && s[i] != '.' || part == 1 && s[i] != s[start-1] {
			return t, false
		}
		i++
	}
	if i < len(s) {
		if c := s[i]; c != ' ' && c != 'T' && c != 't' && c != ',' && c < 0x80 {
			return t, false
		}
	}
	t.tail = s[i:]
	return t, true
}

// yearMayLead tells whether 25/06/19 could be 2025-06-19.
func (t triple) yearMayLead() bool {
	return t.width[2] <= 2 && t.n[2] >= 1 && t.n[2] <= 31 && t.width[0] == 2
}

func (t triple) date(o Order) (Date, error) {
	a, b, c := t.n[0], t.n[1], t.n[2]
	if t.width[0] == 4 {
		if t.width[1] > 2 || t.width[2] > 2 {
			return Date{}, errOther
		}
		return civil(a, b, c, 4)
	}
	if t.width[0] > 2 || t.width[1] > 2 {
		return Date{}, errOther
	}
	switch {
	case o == MonthFirst, a == b:
		return civil(c, a, b, t.width[2])
	case o == DayFirst:
		return civil(c, b, a, t.width[2])
	case a > 12 && b <= 12 && t.yearMayLead():
		return Date{}, ErrAmbiguous
	case a > 12 && b <= 12:
		return civil(c, b, a, t.width[2])
	case b > 12 || a == 0 || b == 0:
		return civil(c, a, b, t.width[2])
	}
	if _, err := civil(c, a, b, t.width[2]); err != nil {
		return Date{}, err
	}
	return Date{}, ErrAmbiguous
}

// civil is the date of a year written with that many digits.
func civil(year, month, day, yearWidth int) (Date, error) {
	switch {
	case month == 0 && day == 0,
		year == 1 && month == 1 && day == 1 && yearWidth == 4,
		month == 1 && day == 0 && (year == 1900 || year == 0 && yearWidth == 2),
		year == 1899 && month == 12 && day >= 30:
		return Date{}, ErrNone
	case yearWidth == 2 && year <= 69:
		year += 2000
	case yearWidth == 2:
		year += 1900
	case year < 1800 || year > 2199:
		return Date{}, errYear
	}
	return New(year, time.Month(month), day)
}
