package tenants

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/orgs"
)

// KeyCommands are skai key.
type KeyCommands struct {
	Create keyCreate `cmd:"" help:"Make an API key and print it, once."`
	List   keyList   `cmd:"" help:"List the API keys of an organisation."`
	Revoke keyRevoke `cmd:"" help:"End an API key at once and for good."`
	Check  keyCheck  `cmd:"" help:"Tell a mistyped API key from a whole one, without a database."`
}

// inOrg opens the database and works in the scope of an organisation's system person.
func inOrg(ctx context.Context, g *desk.Globals, t *desk.Terminal, slug string, work func(context.Context, *keys.Service) error) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, _, err := orgs.New(s.DB).SystemScope(ctx, slug, "skai key")
		if err != nil {
			return err
		}
		return work(ctx, keys.New(s.DB, nil))
	})
}

type keyCreate struct {
	Org   string   `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
	Name  string   `required:"" help:"Of the program that uses it." env:"SKAI_KEY_NAME"`
	Scope []string `required:"" help:"What it may do, several times for several: records.view, records.edit, records.archive, amounts.view, amounts.edit, stages.back, analytics.view, audit.view." env:"SKAI_KEY_SCOPE"`
	Days  int      `help:"How long it is good; 0 is until it is revoked." default:"90" env:"SKAI_KEY_DAYS"`
	Rate  int      `help:"Requests a minute." default:"100" env:"SKAI_KEY_RATE"`
}

// Run makes the key. It alone stands on standard output, for a pipe into a file.
func (c *keyCreate) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return inOrg(ctx, g, t, c.Org, func(ctx context.Context, s *keys.Service) error {
		k, token, err := s.CreateFor(ctx, keys.Details{Name: c.Name, Scopes: c.Scope, Days: c.Days, Rate: c.Rate})
		if err != nil {
			return err
		}
		t.Note("The API key %s of %s may %s, and is good %s. It is shown only now:\n", k.Name, c.Org, strings.Join(k.Scopes, ", "), until(k))
		t.Printf("%s\n", token.Secret())
		return nil
	})
}

func until(k keys.Key) string {
	if k.ExpiresAt == nil {
		return "until it is revoked"
	}
	return "until " + k.ExpiresAt.UTC().Format(time.DateOnly)
}

type keyList struct {
	Org string `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
}

// Run prints the keys, without their secrets.
func (c *keyList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, err := s.Looking(ctx, c.Org, "its API keys")
		if err != nil {
			return err
		}
		list, err := keys.New(s.DB, nil).List(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			t.Printf("%s has no API key yet: skai key create --org %s --name NAME --scope records.view\n", c.Org, c.Org)
		}
		for _, k := range list {
			used := "never used"
			if k.LastUsedAt != nil {
				used = "last used " + k.LastUsedAt.UTC().Format(time.DateTime)
			}
			t.Printf("%s  %s  %-8s %-24s %s; good %s; %s\n", k.ID, k.Prefix, k.State(), k.Name, strings.Join(k.Scopes, ", "), until(k), used)
		}
		return nil
	})
}

type keyRevoke struct {
	ID  uuid.UUID `arg:"" help:"The key's id, as skai key list prints it."`
	Org string    `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
}

// Run revokes the key.
func (c *keyRevoke) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return inOrg(ctx, g, t, c.Org, func(ctx context.Context, s *keys.Service) error {
		k, err := s.Revoke(ctx, c.ID)
		if err == nil {
			t.Printf("The API key %s of %s opens nothing any more.\n", k.Name, c.Org)
		}
		return err
	})
}

type keyCheck struct{}

// Run reads a key from standard input, where it is in no list of processes.
func (keyCheck) Run(t *desk.Terminal) error {
	text, err := t.Line("API key")
	if err != nil {
		return err
	}
	token, err := keys.ParseToken(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	t.Printf("%s… is a whole API key. If it is answered 401 all the same, it was revoked, has expired, or is another installation's.\n", token.Prefix())
	return nil
}
