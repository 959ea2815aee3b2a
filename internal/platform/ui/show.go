package ui

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/money"
)

// Tone is the colour of a pill or a bar; a word always stands beside it.
type Tone string

// The tones.
const (
	Neutral Tone = "neutral" // not begun, closed, archived
	Blue    Tone = "blue"    // under way
	Amber   Tone = "amber"   // waits for somebody
	Green   Tone = "green"   // won, approved, done
	Red     Tone = "red"     // lost, denied, failed
	Purple  Tone = "purple"  // money: invoiced, depreciation
)

// Detail is one line of a detail page: a label and its value.
type Detail struct {
	Label string
	Value templ.Component // nil is not known
}

// Event is one entry of a timeline.
type Event struct {
	Icon  string
	Tone  Tone
	Title string
	Who   string
	At    time.Time
	Body  templ.Component // nil is none
}

// DiffRow is one field in two versions of a record.
type DiffRow struct {
	Label  string
	Yours  string
	Theirs string
}

// Tab is one page of a record.
type Tab struct {
	Text   string
	URL    string
	Count  int // shown beside the text; 0 is not
	Active bool
}

// Stat is one figure of a dashboard.
type Stat struct {
	Label string
	Value string // already formatted
	Note  string // what the figure is compared with or made of
	URL   string // the list behind it, or ""
}

// Bar is one line of a bar list.
type Bar struct {
	Label  string
	Value  int
	Amount string // a second figure beside the value, or ""
	Tone   Tone
	URL    string
}

// Job is how far a long task is.
type Job struct {
	Title   string
	Done    int64
	Total   int64 // 0 is not known yet
	PerSec  float64
	Left    time.Duration // 0 is not known
	Words   string        // what happens now: "Matching contacts"
	PollURL string        // where this component is fetched again while it runs; "" once it is over
}

// Money is an amount in dollars and cents, for a right-aligned cell.
func Money(c money.Cents) templ.Component { return amount(c.Dollars(), c < 0) }

// MoneyOr is an amount that may be absent.
func MoneyOr(c *money.Cents) templ.Component {
	if c == nil {
		return None()
	}
	return Money(*c)
}

// Count is a whole number with its thousands set off.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Day is a date such as a date of loss: it is the same day in every time zone.
func Day(d date.Date) templ.Component {
	if d.IsZero() {
		return None()
	}
	return day(d)
}

// Time is a moment in the organisation's time zone, with the time since then beside it.
func Time(t time.Time) templ.Component {
	if t.IsZero() {
		return None()
	}
	return moment(t, true)
}

// Dated is the day of a moment in the organisation's time zone, with the time
// since then beside it: for a list. A compact list shows the day alone.
func Dated(t time.Time) templ.Component {
	if t.IsZero() {
		return None()
	}
	return dated(t)
}

// Since is the time since a moment, with the moment itself as its title: for narrow columns.
func Since(t time.Time) templ.Component {
	if t.IsZero() {
		return None()
	}
	return moment(t, false)
}

// inZone is the moment in the organisation's time zone.
func inZone(ctx context.Context, t time.Time) time.Time {
	if z := viewer(ctx).Zone; z != nil {
		return t.In(z)
	}
	return t.UTC()
}

// Names are the first of a list of names, and how many more there are:
// "contacts.csv, jobs.csv and 5 more files".
func Names(names []string, most int, what string) string {
	if len(names) <= most+1 { // "and 1 more" is as long as the name
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + Count(int64(len(names)-most)) + " more " + what
}

// differing picks the rows in which the two versions differ, or those in which they don't.
func differing(rows []DiffRow, differ bool) []DiffRow {
	var list []DiffRow
	for _, r := range rows {
		if (r.Yours != r.Theirs) == differ {
			list = append(list, r)
		}
	}
	return list
}

func sameWords(n int) string {
	if n == 1 {
		return "One field is the same in both"
	}
	return Count(int64(n)) + " fields are the same in both"
}

// wholeDay says that t is midnight to the second: of an import that knew the day
// alone. An hour that nobody wrote is not shown.
func wholeDay(t time.Time) bool {
	h, m, s := t.Clock()
	return h+m+s+t.Nanosecond() == 0
}

func momentWords(ctx context.Context, t time.Time) string {
	if t = inZone(ctx, t); wholeDay(t) {
		return t.Format("Jan 2, 2006")
	}
	return t.Format("Jan 2, 2006, 3:04 PM")
}

func momentTitle(ctx context.Context, t time.Time) string {
	if t = inZone(ctx, t); wholeDay(t) {
		return t.Format("Monday, January 2, 2006")
	}
	return t.Format("Monday, January 2, 2006, 3:04 PM MST")
}

// relative says how long ago or ahead t is, in the largest unit that fits.
func relative(now, t time.Time) string {
	d := now.Sub(t)
	ahead := d < 0
	if ahead {
		d = -d
	}
	for _, u := range []struct {
		per  time.Duration
		unit string
	}{
		{365 * 24 * time.Hour, "year"},
		{365 * 24 / 12 * time.Hour, "month"},
		{24 * time.Hour, "day"},
		{time.Hour, "hour"},
		{time.Minute, "minute"},
	} {
		if n := int(d / u.per); n >= 1 {
			s := fmt.Sprintf("%d %s", n, u.unit)
			if n > 1 {
				s += "s"
			}
			if ahead {
				return "in " + s
			}
			return s + " ago"
		}
	}
	return "just now"
}

// percent is how far part goes into whole, as a width for SVG: "37.2%".
func percent(part, whole int) string {
	if whole <= 0 {
		return "0%"
	}
	return strconv.FormatFloat(math.Min(100, 100*float64(part)/float64(whole)), 'f', 1, 64) + "%"
}

func highest(bars []Bar) int {
	top := 0
	for _, b := range bars {
		top = max(top, b.Value)
	}
	return top
}

// extraKeys are the names of extra values in the order of the alphabet.
func extraKeys(extra map[string]string) []string {
	keys := make([]string, 0, len(extra))
	for k := range extra {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// progress says how a job goes: "12,500 of 48,000 rows · 3,100 rows/s · 11 s left".
func (j Job) progress() string {
	s := Count(j.Done) + " rows"
	if j.Total > 0 {
		s = Count(j.Done) + " of " + Count(j.Total) + " rows"
	}
	if j.PerSec > 0 {
		s += " · " + Count(int64(j.PerSec)) + " rows/s"
	}
	if j.Left > 0 {
		s += " · " + j.Left.Round(time.Second).String() + " left"
	}
	return s
}

// telURL is the address that calls a number.
func telURL(e164 string) templ.SafeURL { return templ.SafeURL("tel:" + url.PathEscape(e164)) }
