package leads

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// leadJSON is a lead as the API gives and takes it. What it takes are the
// members that are not read-only; those that are left out are emptied, so a lead
// can be read, changed and sent back whole.
type leadJSON struct {
	ID             uuid.UUID                 `json:"id" readOnly:"true"`
	Version        int64                     `json:"version" readOnly:"true" doc:"Send it as If-Match with a change"`
	Title          string                    `json:"title" required:"false" doc:"What your people call it" example:"Delgado, hail on the roof"`
	ContactID      *uuid.UUID                `json:"contact_id" required:"false"`
	PropertyID     *uuid.UUID                `json:"property_id" required:"false"`
	Stage          Stage                     `json:"stage" required:"false" readOnly:"true" enum:"new,contacted,qualified,inspected,proposal,won,lost" doc:"Moved by POST /api/leads/{id}/stage"`
	StageChangedAt time.Time                 `json:"stage_changed_at" readOnly:"true"`
	SourceStage    string                    `json:"source_stage" required:"false" readOnly:"true" doc:"The word of the system it came from"`
	DeadReason     string                    `json:"dead_reason" required:"false" readOnly:"true" doc:"Why a lost lead was lost"`
	Kind           string                    `json:"kind" required:"false" enum:"insurance,retail,repair,financed" default:"insurance"`
	Source         string                    `json:"source" required:"false" example:"Door knocking"`
	Temperature    string                    `json:"temperature" required:"false" enum:",cold,warm,hot"`
	EstimatedValue *int64                    `json:"estimated_value" required:"false" doc:"Cents; null is not known"`
	AssigneeID     *uuid.UUID                `json:"assignee_id" required:"false"`
	FollowUpOn     string                    `json:"follow_up_on" required:"false" doc:"The day, 2026-11-22, or empty"`
	Urgency        string                    `json:"urgency" required:"false" enum:"low,normal,high,urgent" default:"normal"`
	Notes          string                    `json:"notes" required:"false"`
	Tags           []string                  `json:"tags" required:"false" nullable:"false"`
	Contact        string                    `json:"contact" required:"false" readOnly:"true" doc:"Its name"`
	Property       string                    `json:"property" required:"false" readOnly:"true" doc:"Its address"`
	Assignee       string                    `json:"assignee" required:"false" readOnly:"true" doc:"Their name"`
	ClaimID        *uuid.UUID                `json:"claim_id" required:"false" readOnly:"true" doc:"The claim that winning it opened"`
	Extra          map[string]map[string]any `json:"extra,omitempty" readOnly:"true" doc:"What imports kept without a place of its own, by source; not in lists"`
	CreatedAt      time.Time                 `json:"created_at" readOnly:"true"`
	CreatedBy      uuid.UUID                 `json:"created_by" readOnly:"true"`
	UpdatedAt      time.Time                 `json:"updated_at" readOnly:"true"`
	UpdatedBy      uuid.UUID                 `json:"updated_by" readOnly:"true"`
	ArchivedAt     *time.Time                `json:"archived_at" required:"false" readOnly:"true" doc:"null while it is not archived"`
}

func toJSON(l Lead) leadJSON {
	return leadJSON{
		ID: l.ID, Version: l.Version, Title: l.Title, ContactID: l.ContactID, PropertyID: l.PropertyID, Stage: l.Stage, StageChangedAt: l.StageChangedAt,
		SourceStage: l.SourceStage, DeadReason: l.DeadReason, Kind: l.Kind, Source: l.Source, Temperature: l.Temperature, EstimatedValue: (*int64)(l.EstimatedValue),
		AssigneeID: l.AssigneeID, FollowUpOn: l.FollowUpOn.String(), Urgency: l.Urgency, Notes: l.Notes, Tags: l.Tags,
		Contact: l.Contact, Property: l.Property, Assignee: l.Assignee, ClaimID: l.ClaimID,
		CreatedAt: l.CreatedAt, CreatedBy: l.CreatedBy, UpdatedAt: l.UpdatedAt, UpdatedBy: l.UpdatedBy, ArchivedAt: l.ArchivedAt,
	}
}

func (l *leadJSON) details() (Details, error) {
	day, err := ReadDay("follow_up_on", l.FollowUpOn)
	return Details{
		Title: l.Title, ContactID: l.ContactID, PropertyID: l.PropertyID, Source: l.Source, Temperature: l.Temperature, Kind: l.Kind,
		EstimatedValue: (*money.Cents)(l.EstimatedValue), AssigneeID: l.AssigneeID, FollowUpOn: day, Urgency: l.Urgency, Notes: l.Notes, Tags: l.Tags,
	}, err
}

