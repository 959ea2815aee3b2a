package cli

import (
	"context"
	"fmt"

	"github.com/skaiscraper/skai/internal/cli/bar"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/demo"
	"github.com/skaiscraper/skai/internal/demo/generate"
)

type demoCommand struct {
	People int `help:"Make so many more people of each contractor, for a load test; their passwords go into people-<contractor>.json in the data folder." default:"0" env:"SKAI_DEMO_PEOPLE" placeholder:"N"`
}

// Validate refuses a number that nobody means.
func (c *demoCommand) Validate() error {
	if c.People < 0 || c.People > 5000 {
		return fmt.Errorf("SKAI_DEMO_PEOPLE (--people) is %d; it is from 0 to 5000, for example 250", c.People)
	}
	return nil
}

// Run sets up the two contractors of the demonstration.
func (c *demoCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		progress, companies := bar.New(t.Err, "Demo"), []generate.Company{generate.Titan, generate.ProWest}
		d := demo.New(s.DB, s.Blobs, g.Data, t.Printf)
		signIns, err := d.Set(ctx, companies, progress.Show)
		progress.End()
		if err != nil {
			return err
		}
		if err := d.Staff(ctx, companies, c.People); err != nil {
			return err
		}
		t.Printf("\nSign in as:\n")
		for _, p := range signIns {
			t.Printf("  %-14s %-8s %-34s %s\n", p.Org, p.Role, p.Email, p.Password)
		}
		return nil
	})
}
