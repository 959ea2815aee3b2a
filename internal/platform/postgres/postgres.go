// Package postgres is the program's way to its database: pools, transactions
// that carry the tenant's scope, small helpers to run SQL, migrations.
//
// Tenant work goes through Tx and Read, which put the scope of the context into
// the transaction, where row security reads it:
//
//	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Claim, error) {
//		return postgres.One[Claim](ctx, tx, `SELECT ... FROM claims WHERE id = $1`, id)
//	})
//
// There is no org_id in that query: row security adds it, and without a scope
// the query is an error. Work that belongs to no organisation goes through System.
package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Tx runs fn in a transaction under the scope of ctx; what fn returns is
// returned once the transaction is committed. Without a scope it is tenant.ErrNoScope.
func Tx[T any](ctx context.Context, db *DB, fn func(context.Context, pgx.Tx) (T, error)) (T, error) {
	return scoped(ctx, db, "begin", fn)
}

// Read is Tx for work that changes nothing; the database refuses a write in it.
func Read[T any](ctx context.Context, db *DB, fn func(context.Context, pgx.Tx) (T, error)) (T, error) {
	return scoped(ctx, db, "begin read only", fn)
}

// Snapshot is Read in which every query sees the database as it was at the first.
func Snapshot[T any](ctx context.Context, db *DB, fn func(context.Context, pgx.Tx) (T, error)) (T, error) {
	return scoped(ctx, db, "begin isolation level repeatable read read only", fn)
}

// Do is Tx for work without a result.
func Do(ctx context.Context, db *DB, fn func(context.Context, pgx.Tx) error) error {
	_, err := Tx(ctx, db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, fn(ctx, tx)
	})
	return err
}

func scoped[T any](ctx context.Context, db *DB, begin string, fn func(context.Context, pgx.Tx) (T, error)) (T, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return run(ctx, db, begin, append(scopeOf(scope), append(trail(ctx, scope), "app.actor", scope.ActorName)...), fn)
}

// scopeOf is what row security goes by: the organisation, who asks, and for the
// operator's support the role that may read while the organisation agrees.
func scopeOf(scope tenant.Scope) []string {
	set := []string{"app.org_id", scope.OrgID.String(), "app.actor_id", scope.ActorID.String()}
	if scope.Support != uuid.Nil {
		set = append(set, "app.support", scope.Support.String(), "role", "skai_support")
	}
	return set
}

// trail is what the audit trail keeps of a transaction's request.
func trail(ctx context.Context, scope tenant.Scope) []string {
	r := tenant.RequestOf(ctx)
	return []string{
		"app.request_id", cmp.Or(scope.RequestID, r.ID), "app.actor_kind", scope.Kind(),
		"app.action", r.Action, "app.address", r.Address, "app.device", r.Device,
	}
}

// SystemRole is a named actor without a tenant; its grants are in the migrations.
type SystemRole string

// The system actors.
const (
	SignIn   SystemRole = "skai_signin"   // signing in: people, organisations, sessions
	Operator SystemRole = "skai_operator" // commands that create organisations and users
	Eraser   SystemRole = "skai_eraser"   // destroying an organisation; needs app.org_id as tenant work does
	App      SystemRole = "none"          // for As: what the program connects as, which tenant work is done as
)

// System runs fn in a transaction as a system actor, outside of any organisation.
func System[T any](ctx context.Context, db *DB, role SystemRole, fn func(context.Context, pgx.Tx) (T, error)) (T, error) {
	scope, _ := tenant.From(ctx)
	set := append(trail(ctx, scope), "app.actor", string(role))
	if scope.ActorID != uuid.Nil { // who did what changes
		set = append(set, "app.event_actor_id", scope.ActorID.String(), "app.event_actor", scope.ActorName)
	}
	if scope.OrgID != uuid.Nil { // whose event it is that an account changes
		set = append(set, "app.event_org", scope.OrgID.String())
	}
	return run(ctx, db, "begin", append(set, "role", string(role)), fn)
}

