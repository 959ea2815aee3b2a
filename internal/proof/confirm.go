package proof

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/skaiscraper/skai/internal/identity"
)

// confirm has everybody with a session show once more that it is them, before that is
// asked for: a proof of an installation with its limits takes longer than that lasts.
func (p *prover) confirm(ctx context.Context) error {
	if time.Since(p.confirmed) < identity.FreshFor/2 {
		return nil
	}
	p.confirmed = time.Now()
	for _, c := range []*canary{p.a, p.b} {
		people := c.roles
		if c.guest != nil {
			people = append(slices.Clip(people), c.guest)
		}
		for _, a := range people {
			got, err := p.send(ctx, a, request{method: http.MethodPost, path: identity.ConfirmPath, form: url.Values{"current": {password(a.home.org.Slug)}}})
			if err != nil {
				return err
			}
			if got.status != http.StatusSeeOther {
				return fmt.Errorf("%s of %s could not show that it is them: %d %.300s", a.name, c.org.Slug, got.status, got.body)
			}
		}
	}
	return nil
}
