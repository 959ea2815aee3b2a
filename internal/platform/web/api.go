package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// accessKey is where an operation's Access stands in its metadata.
const accessKey = "skai.access"

// Op registers an API operation. Its path begins with /api/. The handler returns
// errors like a page's does, and the input's and output's tags describe the
// operation in the OpenAPI document.
// It panics when the path is not under /api/, because that is a mistake in the program.
func Op[In, Out any](rt *Router, access Access, op huma.Operation, h func(context.Context, *In) (*Out, error)) {
	if !strings.HasPrefix(op.Path, "/api/") {
		panic("web: API operation " + op.Method + " " + op.Path + " is not under /api/")
	}
	op.Metadata = map[string]any{accessKey: access}
	if op.OperationID == "" {
		op.OperationID = huma.GenerateOperationID(op.Method, op.Path, new(Out))
	}
	if access.Audience != Public {
		op.Security = []map[string][]string{{"session": {}}, {"key": {}}}
	}
	huma.Register(rt.api, op, func(ctx context.Context, in *In) (*Out, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, rt.note(ctx, err)
		}
		return out, nil
	})
}

// Page is the answer of a list. NextCursor is null on the last page.
type Page[T any] struct {
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"Send it as ?cursor= for the next page; null on the last one"`
}

// NewPage makes a list's answer; next is "" on the last page.
func NewPage[T any](items []T, next string) Page[T] {
	p := Page[T]{Items: items}
	if items == nil {
		p.Items = []T{}
	}
	if next != "" {
		p.NextCursor = &next
	}
	return p
}

// IfMatch is embedded in the input of an operation that changes a record.
type IfMatch struct {
	IfMatch string `header:"If-Match" doc:"The version you read, from the ETag or the version member" example:"\"3\""`
}

// Version is the version the caller read.
// It returns fault.Invalid when the header is missing or not a version.
func (m IfMatch) Version() (int64, error) { return ParseVersion(m.IfMatch) }

// IdempotencyKey is embedded in the input of an operation that creates a record.
type IdempotencyKey struct {
	Key string `header:"Idempotency-Key" doc:"Your own name for this write, a UUID for example: sent again with the same body within a week, it is answered as the first time and not done again" maxLength:"200"`
}

// ETag writes a record's version as an entity tag: 3 is "3" with its quotes.
func ETag(version int64) string { return strconv.Quote(VersionText(version)) }

// VersionText is a record's version as the hidden field "version" of its form holds it.
func VersionText(version int64) string { return strconv.FormatInt(version, 10) }

// ParseVersion reads an If-Match header: "3", W/"3" or plain 3.
// It returns fault.Invalid when it is missing or not a version.
func ParseVersion(header string) (int64, error) {
	s := strings.Trim(strings.TrimPrefix(strings.TrimSpace(header), "W/"), `"`)
	if s == "" {
		return 0, fault.Invalid("If-Match", `Send the version you read as If-Match, for example If-Match: "3", so that nobody's change is overwritten`)
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 0 {
		return 0, fault.Invalid("If-Match", `%q is not a version. Send the ETag of the record as you read it, for example "3"`, header)
	}
	return v, nil
}

func newAPI(rt *Router) huma.API {
	return huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: rt.cfg.Name + " API", Version: rt.cfg.Version},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session": {Type: "apiKey", In: "cookie", Name: "__Host-session", Description: "The cookie a browser gets by signing in"},
					"key":     {Type: "http", Scheme: "bearer", Description: "An API key of the organisation, as Authorization: Bearer skai_... Owners and admins make one in Settings, API keys. 401: the key opens nothing; 403: it has not the scope that the answer names."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat: "application/json",
		// A misspelt filter that shows everything would be worse than a refusal.
		RejectUnknownQueryParameters: true,
	}, adapter{rt})
}

// strictJSON is JSON that has to be UTF-8: encoding/json would put replacement
// characters where it is not, and what was sent would be lost.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if !utf8.Valid(data) {
			return errors.New("the body is not UTF-8; send it as UTF-8")
		}
		return huma.DefaultJSONFormat.Unmarshal(data, v)
	},
}

// adapter lets huma register its operations as routes of ours.
type adapter struct{ rt *Router }

// Handle registers one operation.
func (a adapter) Handle(op *huma.Operation, handle func(huma.Context)) {
	access, ok := op.Metadata[accessKey].(Access)
	if !ok {
		panic("web: API operation " + op.Path + " was not registered with web.Op")
	}
	a.rt.add(op.Method+" "+op.Path, KindAPI, access, func(w http.ResponseWriter, r *http.Request) error {
		handle(humago.NewContext(op, r, w))
		return nil
	})
}

// ServeHTTP serves a request without a network; huma's adapters have to.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.rt.Handler().ServeHTTP(w, r) }

// openAPI serves the OpenAPI document, which is complete once the program has started.
func (rt *Router) openAPI() HandlerFunc {
	document := sync.OnceValues(func() ([]byte, error) { return json.Marshal(rt.api.OpenAPI()) })
	return func(w http.ResponseWriter, _ *http.Request) error {
		b, err := document()
		if err != nil {
			return fmt.Errorf("OpenAPI document: %w", err)
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		_, err = w.Write(b)
		return err
	}
}
