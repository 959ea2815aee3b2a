package proof

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"github.com/skaiscraper/skai/internal/platform/web"
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
		found, err := offers(a.body)
		if err != nil {
			return err
		}
		for _, o := range found {
			r, ok := match(p.Routes, o.method, o.path)
			if !ok || skipped(r) {
				continue
			}
			if s, known := c.seen[key(r)]; !known || s.form == nil && o.form != nil {
				c.seen[key(r)] = sample{path: o.path, form: o.form}
			}
			visit(r, o.path)
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

// offer is a link or a form of a page.
type offer struct {
	method, path string
	form         url.Values
}

// offers gives the links and forms of a page, its scripted ones too.
func offers(page string) ([]offer, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, err
	}
	var found []offer
	var walk func(n *html.Node, form *offer)
	walk = func(n *html.Node, form *offer) {
		if n.Type == html.ElementNode {
			for _, a := range n.Attr {
				switch method, isCall := strings.CutPrefix(a.Key, "hx-"); {
				case a.Key == "href" && n.Data == "a":
					found = append(found, offer{method: http.MethodGet, path: pathOf(a.Val)})
				case isCall && (method == "get" || method == "post" || method == "put" || method == "delete" || method == "patch"):
					found = append(found, offer{method: strings.ToUpper(method), path: pathOf(a.Val)})
				}
			}
			if n.Data == "form" {
				form = &offer{method: strings.ToUpper(attribute(n, "method")), path: pathOf(attribute(n, "action")), form: url.Values{}}
				if form.method == "" {
					form.method = http.MethodGet
				}
			}
			field(n, form)
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child, form)
		}
		if n.Type == html.ElementNode && n.Data == "form" {
			found = append(found, *form)
		}
	}
	walk(root, nil)
	return found, nil
}

// field adds what a control would send to its form.
func field(n *html.Node, form *offer) {
	name := attribute(n, "name")
	if form == nil || name == "" {
		return
	}
	switch kind := attribute(n, "type"); {
	case n.Data == "textarea":
		form.form.Add(name, text(n))
	case n.Data == "select":
		form.form.Add(name, chosen(n))
	case kind == "file", kind == "checkbox" && !has(n, "checked"), kind == "radio" && !has(n, "checked"):
	case n.Data == "button" && form.form.Has(name): // one of several is pressed
	case n.Data == "input", n.Data == "button":
		form.form.Add(name, attribute(n, "value"))
	}
}

func chosen(n *html.Node) string {
	first, value := "", ""
	for option := range n.Descendants() {
		if option.Data != "option" {
			continue
		}
		if first == "" {
			first = attribute(option, "value")
		}
		if has(option, "selected") {
			value = attribute(option, "value")
		}
	}
	if value == "" {
		return first
	}
	return value
}

func text(n *html.Node) string {
	var b strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// pathOf is the path of an address of this site.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" {
		return ""
	}
	return u.Path
}

// match finds the route that answers an address: like net/http, the one with the
// fewest variables.
func match(routes []web.Route, method, path string) (best web.Route, ok bool) {
	fewest := len(path) + 1
	for _, r := range routes {
		if r.Method != method {
			continue
		}
		if n, fits := variables(r.Pattern, path); fits && n < fewest {
			best, ok, fewest = r, true, n
		}
	}
	return best, ok
}

func variables(pattern, path string) (n int, fits bool) {
	if pattern == "/{$}" {
		return 0, path == "/"
	}
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return 0, false
	}
	for i, segment := range want {
		if strings.HasPrefix(segment, "{") {
			if got[i] == "" {
				return 0, false
			}
			n++
		} else if segment != got[i] {
			return 0, false
		}
	}
	return n, true
}
