package ui_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/platform/web"
)

type writer = io.Writer

// element is an HTML element around a component.
func element(tag, attributes string, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := fmt.Fprintf(w, "<%s %s>", tag, attributes); err != nil {
			return err
		}
		if err := inner.Render(ctx, w); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "</%s>", tag)
		return err
	})
}

// fetch asks the gallery for a page; header is names and values in turn.
func fetch(t *testing.T, h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type sampleInput struct {
	ID string `path:"id" format:"uuid" doc:"The claim"`
	web.IfMatch

	Body struct {
		Stage string `json:"stage" enum:"filed,approved" doc:"The stage to move to"`
		Note  string `json:"note,omitempty" maxLength:"500" doc:"What the timeline says"`
	}
}

type sampleOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		ID      string `json:"id" format:"uuid"`
		Version int64  `json:"version"`
	}
}

type sampleList struct {
	web.ListParams
	Stage string `query:"stage" enum:"intake,filed" doc:"Only this stage"`
}

type sampleListOutput struct{ Body web.Page[sampleRow] }

type sampleRow struct {
	Number string `json:"number" doc:"The organisation's own number" example:"T-1042"`
	RCV    *int64 `json:"rcv_cents" doc:"Replacement cost value in cents"`
}

// sampleAPI is an API to describe.
func sampleAPI(rt *web.Router) {
	web.Op(rt, web.Access{Permission: "records.view"}, huma.Operation{
		Method: "GET", Path: "/api/claims", Tags: []string{"Claims"}, Summary: "List claims", Description: "Newest first unless sorted.",
	}, func(context.Context, *sampleList) (*sampleListOutput, error) { return &sampleListOutput{}, nil })
	web.Op(rt, web.Access{Permission: "records.edit"}, huma.Operation{
		Method: "POST", Path: "/api/claims/{id}/stage", Tags: []string{"Claims"}, Summary: "Move a claim to another stage",
	}, func(context.Context, *sampleInput) (*sampleOutput, error) { return &sampleOutput{}, nil })
	web.Op(rt, web.Access{Audience: web.Public}, huma.Operation{
		Method: "GET", Path: "/api/health", Tags: []string{"Health"}, Summary: "Is the program well?",
	}, func(context.Context, *struct{}) (*struct{}, error) { return &struct{}{}, nil })
}
