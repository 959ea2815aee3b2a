package orgs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestCreateAndFind(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s := orgs.New(db)
	titan, err := s.Create(t.Context(), "titan", "Titan Roofing", "America/Phoenix")
	if err != nil {
		t.Fatal(err)
	}
	if titan.ID.Version() != 7 || titan.Name != "Titan Roofing" || titan.TimeZone != "America/Phoenix" {
		t.Errorf("got %+v", titan)
	}
	prowest, err := s.Create(t.Context(), "prowest", "Pro West", "America/Denver")
	if err != nil {
		t.Fatal(err)
	}
	found, err := s.BySlug(t.Context(), "titan")
	if diff := cmp.Diff(titan, found); diff != "" || err != nil {
		t.Error(err, diff)
	}
	list, err := s.List(t.Context())
	if diff := cmp.Diff([]orgs.Org{prowest, titan}, list); diff != "" || err != nil {
		t.Error(err, diff)
	}
	ctx := tenant.With(t.Context(), tenant.Scope{OrgID: prowest.ID, ActorID: uuid.New()})
	if current, err := s.Current(ctx); err != nil || current.ID != prowest.ID {
		t.Errorf("the current one is %+v, %v", current, err)
	}
}

func TestCreateRefusesInWords(t *testing.T) {
	t.Parallel()
	s := orgs.New(dbtest.New(t))
	if _, err := s.Create(t.Context(), "titan", "Titan", "America/Phoenix"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), "titan", "Another", "America/Phoenix"); !fault.Is(err, fault.KindConflict) {
		t.Errorf("a slug that is taken: %v", err)
	}
	for _, c := range []struct{ slug, name, zone, field string }{
		{"", "Titan", "America/Phoenix", "slug"},
		{"Titan", "Titan", "America/Phoenix", "slug"},
		{"1titan", "Titan", "America/Phoenix", "slug"},
		{"t", "Titan", "America/Phoenix", "slug"},
		{"ti tan", "Titan", "America/Phoenix", "slug"},
		{"other", "", "America/Phoenix", "name"},
		{"other", "Other", "", "time_zone"},
		{"other", "Other", "Local", "time_zone"},
		{"other", "Other", "Phoenix", "time_zone"},
		{"other", "Other", "../etc/passwd", "time_zone"},
	} {
		_, err := s.Create(t.Context(), c.slug, c.name, c.zone)
		if f := fault.As(err); f == nil || f.Fields[c.field] == "" || len(f.Fields) != 1 {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestSystemScope(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	s := orgs.New(db)
	ctx, org, err := s.SystemScope(t.Context(), titan.Slug, "r1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := tenant.Must(ctx)
	if err != nil || got.ActorID == uuid.Nil || org.ID != titan.ID {
		t.Errorf("got %+v, %v", got, err)
	}
	got.ActorID = uuid.Nil
	if diff := cmp.Diff(tenant.Scope{OrgID: titan.ID, ActorName: "SkaiScraper", Role: tenant.Owner, RequestID: "r1"}, got); diff != "" {
		t.Error(diff)
	}
	if _, _, err := s.SystemScope(t.Context(), "nobody", ""); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("no such organisation: %v", err)
	}
}
