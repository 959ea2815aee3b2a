package sso_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"html"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/skaiscraper/skai/internal/dbtest"
)

// samlProvider is crewjam's identity provider, which a test has say what it wants.
type samlProvider struct {
	*httptest.Server

	idp     saml.IdentityProvider
	ours    *saml.EntityDescriptor
	session saml.Session
	spoil   func(a *saml.Assertion) // before it is signed
	asked   *saml.AuthnRequest
	encrypt bool
}

func newKey(t *testing.T) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

func newSAML(t *testing.T) *samlProvider {
	t.Helper()
	p := &samlProvider{}
	key, certificate := newKey(t)
	mux := http.NewServeMux()
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	at := func(path string) url.URL { u, _ := url.Parse(p.URL + path); return *u }
	p.idp = saml.IdentityProvider{
		Key: key, Certificate: certificate, MetadataURL: at("/metadata"), SSOURL: at("/sso"), LogoutURL: at("/slo"),
		ServiceProviderProvider: p, SessionProvider: p, AssertionMaker: p, SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	mux.HandleFunc("/metadata", p.idp.ServeMetadata)
	mux.HandleFunc("/sso", p.idp.ServeSSO)
	return p
}

// GetServiceProvider gives what we say of ourselves.
func (p *samlProvider) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	if p.ours == nil || p.ours.EntityID != id {
		return nil, os.ErrNotExist
	}
	return p.ours, nil
}

// GetSession gives whoever the test says is there.
func (p *samlProvider) GetSession(_ http.ResponseWriter, _ *http.Request, r *saml.IdpAuthnRequest) *saml.Session {
	p.asked = &r.Request
	s := p.session
	return &s
}

// MakeAssertion makes what crewjam makes, spoilt.
func (p *samlProvider) MakeAssertion(r *saml.IdpAuthnRequest, s *saml.Session) error {
	err := saml.DefaultAssertionMaker{}.MakeAssertion(r, s)
	if err == nil && p.spoil != nil {
		p.spoil(r.Assertion)
	}
	return err
}

// is makes somebody sit at the provider.
func (p *samlProvider) is(nameID, email string, groups ...string) {
	p.session = saml.Session{
		ID: "s", CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour), Index: "idx-" + nameID, NameID: nameID, NameIDFormat: string(saml.PersistentNameIDFormat),
		UserEmail: email, UserCommonName: "Pat Miller", CustomAttributes: []saml.Attribute{{Name: "email", Values: []saml.AttributeValue{{Type: "xs:string", Value: email}}}},
	}
	if len(groups) > 0 {
		list := saml.Attribute{Name: "groups"}
		for _, g := range groups {
			list.Values = append(list.Values, saml.AttributeValue{Type: "xs:string", Value: g})
		}
		p.session.CustomAttributes = append(p.session.CustomAttributes, list)
	}
}

var responseField = regexp.MustCompile(`name="SAMLResponse" value="([^"]*)"`)

// connectSAML exchanges metadata and gives the connection's door.
func (s *site) connectSAML(t *testing.T, owner browser, p *samlProvider) string {
	t.Helper()
	page := owner.post("/settings/sso/connection", "kind", "saml", "metadata", p.URL+"/metadata", "default_role", "member").want(t, 200, "The identity provider is known", p.URL)
	_, id, _ := strings.Cut(page.text, "/sign-in/sso/")
	door := "/sign-in/sso/" + id[:36]
	document := owner.get(door + "/metadata")
	if got := document.Header.Get("Content-Type"); got != "application/samlmetadata+xml" {
		t.Errorf("our metadata is %s", got)
	}
	ours, err := samlsp.ParseMetadata([]byte(document.text))
	if err != nil {
		t.Fatalf("our metadata: %v\n%s", err, document.text)
	}
	if !p.encrypt { // so that a test can change what the provider says
		keys := ours.SPSSODescriptors[0].KeyDescriptors
		ours.SPSSODescriptors[0].KeyDescriptors = nil
		for _, k := range keys {
			if k.Use != "encryption" {
				ours.SPSSODescriptors[0].KeyDescriptors = append(ours.SPSSODescriptors[0].KeyDescriptors, saml.KeyDescriptor{Use: "signing", KeyInfo: k.KeyInfo})
			}
		}
	}
	p.ours = ours
	return door
}

