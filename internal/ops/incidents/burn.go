package incidents

import (
	"math"
	"time"
)

// The objectives that the service is held to.
const (
	Availability = 0.995           // of a probe's looks
	ErrorRate    = 0.01            // of the requests
	SlowAfter    = 2 * time.Second // that 95 of 100 requests are to be answered within: p95
	slowShare    = 0.05            // of the requests, those that may take longer
)

// Tick is what was seen of an objective in a minute.
type Tick struct {
	At       time.Time
	Bad, All int64
}

// Pair is a rule of an alert: the error budget is used up so many times as fast as it
// may be, over a long window and over a short one, which ends the alert soon after the
// trouble ends.
type Pair struct {
	Long, Short time.Duration
	Rate        float64 // 1 uses up the budget of 30 days in 30 days
	Severity    Severity
}

// Pairs are the multiwindow, multi-burn-rate alerts of Google's Site Reliability
// Workbook, chapter 5, table 5-8 (https://sre.google/workbook/alerting-on-slos/): 2 % of
// the budget of 30 days in an hour, 5 % in six, 10 % in three days. The worst comes first.
var Pairs = []Pair{
	{time.Hour, 5 * time.Minute, 14.4, Page},
	{6 * time.Hour, 30 * time.Minute, 6, Page},
	{72 * time.Hour, 6 * time.Hour, 1, Ticket},
}

// The fewest events by which a window is judged: with less, a single failure at night
// would be a page (the workbook's "Low-Traffic Services and Error Budget Alerting").
const (
	fewestLong  = 100
	fewestShort = 10
)

// Burn is how a pair stands.
type Burn struct {
	Pair

	LongRate, ShortRate float64 // how many times as fast as it may the budget is used up; 0 where nothing happened
	LongBad, LongAll    int64   // the events of the long window
	Enough              bool    // there was enough to judge by
}

// Burning tells whether it is one to alert of.
func (b Burn) Burning() bool {
	return b.Enough && b.LongRate >= b.Rate && b.ShortRate >= b.Rate
}

// Burns tells how each pair of Pairs stands at a time. budget is the part of the events
// that may be bad. Minutes at now or later, and those that are not there, count for nothing.
func Burns(ticks []Tick, budget float64, now time.Time) []Burn {
	list := make([]Burn, len(Pairs))
	for i, p := range Pairs {
		long, short := within(ticks, now, p.Long), within(ticks, now, p.Short)
		list[i] = Burn{
			Pair: p, LongRate: long.rate(budget), ShortRate: short.rate(budget), LongBad: long.Bad, LongAll: long.All,
			Enough: long.All >= fewestLong && short.All >= fewestShort,
		}
	}
	return list
}

// within adds up the last stretch of time.
func within(ticks []Tick, now time.Time, window time.Duration) (sum Tick) {
	for _, t := range ticks {
		if !t.At.Before(now.Add(-window)) && t.At.Before(now) {
			sum.Bad, sum.All = sum.Bad+t.Bad, sum.All+t.All
		}
	}
	return sum
}

// rate is the part that was bad, in budgets.
func (t Tick) rate(budget float64) float64 {
	if t.All == 0 {
		return 0
	}
	return math.Round(float64(t.Bad)/float64(t.All)/budget*1e9) / 1e9 // 14.4 % of 1 % is 14.4, and no hair less
}

// worst gives the first pair that burns.
func worst(list []Burn) (Burn, bool) {
	for _, b := range list {
		if b.Burning() {
			return b, true
		}
	}
	return Burn{}, false
}

// BudgetLeft is the part of an error budget that is left, where bad is the part of all
// that went wrong and allowed the part that may: 1 is all of it, below 0 is overdrawn.
// (Google, The Site Reliability Workbook, chapter 2.)
func BudgetLeft(bad, allowed float64) float64 {
	return math.Round((1-bad/allowed)*1e4) / 1e4
}
