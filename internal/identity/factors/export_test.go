package factors

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// ResealOnce is one transaction of Reseal.
func ResealOnce(ctx context.Context, db *postgres.DB, v *vault.Vault) (int, error) {
	return postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int, error) { return resealSome(ctx, tx, v) })
}
