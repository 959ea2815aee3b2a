package limit_test

import (
	"bytes"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
)

// journal is a log that a test reads while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// process is a limiter as a process of its own has it, with its log.
func process(tb testing.TB, address string) (*limit.Limiter, *journal) {
	tb.Helper()
	log := &journal{}
	l, err := limit.Open(address, []byte("the same on all machines"), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	return l, log
}

func TestProcessesShareOneQuota(t *testing.T) {
	t.Parallel()
	r := dbtest.NewRedis(t)
	one, log := process(t, r.URL())
	two, _ := process(t, r.URL())
	pat := limit.Key{Preset: limit.APIKeys, Org: "titan", Who: "pat"}
	for i := range 10 {
		l := []*limit.Limiter{one, two}[i%2]
		if a := l.Peek(t.Context(), pat); !a.Allowed || a.Remaining != 9-i {
			t.Errorf("change %d, before: %+v", i+1, a)
		}
		if a := l.Take(t.Context(), pat); !a.Allowed || a.Remaining != 9-i || a.First != (i == 0) {
			t.Errorf("change %d: %+v", i+1, a)
		}
	}
	for _, l := range []*limit.Limiter{one, two} {
		if a := l.Take(t.Context(), pat); a.Allowed || a.Closed || a.Wait <= 5*time.Minute || a.Wait > 6*time.Minute {
			t.Errorf("one too many: %+v", a)
		}
	}
	for _, other := range []limit.Key{
		{Preset: limit.APIKeys, Org: "titan", Who: "sam"},
		{Preset: limit.APIKeys, Org: "prowest", Who: "pat"},
		{Preset: limit.APIKeys, Org: "titan", Who: "pat", Own: limit.Rate{Quota: 20, Window: time.Hour}}, // since this morning
		{Preset: limit.API, Org: "titan", Who: "pat"},
	} {
		if a := two.Take(t.Context(), other); !a.Allowed || !a.First {
			t.Errorf("%+v waits for somebody else: %+v", other, a)
		}
	}
	if log.String() != "" {
		t.Errorf("while all is well the log says %s", log)
	}
}

func TestManyAtOnceGetNoMoreOfRedis(t *testing.T) {
	t.Parallel()
	r := dbtest.NewRedis(t)
	one, _ := process(t, r.URL())
	two, _ := process(t, r.URL())
	var allowed atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if []*limit.Limiter{one, two}[i%2].Take(t.Context(), limit.Key{Preset: limit.APIKeys, Who: "pat"}).Allowed {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != 10 {
		t.Errorf("%d allowed, want 10", allowed.Load())
	}
}

// What Redis answers at some times is, to the microsecond, what a limiter in the
// process answers at these times.
func TestRedisCountsAsTheProcessDoes(t *testing.T) {
	t.Parallel()
	l, _ := process(t, dbtest.NewRedis(t).URL())
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++ // a sender that Redis has not seen
		k := limit.Key{Preset: limit.API, Who: strconv.Itoa(n), Own: limit.Rate{
			Quota: rapid.IntRange(1, 12).Draw(rt, "quota"), Window: time.Duration(rapid.IntRange(1, 20_000).Draw(rt, "window")) * time.Microsecond,
		}}
		type question struct {
			at    time.Duration
			count bool
			a     limit.Answer
		}
		asked := []question{}
		for range rapid.IntRange(1, 40).Draw(rt, "questions") {
			if rapid.IntRange(0, 3).Draw(rt, "pause") == 0 {
				pass(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "microseconds")) * time.Microsecond)
			}
			q := question{count: rapid.IntRange(0, 5).Draw(rt, "count") > 0}
			var err error
			if q.at, q.a, err = l.Step(t.Context(), k, q.count); err != nil {
				rt.Fatal(err)
			}
			asked = append(asked, q)
		}
		synctest.Test(t, func(t *testing.T) {
			here, now := limit.New(), asked[0].at
			for i, q := range asked {
				pass(q.at - now)
				now = q.at
				ask := here.Peek
				if q.count {
					ask = here.Take
				}
				if diff := cmp.Diff(ask(t.Context(), k), q.a); diff != "" {
					rt.Fatalf("question %d of %d, %v: (-here +Redis)\n%s", i+1, len(asked), k.Own, diff)
				}
			}
		})
	})
}

