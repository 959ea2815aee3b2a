package money_test

import (
	"testing"

	"github.com/skaiscraper/skai/internal/platform/money"
)

func TestSpokenFindsWhatMayBeAnAmount(t *testing.T) {
	t.Parallel()
	for _, cell := range [][2]string{
		{"Contract Price", "12000"},
		{"approved_invoice_due", "1"},
		{"approvedEstimateTotal", ""},
		{"Job Value", "n/a"},
		{"RCV 2", "5"},
		{"Supplement #1", "1"},
		{"Balance", "0"},
		{"Fee", "3"},
		{"Worker's Wage", "3"},
		{"Remark", "pays $1,200 in cash"},
		{"Remark", "$ 5"},
		{"Amount Due", "x"},
		{"Net", "9"},
	} {
		if !money.Spoken(cell[0], cell[1]) {
			t.Errorf("%q with %q is taken for no amount", cell[0], cell[1])
		}
	}
	for _, cell := range [][2]string{
		{"Square Feet", "2400"}, {"Job Trade Type", "Gutters"}, {"Gate Code", "1234"}, {"Due Date", "1/2/25"}, {"Network", "A"}, {"Coffee", "yes"}, {"Zip", "85001"}, {"Slope", "6/12"},
	} {
		if money.Spoken(cell[0], cell[1]) {
			t.Errorf("%q with %q is taken for an amount", cell[0], cell[1])
		}
	}
}
