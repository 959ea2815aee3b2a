package commonpassword_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/skaiscraper/skai/internal/platform/commonpassword"
)

func TestGuessable(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		"passwordpassword":              true, // twice a common one
		"password1234":                  true,
		"Password1234!":                 true,
		"P@ssw0rd!!!!!!":                true,
		"1234567890123":                 true,
		"abcdefghijklm":                 true,
		"aaaaaaaaaaaaaaaa":              true,
		"unbelievable":                  true, // of 12, in the list
		"UNBELIEVABLE":                  true,
		"2024-elephant-2024":            true,
		"ｐａｓｓｗｏｒｄ１２３４":                  true, // full-width
		"hail on a tin roof":            false,
		"correct gutter battery staple": false,
		"x7Kf-q2Lm-9pRt":                false,
		"":                              true,
	} {
		if got := commonpassword.Guessable(password); got != want {
			t.Errorf("%q: %v, want %v", password, got, want)
		}
	}
}

// from is a file with one password a line, the most frequent first;
// scripts/common-passwords gives it.
var from = flag.String("from", "", "write the list anew from a file")

// makeList takes the passwords that the package's documentation speaks of.
func makeList(t *testing.T, name string) {
	t.Helper()
	const frequentOnes, long, least = 60_000, 12, 4
	text, err := os.ReadFile(name) //nolint:gosec // a developer names it
	if err != nil {
		t.Fatal(err)
	}
	var hashes [][]byte
	frequent := 0
	for line := range strings.Lines(string(text)) {
		password := strings.TrimRight(line, "\r\n")
		switch n := utf8.RuneCountInString(password); {
		case n >= long:
		case n >= least && frequent < frequentOnes:
			frequent++
		default:
			continue
		}
		hashes = append(hashes, commonpassword.Hash(password))
	}
	slices.SortFunc(hashes, bytes.Compare)
	hashes = slices.CompactFunc(hashes, bytes.Equal)
	if err := os.WriteFile("list.bin", bytes.Join(hashes, nil), 0o644); err != nil { //nolint:gosec // a source file
		t.Fatal(err)
	}
}

// The list is what the documentation says it is.
func TestTheList(t *testing.T) {
	t.Parallel()
	if *from != "" {
		makeList(t, *from)
	}
	data, err := os.ReadFile("list.bin")
	if err != nil {
		t.Fatal(err)
	}
	const want = 102_293
	if n := len(data) / commonpassword.Prefix; n != want || len(data)%commonpassword.Prefix != 0 {
		t.Errorf("it has %d entries in %d bytes, want %d", n, len(data), want)
	}
	for i := commonpassword.Prefix; i < len(data); i += commonpassword.Prefix {
		if string(data[i-commonpassword.Prefix:i]) >= string(data[i:i+commonpassword.Prefix]) {
			t.Fatalf("entry %d is not after the one before", i/commonpassword.Prefix)
		}
	}
}
