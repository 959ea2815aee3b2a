package properties

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/list"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// listing says in which orders and by what the list of properties is read; each
// has an index in 00002_records.sql, or is common enough to be met on the way.
// A property is also found by its owner.
var listing = list.Spec{
	Table: "properties",
	Orders: map[string]list.Order{
		"created_at": {By: "created_at", Like: time.Time{}},
		"address":    {By: "sort_address", Like: ""},
	},
	Default: "-created_at",
	Filters: map[string]list.Filter{
		"zip":  list.Equal("zip"),
		"city": list.Equal("city"),
		"kind": list.OneOf("kind", Kinds...),
		"tag":  list.Tag,
	},
	Search: "search.properties", Hides: identity.HidesAmounts,
	Via: []list.Via{{Column: "owner_id", Search: "search.contacts"}},
}

// List is a page of the list with what its filters offer.
type List struct {
	list.Page[Property]

	Cities []string // in use, by name, at most list.DistinctMost
	ZIPs   []string
}

// List gives the page of properties that q asks for. It returns fault.Invalid for an
// order, a filter or a cursor that the list does not have.
func (s *Service) List(ctx context.Context, q web.ListQuery) (list.Page[Property], error) {
	return s.page(ctx, q, nil)
}

// Browse is List with what its filters offer.
func (s *Service) Browse(ctx context.Context, q web.ListQuery) (l List, err error) {
	var b pgx.Batch
	listing.QueueDistinct(&b, &l.Cities, "city")
	listing.QueueDistinct(&b, &l.ZIPs, "zip")
	l.Page, err = s.page(ctx, q, &b)
	return l, err
}

// page reads a page and, in the same round trip, what stands beside it.
func (s *Service) page(ctx context.Context, q web.ListQuery, beside *pgx.Batch) (list.Page[Property], error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return list.Page[Property]{}, err
	}
	return list.Read[Property](ctx, s.db, &listing, columns, q, beside)
}

// Export calls fn with every property of the list that q asks for, not only its
// page, in one snapshot.
func (s *Service) Export(ctx context.Context, q web.ListQuery, fn func(Property) error) error {
	if err := identity.Require(ctx, identity.ExportLists); err != nil {
		return err
	}
	_, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, list.Each(ctx, tx, &listing, columns, q, fn)
	})
	return err
}
