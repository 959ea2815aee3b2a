// Package roles lets an organisation compose roles of its own: a built-in one with
// less. A composed role has a base (manager, member or viewer), whose place in the
// matrix and whose rule about one's own records it keeps, and a choice of what the
// base may do. Whoever has it is told apart by [tenant.Scope]'s Only; the gate is
// identity's.
//
// People's rows are read with each request, so a change holds from the next one on.
package roles

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// MostRoles is how many roles an organisation composes at most: all of them stand
// on one page.
const MostRoles = 100

// Bases are the built-in roles that a role is composed from.
var Bases = []tenant.Role{tenant.Manager, tenant.Member, tenant.Viewer}

// Details are what an owner chooses.
type Details struct {
	Name        string
	Base        tenant.Role
	Permissions []string // names of identity.Permission, in their order; always with records.view
}

// Role is a composed role.
type Role struct {
	Details

	ID        uuid.UUID
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
	People    int // how many active people have it
}

// Person is somebody who has a role, or could get it.
type Person struct {
	ID       uuid.UUID
	Name     string
	Role     tenant.Role
	RoleName string // of the composed role; "" is none
	Has      bool   // the role that was asked about
}

// Full is a role with all its page shows.
type Full struct {
	Role

	Everybody []Person // the organisation's active members, by name
}

// Service keeps the roles.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

const columns = `id, name, base, permissions, version, created_at, updated_at,
	(SELECT count(*)::int FROM people p WHERE p.org_id = roles.org_id AND p.custom_role_id = roles.id AND p.active) AS people`

// Composable are the permissions that a role on a base may have, by name.
func Composable(base tenant.Role) []identity.Permission {
	return identity.Permissions(tenant.Scope{Role: base})
}

// List gives the organisation's roles by name. It is for those who compose roles or
// give them to people.
func (s *Service) List(ctx context.Context) ([]Role, error) {
	if err := identity.Require(ctx, identity.ManagePeople); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Role, error) {
		return postgres.Many[Role](ctx, tx, `SELECT `+columns+` FROM roles ORDER BY name_key`)
	})
}

// Get gives a role with the people who have it or could get it; fault.NotFound where
// there is none.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Full, error) {
	if err := identity.Require(ctx, identity.ManagePeople); err != nil {
		return Full{}, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (full Full, err error) {
		if full.Role, err = found(postgres.One[Role](ctx, tx, `SELECT `+columns+` FROM roles WHERE id = $1`, id)); err != nil {
			return full, err
		}
		full.Everybody, err = postgres.Many[Person](ctx, tx, `
			SELECT p.id, p.name, p.role, coalesce(r.name, '') AS role_name, coalesce(r.id = $1, false) AS has
			FROM people p LEFT JOIN roles r ON r.org_id = p.org_id AND r.id = p.custom_role_id
			WHERE p.kind = 'member' AND p.active ORDER BY p.name_key, p.id`, id)
		return full, err
	})
}

// lock gives a role that nobody else changes until the transaction ends.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Role, error) {
	return found(postgres.One[Role](ctx, tx, `SELECT `+columns+` FROM roles WHERE id = $1 FOR UPDATE`, id))
}

func found(r Role, err error) (Role, error) {
	if errors.Is(err, postgres.ErrNoRow) {
		return Role{}, errNoRole
	}
	return r, err
}

var errNoRole = fault.NotFound("role", "there is no such role in your organisation; it may have been deleted")

// tidy makes what was entered what is kept, or says by field what can't be.
func (d *Details) tidy() error {
	problems := fault.Fields{}
	d.Name = spaces(d.Name)
	problems.Text("name", d.Name, 40)
	switch {
	case d.Name == "":
		problems.Add("name", "give the role a name, for example Estimator")
	case slices.Contains(builtIn, lower(d.Name)):
		problems.Add("name", "%s is a built-in role; choose another name", d.Name)
	}
	if !slices.Contains(Bases, d.Base) {
		problems.Add("base", "choose manager, member or viewer")
		return problems.Err()
	}
	var over []identity.Permission
	chosen := []string{}
	for _, p := range Composable(tenant.Manager) {
		if !slices.Contains(d.Permissions, string(p)) {
			continue
		}
		if identity.May(tenant.Scope{Role: d.Base}, p) {
			chosen = append(chosen, string(p))
		} else {
			over = append(over, p)
		}
	}
	for _, p := range d.Permissions {
		if !slices.Contains(Composable(tenant.Manager), identity.Permission(p)) {
			problems.Add("permissions", "%q is nothing that a composed role can have: it is more than a manager may do, or no permission", p)
		}
	}
	if len(over) > 0 {
		problems.Add("permissions", "a %s can't %s; leave it out or choose another base", d.Base, over[0].Words())
	}
	if !slices.Contains(chosen, string(identity.ViewRecords)) {
		problems.Add("permissions", "a role has to let its people see records: without it no page opens")
	}
	d.Permissions = chosen
	return problems.Err()
}
