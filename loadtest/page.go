package main

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/capacity"
)

//go:embed page.html
var pageText string

// line is one of a chart's.
type line struct {
	Name, Colour, Path string
}

// chart is drawn as SVG, width by height.
type chart struct {
	Title, Unit string
	Top         float64
	Lines       []line
	Marks       []mark
}

// mark is a stretch of time that is shaded.
type mark struct{ X, Width float64 }

const (
	chartWidth  = 900.0
	chartHeight = 200.0
)

// draw makes a chart of one value for each window.
func draw(r *capacity.Run, title, unit string, of ...series) chart {
	c := chart{Title: title, Unit: unit}
	for _, s := range of {
		for _, w := range r.Windows {
			if v := s.value(w); !math.IsNaN(v) {
				c.Top = max(c.Top, v)
			}
		}
	}
	c.Top = nice(c.Top)
	for _, s := range of {
		var b strings.Builder
		next := "M"
		for i, w := range r.Windows {
			v := s.value(w)
			if math.IsNaN(v) {
				next = "M"
				continue
			}
			_, _ = fmt.Fprintf(&b, "%s%.1f %.1f", next, x(r, float64(i)+0.5), chartHeight*(1-v/c.Top)) // a builder takes everything
			next = "L"
		}
		c.Lines = append(c.Lines, line{s.name, s.colour, b.String()})
	}
	if r.Import != nil {
		from, to := r.Import.Second/capacity.WindowSeconds, (r.Import.Second+r.Import.Seconds)/capacity.WindowSeconds
		c.Marks = append(c.Marks, mark{x(r, from), x(r, to) - x(r, from)})
	}
	return c
}

func x(r *capacity.Run, window float64) float64 {
	return chartWidth * window / float64(len(r.Windows))
}

// nice gives the next of 1, 2, 5, 10, 20 and so on that is not below.
func nice(v float64) float64 {
	if v <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= v {
			return m * unit
		}
	}
	return 10 * unit
}

// series is what a line shows of each window; NaN is nothing.
type series struct {
	name, colour string
	value        func(capacity.Window) float64
}

// asked gives a value where there were requests.
func asked(value func(capacity.Window) float64) func(capacity.Window) float64 {
	return func(w capacity.Window) float64 {
		if w.Requests == 0 {
			return math.NaN()
		}
		return value(w)
	}
}

// seen gives a value where somebody looked at the processes for most of the window.
func seen(value func(capacity.Window) float64) func(capacity.Window) float64 {
	return func(w capacity.Window) float64 {
		if w.Sampled < capacity.WindowSeconds/2 {
			return math.NaN()
		}
		return value(w)
	}
}

const blue, orange, red, green = "#206bc4", "#d97706", "#c92a2a", "#2f9e44"

func charts(r *capacity.Run) []chart {
	const every = capacity.WindowSeconds
	return []chart{
		draw(r, "How long answers took", "ms",
			series{"p50", green, asked(func(w capacity.Window) float64 { return w.P50 })},
			series{"p95", orange, asked(func(w capacity.Window) float64 { return w.P95 })},
			series{"p99", red, asked(func(w capacity.Window) float64 { return w.P99 })}),
		draw(r, "People", "", series{"signed in or signing in", blue, func(w capacity.Window) float64 { return w.People }}),
		draw(r, "Requests and sign-ins a second", "",
			series{"requests", blue, func(w capacity.Window) float64 { return float64(w.Requests) / every }},
			series{"sign-ins", orange, func(w capacity.Window) float64 { return float64(w.SignIns) / every }},
			series{"failed", red, func(w capacity.Window) float64 { return float64(w.Failed) / every }}),
		draw(r, "Processors kept busy", fmt.Sprintf("of %d", r.Machine.Cores),
			series{"skai", blue, seen(func(w capacity.Window) float64 { return w.SkaiCPU / float64(w.Sampled) })},
			series{"PostgreSQL", green, seen(func(w capacity.Window) float64 { return w.PostgresCPU / float64(w.Sampled) })},
			series{"k6, which makes the load", orange, seen(func(w capacity.Window) float64 { return w.LoadCPU / float64(w.Sampled) })}),
		draw(r, "Memory", "MB", series{"skai", blue, seen(func(w capacity.Window) float64 { return w.SkaiMB })}, series{"PostgreSQL", green, seen(func(w capacity.Window) float64 { return w.PostgresMB })}),
		draw(r, "Connections to the database", "", series{"open", blue, seen(func(w capacity.Window) float64 { return w.Connections })}, series{"in a transaction or statement", orange, seen(func(w capacity.Window) float64 { return w.Busy })},
			series{"waiting for a lock", red, seen(func(w capacity.Window) float64 { return w.Waiting })}),
	}
}

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"ms":   func(v float64) string { return fmt.Sprintf("%.0f", v) },
	"day":  func(t time.Time) string { return t.Format("2006-01-02 15:04 UTC") },
	"rate": func(n int64) float64 { return float64(n) / capacity.WindowSeconds },
	"half": func(v float64) float64 { return v / 2 },
}).Parse(pageText))

// writeHTML writes the account for a person: one file that loads nothing.
func writeHTML(w io.Writer, r *capacity.Run) error {
	broke := []capacity.Window{}
	if b, ok := r.Broke(); ok {
		broke = append(broke, b)
	}
	return page.Execute(w, map[string]any{"Run": r, "Broke": broke, "Charts": charts(r), "Width": chartWidth, "Height": chartHeight, "Held": r.Held()})
}
