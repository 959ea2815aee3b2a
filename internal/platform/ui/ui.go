// Package ui is how the program looks: the page around every page, the
// components rooms build their pages from, the style, the script and the icons.
// It knows no feature; what it shows is handed to it.
//
// A room's handler fetches its data and hands a component to [Page]:
//
//	func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
//		q, err := web.ParseList(r.URL.Query(), spec)
//		if err != nil {
//			return err
//		}
//		claims, next, prev, err := s.List(r.Context(), q)
//		if err != nil {
//			return err
//		}
//		return ui.Page(w, r, ui.Head{
//			Title: "Claims", Section: ui.Claims, Canonical: q.URL("/claims"),
//			Action: &ui.Action{Text: "New claim", URL: "/claims/new", Icon: "plus"},
//		}, claimsList(q, claims, next, prev))
//	}
//
// and the component, in the room's pages.templ, puts these together:
//
//	templ claimsList(q web.ListQuery, claims []Claim, next, prev string) {
//		@ui.List(ui.Listing{
//			Table:       ui.Table{Caption: "Claims", Query: q, Path: "/claims", Columns: columns, Rows: rows(claims)},
//			Placeholder: "Search claims by number, name or street",
//			Filters:     []ui.Filter{{Name: "stage", Label: "Stage", Options: stages}},
//			Prev:        prev, Next: next,
//		})
//	}
//
// A detail page is made of [Card], [Details], [Timeline], [Extra] and [Tabs]; a
// form of [Input], [Select], [Textarea], [MoneyInput], [DateInput] and [Checkbox],
// with [ErrorSummary] above them. Pages made of all the components are
// in gallery_test.go.
//
// Rules of the house: no style attribute, no inline script, no address of another
// host: the Content-Security-Policy stops them all. Every page works without
// JavaScript; the script makes it quicker, never possible. Words stand in the
// templates, short and plain, so that they can be translated later.
package ui

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// Viewer is who looks at the page, and in which organisation. Authentication
// puts one into the context with WithViewer.
type Viewer struct {
	Name     string
	Email    string
	Role     string // as shown: "Manager"
	Org      Org
	Orgs     []Org     // all the person belongs to; two or more show the switcher
	Sections []Section // what the person may open; nil is every one
	Settings []Link    // entries of the settings menu; none hides it
	Zone     *time.Location
	Visit    *Visit // how an operator of the platform comes to see this; nil for everybody who is at home here
	Home     string // where somebody is at home who runs the platform, and has no settings; "" is the dashboard
}

// Visit is an operator's look into an organisation, by its consent.
type Visit struct {
	Org       string
	Why       string
	Until     time.Time
	LeavePath string // what ends it
}

// Org is an organisation as the shell shows it.
type Org struct {
	ID      string
	Name    string
	Colour  string // "#0b5a6b"; "" or anything else keeps our own palette
	LogoURL string // a picture of this site about 28 px high; "" shows the name's letter
}

// Link is a text that leads somewhere.
type Link struct {
	Text string
	URL  string
	Icon string // a name from icons.txt, or ""
}

// Section is one of the program's main places. The letter after g goes there.
type Section struct {
	Text     string
	URL      string
	Icon     string
	Shortcut string
}

// The sections, in their order.
var (
	Dashboard  = Section{"Dashboard", "/dashboard", "layout-dashboard", "d"}
	Leads      = Section{"Leads", "/leads", "flag", "l"}
	Claims     = Section{"Claims", "/claims", "clipboard-list", "c"}
	Contacts   = Section{"Contacts", "/contacts", "address-book", "o"}
	Properties = Section{"Properties", "/properties", "home", "p"}
	Migration  = Section{"Migration", "/migration", "database-import", "m"}
	Settings   = Section{"Settings", "/settings", "settings", "s"}
)

// Where the shell's own forms and links lead. Identity serves the first three.
const (
	SignOutPath  = "/sign-out"          // POST
	SwitchPath   = "/switch"            // POST org=ID, next=PATH
	SessionsPath = "/settings/sessions" // the person's own sessions
	PrefsPath    = "/preferences"       // POST theme=, density=, next=; served by Routes
)

