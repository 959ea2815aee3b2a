package identity_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/settings"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// site is the program with this room alone, over a network.
func site(t *testing.T, db *postgres.DB) *httptest.Server {
	t.Helper()
	people := service(db)
	rt, err := web.New(web.Config{
		Authenticate: people.FromRequest, Permit: identity.Permit, ErrorPage: ui.ErrorPage, Name: "Test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ui.Routes(rt)
	people.Routes(rt)
	settings.New(people, orgs.New(db)).Routes(rt)
	rt.Page("GET /dashboard", web.Access{}, func(w http.ResponseWriter, r *http.Request) error {
		return ui.Page(w, r, ui.Head{Title: "Dashboard"}, ui.Text("the dashboard"))
	})
	server := httptest.NewServer(rt.Handler())
	t.Cleanup(server.Close)
	return server
}

// browser keeps cookies and follows redirects.
type browser struct {
	*http.Client

	t    *testing.T
	base string
}

func newBrowser(t *testing.T, server *httptest.Server) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{&http.Client{Jar: jar}, t, server.URL}
}

// page is an answer, read.
type page struct {
	*http.Response

	text string
}

func (b browser) read(res *http.Response, err error) page {
	b.t.Helper()
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

func (b browser) get(path string) page {
	b.t.Helper()
	return b.read(b.Get(b.base + path)) //nolint:bodyclose // read closes it
}

func (b browser) post(path string, pairs ...string) page {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.read(b.PostForm(b.base+path, form)) //nolint:bodyclose // read closes it
}

func (b browser) signIn(c dbtest.Contractor, role tenant.Role) page {
	b.t.Helper()
	c.As(b.t, role)
	return b.post("/sign-in", "email", c.Email(role), "password", dbtest.Password)
}

func (p page) want(t *testing.T, status int, path string, words ...string) {
	t.Helper()
	if p.StatusCode != status || path != "" && p.Request.URL.RequestURI() != path {
		t.Errorf("got %d at %s, want %d at %s", p.StatusCode, p.Request.URL, status, path)
	}
	for _, w := range words {
		if !strings.Contains(p.text, w) {
			t.Errorf("%q is not on the page at %s", w, p.Request.URL)
		}
	}
}

func TestSignInAndOutByHand(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	b := newBrowser(t, site(t, db))
	b.get("/settings/sessions?x=1").want(t, 200, "/sign-in?next=%2Fsettings%2Fsessions%3Fx%3D1", "Sign in", `value="/settings/sessions?x=1"`)
	titan.As(t, tenant.Owner)
	email := titan.Email(tenant.Owner)
	b.post("/sign-in", "email", "", "password", "").want(t, 422, "", "Enter your e-mail address.", "Enter your password.")
	b.post("/sign-in", "email", email, "password", "wrong").want(t, 401, "", "The e-mail address or the password is wrong", `value="`+email+`"`, `autocomplete="current-password" required autofocus`)
	b.get("/dashboard").want(t, 200, "/sign-in", "Sign in")
	b.post("/sign-in", "email", email, "password", dbtest.Password, "next", "/settings/sessions").
		want(t, 200, "/settings/sessions", titan.Name, "This is the device you are using", "Owner")
	b.get("/sign-in?next=/settings").want(t, 200, "/settings", "Organisation", "Audit trail")
	b.post("/sign-out").want(t, 200, "/sign-in", "You are signed out.")
	b.get("/dashboard").want(t, 200, "/sign-in")
	b.post("/sign-out").want(t, 200, "/sign-in")
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
		b := newBrowser(t, site(t, db))
		b.post("/sign-in", "email", titan.Email(tenant.Owner), "password", dbtest.Password, "next", next).want(t, 200, "/dashboard")
	}
}

func TestAnotherSiteCannotSignAnybodyIn(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	server := site(t, db)
	for _, path := range []string{"/sign-in", "/sign-out", "/switch", "/settings/sessions/revoke-others"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader("email=a"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %d", path, res.StatusCode)
		}
	}
}

func TestTheSessionsCookie(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	server := site(t, db)
	client := *server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for proto, want := range map[string]string{"https": "__Host-session", "http": "session"} {
		form := url.Values{"email": {titan.Email(tenant.Owner)}, "password": {dbtest.Password}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/sign-in", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-Proto", proto)
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		var c *http.Cookie
		for _, set := range res.Cookies() {
			if set.Name == want {
				c = set
			}
		}
		if res.StatusCode != http.StatusSeeOther || c == nil {
			t.Fatalf("over %s: %d, cookies %v", proto, res.StatusCode, res.Cookies())
		}
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != (proto == "https") || c.MaxAge != 90*24*3600 {
			t.Errorf("over %s: %+v", proto, c)
		}
	}
}

func TestSigningInAgainEndsTheOldSession(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	b := newBrowser(t, site(t, db))
	for range 2 {
		b.signIn(titan, tenant.Member).want(t, 200, "/dashboard")
	}
	p := b.get("/settings/sessions")
	if n := strings.Count(p.text, "Signed in</dt>"); n != 1 {
		t.Errorf("%d sessions are open after two sign-ins in one browser", n)
	}
}

func TestSessionsByHand(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	server := site(t, db)
	desk, phone, tablet := newBrowser(t, server), newBrowser(t, server), newBrowser(t, server)
	for _, b := range []browser{desk, phone, tablet} {
		b.signIn(titan, tenant.Member).want(t, 200, "/dashboard")
	}
	p := desk.get("/settings/sessions")
	_, rest, _ := strings.Cut(p.text, `action="/settings/sessions/`)
	id, _, _ := strings.Cut(rest, "/")
	desk.post("/settings/sessions/"+id+"/revoke").want(t, 200, "/settings/sessions", "That device is signed out.")
	desk.post("/settings/sessions/"+id+"/revoke").want(t, 404, "", "no such open session of yours")
	desk.post("/settings/sessions/nonsense/revoke").want(t, 404, "")
	desk.post("/settings/sessions/revoke-others").want(t, 200, "/settings/sessions", "1 other device is signed out.")
	phone.get("/dashboard").want(t, 200, "/sign-in")
	tablet.get("/dashboard").want(t, 200, "/sign-in")
	desk.get("/dashboard").want(t, 200, "/dashboard")
}

func TestSwitchByHand(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan, prowest, other := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest"), dbtest.Org(t, db, "other")
	b := newBrowser(t, site(t, db))
	b.signIn(titan, tenant.Owner)
	member(t, db, titan.Email(tenant.Owner), prowest.Slug, tenant.Viewer)
	b.post("/switch", "org", prowest.ID.String()).want(t, 200, "/dashboard", "Viewer at "+prowest.Name)
	b.post("/switch", "org", other.ID.String()).want(t, 404, "", "You are no member of that organisation")
	b.post("/switch", "org", "x").want(t, 422, "")
	b.post("/switch").want(t, 422, "")
}

func TestMe(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	b := newBrowser(t, site(t, db))
	b.get("/api/me").want(t, 401, "/api/me", `"error":"unauthenticated"`)
	b.signIn(titan, tenant.Viewer)
	var got struct {
		Name, Role   string
		Organisation struct{ Slug string }
		Permissions  []string
	}
	p := b.get("/api/me")
	if err := json.Unmarshal([]byte(p.text), &got); err != nil {
		t.Fatal(err, p.text)
	}
	if got.Name != "Viewer" || got.Role != "viewer" || got.Organisation.Slug != titan.Slug || !cmp.Equal(got.Permissions, []string{"records.view"}) {
		t.Errorf("got %+v", got)
	}
}

// upload sends the organisation's form with a logo.
func (b browser) upload(logo []byte, pairs ...string) page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			b.t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("logo", "logo.exe")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := file.Write(logo); err != nil {
		b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.read(b.Post(b.base+"/settings/organisation", w.FormDataContentType(), &body)) //nolint:bodyclose // read closes it
}

func TestTheOrganisationsSettings(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	b := newBrowser(t, site(t, db))
	b.signIn(titan, tenant.Admin)
	b.get("/settings/organisation").want(t, 200, "", titan.Name, "America/Phoenix")
	b.get("/logo").want(t, 404, "", "has no logo")

	b.upload([]byte(svg), "name", "Titan & Sons", "time_zone", "America/Denver", "brand_color", "#B3261E").
		want(t, 200, "/settings/organisation", "Titan &amp; Sons", "settings are saved", "#b3261e", "/brand/b3261e.", `src="/logo?v=`)
	logo := b.get("/logo?v=1")
	if logo.text != svg || logo.Header.Get("Content-Type") != "image/svg+xml" ||
		logo.Header.Get("Content-Security-Policy") != "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox" ||
		logo.Header.Get("Content-Disposition") != `attachment; filename="logo.svg"` ||
		!strings.HasPrefix(logo.Header.Get("Cache-Control"), "private") || logo.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the logo is served as %v", logo.Header)
	}
	b.upload(nil, "name", "Titan", "time_zone", "America/Denver", "brand_color", "").want(t, 200, "/settings/organisation", `src="/logo?v=`)
	b.upload(nil, "name", "Titan", "time_zone", "America/Denver", "no_logo", "on").want(t, 200, "/settings/organisation")
	b.get("/logo").want(t, 404, "")
	b.upload(onePixel(t), "name", "Titan", "time_zone", "America/Denver").want(t, 200, "/settings/organisation")
	if kind := b.get("/logo").Header.Get("Content-Type"); kind != "image/png" {
		t.Errorf("the PNG is served as %s", kind)
	}

	b.upload([]byte("<html>"), "name", " ", "time_zone", "Phoenix", "brand_color", "red").want(t, 422, "",
		"Enter the organisation&#39;s name.", "neither an SVG nor a PNG")
	b.upload(nil, "name", "x", "time_zone", "Phoenix", "brand_color", "red").want(t, 422, "", "is no time zone", "is no colour")
	b.upload(bytes.Repeat([]byte("x"), 2<<20), "name", "Titan", "time_zone", "America/Denver").want(t, 413, "")
	type change struct {
		Operation string
		Changes   map[string]any
	}
	var last change
	err := dbtest.Super(t, db).QueryRow(t.Context(), `SELECT operation, changes FROM audit_entries WHERE table_name = 'orgs' AND org_id = $1 ORDER BY id DESC LIMIT 1`, titan.ID).
		Scan(&last.Operation, &last.Changes)
	if diff := cmp.Diff(change{"update", map[string]any{"brand_logo": "changed", "brand_logo_type": []any{nil, "image/png"}}}, last); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><path d="M0 4 2 0l2 4z"/></svg>`

func onePixel(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOnlyStewardsSeeTheSettings(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	server := site(t, db)
	for role, status := range map[tenant.Role]int{tenant.Owner: 200, tenant.Manager: 403, tenant.Viewer: 403} {
		b := newBrowser(t, server)
		b.signIn(titan, role)
		b.get("/settings/organisation").want(t, status, "")
		b.upload(nil, "name", titan.Name, "time_zone", "America/Denver").want(t, status, "")
		index := b.get("/settings")
		if strings.Contains(index.text, "/settings/organisation") != (status == 200) || !strings.Contains(index.text, "/settings/sessions") {
			t.Errorf("a %s is shown the wrong settings", role)
		}
	}
}

func TestTheAddressOfTheClient(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	handler := site(t, db).Config.Handler
	for remote, c := range map[string]struct{ forwarded, want string }{
		"203.0.113.9:5000": {"198.51.100.1", "203.0.113.9"}, // made up by the client
		"127.0.0.1:5000":   {"198.51.100.1, 203.0.113.7", "203.0.113.7"},
		"[::1]:5000":       {"nonsense", "::1"},
		"127.0.0.1:5001":   {"", "127.0.0.1"},
	} {
		form := url.Values{"email": {titan.Email(tenant.Owner)}, "password": {dbtest.Password}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		got, err := postgres.Value[string](t.Context(), dbtest.Super(t, db), `SELECT host(address) FROM sessions ORDER BY created_at DESC LIMIT 1`)
		if err != nil || got != c.want || w.Code != http.StatusSeeOther {
			t.Errorf("%s, forwarded for %q: kept %s, %v, status %d", remote, c.forwarded, got, err, w.Code)
		}
	}
}

func TestTooManyWrongPasswordsByHand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	b := newBrowser(t, site(t, db))
	for i := range 5 {
		b.post("/sign-in", "email", "nobody@titan.example", "password", fmt.Sprint(i)).want(t, 401, "")
	}
	hold(t, db)
	b.post("/sign-in", "email", "nobody@titan.example", "password", "x").want(t, 429, "", "Too many wrong passwords; try again in")
}
