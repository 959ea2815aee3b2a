package proof

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/proof/alike"
	"github.com/skaiscraper/skai/internal/proof/prints"
)

// told is after how many routes the proof says how far it is.
const told = 50

// tryRoutes tries every route: first whatever must not succeed, then what each
// role may do, since that changes what there is.
func (p *prover) tryRoutes(ctx context.Context) error {
	var routes []web.Route
	for _, r := range p.Routes {
		if r.Kind == web.KindStatic {
			continue
		}
		if p.current = p.result(r); p.known(r) {
			routes = append(routes, r)
		}
	}
	for _, step := range []struct {
		words string
		try   func(context.Context, web.Route) error
	}{{"what is another organisation's", p.tryForeign}, {"from outside", p.tryOutside}, {"as each role", p.tryOwn}} {
		for i, r := range routes {
			if i%told == 0 {
				p.Say("%s: %d of %d routes tried", step.words, i, len(routes))
			}
			p.current = p.result(r)
			if err := p.confirm(ctx); err != nil {
				return err
			}
			if err := step.try(ctx, r); err != nil {
				return fmt.Errorf("%s %s: %w", r.Method, r.Pattern, err)
			}
		}
	}
	return nil
}

// known tells whether the pages or the lists of both canaries gave a way to ask
// for a route; where not, the proof fails.
func (p *prover) known(r web.Route) bool {
	for _, c := range []*canary{p.a, p.b} {
		if c.seen[key(r)].path != "" {
			continue
		}
		if personal[r.Pattern] || r.Audience == web.Operator { // that it is nobody's is what is tried
			c.seen[key(r)] = sample{path: strings.ReplaceAll(r.Pattern, "{id}", uuid.NewString()), none: true}
			continue
		}
		if strings.Contains(r.Pattern, "{") {
			p.surprise("nobody", "path", "no page, form or list of a canary leads here, so it could not be tried: let the proof make a record of this kind")
			return false
		}
		c.seen[key(r)] = sample{path: r.Pattern, form: extras(r, c)}
	}
	return true
}

// extras are the fields of forms that only some people are shown.
func extras(r web.Route, c *canary) map[string][]string {
	if r.Pattern == "/switch" {
		return map[string][]string{"org": {c.org.ID.String()}}
	}
	return nil
}

// tryForeign lets everybody of each canary reach for what is the other's.
func (p *prover) tryForeign(ctx context.Context, r web.Route) error {
	if r.Audience == web.Public {
		return nil
	}
	for _, side := range [][2]*canary{{p.a, p.b}, {p.b, p.a}} {
		me, other := side[0], side[1]
		before, err := p.fingerprint(ctx, other)
		if err != nil {
			return err
		}
		actors := slices.Concat(me.roles, me.keys)
		if me.guest != nil {
			actors = append(actors, me.guest)
		}
		for _, a := range actors {
			for _, way := range reaches(r, p.operation(r), me, other) {
				if a == me.guest && r.Pattern == "/switch" {
					continue // they may
				}
				if err := p.compare(ctx, a, way, other); err != nil {
					return err
				}
			}
		}
		after, err := p.fingerprint(ctx, other)
		if err != nil {
			return err
		}
		if changed := prints.Differ(before, after); len(changed) > 0 {
			p.surprise("somebody of "+me.org.Slug, "any", fmt.Sprintf("rows of the other organisation were changed, in %v", changed))
		}
	}
	return nil
}