// Head is what a page says about itself.
type Head struct {
	Title     string // also the h1, unless Body brings its own with NoTitle
	Lead      string // a line below the title, or ""
	Section   Section
	Crumbs    []Link   // where the page lies, without itself
	Action    *Action  // the page's one primary action
	More      []Link   // other actions, behind the dots
	Canonical string   // the address without defaults; a search typed into a list shows it
	NoTitle   bool     // the body has the h1
	Wide      bool     // a list: use the whole width
	Onward    string   // the address the browser goes on to by itself, or ""
	Scripts   []string // files of ours that this page alone needs, beside those all have: "ops.js"
}

// Action is the primary action of a page.
type Action struct {
	Text string
	URL  string
	Icon string
}

type viewerKey struct{}

type requestKey struct{}

// request is what the shell knows of the request it answers.
type request struct {
	theme   string // "light", "dark" or "auto"
	density string // "comfortable" or "compact"
	path    string
	flash   *web.Flash
	now     time.Time
}

// WithViewer puts the person into the context of everything the request shows.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerFrom gives the person; ok is false where nobody signed in.
func ViewerFrom(ctx context.Context) (v Viewer, ok bool) {
	v, ok = ctx.Value(viewerKey{}).(Viewer)
	return v, ok
}

func viewer(ctx context.Context) Viewer {
	v, _ := ViewerFrom(ctx)
	return v
}

func requestOf(ctx context.Context) request {
	if q, ok := ctx.Value(requestKey{}).(request); ok {
		return q
	}
	return request{theme: "auto", density: "comfortable", path: "/", now: time.Now()}
}

// withRequest reads the person's preferences and takes the message left for this page.
func withRequest(w http.ResponseWriter, r *http.Request) context.Context {
	q := request{theme: web.Cookie(r, themeCookie), density: web.Cookie(r, densityCookie), path: r.URL.RequestURI(), now: time.Now()}
	if q.theme != "light" && q.theme != "dark" {
		q.theme = "auto"
	}
	if q.density != "compact" {
		q.density = "comfortable"
	}
	if f, ok := web.TakeFlash(w, r); ok {
		q.flash = &f
	}
	return context.WithValue(r.Context(), requestKey{}, q)
}

// Page answers with a whole page: the shell around body.
func Page(w http.ResponseWriter, r *http.Request, head Head, body templ.Component) error {
	return PageStatus(w, r, http.StatusOK, head, body)
}

// PageStatus is Page with another status: 422 for a form shown again, 412 for a
// record somebody else has changed.
func PageStatus(w http.ResponseWriter, r *http.Request, status int, head Head, body templ.Component) error {
	if head.Canonical != "" && web.IsPartial(r) {
		w.Header().Set("HX-Replace-Url", head.Canonical)
	}
	return send(w, r, status, shell(head, body))
}

// PublicPage answers with a page for people who are not signed in.
func PublicPage(w http.ResponseWriter, r *http.Request, head Head, body templ.Component) error {
	return send(w, r, http.StatusOK, public(head, body))
}

// CardPage answers with one card in the middle of the page: signing in, an invitation.
func CardPage(w http.ResponseWriter, r *http.Request, status int, head Head, body templ.Component) error {
	return send(w, r, status, centered(head, body))
}

// Fragment answers an htmx request with a component alone.
func Fragment(w http.ResponseWriter, r *http.Request, body templ.Component) error {
	return send(w, r, http.StatusOK, body)
}

// send renders before it writes, so that an error in a template is answered as
// an error and not as half a page.
func send(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(withRequest(w, r), &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := b.WriteTo(w)
	return err
}

// ErrorPage writes the body of an error answer; it is web.Config's ErrorPage.
func ErrorPage(w http.ResponseWriter, r *http.Request, p *web.Problem) error {
	ctx := withRequest(w, r)
	if web.IsPartial(r) {
		return toast(web.Warn, p.Detail).Render(ctx, w)
	}
	head := Head{Title: problemTitle(p), NoTitle: true}
	body := problemPage(p)
	if _, signedIn := ViewerFrom(ctx); signedIn {
		return shell(head, body).Render(ctx, w)
	}
	return public(head, body).Render(ctx, w)
}
