package proof

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof/offers"
)

// sample is what an organisation's pages offer for a route: an address with
// everything filled in, and for a form its fields as the page shows them.
type sample struct {
	path string
	form url.Values
	json []byte
	none bool // the canary has nothing of this kind; an id of nothing stands in its place
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func key(r web.Route) string { return r.Method + " " + r.Pattern }

// explore looks at every page of both canaries as their owner, follows the links
// and keeps one sample of each route.
func (p *prover) explore(ctx context.Context) error {
	for _, c := range []*canary{p.a, p.b} {
		if err := p.exploreOne(ctx, c); err != nil {
			return err
		}
		if err := p.exploreAPI(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (p *prover) exploreOne(ctx context.Context, c *canary) error {
	var queue []string
	look := c.look
	queued := map[string]bool{}
	visit := func(r web.Route, path string) {
		if s, known := c.seen[key(r)]; known && s.path != path || queued[path] || r.Method != http.MethodGet {
			return
		}
		queued[path] = true
		queue = append(queue, path)
	}
	for _, r := range p.Routes {
		if r.Method == http.MethodGet && !strings.Contains(strings.TrimSuffix(r.Pattern, "{$}"), "{") && !skipped(r) {
			path := strings.TrimSuffix(r.Pattern, "{$}")
			c.seen[key(r)] = sample{path: path}
			visit(r, path)
		}
	}
	for len(queue) > 0 || len(look) > 0 {
		if len(queue) == 0 { // the lists' own first, whose samples stay
			queue, look = look, nil
		}
		path := queue[0]
		queue = queue[1:]
		a, err := p.send(ctx, c.roles[0], request{method: http.MethodGet, path: path})
		if err != nil {
			return err
		}
		c.note(a.body)
		if !strings.HasPrefix(a.contentType, "text/html") {
			continue
		}
		found, err := offers.Read(a.body)
		if err != nil {
			return err
		}
		for _, o := range found {
			r, ok := offers.Route(p.Routes, o)
			if !ok || skipped(r) {
				continue
			}
			if s, known := c.seen[key(r)]; !known || s.form == nil && o.Form != nil {
				c.seen[key(r)] = sample{path: o.Path, form: o.Form}
			}
			visit(r, o.Path)
		}
	}
	return nil
}

// note keeps every id that a page shows.
func (c *canary) note(body string) {
	for _, id := range uuids.FindAllString(body, -1) {
		c.own[id] = true
	}
}

// skipped are routes for which there is nothing to find on a page: files that are
// the same for everybody.
func skipped(r web.Route) bool { return r.Kind == web.KindStatic }
