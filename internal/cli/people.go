package cli

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/account"
	"github.com/skaiscraper/skai/internal/identity/sso"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

type migrateCommand struct{}

// Run migrates; opening the database does it.
func (migrateCommand) Run(ctx context.Context, g *Globals, t *terminal) error {
	if g.DatabaseURL != "" && g.OwnerURL == "" {
		return fmt.Errorf("DATABASE_OWNER_URL is not set: migrations need the role that owns the tables; an example: DATABASE_OWNER_URL=postgres://skai_owner:secret@db.internal:5432/skai")
	}
	return g.with(ctx, t, func(s *stores) error {
		t.printf("%d migrations ran. The schema is up to date.\n", s.migrated)
		return nil
	})
}

type orgCommands struct {
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
func (c *orgCreate) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		org, err := orgs.New(s.db).Create(ctx, c.Slug, c.Name, c.TimeZone)
		if err != nil {
			return err
		}
		t.printf("Created %s (%s). Next: skai user create EMAIL --org %s --role owner\n", org.Name, org.Slug, org.Slug)
		return nil
	})
}

type orgList struct{}

// Run prints the organisations.
func (orgList) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		list, err := orgs.New(s.db).List(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			t.printf("There is no organisation yet: skai org create SLUG --name NAME\n")
		}
		for _, o := range list {
			t.printf("%-20s %-30s %-20s %-10s since %s\n", o.Slug, o.Name, o.TimeZone, o.Plan, o.CreatedAt.Format("2006-01-02"))
		}
		return nil
	})
}

type orgSuspend struct {
	Slug string `arg:"" help:"The organisation."`
}

// Run suspends the organisation.
func (c *orgSuspend) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		org, err := orgs.New(s.db).Suspend(ctx, c.Slug, true)
		if err != nil {
			return err
		}
		t.printf("%s is suspended: nobody of it gets in from now on. Open it again: skai org resume %s\n", org.Name, org.Slug)
		return nil
	})
}

type orgDomain struct {
	Slug   string `arg:"" help:"The organisation."`
	Domain string `arg:"" help:"What follows the @ of its people's addresses."`
}

// Run notes the domain.
func (c *orgDomain) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		ctx, org, err := orgs.New(s.db).SystemScope(ctx, c.Slug, "org domain")
		if err != nil {
			return err
		}
		if err := sso.Vouch(ctx, s.db, c.Domain); err != nil {
			return err
		}
		t.printf("%s is an e-mail domain of %s.\n", c.Domain, org.Name)
		return nil
	})
}

type orgDelete struct {
	Slug    string `arg:"" help:"The organisation."`
	Confirm string `help:"The slug once more, so that a slip destroys nothing." required:"" env:"SKAI_ORG_CONFIRM" placeholder:"SLUG"`
}

// Run destroys the organisation.
func (c *orgDelete) Run(ctx context.Context, g *Globals, t *terminal) error {
	if c.Confirm != c.Slug {
		return fmt.Errorf("--confirm says %q and not %q: nothing was deleted; export it first (skai export --org %s --out FILE.zip), then say --confirm %s", c.Confirm, c.Slug, c.Slug, c.Slug)
	}
	return g.with(ctx, t, func(s *stores) error {
		org, err := orgs.New(s.db).BySlug(ctx, c.Slug)
		if err != nil {
			return err
		}
		n, err := identity.New(s.db, orgs.New(s.db)).EraseOrg(ctx, c.Slug)
		if err != nil {
			return err
		}
		if _, err := s.blobs.Forget(ctx, org.ID); err != nil {
			return fmt.Errorf("%s is gone, with %d rows and the key of its files; the files themselves could not all be removed from the data folder, where nobody can read them: %w", c.Slug, n, err)
		}
		t.printf("%s is gone, with %d rows, its files and their key.\n", c.Slug, n)
		return nil
	})
}

type orgResume struct {
	Slug string `arg:"" help:"The organisation."`
}

// Run opens the organisation.
func (c *orgResume) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		org, err := orgs.New(s.db).Suspend(ctx, c.Slug, false)
		if err != nil {
			return err
		}
		t.printf("%s is open again.\n", org.Name)
		return nil
	})
}

type userCommands struct {
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
func (c *userCreate) Run(ctx context.Context, g *Globals, t *terminal) error {
	password := ""
	if c.PasswordStdin {
		var err error
		if password, err = t.line("password"); err != nil {
			return err
		}
	} else {
		password = newPassword()
	}
	return g.with(ctx, t, func(s *stores) error {
		people := identity.New(s.db, orgs.New(s.db))
		created, err := people.CreateUser(ctx, identity.NewUser{
			Email: c.Email, Name: c.Name, OrgSlug: c.Org, Role: tenant.Role(c.Role), Password: password,
		})
		if err == nil && created {
			err = account.New(s.db, people, nil).Welcome(ctx, c.Email)
		}
		switch {
		case err != nil:
			return err
		case !created:
			t.printf("%s had an account already and is now %s of %s, with the password they have.\n", c.Email, c.Role, c.Org)
		case c.PasswordStdin:
			t.printf("%s is now %s of %s.\n", c.Email, c.Role, c.Org)
		default:
			t.printf("%s is now %s of %s. The password, shown only now: %s\n", c.Email, c.Role, c.Org, password)
		}
		if created {
			t.printf("A link to confirm the address goes out as soon as skai serve or skai work runs.\n")
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
