package people

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
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// inviteArgs asks for the mail of an invitation, in the scope of whoever invites.
type inviteArgs struct {
	OrgID     uuid.UUID `json:"org_id"`
	ActorID   uuid.UUID `json:"actor_id"`
	ActorName string    `json:"actor_name"`
	ID        uuid.UUID `json:"id"`
}

// Kind names the job in the queue.
func (inviteArgs) Kind() string { return "people.invite" }

// InsertOpts makes one mail of several requests in a minute.
func (inviteArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Alerts, Priority: queue.Usual, MaxAttempts: 12, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: time.Minute}}
}

type inviter struct {
	river.WorkerDefaults[inviteArgs]

	s *Service
}

// Jobs registers this room's job.
func (s *Service) Jobs(w *river.Workers) { river.AddWorker(w, inviter{s: s}) }

// Work makes the link of an invitation and mails it.
func (w inviter) Work(ctx context.Context, job *river.Job[inviteArgs]) error {
	return w.s.MailInvitation(ctx, mail.TryOf(job.JobRow), job.Args.OrgID, job.Args.ActorID, job.Args.ActorName, job.Args.ID)
}

// MailInvitation makes the link of an invitation of an organisation and mails it, in
// the scope of whoever invites. One that is open no more, or another's, is left alone;
// each try makes a link anew.
func (s *Service) MailInvitation(ctx context.Context, try mail.Try, org, actor uuid.UUID, actorName string, id uuid.UUID) error {
	ctx = tenant.With(ctx, tenant.Scope{OrgID: org, ActorID: actor, ActorName: actorName, Role: tenant.Viewer})
	email, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (string, error) {
		return postgres.Value[string](ctx, tx, `SELECT email FROM invitations WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	ask := mail.Ask{Try: try, Kind: inviteArgs{}.Kind(), To: email, Org: org, Anew: true}
	return s.mail.Deliver(ctx, s.db, ask, func(ctx context.Context) (mail.Letter, error) {
		return s.invitationLetter(ctx, id, actorName)
	})
}

// invitationLetter makes the link; the one before is void.
func (s *Service) invitationLetter(ctx context.Context, id uuid.UUID, actorName string) (mail.Letter, error) {
	token, hash := identity.Token()
	type invitation struct {
		Email, Role string
	}
	var look mail.Look
	in, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (invitation, error) {
		in, err := postgres.One[invitation](ctx, tx, `
			UPDATE invitations SET token_hash = $2, sent_at = now(), expires_at = now() + $3::interval
			WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() RETURNING email, role`, id, hash, InvitationLife)
		if err != nil {
			return in, err
		}
		look, err = lookOf(ctx, tx)
		return in, err
	})
	if errors.Is(err, postgres.ErrNoRow) {
		err = mail.ErrVoid
	}
	return inviteLetter(in.Email, actorName, tenant.Role(in.Role), token, look), err
}
