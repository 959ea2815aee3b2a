package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// info is what the middleware knows about a request. It is made once for each
// request and shared by pointer, because the pattern and the person are known
// only further in than the log and the error page need them.
type info struct {
	id      string
	https   bool
	secret  []byte
	pattern string
	proxies []netip.Prefix  // Config.Proxies
	sent    *recorder       // what the handler has answered so far
	ctx     context.Context // the signed-in context, for the error page of the same request
	failure error           // what is answered with 5xx
}

type infoKey struct{}

func requestInfo(r *http.Request) *info {
	if i, ok := r.Context().Value(infoKey{}).(*info); ok {
		return i
	}
	return &info{} // a handler called without the router, in a test
}

// RequestID is the name of the request in the log, in the X-Request-Id header and
// in the audit trail; "" outside a request.
func RequestID(ctx context.Context) string {
	if i, ok := ctx.Value(infoKey{}).(*info); ok {
		return i.id
	}
	return ""
}

// IsHTTPS tells whether the person's browser spoke https, here or with a proxy in front.
func IsHTTPS(r *http.Request) bool { return requestInfo(r).https }

// IsPartial tells whether htmx will put the answer, or a part of it, into a page
// that stands already. Going back and boosted links load a page as a whole.
func IsPartial(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Boosted") != "true" &&
		r.Header.Get("HX-History-Restore-Request") != "true"
}

// observe names the request and writes its line into the log. The line holds
// neither the path nor the query, which may name people, but the route's pattern.
func (rt *Router) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		i := &info{id: newID(), secret: rt.cfg.Secret, pattern: "none", proxies: rt.cfg.Proxies}
		// The header can be made up, but only by the sender for themselves: it
		// makes their own cookies stricter and nothing else.
		i.https = rt.cfg.HTTPS || r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
		ctx := context.WithValue(r.Context(), infoKey{}, i)
		if rt.cfg.Begin != nil {
			ctx = rt.cfg.Begin(ctx)
		}
		r = r.WithContext(ctx)
		w.Header().Set("X-Request-Id", i.id)
		rec := &recorder{ResponseWriter: w}
		defer func() {
			rt.cfg.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", r.Method), slog.String("route", i.pattern),
				slog.Int("status", rec.code()), slog.Int64("bytes", rec.bytes),
				slog.Duration("took", time.Since(start)), slog.String("request", i.id))
			if rt.cfg.Observed != nil {
				rt.cfg.Observed(cmp.Or(i.ctx, ctx), Observation{r.Method, i.pattern, i.id, rec.code(), rec.bytes, time.Since(start), i.failure})
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// Observation is a request that was answered.
type Observation struct {
	Method  string
	Pattern string // "/claims/{id}"; "none" where there is no route
	ID      string // under which the log has it
	Status  int
	Bytes   int64
	Took    time.Duration
	Failure error // what was, or would have been, answered with 5xx, a *Panic among them; nil where nothing failed
}

// Route is the address with its method: "GET /claims/{id}".
func (o Observation) Route() string { return o.Method + " " + o.Pattern }

// Panic is a programmer's mistake that a request came upon.
type Panic struct {
	Value any
	Stack []byte
}

// Error is what it said, with the stack.
func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }

func newID() string {
	id, err := uuid.NewV7()
	if err != nil {
		id = uuid.New()
	}
	return id.String()
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter

	status int
	bytes  int64
}

// WriteHeader notes the status and passes it on.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the size and passes the bytes on.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Flush sends what is written so far. The compression around us looks for this
// method and does not unwrap.
func (w *recorder) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush() // http.Flusher has no error; the next Write tells
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// csp lets a page load its own scripts, styles, pictures and fonts, and talk to
// where it came from; nothing inline, nothing of others, in nobody's frame. data:
// is for the small pictures inside Tabler's stylesheet.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// permissions lists what a browser can give a page. Camera and location are for
// the crew's photos, and for this site alone; nobody gets the rest. Passkeys
// (publickey-credentials) are left as browsers have them: for this site alone.
var permissions = "camera=(self), geolocation=(self), " + strings.Join([]string{
	"accelerometer", "autoplay", "browsing-topics", "display-capture", "encrypted-media",
	"fullscreen", "gamepad", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi",
	"payment", "picture-in-picture", "screen-wake-lock",
	"serial", "storage-access", "usb", "window-management", "xr-spatial-tracking",
}, "=(), ") + "=()"

// secure sets the headers that tell the browser how little this site needs.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY") // for browsers that don't know frame-ancestors
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp") // all that a page loads is ours and says so
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		if IsHTTPS(r) {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload") // two years
		}
		next.ServeHTTP(w, r)
	})
}

// toHTTPS sends those on who came over plain http to a site whose public address
// is https, as the proxy in front says. Without a proxy that says so there is no
// telling.
func (rt *Router) toHTTPS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !rt.cfg.HTTPS || !strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "http") || strings.ContainsAny(r.Host, "/\\@?#") {
			next.ServeHTTP(w, r)
			return
		}
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		http.Redirect(w, r, (&url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}).String(), http.StatusPermanentRedirect)
	})
}

// compress sends text in gzip or zstd. Nothing here is worth guessing by size:
// pages carry no token, the session is in a cookie.
func compress(next http.Handler) http.Handler { return gzhttp.GzipHandler(next) }

// recoverPanic turns a panic into the same answer as any other internal error.
func (rt *Router) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := &recorder{ResponseWriter: w}
		requestInfo(r).sent = sent
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p) // net/http's own way to drop a connection
			}
			rt.fail(sent, r, &Panic{p, debug.Stack()})
		}()
		next.ServeHTTP(sent, r)
	})
}

// refuseCrossOrigin stops another site from acting in a signed-in person's name.
// Programs with an API key need no exemption: they send neither Sec-Fetch-Site
// nor Origin, and a page of another origin could not read our answer anyway.
func (rt *Router) refuseCrossOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, pattern := range rt.cross {
		protection.AddInsecureBypassPattern(pattern)
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rt.fail(w, r, fault.Forbidden("cross_origin",
			"This request came from another site and was stopped. Open the page here and try again"))
	}))
	return protection.Handler(next)
}

func unsupported(err error) bool { return errors.Is(err, http.ErrNotSupported) }
