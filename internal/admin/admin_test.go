package admin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/admin"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func slugs(list []admin.Org) (s []string) {
	for _, o := range list {
		s = append(s, o.Slug)
	}
	return s
}

// Every order gives every organisation once, forwards and back, whatever the page.
func TestTheListInEveryOrder(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s := admin.New(db, orgs.New(db), nil, nil)
	for i := range 7 {
		o := dbtest.Org(t, db, fmt.Sprintf("org%d", i))
		for _, role := range []tenant.Role{tenant.Owner, tenant.Admin, tenant.Member}[:i%3] {
			o.As(t, role)
		}
	}
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE people SET last_seen_at = now() WHERE role = 'admin' AND kind = 'member'`); err != nil {
		t.Fatal(err)
	}
	for _, sort := range []string{"", "name", "-name", "created_at", "-created_at", "seats", "-seats", "seen_at", "-seen_at"} {
		all, err := s.List(t.Context(), web.ListQuery{Sort: sort, Limit: 200})
		if err != nil || len(all.Orgs) != 7 || all.Next != "" || all.Prev != "" {
			t.Fatalf("%s: %v, %v", sort, slugs(all.Orgs), err)
		}
		q := web.ListQuery{Sort: sort, Limit: 3}
		var there, back []string
		var last string
		for {
			p, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			there, last = append(there, slugs(p.Orgs)...), p.Prev
			if p.Next == "" {
				break
			}
			q = q.At(p.Next)
		}
		for last != "" {
			p, err := s.List(t.Context(), q.At(last))
			if err != nil {
				t.Fatal(err)
			}
			back, last = append(slugs(p.Orgs), back...), p.Prev
		}
		want := slugs(all.Orgs)
		if !slices.Equal(there, want) || !slices.Equal(back, want[:6]) {
			t.Errorf("%s: %v there and %v back, want %v", sort, there, back, want)
		}
	}
	if _, err := s.List(t.Context(), web.ListQuery{Cursor: "x", Limit: 3}); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("a cursor of nothing: %v", err)
	}
}

func TestFiguresAreOfTheirOrganisation(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	o := orgs.New(db)
	s := admin.New(db, o, nil, nil)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	titan.As(t, tenant.Owner)
	titan.As(t, tenant.Viewer)
	rec := measure.New(db, postgres.NewID())
	for status, times := range map[int]int{200: 20, 429: 3, 403: 2, 500: 1} {
		for range times {
			rec.Observe(measure.Seen{Org: titan.ID, Route: "GET /claims.csv", Status: status, Took: 100 * time.Millisecond})
		}
	}
	if err := rec.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `
		INSERT INTO files (org_id, id, kind, name, size, source_url, created_by, updated_by) SELECT p.org_id, gen_random_uuid(), 'photo', 'Roof', n, 'https://photos.example.com/1', p.id, p.id
		FROM people p, (VALUES (1000), (NULL), (500)) f (n) WHERE p.kind = 'system' AND p.org_id = $1`, titan.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Suspend(t.Context(), prowest.Slug, true, "They left"); err != nil {
		t.Fatal(err)
	}
	one, err := s.One(t.Context(), titan.ID)
	f := one.Figures
	if err != nil || one.Seats() != 2 || one.Owners != 1 || one.Viewers != 1 || f.Week.Requests != 26 || f.Week.Failures != 1 || f.Week.Limited != 3 || f.Week.Refusals != 5 || f.Now.Requests != 26 ||
		f.Files != 3 || f.Sized != 2 || f.Bytes != 1500 || f.LastRun != nil || f.Week.P95 < 99 || f.Week.P95 > 101 {
		t.Errorf("%+v, %v", one, err)
	}
	limited, err := measure.LimitedBy(t.Context(), db, titan.ID, time.Now().Add(-time.Hour), time.Now().Add(time.Minute))
	if err != nil || len(limited) != 1 || limited["GET /claims.csv"] != 3 {
		t.Errorf("limits hit: %v, %v", limited, err)
	}
	for _, q := range []web.ListQuery{{Q: "PRO"}, {Filters: map[string][]string{"status": {"suspended"}}}} {
		q.Limit = 10
		p, err := s.List(t.Context(), q)
		if err != nil || !slices.Equal(slugs(p.Orgs), []string{"prowest"}) || p.Orgs[0].Figures.Files != 0 || p.Orgs[0].Figures.Week.Requests != 0 || p.Orgs[0].Reason != "They left" {
			t.Errorf("%+v: %+v, %v", q, p, err)
		}
	}
	if p, err := s.List(t.Context(), web.ListQuery{Q: "100%_", Limit: 10}); err != nil || len(p.Orgs) != 0 {
		t.Errorf("signs of patterns: %v, %v", slugs(p.Orgs), err)
	}
	if _, err := s.One(t.Context(), uuid.New()); !fault.Is(err, fault.KindNotFound) || !strings.Contains(err.Error(), "no such organisation") {
		t.Errorf("none: %v", err)
	}
}
