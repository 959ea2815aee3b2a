package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// pool tells of the connections to the database.
type pool struct {
	db                                        *postgres.DB
	acquired, idle, most, acquires, waits, in *prometheus.Desc
}

func newPool(db *postgres.DB) *pool {
	d := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("skai_db_pool_"+name, help, nil, nil)
	}
	return &pool{
		db, d("acquired_connections", "Connections in use."), d("idle_connections", "Connections that wait to be used."), d("max_connections", "Connections there may be."),
		d("acquires_total", "Times a connection was asked for and given."), d("waits_total", "Times one had to be waited for, because none was idle."),
		d("wait_seconds_total", "Time that was waited for one, when none was idle, all together."),
	}
}

// Describe names the figures.
func (p *pool) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(p, ch) }

// Collect reads them.
func (p *pool) Collect(ch chan<- prometheus.Metric) {
	s := p.db.Stat()
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	counter := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(p.acquired, float64(s.AcquiredConns()))
	gauge(p.idle, float64(s.IdleConns()))
	gauge(p.most, float64(s.MaxConns()))
	counter(p.acquires, float64(s.AcquireCount()))
	counter(p.waits, float64(s.EmptyAcquireCount()))
	counter(p.in, s.EmptyAcquireWaitTime().Seconds())
}

// jobs tells of the queue, which all processes on the database share.
type jobs struct {
	db            *postgres.DB
	depth, oldest *prometheus.Desc
}

// jobStates are those that a job is not done with.
var jobStates = []string{"available", "running", "retryable", "scheduled", "discarded"}

func newJobs(db *postgres.DB) *jobs {
	return &jobs{
		db, prometheus.NewDesc("skai_jobs", "Jobs in the queue that are not done, by state; discarded ones failed for good within the last week.", []string{"state"}, nil),
		prometheus.NewDesc("skai_job_oldest_seconds", "For how long the oldest job of the state has been due; 0 where none is.", []string{"state"}, nil),
	}
}

// Describe names the figures.
func (j *jobs) Describe(ch chan<- *prometheus.Desc) { ch <- j.depth; ch <- j.oldest }

// Collect asks the database; where it does not answer the figures are left out.
func (j *jobs) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	type row struct {
		State  string
		Depth  int64
		Oldest float64
	}
	rows, err := postgres.Many[row](ctx, j.db.Watch(), `
		SELECT s.state, count(q.id) AS depth, greatest(coalesce(extract(epoch FROM now() - min(q.scheduled_at)), 0), 0)::float8 AS oldest
		FROM unnest($1::text[]) s (state) LEFT JOIN river.river_job q ON q.state = s.state::river.river_job_state
		GROUP BY s.state ORDER BY s.state`, jobStates)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(j.depth, err)
		return
	}
	for _, r := range rows {
		ch <- prometheus.MustNewConstMetric(j.depth, prometheus.GaugeValue, float64(r.Depth), r.State)
		ch <- prometheus.MustNewConstMetric(j.oldest, prometheus.GaugeValue, r.Oldest, r.State)
	}
}

// bouncer tells of PgBouncer's pools of the program's database.
type bouncer struct {
	of                         *vitals.Bouncer
	up, clients, servers, wait *prometheus.Desc
}

// OfBouncer gives the figures of a PgBouncer, as it was found in the background. Where
// it does not answer they are left out.
func OfBouncer(b *vitals.Bouncer) prometheus.Collector {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("skai_pgbouncer_"+name, help, labels, nil)
	}
	return &bouncer{
		b, d("up", "Whether PgBouncer's console told of its pools within the last 15 seconds."),
		d("clients", "Clients of PgBouncer's pools of the program's database: active have a server or ask for nothing, waiting wait for one.", "state"),
		d("servers", "Connections of those pools to PostgreSQL: active ones are a client's, idle ones nobody's.", "state"),
		d("max_wait_seconds", "For how long the first of the waiting clients has waited; 0 where none waits."),
	}
}

// Describe names the figures.
func (b *bouncer) Describe(ch chan<- *prometheus.Desc) {
	ch <- b.up
	ch <- b.clients
	ch <- b.servers
	ch <- b.wait
}

// Collect asks nobody: it tells what was found last.
func (b *bouncer) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	p, _, known := b.of.Last()
	if !known {
		gauge(b.up, 0)
		return
	}
	gauge(b.up, 1)
	gauge(b.clients, float64(p.Active), "active")
	gauge(b.clients, float64(p.Waiting), "waiting")
	gauge(b.servers, float64(p.Servers), "active")
	gauge(b.servers, float64(p.Idle), "idle")
	gauge(b.wait, p.Wait)
}
