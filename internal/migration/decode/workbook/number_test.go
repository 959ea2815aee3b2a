package workbook

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestShowsNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"60540": "60540", "60540.0": "60540", "12500.75": "12500.75", "0.10": "0.1", "0.30000000000000004": "0.3", "-5": "-5", "-0.5": "-0.5",
		"123456789012345678901": "123456789012345678901", "1.2345678901E+10": "12345678901", "1E-3": "0.001", "8.5E-2": "0.085",
		"1E+300": "1E+300", "2.5000000000000004E-200": "2.5E-200", "0": "0", "007": "007", "1e400": "1e400", "n/a": "n/a", "0x10": "0x10", "NaN": "NaN", "": "",
	} {
		if got := string(appendNumber(nil, []byte(text))); got != want {
			t.Errorf("%s shows as %s, not %s", text, got, want)
		}
	}
}

func TestTellsDateFormats(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]dateFormat{
		"General": noDate, "0.00": noDate, "#,##0": noDate, "0.00E+00": noDate, "@": noDate, `"day" 0`: noDate, `0\d`: noDate, "[Red]0": noDate, `0 "h:mm"`: noDate,
		"[h]:mm": noDate, "[mm]:ss": noDate, "_-* #,##0.00_-": noDate, `_($* #,##0_);_(@_)`: noDate, "0;d": noDate, `0"`: noDate,
		"m/d/yy": dateOnly, "yyyy-mm-dd": dateOnly, "m/d/yy h:mm": dateOnly, "mmm": dateOnly, "mmm-yy": dateOnly, "[$-409]mmmm d, yyyy;@": dateOnly, "dddd": dateOnly, `yyyy"年"m"月"`: dateOnly,
		"h:mm": timeOnly, "h:mm AM/PM": timeOnly, "mm:ss.0": timeOnly,
	} {
		if got := dateFormatOf("200", code); got != want {
			t.Errorf("%s is %d, not %d", code, got, want)
		}
	}
	for id, want := range map[string]dateFormat{"0": noDate, "9": noDate, "13": noDate, "14": dateOnly, "17": dateOnly, "18": timeOnly, "22": dateOnly, "37": noDate, "46": noDate, "47": timeOnly, "49": noDate, "57": dateOnly, "": noDate} {
		if got := dateFormatOf(id, ""); got != want {
			t.Errorf("format %s is %d, not %d", id, got, want)
		}
	}
}

func TestReadsDateSerials(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		serial   float64
		format   dateFormat
		date1904 bool
		want     string // "" when it is no date
	}{
		{45827, dateOnly, false, "2025-06-19"},
		{44365, dateOnly, true, "2025-06-19"},
		{45827.5, dateOnly, false, "2025-06-19T12:00:00"},
		{45827.354166666664, dateOnly, false, "2025-06-19T08:30:00"},
		{45826.9999999, dateOnly, false, "2025-06-19"},
		{1, dateOnly, false, "1900-01-01"},
		{59, dateOnly, false, "1900-02-28"},
		{60, dateOnly, false, ""},
		{61, dateOnly, false, "1900-03-01"},
		{0, dateOnly, false, ""},
		{0, dateOnly, true, "1904-01-01"},
		{0.75, timeOnly, false, "18:00:00"},
		{0, timeOnly, true, "00:00:00"},
		{45827.75, timeOnly, false, "2025-06-19T18:00:00"},
		{2958465, dateOnly, false, "9999-12-31"},
		{2958466, dateOnly, false, ""},
		{-1, dateOnly, false, ""},
		{math.NaN(), dateOnly, false, ""},
		{math.Inf(1), dateOnly, false, ""},
	} {
		got, ok := appendDate(nil, test.serial, test.format, test.date1904)
		if string(got) != test.want || ok != (test.want != "") {
			t.Errorf("%v is %q, %v, not %q", test.serial, got, ok, test.want)
		}
	}
}

func TestEverySecondComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Int64Range(0, 5e9).Draw(t, "seconds") // from 1901 on
		day := time.Date(1901, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
		serial := 367 + float64(seconds)/86400
		want := day.Format("2006-01-02T15:04:05")
		if day.Equal(day.Truncate(24 * time.Hour)) {
			want = day.Format(time.DateOnly)
		}
		if got, _ := appendDate(nil, serial, dateOnly, false); string(got) != want {
			t.Fatalf("%v is %s, not %s", serial, got, want)
		}
	})
}
