package claims

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/claims/estimate"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// claimJSON is a claim as the API gives and takes it. What it takes are the
// members that are not read-only; those that are left out are emptied, but for
// the amounts, which stay. So a claim can be read, changed and sent back whole.
type claimJSON struct {
	ID             uuid.UUID                 `json:"id" readOnly:"true"`
	Version        int64                     `json:"version" readOnly:"true" doc:"Send it as If-Match with a change"`
	Number         int64                     `json:"number" readOnly:"true" doc:"Ours, from 1 without a gap"`
	Name           string                    `json:"name" readOnly:"true" doc:"The number as people say it" example:"C-17"`
	Title          string                    `json:"title" required:"false" doc:"What your people call it" example:"Delgado, full replacement"`
	ContactID      *uuid.UUID                `json:"contact_id" required:"false"`
	PropertyID     *uuid.UUID                `json:"property_id" required:"false"`
	LeadID         *uuid.UUID                `json:"lead_id" required:"false" readOnly:"true" doc:"The lead it came from"`
	Stage          Stage                     `json:"stage" required:"false" readOnly:"true" enum:"intake,inspection,filed,adjuster_review,approved,denied,appeal,build,completed,invoiced,depreciation,closed,cancelled" doc:"Moved by POST /api/claims/{id}/stage"`
	StageBefore    Stage                     `json:"stage_before" required:"false" readOnly:"true" doc:"Of a cancelled claim: where it was"`
	StageChangedAt time.Time                 `json:"stage_changed_at" readOnly:"true"`
	SourceStage    string                    `json:"source_stage" required:"false" readOnly:"true" doc:"The word of the system it came from"`
	Kind           string                    `json:"kind" required:"false" enum:"insurance,retail" default:"insurance"`
	Carrier        string                    `json:"carrier" required:"false" example:"State Farm"`
	ClaimNumber    string                    `json:"claim_number" required:"false" doc:"The carrier's; no two claims of a carrier have the same"`
	PolicyNumber   string                    `json:"policy_number" required:"false"`
	DateOfLoss     string                    `json:"date_of_loss" required:"false" doc:"The day, 2026-11-22, or empty"`
	Peril          string                    `json:"peril" required:"false" enum:",hail,wind,fire,water,lightning,other"`
	AdjusterID     *uuid.UUID                `json:"adjuster_id" required:"false" doc:"A contact"`
	Source         string                    `json:"source" required:"false" example:"Referral"`
	WorkType       string                    `json:"work_type" required:"false"`
	Priority       string                    `json:"priority" required:"false" enum:"low,normal,high,urgent" default:"normal"`
	AssigneeID     *uuid.UUID                `json:"assignee_id" required:"false"`
	NextAction     string                    `json:"next_action" required:"false"`
	NextActionOn   string                    `json:"next_action_on" required:"false" doc:"The day, 2026-11-22, or empty"`
	Notes          string                    `json:"notes" required:"false"`
	Tags           []string                  `json:"tags" required:"false" nullable:"false"`
	Amounts        *Amounts                  `json:"amounts" required:"false" doc:"Cents; null is not known. Left out, they stay as they are. null altogether for those who may not see amounts"`
	MoneyFlags     []string                  `json:"money_flags" required:"false" readOnly:"true" nullable:"false" doc:"How the amounts contradict each other: acv_not_rcv_less_depreciation, acv_over_rcv, negative_amount, deductible_over_rcv"`
	Contact        string                    `json:"contact" required:"false" readOnly:"true" doc:"Their name"`
	Property       string                    `json:"property" required:"false" readOnly:"true" doc:"Its address"`
	Adjuster       string                    `json:"adjuster" required:"false" readOnly:"true" doc:"Their name"`
	Assignee       string                    `json:"assignee" required:"false" readOnly:"true" doc:"Their name"`
	Extra          map[string]map[string]any `json:"extra,omitempty" readOnly:"true" doc:"What imports kept without a place of its own, by source; not in lists"`
	CreatedAt      time.Time                 `json:"created_at" readOnly:"true"`
	CreatedBy      uuid.UUID                 `json:"created_by" readOnly:"true"`
	UpdatedAt      time.Time                 `json:"updated_at" readOnly:"true"`
	UpdatedBy      uuid.UUID                 `json:"updated_by" readOnly:"true"`
	ArchivedAt     *time.Time                `json:"archived_at" required:"false" readOnly:"true" doc:"null while it is not archived"`
}

