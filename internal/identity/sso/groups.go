package sso

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// MostGroups is how many groups of the identity provider may have a role.
const MostGroups = 200

// Group gives a role to the people of one of the identity provider's groups.
type Group struct {
	ID   uuid.UUID
	Name string // as the provider writes it: Entra ID sends ids, most others names
	Role tenant.Role
}

// given are the roles that a group, or coming here the first time, may give: all
// but owner, whom an owner names.
var given = identity.Roles()[1:]

func mayBeGiven(role string) bool { return slices.Contains(given, tenant.Role(role)) }

// Groups gives the groups that have a role, by name.
func (s *Service) Groups(ctx context.Context) ([]Group, error) {
	if err := identity.Require(ctx, identity.ManageSSO); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Group, error) {
		return postgres.Many[Group](ctx, tx, `SELECT id, name, role FROM sso_groups ORDER BY name`)
	})
}

// SetGroup gives a group a role, another one where it has one. It holds from the
// next sign-in of each of its people on. It returns fault.Invalid with the fields
// "group" and "role".
func (s *Service) SetGroup(ctx context.Context, name, role string) error {
	if _, err := owner(ctx); err != nil {
		return err
	}
	problems := fault.Fields{}
	if name = strings.TrimSpace(name); name == "" {
		problems.Add("group", "enter what the identity provider calls the group")
	}
	problems.Text("group", name, 200)
	if !mayBeGiven(role) {
		problems.Add("role", "choose a role; owners are named by an owner, never by a group")
	}
	if err := problems.Err(); err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		n, err := postgres.Value[int](ctx, tx, `SELECT (SELECT count(*) FROM sso_groups)::int FROM orgs WHERE id = current_org() FOR NO KEY UPDATE`)
		if err != nil {
			return err
		}
		if n >= MostGroups {
			return fault.Invalid("group", "there are %d groups with a role, which is the most; remove one first", n)
		}
		_, err = postgres.Exec(ctx, tx, `
			INSERT INTO sso_groups (org_id, id, name, role) VALUES (current_org(), $1, $2, $3) ON CONFLICT (org_id, name) DO UPDATE SET role = excluded.role`,
			postgres.NewID(), name, role)
		return err
	})
}

// RemoveGroup takes the role from a group; fault.NotFound where it has none.
func (s *Service) RemoveGroup(ctx context.Context, id uuid.UUID) error {
	if _, err := owner(ctx); err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		n, err := postgres.Exec(ctx, tx, `DELETE FROM sso_groups WHERE id = $1`, id)
		if err == nil && n == 0 {
			err = fault.NotFound("sso.group", "this group has no role any more")
		}
		return err
	})
}

// RoleOf is the role a member has by their groups, those the directory says they are
// in and those claimed at a sign-in: the one that may the most, "" in none. ruled is
// false where no group has a role, so that roles are given by hand.
func RoleOf(ctx context.Context, tx pgx.Tx, person uuid.UUID, claimed []string) (role tenant.Role, ruled bool, err error) {
	type group struct {
		Role tenant.Role
		Mine bool
	}
	list, err := postgres.Many[group](ctx, tx, `
		SELECT role, name = ANY ($2) OR name IN (SELECT g.name FROM scim_members m JOIN scim_groups g ON g.id = m.group_id WHERE m.person_id = $1) AS mine FROM sso_groups`,
		person, append([]string{}, claimed...)) // not nil, which would be NULL
	order := identity.Roles()
	for _, g := range list {
		if g.Mine && (role == "" || slices.Index(order, g.Role) < slices.Index(order, role)) {
			role = g.Role
		}
	}
	return role, len(list) > 0, err
}

// FirstRole is the role of somebody whom a directory names the first time: what an
// owner said for single sign-on, else the least.
func FirstRole(ctx context.Context, tx pgx.Tx) (tenant.Role, error) {
	list, err := postgres.Values[string](ctx, tx, `SELECT coalesce(default_role, 'viewer') FROM sso_connections`)
	if err != nil || len(list) == 0 {
		return tenant.Viewer, err
	}
	return tenant.Role(list[0]), nil
}
