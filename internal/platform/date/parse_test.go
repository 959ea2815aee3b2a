package date_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/date"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		// ISO and its relatives; a time of day is dropped, the written day counts.
		"2022-10-18": "2022-10-18", " 2022-10-18\u00a0": "2022-10-18", "2022/1/8": "2022-01-08", "2022.10.18": "2022-10-18",
		"2022-10-18T00:00:00": "2022-10-18", "2022-10-18T23:30:00-07:00": "2022-10-18", "2022-10-18T07:00:00.000Z": "2022-10-18",
		"2022-10-18 15:04:05": "2022-10-18", "2022-10-18 15:04:05 -0700 MST": "2022-10-18",
		// A day over 12, or twice the same number, is certain in any order.
		"6/19/25": "2025-06-19", "06/19/2025": "2025-06-19", "19/6/2025": "2025-06-19", "19.06.2025": "2025-06-19",
		"6-6-2025": "2025-06-06", "6/19/69": "2069-06-19", "6/19/70": "1970-06-19", "31/12/99": "1999-12-31",
		"06/19/2025 12:00:00 AM": "2025-06-19", "6/19/25 3:04 pm": "2025-06-19", "06/19/2025, 3:04:05\u202fPM": "2025-06-19",
		// Months in letters.
		"Jun 19, 2025": "2025-06-19", "June 19th, 2025": "2025-06-19", "19 June 2025": "2025-06-19", "19-Jun-25": "2025-06-19",
		"Thursday, June 19, 2025": "2025-06-19", "SEPT. 3 2025": "2025-09-03", "2025 Jun 9": "2025-06-09", "may 1st 2025": "2025-05-01",
		"Thu Jun 19 2025 00:00:00 GMT-0700 (Mountain Standard Time)": "2025-06-19",
		"Thu, 19 Jun 2025 10:00:00 GMT":                              "2025-06-19", "June 19, 2025 at 3:04 PM": "2025-06-19",
		// Digits alone.
		"20250619": "2025-06-19", "36526": "2000-01-01", "73050": "2099-12-31", "45827": "2025-06-19", "45827.0": "2025-06-19",
		"45827.75": "2025-06-19", "45827.9999999999": "2025-06-20",
		"1750291200": "2025-06-19", "1750291200000": "2025-06-19", "1750316400.5": "2025-06-19", "631152000": "1990-01-01",
		"2/29/2024": "2024-02-29", "1900-01-01": "1900-01-01",
	} {
		got, err := date.Parse(in, date.Unknown)
		if err != nil || got.String() != want {
			t.Errorf("Parse(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseInAnOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		order date.Order
		want  string
	}{
		{"6/7/2025", date.MonthFirst, "2025-06-07"},
		{"6/7/2025", date.DayFirst, "2025-07-06"},
		{"25/06/19", date.DayFirst, "2019-06-25"},
		{"2025-06-07", date.DayFirst, "2025-06-07"},
	} {
		got, err := date.Parse(c.in, c.order)
		if err != nil || got.String() != c.want {
			t.Errorf("Parse(%q, %d) = %s, %v; want %s", c.in, c.order, got, err, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, words := range map[string]string{
		"": "no date here", "\u00a0": "no date here", "soon": "not a date", "n/a": "not a date", "Jun 2025": "not a date",
		"6/19": "not a date", "6/19/2025/1": "not a date", "6-19/2025": "not a date", "Fred 19 2025": "not a date",
		"123/4/2025": "not a date", "2025-6-19x": "not a date", "2025-006-19": "not a date", "Jun 19 2025 2026": "time of day",
		"13/25/2025": "no month 13", "25/13/2025": "no month 25", "2/30/2025": "no day 30", "2/29/2025": "no day 29",
		"2025-13-01": "no month 13", "2025-00-10": "no month 0", "6/31/2025": "no day 31", "June 31, 2025": "no day 31",
		"6/19/1025": "the year", "6/19/2525": "the year", "6/19/5": "the year", "6/19/025": "the year", "06192025": "the year",
		"2025": "number is not a date", "602": "number is not a date", "6025550123": "number is not a date", "12.5.6.7": "not a date",
		"36525": "number is not a date", "73051": "number is not a date", "99999999999999999999": "number is not a date", "1.2.3": "the year",
		"2022-10-18 25:00": "time of day", "2022-10-18T": "time of day", "2022-10-18 13:00 PM": "time of day", "2022-10-18 3:4": "time of day",
		"2022-10-18 10:60": "time of day", "2022-10-18 7": "time of day", "2022-10-18 10:00 XYZ": "time of day", "2022-10-18 0:00 AM": "time of day",
		"2022-10-18 10:00 +99:00": "time of day", "2022-10-18 hello": "time of day", "2022-10-18 10:00 -": "time of day",
	} {
		got, err := date.Parse(in, date.Unknown)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Parse(%q) = %s, %v; want an error with %q", in, got, err, words)
		}
	}
	if got, err := date.Parse("19/06/2025", date.MonthFirst); err == nil {
		t.Errorf("a day-first date in a month-first column gave %s", got)
	}
}

func TestParseAsksWhenTwoReadingsAreLeft(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"6/7/2025", "06-07-25", "12/11/2025 10:00", "25/06/19", "1.2.2025"} {
		if got, err := date.Parse(in, date.Unknown); !errors.Is(err, date.ErrAmbiguous) {
			t.Errorf("Parse(%q) = %s, %v; want ErrAmbiguous", in, got, err)
		}
	}
}

func TestParseKnowsPlaceholders(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"0", "0.0", "00/00/0000", "0000-00-00", "1/0/1900", "1/0/00 0:00", "0001-01-01T00:00:00", "1/1/0001", "12/30/1899", "1899-12-30"} {
		if got, err := date.Parse(in, date.Unknown); !errors.Is(err, date.ErrNone) {
			t.Errorf("Parse(%q) = %s, %v; want ErrNone", in, got, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	denver, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2025-06-19T15:04:05Z":          "2025-06-19T09:04:05-06:00",
		"2025-06-19T15:04:05.25-07:00":  "2025-06-19T16:04:05.25-06:00",
		"2025-06-19 15:04":              "2025-06-19T15:04:00-06:00",
		"6/19/25 3:04 PM":               "2025-06-19T15:04:00-06:00",
		"6/19/25 12:04 am":              "2025-06-19T00:04:00-06:00",
		"6/19/25 12:04 p.m.":            "2025-06-19T12:04:00-06:00",
		"6/19/25 3 PM":                  "2025-06-19T15:00:00-06:00",
		"6/19/2025":                     "2025-06-19T00:00:00-06:00",
		"1/19/2025":                     "2025-01-19T00:00:00-07:00",
		"1750316400":                    "2025-06-19T01:00:00-06:00",
		"1750316400123":                 "2025-06-19T01:00:00.123-06:00",
		"45827.75":                      "2025-06-19T18:00:00-06:00",
		"45827.4166666667":              "2025-06-19T10:00:00-06:00",
		"2025-06-19 10:00 MST":          "2025-06-19T11:00:00-06:00",
		"2025-06-19 10:00:00 UTC":       "2025-06-19T04:00:00-06:00",
		"Thu, 19 Jun 2025 10:00:00 GMT": "2025-06-19T04:00:00-06:00",
		"Thu Jun 19 2025 10:00:00 GMT-0700 (Mountain Standard Time)": "2025-06-19T11:00:00-06:00",
		"2025-06-19 10:00:00.5 -0700 MST":                            "2025-06-19T11:00:00.5-06:00",
		"2025-06-19T10:00:00+0530":                                   "2025-06-18T22:30:00-06:00",
	} {
		got, err := date.ParseTime(in, date.Unknown, denver)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("ParseTime(%q) = %s, %v; want %s", in, got.Format(time.RFC3339Nano), err, want)
		}
	}
	for _, in := range []string{"", "yesterday", "6/7/2025 10:00", "2025-06-19 10:00 Mars", "2025-06-19 24:00", "0"} {
		if got, err := date.ParseTime(in, date.Unknown, denver); err == nil {
			t.Errorf("ParseTime(%q) = %s; want an error", in, got)
		}
	}
}

func TestDetectOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		column string
		want   date.Order
	}{
		{"6/7/2025 6/19/2025 n/a 2025-01-13", date.MonthFirst},
		{"6/7/2025 19/6/2025", date.DayFirst},
		{"6/7/2025 1/2/2025", date.Unknown},
		{"6/19/2025 19/6/2025", date.Unknown},
		{"25/06/19 26/06/19", date.Unknown}, // the year may stand first
		{"25/06/19 31/12/99", date.DayFirst},
		{"25/06/19 6/19/2025", date.Unknown},
		{"2025-06-19 45827 Jun-19-2025 40/50/2025 00/13/2025", date.Unknown},
		{"", date.Unknown},
	} {
		if got := date.DetectOrder(slices.Values(strings.Fields(c.column))); got != c.want {
			t.Errorf("DetectOrder(%s) = %d; want %d", c.column, got, c.want)
		}
	}
}

