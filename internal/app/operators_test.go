package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/skaiscraper/skai/internal/app"
	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/operators"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/measure"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// operating is somebody who runs the platform.
type operating struct {
	guest

	email  string
	secret string // of their authenticator app
}

// add makes an operator with an account of no organisation.
func add(t *testing.T, db *postgres.DB, email string) {
	t.Helper()
	if created, err := operators.New(db).Add(t.Context(), operators.Adding{Email: email, Name: "Olga Operator", Password: dbtest.Password}); err != nil || !created {
		t.Fatal(created, err)
	}
}

// enter shows the password at the door and gives a browser with the session's cookie.
func enter(t *testing.T, a *app.App, email, next string) (guest, dbtest.Answer) {
	t.Helper()
	g := guest{a.Handler(), http.Header{}}
	answer := g.send(t, "POST", "/sign-in", url.Values{"email": {email}, "password": {dbtest.Password}, "next": {next}})
	for _, c := range (&http.Response{Header: answer.Header}).Cookies() {
		if c.Name == "session" {
			g.header.Set("Cookie", "session="+c.Value)
		}
	}
	return g, answer
}

// operate adds an operator, who sets up an authenticator app at the door.
func operate(t *testing.T, a *app.App, db *postgres.DB, email string) operating {
	t.Helper()
	add(t, db, email)
	o := operating{email: email}
	o.guest, _ = enter(t, a, email, "/dashboard")
	page := o.send(t, "GET", "/sign-in/enrol/app", nil).Body
	_, secret, _ := strings.Cut(page, "<code>")
	o.secret, _, _ = strings.Cut(secret, "</code>")
	_, id, _ := strings.Cut(page, `name="app" value="`)
	id, _, _ = strings.Cut(id, `"`)
	code, err := totp.GenerateCode(o.secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if answer := o.send(t, "POST", "/sign-in/enrol/app", url.Values{"app": {id}, "code": {code}, "name": {"Phone"}, "next": {"/dashboard"}}); answer.Status != 200 || !strings.Contains(answer.Body, `href="/admin"`) {
		t.Fatalf("set up a factor: %d %.3000s", answer.Status, answer.Body)
	}
	return o
}

func TestAnOperatorSignsInWithASecondFactor(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	titan := dbtest.Org(t, db, "titan")
	o := operate(t, a, db, "olga@example.com")
	if page := o.send(t, "GET", "/admin", nil); page.Status != 200 || !strings.Contains(page.Body, titan.Name) || strings.Contains(page.Body, "/settings") {
		t.Errorf("inside: %d %.2000s", page.Status, page.Body)
	}
	if page := o.send(t, "GET", "/sign-in", nil); page.Header.Get("Location") != "/admin" {
		t.Errorf("at the door again: %d to %q", page.Status, page.Header.Get("Location"))
	}
	next, _ := enter(t, a, o.email, "/claims")
	if page := next.send(t, "GET", "/admin", nil); page.Status != http.StatusSeeOther || page.Header.Get("Location") != "/sign-in?next=%2Fadmin" {
		t.Errorf("the password alone: %d to %q", page.Status, page.Header.Get("Location"))
	}
	code, err := totp.GenerateCode(o.secret, time.Now().Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if page := next.send(t, "POST", "/sign-in/second", url.Values{"code": {"000000"}, "next": {"/claims"}}); page.Status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code: %d", page.Status)
	}
	if page := next.send(t, "POST", "/sign-in/second", url.Values{"code": {code}, "next": {"/claims"}, "trust": {"on"}}); page.Header.Get("Location") != "/admin" || strings.Contains(page.Header.Get("Set-Cookie"), "trusted") {
		t.Errorf("the code: %d to %q, %s", page.Status, page.Header.Get("Location"), page.Body)
	}
	next.send(t, "POST", "/sign-out", nil)
	if page := next.send(t, "GET", "/admin", nil); page.Status != http.StatusNotFound {
		t.Errorf("after signing out: %d", page.Status)
	}
	if page := o.send(t, "GET", "/admin", nil); page.Status != 200 {
		t.Errorf("the other session: %d", page.Status)
	}
	list, err := operators.New(db).List(t.Context())
	if err != nil || len(list) != 1 || !list[0].Factor {
		t.Fatal(list, err)
	}
	token, err := a.People.OpenFor(t.Context(), list[0].ID, identity.Device{}) // of whoever's passkey knew its owner
	passkey := guest{a.Handler(), http.Header{"Cookie": {"session=" + token}}}
	if page := passkey.send(t, "GET", "/admin", nil); page.Status != 200 || err != nil {
		t.Errorf("by a passkey: %d, %v", page.Status, err)
	}
	const once = "operator.signed_in by Olga Operator (operator)"
	if got := nobodysEvents(t, db); !cmp.Equal(got, []string{once, once, once}) {
		t.Errorf("the trail has %v", got)
	}
}

// nobodysEvents are what operators did that is of no organisation.
func nobodysEvents(t *testing.T, db *postgres.DB) []string {
	t.Helper()
	list, err := postgres.Values[string](t.Context(), dbtest.Super(t, db), `
		SELECT action || ' by ' || actor || ' (' || actor_kind || ')' FROM audit_events WHERE org_id = '00000000-0000-0000-0000-000000000000' AND actor_kind = 'operator' ORDER BY number`)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAnOperatorWithoutASecondFactorIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	super := dbtest.Super(t, db)
	add(t, db, "late@example.com")
	if _, err := super.Exec(t.Context(), `UPDATE operators SET enrol_until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	if _, page := enter(t, a, "late@example.com", "/admin"); page.Status != http.StatusForbidden || !strings.Contains(page.Body, "skai operator add") {
		t.Errorf("after a day: %d %.2000s", page.Status, page.Body)
	}
	if _, err := operators.New(db).Add(t.Context(), operators.Adding{Email: "late@example.com", Password: dbtest.Password}); err != nil {
		t.Fatal(err)
	}
	g, page := enter(t, a, "late@example.com", "/admin")
	if page.Status != http.StatusSeeOther {
		t.Errorf("added again: %d", page.Status)
	}
	if _, err := super.Exec(t.Context(), `UPDATE operators SET enrol_until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	if page := g.send(t, "GET", "/sign-in/enrol/app", nil); page.Status != http.StatusSeeOther {
		t.Errorf("half open when the day is over: %d", page.Status)
	}
}

// theirs are the addresses of whoever runs the platform, and of nobody else.
func theirs(a *app.App) (list []web.Route) {
	for _, r := range a.Routes() {
		if r.Audience == web.Operator && strings.HasPrefix(r.Pattern, "/admin") {
			list = append(list, r)
		}
	}
	return list
}

func TestAdminDoesNotExistForAnybodyElse(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	titan := dbtest.Org(t, db, "titan")
	removed, revoked, disabled := operate(t, a, db, "removed@example.com"), operate(t, a, db, "revoked@example.com"), operate(t, a, db, "disabled@example.com")
	if err := operators.New(db).Remove(t.Context(), removed.email); err != nil {
		t.Fatal(err)
	}
	if err := operators.New(db).Remove(t.Context(), removed.email); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	for _, sql := range []string{
		`UPDATE operator_sessions SET revoked_at = now() WHERE operator_id = (SELECT id FROM users WHERE email = 'revoked@example.com')`,
		`UPDATE users SET disabled_at = now() WHERE email = 'disabled@example.com'`,
	} {
		if _, err := dbtest.Super(t, db).Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	everybody := map[string]guest{"nobody": {a.Handler(), http.Header{}}, "a token": {a.Handler(), http.Header{"Authorization": {"Bearer x"}}}, "one removed": removed.guest, "an ended session": revoked.guest, "a disabled account": disabled.guest}
	for _, role := range identity.Roles() {
		everybody[string(role)] = comeIn(t, a, titan, role)
	}
	routes := theirs(a)
	if len(routes) < 9 {
		t.Fatalf("only %d routes", len(routes))
	}
	nowhere := everybody["nobody"].send(t, "GET", "/nowhere", nil).Body
	for who, g := range everybody {
		for _, r := range routes {
			for _, method := range []string{r.Method, http.MethodPut} {
				page := g.send(t, method, address(r), nil)
				if page.Status != http.StatusNotFound || page.Header.Get("Allow") != "" {
					t.Errorf("%s: %s %s: %d", who, method, r.Pattern, page.Status)
				}
				if who == "nobody" && page.Body != nowhere {
					t.Errorf("%s %s is told from an address that is not there", method, r.Pattern)
				}
			}
		}
	}
}

// An operator's session is nobody on everything that is an organisation's, and the
// session of the same person in their organisation is nobody at the operators'.
func TestAnOperatorIsNobodyInOrganisations(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	titan := dbtest.Org(t, db, "titan")
	o := operate(t, a, db, "olga@example.com")
	if _, err := a.People.CreateUser(t.Context(), identity.NewUser{Email: o.email, OrgSlug: titan.Slug, Role: tenant.Owner, Password: dbtest.Password}); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, r := range a.Routes() {
		if r.Audience != web.SignedIn {
			continue
		}
		tried++
		page := o.send(t, r.Method, address(r), nil)
		atDoor := page.Status == http.StatusSeeOther && strings.HasPrefix(page.Header.Get("Location"), "/sign-in")
		if !atDoor && page.Status != http.StatusUnauthorized {
			t.Errorf("%s %s: %d", r.Method, r.Pattern, page.Status)
		}
	}
	if tried < 100 {
		t.Errorf("only %d routes were tried", tried)
	}
	if page := o.send(t, "GET", "/admin", nil); page.Status != 200 {
		t.Errorf("still inside: %d", page.Status)
	}
	member, _ := enter(t, a, o.email, "/dashboard")
	code, err := totp.GenerateCode(o.secret, time.Now().Add(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if page := member.send(t, "POST", "/sign-in/second", url.Values{"code": {code}, "next": {"/dashboard"}}); page.Header.Get("Location") != "/dashboard" {
		t.Fatalf("as a member: %d to %q", page.Status, page.Header.Get("Location"))
	}
	change := url.Values{"current": {dbtest.Password}, "password": {"correct horse battery"}, "again": {"correct horse battery"}}
	if page := member.send(t, "POST", "/settings/password", change); page.Status != http.StatusSeeOther {
		t.Errorf("change the password: %d", page.Status)
	}
	if page := o.send(t, "GET", "/admin", nil); page.Status != http.StatusNotFound {
		t.Errorf("after the password was changed: %d", page.Status)
	}
	if page := member.send(t, "GET", "/dashboard", nil); page.Status != 200 {
		t.Errorf("as a member: %d", page.Status)
	}
	for _, r := range theirs(a) {
		if page := member.send(t, r.Method, address(r), nil); page.Status != http.StatusNotFound {
			t.Errorf("as a member: %s %s: %d", r.Method, r.Pattern, page.Status)
		}
	}
}

func TestAnOperatorsSessionIsShort(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	o := operate(t, a, db, "olga@example.com")
	super := dbtest.Super(t, db)
	for _, sql := range []string{
		`UPDATE operator_sessions SET last_seen_at = now() - interval '30 minutes 1 second'`,
		`UPDATE operator_sessions SET created_at = now() - interval '12 hours 1 second'`,
		`UPDATE user_factors SET confirmed_at = NULL`, // as it is when its owner removed it
	} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		if page := o.send(t, "GET", "/admin", nil); page.Status != http.StatusSeeOther {
			t.Errorf("%s: %d", sql, page.Status)
		}
		if _, err := super.Exec(t.Context(), `WITH f AS (UPDATE user_factors SET confirmed_at = now()) UPDATE operator_sessions SET last_seen_at = now() - interval '29 minutes', created_at = now() - interval '11 hours'`); err != nil {
			t.Fatal(err)
		}
		if page := o.send(t, "GET", "/admin", nil); page.Status != 200 {
			t.Errorf("in use: %d", page.Status)
		}
	}
}

func TestWhatOperatorsDoIsInTheTrail(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	titan := dbtest.Org(t, db, "titan")
	owner := comeIn(t, a, titan, tenant.Owner)
	o := operate(t, a, db, "olga@example.com")
	super := dbtest.Super(t, db)
	at := "/admin/organisations/" + titan.ID.String()
	change := func(path string, form url.Values, status int, words string) {
		t.Helper()
		if page := o.send(t, "POST", path, form); page.Status != status || !strings.Contains(page.Body, words) {
			t.Errorf("%s: %d %.3000s", path, page.Status, page.Body)
		}
	}
	change(at+"/suspend", url.Values{}, http.StatusUnprocessableEntity, "reason")
	change(at+"/suspend", url.Values{"reason": {strings.Repeat("x", 301)}}, http.StatusUnprocessableEntity, "300")
	change(at+"/suspend", url.Values{"reason": {"They asked for it"}}, http.StatusSeeOther, "")
	change(at+"/suspend", url.Values{"reason": {"Twice"}}, http.StatusConflict, "suspended already")
	if page := owner.send(t, "GET", "/dashboard", nil); page.Status != http.StatusSeeOther {
		t.Errorf("while it is suspended: %d", page.Status)
	}
	if page := o.send(t, "GET", at, nil); !strings.Contains(page.Body, "They asked for it") {
		t.Errorf("the page does not say why: %.3000s", page.Body)
	}
	change(at+"/resume", url.Values{"reason": {"Asked again"}}, http.StatusSeeOther, "")
	change(at+"/plan", url.Values{"plan": {"gold"}}, http.StatusUnprocessableEntity, "")
	change(at+"/plan", url.Values{"plan": {"enterprise"}}, http.StatusSeeOther, "")
	change("/admin/organisations/01a205b5-ae52-713f-92e0-37b7a6333d61/suspend", url.Values{"reason": {"x"}}, http.StatusNotFound, "")
	got, err := postgres.Values[string](t.Context(), super, `
		SELECT e.action || ' by ' || e.actor || ' (' || e.actor_kind || ') ' || coalesce(n.changes #>> '{status_reason,1}', '') FROM audit_events e JOIN audit_entries n ON n.event_id = e.id
		WHERE e.org_id = $1 AND e.actor_kind = 'operator' ORDER BY e.number`, titan.ID)
	want := []string{"organisation.suspended by Olga Operator (operator) They asked for it", "organisation.resumed by Olga Operator (operator) Asked again", "organisation.plan_changed by Olga Operator (operator) "}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if page := owner.send(t, "GET", "/settings/audit", nil); !strings.Contains(page.Body, "Olga Operator") {
		t.Error("the owner does not see who it was")
	}
	o.jobs(t, a, db)
	o.send(t, "GET", "/admin/organisations.csv", nil)
	if diff := cmp.Diff([]string{"operator.signed_in", "job.retried", "job.dropped", "organisation.listed"}, actions(nobodysEvents(t, db))); diff != "" {
		t.Error(diff)
	}
	for _, r := range theirs(a) {
		if r.Method != http.MethodGet && audit.ActionOf(r.Method, r.Pattern) == "" {
			t.Errorf("%s %s has no action", r.Method, r.Pattern)
		}
	}
}

func TestOperatorsSeeWhichLimitsAreHit(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := build(t, db)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	rec := measure.New(db, uuid.New())
	for route, n := range map[string]int{"GET /claims.csv": 2, "GET /leads.csv": 1, "GET /api/claims": 4, "POST /claims/{id}/files": 6, "GET /gone": 5} {
		for range n {
			rec.Observe(measure.Seen{Org: titan.ID, Route: route, Status: http.StatusTooManyRequests, Took: time.Millisecond})
		}
	}
	if err := rec.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := operate(t, a, db, "olga@example.com")
	page := o.send(t, "GET", "/admin/organisations/"+titan.ID.String(), nil)
	order := `(?s)API requests.+GET /api/claims.+>4<.+API requests.+GET /claims\.csv.+>2<.+API requests.+GET /leads\.csv.+>1<.+uploads.+POST /claims/\{id\}/files.+>6<.+GET /gone.+>5<`
	if !regexp.MustCompile(order).MatchString(page.Body) {
		t.Errorf("%d %.9000s", page.Status, page.Body)
	}
	if page := o.send(t, "GET", "/admin/organisations/"+prowest.ID.String(), nil); !strings.Contains(page.Body, "Nobody was told to slow down") {
		t.Errorf("the other one: %d", page.Status)
	}
}

func actions(events []string) (list []string) {
	for _, e := range events {
		action, _, _ := strings.Cut(e, " ")
		list = append(list, action)
	}
	return list
}

// jobs retries and drops one that was given up.
func (o operating) jobs(t *testing.T, _ *app.App, db *postgres.DB) {
	t.Helper()
	id, err := postgres.Value[string](t.Context(), dbtest.Super(t, db), `
		INSERT INTO river.river_job (kind, args, queue, state, attempt, max_attempts, finalized_at, errors)
		VALUES ('mail.send', '{"secret": "of somebody"}', 'alerts', 'discarded', 25, 25, now(), ARRAY['{"at": "2026-01-01T00:00:00Z", "attempt": 25, "error": "pat@example.com refuses", "trace": ""}'::jsonb]) RETURNING id::text`)
	if err != nil {
		t.Fatal(err)
	}
	page := o.send(t, "GET", "/admin/jobs", nil)
	if page.Status != 200 || !strings.Contains(page.Body, "mail.send") || strings.Contains(page.Body, "of somebody") || strings.Contains(page.Body, "pat@example.com") {
		t.Errorf("the jobs: %d %.3000s", page.Status, page.Body)
	}
	if page := o.send(t, "POST", "/admin/jobs/"+id+"/retry", nil); page.Status != http.StatusSeeOther {
		t.Errorf("retry: %d %s", page.Status, page.Body)
	}
	if page := o.send(t, "POST", "/admin/jobs/"+id+"/drop", nil); page.Status != http.StatusSeeOther {
		t.Errorf("drop: %d %s", page.Status, page.Body)
	}
	for path, status := range map[string]int{"/admin/jobs/" + id + "/drop": http.StatusNotFound, "/admin/jobs/x/drop": http.StatusNotFound} {
		if page := o.send(t, "POST", path, nil); page.Status != status {
			t.Errorf("%s: %d", path, page.Status)
		}
	}
	if page := o.send(t, "GET", "/admin/jobs?state=lost", nil); page.Status != http.StatusUnprocessableEntity {
		t.Errorf("a state there is none of: %d", page.Status)
	}
	if page := o.send(t, "GET", "/admin/platform", nil); page.Status != 200 || !strings.Contains(page.Body, "Olga Operator") {
		t.Errorf("the platform: %d %.3000s", page.Status, page.Body)
	}
}
