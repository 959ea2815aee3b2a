package factors

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/phone"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// How codes by text message are bounded: a code is good for codeLife and for one use;
// an account has mostMessages an hour, one in betweenMessages at most.
const (
	codeLife        = 10 * time.Minute
	mostMessages    = 6
	betweenMessages = 30 * time.Second
)

// BeginPhone sends a code to a telephone of the person who is signed in, which counts
// as a factor once they have typed it; another begun before and not confirmed is gone.
// It gives the id to confirm, and fault.Invalid with the field "phone".
func (s *Service) BeginPhone(ctx context.Context, typed string) (uuid.UUID, error) {
	me, err := fresh(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	number, err := phone.Parse(typed)
	if err != nil {
		return uuid.Nil, fault.Invalid("phone", "%s", err)
	}
	id := postgres.NewID()
	_, err = system(ctx, s, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if err := refuseMany(ctx, tx, me.UserID); err != nil {
			return 0, err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM user_factors WHERE user_id = $1 AND kind = 'sms' AND confirmed_at IS NULL`, me.UserID); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `INSERT INTO user_factors (id, user_id, kind, name, secret, hint) VALUES ($1, $2, 'sms', 'Text messages', $3, $4)`,
			id, me.UserID, s.vault.Seal(place(id), []byte(number.E164)), number.E164[len(number.E164)-2:])
	})
	if err != nil {
		return uuid.Nil, err
	}
	return id, s.sendCode(ctx, me.UserID, &id)
}

// ConfirmPhone lets a telephone count from now on, where the code is the one that was
// sent to it. With their first factor the person gets backup codes; else it gives nil.
func (s *Service) ConfirmPhone(ctx context.Context, id uuid.UUID, code string, d identity.Device) ([]string, error) {
	me, err := fresh(ctx)
	if err != nil {
		return nil, err
	}
	right, err := s.people.Guess(ctx, "factor", me.UserID, d)
	if err != nil {
		return nil, err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		used, err := useMessage(ctx, tx, me.UserID, code, &id)
		if err == nil && !used {
			err = fault.Invalid("code", "this is not the code that was sent, or it is older than 10 minutes; have another one sent")
		}
		if err == nil {
			err = right(ctx, tx)
		}
		if err != nil {
			return nil, err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE user_factors SET confirmed_at = now() WHERE id = $1 AND user_id = $2`, id, me.UserID); err != nil {
			return nil, err
		}
		return firstCodes(ctx, tx, me.UserID)
	})
}

// SendCode sends a code to the telephone of somebody who has shown their password. It
// returns fault.Conflict where they have none, and fault.Limited after too many.
func (s *Service) SendCode(ctx context.Context, half identity.Half) error {
	return s.sendCode(ctx, half.UserID, nil)
}

// sendCode sends a code to the account's telephone, or with waiting to that one.
func (s *Service) sendCode(ctx context.Context, user uuid.UUID, waiting *uuid.UUID) error {
	type row struct {
		ID     uuid.UUID
		Secret []byte
	}
	drawn, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	code := fmt.Sprintf("%06d", drawn)
	to, err := system(ctx, s, func(ctx context.Context, tx pgx.Tx) (row, error) {
		to, err := postgres.One[row](ctx, tx, `
			SELECT id, secret FROM user_factors WHERE user_id = $1 AND kind = 'sms' AND (id = $2 AND confirmed_at IS NULL OR $2 IS NULL AND confirmed_at IS NOT NULL)
			ORDER BY created_at DESC LIMIT 1 FOR UPDATE`, user, waiting)
		if errors.Is(err, postgres.ErrNoRow) {
			err = fault.Conflict("factor.phone", "your account has no telephone that codes are sent to; use your app, passkey or a backup code")
		}
		if err == nil {
			err = spend(ctx, tx, user)
		}
		if err != nil {
			return to, err
		}
		_, err = postgres.Exec(ctx, tx, `UPDATE user_factors SET code_hash = $2, code_expires_at = now() + $3::interval WHERE id = $1`, to.ID, hashOf(to.ID, code), codeLife)
		return to, err
	})
	if err != nil {
		return err
	}
	number, err := s.vault.Open(ctx, place(to.ID), to.Secret)
	if err != nil {
		return fmt.Errorf("the number of a telephone: %w", err)
	}
	return s.sms.Send(ctx, string(number), code+" is your SkaiScraper code. Nobody from SkaiScraper asks you for it.")
}

// spend counts one message of an account; fault.Limited where it has to wait.
func spend(ctx context.Context, tx pgx.Tx, user uuid.UUID) error {
	type budget struct {
		Count int
		Wait  time.Duration // since the last one
		Left  time.Duration // of the hour
	}
	b, err := postgres.One[budget](ctx, tx, `
		INSERT INTO sms_sent AS s (user_id, last_at) VALUES ($1, now() - interval '1 hour')
		ON CONFLICT (user_id) DO UPDATE SET count = CASE WHEN s.since < now() - interval '1 hour' THEN 0 ELSE s.count END, since = CASE WHEN s.since < now() - interval '1 hour' THEN now() ELSE s.since END
		RETURNING s.count, now() - s.last_at AS wait, s.since + interval '1 hour' - now() AS left`, user)
	if err != nil {
		return err
	}
	wait := betweenMessages - b.Wait
	if b.Count >= mostMessages {
		wait = b.Left
	}
	if wait > 0 {
		return fault.Limited("sms.wait", wait, "a code was sent already; another one can be sent in %s", max(wait.Round(time.Second), time.Second))
	}
	_, err = postgres.Exec(ctx, tx, `UPDATE sms_sent SET count = count + 1, last_at = now() WHERE user_id = $1`, user)
	return err
}

// hashOf binds a code to its telephone.
func hashOf(factor uuid.UUID, code string) []byte {
	return identity.HashOf(factor.String() + " " + code)
}

// useMessage tells whether a code is the one that was sent to the account's telephone,
// or with waiting to that one. It counts once.
func useMessage(ctx context.Context, tx pgx.Tx, user uuid.UUID, code string, waiting *uuid.UUID) (bool, error) {
	type row struct {
		ID       uuid.UUID
		CodeHash []byte
	}
	code = strings.ReplaceAll(code, " ", "")
	rows, err := postgres.Many[row](ctx, tx, `
		SELECT id, code_hash FROM user_factors WHERE user_id = $1 AND kind = 'sms' AND code_expires_at > now()
			AND (id = $2 AND confirmed_at IS NULL OR $2 IS NULL AND confirmed_at IS NOT NULL) FOR UPDATE`, user, waiting)
	for _, r := range rows {
		if subtle.ConstantTimeCompare(r.CodeHash, hashOf(r.ID, code)) == 1 {
			_, err := postgres.Exec(ctx, tx, `UPDATE user_factors SET code_hash = NULL, code_expires_at = NULL, last_used_at = now() WHERE id = $1`, r.ID)
			return err == nil, err
		}
	}
	return false, err
}

// phoneHint are the last digits of the telephone an account's codes are sent to; ""
// where it has none.
func (s *Service) phoneHint(ctx context.Context, user uuid.UUID) (string, error) {
	list, err := system(ctx, s, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, `SELECT hint FROM user_factors WHERE user_id = $1 AND kind = 'sms' AND confirmed_at IS NOT NULL ORDER BY created_at DESC LIMIT 1`, user)
	})
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}
