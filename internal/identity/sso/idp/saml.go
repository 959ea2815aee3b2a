package idp

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// maxMetadata is the most an identity provider's metadata may have, in bytes.
const maxMetadata = 512 << 10

// certificateLife is how long our certificate of a connection is good for. It says
// nothing but which key is ours; who it is comes from the metadata.
const certificateLife = 10 * 365 * 24 * time.Hour

// fillSAML checks the metadata an owner gave, or fetches it, and makes our key.
func (y *Party) fillSAML(ctx context.Context, c *Connection, st Settings, problems fault.Fields) error {
	c.ClientID, c.ClientSecret = "", nil
	document := strings.TrimSpace(st.Metadata)
	if document == "" && c.Metadata != nil {
		document = *c.Metadata
	}
	if strings.HasPrefix(document, "https://") || strings.HasPrefix(document, "http://") {
		fetched, err := y.fetch(ctx, document)
		if err != nil {
			problems.Add("metadata", "the metadata could not be read from there: %s", outbound.Words(err))
			return nil
		}
		document = fetched
	}
	described, err := metadataOf(document)
	if err != nil {
		problems.Add("metadata", "%s", err)
		return nil
	}
	c.Issuer, c.Metadata = described.EntityID, &document
	if c.SigningKey != nil {
		return nil
	}
	return y.makeKey(ctx, c)
}

// metadataOf reads an identity provider's metadata, and says in words what it lacks.
func metadataOf(document string) (*saml.EntityDescriptor, error) {
	switch {
	case document == "":
		return nil, errors.New("paste the identity provider's metadata, or give the address where it is")
	case len(document) > maxMetadata:
		return nil, fmt.Errorf("the metadata has more than %d kB", maxMetadata>>10)
	}
	d, err := samlsp.ParseMetadata([]byte(document))
	if err != nil {
		return nil, fmt.Errorf("this is no SAML metadata: it begins with <EntityDescriptor, and %s", strings.TrimPrefix(err.Error(), "saml: "))
	}
	switch {
	case d.EntityID == "" || len(d.EntityID) > 1000:
		return nil, errors.New("the metadata does not say what the identity provider is called (entityID)")
	case len(d.IDPSSODescriptors) == 0:
		return nil, errors.New("this is not the metadata of an identity provider: it has no IDPSSODescriptor; that of SkaiScraper goes to the provider, the provider's comes here")
	}
	sp := saml.ServiceProvider{IDPMetadata: d}
	if sp.GetSSOBindingLocation(saml.HTTPRedirectBinding) == "" {
		return nil, errors.New("the identity provider takes no requests by HTTP-Redirect; switch that binding on there")
	}
	if !slices.ContainsFunc(d.IDPSSODescriptors, func(i saml.IDPSSODescriptor) bool {
		return slices.ContainsFunc(i.KeyDescriptors, func(k saml.KeyDescriptor) bool {
			return k.Use != "encryption" && len(k.KeyInfo.X509Data.X509Certificates) > 0
		})
	}) {
		return nil, errors.New("the metadata has no certificate for signing, so nothing the provider says could be believed")
	}
	return d, nil
}

func (y *Party) fetch(ctx context.Context, from string) (string, error) {
	if err := y.guard.CheckURL(from); err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := y.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return "", errors.New("it answered " + res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxMetadata+1))
	return string(body), err
}

// makeKey makes the key by which the provider knows that a request is ours, and
// encrypts what it says.
func (y *Party) makeKey(ctx context.Context, c *Connection) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	raw := c.ID
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(raw[:]), Subject: pkix.Name{CommonName: "SkaiScraper " + c.ID.String()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, BasicConstraintsValid: true,
	}
	if c.Certificate, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
		return err
	}
	c.SigningKey, err = y.vault.SealFor(ctx, c.OrgID, Place("signing_key", c.ID), x509.MarshalPKCS1PrivateKey(key))
	return err
}