func TestRedisHoldsNothingOfAnybody(t *testing.T) {
	t.Parallel()
	r := dbtest.NewRedis(t)
	l, _ := process(t, r.URL())
	for _, k := range []limit.Key{
		{Preset: limit.Auth, Who: "203.0.113.9 pat@titan.example"},
		{Preset: limit.API, Org: "titan", Who: "pat"},
		{Preset: limit.WrongKeys, Who: "203.0.113.9"},
		{Preset: limit.AI, Who: "pat", Own: limit.Rate{Quota: 10, Window: 10 * time.Millisecond}},
	} {
		if !l.Take(t.Context(), k).Allowed {
			t.Errorf("%+v is refused", k)
		}
	}
	names, err := r.Do("KEYS *")
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for name := range strings.SplitSeq(names, "\n") {
		if !strings.HasPrefix(name, "skai:") {
			continue // lengths
		}
		kept++
		for _, secret := range []string{"203.0.113.9", "titan", "pat"} {
			if strings.Contains(name, secret) {
				t.Errorf("%s says who that is", name)
			}
		}
		if left, err := r.Do("PTTL " + name); err != nil || left == ":-1" {
			t.Errorf("%s stays for ever: %v", name, err)
		}
	}
	if kept < 3 {
		t.Errorf("%d names are kept: %s", kept, names)
	}
	dbtest.Until(t, "what has come back is forgotten", func() bool {
		names, err := r.Do("KEYS *:ai:*")
		return err == nil && names == "*0"
	})
	if other, err := limit.Open(r.URL(), []byte("a guessed secret"), slog.New(slog.DiscardHandler)); err != nil || !other.Take(t.Context(), limit.Key{Preset: limit.WrongKeys, Who: "203.0.113.9"}).First {
		t.Errorf("without the secret one finds out who was there: %v", err)
	} else if err := other.Close(); err != nil {
		t.Error(err)
	}
}

// Killed in the middle: what guards against guessing is closed, everything else goes
// on, one line tells the operator, and it mends by itself.
func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	r := dbtest.NewRedis(t)
	l, log := process(t, r.URL())
	pat := limit.Key{Preset: limit.API, Org: "titan", Who: "pat"}
	if !l.Take(t.Context(), pat).Allowed || l.Look(t.Context()) != nil {
		t.Fatal("with Redis it does not count")
	}
	r.Kill()
	for i := range 100 {
		if a := l.Take(t.Context(), pat); !a.Allowed || a.Remaining > 99-i+1 {
			t.Fatalf("request %d: %+v", i+1, a)
		}
	}
	if a := l.Take(t.Context(), pat); a.Allowed || a.Closed || a.Wait > 600*time.Millisecond {
		t.Errorf("this process gives more than its quota: %+v", a)
	}
	for _, preset := range []limit.Preset{limit.Auth, limit.Public, limit.Address} {
		a := l.Take(t.Context(), limit.Key{Preset: preset, Who: "somebody new"})
		if a.Allowed || !a.Closed || a.Wait <= 0 || a.Wait > 10*time.Second {
			t.Errorf("%s: %+v", preset, a)
		}
		if f := fault.As(a.Away()); f == nil || f.Kind != fault.KindUnavailable || f.Wait != a.Wait || !strings.Contains(f.Message, "Try again in 5 seconds") {
			t.Errorf("%s: %v", preset, a.Away())
		}
	}
	for _, preset := range []limit.Preset{limit.WrongKeys, limit.WrongKey} {
		k := limit.Key{Preset: preset, Who: "203.0.113.9"}
		if a := l.Take(t.Context(), k); !a.Allowed || !a.First {
			t.Errorf("%s, the first: %+v", preset, a)
		}
		if a := l.Take(t.Context(), k); a.Allowed || !a.Closed {
			t.Errorf("%s, the second: %+v", preset, a)
		}
	}
	if l.Look(t.Context()) == nil {
		t.Error("it looks as if Redis were there")
	}
	r.Start()
	dbtest.Until(t, "Redis counts again", func() bool { return !l.Peek(t.Context(), limit.Key{Preset: limit.Auth, Who: "pat"}).Closed })
	if a := l.Take(t.Context(), pat); !a.First {
		t.Errorf("it goes on counting here: %+v", a)
	}
	dbtest.Until(t, "the log says so", func() bool { return strings.Contains(log.String(), "answers again") })
	if text := log.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "does not answer") || !strings.Contains(text, r.Address()) || strings.Contains(text, dbtest.RedisPassword) {
		t.Errorf("the log: %s", text)
	}
}

