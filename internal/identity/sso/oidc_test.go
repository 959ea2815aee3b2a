package sso_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/sso"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// provider is an OpenID provider that says whatever a test wants. That we get on
// with one that others wrote is shown in package app.
type provider struct {
	*httptest.Server

	key *rsa.PrivateKey

	mu       sync.Mutex
	claims   map[string]any             // of the next ID token, beside the usual ones
	sign     func(claims []byte) string // how it is signed
	userinfo map[string]any
	asked    url.Values // of the last authorization request
	codes    map[string]url.Values
	iss      string // sent along with the code
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, codes: map[string]url.Values{}, claims: map[string]any{}}
	p.sign = func(claims []byte) string { return jws(t, jose.RS256, key, claims) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo",
			"end_session_endpoint": p.URL + "/end", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"}, "scopes_supported": []string{"openid", "groups"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked = r.URL.Query()
		code := uuid.NewString()
		p.codes[code] = p.asked
		q := url.Values{"code": {code}, "state": {p.asked.Get("state")}}
		if p.iss != "" {
			q.Set("iss", p.iss)
		}
		http.Redirect(w, r, p.asked.Get("redirect_uri")+"?"+q.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, _ *http.Request) { p.json(w, p.userinfo) })
	mux.HandleFunc("GET /end", func(http.ResponseWriter, *http.Request) {})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// token gives an ID token for a code, once, to whoever has the verifier.
func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	if id, secret, ok := r.BasicAuth(); !known || !ok || id != "skai" || secret != "s3cret" || challenge(r.FormValue("code_verifier")) != asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		p.json(w, map[string]any{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{
		"iss": p.URL, "sub": "u1", "aud": "skai", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": asked.Get("nonce"), "auth_time": time.Now().Unix(),
	}
	maps.Copy(claims, p.claims)
	for k, v := range claims {
		if v == nil {
			delete(claims, k)
		}
	}
	raw, _ := json.Marshal(claims)
	p.json(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": p.sign(raw)})
}

// says sets what the next ID token claims beside the usual; nil takes a claim out.
func (p *provider) says(pairs ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims = map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		p.claims[pairs[i].(string)] = pairs[i+1]
	}
}

func (s *site) connect(t *testing.T, b browser, p *provider, role string) string {
	t.Helper()
	page := b.post("/settings/sso/connection", "kind", "oidc", "issuer", p.URL, "client_id", "skai", "client_secret", "s3cret", "default_role", role).want(t, 200, "The identity provider is known", p.URL)
	_, id, _ := strings.Cut(page.text, "/sign-in/sso/")
	return "/sign-in/sso/" + id[:36]
}

func TestPeopleComeThroughOpenIDConnect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newProvider(t), s.owner(t, titan)
	for typed, want := range map[string]string{"": "no address of a server", "http://10.0.0.1": "https://", "http://127.0.0.1:1": "could not be read", p.URL + "/": "calls itself"} {
		owner.post("/settings/sso/connection", "kind", "oidc", "issuer", typed, "client_id", "skai", "client_secret", "s3cret").want(t, 422, want)
	}
	door := s.connect(t, owner, p, "member")
	// From the address somebody types to the provider and back, made a member on the way.
	p.says("email", "New.Person@titan.test", "name", " New  Person ", "sid", "sid1")
	b := s.browser(t)
	b.post("/sign-in/sso", "email", "new.person@titan.test").want(t, 422, "No organisation has single sign-on for addresses in titan.test")
	b.get(door).want(t, 403, "in no e-mail domain that this organisation has shown")
	s.domain(t, owner)
	b.post("/sign-in/sso", "email", "new.person@titan.test", "next", "/dashboard").want(t, 200, "On to your identity provider", titan.Name)
	b.get(door+"?next=/dashboard&hint=new.person@titan.test").want(t, 200, "you are new.person@titan.test as member in "+titan.Name)
	if p.asked.Get("login_hint") != "new.person@titan.test" || p.asked.Get("code_challenge_method") != "S256" || p.asked.Get("scope") != "openid email profile groups" {
		t.Errorf("asked for %v", p.asked)
	}
	// The provider's name for somebody counts, not their address.
	p.says("email", "married.name@titan.test")
	s.browser(t).get(door).want(t, 200, "you are new.person@titan.test")
	p.says("email", "new.person@titan.test", "sub", "u2")
	s.browser(t).get(door).want(t, 403, "is somebody else than it said before")
	owner.post("/settings/sso/connection/unlink").want(t, 200, "Who is who is forgotten")
	s.browser(t).get(door).want(t, 200, "you are new.person@titan.test")
	// Somebody who was removed stays out; their session ended.
	s.exec(t, `UPDATE people SET active = false WHERE email = 'new.person@titan.test'`)
	s.browser(t).get(door).want(t, 403, "You were removed")
	b.get("/dashboard").want(t, 200, "Sign in")
	// A member by password is the same person through the provider.
	titan.As(t, tenant.Manager)
	s.exec(t, `UPDATE users SET email = 'pat@titan.test' WHERE email = $1`, titan.Email(tenant.Manager))
	s.exec(t, `UPDATE people SET email = 'pat@titan.test' WHERE email = $1`, titan.Email(tenant.Manager))
	p.says("email", nil, "sub", "u3", "preferred_username", "pat@titan.test")
	p.userinfo = map[string]any{"sub": "u3", "email": "pat@titan.test"}
	m := s.browser(t)
	m.get(door).want(t, 200, "you are pat@titan.test as manager")
	// Removing the provider ends what it opened.
	owner.post("/settings/sso/connection/remove").want(t, 200, "Single sign-on is removed")
	m.get("/dashboard").want(t, 200, "Sign in")
	m.get(door).want(t, 404)
}

