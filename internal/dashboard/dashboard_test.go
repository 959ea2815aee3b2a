package dashboard_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/dashboard"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type body = map[string]any

type office struct {
	dbtest.Door
	dbtest.Contractor
}

func newOffice(tb testing.TB, db *postgres.DB) office {
	tb.Helper()
	c := claims.New(db)
	return office{dbtest.NewDoor(tb, dashboard.New(db).Routes, c.Routes, leads.New(db, c.OpenFor).Routes, activity.New(db).Routes), dbtest.Org(tb, db, "titan")}
}

func (o office) post(ctx context.Context, tb testing.TB, target string, b body) uuid.UUID {
	tb.Helper()
	return dbtest.Decode[struct{ ID uuid.UUID }](tb, o.JSON(ctx, tb, "POST", target, b), 201).ID
}

func (o office) get(ctx context.Context, tb testing.TB) dashboard.Overview {
	tb.Helper()
	return dbtest.Decode[dashboard.Overview](tb, o.Get(ctx, tb, "/api/dashboard"), 200)
}

// What nobody planned is on the page, the longest waiting first, until it has a
// day or a task; a member sees what is assigned to them.
func TestWhatWaitsWithoutAPlan(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	o := newOffice(t, db)
	owner, member := o.As(t, tenant.Owner), o.As(t, tenant.Member)
	scope, _ := tenant.From(member)
	roof := o.post(owner, t, "/api/claims", body{"title": "Ortiz roof"})
	o.post(owner, t, "/api/leads", body{"title": "Knocked at Yazzie's", "assignee_id": scope.ActorID})
	o.post(owner, t, "/api/leads", body{"title": "Has a day", "follow_up_on": "2050-01-01"})
	o.post(owner, t, "/api/claims", body{"title": "Has a next action", "next_action": "Call", "next_action_on": "2050-01-01"})
	task := o.post(owner, t, "/api/claims", body{"title": "Has a task"})
	o.post(owner, t, "/api/activities", body{"kind": "task", "claim_id": task, "body": "Order", "due_on": "2050-01-01"})
	lost := o.post(owner, t, "/api/leads", body{"title": "Lost"})
	o.JSON(owner, t, "POST", "/api/leads/"+lost.String()+"/stage", body{"stage": "lost", "reason": "Price"})
	gone := o.post(owner, t, "/api/claims", body{"title": "Archived"})
	o.JSON(owner, t, "POST", "/api/claims/"+gone.String()+"/archive", nil, "If-Match", "1")
	o.post(dbtest.Org(t, db, "prowest").As(t, tenant.Owner), t, "/api/leads", body{"title": "Secret"})

	titles := func(ctx context.Context) (list []string) {
		for _, w := range o.get(ctx, t).Waiting {
			list = append(list, w.Kind+" "+w.Title)
		}
		return list
	}
	yazzie := "lead Knocked at Yazzie's"
	if diff := cmp.Diff([]string{"claim C-1 Ortiz roof", yazzie}, titles(owner)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{yazzie}, titles(member)); diff != "" {
		t.Error(diff)
	}
	if a := o.Get(member, t, "/dashboard"); !strings.Contains(a.Body, "Nothing planned") || !strings.Contains(a.Body, "yours") || strings.Contains(a.Body, "Ortiz roof") {
		t.Error("a member's page")
	}
	o.post(owner, t, "/api/activities", body{"kind": "task", "claim_id": roof, "body": "Measure", "due_on": "2050-01-01"})
	if diff := cmp.Diff([]string{yazzie}, titles(owner)); diff != "" {
		t.Errorf("with a task: %s", diff)
	}
}

