package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// DB is a pool of connections as the application's role.
type DB struct {
	*pgxpool.Pool

	watch *pgxpool.Pool
}

// Watch is the same database over connections of its own, for whoever looks how it is:
// work that takes all the others must not look like a database that is away.
func (db *DB) Watch() *DB { return &DB{db.watch, db.watch} }

// Close closes all connections.
func (db *DB) Close() {
	db.watch.Close()
	db.Pool.Close()
}

// watching is how many connections Watch has. They are opened when they are needed.
const watching = 2

// Open connects to url as the application's role and refuses a role that could
// reach past row security. Its pool is one process's part of the connections that the
// database takes, where so many processes share them; pool_max_conns in url says
// another number.
func Open(ctx context.Context, url string, processes int) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL can't be read: %w; an example: postgres://skai_app:secret@db.internal:5432/skai", err)
	}
	config.ConnConfig.Tracer = queryTracer{}
	config.ConnConfig.RuntimeParams["application_name"] = "skai"
	config.MaxConnIdleTime = 5 * time.Minute
	free, err := checkRole(ctx, config.ConnConfig)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = share(free, processes, runtime.NumCPU())
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	aside := config.Copy()
	aside.MaxConns = watching
	watch, err := pgxpool.NewWithConfig(ctx, aside)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	return &DB{pool, watch}, nil
}

// checkRole tells how many connections the database takes of those who are not
// superusers.
func checkRole(ctx context.Context, config *pgx.ConnConfig) (free int, err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return 0, fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // it has answered already
	var role string
	var unsafe bool
	err = conn.QueryRow(ctx, `
		SELECT current_user, rolsuper OR rolbypassrls OR EXISTS (
				SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace AND relkind = 'r'),
			current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
		FROM pg_roles WHERE rolname = current_user`).Scan(&role, &unsafe, &free)
	if err != nil {
		return 0, fmt.Errorf("connect to the database: %w", err)
	}
	if unsafe {
		return 0, fmt.Errorf("DATABASE_URL signs in as %q, which owns tables or bypasses row security; use skai_app (see internal/platform/postgres/roles.sql)", role)
	}
	return free, nil
}

const (
	// others is the number of connections left to commands, backups and whoever looks
	// at the database by hand.
	others = 10
	// enough is as many as one process makes use of, or four for each of its processors:
	// with more of them the database only changes from one to the other.
	enough = 20
)

// share is one process's part of the free connections of the database.
func share(free, processes, cpus int) int32 {
	return int32(min(max(2, (free-others)/max(1, processes)-watching), max(enough, 4*cpus))) //nolint:gosec // small numbers
}

// What a request waits for at most; a job or a command waits as long as it takes.
const (
	connectionPatience = 3 * time.Second
	lockPatience       = 10 * time.Second
	// idle is how long the database lets a transaction do nothing, beyond the time
	// limit of its request or, without one, in all.
	idleBeyond = 5 * time.Second
	idleAtMost = 10 * time.Minute
)

// bounds are the database's own time limits for a transaction, which end it where
// this process no longer can.
func bounds(ctx context.Context) []string {
	deadline, ok := ctx.Deadline()
	if !ok {
		return []string{"idle_in_transaction_session_timeout", millis(idleAtMost)}
	}
	left := max(time.Until(deadline), time.Millisecond)
	return []string{
		"statement_timeout", millis(left), "lock_timeout", millis(lockPatience),
		"idle_in_transaction_session_timeout", millis(left + idleBeyond),
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }

// dead is how many connections may turn out to be dead, one after the other, before
// begin gives up: those of a database that was started again.
const dead = 3

// begin takes a connection from the pool and begins a transaction on it. One that
// turns out to be dead is given up for another: nothing was done on it.
func (db *DB) begin(ctx context.Context, query string) (conn *pgxpool.Conn, tx pgx.Tx, err error) {
	for range dead {
		if conn, err = db.acquire(ctx); err != nil {
			return nil, nil, err
		}
		if tx, err = conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: query}); err == nil {
			return conn, tx, nil
		}
		lost := isLost(ctx, conn, err)
		conn.Release()
		if !lost {
			return nil, nil, fmt.Errorf("begin: %w", err)
		}
	}
	return nil, nil, away(err)
}

// acquire takes a connection from the pool. A request does not wait for one until its
// time is up: there are too many then, and it says so.
func (db *DB) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	waiting := ctx
	if _, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, connectionPatience)
		defer cancel()
	}
	conn, err := db.Acquire(waiting)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("begin: %w", err)
	case waiting.Err() != nil:
		return nil, errors.Join(fault.Busy("database.busy", time.Second, "too many people need the database at this moment; nothing was done, try again in a second"), err)
	}
	return nil, away(err)
}

// isLost tells whether err means that the connection is of no use any more, for a
// reason that is not ctx.
func isLost(ctx context.Context, conn *pgxpool.Conn, err error) bool {
	code := Code(err)
	return ctx.Err() == nil && (conn.Conn().IsClosed() || strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P"))
}

func away(err error) error {
	return errors.Join(fault.Busy("database.away", 2*time.Second, "the database does not answer; nothing was done, try again in a moment"), err)
}

// inWords says of an error within a transaction, or of its COMMIT, which undid it, what a person can do.
func inWords(ctx context.Context, conn *pgxpool.Conn, err error) error {
	switch {
	case fault.As(err) != nil:
		return err
	case isLost(ctx, conn, err):
		return away(err)
	case Code(err) == "55P03": // lock_not_available
		return errors.Join(fault.Busy("database.locked", time.Second, "somebody else is changing the same records, and is not done yet; nothing was done, try again in a moment"), err)
	case Code(err) == "53100": // disk_full
		return errors.Join(fault.Busy("database.full", 30*time.Second, "the database has no room left on its disk, so nothing can be saved; nothing was. Whoever runs this installation has to make room"), err)
	case Code(err) == "57014": // query_canceled: it took longer than statement_timeout
		return errors.Join(context.DeadlineExceeded, err)
	}
	return err
}

// committed says of an error of COMMIT that nobody knows whether it happened.
func committed(ctx context.Context, conn *pgxpool.Conn, err error) error {
	if !isLost(ctx, conn, err) {
		return inWords(ctx, conn, fmt.Errorf("commit: %w", err)) // the trail, for one, is written at COMMIT
	}
	return errors.Join(fault.Busy("database.unknown", 2*time.Second, "the database went away while this was being saved, so it may be saved or not; look before you do it again"), err)
}
