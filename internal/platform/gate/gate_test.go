package gate_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/skaiscraper/skai/internal/platform/gate"
)

// enter lets work in that has to get in.
func enter(t *testing.T, g *gate.Gate, c gate.Class) func() {
	t.Helper()
	leave, err := g.Enter(t.Context(), c)
	if err != nil {
		t.Fatalf("class %d: %v", c, err)
	}
	return leave
}

// fill takes all places of a gate.
func fill(t *testing.T, g *gate.Gate) (leaves []func()) {
	t.Helper()
	for range g.Stats().Limit {
		leaves = append(leaves, enter(t, g, gate.Page))
	}
	return leaves
}

func TestNoMoreAtOnceThanTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(4, 4, 32)
		var mu sync.Mutex
		now, most := 0, 0
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				leave := enter(t, g, gate.Page)
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				<-time.After(10 * time.Millisecond)
				mu.Lock()
				now--
				mu.Unlock()
				leave()
			})
		}
		all.Wait()
		if s := g.Stats(); most != 4 || s.Entered != 30 || s.Waited != 26 || s.Busy != 0 || s.Refused != 0 {
			t.Errorf("%d at once, %+v; want 4 at once, 30 who entered, 26 of them after waiting", most, s)
		}
	})
}

func TestTheImportantComeFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(4, 4, 32)
		leaves := fill(t, g)
		var order []gate.Class
		for _, c := range []gate.Class{gate.Export, gate.API, gate.Page, gate.API, gate.Page} {
			go func() {
				leave := enter(t, g, c)
				order = append(order, c) // one at a time: the only place that is given back
				leave()
			}()
			synctest.Wait()
		}
		leaves[0]()
		synctest.Wait()
		want := []gate.Class{gate.Page, gate.Page, gate.API, gate.API, gate.Export}
		for i, c := range want {
			if len(order) != len(want) || order[i] != c {
				t.Fatalf("let in %v, want %v", order, want)
			}
		}
	})
}

// Monday morning: 400 people sign in at once, and those at work go on.
func TestSignInsLeaveRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(40, 40, 320)
		var all sync.WaitGroup
		for range 300 { // as many as may wait, and some
			all.Go(func() {
				leave := enter(t, g, gate.SignIn)
				<-time.After(250 * time.Millisecond) // ten of them share the processors
				leave()
			})
		}
		synctest.Wait()
		start := time.Now()
		for range 30 {
			enter(t, g, gate.Page)()
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("people at work waited %s for those who sign in", took)
		}
		all.Wait()
		if s := g.Stats(); s.Refused != 0 || s.Entered != 330 {
			t.Errorf("%+v, want all let in", s)
		}
	})
}

func TestExportsLeaveRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(8, 8, 64)
		enter(t, g, gate.Export)
		enter(t, g, gate.Export)
		start := time.Now()
		if _, err := g.Enter(t.Context(), gate.Export); !errors.Is(err, gate.ErrBusy) || time.Since(start) != 5*time.Second {
			t.Errorf("a third export of 8 places: %v after %s; want busy after five seconds", err, time.Since(start))
		}
		for range 6 {
			enter(t, g, gate.Page)
		}
		if s := g.Stats(); s.Busy != 8 || s.Refused != 1 {
			t.Errorf("%+v, want 8 busy and 1 refused", s)
		}
	})
}

func TestWhoIsBeyondTheQueueHearsItAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(1, 1, 8)
		enter(t, g, gate.Page)
		results := make(chan error, 16)
		for range 8 { // all who may wait, for one place
			go func() { _, err := g.Enter(t.Context(), gate.API); results <- err }()
		}
		synctest.Wait()
		start := time.Now()
		if _, err := g.Enter(t.Context(), gate.API); !errors.Is(err, gate.ErrBusy) || time.Since(start) != 0 {
			t.Errorf("one too many: %v after %s, want busy at once", err, time.Since(start))
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { _, err := g.Enter(ctx, gate.Page); gone <- err }() // takes the place of one of the API's
		synctest.Wait()
		if len(results) != 1 || !errors.Is(<-results, gate.ErrBusy) {
			t.Error("nobody less important gave way")
		}
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who went away got %v", err)
		}
		<-time.After(2 * time.Second) // the API's patience
		synctest.Wait()
		if s := g.Stats(); len(results) != 7 || s.Waiting != 0 || s.Refused != 9 {
			t.Errorf("%d were refused in all, %+v; want nobody waiting and 9 refused", len(results), s)
		}
	})
}

func TestTheLimitFollowsTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(10, 40, 320)
		for range 20 { // nobody waits: there is no reason to let in more
			g.Adjust(0)
		}
		if got := g.Stats().Limit; got != 25 {
			t.Errorf("the limit is %d without anybody waiting, want the 25 it began with", got)
		}
		g.Adjust(gate.Target + time.Millisecond)
		if got := g.Stats().Limit; got != 22 {
			t.Errorf("the limit is %d after work waited too long, want a tenth less than 25", got)
		}
		for range 20 {
			g.Adjust(time.Second)
		}
		if got := g.Stats().Limit; got != 10 {
			t.Errorf("the limit is %d, want the least, 10", got)
		}
		leaves := fill(t, g)
		for range 3 {
			go func() { _, _ = g.Enter(t.Context(), gate.Page) }()
		}
		synctest.Wait()
		g.Adjust(0)
		synctest.Wait()
		if s := g.Stats(); s.Limit != 11 || s.Busy != 11 || s.Waiting != 2 {
			t.Errorf("%+v, want one more let in", s)
		}
		for range 100 {
			g.Adjust(0)
		}
		if s := g.Stats(); s.Limit != 13 || s.Waiting != 0 {
			t.Errorf("%+v, want a limit of 13, which lets in all who waited", s)
		}
		for _, leave := range leaves {
			leave()
		}
	})
}
