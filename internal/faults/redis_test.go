package faults_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
)

// Redis, which counts the limits of all processes, dies and comes back empty.
func TestRedisIsKilled(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.redis = dbtest.NewRedis(t)
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	r.redis.Kill()
	c.serves(t, 200)
	late := &person{c, "titan", "prowest", 1, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	signIn := func() int {
		status, _, err := late.send(t.Context(), http.MethodPost, "/sign-in", url.Values{"email": {email("titan", 1)}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	if got := signIn(); got != http.StatusServiceUnavailable {
		t.Errorf("signing in without Redis: %d", got)
	}
	r.redis.Start()
	back := time.Now()
	within(t, 30*time.Second, "nobody can sign in again", func() bool { return signIn() == http.StatusSeeOther })
	t.Logf("Redis was away for %.2f s; people signed in again %.2f s after it was back", back.Sub(start).Seconds(), time.Since(back).Seconds())
	c.serves(t, 50)
	if a := c.end(t, r, start); a.lost > 0 || a.putOff > 0 {
		t.Errorf("people who were at work were not served, like one by %s", a.why)
	}
}
