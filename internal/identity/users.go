// Package identity knows who people are: users and their passwords, the people
// of an organisation and their roles, sessions, and who may do what.
package identity

import (
	"context"
	"net/http"
	"net/mail"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Service reads and writes users, people and sessions.
type Service struct {
	db   *postgres.DB
	orgs *orgs.Service

	leave    func(r *http.Request, org uuid.UUID, who Provided) string // see OnLeaving
	operates func(*http.Request) bool                                  // see OnOperator
	doors    chan struct{}                                             // see signing
}

// New gives the service.
func New(db *postgres.DB, o *orgs.Service) *Service {
	return &Service{db: db, orgs: o, doors: make(chan struct{}, doorsOf(db))}
}

// NewUser is what CreateUser needs.
type NewUser struct {
	Email    string
	Name     string // where empty, the part of the address before the @
	OrgSlug  string
	Role     tenant.Role
	Password string // ignored where the user exists already
	Verified bool   // whoever makes the account knows that mail to the address reaches them
}

// CreateUser makes somebody a member of an organisation, and a user where the
// address is new. It is the operator's: commands on this machine call it. It
// returns fault.Conflict where the person is a member of the organisation already.
func (s *Service) CreateUser(ctx context.Context, n NewUser) (created bool, err error) {
	n.Email = strings.ToLower(strings.TrimSpace(n.Email))
	org, err := s.orgs.BySlug(ctx, n.OrgSlug)
	if err != nil {
		return false, err
	}
	if err := n.check(org.Name); err != nil {
		return false, err
	}
	hash, err := HashPassword(ctx, n.Password)
	if err != nil {
		return false, err
	}
	created, err = postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (bool, error) {
		return createUser(ctx, tx, n, hash, org.ID)
	})
	if postgres.Constraint(err) == "people_one_membership" {
		return false, fault.Conflict("user.member", "%s is a member of %s already", n.Email, org.Name)
	}
	return created, err
}

func (n *NewUser) check(org string) error {
	problems := fault.Fields{}
	if address, err := mail.ParseAddress(n.Email); err != nil || address.Address != n.Email {
		problems.Add("email", "%q is no e-mail address; an example: pat@titanroofing.example", n.Email)
	}
	if !slices.Contains(everyone, n.Role) {
		problems.Add("role", "%q is no role; it is one of owner, admin, manager, member, viewer", n.Role)
	}
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(n.Email, "@")
	}
	if err := CheckPassword(n.Password, n.Email, n.Name, org); err != nil {
		problems.Add("password", "%s", fault.As(err).Fields["password"])
	}
	return problems.Err()
}

func createUser(ctx context.Context, tx pgx.Tx, n NewUser, hash string, org uuid.UUID) (created bool, err error) {
	id := postgres.NewID()
	added, err := postgres.Exec(ctx, tx, `
		INSERT INTO users (id, email, name, password_hash, verified_at) VALUES ($1, $2, $3, $4, CASE WHEN $5 THEN now() END) ON CONFLICT (email) DO NOTHING`,
		id, n.Email, n.Name, hash, n.Verified)
	if err != nil {
		return false, err
	}
	if added == 0 {
		if id, err = postgres.Value[uuid.UUID](ctx, tx, `SELECT id FROM users WHERE email = $1`, n.Email); err != nil {
			return false, err
		}
	}
	_, err = postgres.Exec(ctx, tx, `INSERT INTO people (org_id, id, user_id, kind, name, email, role, active) VALUES ($1, $2, $3, 'member', $4, $5, $6, true)`,
		org, postgres.NewID(), id, n.Name, n.Email, string(n.Role))
	return added == 1, err
}

// Person is somebody of the organisation, for choosing and showing.
type Person struct {
	ID     uuid.UUID
	Kind   string // member, placeholder, system
	Name   string
	Email  *string
	Role   tenant.Role
	Active bool
}

// People gives the members and placeholders of the organisation by name.
func (s *Service) People(ctx context.Context) ([]Person, error) {
	if err := Require(ctx, ViewRecords); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Person, error) {
		return postgres.Many[Person](ctx, tx, `SELECT id, kind, name, email, role, active FROM people WHERE kind NOT IN ('system', 'key') ORDER BY active DESC, name_key, id`)
	})
}

// EnsurePlaceholders makes an inactive placeholder for each name that no person
// of the organisation has: a salesperson whom an import names and nobody
// invited yet. Names are compared without case and surplus blanks.
func EnsurePlaceholders(ctx context.Context, tx pgx.Tx, names []string) error {
	_, err := postgres.Exec(ctx, tx, `
		INSERT INTO people (org_id, id, kind, name, role, active)
		SELECT DISTINCT ON (key) current_org(), gen_random_uuid(), 'placeholder', regexp_replace(btrim(n), '\s+', ' ', 'g'), 'member', false
		FROM unnest($1::text[]) n, LATERAL (SELECT lower(regexp_replace(btrim(n), '\s+', ' ', 'g')) AS key) k
		WHERE key <> '' AND NOT EXISTS (SELECT FROM people WHERE name_key = key AND kind NOT IN ('system', 'key'))
		ORDER BY key, n COLLATE "C"`, names)
	return err
}

// RestorePerson brings a person of an archive back under the id they had, as a
// placeholder who can't sign in.
func RestorePerson(ctx context.Context, tx pgx.Tx, id uuid.UUID, name string) error {
	_, err := postgres.Exec(ctx, tx, `INSERT INTO people (org_id, id, kind, name, role, active) VALUES (current_org(), $1, 'placeholder', $2, 'member', false)`, id, name)
	return err
}
