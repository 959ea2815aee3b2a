package claims_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// office is a contractor with the doors to leads, claims and their history.
type office struct {
	dbtest.Door
	dbtest.Contractor

	db *postgres.DB
}

func newOffice(tb testing.TB, db *postgres.DB) office {
	tb.Helper()
	s := claims.New(db)
	door := dbtest.NewDoor(tb, s.Routes, leads.New(db, s.OpenFor).Routes, contacts.New(db).Routes, activity.New(db).Routes)
	return office{door, dbtest.Org(tb, db, "titan"), db}
}

// claim is the part of the API's answer that tests look at.
type claim struct {
	ID          uuid.UUID         `json:"id"`
	Version     int64             `json:"version"`
	Number      int64             `json:"number"`
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	ContactID   *uuid.UUID        `json:"contact_id"`
	LeadID      *uuid.UUID        `json:"lead_id"`
	Stage       string            `json:"stage"`
	StageBefore string            `json:"stage_before"`
	Kind        string            `json:"kind"`
	Carrier     string            `json:"carrier"`
	ClaimNumber string            `json:"claim_number"`
	DateOfLoss  string            `json:"date_of_loss"`
	Peril       string            `json:"peril"`
	WorkType    string            `json:"work_type"`
	Tags        []string          `json:"tags"`
	Amounts     map[string]*int64 `json:"amounts"`
	MoneyFlags  []string          `json:"money_flags"`
	Adjuster    string            `json:"adjuster"`
	ArchivedAt  *time.Time        `json:"archived_at"`
}

type body = map[string]any

type problem struct {
	Code   string            `json:"error"`
	Detail string            `json:"detail"`
	Fields map[string]string `json:"fields"`
}

func (o office) create(ctx context.Context, tb testing.TB, b body) claim {
	tb.Helper()
	return dbtest.Decode[claim](tb, o.JSON(ctx, tb, "POST", "/api/claims", b), http.StatusCreated)
}

func (o office) get(ctx context.Context, tb testing.TB, id uuid.UUID) claim {
	tb.Helper()
	return dbtest.Decode[claim](tb, o.Get(ctx, tb, "/api/claims/"+id.String()), http.StatusOK)
}

func (o office) move(ctx context.Context, tb testing.TB, id uuid.UUID, stage, reason string) dbtest.Answer {
	tb.Helper()
	return o.JSON(ctx, tb, "POST", "/api/claims/"+id.String()+"/stage", body{"stage": stage, "reason": reason})
}

func me(ctx context.Context) uuid.UUID {
	scope, _ := tenant.From(ctx)
	return scope.ActorID
}

func TestAClaimsLifeOverTheAPI(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	manager := o.As(t, tenant.Manager)
	adjuster := dbtest.Decode[claim](t, o.JSON(manager, t, "POST", "/api/contacts", body{"first_name": "Ann", "last_name": "Park", "role": "adjuster"}), 201).ID
	a := o.JSON(manager, t, "POST", "/api/claims", body{
		"title": "Delgado", "carrier": "State Farm", "claim_number": "12-345", "date_of_loss": "2026-04-17", "peril": "hail", "adjuster_id": adjuster,
		"amounts": body{"rcv": 2000000, "acv": 1500000, "recoverable_depreciation": 400000, "deductible": 100000},
	})
	made := dbtest.Decode[claim](t, a, http.StatusCreated)
	at := "/api/claims/" + made.ID.String()
	if a.Header.Get("Location") != at || a.Header.Get("ETag") != `"1"` || made.Number != 1 || made.Name != "C-1" || made.Stage != "intake" || made.Adjuster != "Ann Park" {
		t.Errorf("%v %+v", a.Header, made)
	}
	if diff := cmp.Diff([]string{"acv_not_rcv_less_depreciation"}, made.MoneyFlags); diff != "" {
		t.Error(diff)
	}
	page := o.Get(manager, t, "/claims/"+made.ID.String())
	for _, want := range []string{"C-1 Delgado", "$20,000.00", "ACV is not RCV less depreciation: kept as it came", "Apr 17, 2026", "Ann Park", "Still to come", "$19,000.00", `value="inspection"`} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	whole := dbtest.Decode[body](t, o.Get(manager, t, at), 200)
	whole["title"] = "Delgado, full replacement"
	if got := dbtest.Decode[claim](t, o.JSON(manager, t, "PUT", at, whole, "If-Match", "1"), 200); got.Version != 2 || *got.Amounts["rcv"] != 2000000 {
		t.Errorf("%+v", got)
	}
	if p := dbtest.Decode[problem](t, o.JSON(manager, t, "PUT", at, whole, "If-Match", "1"), 412); p.Code != "claim.stale" {
		t.Errorf("%+v", p)
	}
	delete(whole, "amounts")
	whole["title"] = "Delgado again"
	if got := dbtest.Decode[claim](t, o.JSON(manager, t, "PUT", at, whole, "If-Match", "2"), 200); got.Version != 3 || got.Amounts["rcv"] == nil || *got.Amounts["rcv"] != 2000000 {
		t.Errorf("amounts left out are gone: %+v", got)
	}
	if got := dbtest.Decode[claim](t, o.JSON(manager, t, "POST", at+"/archive", nil), 200); got.ArchivedAt == nil {
		t.Error("not archived")
	}
	if p := dbtest.Decode[problem](t, o.move(manager, t, made.ID, "inspection", ""), 409); p.Code != "claim.archived" {
		t.Errorf("%+v", p)
	}
	if got := dbtest.Decode[claim](t, o.JSON(manager, t, "POST", at+"/restore", nil), 200); got.ArchivedAt != nil {
		t.Error("not restored")
	}
}

func TestAMembersAmounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	member, manager := o.As(t, tenant.Member), o.As(t, tenant.Manager)
	a := o.JSON(member, t, "POST", "/api/claims", body{"title": "x", "amounts": body{"rcv": 1}})
	if p := dbtest.Decode[problem](t, a, 403); !strings.Contains(p.Detail, "As a member you can't change amounts") {
		t.Errorf("%+v", p)
	}
	c := o.create(manager, t, body{"title": "Hers", "amounts": body{"rcv": 500}})
	at := "/claims/" + c.ID.String()
	whole := dbtest.Decode[body](t, o.Get(member, t, "/api"+at), 200)
	whole["notes"] = "seen by a member"
	if got := dbtest.Decode[claim](t, o.JSON(member, t, "PUT", "/api"+at, whole, "If-Match", "1"), 200); *got.Amounts["rcv"] != 500 {
		t.Errorf("%+v", got)
	}
	whole["amounts"] = body{"rcv": 501}
	if p := dbtest.Decode[problem](t, o.JSON(member, t, "PUT", "/api"+at, whole, "If-Match", "2"), 403); !strings.Contains(p.Detail, "change amounts") {
		t.Errorf("%+v", p)
	}
	form := o.Get(member, t, at+"/edit")
	if form.Status != 200 || strings.Contains(form.Body, `name="amounts.`) || !strings.Contains(o.Get(manager, t, at+"/edit").Body, `name="amounts.rcv"`) {
		t.Error("the form offers amounts to a member, or none to a manager")
	}
	if page := o.Get(member, t, at); !strings.Contains(page.Body, "$5.00") {
		t.Error("a member sees no amounts")
	}
	values := url.Values{"version": {"2"}, "title": {"Hers"}, "kind": {"insurance"}, "priority": {"normal"}}
	if a := o.Post(member, t, at, values); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	values.Set("version", "3")
	values.Set("amounts.rcv", "9.00")
	if a := o.Post(member, t, at, values); a.Status != 403 {
		t.Errorf("%d", a.Status)
	}
	if a := o.Post(manager, t, at, values); a.Status != 303 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := o.get(manager, t, c.ID); *got.Amounts["rcv"] != 900 || got.Amounts["acv"] != nil {
		t.Errorf("%+v", got)
	}
}

func TestAViewerSeesNoAmounts(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	viewer := o.As(t, tenant.Viewer)
	c := o.create(o.As(t, tenant.Owner), t, body{"title": "Hers", "peril": "hail", "amounts": body{"rcv": 123456, "acv": 200000}})
	at := "/claims/" + c.ID.String()
	for _, target := range []string{at, at + "?tab=estimates", "/claims", "/api/claims", "/api" + at} {
		a := o.Get(viewer, t, target)
		for _, secret := range []string{"1,234.56", "123456", "acv_over_rcv", "ACV is", "Estimates", "RCV"} {
			if a.Status != 200 || strings.Contains(a.Body, secret) {
				t.Errorf("%s: %d shows %q", target, a.Status, secret)
			}
		}
	}
	for _, target := range []string{"/api" + at + "/estimates", "/claims?sort=rcv", "/api/claims?sort=-rcv"} {
		if a := o.Get(viewer, t, target); a.Status != 403 || !strings.Contains(a.Body, "amounts") {
			t.Errorf("%s: %d", target, a.Status)
		}
	}
}

