// Package idp talks to an organisation's identity provider, by OpenID Connect or
// SAML 2.0: it sends a browser there, and finds out whether what comes back was said
// by the provider, to us, now, and to this browser.
package idp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// patience is how long an identity provider may take to answer.
const patience = 10 * time.Second

// Once notes that an assertion, by a hash of its id, was shown, until it could not be
// shown any more; it returns an error where it was shown before.
type Once func(ctx context.Context, c Connection, id [sha256.Size]byte, until time.Time) error

// Party is SkaiScraper as identity providers know it: OpenID Connect's relying
// party, SAML's service provider.
type Party struct {
	vault  *vault.Vault
	guard  outbound.Guard
	client *http.Client
	once   Once

	mu    sync.Mutex
	known map[uuid.UUID]discovered
}

// New gives the party. It talks to identity providers as to allows.
func New(v *vault.Vault, to outbound.Guard, once Once) *Party {
	return &Party{vault: v, guard: to, client: to.Client(patience), once: once, known: map[uuid.UUID]discovered{}}
}

// Kinds of connection.
const (
	OIDC = "oidc"
	SAML = "saml"
)

// Connection is an organisation's identity provider.
type Connection struct {
	OrgID        uuid.UUID
	ID           uuid.UUID
	Kind         string // OIDC, SAML
	Issuer       string // OIDC's issuer, SAML's entity ID
	ClientID     string
	ClientSecret []byte // sealed
	Metadata     *string
	SigningKey   []byte // sealed
	Certificate  []byte // DER
	GroupsClaim  string
	DefaultRole  *string    // nil lets in only those who are members, or in a group with a role
	WorkedAt     *time.Time // when somebody came through it last, as it is configured now
	Required     bool       // no password opens the organisation, but that of BreakGlass
	BreakGlass   *uuid.UUID
	UpdatedAt    time.Time
}

// ErrNoConnection is the refusal where there is none, or one of another kind.
var ErrNoConnection = fault.NotFound("sso", "there is no such single sign-on any more; start again from the sign-in page")

// certificate is ours of a SAML connection.
func (c Connection) certificate() (*x509.Certificate, error) {
	return x509.ParseCertificate(c.Certificate)
}

// Place is where a secret of a connection stands.
func Place(column string, id uuid.UUID) vault.Place {
	return vault.Place{Table: "sso_connections", Column: column, Row: id}
}

// Settings are what an owner says of the identity provider.
type Settings struct {
	Kind         string
	Issuer       string // OIDC
	ClientID     string // OIDC
	ClientSecret string // OIDC; "" keeps the one there is
	Metadata     string // SAML: the document, or the https address where it is
	GroupsClaim  string
	DefaultRole  string // "" is none
}

// Fill checks what an owner typed and puts it into the connection, after asking the
// provider who it is; secrets are sealed. given are the roles whoever comes the first
// time may have. It returns fault.Invalid with what is wrong with each field.
func (y *Party) Fill(ctx context.Context, c *Connection, st Settings, given []tenant.Role) error {
	problems := fault.Fields{}
	c.Kind, c.DefaultRole, c.GroupsClaim = st.Kind, nil, strings.TrimSpace(st.GroupsClaim)
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	problems.Text("groups_claim", c.GroupsClaim, 200)
	if st.DefaultRole != "" {
		if !slices.Contains(given, tenant.Role(st.DefaultRole)) {
			problems.Add("default_role", "%q is no role that can be given; it is one of admin, manager, member, viewer", st.DefaultRole)
		}
		c.DefaultRole = &st.DefaultRole
	}
	var err error
	switch st.Kind {
	case OIDC:
		err = y.fillOIDC(ctx, c, st, problems)
	case SAML:
		err = y.fillSAML(ctx, c, st, problems)
	default:
		problems.Add("kind", "choose OpenID Connect or SAML 2.0")
	}
	return errors.Join(err, problems.Err())
}

// Claims are what an identity provider says of somebody, once it is known that it
// was the provider who said it.
type Claims struct {
	identity.Provided

	Issuer string
	Email  string
	Name   string
	Groups []string
	At     time.Time // when the person showed there that it is them; zero where it does not say
}

// Tidy checks that there is an address, and makes a name of it where there is none.
func (c *Claims) Tidy() error {
	c.Email, c.Name = strings.ToLower(strings.TrimSpace(c.Email)), strings.Join(strings.Fields(c.Name), " ")
	if address, err := mail.ParseAddress(c.Email); err != nil || address.Address != c.Email || len(c.Email) > 320 || !utf8.ValidString(c.Email) {
		return fault.Forbidden("sso.email", "your identity provider did not say what your e-mail address is; ask whoever runs it to send it (OpenID Connect: the claim email, SAML: an attribute email or mail)")
	}
	if c.Name == "" || len(c.Name) > 200 || !utf8.ValidString(c.Name) {
		c.Name, _, _ = strings.Cut(c.Email, "@")
	}
	if c.Subject == "" || len(c.Subject) > 1000 || len(c.Session) > 1000 || strings.ContainsRune(c.Subject+c.Session, 0) {
		return fault.Forbidden("sso.subject", "your identity provider did not say who you are in a way that can be kept; ask whoever runs it to send a subject (OpenID Connect: sub, SAML: NameID)")
	}
	return nil
}

// Trip is one browser's way to the identity provider and back. Its secret is in a
// cookie of that browser alone; all that has to be new each time and known on the
// way back (state, nonce, the verifier of RFC 7636, the request's id) is derived
// from it. So nothing is kept here, and an answer that was meant for another
// browser, or comes a second time, fits no trip.
type Trip struct {
	Secret string
	Fresh  bool // to show that it is them once more, by somebody who is signed in
}

// derive gives what a trip needs under a name, for one connection.
func (t Trip) derive(c Connection, what string) string {
	mac := hmac.New(sha256.New, []byte(t.Secret))
	_, _ = mac.Write([]byte(what + "\x00" + c.ID.String())) // a hash takes everything
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Address is one of the addresses of a connection.
func (c Connection) Address(r *http.Request, path string) string {
	return web.Origin(r) + identity.SSOPath + "/" + c.ID.String() + path
}

// Start gives the address at the provider to send the browser to. hint is the
// address somebody typed, or "".
func (y *Party) Start(ctx context.Context, r *http.Request, c Connection, t Trip, hint string) (string, error) {
	if c.Kind == OIDC {
		return y.startOIDC(ctx, r, c, t, hint)
	}
	return y.startSAML(ctx, r, c, t)
}

// Finish checks what the browser brings back and gives what the provider claims. It
// returns fault.Forbidden, which wraps [ErrAnswer] where the answer can't be believed.
func (y *Party) Finish(ctx context.Context, r *http.Request, c Connection, t Trip) (Claims, error) {
	if c.Kind == OIDC {
		return y.finishOIDC(ctx, r, c, t)
	}
	return y.finishSAML(ctx, r, c, t)
}

// LeaveURL is where somebody may end their session at the provider too; "" where it
// has no such place.
func (y *Party) LeaveURL(ctx context.Context, r *http.Request, c Connection, who identity.Provided) string {
	if c.Kind == OIDC {
		return y.leaveOIDC(ctx, r, c)
	}
	return y.leaveSAML(ctx, r, c, who)
}