// days draws a date Parse accepts.
func days(t *rapid.T) date.Date {
	first := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)
	return date.Of(first.AddDate(0, 0, rapid.IntRange(0, 146_000).Draw(t, "day")))
}

func TestWrittenDatesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := days(t)
		if want.String() == "1899-12-30" || want.String() == "1899-12-31" {
			return // no date at all, see TestParseKnowsPlaceholders
		}
		at := want.In(time.UTC)
		for layout, order := range map[string]date.Order{
			"2006-01-02": date.Unknown, "1/2/2006": date.MonthFirst, "02.01.2006": date.DayFirst,
			"Jan 2, 2006": date.Unknown, "2 January 2006": date.Unknown, "Mon Jan 2 2006 15:04:05": date.Unknown,
			time.RFC3339: date.Unknown, time.RFC1123: date.Unknown, "20060102": date.Unknown,
		} {
			if got, err := date.Parse(at.Format(layout), order); err != nil || got != want {
				t.Fatalf("Parse(%q, %d) = %s, %v; want %s", at.Format(layout), order, got, err, want)
			}
		}
	})
}

func TestWrittenTimesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(-2e9, 7e9).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
		if got, err := date.ParseTime(want.Format(time.RFC3339Nano), date.Unknown, time.UTC); err != nil || !got.Equal(want) {
			t.Fatalf("ParseTime(%s) = %s, %v", want, got, err)
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, seed := range []string{"6/19/25", "2022-10-18T00:00:00Z", "Jun 19, 2025 3:04 PM", "45827.75", "1750316400123", "1/0/1900", "Thu Jun 19 2025 10:00:00 GMT-0700 (MST)"} {
		f.Add(seed, 1)
	}
	f.Fuzz(func(t *testing.T, s string, order int) {
		if d, err := date.Parse(s, date.Order(order)); err == nil {
			if again, err := date.Parse(d.String(), date.Unknown); err != nil || again != d {
				t.Errorf("Parse(%q) = %s, which reads back as %s, %v", s, d, again, err)
			}
		}
		// A zone may carry the last moments of the years Parse accepts past them.
		if at, err := date.ParseTime(s, date.Order(order), time.UTC); err == nil && at.Year() >= 1800 && at.Year() < 2200 {
			if again, err := date.ParseTime(at.Format(time.RFC3339Nano), date.Unknown, time.UTC); err != nil || !again.Equal(at) {
				t.Errorf("ParseTime(%q) = %s, which reads back as %s, %v", s, at, again, err)
			}
		}
		date.DetectOrder(slices.Values([]string{s}))
	})
}

func BenchmarkParse(b *testing.B) {
	for _, in := range []string{"6/19/25", "2022-10-18T00:00:00Z", "Jun 19, 2025", "45827", "1750316400", "not known"} {
		b.Run(strings.ReplaceAll(in, "/", "."), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = date.Parse(in, date.MonthFirst)
			}
		})
	}
}

func BenchmarkParseTime(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = date.ParseTime("2025-06-19T15:04:05-07:00", date.MonthFirst, time.UTC)
	}
}

func BenchmarkDetectOrder(b *testing.B) {
	column := slices.Repeat([]string{"6/7/2025"}, 1000)
	b.ReportAllocs()
	for b.Loop() {
		date.DetectOrder(slices.Values(column))
	}
}