// TestForgedAnswersAreRefused sends back what a provider never said, or said to
// another.
func TestForgedAnswersAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newProvider(t), s.owner(t, titan)
	door := s.connect(t, owner, p, "admin")
	s.domain(t, owner)
	good := p.sign
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	believed := "can't be believed"
	for what, c := range map[string]struct {
		claims []any
		sign   func([]byte) string
		words  string
	}{
		"another issuer":           {claims: []any{"iss", "https://evil.example"}},
		"another audience":         {claims: []any{"aud", "other"}},
		"another party":            {claims: []any{"aud", []string{"skai", "other"}, "azp", "other"}},
		"another nonce":            {claims: []any{"nonce", "x"}},
		"no nonce":                 {claims: []any{"nonce", nil}},
		"expired":                  {claims: []any{"exp", time.Now().Add(-10 * time.Minute).Unix()}},
		"not yet":                  {claims: []any{"nbf", time.Now().Add(time.Hour).Unix()}},
		"no expiry":                {claims: []any{"exp", nil}},
		"another key":              {sign: func(b []byte) string { return jws(t, jose.RS256, other, b) }},
		"the client secret as key": {sign: func(b []byte) string { return jws(t, jose.HS256, []byte("s3cret-s3cret-s3cret-s3cret-s3cret"), b) }},
		"no signature":             {sign: func(b []byte) string { return "eyJhbGciOiJub25lIn0." + segment(b) + "." }},
		"a signature cut off":      {sign: func(b []byte) string { w := good(b); return w[:strings.LastIndex(w, ".")+1] }},
		"no token":                 {sign: func([]byte) string { return "" }},
		"an address not confirmed": {claims: []any{"email_verified", false}, words: "confirm it there first"},
		"the same as a text":       {claims: []any{"email_verified", "false"}, words: "confirm it there first"},
		"another's domain":         {claims: []any{"email", "ceo@prowest.test"}, words: "in no e-mail domain"},
		"a domain below":           {claims: []any{"email", "x@evil.titan.test"}, words: "in no e-mail domain"},
		"no address":               {claims: []any{"email", nil}, words: "did not say what your e-mail address is"},
		"two addresses":            {claims: []any{"email", "x@evil.example@titan.test"}, words: "did not say"},
		"no subject":               {claims: []any{"sub", ""}, words: "did not say who you are"},
	} {
		p.says(append([]any{"email", "x@titan.test"}, c.claims...)...)
		if p.sign = good; c.sign != nil {
			p.sign = c.sign
		}
		if c.words == "" {
			c.words = believed
		}
		p.userinfo = map[string]any{"sub": "u1"}
		b := s.browser(t)
		if a := b.get(door); a.StatusCode != http.StatusForbidden || !strings.Contains(plain(a.text), c.words) {
			t.Errorf("%s: %d, %s", what, a.StatusCode, plain(a.text))
		}
		b.get("/dashboard").want(t, 200, "Sign in")
	}
	p.sign = good
	p.says("email", "x@titan.test")
	noted, err := postgres.Value[int](t.Context(), dbtest.Super(t, s.db), `SELECT count(*)::int FROM audit_events WHERE action = 'session.refused' AND org_id = $1`, titan.ID)
	if err != nil || noted != 20 {
		t.Errorf("the trail has %d refusals, %v", noted, err)
	}
	// The user info of somebody else.
	p.says("email", nil)
	p.userinfo = map[string]any{"sub": "u9", "email": "x@titan.test"}
	s.browser(t).get(door).want(t, 403, believed)
	p.says("email", "x@titan.test")
	// RFC 9207: an answer that names another issuer.
	p.iss = "https://evil.example"
	s.browser(t).get(door).want(t, 403, believed)
	p.iss = p.URL
	s.browser(t).get(door).want(t, 200, "you are x@titan.test")
	// The answer to one browser is no good in another, nor a second time, nor with another state.
	b, thief := s.browser(t), s.browser(t)
	answer := stopAt(b, door, "/callback")
	thief.get(answer).want(t, 403, "was not begun here")
	stopAt(thief, door, "/callback")
	thief.get(answer).want(t, 403, believed)
	b.get(answer).want(t, 200, "you are x@titan.test")
	b.get(answer).want(t, 403, "opened twice")
	again := stopAt(b, door, "/callback")
	b.get(strings.Replace(again, "state=", "state=x", 1)).want(t, 403, believed)
	b.get(door+"/callback?error=access_denied&error_description=You+are+not+assigned&state=x").want(t, 403, "was not begun here")
}

