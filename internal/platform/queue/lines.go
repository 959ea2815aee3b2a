package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Where a job waits, by who waits for it. Each of them has workers of its own, so
// that slow jobs of one take none from another. A kind names its own in its
// InsertOpts; what names none stands in Default.
const (
	Alerts  = "alerts"           // somebody waits for it: mails with links, invitations, alarms
	Default = river.QueueDefault // the program's own upkeep, soon done: seals, sessions that ended
	Bulk    = "bulk"             // nobody waits: events for customers' systems, adding up, deleting, reports
)

// Urgent and Usual say what is done first of what waits in the same queue.
const (
	Urgent = 1 // River's highest, and what a job has that says nothing
	Usual  = 2
)

// Line is a queue.
type Line struct {
	Name    string
	Workers int           // jobs at once, in each process
	Late    time.Duration // that a job that could be done may wait before something is wrong
}

// Lines are the queues there are, the most important first.
var Lines = []Line{
	{Alerts, 4, time.Minute},
	{Default, 2, 5 * time.Minute},
	{Bulk, 4, 30 * time.Minute},
}

// Workers is Lines as River wants them.
func Workers() map[string]river.QueueConfig {
	m := make(map[string]river.QueueConfig, len(Lines))
	for _, l := range Lines {
		m[l.Name] = river.QueueConfig{MaxWorkers: l.Workers}
	}
	return m
}

// Waiting is how a queue was found.
type Waiting struct {
	Line

	Depth  int           // jobs that could be done now
	Oldest time.Duration // that the first of them waits
	Dead   int           // given up after the last try, and kept for a week
}

// String is a line for the operator.
func (w Waiting) String() string {
	return fmt.Sprintf("%-8s %d to do, the first waits %.0f s (late after %.0f s), %d given up", w.Name, w.Depth, w.Oldest.Seconds(), w.Late.Seconds(), w.Dead)
}

// IsLate tells whether its first job waits too long.
func (w Waiting) IsLate() bool { return w.Oldest > w.Late }

// Look finds out how each queue is, in the order of Lines.
func Look(ctx context.Context, db *postgres.DB) ([]Waiting, error) {
	names, list := make([]string, len(Lines)), make([]Waiting, len(Lines))
	for i, l := range Lines {
		names[i], list[i].Line = l.Name, l
	}
	type found struct {
		Place, Depth, Dead int
		Oldest             float64
	}
	rows, err := postgres.Many[found](ctx, db, `
		SELECT l.place::int, count(*) FILTER (WHERE due)::int AS depth, count(*) FILTER (WHERE state = 'discarded')::int AS dead,
			coalesce(extract(epoch FROM now() - min(scheduled_at) FILTER (WHERE due)), 0)::float8 AS oldest
		FROM unnest($1::text[]) WITH ORDINALITY l (name, place) JOIN (
			SELECT queue, state, scheduled_at, state <> 'discarded' AS due FROM river.river_job
			WHERE state = 'discarded' OR state IN ('available', 'retryable') AND scheduled_at <= now()) j ON j.queue = l.name
		GROUP BY l.place`, names)
	for _, r := range rows {
		w := &list[r.Place-1]
		w.Depth, w.Dead, w.Oldest = r.Depth, r.Dead, time.Duration(r.Oldest*float64(time.Second))
	}
	return list, err
}
