package list_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/list"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var spec = list.Spec{
	Table: "contacts",
	Orders: map[string]list.Order{
		"created_at": {By: "created_at", Like: time.Time{}},
		"name":       {By: "sort_name", Like: ""},
		"version":    {By: "version", Like: int64(0)},
	},
	Default: "-created_at",
	Filters: map[string]list.Filter{
		"role": list.OneOf("role", "homeowner", "adjuster"), "source": list.Equal("source"), "tag": list.Tag,
		"quiet": list.YesNo("do_not_contact"), "by": list.Person("created_by"),
	},
	Search: "search.contacts",
}

type row struct {
	ID   uuid.UUID
	Name string
}

// fill makes contacts that share names, times and everything else a list is
// ordered by, so that the order is decided by the id alone often enough.
func fill(ctx context.Context, tb testing.TB, db *postgres.DB, n int) {
	tb.Helper()
	scope, _ := tenant.From(ctx)
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		// As an import does it, with one audit entry for all.
		if _, err := tx.Exec(ctx, `SELECT set_config('app.bulk_run', gen_random_uuid()::text, true)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO contacts (org_id, id, version, first_name, last_name, role, source, tags, do_not_contact, created_at, created_by, updated_by, archived_at, archived_by)
			SELECT current_org(), gen_random_uuid(), 1 + i % 5, 'Person', 'Ñame ' || i % 7, CASE i % 10 WHEN 0 THEN 'adjuster' ELSE 'homeowner' END,
				CASE i % 3 WHEN 0 THEN 'Referral' ELSE '' END, CASE WHEN i % 50 = 0 THEN '{"hail 2024",vip}' ELSE '{roof}'::text[] END,
				i % 20 = 0, timestamptz '2025-01-01' + (i % 11) * interval '1.000001 s', $2, $2,
				CASE WHEN i % 9 = 0 THEN now() END, CASE WHEN i % 9 = 0 THEN $2::uuid END
			FROM generate_series(1, $1) i`, n, scope.ActorID)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func page(ctx context.Context, db *postgres.DB, q web.ListQuery) (list.Page[row], error) {
	return list.Read[row](ctx, db, &spec, "id, name", q, nil)
}

func all(ctx context.Context, db *postgres.DB, q web.ListQuery) (rows []row, err error) {
	_, err = postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (int, error) {
		return 0, list.Each(ctx, tx, &spec, "id, name", q, func(r row) error {
			rows = append(rows, r)
			return nil
		})
	})
	return rows, err
}

// walk reads all pages in one direction, beginning at the cursor.
func walk(ctx context.Context, t *rapid.T, db *postgres.DB, q web.ListQuery, next func(list.Page[row]) string) (pages [][]row, last list.Page[row]) {
	for range 1000 {
		p, err := page(ctx, db, q)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p.Rows)
		if next(p) == "" {
			return pages, p
		}
		q, last = q.At(next(p)), p
	}
	t.Fatal("the list does not end")
	return nil, last
}

func TestEveryPageOnceInOrder(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	scope, _ := tenant.From(ctx)
	fill(ctx, t, db, 120)
	other := dbtest.Org(t, db, "prowest").As(t, tenant.Manager)
	fill(other, t, db, 20)
	rapid.Check(t, func(t *rapid.T) {
		q := web.ListQuery{Limit: rapid.IntRange(1, 130).Draw(t, "limit"), Filters: url.Values{}}
		for name, values := range map[string][]string{
			"role": {"homeowner", "adjuster"}, "source": {"Referral", "nowhere"}, "tag": {"hail 2024", "roof", "none"},
			"quiet": {"yes", "no"}, "by": {scope.ActorID.String()}, "archived": {"yes", "no"},
		} {
			if rapid.IntRange(0, 3).Draw(t, name) == 0 {
				q.Filters.Set(name, rapid.SampledFrom(values).Draw(t, name+" value"))
			}
		}
		if rapid.Bool().Draw(t, "search") {
			q.Q = rapid.SampledFrom([]string{"person", "ñam 3", "nobody", "HAIL"}).Draw(t, "q")
		}
		if q.Filter("archived") != "yes" {
			q.Sort = rapid.SampledFrom([]string{"", "created_at", "-created_at", "name", "-name", "version", "-version"}).Draw(t, "sort")
		}
		want, err := all(ctx, db, q)
		if err != nil {
			t.Fatal(err)
		}
		older, end := walk(ctx, t, db, q, func(p list.Page[row]) string { return p.Older })
		if diff := cmp.Diff(want, slices.Concat(older...)); diff != "" {
			t.Fatalf("forward (-whole list +pages):\n%s", diff)
		}
		if end.Older == "" {
			return // one page
		}
		// Back from the last page but one, whose rows come first.
		newer, _ := walk(ctx, t, db, q.At(end.Older), func(p list.Page[row]) string { return p.Newer })
		slices.Reverse(newer)
		if diff := cmp.Diff(want, slices.Concat(newer...)); diff != "" {
			t.Fatalf("backward (-whole list +pages):\n%s", diff)
		}
	})
}

