package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// keepKeys is how long an Idempotency-Key is remembered.
const keepKeys = 7 * 24 * time.Hour

// Once is Tx for a write that its caller may send twice, because the first
// answer was lost. A write with the same key, by the same person and asking for
// the same is not done again: its first result is returned, by way of JSON. The
// same key asking for something else is fault.Conflict. Without a key it is Tx.
// What is asked for are the operation's name and in, which has a JSON form.
func Once[T any](ctx context.Context, db *DB, key, operation string, in any, fn func(context.Context, pgx.Tx) (T, error)) (T, error) {
	if key == "" {
		return Tx(ctx, db, fn)
	}
	return Tx(ctx, db, func(ctx context.Context, tx pgx.Tx) (result T, err error) {
		hash, err := hashOf(key, operation, in)
		if err != nil {
			return result, err
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return result, err
		}
		first, err := claimKey(ctx, tx, scope.ActorID, key, hash)
		if err != nil {
			return result, err
		}
		if !first {
			err = answered(ctx, tx, scope.ActorID, key, hash, &result)
			return result, err
		}
		if result, err = fn(ctx, tx); err != nil {
			return result, err
		}
		answer, err := json.Marshal(result)
		if err != nil {
			return result, fmt.Errorf("result of %s as JSON: %w", operation, err)
		}
		_, err = Exec(ctx, tx, `UPDATE idempotency_keys SET answer = $3 WHERE person_id = $1 AND key = $2`, scope.ActorID, key, answer)
		return result, err
	})
}

func hashOf(key, operation string, in any) ([]byte, error) {
	if len(key) > 200 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, fault.Invalid("Idempotency-Key", "a key has at most 200 letters, digits and signs of ASCII; a UUID is a good one")
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("input of %s as JSON: %w", operation, err)
	}
	hash := sha256.Sum256(append([]byte(operation+"\x00"), body...))
	return hash[:], nil
}

// claimKey tells whether the key is new. Where another request is at work under
// the key, it waits for that one to end.
func claimKey(ctx context.Context, tx pgx.Tx, person uuid.UUID, key string, hash []byte) (first bool, err error) {
	if _, err := Exec(ctx, tx, `DELETE FROM idempotency_keys WHERE created_at < now() - $1::interval`, keepKeys); err != nil {
		return false, err
	}
	n, err := Exec(ctx, tx, `
		INSERT INTO idempotency_keys (org_id, person_id, key, hash) VALUES (current_org(), $1, $2, $3) ON CONFLICT DO NOTHING`, person, key, hash)
	return n == 1, err
}

func answered(ctx context.Context, tx pgx.Tx, person uuid.UUID, key string, hash []byte, result any) error {
	type answer struct {
		Same   bool
		Answer []byte
	}
	a, err := One[answer](ctx, tx, `
		SELECT hash = $3 AS same, answer FROM idempotency_keys WHERE person_id = $1 AND key = $2`, person, key, hash)
	if err != nil {
		return err
	}
	if !a.Same {
		return fault.Conflict("idempotency_key", "the Idempotency-Key %q was used for another write; take a new key for a new write", key)
	}
	return json.Unmarshal(a.Answer, result)
}
