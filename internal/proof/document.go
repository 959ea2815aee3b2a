package proof

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/skaiscraper/skai/internal/identity/scim"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof/openapi"
)

func (p *prover) readDocument(ctx context.Context) error {
	a, err := p.send(ctx, &actor{}, request{method: http.MethodGet, path: "/api/openapi.json"})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("%s/api/openapi.json answered %d: is SkaiScraper there?", p.URL, a.status)
	}
	return json.Unmarshal([]byte(a.body), &p.api)
}

// collections name the records whose lists the API has under another word.
var collections = map[string]string{
	"contacts": "contact", "properties": "property", "leads": "lead", "claims": "claim", "activities": "activity", "runs": "run",
	"roles": "role", "people": "member", "invitations": "invitation", "keys": "key", "/api/people": "spare",
}

// exploreAPI fills the addresses and bodies of the operations with the canary's ids.
func (p *prover) exploreAPI(ctx context.Context, c *canary) error {
	for _, r := range p.Routes {
		if r.Kind != web.KindAPI {
			continue
		}
		if err := p.sampleAPI(ctx, c, r); err != nil {
			return err
		}
	}
	return nil
}

// sampleAPI makes a sample of an operation; none where a list it needs has nothing.
func (p *prover) sampleAPI(ctx context.Context, c *canary, r web.Route) error {
	if strings.HasPrefix(r.Pattern, scim.Path) && c.seen[key(r)].path != "" {
		return nil // see directory
	}
	path, err := p.fillPath(ctx, c, r.Pattern)
	if err != nil || path == "" {
		return err // tryRoutes says that it could not be tried
	}
	s := sample{path: path}
	if body := p.operation(r).RequestBody; body != nil {
		if s.json, err = p.body(ctx, c, r, path, body.Content["application/json"].Schema); err != nil {
			return err
		}
	}
	c.seen[key(r)] = s
	return nil
}

func (p *prover) operation(r web.Route) openapi.Operation {
	return p.api.Paths[r.Pattern][strings.ToLower(r.Method)]
}

// fillPath puts an id of the canary into each variable of an operation's path:
// that of the record the proof made, or of the first in the operation's list.
// It gives "" where the list has none.
func (p *prover) fillPath(ctx context.Context, c *canary, pattern string) (string, error) {
	segments := strings.Split(pattern, "/")
	for i, s := range segments {
		if !strings.HasPrefix(s, "{") {
			continue
		}
		collection := strings.Join(segments[:i], "/")
		id := c.ids[cmp.Or(collections[collection], collections[segments[i-1]])]
		if id == "" {
			first, err := p.firstOf(ctx, c, collection)
			if err != nil || first == "" {
				return "", err
			}
			id = first
		}
		segments[i] = id
	}
	return strings.Join(segments, "/"), nil
}

func (p *prover) firstOf(ctx context.Context, c *canary, collection string) (string, error) {
	a, err := p.send(ctx, c.roles[0], request{method: http.MethodGet, path: collection})
	if err != nil || a.status != http.StatusOK {
		return "", err
	}
	c.note(a.body)
	var list struct{ Items []struct{ ID string } }
	if err := json.Unmarshal([]byte(a.body), &list); err != nil || len(list.Items) == 0 {
		return "", nil //nolint:nilerr // an answer that is no list has no first item
	}
	return list.Items[0].ID, nil
}

// body makes the JSON of an operation: of a change, what is there, sent back
// whole; else what the document asks for.
func (p *prover) body(ctx context.Context, c *canary, r web.Route, path string, s openapi.Schema) ([]byte, error) {
	if r.Method == http.MethodPut {
		a, err := p.send(ctx, c.roles[0], request{method: http.MethodGet, path: path})
		if err != nil {
			return nil, err
		}
		if a.status == http.StatusOK && json.Valid([]byte(a.body)) {
			return []byte(a.body), nil
		}
	}
	return json.Marshal(p.example(c, "", s, 0))
}

// example is a value that fits a schema, with the canary's ids where one is named.
func (p *prover) example(c *canary, name string, s openapi.Schema, depth int) any {
	if s.Ref != "" {
		s = p.api.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	if id := c.ids[strings.TrimSuffix(name, "_id")]; id != "" && strings.HasSuffix(name, "_id") {
		return id
	}
	switch kinds := s.Kinds(); {
	case len(s.Enum) > 0:
		return s.Enum[slices.IndexFunc(s.Enum, func(v any) bool { return v != "" })]
	case slices.Contains(kinds, "object") && depth < 4:
		object := map[string]any{}
		for field, fs := range s.Properties {
			named := c.ids[strings.TrimSuffix(field, "_id")] != "" && strings.HasSuffix(field, "_id")
			text := slices.Contains(fs.Kinds(), "string") && fs.Format == "" && len(fs.Enum) == 0
			if !fs.ReadOnly && field != "$schema" && (named || text || slices.Contains(s.Required, field)) {
				object[field] = p.example(c, field, fs, depth+1)
			}
		}
		return object
	case slices.Contains(kinds, "array"):
		return []any{}
	case slices.Contains(kinds, "integer"), slices.Contains(kinds, "number"):
		return 1
	case slices.Contains(kinds, "boolean"):
		return true
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Format == "date-time":
		return "2026-01-02T03:04:05Z"
	case strings.Contains(name, "email"):
		return "somebody@" + c.word + ".example"
	case strings.HasSuffix(name, "_on"), strings.HasPrefix(name, "date"):
		return "2026-01-02"
	}
	return c.word
}
