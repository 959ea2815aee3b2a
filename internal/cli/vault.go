package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/factors"
	"github.com/skaiscraper/skai/internal/identity/sso"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

type vaultCommands struct {
	Status vaultStatus `cmd:"" help:"Say where the master key comes from, whether it is this database's, and what waits to be sealed again."`
	Rotate vaultRotate `cmd:"" help:"Make a new data key and seal every secret again with it; or, with an --old-... flag, put the data keys under another master key. Stopped in the middle, go on with --resume."`
}

type vaultStatus struct{}

// Run opens the vault.
func (vaultStatus) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		v, err := s.Vault(ctx)
		if err != nil {
			return err
		}
		accounts, err := factors.Waiting(ctx, s.DB, v)
		if err != nil {
			return err
		}
		waiting, err := reseal(ctx, s, v, true)
		if err != nil {
			return err
		}
		waiting += int(accounts)
		t.Printf("The master key comes from %s, and opens what this database has sealed.\nThe data key %s seals what is of accounts; each organisation has its own. %d secrets are sealed with an older one.\n", v.Source(), v.Current(), waiting)
		if v.Made() {
			t.Printf("It is the file that was made in the data folder, beside what it guards: set SKAI_VAULT_SECRET, SKAI_VAULT_KEY_FILE or SKAI_VAULT_KEY_COMMAND.\n")
		}
		if waiting > 0 {
			t.Printf("Seal them again: skai vault rotate --resume\n")
		}
		return nil
	})
}

// vaultRotate changes a key.
type vaultRotate struct {
	OldSecret  string `help:"The master secret that was: the data keys are wrapped with the one configured now." env:"SKAI_VAULT_OLD_SECRET" placeholder:"TEXT"`
	OldFile    string `name:"old-key-file" help:"The key file that was, instead." env:"SKAI_VAULT_OLD_KEY_FILE" placeholder:"FILE"`
	OldCommand string `name:"old-key-command" help:"The command that was, instead." env:"SKAI_VAULT_OLD_KEY_COMMAND" placeholder:"COMMAND"`
	Resume     bool   `help:"Make no new data key, only seal again what an older one has sealed." env:"SKAI_VAULT_RESUME"`
}

// Run changes the master key, or the data key.
func (c *vaultRotate) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	old := vault.Config{Secret: c.OldSecret, File: c.OldFile, Command: c.OldCommand}
	return g.With(ctx, t, func(s *desk.Stores) error {
		if old != (vault.Config{}) {
			return c.rewrap(ctx, g, t, s, old)
		}
		v, err := s.Vault(ctx)
		if err != nil {
			return err
		}
		if !c.Resume {
			if err := v.Renew(ctx); err != nil {
				return err
			}
		}
		n, err := factors.Reseal(ctx, s.DB, v)
		if err == nil {
			var more int
			more, err = reseal(ctx, s, v, false)
			n += more
		}
		if err != nil {
			return fmt.Errorf("%d secrets are sealed again; go on with skai vault rotate --resume: %w", n, err)
		}
		t.Printf("The data key %s seals from now on; %d secrets were sealed again with it.\n", v.Current(), n)
		return nil
	})
}

// reseal seals again what another data key than the organisation's current one has
// sealed, in every room that keeps secrets, and tells how many those were; with
// onlyCount it only tells.
func reseal(ctx context.Context, s *desk.Stores, v *vault.Vault, onlyCount bool) (total int, err error) {
	o := orgs.New(s.DB)
	for _, room := range []func(context.Context, bool) (int, error){
		audit.NewPusher(audit.New(s.DB), o, v, outbound.Guard{}).Reseal,
		sso.New(s.DB, o, identity.New(s.DB, o), v, outbound.Guard{}, "", slog.New(slog.DiscardHandler)).Reseal,
		func(ctx context.Context, onlyCount bool) (int, error) { return resealFiles(ctx, s, onlyCount) },
	} {
		n, err := room(ctx, onlyCount)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// resealFiles does it with the keys of every organisation's files.
func resealFiles(ctx context.Context, s *desk.Stores, onlyCount bool) (total int, err error) {
	list, err := orgs.New(s.DB).List(ctx)
	for _, org := range list {
		n, err := s.Blobs.Reseal(ctx, org.ID, onlyCount)
		if total += n; err != nil {
			return total, err
		}
	}
	return total, err
}

func (c *vaultRotate) rewrap(ctx context.Context, g *desk.Globals, t *desk.Terminal, s *desk.Stores, old vault.Config) error {
	before, err := old.Master(ctx)
	if err != nil {
		return fmt.Errorf("the master key that was: %w", err)
	}
	next, err := g.Config(g.Data).Master(ctx)
	if err != nil {
		return err
	}
	n, err := vault.Rewrap(ctx, s.DB, before, next)
	if err != nil {
		return err
	}
	t.Printf("%d data keys are wrapped with the master key from %s. Programs that run go on with the data keys they have, and can make no new one: start them again with it.\n", n, next.Source)
	return nil
}
