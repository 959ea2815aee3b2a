package faults_test

import (
	"syscall"
	"testing"
	"time"
)

// people is how many of each organisation are at work.
const people = 4

// A new version is rolled out: one process after the other is replaced.
func TestARollingRestartLosesNoRequest(t *testing.T) {
	t.Parallel()
	r := newRig(t, people)
	r.balance(t)
	c := begin(t, r, people)
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
	r := newRig(t, people)
	r.balance(t)
	c := begin(t, r, people)
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
