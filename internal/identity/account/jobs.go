package account

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// resetArgs asks for a link to choose another password. The account, if there is
// one, is found by the job.
type resetArgs struct {
	Email string `json:"email"`
}

// Kind names the job in the queue.
func (resetArgs) Kind() string { return "account.reset" }

// InsertOpts makes one mail of many requests in a minute, and gives up after a
// quarter of an hour: nobody waits longer for it.
func (resetArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Alerts, MaxAttempts: 6, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: time.Minute}}
}

// verifyArgs asks for a link to show that an address reaches an account's person:
// the account's own, or one it is to have.
type verifyArgs struct {
	UserID uuid.UUID `json:"user_id"`
	Email  string    `json:"email"`
}

// Kind names the job in the queue.
func (verifyArgs) Kind() string { return "account.verify" }

// InsertOpts is as that of resetArgs, with more patience.
func (verifyArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Alerts, MaxAttempts: 10, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: time.Minute}}
}

type resetter struct {
	river.WorkerDefaults[resetArgs]

	s *Service
}

// Work mails the link, if the address has an account.
func (w resetter) Work(ctx context.Context, job *river.Job[resetArgs]) error {
	a, err := w.s.account(ctx, nil, job.Args.Email)
	if errors.Is(err, postgres.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	ask := mail.Ask{Try: mail.TryOf(job.JobRow), Kind: resetArgs{}.Kind(), To: a.Email, Urgent: true, Anew: true}
	return w.s.deliver(ctx, a.ID, "reset", ask, ResetLife, func(token string) mail.Letter { return resetLetter(a.Email, token, a.look()) })
}

type verifier struct {
	river.WorkerDefaults[verifyArgs]

	s *Service
}

// Work mails the link.
func (w verifier) Work(ctx context.Context, job *river.Job[verifyArgs]) error {
	a, err := w.s.account(ctx, &job.Args.UserID, "")
	if errors.Is(err, postgres.ErrNoRow) {
		return nil // gone, or disabled since
	}
	if err != nil {
		return err
	}
	letter := moveLetter
	if a.Email == job.Args.Email {
		letter = verifyLetter
	}
	ask := mail.Ask{Try: mail.TryOf(job.JobRow), Kind: verifyArgs{}.Kind(), To: job.Args.Email, Urgent: true, Anew: true}
	return w.s.deliver(ctx, a.ID, "verify", ask, VerifyLife, func(token string) mail.Letter { return letter(job.Args.Email, token, a.look()) })
}

// Jobs registers this room's jobs.
func (s *Service) Jobs(w *river.Workers) {
	river.AddWorker(w, resetter{s: s})
	river.AddWorker(w, verifier{s: s})
}

type account struct {
	ID     uuid.UUID
	Email  string
	Name   *string // the organisation's, where the person belongs to one alone
	Colour *string
}

// account finds one by its id or else by its address; postgres.ErrNoRow where there
// is none, or one that was disabled.
func (s *Service) account(ctx context.Context, id *uuid.UUID, email string) (account, error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (account, error) {
		return postgres.One[account](ctx, tx, `
			SELECT u.id, u.email, o.name, o.colour FROM users u LEFT JOIN LATERAL (
				SELECT min(o.name) AS name, min(o.brand_color) AS colour FROM people p JOIN orgs o ON o.id = p.org_id
				WHERE p.user_id = u.id AND p.active HAVING count(*) = 1) o ON true
			WHERE (u.id = $1 OR u.email = $2) AND u.disabled_at IS NULL`, id, email)
	})
}

// look is that of the person's organisation; of several, nobody's.
func (a account) look() (l mail.Look) {
	if a.Name != nil {
		l.Name = *a.Name
	}
	if a.Colour != nil {
		l.Colour = *a.Colour
	}
	return l
}

// deliver makes a link and mails it. The link is there before the mail is, and
// taken back where the mail could not go out. An account that has enough links
// gets no other.
func (s *Service) deliver(ctx context.Context, user uuid.UUID, purpose string, ask mail.Ask, life time.Duration, letter func(token string) mail.Letter) error {
	token, hash := identity.Token()
	made := int64(0)
	sent := s.mail.Deliver(ctx, s.db, ask, func(ctx context.Context) (_ mail.Letter, err error) {
		if made, err = s.makeLink(ctx, hash, user, purpose, ask.To, life); err == nil && made == 0 {
			err = mail.ErrVoid
		}
		return letter(token), err
	})
	if sent == nil || made == 0 {
		return sent
	}
	_, err := postgres.System(context.WithoutCancel(ctx), s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `DELETE FROM account_links WHERE token_hash = $1`, hash)
	})
	return errors.Join(sent, err)
}

func (s *Service) makeLink(ctx context.Context, hash []byte, user uuid.UUID, purpose, email string, life time.Duration) (made int64, err error) {
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM account_links WHERE expires_at < now()`); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `
			INSERT INTO account_links (token_hash, user_id, purpose, email, expires_at)
			SELECT $1, $2, $3, $4, now() + $5::interval
			WHERE (SELECT count(*) FROM account_links WHERE user_id = $2 AND purpose = $3) < $6`,
			hash, user, purpose, email, life, mostLinks)
	})
}
