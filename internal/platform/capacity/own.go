package capacity

import (
	"fmt"

	"github.com/skaiscraper/skai/internal/platform/measure"
)

// Own is what the figures of the running installation tell: it measures how long its
// requests take, and not what processor time that is. As PostgreSQL works while the
// program waits for it, a request keeps no more than one processor busy at a time, so
// the time it takes bounds its processor time from above, and people per core from below.
type Own struct {
	Minutes     int            `json:"minutes"`
	Requests    int64          `json:"requests"`
	PerRequest  Interval       `json:"ms_per_request"` // how long it took
	Queries     float64        `json:"queries_per_request"`
	Busiest     measure.Spent  `json:"busiest"`
	UnderWay    float64        `json:"under_way"`   // in the busiest minute, on average
	Connections int            `json:"connections"` // enough for these, 999 of 1,000 times
	PeopleACore *Interval      `json:"people_per_core_at_least,omitempty"`
	Cores       *Interval      `json:"cores_at_most,omitempty"` // for the people asked about
	Routes      []measure.Cost `json:"routes"`
	Unknown     []string       `json:"unknown"`
}

// OfMinutes gives what the minutes in which there were requests tell. It returns an
// error in words where they are too few.
func OfMinutes(minutes []measure.Spent, routes []measure.Cost, a Ask) (Own, error) {
	if len(minutes) < fewest {
		return Own{}, fmt.Errorf("there were requests in %d minutes of the time asked about; %d are needed to tell anything. A load test tells more: make load-soak, then skai capacity --from docs/load/<day>-soak.json", len(minutes), fewest)
	}
	o := Own{Minutes: len(minutes), Routes: routes[:min(len(routes), 10)], Unknown: []string{
		"processor time and memory: the program does not keep them; a load test does (--from)",
		"how many people there were: give the seconds between two requests of a person (--every) to be told of people",
		"signing in: before it, nobody's organisation is known, and it is not among these figures",
	}}
	var queries int64
	for _, m := range minutes {
		o.Requests, queries = o.Requests+m.Requests, queries+m.Queries
		if m.Seconds > o.Busiest.Seconds {
			o.Busiest = m
		}
	}
	took := func(ms []measure.Spent) float64 {
		var seconds, requests float64
		for _, m := range ms {
			seconds, requests = seconds+m.Seconds, requests+float64(m.Requests)
		}
		return seconds / requests
	}
	o.PerRequest = bootstrap(minutes, func(ms []measure.Spent) float64 { return 1000 * took(ms) })
	o.Queries = float64(queries) / float64(o.Requests)
	o.UnderWay = o.Busiest.Seconds / 60
	o.Connections = atMost(o.UnderWay)
	if a.Every > 0 {
		people := bootstrap(minutes, func(ms []measure.Spent) float64 { return a.Busy * a.Every / took(ms) })
		o.PeopleACore = &people
		if a.People > 0 {
			cores := bootstrap(minutes, func(ms []measure.Spent) float64 { return float64(a.People) / a.Every * took(ms) / a.Busy })
			o.Cores = &cores
		}
	}
	return o, nil
}
