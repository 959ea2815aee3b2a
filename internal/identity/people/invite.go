package people

import (
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// InvitationLife is how long an invitation can be accepted after it was mailed.
const InvitationLife = 7 * 24 * time.Hour

// MostAtOnce is how many people are invited at once.
const MostAtOnce = 500

// Invitation is whom to invite, and as what.
type Invitation struct {
	Email       string
	Name        string // where empty, the placeholder's, or the part of the address before the @
	Role        tenant.Role
	Placeholder *uuid.UUID // the person of an import whose work becomes theirs
}

// Checked is an invitation with what is wrong with it, by field: nil is nothing.
type Checked struct {
	Invitation

	Problems fault.Fields
}

// Invite invites people, all of them or, where one can't be, nobody. It gives the
// invitations' ids. It returns fault.Invalid for what is wrong with the only one,
// and fault.Conflict where more than one was given; Check says what it is.
func (s *Service) Invite(ctx context.Context, list ...Invitation) ([]uuid.UUID, error) {
	if err := inviting(ctx, list); err != nil {
		return nil, err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]uuid.UUID, error) {
		checked, err := check(ctx, tx, list)
		if err != nil {
			return nil, err
		}
		if err := refusal(checked); err != nil {
			return nil, err
		}
		return write(ctx, tx, checked, scope)
	})
	switch postgres.Constraint(err) {
	case "invitations_open_email_key", "invitations_open_placeholder_key":
		return nil, fault.Conflict("invited", "somebody else invited one of them at the same moment; look at the list and do it again")
	}
	return ids, err
}

// Check tells of each invitation what stands in its way, and invites nobody.
func (s *Service) Check(ctx context.Context, list ...Invitation) ([]Checked, error) {
	if err := inviting(ctx, list); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Checked, error) { return check(ctx, tx, list) })
}

func inviting(ctx context.Context, list []Invitation) error {
	if err := identity.Require(ctx, identity.InvitePeople); err != nil {
		return err
	}
	if err := identity.RequireVerified(ctx); err != nil {
		return err
	}
	if n := len(list); n == 0 || n > MostAtOnce {
		return fault.Invalid("file", "there are %d people in it; 1 to %d are invited at once", n, MostAtOnce)
	}
	return nil
}

func refusal(list []Checked) error {
	wrong := 0
	for _, c := range list {
		if len(c.Problems) > 0 {
			wrong++
		}
	}
	switch {
	case wrong == 0:
		return nil
	case len(list) == 1:
		return list[0].Problems.Err()
	}
	return fault.Conflict("invitations", "nobody was invited: something is wrong with %d of %d rows", wrong, len(list))
}

// check judges each invitation by itself, against the others, and against who is there.
func check(ctx context.Context, tx pgx.Tx, list []Invitation) ([]Checked, error) {
	checked, seen, emails := make([]Checked, len(list)), map[string]bool{}, []string{}
	for i, in := range list {
		in.Email, in.Name = strings.ToLower(strings.TrimSpace(in.Email)), strings.TrimSpace(in.Name)
		c := Checked{Invitation: in, Problems: fault.Fields{}}
		if address, err := mail.ParseAddress(in.Email); err != nil || address.Address != in.Email || !utf8.ValidString(in.Email) || len(in.Email) > 320 {
			c.Problems.Add("email", "%q is no e-mail address; an example: pat@titanroofing.example", in.Email)
		} else if seen[in.Email] {
			c.Problems.Add("email", "this address is in the list more than once")
		}
		c.Problems.Text("email", in.Email, 320)
		c.Problems.Text("name", in.Name, 200)
		if refused := fault.As(mayGive(ctx, in.Role)); refused != nil {
			c.Problems.Add("role", "%s", refused.Message)
		}
		if len(c.Problems) == 0 {
			emails = append(emails, in.Email)
		}
		seen[in.Email], checked[i] = true, c
	}
	if err := checkEmails(ctx, tx, checked, emails); err != nil {
		return nil, err
	}
	return checked, checkPlaceholders(ctx, tx, checked)
}

// checkEmails finds those who are members, or invited, already.
func checkEmails(ctx context.Context, tx pgx.Tx, checked []Checked, emails []string) error {
	type known struct{ Email, Words string }
	taken, err := postgres.Many[known](ctx, tx, `
		SELECT email, 'is a member already' AS words FROM people WHERE kind = 'member' AND active AND email = ANY ($1)
		UNION ALL
		SELECT email, 'has an open invitation; send that one again, or revoke it first' FROM invitations
		WHERE accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() AND email = ANY ($1)`, emails)
	if err != nil {
		return err
	}
	for _, k := range taken {
		for i := range checked {
			if checked[i].Email == k.Email {
				checked[i].Problems.Add("email", "%s %s", k.Email, k.Words)
			}
		}
	}
	return nil
}

