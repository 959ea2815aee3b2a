package leads

import (
	"time"

	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// CSVTime is a moment in a CSV file, empty for nil.
func CSVTime(t *time.Time) web.Cell {
	if t == nil {
		return web.Number("")
	}
	return web.Number(t.UTC().Format(time.RFC3339))
}

// CSVAmount is an amount in a CSV file in dollars, empty for nil.
func CSVAmount(c *money.Cents) web.Cell {
	if c == nil {
		return web.Number("")
	}
	return web.Number(c.String())
}
