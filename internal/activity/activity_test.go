package activity_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// site is a contractor with one record of each kind.
type site struct {
	dbtest.Door
	dbtest.Contractor

	db                             *postgres.DB
	service                        *activity.Service
	contact, property, lead, claim uuid.UUID
}

func newSite(tb testing.TB, db *postgres.DB, name string) site {
	tb.Helper()
	service := activity.New(db)
	s := site{
		Door: dbtest.NewDoor(tb, service.Routes), Contractor: dbtest.Org(tb, db, name), db: db, service: service,
		contact: uuid.New(), property: uuid.New(), lead: uuid.New(), claim: uuid.New(),
	}
	ctx := s.As(tb, tenant.Manager)
	scope, _ := tenant.From(ctx)
	s.do(ctx, tb, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH c AS (INSERT INTO contacts (org_id, id, last_name, created_by, updated_by) VALUES (current_org(), $1, 'Ortiz', $5, $5)),
			p AS (INSERT INTO properties (org_id, id, street, created_by, updated_by) VALUES (current_org(), $2, '1 Elm St', $5, $5)),
			l AS (INSERT INTO leads (org_id, id, title, created_by, updated_by) VALUES (current_org(), $3, 'Roof', $5, $5))
			INSERT INTO claims (org_id, id, number, created_by, updated_by) VALUES (current_org(), $4, 1, $5, $5)`,
			s.contact, s.property, s.lead, s.claim, scope.ActorID)
		return err
	})
	return s
}

func (s site) do(ctx context.Context, tb testing.TB, fn func(context.Context, pgx.Tx) error) {
	tb.Helper()
	if err := postgres.Do(ctx, s.db, fn); err != nil {
		tb.Fatal(err)
	}
}

// record is one of the four kinds of record.
type record struct {
	field string
	id    uuid.UUID
	about activity.About
	page  string
}

func (s site) records() []record {
	return []record{
		{"contact_id", s.contact, activity.OfContact(s.contact), "/contacts/"},
		{"property_id", s.property, activity.OfProperty(s.property), "/properties/"},
		{"lead_id", s.lead, activity.OfLead(s.lead), "/leads/"},
		{"claim_id", s.claim, activity.OfClaim(s.claim), "/claims/"},
	}
}

type entry struct {
	ID         *uuid.UUID `json:"id"`
	Kind       string     `json:"kind"`
	At         time.Time  `json:"at"`
	Body       string     `json:"body"`
	FromStage  string     `json:"from_stage"`
	ToStage    string     `json:"to_stage"`
	AssigneeID *uuid.UUID `json:"assignee_id"`
	DueOn      string     `json:"due_on"`
	DoneAt     *time.Time `json:"done_at"`
	Place      string     `json:"place"`
	Origin     *struct {
		Source string `json:"source"`
		File   string `json:"file"`
		Line   *int   `json:"line"`
	} `json:"origin"`
}

type history struct {
	Items      []entry `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

func (s site) history(ctx context.Context, tb testing.TB, r record, cursor string) history {
	tb.Helper()
	target := "/api/activities?" + r.field + "=" + r.id.String() + "&cursor=" + url.QueryEscape(cursor)
	return dbtest.Decode[history](tb, s.Get(ctx, tb, target), http.StatusOK)
}

type body = map[string]any

func TestHistoryOfEachRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.Shared(t), "titan")
	ctx := s.As(t, tenant.Member)
	for _, r := range s.records() {
		a := s.Post(ctx, t, "/activity", url.Values{r.field: {r.id.String()}, "kind": {"note"}, "body": {"Note about " + r.field}, "due_on": {"ignored: not a task"}})
		if a.Status != http.StatusSeeOther || a.Header.Get("Location") != r.page+r.id.String() {
			t.Errorf("%s: %d to %q", r.field, a.Status, a.Header.Get("Location"))
		}
		s.do(ctx, t, func(ctx context.Context, tx pgx.Tx) error {
			if err := activity.Note(ctx, tx, activity.NewEntry{About: r.about, Kind: activity.KindFile, Body: "roof.jpg"}); err != nil {
				return err
			}
			return activity.Stage(ctx, tx, r.about, "filed", "adjuster_review", "they called")
		})
	}
	for _, r := range s.records() {
		var got []string
		for _, e := range s.history(ctx, t, r, "").Items {
			got = append(got, strings.TrimSpace(fmt.Sprintln(e.Kind, e.FromStage, e.ToStage, e.Body)))
		}
		want := []string{"stage filed adjuster_review they called", "file   roof.jpg", "note   Note about " + r.field}
		if got[0] != want[0] {
			got[0], got[1] = got[1], got[0] // written in one transaction, at one time
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", r.field, diff)
		}
	}
}

func TestAHistoryInPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.Shared(t), "titan")
	ctx := s.As(t, tenant.Manager)
	scope, _ := tenant.From(ctx)
	run := uuid.New()
	s.do(ctx, t, func(ctx context.Context, tx pgx.Tx) error {
		// 130 notes, an hour between them and two at each time; imports at hours 3 and 60.
		if _, err := tx.Exec(ctx, `INSERT INTO activities (org_id, id, kind, at, body, contact_id, created_by, updated_by)
			SELECT current_org(), gen_random_uuid(), 'note', timestamptz '2026-01-01' + (i / 2) * interval '1 hour', i::text, $1, $2, $2
			FROM generate_series(0, 129) i`, s.contact, scope.ActorID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO import_runs (org_id, id, state, dry_run, strict, options, started_by) VALUES (current_org(), $1, 'running', false, false, '{}', $2)`, run, scope.ActorID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO import_files (org_id, run_id, file_no, name, size, sha256) VALUES (current_org(), $1, 1, 'jobs.csv', 1, sha256('a'))`, run); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO external_refs (org_id, entity, source, external_id, contact_id, fingerprint, run_id, file_no, ordinal, imported_at)
			SELECT current_org(), 'contact', 'jobnimbus', h::text, $2, gen_random_uuid(), $1, 1, h, timestamptz '2026-01-01' + h * interval '61 minutes'
			FROM unnest(ARRAY[3, 60]) h`, run, s.contact)
		return err
	})
	r := s.records()[0]
	var pages []int
	var all []entry
	imports := map[int]int{} // page -> imports on it
	for cursor := ""; ; {
		dbtest.AtMost(ctx, t, 1, func(ctx context.Context) {
			h := s.history(ctx, t, r, cursor)
			for _, e := range h.Items {
				if e.Kind == "import" {
					imports[len(pages)]++
					if e.Origin == nil || e.Origin.Source != "jobnimbus" || e.Origin.File != "jobs.csv" || e.Origin.Line != nil {
						t.Errorf("origin %+v", e.Origin)
					}
				}
			}
			all, pages, cursor = append(all, h.Items...), append(pages, len(h.Items)), ""
			if h.NextCursor != nil {
				cursor = *h.NextCursor
			}
		})
		if cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]int{51, 50, 31}, pages); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[int]int{0: 1, 2: 1}, imports); diff != "" {
		t.Error(diff)
	}
	bodies := map[string]bool{}
	for i, e := range all {
		if i > 0 && e.At.After(all[i-1].At) {
			t.Errorf("%v stands below %v", e.At, all[i-1].At)
		}
		bodies[e.Body] = true
	}
	if len(bodies) != 131 { // 130 and the imports', which is empty
		t.Errorf("%d entries on all pages", len(bodies))
	}
	if a := s.Get(ctx, t, "/api/activities?contact_id="+s.contact.String()+"&cursor=abc"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a bad cursor: %d", a.Status)
	}
}

func TestTaskAndAppointment(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.Shared(t), "titan")
	ctx := s.As(t, tenant.Member)
	member, _ := tenant.From(ctx)
	r := s.records()[3]
	for _, form := range []url.Values{
		{"kind": {"task"}, "body": {"Order shingles"}, "due_on": {"2026-12-01"}, "assignee_id": {member.ActorID.String()}, "at": {"left over from another kind"}, "place": {"too"}},
		{"kind": {"appointment"}, "body": {"Adjuster"}, "at": {"2026-12-02T09:30"}, "ends_at": {"2026-12-02T10:30"}, "place": {"On the roof"}, "due_on": {"left over"}},
		{"kind": {"call"}, "body": {"No answer"}, "at": {"2026-11-01T08:00"}},
	} {
		form.Set("claim_id", s.claim.String())
		if a := s.Post(ctx, t, "/activity", form); a.Status != http.StatusSeeOther {
			t.Fatalf("%d %.500s", a.Status, a.Body)
		}
	}
	h := s.history(ctx, t, r, "")
	if len(h.Items) != 3 {
		t.Fatalf("%+v", h)
	}
	appointment, task, call := h.Items[0], h.Items[1], h.Items[2]
	if want := time.Date(2026, 12, 2, 16, 30, 0, 0, time.UTC); appointment.Kind != "appointment" || !appointment.At.Equal(want) || appointment.Place != "On the roof" {
		t.Errorf("the appointment is at %v in Phoenix, want %v: %+v", appointment.At, want, appointment)
	}
	if call.Kind != "call" || !call.At.Equal(time.Date(2026, 11, 1, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", call)
	}
	if task.Kind != "task" || task.DueOn != "2026-12-01" || task.AssigneeID == nil || *task.AssigneeID != member.ActorID || task.DoneAt != nil || task.Place != "" {
		t.Errorf("%+v", task)
	}
	at := "/activity/" + task.ID.String() + "/done"
	if a := s.Post(ctx, t, at, url.Values{"done": {"yes"}}); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/claims/"+s.claim.String()+"#history" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	if h := s.history(ctx, t, r, ""); h.Items[1].DoneAt == nil {
		t.Error("the task is not done")
	}
	done := dbtest.Decode[entry](t, s.JSON(ctx, t, "PUT", "/api/activities/"+task.ID.String()+"/done", body{"done": false}), http.StatusOK)
	if done.DoneAt != nil {
		t.Error("the task is not open again")
	}
	if a := s.JSON(ctx, t, "PUT", "/api/activities/"+appointment.ID.String()+"/done", body{"done": true}); a.Status != http.StatusNotFound {
		t.Errorf("an appointment is nothing to be done: %d", a.Status)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	s, theirs := newSite(t, db, "titan"), newSite(t, db, "prowest")
	ctx := s.As(t, tenant.Member)
	stranger, _ := tenant.From(theirs.As(t, tenant.Owner))
	for _, c := range []struct {
		body  body
		field string
	}{
		{body{"kind": "note", "body": "x"}, "about"},
		{body{"kind": "note", "body": "x", "contact_id": "me"}, "contact_id"},
		{body{"kind": "note", "body": " ", "contact_id": s.contact}, "body"},
		{body{"kind": "note", "body": "a\x00", "contact_id": s.contact}, "body"},
		{body{"kind": "note", "body": strings.Repeat("x", 20_001), "contact_id": s.contact}, "body"},
		{body{"kind": "stage", "body": "x", "contact_id": s.contact}, "kind"},
		{body{"kind": "import", "body": "x", "contact_id": s.contact}, "kind"},
		{body{"kind": "dance", "body": "x", "contact_id": s.contact}, "kind"},
		{body{"kind": "note", "body": "x", "contact_id": s.contact, "due_on": "2026-12-01"}, "due_on"},
		{body{"kind": "task", "body": "x", "contact_id": s.contact, "due_on": "12/1/26"}, "due_on"},
		{body{"kind": "task", "body": "x", "contact_id": s.contact, "place": "roof"}, "ends_at"},
		{body{"kind": "task", "body": "x", "contact_id": s.contact, "assignee_id": stranger.ActorID}, "assignee_id"},
		{body{"kind": "call", "body": "x", "contact_id": s.contact, "assignee_id": stranger.ActorID}, "assignee_id"},
		{body{"kind": "appointment", "body": "x", "contact_id": s.contact}, "at"},
		{body{"kind": "appointment", "body": "x", "contact_id": s.contact, "at": "2026-12-02T10:00:00Z", "ends_at": "2026-12-02T09:00:00Z"}, "ends_at"},
		{body{"kind": "call", "body": "x", "contact_id": s.contact, "at": "0001-01-01T00:00:00Z"}, "at"},
	} {
		a := s.JSON(ctx, t, "POST", "/api/activities", c.body)
		p := dbtest.Decode[struct{ Fields map[string]string }](t, a, http.StatusUnprocessableEntity)
		if p.Fields[c.field] == "" {
			t.Errorf("%.120v: %v, want %s", c.body, p.Fields, c.field)
		}
	}
	for _, r := range theirs.records() {
		if a := s.JSON(ctx, t, "POST", "/api/activities", body{"kind": "note", "body": "x", r.field: r.id}); a.Status != http.StatusNotFound {
			t.Errorf("about their %s: %d %s", r.field, a.Status, a.Body)
		}
		if h := s.history(ctx, t, r, ""); len(h.Items) != 0 {
			t.Errorf("their %s: %+v", r.field, h)
		}
	}
	note := dbtest.Decode[entry](t, theirs.JSON(theirs.As(t, tenant.Owner), t, "POST", "/api/activities", body{"kind": "task", "body": "x", "claim_id": theirs.claim}), http.StatusCreated)
	if a := s.Post(ctx, t, "/activity/"+note.ID.String()+"/done", url.Values{"done": {"yes"}}); a.Status != http.StatusNotFound {
		t.Errorf("their task: %d", a.Status)
	}
	viewer := s.As(t, tenant.Viewer)
	if a := s.JSON(viewer, t, "POST", "/api/activities", body{"kind": "note", "body": "x", "contact_id": s.contact}); a.Status != http.StatusForbidden {
		t.Errorf("a viewer writes: %d", a.Status)
	}
	if a := s.Get(viewer, t, "/api/activities?contact_id="+s.contact.String()); a.Status != http.StatusOK {
		t.Errorf("a viewer reads: %d", a.Status)
	}
	if a := s.Get(viewer, t, "/api/activities"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("of nothing: %d", a.Status)
	}
}

func TestARefusedFormKeepsWhatWasEntered(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.Shared(t), "titan")
	ctx := s.As(t, tenant.Member)
	a := s.Post(ctx, t, "/activity", url.Values{
		"contact_id": {s.contact.String()}, "kind": {"appointment"}, "body": {"Meet <b>Ann</b>"}, "at": {"tomorrow"}, "place": {"At the gate"},
	})
	if a.Status != http.StatusUnprocessableEntity {
		t.Fatal(a.Status)
	}
	for _, want := range []string{
		"Meet &lt;b&gt;Ann&lt;/b&gt;", `value="At the gate"`, "no day and time", `value="appointment" checked`, "/contacts/" + s.contact.String(), `name="contact_id"`,
	} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the form has no %q", want)
		}
	}
}

func TestANoteSentTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, dbtest.Shared(t), "titan")
	ctx := s.As(t, tenant.Member)
	for range 2 {
		if a := s.JSON(ctx, t, "POST", "/api/activities", body{"kind": "note", "body": "x", "lead_id": s.lead}, "Idempotency-Key", "n1"); a.Status != http.StatusCreated {
			t.Fatal(a.Status, a.Body)
		}
	}
	if h := s.history(ctx, t, s.records()[2], ""); len(h.Items) != 1 {
		t.Errorf("%d notes", len(h.Items))
	}
}
