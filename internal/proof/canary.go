package proof

import (
	"context"
	_ "embed" // the metadata of an identity provider
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

var canarySlug = regexp.MustCompile(`^canary-[abs]-[0-9a-f]{6}$`)

// password is that of a canary's people, who live for a few minutes; the slug in
// it is random.
func password(slug string) string { return "not for long, " + slug }

// canary is an organisation made to be reached for.
type canary struct {
	org     orgs.Org
	word    string            // stands in all its texts and nowhere else
	roles   []*actor          // one for each role, the owner first
	keys    []*actor          // API keys, which open no page
	outside []*actor          // those whom no door may open for
	guest   *actor            // at work here, a member of the other organisation too
	ids     map[string]string // of one record of each kind: "contact"
	look    []string          // pages to look at that no list leads to
	seen    map[string]sample // by method and pattern: what its pages offer
	own     map[string]bool   // every id its pages show
}

// actor is somebody who sends requests.
type actor struct {
	name  string
	home  *canary
	role  tenant.Role // "" for whom no door may open
	email string
	token string
	only  []string                            // the scopes of an API key; nil is a person
	renew func(context.Context, *actor) error // where another one can be had when the door lets this one wait for long
}

var roles = []tenant.Role{tenant.Owner, tenant.Admin, tenant.Manager, tenant.Member, tenant.Viewer}

func (p *prover) newCanary(ctx context.Context, slug, name string) (*canary, error) {
	p.Say("making %s", slug)
	org, err := p.Orgs.Create(ctx, slug, name+" "+slug[len(slug)-6:], "America/Phoenix")
	if err != nil {
		return nil, err
	}
	c := &canary{org: org, word: strings.ReplaceAll(slug, "-", ""), ids: map[string]string{}, seen: map[string]sample{}, own: map[string]bool{}}
	for _, role := range roles {
		a := &actor{name: string(role), home: c, role: role, email: string(role) + "@" + slug + ".example"}
		if err := p.hire(ctx, a); err != nil {
			return c, err
		}
		c.roles = append(c.roles, a)
	}
	owner := c.roles[0] // a second session, which they may revoke
	if _, err := p.People.SignIn(ctx, owner.email, password(slug), identity.Device{UserAgent: "another device"}); err != nil {
		return c, err
	}
	if err := p.outsiders(ctx, c); err != nil {
		return c, err
	}
	if p.a != nil { // the first canary's owner is an admin of this one as well: their session stays in the first
		if err := p.invite(ctx, c); err != nil {
			return c, err
		}
	}
	if err := p.makeKeys(ctx, c); err != nil {
		return c, err
	}
	if err := p.fill(ctx, c); err != nil {
		return c, err
	}
	if err := p.takeOver(ctx, c); err != nil { // last: its run is the one that pages lead to
		return c, err
	}
	if err := p.composeRole(ctx, c); err != nil {
		return c, err
	}
	return c, p.whoAmI(ctx, c)
}

// whoAmI keeps the ids of the organisation and of its owner.
func (p *prover) whoAmI(ctx context.Context, c *canary) error {
	a, err := p.send(ctx, c.roles[0], request{method: http.MethodGet, path: "/api/me"})
	if err != nil {
		return err
	}
	var me struct{ ID string }
	if err := json.Unmarshal([]byte(a.body), &me); err != nil || me.ID == "" {
		return fmt.Errorf("the owner of %s could not sign in: the answer was %d %.500s", c.org.Slug, a.status, a.body)
	}
	c.ids["org"], c.ids["person"] = c.org.ID.String(), me.ID
	return nil
}

// hire makes the person of an actor and signs them in.
func (p *prover) hire(ctx context.Context, a *actor) error {
	_, err := p.People.CreateUser(ctx, identity.NewUser{
		Email: a.email, Name: string(a.role) + " " + a.home.word, OrgSlug: a.home.org.Slug, Role: a.role, Password: password(a.home.org.Slug), Verified: true,
	})
	if err != nil {
		return err
	}
	a.token, err = p.People.SignIn(ctx, a.email, password(a.home.org.Slug), identity.Device{UserAgent: "proof of isolation"})
	return err
}

// outsiders are the actors who must stand before a closed door.
func (p *prover) outsiders(ctx context.Context, c *canary) error {
	made := &actor{name: "made-up session", home: c, token: strings.Repeat("x", 43)}
	c.outside = []*actor{{name: "signed out", home: c}, made, p.suspended}
	for _, s := range []struct {
		name string
		end  func(a *actor) error
	}{
		{"expired session", func(a *actor) error { return p.People.ExpireSession(ctx, a.token) }},
		{"revoked session", func(a *actor) error { _, err := p.People.SignOut(ctx, a.token); return err }},
		{"removed member", func(a *actor) error { return p.People.Deactivate(ctx, c.org.Slug, a.email) }},
	} {
		a := &actor{name: s.name, home: c, role: tenant.Admin, email: strings.ReplaceAll(s.name, " ", "-") + "@" + c.org.Slug + ".example"}
		if err := p.hire(ctx, a); err != nil {
			return err
		}
		if err := s.end(a); err != nil {
			return err
		}
		a.role = ""
		c.outside = append(c.outside, a)
	}
	return nil
}

// suspend makes an organisation that is suspended while its owner is signed in.
func (p *prover) suspend(ctx context.Context, slug string) error {
	org, err := p.Orgs.Create(ctx, slug, "Canary suspended", "America/Phoenix")
	if err != nil {
		return err
	}
	a := &actor{name: "owner of a suspended organisation", role: tenant.Owner, email: "owner@" + slug + ".example"}
	a.home = &canary{org: org, word: strings.ReplaceAll(slug, "-", "")}
	p.suspended = a
	if err := p.hire(ctx, a); err != nil {
		return err
	}
	a.role = ""
	_, err = p.Orgs.Suspend(ctx, slug, true, "")
	return err
}

// invite makes somebody an admin of both canaries, at work in the first.
func (p *prover) invite(ctx context.Context, second *canary) error {
	g := &actor{name: "admin of both, at work in the other", home: p.a, role: tenant.Admin, email: "guest@" + p.a.org.Slug + ".example"}
	if err := p.hire(ctx, g); err != nil {
		return err
	}
	_, err := p.People.CreateUser(ctx, identity.NewUser{
		Email: g.email, Name: "guest " + second.word, OrgSlug: second.org.Slug, Role: tenant.Admin, Password: password(second.org.Slug),
	})
	p.a.guest = g
	return err
}

// fill makes one record of each kind through the API, as the owner.
func (p *prover) fill(ctx context.Context, c *canary) error {
	if err := p.brand(ctx, c); err != nil {
		return err
	}
	tag := []string{c.word}
	for _, make := range []struct {
		kind, path string
		body       func() map[string]any
	}{
		{"contact", "/api/contacts", func() map[string]any {
			return map[string]any{"first_name": "Pat", "last_name": c.word, "notes": c.word, "tags": tag, "emails": []string{"pat@" + c.word + ".example"}}
		}},
		{"property", "/api/properties", func() map[string]any {
			return map[string]any{"name": c.word, "notes": c.word, "tags": tag, "owner_id": c.ids["contact"], "address": map[string]any{"street": "1 Hail St", "city": "Phoenix", "state": "AZ", "zip": "85001"}}
		}},
		{"lead", "/api/leads", func() map[string]any {
			return map[string]any{"title": "Lead " + c.word, "notes": c.word, "tags": tag, "contact_id": c.ids["contact"], "property_id": c.ids["property"]}
		}},
		{"claim", "/api/claims", func() map[string]any {
			return map[string]any{"title": "Claim " + c.word, "carrier": "Carrier " + c.word, "notes": c.word, "tags": tag, "contact_id": c.ids["contact"], "property_id": c.ids["property"], "lead_id": c.ids["lead"]}
		}},
		{"activity", "/api/activities", func() map[string]any {
			return map[string]any{"kind": "task", "body": "Call " + c.word, "claim_id": c.ids["claim"], "due_on": "2030-01-02"}
		}},
	} {
		body, err := json.Marshal(make.body())
		if err != nil {
			return err
		}
		if c.ids[make.kind], err = p.make(ctx, c, make.path, body); err != nil {
			return err
		}
	}
	if err := p.keepFile(ctx, c); err != nil {
		return err
	}
	if err := p.spare(ctx, c); err != nil {
		return err
	}
	return p.archiveSome(ctx, c)
}

// composeRole makes a role of the canary's own, all that a member may do, and gives
// it to somebody.
func (p *prover) composeRole(ctx context.Context, c *canary) error {
	a := &actor{home: c, role: tenant.Member, email: "composed@" + c.org.Slug + ".example"}
	if err := p.hire(ctx, a); err != nil {
		return err
	}
	session, err := p.People.Authenticate(ctx, a.token)
	if err != nil {
		return err
	}
	_, err = p.People.CreateUser(ctx, identity.NewUser{ // to whom the page gives it, the first by name
		Email: "a@" + c.org.Slug + ".example", Name: "A " + c.word, OrgSlug: c.org.Slug, Role: tenant.Viewer, Password: password(c.org.Slug), Verified: true,
	})
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"name": c.word, "base": "member", "permissions": identity.Permissions(tenant.Scope{Role: tenant.Member})})
	if err != nil {
		return err
	}
	if c.ids["role"], err = p.make(ctx, c, "/api/roles", body); err != nil {
		return err
	}
	c.ids["member"] = session.PersonID.String()
	given, err := p.send(ctx, c.roles[0], request{method: http.MethodPut, path: "/api/roles/" + c.ids["role"] + "/people/" + c.ids["member"]})
	if err == nil && given.status != http.StatusNoContent {
		err = fmt.Errorf("give a role in %s: the answer was %d %.500s", c.org.Slug, given.status, given.body)
	}
	return err
}

