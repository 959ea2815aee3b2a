package vitals_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vitals"
)

// bouncerSize is how many connections dbtest's PgBouncer has for a database.
const bouncerSize = 20

// pooled gives a database through a PgBouncer of its own.
func pooled(t *testing.T) (*dbtest.Bouncer, *postgres.DB) {
	t.Helper()
	direct := dbtest.New(t)
	b, err := dbtest.NewBouncer(t.Context(), dbtest.URL(direct, "skai_app"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	db, err := postgres.Open(t.Context(), b.URL("skai_app", direct.Config().ConnConfig.Database)+"&pool_max_conns=25", 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return b, db
}

func console(t *testing.T, address string) *vitals.Bouncer {
	t.Helper()
	b, err := vitals.ParseBouncer(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// TestPoolsOfPgBouncer has clients take all servers and more wait, and PgBouncer die
// and come back.
func TestPoolsOfPgBouncer(t *testing.T) {
	t.Parallel()
	through, db := pooled(t)
	name := db.Config().ConnConfig.Database
	b := console(t, through.Console())
	if _, _, known := b.Last(); known {
		t.Error("it is known before anybody looked")
	}
	held := make([]pgx.Tx, bouncerSize)
	for i := range held {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held[i] = tx
	}
	var waiting sync.WaitGroup
	for range 2 {
		waiting.Go(func() {
			if _, err := db.Exec(t.Context(), `SELECT 1`); err != nil {
				t.Error(err)
			}
		})
	}
	look := func() vitals.Pools {
		t.Helper()
		p, err := b.Look(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	dbtest.Until(t, "two clients wait", func() bool { p := look(); return p.Waiting == 2 && p.Wait > 0 })
	if p := look(); p.Servers != bouncerSize || p.Idle != 0 || p.Active < bouncerSize || p.Wait > 60 {
		t.Errorf("%+v", p)
	}
	for _, tx := range held {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
	}
	waiting.Wait()
	if p, at, known := b.Last(); !known || p.Waiting != 2 || time.Since(at) > 10*time.Second {
		t.Errorf("the last look: %+v of %s, %t", p, at, known)
	}
	dbtest.Until(t, "nobody waits", func() bool { return look().Waiting == 0 })
	if p := look(); p.Servers > 1 || p.Idle < bouncerSize-1 || p.Wait != 0 {
		t.Errorf("afterwards %+v", p)
	}
	if _, err := b.Look(t.Context(), "elsewhere"); err == nil || !strings.Contains(err.Error(), `no pool of the database "elsewhere"`) {
		t.Errorf("a database that nobody asked for: %v", err)
	}
	through.Kill()
	if _, err := b.Look(t.Context(), name); err == nil {
		t.Error("it answers after its death")
	}
	if err := through.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	dbtest.Until(t, "it answers again", func() bool {
		_ = db.Ping(t.Context()) // so that there is a pool
		_, err := b.Look(t.Context(), name)
		return err == nil
	})
}

// TestPoolsAreKeptOrAreAGap has one process look at a PgBouncer, one at one that hangs,
// and one at none.
func TestPoolsAreKeptOrAreAGap(t *testing.T) {
	t.Parallel()
	through, db := pooled(t)
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	hangs := console(t, "postgres://stats:"+dbtest.BouncerSecret+"@"+silent.Addr().String()+"/pgbouncer?sslmode=disable")
	ask := func(b *vitals.Bouncer) (errs []error) {
		ctx, stop := context.WithCancel(t.Context())
		heard := make(chan error, 100)
		var run sync.WaitGroup
		run.Go(func() {
			vitals.New(db, uuid.New(), gate.New(4, 4, 8), b).Run(ctx, func(err error) { heard <- err })
		})
		if b == hangs {
			errs = append(errs, <-heard)
		} else if b != nil {
			dbtest.Until(t, "it answered", func() bool { _, _, known := b.Last(); return known })
		}
		stop()
		run.Wait()
		close(heard)
		for err := range heard {
			errs = append(errs, err)
		}
		return errs
	}
	start := time.Now()
	errs := ask(hangs)
	if took := time.Since(start); len(errs) != 1 || !strings.Contains(errs[0].Error(), "no answer within 2s") || strings.Contains(errs[0].Error(), dbtest.BouncerSecret) || took > 20*time.Second {
		t.Errorf("one that hangs: %v after %s", errs, took)
	}
	if err := errors.Join(ask(nil)...); err != nil {
		t.Error(err)
	}
	for _, p := range series(t, db) {
		if p.BouncerActive != nil || p.BouncerWaiting != nil || p.BouncerServers != nil || p.BouncerIdle != nil || p.BouncerWait != nil {
			t.Errorf("nobody saw anything, and it is kept: %+v", p)
		}
	}
	if err := errors.Join(ask(console(t, through.Console()))...); err != nil {
		t.Error(err)
	}
	seen := 0
	for _, p := range series(t, db) {
		if p.BouncerActive == nil {
			continue
		}
		seen++
		if *p.BouncerActive < 1 || *p.BouncerWaiting != 0 || *p.BouncerServers+*p.BouncerIdle < 1 || *p.BouncerWait != 0 {
			t.Errorf("%+v", p)
		}
	}
	if seen != 1 {
		t.Errorf("%d minutes know of it", seen)
	}
}

// TestAConsolesAddress is refused in words that do not repeat it.
func TestAConsolesAddress(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "postgres://u:s3cret@127.0.0.1/skai", "postgres://u:s3cret@127.0.0.1", "postgres://u:s3cret@127.0.0.1:port/pgbouncer", "s3cret"} {
		if _, err := vitals.ParseBouncer(bad); err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "an example: postgres://") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"postgres://u:s3cret@127.0.0.1:6432/pgbouncer", "postgres://u@127.0.0.1/pgbouncer?default_query_exec_mode=simple_protocol", "host=/run/postgresql port=6432 dbname=pgbouncer user=stats"} {
		if _, err := vitals.ParseBouncer(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}
