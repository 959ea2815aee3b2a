package orgs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

func TestPlans(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s := orgs.New(db)
	titan, err := s.Create(t.Context(), "titan", "Titan Roofing", "America/Phoenix")
	if err != nil || titan.Plan != orgs.Standard {
		t.Fatalf("at first it has %q, %v", titan.Plan, err)
	}
	if org, err := s.SetPlan(t.Context(), "titan", orgs.Enterprise); err != nil || org.Plan != orgs.Enterprise {
		t.Fatal(org, err)
	}
	if org, err := s.BySlug(t.Context(), "titan"); err != nil || org.Plan != orgs.Enterprise {
		t.Errorf("it has %q, %v", org.Plan, err)
	}
	if n, err := postgres.Value[int](t.Context(), dbtest.Super(t, db), `SELECT count(*)::int FROM audit_entries WHERE table_name = 'orgs' AND changes -> 'plan' = '["standard", "enterprise"]'`); err != nil || n != 1 {
		t.Errorf("%d entries of the audit trail tell of it, %v", n, err)
	}
	if _, err := s.SetPlan(t.Context(), "nobody", orgs.Enterprise); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("an unknown organisation: %v", err)
	}
	if _, err := s.SetPlan(t.Context(), "titan", "gold"); !fault.Is(err, fault.KindInvalid) || !strings.Contains(err.Error(), "standard, enterprise") {
		t.Errorf("an unknown plan: %v", err)
	}
	for _, quota := range []int{600, 300} {
		if err := s.SetRate(t.Context(), orgs.Enterprise, limit.API, limit.Rate{Quota: quota, Window: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	rates := func() (all int, set []orgs.Rate) {
		list, err := s.Rates(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if !r.Default {
				set = append(set, r)
			}
		}
		return len(list), set
	}
	if all, set := rates(); all != 18 || len(set) != 1 || set[0] != (orgs.Rate{Plan: orgs.Enterprise, Preset: limit.API, Rate: limit.Rate{Quota: 300, Window: time.Minute}}) {
		t.Errorf("%d rates, of them the operator's %v", all, set)
	}
	for range 2 { // twice is once
		if err := s.ResetRate(t.Context(), orgs.Enterprise, limit.API); err != nil {
			t.Fatal(err)
		}
	}
	if _, set := rates(); len(set) != 0 {
		t.Errorf("taken back, and still %v", set)
	}
}

func TestRatesThatCantBe(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s, super := orgs.New(db), dbtest.Super(t, db)
	for _, c := range []struct {
		plan   string
		preset limit.Preset
		rate   limit.Rate
		field  string
	}{
		{"gold", limit.API, limit.Rate{Quota: 1, Window: time.Minute}, "plan"},
		{"standard", "wrong_keys", limit.Rate{Quota: 1, Window: time.Minute}, "preset"},
		{"standard", "unlimited", limit.Rate{Quota: 1, Window: time.Minute}, "preset"},
		{"standard", limit.API, limit.Rate{Quota: 0, Window: time.Minute}, "quota"},
		{"standard", limit.API, limit.Rate{Quota: 100_001, Window: time.Minute}, "quota"},
		{"standard", limit.API, limit.Rate{Quota: 1, Window: 0}, "window"},
		{"standard", limit.API, limit.Rate{Quota: 1, Window: 25 * time.Hour}, "window"},
	} {
		err := s.SetRate(t.Context(), c.plan, c.preset, c.rate)
		if f := fault.As(err); f == nil || f.Kind != fault.KindInvalid || f.Fields[c.field] == "" {
			t.Errorf("%+v: %v", c, err)
		}
		if _, err := super.Exec(t.Context(), `INSERT INTO plan_rates VALUES ($1, $2, $3, $4)`, c.plan, string(c.preset), c.rate.Quota, int(c.rate.Window.Seconds())); err == nil {
			t.Errorf("the table takes %+v", c)
		}
	}
	if err := s.SetRate(t.Context(), "standard", limit.API, limit.Rate{Quota: 1, Window: 1500 * time.Millisecond}); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("a second and a half: %v", err)
	}
	// The table takes every preset the program has, and no application may write it.
	for _, p := range limit.Presets() {
		if _, err := super.Exec(t.Context(), `INSERT INTO plan_rates VALUES ('standard', $1, 1, 1)`, string(p)); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if _, err := dbtest.App(t, db).Exec(t.Context(), `DELETE FROM plan_rates`); err == nil {
		t.Error("the application's role changes rates")
	}
}
