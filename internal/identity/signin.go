package identity

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Device is what a request tells of where it comes from.
type Device struct {
	UserAgent string
	Address   netip.Addr
	Trusted   string // the token of a device on which no second factor is asked for, or ""
	Operator  bool   // they come to run the platform, and not to their organisation
}

var errWrong = fault.Unauthenticated("sign_in", "the e-mail address or the password is wrong; check both and try again")

type credentials struct {
	UserID   uuid.UUID
	Hash     string
	OrgID    *uuid.UUID
	PersonID *uuid.UUID

	Elsewhere bool // their organisations want their identity providers, and no password
}

var (
	errNoOrganisation = fault.Forbidden("sign_in.no_organisation", "your account belongs to no organisation that is open; ask an owner or admin to invite you again, or the operator if your organisation is suspended")
	errElsewhere      = fault.Forbidden("sign_in.sso", "your organisation has its people sign in through its identity provider: choose Single sign-on below")
)

// mayEnter refuses an account that has no organisation its own secrets open.
func (c credentials) mayEnter() error {
	switch {
	case c.OrgID == nil:
		return errNoOrganisation
	case c.Elsewhere:
		return errElsewhere
	}
	return nil
}

// SignIn checks a password and opens a session in the user's first organisation
// by name. It gives the session's token, which stands nowhere else. Where the account has a
// second factor the session is only half: see [Service.Half]. Whoever runs the platform,
// and is of no organisation or says that they come for that, gets a session for it. It returns
// fault.Unauthenticated in the same words, and after the same work, for a wrong
// address and a wrong password, and fault.Limited after too many wrong ones.
func (s *Service) SignIn(ctx context.Context, email, password string, d Device) (token string, err error) {
	email = strings.ToLower(strings.TrimSpace(storable(email, 320)))
	attempt := attemptOf(email, d.Address)
	if err := s.take(ctx, attempt); err != nil {
		return "", err
	}
	found, err := s.credentials(ctx, email)
	unknown := errors.Is(err, postgres.ErrNoRow)
	if err != nil && !unknown {
		return "", err
	}
	if unknown = unknown || found.Hash == noPassword; unknown {
		found.Hash = standIn()
	}
	matches, current, err := passwordMatches(ctx, found.Hash, password)
	if err != nil {
		return "", err
	}
	if unknown || !matches {
		if err := s.failed(ctx, attempt, email); err != nil {
			return "", err
		}
		return "", errWrong
	}
	if d.Operator || found.OrgID == nil {
		if token, err := s.openOperator(ctx, found.UserID, d, attempt, false); token != "" || err != nil {
			return token, err
		}
	}
	if err := found.mayEnter(); err != nil {
		return "", err
	}
	if !current {
		if found.Hash, err = HashPassword(ctx, password); err != nil {
			return "", err
		}
	}
	return s.openSession(ctx, found, d, attempt)
}

// credentials gives what an address signs in with; postgres.ErrNoRow where it has
// no account, or one that was disabled.
func (s *Service) credentials(ctx context.Context, email string) (credentials, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (credentials, error) {
		return postgres.One[credentials](ctx, tx, `
			SELECT u.id AS user_id, u.password_hash AS hash, m.org_id, m.person_id, coalesce(m.elsewhere, false) AS elsewhere
			FROM users u LEFT JOIN LATERAL (
				SELECT p.org_id, p.id AS person_id, coalesce(c.required AND c.break_glass <> p.id, false) AS elsewhere
				FROM people p JOIN orgs o ON o.id = p.org_id AND o.suspended_at IS NULL LEFT JOIN sso_connections c ON c.org_id = o.id
				WHERE p.user_id = u.id AND p.active ORDER BY elsewhere, o.name, o.id LIMIT 1) m ON true
			WHERE u.email = $1 AND u.disabled_at IS NULL`, email)
	})
}

