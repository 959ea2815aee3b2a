package faults_test

import (
	"syscall"
	"testing"
	"time"
)

// people is how many of each organisation are at work.
const people = 3

// A new version is rolled out: one process after the other is replaced.
func TestARollingRestartLosesNoRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	for i, p := range r.procs {
		p.stop(syscall.SIGTERM)
		r.procs[i] = r.serve(t, p.listen)
		c.serves(t, 50)
	}
	if a := c.end(t, r, start); a.lost > 0 || a.putOff > 0 {
		t.Errorf("requests were not served, like one by %s", a.why)
	}
}

// A process dies without a word. What it was at is cut; the other one goes on.
func TestAProcessIsKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	r.procs[0].stop(syscall.SIGKILL)
	c.serves(t, 200)
	r.procs[0] = r.serve(t, r.procs[0].listen)
	c.serves(t, 50)
	a := c.end(t, r, start)
	if most := 2 * people; a.lost > most {
		t.Errorf("%d requests were lost, and only %d people were at work; one by %s", a.lost, most, a.why)
	}
	if a.until > 5*time.Second {
		t.Errorf("it took %s until everybody was served again", a.until)
	}
}

// The database is started again, as for an update of PostgreSQL.
func TestTheDatabaseIsRestarted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	if err := r.pg.Close(); err != nil {
		t.Fatal(err)
	}
	r.start(t)
	r.recovers(t, c, start)
}

// The database dies without a word, and has to recover.
func TestTheDatabaseIsKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	r.killDatabase(t)
	r.start(t)
	r.recovers(t, c, start)
}

// PgBouncer dies, with every connection through it, and is started again.
func TestThePoolerIsKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	pooler := r.pool(t)
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	pooler.Kill()
	if err := pooler.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.recovers(t, c, start)
}

// The database, or the way to it, takes half a second longer for every answer.
func TestTheDatabaseIsSlow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	way := r.delay(t)
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	way.Store(int64(500 * time.Millisecond))
	c.serves(t, 100)
	way.Store(0)
	end := time.Now()
	c.serves(t, 100)
	if a := c.end(t, r, start); a.lost > 0 {
		t.Errorf("requests were lost, like one by %s", a.why)
	}
	t.Logf("it was slow for %.2f s", end.Sub(start).Seconds())
}

// recovers sees to it that people are served again once what was away is back.
func (r *rig) recovers(t *testing.T, c *crowd, start time.Time) {
	t.Helper()
	back := time.Now()
	c.serves(t, 100)
	a := c.end(t, r, start)
	t.Logf("it was away for %.2f s", back.Sub(start).Seconds())
	if a.until > back.Sub(start)+10*time.Second {
		t.Errorf("it was back after %s, and only after %s everybody was served again", back.Sub(start), a.until)
	}
}