// make makes something through the API, as the owner, and gives its id.
func (p *prover) make(ctx context.Context, c *canary, path string, body []byte) (id string, err error) {
	a, err := p.send(ctx, c.roles[0], request{method: http.MethodPost, path: path, json: body})
	if err != nil {
		return "", err
	}
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || made.ID == "" {
		return "", fmt.Errorf("make one of %s in %s: the answer was %d %.500s", path, c.org.Slug, a.status, a.body)
	}
	return made.ID, nil
}

// spare makes somebody to remove and an invitation to revoke, so that no actor loses
// their role: theirs is the person's page that is looked at.
func (p *prover) spare(ctx context.Context, c *canary) error {
	email := "spare" + c.ids["spare"] + "@" + c.org.Slug + ".example"
	err := p.hire(ctx, &actor{home: c, role: tenant.Viewer, email: email})
	if err == nil {
		c.ids["spare"], err = p.firstOf(ctx, c, "/api/people?q="+email)
	}
	if err != nil {
		return err
	}
	c.seen["GET /settings/people/{id}"] = sample{path: "/settings/people/" + c.ids["spare"]}
	c.ids["invitation"], err = p.make(ctx, c, "/api/people/invitations", []byte(`{"email": "invited-`+email+`", "name": "Invited `+c.word+`", "role": "viewer"}`))
	if err != nil {
		return err
	}
	// The list of people does not show them all when there are many by now.
	person, invitation := "/settings/people/"+c.ids["spare"], "/settings/people/invitations/"+c.ids["invitation"]
	maps.Copy(c.seen, map[string]sample{
		"POST /settings/people/{id}/remove": {path: person + "/remove"}, "POST /settings/people/{id}/role": {path: person + "/role", form: url.Values{"role": {"viewer"}}},
		"GET /settings/people/invitations/{id}": {path: invitation}, "POST /settings/people/invitations/{id}/again": {path: invitation + "/again"},
		"POST /settings/people/invitations/{id}/revoke": {path: invitation + "/revoke"},
	})
	if err := p.singleSignOn(ctx, c); err != nil {
		return err
	}
	return errors.Join(p.happens(ctx, c), p.directory(ctx, c))
}