func toJSON(ctx context.Context, c Claim) claimJSON {
	j := claimJSON{
		ID: c.ID, Version: c.Version, Number: c.Number, Name: c.Name(), Title: c.Title, ContactID: c.ContactID, PropertyID: c.PropertyID, LeadID: c.LeadID,
		Stage: c.Stage, StageBefore: c.StageBefore, StageChangedAt: c.StageChangedAt, SourceStage: c.SourceStage, Kind: c.Kind, Carrier: c.Carrier,
		ClaimNumber: c.ClaimNumber, PolicyNumber: c.PolicyNumber, DateOfLoss: c.DateOfLoss.String(), Peril: c.Peril, AdjusterID: c.AdjusterID, Source: c.Source,
		WorkType: c.WorkType, Priority: c.Priority, AssigneeID: c.AssigneeID, NextAction: c.NextAction, NextActionOn: c.NextActionOn.String(), Notes: c.Notes,
		Tags: c.Tags, Amounts: &c.Amounts, MoneyFlags: c.MoneyFlags, Contact: c.Contact, Property: c.Property, Adjuster: c.Adjuster, Assignee: c.Assignee,
		CreatedAt: c.CreatedAt, CreatedBy: c.CreatedBy, UpdatedAt: c.UpdatedAt, UpdatedBy: c.UpdatedBy, ArchivedAt: c.ArchivedAt,
	}
	if !identity.Can(ctx, identity.ViewAmounts) {
		j.Amounts = nil
	}
	return j
}

func (c *claimJSON) details() (Details, error) {
	loss, err := leads.ReadDay("date_of_loss", c.DateOfLoss)
	if err != nil {
		return Details{}, err
	}
	next, err := leads.ReadDay("next_action_on", c.NextActionOn)
	return Details{
		Title: c.Title, PropertyID: c.PropertyID, ContactID: c.ContactID, Kind: c.Kind, Carrier: c.Carrier, ClaimNumber: c.ClaimNumber,
		PolicyNumber: c.PolicyNumber, DateOfLoss: loss, Peril: c.Peril, AdjusterID: c.AdjusterID, Source: c.Source, WorkType: c.WorkType,
		Priority: c.Priority, AssigneeID: c.AssigneeID, NextAction: c.NextAction, NextActionOn: next, Notes: c.Notes, Tags: c.Tags,
	}, err
}

// answer is one claim with its version as entity tag.
type answer struct {
	Location string `header:"Location" doc:"Of what was created"`
	ETag     string `header:"ETag"`
	Body     claimJSON
}

func answerOf(ctx context.Context, c Claim, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{ETag: web.ETag(c.Version), Body: toJSON(ctx, c)}, nil
}

type listInput struct {
	web.ListParams

	Stage    string `query:"stage" enum:"intake,inspection,filed,adjuster_review,approved,denied,appeal,build,completed,invoiced,depreciation,closed,cancelled"`
	Kind     string `query:"kind" enum:"insurance,retail"`
	Peril    string `query:"peril" enum:"hail,wind,fire,water,lightning,other"`
	Carrier  string `query:"carrier" doc:"This carrier, however it is capitalised"`
	Assignee string `query:"assignee" doc:"The id of somebody"`
	Tag      string `query:"tag" doc:"Exactly this tag"`
	Archived string `query:"archived" enum:"yes,no" doc:"yes: the archived ones, in the order in which they were archived"`
}

