// Package went makes what happens to an organisation and what nobody of it does: an
// error, a trace with a statement, a request of support to look inside.
package went

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/identity/support"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/trace"
	"github.com/skaiscraper/skai/internal/platform/trouble"
)

// Wrong has a request of the organisation's fail, so that there is an error, and a trace
// with a statement; the word stands in both. It gives the error's id, the nil UUID where
// it is not listed.
func Wrong(ctx context.Context, db *postgres.DB, org orgs.Org, word string) (id uuid.UUID, err error) {
	traces, err := trace.New(db, trace.Config{})
	if err != nil {
		return id, err
	}
	seen := trouble.New(db, word, nil)
	seen.Note(trouble.Seen{Org: org.ID, Place: "GET /" + word, Err: trouble.Answer(http.StatusInternalServerError)})
	if err := seen.Flush(ctx); err != nil {
		return id, err
	}
	scope, _, err := orgs.New(db).SystemScope(ctx, org.Slug, "proof")
	if err != nil {
		return id, err
	}
	within := traces.Begin(scope, trace.Server)
	_, err = postgres.Read(within, db, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return postgres.Value[int](ctx, tx, `SELECT 1 -- `+word) // one that only this organisation ran
	})
	traces.End(within, trace.Ended{Name: "GET /" + word, Org: org.ID, Failed: true})
	list, listed := trouble.List(scope, db, trouble.Filter{Limit: 1})
	if len(list) == 1 {
		id = list[0].ID
	}
	return id, errors.Join(err, listed, traces.Flush(ctx))
}

// Ask has an account that is an operator's ask the organisation to be let in, where it
// does not ask already; the word stands in the reason. It gives the request's id.
func Ask(ctx context.Context, db *postgres.DB, org, operator uuid.UUID, word string) (uuid.UUID, error) {
	ctx = tenant.With(ctx, tenant.Scope{ActorID: operator, ActorName: "Support of " + word, Operator: true})
	s := support.New(db, operators.New(db), new(mail.Post))
	if err := s.Ask(ctx, org, "A row of "+word+" is missing", 1); err != nil && !fault.Is(err, fault.KindConflict) {
		return uuid.Nil, err
	}
	list, err := s.Mine(ctx, org)
	if err != nil || len(list) == 0 {
		return uuid.Nil, err
	}
	return list[0].ID, nil
}