// identityProvider is the metadata of one that is nobody's.
//
//go:embed idp.xml
var identityProvider string

// singleSignOn names a domain, a group and an identity provider, where they are not
// named any more.
func (p *prover) singleSignOn(ctx context.Context, c *canary) error {
	const page = identity.SSOSettingsPath
	for path, form := range map[string]url.Values{
		page + "/domains": {"domain": {c.word + ".example"}}, page + "/groups": {"group": {"Group " + c.word}, "role": {"member"}},
		page + "/connection": {"kind": {"saml"}, "metadata": {identityProvider}, "groups_claim": {c.word}},
	} {
		a, err := p.send(ctx, c.roles[0], request{method: http.MethodPost, path: path, form: form})
		if err == nil && a.status != http.StatusSeeOther && a.status != http.StatusUnprocessableEntity { // the domain may be there
			err = fmt.Errorf("%s in %s: the answer was %d %.500s", path, c.org.Slug, a.status, a.body)
		}
		if err != nil {
			return err
		}
	}
	a, err := p.send(ctx, c.roles[0], request{method: http.MethodGet, path: page})
	door := door.FindString(a.body)
	for _, r := range []string{"GET ", "GET /callback", "POST /acs", "POST /logout", "GET /slo", "GET /metadata"} {
		method, path, _ := strings.Cut(r, " ")
		c.seen[method+" "+identity.SSOPath+"/{id}"+path] = sample{path: door + path}
	}
	return err
}

