package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// requestPatience is how long requests may go on when the program is told to
// stop: those with a time limit end within it.
const requestPatience = web.RequestTimeout + 5*time.Second

// watch counts those who need the probe and the recorders to run.
type watch struct {
	mu   sync.Mutex
	n    int
	stop func() // and wait until all is written down
}

// look has the probe and the recorders run, once in a process, until all who asked for
// them have called the function it gives, which waits until all is written down.
func (a *App) look(ctx context.Context) (done func()) {
	a.watch.mu.Lock()
	defer a.watch.mu.Unlock()
	if a.watch.n++; a.watch.n == 1 {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		var all sync.WaitGroup
		go a.probe.Run(ctx) // which a disk that hangs may hold up
		go a.gate.Run(ctx, a.db.Pool)
		all.Go(func() {
			a.measured.Run(ctx, func(err error) { a.log.Error("requests are not measured", "error", err) })
		})
		all.Go(func() {
			a.vitals.Run(ctx, func(err error) { a.log.Error("what this process is like is not kept", "error", err) })
		})
		all.Go(func() {
			a.traces.Run(ctx, func(err error) { a.log.Error("traces are not kept", "error", err) })
		})
		all.Go(func() {
			a.troubles.Run(ctx, func(err error) { a.log.Error("errors are not kept", "error", err) })
		})
		a.watch.stop = func() { cancel(); all.Wait() }
	}
	return sync.OnceFunc(func() {
		a.watch.mu.Lock()
		defer a.watch.mu.Unlock()
		if a.watch.n--; a.watch.n == 0 {
			a.watch.stop()
		}
	})
}

// Serve answers requests that come to the listener until ctx ends, and lets
// those under way finish. It closes the listener.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	server := web.NewServer(a.Handler(), a.log)
	server.RegisterOnShutdown(a.level.End) // live figures would go on until their page is closed
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	defer a.look(ctx)() // what was seen last is written down too
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	// Whoever sends requests here hears first that it should stop doing so.
	a.draining.Store(true)
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-time.After(a.drain):
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestPatience)
	defer cancel()
	err := server.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("some requests took too long and were cut off")
		err = server.Close()
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
