package roles

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/people"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

var builtIn = []string{"owner", "admin", "manager", "member", "viewer"}

func lower(s string) string { return strings.ToLower(s) }

// spaces gives a name with single blanks and none around it.
func spaces(s string) string { return strings.Join(strings.Fields(s), " ") }

// Create composes a role. It returns fault.Invalid with what is wrong with each
// field, "name", "base" and "permissions", and fault.Conflict where there are
// MostRoles.
func (s *Service) Create(ctx context.Context, d Details, key string) (Role, error) {
	if err := identity.Require(ctx, identity.EditRoles); err != nil {
		return Role{}, err
	}
	if err := d.tidy(); err != nil {
		return Role{}, err
	}
	r, err := postgres.Once(ctx, s.db, key, "roles.create", d, func(ctx context.Context, tx pgx.Tx) (Role, error) {
		// One composes at a time, so that the count holds.
		n, err := postgres.Value[int](ctx, tx, `SELECT (SELECT count(*) FROM roles)::int FROM orgs WHERE id = current_org() FOR NO KEY UPDATE`)
		if err != nil {
			return Role{}, err
		}
		if n >= MostRoles {
			return Role{}, fault.Conflict("role.most", "there are %d roles, which is the most; delete one that nobody has", n)
		}
		return postgres.One[Role](ctx, tx, `
			INSERT INTO roles (org_id, id, name, base, permissions) VALUES (current_org(), $1, $2, $3, $4) RETURNING `+columns,
			postgres.NewID(), d.Name, string(d.Base), d.Permissions)
	})
	return r, named(err, d.Name)
}

// named says in words that another role has the name.
func named(err error, name string) error {
	if postgres.Constraint(err) == "roles_name_key" {
		return fault.Invalid("name", "there is a role called %s already; choose another name or change that one", name)
	}
	return err
}

// Update renames a role and chooses again what its people may do. Their next
// request is decided by it. It returns fault.Stale where the role is not at the
// version any more, and else as Create.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int64, d Details) (Role, error) {
	if err := identity.Require(ctx, identity.EditRoles); err != nil {
		return Role{}, err
	}
	if err := d.tidy(); err != nil {
		return Role{}, err
	}
	r, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Role, error) {
		now, err := lock(ctx, tx, id)
		if err != nil {
			return Role{}, err
		}
		if now.Version != version {
			return Role{}, stale(ctx, tx, now)
		}
		if now.Name == d.Name && now.Base == d.Base && slices.Equal(now.Permissions, d.Permissions) {
			return now, nil
		}
		return postgres.One[Role](ctx, tx, `
			UPDATE roles SET name = $2, base = $3, permissions = $4, version = version + 1, updated_at = now() WHERE id = $1 RETURNING `+columns,
			id, d.Name, string(d.Base), d.Permissions)
	})
	return r, named(err, d.Name)
}

// stale says who changed the role last: the audit trail knows.
func stale(ctx context.Context, tx pgx.Tx, r Role) error {
	who, err := postgres.Value[string](ctx, tx, `SELECT actor FROM audit_entries WHERE table_name = 'roles' AND record_id = $1 ORDER BY id DESC LIMIT 1`, r.ID)
	if err != nil {
		return err
	}
	return identity.Stale(ctx, "role", r.Name, who, r.UpdatedAt)
}

// Delete deletes a role that nobody has; it returns fault.Conflict otherwise. What
// people without it may do is to be decided for each of them, never by the way.
func (s *Service) Delete(ctx context.Context, id uuid.UUID) (name string, err error) {
	if err := identity.Require(ctx, identity.EditRoles); err != nil {
		return "", err
	}
	var r Role
	err = postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (err error) {
		if r, err = lock(ctx, tx, id); err != nil {
			return err
		}
		if r.People > 0 {
			return inUse(r)
		}
		// People who have left keep nothing of it.
		if _, err := postgres.Exec(ctx, tx, `UPDATE people SET custom_role_id = NULL, updated_at = now() WHERE custom_role_id = $1 AND NOT active`, id); err != nil {
			return err
		}
		_, err = postgres.Exec(ctx, tx, `DELETE FROM roles WHERE id = $1`, id)
		return err
	})
	if postgres.Constraint(err) == "people_custom_role" { // given to somebody at this moment
		return "", inUse(r)
	}
	return r.Name, err
}

func inUse(r Role) error {
	return fault.Conflict("role.in_use", "somebody has the role %s; give its people another role first, then delete it", r.Name)
}

// Assign gives a member of the organisation a composed role, instead of the one they
// have; at once, for the sessions they have open too. Open invitations that the
// member made and could not make any more are revoked. Only owners change the role
// of an owner. It returns fault.NotFound for a role or person there is not, and
// fault.Conflict where the organisation would be left without an owner.
func (s *Service) Assign(ctx context.Context, person, role uuid.UUID) (name string, err error) {
	return s.give(ctx, person, func(ctx context.Context, tx pgx.Tx, m member) error {
		// Locked, so that its base can't change between here and the person's row.
		r, err := lock(ctx, tx, role)
		if err != nil {
			return err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE people SET custom_role_id = $2, role = $3, updated_at = now() WHERE id = $1 AND custom_role_id IS DISTINCT FROM $2`,
			m.ID, role, string(r.Base)); err != nil {
			return err
		}
		return people.Restrict(ctx, tx, m.ID, tenant.Scope{Role: r.Base, Only: r.Permissions})
	})
}

// Unassign takes a composed role from a person, who has its base whole from then
// on. A person without it is left alone.
func (s *Service) Unassign(ctx context.Context, person, role uuid.UUID) (name string, err error) {
	return s.give(ctx, person, func(ctx context.Context, tx pgx.Tx, m member) error {
		if _, err := lock(ctx, tx, role); err != nil {
			return err
		}
		_, err := postgres.Exec(ctx, tx, `UPDATE people SET custom_role_id = NULL, updated_at = now() WHERE id = $1 AND custom_role_id = $2`, m.ID, role)
		return err
	})
}

// member is the person whose role changes.
type member struct {
	ID   uuid.UUID
	Name string
	Role tenant.Role
}

func (s *Service) give(ctx context.Context, person uuid.UUID, change func(context.Context, pgx.Tx, member) error) (string, error) {
	if err := identity.Require(ctx, identity.ManagePeople); err != nil {
		return "", err
	}
	if err := identity.RequireVerified(ctx); err != nil {
		return "", err
	}
	var m member
	err := postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (err error) {
		m, err = postgres.One[member](ctx, tx, `SELECT id, name, role FROM people WHERE id = $1 AND kind = 'member' AND active FOR UPDATE`, person)
		if errors.Is(err, postgres.ErrNoRow) {
			return fault.NotFound("person", "there is no such member of your organisation; they may have left")
		}
		if err != nil {
			return err
		}
		if scope, _ := tenant.From(ctx); m.Role == tenant.Owner && scope.Role != tenant.Owner {
			return fault.Forbidden("forbidden.owner", "%s is an owner, whose role only an owner can change", m.Name)
		}
		return change(ctx, tx, m)
	})
	if postgres.Constraint(err) == "people_last_owner" {
		return "", fault.Conflict("people.last_owner", "%s is the only owner; make somebody else an owner first", m.Name)
	}
	return m.Name, err
}