func TestACarriersNumberIsUnique(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	o.create(ctx, t, body{"title": "Yazzie", "carrier": "State Farm", "claim_number": "AB 12-3"})
	other := o.create(ctx, t, body{"title": "Ortiz", "carrier": "Allstate", "claim_number": "AB 12-3"})
	same := body{"title": "Again", "carrier": " state  FARM", "claim_number": "ab123"}
	for what, a := range map[string]dbtest.Answer{
		"create": o.JSON(ctx, t, "POST", "/api/claims", same),
		"change": o.JSON(ctx, t, "PUT", "/api/claims/"+other.ID.String(), same, "If-Match", "1"),
	} {
		if p := dbtest.Decode[problem](t, a, 409); p.Code != "claim.carrier_number" || !strings.Contains(p.Detail, "is that of C-1 Yazzie already") {
			t.Errorf("%s: %+v", what, p)
		}
	}
	a := o.Post(ctx, t, "/claims", url.Values{"title": {"Again"}, "carrier": {"State Farm"}, "claim_number": {"AB 12-3"}})
	if a.Status != 409 || !strings.Contains(a.Body, "C-1 Yazzie") || !strings.Contains(a.Body, `value="Again"`) {
		t.Errorf("the form: %d", a.Status)
	}
	for range 2 { // none is not a number
		o.create(ctx, t, body{"title": "No number", "carrier": "State Farm"})
	}
	if c := o.create(dbtest.Org(t, o.db, "prowest").As(t, tenant.Owner), t, same); c.Number != 1 {
		t.Errorf("another contractor's: %+v", c)
	}
	if c := o.create(ctx, t, body{"title": "Next"}); c.Number != 5 {
		t.Errorf("the refused ones took numbers: %d", c.Number)
	}
}

// TestNumbersHaveNoGaps opens claims at once, some of which are refused.
func TestNumbersHaveNoGaps(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	numbers := make(chan int64, 20)
	for i := range cap(numbers) {
		go func() {
			if i%2 == 0 { // refused after it took its number
				o.JSON(ctx, t, "POST", "/api/claims", body{"title": "x", "contact_id": uuid.New()})
			}
			a := o.JSON(ctx, t, "POST", "/api/claims", body{"title": fmt.Sprint(i)})
			if a.Status != http.StatusCreated {
				t.Errorf("%d %s", a.Status, a.Body)
				numbers <- 0
				return
			}
			numbers <- dbtest.Decode[claim](t, a, http.StatusCreated).Number
		}()
	}
	var got []int64
	for range cap(numbers) {
		got = append(got, <-numbers)
	}
	slices.Sort(got)
	for i, n := range got {
		if n != int64(i+1) {
			t.Fatalf("%v", got)
		}
	}
}

