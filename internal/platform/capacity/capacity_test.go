package capacity

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/platform/measure"
)

// known is a run whose costs are known: 10 ms of processor time for a request, 60 %
// of it skai's, 50 ms for a sign-in; 4 ms on a connection; a request every 10 s of
// each of 200 people; 1 MB for each of them above 100 MB.
func known(signIns bool) Run {
	r := Run{Name: "soak", When: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), Commit: "0123456789abcdef", Machine: Machine{CPU: "one", Cores: 2, MemoryMB: 8192}, Pool: 20}
	for i := range 30 {
		people := float64(min(200, 20*(i+1)))
		w := Window{Second: 10 * i, People: people, Times: Times{Requests: int64(people)}, Sampled: 10}
		if signIns && i < 10 {
			w.SignIns = int64(20 - i)
		}
		cpu := 0.010*float64(w.Requests) + 0.050*float64(w.SignIns)
		w.SkaiCPU, w.PostgresCPU, w.SkaiMB, w.PostgresMB = 0.6*cpu, 0.4*cpu, 50+people, 50
		w.Busy = 0.004 * float64(w.Requests) / WindowSeconds
		r.Windows = append(r.Windows, w)
	}
	return r
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.01*math.Abs(want) {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

func TestKnownCostsAreFound(t *testing.T) {
	t.Parallel()
	for _, signIns := range []bool{false, true} {
		r := known(signIns)
		e, err := Of(&r, Ask{Busy: 0.7, People: 1000})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "ms of a request", e.PerRequest.Mid, 10)
		near(t, "lowest", e.PerRequest.Low, 10)
		near(t, "highest", e.PerRequest.High, 10)
		near(t, "skai's part", e.SkaiPart, 0.6)
		near(t, "a request every", e.Every.Mid, 10)
		near(t, "on a connection", e.InTransaction.Mid, 4)
		near(t, "people a core", e.PeopleACore.Mid, 700) // 0.7 × 10 s / 10 ms
		near(t, "requests a second", e.For.ASecond.Mid, 100)
		near(t, "cores", e.For.Cores.Mid, 100*0.010/0.7)
		if got := e.For.Connections.Mid; got != 3 { // Poisson of 0.4: P(<=2) = 0.9921, P(<=3) = 0.9992
			t.Errorf("connections: %g", got)
		}
		if (e.PerSignIn != nil) != signIns {
			t.Fatalf("signing in: %v", e.PerSignIn)
		}
		if signIns {
			near(t, "ms of a sign-in", e.PerSignIn.Mid, 50)
		}
		if len(e.Limits) != 3 || !strings.HasPrefix(e.Limits[0].What, "processors") {
			t.Fatalf("limits %+v", e.Limits)
		}
		near(t, "people of two cores", e.Limits[0].People.Mid, 1400)
		near(t, "people of the memory", e.Limits[1].People.Mid, 8192-100)
	}
}

// TestSignInsThatCannotBeToldApart: as many in each window as requests, whose cost
// then holds theirs.
func TestSignInsThatCannotBeToldApart(t *testing.T) {
	t.Parallel()
	r := known(false)
	for i := range r.Windows {
		w := &r.Windows[i]
		w.SignIns, w.SkaiCPU = w.Requests, w.SkaiCPU+0.050*float64(w.Requests)
	}
	e, err := Of(&r, Ask{Busy: 0.7})
	if err != nil || e.PerSignIn != nil {
		t.Fatalf("%v, signing in takes %v", err, e.PerSignIn)
	}
	near(t, "ms of a request with its sign-in", e.PerRequest.Mid, 60)
}

