package postgres

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// Queue puts a query into a batch; its rows are in dst, by column name, once
// the batch was sent. A page asks for everything it shows in one batch, which
// is one round trip.
func Queue[T any](b *pgx.Batch, dst *[]T, sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*dst, err = pgx.CollectRows(rows, pgx.RowToStructByName[T])
		return err
	})
}

// QueueValues is Queue for a query of one column.
func QueueValues[T any](b *pgx.Batch, dst *[]T, sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*dst, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	})
}

// Send sends the batch and reads what it gives.
func Send(ctx context.Context, tx pgx.Tx, b *pgx.Batch) error { return tx.SendBatch(ctx, b).Close() }

// maxTerms is how many words of a search are heeded.
const maxTerms = 12

// blanks are the characters that the SQL function words makes blanks of. All
// others are left to PostgreSQL, which knows best what it took for a word.
const blanks = `-@./\:,;()[]{}#&+'"_*|~<>`

// Prefixes gives the text for to_tsquery('simple', ...) that finds the rows
// which have, for every word of text, a word that begins with it; "" where text
// has none.
func Prefixes(text string) string {
	if digits, ok := phoneDigits(text); ok {
		return "(" + term(digits) + " | (" + term(digits[:3]) + " & " + term(digits[3:6]) + " & " + term(digits[6:]) + "))"
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(blanks, r) })
	terms := make([]string, 0, maxTerms)
	for _, word := range words[:min(len(words), maxTerms)] {
		terms = append(terms, term(word))
	}
	return strings.Join(terms, " & ")
}

// term is one word. A single letter is an initial, not a beginning: half of all
// rows have a word that begins with s. Rows hold phone numbers in E.164, with the
// 1 of their country, and as they were typed.
func term(word string) string {
	digits := strings.Trim(word, "0123456789") == ""
	switch {
	case utf8.RuneCountInString(word) == 1:
		return "'" + word + "'"
	case digits && len(word) >= 7 && word[0] != '1':
		return "('" + word + "':* | '1" + word + "':*)"
	}
	return "'" + word + "':*"
}

// phoneDigits gives the ten digits of a text that is a phone number of the United
// States and nothing else.
func phoneDigits(text string) (digits string, ok bool) {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.ContainsRune("+-(). \u00a0", r):
			return "", false
		}
	}
	digits = b.String()
	if len(digits) == 11 && digits[0] == '1' {
		digits = digits[1:]
	}
	return digits, len(digits) == 10
}
