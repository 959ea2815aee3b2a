package support

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// asking is what an operator asks for.
type asking struct {
	name   string
	reason string
	hours  int
}

// tellOrg writes to the owners and admins of an organisation that somebody asks to be let in.
func (s *Service) tellOrg(ctx context.Context, tx pgx.Tx, org uuid.UUID, a asking) error {
	type person struct{ Email, Org string }
	list, err := postgres.Many[person](ctx, tx, `
		SELECT p.email, o.name AS org FROM people p JOIN orgs o ON o.id = p.org_id
		WHERE p.org_id = $1 AND p.kind = 'member' AND p.active AND p.role IN ('owner', 'admin') AND p.email IS NOT NULL ORDER BY p.id`, org)
	for _, p := range list {
		if err == nil {
			err = s.post.Write(ctx, tx, mail.Letter{
				To: p.Email, Subject: "Support asks to look into " + p.Org, Look: mail.Look{Name: p.Org}, Kind: "support.asked", Org: org, Urgent: true,
				Lines: []string{
					fmt.Sprintf("%s, who runs SkaiScraper, asks to look into %s for %s.", a.name, p.Org, Hours(a.hours)),
					"Why: " + a.reason,
					"They would see what a viewer sees, no amounts, and could change nothing. What they open is on your audit trail, and you may end it at any time.",
				},
				Button: "Agree or decline", Path: identity.SupportPath,
				After: []string{"Without your answer nobody gets in, and the request lapses after a day."},
			})
		}
	}
	return err
}

// tellOperator writes to whoever asked what the answer is.
func (s *Service) tellOperator(ctx context.Context, tx pgx.Tx, id uuid.UUID, agreed bool) error {
	type who struct {
		OrgID      uuid.UUID
		OperatorID uuid.UUID
		Org        string
		Hours      int
	}
	w, err := postgres.One[who](ctx, tx, `SELECT a.org_id, a.operator_id, o.name AS org, a.hours FROM support_access a JOIN orgs o ON o.id = a.org_id WHERE a.id = $1`, id)
	if err != nil {
		return err
	}
	var to string
	if err := postgres.As(ctx, tx, postgres.SignIn, func() (err error) {
		to, err = postgres.Value[string](ctx, tx, `SELECT email FROM users WHERE id = $1`, w.OperatorID)
		return err
	}); err != nil {
		return err
	}
	l := mail.Letter{To: to, Subject: w.Org + " declined", Kind: "support.answered", Lines: []string{w.Org + " does not want you to look into it now."}}
	if agreed {
		l.Subject, l.Lines = w.Org+" agreed", []string{fmt.Sprintf("%s agrees that you look into it, for %s from now.", w.Org, Hours(w.Hours))}
		l.Button, l.Path = "Open the organisation", identity.AdminPath+"/organisations/"+w.OrgID.String()
	}
	return s.post.Write(ctx, tx, l)
}

// Hours is a number of them in words: "1 hour", "4 hours".
func Hours(n int) string {
	if n == 1 {
		return "1 hour"
	}
	return fmt.Sprintf("%d hours", n)
}
