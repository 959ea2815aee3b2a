package identity

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// cookie is the name of the session's cookie, to which web adds __Host-.
const cookie = "session"

// trustCookie is that of a device on which no second factor is asked for.
const trustCookie = "trusted"

// SecondPath is the page that asks for the second factor, or has one set up;
// package factors serves it.
const SecondPath = "/sign-in/second"

// PasskeyPath is the page on which a passkey is the only factor; package factors
// serves it.
const PasskeyPath = "/sign-in/passkey"

// FactorsPath is the person's page about their second factors, which package
// factors serves.
const FactorsPath = "/settings/factors"

// OpsPath is the page about the service level, which package ops serves.
const OpsPath = "/settings/ops"

// SupportPath is where an organisation agrees that whoever runs the platform looks into
// it; package support serves it.
const SupportPath = "/settings/support"

// SSOSettingsPath is the owner's page about single sign-on, which package sso serves.
const SSOSettingsPath = "/settings/sso"

// SettingsPath is the index of the settings, which package settings serves.
const SettingsPath = "/settings"

// EmailPath is the page of the person's own address, and ForgotPath that of a
// forgotten password; package account serves both.
const (
	EmailPath  = "/settings/email"
	ForgotPath = web.SignInPath + "/forgot"
)

// KeysPath is the page of the API keys, which package keys serves.
const KeysPath = "/settings/keys"

// RolesPath is the page of the roles, which package roles serves.
const RolesPath = "/settings/roles"

// PeoplePath is the list of people, and OwnershipPath where an owner hands the
// organisation over; package people serves both.
const (
	PeoplePath    = "/settings/people"
	OwnershipPath = "/settings/ownership"
)

// AuditPath is the page of the audit trail, which package audit serves.
const AuditPath = "/settings/audit"

// Routes registers signing in and out, and going over to another organisation.
func (s *Service) Routes(rt *web.Router) {
	public, member := web.Access{Audience: web.Public}, web.Access{}
	rt.Page("GET "+web.SignInPath, public, s.signInPage)
	rt.Page("POST "+web.SignInPath, web.Access{Audience: web.Public, Rate: limit.Auth, By: web.ByField("email")}, s.signInSubmit)
	// Going away guesses nothing, and has to work on a shared computer whatever else is closed.
	rt.Page("POST "+ui.SignOutPath, web.Access{Audience: web.Public, Rate: limit.Unlimited}, s.signOut)
	rt.Page("POST "+ui.SwitchPath, member, s.switchOrg)
	web.Op(rt, member, huma.Operation{
		Method: http.MethodGet, Path: "/api/me", Tags: []string{"You"}, Summary: "Who is signed in, where, and what they may do",
	}, s.me)
}

// FromRequest finds out who sends a request; it is web.Config's Authenticate.
func (s *Service) FromRequest(r *http.Request) (context.Context, error) {
	token := web.Cookie(r, cookie)
	if token == "" {
		return nil, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	session, err := s.Authenticate(r.Context(), token)
	if err != nil {
		return nil, err
	}
	ctx := WithSession(r.Context(), session, web.RequestID(r.Context()))
	return ui.WithViewer(ctx, viewer(ctx, session)), nil
}

// Permit is web.Config's Permit.
func Permit(ctx context.Context, permission string) error {
	return Require(ctx, Permission(permission))
}

// viewer is the session as the shell shows it.
func viewer(ctx context.Context, s Session) ui.Viewer {
	v := s.Shell()
	v.Name, v.Email, v.Role, v.Settings = s.Name, s.Email, cmp.Or(s.RoleName, RoleName(s.Role)), settingsLinks(ctx)
	if Can(ctx, Migrate) {
		v.Sections = append(v.Sections, ui.Migration)
	}
	for _, m := range s.Orgs {
		v.Orgs = append(v.Orgs, ui.Org{ID: m.OrgID.String(), Name: m.Name})
	}
	return v
}

// settingsLinks are the settings the person may open.
func settingsLinks(ctx context.Context) []ui.Link {
	var links []ui.Link
	if Can(ctx, InvitePeople) {
		links = append(links, ui.Link{Text: "People", URL: PeoplePath, Icon: "users"})
	}
	if Can(ctx, EditSettings) {
		links = append(links, ui.Link{Text: "Organisation", URL: SettingsPath + "/organisation", Icon: "building"})
	}
	if Can(ctx, ManagePeople) {
		links = append(links, ui.Link{Text: "Roles", URL: RolesPath, Icon: "shield-check"})
	}
	if Can(ctx, ManageKeys) {
		links = append(links, ui.Link{Text: "API keys", URL: KeysPath, Icon: "key"})
	}
	if Can(ctx, EditSettings) {
		links = append(links, ui.Link{Text: "Support access", URL: SupportPath, Icon: "eye"})
	}
	if Can(ctx, ManageSSO) {
		links = append(links, ui.Link{Text: "Single sign-on", URL: SSOSettingsPath, Icon: "lock"})
	}
	if Can(ctx, ViewAudit) {
		links = append(links, ui.Link{Text: "Audit trail", URL: AuditPath, Icon: "history"}, ui.Link{Text: "Service level", URL: OpsPath, Icon: "clock"})
	}
	return links
}

// RoleName is a role as people read it: "Manager".
func RoleName(r tenant.Role) string { return strings.ToUpper(string(r[:1])) + string(r[1:]) }

// DeviceOf tells where a request comes from.
func DeviceOf(r *http.Request) Device {
	return Device{UserAgent: r.UserAgent(), Address: web.ClientAddr(r), Trusted: web.Cookie(r, trustCookie)}
}

// signInPage shows the door, or leads on those who are inside already.
func (s *Service) signInPage(w http.ResponseWriter, r *http.Request) error {
	next := web.SafeNext(r.URL.Query().Get("next"))
	if _, err := s.FromRequest(r); err == nil {
		return web.Redirect(w, r, next)
	}
	if s.operates != nil && s.operates(r) {
		return web.Redirect(w, r, Half{Operator: true}.Onward(next))
	}
	if _, err := s.HalfFromRequest(r); err == nil {
		return web.Redirect(w, r, SecondPath+"?next="+url.QueryEscape(next))
	}
	return signInForm(w, r, http.StatusOK, web.NewForm(nil), next, "")
}

func signInForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form, next, refusal string) error {
	return ui.CardPage(w, r, status, ui.Head{Title: "Sign in", Lead: "To your company's SkaiScraper"}, signInCard(f, next, refusal))
}

