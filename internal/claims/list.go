package claims

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/list"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// listing says in which orders and by what the list of claims is read; each has
// an index, or is common enough to be met on the way.
var listing = list.Spec{
	Table: "claims",
	Orders: map[string]list.Order{
		"created_at":   {By: "created_at", Like: time.Time{}},
		"number":       {By: "number", Like: int64(0)},
		"date_of_loss": {By: "coalesce(date_of_loss, '0001-01-01'::date)", Like: time.Time{}},
		"rcv":          {By: "coalesce(rcv, -1)", Like: int64(0)},
	},
	Default: "-created_at",
	Filters: map[string]list.Filter{
		"stage":    list.OneOf("stage", leads.Strings(Stages)...),
		"kind":     list.OneOf("kind", Kinds...),
		"peril":    list.OneOf("peril", Perils...),
		"carrier":  func(w *list.Where, value string) { w.And("carrier_key = ?", carrierKey(value)) },
		"assignee": list.Person("assignee_id"),
		"tag":      list.Tag,
	},
	Search: "search.claims", Hides: identity.HidesAmounts,
	Via: []list.Via{
		{Column: "contact_id", Search: "search.contacts"}, {Column: "property_id", Search: "search.properties"}, {Column: "adjuster_id", Search: "search.contacts"},
	},
}

// carrierKey is what the table's column carrier_key has for a carrier.
func carrierKey(carrier string) string {
	return strings.ToLower(strings.Join(strings.Fields(carrier), " "))
}

// List is a page of the list with what its filters offer.
type List struct {
	list.Page[Claim]

	Carriers []string // in use, by name, at most 100
	People   []identity.Name
}

// carriers goes from each carrier straight to the one after it: reading them all
// would read the whole index.
const carriers = `
	WITH RECURSIVE d (key) AS (
		(SELECT carrier_key FROM claims WHERE archived_at IS NULL AND carrier_key > '' ORDER BY carrier_key LIMIT 1)
		UNION ALL
		SELECT (SELECT carrier_key FROM claims WHERE archived_at IS NULL AND carrier_key > d.key ORDER BY carrier_key LIMIT 1) FROM d WHERE d.key IS NOT NULL)
	SELECT (SELECT carrier FROM claims WHERE archived_at IS NULL AND carrier_key = d.key LIMIT 1) FROM d WHERE key IS NOT NULL LIMIT 100`

// List gives the page of claims that q asks for. It returns fault.Invalid for an
// order, a filter or a cursor that the list does not have.
func (s *Service) List(ctx context.Context, q web.ListQuery) (list.Page[Claim], error) {
	return s.page(ctx, q, nil)
}

// Browse is List with what its filters offer.
func (s *Service) Browse(ctx context.Context, q web.ListQuery) (l List, err error) {
	var b pgx.Batch
	postgres.QueueValues(&b, &l.Carriers, carriers)
	identity.QueuePeople(&b, &l.People)
	l.Page, err = s.page(ctx, q, &b)
	return l, err
}

// page reads a page and, in the same round trip, what stands beside it.
func (s *Service) page(ctx context.Context, q web.ListQuery, beside *pgx.Batch) (list.Page[Claim], error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return list.Page[Claim]{}, err
	}
	if column, _ := q.Order(); column == "rcv" { // an order tells amounts too
		if err := identity.Require(ctx, identity.ViewAmounts); err != nil {
			return list.Page[Claim]{}, err
		}
	}
	p, err := list.Read[Claim](ctx, s.db, &listing, columns, q, beside)
	for i, c := range p.Rows {
		p.Rows[i] = c.visible(ctx)
	}
	return p, err
}

// Export calls fn with every claim of the list that q asks for, not only its
// page, in one snapshot.
func (s *Service) Export(ctx context.Context, q web.ListQuery, fn func(Claim) error) error {
	if err := identity.Require(ctx, identity.ExportLists); err != nil {
		return err
	}
	_, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, list.Each(ctx, tx, &listing, columns, q, fn)
	})
	return err
}
