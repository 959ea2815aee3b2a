package rows

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Mapping is what a person settled for a file: `--map FILE`. Columns left out
// are mapped as the source is known; "extra" keeps a column unmapped.
type Mapping struct {
	Columns   map[string]sources.Field `json:"columns,omitempty"`    // header -> field
	Stages    map[string]string        `json:"stages,omitempty"`     // the vendor's word -> our stage
	DateOrder string                   `json:"date_order,omitempty"` // mdy or dmy, for dates that could be either
}

// ReadMapping reads a mapping file (JSON).
func ReadMapping(path string) (*Mapping, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the person who runs the command names the file
	if err != nil {
		return nil, fault.Invalid("map", "the mapping file can't be read: %v", err)
	}
	m := new(Mapping)
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fault.Invalid("map", "the mapping file %s isn't understood: %v; an example: {\"columns\": {\"Rep\": \"salesperson\"}, \"stages\": {\"Sold!\": \"approved\"}, \"date_order\": \"mdy\"}", path, err)
	}
	if m.DateOrder != "" && m.DateOrder != "mdy" && m.DateOrder != "dmy" {
		return nil, fault.Invalid("map", "date_order is %q; it is mdy (month first) or dmy (day first)", m.DateOrder)
	}
	return m, nil
}

// Asked is what the person said of a file; what they left out is found out.
type Asked struct {
	Name    string
	Source  string
	Kind    sources.Kind
	Mapping *Mapping
}

// plan says what becomes of each column of one file.
type plan struct {
	source  *sources.Source
	layout  decode.Layout
	kind    sources.Kind
	guess   sources.Guess
	header  []string
	fields  []sources.Field // by column
	columns [sources.FieldCount][]int
	orders  []date.Order // by column; how its dates are written
	stages  map[string]string
	keys    [][]byte // by column: its header's key, for fingerprints
	sorted  []int    // columns in the order of their keys
}

func newPlan(layout decode.Layout, o Asked) (*plan, error) {
	guess := sources.Detect(layout.Header, o.Source, o.Kind)
	if guess.Source == nil || guess.Confidence < sources.Sure && o.Mapping == nil {
		return nil, askKind(o, layout, guess)
	}
	p := &plan{
		source: guess.Source, layout: layout, kind: guess.Kind, guess: guess, header: layout.Header, stages: map[string]string{},
		fields: make([]sources.Field, len(layout.Header)), orders: make([]date.Order, len(layout.Header)),
	}
	if err := p.mapColumns(o.Mapping); err != nil {
		return nil, err
	}
	for i, h := range layout.Header {
		p.keys = append(p.keys, []byte(sources.Key(h)+"="))
		p.sorted = append(p.sorted, i)
		if p.source.MonthFirst {
			p.orders[i] = date.MonthFirst
		}
	}
	slices.SortStableFunc(p.sorted, func(a, b int) int { return strings.Compare(string(p.keys[a]), string(p.keys[b])) })
	return p, p.needed(o)
}

func askKind(o Asked, layout decode.Layout, g sources.Guess) error {
	if g.Source == nil {
		return fault.Invalid("file", "%s: can't tell what its rows are: %s. Its columns are %s. Say it with --as, and what its columns mean with --map FILE, as {\"columns\": {%q: \"first_name\"}}; a field that is none is answered with all there are", o.Name, g.Why, quoted(layout.Header), first(layout.Header))
	}
	return fault.Invalid("file", "%s looks like %s of %s (%d %% sure: %s), which is not sure enough to go on. Say so with --source %s --as %s, or with a --map file",
		o.Name, g.Kind, g.Source.Label, g.Confidence, g.Why, g.Source.Name, g.Kind)
}

func first(header []string) string {
	if len(header) == 0 {
		return "Column 1"
	}
	return header[0]
}

func (p *plan) mapColumns(m *Mapping) error {
	file := p.source.File(p.kind)
	if file == nil {
		file = sources.ByName("generic").File(p.kind)
	}
	said := map[string]sources.Field{}
	if m != nil {
		for header, field := range m.Columns {
			key := sources.Key(header)
			if !slices.ContainsFunc(p.header, func(h string) bool { return sources.Key(h) == key }) {
				return fault.Invalid("map", "the mapping names a column %q, which the file doesn't have; its columns are %s", header, quoted(p.header))
			}
			said[key] = field
		}
		for word, stage := range m.Stages {
			p.stages[sources.Key(word)] = stage
		}
	}
	fits := fieldsOf(p.kind)
	for i, h := range p.header {
		field, ok := said[sources.Key(h)]
		if !ok {
			field = p.source.Lookup(file, h)
		}
		if !fits[field] || len(p.columns[field]) > 0 && !field.Many() {
			if ok && field != sources.None {
				return fault.Invalid("map", "the mapping gives column %q the field %s, which %s don't have, or another column has it already", h, field, p.kind)
			}
			field = sources.None
		}
		p.fields[i] = field
		if field != sources.None {
			p.columns[field] = append(p.columns[field], i)
		}
	}
	return nil
}

