package postgres_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestPrefixes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "",
		" '\"\\:*()&|<> ":             "",
		"John SMITH":                  "'John':* & 'SMITH':*",
		"j. smith":                    "'j' & 'smith':*",
		"o'brien":                     "'o' & 'brien':*",
		"a@b.co":                      "'a' & 'b' & 'co':*",
		"muñoz":                       "'muñoz':*",
		"8675309":                     "('8675309':* | '18675309':*)",
		"smith 6025550123":            "'smith':* & ('6025550123':* | '16025550123':*)",
		"1 (602) 555-0123":            "(('6025550123':* | '16025550123':*) | ('602':* & '555':* & '0123':*))",
		"+1.602.555.0123":             "(('6025550123':* | '16025550123':*) | ('602':* & '555':* & '0123':*))",
		"a b c d e f g h i j k l m n": "'a' & 'b' & 'c' & 'd' & 'e' & 'f' & 'g' & 'h' & 'i' & 'j' & 'k' & 'l'",
	} {
		if got := postgres.Prefixes(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Whatever is typed, PostgreSQL can read what becomes of it, and a text finds itself.
func TestEveryTextCanBeSearchedFor(t *testing.T) {
	t.Parallel()
	conn := dbtest.App(t, dbtest.Shared(t))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 40, 200).Filter(func(s string) bool { return !cmp.Equal(s, "") && !containsNUL(s) }).Draw(t, "text")
		query := postgres.Prefixes(text)
		type found struct {
			Words int
			Found bool
		}
		got, err := postgres.One[found](context.Background(), conn, `
			SELECT numnode(q) AS words, q @@ (to_tsvector('simple', words($2)) || to_tsvector('simple', '1' || $2)) AS found FROM to_tsquery('simple', $1) q`, query, text)
		if err != nil {
			t.Fatalf("%q became %s: %v", text, query, err)
		}
		if got.Words > 0 && !got.Found {
			t.Errorf("%q, searched as %s, does not find itself", text, query)
		}
	})
}

// The words of a text are those that translate gives: what search columns hold
// from before the function was written for speed is what it would give now.
func TestWordsAreTheTextWithBlanksForPunctuation(t *testing.T) {
	t.Parallel()
	conn := dbtest.App(t, dbtest.Shared(t))
	all := make([]rune, 0, 0x250)
	for r := rune(1); r < 0x250; r++ {
		all = append(all, r)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom(append(all, 'é', '屋', '🏠', '\u00a0'))).Draw(t, "text") + string(all)
		type both struct{ Got, Want string }
		b, err := postgres.One[both](context.Background(), conn, `
			SELECT words($1) AS got, translate($1, '-@./\:,;()[]{}#&+''"_*|~<>', repeat(' ', 25)) AS want`, text)
		if err != nil || b.Got != b.Want {
			t.Fatalf("words of %q: %q, want %q (%v)", text, b.Got, b.Want, err)
		}
	})
}

func containsNUL(s string) bool {
	for _, r := range s {
		if r == 0 {
			return true
		}
	}
	return false
}

func TestABatchIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Viewer)
	type row struct{ N int }
	var rows []row
	var values []string
	dbtest.AtMost(ctx, t, 1, func(ctx context.Context) {
		_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (int, error) {
			var b pgx.Batch
			postgres.Queue(&b, &rows, `SELECT n FROM generate_series(1, $1) n`, 3)
			postgres.QueueValues(&b, &values, `SELECT 'x' || n FROM generate_series(1, 2) n`)
			return 0, postgres.Send(ctx, tx, &b)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if diff := cmp.Diff([]row{{1}, {2}, {3}}, rows) + cmp.Diff([]string{"x1", "x2"}, values); diff != "" {
		t.Error(diff)
	}
	_, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (int, error) {
		var b pgx.Batch
		postgres.QueueValues(&b, &values, `SELECT 1 / $1::int`, 0)
		return 0, postgres.Send(ctx, tx, &b)
	})
	if err == nil {
		t.Error("an error in a batch is lost")
	}
}