// provider is SkaiScraper as SAML's service provider, for one connection.
func (y *Party) provider(ctx context.Context, r *http.Request, c Connection) (*saml.ServiceProvider, error) {
	if c.Kind != SAML || c.Metadata == nil {
		return nil, ErrNoConnection
	}
	der, err := y.vault.Open(ctx, Place("signing_key", c.ID), c.SigningKey)
	if err != nil {
		return nil, fmt.Errorf("the signing key of a connection: %w", err)
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, err
	}
	certificate, err := c.certificate()
	if err != nil {
		return nil, err
	}
	described, err := metadataOf(*c.Metadata)
	if err != nil {
		return nil, err
	}
	at := func(path string) url.URL {
		u, _ := url.Parse(c.Address(r, path)) // it was made of one
		return *u
	}
	return &saml.ServiceProvider{
		Key: key, Certificate: certificate, SignatureMethod: dsig.RSASHA256SignatureMethod, HTTPClient: y.client,
		MetadataURL: at("/metadata"), AcsURL: at("/acs"), SloURL: at("/slo"), IDPMetadata: described,
		AuthnNameIDFormat: saml.UnspecifiedNameIDFormat, MetadataOmitValidUntil: true,
		AssertionConsumerServiceBindings: []string{saml.HTTPPostBinding}, LogoutBindings: []string{saml.HTTPRedirectBinding},
		RequireSignedResponseForCBC: true, RejectUnknownConditions: true, ReplayCache: shown{y, ctx, c},
	}, nil
}

// Metadata is what goes to the identity provider.
func (y *Party) Metadata(ctx context.Context, r *http.Request, c Connection) ([]byte, error) {
	sp, err := y.provider(ctx, r, c)
	if err != nil {
		return nil, err
	}
	document, err := xml.MarshalIndent(sp.Metadata(), "", "  ")
	return append([]byte(xml.Header), document...), err
}

// requestID names the request of a browser's trip.
func (t Trip) requestID(c Connection) string {
	sum := sha256.Sum256([]byte(t.derive(c, "request")))
	return "id-" + hex.EncodeToString(sum[:20])
}

// startSAML gives the address at the provider to send the browser to.
func (y *Party) startSAML(ctx context.Context, r *http.Request, c Connection, t Trip) (string, error) {
	sp, err := y.provider(ctx, r, c)
	if err != nil {
		return "", err
	}
	sp.ForceAuthn = &t.Fresh
	req, err := sp.MakeAuthenticationRequest(sp.GetSSOBindingLocation(saml.HTTPRedirectBinding), saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		return "", err
	}
	req.ID = t.requestID(c)
	to, err := req.Redirect("", sp)
	if err != nil {
		return "", err
	}
	return to.String(), nil
}

// finishSAML checks a response and gives what it claims: signed by the provider,
// for us, now, in answer to this browser's request, and shown for the first time.
func (y *Party) finishSAML(ctx context.Context, r *http.Request, c Connection, t Trip) (Claims, error) {
	sp, err := y.provider(ctx, r, c)
	if err != nil {
		return Claims{}, err
	}
	if err := single(r.PostFormValue("SAMLResponse")); err != nil {
		return Claims{}, errAnswer(err)
	}
	back := *r
	back.URL = &sp.AcsURL // what the response has to be meant for
	a, err := sp.ParseResponse(&back, []string{t.requestID(c)})
	if invalid, ok := errors.AsType[*saml.InvalidResponseError](err); ok {
		return Claims{}, errAnswer(invalid.PrivateErr)
	}
	if err != nil {
		return Claims{}, errAnswer(err)
	}
	return assertionClaims(a, c), nil
}

// single refuses a response with anything in it that no provider sends and attacks
// are made of: a document type, or another assertion than the one.
func single(encoded string) error {
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	assertions, d := 0, xml.NewDecoder(bytes.NewReader(raw)) //nolint:gosec // it only counts, before anything is read
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.Directive:
			return errors.New("it has a document type")
		case xml.StartElement:
			if token.Name.Local == "Assertion" || token.Name.Local == "EncryptedAssertion" {
				assertions++
			}
		}
	}
	if assertions > 1 {
		return fmt.Errorf("it has %d assertions", assertions)
	}
	return nil
}

