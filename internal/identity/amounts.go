package identity

import (
	"context"

	"github.com/skaiscraper/skai/internal/platform/money"
)

// HiddenAmount stands where somebody may not see what may be an amount.
const HiddenAmount = "hidden: amounts"

// Amount gives the text of a column that has no field of its own, or
// [HiddenAmount] where the actor may not see amounts and it may be one.
func Amount(ctx context.Context, column, text string) string {
	if HidesAmounts(ctx) && money.Spoken(column, text) {
		return HiddenAmount
	}
	return text
}

// HidesAmounts tells that the actor may not see amounts.
func HidesAmounts(ctx context.Context) bool { return !Can(ctx, ViewAmounts) }

// Extra gives what imports kept of a record, by source and column, as the actor
// may see it.
func Extra(ctx context.Context, extra map[string]map[string]any) map[string]map[string]any {
	if !HidesAmounts(ctx) {
		return extra
	}
	for _, columns := range extra {
		for column, value := range columns {
			text, _ := value.(string)
			if money.Spoken(column, text) {
				columns[column] = HiddenAmount
			}
		}
	}
	return extra
}
