package capacity

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Ask is what is planned, and what no measurement can know.
type Ask struct {
	People   int     // how many at once; 0 asks for the limits alone
	Every    float64 // seconds between two requests of a person; 0: as measured in the run
	Cores    int     // of the machine; 0: as many as the run's had
	MemoryMB int64   // of the machine; 0: as the run's
	Pool     int     // connections the program may have; 0: as in the run
	Busy     float64 // the part of the processors that may be in use, above 0 and below 1
}

// Interval is a figure and how far it may be off: 95 of 100 resamplings of what was
// measured gave one between Low and High.
type Interval struct {
	Low  float64 `json:"low"`
	Mid  float64 `json:"mid"`
	High float64 `json:"high"`
}

// Limit is how many people something holds.
type Limit struct {
	What   string   `json:"what"`
	People Interval `json:"people"`
	How    string   `json:"how"`
}

// Estimate is what can be told from a run.
type Estimate struct {
	Source        string    `json:"source"`
	Windows       int       `json:"windows"` // of ten seconds, that it rests on
	Requests      int64     `json:"requests"`
	Every         Interval  `json:"seconds_between_requests"`
	PerRequest    Interval  `json:"cpu_ms_per_request"` // skai and PostgreSQL together
	SkaiPart      float64   `json:"skai_part"`          // of that, 0 to 1
	PerSignIn     *Interval `json:"cpu_ms_per_sign_in,omitempty"`
	InTransaction Interval  `json:"connection_ms_per_request"`
	PeopleACore   Interval  `json:"people_per_core"`
	Limits        []Limit   `json:"limits"` // the one that is reached first is the first
	For           *Plan     `json:"for,omitempty"`
	Unknown       []string  `json:"unknown"`
}

// Plan is what a number of people needs.
type Plan struct {
	People      int      `json:"people"`
	ASecond     Interval `json:"requests_per_second"`
	Cores       Interval `json:"cores"`
	Connections Interval `json:"connections"` // enough 999 of 1,000 times
	MemoryMB    float64  `json:"memory_mb"`   // the most that was seen, at SeenPeople
	SeenPeople  float64  `json:"seen_people"`
}

// fewest windows are needed to tell how far the figures spread.
const fewest = 6

// Of gives what a run tells. It returns an error in words where the run is too short,
// or its processors were not looked at.
//
// The processor time of a request is the ratio of sums over the windows, in which
// sign-ins have a cost of their own: weighted least squares through the origin,
// weights 1/requests (Cochran, Sampling Techniques, 3rd ed., 6.9). What the program
// does on its own, jobs and vacuum, is in it. The windows in which a migration ran
// are left out. People per core are busy × seconds between requests / processor
// seconds of a request: the utilisation law U = X·D (Lazowska et al., Quantitative
// System Performance, 3.3). Connections are requests a second × seconds in a
// transaction: Little's law (Little 1961); as many as that can be at once are a
// Poisson variable where requests come independently of each other, whatever their
// lengths (M/G/∞), of which the 99.9 % quantile is taken. Intervals are percentiles of a moving-block bootstrap
// (Künsch 1989) of 2,000 resamplings, blocks of 30 seconds.
func Of(r *Run, a Ask) (Estimate, error) {
	a = a.or(r)
	used := usable(r)
	if len(used) < fewest {
		return Estimate{}, fmt.Errorf("the run has %d windows of ten seconds with 20 requests or more, its people at their usual pace and no migration; %d are needed to tell anything: let it run longer", len(used), fewest)
	}
	if spent(used) == 0 {
		return Estimate{}, fmt.Errorf("the run does not know what processor time it took")
	}
	e := Estimate{Source: fmt.Sprintf("load test %s of %s, commit %.12s, on %d cores (%s)", r.Name, r.When.Format("2006-01-02 15:04 UTC"), r.Commit, r.Machine.Cores, r.Machine.CPU), Windows: len(used), Unknown: unknown(r)}
	var skai, both float64
	for _, w := range used {
		e.Requests += w.Requests
		skai, both = skai+w.SkaiCPU, both+w.SkaiCPU+w.PostgresCPU
	}
	e.SkaiPart = skai / both
	if _, told := costs(used); signing(used) >= fewest && !math.IsNaN(told) {
		c := bootstrap(used, func(ws []Window) float64 { _, c := costs(ws); return 1000 * c })
		e.PerSignIn = &c
	} else {
		e.Unknown = append(e.Unknown, "what signing in costs: too few signed in")
		used = together(quiet(used))
	}
	e.PerRequest = bootstrap(used, func(ws []Window) float64 { b, _ := costs(ws); return 1000 * b })
	e.Every = bootstrap(used, a.every)
	e.InTransaction = bootstrap(quiet(used), func(ws []Window) float64 { return 1000 * inTransaction(ws) })
	e.PeopleACore = bootstrap(used, func(ws []Window) float64 { b, _ := costs(ws); return a.Busy * a.every(ws) / b })
	e.Limits = limits(used, e, a)
	if !slices.ContainsFunc(e.Limits, func(l Limit) bool { return strings.HasPrefix(l.What, "memory") }) {
		e.Unknown = append(e.Unknown, "memory for each person: no growth with people stood out from the rest")
	}
	if a.People > 0 {
		e.For = planFor(r, used, a)
	}
	return e, nil
}

func (a Ask) or(r *Run) Ask {
	if a.Cores == 0 {
		a.Cores = r.Machine.Cores
	}
	if a.MemoryMB == 0 {
		a.MemoryMB = r.Machine.MemoryMB
	}
	if a.Pool == 0 {
		a.Pool = r.Pool
	}
	return a
}

