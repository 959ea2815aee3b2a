// Package health looks, in the background and once for everybody who asks, at what
// the program needs. Answers are made of what was found last, so that a million
// people may ask without the database hearing of it.
package health

import (
	"context"
	"runtime/metrics"
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
	busy    []atomic.Bool // of each check: it is being looked at
	started time.Time
	begun   atomic.Bool   // the first look
	first   chan struct{} // closed when it is done
	last    atomic.Pointer[Snapshot]
}

// New gives a probe of some checks.
func New(checks ...Check) *Probe {
	return &Probe{checks: checks, busy: make([]atomic.Bool, len(checks)), first: make(chan struct{}), started: time.Now()}
}

// Run looks every now and then until ctx ends.
func (p *Probe) Run(ctx context.Context) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	p.lookFirst(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.Look(ctx)
		}
	}
}

// lookFirst looks where nobody has yet, and else waits for the one who does.
func (p *Probe) lookFirst(ctx context.Context) {
	if p.begun.CompareAndSwap(false, true) {
		p.Look(ctx)
		close(p.first)
	}
	<-p.first
}

// Look looks at everything now. What does not answer in time is Down, and is not asked
// again before it has.
func (p *Probe) Look(ctx context.Context) Snapshot {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := Snapshot{Findings: map[string]Finding{}, State: OK}
	answers := make([]chan Finding, len(p.checks))
	for i, c := range p.checks {
		answers[i] = p.ask(ctx, i, c)
	}
	for i, c := range p.checks {
		f := Finding{State: Down, Latency: patience, Words: "it does not answer"}
		select {
		case f = <-answers[i]:
		case <-ctx.Done():
		}
		s.Findings[c.Name] = f
		if !c.Vital && f.State == Down {
			s.State = worse(s.State, Degraded)
		} else {
			s.State = worse(s.State, f.State)
		}
	}
	s.At = time.Now()
	p.last.Store(&s)
	return s
}

// ask looks at one thing beside the others; nothing comes where it is still being
// looked at since an earlier time.
func (p *Probe) ask(ctx context.Context, i int, c Check) chan Finding {
	answer := make(chan Finding, 1)
	if !p.busy[i].CompareAndSwap(false, true) {
		return answer
	}
	go func() {
		defer p.busy[i].Store(false)
		start := time.Now()
		f := c.Look(ctx)
		if f.Latency == 0 {
			f.Latency = time.Since(start)
		}
		answer <- f
	}()
	return answer
}

// Last is what was found last. Where nobody has looked yet, it looks. What is too old
// to be true any more counts as Degraded.
func (p *Probe) Last(ctx context.Context) Snapshot {
	p.lookFirst(context.WithoutCancel(ctx))
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

// Unwell gives what was found not to be well at the last look, in words by part;
// nothing where nobody has looked yet. Unlike Last it never looks.
func (p *Probe) Unwell() map[string]string {
	list := map[string]string{}
	found := p.last.Load()
	if found == nil {
		return list
	}
	for name, f := range found.Findings {
		if f.State != OK {
			list[name] = f.Words
		}
	}
	return list
}

// Uptime is how long the program runs.
func (p *Probe) Uptime() time.Duration { return time.Since(p.started) }

// StartedAt is since when.
func (p *Probe) StartedAt() time.Time { return p.started }

// Memory is what the program uses, in MiB: of Go's heap, and of the machine (resident
// set; 0 where the system does not tell).
func Memory() (heap, resident float64) {
	heapNow := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}} // unlike runtime.ReadMemStats it stops nobody
	metrics.Read(heapNow)
	return float64(heapNow[0].Value.Uint64()) / (1 << 20), residentSet() / (1 << 20)
}
