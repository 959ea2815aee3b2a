package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

const (
	eventsPath    = identity.AuditPath + "/events"
	cataloguePath = identity.AuditPath + "/catalogue"
	keepingPath   = identity.AuditPath + "/keeping"
	retentionPath = identity.AuditPath + "/retention"
)

var (
	eventSpec = web.ListSpec{Filters: []string{"person", "record", "action", "kind", "days", "from", "to"}}
	crumbs    = []ui.Link{{Text: "Settings", URL: "/settings"}, {Text: "Audit trail", URL: identity.AuditPath}}
)

// filter reads a list's query. Days are those of the organisation's time zone; to
// is the last day shown.
func filter(ctx context.Context, q web.ListQuery) (f EventFilter, err error) {
	form := web.NewForm(url.Values{})
	for name := range q.Filters {
		form.Values.Set(name, q.Filter(name))
	}
	f = EventFilter{Action: form.Text("action"), Kind: form.Choice("kind", "create", "read", "update", "delete"), Words: q.Q, Limit: q.Limit}
	f.Actor, _ = form.ID("person")
	f.Record, _ = form.ID("record")
	if days, set := form.Int("days", 1, 2557); set {
		f.From = time.Now().AddDate(0, 0, -int(days))
	}
	for name, at := range map[string]*time.Time{"from": &f.From, "to": &f.To} {
		text := form.Text(name)
		if text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, text, identity.Zone(ctx))
		if err != nil {
			form.Fields.Add(name, "%q is not a day; write it as 2026-11-27", text)
			continue
		}
		if name == "to" {
			day = day.AddDate(0, 0, 1)
		}
		*at = day
	}
	if err := form.Err(); err != nil {
		return f, err
	}
	_, _, err = web.ReadCursor(q, &f.Before)
	return f, err
}

func (s *Service) page(w http.ResponseWriter, r *http.Request) error {
	q, err := web.ParseList(r.URL.Query(), eventSpec)
	if err != nil {
		return err
	}
	f, err := filter(r.Context(), q)
	if err != nil {
		return err
	}
	events, more, err := s.Events(r.Context(), f)
	if err != nil {
		return err
	}
	next := ""
	if more {
		if next, err = web.NewCursor(q, false, events[len(events)-1].Number); err != nil {
			return err
		}
	}
	people, err := s.people(r.Context())
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Audit trail", Section: ui.Settings, Crumbs: crumbs[:1], Wide: true,
		Lead: "What was done, by whom and from where, the latest first. The database writes it; nobody can change or remove an event.",
	}, trailPage(listing(q, events, next, people), f))
}

func (s *Service) people(ctx context.Context) (names []identity.Name, err error) {
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]identity.Name, error) {
		b := &pgx.Batch{}
		identity.QueuePeople(b, &names)
		return names, postgres.Send(ctx, tx, b)
	})
}

func listing(q web.ListQuery, events []Event, next string, people []identity.Name) ui.Listing {
	l := ui.Listing{
		Table: ui.Table{
			Caption: "Events", Query: q, Path: identity.AuditPath,
			Columns: []ui.Column{{Title: "What"}, {Title: "When"}, {Title: "From where", Width: ui.Roomy}},
			Empty:   ui.Empty("done", "No event is like that", "Take a filter off, or choose a longer time."),
		},
		Placeholder: "Search by person, record or address", Next: next, ExportURL: q.URL(identity.AuditPath + ".csv"),
		Filters: []ui.Filter{
			{Name: "person", Label: "Person", Options: options(people, func(p identity.Name) ui.Option { return ui.Option{Value: p.ID.String(), Text: p.Name} })},
			{Name: "action", Label: "Action", Options: options(Catalogue(), func(a Action) ui.Option { return ui.Option{Value: a.Name, Text: a.Name} })},
			{Name: "kind", Label: "Kind", Options: []ui.Option{{Value: "create", Text: "Create"}, {Value: "read", Text: "Read"}, {Value: "update", Text: "Update"}, {Value: "delete", Text: "Delete"}}},
			{Name: "days", Label: "Time", Options: []ui.Option{{Value: "1", Text: "Last 24 hours"}, {Value: "7", Text: "Last 7 days"}, {Value: "30", Text: "Last 30 days"}, {Value: "365", Text: "Last year"}}},
		},
	}
	for _, e := range events {
		l.Rows = append(l.Rows, ui.Row{URL: e.url(), Cells: []templ.Component{ui.Strong(e.Sentence(), e.Action), ui.Time(e.At), ui.Text(e.where())}})
	}
	return l
}

func options[T any](list []T, of func(T) ui.Option) []ui.Option {
	made := make([]ui.Option, len(list))
	for i, item := range list {
		made[i] = of(item)
	}
	return made
}

func (e Event) url() string { return eventsPath + "/" + e.ID.String() }

// where is the address and device of an event, in words.
func (e Event) where() string {
	switch {
	case e.Address == "":
		return "the program's machine"
	case e.Device == "":
		return e.Address
	}
	return e.Address + ", " + ui.DeviceWords(e.Device)
}

// details are an event's fields for its page.
func (e Event) details(ctx context.Context) []ui.Detail {
	return []ui.Detail{
		{Label: "When", Value: ui.Text(e.At.In(identity.Zone(ctx)).Format("January 2, 2006 at 3:04:05.000 PM MST"))},
		{Label: "Who", Value: ui.Text(e.Actor + " (" + e.ActorKind + ")")},
		{Label: "From where", Value: ui.Text(e.where())},
		{Label: "Action", Value: ui.Text(e.Action)},
		{Label: "Kind", Value: ui.Text(e.Kind)},
		{Label: "Request", Value: ui.Text(e.RequestID)},
		{Label: "Event", Value: ui.Text(strconv.FormatInt(e.Number, 10) + ", " + e.ID.String())},
	}
}

