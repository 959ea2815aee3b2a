// Package account keeps a person in possession of their account: showing that its
// e-mail address reaches them, changing the address, and choosing another password
// by a mailed link.
//
// A link is made by the job that mails it, and only its hash is kept, so nothing
// at rest opens an account. A request for a link does the same work whether there
// is such an account or not: it asks for a job, and the job finds out.
package account

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	post "github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// How long a link is good for.
const (
	ResetLife  = 30 * time.Minute
	VerifyLife = 48 * time.Hour
)

// mostLinks is how many links of a kind an account has at a time: whoever asks more
// often fills somebody's mailbox. The links there are stay good, so that asking in
// another's name takes nothing from them.
const mostLinks = 5

// Service does it.
type Service struct {
	db     *postgres.DB
	people *identity.Service
	mail   *post.Post
}

// New gives the service.
func New(db *postgres.DB, people *identity.Service, mail *post.Post) *Service {
	return &Service{db, people, mail}
}

// AskReset asks for a link to choose another password. It does not tell whether
// the address has an account.
func (s *Service) AskReset(ctx context.Context, email string) error {
	address, err := tidyAddress(email)
	if err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, queue.Insert(ctx, tx, resetArgs{Email: address})
	})
	return err
}

// AskVerify asks for another link by which the person who is signed in shows that
// their address reaches them. It returns fault.Conflict where it is confirmed.
func (s *Service) AskVerify(ctx context.Context) error {
	session, ok := identity.Current(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	if !session.Unverified {
		return fault.Conflict("verified", "your address is confirmed already")
	}
	_, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		email, err := postgres.Value[string](ctx, tx, `SELECT email FROM users WHERE id = $1`, session.UserID)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, queue.Insert(ctx, tx, verifyArgs{UserID: session.UserID, Email: email})
	})
	return err
}

// Welcome asks for the first such link of an account that the operator made.
func (s *Service) Welcome(ctx context.Context, email string) error {
	email = strings.ToLower(strings.TrimSpace(email))
	_, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		id, err := postgres.Value[uuid.UUID](ctx, tx, `SELECT id FROM users WHERE email = $1`, email)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, queue.Insert(ctx, tx, verifyArgs{UserID: id, Email: email})
	})
	return err
}

// ChangeEmail asks for the link that gives the account of the person who is signed
// in another address. The account has the address it has until the link is
// followed, so a slip of the finger locks nobody out. It returns fault.Invalid, with
// the fields "email" and "current", and fault.Limited after too many wrong
// passwords. It does not tell whether the address has an account.
func (s *Service) ChangeEmail(ctx context.Context, email, password string, d identity.Device) error {
	session, ok := identity.Current(ctx)
	if !ok {
		return fault.Unauthenticated("unauthenticated", "sign in first")
	}
	address, err := tidyAddress(email)
	if err != nil {
		return err
	}
	if address == session.Email {
		return fault.Invalid("email", "this is the address you have")
	}
	if err := s.people.Confirm(ctx, password, d); err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, queue.Insert(ctx, tx, verifyArgs{UserID: session.UserID, Email: address})
	})
	return err
}

func tidyAddress(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > 320 || !utf8.ValidString(email) || strings.ContainsRune(email, 0) {
		return "", fault.Invalid("email", "this is no e-mail address; an example: pat@titanroofing.example")
	}
	return email, nil
}

// errLink is the answer to a link that is unknown, was used, or is too old, all
// alike. An unknown one has no kind to speak of.
var errLink = fault.NotFound("link", "this link has been used or is too old; ask for another one")

// link is a mailed link that is good.
type link struct {
	UserID uuid.UUID
	Email  string // where it was sent
	Name   string // of the account
	Now    string // the address of the account
}

// look gives what a link is about, without using it up.
func (s *Service) look(ctx context.Context, token, purpose string) (link, error) {
	found, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (link, error) {
		return postgres.One[link](ctx, tx, `
			SELECT l.user_id, l.email, u.name, u.email AS now FROM account_links l JOIN users u ON u.id = l.user_id AND u.disabled_at IS NULL
			WHERE l.token_hash = $1 AND l.purpose = $2 AND l.expires_at > now()`, identity.HashOf(token), purpose)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return link{}, errLink
	}
	return found, err
}

