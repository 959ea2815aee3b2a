package incidents

import (
	"testing"
	"time"
)

// minutes makes ticks that end at now: so many minutes, each with so many bad of all.
func minutes(now time.Time, back, n int, bad, all int64) (list []Tick) {
	for i := range n {
		list = append(list, Tick{now.Add(time.Duration(i-back) * time.Minute), bad, all})
	}
	return list
}

func join(lists ...[]Tick) (all []Tick) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// TestBurnRates has the workbook's table burn, and what is next to it not.
func TestBurnRates(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	const days = 72 * 60
	for name, c := range map[string]struct {
		ticks  []Tick
		budget float64
		want   Severity // "" is none
		long   time.Duration
		few    bool // some pair could not be judged
	}{
		"nothing at all":                       {nil, 0.01, "", 0, true},
		"nothing bad in three days":            {minutes(now, days, days, 0, 100), 0.01, "", 0, false},
		"15 % of an hour":                      {minutes(now, days, days, 0, 100)[:days-60], 0.01, "", 0, true}, // nobody came in the last hour
		"14.4 % for an hour":                   {join(minutes(now, days, days-60, 0, 1000), minutes(now, 60, 60, 144, 1000)), 0.01, Page, time.Hour, false},
		"14.3 % for an hour":                   {join(minutes(now, days, days-60, 0, 1000), minutes(now, 60, 60, 143, 1000)), 0.01, "", 0, false}, // 72 h: 0.2
		"all fails for nine minutes":           {join(minutes(now, days, days-9, 0, 100), minutes(now, 9, 9, 100, 100)), 0.01, Page, time.Hour, false},
		"all fails for eight minutes":          {join(minutes(now, days, days-8, 0, 100), minutes(now, 8, 8, 100, 100)), 0.01, "", 0, false},
		"all failed until five minutes ago":    {join(minutes(now, days, days-25, 0, 100), minutes(now, 25, 20, 100, 100), minutes(now, 5, 5, 0, 100)), 0.01, "", 0, false}, // 6 h: 5.6
		"6 % for six hours":                    {join(minutes(now, days, days-360, 0, 100), minutes(now, 360, 360, 6, 100)), 0.01, Page, 6 * time.Hour, false},
		"5 % for six hours":                    {join(minutes(now, days, days-360, 0, 100), minutes(now, 360, 360, 5, 100)), 0.01, "", 0, false},
		"1 % for three days":                   {minutes(now, days, days, 1, 100), 0.01, Ticket, 72 * time.Hour, false},
		"1 % for three days, and well since":   {join(minutes(now, days, days-360, 2, 100), minutes(now, 360, 360, 0, 100)), 0.01, "", 0, false},
		"half of a budget of 5 %":              {minutes(now, days, days, 2, 100), 0.05, "", 0, false},
		"one failure of three at night":        {join(minutes(now, 30, 1, 0, 2), minutes(now, 2, 1, 1, 1)), 0.01, "", 0, true},
		"50 of 99":                             {minutes(now, 3, 3, 17, 33), 0.01, "", 0, true},
		"51 of 100":                            {minutes(now, 2, 2, 25, 50), 0.01, Page, time.Hour, false},
		"what is to come":                      {minutes(now, 0, 60, 100, 100), 0.01, "", 0, true},
		"a probe's looks, down four minutes":   {join(minutes(now, days, days-4, 0, 6), minutes(now, 4, 4, 6, 6)), 1 - Availability, "", 0, false},
		"a probe's looks, down five minutes":   {join(minutes(now, days, days-5, 0, 6), minutes(now, 5, 5, 6, 6)), 1 - Availability, Page, time.Hour, false},
		"three of four are slower than 2 s":    {minutes(now, 60, 60, 75, 100), slowShare, Page, time.Hour, false},
		"seven of ten are slower, for an hour": {join(minutes(now, 360, 300, 0, 100), minutes(now, 60, 60, 70, 100)), slowShare, Ticket, 72 * time.Hour, false},
	} {
		list := Burns(c.ticks, c.budget, now)
		got, _ := worst(list)
		few := false
		for _, b := range list {
			few = few || !b.Enough
		}
		if got.Severity != c.want || got.Long != c.long || few != c.few {
			t.Errorf("%s: %q over %s, too few %t; want %q over %s, %t\n%+v", name, got.Severity, got.Long, few, c.want, c.long, c.few, list)
		}
	}
}

// TestAnAlertEndsSoonAfterTheTrouble lets a clock run through an hour of failures.
func TestAnAlertEndsSoonAfterTheTrouble(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	ticks := join(minutes(start, 72*60, 72*60, 0, 100), minutes(start, 0, 60, 50, 100), minutes(start.Add(time.Hour), 0, 600, 0, 100))
	var pages []time.Duration // when it pages, minute by minute
	for m := range 600 {
		if b, bad := worst(Burns(ticks, ErrorRate, start.Add(time.Duration(m)*time.Minute))); bad && b.Severity == Page {
			pages = append(pages, time.Duration(m)*time.Minute)
		}
	}
	// Half fails: 14.4 % of an hour is reached after 18 minutes. The six hours' short
	// window is below 6 % when less than 3.6 bad minutes are in its 30.
	if len(pages) == 0 || pages[0] != 18*time.Minute || pages[len(pages)-1] != 86*time.Minute || len(pages) != 69 {
		t.Errorf("it pages from %v, %d times", pages, len(pages))
	}
}
