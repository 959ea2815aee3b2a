package vault

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Rewrap gives the database's data keys another master key: all of them, or where
// it fails none. What they sealed stays as it is. Programs that run go on with the
// keys they have unwrapped; at their next start they need the new master key.
func Rewrap(ctx context.Context, db *postgres.DB, old, next Master) (keys int, err error) {
	v := &Vault{db: db, master: old}
	_, err = v.system(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := dataKeys(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range found {
			key, err := w.unwrap(old)
			if err != nil {
				return err
			}
			if w, err = wrap(next, w.ID, key); err != nil {
				return err
			}
			if _, err := postgres.Exec(ctx, tx, `UPDATE vault_keys SET wrapped = $2, salt = $3, rounds = $4 WHERE id = $1`, w.ID, w.Wrapped, w.Salt, w.Rounds); err != nil {
				return err
			}
			keys++
		}
		return nil
	})
	return keys, err
}

// Renew makes a new data key, which seals from now on. What older ones sealed is
// for the rooms to seal again, each value that [KeyOf] says is not of [Vault.Current].
func (v *Vault) Renew(ctx context.Context) error {
	_, err := v.system(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := create(ctx, tx, v.master); err != nil {
			return err
		}
		found, err := dataKeys(ctx, tx)
		if err != nil {
			return err
		}
		return v.take(found)
	})
	return err
}
