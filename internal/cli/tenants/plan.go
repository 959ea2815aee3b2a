package tenants

import (
	"context"
	"time"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/limit"
)

// PlanCommands are skai plan.
type PlanCommands struct {
	List  planList  `cmd:"" help:"Show how often each plan lets a member of an organisation do what the presets count."`
	Set   planSet   `cmd:"" help:"Say it for one preset of a plan: skai plan set enterprise api 600 1m."`
	Reset planReset `cmd:"" help:"Give a preset of a plan back what the program has by itself."`
}

type planList struct{}

// Run prints the plans.
func (planList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		rates, err := orgs.New(s.DB).Rates(ctx)
		if err != nil {
			return err
		}
		const row = "%-12s %-10s %7v  %-8s  %s\n"
		t.Printf(row, "PLAN", "PRESET", "QUOTA", "WINDOW", "OF")
		for _, r := range rates {
			whose := "the program"
			if !r.Default {
				whose = "the operator"
			}
			t.Printf(row, r.Plan, r.Preset, r.Rate.Quota, r.Rate.Window, whose)
		}
		return nil
	})
}

type planSet struct {
	Plan   string        `arg:"" help:"standard or enterprise."`
	Preset string        `arg:"" help:"What is counted, as skai plan list names it."`
	Quota  int           `arg:"" help:"How many times, 1 to 100000; all of them may come at once."`
	Window time.Duration `arg:"" help:"Within which time, 1s to 24h: 1m."`
}

// Run sets the rate.
func (c *planSet) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		if err := orgs.New(s.DB).SetRate(ctx, c.Plan, limit.Preset(c.Preset), limit.Rate{Quota: c.Quota, Window: c.Window}); err != nil {
			return err
		}
		t.Printf("With the plan %s it is %d %s in %s, from the next request on.\n", c.Plan, c.Quota, limit.Preset(c.Preset).What(), c.Window)
		return nil
	})
}

type planReset struct {
	Plan   string `arg:"" help:"standard or enterprise."`
	Preset string `arg:"" help:"What is counted, as skai plan list names it."`
}

// Run takes the rate back.
func (c *planReset) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		preset := limit.Preset(c.Preset)
		if err := orgs.New(s.DB).ResetRate(ctx, c.Plan, preset); err != nil {
			return err
		}
		rate, _ := preset.Rate()
		t.Printf("With the plan %s it is %d %s in %s again, from the next request on.\n", c.Plan, rate.Quota, preset.What(), rate.Window)
		return nil
	})
}

type orgPlan struct {
	Slug string `arg:"" help:"The organisation."`
	Plan string `arg:"" help:"standard or enterprise."`
}

// Run gives the organisation the plan.
func (c *orgPlan) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		org, err := orgs.New(s.DB).SetPlan(ctx, c.Slug, c.Plan)
		if err != nil {
			return err
		}
		t.Printf("%s has the plan %s, from the next request on. What it allows: skai plan list\n", org.Name, org.Plan)
		return nil
	})
}
