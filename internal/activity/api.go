package activity

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// entryJSON is an entry as the API gives and takes it.
type entryJSON struct {
	ID         *uuid.UUID  `json:"id,omitempty" readOnly:"true" doc:"Absent for an import, which is told from where the record came from"`
	Kind       string      `json:"kind" enum:"note,call,email,text,task,appointment,stage,file,import,report" doc:"stage, file, import and report are written by the program"`
	At         *time.Time  `json:"at" required:"false" doc:"When it was; of an appointment, when it begins; now where left out"`
	Body       string      `json:"body" required:"false"`
	ContactID  *uuid.UUID  `json:"contact_id" required:"false" format:"uuid" doc:"One of the four records is needed"`
	PropertyID *uuid.UUID  `json:"property_id" required:"false" format:"uuid"`
	LeadID     *uuid.UUID  `json:"lead_id" required:"false" format:"uuid"`
	ClaimID    *uuid.UUID  `json:"claim_id" required:"false" format:"uuid"`
	FromStage  *string     `json:"from_stage,omitempty" readOnly:"true"`
	ToStage    *string     `json:"to_stage,omitempty" readOnly:"true"`
	AssigneeID *uuid.UUID  `json:"assignee_id" required:"false" format:"uuid" doc:"Who does the task or keeps the appointment"`
	DueOn      string      `json:"due_on" required:"false" doc:"Of a task: the day, 2026-11-22, or empty"`
	DoneAt     *time.Time  `json:"done_at" required:"false" readOnly:"true"`
	EndsAt     *time.Time  `json:"ends_at" required:"false"`
	Place      string      `json:"place" required:"false"`
	CreatedBy  *uuid.UUID  `json:"created_by,omitempty" readOnly:"true"`
	Origin     *originJSON `json:"origin,omitempty" readOnly:"true" doc:"Of an import, and of a stage that an import changed"`
}

// originJSON is where a record came from.
type originJSON struct {
	Source     string    `json:"source" example:"acculynx"`
	ExternalID string    `json:"external_id"`
	ImportedAt time.Time `json:"imported_at"`
	RunID      uuid.UUID `json:"run_id"`
	File       string    `json:"file"`
	Line       *int      `json:"line"`
}

func toJSON(e Entry) entryJSON {
	var origin *originJSON
	if o := e.Origin; o != nil {
		origin = &originJSON{o.Source, o.ExternalID, o.ImportedAt, o.RunID, o.File, o.Line}
	}
	if e.Kind == KindImport {
		return entryJSON{Kind: e.Kind, At: &e.At, Origin: origin}
	}
	return entryJSON{
		ID: &e.ID, Kind: e.Kind, At: &e.At, Body: e.Body, ContactID: e.ContactID, PropertyID: e.PropertyID, LeadID: e.LeadID, ClaimID: e.ClaimID,
		FromStage: e.FromStage, ToStage: e.ToStage, AssigneeID: e.AssigneeID, DueOn: e.DueOn.String(), DoneAt: e.DoneAt, EndsAt: e.EndsAt,
		Place: e.Place, CreatedBy: &e.CreatedBy, Origin: origin,
	}
}

type (
	historyInput struct {
		ContactID  string `query:"contact_id" format:"uuid" doc:"Of this contact; one of the four records is needed"`
		PropertyID string `query:"property_id" format:"uuid"`
		LeadID     string `query:"lead_id" format:"uuid"`
		ClaimID    string `query:"claim_id" format:"uuid"`
		Cursor     string `query:"cursor" doc:"next_cursor of the page before"`
	}
	historyOutput struct{ Body web.Page[entryJSON] }
	addInput      struct {
		web.IdempotencyKey

		Body entryJSON
	}
	doneInput struct {
		ID   uuid.UUID `path:"id"`
		Body struct {
			Done bool `json:"done"`
		}
	}
	entryOutput struct{ Body entryJSON }
)

func (s *Service) apiRoutes(rt *web.Router) {
	see := web.Access{Permission: string(identity.ViewRecords)}
	edit := web.Access{Permission: string(identity.EditRecords)}
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: "/api/activities" + path, Summary: summary, Tags: []string{"History"}}
	}
	creation := op(http.MethodPost, "", "Add to a record's history")
	creation.DefaultStatus = http.StatusCreated
	web.Op(rt, see, op(http.MethodGet, "", "List a record's history, newest first"), s.listAPI)
	web.Op(rt, edit, creation, s.addAPI)
	web.Op(rt, edit, op(http.MethodPut, "/{id}/done", "Mark a task as done or open"), func(ctx context.Context, in *doneInput) (*entryOutput, error) {
		e, err := s.Done(ctx, in.ID, in.Body.Done)
		return &entryOutput{toJSON(e)}, err
	})
}

func (s *Service) listAPI(ctx context.Context, in *historyInput) (*historyOutput, error) {
	var about About
	for _, ref := range []struct {
		text string
		id   **uuid.UUID
	}{{in.ContactID, &about.ContactID}, {in.PropertyID, &about.PropertyID}, {in.LeadID, &about.LeadID}, {in.ClaimID, &about.ClaimID}} {
		if id, err := uuid.Parse(ref.text); err == nil { // huma has checked its form
			*ref.id = &id
		}
	}
	h, err := s.Of(ctx, about, in.Cursor)
	if err != nil {
		return nil, err
	}
	items := make([]entryJSON, len(h.Entries))
	for i, e := range h.Entries {
		items[i] = toJSON(e)
	}
	return &historyOutput{web.NewPage(items, h.Older)}, nil
}

func (s *Service) addAPI(ctx context.Context, in *addInput) (*entryOutput, error) {
	b := in.Body
	var due date.Date
	if err := due.UnmarshalText([]byte(b.DueOn)); err != nil {
		return nil, fault.Invalid("due_on", "%v", err)
	}
	e, err := s.Add(ctx, NewEntry{
		About: About{b.ContactID, b.PropertyID, b.LeadID, b.ClaimID}, Key: in.Key, Kind: b.Kind, Body: b.Body,
		At: b.At, EndsAt: b.EndsAt, Place: b.Place, AssigneeID: b.AssigneeID, DueOn: due,
	})
	return &entryOutput{toJSON(e)}, err
}
