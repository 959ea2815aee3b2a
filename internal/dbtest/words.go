package dbtest

import (
	"regexp"
	"slices"
	"testing"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

var word = regexp.MustCompile(`'([^']*)'::text`)

// CheckWords gives the words that the CHECK of one column allows, in their
// order: for tests that Go and the database have the same vocabulary.
func CheckWords(tb testing.TB, db *postgres.DB, table, column string) []string {
	tb.Helper()
	definition, err := postgres.Value[string](tb.Context(), Super(tb, db), `
		SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
		WHERE c.conrelid = $1::regclass AND a.attname = $2 AND c.contype = 'c' AND pg_get_constraintdef(c.oid) LIKE '%ANY%'`, table, column)
	if err != nil {
		tb.Fatal(err)
	}
	var words []string
	for _, m := range word.FindAllStringSubmatch(definition, -1) {
		words = append(words, m[1])
	}
	slices.Sort(words)
	return words
}
