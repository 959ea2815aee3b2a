// Package list reads a room's list from its table one page at a time, by key:
// page 20,000 costs as much as page 1, and a row that comes in meanwhile moves
// nothing. A room says once, in a [Spec], which orders and filters an index
// makes fast; whatever else the address asks for is refused in words.
//
//	var contacts = list.Spec{
//		Table:   "contacts",
//		Orders:  map[string]list.Order{"created_at": {By: "created_at", Like: time.Time{}}},
//		Default: "-created_at",
//		Filters: map[string]list.Filter{"role": list.OneOf("role", roles...), "tag": list.Tag},
//		Search:  "search.contacts",
//	}
//
//	func (s *Service) List(ctx context.Context, q web.ListQuery) (list.Page[Contact], error) {
//		if err := identity.Require(ctx, identity.ViewRecords); err != nil {
//			return list.Page[Contact]{}, err
//		}
//		return list.Read[Contact](ctx, s.db, &contacts, columns, q, nil)
//	}
package list

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Most is how many matches of a search are looked at. A word that more rows
// have is in no need of an order but of a second word.
const Most = 2000

// CappedWords say that a search was capped, for the list's page; "" where it was not.
func CappedWords(capped bool) string {
	if !capped {
		return ""
	}
	return "More than 2,000 rows have these words; this shows the matches among the first 2,000. Add a word to narrow the search."
}

// Spec says what a list can do. Its table has the columns id and archived_at.
type Spec struct {
	Table   string                     // "contacts"
	Orders  map[string]Order           // by their word in ?sort=
	Default string                     // the order where none is asked for: "-created_at"
	Filters map[string]Filter          // by their word in the address; "archived" is always there
	Search  string                     // the function that gives the ids of a search: "search.contacts"
	Hides   func(context.Context) bool // whoever it tells of finds nothing by an amount that only extra has
	Via     []Via                      // a search also finds the rows that refer to what it finds there
}

// Via is a column that refers to another record, and the function that searches
// those: a lead is found by its contact's name. It needs an index (org_id, Column).
type Via struct {
	Column string // "contact_id"
	Search string // "search.contacts"
}

// Order is an order with an index (org_id, By, id), both columns in one
// direction, over the rows that are not archived.
type Order struct {
	By   string // SQL, never null: "created_at", "coalesce(rcv, -1)"
	Like any    // a value of its Go type: time.Time{}, "", int64(0)
	Only string // SQL, where only these rows have a place in the order: "follow_up_on IS NOT NULL"; "" is all
}

// archived is the only order of archived rows: they are few and looked at for
// what was put away last.
const archived = "archived_at"

// Web is what the address of the list may ask for.
func (s *Spec) Web() web.ListSpec {
	return web.ListSpec{
		Sorts:   slices.Sorted(maps.Keys(s.Orders)),
		Filters: append(slices.Sorted(maps.Keys(s.Filters)), "archived"),
	}
}

// Page is a page of a list.
type Page[T any] struct {
	Rows   []T
	Newer  string // cursor of the page before this one, "" on the first
	Older  string // cursor of the page after it, "" on the last
	Capped bool   // the search has more than Most matches; only these were looked at
}

// Read gives the page that q asks for, one T a row, filled by column name like
// postgres.Many does. Queries that the page needs beside it travel in more,
// which may be nil. It takes one round trip, and one more where it searches.
// It returns fault.Invalid for a filter, an order or a cursor that is none.
func Read[T any](ctx context.Context, db *postgres.DB, s *Spec, columns string, q web.ListQuery, more *pgx.Batch) (Page[T], error) {
	var none Page[T]
	w, err := s.where(q)
	if err != nil {
		return none, err
	}
	capped, err := s.narrow(ctx, db, q, w)
	if err != nil {
		return none, err
	}
	sql, back, err := s.page(columns, q, w)
	if err != nil {
		return none, err
	}
	if more == nil {
		more = &pgx.Batch{}
	}
	var rows []T
	var places []place
	more.Queue(sql, w.args...).Query(func(r pgx.Rows) error {
		rows, err = pgx.CollectRows(r, func(row pgx.CollectableRow) (T, error) {
			p := place{row: row}
			t, err := pgx.RowToStructByName[T](&p)
			places = append(places, p)
			return t, err
		})
		return err
	})
	if err := postgres.ReadBatch(ctx, db, more); err != nil {
		return none, err
	}
	page, err := cut(q, rows, places, back)
	page.Capped = capped
	return page, err
}