func (s *Service) eventPage(w http.ResponseWriter, r *http.Request) error {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return fault.NotFound("event", "there is no such event")
	}
	e, err := s.Event(r.Context(), id)
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{Title: e.Sentence(), Section: ui.Settings, Crumbs: crumbs}, eventView(e))
}

// each goes through all events of a filter, the oldest first.
func (s *Service) each(r *http.Request, fn func(Event) error) error {
	q, err := web.ParseList(r.URL.Query(), eventSpec)
	if err != nil {
		return err
	}
	f, err := filter(r.Context(), q)
	if err != nil {
		return err
	}
	f.Before, f.Oldest, f.Limit = 0, true, eventsPerPage
	for more := true; more; {
		var list []Event
		if list, more, err = s.Events(r.Context(), f); err != nil {
			return err
		}
		for _, e := range list {
			if err := fn(e); err != nil {
				return err
			}
			f.After = e.Number
		}
	}
	return nil
}

func exportName(ctx context.Context, ending string) string {
	return "audit-trail-" + time.Now().In(identity.Zone(ctx)).Format(time.DateOnly) + ending
}

func (s *Service) csv(w http.ResponseWriter, r *http.Request) error {
	header := []string{"number", "at", "sentence", "action", "kind", "actor", "actor_kind", "address", "device", "request_id", "table", "record_id", "target", "changes"}
	if err := identity.Require(r.Context(), identity.ViewAudit); err != nil {
		return err
	}
	return sheet.ExportCSV(w, exportName(r.Context(), ".csv"), header, func(row func(...sheet.Cell) error) error {
		return s.each(r, func(e Event) error {
			j := e.json(uuid.Nil)
			changes, err := json.Marshal(j.Changes)
			if err != nil {
				return err
			}
			record := ""
			if e.RecordID != nil {
				record = e.RecordID.String()
			}
			return row(sheet.Number(strconv.FormatInt(e.Number, 10)), sheet.Text(j.At), sheet.Text(j.Sentence), sheet.Text(e.Action), sheet.Text(e.Kind), sheet.Text(e.Actor), sheet.Text(e.ActorKind),
				sheet.Text(e.Address), sheet.Text(e.Device), sheet.Text(e.RequestID), sheet.Text(e.Table), sheet.Text(record), sheet.Text(e.Target), sheet.Text(string(changes)))
		})
	})
}

// lines answers with one JSON object a line.
func (s *Service) lines(w http.ResponseWriter, r *http.Request) error {
	org, err := s.org(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", exportName(r.Context(), ".jsonl")))
	var page bytes.Buffer
	out := json.NewEncoder(&page)
	err = s.each(r, func(e Event) error {
		if err := out.Encode(e.json(org)); err != nil {
			return err
		}
		if page.Len() < 1<<18 {
			return nil
		}
		_, err := page.WriteTo(w)
		return err
	})
	if err != nil {
		return err
	}
	_, err = page.WriteTo(w)
	return err
}

func (s *Service) cataloguePage(w http.ResponseWriter, r *http.Request) error {
	return ui.Page(w, r, ui.Head{
		Title: "What the trail records", Section: ui.Settings, Crumbs: crumbs, Wide: true,
		Lead: "Each action with the addresses that lead to it. Commands and jobs leave events as well, named by what their rows are.",
	}, catalogueView(Catalogue()))
}

// keeping is what the page about seals and retention shows.
type keeping struct {
	Years  int
	Events int64
	Seals  []Seal // the latest ten
	Push   *Push  // where events are sent to
}

func (s *Service) keepingPage(w http.ResponseWriter, r *http.Request) error {
	k, err := postgres.Read(r.Context(), s.db, func(ctx context.Context, tx pgx.Tx) (k keeping, err error) {
		if k.Years, err = postgres.Value[int](ctx, tx, `SELECT audit_years FROM orgs WHERE id = current_org()`); err != nil {
			return k, err
		}
		if k.Events, err = postgres.Value[int64](ctx, tx, `SELECT coalesce(max(last), 0) FROM audit_heads`); err != nil {
			return k, err
		}
		pushes, err := postgres.Many[Push](ctx, tx, `SELECT `+pushColumns+` FROM audit_pushes`)
		if err != nil {
			return k, err
		}
		if len(pushes) > 0 {
			k.Push = &pushes[0]
		}
		k.Seals, err = postgres.Many[Seal](ctx, tx, `SELECT `+sealColumns+` FROM audit_seals ORDER BY number DESC LIMIT 10`)
		return k, err
	})
	if err != nil {
		return err
	}
	return ui.Page(w, r, ui.Head{
		Title: "Keeping and sealing", Section: ui.Settings, Crumbs: crumbs,
		Lead: "How long events are kept, and how anybody can check that none was changed, removed or put in.",
	}, keepingView(k))
}

func (s *Service) retentionSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	years, set := f.Int("years", 1, 7)
	if !set {
		f.Fields.Add("years", "Say for how many years events are kept, from 1 to 7.")
	}
	if err := f.Err(); err != nil {
		return err
	}
	if err := identity.RequireFresh(r.Context()); err != nil {
		return err
	}
	if err := identity.Require(r.Context(), identity.EditSettings); err != nil {
		return err
	}
	if err := orgs.New(s.db).KeepTrail(r.Context(), int(years)); err != nil {
		return err
	}
	web.SetFlash(w, r, web.Done, "Events are kept for %d years.", years)
	return web.Redirect(w, r, keepingPath)
}
