package leads_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// office is a contractor with the doors to leads and their history. Winning a
// lead is tested with the claims themselves, in package claims.
type office struct {
	dbtest.Door
	dbtest.Contractor

	db *postgres.DB
}

func newOffice(tb testing.TB, db *postgres.DB) office {
	tb.Helper()
	noClaims := func(context.Context, pgx.Tx, leads.Lead) (uuid.UUID, error) {
		return uuid.Nil, fmt.Errorf("no claims here")
	}
	door := dbtest.NewDoor(tb, leads.New(db, noClaims).Routes, contacts.New(db).Routes, activity.New(db).Routes)
	return office{door, dbtest.Org(tb, db, "titan"), db}
}

// lead is the part of the API's answer that tests look at.
type lead struct {
	ID             uuid.UUID  `json:"id"`
	Version        int64      `json:"version"`
	Title          string     `json:"title"`
	ContactID      *uuid.UUID `json:"contact_id"`
	Stage          string     `json:"stage"`
	DeadReason     string     `json:"dead_reason"`
	Kind           string     `json:"kind"`
	Source         string     `json:"source"`
	Temperature    string     `json:"temperature"`
	EstimatedValue *int64     `json:"estimated_value"`
	AssigneeID     *uuid.UUID `json:"assignee_id"`
	FollowUpOn     string     `json:"follow_up_on"`
	Urgency        string     `json:"urgency"`
	Notes          string     `json:"notes"`
	Tags           []string   `json:"tags"`
	Contact        string     `json:"contact"`
	Assignee       string     `json:"assignee"`
	ArchivedAt     *time.Time `json:"archived_at"`
}

type body = map[string]any

type problem struct {
	Code   string            `json:"error"`
	Detail string            `json:"detail"`
	Fields map[string]string `json:"fields"`
}

func (o office) create(ctx context.Context, tb testing.TB, b body) lead {
	tb.Helper()
	return dbtest.Decode[lead](tb, o.JSON(ctx, tb, "POST", "/api/leads", b), http.StatusCreated)
}

func (o office) contact(ctx context.Context, tb testing.TB, b body) uuid.UUID {
	tb.Helper()
	return dbtest.Decode[lead](tb, o.JSON(ctx, tb, "POST", "/api/contacts", b), http.StatusCreated).ID
}

func (o office) move(ctx context.Context, tb testing.TB, id uuid.UUID, stage, reason string) dbtest.Answer {
	tb.Helper()
	return o.JSON(ctx, tb, "POST", "/api/leads/"+id.String()+"/stage", body{"stage": stage, "reason": reason})
}

func me(ctx context.Context) uuid.UUID {
	scope, _ := tenant.From(ctx)
	return scope.ActorID
}

func TestALeadsLifeOverTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member := o.As(t, tenant.Member)
	maria := o.contact(member, t, body{"first_name": "Maria", "last_name": "Delgado"})
	a := o.JSON(member, t, "POST", "/api/leads", body{
		"title": " Delgado, hail ", "contact_id": maria, "source": "Door knocking", "temperature": "hot", "kind": "financed", "estimated_value": 1850000,
		"assignee_id": me(member), "follow_up_on": "2026-12-01", "urgency": "high", "notes": "Gate code", "tags": []string{"hail", "Hail"},
	})
	made := dbtest.Decode[lead](t, a, http.StatusCreated)
	at := "/api/leads/" + made.ID.String()
	if a.Header.Get("Location") != at || a.Header.Get("ETag") != `"1"` {
		t.Errorf("Location %q, ETag %q", a.Header.Get("Location"), a.Header.Get("ETag"))
	}
	value, assignee := int64(1850000), me(member)
	want := lead{
		ID: made.ID, Version: 1, Title: "Delgado, hail", ContactID: &maria, Stage: "new", Kind: "financed", Source: "Door knocking", Temperature: "hot",
		EstimatedValue: &value, AssigneeID: &assignee, FollowUpOn: "2026-12-01", Urgency: "high", Notes: "Gate code", Tags: []string{"hail"},
		Contact: "Maria Delgado", Assignee: "Member",
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Error(diff)
	}
	whole := dbtest.Decode[body](t, o.Get(member, t, at), http.StatusOK)
	whole["title"] = "Delgado, hail and wind"
	if got := dbtest.Decode[lead](t, o.JSON(member, t, "PUT", at, whole, "If-Match", `"1"`), http.StatusOK); got.Version != 2 || got.Title != "Delgado, hail and wind" {
		t.Errorf("%+v", got)
	}
	if got := dbtest.Decode[lead](t, o.JSON(member, t, "PUT", at, whole, "If-Match", `"2"`), http.StatusOK); got.Version != 2 {
		t.Errorf("the same again made version %d", got.Version)
	}
	a = o.JSON(o.As(t, tenant.Manager), t, "PUT", at, whole, "If-Match", `"1"`)
	if p := dbtest.Decode[problem](t, a, http.StatusPreconditionFailed); p.Code != "lead.stale" || !strings.Contains(p.Detail, "was changed by Member") {
		t.Errorf("%+v", p)
	}
	if l := dbtest.Decode[lead](t, o.JSON(member, t, "POST", at+"/archive", nil), http.StatusOK); l.ArchivedAt == nil {
		t.Error("not archived")
	}
	for what, a := range map[string]dbtest.Answer{"change": o.JSON(member, t, "PUT", at, whole, "If-Match", "3"), "move": o.move(member, t, made.ID, "contacted", "")} {
		if p := dbtest.Decode[problem](t, a, http.StatusConflict); p.Code != "lead.archived" || !strings.Contains(p.Detail, "restore it first") {
			t.Errorf("%s of what is archived: %+v", what, p)
		}
	}
	if l := dbtest.Decode[lead](t, o.JSON(member, t, "POST", at+"/restore", nil), http.StatusOK); l.ArchivedAt != nil {
		t.Error("not restored")
	}
}

func TestTheStagesOfALead(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member, manager := o.As(t, tenant.Member), o.As(t, tenant.Manager)
	id := o.create(member, t, body{"title": "Yazzie"}).ID
	for _, c := range []struct {
		who           context.Context
		stage, reason string
		status        int
		words, after  string
	}{
		{member, "qualified", "", 409, "A lead that is new can't become qualified; from there it can become contacted or lost", "new"},
		{member, "won", "", 409, "can't become won", "new"},
		{member, "new", "", 200, "", "new"},
		{member, "contacted", "", 200, "", "contacted"},
		{member, "contacted", "", 200, "", "contacted"}, // sent twice
		{member, "new", "A mistake", 403, "As a member you can't move a stage back", "contacted"},
		{manager, "new", " ", 422, "say why", "contacted"},
		{manager, "new", "A mistake", 200, "", "new"},
		{member, "contacted", "", 200, "", "contacted"},
		{member, "lost", "", 422, "say why the lead was lost", "contacted"},
		{member, "lost", "No damage", 200, "", "lost"},
		{member, "qualified", "", 409, "can become contacted", "lost"},
		{member, "contacted", "", 200, "", "contacted"},
		{member, "qualified", "", 200, "", "qualified"},
		{member, "elsewhere", "", 422, "", "qualified"},
		{member, "inspected", strings.Repeat("x", 1001), 422, "at most 1000 fit", "qualified"},
		{o.As(t, tenant.Viewer), "inspected", "", 403, "As a viewer", "qualified"},
	} {
		a := o.move(c.who, t, id, c.stage, c.reason)
		p := problem{}
		if a.Status != 200 {
			p = dbtest.Decode[problem](t, a, a.Status)
		}
		words := p.Detail
		for _, w := range p.Fields {
			words += w
		}
		now := dbtest.Decode[lead](t, o.Get(member, t, "/api/leads/"+id.String()), 200)
		if a.Status != c.status || !strings.Contains(words, c.words) || now.Stage != c.after || (now.DeadReason != "") != (c.after == "lost") {
			t.Errorf("to %s: %d %q, now %s %q", c.stage, a.Status, words, now.Stage, now.DeadReason)
		}
	}
	h := dbtest.Decode[struct{ Items []struct{ Kind, Body string } }](t, o.Get(member, t, "/api/activities?lead_id="+id.String()), 200)
	moves := slices.DeleteFunc(h.Items, func(e struct{ Kind, Body string }) bool { return e.Kind != "stage" })
	if len(moves) != 6 || moves[2].Body != "No damage" {
		t.Errorf("the history: %+v", h.Items)
	}
	trail := o.Get(o.As(t, tenant.Owner), t, "/leads/"+id.String()+"?tab=audit")
	if !strings.Contains(trail.Body, "No damage") {
		t.Error("the moves are not in the trail")
	}
}

