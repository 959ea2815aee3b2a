package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/skaiscraper/skai/internal/platform/tenant"
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

// ReadBatch runs the statements of b in a transaction of its own under the scope of ctx,
// which changes nothing, and reads what they give. All of it is one round trip, where
// [Read] takes one to begin, one for each statement or batch, and one to end. Without a
// scope it is tenant.ErrNoScope.
func ReadBatch(ctx context.Context, db *DB, b *pgx.Batch) error {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	return db.whole(ctx, scopeOf(scope), b)
}

// ReadOne runs a query that gives one row, into a struct by column name, and in the same
// round trip the statements of beside: [ReadBatch]. It gives ErrNoRow where there is none.
func ReadOne[T any](ctx context.Context, db *DB, beside *pgx.Batch, sql string, args ...any) (T, error) {
	var found []T
	Queue(beside, &found, sql, args...)
	err := ReadBatch(ctx, db, beside)
	return first(found, err)
}

// SystemReadOne is ReadOne as a system actor, outside of any organisation, with nothing
// beside it.
func SystemReadOne[T any](ctx context.Context, db *DB, role SystemRole, sql string, args ...any) (T, error) {
	var b pgx.Batch
	var found []T
	Queue(&b, &found, sql, args...)
	err := db.whole(ctx, []string{"role", string(role)}, &b)
	return first(found, err)
}

// first gives the first row. That there is none is told here and not while the batch is
// read: a connection forgets the statements of a batch that had an error.
func first[T any](found []T, err error) (one T, _ error) {
	switch {
	case err != nil:
		return one, err
	case len(found) == 0:
		return one, ErrNoRow
	}
	return found[0], nil
}

// whole sends a transaction that only reads, from its beginning to its end, at once. A
// connection that turns out to be dead is given up for another.
func (db *DB) whole(ctx context.Context, set []string, b *pgx.Batch) (err error) {
	for range dead {
		var conn *pgxpool.Conn
		if conn, err = db.acquire(ctx); err != nil {
			return err
		}
		begun := false
		err = conn.SendBatch(ctx, enclose(b, append(slices.Clone(set), bounds(ctx)...), &begun)).Close()
		if err == nil {
			conn.Release()
			return nil
		}
		lost := isLost(ctx, conn, err)
		err = inWords(ctx, conn, err)
		if conn.Conn().PgConn().TxStatus() == 'E' {
			_, _ = conn.Exec(context.WithoutCancel(ctx), "rollback") // else Release would close it
		}
		conn.Release()
		if !lost || begun {
			return err
		}
	}
	return err
}

// enclose is b within a transaction that only reads, with pairs of name and value set;
// begun tells whether the database began it. The statements are copied: each
// connection knows them by names of its own.
func enclose(b *pgx.Batch, set []string, begun *bool) *pgx.Batch {
	calls, values := make([]string, 0, len(set)/2), make([]any, 0, len(set)/2)
	for i := 0; i < len(set); i += 2 {
		values = append(values, clean(set[i+1]))
		calls = append(calls, fmt.Sprintf("set_config('%s', $%d, true)", set[i], len(values)))
	}
	whole := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, b.Len()+3)}
	whole.Queue("begin read only").Exec(func(pgconn.CommandTag) error {
		*begun = true
		return nil
	})
	whole.Queue("select "+strings.Join(calls, ", "), values...)
	for _, q := range b.QueuedQueries {
		whole.QueuedQueries = append(whole.QueuedQueries, &pgx.QueuedQuery{SQL: q.SQL, Arguments: q.Arguments, Fn: q.Fn})
	}
	whole.Queue("commit")
	return whole
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
