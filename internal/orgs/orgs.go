// Package orgs holds the tenants: a contractor's organisation, its settings and its brand.
package orgs

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Org is a contractor.
type Org struct {
	ID         uuid.UUID
	Slug       string // for commands and addresses: "titan"
	Name       string
	TimeZone   string // an IANA name; days and times are shown in it
	BrandColor *string
	Plan       string // Standard or Enterprise
	// How long a session lasts, in minutes: without a request, and at most.
	SessionIdleMinutes int
	SessionLifeMinutes int
	CreatedAt          time.Time
}

const columns = `id, slug, name, time_zone, brand_color, plan, session_idle_minutes, session_life_minutes, created_at`

// Service reads and writes organisations.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

var slugForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)

// Create makes an organisation, with its system person. It is the operator's:
// commands on this machine call it. It returns fault.Conflict where the slug is taken.
func (s *Service) Create(ctx context.Context, slug, name, timeZone string) (Org, error) {
	problems := fault.Fields{}
	if !slugForm.MatchString(slug) {
		problems.Add("slug", "%q can't be a slug: 2 to 40 lower-case letters, digits and hyphens, a letter first, for example titan", slug)
	}
	if name == "" {
		problems.Add("name", "an organisation needs a name, for example Titan Roofing")
	}
	if words := zoneProblem(timeZone); words != "" {
		problems.Add("time_zone", "%q %s", timeZone, words)
	}
	if err := problems.Err(); err != nil {
		return Org{}, err
	}
	org, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (Org, error) {
		return postgres.One[Org](ctx, tx, `INSERT INTO orgs (id, slug, name, time_zone) VALUES ($1, $2, $3, $4) RETURNING `+columns,
			postgres.NewID(), slug, name, timeZone)
	})
	if postgres.Constraint(err) == "orgs_slug_key" {
		return Org{}, fault.Conflict("org.slug", "there is an organisation %q already; choose another slug", slug)
	}
	return org, err
}

// BySlug finds an organisation for the operator's commands; fault.NotFound where there is none.
func (s *Service) BySlug(ctx context.Context, slug string) (Org, error) {
	org, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (Org, error) {
		return postgres.One[Org](ctx, tx, `SELECT `+columns+` FROM orgs WHERE slug = $1`, slug)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return Org{}, fault.NotFound("org", "there is no organisation %q here; `skai org list` shows those there are", slug)
	}
	return org, err
}

// List gives every organisation, for the operator's commands.
func (s *Service) List(ctx context.Context) ([]Org, error) {
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Org, error) {
		return postgres.Many[Org](ctx, tx, `SELECT `+columns+` FROM orgs ORDER BY slug`)
	})
}

// Current gives the organisation of the scope.
func (s *Service) Current(ctx context.Context) (Org, error) {
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Org, error) {
		return postgres.One[Org](ctx, tx, `SELECT `+columns+` FROM orgs WHERE id = current_org()`)
	})
}

// SystemScope puts the scope of an organisation's system person into ctx: what
// commands on this machine and background jobs act as. Whoever may run a
// command beside the data folder is the operator; no request gets here.
func (s *Service) SystemScope(ctx context.Context, slug, requestID string) (context.Context, Org, error) {
	org, err := s.BySlug(ctx, slug)
	if err != nil {
		return nil, Org{}, err
	}
	person, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (systemPerson, error) {
		return postgres.One[systemPerson](ctx, tx, `SELECT id, name FROM people WHERE org_id = $1 AND kind = 'system'`, org.ID)
	})
	if err != nil {
		return nil, Org{}, err
	}
	return tenant.With(ctx, tenant.Scope{OrgID: org.ID, ActorID: person.ID, ActorName: person.Name, Role: tenant.Owner, RequestID: requestID}), org, nil
}

type systemPerson struct {
	ID   uuid.UUID
	Name string
}
