package date_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/date"
)

func day(tb testing.TB, year int, month time.Month, dayOfMonth int) date.Date {
	tb.Helper()
	d, err := date.New(year, month, dayOfMonth)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestDate(t *testing.T) {
	t.Parallel()
	d := day(t, 2024, time.February, 29)
	if d.Year() != 2024 || d.Month() != time.February || d.Day() != 29 || d.IsZero() || d.String() != "2024-02-29" {
		t.Errorf("got %s", d)
	}
	var none date.Date
	if !none.IsZero() || none.String() != "" || !none.In(time.UTC).IsZero() {
		t.Errorf("no date is %q", none)
	}
	phoenix := time.FixedZone("MST", -7*60*60)
	if got := date.Of(time.Date(2024, 3, 1, 2, 0, 0, 0, time.UTC).In(phoenix)); got != d {
		t.Errorf("the day in Phoenix is %s; want %s", got, d)
	}
	if got := d.In(phoenix).Format(time.RFC3339); got != "2024-02-29T00:00:00-07:00" {
		t.Errorf("In gave %s", got)
	}
	if !date.Of(time.Date(12024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		t.Error("the year 12024 became a date")
	}
	if later := day(t, 2024, time.March, 1); d.Compare(later) >= 0 || later.Compare(d) <= 0 || d.Compare(d) != 0 || none.Compare(d) >= 0 {
		t.Error("dates compare in the wrong order")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]int{{0, 1, 1}, {10000, 1, 1}, {2025, 0, 1}, {2025, 13, 1}, {2025, 1, 0}, {2025, 4, 31}, {1900, 2, 29}, {2100, 2, 29}} {
		if d, err := date.New(c[0], time.Month(c[1]), c[2]); err == nil {
			t.Errorf("New(%v) = %s; want an error", c, d)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	type claim struct {
		Loss   date.Date `json:"loss"`
		Closed date.Date `json:"closed"`
		Opened date.Date `json:"opened,omitzero"`
	}
	want := claim{Loss: day(t, 2025, time.June, 19)}
	text, err := json.Marshal(want)
	if err != nil || string(text) != `{"loss":"2025-06-19","closed":""}` {
		t.Fatalf("JSON is %s, %v", text, err)
	}
	var got claim
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("JSON came back as %v, %v", got, err)
	}
	for _, bad := range []string{"2025-6-19", "2025-06-31", "2025/06/19", "06/19/2025", "2025-06-19T00:00:00Z", "2025-06-1x", "2025"} {
		if err := new(date.Date).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("UnmarshalText(%q) gave no error", bad)
		}
	}
}

func TestDatabaseKeepsTheDay(t *testing.T) {
	t.Parallel()
	m := pgtype.NewMap()
	roundTrip := func(fatalf func(string, ...any), want date.Date) {
		for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
			wire, err := m.Encode(pgtype.DateOID, format, want, nil)
			if err != nil || (wire == nil) != want.IsZero() {
				fatalf("Encode(%s) in format %d = %v, %v", want, format, wire, err)
			}
			got := date.Of(time.Now())
			if err := m.Scan(pgtype.DateOID, format, wire, &got); err != nil || got != want {
				fatalf("%s came back from the database as %s, %v", want, got, err)
			}
		}
	}
	roundTrip(t.Errorf, date.Date{})
	rapid.Check(t, func(t *rapid.T) { roundTrip(t.Fatalf, days(t)) })
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	for _, src := range []any{42, "infinity", []byte("tomorrow")} {
		if err := new(date.Date).Scan(src); err == nil {
			t.Errorf("Scan(%v) gave no error", src)
		}
	}
	var got date.Date
	if err := got.Scan([]byte("2025-06-19")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff("2025-06-19", got.String()); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkEncode(b *testing.B) {
	m := pgtype.NewMap()
	d := day(b, 2025, time.June, 19)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = m.Encode(pgtype.DateOID, pgtype.BinaryFormatCode, d, buf[:0])
	}
}

func BenchmarkString(b *testing.B) {
	d := day(b, 2025, time.June, 19)
	b.ReportAllocs()
	for b.Loop() {
		_ = d.String()
	}
}