// The whole list, by which the test above judges pages, is judged here.
func TestTheWholeList(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	fill(ctx, t, db, 3000)
	for query, sql := range map[string]string{
		"":                          "archived_at IS NULL ORDER BY created_at DESC, id DESC",
		"sort=name":                 "archived_at IS NULL ORDER BY sort_name, id",
		"archived=yes":              "archived_at IS NOT NULL ORDER BY archived_at DESC, id DESC",
		"role=adjuster&sort=-name":  "archived_at IS NULL AND role = 'adjuster' ORDER BY sort_name DESC, id DESC",
		"tag=hail+2024&quiet=no":    "archived_at IS NULL AND tags @> '{hail 2024}' AND NOT do_not_contact ORDER BY created_at DESC, id DESC",
		"tag=roof&sort=created_at":  "archived_at IS NULL AND tags @> '{roof}' ORDER BY created_at, id",
		"q=per+hai":                 "archived_at IS NULL AND tags @> '{hail 2024}' ORDER BY created_at DESC, id DESC",
		"q=person&source=Referral":  "archived_at IS NULL AND source = 'Referral' ORDER BY created_at DESC, id DESC", // more than Most match: an export has them all
		"q=%25%21":                  "false",
		"tag=%25%21&archived=no":    "false",
		"q=6&sort=version&quiet=no": "archived_at IS NULL AND last_name = 'Ñame 6' AND NOT do_not_contact ORDER BY version, id",
	} {
		q := parse(t, query)
		got, err := all(ctx, db, q)
		if err != nil {
			t.Fatal(err)
		}
		want, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]row, error) {
			return postgres.Many[row](ctx, tx, `SELECT id, name FROM contacts WHERE `+sql)
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || len(want) == 0 != (sql == "false") {
			t.Errorf("%s: %d of %d rows\n%s", query, len(got), len(want), diff)
		}
	}
}

func parse(tb testing.TB, query string) web.ListQuery {
	tb.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		tb.Fatal(err)
	}
	q, err := web.ParseList(v, spec.Web())
	if err != nil {
		tb.Fatal(err)
	}
	return q
}

func TestASearchSaysThatItIsCapped(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	fill(ctx, t, db, list.Most+1)
	for query, want := range map[string]bool{"q=person": true, "q=person+3": false, "": false, "tag=roof": false, "q=person&role=adjuster": true} {
		p, err := page(ctx, db, parse(t, query))
		if err != nil || p.Capped != want || len(p.Rows) == 0 {
			t.Errorf("%q: capped %v, %d rows, %v", query, p.Capped, len(p.Rows), err)
		}
	}
}

// What is found by what it refers to counts as what is found by itself, to the
// last one below the cap and the first above it.
func TestASearchByAnotherRecordIsCappedAtTheSameNumber(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	houses := list.Spec{
		Table: "properties", Orders: map[string]list.Order{"created_at": {By: "created_at", Like: time.Time{}}}, Default: "-created_at",
		Search: "search.properties", Via: []list.Via{{Column: "owner_id", Search: "search.contacts"}},
	}
	for _, c := range []struct {
		owned, own int
		capped     bool
	}{{list.Most, 0, false}, {list.Most - 2, 2, false}, {list.Most + 1, 0, true}, {list.Most, 1, true}, {1, list.Most, true}, {0, list.Most + 1, true}} {
		ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
		scope, _ := tenant.From(ctx)
		err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `
				WITH bulk AS MATERIALIZED (SELECT set_config('app.bulk_run', gen_random_uuid()::text, true)),
				o AS (INSERT INTO contacts (org_id, id, last_name, created_by, updated_by) SELECT current_org(), gen_random_uuid(), 'Muñoz', $1, $1 FROM bulk RETURNING id)
				INSERT INTO properties (org_id, id, name, street, owner_id, created_by, updated_by)
				SELECT current_org(), gen_random_uuid(), CASE WHEN i > $2 THEN 'Muñoz HOA' ELSE 'House' END, i || ' Elm St', CASE WHEN i <= $2 THEN o.id END, $1, $1
				FROM generate_series(1, $2::int + $3::int) i, o`, scope.ActorID, c.owned, c.own)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := list.Read[row](ctx, db, &houses, "id, name", parse(t, "q=muñoz"), nil)
		if err != nil || p.Capped != c.capped || len(p.Rows) == 0 {
			t.Errorf("%d by their owner and %d by themselves: capped %v, %d rows, %v", c.owned, c.own, p.Capped, len(p.Rows), err)
		}
	}
}

