package proof

import (
	"context"
	"encoding/json"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/keys"
)

// makeKeys makes the canary's API keys: one that may see records, one that may all
// that keys may, one that is revoked; and one more to be reached for.
func (p *prover) makeKeys(ctx context.Context, c *canary) error {
	all := identity.KeyScopes()
	for _, k := range []struct {
		name   string
		scopes []identity.Permission
	}{{"key of every scope", all}, {"key that may see records", []identity.Permission{identity.ViewRecords}}} {
		a, _, err := p.newKey(ctx, c, k.name, k.scopes)
		if err != nil {
			return err
		}
		c.keys = append(c.keys, a)
	}
	a, made, err := p.newKey(ctx, c, "revoked key", all)
	if err != nil {
		return err
	}
	system, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return err
	}
	if _, err := keys.New(p.DB, nil).Revoke(system, made.ID); err != nil {
		return err
	}
	c.outside = append(c.outside, a)
	body, err := json.Marshal(map[string]any{"name": c.word, "scopes": []string{"records.view"}})
	if err != nil {
		return err
	}
	c.ids["key"], err = p.make(ctx, c, "/api/keys", body)
	return err
}

func (p *prover) newKey(ctx context.Context, c *canary, name string, scopes []identity.Permission) (*actor, keys.Key, error) {
	ctx, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return nil, keys.Key{}, err
	}
	d := keys.Details{Name: name, Rate: keys.MaxRate}
	for _, s := range scopes {
		d.Scopes = append(d.Scopes, string(s))
	}
	k, token, err := keys.New(p.DB, nil).CreateFor(ctx, d)
	if err != nil {
		return nil, keys.Key{}, err
	}
	return &actor{name: name, home: c, role: identity.LeastRole(scopes), token: token.Secret(), only: d.Scopes}, k, nil
}
