package generate

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// dice are the only source of chance: the same seed throws the same.
type dice struct{ *rand.Rand }

// rand gives dice of their own to each part of the work, so that a change to one
// file leaves the others as they are.
func (c Company) rand(part string) dice {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.Slug + "/" + part))           // never fails
	return dice{rand.New(rand.NewPCG(c.Seed, h.Sum64()))} //nolint:gosec // has to repeat itself, is no secret
}

// chance is true in so many of a hundred throws.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// between is a number from least to most.
func (d dice) between(least, most int) int { return least + d.IntN(most-least+1) }

func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// weighted picks an index in proportion to the weights.
func (d dice) weighted(n int, weight func(int) int) int {
	total := 0
	for i := range n {
		total += weight(i)
	}
	at := d.IntN(total)
	for i := range n {
		if at -= weight(i); at < 0 {
			return i
		}
	}
	return n - 1
}

// plain is 1234.50, dollars is $1,234.50; credits are written (1,234.50).
func plain(cents int64) string {
	if cents < 0 {
		return "-" + plain(-cents)
	}
	return strconv.FormatInt(cents/100, 10) + "." + twoDigits(cents%100)
}

func dollars(cents int64) string { return "$" + grouped(cents) }

func grouped(cents int64) string {
	digits := strconv.FormatInt(cents/100, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + "." + twoDigits(cents%100)
}

func twoDigits(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// mixed writes an amount in one of the ways that stand beside each other in one
// column of such exports.
func (d dice) mixed(cents int64) string {
	if cents < 0 {
		return "(" + grouped(-cents) + ")"
	}
	switch d.IntN(4) {
	case 0:
		return dollars(cents)
	case 1:
		return grouped(cents)
	}
	return plain(cents)
}

// centsOf reads what plain, dollars and mixed write.
func centsOf(s string) int64 {
	negative := strings.HasPrefix(s, "(") || strings.HasPrefix(s, "-")
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if digits == "" {
		return 0
	}
	cents, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		panic("generate: " + s + " is no amount of this package") // a slip, which its tests find
	}
	if negative {
		return -cents
	}
	return cents
}

// shortDate is M/D/YY, "" for none.
func shortDate(t time.Time) string { return format(t, "1/2/06") }

func format(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

// unix writes a moment in seconds, now and then in milliseconds.
func (d dice) unix(t time.Time) string {
	switch {
	case t.IsZero():
		return "0"
	case d.chance(4):
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// ids are made of these, as in the vendors' systems.
const idLetters = "0123456789abcdefghijklmnopqrstuvwxyz"

func (d dice) id(length int) string {
	b := make([]byte, length)
	for i := range b {
		b[i] = idLetters[d.IntN(len(idLetters))]
	}
	return string(b)
}

func (d dice) hex(length int) string {
	b := make([]byte, length)
	for i := range b {
		b[i] = idLetters[d.IntN(16)]
	}
	return string(b)
}

var diacritics = strings.NewReplacer("ễ", "e", "é", "e", "ñ", "n")

func ascii(s string) string { return diacritics.Replace(s) }

// mailbox is what stands before the @ of somebody's address.
func mailbox(first, last string) string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r == '.' {
			return r
		}
		return -1
	}
	return strings.Map(keep, strings.ToLower(ascii(strings.ReplaceAll(first, ".", "")+"."+strings.ReplaceAll(last, ".", ""))))
}
