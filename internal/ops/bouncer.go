package ops

import (
	"fmt"
	"strconv"

	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// figureTitles are the columns of figureRows.
func (v view) figureTitles() []string {
	list := []string{"From", "Requests", "Failed", "p50", "p95", "p99", "Database", "Pools", "PostgreSQL", "Jobs", "Turned away"}
	if v.pooled {
		list = append(list, "PgBouncer clients", "Waiting", "Longest wait", "Servers at work", "Servers idle")
	}
	return list
}

// bouncerCells are a step's figures of PgBouncer; what nobody saw is left empty.
func (v view) bouncerCells(p vitals.Point) []string {
	if !v.pooled {
		return nil
	}
	wait := ""
	if p.BouncerWait != nil {
		wait = seconds(*p.BouncerWait)
	}
	return []string{counted(p.BouncerActive), counted(p.BouncerWaiting), wait, counted(p.BouncerServers), counted(p.BouncerIdle)}
}

// bouncerStats are PgBouncer's pools as they were last. Where the last two steps in
// which a process measured know nothing of them, they are unknown.
func (v view) bouncerStats() []ui.Stat {
	if !v.pooled {
		return nil
	}
	unknown := []ui.Stat{
		{Label: "PgBouncer's servers at work", Value: "unknown", Note: "its console does not answer"},
		{Label: "PgBouncer's clients that wait", Value: "unknown", Note: "its console does not answer"},
	}
	list, missed := unknown, 0
	for _, p := range v.platform {
		switch {
		case p.BouncerActive != nil:
			missed, list = 0, []ui.Stat{
				{Label: unknown[0].Label, Value: ui.Count(int64(*p.BouncerServers)), Note: fmt.Sprintf("connections to PostgreSQL that a client has, at most; %d idle, at least", *p.BouncerIdle)},
				{Label: unknown[1].Label, Value: ui.Count(int64(*p.BouncerWaiting)), Note: fmt.Sprintf("for a server, at most; the first for %s; %d others are connected", seconds(*p.BouncerWait), *p.BouncerActive)},
			}
		case p.Measured > 0:
			if missed++; missed > 1 {
				list = unknown
			}
		}
	}
	return list
}

// seconds is a wait as people read it: "0.4 s".
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 1, 64) + " s" }

// addBouncer adds a step of PgBouncer's pools; a chart has a wait in milliseconds.
func (s *series) addBouncer(p vitals.Point) {
	s.BouncerActive, s.BouncerWaiting = append(s.BouncerActive, figure(p.BouncerActive, true)), append(s.BouncerWaiting, figure(p.BouncerWaiting, true))
	s.BouncerServers, s.BouncerIdle = append(s.BouncerServers, figure(p.BouncerServers, true)), append(s.BouncerIdle, figure(p.BouncerIdle, true))
	wait := p.BouncerWait
	if wait != nil {
		wait = new(*wait * 1000)
	}
	s.BouncerWait = append(s.BouncerWait, wait)
}
