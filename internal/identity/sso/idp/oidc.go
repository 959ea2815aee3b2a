package idp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// discoveredFor is how long what a provider says of itself is believed.
const discoveredFor = 10 * time.Minute

// discovered is what a provider said of itself (OpenID Connect Discovery 1.0).
type discovered struct {
	provider *oidc.Provider
	extra    discovery
	issuer   string
	at       time.Time
}

// discovery are the parts of it that package oidc does not read.
type discovery struct {
	EndSession string   `json:"end_session_endpoint"`
	Scopes     []string `json:"scopes_supported"`
	AuthStyles []string `json:"token_endpoint_auth_methods_supported"`
	SendsIss   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// discover asks a connection's provider who it is, at most once in discoveredFor.
func (y *Party) discover(ctx context.Context, id uuid.UUID, issuer string) (discovered, error) {
	y.mu.Lock()
	d, ok := y.known[id]
	y.mu.Unlock()
	if ok && d.issuer == issuer && time.Since(d.at) < discoveredFor {
		return d, nil
	}
	// The keys are fetched later, with the client of this context.
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, y.client), issuer)
	if err != nil {
		return d, err
	}
	d = discovered{provider: p, issuer: issuer, at: time.Now()}
	if err := p.Claims(&d.extra); err != nil {
		return d, err
	}
	for _, address := range []string{p.Endpoint().AuthURL, p.Endpoint().TokenURL, d.extra.EndSession} {
		if address != "" && y.guard.CheckURL(address) != nil {
			return d, fmt.Errorf("it names the address %q, which is none to go to", address)
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.known[id] = d
	return d, nil
}

// Forget has the provider asked again who it is.
func (y *Party) Forget(id uuid.UUID) {
	y.mu.Lock()
	defer y.mu.Unlock()
	delete(y.known, id)
}

// fillOIDC checks what an owner typed of an OpenID provider, and asks the provider.
func (y *Party) fillOIDC(ctx context.Context, c *Connection, st Settings, problems fault.Fields) error {
	c.Metadata, c.SigningKey, c.Certificate = nil, nil, nil
	c.Issuer, c.ClientID = strings.TrimSpace(st.Issuer), strings.TrimSpace(st.ClientID)
	if c.ClientID == "" || len(c.ClientID) > 500 {
		problems.Add("client_id", "enter the client ID that the identity provider gave for SkaiScraper")
	}
	switch {
	case st.ClientSecret != "":
		sealed, err := y.vault.SealFor(ctx, c.OrgID, Place("client_secret", c.ID), []byte(st.ClientSecret))
		if err != nil {
			return err
		}
		c.ClientSecret = sealed
	case c.ClientSecret == nil:
		problems.Add("client_secret", "enter the client secret that the identity provider gave for SkaiScraper")
	}
	if err := y.guard.CheckURL(c.Issuer); err != nil {
		problems.Add("issuer", "%s", err)
		return nil
	}
	if _, err := y.discover(ctx, c.ID, c.Issuer); err != nil {
		problems.Add("issuer", "%s", discoveryWords(c.Issuer, err))
	}
	return nil
}

// discoveryWords says why a provider could not be asked, to whoever typed its address.
func discoveryWords(issuer string, err error) string {
	if e, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return fmt.Sprintf("the provider calls itself %q; type exactly that, with or without the slash at its end", e.Provided)
	}
	return fmt.Sprintf("%s/.well-known/openid-configuration could not be read: %s", strings.TrimSuffix(issuer, "/"), outbound.Words(err))
}