// every is the time between two requests of a person: as given, or people × seconds
// over requests.
func (a Ask) every(ws []Window) float64 {
	if a.Every > 0 {
		return a.Every
	}
	var people, requests float64
	for _, w := range ws {
		people, requests = people+w.People*WindowSeconds, requests+float64(w.Requests)
	}
	return people / requests
}

// usable are the windows with enough requests, seen to their end, of people at their
// own pace, without a migration.
func usable(r *Run) (list []Window) {
	for _, w := range r.Windows {
		if w.Sampled >= WindowSeconds-2 && w.Requests >= 20 && !w.Importing && (r.Unhurried == 0 || float64(w.Second) < r.Unhurried-WindowSeconds) {
			list = append(list, w)
		}
	}
	return list
}

func spent(ws []Window) (sum float64) {
	for _, w := range ws {
		sum += w.cpu()
	}
	return sum
}

func (w Window) cpu() float64 { return w.SkaiCPU + w.PostgresCPU }

// signing counts the windows in which somebody signed in.
func signing(ws []Window) (n int) {
	for _, w := range ws {
		if w.SignIns > 0 {
			n++
		}
	}
	return n
}

// quiet are the windows in which nobody signed in: whoever does keeps connections busy
// that are no page's. Where that leaves too few, it is all of them.
func quiet(ws []Window) (list []Window) {
	for _, w := range ws {
		if w.SignIns == 0 {
			list = append(list, w)
		}
	}
	if len(list) < fewest {
		return ws
	}
	return list
}

// together are the windows with what signing in took counted as the requests'.
func together(ws []Window) []Window {
	list := slices.Clone(ws)
	for i := range list {
		list[i].SignIns = 0
	}
	return list
}

// costs are the processor seconds of a request and of signing in; NaN where the
// windows, resampled, don't tell them apart.
func costs(ws []Window) (request, signIn float64) {
	var rr, rs, ss, ry, sy float64
	for _, w := range ws {
		r, s, y := float64(w.Requests), float64(w.SignIns), w.cpu()
		rr, rs, ss, ry, sy = rr+r, rs+s, ss+s*s/r, ry+y, sy+s*y/r
	}
	if ss == 0 {
		return ry / rr, math.NaN()
	}
	det := rr*ss - rs*rs
	if det < 1e-9*rr*ss {
		return math.NaN(), math.NaN()
	}
	return (ry*ss - sy*rs) / det, (rr*sy - rs*ry) / det
}

// inTransaction is how long a request keeps a connection busy, in seconds.
func inTransaction(ws []Window) float64 {
	var busy, requests float64
	for _, w := range ws {
		busy, requests = busy+w.Busy*WindowSeconds, requests+float64(w.Requests)
	}
	return busy / requests
}

// limits tells what is reached at how many people, the nearest first.
func limits(ws []Window, e Estimate, a Ask) []Limit {
	list := []Limit{
		{fmt.Sprintf("processors: %d cores, %.0f %% busy", a.Cores, 100*a.Busy), e.PeopleACore.times(float64(a.Cores)), "cores × people per core"},
		{fmt.Sprintf("connections: a pool of %d", a.Pool), bootstrap(quiet(ws), func(ws []Window) float64 { return peopleOfPool(a.Pool, inTransaction(ws)/a.every(ws)) }), "as many people as leave 999 of 1,000 requests a connection at once"},
	}
	if grows := bootstrap(ws, func(ws []Window) float64 { slope, _ := memory(ws); return slope }); grows.Low > 0 {
		list = append(list, Limit{fmt.Sprintf("memory: %d MB", a.MemoryMB), bootstrap(ws, func(ws []Window) float64 {
			slope, base := memory(ws)
			return (float64(a.MemoryMB) - base) / slope
		}), "a straight line through memory and people of the windows; far outside of what was seen it is no more than a hint"})
	}
	slices.SortStableFunc(list, func(x, y Limit) int { return int(math.Copysign(1, x.People.Mid-y.People.Mid)) })
	return list
}

func (i Interval) times(n float64) Interval { return Interval{i.Low * n, i.Mid * n, i.High * n} }

// memory is the line through people and megabytes: by least squares.
func memory(ws []Window) (slope, base float64) {
	var n, x, y, xx, xy float64
	for _, w := range ws {
		mb := w.SkaiMB + w.PostgresMB
		n, x, y, xx, xy = n+1, x+w.People, y+mb, xx+w.People*w.People, xy+w.People*mb
	}
	if det := n*xx - x*x; det > 1e-9*n*xx {
		slope = (n*xy - x*y) / det
	}
	return slope, (y - slope*x) / n
}

func planFor(r *Run, ws []Window, a Ask) *Plan {
	n := float64(a.People)
	p := &Plan{People: a.People}
	p.ASecond = bootstrap(ws, func(ws []Window) float64 { return n / a.every(ws) })
	p.Cores = bootstrap(ws, func(ws []Window) float64 { b, _ := costs(ws); return n / a.every(ws) * b / a.Busy })
	p.Connections = bootstrap(quiet(ws), func(ws []Window) float64 { return float64(atMost(n / a.every(ws) * inTransaction(ws))) })
	for _, w := range r.Windows {
		if mb := w.SkaiMB + w.PostgresMB; mb > p.MemoryMB {
			p.MemoryMB, p.SeenPeople = mb, w.People
		}
	}
	return p
}

func unknown(r *Run) []string {
	list := []string{
		"other machines, other mixes of what people do, larger books: the intervals are the spread within this one run, and nothing else",
		"disks and networks: everything ran on one machine, its files in its memory",
	}
	if r.LoadBefore > float64(r.Machine.Cores)/2 {
		list = append(list, fmt.Sprintf("how quick answers are on a machine of one's own: this one had a load average of %.1f before the run, from other work. Processor time suffers less from that than the clock, by which the time on a connection is told", r.LoadBefore))
	}
	return list
}
