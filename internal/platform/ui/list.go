package ui

import (
	"fmt"
	"slices"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// Table is a list of records.
type Table struct {
	Caption string // what the rows are, for a screen reader: "Claims"
	Query   web.ListQuery
	Path    string // the list's own path, for the links in its header
	Columns []Column
	Rows    []Row
	Empty   templ.Component // shown instead of no rows; nil is a plain sentence
}

// Column is one column of a table.
type Column struct {
	Title string
	Sort  string // the name the list sorts by, "" if it can't
	Right bool   // amounts and counts
	Width Width
}

// Width says where a column is shown.
type Width int

// The widths.
const (
	Always Width = iota // also on a phone, under the row's title
	Roomy               // from a tablet on
	Wide                // on a desk
)

// Row is one record of a table: as many cells as there are columns. The first
// cell names the record and is its link.
type Row struct {
	URL   string
	Cells []templ.Component
}

// Filter is one choice of a filter bar; its name is the query's.
type Filter struct {
	Name    string
	Label   string
	Options []Option
}

// Option is one value to choose.
type Option struct {
	Value string
	Text  string
}

// Listing is a list page: a table with its search, filters, pages and export.
type Listing struct {
	Table

	Placeholder string // "Search claims by number, name or street"
	Filters     []Filter
	Note        string // above the rows: what this list leaves out, or ""
	ExportURL   string // where the same list is downloaded as CSV, "" if it can't be
	Prev, Next  string // cursors of the pages before and after, "" where there is none
}

func (c Column) class() string {
	class := ""
	switch c.Width {
	case Roomy:
		class = "sk-roomy"
	case Wide:
		class = "sk-wide"
	case Always:
	}
	if c.Right {
		class += " sk-right"
	}
	return class
}

// sorted is the aria-sort of a column.
func (t Table) sorted(c Column) string {
	column, descending := t.Query.Order()
	switch {
	case column != c.Sort:
		return "none"
	case descending:
		return "descending"
	}
	return "ascending"
}

func sortIcon(sorted string) string {
	switch sorted {
	case "ascending":
		return "arrow-up"
	case "descending":
		return "arrow-down"
	}
	return "selector"
}

// chip is a filter that is set, with the way to take it off.
type chip struct{ text, url string }

// chips are the filters that are set, in the words of the bar.
func (l Listing) chips() []chip {
	var list []chip
	q, path := l.Query, l.Path
	if q.Q != "" {
		list = append(list, chip{"“" + q.Q + "”", q.Search("").URL(path)})
	}
	for _, f := range l.Filters {
		for _, value := range q.Filters[f.Name] {
			list = append(list, chip{f.Label + ": " + f.word(value), q.Without(f.Name, value).URL(path)})
		}
	}
	known := func(name string) bool {
		return slices.ContainsFunc(l.Filters, func(f Filter) bool { return f.Name == name })
	}
	for _, name := range sortedKeys(q.Filters) {
		if !known(name) { // set by a link from elsewhere
			for _, value := range q.Filters[name] {
				list = append(list, chip{name + ": " + value, q.Without(name, value).URL(path)})
			}
		}
	}
	return list
}

// word is the option's text for a value.
func (f Filter) word(value string) string {
	for _, o := range f.Options {
		if o.Value == value {
			return o.Text
		}
	}
	return value
}

// carried are the parts of the query that the bar's own fields do not hold.
func (l Listing) carried() [][2]string {
	v := l.Query.Values()
	v.Del("q")
	v.Del("cursor")
	for _, f := range l.Filters {
		v.Del(f.Name)
	}
	var list [][2]string
	for _, name := range sortedKeys(v) {
		for _, value := range v[name] {
			list = append(list, [2]string{name, value})
		}
	}
	return list
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// shown says how many rows the page has.
func shown(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
