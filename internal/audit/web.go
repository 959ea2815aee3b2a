package audit

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

var spec = web.ListSpec{Filters: []string{"record"}}

// Routes registers the trail's page and operation.
func (s *Service) Routes(rt *web.Router) {
	access := web.Access{Permission: string(identity.ViewAudit)}
	rt.Page("GET "+identity.AuditPath, access, s.page)
	rt.Page("GET "+eventsPath+"/{id}", access, s.eventPage)
	rt.Stream("GET "+identity.AuditPath+".csv", access, s.csv)
	rt.Stream("GET "+identity.AuditPath+".jsonl", access, s.lines)
	rt.Page("GET "+cataloguePath, access, s.cataloguePage)
	rt.Page("GET "+keepingPath, access, s.keepingPage)
	rt.Page("POST "+retentionPath, web.Access{Permission: string(identity.EditSettings)}, s.retentionSubmit)
	web.Op(rt, access, huma.Operation{
		Method: http.MethodGet, Path: "/api/audit/events", Tags: []string{"Audit trail"}, Summary: "List what was done, the oldest first",
		Description: "For a SIEM that polls: ask with after = the last number you have. Send the ETag back as If-None-Match: while nothing is new, the answer is 304 without a body.",
	}, s.eventsAPI)
	web.Op(rt, access, huma.Operation{
		Method: http.MethodGet, Path: "/api/audit", Tags: []string{"Audit trail"}, Summary: "List which rows changed, the latest first",
	}, s.list)
}

// ask reads the trail as a list's query wants it.
func (s *Service) ask(ctx context.Context, q web.ListQuery) (entries []Entry, next string, err error) {
	f := Filter{Limit: q.Limit}
	if raw := q.Filter("record"); raw != "" {
		form := web.NewForm(url.Values{"record": {raw}})
		f.Record, _ = form.ID("record")
		if err := form.Err(); err != nil {
			return nil, "", err
		}
	}
	if _, _, err := web.ReadCursor(q, &f.Before); err != nil {
		return nil, "", err
	}
	entries, before, err := s.List(ctx, f)
	if err != nil || before == 0 {
		return entries, "", err
	}
	next, err = web.NewCursor(q, false, before)
	return entries, next, err
}

// entryOutput is an entry as the API gives it.
type entryOutput struct {
	ID        int64         `json:"id"`
	At        time.Time     `json:"at"`
	Actor     string        `json:"actor"`
	RequestID string        `json:"request_id"`
	Table     string        `json:"table" example:"claims"`
	RecordID  *uuid.UUID    `json:"record_id" doc:"Null for a statement of an import"`
	Operation string        `json:"operation" example:"update"`
	Changes   []changeInAPI `json:"changes" nullable:"false"`
	RunID     *uuid.UUID    `json:"run_id" doc:"The import whose ledger has the rows"`
	Rows      int64         `json:"rows" doc:"1, or the rows of an import's statement"`
}

type changeInAPI struct {
	Column string `json:"column" example:"claim number"`
	Before string `json:"before"`
	After  string `json:"after"`
	Secret bool   `json:"secret,omitempty" doc:"It changed; the values are not kept"`
}

type listInput struct {
	web.ListParams

	Record string `query:"record" doc:"Only the changes of the record with this id"`
}

type listOutput struct{ Body web.Page[entryOutput] }

func (s *Service) list(ctx context.Context, in *listInput) (*listOutput, error) {
	filters := url.Values{}
	if in.Record != "" {
		filters.Set("record", in.Record)
	}
	q, err := in.Query(filters, spec)
	if err != nil {
		return nil, err
	}
	entries, next, err := s.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]entryOutput, len(entries))
	for i, e := range entries {
		items[i] = entryOutput{e.ID, e.At, e.Actor, e.RequestID, e.Table, e.RecordID, e.Operation, []changeInAPI{}, e.RunID, e.RowCount}
		for _, c := range e.Changes.List() {
			items[i].Changes = append(items[i].Changes, changeInAPI(c))
		}
	}
	return &listOutput{web.NewPage(items, next)}, nil
}

// recordURL is the page of a record, "" for one that has none.
func recordURL(table string, id *uuid.UUID) string {
	switch table {
	case "contacts", "properties", "leads", "claims":
		if id != nil {
			return "/" + table + "/" + id.String()
		}
	case "api_keys": // is revoked, never deleted; a role may be gone
		if id != nil {
			return identity.KeysPath + "/" + id.String()
		}
	}
	return ""
}

// did says what an entry is about: "changed a claim", "added 500 contacts by an import".
func did(e Entry) string {
	verb := map[string]string{"insert": "added", "update": "changed", "delete": "deleted"}[strings.TrimPrefix(e.Operation, "bulk ")]
	things := strings.ReplaceAll(e.Table, "_", " ")
	if e.RunID != nil {
		return verb + " " + ui.Count(e.RowCount) + " " + things + " by an import"
	}
	if one, ok := singular[e.Table]; ok {
		return verb + " " + one
	}
	return verb + " a row of " + things
}

var singular = map[string]string{
	"contacts": "a contact", "properties": "a property", "leads": "a lead", "claims": "a claim", "estimates": "an estimate",
	"estimate_lines": "an estimate's line", "files": "a file", "activities": "an activity", "people": "a person", "orgs": "the organisation",
	"roles": "a role", "api_keys": "an API key",
}

// title says what one row's change is: "Changed a claim: 1042 Hail".
func (c Changed) title() string {
	e := Entry{Table: c.Table, Operation: c.Operation}
	words := ui.Words(did(e))
	if c.Label != "" {
		words += ": " + c.Label
	}
	return words
}

// events are entries for a timeline.
func events(entries []Entry) []ui.Event {
	list := make([]ui.Event, len(entries))
	for i, e := range entries {
		list[i] = ui.Event{Icon: "history", Tone: ui.Neutral, Title: web.Sentence(did(e)), Who: e.Actor, At: e.At, Body: changeList(e.Changes.List())}
	}
	return list
}
