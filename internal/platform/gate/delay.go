package gate

import (
	"context"
	"math"
	"runtime/metrics"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Every is how often the limit is set anew.
const Every = 250 * time.Millisecond

// Run sets the limit anew until ctx ends, by what work waits for: the pool's
// connections and the machine's processors.
func (g *Gate) Run(ctx context.Context, pool *pgxpool.Pool) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	connection, processor := &connections{pool: pool}, &processors{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			g.Adjust(max(connection.wait(), processor.wait()))
		}
	}
}

// connections tells how long it took, on average, to get a connection since the last
// time that it was asked; 0 where nobody got one.
type connections struct {
	pool  *pgxpool.Pool
	count int64
	took  time.Duration
}

func (c *connections) wait() time.Duration {
	s := c.pool.Stat()
	count, took := s.AcquireCount()-c.count, s.AcquireDuration()-c.took
	c.count, c.took = s.AcquireCount(), s.AcquireDuration()
	if count == 0 {
		return 0
	}
	return took / time.Duration(count)
}

// processors tells how long goroutines that could run waited for a processor, on
// average, since the last time that it was asked.
type processors struct{ seen []uint64 }

func (p *processors) wait() time.Duration {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0
	}
	h := sample[0].Value.Float64Histogram()
	if p.seen == nil {
		p.seen = append([]uint64{}, h.Counts...)
		return 0
	}
	var n uint64
	var seconds float64
	for i, count := range h.Counts {
		new := count - p.seen[i]
		p.seen[i] = count
		if lower := h.Buckets[i]; !math.IsInf(lower, -1) { // its lower bound, so that the wait is not made out longer
			seconds += lower * float64(new)
		}
		n += new
	}
	if n == 0 {
		return 0
	}
	return time.Duration(seconds / float64(n) * float64(time.Second))
}