// config is what package oauth2 needs of a connection.
func (y *Party) config(ctx context.Context, r *http.Request, c Connection, d discovered) (oauth2.Config, error) {
	secret, err := y.vault.Open(ctx, Place("client_secret", c.ID), c.ClientSecret)
	if err != nil {
		return oauth2.Config{}, fmt.Errorf("the client secret of a connection: %w", err)
	}
	endpoint := d.provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader // what holds where it says nothing; trying both would use a code up
	if len(d.extra.AuthStyles) > 0 && !slices.Contains(d.extra.AuthStyles, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	scopes := []string{oidc.ScopeOpenID, "email", "profile"}
	if slices.Contains(d.extra.Scopes, "groups") {
		scopes = append(scopes, "groups")
	}
	return oauth2.Config{ClientID: c.ClientID, ClientSecret: string(secret), Endpoint: endpoint, RedirectURL: c.Address(r, "/callback"), Scopes: scopes}, nil
}

// startOIDC gives the address at the provider to send the browser to.
func (y *Party) startOIDC(ctx context.Context, r *http.Request, c Connection, t Trip, hint string) (string, error) {
	d, err := y.discover(ctx, c.ID, c.Issuer)
	if err != nil {
		return "", away(err)
	}
	conf, err := y.config(ctx, r, c, d)
	if err != nil {
		return "", err
	}
	opts := []oauth2.AuthCodeOption{oidc.Nonce(t.derive(c, "nonce")), oauth2.S256ChallengeOption(t.derive(c, "verifier"))}
	if hint != "" {
		opts = append(opts, oauth2.SetAuthURLParam("login_hint", hint))
	}
	if t.Fresh {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return conf.AuthCodeURL(t.derive(c, "state"), opts...), nil
}

// away is the refusal where the identity provider can't be asked.
func away(err error) error {
	return fault.Unavailable("sso.away", "your identity provider can't be reached at the moment (%s); try again in a minute, or ask whoever runs it", outbound.Words(err))
}

// errAnswer is the refusal of an answer that can't be believed: why is for the log.
func errAnswer(why error) error {
	return fmt.Errorf("%w: %w", ErrAnswer, why)
}

// ErrAnswer is the refusal of an answer that can't be believed, or was no answer.
var ErrAnswer = fault.Forbidden("sso.answer", "your identity provider's answer can't be believed, so nobody was signed in; start again from the sign-in page, and if it happens again ask an owner to look at Settings, Single sign-on")

// finishOIDC checks a provider's answer and gives what it claims (OpenID Connect
// Core 1.0, 3.1.3.7, with the state, nonce and PKCE of this browser's trip).
func (y *Party) finishOIDC(ctx context.Context, r *http.Request, c Connection, t Trip) (Claims, error) {
	q := r.URL.Query()
	if q.Get("state") != t.derive(c, "state") {
		return Claims{}, errAnswer(errors.New("the state is another one"))
	}
	d, err := y.discover(ctx, c.ID, c.Issuer)
	if err != nil {
		return Claims{}, away(err)
	}
	if iss := q.Get("iss"); iss != c.Issuer && (iss != "" || d.extra.SendsIss) {
		return Claims{}, errAnswer(errors.New("the answer is another issuer's"))
	}
	if q.Get("error") != "" {
		return Claims{}, fault.Forbidden("sso.refused", "your identity provider did not let you through: %s; ask whoever runs it", providerWords(q))
	}
	conf, err := y.config(ctx, r, c, d)
	if err != nil {
		return Claims{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, y.client)
	token, err := conf.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(t.derive(c, "verifier")))
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return Claims{}, errAnswer(fmt.Errorf("the code was not taken: %s %s", e.ErrorCode, e.ErrorDescription))
	}
	if err != nil {
		return Claims{}, away(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := d.provider.VerifierContext(ctx, &oidc.Config{ClientID: c.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Claims{}, errAnswer(err)
	}
	if id.Nonce != t.derive(c, "nonce") {
		return Claims{}, errAnswer(errors.New("the nonce is another one"))
	}
	claims, err := claimsOf(id, c)
	if err != nil || claims.Email != "" {
		return claims, err
	}
	return y.ask(ctx, d, token, id, c)
}

// providerWords is what the provider said, short and plain.
func providerWords(q url.Values) string {
	words := q.Get("error")
	if d := q.Get("error_description"); d != "" {
		words = d
	}
	words = strings.ToValidUTF8(words, "")
	return words[:min(len(words), 200)]
}

// ask fetches the claims that the ID token did not have.
func (y *Party) ask(ctx context.Context, d discovered, token *oauth2.Token, id *oidc.IDToken, c Connection) (Claims, error) {
	claims, err := claimsOf(id, c)
	if err != nil || d.provider.UserInfoEndpoint() == "" {
		return claims, err
	}
	info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return claims, errAnswer(err)
	}
	if info.Subject != id.Subject { // OpenID Connect Core 1.0, 5.3.2
		return claims, errAnswer(errors.New("the user info is about somebody else"))
	}
	return claims, claims.read(info.Claims, c)
}

func claimsOf(id *oidc.IDToken, c Connection) (Claims, error) {
	claims := Claims{Provided: identity.Provided{Subject: id.Subject}, Issuer: id.Issuer}
	return claims, claims.read(id.Claims, c)
}

// read adds what a set of claims says.
func (c *Claims) read(claims func(any) error, to Connection) error {
	var std struct {
		Email     string `json:"email"`
		Verified  any    `json:"email_verified"` // some send it as a text
		Preferred string `json:"preferred_username"`
		Name      string `json:"name"`
		Azp       string `json:"azp"`
		SID       string `json:"sid"`
		AuthTime  int64  `json:"auth_time"`
	}
	all := map[string]any{}
	if err := errors.Join(claims(&std), claims(&all)); err != nil {
		return errAnswer(err)
	}
	if std.Azp != "" && std.Azp != to.ClientID {
		return errAnswer(errors.New("the token is meant for another program"))
	}
	if std.Verified == false || std.Verified == "false" {
		return fault.Forbidden("sso.unverified", "your identity provider says that it does not know whether %s is your address; confirm it there first", std.Email)
	}
	c.Email, c.Name = std.Email, std.Name
	if c.Email == "" && strings.Contains(std.Preferred, "@") {
		c.Email = std.Preferred
	}
	if std.SID != "" {
		c.Session = std.SID
	}
	if std.AuthTime > 0 {
		c.At = time.Unix(std.AuthTime, 0)
	}
	c.Groups = append(c.Groups, texts(all[to.GroupsClaim])...)
	return nil
}

// texts are the texts of a claim that is one or a list of them.
func texts(claim any) (list []string) {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				list = append(list, text)
			}
		}
	}
	return list
}