// checkPlaceholders sees that each is one, and gives its name to whoever has none.
// Somebody who was a member has work of their own, which can't be joined with it.
func checkPlaceholders(ctx context.Context, tx pgx.Tx, checked []Checked) error {
	for i := range checked {
		c := &checked[i]
		if c.Placeholder != nil {
			type found struct {
				Name   string
				Member bool
			}
			p, err := postgres.One[found](ctx, tx, `
				SELECT name, EXISTS (SELECT FROM people WHERE kind = 'member' AND email = $2) AS member FROM people WHERE id = $1 AND kind = 'placeholder'`, *c.Placeholder, c.Email)
			switch {
			case errors.Is(err, postgres.ErrNoRow):
				c.Problems.Add("placeholder", "there is no such person from an import any more; choose one from the list")
			case err != nil:
				return err
			case p.Member:
				c.Problems.Add("placeholder", "%s was a member before and has work of their own; invite them without joining it with that of %s", c.Email, p.Name)
			case c.Name == "":
				c.Name = p.Name
			}
		}
		if c.Name == "" {
			c.Name, _, _ = strings.Cut(c.Email, "@")
		}
	}
	return nil
}

func write(ctx context.Context, tx pgx.Tx, list []Checked, scope tenant.Scope) ([]uuid.UUID, error) {
	ids, jobs := make([]uuid.UUID, len(list)), make([]river.JobArgs, len(list))
	var emails, names, roles []string
	var placeholders []*uuid.UUID
	for i, c := range list {
		ids[i] = postgres.NewID()
		jobs[i] = inviteArgs{OrgID: scope.OrgID, ActorID: scope.ActorID, ActorName: scope.ActorName, ID: ids[i]}
		emails, names, roles, placeholders = append(emails, c.Email), append(names, c.Name), append(roles, string(c.Role)), append(placeholders, c.Placeholder)
	}
	// Those that are too old make way.
	if _, err := postgres.Exec(ctx, tx, `
		UPDATE invitations SET revoked_at = now() WHERE accepted_at IS NULL AND revoked_at IS NULL AND expires_at <= now()
			AND (email = ANY ($1) OR placeholder_id = ANY ($2::uuid[]))`, emails, placeholders); err != nil {
		return nil, err
	}
	_, err := postgres.Exec(ctx, tx, `
		INSERT INTO invitations (org_id, id, email, name, role, placeholder_id, expires_at, created_by)
		SELECT current_org(), id, email, name, role, placeholder, now() + $6::interval, $7
		FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[]) i (id, email, name, role, placeholder)`,
		ids, emails, names, roles, placeholders, InvitationLife, scope.ActorID)
	if err != nil {
		return nil, err
	}
	return ids, queue.Insert(ctx, tx, jobs...)
}

// open locks an invitation that is neither accepted nor revoked, and refuses one to
// a role that the actor could not give.
func open(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	role, err := postgres.Value[string](ctx, tx, `SELECT role FROM invitations WHERE id = $1 AND accepted_at IS NULL AND revoked_at IS NULL FOR UPDATE`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		return fault.NotFound("invitation", "there is no such open invitation any more")
	}
	if err != nil {
		return err
	}
	return mayGive(ctx, tenant.Role(role))
}

// Again mails an open invitation once more, with a new link that is good for
// another seven days; the one before is void. It returns fault.NotFound where it is
// open no more.
func (s *Service) Again(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx, scope tenant.Scope) error {
		if err := open(ctx, tx, id); err != nil {
			return err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE invitations SET token_hash = NULL, expires_at = now() + $2::interval WHERE id = $1`, id, InvitationLife); err != nil {
			return err
		}
		return queue.Insert(ctx, tx, inviteArgs{OrgID: scope.OrgID, ActorID: scope.ActorID, ActorName: scope.ActorName, ID: id})
	})
}

// Revoke voids an open invitation; fault.NotFound where it is open no more.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID) error {
	return s.change(ctx, func(ctx context.Context, tx pgx.Tx, _ tenant.Scope) error {
		if err := open(ctx, tx, id); err != nil {
			return err
		}
		_, err := postgres.Exec(ctx, tx, `UPDATE invitations SET revoked_at = now() WHERE id = $1`, id)
		return err
	})
}

func (s *Service) change(ctx context.Context, fn func(context.Context, pgx.Tx, tenant.Scope) error) error {
	if err := identity.Require(ctx, identity.InvitePeople); err != nil {
		return err
	}
	if err := identity.RequireVerified(ctx); err != nil {
		return err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error { return fn(ctx, tx, scope) })
}

// placeholders gives the people of imports whom nobody was invited as yet.
func (s *Service) placeholders(ctx context.Context) ([]Entry, error) {
	list, err := s.List(ctx, Placeholder, "")
	if err != nil {
		return nil, err
	}
	taken, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]uuid.UUID, error) {
		return postgres.Values[uuid.UUID](ctx, tx, `
			SELECT placeholder_id FROM invitations WHERE accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now() AND placeholder_id IS NOT NULL`)
	})
	return slices.DeleteFunc(list, func(e Entry) bool { return slices.Contains(taken, e.ID) }), err
}
