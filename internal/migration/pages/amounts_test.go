package pages_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/pages"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/properties"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// book is an organisation with one record of each kind from a file with amounts
// in columns that no field is for.
type book struct {
	dbtest.Door
	org dbtest.Contractor
	db  *postgres.DB
	run string
}

func newBook(t *testing.T) book {
	t.Helper()
	db, dir := dbtest.Shared(t), t.TempDir()
	blobs := dbtest.Blobs(t, db, filepath.Join(dir, "blobs"))
	svc, org := migration.New(db, blobs), dbtest.Org(t, db, "titan")
	var files []migration.FileOptions
	for name, text := range map[string]string{
		"contacts.csv":   "First Name,Last Name,Email,Lifetime Revenue,Gate Code,Remark,AccuLynx ID\nPat,Null,pat@example.com,71717,4455,owes $81818,A1\n",
		"properties.csv": "Property Address,Property Type,Year Built,Square Footage,Roof Type,Roof Age,Contact Email,Assessed Value,Gate Code\n\"12 Elm Ct, Phoenix, AZ 85001\",Residential,1987,2400,Shingle,12,pat@example.com,71717,4455\n",
		"leads.csv":      "Lead Name,Source,Stage,Temperature,Description,Contact Email,Quoted Price,Gate Code\nNull roof,Web,Contacted,Hot,,pat@example.com,71717,4455\n",
		"claims.csv":     "Claim Number,Insurance Carrier,Policy Number,Date of Loss,Type of Loss,Status,Estimated Value,Approved Value,Deductible,Invoice Total,Gate Code\nC-9,Allstate,P1,9/14/2024,Hail,Approved,61616,TBD-1,1000,71717,4455\nC-8,Allstate,P1,9/14/2024,Hail,Approved,61616,1800,1000,71717,4455\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, migration.FileOptions{Path: path})
	}
	report, err := svc.Import(org.As(t, tenant.Admin), migration.Options{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	door := dbtest.NewDoor(t, contacts.New(db).Routes, properties.New(db).Routes, leads.New(db, claims.New(db).OpenFor).Routes, claims.New(db).Routes, func(rt *web.Router) { pages.Routes(rt, svc) })
	return book{door, org, db, report.Run.String()}
}

func (b book) texts(t *testing.T, sql string) []string {
	t.Helper()
	found, err := postgres.Read(b.org.As(t, tenant.Owner), b.db, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, sql)
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %v, %v", sql, found, err)
	}
	return found
}

var rooms = []string{"contacts", "properties", "leads", "claims"}

// TestNoAmountReachesAViewer looks for the amounts that an import kept without a
// field, wherever a viewer gets: a member sees every one of them.
func TestNoAmountReachesAViewer(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	places := []string{}
	for _, room := range rooms {
		id := b.texts(t, `SELECT id::text FROM `+room+` WHERE extra <> '{}'`)[0]
		places = append(places, "/"+room+"/"+id, "/api/"+room+"/"+id)
	}
	for _, row := range b.texts(t, `SELECT file_no || '/' || ordinal FROM import_rows WHERE outcome IN ('created', 'errored')`) {
		places = append(places, "/migration/runs/"+b.run+"/rows/"+row)
	}
	member, viewer := b.org.As(t, tenant.Member), b.org.As(t, tenant.Viewer)
	for _, place := range places {
		all, some := b.Get(member, t, place), b.Get(viewer, t, place)
		if all.Status != http.StatusOK || !strings.Contains(all.Body, "71717") {
			t.Errorf("%s as a member: %d, without the amount", place, all.Status)
		}
		if some.Status != http.StatusOK || !strings.Contains(some.Body, "hidden: amounts") || !strings.Contains(some.Body, "4455") {
			t.Errorf("%s as a viewer: %d, wants the gate code and a word that amounts are hidden", place, some.Status)
		}
		for _, amount := range []string{"71717", "81818", "61616", "61,616", "TBD-1"} {
			if strings.Contains(some.Body, amount) {
				t.Errorf("%s shows a viewer %s", place, amount)
			}
		}
	}
	for _, place := range []string{"/migration/runs/" + b.run, "/api/migration/runs/" + b.run} {
		if all := b.Get(member, t, place); !strings.Contains(all.Body, "61,616") && !strings.Contains(all.Body, "6161600") {
			t.Errorf("%s as a member has no sums", place)
		}
		if some := b.Get(viewer, t, place); some.Status != http.StatusOK || strings.Contains(some.Body, "61,616") || strings.Contains(some.Body, "6161600") {
			t.Errorf("%s as a viewer: %d, with the sums", place, some.Status)
		}
	}
	for _, place := range []string{"/contacts.csv", "/properties.csv", "/leads.csv", "/claims.csv", "/migration/runs/" + b.run + "/errors/1"} {
		if a := b.Get(viewer, t, place); a.Status != http.StatusForbidden {
			t.Errorf("%s as a viewer: %d, want 403", place, a.Status)
		}
	}
}

// TestNoSearchFindsAnAmountForAViewer searches for the same, in each list.
func TestNoSearchFindsAnAmountForAViewer(t *testing.T) {
	t.Parallel()
	b := newBook(t)
	for _, c := range []struct {
		word           string
		member, viewer int // rows in each list
	}{{"71717", 1, 0}, {"717", 1, 0}, {"4455", 1, 1}} {
		for _, room := range rooms {
			for role, want := range map[tenant.Role]int{tenant.Member: c.member, tenant.Viewer: c.viewer} {
				list := dbtest.Decode[struct{ Items []struct{ ID string } }](t, b.Get(b.org.As(t, role), t, "/api/"+room+"?q="+url.QueryEscape(c.word)), http.StatusOK)
				if len(list.Items) != want {
					t.Errorf("%s as %s: %q finds %d, want %d", room, role, c.word, len(list.Items), want)
				}
			}
		}
	}
}
