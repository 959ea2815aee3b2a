package tenants

import (
	"context"
	"time"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/identity/operators"
)

// OperatorCommands are skai operator.
type OperatorCommands struct {
	Add    operatorAdd    `cmd:"" help:"Make somebody an operator, who signs in at /sign-in?next=/admin; they need a second factor, and may set it up there within a day."`
	List   operatorList   `cmd:"" help:"List the operators."`
	Remove operatorRemove `cmd:"" help:"Make somebody an operator no more, from their next request on."`
}

type operatorAdd struct {
	Email string `arg:"" help:"The address to sign in with."`
	Name  string `help:"The person's name, of a new account; the part of the address before the @ where it is left out." env:"SKAI_USER_NAME"`
}

// Run adds the operator.
func (c *operatorAdd) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		password := newPassword()
		created, err := operators.New(s.DB).Add(ctx, operators.Adding{Email: c.Email, Name: c.Name, Password: password})
		if err != nil {
			return err
		}
		t.Printf("%s is an operator. They sign in at /sign-in?next=/admin, and set up a second factor there within a day if they have none.\n", c.Email)
		if created {
			t.Printf("The password of the new account, shown only now: %s\n", password)
		}
		return nil
	})
}

type operatorList struct{}

// Run prints the operators.
func (operatorList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := operators.New(s.DB).List(ctx)
		for _, o := range list {
			factor := "has a second factor"
			if !o.Factor {
				factor = "has no second factor, and may set one up until " + o.EnrolUntil.UTC().Format(time.RFC3339)
			}
			t.Printf("%-40s %-30s since %s  %s\n", o.Email, o.Name, o.Since.UTC().Format(time.DateOnly), factor)
		}
		if err == nil && len(list) == 0 {
			t.Printf("There is no operator yet: skai operator add EMAIL\n")
		}
		return err
	})
}

type operatorRemove struct {
	Email string `arg:"" help:"The address they sign in with."`
}

// Run removes the operator.
func (c *operatorRemove) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		err := operators.New(s.DB).Remove(ctx, c.Email)
		if err == nil {
			t.Printf("%s is no operator any more. The account stays.\n", c.Email)
		}
		return err
	})
}