func TestWinningALeadOpensOneClaim(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx, manager := o.As(t, tenant.Member), o.As(t, tenant.Manager)
	l := dbtest.Decode[claim](t, o.JSON(ctx, t, "POST", "/api/leads", body{"title": "Delgado", "kind": "financed", "tags": []string{"hail"}, "urgency": "high"}), 201)
	at := "/api/leads/" + l.ID.String()
	step := func(ctx context.Context, stage, reason string) dbtest.Answer {
		return o.JSON(ctx, t, "POST", at+"/stage", body{"stage": stage, "reason": reason})
	}
	for _, stage := range []string{"contacted", "qualified", "inspected", "proposal"} {
		if a := step(ctx, stage, ""); a.Status != 200 {
			t.Fatal(a.Status, a.Body)
		}
	}
	answers := make(chan dbtest.Answer, 6)
	for range cap(answers) {
		go func() { answers <- step(ctx, "won", "") }()
	}
	type won struct {
		ClaimID uuid.UUID `json:"claim_id"`
	}
	first := dbtest.Decode[won](t, <-answers, 200)
	for range cap(answers) - 1 {
		if w := dbtest.Decode[won](t, <-answers, 200); w != first {
			t.Errorf("%v beside %v", w, first)
		}
	}
	if a := step(manager, "proposal", "The homeowner thinks again"); a.Status != 200 {
		t.Error(a.Status, a.Body)
	}
	a := o.Post(ctx, t, "/leads/"+l.ID.String()+"/stage", url.Values{"stage": {"won"}})
	if a.Status != 303 || a.Header.Get("Location") != "/claims/"+first.ClaimID.String() {
		t.Errorf("won again: %d %v", a.Status, a.Header)
	}
	list := dbtest.Decode[struct{ Items []claim }](t, o.Get(ctx, t, "/api/claims"), 200)
	if len(list.Items) != 1 {
		t.Fatalf("%+v", list.Items)
	}
	got := list.Items[0]
	if got.LeadID == nil || *got.LeadID != l.ID || got.Title != "Delgado" || got.Kind != "retail" || got.WorkType != "Financed" || got.Number != 1 || !slices.Equal(got.Tags, []string{"hail"}) {
		t.Errorf("%+v", got)
	}
	if page := o.Get(ctx, t, "/claims/"+got.ID.String()); !strings.Contains(page.Body, "/leads/"+l.ID.String()) || !strings.Contains(page.Body, "Opened as C-1 from the lead Delgado") {
		t.Error("the claim does not say which lead it came from")
	}
	if page := o.Get(ctx, t, "/leads/"+l.ID.String()); !strings.Contains(page.Body, "/claims/"+got.ID.String()) {
		t.Error("the lead does not lead to its claim")
	}
}

func TestListOfClaims(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Manager)
	maria := dbtest.Decode[claim](t, o.JSON(ctx, t, "POST", "/api/contacts", body{"first_name": "Maria", "last_name": "Delgado"}), 201).ID
	ann := dbtest.Decode[claim](t, o.JSON(ctx, t, "POST", "/api/contacts", body{"last_name": "Adjusterson"}), 201).ID
	o.create(ctx, t, body{"title": "one", "contact_id": maria, "carrier": "State Farm", "claim_number": "SF-99-1", "date_of_loss": "2026-01-02", "amounts": body{"rcv": 100}})
	two := o.create(ctx, t, body{"title": "two", "assignee_id": me(ctx), "carrier": "state farm", "date_of_loss": "2026-03-04", "peril": "hail", "amounts": body{"rcv": 300}})
	o.create(ctx, t, body{"title": "three", "kind": "retail", "adjuster_id": ann, "tags": []string{"vip"}})
	o.move(ctx, t, two.ID, "inspection", "")
	gone := o.create(ctx, t, body{"title": "gone"})
	o.JSON(ctx, t, "POST", "/api/claims/"+gone.ID.String()+"/archive", nil)
	for query, want := range map[string]string{
		"": "three two one", "sort=number": "one two three", "sort=-rcv": "two one three", "sort=-date_of_loss": "two one three", "sort=date_of_loss&limit=1": "three",
		"stage=inspection": "two", "kind=retail": "three", "peril=hail": "two", "carrier=STATE+farm": "two one", "tag=vip": "three", "assignee=" + me(ctx).String(): "two",
		"archived=yes": "gone", "q=delgado": "one", "q=adjusterson": "three", "q=sf991": "one", "q=farm": "two one", "q=2": "two", "q=none": "",
	} {
		got := dbtest.Decode[struct{ Items []claim }](t, o.Get(ctx, t, "/api/claims?"+query), 200)
		titles := make([]string, len(got.Items))
		for i, c := range got.Items {
			titles[i] = c.Title
		}
		if diff := cmp.Diff(want, strings.Join(titles, " ")); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
		counted, n := postgres.CountQueries(ctx)
		if a := o.Get(counted, t, "/claims?"+query); a.Status != 200 || n.Load() > 2 || n.Load() > 1 && !strings.Contains(query, "q=") && !strings.Contains(query, "tag=") {
			t.Errorf("/claims?%s: %d in %d round trips", query, a.Status, n.Load())
		}
		if !strings.Contains(query, "limit") {
			if csv := o.Get(ctx, t, "/claims.csv?"+query); csv.Status != 200 || strings.Count(csv.Body, "\n") != len(got.Items)+1 {
				t.Errorf("/claims.csv?%s: %d %s", query, csv.Status, csv.Body)
			}
		}
	}
	if a := o.Get(ctx, t, "/claims"); strings.Count(a.Body, `>State Farm</option>`)+strings.Count(a.Body, `>state farm</option>`) != 1 {
		t.Error("a carrier is offered once, however it is capitalised")
	}
	for _, query := range []string{"stage=far", "peril=frogs", "sort=notes", "cursor=abc", "no=1"} {
		if a := o.Get(ctx, t, "/claims?"+query); a.Status != 422 {
			t.Errorf("%s: %d", query, a.Status)
		}
	}
	for _, tab := range []string{"", "?tab=estimates", "?tab=files", "?tab=audit"} {
		counted, n := postgres.CountQueries(o.As(t, tenant.Owner))
		if a := o.Get(counted, t, "/claims/"+two.ID.String()+tab); a.Status != 200 || n.Load() != 1 {
			t.Errorf("the page of a claim %s: %d in %d round trips", tab, a.Status, n.Load())
		}
	}
}

