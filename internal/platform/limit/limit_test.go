package limit_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/limit"
)

// pass lets the bubble's clock go on.
func pass(d time.Duration) { <-time.After(d) }

func TestTheQuotaMayBeUsedAtOnceAndComesBackEvenly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, pat := limit.New(), limit.Key{Preset: limit.Upload, Org: "titan", Who: "pat"}
		for i := range 20 {
			if a := l.Take(t.Context(), pat); !a.Allowed || a.Remaining != 19-i {
				t.Fatalf("upload %d: %+v", i+1, a)
			}
		}
		for range 3 { // refusals cost nothing
			if a := l.Take(t.Context(), pat); a.Allowed || a.Wait != 3*time.Second || a.Full != time.Minute {
				t.Fatalf("one too many: %+v", a)
			}
		}
		for _, other := range []limit.Key{
			{Preset: limit.Upload, Org: "titan", Who: "sam"},
			{Preset: limit.Upload, Org: "prowest", Who: "pat"},
			{Preset: limit.API, Org: "titan", Who: "pat"},
		} {
			if !l.Take(t.Context(), other).Allowed {
				t.Errorf("%+v waits for somebody else", other)
			}
		}
		pass(3*time.Second - 1)
		if l.Take(t.Context(), pat).Allowed {
			t.Error("allowed too early")
		}
		pass(1)
		if !l.Take(t.Context(), pat).Allowed || l.Take(t.Context(), pat).Allowed {
			t.Error("after three seconds there is one upload more, and only one")
		}
		pass(2 * time.Minute)
		if a := l.Take(t.Context(), pat); a.Remaining != 19 {
			t.Errorf("after a rest: %+v", a)
		}
	})
}

func TestThePresets(t *testing.T) {
	t.Parallel()
	for preset, perHour := range map[limit.Preset]int{
		limit.AI: 600, limit.Upload: 1200, limit.Weather: 1800, limit.API: 6000, limit.Webhook: 3000,
		limit.Public: 300, limit.Auth: 600, limit.Migration: 180, limit.APIKeys: 10,
	} {
		r, ok := preset.Rate()
		if got := int(time.Hour/r.Window) * r.Quota; !ok || got != perHour || preset.What() == "" {
			t.Errorf("%s: %d an hour, want %d", preset, got, perHour)
		}
	}
	if _, ok := limit.Unlimited.Rate(); ok || !limit.New().Take(t.Context(), limit.Key{Preset: limit.Unlimited}).Allowed {
		t.Error("what is unlimited has a limit")
	}
}

// In no window are there more than two quotas: one saved up, one that came back.
func TestNeverMoreThanTheRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		pauses := rapid.SliceOfN(rapid.Int64Range(0, int64(5*time.Second)), 50, 400).Draw(rt, "pauses")
		synctest.Test(t, func(*testing.T) {
			l, k := limit.New(), limit.Key{Preset: limit.Weather, Who: "x"}
			start, allowed := time.Now(), 0
			for _, p := range pauses {
				pass(time.Duration(p))
				if l.Take(t.Context(), k).Allowed {
					allowed++
				}
				if most := 30 + int(time.Since(start)/(2*time.Second)); allowed > most {
					rt.Fatalf("%d allowed within %v, at most %d", allowed, time.Since(start), most)
				}
			}
		})
	})
}

func TestManyAtOnceGetNoMore(t *testing.T) {
	t.Parallel()
	l := limit.New()
	var allowed atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if l.Take(t.Context(), limit.Key{Preset: limit.APIKeys, Org: "titan", Who: "pat"}).Allowed {
				allowed.Add(1)
			}
		})
	}
	all.Wait()
	if allowed.Load() != 10 {
		t.Errorf("%d allowed, want 10", allowed.Load())
	}
}

// Whoever makes up a sender for each request must not fill the memory.
func TestSendersAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limit.New()
		for i := range 100_000 {
			l.Take(t.Context(), limit.Key{Preset: limit.Auth, Who: strconv.Itoa(i)})
			if i%1000 == 0 {
				pass(7 * time.Second) // each sender's quota is whole again after six
			}
		}
		if n := l.Size(); n > 3000 {
			t.Errorf("%d senders are kept", n)
		}
	})
}

func BenchmarkTake(b *testing.B) {
	l, n := limit.New(), 0
	for b.Loop() {
		n++
		l.Take(b.Context(), limit.Key{Preset: limit.API, Org: "titan", Who: strconv.Itoa(n % 500)})
	}
}
