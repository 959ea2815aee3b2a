package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestAProcessTakesItsPartOfTheConnections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		free, processes, cpus int
		want                  int32
	}{{97, 1, 2, 20}, {97, 2, 2, 20}, {97, 8, 2, 8}, {97, 40, 2, 2}, {97, 1000, 2, 2}, {20, 2, 2, 3}, {5, 1, 2, 2}, {497, 2, 16, 64}} {
		if got := postgres.Share(c.free, c.processes, c.cpus); got != c.want {
			t.Errorf("of %d connections for %d processes, one takes %d, want %d", c.free, c.processes, got, c.want)
		}
	}
	db, err := postgres.Open(t.Context(), dbtest.URL(dbtest.Shared(t), "skai_app")+"&pool_max_conns=7", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := db.Config().MaxConns; got != 7 {
		t.Errorf("pool_max_conns=7 gives %d", got)
	}
}

// sleeper has an organisation to work in, and work that takes as long as it says.
func sleeper(t *testing.T, db *postgres.DB) (ctx context.Context, sleep func(context.Context, string) error) {
	t.Helper()
	return dbtest.Org(t, db, "titan").As(t, tenant.Owner), func(ctx context.Context, seconds string) error {
		return postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "SELECT pg_sleep("+seconds+")")
			return err
		})
	}
}

func TestTheDatabaseItselfEndsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, _ := sleeper(t, db)
	short, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	settings := func(ctx context.Context) (s struct{ Statement, Lock, Idle string }) {
		s, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (struct{ Statement, Lock, Idle string }, error) {
			return postgres.One[struct{ Statement, Lock, Idle string }](ctx, tx, `SELECT current_setting('statement_timeout') AS statement,
				current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS idle`)
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := settings(short); !strings.HasPrefix(s.Statement, "59") || s.Lock != "10s" || !strings.HasPrefix(s.Idle, "64") {
		t.Errorf("a request with a minute left has %+v", s)
	}
	if s := settings(ctx); s.Statement != "0" || s.Lock != "0" || s.Idle != "10min" {
		t.Errorf("a job has %+v", s)
	}
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 50")
		if err == nil {
			_, err = tx.Exec(ctx, "SELECT pg_sleep(30)")
		}
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a statement that the database ended gives %v, want the words of a time limit", err)
	}
}

func TestALockThatIsNotGivenBack(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, _ := sleeper(t, db)
	lock := func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(7)")
		return err
	}
	err := postgres.Do(ctx, db, func(outer context.Context, tx pgx.Tx) error {
		if err := lock(outer, tx); err != nil {
			return err
		}
		err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = 50"); err != nil {
				return err
			}
			return lock(ctx, tx)
		})
		if f := fault.As(err); f == nil || f.Code != "database.locked" || f.Wait == 0 {
			t.Errorf("whoever waits for it gets %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// takeAll takes all connections of a pool.
func takeAll(ctx context.Context, t *testing.T, db *postgres.DB) (giveBack func()) {
	t.Helper()
	var all sync.WaitGroup
	taken, done := make(chan struct{}), make(chan struct{})
	for range db.Config().MaxConns {
		all.Go(func() {
			err := postgres.Do(ctx, db, func(context.Context, pgx.Tx) error { taken <- struct{}{}; <-done; return nil })
			if err != nil {
				t.Error(err)
			}
		})
		<-taken
	}
	return func() { close(done); all.Wait() }
}

func TestARequestDoesNotWaitForAConnectionForEver(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, sleep := sleeper(t, db)
	giveBack := takeAll(ctx, t, db)
	request, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	start := time.Now()
	err := sleep(request, "0")
	if f := fault.As(err); f == nil || f.Code != "database.busy" || f.Wait == 0 || time.Since(start) > 10*time.Second {
		t.Errorf("it gets %v after %s; want to hear that the database is busy after three seconds", err, time.Since(start))
	}
	giveBack()
	if err := sleep(request, "0"); err != nil {
		t.Errorf("after it, %v", err)
	}
}

// A database that was started again has closed what the pool holds.
func TestConnectionsThatDiedAreReplaced(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, sleep := sleeper(t, db)
	super := dbtest.Super(t, db)
	for range 5 {
		if err := sleep(ctx, "0"); err != nil {
			t.Fatal(err)
		}
		kill(t, super)
	}
	if err := sleep(ctx, "0"); err != nil {
		t.Errorf("the next one after they died: %v", err)
	}
	// In the middle nothing can be saved: it says so, and that nothing was done.
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		kill(t, super)
		_, err := tx.Exec(ctx, "SELECT 1")
		return err
	})
	if f := fault.As(err); f == nil || f.Code != "database.away" || !strings.Contains(f.Message, "nothing was done") {
		t.Errorf("killed in the middle: %v", err)
	}
	// At the commit nobody knows.
	err = postgres.Do(ctx, db, func(context.Context, pgx.Tx) error { kill(t, super); return nil })
	if f := fault.As(err); f == nil || f.Code != "database.unknown" || !strings.Contains(f.Message, "may be saved or not") {
		t.Errorf("killed at the commit: %v", err)
	}
}

// kill ends the application's connections to the database of the test.
func kill(t *testing.T, super *pgx.Conn) {
	t.Helper()
	_, err := super.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = 'skai_app'`)
	if err != nil {
		t.Fatal(err)
	}
}

// A process whose connections are all at work still sees that its database is well.
func TestWhoWatchesIsNotKeptFromIt(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx, sleep := sleeper(t, db)
	giveBack := takeAll(ctx, t, db)
	soon, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := db.Watch().Ping(soon); err != nil {
		t.Errorf("with all connections at work, the database looks away: %v", err)
	}
	giveBack()
	if err := sleep(ctx, "0"); err != nil {
		t.Error(err)
	}
}