// Whom to call is on the lead's page, and the list says a name once.
func TestALeadShowsItsContact(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	who := o.contact(ctx, t, body{"first_name": "Rosa", "last_name": "Bustamante", "phones": []body{{"typed": "602 555 0123"}}})
	named := o.create(ctx, t, body{"title": "Rosa Bustamante - Gutters", "contact_id": who})
	if a := o.Get(ctx, t, "/leads/"+named.ID.String()); !strings.Contains(a.Body, `href="tel:+16025550123"`) {
		t.Error("the lead's page has no number to call")
	}
	if a := o.Get(ctx, t, "/leads"); strings.Contains(a.Body, `<span class="sk-below">Rosa`) {
		t.Error("the list says the name twice")
	}
	o.create(ctx, t, body{"title": "Hail, roof and gutters", "contact_id": who})
	if a := o.Get(ctx, t, "/leads"); !strings.Contains(a.Body, `<span class="sk-below">Rosa Bustamante</span>`) {
		t.Error("the list does not say whom a lead is about")
	}
}

func TestMovesOnThePage(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member := o.As(t, tenant.Member)
	id := o.create(member, t, body{"title": "Ortiz <b>"}).ID
	page := "/leads/" + id.String()
	if a := o.Get(member, t, page); !strings.Contains(a.Body, `name="stage" value="contacted"`) || strings.Contains(a.Body, "Back to") || !strings.Contains(a.Body, "Ortiz &lt;b&gt;") {
		t.Errorf("%d", a.Status)
	}
	if a := o.Get(o.As(t, tenant.Viewer), t, page); strings.Contains(a.Body, `name="stage"`) {
		t.Error("a viewer is offered moves")
	}
	if a := o.Post(member, t, page+"/stage", url.Values{"stage": {"lost"}}); a.Status != 422 || !strings.Contains(a.Body, "It was not moved: say why the lead was lost") {
		t.Errorf("%d", a.Status)
	}
	if a := o.Post(member, t, page+"/stage", url.Values{"stage": {"proposal"}}); a.Status != 409 || !strings.Contains(a.Body, "become contacted or lost") {
		t.Errorf("%d", a.Status)
	}
	if a := o.Post(member, t, page+"/stage", url.Values{"stage": {"contacted"}}); a.Status != 303 || a.Header.Get("Location") != page {
		t.Errorf("%d", a.Status)
	}
	if a := o.Get(o.As(t, tenant.Manager), t, page); !strings.Contains(a.Body, "Back to New") {
		t.Error("a manager is not offered the step back")
	}
}

