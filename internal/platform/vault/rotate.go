package vault

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Rewrap gives the database's data keys another master key: all of them, or where
// it fails none. What they sealed stays as it is. Programs that run go on with the
// keys they have unwrapped and make no new one, until they start with the new master key.
func Rewrap(ctx context.Context, db *postgres.DB, old, next Master) (keys int, err error) {
	v := &Vault{db: db, master: old}
	_, err = v.system(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := dataKeys(ctx, tx)
		if err != nil {
			return err
		}
		olds, nexts, salt := masters{}, masters{}, newSalt()
		for _, w := range found {
			key, err := w.unwrap(old, olds)
			if err != nil {
				return err
			}
			if err := w.wrap(next, nexts, salt, key); err != nil {
				return err
			}
			if err := w.save(ctx, tx); err != nil {
				return err
			}
			keys++
		}
		return nil
	})
	return keys, err
}

func (w wrapped) save(ctx context.Context, tx pgx.Tx) error {
	if w.OrgID == uuid.Nil {
		_, err := postgres.Exec(ctx, tx, `UPDATE vault_keys SET wrapped = $2, salt = $3, rounds = $4 WHERE id = $1`, w.ID, w.Wrapped, w.Salt, w.Rounds)
		return err
	}
	_, err := postgres.Exec(ctx, tx, `UPDATE org_keys SET wrapped = $3, salt = $4, rounds = $5 WHERE org_id = $1 AND id = $2`, w.OrgID, w.ID, w.Wrapped, w.Salt, w.Rounds)
	return err
}

// Renew makes new data keys, for accounts and for each organisation that has one,
// which seal from now on. What older ones sealed is for the rooms to seal again, each
// value that [KeyOf] says is not of [Vault.Current] or [Vault.CurrentFor].
func (v *Vault) Renew(ctx context.Context) error {
	_, err := v.system(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := dataKeys(ctx, tx)
		if err != nil {
			return err
		}
		if err := v.isMaster(found); err != nil {
			return err
		}
		renewed := map[uuid.UUID]bool{}
		for _, w := range found {
			if renewed[w.OrgID] {
				continue
			}
			renewed[w.OrgID] = true
			if _, err := create(ctx, tx, v.master, w.OrgID, found[0].Salt); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.refresh(ctx) // only what is committed may seal
}
