package health_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skaiscraper/skai/internal/platform/health"
)

func is(s health.State) func(context.Context) health.Finding {
	return func(context.Context) health.Finding { return health.Finding{State: s} }
}

func TestTheWorstCountsButOnlyWhatIsVitalBringsItDown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vital, other health.State
		want         health.State
	}{
		"all is well": {health.OK, health.OK, health.OK}, "a part is away": {health.OK, health.Down, health.Degraded}, "a part is slow": {health.OK, health.Degraded, health.Degraded},
		"what is vital is away": {health.Down, health.OK, health.Down}, "what is vital is slow": {health.Degraded, health.OK, health.Degraded},
	} {
		p := health.New(health.Check{Name: "a", Vital: true, Look: is(c.vital)}, health.Check{Name: "b", Look: is(c.other)})
		if got := p.Look(t.Context()); got.State != c.want || len(got.Findings) != 2 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Whoever asks while the program starts waits for the look that is under way: another
// one beside it would find everything busy, and call it away.
func TestTheFirstLookIsOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := health.New(health.Check{Name: "a", Vital: true, Look: func(context.Context) health.Finding {
			<-time.After(time.Second)
			return health.Finding{State: health.OK}
		}})
		ctx, stop := context.WithCancel(t.Context())
		go p.Run(ctx)
		synctest.Wait()
		first := make(chan health.Snapshot, 1)
		go func() { first <- p.Last(ctx) }()
		if got := <-first; got.State != health.OK {
			t.Errorf("whoever asked first hears %s", got.State)
		}
		for range 5 {
			<-time.After(time.Second)
			if got := p.Last(ctx); got.State != health.OK {
				t.Errorf("later: %s, %v", got.State, got.Findings)
			}
		}
		stop()
	})
}

func TestOneLookServesEverybody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		p := health.New(health.Check{Name: "a", Look: func(context.Context) health.Finding {
			looks.Add(1)
			return health.Finding{State: health.OK}
		}})
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() { p.Last(t.Context()) })
		}
		all.Wait()
		if n := looks.Load(); n != 1 {
			t.Errorf("1000 people made it look %d times", n)
		}
		ctx, stop := context.WithCancel(t.Context())
		go p.Run(ctx)
		time.Sleep(10*health.Every + time.Second) //nolint:forbidigo // of the test's own time
		if n := looks.Load(); n != 11 {
			t.Errorf("it looked %d times", n)
		}
		stop()
		synctest.Wait()
		if got := p.Last(t.Context()); got.State != health.OK {
			t.Errorf("a moment later: %v", got.State)
		}
		time.Sleep(7 * health.Every) //nolint:forbidigo // of the test's own time
		if got := p.Last(t.Context()); got.State != health.Degraded {
			t.Errorf("what nobody looked at for long is %v", got.State)
		}
	})
}

func TestALookThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := health.New(health.Check{Name: "a", Vital: true, Look: func(ctx context.Context) health.Finding {
			<-ctx.Done()
			return health.Finding{State: health.Down}
		}})
		if got := p.Look(t.Context()); got.State != health.Down || got.Findings["a"].Latency > 4*time.Second {
			t.Errorf("%v", got)
		}
	})
}

func TestMemory(t *testing.T) {
	t.Parallel()
	heap, resident := health.Memory()
	if heap <= 0 || resident != 0 && resident < heap/4 {
		t.Errorf("%g MiB of heap, %g resident", heap, resident)
	}
}

// TestALookThatHangsHidesNoOther: a disk that never answers does not keep the program
// from seeing that its database has gone.
func TestALookThatHangsHidesNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var state atomic.Value
		state.Store(health.OK)
		var begun atomic.Int64
		mended := make(chan struct{})
		p := health.New(
			health.Check{Name: "database", Vital: true, Look: func(context.Context) health.Finding { return health.Finding{State: state.Load().(health.State)} }},
			health.Check{Name: "storage", Look: func(context.Context) health.Finding {
				begun.Add(1)
				<-mended
				return health.Finding{State: health.OK}
			}})
		if got := p.Look(t.Context()); got.State != health.Degraded || got.Findings["database"].State != health.OK || got.Findings["storage"].State != health.Down {
			t.Errorf("%+v", got)
		}
		state.Store(health.Down)
		if got := p.Look(t.Context()); got.State != health.Down {
			t.Errorf("%+v", got)
		}
		if n := begun.Load(); n != 1 {
			t.Errorf("it was asked %d times before it answered", n)
		}
		close(mended)
		synctest.Wait()
		state.Store(health.OK)
		if got := p.Look(t.Context()); got.State != health.OK {
			t.Errorf("once it answers again: %+v", got)
		}
	})
}