// compare makes a request for what is the other's and for what never existed, and
// finds it a surprise where the two can be told apart or the other's shows.
func (p *prover) compare(ctx context.Context, a *actor, way reach, other *canary) error {
	var difference string
	for range 2 { // a minute may have ended between the two
		theirs, err := p.send(ctx, a, way.with(itself))
		if err != nil {
			return err
		}
		none, err := p.send(ctx, a, way.with(nowhere()))
		if err != nil {
			return err
		}
		p.current.Count(a.name, 2)
		if theirs.status >= http.StatusInternalServerError {
			p.surprise(a.name, way.place, fmt.Sprintf("answered %d", theirs.status))
			return nil
		}
		if shown := other.shownIn(a, theirs, way.with(itself)); shown != "" {
			p.surprise(a.name, way.place, "the answer shows "+shown+" of the other organisation")
			return nil
		}
		if way.place == "path" && theirs.status < http.StatusBadRequest && !refused(theirs) {
			p.surprise(a.name, way.place, fmt.Sprintf("answered %d for the other organisation's id", theirs.status))
			return nil
		}
		if difference = tellApart(theirs, none); difference == "" {
			return nil
		}
	}
	p.surprise(a.name, way.place, "an id of the other organisation is answered otherwise than one that never existed: "+difference)
	return nil
}

// shownIn names what an answer shows of the canary that the request did not hold.
// The guest, a member of both, may see whereto they can switch.
func (c *canary) shownIn(who *actor, a answer, sent request) string {
	held := fmt.Sprint(sent.path, sent.query, sent.form, string(sent.json), sent.header)
	text := a.body + " " + a.location
	for kind, id := range c.ids {
		if strings.Contains(text, id) && !strings.Contains(held, id) && (kind != "org" || who.home.guest != who) {
			return "the id of a " + kind
		}
	}
	if strings.Contains(text, c.word) && !strings.Contains(held, c.word) {
		return "a word"
	}
	return ""
}

func tellApart(a, b answer) string {
	if a.status != b.status {
		return fmt.Sprintf("%d, not %d", a.status, b.status)
	}
	if alike.Difference(a.location, b.location, false) != "" {
		return "another Location"
	}
	// The trail's download is in the trail: the second has one more line, the first's.
	return alike.Difference(a.body, b.body, strings.Contains(a.disposition, "audit-trail-"))
}

// tryOutside sends requests with a canary's own ids from those for whom no door
// may open.
func (p *prover) tryOutside(ctx context.Context, r web.Route) error {
	for _, c := range []*canary{p.a, p.b} {
		for _, a := range c.outside {
			got, err := p.send(ctx, a, requestOf(r, c.seen[key(r)]))
			if err != nil {
				return err
			}
			p.current.Count(a.name, 1)
			switch {
			case got.status >= http.StatusInternalServerError:
				p.surprise(a.name, "path", fmt.Sprintf("answered %d", got.status))
			case r.Audience == web.Public:
				if strings.Contains(got.body, c.word) {
					p.surprise(a.name, "path", "a public address shows what is an organisation's")
				}
			case !atTheDoor(r, a, got):
				p.surprise(a.name, "path", fmt.Sprintf("answered %d, want the door", got.status))
			}
		}
	}
	return nil
}

// atTheDoor tells whether an answer is that for somebody who has to sign in.
func atTheDoor(r web.Route, who *actor, a answer) bool {
	if r.Audience == web.Operator && a.status == http.StatusNotFound {
		return true
	}
	if r.Kind == web.KindAPI || strings.HasPrefix(r.Pattern, "/api/") {
		return a.status == http.StatusUnauthorized
	}
	if who.only != nil {
		return a.status == http.StatusForbidden // told that a key opens no page, be it good or not
	}
	return a.status == http.StatusSeeOther && strings.HasPrefix(a.location, web.SignInPath) || a.status == http.StatusUnauthorized
}

func refused(a answer) bool {
	return a.status == http.StatusForbidden || a.status == http.StatusNotFound || a.status == http.StatusSeeOther && strings.HasPrefix(a.location, web.SignInPath)
}

