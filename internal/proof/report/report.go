// Package report holds what a proof of isolation found, and writes it for a person and
// for a program.
package report

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report is what a proof found.
type Report struct {
	Target     string         `json:"target"`
	Version    string         `json:"version"`
	StartedAt  time.Time      `json:"started_at"`
	Seconds    float64        `json:"seconds"`
	Routes     int            `json:"routes"`   // registered
	Tried      int            `json:"tried"`    // of them; the rest are files that are the same for everybody
	Static     int            `json:"static"`   // those
	Attempts   int            `json:"attempts"` // requests and statements
	Surprises  []Surprise     `json:"surprises"`
	ByRoute    []*RouteResult `json:"by_route"`
	ByTable    []TableResult  `json:"by_table"`
	Times      []TimeResult   `json:"times"`
	Statements int            `json:"statements"`
}

// Surprise is an attempt that ended otherwise than it must.
type Surprise struct {
	What  string `json:"what"`  // the route or the table
	Actor string `json:"actor"` // who tried
	Place string `json:"place"` // where the id stood, or the statement
	Words string `json:"words"` // what happened
}

// RouteResult is what was tried of a route.
type RouteResult struct {
	Method     string         `json:"method"`
	Pattern    string         `json:"pattern"`
	Audience   string         `json:"audience"`
	Permission string         `json:"permission,omitempty"`
	Attempts   int            `json:"attempts"`
	Admitted   int            `json:"admitted"` // of the own organisation's roles
	Refused    int            `json:"refused"`
	Actors     map[string]int `json:"actors"` // attempts of each
	Surprises  int            `json:"surprises"`
}

// TableResult is what was tried of a table.
type TableResult struct {
	Table     string `json:"table"`
	Attempts  int    `json:"attempts"`
	Surprises int    `json:"surprises"`
}

// TimeResult compares how long an address takes for the other organisation's id
// and for one that never existed.
type TimeResult struct {
	Route   string  `json:"route"`
	Pairs   int     `json:"pairs"`
	Theirs  float64 `json:"theirs_ms"` // median
	Nowhere float64 `json:"nowhere_ms"`
	Z       float64 `json:"z"` // of the rank-sum test
}

// Count adds attempts of an actor.
func (r *RouteResult) Count(actor string, n int) {
	r.Attempts += n
	r.Actors[actor] += n
}

// Close adds everything up.
func (r *Report) Close(routes map[string]*RouteResult) {
	r.ByRoute = slices.SortedFunc(maps.Values(routes), func(a, b *RouteResult) int {
		if c := strings.Compare(a.Pattern, b.Pattern); c != 0 {
			return c
		}
		return strings.Compare(a.Method, b.Method)
	})
	for _, route := range r.ByRoute {
		r.Attempts += route.Attempts
	}
	for _, table := range r.ByTable {
		r.Statements += table.Attempts
	}
	for _, t := range r.Times {
		r.Attempts += 2 * t.Pairs
	}
	r.Attempts += r.Statements
	r.Tried, r.Static = len(r.ByRoute), r.Routes-len(r.ByRoute)
	r.Seconds = time.Since(r.StartedAt).Seconds()
}

// WriteJSON writes the report for a program.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

//go:embed report.html
var page string

// WriteHTML writes the report for a person: one file that needs nothing else.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}