// stopAt follows redirects until one leads to an address that ends so, and gives it.
func stopAt(b browser, from, end string) (address string) {
	b.t.Helper()
	c := *b.Client
	c.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasSuffix(r.URL.Path, end) {
			address = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	b.Client = &c
	b.get(from)
	if address == "" {
		b.t.Fatalf("%s did not lead to %s", from, end)
	}
	return address
}

func TestGroupsGiveRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newProvider(t), s.owner(t, titan)
	door := s.connect(t, owner, p, "")
	s.domain(t, owner)
	comes := func(status int, words string, groups ...string) {
		t.Helper()
		p.says("email", "x@titan.test", "groups", groups)
		s.browser(t).get(door).want(t, status, words)
	}
	comes(403, "You are in no group that has a role")
	for _, wrong := range [][2]string{{"", "member"}, {"Crews", "owner"}, {"Crews", ""}, {strings.Repeat("x", 201), "member"}} {
		owner.post("/settings/sso/groups", "group", wrong[0], "role", wrong[1]).want(t, 422)
	}
	owner.post("/settings/sso/groups", "group", "Crews", "role", "member").want(t, 200, "Crews", "Member")
	owner.post("/settings/sso/groups", "group", "Office", "role", "admin").want(t, 200, "Office")
	comes(403, "You are in no group that has a role", "crews", "Others")
	comes(200, "as member", "Crews")
	comes(200, "as admin", "Crews", "Office")
	comes(200, "as member", "Crews")
	comes(403, "You are in no group that has a role")
	page := owner.post("/settings/sso/groups", "group", "Crews", "role", "viewer").want(t, 200)
	comes(200, "as viewer", "Crews")
	_, remove, _ := strings.Cut(page.text, `action="/settings/sso/groups/`)
	remove, _, _ = strings.Cut(remove, `"`)
	owner.post("/settings/sso/groups/"+remove).want(t, 200, "The group has no role any more")
	// A group makes nobody less than an owner, nor an owner of anybody.
	s.exec(t, `UPDATE users SET email = 'boss@titan.test' WHERE email = $1`, titan.Email(tenant.Owner))
	s.exec(t, `UPDATE people SET email = 'boss@titan.test' WHERE email = $1`, titan.Email(tenant.Owner))
	p.says("email", "boss@titan.test", "sub", "boss", "groups", "Office")
	s.browser(t).get(door).want(t, 200, "as owner")
}

func TestTheDoorIsClosedToPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan, prowest := dbtest.Org(t, s.db, "titan"), dbtest.Org(t, s.db, "prowest")
	p, owner := newProvider(t), s.owner(t, titan)
	door := s.connect(t, owner, p, "member")
	s.domain(t, owner)
	boss, err := postgres.Value[uuid.UUID](t.Context(), dbtest.Super(t, s.db), `SELECT id FROM people WHERE email = $1`, titan.Email(tenant.Owner))
	if err != nil {
		t.Fatal(err)
	}
	owner.post("/settings/sso/required", "required", "1", "break_glass", boss.String()).want(t, 409, "try it first")
	p.says("email", "x@titan.test")
	through := s.browser(t)
	through.get(door).want(t, 200, "you are x@titan.test")
	owner.post("/settings/sso/required", "required", "1").want(t, 422, "Choose the owner")
	titan.As(t, tenant.Admin)
	admin := s.browser(t)
	admin.post("/sign-in", "email", titan.Email(tenant.Admin), "password", dbtest.Password).want(t, 200, "you are")
	stranger, err := postgres.Value[uuid.UUID](t.Context(), dbtest.Super(t, s.db), `SELECT id FROM people WHERE email = $1`, titan.Email(tenant.Admin))
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []uuid.UUID{stranger, uuid.New()} {
		owner.post("/settings/sso/required", "required", "1", "break_glass", who.String()).want(t, 422, "has to be an owner")
	}
	owner.post("/settings/sso/required", "required", "1", "break_glass", boss.String()).want(t, 200, "People sign in through the identity provider alone")
	// Who was in by password is out, and does not get in by one; the others are, and do.
	admin.get("/dashboard").want(t, 200, "Sign in")
	admin.post("/sign-in", "email", titan.Email(tenant.Admin), "password", dbtest.Password).want(t, 403, "choose Single sign-on")
	admin.post("/sign-in", "email", titan.Email(tenant.Admin), "password", "wrong").want(t, 401, "is wrong")
	through.get("/dashboard").want(t, 200, "you are x@titan.test")
	owner.get("/dashboard").want(t, 200, "you are")
	s.owner(t, titan)
	// The owner who has the password stays one.
	if err := postgres.Do(titan.As(t, tenant.Owner), s.db, demote(boss)); postgres.Constraint(err) != "sso_break_glass_owner" && postgres.Constraint(err) != "people_last_owner" {
		t.Errorf("the owner with the password is made a member: %v", err)
	}
	// Somebody of two organisations works by password in the other one alone.
	prowest.As(t, tenant.Member)
	s.exec(t, `INSERT INTO people (org_id, id, user_id, kind, name, email, role, active) SELECT $1, gen_random_uuid(), user_id, 'member', name, email, 'member', true FROM people WHERE email = $2`,
		titan.ID, prowest.Email(tenant.Member))
	both := s.browser(t)
	both.post("/sign-in", "email", prowest.Email(tenant.Member), "password", dbtest.Password).want(t, 200, "in "+prowest.Name)
	both.post("/switch", "org", titan.ID.String()).want(t, 404, "no member")
	// Who came through the provider is in its organisation alone.
	s.exec(t, `INSERT INTO people (org_id, id, user_id, kind, name, email, role, active) SELECT $1, gen_random_uuid(), user_id, 'member', name, email, 'member', true FROM people WHERE email = 'x@titan.test'`, prowest.ID)
	through.post("/switch", "org", prowest.ID.String()).want(t, 403, "opens no other organisation")
	owner.post("/settings/sso/required").want(t, 200, "Passwords open the door again")
	admin.post("/sign-in", "email", titan.Email(tenant.Admin), "password", dbtest.Password).want(t, 200, "you are")
}

