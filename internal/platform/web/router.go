package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Router holds every route of the program. Routes are registered while the
// program starts; after that it is read-only and safe for concurrent use.
type Router struct {
	cfg    Config
	mux    *http.ServeMux
	api    huma.API
	routes []Route
	cross  []string // patterns that pages of other sites may send
}

// New makes a router with the OpenAPI document and, if there is a renderer for
// it, the page about the API already registered.
// It returns an error that names what is missing from the configuration.
func New(cfg Config) (*Router, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Secret == nil {
		cfg.Secret = make([]byte, 32)
		_, _ = rand.Read(cfg.Secret) // crypto/rand.Read never fails
	}
	rt := &Router{cfg: cfg, mux: http.NewServeMux()}
	rt.api = newAPI(rt)
	public := Access{Audience: Public}
	rt.add("GET /api/openapi.json", KindAPI, public, rt.openAPI())
	if cfg.Docs != nil {
		rt.add("GET /api/docs", KindPage, public, func(w http.ResponseWriter, r *http.Request) error {
			return cfg.Docs(w, r, rt.api.OpenAPI())
		})
	}
	return rt, nil
}

// Page registers a handler that answers with HTML. The pattern is
// net/http's with a method: "GET /claims/{id}". It panics on a pattern without a
// method or one that is taken, because that is a mistake in the program.
func (rt *Router) Page(pattern string, access Access, h HandlerFunc) {
	rt.add(pattern, KindPage, access, h)
}

// Raw registers an operation in another's protocol, which writes its own refusals.
func (rt *Router) Raw(pattern string, access Access, h HandlerFunc) {
	rt.add(pattern, KindAPI, access, h)
}

// Stream registers a handler whose answer may take long: an export, live updates.
func (rt *Router) Stream(pattern string, access Access, h HandlerFunc) {
	rt.add(pattern, KindStream, access, h)
}

// Upload registers a handler of a form with files of at most maxBytes together.
func (rt *Router) Upload(pattern string, access Access, maxBytes int64, h HandlerFunc) {
	rt.add(pattern, KindUpload, access, func(w http.ResponseWriter, r *http.Request) error {
		r.Body = http.MaxBytesReader(w, r.Body, maxBytes)
		return h(w, r)
	})
}

// Static registers files that are the same for everybody and hold no secret:
// "GET /static/". The handler sets its own caching.
func (rt *Router) Static(pattern string, access Access, h http.Handler) {
	rt.add(pattern, KindStatic, access, func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	})
}

// Routes lists every route, by pattern and method.
func (rt *Router) Routes() []Route {
	list := slices.Clone(rt.routes)
	slices.SortStableFunc(list, func(a, b Route) int {
		if c := strings.Compare(a.Pattern, b.Pattern); c != 0 {
			return c
		}
		return strings.Compare(a.Method, b.Method)
	})
	return list
}

// Serves tells whether the server answers a route's address with that route and
// with no other.
func (rt *Router) Serves(r Route) bool {
	path := strings.TrimSuffix(r.Pattern, "{$}")
	for strings.Contains(path, "{") {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + "x" + after
	}
	_, pattern := rt.mux.Handler(&http.Request{Method: r.Method, URL: &url.URL{Path: path}})
	return pattern == r.Method+" "+r.Pattern
}

// add is the one door: every route of the program passes here, and nothing else
// reaches the mux. internal/rules_test.go reads the source for it.
func (rt *Router) add(pattern string, kind Kind, access Access, h HandlerFunc) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		panic("web: pattern " + pattern + " has no method; write GET " + pattern)
	}
	access.Rate = access.preset(method, kind)
	if _, ok := access.Rate.Rate(); !ok && access.Rate != limit.Unlimited {
		panic("web: " + pattern + " has the preset " + string(access.Rate) + ", which package limit does not know")
	}
	if access.Rate == limit.Auth && access.Audience == Public && access.By == nil {
		panic("web: " + pattern + " counts an office behind one address as one account; say By what senders are told apart, for example ByField(\"email\")")
	}
	if access.CrossSite {
		rt.cross = append(rt.cross, pattern)
	}
	rt.routes = append(rt.routes, Route{
		Method: method, Pattern: path, Audience: access.Audience, Permission: access.Permission, Preset: access.Rate, Kind: kind,
	})
	rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		requestInfo(r).pattern = path
		r = r.WithContext(tenant.WithRequest(r.Context(), rt.asked(r)))
		err := rt.gated(w, r, kind, access, h)
		if err != nil {
			rt.fail(w, r, err)
		}
		if rt.cfg.Done != nil {
			if err := rt.cfg.Done(cmp.Or(requestInfo(r).ctx, r.Context()), requestInfo(r).sent.code(), err); err != nil {
				_ = rt.note(r.Context(), err) // it is answered already
			}
		}
	})
}

// asked is what the audit trail keeps of a request.
func (rt *Router) asked(r *http.Request) tenant.Request {
	pattern := requestInfo(r).pattern
	t := tenant.Request{ID: RequestID(r.Context()), Route: r.Method + " " + pattern, Address: ClientAddr(r).String(), Device: strings.ToValidUTF8(r.UserAgent(), "")}
	if rt.cfg.Action != nil {
		t.Action = rt.cfg.Action(r.Method, pattern)
	}
	return t
}