type (
	one struct {
		ID uuid.UUID `path:"id"`
	}
	made struct {
		web.IdempotencyKey

		Body claimJSON
	}
	changed struct {
		web.IfMatch

		ID   uuid.UUID `path:"id"`
		Body claimJSON
	}
	claimMove struct {
		Stage  Stage  `json:"stage" enum:"intake,inspection,filed,adjuster_review,approved,denied,appeal,build,completed,invoiced,depreciation,closed,cancelled"`
		Reason string `json:"reason,omitempty" doc:"Needed for a step back"`
	}
	moved struct {
		ID   uuid.UUID `path:"id"`
		Body claimMove
	}
	listed        struct{ Body web.Page[claimJSON] }
	estimatesBody struct {
		Items []estimate.Estimate `json:"items" nullable:"false"`
	}
	estimated struct{ Body estimatesBody }
)

func (s *Service) apiRoutes(rt *web.Router) {
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: "/api/claims" + path, Summary: summary, Tags: []string{"Claims"}}
	}
	creation := op(http.MethodPost, "", "Open a claim")
	creation.DefaultStatus = http.StatusCreated
	web.Op(rt, see, op(http.MethodGet, "", "List claims"), s.listAPI)
	web.Op(rt, edit, creation, s.createAPI)
	web.Op(rt, see, op(http.MethodGet, "/{id}", "Get a claim"), s.getAPI)
	web.Op(rt, edit, op(http.MethodPut, "/{id}", "Change a claim"), s.updateAPI)
	web.Op(rt, edit, op(http.MethodPost, "/{id}/stage", "Move a claim to another stage"), func(ctx context.Context, in *moved) (*answer, error) {
		c, err := s.Advance(ctx, in.ID, in.Body.Stage, in.Body.Reason)
		return answerOf(ctx, c, err)
	})
	amounts := web.Access{Permission: string(identity.ViewAmounts)}
	web.Op(rt, amounts, op(http.MethodGet, "/{id}/estimates", "List a claim's estimates with their lines"), func(ctx context.Context, in *one) (*estimated, error) {
		list, err := s.EstimatesOf(ctx, in.ID)
		return &estimated{estimatesBody{list}}, err
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/archive", "Archive a claim"), func(ctx context.Context, in *one) (*answer, error) {
		c, err := s.Archive(ctx, in.ID)
		return answerOf(ctx, c, err)
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/restore", "Restore an archived claim"), func(ctx context.Context, in *one) (*answer, error) {
		c, err := s.Restore(ctx, in.ID)
		return answerOf(ctx, c, err)
	})
}

func (s *Service) listAPI(ctx context.Context, in *listInput) (*listed, error) {
	q, err := in.Query(leads.Filters(map[string]string{
		"stage": in.Stage, "kind": in.Kind, "peril": in.Peril, "carrier": in.Carrier, "assignee": in.Assignee, "tag": in.Tag, "archived": in.Archived,
	}), listing.Web())
	if err != nil {
		return nil, err
	}
	l, err := s.List(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]claimJSON, len(l.Rows))
	for i, c := range l.Rows {
		items[i] = toJSON(ctx, c)
	}
	return &listed{Body: web.NewPage(items, l.Older)}, nil
}

func (s *Service) createAPI(ctx context.Context, in *made) (*answer, error) {
	d, err := in.Body.details()
	if err != nil {
		return nil, err
	}
	var amounts Amounts
	if in.Body.Amounts != nil {
		amounts = *in.Body.Amounts
	}
	c, err := s.Create(ctx, d, amounts, in.Key)
	a, err := answerOf(ctx, c, err)
	if err == nil {
		a.Location = "/api/claims/" + a.Body.ID.String()
	}
	return a, err
}

func (s *Service) getAPI(ctx context.Context, in *one) (*answer, error) {
	c, err := s.Get(ctx, in.ID)
	a, err := answerOf(ctx, c.Claim, err)
	if err == nil {
		a.Body.Extra = c.Extra
	}
	return a, err
}

func (s *Service) updateAPI(ctx context.Context, in *changed) (*answer, error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	d, err := in.Body.details()
	if err != nil {
		return nil, err
	}
	c, err := s.Update(ctx, in.ID, version, d, in.Body.Amounts)
	return answerOf(ctx, c, err)
}
