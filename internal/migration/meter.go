package migration

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// meter counts how far a run has come; one goroutine counts, another reads.
type meter struct {
	rows, bytes atomic.Int64
	step        atomic.Pointer[string]
	total       int64
}

func (m *meter) say(step string) { m.step.Store(&step) }

func (m *meter) add(isRow bool, bytes int) {
	if isRow {
		m.rows.Add(1)
	}
	m.bytes.Add(int64(bytes))
}

func (m *meter) progress(since time.Time) Progress {
	p := Progress{Rows: m.rows.Load(), Bytes: m.bytes.Load(), OfBytes: m.total}
	if s := m.step.Load(); s != nil {
		p.Step = *s
	}
	spent := time.Since(since)
	if spent > 0 {
		p.RowsASecond = float64(p.Rows) / spent.Seconds()
	}
	if p.Bytes > 0 && p.Bytes < p.OfBytes {
		p.Left = time.Duration(float64(spent) * float64(p.OfBytes-p.Bytes) / float64(p.Bytes))
	}
	return p
}

// watch tells of the progress until the returned function is called: four times
// a second to whoever asked, every two seconds to the run's row.
func (s *Service) watch(ctx context.Context, r *run) (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for n := 1; ; n++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			p := r.meter.progress(r.started)
			if r.options.Progress != nil {
				r.options.Progress(p)
			}
			if n%8 == 0 {
				s.heartbeat(ctx, r, p)
			}
		}
	}()
	return func() {
		close(done)
		<-gone
	}
}

// heartbeat writes the progress down. It may fail, the run itself then says why.
func (s *Service) heartbeat(ctx context.Context, r *run, p Progress) {
	_ = postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error { // see above
		_, err := tx.Exec(ctx, `UPDATE import_runs SET heartbeat_at = now(), rows_read = $2 WHERE id = $1`, r.id, p.Rows)
		return err
	})
}
