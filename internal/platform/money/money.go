// Package money holds amounts of US dollars as whole cents, and the project's one rounding place.
//
// An amount read from text is exact or refused: Parse never rounds away a digit
// that somebody wrote. The one multiplication that has to round, quantity times
// unit price, is MulRound.
package money

import (
	"math/bits"
	"strconv"
)

// Cents is an amount of US dollars in whole cents; the zero value is no money.
type Cents int64

// Decimal4 is a number in ten-thousandths: a quantity or a unit price of an
// Xactimate line, which have up to four decimals. The whole numbers that
// ParseDecimal4 accepts end at MaxDecimal4.
type Decimal4 int64

// MaxDecimal4 is 200,000,000.0000. Two numbers up to it, multiplied, are
// 4e16 dollars and so always fit into Cents.
const MaxDecimal4 Decimal4 = 200_000_000_0000

// String is the plain form for CSV and JSON: "1234.50", "-45.10".
func (c Cents) String() string {
	return string(appendScaled(make([]byte, 0, 24), int64(c), 100))
}

// String is the plain form without needless zeros: "12.5", "-0.0375", "3".
func (d Decimal4) String() string {
	b := appendScaled(make([]byte, 0, 24), int64(d), 10_000)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return string(b)
}

// Dollars is the form for people: "$1,234.50", "-$45.10".
func (c Cents) Dollars() string {
	digits := strconv.AppendUint(make([]byte, 0, 20), magnitude(int64(c))/100, 10)
	b := make([]byte, 0, 32)
	if c < 0 {
		b = append(b, '-')
	}
	b = append(b, '$')
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, d)
	}
	cents := magnitude(int64(c)) % 100
	return string(append(b, '.', byte('0'+cents/10), byte('0'+cents%10)))
}

// MulRound multiplies a quantity by a unit price and rounds to whole cents,
// half away from zero: 2.5 at 0.0100 is 3 cents, at -0.0100 it is -3.
//
// It can't overflow for numbers within MaxDecimal4, which ParseDecimal4 sees
// to; it panics when a number outside was made in some other way and the
// product is no longer an amount, because a wrong amount is worse.
func MulRound(qty, unitPrice Decimal4) Cents {
	const hundredMillionthsPerCent = 1_000_000
	high, low := bits.Mul64(magnitude(int64(qty)), magnitude(int64(unitPrice)))
	low, carry := bits.Add64(low, hundredMillionthsPerCent/2, 0)
	high += carry
	if high >= hundredMillionthsPerCent {
		panic("money: quantity times unit price is more than an amount can hold")
	}
	cents, _ := bits.Div64(high, low, hundredMillionthsPerCent)
	if cents > 1<<63-1 {
		panic("money: quantity times unit price is more than an amount can hold")
	}
	if (qty < 0) != (unitPrice < 0) {
		return -Cents(cents)
	}
	return Cents(cents)
}

// magnitude is the absolute value; unlike -n it has one for the smallest int64.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n) //nolint:gosec // two's complement: right for the smallest int64 too
	}
	return uint64(n)
}

// appendScaled writes n, which counts units of 1/scale, as a decimal number.
func appendScaled(b []byte, n int64, scale uint64) []byte {
	if n < 0 {
		b = append(b, '-')
	}
	b = append(strconv.AppendUint(b, magnitude(n)/scale, 10), '.')
	for rest := magnitude(n) % scale; scale > 1; rest %= scale {
		scale /= 10
		b = append(b, byte('0'+rest/scale)) //nolint:gosec // one decimal digit
	}
	return b
}
