package contacts_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

type page struct {
	Items      []contact
	NextCursor *string `json:"next_cursor"`
}

func (o office) list(ctx context.Context, tb testing.TB, query string) (names []string) {
	tb.Helper()
	p := dbtest.Decode[page](tb, o.Get(ctx, tb, "/api/contacts?"+query), http.StatusOK)
	for _, c := range p.Items {
		names = append(names, c.Name)
	}
	return names
}

func TestFiltersAndSearch(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	for _, b := range []body{
		{"first_name": "Anna", "last_name": "Zielińska", "phones": []body{{"typed": "602.555.0123"}, {"typed": "(480) 555-0100"}}, "source": "Referral", "tags": []string{"hail 2024"}},
		{"first_name": "Bob", "last_name": "Yazzie", "emails": []string{"bob.yazzie@example.com"}, "address": body{"street": "4127 E Sunnyside Dr", "city": "Phoenix", "state": "AZ", "zip": "85028"}, "source": "Door knocking"},
		{"company": "Desert Ridge HOA", "role": "other", "do_not_contact": true, "tags": []string{"hail"}, "notes": "Board meets on Thursdays"},
		{"first_name": "John", "last_name": "Adams", "role": "adjuster", "company": "State Farm", "address": body{"typed": "12 Elm St, Mesa, AZ 85201", "street": "12 Elm St", "city": "Mesa", "state": "AZ", "zip": "85201"}},
	} {
		o.create(ctx, t, b)
	}
	archived := o.create(ctx, t, body{"last_name": "Gone"})
	o.JSON(ctx, t, "POST", "/api/contacts/"+archived.ID.String()+"/archive", nil)
	anna, bob, hoa, john := "Anna Zielińska", "Bob Yazzie", "Desert Ridge HOA", "John Adams"
	for query, want := range map[string][]string{
		"":                                       {john, hoa, bob, anna},
		"sort=created_at":                        {anna, bob, hoa, john},
		"sort=name":                              {john, hoa, bob, anna},
		"sort=-name":                             {anna, bob, hoa, john},
		"role=adjuster":                          {john},
		"role=homeowner&sort=name":               {bob, anna},
		"source=Referral":                        {anna},
		"source=referral":                        nil,
		"tag=hail":                               {hoa},
		"tag=hail+2024":                          {anna},
		"do_not_contact=yes":                     {hoa},
		"do_not_contact=no&role=adjuster":        {john},
		"archived=yes":                           {"Gone"},
		"q=zieli%C5%84":                          {anna},
		"q=ZIELI%C5%83":                          {anna},
		"q=yaz+bob":                              {bob},
		"q=adams%2C+j":                           nil, // j is an initial, not a beginning
		"q=adams%2C+jo":                          {john},
		"q=bob.yazzie%40example":                 {bob},
		"q=%28602%29+555-0123":                   {anna},
		"q=6025550123":                           {anna},
		"q=%2B1+602+555+0123":                    {anna},
		"q=4805550100":                           {anna},
		"q=480-555-0100":                         {anna},
		"q=555":                                  {anna},
		"q=sunnyside+85028":                      {bob},
		"q=elm+mesa+az+85201":                    {john},
		"q=thursday":                             {hoa},
		"q=hail":                                 {hoa, anna},
		"q=hail&do_not_contact=yes":              {hoa},
		"q=hail&sort=-name&do_not_contact=no":    {anna},
		"q=gone":                                 nil,
		"q=gone&archived=yes":                    {"Gone"},
		"q=%3A%26%7C%21%27%28%29":                nil,
		"q=state+farm&role=adjuster&source=none": nil,
	} {
		if diff := cmp.Diff(want, o.list(ctx, t, query)); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
	for query, want := range map[string]string{
		"":           `<option value="Referral">Referral</option>`,
		"role=other": "Role: Other",
		"q=nobody":   "No contact matches",
		"tag=hail":   "tag: hail",
	} {
		if a := o.Get(ctx, t, "/contacts?"+query); !strings.Contains(a.Body, want) {
			t.Errorf("/contacts?%s has no %s", query, want)
		}
	}
}

// fill makes n contacts as an import does.
func (o office) fill(ctx context.Context, tb testing.TB, n int) {
	tb.Helper()
	scope, _ := tenant.From(ctx)
	err := postgres.Do(ctx, o.db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('app.bulk_run', gen_random_uuid()::text, true)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO contacts (org_id, id, first_name, last_name, role, source, tags, do_not_contact, phones, created_at, created_by, updated_by, archived_at, archived_by)
			SELECT current_org(), gen_random_uuid(), 'Person', 'Name ' || i % 1000, CASE WHEN i % 100 = 0 THEN 'adjuster' ELSE 'homeowner' END,
				CASE i % 4 WHEN 0 THEN 'Referral' ELSE '' END, CASE WHEN i % 500 = 0 THEN '{vip}' ELSE '{}'::text[] END, i % 200 = 0,
				jsonb_build_array(jsonb_build_object('typed', '602555' || lpad((i % 10000)::text, 4, '0'))),
				timestamptz '2025-01-01' + i * interval '1 s', $2, $2, CASE WHEN i % 50 = 1 THEN now() END, CASE WHEN i % 50 = 1 THEN $2::uuid END
			FROM generate_series(1, $1) i`, n, scope.ActorID)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestPagesOverTheAPIAndOnThePage(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Viewer)
	o.fill(ctx, t, 205)
	seen, target := map[string]bool{}, "/api/contacts?sort=name&limit=50"
	for at := target; at != ""; {
		p := dbtest.Decode[page](t, o.Get(ctx, t, at), http.StatusOK)
		for _, c := range p.Items {
			if seen[c.ID.String()] {
				t.Errorf("%s came twice", c.Name)
			}
			seen[c.ID.String()] = true
		}
		at = ""
		if p.NextCursor != nil {
			at = target + "&cursor=" + url.QueryEscape(*p.NextCursor)
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d contacts on all pages, want 200", len(seen))
	}
	first := o.Get(ctx, t, "/contacts?sort=name")
	next, _, _ := strings.Cut(after(first.Body, `rel="next" href="`), `"`)
	if strings.Contains(first.Body, `rel="prev"`) || next == "" {
		t.Fatal("the first page leads forward only")
	}
	second := o.Get(ctx, t, strings.ReplaceAll(next, "&amp;", "&"))
	prev, _, _ := strings.Cut(after(second.Body, `rel="prev" href="`), `"`)
	if second.Status != http.StatusOK || prev == "" {
		t.Fatalf("the second page leads back: %d", second.Status)
	}
	back := o.Get(ctx, t, strings.ReplaceAll(prev, "&amp;", "&"))
	if rows := func(body string) string { return after(body, "<tbody>") }; strings.Split(rows(back.Body), "</tbody>")[0] != strings.Split(rows(first.Body), "</tbody>")[0] {
		t.Error("going on and back again gives other rows")
	}
	if strings.Contains(first.Body, "contacts.csv") {
		t.Error("a viewer is offered what they may not download")
	}
}

func after(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Admin)
	o.fill(ctx, t, 120)
	c := o.create(ctx, t, body{"last_name": "Ortiz"})
	page, api := "/contacts/"+c.ID.String(), "/api/contacts/"+c.ID.String()
	for target, most := range map[string]int64{
		"/contacts": 1, "/contacts?role=adjuster&sort=name": 1, "/contacts?archived=yes": 1, "/contacts?q=ortiz": 2, "/contacts?tag=vip": 2,
		"/api/contacts": 1, page: 1, page + "?tab=audit": 1, page + "/edit": 1, api: 1, "/contacts.csv": 1, "/contacts/new": 0,
	} {
		dbtest.AtMost(ctx, t, most, func(ctx context.Context) {
			if a := o.Get(ctx, t, target); a.Status != http.StatusOK {
				t.Errorf("%s: %d", target, a.Status)
			}
		})
	}
	dbtest.AtMost(ctx, t, 1, func(ctx context.Context) { o.create(ctx, t, body{"last_name": "Once"}) })
	dbtest.AtMost(ctx, t, 2, func(ctx context.Context) {
		if a := o.JSON(ctx, t, "PUT", api, body{"last_name": "Twice"}, "If-Match", "1"); a.Status != http.StatusOK {
			t.Error(a.Status)
		}
	})
	dbtest.AtMost(ctx, t, 2, func(ctx context.Context) { o.Post(ctx, t, page+"/archive", nil) })
}

// What only an import has touched has no entry of its own: its tab says so.
func TestAnImportedContactsTrail(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	owner := o.As(t, tenant.Owner)
	o.fill(owner, t, 2) // the first is archived
	at := "/contacts/" + dbtest.Decode[page](t, o.Get(owner, t, "/api/contacts?limit=1&sort=name"), http.StatusOK).Items[0].ID.String() + "?tab=audit"
	for role, want := range map[tenant.Role]bool{tenant.Owner: true, tenant.Manager: false} {
		if a := o.Get(o.As(t, role), t, at); strings.Contains(a.Body, "Nobody has changed this here") != want {
			t.Errorf("%s: %d", role, a.Status)
		}
	}
}

func TestListsReadTheirIndex(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.New(t))
	ctx := o.As(t, tenant.Manager)
	o.fill(ctx, t, 20_000)
	dbtest.Analyze(t, o.db)
	for query, index := range map[string]string{
		"": "contacts_created_idx", "sort=created_at": "contacts_created_idx", "sort=name": "contacts_name_idx", "sort=-name": "contacts_name_idx",
		"role=adjuster": "contacts_role_idx", "role=homeowner": "contacts_created_idx", "source=Referral": "contacts_source_idx", "source=none": "contacts_source_idx",
		"do_not_contact=yes": "contacts_do_not_contact_idx", "do_not_contact=no": "contacts_created_idx", "archived=yes": "contacts_archived_idx", "tag=vip": "contacts_pkey",
	} {
		p := dbtest.Decode[page](t, o.Get(ctx, t, "/api/contacts?"+query), http.StatusOK)
		targets := []string{query}
		if p.NextCursor != nil {
			targets = append(targets, query+"&cursor="+url.QueryEscape(*p.NextCursor))
		}
		for _, target := range targets {
			for _, plan := range dbtest.Plans(ctx, t, o.db, func(ctx context.Context) { o.Get(ctx, t, "/contacts?"+target) }) {
				list := strings.HasPrefix(plan, "Limit") && !strings.Contains(plan, "Recursive Union")
				if strings.Contains(plan, "Seq Scan") || list && index != "contacts_pkey" && strings.Contains(plan, "Sort") || list && !strings.Contains(plan, index) {
					t.Errorf("%q (%s):\n%.2000s", target, index, plan)
				}
			}
		}
	}
	detail := dbtest.Plans(ctx, t, o.db, func(ctx context.Context) {
		p := dbtest.Decode[page](t, o.Get(ctx, t, "/api/contacts?limit=1"), http.StatusOK)
		o.Get(ctx, t, "/contacts/"+p.Items[0].ID.String())
	})
	for _, plan := range detail {
		if strings.Contains(plan, "Seq Scan on contacts") {
			t.Errorf("the detail page:\n%.2000s", plan)
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	o.fill(ctx, t, 250)
	o.create(ctx, t, body{
		"last_name": `=HYPERLINK("http://evil.example")`, "company": "+cmd|' /C calc'!A0", "notes": "@SUM(1)\nline 2, with \"quotes\"", "source": "-2+3",
		"phones": []body{{"typed": "+1 602 555 0123"}, {"typed": "480-555-0100"}}, "emails": []string{"a@example.com"}, "tags": []string{"\tx", "b"},
	})
	a := o.Get(ctx, t, "/contacts.csv?role=homeowner&limit=10")
	if a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment; filename=contacts-") {
		t.Fatalf("%d %v", a.Status, a.Header)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Body, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 243 + 1; len(rows) != want { // the header; 250 less 5 archived less 2 adjusters; ours
		t.Fatalf("%d rows, want %d: the whole list, not its page", len(rows), want)
	}
	column := map[string]string{}
	for i, name := range rows[0] {
		column[name] = rows[1][i] // the newest
	}
	for name, want := range map[string]string{
		"Last name": `'=HYPERLINK("http://evil.example")`, "Company": "'+cmd|' /C calc'!A0", "Notes": "'@SUM(1)\nline 2, with \"quotes\"", "Source": "'-2+3",
		"Phones": "'+1 602 555 0123; 480-555-0100", "Emails": "a@example.com", "Tags": "x, b", "Do not contact": "no", "Archived": "",
	} {
		if column[name] != want {
			t.Errorf("%s is %q, want %q", name, column[name], want)
		}
	}
	if sheet.Plain(column["Source"]) != "-2+3" {
		t.Error("the apostrophe can't be taken off again")
	}
	for query, want := range map[string]int{"?q=person": 245, "?q=nobody": 0, "?archived=yes": 5, "?source=Referral&sort=name": 62} {
		a := o.Get(ctx, t, "/contacts.csv"+query)
		if got := strings.Count(a.Body, "\n") - 1; a.Status != http.StatusOK || got != want {
			t.Errorf("%s: %d, %d rows, want %d", query, a.Status, got, want)
		}
	}
}

// TestAnExportIsNotHeldInMemory reads the first rows of a long list and goes away.
func TestAnExportEndsWithItsReader(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	o.fill(ctx, t, 300)
	seen := 0
	err := contacts.New(o.db).Export(ctx, web.ListQuery{}, func(contacts.Contact) error {
		if seen++; seen == 3 {
			return fmt.Errorf("enough")
		}
		return nil
	})
	if err == nil || err.Error() != "enough" || seen != 3 {
		t.Errorf("%d rows, %v", seen, err)
	}
	if a := o.Get(ctx, t, "/contacts"); a.Status != http.StatusOK {
		t.Errorf("the connection is not free again: %d", a.Status)
	}
}
