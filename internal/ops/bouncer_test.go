package ops

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// pooledView has a step for each letter: k knows of PgBouncer, m was measured and does
// not, and in - nobody measured.
func pooledView(steps string) view {
	v := view{pooled: true}
	for i, s := range steps {
		at := time.Date(2026, 5, 4, 12, i, 0, 0, time.UTC)
		p := vitals.Point{At: at}
		if s != '-' {
			p.Measured = 1
		}
		if s == 'k' {
			p.BouncerActive, p.BouncerWaiting, p.BouncerServers, p.BouncerIdle, p.BouncerWait = new(12), new(3), new(5), new(2), new(0.44)
		}
		v.platform, v.points = append(v.platform, p), append(v.points, measure.Point{At: at})
	}
	return v
}

// TestPoolsThatNobodySawAreUnknown and never 0.
func TestPoolsThatNobodySawAreUnknown(t *testing.T) {
	t.Parallel()
	for steps, want := range map[string]string{"": "unknown", "mmm": "unknown", "kkk": "5", "kkm": "5", "kmm": "unknown", "kmmk": "5", "k--": "5", "---": "unknown"} {
		got := pooledView(steps).bouncerStats()
		if len(got) != 2 || got[0].Value != want || (got[1].Value == "3") != (want == "5") {
			t.Errorf("%q: %+v", steps, got)
		}
	}
	if got := (view{}).bouncerStats(); got != nil {
		t.Errorf("without one: %+v", got)
	}
	text, err := json.Marshal(pooledView("k-m").series(time.UTC))
	for _, want := range []string{`"bouncerActive":[12,null,null]`, `"bouncerWaiting":[3,null,null]`, `"bouncerServers":[5,null,null]`, `"bouncerIdle":[2,null,null]`, `"bouncerWait":[440,null,null]`} {
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s, %v", want, text, err)
		}
	}
}
