// Package gate keeps a process from beginning more work than it gets done. So many
// requests are worked on at once, some wait for a moment, and whoever comes beyond
// that hears at once that it is too much, instead of waiting until a time limit
// ends it for everybody.
//
// How many are worked on at once is found by trying (additive increase,
// multiplicative decrease: Chiu and Jain, Computer Networks and ISDN Systems 17,
// 1989), by how long work waits for what it needs: a connection to the database, or
// a processor. While that is short and the gate is full, one more is let in each
// time; when it is long, a tenth fewer.
//
// What waits is let in by its importance, not by when it came, and where there is no
// room to wait, the less important gives way: pages before the API, the API before
// exports.
package gate

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"
)

// Class is how important a kind of work is; more is more.
type Class int

// The classes.
const (
	Export Class = iota // what runs for long, and nobody sits before: exports, imports
	API                 // programs, which try again
	SignIn              // a person who waits to be let in; a password takes a processor for longer than anything else
	Page                // a person at work, who waits
	classes
)

// share is the part of the limit that a class may take, so that the less important
// leaves room for what comes after it, and a whole company that signs in at once for
// those who are at work.
var share = [classes]float64{Export: 0.25, API: 0.75, SignIn: 0.25, Page: 1}

// patience is how long work of a class waits to be let in.
var patience = [classes]time.Duration{Export: 5 * time.Second, API: 2 * time.Second, SignIn: 25 * time.Second, Page: 10 * time.Second}

// Target is how long work may wait for a connection or a processor, on average,
// before the gate lets in less.
const Target = 25 * time.Millisecond

// ErrBusy is returned by Enter where there is too much to do.
var ErrBusy = errors.New("gate: too much to do")

// Gate lets work in. It is safe for concurrent use.
type Gate struct {
	least, most float64
	mayWait     int

	mu      sync.Mutex
	limit   float64
	busy    [classes]int
	waiting [classes]*list.List // of *waiter, who came first in front
	full    bool                // somebody had to wait since the last Adjust
	stats   Stats
}

type waiter struct {
	class    Class
	answered chan error // nil: let in
}

// Stats tells of a gate. The counters are since the process started.
type Stats struct {
	Limit   int   // how many may be worked on at once now
	Busy    int   // how many are
	Waiting int   // how many wait to be
	Entered int64 // how many were let in
	Waited  int64 // those of them who had to wait
	Refused int64 // how many were sent away
}

// New gives a gate that lets in at least so many at once, and never more than most; so
// many may wait. It begins in the middle.
func New(least, most, mayWait int) *Gate {
	g := &Gate{least: float64(max(1, least)), most: float64(max(1, least, most)), mayWait: mayWait}
	g.limit = (g.least + g.most) / 2
	for c := range g.waiting {
		g.waiting[c] = list.New()
	}
	return g
}

// Enter lets the work in, at once or after a moment, and gives what to call when it
// is done. It returns ErrBusy where there is too much to do, and the error of ctx
// where that ends first.
func (g *Gate) Enter(ctx context.Context, c Class) (leave func(), err error) {
	w := g.ask(c)
	if w == nil {
		return func() { g.leave(c) }, nil
	}
	timer := time.NewTimer(patience[c])
	defer timer.Stop()
	select {
	case err = <-w.answered:
	case <-timer.C:
		err = g.giveUp(w, ErrBusy)
	case <-ctx.Done():
		err = g.giveUp(w, ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	return func() { g.leave(c) }, nil
}

// ask lets the work in (nil), or has it wait, or refuses it.
func (g *Gate) ask(c Class) *waiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.room(c) && !g.somebodyWaits(c) {
		g.busy[c]++
		g.stats.Entered++
		return nil
	}
	g.full = true
	w := &waiter{c, make(chan error, 1)}
	if g.count(g.waiters) >= g.mayWait && !g.makeRoom(c) {
		g.stats.Refused++
		w.answered <- ErrBusy
		return w
	}
	g.waiting[c].PushBack(w)
	return w
}

// room tells whether one more of the class may be worked on.
func (g *Gate) room(c Class) bool {
	all := 0
	for _, n := range g.busy {
		all += n
	}
	return float64(all) < g.limit && float64(g.busy[c]) < max(1, g.limit*share[c])
}

// somebodyWaits tells whether one waits who is let in before a newcomer of the class.
func (g *Gate) somebodyWaits(c Class) bool {
	for other := c; other < classes; other++ {
		if g.waiting[other].Len() > 0 && g.room(other) {
			return true
		}
	}
	return false
}

func (g *Gate) waiters(c Class) int { return g.waiting[c].Len() }

func (g *Gate) count(of func(Class) int) (n int) {
	for c := range classes {
		n += of(c)
	}
	return n
}

// makeRoom sends one away who waits and is less important than c: the last who came.
func (g *Gate) makeRoom(c Class) bool {
	for other := range c {
		if last := g.waiting[other].Back(); last != nil {
			g.waiting[other].Remove(last)
			g.stats.Refused++
			last.Value.(*waiter).answered <- ErrBusy
			return true
		}
	}
	return false
}

// giveUp takes back the wish to be let in. It gives nil where that was granted at the
// same moment: then the work is in.
func (g *Gate) giveUp(w *waiter, why error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case err := <-w.answered:
		return err
	default:
	}
	for e := g.waiting[w.class].Front(); e != nil; e = e.Next() {
		if e.Value == w {
			g.waiting[w.class].Remove(e)
			break
		}
	}
	if why == ErrBusy { //nolint:errorlint // as it stands, from Enter; who went away was not refused
		g.stats.Refused++
	}
	return why
}

func (g *Gate) leave(c Class) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy[c]--
	g.admit()
}

// admit lets in who waits, while there is room: the important first, and who came
// first of those.
func (g *Gate) admit() {
	for c := Page; c >= Export; c-- {
		for g.room(c) {
			first := g.waiting[c].Front()
			if first == nil {
				break
			}
			g.waiting[c].Remove(first)
			g.busy[c]++
			g.stats.Entered++
			g.stats.Waited++
			first.Value.(*waiter).answered <- nil
		}
	}
}

// Adjust sets the limit anew from how long work waited lately, on average, for a
// connection or a processor.
func (g *Gate) Adjust(wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case wait > Target:
		g.limit = max(g.least, g.limit*0.9)
	case g.full:
		g.limit = min(g.most, g.limit+1)
	}
	g.admit()
	g.full = g.count(g.waiters) > 0
}

// Stats tells how it is now.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.stats
	s.Limit, s.Waiting = int(g.limit), g.count(g.waiters)
	s.Busy = g.count(func(c Class) int { return g.busy[c] })
	return s
}
