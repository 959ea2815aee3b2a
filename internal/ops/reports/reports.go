// Package reports tells each organisation on Monday what the service was like for it
// in the week that ended: on a page, as a PDF, and by mail to its owners. The figures
// are written down once and stay what they were; what was not measured is not told.
package reports

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/uptime"
)

// writtenAt is when on Monday, in the organisation's time zone, a report is written: the
// processes have written down what they saw by then, and probes what they could bring.
const writtenAt = 7 * time.Hour

// Figures are a week's.
type Figures struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Zone string    `json:"zone"` // the organisation's time zone, in which it begins and ends on Monday at 0:00

	Requests int64   `json:"requests"`
	Failures int64   `json:"failures"` // answered with 5xx
	Refusals int64   `json:"refusals"` // answered with 4xx
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	P99      float64 `json:"p99_ms"`
	Measured int64   `json:"measured_minutes"`
	Minutes  int64   `json:"minutes"`

	Known        int64 `json:"known_minutes"` // in which a probe looked
	Looks        int64 `json:"looks"`
	Up           int64 `json:"up"`
	ExcusedLooks int64 `json:"excused_looks"` // in maintenance that was announced early enough
	ExcusedUp    int64 `json:"excused_up"`

	Incidents   []incidents.Incident    `json:"incidents"`
	Maintenance []incidents.Maintenance `json:"maintenance"`
}

// seen is what the probes saw.
func (f Figures) seen() uptime.Seen {
	return uptime.Seen{From: f.From, Minutes: f.Minutes, Known: f.Known, Looks: f.Looks, Up: f.Up, ExcusedLooks: f.ExcusedLooks, ExcusedUp: f.ExcusedUp}
}

// Report is a week's report.
type Report struct {
	Week      time.Time // its Monday, a date
	WrittenAt time.Time
	Figures   Figures
	Before    *Figures `db:"-"` // of the week before; nil where there is no report of it
}

// Service writes and shows reports.
type Service struct {
	db        *postgres.DB
	orgs      *orgs.Service
	incidents *incidents.Service
	post      *mail.Post
}

// New gives the service.
func New(db *postgres.DB, o *orgs.Service, list *incidents.Service, post *mail.Post) *Service {
	return &Service{db, o, list, post}
}

// lastWeek is the last week of which a report is due at a time: from Monday 0:00 to
// Monday 0:00, with its hours more or less where a clock was put back or forward.
func lastWeek(now time.Time, zone *time.Location) (from, to time.Time) {
	y, m, d := now.In(zone).Date()
	monday := d - (int(now.In(zone).Weekday())+6)%7
	to = time.Date(y, m, monday, 0, 0, 0, 0, zone)
	if now.Before(to.Add(writtenAt)) {
		monday -= 7
		to = time.Date(y, m, monday, 0, 0, 0, 0, zone)
	}
	return time.Date(y, m, monday-7, 0, 0, 0, 0, zone), to
}

// WriteDue writes the reports that are due, each with its mails, and tells how many. One
// that can't be written keeps no other from it. A job asks for it each hour, so that a
// Monday on which no process worked is made up for in the week.
func (s *Service) WriteDue(ctx context.Context, now time.Time) (written int, err error) {
	type due struct{ Slug, TimeZone string }
	list, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]due, error) {
		return postgres.Many[due](ctx, tx, `SELECT slug, time_zone FROM orgs WHERE suspended_at IS NULL ORDER BY slug`)
	})
	for _, o := range list {
		zone, bad := time.LoadLocation(o.TimeZone)
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		from, to := lastWeek(now, zone)
		done, failed := s.write(ctx, o.Slug, from, to, now)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("the weekly report of %s: %w", o.Slug, failed))
		}
		if done {
			written++
		}
	}
	return written, err
}