var door = regexp.MustCompile(identity.SSOPath + "/[0-9a-f-]{36}")

// brand gives the canary a logo that holds its word.
func (p *prover) brand(ctx context.Context, c *canary) error {
	ctx, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return err
	}
	logo, err := orgs.ReadLogo([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><title>` + c.word + `</title></svg>`))
	if err != nil {
		return err
	}
	return p.Orgs.Save(ctx, orgs.Settings{Name: c.org.Name, TimeZone: c.org.TimeZone, Logo: logo})
}

// archiveSome makes and archives one more record of each kind, and notes the
// pages that no list of current records leads to: theirs, and those of the
// records that the import made, which lead to their rows.
func (p *prover) archiveSome(ctx context.Context, c *canary) error {
	for path, body := range map[string]map[string]any{
		"/contacts":   {"last_name": "Archived " + c.word},
		"/properties": {"name": "Archived " + c.word, "address": map[string]any{"street": "2 Hail St"}},
		"/leads":      {"title": "Archived " + c.word, "contact_id": c.ids["contact"]},
		"/claims":     {"title": "Archived " + c.word, "contact_id": c.ids["contact"]},
	} {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		id, err := p.make(ctx, c, "/api"+path, text)
		if err != nil {
			return err
		}
		a, err := p.send(ctx, c.roles[0], request{method: http.MethodPost, path: "/api" + path + "/" + id + "/archive"})
		if err != nil || a.status >= http.StatusBadRequest {
			return fmt.Errorf("archive one of %s in %s: the answer was %d, %w", path, c.org.Slug, a.status, err)
		}
		c.look = append(c.look, path+"/"+id)
	}
	a, err := p.send(ctx, c.roles[0], request{method: http.MethodGet, path: "/api/contacts"})
	if err != nil {
		return err
	}
	for _, id := range uuids.FindAllString(a.body, -1) {
		c.look = append(c.look, "/contacts/"+id) // that of who made it leads nowhere, which is no harm
	}
	return nil
}