// respond goes to the provider and gives its response, which the browser has not
// taken back yet.
func respond(t *testing.T, b browser, door string) (response string) {
	t.Helper()
	page := b.get(door).want(t, 200)
	m := responseField.FindStringSubmatch(page.text)
	if m == nil {
		t.Fatalf("the provider answers %s", page.text)
	}
	raw, err := base64.StdEncoding.DecodeString(html.UnescapeString(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// bring takes a response back as a browser does: first from the provider's page,
// without our cookies, then from ours.
func bring(t *testing.T, b browser, door, response string) page {
	t.Helper()
	encoded := base64.StdEncoding.EncodeToString([]byte(response))
	bare := b
	bare.Client = &http.Client{}
	first := bare.post(door+"/acs", "SAMLResponse", encoded).want(t, 200, "Signing you in", "Go on")
	m := responseField.FindStringSubmatch(first.text)
	if m == nil || html.UnescapeString(m[1]) != encoded {
		t.Fatal("our page does not carry the response on")
	}
	return b.post(door+"/acs", "SAMLResponse", encoded, "again", "1")
}

func TestPeopleComeThroughSAML(t *testing.T) {
	t.Parallel()
	for _, encrypt := range []bool{false, true} {
		s := newSite(t)
		titan := dbtest.Org(t, s.db, "titan")
		p, owner := newSAML(t), s.owner(t, titan)
		p.encrypt = encrypt
		for typed, want := range map[string]string{
			"": "Paste the identity provider", "hello": "no SAML metadata", "https://10.0.0.1/x": "not one of the public internet", p.URL + "/nowhere": "404",
			`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"></EntityDescriptor>`: "identity provider",
		} {
			owner.post("/settings/sso/connection", "kind", "saml", "metadata", typed).want(t, 422, want)
		}
		door := s.connectSAML(t, owner, p)
		s.domain(t, owner)
		p.is("n1", "pat@titan.test", "Crews")
		b := s.browser(t)
		bring(t, b, door, respond(t, b, door)).want(t, 200, "you are pat@titan.test as member in "+titan.Name)
		owner.post("/settings/sso/groups", "group", "Crews", "role", "manager").want(t, 200)
		again := s.browser(t)
		bring(t, again, door, respond(t, again, door)).want(t, 200, "you are pat@titan.test as manager")
		// To show that it is them, the provider is asked to ask.
		b.get("/settings/confirm/sso?next=/dashboard")
		if p.asked.ForceAuthn == nil || !*p.asked.ForceAuthn {
			t.Error("the provider is not asked to ask")
		}
	}
}

// TestForgedResponsesAreRefused brings back what the provider never said, or said
// to another, or at another time: signatures wrapped (XSW 1 to 8 of Somorovsky et
// al., On Breaking SAML, 2012), removed and replaced, replays, other audiences.
func TestForgedResponsesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newSAML(t), s.owner(t, titan)
	door := s.connectSAML(t, owner, p)
	s.domain(t, owner)
	p.is("n1", "pat@titan.test")
	refused := func(what string, change func(response string) string) {
		t.Helper()
		b := s.browser(t)
		response := respond(t, b, door)
		changed := change(response)
		if changed == response && p.spoil == nil {
			t.Errorf("%s: nothing is changed", what)
		}
		a := bring(t, b, door, changed)
		if a.StatusCode != http.StatusForbidden || !strings.Contains(plain(a.text), "can't be believed") {
			t.Errorf("%s: %d at %s: %s", what, a.StatusCode, a.Request.URL, plain(a.text))
		}
		b.get("/dashboard").want(t, 200, "Sign in")
	}
	same := func(r string) string { return r }
	for what, spoil := range map[string]func(a *saml.Assertion){
		"another audience": func(a *saml.Assertion) { a.Conditions.AudienceRestrictions[0].Audience.Value = "https://evil.example" },
		"no audience":      func(a *saml.Assertion) { a.Conditions.AudienceRestrictions = nil },
		"another recipient": func(a *saml.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.Recipient = "https://evil.example"
		},
		"another request": func(a *saml.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.InResponseTo = "id-x"
		},
		"no request": func(a *saml.Assertion) { a.Subject.SubjectConfirmations[0].SubjectConfirmationData.InResponseTo = "" },
		"expired":    func(a *saml.Assertion) { a.Conditions.NotOnOrAfter = time.Now().Add(-10 * time.Minute) },
		"confirmed too late": func(a *saml.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.NotOnOrAfter = time.Now().Add(-10 * time.Minute)
		},
		"a clock ahead":   func(a *saml.Assertion) { a.Conditions.NotBefore = time.Now().Add(10 * time.Minute) },
		"issued long ago": func(a *saml.Assertion) { a.IssueInstant = time.Now().Add(-24 * time.Hour) },
		"another issuer":  func(a *saml.Assertion) { a.Issuer.Value = "https://evil.example" },
		"nobody's":        func(a *saml.Assertion) { a.Subject = nil },
	} {
		p.spoil = spoil
		refused(what, same)
	}
	p.spoil = nil
	for what, change := range forgeries(t) {
		refused(what, change)
	}
	for what, change := range wrappings(t) {
		refused(what, change)
	}
	// Another key than the metadata's.
	key, certificate := newKey(t)
	mine, cert := p.idp.Key, p.idp.Certificate
	p.idp.Key, p.idp.Certificate = key, certificate
	refused("another key", func(r string) string { return r + " " })
	p.idp.Key, p.idp.Certificate = mine, cert
	// A response is good once, in the browser it was for.
	b, thief := s.browser(t), s.browser(t)
	response := respond(t, b, door)
	respond(t, thief, door)
	bring(t, thief, door, response).want(t, 403, "can't be believed")
	bring(t, s.browser(t), door, response).want(t, 403, "was not begun here")
	trip := b.Jar.Cookies(mustURL(t, b.base))
	bring(t, b, door, response).want(t, 200, "you are pat@titan.test")
	b.Jar.SetCookies(mustURL(t, b.base), trip) // as if the browser kept its trip
	bring(t, b, door, response).want(t, 403, "can't be believed")
	// Begun at the provider: one click more.
	bring(t, s.browser(t), door, response).want(t, 403, "Try again")
	// Another domain's people, from a provider that says so and signs it.
	p.is("n2", "ceo@prowest.test")
	c := s.browser(t)
	bring(t, c, door, respond(t, c, door)).want(t, 403, "in no e-mail domain")
}

func mustURL(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// document changes a response as XML.
func document(t *testing.T, response string, change func(root *etree.Element)) string {
	t.Helper()
	d := etree.NewDocument()
	if err := d.ReadFromString(response); err != nil {
		t.Fatal(err)
	}
	change(d.Root())
	text, err := d.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func child(e *etree.Element, tag string) *etree.Element {
	for _, c := range e.ChildElements() {
		if c.Tag == tag {
			return c
		}
	}
	return nil
}

func drop(e *etree.Element, tag string) {
	if c := child(e, tag); c != nil {
		e.RemoveChild(c)
	}
}

// forgeries change what was signed, or the signature.
func forgeries(t *testing.T) map[string]func(string) string {
	t.Helper()
	return map[string]func(string) string{
		"no signature": func(r string) string {
			return document(t, r, func(root *etree.Element) { drop(root, "Signature"); drop(child(root, "Assertion"), "Signature") })
		},
		"somebody else":   func(r string) string { return strings.ReplaceAll(r, "pat@titan.test", "boss@titan.test") },
		"another subject": func(r string) string { return strings.ReplaceAll(r, ">n1<", ">n2<") },
		"a comment in the subject": func(r string) string { // the text before it alone was read by many: CVE-2017-11427
			return strings.ReplaceAll(strings.ReplaceAll(r, "pat@titan.test", "pat@titan.test<!---->.evil.example"), ">n1<", "><!---->n1<")
		},
		"a document type": func(r string) string { return `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + r + " " },
		"nothing":         func(string) string { return "" },
		"no XML":          func(string) string { return "hello" },
		"a refusal of the provider's": func(r string) string {
			return document(t, r, func(root *etree.Element) {
				drop(root, "Assertion")
				child(child(root, "Status"), "StatusCode").CreateAttr("Value", saml.StatusRequester)
			})
		},
	}
}

// evil is a copy of an assertion that says somebody else came, without a signature.
func evil(assertion *etree.Element) *etree.Element {
	e := assertion.Copy()
	drop(e, "Signature")
	e.CreateAttr("ID", "evil")
	for _, v := range e.FindElements(".//AttributeValue") {
		v.SetText("boss@titan.test")
	}
	return e
}

// wrappings leave the signature good, and put what is to be believed elsewhere.
func wrappings(t *testing.T) map[string]func(string) string {
	t.Helper()
	wrap := func(change func(root, assertion, signature *etree.Element)) func(string) string {
		return func(r string) string {
			return document(t, r, func(root *etree.Element) {
				a := child(root, "Assertion")
				change(root, a, child(a, "Signature"))
			})
		}
	}
	whole := func(change func(root, original *etree.Element)) func(string) string {
		return func(r string) string {
			return document(t, r, func(root *etree.Element) {
				original := root.Copy()
				root.CreateAttr("ID", "evil-response")
				a := child(root, "Assertion")
				root.InsertChildAt(a.Index(), evil(a))
				root.RemoveChild(a)
				change(root, original)
			})
		}
	}
	return map[string]func(string) string{
		"XSW 1, the response within its signature": whole(func(root, original *etree.Element) {
			if sig := child(root, "Signature"); sig != nil {
				sig.AddChild(original)
			} else {
				root.AddChild(original)
			}
		}),
		"XSW 2, the response beside its signature": whole(func(root, original *etree.Element) {
			drop(original, "Signature")
			root.InsertChildAt(0, original)
		}),
		"XSW 3, a forgery before the assertion": wrap(func(root, a, _ *etree.Element) { drop(root, "Signature"); root.InsertChildAt(a.Index(), evil(a)) }),
		"XSW 4, a forgery around the assertion": wrap(func(root, a, _ *etree.Element) {
			drop(root, "Signature")
			e := evil(a)
			root.RemoveChild(a)
			e.AddChild(a)
			root.AddChild(e)
		}),
		"XSW 5, a forgery with the signature, the assertion after it": wrap(func(root, a, sig *etree.Element) {
			drop(root, "Signature")
			e, original := evil(a), a.Copy()
			drop(original, "Signature")
			root.RemoveChild(a)
			e.AddChild(sig.Copy())
			root.AddChild(e)
			root.AddChild(original)
		}),
		"XSW 6, the assertion within the forgery's signature": wrap(func(root, a, sig *etree.Element) {
			drop(root, "Signature")
			e, original, s := evil(a), a.Copy(), sig.Copy()
			drop(original, "Signature")
			root.RemoveChild(a)
			s.AddChild(original)
			e.AddChild(s)
			root.AddChild(e)
		}),
		"XSW 7, a forgery in extensions": wrap(func(root, a, _ *etree.Element) {
			drop(root, "Signature")
			x := etree.NewElement("samlp:Extensions")
			x.AddChild(evil(a))
			root.InsertChildAt(a.Index(), x)
		}),
		"XSW 8, the assertion as an object of the forgery's signature": wrap(func(root, a, sig *etree.Element) {
			drop(root, "Signature")
			e, original, s := evil(a), a.Copy(), sig.Copy()
			drop(original, "Signature")
			root.RemoveChild(a)
			o := etree.NewElement("ds:Object")
			o.AddChild(original)
			s.AddChild(o)
			e.AddChild(s)
			root.AddChild(e)
		}),
		"the signed assertion's id twice": wrap(func(root, a, _ *etree.Element) {
			drop(root, "Signature")
			e := evil(a)
			e.CreateAttr("ID", a.SelectAttrValue("ID", ""))
			root.InsertChildAt(a.Index(), e)
		}),
	}
}

func TestSignedOutAtASAMLProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newSAML(t), s.owner(t, titan)
	door := s.connectSAML(t, owner, p)
	s.domain(t, owner)
	p.is("n1", "pat@titan.test")
	b := s.browser(t)
	bring(t, b, door, respond(t, b, door)).want(t, 200, "you are pat@titan.test")
	// crewjam's service provider makes and signs requests as an identity provider does.
	described := p.idp.Metadata()
	described.IDPSSODescriptors[0].SingleLogoutServices = []saml.Endpoint{{Binding: saml.HTTPRedirectBinding, Location: s.URL + door + "/slo"}}
	speaker := func(key *rsa.PrivateKey, certificate *x509.Certificate) *saml.ServiceProvider {
		return &saml.ServiceProvider{EntityID: p.idp.MetadataURL.String(), Key: key, Certificate: certificate, SignatureMethod: dsig.RSASHA256SignatureMethod, IDPMetadata: described}
	}
	request := func(sp *saml.ServiceProvider) string {
		t.Helper()
		u, err := sp.MakeRedirectLogoutRequest("n1", "state")
		if err != nil {
			t.Fatal(err)
		}
		return u.String()
	}
	key, certificate := newKey(t)
	idp := s.browser(t)
	idp.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	idp.get(request(speaker(key, certificate))).want(t, 403, "can't be believed")
	good := request(speaker(p.idp.Key.(*rsa.PrivateKey), p.idp.Certificate))
	bare, _, _ := strings.Cut(good, "&SigAlg")
	idp.get(bare).want(t, 403, "can't be believed")
	b.get("/dashboard").want(t, 200, "you are pat@titan.test")
	if a := idp.get(good); a.StatusCode != http.StatusSeeOther {
		t.Errorf("%d %s", a.StatusCode, plain(a.text))
	}
	b.get("/dashboard").want(t, 200, "Sign in")
}
