package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Problem is an error as the outside sees it: the members of RFC 9457, a code
// that stays the same between versions, and the fields that were refused.
type Problem struct {
	Type      string        `json:"type" doc:"Always about:blank: the status and the error member say what kind of problem it is" example:"about:blank"`
	Title     string        `json:"title" doc:"The status in words" example:"Unprocessable Entity"`
	Status    int           `json:"status" doc:"The HTTP status" example:"422"`
	Detail    string        `json:"detail" doc:"What happened, to what, and what to do next" example:"title: Enter the title."`
	Code      string        `json:"error" doc:"A code for programs that stays the same" example:"invalid"`
	Fields    fault.Fields  `json:"fields,omitempty" doc:"What is wrong with each field that was refused"`
	RequestID string        `json:"request_id,omitempty" doc:"The request's name in our log"`
	Wait      time.Duration `json:"-"` // after which trying again helps: Retry-After
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType marks the JSON as a problem document; huma asks for it.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var errNoPage = fault.NotFound("not_found", "There is nothing at this address. Check it for typing mistakes, or start from the dashboard")

// statusClientGone is what nginx writes into its log when the client went away
// before the answer; nobody receives it.
const statusClientGone = 499

// problem gives what to answer for err, and whether err is ours to look into.
func problem(ctx context.Context, err error) (p *Problem, ours bool) {
	if p, ok := errors.AsType[*Problem](err); ok {
		return complete(p), p.Status >= http.StatusInternalServerError && p.Status != http.StatusServiceUnavailable
	}
	if f := fault.As(err); f != nil {
		detail := Sentence(f.Message)
		if len(f.Fields) > 0 {
			detail = stopped(f.Message) // begins with a field's name, as the caller spells it
		}
		return complete(&Problem{
			Status: f.Kind.Status(), Detail: detail, Code: f.Code, Fields: f.Fields, Wait: f.Wait,
		}), f.Kind.Status() == http.StatusInternalServerError
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return complete(&Problem{
			Status: http.StatusRequestEntityTooLarge, Code: "too_large",
			Detail: fmt.Sprintf("That is more than the %s this address takes at once. Send less, or in parts.", size(big.Limit)),
		}), false
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return complete(&Problem{Status: statusClientGone, Code: "client_gone", Detail: "The client went away."}), false
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return complete(&Problem{
			Status: http.StatusServiceUnavailable, Code: "timeout",
			Detail: fmt.Sprintf("This took longer than %.0f seconds and was stopped. Narrow the search, or try again in a moment.", RequestTimeout.Seconds()),
		}), true
	}
	return internal(ctx), true
}

func internal(ctx context.Context) *Problem {
	id := RequestID(ctx)
	return complete(&Problem{
		Status: http.StatusInternalServerError, Code: "internal", RequestID: id,
		Detail: "This is a fault in the program, not in what you entered. Try again; if it comes back, give support the request number " +
			id + ", under which the log has the whole story.",
	})
}

func complete(p *Problem) *Problem {
	c := *p
	c.Type = "about:blank"
	if c.Title == "" {
		c.Title = http.StatusText(c.Status)
	}
	if c.Code == "" {
		c.Code = strings.ReplaceAll(strings.ToLower(http.StatusText(c.Status)), " ", "_")
	}
	return &c
}

// Sentence makes a fault's message one to be read by itself: with a capital and a
// full stop.
func Sentence(s string) string {
	first, width := utf8.DecodeRuneInString(s)
	if unicode.IsLower(first) {
		s = string(unicode.ToUpper(first)) + s[width:]
	}
	return stopped(s)
}

// stopped ends a message with a full stop.
func stopped(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") {
		return s
	}
	return s + "."
}

// size writes a number of bytes the way a person reads it.
func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d kB", max(n>>10, 1))
}

