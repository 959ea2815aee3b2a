package ops

import (
	"fmt"
	"math"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/measure"
)

// The chart's size, in its own units.
const (
	chartWidth  = 600.0
	chartHeight = 160.0
)

// chart draws points as the paths of an SVG: a line is broken where there was no
// request or nobody measured.
type chart struct {
	points []measure.Point
	top    float64 // ms at the upper edge
}

func chartOf(points []measure.Point) chart {
	c := chart{points: points, top: 1}
	for _, p := range points {
		c.top = max(c.top, p.P95)
	}
	c.top = nice(c.top)
	return c
}

// nice gives the next of 1, 2, 5, 10, 20 and so on that is not below.
func nice(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*unit >= v {
			return m * unit
		}
	}
	return 10 * unit
}

func (c chart) line(of func(measure.Point) float64) string {
	var b strings.Builder
	next := "M"
	for i, p := range c.points {
		if p.Requests == 0 {
			next = "M"
			continue
		}
		_, _ = fmt.Fprintf(&b, "%s%.1f %.1f", next, c.x(i), chartHeight*(1-of(p)/c.top)) // a builder takes everything
		if next == "M" && (i+1 == len(c.points) || c.points[i+1].Requests == 0) {
			b.WriteString("h0.1") // alone, it is a dot
		}
		next = "L"
	}
	return b.String()
}

func (c chart) x(i int) float64 { return chartWidth * (float64(i) + 0.5) / float64(len(c.points)) }

// gaps are the steps in which nobody measured, as rectangles.
func (c chart) gaps() string {
	var b strings.Builder
	width := chartWidth / float64(len(c.points))
	for i, p := range c.points {
		if p.Measured == 0 {
			_, _ = fmt.Fprintf(&b, "M%.1f 0h%.1fV%.0fh-%.1fz", float64(i)*width, width, chartHeight, width) // a builder takes everything
		}
	}
	return b.String()
}

func p50(p measure.Point) float64 { return p.P50 }

func p95(p measure.Point) float64 { return p.P95 }
