package sso

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/sso/idp"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Where the owner's pages are.
const (
	settingsPath   = identity.SSOSettingsPath
	domainsPath    = settingsPath + "/domains"
	connectionPath = settingsPath + "/connection"
	groupsPath     = settingsPath + "/groups"
)

// Routes registers the way in and the owner's pages.
func (s *Service) Routes(rt *web.Router) {
	public, manage := web.Access{Audience: web.Public}, web.Access{Permission: string(identity.ManageSSO)}
	provider := web.Access{Audience: web.Public, Rate: limit.Webhook}
	one := identity.SSOPath + "/{id}"
	rt.Page("GET "+identity.SSOPath, public, s.askPage)
	rt.Page("POST "+identity.SSOPath, web.Access{Audience: web.Public, Rate: limit.Auth, By: web.ByField("email")}, s.askSubmit)
	rt.Page("GET "+one, public, s.start)
	rt.Page("GET "+one+"/callback", public, s.callback)
	rt.Page("POST "+one+"/acs", web.Access{Audience: web.Public, Rate: limit.Unlimited, CrossSite: true}, s.acs)
	rt.Page("GET "+one+"/slo", public, s.slo)
	rt.Page("GET "+one+"/metadata", public, s.metadataFile)
	rt.Page("POST "+one+"/logout", provider, s.backChannel)
	rt.Page("GET "+identity.ConfirmPath+"/sso", web.Access{}, s.confirmStart)
	rt.Page("GET "+settingsPath, manage, s.settingsPage)
	rt.Page("POST "+domainsPath, manage, s.domainSubmit)
	rt.Page("POST "+domainsPath+"/{id}/check", manage, s.checkSubmit)
	rt.Page("POST "+domainsPath+"/{id}/remove", manage, s.removeDomainSubmit)
	rt.Page("GET "+connectionPath, manage, s.connectionPage)
	rt.Page("POST "+connectionPath, manage, s.connectionSubmit)
	rt.Page("POST "+connectionPath+"/remove", manage, s.removeSubmit)
	rt.Page("POST "+connectionPath+"/unlink", manage, s.unlinkSubmit)
	rt.Page("POST "+groupsPath, manage, s.groupSubmit)
	rt.Page("POST "+groupsPath+"/{id}/remove", manage, s.removeGroupSubmit)
	rt.Page("POST "+settingsPath+"/required", manage, s.requiredSubmit)
}

// of gives an organisation's connection; fault.NotFound where it has none.
func (s *Service) of(ctx context.Context, org uuid.UUID) (idp.Connection, error) {
	c, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (idp.Connection, error) {
		return postgres.One[idp.Connection](ctx, tx, `SELECT `+columns+` FROM sso_connections WHERE org_id = $1`, org)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return idp.Connection{}, idp.ErrNoConnection
	}
	return c, err
}

var crumbs = []ui.Link{{Text: "Settings", URL: identity.SettingsPath}}

// view is what the owner's page shows.
type view struct {
	domains    []Domain
	connection *idp.Connection
	groups     []Group
	owners     []ui.Option
	form       *web.Form
	base       string // the connection's addresses begin with it
}

// confirmed sends an owner who has not shown for a while that it is them to the
// page that asks, and back; false where they were sent.
func confirmed(w http.ResponseWriter, r *http.Request, back string) (bool, error) {
	err := identity.RequireFresh(r.Context())
	if refused := fault.As(err); refused != nil && refused.Code == "fresh" {
		return false, web.Redirect(w, r, identity.ConfirmPath+"?next="+url.QueryEscape(back))
	}
	return err == nil, err
}

func (s *Service) settingsPage(w http.ResponseWriter, r *http.Request) error {
	if ok, err := confirmed(w, r, settingsPath); !ok {
		return err
	}
	return s.settingsForm(w, r, http.StatusOK, web.NewForm(nil))
}

func (s *Service) settingsForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	v, err := s.gather(r, f)
	if err != nil {
		return err
	}
	return ui.PageStatus(w, r, status, ui.Head{
		Title: "Single sign-on", Section: ui.Settings, Crumbs: crumbs,
		Lead: "People sign in where your company already knows them: Microsoft Entra ID, Okta, Google Workspace or another identity provider.",
	}, settingsView(v))
}

// gather gathers what the owner's page shows.
func (s *Service) gather(r *http.Request, f *web.Form) (v view, err error) {
	v.form = f
	if v.domains, err = s.Domains(r.Context()); err != nil {
		return v, err
	}
	if v.connection, err = s.Current(r.Context()); err != nil {
		return v, err
	}
	if v.connection != nil {
		v.base = v.connection.Address(r, "")
	}
	if v.groups, err = s.Groups(r.Context()); err != nil {
		return v, err
	}
	owners, err := postgres.Read(r.Context(), s.db, func(ctx context.Context, tx pgx.Tx) ([]identity.Name, error) {
		return postgres.Many[identity.Name](ctx, tx, `SELECT id, name FROM people WHERE kind = 'member' AND active AND role = 'owner' ORDER BY name_key, id`)
	})
	for _, o := range owners {
		v.owners = append(v.owners, ui.Option{Value: o.ID.String(), Text: o.Name})
	}
	return v, err
}

