package incidents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// target is an objective that alerts are made of.
type target struct {
	rule, title, unit string
	budget            float64
	bad               string // in words, of what
}

var (
	targetAvailability = target{"burn.availability", "The service could be used less often than promised", "looks", 1 - Availability, "found the service not ready"}
	targetErrors       = target{"burn.errors", "More requests failed than promised", "requests", ErrorRate, "failed"}
	targetSlow         = target{"burn.slow", "More requests were slow than promised", "requests", slowShare, "took longer than 2 seconds"}
)

// parts are those that a process looks at and that make an incident, with what it is
// called; that mail does not go out is told by the mail that does not come.
var parts = []struct {
	name, title string
	severity    Severity
}{
	{"database", "The database was slow", Page},
	{"storage", "Files could not be read or kept", Page},
	{"queue", "Work in the background was late", Page},
}

// evaluation is the number of the lock of whoever looks.
const evaluation = 35_000_001

// Evaluate looks whether an incident begins or ends. A rule that can't be looked at keeps
// no other from it. What several processes do at the same time is done once.
func (s *Service) Evaluate(ctx context.Context, now time.Time) error {
	now = now.UTC()
	errs := []error{measure.Together(ctx, s.db, SlowAfter, now)}
	for _, rule := range []func(context.Context, pgx.Tx, time.Time) error{s.reach, s.burn, s.parts} {
		_, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
			if _, err := postgres.Exec(ctx, tx, `SELECT pg_advisory_xact_lock($1)`, evaluation); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, rule(ctx, tx, now)
		})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// burn looks at the objectives.
func (s *Service) burn(ctx context.Context, tx pgx.Tx, now time.Time) error {
	found, err := burns(ctx, tx, now)
	for _, f := range found {
		if err != nil {
			break
		}
		sign := finding{rule: f.rule, title: f.title, need: 1}
		if b, bad := worst(f.list); bad {
			part := float64(b.LongBad) / float64(b.LongAll)
			sign.bad, sign.severity = true, b.Severity
			sign.seen = fmt.Sprintf("%.3g %% of the %s of %s %s: the error budget of 30 days is used up %.3g times as fast as it may be.", part*100, f.unit, spanWords(b.Long), f.bad, b.LongRate)
			sign.figures = map[string]float64{"bad": float64(b.LongBad), "of": float64(b.LongAll), "hours": b.Long.Hours(), "rate": b.LongRate, "rate_short": b.ShortRate, "threshold": b.Rate}
		}
		err = s.sign(ctx, tx, sign, now)
	}
	return err
}

func spanWords(d time.Duration) string {
	if d == time.Hour {
		return "the last hour"
	}
	return fmt.Sprintf("the last %.0f hours", d.Hours())
}

// burnt is an objective with how its pairs stand.
type burnt struct {
	target

	list []Burn
}

// burns looks how the pairs of each objective stand.
func burns(ctx context.Context, tx pgx.Tx, now time.Time) ([]burnt, error) {
	from := now.Add(-Pairs[len(Pairs)-1].Long)
	looks, err := postgres.Many[Tick](ctx, tx, `
		SELECT at, sum(down)::bigint AS bad, sum(up + down)::bigint AS all FROM probe_minutes p
		WHERE at >= $1 AND at < $2 AND NOT EXISTS (SELECT FROM maintenance_windows w WHERE w.excused AND p.at >= w.starts_at AND p.at < least(w.ends_at, w.cancelled_at))
		GROUP BY at`, from, now)
	if err != nil {
		return nil, err
	}
	minutes, err := postgres.Many[measure.Minute](ctx, tx, `SELECT at, requests, failures, slow FROM service_minutes WHERE at >= $1 AND at < $2`, from, now)
	if err != nil {
		return nil, err
	}
	failed, slow := make([]Tick, len(minutes)), make([]Tick, len(minutes))
	for i, m := range minutes {
		failed[i], slow[i] = Tick{m.At, m.Failures, m.Requests}, Tick{m.At, m.Slow, m.Requests}
	}
	return []burnt{
		{targetAvailability, Burns(looks, targetAvailability.budget, now)},
		{targetErrors, Burns(failed, targetErrors.budget, now)},
		{targetSlow, Burns(slow, targetSlow.budget, now)},
	}, nil
}

// Rate is how fast an objective's error budget is used up over a window.
type Rate struct {
	Burn

	Name string // "burn.errors.6h"
}

// How says how it was measured, and by how much.
func (r Rate) How() string {
	words := fmt.Sprintf("%d of %d within %.0f hours were bad; it alerts (%s) from %.3g on, over %s too", r.LongBad, r.LongAll, r.Long.Hours(), r.Severity, r.Rate, r.Short)
	if !r.Enough {
		words += "; too few to judge by"
	}
	return words
}

