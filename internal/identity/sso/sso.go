// Package sso lets an organisation's people sign in through its identity provider,
// by OpenID Connect or SAML 2.0. An owner shows that an e-mail domain is theirs,
// names the provider, says which of its groups have which role, and may then close
// the door to passwords, but for one owner's.
//
// What a provider says counts in its own organisation alone, and only of addresses
// in a domain the organisation has shown to be its own. docs/sso.md is for whoever
// sets one up.
package sso

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/sso/idp"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// patience is how long DNS may take to answer.
const patience = 10 * time.Second

// Service keeps connections and signs people in through them.
type Service struct {
	db     *postgres.DB
	orgs   *orgs.Service
	people *identity.Service
	vault  *vault.Vault
	party  *idp.Party
	log    *slog.Logger
	txt    func(ctx context.Context, name string) ([]string, error)
}

// New gives the service. It talks to identity providers as to allows, and asks the
// DNS server dns (host:port; "" is the system's) who owns a domain.
func New(db *postgres.DB, o *orgs.Service, people *identity.Service, v *vault.Vault, to outbound.Guard, dns string, log *slog.Logger) *Service {
	s := &Service{db: db, orgs: o, people: people, vault: v, log: log, txt: resolver(dns)}
	s.party = idp.New(v, to, s.once)
	return s
}

const columns = `org_id, id, kind, issuer, client_id, client_secret, metadata, signing_key, certificate, groups_claim, default_role, worked_at, required, break_glass, updated_at`

// find gives a connection to whoever comes to sign in; fault.NotFound where there
// is none, or its organisation is suspended.
func (s *Service) find(ctx context.Context, id uuid.UUID) (idp.Connection, error) {
	c, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (idp.Connection, error) {
		return postgres.One[idp.Connection](ctx, tx, `
			SELECT `+columns+` FROM sso_connections WHERE id = $1 AND EXISTS (SELECT FROM orgs WHERE orgs.id = org_id AND suspended_at IS NULL)`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return idp.Connection{}, idp.ErrNoConnection
	}
	return c, err
}

// FindFor gives the connections that an address may sign in through, with their
// organisations' names: those of whoever owns its domain.
func (s *Service) FindFor(ctx context.Context, email string) ([]Door, error) {
	_, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	if !ok || domain == "" {
		return nil, fault.Invalid("email", "this is no e-mail address; an example: pat@titanroofing.example")
	}
	return postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) ([]Door, error) {
		return postgres.Many[Door](ctx, tx, `
			SELECT c.id, o.name FROM sso_domains d JOIN sso_connections c ON c.org_id = d.org_id JOIN orgs o ON o.id = d.org_id AND o.suspended_at IS NULL
			WHERE d.domain = $1 AND d.verified_at IS NOT NULL ORDER BY o.name, o.id`, domain)
	})
}

// Door is a connection somebody may choose.
type Door struct {
	ID   uuid.UUID
	Name string // the organisation's
}

