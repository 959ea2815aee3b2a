// Package limit keeps a sender from asking too often. It says how often each
// kind of request may be made (the presets) and counts in this process.
//
// A sender may use the whole quota of a preset at once; after that it comes back
// evenly, one request every window divided by quota, so that nobody has to wait
// for a full window (GCRA, the generic cell rate algorithm, with a burst of one
// quota). Several processes count each for themselves: with n of them a sender
// gets up to n quotas.
package limit

import (
	"sync"
	"time"
)

// Preset names how often something may be done.
type Preset string

// The presets. A route has one of them; Unlimited is one that costs no more than
// looking: pages, files, health.
const (
	Unlimited Preset = "unlimited"
	AI        Preset = "ai"
	Upload    Preset = "upload"
	Weather   Preset = "weather"
	API       Preset = "api"
	Webhook   Preset = "webhook"   // what another system delivers
	Public    Preset = "public"    // a form that anybody may send
	Auth      Preset = "auth"      // signing in and what goes with it, for each account and address
	Migration Preset = "migration" // runs and full exports
	APIKeys   Preset = "api_keys"

	// WrongKeys is for different API keys, from one network, that open nothing, and
	// WrongKey for one of them sent over and over: a program that was forgotten when
	// its key was revoked.
	WrongKeys Preset = "wrong_keys"
	WrongKey  Preset = "wrong_key"

	// Address is for all that comes from one address under Auth, whichever the
	// account. It is wide, because a whole office has one address: 480 people who
	// sign in at once, most with a second step, stay below it.
	Address Preset = "address"
)

// Rate is a number of requests within a window.
type Rate struct {
	Quota  int
	Window time.Duration
}

// rates has what each preset allows one sender, and what it counts in words.
var rates = map[Preset]struct {
	Rate
	what string
}{
	AI:        {Rate{10, time.Minute}, "questions to the assistant"},
	Upload:    {Rate{20, time.Minute}, "uploads"},
	Weather:   {Rate{30, time.Minute}, "weather look-ups"},
	API:       {Rate{100, time.Minute}, "API requests"},
	Webhook:   {Rate{50, time.Minute}, "deliveries"},
	Public:    {Rate{5, time.Minute}, "forms"},
	Auth:      {Rate{10, time.Minute}, "tries to sign in to one account"},
	Migration: {Rate{3, time.Minute}, "migrations and exports"},
	APIKeys:   {Rate{10, time.Hour}, "changes of API keys"},
	Address:   {Rate{1000, time.Minute}, "tries to sign in from one address"},
	WrongKeys: {Rate{60, time.Hour}, "API keys that open nothing"},
	WrongKey:  {Rate{60, 60 * time.Hour}, "tries of a key that opens nothing"}, // known again for an hour after each,
}

// Rate is what the preset allows; ok is false for Unlimited and for a name that
// is no preset.
func (p Preset) Rate() (r Rate, ok bool) {
	entry, ok := rates[p]
	return entry.Rate, ok
}

// What says what the preset counts: "uploads".
func (p Preset) What() string { return rates[p].what }

// Key says whose requests are counted together.
type Key struct {
	Preset Preset
	Org    string // "" before anybody is signed in
	Who    string // a person, a key, or where the request comes from

	PerMinute int // instead of the preset's rate, where the sender has one of its own; 0 is none
}

// Rate is what the sender may do under the preset; ok is false where that has no limit.
func (k Key) Rate() (r Rate, ok bool) {
	r, ok = k.Preset.Rate()
	if ok && k.PerMinute > 0 {
		r = Rate{k.PerMinute, time.Minute}
	}
	return r, ok
}

// Answer tells whether a request may go on.
type Answer struct {
	Allowed   bool
	Remaining int           // requests that could follow at once
	Full      time.Duration // until the whole quota is there again
	Wait      time.Duration // until a refused request would be allowed
}

// Limiter counts. It is safe for concurrent use.
type Limiter struct {
	start time.Time

	mu    sync.Mutex
	full  map[Key]time.Duration // since start: when the sender's quota is whole again (GCRA's theoretical arrival time)
	sweep int                   // the size at which those whose quota is whole are forgotten
}

// smallest is the number of senders below which nothing is forgotten.
const smallest = 1024

// New gives a limiter that has counted nothing yet.
func New() *Limiter {
	return &Limiter{start: time.Now(), full: map[Key]time.Duration{}, sweep: smallest}
}

// Take counts a request, unless it is one too many: a refused request costs the
// sender nothing. What has no rate is allowed.
func (l *Limiter) Take(k Key) Answer {
	rate, ok := k.Rate()
	if !ok {
		return Answer{Allowed: true}
	}
	every := rate.Window / time.Duration(rate.Quota)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.start)
	full := max(l.full[k], now)
	if over := full + every - now - rate.Window; over > 0 {
		return Answer{Full: full - now, Wait: over}
	}
	full += every
	l.full[k] = full
	if len(l.full) >= l.sweep {
		l.forget(now)
	}
	return Answer{Allowed: true, Remaining: int((rate.Window - (full - now)) / every), Full: full - now}
}

// Wait tells how long the sender has to wait until a request would be allowed,
// without counting one; 0 is not at all.
func (l *Limiter) Wait(k Key) time.Duration {
	rate, ok := k.Rate()
	if !ok {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.start)
	return max(0, max(l.full[k], now)+rate.Window/time.Duration(rate.Quota)-now-rate.Window)
}

// forget drops those whose quota is whole again: they are as if never seen.
func (l *Limiter) forget(now time.Duration) {
	for k, full := range l.full {
		if full <= now {
			delete(l.full, k)
		}
	}
	l.sweep = max(smallest, 2*len(l.full))
}