// take uses a link up. Two that come with the same one at once: the second finds none.
func take(ctx context.Context, tx pgx.Tx, token, purpose string) (link, error) {
	found, err := postgres.One[link](ctx, tx, `
		DELETE FROM account_links l USING users u WHERE u.id = l.user_id AND u.disabled_at IS NULL
			AND l.token_hash = $1 AND l.purpose = $2 AND l.expires_at > now()
		RETURNING l.user_id, l.email, u.name, u.email AS now`, identity.HashOf(token), purpose)
	if errors.Is(err, postgres.ErrNoRow) {
		return link{}, errLink
	}
	return found, err
}

// Reset gives the account of a mailed link another password. It ends all of the
// account's sessions and its trust in devices, and uses up all of its links, and it signs nobody in: what else
// signing in asks for is asked. Waits for wrong passwords end, so that nobody can
// lock an owner out by guessing. It returns fault.NotFound for a link that is not
// good any more, and fault.Invalid with the field "password".
func (s *Service) Reset(ctx context.Context, token, password string) error {
	found, err := s.look(ctx, token, "reset")
	if err != nil {
		return err
	}
	names, err := s.about(ctx, found.UserID)
	if err != nil {
		return err
	}
	if err := identity.CheckPassword(password, append(names, found.Name, found.Now)...); err != nil {
		return err
	}
	hash, err := identity.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	_, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		l, err := take(ctx, tx, token, "reset")
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.reset(ctx, tx, l, hash)
	})
	return err
}

func (s *Service) reset(ctx context.Context, tx pgx.Tx, l link, hash string) error {
	// The link was mailed to the account's address: whoever has it is reached there.
	_, err := postgres.Exec(ctx, tx, `UPDATE users SET password_hash = $2, verified_at = coalesce(verified_at, now()), updated_at = now() WHERE id = $1`, l.UserID, hash)
	if err != nil {
		return err
	}
	if _, err := postgres.Exec(ctx, tx, `
		WITH operators AS (UPDATE operator_sessions SET revoked_at = now() WHERE operator_id = $1 AND revoked_at IS NULL)
		UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL`, l.UserID); err != nil {
		return err
	}
	// A device that somebody else had trusted is asked for the second factor again.
	if _, err := postgres.Exec(ctx, tx, `DELETE FROM trusted_devices WHERE user_id = $1`, l.UserID); err != nil {
		return err
	}
	if _, err := postgres.Exec(ctx, tx, `DELETE FROM account_links WHERE user_id = $1`, l.UserID); err != nil {
		return err
	}
	if err := identity.ForgetFailures(ctx, tx, l.Now); err != nil {
		return err
	}
	return s.mail.Write(ctx, tx, changedLetter(l.Now))
}

// about gives the names of the account's organisations, which a password must not be made of.
func (s *Service) about(ctx context.Context, user uuid.UUID) ([]string, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, `SELECT o.name FROM people p JOIN orgs o ON o.id = p.org_id WHERE p.user_id = $1 AND p.active`, user)
	})
}

// Confirm takes the word of a mailed link that its address reaches the person: the
// account's own, or the one it gets by this. It gives the address. It returns
// fault.NotFound for a link that is not good any more, and fault.Conflict where
// another account has the address by now.
func (s *Service) Confirm(ctx context.Context, token string) (email string, err error) {
	email, err = postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (string, error) {
		l, err := take(ctx, tx, token, "verify")
		if err != nil {
			return "", err
		}
		if l.Email == l.Now {
			_, err := postgres.Exec(ctx, tx, `UPDATE users SET verified_at = now(), updated_at = now() WHERE id = $1 AND verified_at IS NULL`, l.UserID)
			return l.Email, err
		}
		return l.Email, s.move(ctx, tx, l)
	})
	if postgres.Constraint(err) == "users_email_key" {
		return "", fault.Conflict("email.taken", "another account has this address already; sign in with that one, or choose another address")
	}
	return email, err
}

// move gives an account another address. Links that went to the old one are void.
func (s *Service) move(ctx context.Context, tx pgx.Tx, l link) error {
	if _, err := postgres.Exec(ctx, tx, `UPDATE users SET email = $2, verified_at = now(), updated_at = now() WHERE id = $1`, l.UserID, l.Email); err != nil {
		return err
	}
	if _, err := postgres.Exec(ctx, tx, `UPDATE people SET email = $2, updated_at = now() WHERE user_id = $1`, l.UserID, l.Email); err != nil {
		return err
	}
	if _, err := postgres.Exec(ctx, tx, `DELETE FROM account_links WHERE user_id = $1`, l.UserID); err != nil {
		return err
	}
	return s.mail.Write(ctx, tx, movedLetter(l.Now))
}