func TestTheFormFindsContactsByWords(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	maria, mario := o.contact(ctx, t, body{"first_name": "Maria", "last_name": "Delgado"}), o.contact(ctx, t, body{"first_name": "Mario", "last_name": "Delgado"})
	theirs := o.contact(dbtest.Org(t, o.db, "prowest").As(t, tenant.Owner), t, body{"last_name": "Secret"})
	form := url.Values{"title": {"Delgado"}, "kind": {"retail"}, "urgency": {"normal"}, "contact": {"delgado"}, "estimated_value": {"$12,500"}, "follow_up_on": {"2026-12-01"}}
	a := o.Post(ctx, t, "/leads", form)
	if a.Status != 422 || !strings.Contains(a.Body, "several have these words") || !strings.Contains(a.Body, `value="`+maria.String()+`"`) || !strings.Contains(a.Body, `name="contact_was" value="delgado"`) {
		t.Fatalf("%d %.600s", a.Status, a.Body)
	}
	form.Set("contact_was", "delgado")
	form.Set("contact_id", mario.String())
	at := o.Post(ctx, t, "/leads", form).Header.Get("Location")
	got := dbtest.Decode[lead](t, o.Get(ctx, t, "/api"+at), 200)
	if got.Contact != "Mario Delgado" || *got.EstimatedValue != 1250000 || got.Kind != "retail" {
		t.Errorf("%+v", got)
	}
	form.Set("version", "1")
	form.Set("contact", "maria delg") // typed over the name that was there
	form.Set("contact_was", "Mario Delgado")
	if a := o.Post(ctx, t, at, form); a.Status != 303 {
		t.Fatal(a.Status, a.Body)
	}
	if got := dbtest.Decode[lead](t, o.Get(ctx, t, "/api"+at), 200); got.Contact != "Maria Delgado" {
		t.Errorf("%+v", got)
	}
	for field, values := range map[string]url.Values{
		"#contact":         {"title": {"x"}, "contact": {"nobody at all"}},
		"#estimated_value": {"title": {"x"}, "estimated_value": {"a lot"}},
		"#follow_up_on":    {"title": {"x"}, "follow_up_on": {"soon"}},
		"#title":           {"title": {" "}},
		"no such contact":  {"title": {"x"}, "contact_id": {theirs.String()}},
	} {
		if a := o.Post(ctx, t, "/leads", values); a.Status != 422 || !strings.Contains(a.Body, field) {
			t.Errorf("%s: %d", field, a.Status)
		}
	}
	if a := o.Get(ctx, t, "/leads/new?contact_id="+maria.String()); !strings.Contains(a.Body, `value="Maria Delgado"`) {
		t.Error("the form does not know whose page it was asked from")
	}
	if a := o.Get(ctx, t, "/leads/new?contact_id="+theirs.String()); a.Status != 200 || strings.Contains(a.Body, "Secret") {
		t.Error("the form shows another contractor's contact")
	}
}

func TestALostRaceOnTheForm(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	page := "/leads/" + o.create(ctx, t, body{"title": "Old"}).ID.String()
	o.JSON(o.As(t, tenant.Manager), t, "PUT", "/api"+page, body{"title": "Theirs"}, "If-Match", "1")
	form := url.Values{"version": {"1"}, "title": {"Mine"}, "tags": {"a"}}
	a := o.Post(ctx, t, page, form)
	for _, want := range []string{"Manager changed this since you opened it", "Theirs", `value="Mine"`, `name="version" value="2"`} {
		if a.Status != 412 || !strings.Contains(a.Body, want) {
			t.Errorf("%d has no %q", a.Status, want)
		}
	}
}

// An address that asks for what the list does not have leads to the list.
func TestAnAddressThatIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Viewer)
	for address, words := range map[string]string{
		"/leads?sort=nonsense&q=x": "can&#39;t be sorted by", "/leads?cursor=nonsense": "Start again at the first page", "/leads?stage=nonsense": "is not one of",
	} {
		a := o.Get(ctx, t, address)
		if a.Status != http.StatusUnprocessableEntity || strings.Count(a.Body, words) != 1 || !strings.Contains(a.Body, `href="/leads">Open the page without it`) {
			t.Errorf("%s: %d\n%s", address, a.Status, a.Body)
		}
	}
	if a := o.Get(ctx, t, "/leads/nonsense?q=x"); strings.Contains(a.Body, "without it") {
		t.Error("a page that is not there is offered again")
	}
}

