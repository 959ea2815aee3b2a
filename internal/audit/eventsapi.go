package audit

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

type eventsInput struct {
	After  int64  `query:"after" minimum:"0" doc:"Only events with a greater number"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Action string `query:"action" maxLength:"100" doc:"Only this action: claim.archived"`
	Kind   string `query:"kind" enum:"create,read,update,delete"`
	Person string `query:"person" format:"uuid" doc:"Only what this person or key did"`
	Record string `query:"record" format:"uuid" doc:"Only what was done to this record"`
	ETag   string `header:"If-None-Match" doc:"The ETag of your last answer to the same question"`
}

type eventsOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   eventsPage
}

type eventsPage struct {
	Items []asJSON `json:"items" nullable:"false"`
	Last  int64    `json:"last" doc:"Ask with it as after the next time"`
	More  bool     `json:"more" doc:"There are more already"`
}

// org is the organisation of those who may see the trail.
func (s *Service) org(ctx context.Context) (uuid.UUID, error) {
	if err := identity.Require(ctx, identity.ViewAudit); err != nil {
		return uuid.Nil, err
	}
	scope, err := tenant.Must(ctx)
	return scope.OrgID, err
}

func (s *Service) eventsAPI(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	org, err := s.org(ctx)
	if err != nil {
		return nil, err
	}
	f := EventFilter{After: in.After, Limit: in.Limit, Action: in.Action, Kind: in.Kind, Oldest: true}
	f.Actor, _ = uuid.Parse(in.Person) // huma refused what is none
	f.Record, _ = uuid.Parse(in.Record)
	list, more, err := s.Events(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &eventsOutput{Status: http.StatusOK, Body: eventsPage{Items: make([]asJSON, len(list)), Last: in.After, More: more}}
	for i, e := range list {
		out.Body.Items[i] = e.json(org)
		out.Body.Last = e.Number
	}
	// Events never change, so what was asked after and what came last is all there is to tell.
	out.ETag = fmt.Sprintf(`"%d-%d"`, in.After, out.Body.Last)
	if in.ETag == out.ETag {
		out.Status = http.StatusNotModified
	}
	return out, nil
}
