package faults_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clock is that of a database which can be put forward and back while it runs, by
// libfaketime: a file says by how much.
type clock struct{ file string }

// newClock has every database that this test starts run by such a clock.
func newClock(t *testing.T) clock {
	t.Helper()
	libs, err := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if err != nil || len(libs) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("libfaketime is missing; scripts/setup installs it")
		}
		t.Skip("libfaketime is missing; scripts/setup installs it")
	}
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(all) == 0 {
		t.Skip("the database's clock can be moved where PostgreSQL is Debian's")
	}
	dir := folder(t)
	c := clock{filepath.Join(dir, "clock")}
	c.set(t, 0)
	real := filepath.Dir(all[len(all)-1])
	script := func(name, before string) {
		words := fmt.Sprintf("#!/bin/sh\n%s\nexec %s \"$@\"\n", before, filepath.Join(real, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(words), 0o755); err != nil { //nolint:gosec // the database's user runs it
			t.Fatal(err)
		}
	}
	script("initdb", "")
	script("postgres", "export LD_PRELOAD="+libs[0]+" FAKETIME_TIMESTAMP_FILE="+c.file+" FAKETIME_CACHE_DURATION=1 FAKETIME_DONT_FAKE_MONOTONIC=1")
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return c
}

// set puts the clock so far from the machine's.
func (c clock) set(t *testing.T, by time.Duration) {
	t.Helper()
	next := c.file + ".next"
	if err := os.WriteFile(next, fmt.Appendf(nil, "%+d", int(by.Seconds())), 0o644); err != nil { //nolint:gosec // the database's user reads it
		t.Fatal(err)
	}
	if err := os.Rename(next, c.file); err != nil {
		t.Fatal(err)
	}
}

// The database's clock jumps an hour ahead of the program's, then an hour behind it.
func TestTheClockJumps(t *testing.T) { //nolint:paralleltest // it sets PATH
	c := newClock(t)
	r := newRig(t)
	r.balance(t)
	crowd := begin(t, r)
	crowd.serves(t, 50)
	start := time.Now()
	jumps := []time.Duration{time.Hour, -time.Hour, 0}
	for _, by := range jumps {
		c.set(t, by)
		crowd.serves(t, 200)
		r.drifts(t, by)
	}
	// PostgreSQL tells by the clock that a statement has run too long, so a jump may end
	// those that are under way: people are told to try again.
	if a, most := crowd.end(t, r, start), len(jumps)*2*people; a.lost > 0 || a.putOff > most {
		t.Errorf("%d requests were lost, like one by %s, and %d put off, where %d can have been under way", a.lost, a.why, a.putOff, most)
	}
	r.run(t, "", "audit", "verify", "--org", "titan")
}

// drifts waits until the program tells that its clock is so far from the database's.
func (r *rig) drifts(t *testing.T, by time.Duration) {
	t.Helper()
	start, said := time.Now(), ""
	within(t, time.Minute, "nothing tells of the clock", func() bool {
		said = drift(t.Context(), r.front)
		return strings.Contains(said, "ms from the database's") == (by != 0) && said != ""
	})
	t.Logf("the clock is %s off: told after %.1f s", by, time.Since(start).Seconds())
}

// drift is what differs, as /api/health/drift tells.
func drift(ctx context.Context, address string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/health/drift", nil)
	if err != nil {
		return ""
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer func() { _ = res.Body.Close() }() // it was read
	var body struct {
		Differ []string `json:"differ"`
	}
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		return ""
	}
	return fmt.Sprint(body.Differ)
}