// TestEstimates shows what an import left in the tables.
func TestEstimates(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Owner)
	c := o.create(ctx, t, body{"title": "Delgado"})
	err := postgres.Do(ctx, o.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH e AS (INSERT INTO estimates (org_id, id, claim_id, name, created_by, updated_by) VALUES (current_org(), gen_random_uuid(), $1, 'Adjuster <1>', $2, $2) RETURNING id)
			INSERT INTO estimate_lines (org_id, id, estimate_id, position, number, group_name, category, selector, description, quantity, unit, unit_price, item_amount, tax, rcv, depreciation, acv, recoverable)
			SELECT current_org(), gen_random_uuid(), e.id, n, n::text, CASE WHEN n < 3 THEN 'Roof' ELSE 'Gutters' END, 'RFG', '300', 'Shingles & felt', 12.5, 'SQ', 210.3000,
				262913, 1000, 263913, 10000, CASE n WHEN 2 THEN 1 ELSE 253913 END, n <> 3
			FROM e, generate_series(1, 3) n`, c.ID, me(ctx))
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO files (org_id, id, kind, name, source_url, claim_id, created_by, updated_by)
				VALUES (current_org(), gen_random_uuid(), 'photo', 'slope <n>.jpg', 'https://photos.example/1', $1, $2, $2), (current_org(), gen_random_uuid(), 'photo', 'bad.jpg', 'javascript:alert(1)', $1, $2, $2)`, c.ID, me(ctx))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page := o.Get(ctx, t, "/claims/"+c.ID.String()+"?tab=estimates")
	for _, want := range []string{
		"Adjuster &lt;1&gt;", "$7,917.39", "$300.00", "$200.00 recoverable", "Roof", "Gutters", "Shingles &amp; felt", "12.5 SQ", ">210.30<", "RFG 300",
		"On 1 line ACV is not RCV less depreciation: kept as it came", "not recoverable", "$5,278.26",
	} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the estimates have no %q", want)
		}
	}
	type estimates struct {
		Items []struct {
			Name  string `json:"name"`
			RCV   int64  `json:"rcv"`
			Lines []struct {
				Quantity string   `json:"quantity"`
				RCV      int64    `json:"rcv"`
				Flags    []string `json:"flags"`
			} `json:"lines"`
		} `json:"items"`
	}
	got := dbtest.Decode[estimates](t, o.Get(ctx, t, "/api/claims/"+c.ID.String()+"/estimates"), 200)
	if len(got.Items) != 1 || got.Items[0].RCV != 791739 || len(got.Items[0].Lines) != 3 || got.Items[0].Lines[0].Quantity != "12.5000" || len(got.Items[0].Lines[1].Flags) != 1 {
		t.Errorf("%+v", got)
	}
	files := o.Get(ctx, t, "/claims/"+c.ID.String()+"?tab=files")
	if !strings.Contains(files.Body, "slope &lt;n&gt;.jpg") || !strings.Contains(files.Body, `href="https://photos.example/1"`) || strings.Contains(files.Body, "javascript:") {
		t.Error("the files")
	}
	if got := dbtest.Decode[estimates](t, o.Get(ctx, t, "/api/claims/"+o.create(ctx, t, body{}).ID.String()+"/estimates"), 200); got.Items == nil || len(got.Items) != 0 {
		t.Errorf("no estimates are an empty list: %+v", got)
	}
}
