package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// counted is a program, as one of several, that counts in a Redis.
func counted(t *testing.T, db *postgres.DB, r *dbtest.Redis) *httptest.Server {
	t.Helper()
	limits, err := limit.Open(r.URL(), []byte("a secret of all machines"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "1", Token: opsToken, Files: testFiles(t, db), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := limits.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// caller is somebody at a server, told apart by cookie and bearer.
type caller struct {
	at             *httptest.Server
	cookie, bearer string
}

// came is what an answer says beside its body.
type came struct {
	StatusCode int
	Header     http.Header
	cookies    []*http.Cookie
}

func (c caller) send(t *testing.T, method, path string, form url.Values) (came, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.at.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.cookie != "" {
		r.Header.Set("Cookie", c.cookie)
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil {
		t.Fatal(err)
	}
	return came{res.StatusCode, res.Header, res.Cookies()}, string(body)
}

func (c caller) signIn(t *testing.T, email string) (caller, came, string) {
	t.Helper()
	res, body := c.send(t, "POST", "/sign-in", url.Values{"email": {email}, "password": {dbtest.Password}})
	for _, cookie := range res.cookies {
		if strings.Contains(cookie.Name, "session") {
			c.cookie = cookie.Name + "=" + cookie.Value
		}
	}
	return c, res, body
}

// Two programs with one Redis: a sender's quota is one, and when Redis is killed in
// the middle, signing in and forms are closed until it is back, and all else goes on.
func TestRedisIsKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	db, r := dbtest.New(t), dbtest.NewRedis(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Member)
	_, key := newKey(t, db, titan, 100)
	one, two := caller{at: counted(t, db, r)}, caller{at: counted(t, db, r)}
	pat, res, body := one.signIn(t, titan.Email(tenant.Member))
	if res.StatusCode != http.StatusSeeOther || pat.cookie == "" {
		t.Fatalf("signing in: %d %s", res.StatusCode, body)
	}
	elsewhere := caller{at: two.at, cookie: pat.cookie}
	for i, c := range []caller{pat, elsewhere, pat} {
		if res, _ := c.send(t, "GET", "/api/claims", nil); res.StatusCode != 200 || !strings.Contains(res.Header.Get("RateLimit"), fmt.Sprintf(`"api";r=%d;`, 99-i)) {
			t.Errorf("request %d: %d %s", i+1, res.StatusCode, res.Header.Get("RateLimit"))
		}
	}
	program := caller{at: one.at, bearer: key}
	for _, c := range []caller{program, {at: two.at, bearer: key}} {
		if res, body := c.send(t, "GET", "/api/claims", nil); res.StatusCode != 200 {
			t.Errorf("a key: %d %s", res.StatusCode, body)
		}
	}
	r.Kill()
	closed(t, one, titan.Email(tenant.Member))
	for name, ask := range map[string]struct {
		who  caller
		path string
	}{
		"a page": {pat, "/claims"}, "the sign-in page": {one, "/sign-in"}, "the API": {pat, "/api/claims"}, "a key": {program, "/api/claims"},
		"is it ready": {one, "/api/health/ready"},
	} {
		res, body := ask.who.send(t, "GET", ask.path, nil)
		if res.StatusCode != 200 || ask.path == "/api/claims" && res.Header.Get("RateLimit") == "" {
			t.Errorf("%s without Redis: %d %v %.300s", name, res.StatusCode, res.Header, body)
		}
	}
	for i, want := range []int{401, 503, 503} {
		id, revoked := newKey(t, db, titan, 100)
		if _, err := keys.New(db, nil).Revoke(titan.As(t, tenant.Owner), id); err != nil {
			t.Fatal(err)
		}
		res, body := (caller{at: one.at, bearer: revoked}).send(t, "GET", "/api/claims", nil)
		if res.StatusCode != want || (res.Header.Get("Retry-After") != "") != (want == 503) {
			t.Errorf("wrong key %d: %d %s", i+1, res.StatusCode, body)
		}
	}
	if res, body := program.send(t, "GET", "/api/claims", nil); res.StatusCode != 200 {
		t.Errorf("the key that works, from there: %d %s", res.StatusCode, body)
	}
	if res, body := pat.send(t, "POST", "/sign-out", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("signing out without Redis: %d %s", res.StatusCode, body)
	}
	r.Start()
	dbtest.Until(t, "people sign in again", func() bool {
		_, res, _ := one.signIn(t, titan.Email(tenant.Member))
		return res.StatusCode == http.StatusSeeOther
	})
}

func newKey(t *testing.T, db *postgres.DB, of dbtest.Contractor, rate int) (id uuid.UUID, secret string) {
	t.Helper()
	k, token, err := keys.New(db, nil).CreateFor(of.As(t, tenant.Owner), keys.Details{Name: uuid.NewString(), Scopes: []string{"records.view"}, Days: 1, Rate: rate})
	if err != nil {
		t.Fatal(err)
	}
	return k.ID, token.Secret()
}

// closed checks what is closed without Redis, and that the operator hears of it.
func closed(t *testing.T, at caller, email string) {
	t.Helper()
	_, res, body := at.signIn(t, email)
	if res.StatusCode != 503 || res.Header.Get("Retry-After") != "5" || res.Header.Get("RateLimit-Policy") == "" || !strings.Contains(body, "Try again in 5 seconds") {
		t.Errorf("signing in without Redis: %d %v %s", res.StatusCode, res.Header, body)
	}
	res, body = at.send(t, "GET", "/api/health/deep", nil)
	var deep struct {
		Status string
		Cache  struct {
			Status, Words string
			LatencyMS     float64
		}
	}
	if err := json.Unmarshal([]byte(body), &deep); err != nil || res.StatusCode != 200 || deep.Status != "degraded" || deep.Cache.Status != "degraded" || !strings.Contains(deep.Cache.Words, "signing in and public forms are closed") {
		t.Errorf("health: %d %s", res.StatusCode, body)
	}
	at.bearer = opsToken
	if _, body := at.send(t, "GET", "/api/health/truth", nil); !strings.Contains(body, `{"name":"limits.shared","value":true`) || !strings.Contains(body, `"cache.state","value":"degraded"`) || strings.Contains(body, dbtest.RedisPassword) {
		t.Errorf("truth: %s", body)
	}
}

// A Redis that hangs holds no page up, and no request for long.
func TestRedisHangs(t *testing.T) {
	t.Parallel()
	db, r := dbtest.New(t), dbtest.NewRedis(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Member)
	pat, _, _ := caller{at: counted(t, db, r)}.signIn(t, titan.Email(tenant.Member))
	r.Hold()
	took := func(path string) time.Duration {
		start := time.Now()
		if res, body := pat.send(t, "GET", path, nil); res.StatusCode != 200 {
			t.Errorf("%s: %d %.300s", path, res.StatusCode, body)
		}
		return time.Since(start)
	}
	took("/claims")
	if d := took("/claims"); d > 2*time.Second {
		t.Errorf("a page took %v", d)
	}
	if d := took("/api/claims"); d > 3*time.Second {
		t.Errorf("the first request took %v", d)
	}
	if _, res, _ := (caller{at: pat.at}).signIn(t, titan.Email(tenant.Member)); res.StatusCode != 503 {
		t.Errorf("signing in: %d", res.StatusCode)
	}
	r.Resume()
	dbtest.Until(t, "people sign in again", func() bool {
		_, res, _ := (caller{at: pat.at}).signIn(t, titan.Email(tenant.Member))
		return res.StatusCode == http.StatusSeeOther
	})
}

// An office of 120 behind one address, at two programs with one Redis: each of them
// has what one person has.
func TestAnOfficeWithRedis(t *testing.T) {
	t.Parallel()
	db, r := dbtest.New(t), dbtest.NewRedis(t)
	limits := []*limit.Limiter{}
	for range 2 {
		l, err := limit.Open(r.URL(), nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() }) // the test is over
		limits = append(limits, l)
	}
	doors := []http.Handler{}
	for _, l := range limits {
		a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "1", Limits: l})
		if err != nil {
			t.Fatal(err)
		}
		doors = append(doors, a.Handler())
	}
	try := func(n, door int) *httptest.ResponseRecorder {
		form := url.Values{"email": {fmt.Sprintf("crew%d@titan.example", n)}} // without a password: refused after it was counted
		req := httptest.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPost, "/sign-in", bytes.NewBufferString(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		doors[door].ServeHTTP(w, req)
		return w
	}
	var all sync.WaitGroup
	for worker := range 4 { // few at a time: this is about who they are, not about how much gets done
		all.Go(func() {
			for n := worker; n < 120; n += 4 {
				for i := range 8 {
					if w := try(n, (n+i)%2); w.Code == http.StatusTooManyRequests || w.Code == http.StatusServiceUnavailable {
						t.Errorf("person %d, try %d: %d %v", n, i+1, w.Code, w.Header())
					}
				}
			}
		})
	}
	all.Wait()
	last := 0
	for i := range 14 {
		last = try(1000, i%2).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("one account, tried over and over at both: %d", last)
	}
}

// What the operator says of a plan holds from the next request on, for its
// organisations and no others.
func TestAPlanHasRatesOfItsOwn(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	operator := orgs.New(db)
	if _, err := operator.SetPlan(t.Context(), titan.Slug, orgs.Enterprise); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(db, app.Config{Log: slog.New(slog.DiscardHandler), Version: "1", Files: testFiles(t, db)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	in := func(o dbtest.Contractor) caller {
		o.As(t, tenant.Member)
		c, res, body := caller{at: server}.signIn(t, o.Email(tenant.Member))
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("signing in: %d %s", res.StatusCode, body)
		}
		return c
	}
	program := func(o dbtest.Contractor, rate int) caller {
		_, secret := newKey(t, db, o, rate)
		return caller{at: server, bearer: secret}
	}
	pat, sam, zapier, other := in(titan), in(prowest), program(titan, 300), program(prowest, 300)
	policy := func(c caller) string {
		res, _ := c.send(t, "GET", "/api/claims", nil)
		return res.Header.Get("RateLimit-Policy")
	}
	want := func(when, of, sams, key string) {
		t.Helper()
		if got := []string{policy(pat), policy(sam), policy(zapier), policy(other)}; got[0] != of || got[1] != sams || got[2] != key || got[3] != `"api";q=300;w=60` {
			t.Errorf("%s: %v", when, got)
		}
	}
	set := func(quota int) {
		t.Helper()
		if err := operator.SetRate(t.Context(), orgs.Enterprise, limit.API, limit.Rate{Quota: quota, Window: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	const asEver = `"api";q=100;w=60`
	want("before", asEver, asEver, `"api";q=300;w=60`)
	set(600)
	want("more", `"api";q=600;w=60`, asEver, `"api";q=300;w=60`)
	set(2)
	want("less, for keys too", `"api";q=2;w=60`, asEver, `"api";q=2;w=60`)
	pat.send(t, "GET", "/api/claims", nil)
	if res, body := pat.send(t, "GET", "/api/claims", nil); res.StatusCode != 429 || res.Header.Get("Retry-After") != "30" || !strings.Contains(body, "more than 2 API requests a minute") {
		t.Errorf("one too many: %d %v %s", res.StatusCode, res.Header, body)
	}
	if err := operator.ResetRate(t.Context(), orgs.Enterprise, limit.API); err != nil {
		t.Fatal(err)
	}
	want("taken back", asEver, asEver, `"api";q=300;w=60`)
}
