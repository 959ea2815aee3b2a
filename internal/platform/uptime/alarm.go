package uptime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/skaiscraper/skai/internal/platform/mail"
)

// How long an alarm waits before it tries to tell again: at first, doubled each time,
// and at most. One try takes no longer than tellPatience.
const (
	tellFirst    = time.Second
	tellLongest  = 5 * time.Minute
	tellPatience = 30 * time.Second
)

// Teller tells people in one way.
type Teller struct {
	Name string // in the probe's output and in its file: "the chat"
	Tell func(context.Context, News) error
}

// Rule says when people are told that a target is down, and by the same that it is back.
type Rule struct {
	Looks int           // so many in a row have to say so
	After time.Duration // and so long has to lie between the first of them and the last
}

// Alarm tells people that a target is down, and that it is back, each once in each way.
// What it told stands in a file, so that a probe that is started again neither repeats
// nor forgets it. Nil is nobody to tell. It is safe for concurrent use.
type Alarm struct {
	rule    Rule
	tellers []Teller
	file    string
	probe   string // the machine's name
	say     func(format string, args ...any)

	mu      sync.Mutex
	was     told
	against int           // looks in a row that say otherwise than was
	first   time.Time     // the first of them
	news    chan struct{} // closed when there are some
}

// told is what an alarm keeps.
type told struct {
	Target  string         `json:"target"`
	Changes int            `json:"changes"` // how often it went down or came back: down is odd
	Since   time.Time      `json:"since"`   // of the last time it went down: the first look that found it so
	Until   time.Time      `json:"until"`   // the first look that found it back
	Told    map[string]int `json:"told"`    // by a teller's name, the change that was told last
}

func (t told) down() bool { return t.Changes%2 == 1 }

// NewAlarm gives the alarm of a probe of a target, which keeps its file in a folder. say
// hears of what it could not tell.
func NewAlarm(target, folder string, r Rule, tellers []Teller, say func(format string, args ...any)) (*Alarm, error) {
	a := &Alarm{rule: r, tellers: tellers, file: filepath.Join(folder, "alarm.json"), say: say, was: told{Target: target}, news: make(chan struct{})}
	a.probe, _ = os.Hostname() // "" where the system does not tell
	kept, err := os.ReadFile(a.file)
	var before told
	if err == nil {
		err = json.Unmarshal(kept, &before)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s can't be read: %w; remove it to begin anew", a.file, err)
	}
	if before.Target == target {
		a.was = before
	}
	known := a.was.Told
	a.was.Told = map[string]int{}
	for _, t := range tellers { // who is new hears of an outage that goes on, and of none that is over
		a.was.Told[t.Name] = a.was.Changes - a.was.Changes%2
		if n, ok := known[t.Name]; ok {
			a.was.Told[t.Name] = n
		}
	}
	return a, nil
}

// See hears of a look that was made at a time.
func (a *Alarm) See(up bool, at time.Time) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if up != a.was.down() { // as it was
		a.against = 0
		return
	}
	if a.against++; a.against == 1 {
		a.first = at
	}
	if a.against < a.rule.Looks || at.Sub(a.first) < a.rule.After {
		return
	}
	a.against = 0
	a.was.Changes++
	if a.was.Until = a.first.UTC(); !up {
		a.was.Since, a.was.Until = a.first.UTC(), time.Time{}
	}
	a.save()
	close(a.news)
	a.news = make(chan struct{})
}

// save writes down what was told. The lock is held.
func (a *Alarm) save() {
	if err := put(a.file, a.was); err != nil {
		a.say("what was told can't be kept, so it may be told again after a restart: %s", err)
	}
}

// start has all tellers work until ctx ends; what it gives waits for them, and says what
// nobody was told.
func (a *Alarm) start(ctx context.Context) (wait func()) {
	if a == nil {
		return func() {}
	}
	var all sync.WaitGroup
	for _, t := range a.tellers {
		all.Go(func() { a.work(ctx, t) })
	}
	return func() {
		all.Wait()
		for _, name := range slices.Sorted(maps.Keys(a.was.Told)) {
			if n, _, _ := a.next(name); n > 0 {
				a.say("%s was not told what happened; it will be when the probe runs again", name)
			}
		}
	}
}

// work tells in one way what there is to tell. While it fails it waits ever longer.
func (a *Alarm) work(ctx context.Context, t Teller) {
	wait := tellFirst
	for ctx.Err() == nil {
		change, n, news := a.next(t.Name)
		if change == 0 {
			select {
			case <-ctx.Done():
			case <-news:
			}
			continue
		}
		err := a.try(ctx, t, n)
		if err == nil || mail.IsFinal(err) {
			a.done(t.Name, change)
			wait = tellFirst
		}
		switch {
		case err == nil || ctx.Err() != nil:
			continue
		case mail.IsFinal(err):
			a.say("%s can't be told, and it is not tried again: %s", t.Name, err)
			continue
		}
		a.say("%s could not be told, it is tried again in %s: %s", t.Name, wait, err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, tellLongest)
	}
}

func (a *Alarm) try(ctx context.Context, t Teller, n News) error {
	ctx, cancel := context.WithTimeout(ctx, tellPatience)
	defer cancel()
	return t.Tell(ctx, n)
}

// next gives what is to be told in a way: how it is now, where that was not told yet,
// and never what it was like in between. change is 0 where there is nothing; news is
// closed when there may be.
func (a *Alarm) next(name string) (change int, n News, news <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.was
	missed := w.Changes - w.Told[name] - 1
	if missed < 0 {
		return 0, News{}, a.news
	}
	if !w.down() {
		missed = max(0, missed-1) // what says that it is back says that it was away, too
	}
	return w.Changes, News{Target: w.Target, Probe: a.probe, Down: w.down(), Since: w.Since, Until: w.Until, Missed: missed}, a.news
}

// done notes that a change was told in a way.
func (a *Alarm) done(name string, change int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.was.Told[name] = change
	a.save()
}
