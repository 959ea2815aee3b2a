package leads

import (
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/skaiscraper/skai/internal/platform/money"
)

// CSVTime is a moment in a CSV file, empty for nil.
func CSVTime(t *time.Time) sheet.Cell {
	if t == nil {
		return sheet.Number("")
	}
	return sheet.Number(t.UTC().Format(time.RFC3339))
}

// CSVAmount is an amount in a CSV file in dollars, empty for nil.
func CSVAmount(c *money.Cents) sheet.Cell {
	if c == nil {
		return sheet.Number("")
	}
	return sheet.Number(c.String())
}