// Rates gives how fast each objective's error budget is used up, 1 being as fast as it may.
func (s *Service) Rates(ctx context.Context, now time.Time) ([]Rate, error) {
	found, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]burnt, error) { return burns(ctx, tx, now.UTC()) })
	list := make([]Rate, 0, len(found)*len(Pairs))
	for _, f := range found {
		for _, b := range f.list {
			list = append(list, Rate{b, fmt.Sprintf("%s.%.0fh", f.rule, b.Long.Hours())})
		}
	}
	return list, err
}

// present is how lately a process said something if it still runs.
const present = time.Minute

// parts looks at what the processes that run found not to be well.
func (s *Service) parts(ctx context.Context, tx pgx.Tx, now time.Time) error {
	type unwell struct {
		Part, Words  string
		Sick, Others int
	}
	list, err := postgres.Many[unwell](ctx, tx, `
		WITH running AS (SELECT unwell FROM processes WHERE seen_at > $1 AND seen_at <= $2)
		SELECT u.key AS part, min(u.value) AS words, count(*)::int AS sick, (SELECT count(*) FROM running)::int AS others FROM running, jsonb_each_text(unwell) u GROUP BY u.key`, now.Add(-present), now.Add(present))
	if err != nil {
		return err
	}
	for _, p := range parts {
		f := finding{rule: "part." + p.name, title: p.title, severity: p.severity, need: 2}
		if i := slices.IndexFunc(list, func(u unwell) bool { return u.Part == p.name }); i >= 0 {
			f.bad, f.seen = true, fmt.Sprintf("%d of %d programs say: %s.", list[i].Sick, list[i].Others, list[i].Words)
			f.figures = map[string]float64{"programs": float64(list[i].Others), "unwell": float64(list[i].Sick)}
		}
		if err := s.sign(ctx, tx, f, now); err != nil {
			return err
		}
	}
	return nil
}

// finding is what a rule found at one time.
type finding struct {
	rule, title, seen string
	severity          Severity
	figures           map[string]float64
	bad               bool
	need              int // how often in a row it has to be bad before there is an incident
}

// How often in a row a rule has to find its part well before the incident is closed, and
// how far apart two looks are that follow on each other: closer is the same look again,
// further is a row of its own.
const (
	needGood   = 3
	sameLook   = 30 * time.Second
	nextLookIn = 5 * time.Minute
)

// sign counts a finding, and opens, makes worse or closes the rule's incident by it.
func (s *Service) sign(ctx context.Context, tx pgx.Tx, f finding, now time.Time) error {
	type row struct {
		Bad, Good int
		Since     time.Time
	}
	r, err := postgres.One[row](ctx, tx, `
		INSERT INTO incident_signs AS s (rule, bad, good, since, at) VALUES ($1, CASE WHEN $2 THEN 1 ELSE 0 END, CASE WHEN $2 THEN 0 ELSE 1 END, $3, $3)
		ON CONFLICT (rule) DO UPDATE SET at = $3,
			bad = CASE WHEN $2 THEN CASE WHEN $3 > s.at + $5::interval THEN 0 ELSE s.bad END + 1 ELSE 0 END,
			good = CASE WHEN $2 THEN 0 ELSE CASE WHEN $3 > s.at + $5::interval THEN 0 ELSE s.good END + 1 END,
			since = CASE WHEN (s.bad > 0) = $2 AND $3 <= s.at + $5::interval THEN s.since ELSE $3 END
		WHERE $3 > s.at + $4::interval
		RETURNING bad, good, since`, f.rule, f.bad, now, sameLook, nextLookIn)
	if errors.Is(err, postgres.ErrNoRow) {
		return nil // another process looked just now
	}
	if err != nil {
		return err
	}
	i, err := postgres.One[Incident](ctx, tx, `SELECT `+columns+` FROM incidents WHERE rule = $1 AND closed_at IS NULL`, f.rule)
	switch {
	case errors.Is(err, postgres.ErrNoRow) && r.Bad >= f.need:
		_, err = s.open(ctx, tx, Incident{Rule: f.rule, Severity: f.severity, Title: f.title, Seen: f.seen, Figures: f.figures, OpenedAt: r.Since, NoticedAt: now})
		return err
	case errors.Is(err, postgres.ErrNoRow):
		return nil
	case err != nil:
		return err
	case f.bad && f.severity == Page && i.Severity == Ticket:
		if _, err := postgres.Exec(ctx, tx, `UPDATE incidents SET severity = 'page', seen = $2, figures = $3 WHERE id = $1`, i.ID, f.seen, f.figures); err != nil {
			return err
		}
		return tell(ctx, tx, i, Worse, now)
	case r.Good >= needGood:
		return s.end(ctx, tx, i, r.Since)
	}
	return nil
}