// A Redis that hangs holds nobody up: those who are there when it begins wait for a
// moment, those who come later not at all.
func TestARedisThatHangs(t *testing.T) {
	t.Parallel()
	r := dbtest.NewRedis(t)
	l, _ := process(t, r.URL())
	pat := limit.Key{Preset: limit.API, Org: "titan", Who: "pat"}
	l.Take(t.Context(), pat)
	r.Hold()
	start := time.Now()
	if !l.Take(t.Context(), pat).Allowed {
		t.Error("the first one is refused")
	}
	if took := time.Since(start); took < limit.Patience/2 || took > limit.Patience+time.Second {
		t.Errorf("the first one took %v", took)
	}
	start = time.Now()
	for range 50 {
		l.Take(t.Context(), pat)
	}
	if took := time.Since(start); took > limit.Patience {
		t.Errorf("fifty that came later took %v", took)
	}
	r.Resume()
	dbtest.Until(t, "Redis counts again", func() bool { return !l.Peek(t.Context(), limit.Key{Preset: limit.Auth, Who: "pat"}).Closed })
}

// What answers but can't count is away as well.
func TestARedisThatMayNotBeUsed(t *testing.T) {
	t.Parallel()
	r := dbtest.NewRedis(t)
	l, log := process(t, r.URL())
	if _, err := r.Do("REPLICAOF 127.0.0.1 1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "READONLY") {
		t.Errorf("a copy that takes nothing: %v", err)
	}
	wrong, other := process(t, strings.Replace(r.URL(), dbtest.RedisPassword, "a-wrong-password", 1))
	if err := wrong.Look(t.Context()); err == nil {
		t.Error("a wrong password is let in")
	}
	for _, text := range []string{log.String(), other.String()} {
		if !strings.Contains(text, "does not answer") || strings.Contains(text, dbtest.RedisPassword) || strings.Contains(text, "a-wrong-password") {
			t.Errorf("the log: %s", text)
		}
	}
}

// What the operator's page says that a user of Redis needs is enough.
func TestARedisUserWhoMayLittle(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "A user of its own needs `")
	needs, _, ok := strings.Cut(rest, "`")
	if !ok {
		t.Fatal("docs/operations.md does not say what a user needs")
	}
	r := dbtest.NewRedis(t)
	if answer, err := r.Do("ACL SETUSER skai reset on >roof " + needs); err != nil || answer != "+OK" {
		t.Fatal(answer, err)
	}
	l, _ := process(t, "redis://skai:roof@"+r.Address()+"/2")
	for i := range 2 {
		if now, a, err := l.Step(t.Context(), limit.Key{Preset: limit.API, Who: "pat"}, true); err != nil || now == 0 || a.Remaining != 99-i {
			t.Errorf("request %d: %+v, %v", i+1, a, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:6379", "http://:hush@redis:6379", "redis://", "redis://:hush@redis:port", "redis://:hu%zzsh@redis:6379", "redis://:hush@redis:6379/first", "redis://:hush@redis/0?hush=1", "unix:///tmp/redis"} {
		_, err := limit.Parse(bad)
		if err == nil || strings.Contains(err.Error(), "hu") || !strings.Contains(err.Error(), "redis://:secret@redis.internal:6379/0") {
			t.Errorf("%s: %v", bad, err)
		}
		if _, err := limit.Open(bad, nil, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s is opened", bad)
		}
	}
	for address, tls := range map[string]bool{"redis://redis": false, "redis://user:hush@[::1]:7000/3": false, "rediss://:hush@redis.internal:6379": true} {
		if o, err := limit.Parse(address); err != nil || (o.TLSConfig != nil) != tls {
			t.Errorf("%s: %v", address, err)
		}
	}
	l, _ := process(t, "redis://user:hush@Redis.internal:7000/3")
	if !l.Shared() || l.Place() != "redis.internal:7000/3" {
		t.Errorf("it is at %s", l.Place())
	}
	if here := limit.New(); here.Shared() || here.Place() != "" || here.Close() != nil {
		t.Error("what counts here is at Redis")
	}
}

func BenchmarkTakeOfRedis(b *testing.B) {
	l, _ := process(b, dbtest.NewRedis(b).URL())
	n := 0
	for b.Loop() {
		n++
		l.Take(b.Context(), limit.Key{Preset: limit.API, Org: "titan", Who: strconv.Itoa(n % 500)})
	}
}