// Logout gives whose session a provider says has ended (OpenID Connect
// Back-Channel Logout 1.0). It returns fault.Invalid for what is no token of it.
func (y *Party) Logout(ctx context.Context, c Connection, token string) (identity.Provided, error) {
	if c.Kind != OIDC {
		return identity.Provided{}, ErrNoConnection
	}
	d, err := y.discover(ctx, c.ID, c.Issuer)
	if err != nil {
		return identity.Provided{}, away(err)
	}
	ctx = oidc.ClientContext(ctx, y.client)
	t, err := d.provider.VerifierContext(ctx, &oidc.Config{ClientID: c.ClientID}).VerifyLogout(ctx, token)
	if err != nil {
		return identity.Provided{}, fault.Invalid("logout_token", "this is no logout token of %s for SkaiScraper", c.Issuer)
	}
	return identity.Provided{Subject: t.Subject, Session: t.SessionID}, nil
}

// leaveOIDC is where a person may end their session at the provider too (OpenID
// Connect RP-Initiated Logout 1.0); "" where it has no such place.
func (y *Party) leaveOIDC(ctx context.Context, r *http.Request, c Connection) string {
	d, err := y.discover(ctx, c.ID, c.Issuer)
	if err != nil || d.extra.EndSession == "" {
		return ""
	}
	u, err := url.Parse(d.extra.EndSession)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", c.ClientID)
	q.Set("post_logout_redirect_uri", web.Origin(r)+web.SignInPath)
	u.RawQuery = q.Encode()
	return u.String()
}
