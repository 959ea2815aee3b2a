package incidents

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const (
	ruleReach  = "reach"
	titleReach = "The service could not be used, as seen from outside"
)

// When an outage begins and ends: so many minutes in a row in which every look found it
// not ready, or ready. A minute in which both was seen does neither, and one that nobody
// saw does neither, so that nothing flaps and nothing unknown counts. Bad minutes further
// apart than nearby are no row.
const (
	badMinutes  = 2
	goodMinutes = 3
	nearby      = 5 * time.Minute
)

const (
	// settled is how old a minute is, from its beginning, when all probes will have brought it.
	settled = 90 * time.Second
	// reachBack is how late a probe may bring what it saw.
	reachBack = 7 * 24 * time.Hour
)

// minute is what all probes saw in one.
type minute struct {
	At        time.Time
	Looks, Up int64
}

func (m minute) bad() bool  { return m.Up == 0 }
func (m minute) good() bool { return m.Up == m.Looks }

// outage is a stretch of time in which it could not be used.
type outage struct {
	from          time.Time
	to            time.Time // the zero time is: it goes on
	looks, failed int64
}

func (o outage) end() *time.Time {
	if o.to.IsZero() {
		return nil
	}
	return &o.to
}

// outages finds them in minutes that are in order.
func outages(list []minute) (found []outage) {
	var bad, good []minute // the row under way
	var now *outage
	for _, m := range list {
		switch {
		case m.good():
			good, bad = append(good, m), nil
		case m.bad() && (len(bad) == 0 || m.At.Sub(bad[len(bad)-1].At) <= nearby):
			bad, good = append(bad, m), nil
		case m.bad():
			bad, good = []minute{m}, nil
		default:
			bad, good = nil, nil
		}
		switch {
		case now == nil && len(bad) >= badMinutes:
			now = &outage{from: bad[0].At}
			for _, b := range bad {
				now.count(b)
			}
		case now != nil && len(good) >= goodMinutes:
			now.to = good[0].At
			found, now = append(found, *now), nil
		case now != nil && !m.good():
			now.count(m)
		}
	}
	if now != nil {
		found = append(found, *now)
	}
	return found
}

func (o *outage) count(m minute) { o.looks, o.failed = o.looks+m.Looks, o.failed+m.Looks-m.Up }

func (o outage) incident(now time.Time) Incident {
	return Incident{
		Rule: ruleReach, Severity: Page, Title: titleReach, OpenedAt: o.from, NoticedAt: now, ClosedAt: o.end(),
		Seen:    fmt.Sprintf("%d of %d looks of a probe on another machine found it not ready.", o.failed, o.looks),
		Figures: map[string]float64{"looks": float64(o.looks), "failed": float64(o.failed)},
	}
}

// reach compares the outages that the probes saw with the incidents that are written
// down. What they bring late opens, prolongs or shortens one with its true times. Minutes
// of excused maintenance are left out.
func (s *Service) reach(ctx context.Context, tx pgx.Tx, now time.Time) error {
	minutes, err := postgres.Many[minute](ctx, tx, `
		SELECT at, sum(up + down)::bigint AS looks, sum(up)::bigint AS up FROM probe_minutes p
		WHERE at >= $1 AND at <= $2 AND NOT EXISTS (SELECT FROM maintenance_windows w WHERE w.excused AND p.at >= w.starts_at AND p.at < least(w.ends_at, w.cancelled_at))
		GROUP BY at ORDER BY at`, now.Add(-reachBack), now.Add(-settled))
	if err != nil {
		return err
	}
	known, err := postgres.Many[Incident](ctx, tx, `
		SELECT `+columns+` FROM incidents WHERE rule = $1 AND coalesce(closed_at, 'infinity') >= $2 ORDER BY closed_at DESC NULLS FIRST, opened_at`, ruleReach, now.Add(-reachBack))
	if err != nil {
		return err
	}
	taken := map[int64]bool{}
	for _, o := range outages(minutes) {
		i := match(known, taken, o)
		if i == nil {
			if _, err := s.open(ctx, tx, o.incident(now)); err != nil {
				return err
			}
			continue
		}
		taken[i.ID] = true
		if err := s.adjust(ctx, tx, *i, o, now); err != nil {
			return err
		}
	}
	for _, i := range known {
		if at, ok := readyAfter(minutes, i.OpenedAt); ok && i.Open() && !taken[i.ID] {
			if err := s.end(ctx, tx, i, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// match finds the incident that an outage is, the open one before one that is closed.
func match(known []Incident, taken map[int64]bool, o outage) *Incident {
	for n := range known {
		i := &known[n]
		if !taken[i.ID] && (o.to.IsZero() || i.OpenedAt.Before(o.to)) && (i.Open() || !i.ClosedAt.Before(o.from)) {
			return i
		}
	}
	return nil
}

// adjust makes an incident what the outage is by now, and tells what that changes.
func (s *Service) adjust(ctx context.Context, tx pgx.Tx, i Incident, o outage, now time.Time) error {
	was, want := i, o.incident(now)
	if want.OpenedAt.After(i.OpenedAt) {
		want.OpenedAt = i.OpenedAt // minutes that are too old by now, or that probes disagree of
	}
	if !was.Open() && !want.Open() && was.OpenedAt.Equal(want.OpenedAt) && was.ClosedAt.Equal(*want.ClosedAt) || was.Open() && want.Open() && was.OpenedAt.Equal(want.OpenedAt) {
		return nil
	}
	if _, err := postgres.Exec(ctx, tx, `UPDATE incidents SET opened_at = $2, closed_at = $3, seen = $4, figures = $5 WHERE id = $1`, i.ID, want.OpenedAt, want.ClosedAt, want.Seen, want.Figures); err != nil {
		return err
	}
	switch {
	case was.Open() && !want.Open():
		return tell(ctx, tx, i, Closed, *want.ClosedAt)
	case !was.Open() && want.Open():
		return tell(ctx, tx, i, Opened, now)
	}
	return nil
}

// readyAfter gives when the first row of good minutes after a time begins.
func readyAfter(list []minute, after time.Time) (at time.Time, ok bool) {
	row := 0
	for _, m := range list {
		if m.At.Before(after) || !m.good() {
			row = 0
			continue
		}
		if row++; row == 1 {
			at = m.At
		}
		if row == goodMinutes {
			return at, true
		}
	}
	return at, false
}