// page is the SQL of one page and a row more, which tells whether there is another page.
func (s *Spec) page(columns string, q web.ListQuery, w *Where) (sql string, back bool, err error) {
	order, descending, err := s.order(q)
	if err != nil {
		return "", false, err
	}
	key, id := reflect.New(reflect.TypeOf(order.Like)), uuid.UUID{}
	back, found, err := web.ReadCursor(q, key.Interface(), &id)
	if err != nil {
		return "", false, err
	}
	if order.Only != "" {
		w.And(order.Only)
	}
	descending = descending != back
	direction, beyond := "", ">"
	if descending {
		direction, beyond = " DESC", "<"
	}
	if found {
		w.And("("+order.By+", id) "+beyond+" (?, ?)", key.Elem().Interface(), id)
	}
	by := order.By
	if w.found {
		// The rows are looked up by their ids and sorted. Left the choice, PostgreSQL
		// may walk the order's index instead, in which they can stand far apart.
		by = "(SELECT " + by + ")"
	}
	return fmt.Sprintf("SELECT %s, %s, id FROM %s WHERE %s ORDER BY %s%s, id%s LIMIT %d",
		columns, order.By, s.Table, w.sql(), by, direction, direction, q.Limit+1), back, nil
}

func (s *Spec) order(q web.ListQuery) (o Order, descending bool, err error) {
	if q.Filter("archived") == "yes" {
		if q.Sort != "" {
			return o, false, fault.Invalid("sort", "what is archived stands in the order in which it was archived; leave the sort out")
		}
		return s.archivedOrder(), true, nil
	}
	if q.Sort == "" {
		q.Sort = s.Default
	}
	column, descending := q.Order()
	o, known := s.Orders[column]
	if !known {
		return o, false, fault.Invalid("sort", "this list can't be sorted by %q, only by %s", column, strings.Join(s.Web().Sorts, ", "))
	}
	return o, descending, nil
}

// place is a row of a page: it keeps the last two columns, where the row stands
// in the list's order, from whoever reads the others.
type place struct {
	row pgx.CollectableRow
	key any
	id  uuid.UUID
}

// FieldDescriptions are the columns without the last two.
func (p *place) FieldDescriptions() []pgconn.FieldDescription {
	all := p.row.FieldDescriptions()
	return all[:len(all)-2]
}

// Scan reads the columns, and the last two for itself.
func (p *place) Scan(dest ...any) error { return p.row.Scan(append(dest, &p.key, &p.id)...) }

// Values are the columns without the last two.
func (p *place) Values() ([]any, error) {
	all, err := p.row.Values()
	return all[:max(0, len(all)-2)], err
}

// RawValues are the columns without the last two, as they came.
func (p *place) RawValues() [][]byte {
	all := p.row.RawValues()
	return all[:len(all)-2]
}

// cut takes the row too many off, turns a page that was read backwards round and
// makes the cursors on both sides.
func cut[T any](q web.ListQuery, rows []T, places []place, back bool) (Page[T], error) {
	another := len(rows) > q.Limit
	if another {
		rows, places = rows[:q.Limit], places[:q.Limit]
	}
	page := Page[T]{Rows: rows}
	if len(rows) == 0 {
		return page, nil
	}
	if back {
		slices.Reverse(rows)
		slices.Reverse(places)
	}
	var err error
	if first := places[0]; back && another || !back && q.Cursor != "" {
		if page.Newer, err = web.NewCursor(q, true, first.key, first.id); err != nil {
			return page, err
		}
	}
	if last := places[len(places)-1]; back || another {
		page.Older, err = web.NewCursor(q, false, last.key, last.id)
	}
	return page, err
}
