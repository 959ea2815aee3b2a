package cli

import (
	"context"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/trouble"
)

type errorsCommands struct {
	List    errorsList    `cmd:"" help:"List what went wrong, each kind once, of all organisations and of none."`
	Show    errorsShow    `cmd:"" help:"Print all that is kept of one kind."`
	Resolve errorsResolve `cmd:"" help:"Say of one kind that it is done with; it is open again when it is seen again."`
}

type errorsList struct {
	Resolved bool `help:"Those that are done with, and not the open ones." env:"SKAI_ERRORS_RESOLVED"`
	Number   int  `short:"n" help:"How many, the one seen last first." default:"20" env:"SKAI_ERRORS_NUMBER"`
}

// Run prints a line for each.
func (c *errorsList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := trouble.ListAll(ctx, s.DB, trouble.Filter{Resolved: c.Resolved, Limit: max(c.Number, 0)})
		t.Printf("%s", trouble.Lines(list))
		return err
	})
}

// errorArg names one kind.
type errorArg struct {
	ID uuid.UUID `arg:"" help:"The error's id, as skai errors list prints it."`
}

type errorsShow struct{ errorArg }

// Run prints it, once for each organisation that it was met in.
func (c *errorsShow) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := trouble.GetAll(ctx, s.DB, c.ID)
		t.Printf("%s", trouble.Account(list))
		return err
	})
}

type errorsResolve struct {
	errorArg

	Reopen bool `help:"Take that back." env:"SKAI_ERRORS_REOPEN"`
}

// Run resolves it in every organisation, or opens it again.
func (c *errorsResolve) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		if err := trouble.ResolveAll(ctx, s.DB, c.ID, !c.Reopen); err != nil {
			return err
		}
		t.Printf("%s\n", map[bool]string{false: "It is resolved.", true: "It is open again."}[c.Reopen])
		return nil
	})
}
