package factors

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// resealAtOnce is how many secrets one transaction seals again.
const resealAtOnce = 100

// Reseal seals every secret again that another data key than the vault's current
// one has sealed, and tells how many those were. It goes in small transactions
// beside people who sign in; stopped in the middle, the next call does the rest.
func Reseal(ctx context.Context, db *postgres.DB, v *vault.Vault) (total int, err error) {
	for {
		n, err := postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int, error) { return resealSome(ctx, tx, v) })
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func resealSome(ctx context.Context, tx pgx.Tx, v *vault.Vault) (int, error) {
	type row struct {
		ID     uuid.UUID
		Secret []byte
	}
	key := v.Current()
	rows, err := postgres.Many[row](ctx, tx, `
		SELECT id, secret FROM user_factors WHERE secret IS NOT NULL AND substring(secret FROM 2 FOR 16) <> $1 ORDER BY id LIMIT $2 FOR UPDATE`, key[:], resealAtOnce)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		secret, err := v.Open(ctx, place(r.ID), r.Secret)
		if err != nil {
			return 0, fmt.Errorf("the secret of the authenticator app %s: %w", r.ID, err)
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE user_factors SET secret = $2 WHERE id = $1`, r.ID, v.Seal(place(r.ID), secret)); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// Waiting counts the secrets that Reseal would seal again.
func Waiting(ctx context.Context, db *postgres.DB, v *vault.Vault) (int64, error) {
	key := v.Current()
	return postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Value[int64](ctx, tx, `SELECT count(*) FROM user_factors WHERE secret IS NOT NULL AND substring(secret FROM 2 FOR 16) <> $1`, key[:])
	})
}
