// Package people is the list of who belongs to an organisation, and how somebody
// gets on it, moves within it and off it: invitations, roles, removal, the handing
// over of ownership.
//
// Who may do what to whom: owners and admins everything but make an owner; managers
// invite members and viewers. Nobody does anything to somebody above them, or to
// themselves. An owner is made by another owner alone, with the password typed once
// more. That one owner stays is the database's constraint people_last_owner.
package people

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Service does it.
type Service struct {
	db       *postgres.DB
	identity *identity.Service
	mail     *mail.Post
}

// New gives the service.
func New(db *postgres.DB, people *identity.Service, post *mail.Post) *Service {
	return &Service{db, people, post}
}

// State is where somebody stands.
type State string

// The states.
const (
	Invited     State = "invited"     // has a mail with a link; may be too old by now
	Active      State = "active"      // a member
	Removed     State = "removed"     // was a member
	Placeholder State = "placeholder" // a name that an import brought
)

// Entry is a line of the list: a person, or an invitation that is open.
type Entry struct {
	ID         uuid.UUID // of the person, or of the invitation
	State      State
	Name       string
	Email      *string
	Role       tenant.Role
	LastSeenAt *time.Time
	ExpiresAt  *time.Time // of an invitation
	Since      time.Time

	RefusedAt *time.Time `db:"-"` // since when its address gets no mail, for refusing it
}

// Expired tells whether an invitation is too old to be accepted.
func (e Entry) Expired() bool { return e.ExpiresAt != nil && e.ExpiresAt.Before(time.Now()) }

const entries = `
	SELECT * FROM (
		SELECT id, CASE WHEN kind = 'placeholder' THEN 'placeholder' WHEN active THEN 'active' ELSE 'removed' END AS state,
			name, email, role, last_seen_at, NULL::timestamptz AS expires_at, created_at AS since
		FROM people WHERE kind IN ('member', 'placeholder')
		UNION ALL
		SELECT id, 'invited', name, email, role, NULL, expires_at, created_at FROM invitations WHERE accepted_at IS NULL AND revoked_at IS NULL) e`

// List gives everybody, or those in one state, or with the words q in their name or
// address: members first, then by name.
func (s *Service) List(ctx context.Context, state State, q string) ([]Entry, error) {
	if err := identity.Require(ctx, identity.InvitePeople); err != nil {
		return nil, err
	}
	list, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Entry, error) {
		return postgres.Many[Entry](ctx, tx, entries+`
			WHERE ($1 = '' OR state = $1) AND ($2 = '' OR strpos(lower(name || ' ' || coalesce(email, '')), lower($2)) > 0)
			ORDER BY array_position(ARRAY['active', 'invited', 'placeholder', 'removed'], state), lower(name), id`, string(state), q)
	})
	if err != nil {
		return nil, err
	}
	return list, s.findRefusing(ctx, list)
}

// findRefusing notes whose addresses refuse mails: of members and of open invitations,
// whom a mail might have to reach.
func (s *Service) findRefusing(ctx context.Context, list []Entry) error {
	var emails []string
	for _, e := range list {
		if e.Email != nil && (e.State == Active || e.State == Invited) {
			emails = append(emails, *e.Email)
		}
	}
	since, err := mail.Refusing(ctx, s.db, emails)
	for i, e := range list {
		if e.Email == nil || e.State != Active && e.State != Invited {
			continue
		}
		if at, ok := since[*e.Email]; ok {
			list[i].RefusedAt = &at
		}
	}
	return err
}

// Get gives one person or open invitation; fault.NotFound where there is none.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Entry, error) {
	if err := identity.Require(ctx, identity.InvitePeople); err != nil {
		return Entry{}, err
	}
	e, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Entry, error) {
		return postgres.One[Entry](ctx, tx, entries+` WHERE id = $1`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return Entry{}, errNobody
	}
	if err != nil {
		return Entry{}, err
	}
	one := []Entry{e}
	err = s.findRefusing(ctx, one)
	return one[0], err
}

var errNobody = fault.NotFound("person", "there is no such person or open invitation in your organisation")

// Gives are the roles that somebody may give to others. In a composed role they are
// fewer: nobody gives more than they have.
func Gives(s tenant.Scope) []tenant.Role {
	var roles []tenant.Role
	switch s.Role {
	case tenant.Owner, tenant.Admin:
		roles = []tenant.Role{tenant.Admin, tenant.Manager, tenant.Member, tenant.Viewer}
	case tenant.Manager:
		roles = []tenant.Role{tenant.Member, tenant.Viewer}
	case tenant.Member, tenant.Viewer:
	}
	return slices.DeleteFunc(roles, func(r tenant.Role) bool {
		return slices.ContainsFunc(identity.Permissions(tenant.Scope{Role: r}), func(p identity.Permission) bool { return !identity.May(s, p) })
	})
}

// mayGive refuses a role that the actor may not give.
func mayGive(ctx context.Context, role tenant.Role) error {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	switch {
	case role == tenant.Owner:
		return fault.Invalid("role", "nobody becomes an owner this way; an owner hands the organisation over under Settings, Ownership")
	case !slices.Contains(identity.Roles(), role):
		return fault.Invalid("role", "%q is no role; it is one of admin, manager, member, viewer", role)
	case !slices.Contains(Gives(scope), role):
		return fault.Forbidden("role", "you can give the roles member and viewer only, and none that may do more than you; ask an owner or admin")
	}
	return nil
}

// mayTouch refuses to change somebody above the actor, or the actor.
func mayTouch(ctx context.Context, id uuid.UUID, role tenant.Role) error {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	order := identity.Roles() // from the one that may the most
	switch {
	case scope.ActorID == id:
		return fault.Forbidden("self", "you can't do this to yourself; ask another owner or admin")
	case slices.Index(order, role) < slices.Index(order, scope.Role):
		return fault.Forbidden("above", "an %s is above you; ask an owner", role)
	}
	return nil
}
