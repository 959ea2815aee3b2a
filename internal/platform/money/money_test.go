package money_test

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/platform/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]money.Cents{
		// The mixed formats of one Xactimate column.
		"0.10": 10, "$0.05": 5, "$2,052.00": 205200, "(1,234.50)": -123450, "12500.75": 1250075,
		"-45": -4500, "$-45.10": -4510, "-$45.10": -4510, "($45.10)": -4510, "$(45.10)": -4510,
		"45.10-": -4510, "\u221245.10": -4510, "+7": 700, "0": 0, ".5": 50, "12.": 1200, "007": 700,
		" \u00a0$ 1,234.5\t": 123450, "USD 12": 1200, "1,234.50 USD": 123450, "US$3": 300,
		"1,234,567.89": 123456789, "12,345": 1234500, "-0": 0,
		// Zeros and float noise after the cents say nothing new.
		"12.5000": 1250, "12500.749999999998": 1250075, "1234.5600000000001": 123456,
		"0.30000000000000004": 30, "5.0000000000000003E-2": 5, "1.2500750000000001E4": 1250075,
		"92233720368547758.07": math.MaxInt64, "-92233720368547758.08": math.MinInt64,
	} {
		got, err := money.Parse(in)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, words := range map[string]string{
		"": "no amount", " \u00a0 ": "no amount", "$": "not an amount", "()": "not an amount", ".": "not an amount",
		"n/a": "not an amount", "TBD": "not an amount", "5 or 6": "not an amount", "1-2": "not an amount",
		"$5,000 deductible": "not an amount", "12 34": "not an amount", "１２": "not an amount",
		"\x00": "not an amount", "1.5.x": "not an amount", "USD": "not an amount", "1_000": "not an amount",
		"1%": "percentage", "2.5 %": "percentage",
		"12K": "thousands", "1.5M": "thousands", "12 k": "thousands",
		"€12": "US dollars", "12 £": "US dollars",
		"--5": "more than one sign", "(-5)": "more than one sign", "-5-": "more than one sign",
		"$$5": "more than one sign", "$5 USD": "more than one sign",
		"1.234,56": "more than one way", "12,5": "more than one way", "12,50": "more than one way",
		"1,23,456": "more than one way", ",500": "more than one way", "1234,567": "more than one way",
		"0,123": "more than one way", "1.234.567": "more than one way", "1,": "more than one way",
		"1.2E+05": "shortened", "5E-2": "shortened", "1.2e5": "shortened",
		"12.345": "two decimals", "0.001": "two decimals", "12.34001": "two decimals",
		"0.000000001": "two decimals", "33.333333333333336": "two decimals",
		"92233720368547758.08": "too large", "99999999999999999999999": "too large", "184467440737095516.16": "too large",
	} {
		got, err := money.Parse(in)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("Parse(%q) = %d, %v; want an error with %q", in, got, err, words)
		}
	}
}

func TestDecimal4(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"24.33": "24.33", "1,250.0000": "1250", "$0.0375": "0.0375", "-3": "-3", "0": "0", "10": "10",
		"0.10000000000000001": "0.1", "200,000,000": "200000000", "-0.5": "-0.5",
	} {
		got, err := money.ParseDecimal4(in)
		if err != nil || got.String() != want {
			t.Errorf("ParseDecimal4(%q) = %s, %v; want %s", in, got, err, want)
		}
	}
	for in, words := range map[string]string{
		"": "no amount", "12.34567": "four decimals", "200000000.0001": "too large", "-200000001": "too large", "12 SQ": "not an amount",
	} {
		if got, err := money.ParseDecimal4(in); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("ParseDecimal4(%q) = %s, %v; want an error with %q", in, got, err, words)
		}
	}
}

func TestDollars(t *testing.T) {
	t.Parallel()
	got := map[money.Cents]string{}
	for _, c := range []money.Cents{0, 5, -5, 99, 100, 123450, -123450, 99999, 100000, 123456789, math.MinInt64} {
		got[c] = c.Dollars()
	}
	want := map[money.Cents]string{
		0: "$0.00", 5: "$0.05", -5: "-$0.05", 99: "$0.99", 100: "$1.00", 123450: "$1,234.50", -123450: "-$1,234.50",
		99999: "$999.99", 100000: "$1,000.00", 123456789: "$1,234,567.89", math.MinInt64: "-$92,233,720,368,547,758.08",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Dollars (-want +got):\n%s", diff)
	}
}