// tryOwn lets each role, and the API keys, ask for what is its own organisation's, and compares with
// the matrix.
func (p *prover) tryOwn(ctx context.Context, r web.Route) error {
	if r.Audience == web.Public {
		return nil // anybody may; tryOutside was there
	}
	for _, a := range slices.Backward(slices.Concat(p.a.roles, p.a.keys)) { // those who may the least first: they change the least
		got, err := p.send(ctx, a, requestOf(r, p.a.seen[key(r)]))
		if err != nil {
			return err
		}
		if got.status == http.StatusNotFound && admits(r, a) && !p.othersOwn(r, a) { // an attempt before may have removed it
			if err := p.again(ctx, r); err != nil {
				return err
			}
			if got, err = p.send(ctx, a, requestOf(r, p.a.seen[key(r)])); err != nil {
				return err
			}
		}
		p.current.Count("own "+a.name, 1)
		p.judgeOwn(r, a, got)
		if r.Method != http.MethodGet {
			if err := p.revive(ctx, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// personal are routes about what is a person's and not their organisation's; the
// samples are the owner's. A passkey needs a browser, so nobody has one here: an
// id of nothing stands in its place, and is nobody's.
var personal = map[string]bool{"/settings/sessions/{id}/revoke": true, "/settings/factors/{id}/remove": true}

func (p *prover) othersOwn(r web.Route, a *actor) bool {
	return personal[r.Pattern] && a.only == nil && (a.role != tenant.Owner || p.a.seen[key(r)].none)
}

// again finds another sample of a route for the first canary, after giving its
// owner another session to revoke, another person to remove and another invitation.
func (p *prover) again(ctx context.Context, r web.Route) error {
	if _, err := p.People.SignIn(ctx, p.a.roles[0].email, password(p.a.org.Slug), identity.Device{}); err != nil {
		return err
	}
	page := http.MethodGet + " " + path.Dir(r.Pattern) // whose form it is may be that of what is gone
	old := map[string]sample{key(r): p.a.seen[key(r)], page: p.a.seen[page]}
	delete(p.a.seen, key(r))
	delete(p.a.seen, page)
	err := p.spare(ctx, p.a)
	if err == nil && r.Kind == web.KindAPI {
		err = p.sampleAPI(ctx, p.a, r)
	} else if err == nil {
		err = p.exploreOne(ctx, p.a)
	}
	for k, s := range old {
		if p.a.seen[k].path == "" {
			p.a.seen[k] = s
		}
	}
	return err
}

func (p *prover) judgeOwn(r web.Route, a *actor, got answer) {
	inside := !refused(got) && got.status != http.StatusUnauthorized && got.status < http.StatusInternalServerError
	switch {
	case r.Audience == web.Operator && got.status != http.StatusNotFound:
		p.surprise("own "+a.name, "path", fmt.Sprintf("answered %d at an operator's address, want 404", got.status))
	case r.Audience == web.Operator:
	case p.othersOwn(r, a):
		if got.status != http.StatusNotFound {
			p.surprise("own "+a.name, "path", fmt.Sprintf("answered %d for what is another person's, want 404", got.status))
		}
	case admits(r, a) && !inside:
		p.surprise("own "+a.name, "path", fmt.Sprintf("answered %d; the matrix admits this role", got.status))
	case !admits(r, a) && got.status != http.StatusForbidden:
		p.surprise("own "+a.name, "path", fmt.Sprintf("answered %d, want 403: the matrix does not admit this role", got.status))
	}
	if got.status == http.StatusForbidden {
		p.current.Refused++
	} else if inside {
		p.current.Admitted++
	}
}

// admits is what the matrix says. A member archives their own records alone, and
// the canary's are its owner's. A key opens no page.
func admits(r web.Route, a *actor) bool {
	if a.only != nil && !strings.HasPrefix(r.Pattern, "/api/") {
		return false
	}
	if a.role == tenant.Member && r.Permission == string(identity.ArchiveRecords) {
		return false
	}
	return r.Permission == "" || identity.May(tenant.Scope{Role: a.role, Only: a.only}, identity.Permission(r.Permission))
}

// revive signs an actor in again whose own attempt ended their session.
func (p *prover) revive(ctx context.Context, a *actor) error {
	got, err := p.send(ctx, a, request{method: http.MethodGet, path: "/api/me"})
	if err != nil || got.status == http.StatusOK {
		return err
	}
	if a.token, err = p.People.SignIn(ctx, a.email, password(a.home.org.Slug), identity.Device{}); err == nil {
		return nil
	}
	a.email = "again-" + a.email // their membership ended: another person takes the role
	return p.hire(ctx, a)
}