// TestWhatWasAskedForCounts: the planned machine and another pace.
func TestWhatWasAskedForCounts(t *testing.T) {
	t.Parallel()
	r := known(false)
	e, err := Of(&r, Ask{Busy: 0.5, Every: 20, Cores: 64, MemoryMB: 1 << 30, Pool: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "people a core", e.PeopleACore.Mid, 1000)
	if !strings.HasPrefix(e.Limits[0].What, "connections: a pool of 1") {
		t.Errorf("the pool of one is not reached first: %+v", e.Limits)
	}
	// One connection is enough 999 of 1,000 times for a mean of 0.0454; each person keeps 0.0002 busy.
	near(t, "people of the pool", e.Limits[0].People.Mid, 0.0454/0.0002)
}

// TestSpreadIsTold: what differs between windows makes the interval wide.
func TestSpreadIsTold(t *testing.T) {
	t.Parallel()
	r := known(false)
	for i := range r.Windows {
		r.Windows[i].SkaiCPU *= 1 + 0.5*math.Sin(float64(i))
	}
	e, err := Of(&r, Ask{Busy: 0.7})
	if err != nil {
		t.Fatal(err)
	}
	if e.PerRequest.High-e.PerRequest.Low < 0.5 || e.PerRequest.Low > 10 || e.PerRequest.High < 10 {
		t.Errorf("a request takes %+v ms", e.PerRequest)
	}
}

func TestTheFirstWindowBeyondALimitIsFound(t *testing.T) {
	t.Parallel()
	r := known(false)
	if w, broke := r.Broke(); broke {
		t.Errorf("it broke at %+v", w)
	}
	r.Windows[7].P99, r.Windows[9].Failed = LimitP99, 1
	if w, broke := r.Broke(); !broke || w.Second != 70 {
		t.Errorf("%v, %+v", broke, w)
	}
	r.Windows[7].P99 = LimitP99 - 1
	if w, broke := r.Broke(); !broke || w.Second != 90 {
		t.Errorf("%v, %+v", broke, w)
	}
}

func TestNothingIsToldOfTooLittle(t *testing.T) {
	t.Parallel()
	short, blind, hurried := known(false), known(false), known(false)
	short.Windows = short.Windows[:5]
	for i := range blind.Windows {
		blind.Windows[i].SkaiCPU, blind.Windows[i].PostgresCPU = 0, 0
	}
	hurried.Unhurried = 40
	for name, r := range map[string]*Run{"short": &short, "blind": &blind, "hurried": &hurried} {
		if _, err := Of(r, Ask{Busy: 0.7}); err == nil {
			t.Errorf("%s: something is told of it", name)
		}
	}
	if _, err := OfMinutes(make([]measure.Spent, 5), nil, Ask{Busy: 0.7}); err == nil {
		t.Error("something is told of five minutes")
	}
}

func TestOwnFigures(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	var minutes []measure.Spent
	for i := range 20 {
		n := int64(600)
		if i == 7 {
			n = 6000
		}
		minutes = append(minutes, measure.Spent{At: start.Add(time.Duration(i) * time.Minute), Requests: n, Queries: 3 * n, Seconds: 0.005 * float64(n)})
	}
	o, err := OfMinutes(minutes, []measure.Cost{{Route: "GET /claims", Requests: 10, Queries: 30, Seconds: 0.05}}, Ask{Busy: 0.5, Every: 10, People: 100})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ms of a request", o.PerRequest.Mid, 5)
	near(t, "statements", o.Queries, 3)
	near(t, "under way", o.UnderWay, 0.5)
	near(t, "people a core", o.PeopleACore.Mid, 1000)
	near(t, "cores", o.Cores.Mid, 0.1)
	if o.Busiest.At != minutes[7].At || o.Connections != 4 { // Poisson of 0.5: P(<=3) = 0.9982, P(<=4) = 0.9998
		t.Errorf("busiest %v, %d connections", o.Busiest.At, o.Connections)
	}
	var b bytes.Buffer
	if err := o.Write(&b, Ask{Busy: 0.5, Every: 10, People: 100}); err != nil || !strings.Contains(b.String(), "GET /claims") || !strings.Contains(b.String(), "at least 1000") {
		t.Errorf("%v: %s", err, b.String())
	}
}

func TestAReportComesBackAsItWas(t *testing.T) {
	t.Parallel()
	r := known(true)
	r.Import = &Import{Organisation: "titan", Rows: 5, Seconds: 1.5}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "run.json")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := ReadRun(path)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(r) //nolint:errchkjson // it was written a moment ago
	got, _ := json.Marshal(again)
	if !bytes.Equal(got, want) {
		t.Errorf("%s\nwant %s", got, want)
	}
	for name, text := range map[string]string{"none": "{}", "broken": "{"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRun(path); err == nil || !strings.Contains(err.Error(), "make load-soak") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTwoDigitsAreShown(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", 1234: "1200", 0.01234: "0.012", 9.96: "10", 12.3: "12", 3.14: "3.1", 99.9: "100"} {
		if got := significant(v); got != want {
			t.Errorf("%g: %s, want %s", v, got, want)
		}
	}
}
