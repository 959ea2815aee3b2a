package audit

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// VerifyIn is Verify in a transaction that a test has spoilt.
func VerifyIn(ctx context.Context, tx pgx.Tx) (Report, error) { return verify(ctx, tx, 0, "") }
