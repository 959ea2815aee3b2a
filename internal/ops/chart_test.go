package ops

import (
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/ops/incidents"

	"github.com/skaiscraper/skai/internal/platform/measure"
)

func point(requests int64, p50, p95 float64, measured int64) measure.Point {
	return measure.Point{At: time.Now(), Stats: measure.Stats{Requests: requests, P50: p50, P95: p95, Measured: measured, Minutes: 1}}
}

func TestALineIsBrokenWhereThereWasNothing(t *testing.T) {
	t.Parallel()
	c := chartOf([]measure.Point{point(1, 5, 10, 1), point(1, 10, 20, 1), point(0, 0, 0, 1), point(0, 0, 0, 0), point(1, 1, 2, 1), point(0, 0, 0, 0)})
	if c.top != 20 {
		t.Errorf("the upper edge is %g", c.top)
	}
	if got, want := c.line(p95), "M50.0 80.0L150.0 0.0M450.0 144.0h0.1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := c.gaps(), "M300.0 0h100.0V160h-100.0zM500.0 0h100.0V160h-100.0z"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTheUpperEdgeIsARoundNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]float64{1: 1, 1.1: 2, 3: 5, 7: 10, 10: 10, 11: 20, 450: 500, 999: 1000, 0.3: 0.5} {
		if got := nice(v); got != want {
			t.Errorf("%g: %g, want %g", v, got, want)
		}
	}
}

func TestFiguresAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for ms, want := range map[float64]string{0: "–", 3.21: "3.2 ms", 42.4: "42 ms", 1400: "1.40 s"} {
		if got := millis(ms); got != want {
			t.Errorf("%g: %s", ms, got)
		}
	}
	for part, want := range map[float64]string{0: "0 %", 1: "100 %", 0.0002: "0.02 %", 0.125: "12.5 %"} {
		if got := share(part); got != want {
			t.Errorf("%g: %s", part, got)
		}
	}
}

func TestBudgetLeft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bad, allowed, want float64
		words              string
	}{
		{0, 0.01, 1, "100 % of its error budget is left"},
		{0.0025, 0.01, 0.75, "75 % of its error budget is left"},
		{0.01, 0.01, 0, "0 % of its error budget is left"},
		{0.025, 0.01, -1.5, "its error budget is overdrawn by 150 %"},
		{1 - 0.9975, 1 - 0.995, 0.5, "50 % of its error budget is left"},
	} {
		if got := incidents.BudgetLeft(c.bad, c.allowed); got != c.want || budgetWords(got) != c.words {
			t.Errorf("%g of %g: %g, %q", c.bad, c.allowed, got, budgetWords(got))
		}
	}
}

func TestTimeAsPeopleSayIt(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{0: "0 seconds", 41.4: "41 seconds", 89: "89 seconds", 90: "2 minutes", 5400: "2 hours", 5399: "90 minutes", 86400: "24 hours", 172800: "2 days"} {
		if got := lasting(seconds); got != want {
			t.Errorf("%g: %s, want %s", seconds, got, want)
		}
	}
}
