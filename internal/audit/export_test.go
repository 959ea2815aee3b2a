package audit

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// VerifyIn is Verify in a transaction that a test has spoilt.
func VerifyIn(ctx context.Context, tx pgx.Tx) (Report, error) { return verify(ctx, tx, 0, "") }

// AskDue asks for the jobs that the clock asks for each minute.
func (p *Pusher) AskDue(ctx context.Context) error { return p.askDue(ctx) }

// PushAll sends what is due of every organisation, one after the other.
func (p *Pusher) PushAll(ctx context.Context) (events int, err error) {
	list, err := postgres.System(ctx, p.trail.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]dueOrg, error) { return due(ctx, tx) })
	for _, o := range list {
		n, err := p.pushFor(ctx, o.Slug)
		events += n
		if err != nil {
			return events, err
		}
	}
	return events, err
}
