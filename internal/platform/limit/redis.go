package limit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// How long Redis may take, and what happens when it takes longer. The first who
// wait find out for all: after that nobody waits until it answers again.
const (
	patience = 250 * time.Millisecond // for one question; also for the first on a new connection
	dialing  = time.Second            // for a new connection, which is made beside the question
	tryAgain = time.Second            // between looks whether it is back
	comeBack = 5 * time.Second        // what those are told for whom it is closed
)

// connections is how many a process may have: many more than two cores keep busy, so
// that a question never waits for one.
const connections = 64

// prefix begins every name in Redis, which others may use, too.
const prefix = "skai:rate:"

// script is GCRA in whole microseconds of Redis's own clock, which is the same for
// all processes: one key, and one step that nobody comes between. What is answered is
// worked out of the two numbers by the same Go as in this process (Rate.answer).
//
// KEYS[1] holds when the sender's quota is whole again, and goes by itself then: a
// millisecond later, since Redis counts that from the last whole one.
// ARGV: the time in which one request comes back, the window, and 1 to count.
var script = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local next = full + tonumber(ARGV[1])
if ARGV[3] == '1' and next - now <= tonumber(ARGV[2]) then
	redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1)
end
return {now, full}
`)

// shared is the counter in Redis.
type shared struct {
	client *redis.Client
	secret []byte
	log    *slog.Logger
	away   atomic.Bool
	end    chan struct{} // closed at the end of the program
}

// Open gives a limiter that counts in the Redis of an address, redis:// or rediss://,
// for all processes that name the same one. It returns an error, without what the
// address has of secrets, where that is none. Redis itself may be away: then, and
// whenever it goes, this process counts alone and the log says so. The senders are
// named by hashes with the secret, which has to be the same in all processes.
func Open(address string, secret []byte, log *slog.Logger) (*Limiter, error) {
	options, err := Parse(address)
	if err != nil {
		return nil, err
	}
	redis.SetLogger(&logging.VoidLogger{}) // what it says of each connection we say once
	l := New()
	l.shared = &shared{client: redis.NewClient(options), secret: secret, log: log, end: make(chan struct{})}
	return l, nil
}

// Parse reads the address of a Redis. Its errors don't repeat it.
func Parse(address string) (*redis.Options, error) {
	const words = "it is no address of a Redis; an example: redis://:secret@redis.internal:6379/0, or rediss:// with TLS"
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" {
		return nil, errors.New(words)
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, errors.New(words)
	}
	o.Protocol = 2 // nothing is pushed to us
	o.MaxRetries, o.MinRetryBackoff = 1, -1
	o.DialTimeout, o.DialerRetries = dialing, 1
	o.ReadTimeout, o.WriteTimeout, o.PoolTimeout, o.ContextTimeoutEnabled = patience, patience, patience, true
	o.PoolSize, o.MinIdleConns, o.ReadBufferSize, o.WriteBufferSize = connections, 2, 4096, 4096
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o, nil
}

// ask asks Redis; ok is false while it is away.
func (s *shared) ask(ctx context.Context, k Key, rate Rate, count bool) (a Answer, ok bool) {
	if s.away.Load() {
		return Answer{}, false
	}
	now, full, err := s.step(ctx, k, rate, count)
	if err != nil {
		s.lost(err)
		return Answer{}, false
	}
	return rate.answer(full - now), true
}

// step gives Redis's time, and when the sender's quota was whole before this; both
// since 1970.
func (s *shared) step(ctx context.Context, k Key, rate Rate, count bool) (now, full time.Duration, err error) {
	// Whoever goes away in the middle says nothing about Redis.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	flag := 0
	if count {
		flag = 1
	}
	got, err := script.Run(ctx, s.client, []string{s.name(k, rate)}, rate.every().Microseconds(), rate.Window.Microseconds(), flag).Int64Slice()
	if err != nil {
		return 0, 0, err
	}
	if len(got) != 2 {
		return 0, 0, fmt.Errorf("the script answered %d numbers and not 2", len(got))
	}
	return time.Duration(got[0]) * time.Microsecond, time.Duration(got[1]) * time.Microsecond, nil
}

// name is the sender's in Redis. Of a person, a key, an address it has a hash only,
// which nobody without the secret can try addresses against.
func (s *shared) name(k Key, rate Rate) string {
	h := hmac.New(sha256.New, s.secret)
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00%d/%d", k.Org, k.Who, rate.Quota, rate.Window) // a hash takes everything
	return prefix + string(k.Preset) + ":" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// lost notes that Redis does not answer, once, and looks every second whether it is
// back, so that no request has to.
func (s *shared) lost(err error) {
	if !s.away.CompareAndSwap(false, true) {
		return
	}
	s.log.Warn("Redis does not answer: signing in and public forms are closed, and this process counts all else by itself", "redis", s.client.Options().Addr, "error", err)
	go s.mend(time.Now())
}

func (s *shared) mend(since time.Time) {
	tick := time.NewTicker(tryAgain)
	defer tick.Stop()
	for {
		select {
		case <-s.end:
			return
		case <-tick.C:
		}
		if s.ping(context.Background()) == nil {
			s.away.Store(false)
			s.log.Info("Redis answers again and counts for all processes", "redis", s.client.Options().Addr, "away", time.Since(since).Round(time.Millisecond).String())
			return
		}
	}
}

// ping tells whether Redis can count: one that only answers, but may not be written
// to, is away.
func (s *shared) ping(ctx context.Context) error {
	_, _, err := s.step(ctx, Key{Preset: "look"}, Rate{1, time.Millisecond}, true)
	return err
}

// Shared tells whether all processes count together, be Redis there or not.
func (l *Limiter) Shared() bool { return l != nil && l.shared != nil }

// Place names the Redis, without user and password, so that processes can compare;
// "" is none.
func (l *Limiter) Place() string {
	if !l.Shared() {
		return ""
	}
	o := l.shared.client.Options()
	return fmt.Sprintf("%s/%d", strings.ToLower(o.Addr), o.DB)
}

// Look asks Redis whether it can count, and tells why not.
func (l *Limiter) Look(ctx context.Context) error {
	err := l.shared.ping(ctx)
	if err != nil {
		l.shared.lost(err)
	}
	return err
}

// Close lets go of Redis; after that this process counts alone. It is for the end of
// the program.
func (l *Limiter) Close() error {
	if !l.Shared() {
		return nil
	}
	close(l.shared.end)
	l.shared.away.Store(true)
	return l.shared.client.Close()
}
