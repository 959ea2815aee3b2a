package sso

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity/sso/idp"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Reseal seals again, with the vault's current data key of each organisation, every
// secret of a connection that another has sealed, and tells how many those were; with
// onlyCount it only tells.
func (s *Service) Reseal(ctx context.Context, onlyCount bool) (total int, err error) {
	slugs, err := postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, `SELECT o.slug FROM sso_connections c JOIN orgs o ON o.id = c.org_id ORDER BY o.slug`)
	})
	if err != nil {
		return 0, err
	}
	return s.orgs.ForEach(ctx, slugs, "vault rotate", func(ctx context.Context, org uuid.UUID) (int, error) {
		current, err := s.vault.CurrentFor(ctx, org) // so that it is known in the transaction
		if err != nil {
			return 0, err
		}
		return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (int, error) { return s.resealOne(ctx, tx, current, onlyCount) })
	})
}

func (s *Service) resealOne(ctx context.Context, tx pgx.Tx, current uuid.UUID, onlyCount bool) (n int, err error) {
	list, err := postgres.Many[idp.Connection](ctx, tx, `SELECT `+columns+` FROM sso_connections FOR UPDATE`)
	if err != nil || len(list) == 0 {
		return 0, err // it was removed since
	}
	c := list[0]
	for column, sealed := range map[string]*[]byte{"client_secret": &c.ClientSecret, "signing_key": &c.SigningKey} {
		if *sealed == nil {
			continue
		}
		again, other, err := s.vault.Again(ctx, current, idp.Place(column, c.ID), *sealed)
		if err != nil {
			return 0, err
		}
		if other {
			*sealed = again
			n++
		}
	}
	if n == 0 || onlyCount {
		return n, nil
	}
	_, err = postgres.Exec(ctx, tx, `UPDATE sso_connections SET client_secret = $2, signing_key = $3 WHERE id = $1`, c.ID, c.ClientSecret, c.SigningKey)
	return n, err
}
