package proof

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/skaiscraper/skai/internal/identity/scim"
	"github.com/skaiscraper/skai/internal/identity/sso"
)

// directory makes a person and a group as a company's directory does, and samples of
// what it sends: SCIM is in no document of ours.
func (p *prover) directory(ctx context.Context, c *canary) error {
	system, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return err
	}
	if err := sso.Vouch(system, p.DB, c.word+".example"); err != nil {
		return err
	}
	for kind, make := range map[string]func() map[string]any{
		"Users": func() map[string]any {
			return map[string]any{"userName": "directory" + c.ids["spare"] + "@" + c.word + ".example", "displayName": "Directory " + c.word}
		},
		"Groups": func() map[string]any {
			return map[string]any{"displayName": "Directory " + c.word + c.ids["spare"]}
		},
	} {
		body, err := json.Marshal(make())
		if err != nil {
			return err
		}
		at := scim.Path + "/" + kind
		id, err := p.make(ctx, c, at, body)
		if err != nil {
			return err
		}
		change, err := json.Marshal(map[string]any{"Operations": []any{map[string]any{"op": "replace", "path": "displayName", "value": "Changed " + c.word}}})
		if err != nil {
			return err
		}
		c.seen[http.MethodPost+" "+at] = sample{path: at, json: body}
		for method, json := range map[string][]byte{http.MethodGet: nil, http.MethodDelete: nil, http.MethodPut: body, http.MethodPatch: change} {
			c.seen[method+" "+at+"/{id}"] = sample{path: at + "/" + id, json: json}
		}
	}
	return nil
}
