package proof

import (
	"context"
	"crypto/rand"
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
	revoked := &actor{home: c}
	if err := p.renewRevoked(ctx, revoked); err != nil {
		return err
	}
	c.outside = append(c.outside, revoked)
	body, err := json.Marshal(map[string]any{"name": c.word, "scopes": []string{"records.view"}})
	if err != nil {
		return err
	}
	c.ids["key"], err = p.make(ctx, c, "/api/keys", body)
	return err
}

// renewRevoked gives an actor a key that was revoked: another one each time, since the
// door lets one that it met too often wait for an hour.
func (p *prover) renewRevoked(ctx context.Context, a *actor) error {
	made, k, err := p.newKey(ctx, a.home, "revoked "+rand.Text(), identity.KeyScopes())
	if err != nil {
		return err
	}
	ctx, _, err = p.Orgs.SystemScope(ctx, a.home.org.Slug, "proof")
	if err != nil {
		return err
	}
	*a = *made
	a.name, a.renew = "revoked key", p.renewRevoked
	_, err = keys.New(p.DB, nil).Revoke(ctx, k.ID)
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
