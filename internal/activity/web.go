package activity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Routes registers the pages and the API of the history.
func (s *Service) Routes(rt *web.Router) {
	edit := web.Access{Permission: string(identity.EditRecords)}
	rt.Page("POST /activity", edit, s.addPage)
	rt.Page("POST /activity/{id}/done", edit, s.donePage)
	s.apiRoutes(rt)
}

func (s *Service) addPage(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	n := readForm(form, identity.Zone(r.Context()))
	if err := form.Err(); err == nil {
		_, err = s.Add(r.Context(), n)
		if err == nil {
			web.SetFlash(w, r, web.Done, "The %s is in the history.", n.Kind)
			return web.Redirect(w, r, n.URL())
		}
		if !fault.Is(err, fault.KindInvalid) {
			return err
		}
		maps.Copy(form.Fields, fault.As(err).Fields)
	}
	people, err := s.people(r.Context())
	if err != nil {
		return err
	}
	return ui.PageStatus(w, r, http.StatusUnprocessableEntity, ui.Head{Title: "Add to the history"}, addPage(form, n.About, people))
}

func (s *Service) people(ctx context.Context) (people []identity.Name, err error) {
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]identity.Name, error) {
		var b pgx.Batch
		identity.QueuePeople(&b, &people)
		err := postgres.Send(ctx, tx, &b)
		return people, err
	})
}

// readForm reads the fields of the chosen kind; those of the others are in the
// form as well, where no style sheet hides them.
func readForm(f *web.Form, zone *time.Location) NewEntry {
	n := NewEntry{Kind: f.Choice("kind", Kinds...), Body: f.Text("body")}
	for field, ref := range map[string]**uuid.UUID{
		"contact_id": &n.ContactID, "property_id": &n.PropertyID, "lead_id": &n.LeadID, "claim_id": &n.ClaimID,
	} {
		if id, set := f.ID(field); set {
			*ref = &id
		}
	}
	if id, set := f.ID("assignee_id"); set && (n.Kind == KindTask || n.Kind == KindAppointment) {
		n.AssigneeID = &id
	}
	if due := f.Text("due_on"); due != "" && n.Kind == KindTask {
		if err := n.DueOn.UnmarshalText([]byte(due)); err != nil {
			f.Fields.Add("due_on", "%v", err)
		}
	}
	if n.Kind == KindNote || n.Kind == KindTask {
		return n
	}
	n.At = moment(f, "at", zone)
	if n.Kind == KindAppointment {
		n.EndsAt, n.Place = moment(f, "ends_at", zone), f.Text("place")
	}
	return n
}

// moment reads a day with a time of day in the organisation's zone.
func moment(f *web.Form, field string, zone *time.Location) *time.Time {
	text := f.Text(field)
	if text == "" {
		return nil
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", text, zone)
	if err != nil {
		f.Fields.Add(field, "%q is no day and time; an example: 2026-11-22T15:30", text)
		return nil
	}
	return &at
}

func (s *Service) donePage(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := web.ParseForm(r)
	if err != nil {
		return err
	}
	e, err := s.Done(r.Context(), id, form.Choice("done", "yes", "no") == "yes")
	if err != nil {
		return err
	}
	return web.Redirect(w, r, e.URL()+"#history")
}

// fields are the form fields that say what an entry is about.
func (a About) fields() (list [][2]string) {
	for _, ref := range []struct {
		field string
		id    *uuid.UUID
	}{{"contact_id", a.ContactID}, {"property_id", a.PropertyID}, {"lead_id", a.LeadID}, {"claim_id", a.ClaimID}} {
		if ref.id != nil {
			list = append(list, [2]string{ref.field, ref.id.String()})
		}
	}
	return list
}

// kindChoices are the kinds a person writes, as the form shows them.
var kindChoices = []struct{ kind, word, icon string }{
	{KindNote, "Note", "note"},
	{KindCall, "Call", "phone"},
	{KindEmail, "E-mail", "mail"},
	{KindText, "Text", "message"},
	{KindTask, "Task", "clipboard-check"},
	{KindAppointment, "Appointment", "calendar-event"},
}

func chosen(form *web.Form) string {
	if form != nil && form.Has("kind") {
		return form.Values.Get("kind")
	}
	return KindNote
}

func peopleOptions(people []identity.Name) []ui.Option {
	options := make([]ui.Option, len(people))
	for i, p := range people {
		options[i] = ui.Option{Value: p.ID.String(), Text: p.Name}
	}
	return options
}

// looks are the icon and the colour of a kind.
var looks = map[string]struct {
	icon string
	tone ui.Tone
	word string
}{
	KindNote: {"note", ui.Neutral, "Note"}, KindCall: {"phone", ui.Blue, "Call"}, KindEmail: {"mail", ui.Blue, "E-mail"},
	KindText: {"message", ui.Blue, "Text message"}, KindTask: {"clipboard-check", ui.Amber, "Task"},
	KindAppointment: {"calendar-event", ui.Purple, "Appointment"}, KindFile: {"photo", ui.Neutral, "File added"}, "report": {"file-text", ui.Neutral, "Report"},
}

func events(h History) []ui.Event {
	list := make([]ui.Event, len(h.Entries))
	for i, e := range h.Entries {
		look := looks[e.Kind]
		list[i] = ui.Event{Icon: look.icon, Tone: look.tone, Title: look.word, Who: e.Who, At: e.At, Body: entryBody(e)}
		switch {
		case e.Kind == KindImport && e.Origin != nil:
			list[i].Icon, list[i].Tone, list[i].Title = "database-import", ui.Blue, "Imported from "+e.Origin.Vendor()
		case e.Kind == KindStage && e.FromStage != nil && e.ToStage != nil:
			list[i].Icon, list[i].Tone, list[i].Title = "flag", ui.Green, ui.Words(*e.FromStage)+" to "+ui.Words(*e.ToStage)
			if e.Origin != nil {
				list[i].Title += ", as " + e.Origin.Vendor() + " says"
			}
		case e.Assignee != "":
			list[i].Title += " for " + e.Assignee
		}
	}
	return list
}

// reference is the record's id at the vendor. One that the import made itself, of
// a row, an address or a person without one, means nothing to people.
func (o Origin) reference() string {
	for _, made := range []string{"fp:", "at:", "who:"} {
		if strings.HasPrefix(o.ExternalID, made) {
			return "without a number of its own"
		}
	}
	return "No. " + o.ExternalID
}

func sources(extra map[string]map[string]any) []string { return slices.Sorted(maps.Keys(extra)) }

// texts are extra values as text; an import keeps text, and whatever else a
// column holds is shown as JSON.
func texts(values map[string]any) map[string]string {
	list := make(map[string]string, len(values))
	for name, value := range values {
		if text, ok := value.(string); ok {
			list[name] = text
			continue
		}
		b, err := json.Marshal(value)
		if err != nil {
			b = fmt.Append(nil, value)
		}
		list[name] = string(b)
	}
	return list
}
