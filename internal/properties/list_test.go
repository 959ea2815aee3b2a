package properties_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

type page struct {
	Items      []property
	NextCursor *string `json:"next_cursor"`
}

func (o office) list(ctx context.Context, tb testing.TB, query string) (lines []string) {
	tb.Helper()
	p := dbtest.Decode[page](tb, o.Get(ctx, tb, "/api/properties?"+query), http.StatusOK)
	for _, i := range p.Items {
		lines = append(lines, i.Line+i.Name)
	}
	return lines
}

func TestFiltersAndSearch(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	maria := o.contact(ctx, t, body{"first_name": "Maria", "last_name": "Zielińska", "phones": []body{{"typed": "602-555-0123"}}})
	for _, b := range []body{
		{"address": body{"street": "4127 East Sunnyside Drive", "city": "Phoenix", "state": "AZ", "zip": "85028"}, "kind": "single_family", "tags": []string{"hail 2024"}, "owner_id": maria},
		{"address": body{"street": "9 Gail Gardner Way", "city": "Prescott", "state": "AZ", "zip": "86305"}, "kind": "commercial", "roof_material": "TPO"},
		{"name": "Desert Ridge HOA", "kind": "hoa", "address": body{"street": "21001 N Tatum Blvd", "city": "Phoenix", "state": "AZ", "zip": "85050"}, "owner_id": maria},
	} {
		o.create(ctx, t, b)
	}
	gone := o.create(ctx, t, at("1 Gone St"))
	o.JSON(ctx, t, "POST", "/api/properties/"+gone.ID.String()+"/archive", nil)
	sunny, gail, hoa := "4127 E Sunnyside Dr, Phoenix, AZ 85028", "9 Gail Gardner Way, Prescott, AZ 86305", "21001 N Tatum Blvd, Phoenix, AZ 85050Desert Ridge HOA"
	for query, want := range map[string][]string{
		"":                                  {hoa, gail, sunny},
		"sort=created_at":                   {sunny, gail, hoa},
		"sort=address":                      {hoa, sunny, gail},
		"sort=-address":                     {gail, sunny, hoa},
		"zip=85028":                         {sunny},
		"zip=85":                            nil,
		"city=Phoenix":                      {hoa, sunny},
		"city=Phoenix&kind=hoa":             {hoa},
		"kind=commercial":                   {gail},
		"tag=hail+2024":                     {sunny},
		"archived=yes":                      {"1 Gone St, Phoenix, AZ 85028"},
		"q=sunny":                           {sunny},
		"q=4127":                            {sunny},
		"q=east+sunnyside":                  {sunny}, // as it was typed
		"q=tpo":                             {gail},
		"q=desert+ridge":                    {hoa},
		"q=zieli%C5%84ska":                  {hoa, sunny}, // the owner's
		"q=6025550123":                      {hoa, sunny},
		"q=maria&zip=85050":                 {hoa},
		"q=maria&archived=yes":              nil,
		"q=prescott+86305&sort=address":     {gail},
		"q=%2A":                             nil,
		"city=Prescott&sort=address&zip=no": nil,
	} {
		if diff := cmp.Diff(want, o.list(ctx, t, query)); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
	bar := o.Get(ctx, t, "/properties")
	for _, want := range []string{`<option value="Phoenix">`, `<option value="86305">`, `<option value="hoa">HOA</option>`, "Maria Zielińska"} {
		if !strings.Contains(bar.Body, want) {
			t.Errorf("the list has no %s", want)
		}
	}
}

// fill makes n properties as an import does.
func (o office) fill(ctx context.Context, tb testing.TB, n int) {
	tb.Helper()
	scope, _ := tenant.From(ctx)
	err := postgres.Do(ctx, o.db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('app.bulk_run', gen_random_uuid()::text, true)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO properties (org_id, id, street, city, state, zip, kind, tags, created_at, created_by, updated_by, archived_at, archived_by)
			SELECT current_org(), gen_random_uuid(), i % 1000 || ' Elm St', CASE WHEN i % 300 = 0 THEN 'Prescott' ELSE 'Phoenix' END, 'AZ',
				lpad((85000 + i % 50)::text, 5, '0'), CASE WHEN i % 200 = 0 THEN 'hoa' WHEN i % 2 = 0 THEN 'single_family' ELSE '' END,
				CASE WHEN i % 500 = 0 THEN '{vip}' ELSE '{}'::text[] END, timestamptz '2025-01-01' + i * interval '1 s', $2, $2,
				CASE WHEN i % 50 = 1 THEN now() END, CASE WHEN i % 50 = 1 THEN $2::uuid END
			FROM generate_series(1, $1) i`, n, scope.ActorID)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func TestRoundTrips(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Admin)
	o.fill(ctx, t, 120)
	p := o.create(ctx, t, at("1 Elm St"))
	page, api := "/properties/"+p.ID.String(), "/api/properties/"+p.ID.String()
	for target, most := range map[string]int64{
		"/properties": 1, "/properties?zip=85028&sort=address": 1, "/properties?archived=yes": 1, "/properties?q=elm": 2, "/properties?tag=vip": 2,
		"/api/properties": 1, page: 1, page + "?tab=audit": 1, page + "/edit": 1, api: 1, "/properties.csv": 1, "/properties/new": 0,
	} {
		dbtest.AtMost(ctx, t, most, func(ctx context.Context) {
			if a := o.Get(ctx, t, target); a.Status != http.StatusOK {
				t.Errorf("%s: %d", target, a.Status)
			}
		})
	}
	dbtest.AtMost(ctx, t, 1, func(ctx context.Context) { o.create(ctx, t, at("2 Elm St")) })
	dbtest.AtMost(ctx, t, 2, func(ctx context.Context) { o.JSON(ctx, t, "PUT", api, at("3 Elm St"), "If-Match", "1") })
}

func TestListsReadTheirIndex(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.New(t))
	ctx := o.As(t, tenant.Manager)
	o.fill(ctx, t, 20_000)
	dbtest.Analyze(t, o.db)
	for query, index := range map[string]string{
		"": "properties_created_idx", "sort=created_at": "properties_created_idx", "sort=address": "properties_address_idx", "sort=-address": "properties_address_idx",
		"zip=85011": "properties_zip_idx", "zip=none": "properties_zip_idx", "city=Prescott": "properties_city_idx", "kind=hoa": "properties_kind_idx",
		"kind=single_family": "properties_kind_idx", "archived=yes": "properties_archived_idx", "tag=vip": "properties_pkey",
	} {
		p := dbtest.Decode[page](t, o.Get(ctx, t, "/api/properties?"+query), http.StatusOK)
		targets := []string{query}
		if p.NextCursor != nil {
			targets = append(targets, query+"&cursor="+url.QueryEscape(*p.NextCursor))
		}
		for _, target := range targets {
			for _, plan := range dbtest.Plans(ctx, t, o.db, func(ctx context.Context) { o.Get(ctx, t, "/properties?"+target) }) {
				list := strings.HasPrefix(plan, "Limit") && !strings.Contains(plan, "Recursive Union")
				if strings.Contains(plan, "Seq Scan on properties") || list && index != "properties_pkey" && strings.Contains(plan, "Sort") || list && !strings.Contains(plan, index) {
					t.Errorf("%q (%s):\n%.2000s", target, index, plan)
				}
			}
		}
	}
}

func TestExport(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	o.fill(ctx, t, 250)
	owner := o.contact(ctx, t, body{"last_name": "@SUM(1)"})
	o.create(ctx, t, body{"name": "=1+1", "notes": "-2+3", "latitude": -33.5, "longitude": -112.25, "squares": 24.5, "address": body{"typed": "+cmd"}, "owner_id": owner})
	a := o.Get(ctx, t, "/properties.csv?limit=10")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(a.Body, "\ufeff"))).ReadAll()
	if err != nil || a.Status != http.StatusOK || len(rows) != 1+245+1 {
		t.Fatalf("%d, %d rows, %v", a.Status, len(rows), err)
	}
	column := map[string]string{}
	for i, name := range rows[0] {
		column[name] = rows[1][i] // the newest
	}
	for name, want := range map[string]string{
		"Name": "'=1+1", "Notes": "'-2+3", "Address as typed": "'+cmd", "Owner": "'@SUM(1)", "Owner ID": owner.String(), "Latitude": "-33.5", "Longitude": "-112.25", "Squares": "24.5",
		"Year built": "", "Archived": "",
	} {
		if column[name] != want {
			t.Errorf("%s is %q, want %q", name, column[name], want)
		}
	}
	if a := o.Get(ctx, t, "/properties.csv?city=Prescott"); strings.Count(a.Body, "\n") != 1 {
		t.Errorf("an empty list is a header: %q", a.Body)
	}
}
