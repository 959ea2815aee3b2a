package list

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Filter adds the condition for one value of its field.
type Filter func(w *Where, value string)

// Where collects the conditions of a list.
type Where struct {
	conditions []string
	args       []any
	field      string
	problems   fault.Fields
	words      []string // that every row with the conditions has in its search column
	found      bool     // a search gave the ids of all rows there can be
}

// And adds a condition; each ? in it stands for an argument. A function that is
// not leakproof (lower, @>, LIKE) can't use an index behind row security.
func (w *Where) And(condition string, args ...any) {
	parts := strings.Split(condition, "?")
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(part)
		if i < len(parts)-1 {
			w.args = append(w.args, args[i])
			b.WriteString("$" + strconv.Itoa(len(w.args)))
		}
	}
	w.conditions = append(w.conditions, b.String())
}

// Refuse says what is wrong with the filter's value.
func (w *Where) Refuse(format string, args ...any) { w.problems.Add(w.field, format, args...) }

// Words says that every row with the conditions has these words in its search
// column. Where few rows have them, only those rows are read.
func (w *Where) Words(text string) { w.words = append(w.words, text) }

func (w *Where) sql() string { return strings.Join(w.conditions, " AND ") }

// Equal filters by a column's exact text. That it is not empty is said apart, for
// an index over the filled ones.
func Equal(column string) Filter {
	return func(w *Where, value string) { w.And(column+" = ? AND "+column+" <> ''", value) }
}

// OneOf filters by a word of a vocabulary. The word stands in the SQL itself, so
// that PostgreSQL sees that an index over a part of the table holds it.
func OneOf(column string, vocabulary ...string) Filter {
	return func(w *Where, value string) {
		if !slices.Contains(vocabulary, value) {
			w.Refuse("%q is not one of %s", value, strings.Join(vocabulary, ", "))
			return
		}
		w.And(column + " = '" + strings.ReplaceAll(value, "'", "''") + "'")
	}
}

// YesNo filters by a condition.
func YesNo(condition string) Filter {
	return func(w *Where, value string) {
		switch value {
		case "yes":
			w.And(condition)
		case "no":
			w.And("NOT (" + condition + ")")
		default:
			w.Refuse("%q is neither yes nor no", value)
		}
	}
}

// Person filters by somebody's id in a column.
func Person(column string) Filter {
	return func(w *Where, value string) {
		id, err := uuid.Parse(value)
		if err != nil {
			w.Refuse("%q is nobody's id; choose a name from the list", value)
			return
		}
		w.And(column+" = ?", id)
	}
}

// Tag filters by one tag of the column tags.
func Tag(w *Where, value string) {
	w.And("tags @> ARRAY[?]::text[]", value)
	w.Words(value)
}

// where gives the conditions of everything but the search words and the cursor.
func (s *Spec) where(q web.ListQuery) (*Where, error) {
	w := &Where{problems: fault.Fields{}}
	if q.Filter("archived") == "yes" {
		w.And("archived_at IS NOT NULL")
	} else {
		w.And("archived_at IS NULL")
	}
	for field, values := range q.Filters {
		w.field = field
		filter, known := s.Filters[field]
		switch {
		case field == "archived" && len(values) == 1 && (values[0] == "yes" || values[0] == "no"):
		case field == "archived":
			w.Refuse("it is yes or no")
		case !known:
			w.Refuse("this list has no such filter, only %s", strings.Join(s.Web().Filters, ", "))
		case len(values) != 1:
			w.Refuse("choose one value; two lists show two")
		default:
			filter(w, values[0])
		}
	}
	return w, w.problems.Err()
}

func (s *Spec) archivedOrder() Order { return Order{By: archived, Like: time.Time{}} }

// narrow restricts the list to the ids that the search function gives. They come
// in a round trip of their own, because what is done depends on how many they are.
func (s *Spec) narrow(ctx context.Context, db *postgres.DB, q web.ListQuery, w *Where) (capped bool, err error) {
	terms := postgres.Prefixes(strings.Join(append([]string{q.Q}, w.words...), " "))
	if q.Q == "" && terms == "" {
		return false, nil
	}
	// No ids at all where the words hold nothing that the index knows, such as "%".
	var b pgx.Batch
	var found [][]uuid.UUID
	postgres.QueueValues(&b, &found, fmt.Sprintf(`
		SELECT CASE WHEN numnode(t) > 0 THEN ARRAY(%s) END FROM to_tsquery('simple', $1) t`, s.matches(ctx, "t", Most+1)), terms)
	if err := postgres.ReadBatch(ctx, db, &b); err != nil {
		return false, err
	}
	ids := found[0]
	capped = len(ids) > Most
	switch {
	case q.Q == "" && (capped || ids == nil):
		return false, nil // a common tag: the rows in the list's order have it soon enough
	case capped:
		ids = ids[:Most]
	}
	w.And("id = ANY (?)", ids)
	w.found = true
	return capped, nil
}

