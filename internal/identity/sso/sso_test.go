package sso_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/factors"
	"github.com/skaiscraper/skai/internal/identity/sso"
	"github.com/skaiscraper/skai/internal/identity/sso/idp"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// dns is a DNS server of which a test says what it knows.
type dns struct {
	address string

	mu  sync.Mutex
	txt map[string]string
}

func newDNS(t *testing.T) *dns {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	d := &dns{address: conn.LocalAddr().String(), txt: map[string]string{}}
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			if answer := d.answer(packet[:n]); answer != nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return d
}

func (d *dns) set(name, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.txt[name] = text
}

// answer answers a question for a TXT record.
func (d *dns) answer(packet []byte) []byte {
	var asked dnsmessage.Message
	if asked.Unpack(packet) != nil || len(asked.Questions) != 1 {
		return nil
	}
	q := asked.Questions[0]
	d.mu.Lock()
	text, known := d.txt[strings.TrimSuffix(q.Name.String(), ".")]
	d.mu.Unlock()
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: asked.ID, Response: true, Authoritative: true}, Questions: asked.Questions}
	switch {
	case text == "broken":
		m.RCode = dnsmessage.RCodeServerFailure
	case !known:
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeTXT:
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET, TTL: 1}, Body: &dnsmessage.TXTResource{TXT: []string{text}},
		}}
	}
	packed, err := m.Pack()
	if err != nil {
		return nil
	}
	return packed
}

// site is signing in and this room, over a network.
type site struct {
	*httptest.Server

	db  *postgres.DB
	dns *dns
	sso *sso.Service
}

