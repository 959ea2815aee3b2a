package health_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/health"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestDeploymentsAreSeen has processes begin, some together: one of the same version is
// no deployment, going back to an old one is.
func TestDeploymentsAreSeen(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	begin := func(version, commit string) {
		t.Helper()
		p := health.Process{ID: uuid.New(), StartedAt: time.Now(), Version: version, Commit: commit}
		for range 2 { // it goes on
			if err := health.Beat(t.Context(), db, p); err != nil {
				t.Error(err)
			}
		}
	}
	var together sync.WaitGroup
	for range 4 {
		together.Go(func() { begin("1.0", "aaaaaaa") })
	}
	together.Wait()
	begin("1.1", "bbbbbbb")
	begin("1.1", "bbbbbbb")
	middle := time.Now()
	begin("1.0", "aaaaaaa")
	begin("1.0", "")
	all, err := health.Deployments(t.Context(), db, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, d := range all {
		got += d.Version + d.Commit + " "
	}
	if want := "1.0aaaaaaa 1.1bbbbbbb 1.0aaaaaaa 1.0 "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// A stretch of time knows what ran when it began.
	later, err := health.Deployments(t.Context(), db, middle, time.Now().Add(time.Hour))
	if err != nil || len(later) != 3 || later[0].Version != "1.1" {
		t.Errorf("%+v, %v", later, err)
	}
}