// matches is a query for the ids that the search t finds, most of them. Each part
// ends at as many too: a name that a thousand contacts have would otherwise have
// all their claims read, to be dropped.
func (s *Spec) matches(ctx context.Context, t string, most int) string {
	hides := s.Hides != nil && s.Hides(ctx)
	if len(s.Via) == 0 {
		return found(s.Search, t, most, hides)
	}
	var union strings.Builder
	union.WriteString(found(s.Search, t, most, hides))
	for _, v := range s.Via {
		fmt.Fprintf(&union, " UNION SELECT id FROM %s WHERE %s = ANY (ARRAY(%s))", s.Table, v.Column, found(v.Search, t, most, hides))
	}
	return fmt.Sprintf("SELECT id FROM (%s) found LIMIT %d", union.String(), most)
}

// found is a query for the ids that a search function gives. For whoever may not
// see amounts, a record has to have the words without those of its extra columns
// that may hold one: else a search would tell what the page hides.
func found(search, t string, most int, hides bool) string {
	if !hides {
		return fmt.Sprintf("SELECT %s(%s, %d) AS id", search, t, most)
	}
	return fmt.Sprintf(`SELECT x.id FROM %s(%s, %d) f (id) JOIN %s x ON x.org_id = current_org() AND x.id = f.id
		WHERE x.extra = '{}' OR ts_delete(x.search, ARRAY(
			SELECT unnest(tsvector_to_array(to_tsvector('simple', e.value)))
			FROM jsonb_each(x.extra) s, jsonb_each_text(CASE jsonb_typeof(s.value) WHEN 'object' THEN s.value ELSE '{}' END) e
			WHERE e.key ~* '%s' OR e.value ~ '%s')) @@ %[2]s`,
		search, t, most, strings.TrimPrefix(search, "search."), money.NamePattern, money.ValuePattern)
}

// Each calls fn with every row of the whole list that q asks for, in its order
// and whatever its cursor and limit, while they come in: for exports. A search
// is not capped.
func Each[T any](ctx context.Context, tx pgx.Tx, s *Spec, columns string, q web.ListQuery, fn func(T) error) error {
	w, err := s.where(q)
	if err != nil {
		return err
	}
	order, descending, err := s.order(q)
	if err != nil {
		return err
	}
	if q.Q != "" {
		w.And("id IN (SELECT f.id FROM to_tsquery('simple', ?) t, LATERAL ("+s.matches(ctx, "t", 1<<31-1)+") f (id))", postgres.Prefixes(q.Q))
	}
	if order.Only != "" {
		w.And(order.Only)
	}
	direction := ""
	if descending {
		direction = " DESC"
	}
	rows, err := tx.Query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s%s, id%s",
		columns, s.Table, w.sql(), order.By, direction, direction), w.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		row, err := pgx.RowToStructByName[T](rows)
		if err != nil {
			return err
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// DistinctMost is how many texts QueueDistinct gives at most. Where there are as
// many, there are more: then a filter doesn't offer them.
const DistinctMost = 200

// QueueDistinct puts the question which texts a column of the list holds into a
// page's batch, for a filter that offers them by name. It needs an index
// (org_id, column) over the rows that are not archived.
func (s *Spec) QueueDistinct(b *pgx.Batch, dst *[]string, column string) {
	next := func(beyond string) string {
		return fmt.Sprintf("SELECT %[2]s FROM %[1]s WHERE archived_at IS NULL AND %[2]s <> ''%[3]s ORDER BY %[2]s LIMIT 1", s.Table, column, beyond)
	}
	// From each value straight to the one after it: reading them all would read the whole index.
	postgres.QueueValues(b, dst, fmt.Sprintf(`
		WITH RECURSIVE d (v) AS ((%s) UNION ALL SELECT (%s) FROM d WHERE v IS NOT NULL)
		SELECT v FROM d WHERE v IS NOT NULL LIMIT %d`, next(""), next(" AND "+column+" > d.v"), DistinctMost))
}
