package identity

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// EraseOrg destroys an organisation with all its rows and its people; the
// accounts of people who belong to no other go too. It is the operator's, in one
// transaction, and can't be undone. It returns fault.NotFound for an unknown
// slug, and the number of rows that are gone.
func (s *Service) EraseOrg(ctx context.Context, slug string) (rows int64, err error) {
	org, err := s.orgs.BySlug(ctx, slug)
	if err != nil {
		return 0, err
	}
	return postgres.System(ctx, s.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		homeless, err := postgres.Values[uuid.UUID](ctx, tx, `
			SELECT user_id FROM people WHERE user_id IS NOT NULL GROUP BY user_id HAVING bool_and(org_id = $1)`, org.ID)
		if err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `SET LOCAL ROLE `+string(postgres.Eraser)); err != nil {
			return 0, err
		}
		rows, err := orgs.Erase(ctx, tx, org.ID)
		if err != nil {
			return 0, err
		}
		if _, err := tx.Exec(ctx, `SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL ROLE `+string(postgres.Operator)); err != nil {
			return 0, err
		}
		if err := forgetMails(ctx, tx, homeless); err != nil {
			return 0, err
		}
		accounts, err := postgres.Exec(ctx, tx, `DELETE FROM users WHERE id = ANY ($1)`, homeless)
		return rows + accounts, err
	})
}

// forgetMails forgets which mails went to accounts that are about to go; those of the
// organisation went with it.
func forgetMails(ctx context.Context, tx pgx.Tx, users []uuid.UUID) error {
	emails, err := postgres.Values[string](ctx, tx, `SELECT email FROM users WHERE id = ANY ($1)`, users)
	if err != nil {
		return err
	}
	return mail.Forget(ctx, tx, emails)
}
