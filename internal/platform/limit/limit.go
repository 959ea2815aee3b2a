// Package limit keeps a sender from asking too often. It says how often each
// kind of request may be made (the presets) and counts: in this process, or in a
// Redis that all processes share.
//
// A sender may use the whole quota of a preset at once; after that it comes back
// evenly, one request every window divided by quota, so that nobody has to wait
// for a full window (GCRA, the generic cell rate algorithm, with a burst of one
// quota). Without Redis several processes count each for themselves: with n of
// them a sender gets up to n quotas. With it they give one together, and while it
// is away what must not become looser is closed (see share).
package limit

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/skaiscraper/skai/internal/platform/fault"
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

// every is the time in which one request comes back: in whole microseconds, which
// is what Redis's clock has, so that both counters count alike; one at least.
func (r Rate) every() time.Duration {
	return max((r.Window / time.Duration(r.Quota)).Truncate(time.Microsecond), time.Microsecond)
}

// Slower tells whether r lets a sender do less in the long run than other.
func (r Rate) Slower(other Rate) bool {
	return float64(r.Quota)*other.Window.Seconds() < float64(other.Quota)*r.Window.Seconds()
}

// answer is GCRA: what is answered to a sender whose quota is whole again in so
// much time.
func (r Rate) answer(ahead time.Duration) Answer {
	every := r.every()
	if over := ahead + every - r.Window; over > 0 {
		return Answer{Full: ahead, Wait: over}
	}
	ahead += every
	return Answer{Allowed: true, First: ahead == every, Remaining: int((r.Window - ahead) / every), Full: ahead}
}

// share is what each process gives by itself while the counter that all share is
// away, so that a preset that guards against guessing gets no looser by it.
type share int

const (
	whole share = iota // its own quota: people go on working
	one                // one request, so that as many processes as the quota has give no more than that together
	none               // nothing: closed
)

// rates has what each preset allows one sender, what it counts in words, and what
// is left of it while Redis is away.
var rates = map[Preset]struct {
	Rate
	what  string
	alone share
}{
	AI:        {Rate{10, time.Minute}, "questions to the assistant", whole},
	Upload:    {Rate{20, time.Minute}, "uploads", whole},
	Weather:   {Rate{30, time.Minute}, "weather look-ups", whole},
	API:       {Rate{100, time.Minute}, "API requests", whole},
	Webhook:   {Rate{50, time.Minute}, "deliveries", whole},
	Public:    {Rate{5, time.Minute}, "forms", none},
	Auth:      {Rate{10, time.Minute}, "tries to sign in to one account", none},
	Migration: {Rate{3, time.Minute}, "migrations and exports", whole},
	APIKeys:   {Rate{10, time.Hour}, "changes of API keys", whole},
	Address:   {Rate{1000, time.Minute}, "tries to sign in from one address", none},
	WrongKeys: {Rate{60, time.Hour}, "API keys that open nothing", one},
	WrongKey:  {Rate{60, 60 * time.Hour}, "tries of a key that opens nothing", one}, // known again for an hour after each
}

// Presets are those a plan may have a rate of its own for, in the order of the text
// that promises them.
func Presets() []Preset {
	return []Preset{AI, Upload, Weather, API, Webhook, Public, Auth, Migration, APIKeys}
}

// Rate is what the preset allows where a plan says nothing; ok is false for
// Unlimited and for a name that is no preset.
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

	Own Rate // instead of the preset's, where the sender has one of its own; the zero value is none
}

// Rate is what the sender may do under the preset; ok is false where that has no limit.
func (k Key) Rate() (r Rate, ok bool) {
	r, ok = k.Preset.Rate()
	if ok && k.Own.Quota > 0 {
		r = k.Own
	}
	return r, ok
}

// Answer tells whether a request may go on.
type Answer struct {
	Allowed   bool
	First     bool          // nothing was counted of the sender, or all of it has come back
	Closed    bool          // refused because Redis is away, not for what the sender did
	Remaining int           // requests that could follow at once
	Full      time.Duration // until the whole quota is there again
	Wait      time.Duration // until a refused request would be allowed
}

// Away is the error of an answer that is Closed: fault.Unavailable, with when to
// come back.
func (a Answer) Away() error {
	return &fault.Error{
		Kind: fault.KindUnavailable, Code: "limits.away", Wait: a.Wait,
		Message: fmt.Sprintf("this is closed for a moment, because what counts tries does not answer; nothing was done. Try again in %.0f seconds", math.Ceil(a.Wait.Seconds())),
	}
}

// Limiter counts. It is safe for concurrent use.
type Limiter struct {
	start  time.Time
	shared *shared // nil where each process counts for itself

	mu    sync.Mutex
	full  map[Key]time.Duration // since start: when the sender's quota is whole again (GCRA's theoretical arrival time)
	sweep int                   // the size at which those whose quota is whole are forgotten
}

// smallest is the number of senders below which nothing is forgotten.
const smallest = 1024

// New gives a limiter that counts in this process and has counted nothing yet.
func New() *Limiter {
	return &Limiter{start: time.Now(), full: map[Key]time.Duration{}, sweep: smallest}
}

// Take counts a request, unless it is one too many: a refused request costs the
// sender nothing. What has no rate is allowed.
func (l *Limiter) Take(ctx context.Context, k Key) Answer { return l.ask(ctx, k, true) }

// Peek is what Take would answer, without counting.
func (l *Limiter) Peek(ctx context.Context, k Key) Answer { return l.ask(ctx, k, false) }

func (l *Limiter) ask(ctx context.Context, k Key, count bool) Answer {
	rate, ok := k.Rate()
	if !ok {
		return Answer{Allowed: true}
	}
	if l.shared == nil {
		return l.local(k, rate, count)
	}
	if a, ok := l.shared.ask(ctx, k, rate, count); ok {
		return a
	}
	return l.alone(k, rate, count)
}

// alone answers while Redis is away.
func (l *Limiter) alone(k Key, rate Rate, count bool) Answer {
	a := Answer{}
	switch rates[k.Preset].alone {
	case whole:
		return l.local(k, rate, count)
	case one:
		a = l.local(k, Rate{1, rate.Window}, count)
	case none:
	}
	if !a.Allowed {
		return Answer{Closed: true, Full: comeBack, Wait: comeBack}
	}
	return a
}

// local counts in this process.
func (l *Limiter) local(k Key, rate Rate, count bool) Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Since(l.start)
	full := max(l.full[k], now)
	a := rate.answer(full - now)
	if !count || !a.Allowed {
		return a
	}
	l.full[k] = full + rate.every()
	if len(l.full) >= l.sweep {
		l.forget(now)
	}
	return a
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