func newSite(t *testing.T) *site {
	t.Helper()
	db := dbtest.New(t)
	s := &site{db: db, dns: newDNS(t)}
	guard, err := outbound.Inside("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	people, v, log := identity.New(db, orgs.New(db)), dbtest.Vault(t, db), slog.New(slog.DiscardHandler)
	s.sso = sso.New(db, orgs.New(db), people, v, guard, s.dns.address, log)
	people.OnLeaving(s.sso.LeaveURL)
	rt, err := web.New(web.Config{Authenticate: people.FromRequest, Permit: identity.Permit, ErrorPage: ui.ErrorPage, Name: "Test", Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ui.Routes(rt)
	people.Routes(rt)
	factors.New(db, orgs.New(db), people, v, nil).Routes(rt)
	s.sso.Routes(rt)
	rt.Page("GET /dashboard", web.Access{}, func(w http.ResponseWriter, r *http.Request) error {
		me, _ := identity.Current(r.Context())
		return ui.Page(w, r, ui.Head{Title: "Dashboard"}, ui.Text("you are "+me.Email+" as "+string(me.Role)+" in "+me.OrgName))
	})
	s.Server = httptest.NewServer(rt.Handler())
	t.Cleanup(s.Close)
	return s
}

// browser keeps cookies; it follows redirects.
type browser struct {
	*http.Client

	t    *testing.T
	base string
}

// page is an answer, read.
type page struct {
	*http.Response

	text string
}

func (s *site) browser(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{&http.Client{Jar: jar}, t, s.URL}
}

func (b browser) do(method, target string, form url.Values) page {
	b.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.base + target
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res, string(body)}
}

func (b browser) get(target string) page { b.t.Helper(); return b.do(http.MethodGet, target, nil) }

func (b browser) post(target string, pairs ...string) page {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, target, form)
}

func (p page) want(t *testing.T, status int, words ...string) page {
	t.Helper()
	if p.StatusCode != status {
		t.Errorf("got %d at %s, want %d: %s", p.StatusCode, p.Request.URL, status, plain(p.text))
	}
	for _, w := range words {
		if !strings.Contains(plain(p.text), w) {
			t.Errorf("%q is not on the page at %s: %s", w, p.Request.URL, plain(p.text))
		}
	}
	return p
}

var (
	tags   = regexp.MustCompile(`(?s)<(style|script|head)[^>]*>.*?</(style|script|head)>|<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// plain is what a page says, without its tags.
func plain(text string) string {
	text = strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&").Replace(tags.ReplaceAllString(text, " "))
	return blanks.ReplaceAllString(text, " ")
}

// owner is a browser in which an owner is signed in by password.
func (s *site) owner(t *testing.T, c dbtest.Contractor) browser {
	t.Helper()
	c.As(t, tenant.Owner)
	b := s.browser(t)
	b.post("/sign-in", "email", c.Email(tenant.Owner), "password", dbtest.Password).want(t, 200, "you are")
	return b
}

var checkForm = regexp.MustCompile(`/settings/sso/domains/([0-9a-f-]{36})/check`)

// domain shows a domain to be the organisation's.
func (s *site) domain(t *testing.T, b browser) {
	t.Helper()
	const name = "titan.test"
	p := b.post("/settings/sso/domains", "domain", name).want(t, 200, "_skaiscraper."+name)
	value := regexp.MustCompile(`skaiscraper-verification=[A-Za-z0-9_-]+`).FindString(p.text)
	s.dns.set("_skaiscraper."+name, value)
	b.post(checkForm.FindString(p.text)).want(t, 200, name+" is yours")
}

func (s *site) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := dbtest.Super(t, s.db).Exec(context.WithoutCancel(t.Context()), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func TestADomainIsShownByDNS(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan, prowest := dbtest.Org(t, s.db, "titan"), dbtest.Org(t, s.db, "prowest")
	b := s.owner(t, titan)
	b.get("/settings/sso").want(t, 200, "Your e-mail domains", "Connect by OpenID Connect")
	for _, wrong := range []string{"", "titan", "ti tan.example", "-", "titan.example/x", strings.Repeat("a", 260) + ".example"} {
		b.post("/settings/sso/domains", "domain", wrong).want(t, 422, "no e-mail domain")
	}
	p := b.post("/settings/sso/domains", "domain", "Pat@Titan.Example.").want(t, 200, "titan.example", "_skaiscraper.titan.example")
	check := checkForm.FindString(p.text)
	b.post("/settings/sso/domains", "domain", "titan.example").want(t, 422, "in the list already")
	b.post(check).want(t, 200, "Not yet.", "There is no TXT record")
	s.dns.set("_skaiscraper.titan.example", "skaiscraper-verification=another")
	b.post(check).want(t, 200, "it says something else")
	value := regexp.MustCompile(`skaiscraper-verification=[A-Za-z0-9_-]+`).FindString(p.text)
	s.dns.set("_skaiscraper.titan.example", value)
	b.post(check).want(t, 200, "titan.example is yours")
	// DNS that does not answer takes nothing away; a record that is gone does.
	s.dns.set("_skaiscraper.titan.example", "broken")
	b.post(check).want(t, 200, "titan.example is yours")
	s.dns.set("_skaiscraper.titan.example", "other")
	b.post(check).want(t, 200, "Not yet.")
	// Another organisation's domain is not there, and its record shows nothing of ours.
	other := s.owner(t, prowest)
	other.post(check).want(t, 404, "no such domain")
	other.post(strings.Replace(check, "/check", "/remove", 1)).want(t, 404)
	s.dns.set("_skaiscraper.titan.example", value)
	q := other.post("/settings/sso/domains", "domain", "titan.example")
	other.post(checkForm.FindString(q.text)).want(t, 200, "it says something else")
	b.post(strings.Replace(check, "/check", "/remove", 1)).want(t, 200, "The domain is removed.")
}

func TestOnlyOwnersSetItUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	titan := dbtest.Org(t, s.db, "titan")
	for _, role := range []tenant.Role{tenant.Admin, tenant.Manager, tenant.Member, tenant.Viewer} {
		titan.As(t, role)
		b := s.browser(t)
		b.post("/sign-in", "email", titan.Email(role), "password", dbtest.Password).want(t, 200)
		b.get("/settings/sso").want(t, 403)
		for _, path := range []string{"/domains", "/connection", "/connection/remove", "/connection/unlink", "/groups", "/required"} {
			b.post("/settings/sso"+path).want(t, 403)
		}
		ctx := titan.As(t, role)
		if err := s.sso.Set(ctx, idp.Settings{}); err == nil {
			t.Errorf("a %s names an identity provider", role)
		}
	}
	// An owner has to show that it is them.
	b := s.owner(t, titan)
	s.exec(t, `UPDATE sessions SET fresh_at = now() - interval '1 hour'`)
	b.get("/settings/sso").want(t, 200, "Is it you?")
	b.post("/settings/sso/domains", "domain", "titan.example").want(t, 200, "Is it you?")
}

// demote makes an owner a member.
func demote(id uuid.UUID) func(context.Context, pgx.Tx) error {
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Exec(ctx, tx, `UPDATE people SET role = 'member' WHERE id = $1`, id)
		return err
	}
}