// SystemNote runs a statement as a system actor that notes what can as well be noted
// next time, such as when somebody was there last. Where the database can't take it now,
// having no room on its disk, say, nothing is noted, and that is no error: whoever only
// reads is not kept from it.
func SystemNote(ctx context.Context, db *DB, role SystemRole, sql string, args ...any) error {
	_, err := System(ctx, db, role, func(ctx context.Context, tx pgx.Tx) (int64, error) { return Exec(ctx, tx, sql, args...) })
	if fault.Is(err, fault.KindUnavailable) {
		return nil
	}
	return err
}

// As runs fn as another role inside a transaction, which then goes on as the role
// it was: for a change that belongs to an organisation and, in the same
// transaction, to what lies outside of all (an invitation that is accepted makes a
// user). The scope stays; each role reaches what its grants and policies say.
func As(ctx context.Context, tx pgx.Tx, role SystemRole, fn func() error) error {
	before, err := Value[string](ctx, tx, `SELECT current_setting('role')`)
	if err != nil {
		return err
	}
	if before == string(role) {
		return fn()
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('role', $1, true)`, string(role)); err != nil {
		return fmt.Errorf("work as %s: %w", role, err)
	}
	if err := fn(); err != nil {
		return err // the transaction ends with it
	}
	_, err = tx.Exec(ctx, `SELECT set_config('role', $1, true)`, before)
	return err
}

// setLocal gives the statement that sets pairs of name and value for one
// transaction. It travels with BEGIN, so a scope costs no round trip and holds
// behind a pooler in transaction mode.
func setLocal(pairs ...string) string {
	calls := make([]string, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		calls = append(calls, fmt.Sprintf("set_config('%s', '%s', true)", pairs[i], strings.ReplaceAll(clean(pairs[i+1]), "'", "''")))
	}
	return "select " + strings.Join(calls, ", ")
}

// clean is a value without what PostgreSQL has no place for.
func clean(value string) string { return strings.ReplaceAll(value, "\x00", "") }

// run runs fn in a transaction that begins with a query and these settings.
func run[T any](ctx context.Context, db *DB, begin string, set []string, fn func(context.Context, pgx.Tx) (T, error)) (result T, err error) {
	var none T
	conn, tx, err := db.begin(ctx, begin+"; "+setLocal(append(set, bounds(ctx)...)...))
	if err != nil {
		return none, err
	}
	defer conn.Release()
	defer func() {
		// After a commit this does nothing; a cancelled request still has to give its locks back.
		if rollback := tx.Rollback(context.WithoutCancel(ctx)); rollback != nil && !errors.Is(rollback, pgx.ErrTxClosed) && err == nil {
			err = fmt.Errorf("rollback: %w", rollback)
		}
	}()
	result, err = fn(ctx, tx)
	if err != nil {
		return none, inWords(ctx, conn, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return none, committed(ctx, conn, err)
	}
	return result, nil
}

// Querier runs SQL: a transaction or a connection.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// ErrNoRow is returned by One where the query gave no row.
var ErrNoRow = pgx.ErrNoRows

// One runs a query that gives one row, into a struct by column name; ErrNoRow where it gives none.
func One[T any](ctx context.Context, q Querier, sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var none T
		return none, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
}

// Value runs a query that gives one row of one column.
func Value[T any](ctx context.Context, q Querier, sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var none T
		return none, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
}

// Many runs a query and collects its rows into structs by column name.
func Many[T any](ctx context.Context, q Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// Exec runs a statement and gives the number of rows it touched.
func Exec(ctx context.Context, q Querier, sql string, args ...any) (int64, error) {
	tag, err := q.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// Constraint is the name of the constraint that refused a statement, "" for any other error.
func Constraint(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.ConstraintName
	}
	return ""
}

// Code is the SQLSTATE of the database's error, "" for any other error.
func Code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// NewID gives a new record's id: a UUID version 7, which sorts by its time.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// Values runs a query that gives rows of one column.
func Values[T any](ctx context.Context, q Querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}
