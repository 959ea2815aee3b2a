package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// listener reads a stream of live figures.
type listener struct {
	lines *bufio.Scanner
	body  io.Closer
}

func listen(t *testing.T, server string, g guest) listener {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/settings/ops/events?span=hour", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = g.header.Clone()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream" || res.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %s", res.StatusCode, kind)
	}
	l := listener{bufio.NewScanner(res.Body), res.Body}
	l.lines.Buffer(nil, 1<<20)
	return l
}

// event gives the next event of a name; ok is false where the stream ends before.
func (l listener) event(name string) (data string, ok bool) {
	found := false
	for l.lines.Scan() {
		line := l.lines.Text()
		switch text, isData := strings.CutPrefix(line, "data: "); {
		case line == "event: "+name:
			found = true
		case found && isData:
			data += text + "\n"
		case found && line == "":
			return data, true
		}
	}
	return "", false
}

// TestLiveFigures listens as two organisations, and takes the right to away from some.
func TestLiveFigures(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	rec := measure.New(db, uuid.New())
	for route, org := range map[string]uuid.UUID{"GET /titans": titan.ID, "GET /prowests": prowest.ID} {
		rec.Observe(measure.Seen{Org: org, Route: route, Status: 200, Took: 20 * time.Millisecond})
	}
	if err := rec.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := build(t, db)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	owner, admin, other := comeIn(t, a, titan, tenant.Owner), comeIn(t, a, titan, tenant.Admin), comeIn(t, a, prowest, tenant.Owner)
	streams := map[string]listener{"signs out": listen(t, server.URL, owner), "loses the role": listen(t, server.URL, admin)}
	others := listen(t, server.URL, other)
	for name, l := range streams {
		page, ok := l.event("level")
		if !ok || !strings.Contains(page, "GET /titans") || strings.Contains(page, "prowests") || strings.Count(page, `id="level"`) != 1 {
			t.Errorf("who %s gets %t %s", name, ok, page)
		}
		var series struct {
			Requests []*float64 `json:"requests"`
			Gaps     []any      `json:"gaps"`
		}
		text, _ := l.event("series")
		if err := json.Unmarshal([]byte(text), &series); err != nil || len(series.Requests) != 60 || len(series.Gaps) < 50 || series.Requests[0] != nil {
			t.Errorf("%v %s", err, text)
		}
	}
	if page, ok := others.event("level"); !ok || !strings.Contains(page, "GET /prowests") || strings.Contains(page, "titans") {
		t.Errorf("the other organisation gets %t %s", ok, page)
	}
	owner.send(t, http.MethodPost, "/sign-out", url.Values{})
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE people SET role = 'member' WHERE org_id = $1 AND role = 'admin'`, titan.ID); err != nil {
		t.Fatal(err)
	}
	rec.Observe(measure.Seen{Org: titan.ID, Route: "GET /after", Status: 200, Took: time.Millisecond})
	rec.Observe(measure.Seen{Org: prowest.ID, Route: "GET /later", Status: 200, Took: time.Millisecond})
	if err := rec.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, l := range streams {
		if page, ok := l.event("level"); ok {
			t.Errorf("who %s is told: %s", name, page)
		}
	}
	if page, ok := others.event("level"); !ok || !strings.Contains(page, "GET /later") {
		t.Errorf("who may goes on to be told: %t %s", ok, page)
	}
	// How long somebody looked is no figure of how long an answer took.
	told := httptest.NewRecorder()
	a.Metrics.Handler().ServeHTTP(told, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if strings.Contains(told.Body.String(), "/settings/ops/events") {
		t.Error("a stream is measured as a request")
	}
}

// TestManyListenersCostOne has many open the page at once, and counts what the
// database hears of it.
func TestManyListenersCostOne(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	owner := comeIn(t, a, dbtest.Org(t, db, "titan"), tenant.Owner)
	owner.send(t, http.MethodGet, "/settings/ops/series?span=month", nil) // the connections are there
	transactions := func(do func()) int64 {
		before := db.Stat().AcquireCount()
		do()
		return db.Stat().AcquireCount() - before
	}
	one := transactions(func() { listen(t, server.URL, owner).event("level") })
	const many = 50
	more := transactions(func() {
		var all sync.WaitGroup
		for range many {
			all.Go(func() {
				if _, ok := listen(t, server.URL, owner).event("level"); !ok {
					t.Error("the stream ended")
				}
			})
		}
		all.Wait()
	})
	t.Logf("the first took %d transactions, %d others %d", one, many, more)
	if one < 10 || more > many+one {
		t.Errorf("the first listener took %d transactions, %d others %d: more than who each is, and one look", one, many, more)
	}
}

// TestListenersDoNotHoldUpTheEnd stops a process that somebody listens to.
func TestListenersDoNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	owner := comeIn(t, a, dbtest.Org(t, db, "titan"), tenant.Owner)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	stream := listen(t, "http://"+l.Addr().String(), owner)
	if _, ok := stream.event("level"); !ok {
		t.Error("nothing was told")
	}
	until(t, dbtest.Super(t, db), `SELECT count(*)::int FROM deployments`)
	told := time.Now()
	stop()
	if _, ok := stream.event("level"); ok {
		t.Error("it goes on")
	}
	if err := <-ended; err != nil || time.Since(told) > 8*time.Second {
		t.Errorf("it took %s, %v", time.Since(told), err)
	}
	// The process left what it was like, and that it was there.
	page := comeIn(t, a, dbtest.Org(t, db, "prowest"), tenant.Owner).send(t, http.MethodGet, "/settings/ops?span=hour", nil).Body
	for _, want := range []string{"Deployments", "Programs that run", "of PostgreSQL, at most", "because there was too much to do"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
	}
}

// TestAnyStretchOfTime asks for times of one's own, and for some that can't be.
func TestAnyStretchOfTime(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	titan := dbtest.Org(t, db, "titan")
	owner, member := comeIn(t, a, titan, tenant.Owner), comeIn(t, a, titan, tenant.Member)
	zone, err := time.LoadLocation("America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE orgs SET time_zone = 'America/Denver'`); err != nil {
		t.Fatal(err)
	}
	at := func(back time.Duration) string { return time.Now().In(zone).Add(-back).Format("2006-01-02T15:04") }
	const day = 24 * time.Hour
	for _, c := range []struct {
		from, to string
		status   int
		words    string
		steps    int
	}{
		{at(2 * time.Hour), at(0), 200, "not fetched anew", 60},
		{at(day), at(day - time.Hour), 200, "not fetched anew", 60},
		{at(10 * day), at(3 * day), 200, "not fetched anew", 57},
		{at(399 * day), at(0), 200, "not fetched anew", 57},
		{at(time.Hour), at(2 * time.Hour), 422, "To has to be later than From", 0},
		{at(401 * day), at(0), 422, "kept for 400 days", 0},
		{at(-time.Hour), at(-2 * time.Hour), 422, "lies in the future", 0},
		{"yesterday", at(0), 422, "is no time", 0},
		{at(time.Hour), "", 422, "is no time", 0},
	} {
		query := "?" + url.Values{"from": {c.from}, "to": {c.to}}.Encode()
		got := owner.send(t, http.MethodGet, "/settings/ops"+query, nil)
		if got.Status != c.status || !strings.Contains(got.Body, c.words) {
			t.Errorf("%s: %d %s", query, got.Status, got.Body)
		}
		series := owner.send(t, http.MethodGet, "/settings/ops/series"+query, nil)
		if series.Status != c.status {
			t.Errorf("series%s: %d %s", query, series.Status, series.Body)
		}
		if c.status == http.StatusOK {
			var of struct {
				Zone string  `json:"zone"`
				At   []int64 `json:"at"`
			}
			if err := json.Unmarshal([]byte(series.Body), &of); err != nil || of.Zone != "America/Denver" || len(of.At) < c.steps || len(of.At) > 120 {
				t.Errorf("series%s: %d steps in %s, %v", query, len(of.At), of.Zone, err)
			}
			if !strings.Contains(got.Body, `value="`+c.from+`"`) {
				t.Errorf("%s is not in the field: %s", c.from, got.Body)
			}
		}
	}
	for _, path := range []string{"/settings/ops/series", "/settings/ops/events", "/settings/ops/statements/01a205b5-ae52-713f-92e0-37b7a6333d61"} {
		if got := member.send(t, http.MethodGet, path, nil); got.Status != http.StatusForbidden {
			t.Errorf("%s by a member: %d", path, got.Status)
		}
	}
}