// done ends a change: back to the page with a message, or the page with what was wrong.
func (s *Service) done(w http.ResponseWriter, r *http.Request, f *web.Form, err error, words string) error {
	if refused := fault.As(err); refused != nil {
		switch {
		case refused.Code == "fresh":
			return web.Redirect(w, r, identity.ConfirmPath+"?next="+url.QueryEscape(settingsPath))
		case len(refused.Fields) > 0 && f != nil:
			for field, problem := range refused.Fields {
				f.Fields.Add(field, "%s", web.Sentence(problem))
			}
			return s.settingsForm(w, r, http.StatusUnprocessableEntity, f)
		}
	}
	if err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "%s", words)
	return web.Redirect(w, r, settingsPath)
}

func (s *Service) domainSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	return s.done(w, r, f, s.AddDomain(r.Context(), f.Text("domain")), "Now write the record into the domain's DNS, then check it.")
}

func (s *Service) checkSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	d, err := s.CheckDomain(r.Context(), id)
	words := d.Domain + " is yours: its people may come in through your identity provider."
	if d.VerifiedAt == nil {
		words = "Not yet. " + d.Found
	}
	return s.done(w, r, nil, err, words)
}

func (s *Service) removeDomainSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	return s.done(w, r, nil, s.RemoveDomain(r.Context(), id), "The domain is removed.")
}

func (s *Service) connectionPage(w http.ResponseWriter, r *http.Request) error {
	if ok, err := confirmed(w, r, connectionPath+"?"+r.URL.RawQuery); !ok {
		return err
	}
	c, err := s.Current(r.Context())
	if err != nil {
		return err
	}
	kind := r.URL.Query().Get("kind")
	if kind != idp.SAML && (kind == idp.OIDC || c == nil || c.Kind == idp.OIDC) {
		kind = idp.OIDC
	} else {
		kind = idp.SAML
	}
	return connectionForm(w, r, http.StatusOK, web.NewForm(nil), c, kind)
}

func connectionForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, c *idp.Connection, kind string) error {
	return ui.PageStatus(w, r, status, ui.Head{
		Title: map[string]string{idp.OIDC: "Connect by OpenID Connect", idp.SAML: "Connect by SAML 2.0"}[kind], Section: ui.Settings,
		Crumbs: append(crumbs, ui.Link{Text: "Single sign-on", URL: settingsPath}),
	}, connectionCard(f, c, kind))
}

func (s *Service) connectionSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	st := idp.Settings{
		Kind: f.Text("kind"), Issuer: f.Text("issuer"), ClientID: f.Text("client_id"), ClientSecret: f.Values.Get("client_secret"),
		Metadata: f.Values.Get("metadata"), GroupsClaim: f.Text("groups_claim"), DefaultRole: f.Text("default_role"),
	}
	err = s.Set(r.Context(), st)
	if refused := fault.As(err); refused != nil && len(refused.Fields) > 0 {
		for field, problem := range refused.Fields {
			f.Fields.Add(field, "%s", web.Sentence(problem))
		}
		c, err := s.Current(r.Context())
		if err != nil {
			return err
		}
		f.Values.Del("client_secret")
		return connectionForm(w, r, http.StatusUnprocessableEntity, f, c, st.Kind)
	}
	return s.done(w, r, nil, err, "The identity provider is known. Enter our addresses there, then try it.")
}

func (s *Service) removeSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.done(w, r, nil, s.Remove(r.Context()), "Single sign-on is removed; everybody signs in by password again.")
}

func (s *Service) unlinkSubmit(w http.ResponseWriter, r *http.Request) error {
	_, err := s.Unlink(r.Context())
	return s.done(w, r, nil, err, "Who is who is forgotten. At their next sign-in people are known by their address.")
}

func (s *Service) groupSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	return s.done(w, r, f, s.SetGroup(r.Context(), f.Text("group"), f.Text("role")), "The group has that role. It holds from each person's next sign-in on.")
}

func (s *Service) removeGroupSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	return s.done(w, r, nil, s.RemoveGroup(r.Context(), id), "The group has no role any more.")
}

func (s *Service) requiredSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	if f.Text("required") == "" {
		return s.done(w, r, f, s.RequireSSO(r.Context(), nil), "Passwords open the door again.")
	}
	who, ok := f.ID("break_glass")
	if !ok {
		f.Fields.Add("break_glass", "Choose the owner whose password opens the door still.")
		return s.settingsForm(w, r, http.StatusUnprocessableEntity, f)
	}
	return s.done(w, r, f, s.RequireSSO(r.Context(), &who), "From now on people sign in through the identity provider; who was in by password is out.")
}
