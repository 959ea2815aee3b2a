package identity

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// doorsOf is how many sign-ins may be at the database at once: a quarter of its
// connections, and one where it has few.
func doorsOf(db *postgres.DB) int {
	if db == nil { // a program that only lists its routes
		return 1
	}
	return max(1, int(db.Config().MaxConns)/4)
}

// signing runs a transaction of a sign-in. Those of one office, which come all at once
// in the morning, wait in the database for each other's row of sign_in_failures, and
// each that waits keeps a connection: without a bound they keep all of them, and nobody
// who is signed in already gets a page. They wait here instead, in their order.
func (s *Service) signing(ctx context.Context, fn func(context.Context, pgx.Tx) (int64, error)) error {
	select {
	case s.doors <- struct{}{}:
		defer func() { <-s.doors }()
		_, err := postgres.System(ctx, s.db, postgres.SignIn, fn)
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