func TestMulRound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		qty, price string
		want       money.Cents
	}{
		{"2.5", "0.01", 3},
		{"2.5", "-0.01", -3},
		{"-2.5", "-0.01", 3},
		{"0.4999", "0.01", 0},
		{"24.33", "62.4155", 151857},
		{"0", "99", 0},
		{"1", "0.0049", 0},
		{"1", "0.005", 1},
		{"-1", "0.005", -1},
		{"200000000", "200000000", 4_000_000_000_000_000_000},
	} {
		qty, err1 := money.ParseDecimal4(c.qty)
		price, err2 := money.ParseDecimal4(c.price)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := money.MulRound(qty, price); got != c.want {
			t.Errorf("MulRound(%s, %s) = %s; want %s", c.qty, c.price, got, c.want)
		}
	}
}

func TestMulRoundNeverGivesAWrongAmount(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]money.Decimal4{{math.MaxInt64, math.MaxInt64}, {math.MinInt64, 10 * money.MaxDecimal4}, {5 * money.MaxDecimal4, money.MaxDecimal4}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("MulRound(%d, %d) gave an amount that can't hold the product", pair[0], pair[1])
				}
			}()
			money.MulRound(pair[0], pair[1])
		}()
	}
}

func TestMulRoundAgreesWithExactArithmetic(t *testing.T) {
	t.Parallel()
	number := rapid.Custom(func(t *rapid.T) money.Decimal4 {
		return money.Decimal4(rapid.Int64Range(-int64(money.MaxDecimal4), int64(money.MaxDecimal4)).Draw(t, "n"))
	})
	rapid.Check(t, func(t *rapid.T) {
		qty, price := number.Draw(t, "qty"), number.Draw(t, "price")
		product := new(big.Rat).Mul(big.NewRat(int64(qty), 10_000), big.NewRat(int64(price), 10_000))
		want := product.FloatString(2) // rounds half away from zero
		if got := money.MulRound(qty, price).String(); got != want && want != "-0.00" {
			t.Fatalf("MulRound(%s, %s) = %s; want %s", qty, price, got, want)
		}
	})
}

func TestWrittenAmountsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := money.Cents(rapid.Int64().Draw(t, "cents"))
		for _, text := range []string{want.String(), want.Dollars()} {
			if got, err := money.Parse(text); err != nil || got != want {
				t.Fatalf("Parse(%q) = %d, %v; want %d", text, got, err, want)
			}
		}
		d := money.Decimal4(rapid.Int64Range(-int64(money.MaxDecimal4), int64(money.MaxDecimal4)).Draw(t, "decimal"))
		if got, err := money.ParseDecimal4(d.String()); err != nil || got != d {
			t.Fatalf("ParseDecimal4(%q) = %d, %v; want %d", d.String(), got, err, d)
		}
	})
}

func FuzzMoney(f *testing.F) {
	for _, seed := range []string{"$2,052.00", "(1,234.50)", "12500.749999999998", "5.0000000000000003E-2", "1.234,56", "12K", "1.2E+05"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := money.Parse(s); err == nil {
			if again, err := money.Parse(c.String()); err != nil || again != c {
				t.Errorf("Parse(%q) = %d, which reads back as %d, %v", s, c, again, err)
			}
		}
		if d, err := money.ParseDecimal4(s); err == nil {
			if again, err := money.ParseDecimal4(d.String()); err != nil || again != d {
				t.Errorf("ParseDecimal4(%q) = %d, which reads back as %d, %v", s, d, again, err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	values := []string{"0.10", "$0.05", "$2,052.00", "(1,234.50)", "12500.75", "12500.749999999998", "TBD"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, _ = money.Parse(values[i%len(values)])
	}
}

func BenchmarkString(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = money.Cents(-123450).String()
	}
}

func BenchmarkMulRound(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_ = money.MulRound(243300, 624155)
	}
}