// Current gives the organisation's connection, nil where it has none.
func (s *Service) Current(ctx context.Context) (*idp.Connection, error) {
	if err := identity.Require(ctx, identity.ManageSSO); err != nil {
		return nil, err
	}
	list, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]idp.Connection, error) {
		return postgres.Many[idp.Connection](ctx, tx, `SELECT `+columns+` FROM sso_connections`)
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// owner is what stands before every change: an owner who has just shown that it is
// them. Whoever could name the identity provider could become anybody.
func owner(ctx context.Context) (tenant.Scope, error) {
	if err := identity.Require(ctx, identity.ManageSSO); err != nil {
		return tenant.Scope{}, err
	}
	if err := identity.RequireFresh(ctx); err != nil {
		return tenant.Scope{}, err
	}
	return tenant.Must(ctx)
}

// Set names the organisation's identity provider, after asking it who it is. What
// had been found to work has to be tried again, and a door that was closed to
// passwords is open again. It returns fault.Invalid with what is wrong with each field.
func (s *Service) Set(ctx context.Context, st idp.Settings) error {
	scope, err := owner(ctx)
	if err != nil {
		return err
	}
	now, err := s.Current(ctx)
	if err != nil {
		return err
	}
	c := idp.Connection{OrgID: scope.OrgID, ID: postgres.NewID()}
	if now != nil {
		c = *now
	}
	if err := s.party.Fill(ctx, &c, st, given); err != nil {
		return err
	}
	s.party.Forget(c.ID)
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Exec(ctx, tx, `
			INSERT INTO sso_connections (org_id, id, kind, issuer, client_id, client_secret, metadata, signing_key, certificate, groups_claim, default_role)
			VALUES (current_org(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (org_id) DO UPDATE SET kind = excluded.kind, issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret,
				metadata = excluded.metadata, signing_key = excluded.signing_key, certificate = excluded.certificate, groups_claim = excluded.groups_claim,
				default_role = excluded.default_role, worked_at = NULL, required = false, break_glass = NULL, updated_at = now()`,
			c.ID, c.Kind, c.Issuer, c.ClientID, c.ClientSecret, c.Metadata, c.SigningKey, c.Certificate, c.GroupsClaim, c.DefaultRole)
		return err
	})
}

// Remove forgets the identity provider, and who came through it: sessions that did
// end at once, and passwords open the door again.
func (s *Service) Remove(ctx context.Context) error {
	if _, err := owner(ctx); err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM sso_identities`); err != nil {
			return err
		}
		_, err := postgres.Exec(ctx, tx, `DELETE FROM sso_connections`)
		return err
	})
}

// Unlink forgets who is who at the identity provider. At their next sign-in people
// are known by their address again: for when an account there was made anew.
func (s *Service) Unlink(ctx context.Context) (int64, error) {
	if _, err := owner(ctx); err != nil {
		return 0, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if _, err := postgres.Exec(ctx, tx, `UPDATE sso_connections SET updated_at = now()`); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `DELETE FROM sso_identities`)
	})
}

// RequireSSO closes the door to passwords, at once and for all who are in by one,
// but for one owner; without an owner it is opened again. It returns fault.Conflict
// where nobody has come through the identity provider yet, and fault.Invalid with
// the field "break_glass" for somebody who is no owner.
func (s *Service) RequireSSO(ctx context.Context, breakGlass *uuid.UUID) error {
	if _, err := owner(ctx); err != nil {
		return err
	}
	err := postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		n, err := postgres.Exec(ctx, tx, `UPDATE sso_connections SET required = $1::uuid IS NOT NULL, break_glass = $1`, breakGlass)
		if err == nil && n == 0 {
			err = fault.Conflict("sso", "name your identity provider first")
		}
		return err
	})
	switch postgres.Constraint(err) {
	case "sso_required_has_worked":
		return fault.Conflict("sso.untried", "nobody has come through the identity provider yet, as it is set up now; try it first, then close the door to passwords")
	case "sso_break_glass_owner", "sso_connections_org_id_break_glass_fkey":
		return fault.Invalid("break_glass", "this has to be an owner who is here; choose one from the list")
	}
	return err
}

// once notes an assertion that was shown; see [idp.Once].
func (s *Service) once(ctx context.Context, c idp.Connection, id [sha256.Size]byte, until time.Time) error {
	now, _ := tenant.From(ctx)
	scope := tenant.Scope{OrgID: c.OrgID, ActorName: "Single sign-on", Role: tenant.Viewer, RequestID: now.RequestID}
	n, err := postgres.Tx(tenant.With(ctx, scope), s.db, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if _, err := postgres.Exec(ctx, tx, `DELETE FROM sso_assertions WHERE expires_at < now()`); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `INSERT INTO sso_assertions (org_id, id_hash, expires_at) VALUES (current_org(), $1, $2) ON CONFLICT DO NOTHING`, id[:], until)
	})
	if err == nil && n == 0 {
		err = errors.New("it was shown before")
	}
	return err
}
