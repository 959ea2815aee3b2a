package ops

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// span is a stretch of time that the page can show, in steps.
type span struct {
	name, words string
	step        time.Duration
	steps       int
	anew        time.Duration // how often what is seen is fetched: the longer it is, the more there is to add up, and the less changes; 0 is never
	begin       time.Time     // of one that was asked for by its times; zero ends now
	asked       [2]string     // its times as they were asked for, in the organisation's time zone
}

var spans = []span{
	{name: "hour", words: "The last hour", step: time.Minute, steps: 60, anew: 10 * time.Second},
	{name: "day", words: "24 hours", step: 30 * time.Minute, steps: 48, anew: time.Minute},
	{name: "week", words: "7 days", step: 3 * time.Hour, steps: 56, anew: 5 * time.Minute},
	{name: "month", words: "30 days", step: 12 * time.Hour, steps: 60, anew: 5 * time.Minute},
}

// steps are how long one of a stretch of any length may be.
var steps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
}

const (
	mostSteps  = 120
	minutesFor = 47 * time.Hour // how far back requests are known by the minute, with an hour to spare
	asTyped    = "2006-01-02T15:04"
)

// spanOf reads which stretch of time a request asks for: one of the names, or from and
// to in the organisation's time zone, which is fault.Invalid where it can't be shown.
func spanOf(r *http.Request) (span, error) {
	q := r.URL.Query()
	if q.Has("from") || q.Has("to") {
		return askedFor(q.Get("from"), q.Get("to"), identity.Zone(r.Context()), time.Now())
	}
	for _, s := range spans {
		if s.name == q.Get("span") {
			return s, nil
		}
	}
	return spans[1], nil
}

func askedFor(from, to string, zone *time.Location, now time.Time) (span, error) {
	s := span{name: "asked", words: "From … to", asked: [2]string{from, to}}
	read := func(name, text string) (time.Time, error) {
		at, err := time.ParseInLocation(asTyped, text, zone)
		if err != nil {
			return at, fault.Invalid(name, "%q is no time; give both From and To, like %s", text, now.In(zone).Format(asTyped))
		}
		return at.UTC(), nil
	}
	begin, err := read("from", from)
	if err != nil {
		return s, err
	}
	end, err := read("to", to)
	if err != nil {
		return s, err
	}
	switch {
	case !begin.Before(now):
		return s, fault.Invalid("from", "From lies in the future, of which nothing is known; choose an earlier time")
	case !begin.Before(end):
		return s, fault.Invalid("to", "To has to be later than From; exchange them, or choose a later time")
	case now.Sub(begin) > longestWindow:
		return s, fault.Invalid("from", "what was measured is kept for 400 days; choose a time after %s", now.Add(-longestWindow).In(zone).Format("January 2, 2006"))
	}
	end = earlier(end, now.UTC().Truncate(time.Minute).Add(time.Minute)) // what is still to come is no gap
	if now.Sub(begin) > minutesFor {
		begin, end = begin.Truncate(time.Hour), end.Add(time.Hour-1).Truncate(time.Hour)
	}
	for _, s.step = range steps {
		known := s.step >= time.Hour || now.Sub(begin) <= minutesFor
		if s.steps = int((end.Sub(begin) + s.step - 1) / s.step); known && s.steps <= mostSteps {
			break
		}
	}
	s.begin = begin
	return s, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// from is when the span begins, so that the step that is under way is the last.
func (s span) from(now time.Time) time.Time {
	if !s.begin.IsZero() {
		return s.begin
	}
	return now.UTC().Truncate(s.step).Add(-time.Duration(s.steps-1) * s.step)
}

// anewWords says how often it is fetched: "every 10 seconds".
func (s span) anewWords() string {
	if s.anew < time.Minute {
		return fmt.Sprintf("every %.0f seconds", s.anew.Seconds())
	}
	if s.anew == time.Minute {
		return "every minute"
	}
	return fmt.Sprintf("every %.0f minutes", s.anew.Minutes())
}

// query is what stands behind an address of the page's: "?span=day".
func (s span) query() string {
	if s.begin.IsZero() {
		return "?span=" + s.name
	}
	return "?" + url.Values{"from": {s.asked[0]}, "to": {s.asked[1]}}.Encode()
}

func (s span) url() string { return path + s.query() }
