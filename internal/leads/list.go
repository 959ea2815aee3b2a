package leads

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/list"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// listing says in which orders and by what the list of leads is read; each has
// an index, or is common enough to be met on the way.
var listing = list.Spec{
	Table: "leads",
	Orders: map[string]list.Order{
		"created_at":      {By: "created_at", Like: time.Time{}},
		"estimated_value": {By: "coalesce(estimated_value, -1)", Like: int64(0)},
		"follow_up_on":    {By: "follow_up_on", Like: time.Time{}, Only: "follow_up_on IS NOT NULL"},
	},
	Default: "-created_at",
	Filters: map[string]list.Filter{
		"stage":       list.OneOf("stage", Strings(Stages)...),
		"kind":        list.OneOf("kind", Kinds...),
		"temperature": list.OneOf("temperature", Temperatures...),
		"source":      list.Equal("source"),
		"assignee":    list.Person("assignee_id"),
		"tag":         list.Tag,
	},
	Search: "search.leads", Hides: identity.HidesAmounts,
	Via: []list.Via{{Column: "contact_id", Search: "search.contacts"}, {Column: "property_id", Search: "search.properties"}},
}

// Strings are words as plain text.
func Strings[S ~string](words []S) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return list
}

// List is a page of the list with what its filters offer.
type List struct {
	list.Page[Lead]

	Sources []string // in use, by name, at most 100
	People  []identity.Name
}

// List gives the page of leads that q asks for. It returns fault.Invalid for an
// order, a filter or a cursor that the list does not have.
func (s *Service) List(ctx context.Context, q web.ListQuery) (list.Page[Lead], error) {
	return s.page(ctx, q, nil)
}

// Browse is List with what its filters offer.
func (s *Service) Browse(ctx context.Context, q web.ListQuery) (l List, err error) {
	var b pgx.Batch
	listing.QueueDistinct(&b, &l.Sources, "source")
	identity.QueuePeople(&b, &l.People)
	l.Page, err = s.page(ctx, q, &b)
	return l, err
}

// page reads a page and, in the same round trip, what stands beside it.
func (s *Service) page(ctx context.Context, q web.ListQuery, beside *pgx.Batch) (list.Page[Lead], error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return list.Page[Lead]{}, err
	}
	return list.Read[Lead](ctx, s.db, &listing, columns, q, beside)
}

// Export calls fn with every lead of the list that q asks for, not only its
// page, in one snapshot.
func (s *Service) Export(ctx context.Context, q web.ListQuery, fn func(Lead) error) error {
	if err := identity.Require(ctx, identity.ExportLists); err != nil {
		return err
	}
	_, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, list.Each(ctx, tx, &listing, columns, q, fn)
	})
	return err
}