// guarded lets the request through to the handler if its sender may use the route.
func (rt *Router) guarded(w http.ResponseWriter, r *http.Request, kind Kind, access Access, h HandlerFunc) error {
	ctx, err := rt.admit(w, r, access)
	if err != nil {
		return err
	}
	requestInfo(r).ctx = ctx // so that an error page knows who is signed in
	switch kind {
	case KindPage, KindAPI:
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, RequestTimeout)
		defer cancel()
	case KindStream, KindUpload:
		if err := lift(w); err != nil {
			return err
		}
	case KindStatic:
	}
	switch {
	case access.Audience != Public:
		// A shared computer must not show a signed-out person's pages, and a
		// proxy must never keep them.
		w.Header().Set("Cache-Control", "no-store")
	case kind == KindPage:
		w.Header().Set("Cache-Control", "no-cache")
	}
	return h(w, r.WithContext(ctx))
}

// lift removes the server's time limits for this request.
func lift(w http.ResponseWriter) error {
	rc := http.NewResponseController(w)
	if err := rc.SetReadDeadline(time.Time{}); err != nil && !unsupported(err) {
		return err
	}
	if err := rc.SetWriteDeadline(time.Time{}); err != nil && !unsupported(err) {
		return err
	}
	return nil
}

// admit gives the context in which the request is served. Those who are signed in
// are counted before they are asked for a permission: trying doors is work, too.
func (rt *Router) admit(w http.ResponseWriter, r *http.Request, access Access) (context.Context, error) {
	authenticate := rt.cfg.Authenticate
	switch access.Audience {
	case Public:
		return r.Context(), rt.count(w, r, access)
	case Operator:
		if rt.cfg.AuthenticateOperator == nil {
			return nil, errNoPage
		}
		authenticate = rt.cfg.AuthenticateOperator
	case SignedIn:
	}
	ctx, err := authenticate(r)
	if access.Audience == Operator && fault.Is(err, fault.KindNotFound) {
		err = errNoPage // in the words of an address that is not there
	}
	requestInfo(r).ctx = ctx
	if err != nil {
		return nil, err
	}
	if err := rt.count(w, r.WithContext(ctx), access); err != nil {
		return nil, err
	}
	if access.Permission != "" && rt.cfg.Permit != nil {
		if err := rt.cfg.Permit(ctx, access.Permission); err != nil {
			return nil, err
		}
	}
	return ctx, nil
}

// Handler is the whole program as the server sees it: the middleware around the routes.
func (rt *Router) Handler() http.Handler {
	h := http.Handler(http.HandlerFunc(rt.dispatch))
	h = rt.refuseCrossOrigin(h)
	h = rt.recoverPanic(h)
	h = rt.toHTTPS(h)
	h = compress(h)
	h = secure(h)
	return rt.observe(h)
}

// dispatch serves the routes and answers for the addresses that have none.
func (rt *Router) dispatch(w http.ResponseWriter, r *http.Request) {
	h, pattern := rt.mux.Handler(r)
	clean := path.Clean(r.URL.Path)
	// net/http would redirect /api//claims to /api/claims before anybody is asked who they are.
	if pattern != "" && (!isAPI(r) || clean == strings.TrimSuffix(r.URL.Path, "/")) {
		rt.mux.ServeHTTP(w, r)
		return
	}
	var answer probe
	if pattern == "" {
		h.ServeHTTP(&answer, r) // net/http tells 404 from 405 by what it writes
	}
	rt.fail(w, r, rt.unrouted(w, r, answer))
}

// unrouted gives the error of an address that has no route for the method.
// Under /api/ only those who are signed in learn whether an address exists.
func (rt *Router) unrouted(w http.ResponseWriter, r *http.Request, answer probe) error {
	ctx, err := rt.cfg.Authenticate(r)
	switch {
	case err == nil:
		requestInfo(r).ctx = ctx // the error page shows where else to go
	case isAPI(r):
		return err
	}
	if answer.status != http.StatusMethodNotAllowed {
		return errNoPage
	}
	allow := answer.Header().Get("Allow")
	if rt.isOperators(r, allow) { // nobody learns by a wrong method that it is there
		return errNoPage
	}
	w.Header().Set("Allow", allow)
	return &Problem{
		Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
		Detail: "This address does not take " + r.Method + ", only " + allow + ".",
	}
}

// isOperators tells whether an address is the operator's, by a method it takes.
func (rt *Router) isOperators(r *http.Request, allow string) bool {
	method, _, _ := strings.Cut(allow, ",")
	_, pattern := rt.mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host})
	return slices.ContainsFunc(rt.routes, func(k Route) bool { return k.Audience == Operator && k.Method+" "+k.Pattern == pattern })
}

// probe keeps the status and headers of an answer and drops its body.
type probe struct {
	header http.Header
	status int
}

// Header is the header of the answer.
func (p *probe) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}

// WriteHeader keeps the status.
func (p *probe) WriteHeader(status int) { p.status = status }

// Write drops the body.
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

func isAPI(r *http.Request) bool {
	return r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/")
}