// Names under which identity providers send what we need, by kind.
var (
	emailNames = []string{"email", "mail", "emailaddress", "urn:oid:0.9.2342.19200300.100.1.3", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"}
	nameNames  = []string{"displayName", "name", "cn", "urn:oid:2.16.840.1.113730.3.1.241", "urn:oid:2.5.4.3", "http://schemas.microsoft.com/identity/claims/displayname"}
	groupNames = []string{"http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", "memberOf"}
)

func assertionClaims(a *saml.Assertion, c Connection) Claims {
	who := Claims{Issuer: c.Issuer}
	values := func(names ...string) (list []string) {
		for _, statement := range a.AttributeStatements {
			for _, attribute := range statement.Attributes {
				if slices.Contains(names, attribute.Name) || slices.Contains(names, attribute.FriendlyName) && attribute.FriendlyName != "" {
					for _, v := range attribute.Values {
						list = append(list, v.Value)
					}
				}
			}
		}
		return list
	}
	first := func(names []string) string {
		for _, n := range names {
			if list := values(n); len(list) > 0 {
				return list[0]
			}
		}
		return ""
	}
	who.Email, who.Name, who.Groups = first(emailNames), first(nameNames), values(append([]string{c.GroupsClaim}, groupNames...)...)
	if a.Subject != nil && a.Subject.NameID != nil {
		id := a.Subject.NameID
		if who.Email == "" && strings.Contains(id.Value, "@") {
			who.Email = id.Value
		}
		who.Subject = id.Value
		if saml.NameIDFormat(id.Format) == saml.TransientNameIDFormat { // another one each time: the address is what stays
			who.Subject = "email:" + strings.ToLower(who.Email)
		}
	}
	for _, statement := range a.AuthnStatements {
		who.Session, who.At = statement.SessionIndex, statement.AuthnInstant
	}
	return who
}

// shown refuses an assertion that was shown before, to any of our programs.
type shown struct {
	y   *Party
	ctx context.Context //nolint:containedctx // the library's interface has none, and this lives for one request
	c   Connection
}

// Consume notes an assertion until it could not be shown any more.
func (o shown) Consume(id string, until time.Time) error {
	return o.y.once(o.ctx, o.c, sha256.Sum256([]byte(o.c.Issuer+"\x00"+id)), until)
}

// Ended gives whose session the provider says has ended (SAML 2.0 Single Logout, by
// HTTP-Redirect), and where the browser is to take our answer. who is the zero value
// where it is the provider's answer to a request of ours.
func (y *Party) Ended(ctx context.Context, r *http.Request, c Connection) (who identity.Provided, to string, err error) {
	sp, err := y.provider(ctx, r, c)
	if err != nil {
		return who, "", err
	}
	if r.URL.Query().Has("SAMLResponse") {
		return who, web.SignInPath, nil
	}
	back := *r
	u := sp.SloURL
	u.RawQuery = r.URL.RawQuery
	back.URL = &u
	req, err := sp.ValidateLogoutRequest(&back)
	if err != nil {
		if invalid, ok := errors.AsType[*saml.InvalidResponseError](err); ok {
			err = invalid.PrivateErr
		}
		return who, "", errAnswer(err)
	}
	if req.NameID == nil {
		return who, "", errAnswer(errors.New("it names nobody"))
	}
	who.Subject = req.NameID.Value
	if req.SessionIndex != nil {
		who.Session = req.SessionIndex.Value
	}
	answer, err := sp.MakeRedirectLogoutResponse(req.ID, r.URL.Query().Get("RelayState"))
	if err != nil {
		return who, web.SignInPath, nil //nolint:nilerr // the provider takes no answer; here it is done
	}
	return who, answer.String(), nil
}

// leaveSAML is where a person may end their session at the provider too; "" where
// it has no such place.
func (y *Party) leaveSAML(ctx context.Context, r *http.Request, c Connection, who identity.Provided) string {
	sp, err := y.provider(ctx, r, c)
	if err != nil || sp.GetSLOBindingLocation(saml.HTTPRedirectBinding) == "" || strings.HasPrefix(who.Subject, "email:") {
		return ""
	}
	var opts []saml.LogoutRequestOption
	if who.Session != "" {
		opts = append(opts, saml.WithSessionIndex(who.Session))
	}
	to, err := sp.MakeRedirectLogoutRequest(who.Subject, "", opts...)
	if err != nil {
		return ""
	}
	return to.String()
}
