package identity

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// ChangePassword gives the person who is signed in another password and ends
// their other sessions. It returns fault.Invalid, with the fields "current" and
// "password", where the current one is wrong or the new one won't do, and
// fault.Limited after too many wrong ones, which count like those of a sign-in.
func (s *Service) ChangePassword(ctx context.Context, current, password string, d Device) error {
	session, ok := Current(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	if err := CheckPassword(password, session.Email, session.Name, session.OrgName); err != nil {
		return err
	}
	if current == password {
		return fault.Invalid("password", "this is the password you have; think of another one")
	}
	attempt, err := s.checkCurrent(ctx, session, current, d)
	if err != nil {
		return err
	}
	hash, err := HashPassword(ctx, password)
	if err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if err := attempt.giveBack(ctx, tx); err != nil {
			return 0, err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE users SET password_hash = $2, updated_at = now() WHERE id = $1`, session.UserID, hash); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `
			WITH operators AS (UPDATE operator_sessions SET revoked_at = now() WHERE operator_id = $2 AND revoked_at IS NULL)
			UPDATE sessions SET revoked_at = now() WHERE id <> $1 AND user_id = $2 AND revoked_at IS NULL`, session.ID, session.UserID)
	})
	return err
}

// checkCurrent refuses a wrong current password, and counts it.
func (s *Service) checkCurrent(ctx context.Context, session Session, password string, d Device) (attempt, error) {
	type account struct{ Email, Hash string }
	found, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (account, error) {
		return postgres.One[account](ctx, tx, `SELECT email, password_hash AS hash FROM users WHERE id = $1`, session.UserID)
	})
	if err != nil {
		return attempt{}, err
	}
	if found.Hash == noPassword {
		return attempt{}, fault.Invalid("current", "your account has no password: you come through your organisation's identity provider; \"Forgot your password?\" at the sign-in sets one")
	}
	a := attemptOf(found.Email, d.Address)
	if err := s.take(ctx, a); err != nil {
		return attempt{}, err
	}
	matches, _, err := passwordMatches(ctx, found.Hash, password)
	if err != nil || matches {
		return a, err
	}
	if err := s.failed(ctx, a, found.Email); err != nil {
		return a, err
	}
	return a, fault.Invalid("current", "this is not the password you have")
}
