// Package health looks, in the background and once for everybody who asks, at what
// the program needs. Answers are made of what was found last, so that a million
// people may ask without the database hearing of it.
package health

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// State says how something is.
type State string

// The states, from the best to the worst.
const (
	OK       State = "ok"
	Degraded State = "degraded" // it works, but not all of it, or slowly
	Down     State = "down"
)

// worse gives the worse of two.
func worse(a, b State) State {
	order := map[State]int{OK: 0, Degraded: 1, Down: 2}
	if order[b] > order[a] {
		return b
	}
	return a
}

// Every is how often everything is looked at, and patience how long one look may take.
const (
	Every    = 5 * time.Second
	patience = 3 * time.Second
)

// stale is how old what was found last may be before that itself is a fault.
const stale = 6 * Every

// Finding is how one thing was found.
type Finding struct {
	State   State
	Latency time.Duration
	Words   string             // what is wrong, without what an attacker could use; "" is nothing
	Facts   map[string]float64 // figures by name: depth, oldest_seconds
}

// Check looks at one thing.
type Check struct {
	Name  string
	Vital bool // without it the program can do nothing
	Look  func(context.Context) Finding
}

// Snapshot is what was found at one time.
type Snapshot struct {
	At       time.Time
	Findings map[string]Finding
	State    State // Down where something vital is, else the worst of the others, Degraded at most
}

// Probe looks at everything.
type Probe struct {
	checks  []Check
	started time.Time
	first   sync.Once
	last    atomic.Pointer[Snapshot]
}

// New gives a probe of some checks.
func New(checks ...Check) *Probe { return &Probe{checks: checks, started: time.Now()} }

// Run looks every now and then until ctx ends.
func (p *Probe) Run(ctx context.Context) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		p.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look looks at everything now.
func (p *Probe) Look(ctx context.Context) Snapshot {
	s := Snapshot{Findings: map[string]Finding{}, State: OK}
	var wait sync.WaitGroup
	var mu sync.Mutex
	for _, c := range p.checks {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			start := time.Now()
			f := c.Look(ctx)
			if f.Latency == 0 {
				f.Latency = time.Since(start)
			}
			mu.Lock()
			defer mu.Unlock()
			s.Findings[c.Name] = f
			if !c.Vital && f.State == Down {
				s.State = worse(s.State, Degraded)
			} else {
				s.State = worse(s.State, f.State)
			}
		})
	}
	wait.Wait()
	s.At = time.Now()
	p.last.Store(&s)
	return s
}

// Last is what was found last. Where nobody has looked yet, it looks. What is too old
// to be true any more counts as Degraded.
func (p *Probe) Last(ctx context.Context) Snapshot {
	p.first.Do(func() {
		if p.last.Load() == nil {
			p.Look(context.WithoutCancel(ctx))
		}
	})
	found := p.last.Load()
	if found == nil {
		return Snapshot{State: Degraded}
	}
	s := *found
	if time.Since(s.At) > stale {
		s.State = worse(s.State, Degraded)
	}
	return s
}

// Uptime is how long the program runs.
func (p *Probe) Uptime() time.Duration { return time.Since(p.started) }

// StartedAt is since when.
func (p *Probe) StartedAt() time.Time { return p.started }

// Memory is what the program uses, in MiB: of Go's heap, and of the machine (resident
// set; 0 where the system does not tell).
func Memory() (heap, resident float64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20), residentSet() / (1 << 20)
}
