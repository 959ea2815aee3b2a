package identity_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// TestSignInsLeaveConnectionsToOthers has more people of one office sign in than there
// are connections, while the row that they all count in is held; whoever is at work
// already still gets one.
func TestSignInsLeaveConnectionsToOthers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	people, many := service(db), 3*int(db.Config().MaxConns)
	office := from("192.0.2.80")
	if _, err := people.SignIn(t.Context(), "nobody@example.com", "wrong", office); !fault.Is(err, fault.KindUnauthenticated) { // makes the row
		t.Fatal(err)
	}
	holder := dbtest.Super(t, db)
	if _, err := holder.Exec(t.Context(), `BEGIN; SELECT FROM sign_in_failures FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, many)
	for i := range many {
		go func() {
			_, err := people.SignIn(t.Context(), fmt.Sprintf("nobody%d@example.com", i), "wrong", office)
			ended <- err
		}()
	}
	watcher := dbtest.Super(t, db)
	for waiting := 0; waiting == 0; {
		var err error
		if waiting, err = postgres.Value[int](t.Context(), watcher, `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`); err != nil {
			t.Fatal(err)
		}
	}
	for range 200 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		err := db.Ping(ctx)
		cancel()
		if err != nil {
			t.Errorf("with %d of %d connections in use: %v", db.Stat().AcquiredConns(), db.Config().MaxConns, err)
			break
		}
	}
	if _, err := holder.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	for range many {
		if err := <-ended; !fault.Is(err, fault.KindUnauthenticated) {
			t.Error(err)
		}
	}
}
