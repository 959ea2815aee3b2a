package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/trouble"
)

type errorsCommands struct {
	List    errorsList    `cmd:"" help:"List what went wrong, each kind once, of all organisations and of none."`
	Show    errorsShow    `cmd:"" help:"Print all that is kept of one kind."`
	Resolve errorsResolve `cmd:"" help:"Say of one kind that it is done with; it is open again when it is seen again."`
	Reopen  errorsReopen  `cmd:"" help:"Take that back."`
}

type errorsList struct {
	Resolved bool `help:"Those that are done with, and not the open ones." env:"SKAI_ERRORS_RESOLVED"`
	Number   int  `short:"n" help:"How many, the one seen last first." default:"20" env:"SKAI_ERRORS_NUMBER"`
}

// Run prints a line for each.
func (c *errorsList) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		list, err := trouble.ListAll(ctx, s.db, trouble.Filter{Resolved: c.Resolved, Limit: max(c.Number, 0)})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			t.printf("There is none.\n")
		}
		for _, e := range list {
			t.printf("%s  %s  %-12s  %6d times  %s  %s\n", e.LastSeen.UTC().Format("2006-01-02 15:04:05"), e.ID, cmp.Or(e.Org, "-"), e.Count, e.Place, e.Title())
		}
		return nil
	})
}

// errorArg names one kind.
type errorArg struct {
	ID string `arg:"" help:"The error's id, as skai errors list prints it."`
}

func (a errorArg) parse() (uuid.UUID, error) {
	id, err := uuid.Parse(a.ID)
	if err != nil {
		return id, fmt.Errorf("%q is no error's id; skai errors list prints them", a.ID)
	}
	return id, nil
}

type errorsShow struct{ errorArg }

// Run prints it, once for each organisation that it was met in.
func (c *errorsShow) Run(ctx context.Context, g *Globals, t *terminal) error {
	id, err := c.parse()
	if err != nil {
		return err
	}
	return g.with(ctx, t, func(s *stores) error {
		list, err := trouble.GetAll(ctx, s.db, id)
		if err != nil {
			return err
		}
		t.printf("%s\n%s\ntypes: %s\n", list[0].Place, list[0].Title(), list[0].Chain)
		if list[0].Frames != "" {
			t.printf("  %s\n", strings.ReplaceAll(list[0].Frames, "\n", "\n  "))
		}
		for _, e := range list {
			state := "open"
			if e.ResolvedAt != nil {
				state = "resolved"
			}
			t.printf("%s: %d times, %d people, %s to %s UTC, releases %s to %s, %s, request %s\n", cmp.Or(e.Org, "no organisation"), e.Count, e.People,
				e.FirstSeen.UTC().Format("2006-01-02 15:04:05"), e.LastSeen.UTC().Format("2006-01-02 15:04:05"), e.FirstRelease, e.LastRelease, state, cmp.Or(e.RequestID, "-"))
		}
		return nil
	})
}

type errorsResolve struct{ errorArg }

// Run resolves it in every organisation.
func (c *errorsResolve) Run(ctx context.Context, g *Globals, t *terminal) error {
	return c.set(ctx, g, t, true, "It is resolved.\n")
}

type errorsReopen struct{ errorArg }

// Run opens it in every organisation.
func (c *errorsReopen) Run(ctx context.Context, g *Globals, t *terminal) error {
	return c.set(ctx, g, t, false, "It is open again.\n")
}

func (a errorArg) set(ctx context.Context, g *Globals, t *terminal, resolved bool, words string) error {
	id, err := a.parse()
	if err != nil {
		return err
	}
	return g.with(ctx, t, func(s *stores) error {
		if err := trouble.ResolveAll(ctx, s.db, id, resolved); err != nil {
			return err
		}
		t.printf("%s", words)
		return nil
	})
}