// ReadDay reads a day of the API's, "" for none.
func ReadDay(field, text string) (d date.Date, err error) {
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return d, fault.Invalid(field, "%v", err)
	}
	return d, nil
}

// answer is one lead with its version as entity tag.
type answer struct {
	Location string `header:"Location" doc:"Of what was created"`
	ETag     string `header:"ETag"`
	Body     leadJSON
}

func answerOf(l Lead, err error) (*answer, error) {
	if err != nil {
		return nil, err
	}
	return &answer{ETag: web.ETag(l.Version), Body: toJSON(l)}, nil
}

type listInput struct {
	web.ListParams

	Stage       string `query:"stage" enum:"new,contacted,qualified,inspected,proposal,won,lost"`
	Kind        string `query:"kind" enum:"insurance,retail,repair,financed"`
	Temperature string `query:"temperature" enum:"cold,warm,hot"`
	Source      string `query:"source" doc:"Exactly this source"`
	Assignee    string `query:"assignee" doc:"The id of somebody"`
	Tag         string `query:"tag" doc:"Exactly this tag"`
	Archived    string `query:"archived" enum:"yes,no" doc:"yes: the archived ones, in the order in which they were archived"`
}

type (
	one struct {
		ID uuid.UUID `path:"id"`
	}
	made struct {
		web.IdempotencyKey

		Body leadJSON
	}
	changed struct {
		web.IfMatch

		ID   uuid.UUID `path:"id"`
		Body leadJSON
	}
	leadMove struct {
		Stage  Stage  `json:"stage" enum:"new,contacted,qualified,inspected,proposal,won,lost"`
		Reason string `json:"reason,omitempty" doc:"Needed to lose a lead, and for a step back"`
	}
	moved struct {
		ID   uuid.UUID `path:"id"`
		Body leadMove
	}
	listed struct{ Body web.Page[leadJSON] }
)

func (s *Service) apiRoutes(rt *web.Router) {
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: "/api/leads" + path, Summary: summary, Tags: []string{"Leads"}}
	}
	creation := op(http.MethodPost, "", "Create a lead")
	creation.DefaultStatus = http.StatusCreated
	web.Op(rt, see, op(http.MethodGet, "", "List leads"), s.listAPI)
	web.Op(rt, edit, creation, s.createAPI)
	web.Op(rt, see, op(http.MethodGet, "/{id}", "Get a lead"), s.getAPI)
	web.Op(rt, edit, op(http.MethodPut, "/{id}", "Change a lead"), s.updateAPI)
	web.Op(rt, edit, op(http.MethodPost, "/{id}/stage", "Move a lead to another stage"), func(ctx context.Context, in *moved) (*answer, error) {
		return answerOf(s.Advance(ctx, in.ID, in.Body.Stage, in.Body.Reason))
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/archive", "Archive a lead"), func(ctx context.Context, in *one) (*answer, error) {
		return answerOf(s.Archive(ctx, in.ID))
	})
	web.Op(rt, archive, op(http.MethodPost, "/{id}/restore", "Restore an archived lead"), func(ctx context.Context, in *one) (*answer, error) {
		return answerOf(s.Restore(ctx, in.ID))
	})
}

func (s *Service) listAPI(ctx context.Context, in *listInput) (*listed, error) {
	q, err := in.Query(Filters(map[string]string{
		"stage": in.Stage, "kind": in.Kind, "temperature": in.Temperature, "source": in.Source, "assignee": in.Assignee, "tag": in.Tag, "archived": in.Archived,
	}), listing.Web())
	if err != nil {
		return nil, err
	}
	l, err := s.List(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]leadJSON, len(l.Rows))
	for i, l := range l.Rows {
		items[i] = toJSON(l)
	}
	return &listed{Body: web.NewPage(items, l.Older)}, nil
}

// Filters are the filters of an API list that are set.
func Filters(all map[string]string) url.Values {
	filters := url.Values{}
	for name, value := range all {
		if value != "" {
			filters.Set(name, value)
		}
	}
	return filters
}

func (s *Service) createAPI(ctx context.Context, in *made) (*answer, error) {
	d, err := in.Body.details()
	if err != nil {
		return nil, err
	}
	a, err := answerOf(s.Create(ctx, d, in.Key))
	if err == nil {
		a.Location = "/api/leads/" + a.Body.ID.String()
	}
	return a, err
}

func (s *Service) getAPI(ctx context.Context, in *one) (*answer, error) {
	l, err := s.Get(ctx, in.ID)
	a, err := answerOf(l.Lead, err)
	if err == nil {
		a.Body.Extra = l.Extra
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
	return answerOf(s.Update(ctx, in.ID, version, d))
}
