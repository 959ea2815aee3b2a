package keys

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Details are what is chosen for a key.
type Details struct {
	Name   string
	Scopes []string // names of identity.KeyScopes, one or more
	Days   int      // of life; 0 is until it is revoked
	Rate   int      // requests a minute; 0 is DefaultRate
}

// Create makes a key and gives it whole, for the one time. It needs a person who
// has shown lately that it is them (fault.Forbidden with the code "fresh"), and
// returns fault.Invalid with the fields "name", "scopes", "days" and "rate".
//
// There is no Idempotency-Key for it, since the answer would have to be kept; a
// second key of the same name is refused.
func (s *Service) Create(ctx context.Context, d Details) (Key, Token, error) {
	if err := identity.Require(ctx, identity.ManageKeys); err != nil {
		return Key{}, Token{}, err
	}
	if err := identity.RequireVerified(ctx); err != nil {
		return Key{}, Token{}, err
	}
	if err := identity.RequireFresh(ctx); err != nil {
		return Key{}, Token{}, err
	}
	return s.create(ctx, d)
}

// CreateFor is Create for the operator's command, in the scope of the organisation's
// system person.
func (s *Service) CreateFor(ctx context.Context, d Details) (Key, Token, error) {
	if err := identity.Require(ctx, identity.ManageKeys); err != nil {
		return Key{}, Token{}, err
	}
	return s.create(ctx, d)
}

func (s *Service) create(ctx context.Context, d Details) (Key, Token, error) {
	if err := d.tidy(ctx); err != nil {
		return Key{}, Token{}, err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return Key{}, Token{}, err
	}
	token := newToken()
	hash := token.hash()
	k, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Key, error) {
		if err := room(ctx, tx); err != nil {
			return Key{}, err
		}
		id := postgres.NewID()
		if _, err := postgres.Exec(ctx, tx, `INSERT INTO people (org_id, id, kind, name, role, active) VALUES (current_org(), $1, 'key', $2, $3, true)`,
			id, actorName(d.Name), string(d.role())); err != nil {
			return Key{}, err
		}
		var expires *time.Time
		if d.Days > 0 {
			end := time.Now().AddDate(0, 0, d.Days)
			expires = &end
		}
		if _, err := postgres.Exec(ctx, tx, `
			INSERT INTO api_keys (org_id, id, name, prefix, secret_hash, scopes, rate, created_by, expires_at) VALUES (current_org(), $1, $2, $3, $4, $5, $6, $7, $8)`,
			id, d.Name, token.Prefix(), hash[:], d.Scopes, d.Rate, scope.ActorID, expires); err != nil {
			return Key{}, err
		}
		return get(ctx, tx, id)
	})
	if err != nil {
		return Key{}, Token{}, named(err, d.Name)
	}
	return k, token, nil
}

// room refuses another key where there are many. One is made at a time, so that the
// count holds.
func room(ctx context.Context, tx pgx.Tx) error {
	n, err := postgres.Value[int](ctx, tx, `
		SELECT (SELECT count(*) FROM api_keys WHERE revoked_at IS NULL)::int FROM orgs WHERE id = current_org() FOR NO KEY UPDATE`)
	if err == nil && n >= MostKeys {
		err = fault.Conflict("key.most", "there are %d API keys, which is the most; revoke one that is not used", n)
	}
	return err
}

// actorName is what a key is called in the audit trail and in timelines.
func actorName(name string) string { return "Key: " + name }

func named(err error, name string) error {
	if postgres.Constraint(err) == "api_keys_name_key" {
		return fault.Invalid("name", "there is an API key called %s already; choose another name, so that you can tell them apart, or revoke that one", name)
	}
	return err
}

// tidy makes what was entered what is kept, or says by field what can't be.
func (d *Details) tidy(ctx context.Context) error {
	problems := fault.Fields{}
	d.Name = tidyName(problems, d.Name)
	if d.Rate == 0 {
		d.Rate = DefaultRate
	}
	if d.Rate < 1 || d.Rate > MaxRate {
		problems.Add("rate", "%d is no rate; a key may make 1 to %d requests a minute", d.Rate, MaxRate)
	}
	if d.Days < 0 || d.Days > MaxDays {
		problems.Add("days", "%d is no life in days; 1 to %d, or 0 for a key that is good until it is revoked", d.Days, MaxDays)
	}
	chosen := []string{}
	for _, p := range identity.KeyScopes() {
		if slices.Contains(d.Scopes, string(p)) {
			chosen = append(chosen, string(p))
			if !identity.Can(ctx, p) {
				problems.Add("scopes", "you can't %s, so you can't make a key that can", p.Words())
			}
		}
	}
	for _, p := range d.Scopes {
		if !slices.Contains(identity.KeyScopes(), identity.Permission(p)) {
			problems.Add("scopes", "%q is nothing that an API key can have", p)
		}
	}
	if len(d.Scopes) == 0 {
		problems.Add("scopes", "choose what the key may do: one scope or more")
	}
	d.Scopes = chosen
	return problems.Err()
}

func tidyName(problems fault.Fields, name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" {
		problems.Add("name", "give the key the name of the program that uses it, for example Zapier")
	}
	problems.Text("name", name, 60)
	return name
}

// role is the one the key has, for the rules that ask for a role.
func (d *Details) role() tenant.Role {
	list := make([]identity.Permission, len(d.Scopes))
	for i, p := range d.Scopes {
		list[i] = identity.Permission(p)
	}
	return identity.LeastRole(list)
}

// Rename gives a key another name, in the trail too from then on.
func (s *Service) Rename(ctx context.Context, id uuid.UUID, name string) (Key, error) {
	if err := identity.Require(ctx, identity.ManageKeys); err != nil {
		return Key{}, err
	}
	problems := fault.Fields{}
	name = tidyName(problems, name)
	if err := problems.Err(); err != nil {
		return Key{}, err
	}
	k, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Key, error) {
		k, err := lock(ctx, tx, id)
		if err != nil || k.Name == name {
			return k, err
		}
		if k.RevokedAt != nil {
			return Key{}, fault.Conflict("key.revoked", "the API key %s is revoked; its name stays as the trail knows it", k.Name)
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE api_keys SET name = $2, updated_at = now() WHERE id = $1`, id, name); err != nil {
			return Key{}, err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE people SET name = $2, updated_at = now() WHERE id = $1`, id, actorName(name)); err != nil {
			return Key{}, err
		}
		return get(ctx, tx, id)
	})
	return k, named(err, name)
}

// Revoke ends a key at once and for good. Revoking it again changes nothing.
func (s *Service) Revoke(ctx context.Context, id uuid.UUID) (Key, error) {
	if err := identity.Require(ctx, identity.ManageKeys); err != nil {
		return Key{}, err
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return Key{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Key, error) {
		k, err := lock(ctx, tx, id)
		if err != nil || k.RevokedAt != nil {
			return k, err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE api_keys SET revoked_at = now(), revoked_by = $2, updated_at = now() WHERE id = $1`, id, scope.ActorID); err != nil {
			return Key{}, err
		}
		if _, err := postgres.Exec(ctx, tx, `UPDATE people SET active = false, updated_at = now() WHERE id = $1`, id); err != nil {
			return Key{}, err
		}
		return get(ctx, tx, id)
	})
}
