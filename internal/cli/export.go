package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/migration/archive"
	"github.com/skaiscraper/skai/internal/orgs"
)

type exportCommand struct {
	Org string `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
	Out string `required:"" help:"The zip file to write." placeholder:"FILE.zip" env:"SKAI_EXPORT_OUT"`
}

// Run writes everything the organisation has into a zip file. It is written
// under another name first, so that a file of that name is whole.
func (c *exportCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, org, err := orgs.New(s.DB).SystemScope(ctx, c.Org, "command")
		if err != nil {
			return err
		}
		part := c.Out + ".part"
		out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the person who runs the command names the file
		if err != nil {
			return fmt.Errorf("the export can't be written: %w", err)
		}
		manifest, err := archive.New(s.DB, s.Blobs).Export(ctx, out)
		if err = errors.Join(err, out.Close()); err == nil {
			err = os.Rename(part, c.Out)
		}
		if err != nil {
			return errors.Join(err, os.Remove(part))
		}
		t.Printf("Everything %s has is in %s:\n", org.Name, c.Out)
		archived(t, manifest)
		return nil
	})
}

func archived(t *desk.Terminal, m archive.Manifest) {
	for _, e := range m.Entries {
		if e.Rows > 0 && e.Name[:4] == "json" {
			t.Printf("  %9d  %s\n", e.Rows, e.Name)
		}
	}
}

// restore reads an archive into the organisation.
func (c *importRun) restore(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, org, err := orgs.New(s.DB).SystemScope(ctx, c.Org, "command")
		if err != nil {
			return err
		}
		manifest, err := archive.New(s.DB, s.Blobs).Restore(ctx, c.Files[0], c.DryRun)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(t.Out).Encode(restored{c.DryRun, manifest})
		}
		if c.DryRun {
			t.Printf("Dry run: nothing was written.\n")
		}
		t.Printf("%s now holds what %s held on %s:\n", org.Name, manifest.Organisation, manifest.ExportedAt.Format("2 January 2006, 15:04 MST"))
		archived(t, manifest)
		return nil
	})
}

// restored is the one line of --json where an archive was read back.
type restored struct {
	DryRun  bool             `json:"dry_run"`
	Archive archive.Manifest `json:"archive"`
}
