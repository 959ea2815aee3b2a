package staging

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Memory gives the transaction room for its temporary tables. Whoever makes some calls
// it first: a session has as much as the first of them asked for and can't be given
// another size any more, and connections are used by one transaction after the other.
func Memory(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SELECT set_config('temp_buffers', '64MB', true)`); err != nil {
		return fmt.Errorf("set the memory of temporary tables: %w", err)
	}
	return nil
}
