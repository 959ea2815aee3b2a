package roles

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// roleJSON is a role as the API gives and takes it.
type roleJSON struct {
	ID          uuid.UUID `json:"id" readOnly:"true"`
	Version     int64     `json:"version" readOnly:"true" doc:"Send it as If-Match with a change"`
	Name        string    `json:"name" example:"Estimator"`
	Base        string    `json:"base" enum:"manager,member,viewer" doc:"The built-in role it is made from; a member archives their own records alone"`
	Permissions []string  `json:"permissions" nullable:"false" doc:"Out of what the base may do; records.view is always among them" example:"[\"records.view\",\"records.edit\"]"`
	People      int       `json:"people" readOnly:"true" doc:"How many have it"`
	CreatedAt   time.Time `json:"created_at" readOnly:"true"`
	UpdatedAt   time.Time `json:"updated_at" readOnly:"true"`
}

// builtInJSON is one of the five roles there always are.
type builtInJSON struct {
	Name        string   `json:"name" enum:"owner,admin,manager,member,viewer"`
	Permissions []string `json:"permissions" nullable:"false"`
}

func toJSON(r Role) roleJSON {
	return roleJSON{r.ID, r.Version, r.Name, string(r.Base), r.Permissions, r.People, r.CreatedAt, r.UpdatedAt}
}

func (r *roleJSON) details() Details {
	return Details{Name: r.Name, Base: tenant.Role(r.Base), Permissions: r.Permissions}
}

// answer is one role with its version as entity tag.
type answer struct {
	ETag string `header:"ETag"`
	Body roleJSON
}

func answerOf(r Role, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{web.ETag(r.Version), toJSON(r)}, nil
}

type (
	single struct {
		ID uuid.UUID `path:"id"`
	}
	made struct {
		web.IdempotencyKey

		Body roleJSON
	}
	changed struct {
		web.IfMatch

		ID   uuid.UUID `path:"id"`
		Body roleJSON
	}
	given struct {
		ID     uuid.UUID `path:"id"`
		Person uuid.UUID `path:"person" doc:"A member of the organisation"`
	}
	listed struct {
		Body struct {
			web.Page[roleJSON]

			BuiltIn []builtInJSON `json:"built_in" nullable:"false" doc:"The five roles there always are"`
		}
	}
)

func (s *Service) apiRoutes(rt *web.Router) {
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: "/api/roles" + path, Summary: summary, Tags: []string{"Roles"}}
	}
	creation := op(http.MethodPost, "", "Compose a role")
	creation.DefaultStatus = http.StatusCreated
	web.Op(rt, give, op(http.MethodGet, "", "List roles"), s.listAPI)
	web.Op(rt, compose, creation, func(ctx context.Context, in *made) (*answer, error) {
		return answerOf(s.Create(ctx, in.Body.details(), in.Key))
	})
	web.Op(rt, give, op(http.MethodGet, "/{id}", "Get a role"), func(ctx context.Context, in *single) (*answer, error) {
		full, err := s.Get(ctx, in.ID)
		return answerOf(full.Role, err)
	})
	web.Op(rt, compose, op(http.MethodPut, "/{id}", "Change a role"), func(ctx context.Context, in *changed) (*answer, error) {
		version, err := in.Version()
		if err != nil {
			return nil, err
		}
		return answerOf(s.Update(ctx, in.ID, version, in.Body.details()))
	})
	web.Op(rt, compose, op(http.MethodDelete, "/{id}", "Delete a role that nobody has"), func(ctx context.Context, in *single) (*struct{}, error) {
		_, err := s.Delete(ctx, in.ID)
		return nil, err
	})
	web.Op(rt, give, op(http.MethodPut, "/{id}/people/{person}", "Give somebody a role"), func(ctx context.Context, in *given) (*struct{}, error) {
		_, err := s.Assign(ctx, in.Person, in.ID)
		return nil, err
	})
	web.Op(rt, give, op(http.MethodDelete, "/{id}/people/{person}", "Take a role from somebody, who has its base from then on"), func(ctx context.Context, in *given) (*struct{}, error) {
		_, err := s.Unassign(ctx, in.Person, in.ID)
		return nil, err
	})
}

func (s *Service) listAPI(ctx context.Context, _ *struct{}) (*listed, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]roleJSON, len(list))
	for i, r := range list {
		items[i] = toJSON(r)
	}
	out := &listed{}
	out.Body.Page = web.NewPage(items, "")
	for _, role := range identity.Roles() {
		b := builtInJSON{Name: string(role)}
		for _, p := range identity.Permissions(tenant.Scope{Role: role}) {
			b.Permissions = append(b.Permissions, string(p))
		}
		out.Body.BuiltIn = append(out.Body.BuiltIn, b)
	}
	return out, nil
}
