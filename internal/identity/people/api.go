package people

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// personJSON is an entry of the list.
type personJSON struct {
	ID        uuid.UUID  `json:"id" doc:"Of the person; of the invitation where the state is invited"`
	State     string     `json:"state" enum:"active,invited,placeholder,removed"`
	Name      string     `json:"name"`
	Email     *string    `json:"email"`
	Role      string     `json:"role" enum:"owner,admin,manager,member,viewer"`
	LastSeen  *time.Time `json:"last_seen_at"`
	ExpiresAt *time.Time `json:"expires_at" doc:"Of an invitation"`
	Since     time.Time  `json:"since"`
	RefusedAt *time.Time `json:"refuses_mail_since" doc:"Its address refused mails, so none are sent there any more"`
}

type peopleInput struct {
	web.ListParams

	State string `query:"state" enum:"active,invited,placeholder,removed"`
}

type peopleOutput struct{ Body web.Page[personJSON] }

type invitationBody struct {
	Email       string     `json:"email" maxLength:"320"`
	Name        string     `json:"name,omitempty" maxLength:"200"`
	Role        string     `json:"role" enum:"admin,manager,member,viewer"`
	Placeholder *uuid.UUID `json:"placeholder_id,omitempty" doc:"The person of an import whose work becomes theirs"`
}

type inviteInput struct{ Body invitationBody }

type inviteOutput struct {
	Body struct {
		ID uuid.UUID `json:"id" doc:"Of the invitation"`
	}
}

type idInput struct {
	ID uuid.UUID `path:"id"`
}

type roleInput struct {
	ID   uuid.UUID `path:"id"`
	Body struct {
		Role string `json:"role" enum:"admin,manager,member,viewer"`
		Was  string `json:"was,omitempty" doc:"The role you read; another one by now is answered with 412" enum:"owner,admin,manager,member,viewer"`
	}
}

func (s *Service) operations(rt *web.Router) {
	invite, manage := web.Access{Permission: string(identity.InvitePeople)}, web.Access{Permission: string(identity.ManagePeople)}
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: path, Tags: []string{"People"}, Summary: summary}
	}
	web.Op(rt, invite, op(http.MethodGet, "/api/people", "List who belongs to the organisation, and open invitations"), s.listAPI)
	web.Op(rt, invite, op(http.MethodPost, "/api/people/invitations", "Invite somebody"), s.inviteAPI)
	web.Op(rt, invite, op(http.MethodPost, "/api/people/invitations/{id}/again", "Send an open invitation again, with a new link"), doing(s.Again))
	web.Op(rt, invite, op(http.MethodDelete, "/api/people/invitations/{id}", "Revoke an open invitation"), doing(s.Revoke))
	web.Op(rt, manage, op(http.MethodPut, "/api/people/{id}/role", "Change a member's role"), func(ctx context.Context, in *roleInput) (*struct{}, error) {
		return nil, s.SetRole(ctx, in.ID, tenant.Role(in.Body.Was), tenant.Role(in.Body.Role))
	})
	web.Op(rt, manage, op(http.MethodDelete, "/api/people/{id}", "Remove a member, at once"), doing(s.Remove))
}

func doing(do func(context.Context, uuid.UUID) error) func(context.Context, *idInput) (*struct{}, error) {
	return func(ctx context.Context, in *idInput) (*struct{}, error) { return nil, do(ctx, in.ID) }
}

func (s *Service) listAPI(ctx context.Context, in *peopleInput) (*peopleOutput, error) {
	filters := url.Values{}
	if in.State != "" {
		filters.Set("state", in.State)
	}
	q, err := in.Query(filters, spec)
	if err != nil {
		return nil, err
	}
	all, err := s.List(ctx, State(in.State), q.Q)
	if err != nil {
		return nil, err
	}
	list, next, err := cut(all, q)
	if err != nil {
		return nil, err
	}
	items := make([]personJSON, len(list))
	for i, e := range list {
		items[i] = personJSON{e.ID, string(e.State), e.Name, e.Email, string(e.Role), e.LastSeenAt, e.ExpiresAt, e.Since, e.RefusedAt}
	}
	return &peopleOutput{web.NewPage(items, next)}, nil
}

func (s *Service) inviteAPI(ctx context.Context, in *inviteInput) (*inviteOutput, error) {
	ids, err := s.Invite(ctx, Invitation{Email: in.Body.Email, Name: in.Body.Name, Role: tenant.Role(in.Body.Role), Placeholder: in.Body.Placeholder})
	if err != nil {
		return nil, err
	}
	out := &inviteOutput{}
	out.Body.ID = ids[0]
	return out, nil
}