func TestLeavingAndComingFresh(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newProvider(t), s.owner(t, titan)
	door := s.connect(t, owner, p, "member")
	s.domain(t, owner)
	p.says("email", "x@titan.test", "sid", "sid1")
	b, other := s.browser(t), s.browser(t)
	b.get(door).want(t, 200, "you are x@titan.test")
	// Dangerous things ask the provider once more.
	s.exec(t, `UPDATE sessions SET fresh_at = now() - interval '1 hour'`)
	fresh := func() (now bool) {
		t.Helper()
		now, err := postgres.Value[bool](t.Context(), dbtest.Super(t, s.db), `SELECT bool_or(fresh_at > now() - interval '1 minute') FROM sessions WHERE sso`)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	b.get("/settings/confirm?next=/dashboard").want(t, 200, "Confirm at your identity provider")
	p.says("email", "x@titan.test", "auth_time", time.Now().Add(-time.Hour).Unix())
	b.get("/settings/confirm/sso?next=/dashboard").want(t, 403, "did not ask you for anything")
	p.says("email", "x@titan.test", "auth_time", nil)
	b.get("/settings/confirm/sso").want(t, 403, "did not ask you for anything")
	p.says("email", "y@titan.test", "sub", "u2")
	b.get("/settings/confirm/sso").want(t, 403, "You showed there that you are y@titan.test")
	if fresh() {
		t.Error("it counts as shown")
	}
	if n, err := postgres.Value[int](t.Context(), dbtest.Super(t, s.db), `SELECT count(*)::int FROM people WHERE email = 'y@titan.test'`); err != nil || n != 0 {
		t.Errorf("showing once more made %d people, %v", n, err)
	}
	p.says("email", "x@titan.test")
	b.get("/settings/confirm/sso?next=/dashboard").want(t, 200, "you are x@titan.test")
	if p.asked.Get("prompt") != "login" || p.asked.Get("max_age") != "0" || !fresh() {
		t.Errorf("asked for %v", p.asked)
	}
	// Signed out there, signed out here.
	p.says("email", "x@titan.test", "sid", "sid2")
	other.get(door).want(t, 200, "you are x@titan.test")
	token := func(claims map[string]any) string {
		all := map[string]any{"iss": p.URL, "aud": "skai", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(), "jti": uuid.NewString(), "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
		maps.Copy(all, claims)
		raw, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return p.sign(raw)
	}
	idp := s.browser(t)
	for what, claims := range map[string]map[string]any{
		"a nonce": {"sub": "u1", "nonce": "x"}, "no event": {"sub": "u1", "events": map[string]any{}}, "another audience": {"sub": "u1", "aud": "x"}, "nobody": {},
	} {
		if a := idp.post(door+"/logout", "logout_token", token(claims)); a.StatusCode != 422 {
			t.Errorf("%s: %d", what, a.StatusCode)
		}
	}
	b.get("/dashboard").want(t, 200, "you are x@titan.test")
	idp.post(door+"/logout", "logout_token", token(map[string]any{"sub": "u1", "sid": "sid2"})).want(t, 200)
	other.get("/dashboard").want(t, 200, "Sign in")
	b.get("/dashboard").want(t, 200, "you are x@titan.test")
	idp.post(door+"/logout", "logout_token", token(map[string]any{"sub": "u1"})).want(t, 200)
	b.get("/dashboard").want(t, 200, "Sign in")
	// Signed out here, and led to where it ends there.
	b.get(door).want(t, 200, "you are")
	a := b.post("/sign-out").want(t, 200, "You are signed out here", "Sign out of your identity provider")
	if !strings.Contains(a.text, p.URL+"/end?client_id=skai") {
		t.Errorf("no way to sign out there: %s", a.text)
	}
	b.get("/dashboard").want(t, 200, "Sign in")
}

// A password opens nothing of an account that never had one.
func TestAnAccountWithoutAPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newProvider(t), s.owner(t, titan)
	door := s.connect(t, owner, p, "member")
	s.domain(t, owner)
	p.says("email", "x@titan.test")
	b := s.browser(t)
	b.get(door).want(t, 200, "you are x@titan.test")
	for _, password := range []string{"", " ", "x", dbtest.Password} {
		if _, err := identity.New(s.db, nil).SignIn(t.Context(), "x@titan.test", password, identity.Device{}); err == nil {
			t.Errorf("%q opens it", password)
		}
	}
	b.post("/settings/confirm", "current", "").want(t, 422, "has no password")
}

// The vault's keys change, and people come through as before.
func TestTheSecretsAreSealedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	p, owner := newProvider(t), s.owner(t, titan)
	door := s.connect(t, owner, p, "member")
	s.domain(t, owner)
	v := dbtest.Vault(t, s.db)
	if err := v.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := orgs.New(s.db)
	renewed := sso.New(s.db, o, identity.New(s.db, o), v, outbound.Guard{}, "", slog.New(slog.DiscardHandler))
	before, err := postgres.Value[[]byte](t.Context(), dbtest.Super(t, s.db), `SELECT client_secret FROM sso_connections`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		onlyCount bool
		n         int
	}{{true, 1}, {false, 1}, {true, 0}, {false, 0}} {
		if n, err := renewed.Reseal(t.Context(), want.onlyCount); err != nil || n != want.n {
			t.Errorf("only counted %v: %d, %v", want.onlyCount, n, err)
		}
	}
	after, err := postgres.Value[[]byte](t.Context(), dbtest.Super(t, s.db), `SELECT client_secret FROM sso_connections`)
	if err != nil || bytes.Equal(before, after) || bytes.Contains(after, []byte("s3cret")) {
		t.Errorf("sealed as before, or not at all: %v", err)
	}
	p.says("email", "x@titan.test")
	s.browser(t).get(door).want(t, 200, "you are x@titan.test")
}
