package dashboard_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

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
	for _, want := range []string{"Call Yazzie", "Order shingles &lt;b&gt;", "Open claims", "$9.00 RCV", "/claims?stage=intake", "Moved to Lost", "this week", "Nothing was imported yet"} {
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
