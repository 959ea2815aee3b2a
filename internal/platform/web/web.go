// Package web is the one door to the program: routes, who may use them, what
// happens to every request on its way in and out, and how an error reaches the
// person or program that asked. It knows no feature.
//
// A room registers its pages and its API operations on the [Router] it is given,
// and nowhere else:
//
//	func (s *Service) Routes(rt *web.Router) {
//		see := web.Access{Audience: web.SignedIn, Permission: "records.view"}
//		edit := web.Access{Audience: web.SignedIn, Permission: "records.edit"}
//		rt.Page("GET /claims", see, s.listPage)
//		rt.Page("POST /claims", edit, s.createPage)
//		rt.Stream("GET /claims.csv", see, s.export)
//		web.Op(rt, see, huma.Operation{Method: "GET", Path: "/api/claims", Tags: []string{"Claims"},
//			Summary: "List claims"}, s.listAPI)
//	}
//
//	func (s *Service) createPage(w http.ResponseWriter, r *http.Request) error {
//		f, err := web.ParseForm(r)
//		if err != nil {
//			return err
//		}
//		in := New{Title: f.Need("title", "the title"), Notes: f.Text("notes")}
//		if err := f.Err(); err != nil {
//			return err // or show the form again with f.Values and f.Fields
//		}
//		c, err := s.Create(r.Context(), in)
//		if err != nil {
//			return err
//		}
//		web.SetFlash(w, r, web.Done, "Claim %s was opened.", c.Number)
//		return web.Redirect(w, r, "/claims/"+c.ID.String())
//	}
//
// A handler returns its error; it never writes one. Errors made with package
// fault reach the user in their own words; any other error becomes a 500 that
// names the request, and stands whole in the log under that name.
//
// Lists read their query with [ParseList] (or embed [ListParams] in a huma input),
// make cursors with [NewCursor], read them with [ReadCursor] and answer with [Page]. CSV goes through package
// sheet, which keeps a spreadsheet from running what a customer typed.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/platform/gate"
	"github.com/skaiscraper/skai/internal/platform/limit"
)

// HandlerFunc answers a request or returns the error that stands in the way.
// It must not have written anything when it returns an error.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Audience says who a route is for.
type Audience int

// The audiences.
const (
	SignedIn Audience = iota // a person or key with a membership in an organisation; the zero value, so that forgetting it closes the door
	Public                   // anybody
	Operator                 // whoever runs the platform; for all others the route does not exist
)

// String is the audience as `skai routes` prints it.
func (a Audience) String() string {
	switch a {
	case Public:
		return "public"
	case Operator:
		return "operator"
	}
	return "signed in"
}

// Access says who may use a route, and how often.
type Access struct {
	Audience   Audience
	Permission string // a permission of identity's matrix; "" is any member

	// Rate is how often; "" is what the kind of route has by itself: API and
	// streams limit.API, uploads limit.Upload, what anybody may send limit.Public;
	// pages, files and what anybody may read are limit.Unlimited.
	Rate limit.Preset
	// By tells senders apart who share an address, where nobody is signed in:
	// ByField("email"), ByCookie("session"). Without it an address is one sender.
	By func(r *http.Request) (string, error)
	// Light passes the gate without being counted: it answers from memory, or lasts for
	// as long as somebody looks and hardly does anything.
	Light bool
	// CrossSite lets a page of another site send this: an identity provider's.
	CrossSite bool
}

// Route is one entry of the router's table.
type Route struct {
	Method     string // "GET"
	Pattern    string // "/claims/{id}"
	Audience   Audience
	Permission string
	Preset     limit.Preset
	Kind       Kind
}

// Kind says what a route answers with.
type Kind string

// The kinds of route.
const (
	KindPage   Kind = "page"   // HTML within [RequestTimeout]
	KindStream Kind = "stream" // an export or live updates: no time limit
	KindUpload Kind = "upload" // a form with files: its own limit of size, no time limit
	KindAPI    Kind = "api"    // JSON within [RequestTimeout]
	KindStatic Kind = "static" // files that are the same for everybody
)

// Limits that hold for every request.
const (
	RequestTimeout = 30 * time.Second // pages and API operations; their context ends then
	MaxBody        = 1 << 20          // bytes of a form or a JSON body; uploads say their own
)

// Config is what the router needs from the rest of the program. Authenticate and
// ErrorPage are required.
type Config struct {
	// Authenticate gives the request's context with a tenant.Scope in it, or
	// fault.Unauthenticated when nobody is signed in. Its tenant.Scope takes the
	// request id from RequestID(r.Context()). A context beside any other error says as
	// whose the refusal is shown.
	Authenticate func(r *http.Request) (context.Context, error)
	// AuthenticateOperator does the same for the platform's operator; without it
	// no operator route can be reached.
	AuthenticateOperator func(r *http.Request) (context.Context, error)
	// Permit refuses a signed-in context without the permission; the domain's
	// methods check again. Without it the domain's check stands alone.
	Permit func(ctx context.Context, permission string) error
	// ErrorPage writes the body of an error answer: a whole page or, when
	// IsPartial(r), an element with the attribute data-toast, which htmx puts into
	// the page's element #toasts. The router writes status and headers.
	ErrorPage func(w http.ResponseWriter, r *http.Request, p *Problem) error
	// Action names what a route does, for the audit trail: "claim.archived" for
	// POST and /claims/{id}/archive. Without it the trail tells by the rows changed.
	Action func(method, pattern string) string
	// Done hears of each request of a route once it is answered: with the context
	// of who is signed in, if anybody, the status, and the error of a refusal. What
	// it can't do stands in the log.
	Done func(ctx context.Context, status int, refused error) error
	// Begin and Observed hear of each request when it begins and when it is answered:
	// Observed with the context that Begin gave, and that of who is signed in within.
	Begin    func(context.Context) context.Context
	Observed func(ctx context.Context, o Observation)
	// Proxies are in front of the program, on other machines: what they say of
	// where a request comes from is believed.
	Proxies []netip.Prefix
	// Limits counts requests; without it routes have presets that nothing enforces.
	Limits *limit.Limiter
	// Gate lets in as many requests at once as get done; without it all come in.
	Gate *gate.Gate
	// Docs writes the page about the API; nil leaves /api/docs out.
	Docs func(w http.ResponseWriter, r *http.Request, api *huma.OpenAPI) error

	Log     *slog.Logger // nil is slog.Default()
	Name    string       // product name in the OpenAPI document
	Version string       // version in the OpenAPI document
	HTTPS   bool         // the public address is https even if a proxy does not say so
	Secret  []byte       // signs flash messages, at least 16 bytes and the same on all machines; nil makes one for this process
}

func (c *Config) check() error {
	if c.Authenticate == nil || c.ErrorPage == nil {
		return errors.New("web: Config needs Authenticate and ErrorPage")
	}
	if c.Secret != nil && len(c.Secret) < 16 {
		return errors.New("web: Config.Secret needs at least 16 bytes")
	}
	return nil
}

// NewServer is an HTTP server with the time limits that keep a slow or broken
// client from holding a connection. Streams and uploads lift the limits for themselves.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       RequestTimeout,
		WriteTimeout:      RequestTimeout + 10*time.Second, // so that the timeout can still be answered in words
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