func TestPagesReadTheirIndex(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	fill(ctx, t, db, 20_000)
	fill(dbtest.Org(t, db, "prowest").As(t, tenant.Manager), t, db, 5_000)
	dbtest.Analyze(t, db)
	for _, query := range []string{"", "sort=created_at", "sort=name", "sort=-name", "archived=yes", "role=adjuster", "source=Referral", "quiet=yes", "tag=roof"} {
		first, err := page(ctx, db, parse(t, query))
		if err != nil {
			t.Fatal(err)
		}
		second, err := page(ctx, db, parse(t, query).At(first.Older))
		if err != nil {
			t.Fatal(err)
		}
		for _, cursor := range []string{"", first.Older, second.Newer} {
			plans := dbtest.Plans(ctx, t, db, func(ctx context.Context) { _, _ = page(ctx, db, parse(t, query).At(cursor)) })
			plan := plans[len(plans)-1]
			if strings.Contains(plan, "Sort") || strings.Contains(plan, "Seq Scan") || !strings.Contains(plan, "Index Scan") {
				t.Errorf("%q at %q:\n%.2000s", query, cursor, plan)
			}
		}
	}
	for _, query := range []string{"q=person+3", "q=vip&sort=name"} {
		plans := dbtest.Plans(ctx, t, db, func(ctx context.Context) { _, _ = page(ctx, db, parse(t, query)) })
		if plan := plans[len(plans)-1]; strings.Contains(plan, "Seq Scan") {
			t.Errorf("%q:\n%.2000s", query, plan)
		}
	}
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	fill(ctx, t, db, 100)
	for query, most := range map[string]int64{"": 1, "role=adjuster&quiet=no&sort=name": 1, "q=person": 2, "tag=roof": 2} {
		dbtest.AtMost(ctx, t, most, func(ctx context.Context) {
			if _, err := page(ctx, db, parse(t, query)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	fill(ctx, t, db, 3)
	p, err := page(ctx, db, web.ListQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q     web.ListQuery
		field string
	}{
		{web.ListQuery{Sort: "notes"}, "sort"},
		{web.ListQuery{Sort: "-"}, "sort"},
		{web.ListQuery{Sort: "name", Filters: url.Values{"archived": {"yes"}}}, "sort"},
		{web.ListQuery{Filters: url.Values{"archived": {"perhaps"}}}, "archived"},
		{web.ListQuery{Filters: url.Values{"archived": {"yes", "no"}}}, "archived"},
		{web.ListQuery{Filters: url.Values{"role": {"pirate"}}}, "role"},
		{web.ListQuery{Filters: url.Values{"role": {"adjuster", "homeowner"}}}, "role"},
		{web.ListQuery{Filters: url.Values{"quiet": {"loud"}}}, "quiet"},
		{web.ListQuery{Filters: url.Values{"by": {"me"}}}, "by"},
		{web.ListQuery{Filters: url.Values{"no such": {"1"}}}, "no such"},
		{web.ListQuery{Cursor: "!"}, "cursor"},
		{web.ListQuery{Cursor: p.Older, Sort: "name"}, "cursor"},
		{web.ListQuery{Cursor: p.Older + "x"}, "cursor"},
	} {
		c.q.Limit = 1
		_, err := page(ctx, db, c.q)
		if f := fault.As(err); f == nil || f.Kind != fault.KindInvalid || f.Fields[c.field] == "" {
			t.Errorf("%+v: got %v, want a refusal of %s", c.q, err, c.field)
		}
	}
}

func TestDistinct(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	fill(ctx, t, db, 30)
	for column, want := range map[string][]string{
		"source": {"Referral"}, "company": nil, "last_name": {"Ñame 0", "Ñame 1", "Ñame 2", "Ñame 3", "Ñame 4", "Ñame 5", "Ñame 6"},
	} {
		var got []string
		err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			var b pgx.Batch
			spec.QueueDistinct(&b, &got, column)
			return postgres.Send(ctx, tx, &b)
		})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, %v", column, got, err)
		}
	}
}
