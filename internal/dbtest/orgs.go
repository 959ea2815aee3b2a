package dbtest

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Password is the password of every person that a test makes.
const Password = "hail on a tin roof" //nolint:gosec // of people who exist in tests only

// Contractor is an organisation of a test.
type Contractor struct {
	orgs.Org

	db     *postgres.DB
	mu     *sync.Mutex
	people map[tenant.Role]tenant.Scope
}

// Org makes an organisation in the time zone America/Phoenix. In the database
// of Shared its slug gets a number, as other tests want the same one.
func Org(tb testing.TB, db *postgres.DB, slug string) Contractor {
	tb.Helper()
	if db == shared.commonDB.Load() {
		slug += "-" + strconv.FormatInt(shared.number.Add(1), 10)
	}
	org, err := orgs.New(db).Create(tb.Context(), slug, strings.ToUpper(slug[:1])+slug[1:]+" Roofing", "America/Phoenix")
	if err != nil {
		tb.Fatal(err)
	}
	return Contractor{Org: org, db: db, mu: &sync.Mutex{}, people: map[tenant.Role]tenant.Scope{}}
}

// As gives a context in which the organisation's person of the role is at work,
// and makes the person at the first call. They can sign in with [Contractor.Email]
// and [Password]. The request's id is the test's name.
func (c Contractor) As(tb testing.TB, role tenant.Role) context.Context {
	tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	scope, made := c.people[role]
	if !made {
		scope = c.person(tb, role)
		c.people[role] = scope
	}
	return tenant.With(tb.Context(), scope)
}

// Email is the address with which the person of the role signs in.
func (c Contractor) Email(role tenant.Role) string { return string(role) + "@" + c.Slug + ".example" }

func (c Contractor) person(tb testing.TB, role tenant.Role) tenant.Scope {
	tb.Helper()
	name := strings.ToUpper(string(role[:1])) + string(role[1:])
	people := identity.New(c.db, orgs.New(c.db))
	_, err := people.CreateUser(tb.Context(), identity.NewUser{
		Email: c.Email(role), Name: name, OrgSlug: c.Slug, Role: role, Password: Password, Verified: true,
	})
	if err != nil {
		tb.Fatal(err)
	}
	id, err := postgres.System(tb.Context(), c.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (uuid.UUID, error) {
		return postgres.Value[uuid.UUID](ctx, tx, `SELECT id FROM people WHERE org_id = $1 AND email = $2`, c.ID, c.Email(role))
	})
	if err != nil {
		tb.Fatal(err)
	}
	return tenant.Scope{OrgID: c.ID, ActorID: id, ActorName: name, Role: role, RequestID: tb.Name()}
}
