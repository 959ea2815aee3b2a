package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/orgs"
)

type auditCommands struct {
	Verify auditVerify `cmd:"" help:"Check that nothing in an organisation's audit trail was changed, removed or put in. Ends with 1 where something was."`
}

type auditVerify struct {
	Org    string `help:"The organisation's slug; without it, what belongs to none: accounts." env:"SKAI_ORG"`
	Expect string `help:"A seal that was noted elsewhere, as NUMBER:HASH. It shows a chain that was made anew as a whole." placeholder:"NUMBER:HASH" env:"SKAI_AUDIT_EXPECT"`
	JSON   bool   `name:"json" help:"Print the report as JSON." env:"SKAI_AUDIT_JSON"`
}

// Run checks the trail and prints what it found.
func (c *auditVerify) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	seal, hash, err := c.expected()
	if err != nil {
		return err
	}
	return g.With(ctx, t, func(s *desk.Stores) error {
		trail := audit.New(s.DB)
		var r audit.Report
		if c.Org == "" {
			r, err = trail.VerifyOutside(ctx)
		} else if ctx, _, err = orgs.New(s.DB).SystemScope(ctx, c.Org, "command"); err == nil {
			r, err = trail.Verify(ctx, seal, hash)
		}
		if err != nil {
			return err
		}
		return c.print(t, r)
	})
}

func (c *auditVerify) expected() (number int64, hash string, err error) {
	if c.Expect == "" {
		return 0, "", nil
	}
	first, hash, _ := strings.Cut(c.Expect, ":")
	number, err = strconv.ParseInt(first, 10, 64)
	if err != nil || number < 1 || len(hash) != 64 || c.Org == "" {
		return 0, "", fmt.Errorf("--expect takes the number and the hash of a seal, with --org, for example 17:%s", strings.Repeat("0a", 32))
	}
	return number, hash, nil
}

func (c *auditVerify) print(t *desk.Terminal, r audit.Report) error {
	if len(r.Found) > 0 {
		t.Code = exitFailed
	}
	if c.JSON {
		e := json.NewEncoder(t.Out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	t.Printf("%d events and %d seals checked; %d events are newer than the last seal, %d were removed by retention.\n", r.Events, r.Seals, r.Unsealed, r.Pruned)
	if r.Seal > 0 {
		t.Printf("The last seal is %d:%s\n", r.Seal, r.Hash)
	}
	for _, words := range r.Found {
		t.Printf("FOUND: %s\n", words)
	}
	if len(r.Found) == 0 {
		t.Printf("Nothing was changed, removed or put in.\n")
	}
	return nil
}
