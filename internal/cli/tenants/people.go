// Package tenants holds the commands about who works here: organisations, their people,
// keys and plans.
package tenants

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/account"
	"github.com/skaiscraper/skai/internal/identity/sso"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// OrgCommands are skai org.
type OrgCommands struct {
	Create  orgCreate  `cmd:"" help:"Create an organisation."`
	List    orgList    `cmd:"" help:"List the organisations."`
	Suspend orgSuspend `cmd:"" help:"Let nobody of an organisation in; its data stays."`
	Resume  orgResume  `cmd:"" help:"Open a suspended organisation again."`
	Plan    orgPlan    `cmd:"" help:"Give an organisation a plan, which says how often its members may do something."`
	Domain  orgDomain  `cmd:"" help:"Vouch that an e-mail domain is an organisation's, where DNS can't be asked; for single sign-on and directories."`
	Delete  orgDelete  `cmd:"" help:"Destroy an organisation with everything it has. This can't be undone."`
}

type orgCreate struct {
	Slug     string `arg:"" help:"Short name for commands: lower-case letters, digits, hyphens."`
	Name     string `required:"" help:"The contractor's name." env:"SKAI_ORG_NAME"`
	TimeZone string `help:"Days and times are shown in it." default:"America/Denver" env:"SKAI_ORG_TIME_ZONE"`
}

// Run creates the organisation.
func (c *orgCreate) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		org, err := orgs.New(s.DB).Create(ctx, c.Slug, c.Name, c.TimeZone)
		if err != nil {
			return err
		}
		t.Printf("Created %s (%s). Next: skai user create EMAIL --org %s --role owner\n", org.Name, org.Slug, org.Slug)
		return nil
	})
}

type orgList struct{}

// Run prints the organisations.
func (orgList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := orgs.New(s.DB).List(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			t.Printf("There is no organisation yet: skai org create SLUG --name NAME\n")
		}
		for _, o := range list {
			t.Printf("%-20s %-30s %-20s %-10s since %s\n", o.Slug, o.Name, o.TimeZone, o.Plan, o.CreatedAt.Format("2006-01-02"))
		}
		return nil
	})
}

type orgSuspend struct {
	Slug   string `arg:"" help:"The organisation."`
	Reason string `help:"Why; it stands in the organisation's audit trail." env:"SKAI_ORG_REASON"`
}

// Run suspends the organisation.
func (c *orgSuspend) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		org, err := orgs.New(s.DB).Suspend(ctx, c.Slug, true, c.Reason)
		if err != nil {
			return err
		}
		t.Printf("%s is suspended: nobody of it gets in from now on. Open it again: skai org resume %s\n", org.Name, org.Slug)
		return nil
	})
}

type orgDomain struct {
	Slug   string `arg:"" help:"The organisation."`
	Domain string `arg:"" help:"What follows the @ of its people's addresses."`
}

// Run notes the domain.
func (c *orgDomain) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		ctx, org, err := orgs.New(s.DB).SystemScope(ctx, c.Slug, "org domain")
		if err != nil {
			return err
		}
		if err := sso.Vouch(ctx, s.DB, c.Domain); err != nil {
			return err
		}
		t.Printf("%s is an e-mail domain of %s.\n", c.Domain, org.Name)
		return nil
	})
}

type orgDelete struct {
	Slug    string `arg:"" help:"The organisation."`
	Confirm string `help:"The slug once more, so that a slip destroys nothing." required:"" env:"SKAI_ORG_CONFIRM" placeholder:"SLUG"`
}

// Run destroys the organisation.
func (c *orgDelete) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	if c.Confirm != c.Slug {
		return fmt.Errorf("--confirm says %q and not %q: nothing was deleted; export it first (skai export --org %s --out FILE.zip), then say --confirm %s", c.Confirm, c.Slug, c.Slug, c.Slug)
	}
	return g.With(ctx, t, func(s *desk.Stores) error {
		org, err := orgs.New(s.DB).BySlug(ctx, c.Slug)
		if err != nil {
			return err
		}
		n, err := identity.New(s.DB, orgs.New(s.DB)).EraseOrg(ctx, c.Slug)
		if err != nil {
			return err
		}
		if _, err := s.Blobs.Forget(ctx, org.ID); err != nil {
			return fmt.Errorf("%s is gone, with %d rows and the key of its files; the files themselves could not all be removed from the data folder, where nobody can read them: %w", c.Slug, n, err)
		}
		t.Printf("%s is gone, with %d rows, its files and their key.\n", c.Slug, n)
		return nil
	})
}

type orgResume struct {
	Slug   string `arg:"" help:"The organisation."`
	Reason string `help:"Why; it stands in the organisation's audit trail." env:"SKAI_ORG_REASON"`
}

// Run opens the organisation.
func (c *orgResume) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		org, err := orgs.New(s.DB).Suspend(ctx, c.Slug, false, c.Reason)
		if err != nil {
			return err
		}
		t.Printf("%s is open again.\n", org.Name)
		return nil
	})
}

// UserCommands are skai user.
type UserCommands struct {
	Create userCreate `cmd:"" help:"Make somebody a member of an organisation."`
}

type userCreate struct {
	Email         string `arg:"" help:"The address to sign in with."`
	Org           string `required:"" help:"The organisation's slug." env:"SKAI_ORG"`
	Role          string `required:"" help:"owner, admin, manager, member or viewer." enum:"owner,admin,manager,member,viewer" env:"SKAI_ROLE"`
	Name          string `help:"The person's name; the part of the address before the @ where it is left out." env:"SKAI_USER_NAME"`
	PasswordStdin bool   `help:"Read the password from standard input. Without it one is made up and printed once." env:"SKAI_PASSWORD_STDIN"`
}

// Run creates the user.
func (c *userCreate) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	password := ""
	if c.PasswordStdin {
		var err error
		if password, err = t.Line("password"); err != nil {
			return err
		}
	} else {
		password = newPassword()
	}
	return g.With(ctx, t, func(s *desk.Stores) error {
		people := identity.New(s.DB, orgs.New(s.DB))
		created, err := people.CreateUser(ctx, identity.NewUser{
			Email: c.Email, Name: c.Name, OrgSlug: c.Org, Role: tenant.Role(c.Role), Password: password,
		})
		if err == nil && created {
			err = account.New(s.DB, people, nil).Welcome(ctx, c.Email)
		}
		switch {
		case err != nil:
			return err
		case !created:
			t.Printf("%s had an account already and is now %s of %s, with the password they have.\n", c.Email, c.Role, c.Org)
		case c.PasswordStdin:
			t.Printf("%s is now %s of %s.\n", c.Email, c.Role, c.Org)
		default:
			t.Printf("%s is now %s of %s. The password, shown only now: %s\n", c.Email, c.Role, c.Org, password)
		}
		if created {
			t.Printf("A link to confirm the address goes out as soon as skai serve or skai work runs.\n")
		}
		return nil
	})
}

// newPassword gives a password of 100 random bits in groups that can be read aloud.
func newPassword() string {
	raw := make([]byte, 15)
	_, _ = rand.Read(raw) // never fails; it ends the program instead
	letters := strings.ToLower(base32.StdEncoding.EncodeToString(raw))[:20]
	return letters[:5] + "-" + letters[5:10] + "-" + letters[10:15] + "-" + letters[15:]
}