// TestTurnedAwayIsToldOfAll has a process turn requests away, and asks for it as an
// organisation.
func TestTurnedAwayIsToldOfAll(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	owner := comeIn(t, a, dbtest.Org(t, db, "titan"), tenant.Owner)
	if got := owner.send(t, http.MethodGet, "/api/enterprise/metrics", nil); !strings.Contains(got.Body, `"turned_away":null`) {
		t.Errorf("nobody measured: %s", got.Body)
	}
	g := gate.New(1, 1, 8)
	g.Enter(t.Context(), gate.Page) //nolint:errcheck // it is empty
	gone, cancel := context.WithCancel(t.Context())
	for range 8 {
		go g.Enter(gone, gate.Page) //nolint:errcheck // it waits
	}
	dbtest.Until(t, "eight wait", func() bool { return g.Stats().Waiting == 8 })
	for range 5 {
		if _, err := g.Enter(t.Context(), gate.API); err == nil {
			t.Error("it was let in")
		}
	}
	cancel()
	if err := vitals.New(db, uuid.New(), g, nil).Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := owner.send(t, http.MethodGet, "/api/enterprise/metrics", nil); !strings.Contains(got.Body, `"turned_away":5`) || !strings.Contains(got.Body, "of all organisations together") {
		t.Errorf("%s", got.Body)
	}
	if got := owner.send(t, http.MethodGet, "/settings/ops?span=hour", nil); !strings.Contains(got.Body, "Turned away") || !strings.Contains(got.Body, "of all organisations, since nobody knows yet who asks") {
		t.Errorf("%s", got.Body)
	}
}

