package dbtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// cluster is the server all test programs of a user share.
type cluster struct {
	allowed    bool // Main runs, and will close it
	once       sync.Once
	err        error
	server     *localpg.Server
	bouncer    *Bouncer // nil where the application's role connects directly
	super      *pgxpool.Pool
	template   string // the migrated database that New copies
	number     atomic.Int64
	commonOnce sync.Once
	commonDB   atomic.Pointer[postgres.DB] // of Shared
	commonErr  error
}

var shared cluster

func (c *cluster) open() error {
	c.once.Do(func() { c.err = c.start() })
	return c.err
}

func (c *cluster) start() error {
	if !c.allowed {
		return errors.New("this package needs: func TestMain(m *testing.M) { dbtest.Main(m) }")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	// The account's number in the name keeps two users of a machine apart.
	folder := filepath.Join(os.TempDir(), "skai-dbtest-"+strconv.Itoa(os.Getuid()))
	server, err := localpg.Start(ctx, localpg.Options{DataDir: folder, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("start the tests' PostgreSQL in %s (remove the folder if it is damaged): %w", folder, err)
	}
	c.server = server
	if os.Getenv(BouncerVar) != "" {
		if c.bouncer, err = NewBouncer(ctx, server.URL(appRole, "postgres")); err != nil {
			return err
		}
	}
	config, err := pgxpool.ParseConfig(c.url(localpg.Superuser, "postgres"))
	if err != nil {
		return err
	}
	config.MaxConns = 4
	if c.super, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	return c.prepare(ctx)
}

func (c *cluster) common() (*postgres.DB, error) {
	c.commonOnce.Do(func() {
		name, err := c.create(context.Background(), "")
		if err != nil {
			c.commonErr = err
			return
		}
		var db *postgres.DB
		db, c.commonErr = postgres.Open(context.Background(), c.url(appRole, name), poolsAtOnce)
		c.commonDB.Store(db)
	})
	return c.commonDB.Load(), c.commonErr
}

func (c *cluster) create(ctx context.Context, from string) (name string, err error) {
	name = fmt.Sprintf("%s%d_%d", testPrefix, os.Getpid(), c.number.Add(1))
	if from == "" {
		from = c.template
	}
	_, err = c.super.Exec(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s OWNER %s", name, from, ownerRole))
	return name, err
}

func (c *cluster) drop(ctx context.Context, name string) error {
	_, err := c.super.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	return err
}

func (c *cluster) url(role, database string) string {
	if c.bouncer != nil && role == appRole {
		return c.bouncer.URL(role, database)
	}
	return c.server.URL(role, database)
}

// close removes the database of Shared and gives the server up.
func (c *cluster) close() error {
	if c.server == nil {
		return nil
	}
	var err error
	if db := c.commonDB.Load(); db != nil {
		db.Close()
		err = c.drop(context.Background(), db.Config().ConnConfig.Database)
	}
	if c.super != nil {
		c.super.Close()
	}
	if c.bouncer != nil {
		err = errors.Join(err, c.bouncer.Close())
	}
	return errors.Join(err, c.server.Close())
}

// poolsAtOnce is how many tests may have a pool of connections to the server: two
// programs at a time, a database for each of their tests that run beside each other.
const poolsAtOnce = 14

// settings trade the safety of data nobody needs for speed. They are kept in
// postgresql.auto.conf.
var settings = map[string]string{
	"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
	"timezone": "Canada/Newfoundland", "max_wal_size": "4GB", "autovacuum_naptime": "1h",
}

// prepare makes the settings and the template, once for all programs that start together.
func (c *cluster) prepare(ctx context.Context) error {
	conn, err := c.super.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(1)"); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(1)") }()
	for name, value := range settings {
		if _, err := conn.Exec(ctx, "ALTER SYSTEM SET "+name+" = '"+value+"'"); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	if err := c.sweep(ctx); err != nil {
		return err
	}
	hash, err := postgres.SchemaHash()
	if err != nil {
		return err
	}
	c.template = templatePrefix + hash
	return c.ensureTemplate(ctx)
}

const templatePrefix = "template_skai_"

// ensureTemplate makes the template where it is missing. It is built under
// another name, so that one whose making was killed is never used.
func (c *cluster) ensureTemplate(ctx context.Context) error {
	exists, err := postgres.Value[bool](ctx, c.super, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, c.template)
	if err != nil || exists {
		return err
	}
	building := c.template + "_building"
	if err := postgres.Bootstrap(ctx, c.url(localpg.Superuser, "postgres"), building); err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, c.url(ownerRole, building)); err != nil {
		return err
	}
	_, err = c.super.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", building, c.template))
	if err != nil {
		return err
	}
	// Nobody, autovacuum included, may be connected to a database that is copied.
	_, err = c.super.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s WITH ALLOW_CONNECTIONS false", c.template))
	return err
}

// sweep removes what killed test programs left behind, and templates of other
// schemas that are over a week old: two checkouts of the project may be at work.
func (c *cluster) sweep(ctx context.Context) error {
	type database struct {
		Name string
		Old  bool
	}
	// Its test program may drop a database while this looks at its files.
	all, err := postgres.Many[database](ctx, c.super, `
		SELECT datname AS name, coalesce((pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '7 days', false) AS old
		FROM pg_database WHERE starts_with(datname, $1) OR starts_with(datname, $2)`, testPrefix, templatePrefix)
	if err != nil {
		return err
	}
	for _, d := range all {
		if !left(d.Name, d.Old) {
			continue
		}
		if err := c.drop(ctx, d.Name); err != nil {
			return err
		}
	}
	return nil
}

// left tells whether nobody uses a database any more.
func left(name string, old bool) bool {
	owner, isTest := strings.CutPrefix(name, testPrefix)
	if !isTest {
		return old || strings.HasSuffix(name, "_building") // the caller holds the lock to build
	}
	owner, _, _ = strings.Cut(owner, "_")
	pid, err := strconv.Atoi(owner)
	return err != nil || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
