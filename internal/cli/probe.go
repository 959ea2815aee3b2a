package cli

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/url"
	"time"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/uptime"
)

// probes are the keys of those that look from outside.
func (c *serveCommand) probes() (list []ed25519.PublicKey, err error) {
	for _, text := range c.ProbeKeys {
		key, err := uptime.ParseKey(text)
		if err != nil {
			return nil, err
		}
		list = append(list, key)
	}
	return list, nil
}

type probeCommand struct {
	Target string        `required:"" help:"The address people open the program at, which is looked at: https://skai.titan.example" env:"SKAI_PROBE_TARGET" placeholder:"URL"`
	Every  time.Duration `help:"How often to look." default:"10s" env:"SKAI_PROBE_EVERY" placeholder:"TIME"`
}

// Validate refuses what can't be looked at.
func (c *probeCommand) Validate() error {
	u, err := url.Parse(c.Target)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" && u.Path != "/" {
		return fmt.Errorf("SKAI_PROBE_TARGET (--target) is %q; it is the address people open the program at, without a path; an example: https://skai.titan.example", c.Target)
	}
	if c.Every < 100*time.Millisecond || c.Every > time.Minute {
		return fmt.Errorf("SKAI_PROBE_EVERY (--every) is %s; it is between 100ms and 1m, for example 10s", c.Every)
	}
	return nil
}

// Run looks until it is told to stop.
func (c *probeCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	p, err := uptime.NewProbe(c.Target, g.Folder("probe"))
	if err != nil {
		return err
	}
	t.Printf("Looking at %s every %s. Where it serves, set SKAI_PROBE_KEYS=%s\n", c.Target, c.Every, p.Key())
	return p.Run(ctx, c.Every, func(format string, args ...any) { t.Printf(format+"\n", args...) })
}