func (s *Service) signInSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	next := web.SafeNext(f.Text("next"))
	email, password := f.Need("email", "your e-mail address"), f.Values.Get("password") // a password keeps its blanks
	if password == "" {
		f.Fields.Add("password", "Enter your password.")
	}
	if f.Err() != nil {
		return signInForm(w, r, http.StatusUnprocessableEntity, f, next, "")
	}
	token, err := s.SignIn(r.Context(), email, password, DeviceOf(r).For(next))
	if refused := fault.As(err); refused != nil {
		web.RetryAfter(w, refused.Wait)
		return signInForm(w, r, refused.Kind.Status(), f, next, refused.Message)
	}
	if err != nil {
		return err
	}
	if old := web.Cookie(r, cookie); old != "" {
		if _, err := s.SignOut(r.Context(), old); err != nil {
			return err
		}
	}
	web.SetCookie(w, r, cookie, token, SessionLife)
	return web.Redirect(w, r, next)
}

func (s *Service) signOut(w http.ResponseWriter, r *http.Request) error {
	ended, err := s.SignOut(r.Context(), web.Cookie(r, cookie))
	if err != nil {
		return err
	}
	web.SetCookie(w, r, cookie, "", -1)
	if ended.SSO && s.leave != nil {
		if to := s.leave(r, ended.OrgID, ended.Provided); to != "" {
			return ui.CardPage(w, r, http.StatusOK, ui.Head{Title: "You are signed out here", Lead: "Your identity provider still knows you"}, leftCard(to))
		}
	}
	web.SetFlash(w, r, web.Done, "You are signed out.")
	return web.Redirect(w, r, web.SignInPath)
}

func (s *Service) switchOrg(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	org, ok := f.ID("org")
	if !ok {
		f.Fields.Add("org", "Choose an organisation.")
		return f.Err()
	}
	if err := s.SwitchOrg(r.Context(), org); err != nil {
		return err
	}
	return web.Redirect(w, r, ui.Dashboard.URL) // a record's address belongs to the organisation left behind
}

// meOutput is the answer of /api/me.
type meOutput struct {
	Body struct {
		ID            uuid.UUID    `json:"id" doc:"The person in this organisation, or the API key"`
		Name          string       `json:"name"`
		Email         string       `json:"email" doc:"Empty for an API key"`
		Role          string       `json:"role" enum:"owner,admin,manager,member,viewer"`
		Organisation  Membership   `json:"organisation" doc:"The one the person works in now"`
		Organisations []Membership `json:"organisations" nullable:"false" doc:"All they may switch to"`
		RoleName      string       `json:"role_name" doc:"What the role is called here: a composed role has the name its organisation gave it" example:"Estimator"`
		Permissions   []Permission `json:"permissions" nullable:"false" doc:"What the person may do here"`
	}
}

func (s *Service) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	if scope, _ := tenant.From(ctx); scope.Key {
		return s.keyItself(ctx, scope)
	}
	session, ok := Current(ctx)
	if !ok {
		return nil, fault.Unauthenticated("unauthenticated", "sign in first")
	}
	out := &meOutput{}
	b := &out.Body
	b.ID, b.Name, b.Email, b.Role = session.PersonID, session.Name, session.Email, string(session.Role)
	b.Organisation = Membership{session.OrgID, session.OrgSlug, session.OrgName, string(session.Role)}
	scope, _ := tenant.From(ctx)
	b.RoleName, b.Organisations, b.Permissions = cmp.Or(session.RoleName, RoleName(session.Role)), session.Orgs, Permissions(scope)
	return out, nil
}

// keyItself is what /api/me tells an API key.
func (s *Service) keyItself(ctx context.Context, scope tenant.Scope) (*meOutput, error) {
	org, err := s.orgs.Current(ctx)
	if err != nil {
		return nil, err
	}
	out := &meOutput{}
	b := &out.Body
	b.ID, b.Name, b.Role, b.RoleName, b.Permissions = scope.ActorID, scope.ActorName, string(scope.Role), "API key", Permissions(scope)
	b.Organisation = Membership{org.ID, org.Slug, org.Name, string(scope.Role)}
	b.Organisations = []Membership{b.Organisation}
	return out, nil
}
