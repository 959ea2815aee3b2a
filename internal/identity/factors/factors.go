// Package factors holds what an account shows besides its password: codes of an
// authenticator app (TOTP, RFC 6238), passkeys (WebAuthn), ten backup codes, and
// the devices on which none of it is asked for. It serves the page that stands
// between the password and the program, and the person's own page about it all.
package factors

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/sms"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// TrustFor is how long a device is trusted.
const TrustFor = 30 * 24 * time.Hour

// MostFactors is how many authenticator apps and passkeys an account can have.
const MostFactors = 20

// Service checks and keeps factors.
type Service struct {
	db     *postgres.DB
	orgs   *orgs.Service
	people *identity.Service
	vault  *vault.Vault
	sms    *sms.Sender
}

// New gives the service.
func New(db *postgres.DB, o *orgs.Service, people *identity.Service, v *vault.Vault, messages *sms.Sender) *Service {
	return &Service{db, o, people, v, messages}
}

// Factor is an authenticator app or a passkey of an account.
type Factor struct {
	ID          uuid.UUID
	Kind        string // totp, passkey, sms
	Name        string
	CreatedAt   time.Time
	ConfirmedAt *time.Time // nil while its owner has not shown that it works
	LastUsedAt  *time.Time
}

// Overview is what an account has.
type Overview struct {
	Factors   []Factor
	CodesLeft int // backup codes that were not used
	Devices   []TrustedDevice
}

// TrustedDevice is a browser on which no second factor is asked for.
type TrustedDevice struct {
	ID        uuid.UUID
	UserAgent string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// system runs fn as the actor that signing in is done by.
func system[T any](ctx context.Context, s *Service, fn func(context.Context, pgx.Tx) (T, error)) (T, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, fn)
}

// Overview gives what the person who is signed in has.
func (s *Service) Overview(ctx context.Context) (Overview, error) {
	me, err := current(ctx)
	if err != nil {
		return Overview{}, err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) (o Overview, err error) {
		if o.Factors, err = postgres.Many[Factor](ctx, tx, `
			SELECT id, kind, name, created_at, confirmed_at, last_used_at FROM user_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL ORDER BY created_at`, me.UserID); err != nil {
			return o, err
		}
		if o.CodesLeft, err = postgres.Value[int](ctx, tx, `SELECT count(*)::int FROM backup_codes WHERE user_id = $1 AND used_at IS NULL`, me.UserID); err != nil {
			return o, err
		}
		o.Devices, err = postgres.Many[TrustedDevice](ctx, tx, `
			SELECT id, user_agent, created_at, expires_at FROM trusted_devices WHERE user_id = $1 AND expires_at > now() ORDER BY created_at DESC`, me.UserID)
		return o, err
	})
}

func current(ctx context.Context) (identity.Session, error) {
	me, ok := identity.Current(ctx)
	if !ok {
		return me, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	return me, nil
}

// fresh is the person who is signed in and has just shown that it is them.
func fresh(ctx context.Context) (identity.Session, error) {
	if err := identity.RequireFresh(ctx); err != nil {
		return identity.Session{}, err
	}
	return current(ctx)
}

// Remove takes a factor away. Where it was the last one the backup codes and the
// trusted devices go too, and where the organisation asks for a factor another
// has to be set up at the next request. It returns fault.NotFound for one that is
// not the person's own.
func (s *Service) Remove(ctx context.Context, id uuid.UUID) error {
	me, err := fresh(ctx)
	if err != nil {
		return err
	}
	_, err = system(ctx, s, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		n, err := postgres.Exec(ctx, tx, `DELETE FROM user_factors WHERE id = $1 AND user_id = $2`, id, me.UserID)
		if err == nil && n == 0 {
			err = fault.NotFound("factor", "you have no such sign-in method; it may have been removed already")
		}
		if err != nil {
			return 0, err
		}
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM backup_codes WHERE user_id = $1 AND NOT EXISTS (SELECT FROM user_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL)`, me.UserID); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `DELETE FROM trusted_devices WHERE user_id = $1 AND NOT EXISTS (SELECT FROM user_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL)`, me.UserID)
	})
	return err
}

// Trust has the account's factor no longer asked for on a device; it gives the
// token that the device keeps.
func trust(ctx context.Context, tx pgx.Tx, user uuid.UUID, d identity.Device) (string, error) {
	token, hash := identity.Token()
	_, err := postgres.Exec(ctx, tx, `INSERT INTO trusted_devices (id, user_id, token_hash, user_agent, expires_at) VALUES ($1, $2, $3, left($4, 300), now() + $5::interval)`,
		postgres.NewID(), user, hash, d.UserAgent, TrustFor)
	return token, err
}

// Distrust ends the trust in all devices of the person who is signed in.
func (s *Service) Distrust(ctx context.Context) (int64, error) {
	me, err := current(ctx)
	if err != nil {
		return 0, err
	}
	return system(ctx, s, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `DELETE FROM trusted_devices WHERE user_id = $1`, me.UserID)
	})
}

// refuseMany refuses one factor more than MostFactors.
func refuseMany(ctx context.Context, tx pgx.Tx, user uuid.UUID) error {
	n, err := postgres.Value[int](ctx, tx, `SELECT count(*)::int FROM user_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL`, user)
	if err == nil && n >= MostFactors {
		err = fault.Conflict("factor.many", "you have %d sign-in methods, which is as many as can be; remove one first", n)
	}
	return err
}