// note gives what to answer for err, and writes the whole of it into the log if
// it is ours to look into.
func (rt *Router) note(ctx context.Context, err error) *Problem {
	p, ours := problem(ctx, err)
	i, _ := ctx.Value(infoKey{}).(*info)
	if i == nil {
		i = &info{}
	}
	if p.Status >= http.StatusInternalServerError && i.failure == nil { // an operation's comes by twice
		i.failure = err
	}
	if ours {
		rt.cfg.Log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("error", err.Error()),
			slog.String("route", i.pattern), slog.String("request", i.id))
	}
	return p
}

// fail answers with the error. It is the one place where an error becomes an answer.
func (rt *Router) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := rt.note(r.Context(), err)
	if sent := requestInfo(r).sent; sent != nil && sent.status != 0 {
		// Half an answer is out. Cutting the connection is the only way left to
		// say that it is not whole.
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	for _, name := range []string{"Content-Type", "Content-Disposition", "Content-Length", "ETag", "Last-Modified"} {
		h.Del(name) // of the answer that did not come about
	}
	h.Set("Cache-Control", "no-store")
	RetryAfter(w, p.Wait)
	switch {
	case isAPI(r):
		rt.failAPI(w, r, p)
	case p.Status == http.StatusUnauthorized:
		toSignIn(w, r)
	default:
		rt.failPage(w, r, p)
	}
}

func (rt *Router) failAPI(w http.ResponseWriter, r *http.Request, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="skai"`)
	}
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		rt.cfg.Log.InfoContext(r.Context(), "error answer not sent", "error", err, "request", RequestID(r.Context()))
	}
}

func (rt *Router) failPage(w http.ResponseWriter, r *http.Request, p *Problem) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if IsPartial(r) {
		// Keep what the person was looking at: the words go to the toast region.
		h.Set("HX-Retarget", "#toasts")
		h.Set("HX-Reswap", "beforeend")
		h.Set("HX-Reselect", "[data-toast]") // whatever part of the answer was asked for
		h.Set("HX-Push-Url", "false")
	}
	if ctx := requestInfo(r).ctx; ctx != nil {
		r = r.WithContext(ctx)
	}
	w.WriteHeader(p.Status)
	if err := rt.cfg.ErrorPage(w, r, p); err != nil {
		rt.cfg.Log.ErrorContext(r.Context(), "error page not written", "error", err, "request", RequestID(r.Context()))
	}
}

// huma asks these package variables for its own refusals; it has no other way to
// give them the shape of ours.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return refusal(status, msg, errs)
	}
	huma.NewErrorWithContext = func(_ huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return refusal(status, msg, errs)
	}
}

// refusal is huma's refusal of an input, in our shape. Values are left out:
// they may be somebody's, and the caller has them.
func refusal(status int, msg string, errs []error) *Problem {
	fields := fault.Fields{}
	for _, err := range errs {
		detail, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			if err != nil {
				msg += ": " + err.Error()
			}
			continue
		}
		field, words := refusedField(detail)
		fields.Add(field, "%s", words)
	}
	p := &Problem{Status: status, Detail: stopped(msg), Fields: fields}
	if status == http.StatusUnprocessableEntity {
		p.Code = "invalid"
	}
	if err := fields.Err(); err != nil {
		p.Detail = stopped(err.Error())
	}
	return complete(p)
}

// refusedField names the field as the caller spells it, without the place it
// came from, and says what is wrong with it.
func refusedField(d *huma.ErrorDetail) (field, words string) {
	place, field, _ := strings.Cut(d.Location, ".")
	if field == "" {
		field = place
	}
	missing, ok := strings.CutPrefix(d.Message, "expected required property ")
	if name, ok2 := strings.CutSuffix(missing, " to be present"); ok && ok2 {
		if place == d.Location {
			return name, "is required"
		}
		return field + "." + name, "is required"
	}
	if field == "" {
		field = "body"
	}
	return field, strings.TrimSuffix(d.Message, ": %v")
}