func TestListOfLeads(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	maria := o.contact(ctx, t, body{"first_name": "Maria", "last_name": "Delgado", "phones": []body{{"typed": "602-555-0123"}}})
	o.create(ctx, t, body{"title": "Roof one", "contact_id": maria, "estimated_value": 100, "source": "Referral", "follow_up_on": "2026-12-02"})
	two := o.create(ctx, t, body{"title": "Roof two", "assignee_id": me(ctx), "estimated_value": 300, "kind": "repair", "follow_up_on": "2026-12-01", "tags": []string{"vip"}})
	o.create(ctx, t, body{"title": "Roof three", "source": "Door knocking", "temperature": "hot"})
	o.move(ctx, t, two.ID, "contacted", "")
	gone := o.create(ctx, t, body{"title": "Gone"})
	o.JSON(ctx, t, "POST", "/api/leads/"+gone.ID.String()+"/archive", nil)
	for query, want := range map[string]string{
		"": "three two one", "sort=created_at": "one two three", "sort=-estimated_value": "two one three", "sort=follow_up_on": "two one", "sort=-follow_up_on": "one two",
		"stage=contacted": "two", "stage=new": "three one", "kind=repair": "two", "source=Referral": "one", "temperature=hot": "three", "tag=vip": "two",
		"assignee=" + me(ctx).String(): "two", "archived=yes": "Gone", "q=roof": "three two one", "q=delgado": "one", "q=602-555-0123": "one", "q=knock": "three",
		"q=delgado&stage=contacted": "", "q=nothing": "",
	} {
		got := dbtest.Decode[struct{ Items []lead }](t, o.Get(ctx, t, "/api/leads?"+query), 200)
		titles := make([]string, len(got.Items))
		for i, l := range got.Items {
			titles[i] = strings.TrimPrefix(l.Title, "Roof ")
		}
		if diff := cmp.Diff(want, strings.Join(titles, " ")); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
		counted, n := postgres.CountQueries(ctx)
		if a := o.Get(counted, t, "/leads?"+query); a.Status != 200 || n.Load() > 1 && !strings.Contains(query, "q=") && !strings.Contains(query, "tag=") || n.Load() > 2 {
			t.Errorf("/leads?%s: %d in %d round trips", query, a.Status, n.Load())
		}
		if want == "" || strings.HasPrefix(query, "sort=follow") {
			continue
		}
		csv := o.Get(ctx, t, "/leads.csv?"+query)
		if lines := strings.Count(csv.Body, "\n"); csv.Status != 200 || lines != len(got.Items)+1 {
			t.Errorf("/leads.csv?%s: %d with %d lines", query, csv.Status, lines)
		}
	}
	for _, query := range []string{"stage=far", "assignee=bob", "sort=notes", "archived=yes&sort=created_at", "no=1"} {
		if a := o.Get(ctx, t, "/leads?"+query); a.Status != 422 {
			t.Errorf("%s: %d", query, a.Status)
		}
	}
	if a := o.Get(o.As(t, tenant.Member), t, "/leads.csv"); a.Status != 403 {
		t.Errorf("a member exports: %d", a.Status)
	}
	counted, n := postgres.CountQueries(ctx)
	if a := o.Get(counted, t, "/leads/"+two.ID.String()); a.Status != 200 || n.Load() != 1 {
		t.Errorf("the page of a lead: %d in %d round trips", a.Status, n.Load())
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	for field, b := range map[string]body{
		"title": {}, "kind": {"title": "x", "kind": "piracy"}, "estimated_value": {"title": "x", "estimated_value": -1}, "follow_up_on": {"title": "x", "follow_up_on": "0026-01-01"},
		"contact_id": {"title": "x", "contact_id": uuid.New()}, "property_id": {"title": "x", "property_id": uuid.New()}, "assignee_id": {"title": "x", "assignee_id": uuid.New()},
		"notes": {"title": "x", "notes": "a\x00"}, "source": {"title": "x", "source": strings.Repeat("x", 201)}, "tags": {"title": "x", "tags": []string{strings.Repeat("t", 61)}},
		"urgency": {"title": "x", "urgency": "eventually"}, "temperature": {"title": "x", "temperature": "lukewarm"}, "stage_word": {"title": "x", "stage_word": "won"},
	} {
		if p := dbtest.Decode[problem](t, o.JSON(ctx, t, "POST", "/api/leads", b), 422); p.Fields[field] == "" {
			t.Errorf("%s: %+v", field, p)
		}
	}
	if a := o.JSON(o.As(t, tenant.Viewer), t, "POST", "/api/leads", body{"title": "x"}); a.Status != 403 {
		t.Errorf("a viewer: %d", a.Status)
	}
	if a := o.JSON(ctx, t, "POST", "/api/leads/"+o.create(o.As(t, tenant.Owner), t, body{"title": "x"}).ID.String()+"/archive", nil); a.Status != 403 || !strings.Contains(a.Body, "assigned to you") {
		t.Errorf("somebody else's lead: %d", a.Status)
	}
}

func TestAnotherContractorsLead(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	o, prowest := newOffice(t, db), dbtest.Org(t, db, "prowest").As(t, tenant.Owner)
	theirs := o.create(prowest, t, body{"title": "Secret", "source": "Theirs"})
	mine := o.As(t, tenant.Owner)
	for _, id := range []uuid.UUID{theirs.ID, uuid.New()} {
		page, api := "/leads/"+id.String(), "/api/leads/"+id.String()
		for what, a := range map[string]dbtest.Answer{
			"page": o.Get(mine, t, page), "trail": o.Get(mine, t, page+"?tab=audit"), "edit": o.Get(mine, t, page+"/edit"),
			"save": o.Post(mine, t, page, url.Values{"title": {"Mine"}, "version": {"1"}}), "stage": o.Post(mine, t, page+"/stage", url.Values{"stage": {"contacted"}}),
			"archive": o.Post(mine, t, page+"/archive", nil), "restore": o.Post(mine, t, page+"/restore", nil), "get": o.Get(mine, t, api),
			"put": o.JSON(mine, t, "PUT", api, body{"title": "Mine"}, "If-Match", "1"), "API stage": o.move(mine, t, id, "contacted", ""),
			"API archive": o.JSON(mine, t, "POST", api+"/archive", nil), "API restore": o.JSON(mine, t, "POST", api+"/restore", nil),
		} {
			if a.Status != 404 || strings.Contains(a.Body, "Secret") {
				t.Errorf("%s: %d %.300s", what, a.Status, a.Body)
			}
		}
	}
	for _, target := range []string{"/leads", "/leads?q=secret", "/leads?source=Theirs", "/api/leads", "/leads.csv"} {
		if a := o.Get(mine, t, target); a.Status != 200 || strings.Contains(a.Body, theirs.ID.String()) || strings.Contains(a.Body, "Secret") {
			t.Errorf("%s shows another contractor's lead: %d", target, a.Status)
		}
	}
}

// TestMovesAtOnce moves a lead from many requests: one of them does it.
func TestMovesAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	id := o.create(ctx, t, body{"title": "x"}).ID
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if a := o.move(ctx, t, id, "contacted", ""); a.Status != 200 {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	wait.Wait()
	if got := dbtest.Decode[lead](t, o.Get(ctx, t, "/api/leads/"+id.String()), 200); got.Version != 2 {
		t.Errorf("version %d", got.Version)
	}
}

func TestVocabulary(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	for column, want := range map[string][]string{"stage": leads.Strings(leads.Stages), "kind": leads.Kinds, "urgency": leads.Urgencies, "temperature": leads.Temperatures} {
		if got := dbtest.CheckWords(t, db, "leads", column); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("leads.%s is one of %v in the database, %v here", column, got, want)
		}
	}
}