func (s *Service) openSession(ctx context.Context, c credentials, d Device, a attempt) (string, error) {
	token, hash := Token()
	err := s.signing(ctx, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if err := a.giveBack(ctx, tx); err != nil {
			return 0, err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE users SET password_hash = $2, updated_at = now() WHERE id = $1 AND password_hash <> $2`, c.UserID, c.Hash); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `
			INSERT INTO sessions (id, token_hash, user_id, current_org_id, person_id, user_agent, address, pending, expires_at)
			SELECT $1, $2, $3, $4, $5, $6, $7, CASE WHEN asked THEN 'factor' END, now() + CASE WHEN asked THEN $9::interval ELSE $8 END
			FROM (SELECT EXISTS (SELECT FROM user_factors WHERE user_id = $3 AND confirmed_at IS NOT NULL)
				AND NOT EXISTS (SELECT FROM trusted_devices WHERE user_id = $3 AND token_hash = $10 AND expires_at > now()) AS asked) f`,
			postgres.NewID(), hash, c.UserID, c.OrgID, c.PersonID, storable(d.UserAgent, 300), addressOrNull(d.Address), SessionLife, HalfLife, HashOf(d.Trusted))
	})
	return token, err
}

// How guessing slows down. An account has freeFailures wrong passwords in a row;
// each one after doubles the wait, up to maxWait, so that nobody is locked out for
// ever. An address, which may be a whole office's, has addressBurst wrong ones at
// once and then one every addressEvery, so that nobody tries one password on
// many accounts. One that is being looked at takes addressPending of that: so six
// times addressBurst may sign in at the same moment, all of an office.
const (
	freeFailures = 5
	maxWait      = 15 * time.Minute
	forgetAfter  = 24 * time.Hour
	addressBurst = 100
	addressEvery = time.Minute

	addressPending = addressEvery / 6
)

// attempt names the rows of sign_in_failures that a sign-in counts in. That of
// the account has the number of failures and the time of the last; that of the
// address has, as last_at, the time at which all of its failures are forgotten.
type attempt struct{ account, address string }

func attemptOf(email string, from netip.Addr) attempt {
	return attempt{"account:" + digest(email), "address:" + digest(from.WithZone("").Unmap().String())}
}

// take counts an attempt before the password is looked at, as a failure of the
// account, so that many at once get no further than one after the other; giveBack
// undoes it for the right password, failed counts the rest of a wrong one. It returns fault.Limited, and counts nothing, where the
// account or the address has to wait.
func (s *Service) take(ctx context.Context, a attempt) error {
	err := s.signing(ctx, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		wait, err := a.wait(ctx, tx)
		if err != nil {
			return 0, err
		}
		if wait > 0 {
			return 0, fault.Limited("sign_in.wait", wait, "too many wrong passwords; try again in %s", max(wait.Round(time.Second), time.Second))
		}
		return postgres.Exec(ctx, tx, `
			UPDATE sign_in_failures SET
				failures = CASE WHEN last_at < clock_timestamp() - $4::interval THEN 1 ELSE failures + 1 END,
				last_at = CASE key WHEN $1 THEN clock_timestamp() ELSE greatest(last_at, clock_timestamp()) + $3::interval END
			WHERE key IN ($1, $2)`, a.account, a.address, addressPending, forgetAfter)
	})
	return err
}

// failed counts the rest of a wrong password for the address.
func (s *Service) failed(ctx context.Context, a attempt, email string) error {
	err := s.signing(ctx, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		// An account that is not there is as much work: one event, of no organisation.
		if _, err := postgres.Exec(ctx, tx, `
			SELECT audit.note(m.org_id, m.id, m.name, 'person', 'session.failed', 'read', 'sessions', NULL, '') FROM (
				SELECT p.org_id, p.id, p.name FROM users u JOIN people p ON p.user_id = u.id AND p.active WHERE u.email = $1
				UNION ALL SELECT '00000000-0000-0000-0000-000000000000', NULL, 'Somebody' WHERE NOT EXISTS (SELECT FROM users WHERE email = $1)
				ORDER BY org_id) m`, email); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `UPDATE sign_in_failures SET last_at = last_at + $2::interval WHERE key = $1`, a.address, addressEvery-addressPending)
	})
	return err
}

// wait tells how long the account and the address have to wait, and makes others
// wait until this transaction has counted.
func (a attempt) wait(ctx context.Context, tx pgx.Tx) (time.Duration, error) {
	type row struct {
		Key      string
		Failures int
		Age      time.Duration // since last_at
	}
	rows, err := postgres.Many[row](ctx, tx, `
		INSERT INTO sign_in_failures AS f (key, failures, last_at) VALUES ($1, 0, clock_timestamp()), ($2, 0, clock_timestamp())
		ON CONFLICT (key) DO UPDATE SET key = excluded.key
		RETURNING f.key, f.failures, clock_timestamp() - f.last_at AS age`, a.account, a.address)
	if err != nil {
		return 0, err
	}
	var longest time.Duration
	for _, r := range rows {
		wait := -r.Age - addressBurst*addressEvery
		if over := r.Failures - freeFailures; r.Key == a.account {
			wait = 0
			if over >= 0 && r.Age < forgetAfter {
				wait = min(maxWait, time.Second<<min(over, 20)) - r.Age
			}
		}
		longest = max(longest, wait)
	}
	return longest, nil
}

// ForgetFailures lets an account sign in at once, however many wrong passwords were
// tried on it: its owner has shown by other means who they are.
func ForgetFailures(ctx context.Context, tx pgx.Tx, email string) error {
	_, err := postgres.Exec(ctx, tx, `DELETE FROM sign_in_failures WHERE key = $1`, attemptOf(email, netip.Addr{}).account)
	return err
}

// giveBack takes the attempt back and forgets the account's failures.
func (a attempt) giveBack(ctx context.Context, tx pgx.Tx) error {
	if _, err := postgres.Exec(ctx, tx, `DELETE FROM sign_in_failures WHERE key = $1`, a.account); err != nil {
		return err
	}
	_, err := postgres.Exec(ctx, tx, `UPDATE sign_in_failures SET failures = greatest(failures - 1, 0), last_at = last_at - $2::interval WHERE key = $1`,
		a.address, addressPending)
	return err
}
