// Package capacity is the command that tells how many people a machine holds.
package capacity

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/skaiscraper/skai/internal/platform/capacity"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Command is skai capacity with its flags.
type Command struct {
	From   string        `help:"A load test's report, as make load-soak leaves it in docs/load. Without it, what this installation measured of itself, which knows no processor time." env:"SKAI_CAPACITY_FROM" placeholder:"FILE"`
	People int           `help:"How many people at once are planned for." default:"0" env:"SKAI_CAPACITY_PEOPLE" placeholder:"N"`
	Every  float64       `help:"Seconds between two requests of a person; as measured by the load test where it is left out." default:"0" env:"SKAI_CAPACITY_EVERY" placeholder:"SECONDS"`
	Cores  int           `help:"Cores of the machine that is planned; those of the load test where it is left out." default:"0" env:"SKAI_CAPACITY_CORES" placeholder:"N"`
	Memory int64         `help:"Its memory in MB." default:"0" env:"SKAI_CAPACITY_MEMORY" placeholder:"MB"`
	Pool   int           `help:"Connections to the database that the program may have." default:"0" env:"SKAI_CAPACITY_POOL" placeholder:"N"`
	Busy   float64       `help:"The part of the processors that may be in use: the fuller, the longer all wait." default:"0.7" env:"SKAI_CAPACITY_BUSY" placeholder:"PART"`
	Since  time.Duration `help:"Without --from: how far back to look; minutes are kept for two days." default:"24h" env:"SKAI_CAPACITY_SINCE" placeholder:"TIME"`
	JSON   bool          `name:"json" help:"Print it as JSON." env:"SKAI_CAPACITY_JSON"`
}

// Validate refuses figures that mean nothing.
func (c *Command) Validate() error {
	switch {
	case c.Busy <= 0 || c.Busy >= 1:
		return fmt.Errorf("SKAI_CAPACITY_BUSY (--busy) is %g; it is a part, above 0 and below 1, for example 0.7", c.Busy)
	case c.People < 0 || c.Every < 0 || c.Cores < 0 || c.Memory < 0 || c.Pool < 0:
		return fmt.Errorf("--people, --every, --cores, --memory and --pool are not below 0")
	case c.From == "" && (c.Cores > 0 || c.Memory > 0 || c.Pool > 0):
		return fmt.Errorf("--cores, --memory and --pool say more only of a load test's report: name one with --from")
	case c.Since < time.Minute || c.Since > 48*time.Hour:
		return fmt.Errorf("SKAI_CAPACITY_SINCE (--since) is %s; it is between 1m and 48h", c.Since)
	}
	return nil
}

func (c *Command) ask() capacity.Ask {
	return capacity.Ask{People: c.People, Every: c.Every, Cores: c.Cores, MemoryMB: c.Memory, Pool: c.Pool, Busy: c.Busy}
}

// Answer tells how many people what was measured makes room for. with opens the
// database, where no load test's report is named.
func (c *Command) Answer(ctx context.Context, out io.Writer, with func(func(*postgres.DB) error) error) error {
	if c.From != "" {
		run, err := capacity.ReadRun(c.From)
		if err != nil {
			return err
		}
		e, err := capacity.Of(&run, c.ask())
		if err != nil {
			return err
		}
		if c.JSON {
			return indented(out, e)
		}
		return e.Write(out, c.ask())
	}
	return with(func(db *postgres.DB) error {
		now := time.Now()
		minutes, routes, err := measure.Costs(ctx, db, now.Add(-c.Since), now)
		if err != nil {
			return err
		}
		own, err := capacity.OfMinutes(minutes, routes, c.ask())
		if err != nil {
			return err
		}
		if c.JSON {
			return indented(out, own)
		}
		return own.Write(out, c.ask())
	})
}

func indented(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