// needed refuses a file that can't make a single record, before any row is read.
func (p *plan) needed(o Asked) error {
	groups := map[sources.Kind][]sources.Field{
		sources.Contacts:   {sources.FirstName, sources.LastName, sources.ContactName, sources.Company},
		sources.Properties: {sources.Address, sources.Street, sources.Title},
		sources.Leads:      {sources.Title, sources.RefContactEmail, sources.RefContactName, sources.ContactName, sources.LastName, sources.FirstName},
		sources.Claims:     {sources.ClaimNumber, sources.Address, sources.ContactName, sources.Title, sources.ID},
		sources.Jobs:       {sources.FirstName, sources.LastName, sources.ContactName, sources.Company, sources.Address, sources.Street, sources.Title, sources.Number},
		sources.Photos:     {sources.URL},
		sources.Estimate:   {sources.Description, sources.ItemAmount, sources.RCV},
	}
	names := make([]string, 0, len(groups[p.kind]))
	for _, f := range groups[p.kind] {
		if p.has(f) {
			return nil
		}
		names = append(names, f.String())
	}
	return fault.Invalid("file", "%s can't be read as %s: no column is one of %s. Its columns are %s. Say which is which with --map, or what it is with --as",
		o.Name, p.kind, strings.Join(names, ", "), quoted(p.header))
}

func (p *plan) has(f sources.Field) bool { return len(p.columns[f]) > 0 }

// ambiguous lists the columns of dates whose order has to be found from their values.
func (p *plan) ambiguous(m *Mapping) []int {
	if m != nil && m.DateOrder != "" {
		order := date.MonthFirst
		if m.DateOrder == "dmy" {
			order = date.DayFirst
		}
		for i := range p.orders {
			p.orders[i] = order
		}
		return nil
	}
	var open []int
	for i, f := range p.fields {
		if f.Date() && p.orders[i] == date.Unknown {
			open = append(open, i)
		}
	}
	return open
}

// account is the plan as the run's record keeps it.
func (p *plan) account() map[string]any {
	columns := make([]map[string]string, 0, len(p.header))
	for i, h := range p.header {
		columns = append(columns, map[string]string{"column": h, "field": p.fields[i].String()})
	}
	return map[string]any{"columns": columns, "confidence": p.guess.Confidence, "why": p.guess.Why}
}

func quoted(words []string) string {
	const most = 40
	list := make([]string, 0, len(words))
	for i, w := range words {
		if i == most {
			list = append(list, fmt.Sprintf("and %d more", len(words)-most))
			break
		}
		list = append(list, fmt.Sprintf("%q", w))
	}
	return strings.Join(list, ", ")
}

// fieldsOf tells which fields a kind's rows can hold; None always fits.
func fieldsOf(kind sources.Kind) (fits [sources.FieldCount]bool) {
	use := func(from, to sources.Field) {
		for f := from; f <= to; f++ {
			fits[f] = true
		}
	}
	use(sources.None, sources.Notes)
	switch kind {
	case sources.Contacts:
		use(sources.ContactName, sources.Country)
		fits[sources.LeadSource] = true
		fits[sources.Title], fits[sources.Number], fits[sources.StageAt] = false, false, false
	case sources.Properties:
		use(sources.ContactName, sources.RoofAge)
		fits[sources.RefContactID], fits[sources.RefContactEmail], fits[sources.RefJob] = true, true, true
	case sources.Leads, sources.Claims, sources.Jobs:
		use(sources.ContactName, sources.RefContactEmail)
	case sources.Photos:
		use(sources.RefProject, sources.TakenBy)
		fits[sources.RefJob] = false
		use(sources.Latitude, sources.Coordinates)
	case sources.Estimate:
		use(sources.LineNumber, sources.Activity)
		fits[sources.RCV], fits[sources.ACV], fits[sources.ID] = true, true, false
	}
	fits[sources.Updated] = false // a record's own history begins with the import; the vendor's date stays in extra
	return fits
}
