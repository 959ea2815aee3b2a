package ops

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// series is what the charts are drawn of: at each step a figure, or null where it is
// not known. Times are in seconds since 1970, durations in milliseconds.
type series struct {
	Zone string  `json:"zone"` // of the organisation, for the axis
	Step float64 `json:"step"` // seconds
	At   []int64 `json:"at"`

	P50      []*float64 `json:"p50"`
	P95      []*float64 `json:"p95"`
	P99      []*float64 `json:"p99"`
	Requests []*float64 `json:"requests"`
	Failures []*float64 `json:"failures"`

	Latency     []*float64 `json:"latency"`
	LatencyMax  []*float64 `json:"latencyMax"`
	Pool        []*float64 `json:"pool"`
	PoolMost    []*float64 `json:"poolMost"`
	Connections []*float64 `json:"connections"`
	Queue       []*float64 `json:"queue"`
	Refused     []*float64 `json:"refused"`

	// Left out where there is no PgBouncer.
	BouncerActive  []*float64 `json:"bouncerActive,omitempty"`
	BouncerWaiting []*float64 `json:"bouncerWaiting,omitempty"`
	BouncerServers []*float64 `json:"bouncerServers,omitempty"`
	BouncerIdle    []*float64 `json:"bouncerIdle,omitempty"`
	BouncerWait    []*float64 `json:"bouncerWait,omitempty"`

	Gaps      []band `json:"gaps"` // in which nobody measured
	Incidents []band `json:"incidents"`
	Marks     []mark `json:"marks"` // deployments
}

// band is a stretch of time.
type band struct {
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Words string `json:"words,omitempty"`
}

// mark is a moment.
type mark struct {
	At    int64  `json:"at"`
	Words string `json:"words"`
}

func (v view) series(zone *time.Location) series {
	s := series{Zone: zone.String(), Step: v.span.step.Seconds(), Gaps: []band{}, Incidents: []band{}, Marks: []mark{}}
	for i, p := range v.points {
		s.At = append(s.At, p.At.Unix())
		s.addRequests(p)
		s.addPlatform(v.platform[i])
		if v.pooled {
			s.addBouncer(v.platform[i])
		}
		if end := p.At.Add(v.span.step); p.Measured == 0 && p.At.Before(v.at) {
			s.Gaps = append(s.Gaps, band{From: p.At.Unix(), To: end.Unix()})
		}
	}
	begin, end := v.points[0].At, v.points[len(v.points)-1].At.Add(v.span.step)
	for _, i := range v.what {
		until := earlier(end, v.at)
		if i.ClosedAt != nil {
			until = earlier(until, *i.ClosedAt)
		}
		s.Incidents = append(s.Incidents, band{max(begin.Unix(), i.OpenedAt.Unix()), until.Unix(), i.Title})
	}
	for _, d := range v.deployed {
		if !d.FirstSeen.Before(begin) {
			s.Marks = append(s.Marks, mark{d.FirstSeen.Unix(), d.Version + " " + short(d.Commit)})
		}
	}
	return s
}

// addRequests adds a step's requests: none is 0 where somebody measured, and unknown
// where nobody did; how long they took is unknown where there was none.
func (s *series) addRequests(p measure.Point) {
	known, any := p.Measured > 0 || p.Requests > 0, p.Requests > 0
	s.P50, s.P95, s.P99 = append(s.P50, figure(&p.P50, any)), append(s.P95, figure(&p.P95, any)), append(s.P99, figure(&p.P99, any))
	s.Requests, s.Failures = append(s.Requests, figure(&p.Requests, known)), append(s.Failures, figure(&p.Failures, known))
}

func (s *series) addPlatform(p vitals.Point) {
	s.Latency, s.LatencyMax = append(s.Latency, p.Latency), append(s.LatencyMax, p.LatencyMax)
	s.Pool, s.PoolMost = append(s.Pool, figure(p.PoolUsed, true)), append(s.PoolMost, figure(p.PoolMost, true))
	s.Connections, s.Queue = append(s.Connections, figure(p.Connections, true)), append(s.Queue, figure(p.QueueDepth, true))
	s.Refused = append(s.Refused, figure(p.Refused, true))
}

// figure is a number, or nil where it is not known.
func figure[T int | int64 | float64](n *T, known bool) *float64 {
	if n == nil || !known {
		return nil
	}
	return new(float64(*n))
}

// seriesJSON answers what the charts are drawn of.
func (s *Service) seriesJSON(w http.ResponseWriter, r *http.Request) error {
	sh, err := s.shared(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(sh.series)
	return err
}

func (v view) seriesText(zone *time.Location) ([]byte, error) { return json.Marshal(v.series(zone)) }
