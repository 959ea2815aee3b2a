package ops

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"

	"github.com/skaiscraper/skai/internal/identity"
	trail "github.com/skaiscraper/skai/internal/platform/span"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

const (
	// listenEvery is how often a listener is asked anew who it is, and told what is new.
	listenEvery = 10 * time.Second
	// sharedPatience is how long reading for all listeners may take.
	sharedPatience = 20 * time.Second
)

// shared is what one look found, for all who ask for the same of an organisation within
// a moment: however many have the page open, the database hears of one.
type shared struct {
	mu     sync.Mutex // held while it is looked, so that the others wait for that look
	view   view
	series []byte // as JSON
	at     time.Time
}

type sharedKey struct {
	org  uuid.UUID
	span string
}

// reading keeps what was found last, and tells the streams when they end.
type reading struct {
	mu     sync.Mutex
	found  map[sharedKey]*shared
	ending chan struct{}
	end    sync.Once
}

func newReading() *reading {
	return &reading{found: map[sharedKey]*shared{}, ending: make(chan struct{})}
}

// End ends all streams of live figures: the process is about to stop, and they would
// hold it up.
func (s *Service) End() { s.reading.end.Do(func() { close(s.reading.ending) }) }

// of gives the place of what was found, and forgets what is too old to be of use.
func (l *reading) of(k sharedKey, now time.Time) *shared {
	l.mu.Lock()
	defer l.mu.Unlock()
	sh, ok := l.found[k]
	if ok {
		return sh
	}
	for old, sh := range l.found {
		if sh.mu.TryLock() { // else it is in use
			if now.Sub(sh.at) > 10*time.Minute {
				delete(l.found, old)
			}
			sh.mu.Unlock()
		}
	}
	sh = &shared{}
	l.found[k] = sh
	return sh
}

// snapshot is what a look found, to be read alone.
type snapshot struct {
	view   view
	series []byte
	at     time.Time // of the look
}

// shared gives what a request asks for, as found within half the time after which it
// is fetched anew, for whoever may see it.
func (s *Service) shared(r *http.Request) (snapshot, error) {
	if err := identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return snapshot{}, err
	}
	chosen, err := spanOf(r)
	if err != nil {
		return snapshot{}, err
	}
	return s.sharedOf(r.Context(), chosen)
}

func (s *Service) sharedOf(ctx context.Context, chosen span) (snapshot, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return snapshot{}, err
	}
	sh := s.reading.of(sharedKey{scope.OrgID, chosen.query()}, time.Now())
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if time.Since(sh.at) < chosen.lasts() {
		return snapshot{sh.view, sh.series, sh.at}, nil
	}
	// It is read for all, so nobody who goes away ends it.
	ctx, cancel := context.WithTimeout(trail.Off(context.WithoutCancel(ctx)), sharedPatience)
	defer cancel()
	v, err := s.read(ctx, chosen)
	if err != nil {
		return snapshot{}, err
	}
	text, err := v.seriesText(identity.Zone(ctx))
	if err != nil {
		return snapshot{}, err
	}
	sh.view, sh.series, sh.at = v, text, time.Now()
	return snapshot{sh.view, sh.series, sh.at}, nil
}

// lasts is how long a look serves everybody.
func (s span) lasts() time.Duration {
	if s.anew == 0 {
		return time.Minute
	}
	return s.anew / 2
}

// events sends the page's figures whenever they changed, for as long as somebody looks
// and may: every ten seconds it is asked anew who that is, before anything is sent.
func (s *Service) events(w http.ResponseWriter, r *http.Request) error {
	if err := identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return err
	}
	chosen, err := spanOf(r)
	if err != nil {
		return err
	}
	scope, err := tenant.Must(r.Context())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")       // of proxies that would wait for more
	h.Set(gzhttp.HeaderNoCompression, "1") // which holds a megabyte for each listener
	ctx := trail.Off(r.Context())          // what goes on for hours is no trace
	stream := http.NewResponseController(w)
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	var sent []byte
	for now := ctx; ; {
		if sent, err = s.tell(now, w, chosen, sent); err != nil {
			return nil // the listener went away, or the database is: the browser comes back
		}
		if err := stream.Flush(); err != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.reading.ending:
			return nil
		case <-tick.C:
		}
		if now, err = s.authenticate(r.WithContext(ctx)); err != nil || identity.Require(now, identity.ViewAudit) != nil {
			return nil // the browser asks again, and is told
		}
		if again, ok := tenant.From(now); !ok || again.OrgID != scope.OrgID {
			return nil // in another tab the person went to another organisation
		}
	}
}

// tell writes what is new since what was sent, or that there is nothing.
func (s *Service) tell(ctx context.Context, w io.Writer, chosen span, sent []byte) ([]byte, error) {
	found, err := s.sharedOf(ctx, chosen)
	if err != nil {
		return sent, err
	}
	if bytes.Equal(found.series, sent) {
		_, err := io.WriteString(w, ": nothing new\n\n")
		return sent, err
	}
	var page bytes.Buffer
	if err := levelView(found.view).Render(ctx, &page); err != nil {
		return sent, err
	}
	if err := writeEvent(w, "level", page.Bytes()); err != nil {
		return sent, err
	}
	return found.series, writeEvent(w, "series", found.series)
}

// writeEvent writes an event as the HTML standard says: a line of data for each line.
func writeEvent(w io.Writer, name string, data []byte) error {
	data = bytes.ReplaceAll(data, []byte("\r"), nil)
	_, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, bytes.ReplaceAll(data, []byte("\n"), []byte("\ndata: ")))
	return err
}
