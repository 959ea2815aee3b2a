package date

import (
	"strings"
	"time"
)

// clock is a time of day, and how far ahead of UTC the zone written with it is.
type clock struct {
	sinceMidnight time.Duration
	offset        time.Duration
	hasOffset     bool
}

// clockOf reads the time of day behind a date: "T15:04:05.999-07:00",
// " 3:04 PM", ", 15:04 MST", " at 3:04 pm".
func clockOf(tail string) (clock, error) {
	s := strings.TrimLeft(tail, " ,\u00a0\u202f")
	if rest, ok := strings.CutPrefix(s, "at "); ok {
		s = rest
	} else if s != "" && s[0]|0x20 == 't' {
		s = s[1:]
	}
	hour, s, ok := twoDigits(s)
	if !ok {
		return clock{}, errClock
	}
	var minute, second int
	var fraction time.Duration
	colon := strings.HasPrefix(s, ":")
	if colon {
		if minute, s, ok = sixtieths(s[1:]); !ok {
			return clock{}, errClock
		}
		if strings.HasPrefix(s, ":") {
			if second, s, ok = sixtieths(s[1:]); !ok {
				return clock{}, errClock
			}
			fraction, s = fractionOf(s)
		}
	}
	hour, s, half := halfDay(hour, strings.TrimSpace(s))
	if hour < 0 || hour > 23 || !colon && !half {
		return clock{}, errClock
	}
	c := clock{sinceMidnight: time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + fraction}
	if s = strings.TrimSpace(s); s == "" {
		return c, nil
	}
	c.offset, c.hasOffset = offsetOf(s)
	if !c.hasOffset {
		return clock{}, errClock
	}
	return c, nil
}

// twoDigits takes one or two digits off s.
func twoDigits(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && i < 2 && s[i] >= '0' && s[i] <= '9' {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

// sixtieths takes minutes or seconds off s: two digits up to 59.
func sixtieths(s string) (n int, rest string, ok bool) {
	n, rest, _ = twoDigits(s)
	return n, rest, len(s)-len(rest) == 2 && n <= 59
}

// fractionOf takes ".999" off s, to the nanosecond.
func fractionOf(s string) (time.Duration, string) {
	if s == "" || s[0] != '.' {
		return 0, s
	}
	unit, d, i := time.Second/10, time.Duration(0), 1
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		d += time.Duration(s[i]-'0') * unit
		unit /= 10
	}
	return d, s[i:]
}

// halfDay takes AM or PM off s and gives the hour of the whole day, -1 when
// there is no such hour in half a day.
func halfDay(hour int, s string) (whole int, rest string, half bool) {
	for _, mark := range [...]string{"a.m.", "p.m.", "am", "pm"} {
		if len(s) < len(mark) || !strings.EqualFold(s[:len(mark)], mark) {
			continue
		}
		switch {
		case hour < 1 || hour > 12:
			return -1, s, true
		case mark[0] == 'a':
			return hour % 12, s[len(mark):], true
		}
		return hour%12 + 12, s[len(mark):], true
	}
	return hour, s, false
}

// zones of the United States by abbreviation, in hours from UTC. Elsewhere CST
// is China's; the contractors' books this reads are American.
var zones = map[string]int{
	"Z": 0, "UTC": 0, "GMT": 0,
	"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
	"PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}

// offsetOf reads a zone: "Z", "MST", "-07:00", "-0700", "-07", "-0700 MST",
// "GMT-0700 (Mountain Standard Time)".
func offsetOf(s string) (time.Duration, bool) {
	name, rest := nextWord(s)
	if name != "" && s[0]|0x20 >= 'a' {
		hours, known := zones[strings.ToUpper(name)]
		if !known || rest != "" && hours != 0 {
			return 0, false
		}
		if s = rest; s == "" {
			return time.Duration(hours) * time.Hour, true
		}
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hours, after, ok := twoDigits(s[1:])
	if !ok {
		return 0, false
	}
	minutes := 0
	if after != "" && after[0] != ' ' {
		if minutes, after, ok = twoDigits(strings.TrimPrefix(after, ":")); !ok {
			return 0, false
		}
	}
	if hours > 14 || minutes > 59 || !isZoneName(after) {
		return 0, false
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// isZoneName tells whether s is nothing or a name behind an offset: " MST",
// " (Mountain Standard Time)".
func isZoneName(s string) bool {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		s = s[1 : len(s)-1]
	}
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz ") == ""
}
