package proof

import (
	"context"
	"errors"
	"net/http"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
)

// went has a request of the canary's fail, so that there is an error, and a trace with a
// statement.
func (p *prover) went(ctx context.Context, c *canary) error {
	traces, err := trace.New(p.DB, trace.Config{})
	if err != nil {
		return err
	}
	seen := trouble.New(p.DB, c.word, nil)
	seen.Note(trouble.Seen{Org: c.org.ID, Place: "GET /" + c.word, Err: trouble.Answer(http.StatusInternalServerError)})
	if err := seen.Flush(ctx); err != nil {
		return err
	}
	scope, _, err := orgs.New(p.DB).SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return err
	}
	within := traces.Begin(scope, trace.Server)
	_, err = postgres.Read(within, p.DB, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return postgres.Value[int](ctx, tx, `SELECT 1 -- `+c.word) // one that only this canary ran
	})
	traces.End(within, trace.Ended{Name: "GET /" + c.word, Org: c.org.ID, Failed: true})
	list, listed := trouble.List(scope, p.DB, trouble.Filter{Limit: 1})
	if listed == nil && len(list) == 1 { // only a resolved one's page shows the button
		c.seen["POST /settings/ops/errors/{id}/reopen"] = sample{path: "/settings/ops/errors/" + list[0].ID.String() + "/reopen"}
	}
	return errors.Join(err, listed, traces.Flush(ctx))
}