// A big book costs the page no more than a small one.
func TestWhatWaitsIsReadByItsIndex(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	o := newOffice(t, db)
	owner, member := o.As(t, tenant.Owner), o.As(t, tenant.Member)
	scope, _ := tenant.From(owner)
	err := postgres.Do(owner, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('app.bulk_run', gen_random_uuid()::text, true)`); err != nil {
			return err
		}
		for table, stages := range map[string]string{
			"leads (follow_up_on, org_id": "{new,contacted,qualified,proposal,won,won,won,won}", "claims (number, org_id": "{intake,filed,approved,build,closed,closed,closed,closed}",
		} {
			first := "i"
			if strings.HasPrefix(table, "leads") {
				first = "NULL"
			}
			if _, err := tx.Exec(ctx, `INSERT INTO `+table+`, id, title, stage, created_at, created_by, updated_by)
				SELECT `+first+`, current_org(), gen_random_uuid(), 'One of many', ($3::text[])[1 + i % 8], timestamptz '2025-01-01' + i * interval '1 s', $2::uuid, $2::uuid
				FROM generate_series(1, $1) i`, 20_000, scope.ActorID, stages); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Analyze(t, db)
	for index, ctx := range map[string]context.Context{"stage_idx": owner, "assignee_idx": member} {
		found := false
		for _, plan := range dbtest.Plans(ctx, t, db, func(ctx context.Context) { o.Get(ctx, t, "/dashboard") }) {
			if strings.Contains(plan, "claims_"+index) && strings.Contains(plan, "leads_"+index) {
				found = true
			}
		}
		if !found {
			t.Errorf("no plan reads %s", index)
		}
	}
}

func TestWhatToDoNext(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	o := newOffice(t, db)
	owner, member, viewer := o.As(t, tenant.Owner), o.As(t, tenant.Member), o.As(t, tenant.Viewer)
	if a := o.Get(owner, t, "/dashboard"); a.Status != 200 || !strings.Contains(a.Body, "Nothing here yet") || !strings.Contains(a.Body, `href="/migration"`) {
		t.Errorf("the first look: %d", a.Status)
	}
	scope, _ := tenant.From(member)
	zone, err := time.LoadLocation("America/Phoenix")
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().In(zone)
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	o.post(owner, t, "/api/leads", body{"title": "Call Yazzie", "follow_up_on": day(-3), "estimated_value": 1000})
	o.post(owner, t, "/api/leads", body{"title": "Call Delgado", "follow_up_on": day(0), "assignee_id": scope.ActorID, "estimated_value": 500})
	o.post(owner, t, "/api/leads", body{"title": "Not yet", "follow_up_on": day(1)})
	lost := o.post(owner, t, "/api/leads", body{"title": "Lost already", "follow_up_on": day(-1)})
	o.JSON(owner, t, "POST", "/api/leads/"+lost.String()+"/stage", body{"stage": "lost", "reason": "Price"})
	claim := o.post(owner, t, "/api/claims", body{"title": "Ortiz", "next_action": "Send the supplement", "next_action_on": day(-2), "amounts": body{"rcv": 900}})
	o.post(member, t, "/api/activities", body{"kind": "task", "claim_id": claim, "body": "Order shingles <b>", "due_on": day(-5)})
	done := o.post(member, t, "/api/activities", body{"kind": "task", "claim_id": claim, "body": "Done", "due_on": day(-5)})
	o.JSON(member, t, "PUT", "/api/activities/"+done.String()+"/done", body{"done": true})
	o.post(dbtest.Org(t, db, "prowest").As(t, tenant.Owner), t, "/api/leads", body{"title": "Secret", "follow_up_on": day(-3)})

	titles := func(ctx context.Context) (list []string) {
		for _, d := range o.get(ctx, t).Due {
			list = append(list, d.Kind+" "+d.Title)
		}
		return list
	}
	shingles, ortiz, yazzie, delgado := "task Order shingles <b>", "next_action C-1 Send the supplement", "follow_up Call Yazzie", "follow_up Call Delgado"
	for role, want := range map[tenant.Role][]string{
		tenant.Owner: {shingles, yazzie, ortiz, delgado}, tenant.Viewer: {shingles, yazzie, ortiz, delgado},
		tenant.Member: {delgado, shingles}, // theirs first, then what they wrote for nobody
	} {
		if diff := cmp.Diff(want, titles(o.As(t, role))); diff != "" {
			t.Errorf("%s: %s", role, diff)
		}
	}
	all, own := o.get(owner, t), o.get(member, t)
	if diff := cmp.Diff([]dashboard.Stage{{Stage: "intake", Count: 1, Amount: 900}}, all.Claims); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]dashboard.Stage{{Stage: "new", Count: 1, Amount: 500}}, own.Leads); diff != "" || len(own.Claims) != 0 || len(own.Runs) != 0 {
		t.Errorf("a member's figures are their own: %s %+v", diff, own)
	}
	if v := o.get(viewer, t); len(v.Leads)+len(v.Claims)+len(v.Week) != 0 {
		t.Errorf("a viewer sees figures: %+v", v)
	}
	counted, n := postgres.CountQueries(owner)
	page := o.Get(counted, t, "/dashboard")
	for _, want := range []string{"Call Yazzie", "Order shingles &lt;b&gt;", "Open claims", "$9.00 RCV", "/claims?stage=intake", "Moved to Lost", "this week", "Nothing was imported yet", "5 days late", "Today"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if n.Load() != 1 || strings.Contains(page.Body, "Secret") {
		t.Errorf("%d round trips", n.Load())
	}
	if a := o.Get(member, t, "/dashboard"); !strings.Contains(a.Body, "yours") || strings.Contains(a.Body, "Latest migrations") {
		t.Error("a member's page")
	}
	if a := o.Get(viewer, t, "/dashboard"); strings.Contains(a.Body, "by stage") || strings.Contains(a.Body, "New lead") {
		t.Error("a viewer's page")
	}
	if a := o.Get(t.Context(), t, "/api/dashboard"); a.Status != 401 {
		t.Errorf("nobody: %d", a.Status)
	}
}