// TestSlowStatementsHavePlans has requests traced and looks at what their statements'
// plans say, as the organisation and as another.
func TestSlowStatementsHavePlans(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	a := traced(t, db)
	owner, other := comeIn(t, a, titan, tenant.Owner), comeIn(t, a, prowest, tenant.Owner)
	while(t, serving(t, a), func() {
		owner.send(t, http.MethodGet, "/claims?q=Quackenbush", nil)
		owner.send(t, http.MethodGet, "/dashboard", nil) // whose statements travel together
	})
	page := owner.send(t, http.MethodGet, "/settings/ops?span=hour", nil).Body
	links := regexp.MustCompile(`/settings/ops/statements/[0-9a-f-]{36}`).FindAllString(page, -1)
	if len(links) == 0 {
		t.Fatal(page)
	}
	plans, none, together := 0, 0, 0
	for _, link := range links {
		got := owner.send(t, http.MethodGet, link, nil)
		switch {
		case got.Status != http.StatusOK || strings.Contains(got.Body, "uackenbush") || strings.Contains(got.Body, "rows="):
			t.Errorf("%s: %d %s", link, got.Status, got.Body)
		case strings.Contains(got.Body, "Scan") && strings.Contains(got.Body, "It was not run"):
			plans++
			if strings.Contains(got.Body, "LIMIT 30;\n") {
				together++
			}
		case strings.Contains(got.Body, "makes no plan of it here (42501)") || strings.Contains(got.Body, "only read"):
			none++
		}
		if got := other.send(t, http.MethodGet, link, nil); got.Status != http.StatusNotFound {
			t.Errorf("by another organisation: %d", got.Status)
		}
	}
	if plans == 0 || none == 0 || together == 0 { // the list of claims is the organisation's, finding the session is not
		t.Errorf("%d plans, %d of statements that travel together, %d without", plans, together, none)
	}
	// Nothing is left behind on a connection, and a plan can be had twice.
	for range 2 {
		if got := owner.send(t, http.MethodGet, links[0], nil); got.Status != http.StatusOK {
			t.Errorf("again: %d %s", got.Status, got.Body)
		}
	}
	if n, err := postgres.Value[int](t.Context(), db, `SELECT count(*)::int FROM pg_prepared_statements WHERE name = 'skai_plan'`); err != nil || n != 0 {
		t.Errorf("%d statements are left, %v", n, err)
	}
}

// TestTheLevelInABrowser watches the page draw its charts and change by itself, under
// the Content-Security-Policy.
func TestTheLevelInABrowser(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	rec := measure.New(db, uuid.New())
	seen := func(route string) {
		t.Helper()
		rec.Observe(measure.Seen{Org: titan.ID, Route: route, Status: 200, Took: 20 * time.Millisecond})
		if err := rec.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	seen("GET /before")
	server := httptest.NewServer(build(t, db).Handler())
	t.Cleanup(server.Close)
	ctx := tab(t)
	if err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			t.Errorf("the browser says: %s %s", e.Entry.Text, e.Entry.URL)
		case *runtime.EventExceptionThrown:
			t.Errorf("the script fails: %+v", e.ExceptionDetails)
		}
	}); err != nil {
		t.Fatal(err)
	}
	var path, text string
	see := watch(ctx, t, &path, &text)
	see("sign in", chromedp.Navigate(server.URL+"/sign-in"), chromedp.SendKeys("#email", titan.Email(tenant.Owner)), chromedp.SendKeys("#password", dbtest.Password+"\r"), chromedp.WaitVisible(".sk-bar"))
	see("the level", chromedp.Navigate(server.URL+"/settings/ops?span=hour"), chromedp.WaitVisible(".sk-plots canvas"))
	for script, want := range map[string]int{`document.querySelectorAll(".sk-plots canvas").length`: 5, `document.querySelectorAll(".sk-chart").length`: 0} {
		if got, err := chromedp.Run(ctx, chromedp.Evaluate[int](script)); err != nil || got != want {
			t.Errorf("%s is %d, want %d, %v", script, got, want, err)
		}
	}
	if !strings.Contains(text, "GET /before") {
		t.Error(text)
	}
	see("a table that is open", chromedp.Click(".sk-figures summary"), chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	seen("GET /afterwards")
	const told = `document.getElementById("level").textContent.includes("GET /afterwards")`
	dbtest.Until(t, "the page changes by itself", func() bool {
		there, err := chromedp.Run(ctx, chromedp.Evaluate[bool](told))
		return err != nil || there
	})
	if stays, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelectorAll(".sk-plots canvas").length === 5 && document.querySelector(".sk-figures").open`)); err != nil || !stays {
		t.Errorf("the charts or the open table are gone, %v", err)
	}
}