// write writes an organisation's report of a week, unless it is there, or the
// organisation was not.
func (s *Service) write(ctx context.Context, slug string, from, to, now time.Time) (done bool, err error) {
	ctx, org, err := s.orgs.SystemScope(ctx, slug, "reports.weekly")
	if err != nil || !org.CreatedAt.Before(to) {
		return false, err
	}
	there, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		return postgres.Value[bool](ctx, tx, `SELECT EXISTS (SELECT FROM service_reports WHERE week = $1::date)`, dateOf(from))
	})
	if err != nil || there {
		return false, err
	}
	f, err := s.gather(ctx, from, to)
	if err != nil {
		return false, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		n, err := postgres.Exec(ctx, tx, `INSERT INTO service_reports (org_id, id, week, written_at, figures) VALUES (current_org(), $1, $2::date, $3, $4) ON CONFLICT (org_id, week) DO NOTHING`,
			postgres.NewID(), dateOf(from), now, f)
		if err != nil || n == 0 { // another process wrote it
			return false, err
		}
		r, err := read(ctx, tx, dateOf(from))
		if err != nil {
			return false, err
		}
		return true, s.mail(ctx, tx, org, r)
	})
}

// dateOf is the day of a time in its own zone, as the database takes it.
func dateOf(t time.Time) string { return t.Format(time.DateOnly) }

// gather adds up a week. Minutes that are older than two days are known by the hour of
// UTC, so that in a zone that is half an hour off a report of a week begins and ends half
// an hour off as well.
func (s *Service) gather(ctx context.Context, from, to time.Time) (Figures, error) {
	all, err := measure.Window(ctx, s.db, from, to)
	if err != nil {
		return Figures{}, err
	}
	seen, err := uptime.Window(ctx, s.db, from, to)
	if err != nil {
		return Figures{}, err
	}
	what, err := s.incidents.List(ctx, from, to, true)
	if err != nil {
		return Figures{}, err
	}
	for i := range what {
		what[i].Figures = nil // of all organisations together
	}
	work, err := s.incidents.Windows(ctx, from, to)
	return Figures{
		From: from.UTC(), To: to.UTC(), Zone: from.Location().String(),
		Requests: all.Requests, Failures: all.Failures, Refusals: all.Refusals, P50: all.P50, P95: all.P95, P99: all.P99, Measured: all.Measured, Minutes: all.Minutes,
		Known: seen.Known, Looks: seen.Looks, Up: seen.Up, ExcusedLooks: seen.ExcusedLooks, ExcusedUp: seen.ExcusedUp,
		Incidents: what, Maintenance: work,
	}, err
}

// read gives the report of a week, "2026-11-23", or the latest one for "", with the
// figures of the week before.
func read(ctx context.Context, tx pgx.Tx, week string) (Report, error) {
	r, err := postgres.One[Report](ctx, tx, `SELECT week, written_at, figures FROM service_reports WHERE $1 = '' OR week = nullif($1, '')::date ORDER BY week DESC LIMIT 1`, week)
	if errors.Is(err, postgres.ErrNoRow) {
		return r, fault.NotFound("report", "there is no report of that week; each is written on Monday morning for the week that ended")
	}
	if err != nil {
		return r, err
	}
	before, err := postgres.Many[Report](ctx, tx, `SELECT week, written_at, figures FROM service_reports WHERE week = $1::date - 7`, r.Week)
	if len(before) == 1 {
		r.Before = &before[0].Figures
	}
	return r, err
}

// mail has the report sent to the organisation's owners, unless they want none.
func (s *Service) mail(ctx context.Context, tx pgx.Tx, org orgs.Org, r Report) error {
	owners, err := postgres.Values[string](ctx, tx, `
		SELECT email FROM people WHERE kind = 'member' AND active AND role = 'owner' AND email IS NOT NULL AND (SELECT report_mail FROM orgs WHERE id = current_org()) ORDER BY id`)
	for _, to := range owners {
		if err == nil {
			err = s.post.Write(ctx, tx, letter(to, org, r))
		}
	}
	return err
}
