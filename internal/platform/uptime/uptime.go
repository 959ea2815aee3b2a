// Package uptime tells how long the service could be used, as a probe on another
// machine saw it: a program that says of itself that it was up says nothing of when it
// could not be reached. What no probe saw is unknown, and unknown is not up.
package uptime

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Minute is what a probe saw in one.
type Minute struct {
	At        time.Time `json:"at" doc:"When it begins, in UTC"`
	Up        int       `json:"up" minimum:"0" maximum:"600" doc:"How often the program answered that it is ready"`
	Down      int       `json:"down" minimum:"0" maximum:"600" doc:"How often it did not"`
	SumMS     float64   `json:"sum_ms" minimum:"0" doc:"How long the answers took together"`
	MaxMS     float64   `json:"max_ms" minimum:"0"`
	Signature []byte    `json:"signature" doc:"Ed25519, over what the documentation of package uptime says"`
}

// signed is what the probe signs: a line each with what it is, the target, the minute
// and the figures.
func (m Minute) signed(target string) []byte {
	f := func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
	return fmt.Appendf(nil, "skai probe 1\n%s\n%s\n%d %d %s %s\n", target, m.At.UTC().Format(time.RFC3339), m.Up, m.Down, f(m.SumMS), f(m.MaxMS))
}

// How old what a probe brings may be, and how far before our clock.
const (
	oldest = 7 * 24 * time.Hour
	ahead  = 2 * time.Minute
	keep   = 400 * 24 * time.Hour
)

// MostMinutes is how many a probe brings at once.
const MostMinutes = 1440

// ParseKey reads a probe's public key, as skai probe prints it.
func ParseKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q is no public key of a probe; skai probe prints it when it starts", text)
	}
	return raw, nil
}

// Keep writes down what a probe saw of the target, which is our own address. A minute
// it brought before stays what it was. It returns fault.Forbidden for a probe that is
// not one of known, and fault.Invalid for what it did not sign, or can't have seen.
func Keep(ctx context.Context, db *postgres.DB, known []ed25519.PublicKey, probe ed25519.PublicKey, target string, list []Minute, now time.Time) error {
	if !slices.ContainsFunc(known, func(k ed25519.PublicKey) bool { return k.Equal(probe) }) {
		return fault.Forbidden("probe", "this probe is not known here; the operator names its key in SKAI_PROBE_KEYS")
	}
	if len(list) > MostMinutes {
		return fault.Invalid("minutes", "there are %d minutes; at most %d are taken at once", len(list), MostMinutes)
	}
	for _, m := range list {
		switch {
		case !ed25519.Verify(probe, m.signed(target), m.Signature):
			return fault.Invalid("minutes", "the signature of %s is not the probe's, or it was made for another target than %s", m.At.Format(time.RFC3339), target)
		case !m.At.Equal(m.At.Truncate(time.Minute)) || m.At.After(now.Add(ahead)) || m.At.Before(now.Add(-oldest)):
			return fault.Invalid("minutes", "%s is no minute of the last seven days", m.At.Format(time.RFC3339))
		}
	}
	_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		for _, m := range list {
			if _, err := postgres.Exec(ctx, tx, `
				INSERT INTO probe_minutes (probe, at, up, down, sum_ms, max_ms, signature) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
				[]byte(probe), m.At, m.Up, m.Down, m.SumMS, m.MaxMS, m.Signature); err != nil {
				return struct{}{}, err
			}
		}
		_, err := postgres.Exec(ctx, tx, `DELETE FROM probe_minutes WHERE at < $1`, now.Add(-keep))
		return struct{}{}, err
	})
	return err
}

// Seen is what the probes saw in a stretch of time.
type Seen struct {
	From    time.Time
	Minutes int64 // of the stretch
	Known   int64 // of them, those in which a probe looked
	Looks   int64
	Up      int64   // looks at which the program was ready
	MeanMS  float64 // of its answers; 0 where there was none

	ExcusedLooks int64 // of the looks, those in maintenance that was announced early enough to be excused
	ExcusedUp    int64
}

// Uptime is the part of the looks at which the program was ready, 0 to 1, those in
// excused maintenance left out; known is false where nobody looked outside of it.
func (s Seen) Uptime() (part float64, known bool) {
	return Seen{Looks: s.Looks - s.ExcusedLooks, Up: s.Up - s.ExcusedUp}.UptimeOfAll()
}

// UptimeOfAll is the same of all looks, whatever was announced.
func (s Seen) UptimeOfAll() (part float64, known bool) {
	if s.Looks == 0 {
		return 0, false
	}
	return float64(s.Up) / float64(s.Looks), true
}

// Add adds up what was seen in another stretch; MeanMS stays.
func (s *Seen) Add(other Seen) {
	s.Known, s.Looks, s.Up = s.Known+other.Known, s.Looks+other.Looks, s.Up+other.Up
	s.ExcusedLooks, s.ExcusedUp = s.ExcusedLooks+other.ExcusedLooks, s.ExcusedUp+other.ExcusedUp
}

// Window gives what the probes saw between two times, whole minutes.
func Window(ctx context.Context, db *postgres.DB, from, to time.Time) (Seen, error) {
	days, err := Steps(ctx, db, from, to.Sub(from), 1)
	if err != nil {
		return Seen{}, err
	}
	return days[0], nil
}

// Steps gives the same step by step, from a time on, n steps.
func Steps(ctx context.Context, db *postgres.DB, from time.Time, step time.Duration, n int) ([]Seen, error) {
	list := make([]Seen, n)
	for i := range list {
		list[i] = Seen{From: from.Add(time.Duration(i) * step), Minutes: int64(step / time.Minute)}
	}
	type row struct {
		Step                    int
		Known, Looks, Up        int64
		ExcusedLooks, ExcusedUp int64
		Mean                    float64
	}
	rows, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]row, error) {
		return postgres.Many[row](ctx, tx, `
			SELECT floor(extract(epoch FROM at - $1::timestamptz) / $3::float8)::int AS step, count(DISTINCT at) AS known, sum(up + down)::bigint AS looks, sum(up)::bigint AS up,
				coalesce(sum(up + down) FILTER (WHERE excused), 0)::bigint AS excused_looks, coalesce(sum(up) FILTER (WHERE excused), 0)::bigint AS excused_up,
				coalesce(sum(sum_ms) / nullif(sum(up), 0), 0) AS mean
			FROM (SELECT *, EXISTS (SELECT FROM maintenance_windows w WHERE w.excused AND at >= w.starts_at AND at < least(w.ends_at, w.cancelled_at)) AS excused
				FROM probe_minutes WHERE at >= $1 AND at < $2) p GROUP BY 1`, from, from.Add(time.Duration(n)*step), step.Seconds())
	})
	for _, r := range rows {
		s := &list[min(r.Step, n-1)]
		s.Known, s.Looks, s.Up, s.MeanMS, s.ExcusedLooks, s.ExcusedUp = r.Known, r.Looks, r.Up, r.Mean, r.ExcusedLooks, r.ExcusedUp
	}
	return list, err
}
