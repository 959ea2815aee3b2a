package faults_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// crowd is people of both organisations at work.
type crowd struct {
	base string
	stop context.CancelFunc
	all  sync.WaitGroup

	mu    sync.Mutex
	acts  []act
	saved map[string][]string // by organisation: contacts that were acknowledged
	wrong []string            // answers that should never have been given
}

// act is a request that somebody made.
type act struct {
	at   time.Time // when the answer was there
	took time.Duration
	what outcome
	why  string // of a failure
}

type outcome int

const (
	served outcome = iota
	putOff         // 503 with Retry-After: it said so, and when to come back
	lost           // anything else: the connection was cut, 502, no answer
)

// begin signs some people of each organisation in and lets them work.
func begin(t *testing.T, r *rig) *crowd {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	c := &crowd{base: "http://" + r.front, stop: stop, saved: map[string][]string{}}
	for n := 1; n <= people; n++ {
		for slug, other := range map[string]string{"titan": "prowest", "prowest": "titan"} {
			p := c.signIn(t, slug, other, n)
			c.all.Go(func() { p.work(ctx) })
		}
	}
	return c
}

// person is one of the crowd.
type person struct {
	crowd       *crowd
	slug, other string
	n           int
	client      *http.Client
}

func (c *crowd) signIn(t *testing.T, slug, other string, n int) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{c, slug, other, n, &http.Client{
		Jar: jar, Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(p.client.CloseIdleConnections)
	status, _, err := p.send(t.Context(), http.MethodPost, "/sign-in", url.Values{"email": {email(slug, n)}, "password": {password}})
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("%s could not sign in: %d, %v", email(slug, n), status, err)
	}
	return p
}

// work reads and writes in turn, as fast as a busy person, until ctx ends.
func (p *person) work(ctx context.Context) {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		switch i % 3 {
		case 0:
			p.save(fmt.Sprintf("%s%dx%d", p.slug, p.n, i))
		case 1:
			p.read("/contacts")
		case 2:
			p.read("/contacts?q=" + p.slug)
		}
	}
}

// read asks for a page, whoever the crowd is told to stop: a request under way is
// waited for.
func (p *person) read(path string) {
	start := time.Now()
	status, body, err := p.send(context.Background(), http.MethodGet, path, nil)
	p.crowd.note(start, status, err)
	if status == http.StatusOK && (strings.Contains(body, p.other) || !strings.Contains(body, p.slug)) {
		p.crowd.never("%s of %s shows another organisation's, or nothing: %.300s", path, p.slug, body)
	}
}

// save makes a contact whose name tells whose it is.
func (p *person) save(name string) {
	start := time.Now()
	status, body, err := p.send(context.Background(), http.MethodPost, "/contacts", url.Values{"first_name": {name}, "last_name": {"Hail"}, "role": {"homeowner"}})
	p.crowd.note(start, status, err)
	switch status {
	case http.StatusSeeOther:
		p.crowd.mu.Lock()
		p.crowd.saved[p.slug] = append(p.crowd.saved[p.slug], name)
		p.crowd.mu.Unlock()
	case 0, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout:
	default:
		p.crowd.never("saving a contact of %s was answered with %d: %.500s", p.slug, status, body)
	}
}

func (p *person) send(ctx context.Context, method, path string, form url.Values) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, p.crowd.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := p.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }() // what was read is whole, or it failed already
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, "", err
	}
	if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "" {
		return res.StatusCode, string(b), fmt.Errorf("503 without Retry-After: %.200s", b)
	}
	return res.StatusCode, string(b), nil
}

// note keeps what became of a request.
func (c *crowd) note(start time.Time, status int, err error) {
	a := act{at: time.Now(), took: time.Since(start), what: served}
	switch {
	case err != nil:
		a.what, a.why = lost, err.Error()
	case status == http.StatusServiceUnavailable:
		a.what = putOff
	case status != http.StatusOK && status != http.StatusSeeOther:
		a.what, a.why = lost, http.StatusText(status)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acts = append(c.acts, a)
}

func (c *crowd) never(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// served waits until so many more requests were served.
func (c *crowd) serves(t *testing.T, more int) {
	t.Helper()
	c.sees(t, served, more, "people are not served any more")
}

// sees waits until so many more requests came to an outcome.
func (c *crowd) sees(t *testing.T, what outcome, more int, otherwise string) {
	t.Helper()
	count := func() (n int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, a := range c.acts {
			if a.what == what {
				n++
			}
		}
		return n
	}
	goal := count() + more
	within(t, 2*time.Minute, otherwise, func() bool { return count() >= goal })
}

// account is what became of all requests.
type account struct {
	served, putOff, lost int
	why                  string        // of one that was lost
	slowest              time.Duration // of those that were served
	until                time.Duration // from a moment until the last that was not served
}

func (a account) String() string {
	return fmt.Sprintf("%d requests served, %d put off, %d lost; the slowest took %.2f s, and %.2f s after the fault the last one was not served",
		a.served, a.putOff, a.lost, a.slowest.Seconds(), a.until.Seconds())
}

// end lets people finish what they are at, and sees to it that nobody got a wrong
// answer and that all that was acknowledged is there.
func (c *crowd) end(t *testing.T, r *rig, fault time.Time) (a account) {
	t.Helper()
	c.stop()
	c.all.Wait()
	for _, act := range c.acts {
		switch act.what {
		case served:
			a.served++
			a.slowest = max(a.slowest, act.took)
		case putOff:
			a.putOff++
		case lost:
			a.lost++
			a.why = act.why
		}
		if act.what != served && act.at.After(fault) {
			a.until = max(a.until, act.at.Sub(fault))
		}
	}
	t.Logf("%s: %s", t.Name(), a)
	for _, w := range c.wrong {
		t.Error(w)
	}
	for slug, names := range c.saved {
		r.holds(t, slug, names)
	}
	return a
}

// holds sees to it that contacts are there, once, in their organisation alone.
func (r *rig) holds(t *testing.T, slug string, names []string) {
	t.Helper()
	type contact struct{ Name, Org string }
	rows, err := postgres.Many[contact](t.Context(), r.super(t), `SELECT c.first_name AS name, o.slug AS org FROM contacts c JOIN orgs o ON o.id = c.org_id WHERE c.last_name = 'Hail'`)
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, c := range rows {
		if c.Org == slug {
			there = append(there, c.Name)
		} else if strings.HasPrefix(c.Name, slug) {
			t.Errorf("%s is in the book of %s", c.Name, c.Org)
		}
	}
	slices.Sort(there)
	for i := 1; i < len(there); i++ {
		if there[i] == there[i-1] {
			t.Errorf("%s is there twice", there[i])
		}
	}
	if len(names) == 0 {
		t.Errorf("nobody of %s saved anything", slug)
	}
	for _, n := range names {
		if _, ok := slices.BinarySearch(there, n); !ok {
			t.Errorf("%s was acknowledged and is not there", n)
		}
	}
}

// super connects to the database past everything.
func (r *rig) super(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), r.pg.URL(localpg.Superuser, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) }) // it may be gone by a fault
	return conn
}
