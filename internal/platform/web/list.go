package web

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// How many rows a page of a list has.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// ListQuery is what a list's address asks for. It is a value: the methods that
// change something give a new one, for the link that leads there.
type ListQuery struct {
	Q       string     // search words
	Sort    string     // a column, with "-" before it for descending; "" is the list's own order
	Cursor  string     // where the page begins, from NewCursor; "" is the first page
	Limit   int        // rows a page, 1 to MaxLimit
	Filters url.Values // by field; several values of a field mean any of them
}

// ListSpec says what a list can do.
type ListSpec struct {
	Sorts   []string // columns it can be sorted by
	Filters []string // fields it can be filtered by
}

// ParseList reads a list's query from the address. It returns fault.Invalid for
// a sort, a limit or a filter the list does not have: a misspelt filter that
// silently shows everything would be worse.
func ParseList(v url.Values, spec ListSpec) (ListQuery, error) {
	f := NewForm(v)
	q := ListQuery{Q: f.Text("q"), Sort: f.Text("sort"), Cursor: f.Text("cursor"), Limit: DefaultLimit, Filters: url.Values{}}
	if n, set := f.Int("limit", 1, MaxLimit); set {
		q.Limit = int(n)
	}
	if column, _ := q.Order(); q.Sort != "" && !slices.Contains(spec.Sorts, column) {
		f.Fields.Add("sort", "This list can't be sorted by %q, only by %s.", column, strings.Join(spec.Sorts, ", "))
	}
	for name := range v {
		switch {
		case slices.Contains([]string{"q", "sort", "cursor", "limit"}, name):
		case !slices.Contains(spec.Filters, name):
			f.Fields.Add(name, "This list has no filter %q, only %s.", name, strings.Join(spec.Filters, ", "))
		default:
			if list := f.List(name); len(list) > 0 {
				q.Filters[name] = list
			}
		}
	}
	return q, f.Err()
}

// ListParams is embedded in the input of an API list; the filters stand beside it.
type ListParams struct {
	Q      string `query:"q" maxLength:"200" doc:"Search words"`
	Sort   string `query:"sort" doc:"A column, with - before it for descending" example:"-created_at"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Rows a page"`
}

// Query is the list query of an API call with its filters.
// It returns fault.Invalid like ParseList.
func (p ListParams) Query(filters url.Values, spec ListSpec) (ListQuery, error) {
	q := ListQuery{Q: p.Q, Sort: p.Sort, Cursor: p.Cursor, Limit: p.Limit, Filters: filters}
	return ParseList(q.Values(), spec)
}

// Order is the column to sort by and whether it descends; "" is the list's own order.
func (q ListQuery) Order() (column string, descending bool) {
	column, descending = strings.CutPrefix(q.Sort, "-")
	return column, descending
}

// Filter is the value of a filter, "" when it is not set.
func (q ListQuery) Filter(name string) string { return q.Filters.Get(name) }

// Narrowed tells whether a search or a filter leaves rows out.
func (q ListQuery) Narrowed() bool { return q.Q != "" || len(q.Filters) > 0 }

// With sets a filter to one value and starts at the first page; "" removes it.
func (q ListQuery) With(name, value string) ListQuery {
	q = q.first()
	q.Filters.Del(name)
	if value != "" {
		q.Filters.Set(name, value)
	}
	return q
}

// Without takes one value off a filter and starts at the first page.
func (q ListQuery) Without(name, value string) ListQuery {
	q = q.first()
	rest := slices.DeleteFunc(slices.Clone(q.Filters[name]), func(v string) bool { return v == value })
	q.Filters.Del(name)
	if len(rest) > 0 {
		q.Filters[name] = rest
	}
	return q
}

// Search sets the search words and starts at the first page.
func (q ListQuery) Search(words string) ListQuery {
	q = q.first()
	q.Q = words
	return q
}

// Cleared is the list without search and filters, in the same order.
func (q ListQuery) Cleared() ListQuery {
	return ListQuery{Sort: q.Sort, Limit: q.Limit, Filters: url.Values{}}
}

// SortBy sorts by a column, ascending first and turning round on the second
// click, and starts at the first page.
func (q ListQuery) SortBy(column string) ListQuery {
	q = q.first()
	if q.Sort == column {
		column = "-" + column
	}
	q.Sort = column
	return q
}

// At is the same list where the cursor stands; "" is its first page.
func (q ListQuery) At(cursor string) ListQuery {
	q.Cursor = cursor
	return q
}

func (q ListQuery) first() ListQuery {
	q.Cursor = ""
	q.Filters = maps.Clone(q.Filters)
	if q.Filters == nil {
		q.Filters = url.Values{}
	}
	return q
}

// Values is the query as an address has it; what is at its default is left out.
func (q ListQuery) Values() url.Values {
	v := url.Values{}
	for name, list := range q.Filters {
		v[name] = slices.Clone(list)
	}
	for name, value := range map[string]string{"q": q.Q, "sort": q.Sort, "cursor": q.Cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit != DefaultLimit && q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// URL is the address of the list under the path.
func (q ListQuery) URL(path string) string {
	if v := q.Values(); len(v) > 0 {
		return path + "?" + v.Encode()
	}
	return path
}

// cursor says where a page of a list begins: after (or, going back, before)
// the row with these values in the columns it is sorted by, the id last. It is
// not signed: it only says where to begin, row security decides what is seen.
type cursor struct {
	Sort   string            `json:"s,omitempty"`
	Back   bool              `json:"b,omitempty"`
	Values []json.RawMessage `json:"v"`
}

// NewCursor makes the cursor at a row, written for an address; values are those of
// the row's sort columns and have to have a JSON form (text, numbers, time.Time, uuid.UUID, nil).
func NewCursor(q ListQuery, back bool, values ...any) (string, error) {
	c := cursor{Sort: q.Sort, Back: back}
	for _, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			return "", fmt.Errorf("cursor value %v: %w", v, err)
		}
		c.Values = append(c.Values, b)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// maxCursor is the longest cursor that is read, in bytes.
const maxCursor = 4096

// ReadCursor reads the query's cursor into dest, one pointer for each sort column
// in the order NewCursor got them; a pointer to a pointer takes a null.
// back tells that the page before the row is asked for. found is false for the first page.
// A cursor that was cut, changed or made for another order is fault.Invalid.
func ReadCursor(q ListQuery, dest ...any) (back, found bool, err error) {
	if q.Cursor == "" {
		return false, false, nil
	}
	bad := fault.Invalid("cursor", "This page of the list can't be found any more. Start again at the first page")
	raw, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || len(raw) > maxCursor || !utf8.Valid(raw) {
		return false, false, bad
	}
	var c cursor
	if err := json.Unmarshal(raw, &c); err != nil || c.Sort != q.Sort || len(c.Values) != len(dest) {
		return false, false, bad
	}
	for i, d := range dest {
		if err := json.Unmarshal(c.Values[i], d); err != nil || strings.Contains(string(c.Values[i]), `\u0000`) {
			return false, false, bad
		}
	}
	return c.Back, true, nil
}
