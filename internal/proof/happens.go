package proof

import (
	"context"
	"crypto/rand"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/proof/went"
)

// happens makes what nobody of the canary does. Who asks to look inside is an account of
// the first one's, which goes with it.
func (p *prover) happens(ctx context.Context, c *canary) error {
	id, err := went.Wrong(ctx, p.DB, c.org, c.word)
	if err != nil {
		return err
	}
	if p.operator == uuid.Nil {
		a := &actor{home: c, role: tenant.Viewer, email: "operator@" + c.org.Slug + ".example"}
		if err := p.hire(ctx, a); err != nil {
			return err
		}
		if _, err := operators.New(p.DB).Add(ctx, operators.Adding{Email: a.email, Password: rand.Text()}); err != nil {
			return err
		}
		session, err := p.People.Authenticate(ctx, a.token)
		if err != nil {
			return err
		}
		p.operator = session.UserID
	}
	asked, err := went.Ask(ctx, p.DB, c.org.ID, p.operator, c.word)
	c.seen["POST /settings/ops/errors/{id}/reopen"] = sample{path: "/settings/ops/errors/" + id.String() + "/reopen"} // only a resolved one's page shows the button
	for _, verb := range []string{"/agree", "/decline", "/end"} {
		c.seen["POST "+identity.SupportPath+"/{id}"+verb] = sample{path: identity.SupportPath + "/" + asked.String() + verb}
	}
	return err
}
