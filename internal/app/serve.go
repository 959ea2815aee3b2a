package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// requestPatience is how long requests may go on when the program is told to
// stop: those with a time limit end within it.
const requestPatience = web.RequestTimeout + 5*time.Second

// look runs the probe and the recorder, once in a process, until ctx ends; what it
// gives is closed when all is written down.
func (a *App) look(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	begun := false
	a.looking.Do(func() {
		begun = true
		go a.probe.Run(ctx)
		go a.gate.Run(ctx, a.db.Pool)
		go func() {
			defer close(done)
			a.measured.Run(ctx, func(err error) { a.log.Error("requests are not measured", "error", err) })
		}()
	})
	if !begun {
		close(done)
	}
	return done
}

// Serve answers requests that come to the listener until ctx ends, and lets
// those under way finish. It closes the listener.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	server := web.NewServer(a.Handler(), a.log)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	looking, stop := context.WithCancel(context.WithoutCancel(ctx))
	written := a.look(looking)
	defer func() { stop(); <-written }() // what was seen last is written down too
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
