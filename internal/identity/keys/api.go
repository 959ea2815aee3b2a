package keys

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// keyJSON is a key as the API tells of it.
type keyJSON struct {
	ID          uuid.UUID  `json:"id" doc:"Also of the person as whom the key acts, in created_by of a record"`
	Name        string     `json:"name"`
	Prefix      string     `json:"prefix" doc:"The beginning of the key" example:"skai_AbCd1234"`
	Scopes      []string   `json:"scopes" nullable:"false"`
	Rate        int        `json:"rate" doc:"Requests a minute"`
	State       string     `json:"state" enum:"good,expired,revoked"`
	CreatedAt   time.Time  `json:"created_at"`
	CreatedBy   string     `json:"created_by" doc:"By name"`
	CreatorGone bool       `json:"creator_gone" doc:"Who made the key is no active person of the organisation any more; the key goes on"`
	ExpiresAt   *time.Time `json:"expires_at" doc:"null: good until it is revoked"`
	LastUsedAt  *time.Time `json:"last_used_at" doc:"To the minute; null: never"`
	LastAddress *string    `json:"last_address" doc:"Where it was last used from"`
	RevokedAt   *time.Time `json:"revoked_at"`
	RevokedBy   *string    `json:"revoked_by" doc:"By name"`
}

func toJSON(k Key) keyJSON {
	var address *string
	if k.LastAddress != nil {
		text := k.LastAddress.String()
		address = &text
	}
	return keyJSON{
		k.ID, k.Name, k.Prefix, k.Scopes, k.Rate, k.State(), k.CreatedAt, k.CreatedBy, k.CreatorGone, k.ExpiresAt, k.LastUsedAt, address,
		k.RevokedAt, k.RevokedBy,
	}
}

type answer struct{ Body keyJSON }

func answerOf(k Key, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{toJSON(k)}, nil
}

type (
	single struct {
		ID uuid.UUID `path:"id"`
	}
	newInput struct {
		Body struct {
			Name   string   `json:"name" doc:"Of the program that uses it" example:"Zapier"`
			Scopes []string `json:"scopes" nullable:"false" enum:"records.view,records.edit,records.archive,amounts.view,amounts.edit,stages.back,analytics.view,audit.view,people.provision"`
			Days   *int     `json:"days" required:"false" doc:"How long it is good, 1 to 366, 90 where it is left out; 0: until it is revoked"`
			Rate   int      `json:"rate" required:"false" doc:"Requests a minute, 1 to 1000; 100 where it is left out"`
		}
	}
	// newAnswer is the one answer that holds a key whole.
	newAnswer struct {
		Body struct {
			keyJSON

			Secret string `json:"secret" doc:"The key itself: shown now and never again"`
		}
	}
	renameInput struct {
		ID   uuid.UUID `path:"id"`
		Body struct {
			Name string `json:"name"`
		}
	}
	listed struct{ Body web.Page[keyJSON] }
)

func (s *Service) apiRoutes(rt *web.Router) {
	op := func(method, path, summary, more string) huma.Operation {
		return huma.Operation{Method: method, Path: "/api/keys" + path, Summary: summary, Description: more, Tags: []string{"API keys"}}
	}
	creation := op(http.MethodPost, "", "Make an API key", "A signed-in person does it, who has typed the password within the last 15 minutes; no API key can.")
	creation.DefaultStatus = http.StatusCreated
	web.Op(rt, manage, op(http.MethodGet, "", "List API keys", ""), s.listAPI)
	web.Op(rt, web.Access{Permission: manage.Permission, Rate: limit.APIKeys}, creation, s.createAPI)
	web.Op(rt, manage, op(http.MethodGet, "/{id}", "Get an API key", "Without its secret, which nobody has but who made it."), func(ctx context.Context, in *single) (*answer, error) {
		return answerOf(s.Get(ctx, in.ID))
	})
	web.Op(rt, manage, op(http.MethodPut, "/{id}", "Rename an API key", ""), func(ctx context.Context, in *renameInput) (*answer, error) {
		return answerOf(s.Rename(ctx, in.ID, in.Body.Name))
	})
	web.Op(rt, manage, op(http.MethodPost, "/{id}/revoke", "Revoke an API key", "At once and for good."), func(ctx context.Context, in *single) (*answer, error) {
		return answerOf(s.Revoke(ctx, in.ID))
	})
}

func (s *Service) createAPI(ctx context.Context, in *newInput) (*newAnswer, error) {
	d := Details{Name: in.Body.Name, Scopes: in.Body.Scopes, Days: DefaultDays, Rate: in.Body.Rate}
	if in.Body.Days != nil {
		d.Days = *in.Body.Days
	}
	k, token, err := s.Create(ctx, d)
	if err != nil {
		return nil, err
	}
	out := &newAnswer{}
	out.Body.keyJSON, out.Body.Secret = toJSON(k), token.Secret()
	return out, nil
}

func (s *Service) listAPI(ctx context.Context, _ *struct{}) (*listed, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]keyJSON, len(list))
	for i, k := range list {
		items[i] = toJSON(k)
	}
	return &listed{web.NewPage(items, "")}, nil
}
