package audit_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// sentences gives what the trail says, the oldest first.
func sentences(ctx context.Context, t *testing.T, s *audit.Service, f audit.EventFilter) (list []string) {
	t.Helper()
	f.Oldest, f.Limit = true, 500
	events, _, err := s.Events(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		list = append(list, e.Sentence())
	}
	return list
}

func TestAnEventIsWhatARequestDid(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	owner, s := titan.As(t, tenant.Owner), audit.New(db)
	ctx := tenant.WithRequest(titan.As(t, tenant.Member), tenant.Request{
		ID: "r1", Route: "POST /contacts", Action: audit.ActionOf("POST", "/contacts"), Address: "192.0.2.7", Device: "Mozilla/5.0 it's \x00 'quoted'",
	})
	id := contact(ctx, t, db, "Ortiz")
	contact(titan.As(t, tenant.Member), t, db, "By a command", "Renamed")
	if diff := cmp.Diff([]string{"Member added the contact Ortiz.", "Member added the contact By a command.", "Member changed the contact Renamed."},
		sentences(owner, t, s, audit.EventFilter{})[3:]); diff != "" { // after the organisation, its people and accounts
		t.Error(diff)
	}
	list, more, err := s.Events(owner, audit.EventFilter{Record: id, Limit: 10})
	if err != nil || more || len(list) != 1 {
		t.Fatalf("%v %v %v", list, more, err)
	}
	e := list[0]
	if e.Address != "192.0.2.7" || e.Device != "Mozilla/5.0 it's  'quoted'" || e.Kind != "create" || e.Action != "contact.created" || e.Table != "contacts" || len(e.Changed) != 1 || e.At.Nanosecond()%1e6 != 0 {
		t.Errorf("got %+v", e)
	}
	for name, f := range map[string]audit.EventFilter{
		"another action": {Record: id, Action: "contact.updated"}, "another kind": {Record: id, Kind: "read"}, "somebody else": {Record: id, Actor: uuid.New()},
		"earlier": {Record: id, To: e.At}, "later": {Record: id, From: e.At.Add(1e6)}, "older": {Record: id, Before: e.Number}, "other words": {Record: id, Words: "nobody"},
	} {
		if got := sentences(owner, t, s, f); len(got) > 0 && name != "older" {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, words := range []string{"ortiz", "MEMBER", "192.0.2"} {
		if got := sentences(owner, t, s, audit.EventFilter{Record: id, Words: words}); len(got) != 1 {
			t.Errorf("%s: %v", words, got)
		}
	}
	for _, role := range []tenant.Role{tenant.Manager, tenant.Member, tenant.Viewer} {
		if _, _, err := s.Events(titan.As(t, role), audit.EventFilter{Limit: 1}); !fault.Is(err, fault.KindForbidden) {
			t.Errorf("a %s gets %v", role, err)
		}
	}
	if _, err := s.Event(dbtest.Org(t, db, "prowest").As(t, tenant.Owner), e.ID); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("another contractor gets %v", err)
	}
}

func TestWhatIsReadAndWhatIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	owner, s := titan.As(t, tenant.Owner), audit.New(db)
	before := len(sentences(owner, t, s, audit.EventFilter{}))
	at := func(ctx context.Context, route string) context.Context {
		method, pattern, _ := strings.Cut(route, " ")
		return tenant.WithRequest(ctx, tenant.Request{ID: "r", Route: route, Action: audit.ActionOf(method, pattern)})
	}
	done := func(ctx context.Context, status int, refused error) {
		t.Helper()
		if err := s.Done(ctx, status, refused); err != nil {
			t.Error(err)
		}
	}
	done(at(owner, "GET /claims.csv"), http.StatusOK, nil)
	done(at(owner, "GET /claims.csv"), http.StatusUnprocessableEntity, nil)
	done(at(owner, "GET /claims"), http.StatusOK, nil)
	done(at(owner, "POST /claims"), http.StatusSeeOther, nil) // its rows are the event
	done(at(owner, "POST /settings/keys"), http.StatusForbidden, fault.Forbidden("fresh", "the password first"))
	done(at(titan.As(t, tenant.Viewer), "POST /claims/{id}/archive"), http.StatusForbidden, fault.Forbidden("permission", "no"))
	done(at(t.Context(), "GET /claims.csv"), http.StatusForbidden, nil) // nobody
	got := sentences(owner, t, s, audit.EventFilter{})[before:]
	if diff := cmp.Diff([]string{"Owner downloaded the list of claims.", "Viewer was refused POST /claims/{id}/archive."}, slices.DeleteFunc(got, func(w string) bool { return strings.Contains(w, "the account") || strings.Contains(w, "the person") })); diff != "" {
		t.Error(diff)
	}
}

func TestExportsAndPolling(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	h := as(t, db, titan.As(t, tenant.Owner))
	contact(titan.As(t, tenant.Member), t, db, "=1+1", "Ortiz")
	table, err := csv.NewReader(get(t, h, "/settings/audit.csv?kind=create").Body).ReadAll()
	if err != nil || len(table) < 4 || table[1][0] != "1" {
		t.Fatalf("%v %v", table, err)
	}
	if last := table[len(table)-1]; !strings.Contains(last[2], "added the contact =1+1") || last[12] != "'=1+1" {
		t.Errorf("got %q", last)
	}
	lines := 0
	for in := bufio.NewScanner(get(t, h, "/settings/audit.jsonl").Body); in.Scan(); lines++ {
		var e struct {
			Number   int
			Sentence string
		}
		if err := json.Unmarshal(in.Bytes(), &e); err != nil || e.Number != lines+1 || e.Sentence == "" {
			t.Errorf("%s: %v", in.Text(), err)
		}
	}
	type page struct {
		Items []struct {
			Number  int64
			Changes []struct {
				Columns []struct{ Column, Before, After string }
			}
		}
		Last int64
		More bool
	}
	var after int64
	seen := 0
	for {
		w := get(t, h, fmt.Sprintf("/api/audit/events?limit=2&after=%d", after))
		var p page
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err, w.Body)
		}
		seen += len(p.Items)
		if after = p.Last; !p.More {
			break
		}
	}
	if seen != lines {
		t.Errorf("polled %d events, exported %d", seen, lines)
	}
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "GET", fmt.Sprintf("/api/audit/events?after=%d", after), nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	tag := ask("").Header().Get("ETag")
	if w := ask(tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
		t.Errorf("nothing new: %d %s", w.Code, w.Body)
	}
	contact(titan.As(t, tenant.Member), t, db, "New")
	if w := ask(tag); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "added the contact New") {
		t.Errorf("something new: %d %s", w.Code, w.Body)
	}
	for _, years := range []string{"", "0", "8", "x"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/settings/audit/retention", strings.NewReader("years="+years))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q years: %d", years, w.Code)
		}
	}
	for target, want := range map[string]int{"/settings/audit.csv?days=x": 422, "/settings/audit.jsonl?from=11/27": 422, "/api/audit/events?kind=all": 422, "/settings/audit/events/x": 404, "/settings/audit/events/" + uuid.NewString(): 404} {
		if w := get(t, h, target); w.Code != want {
			t.Errorf("%s: %d, want %d", target, w.Code, want)
		}
	}
}

// TestTamperingIsFound lets the database's superuser do what nobody else can.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	member, owner, s := titan.As(t, tenant.Member), titan.As(t, tenant.Owner), audit.New(db)
	super := dbtest.Super(t, db)
	for _, name := range []string{"One", "Two", "Three"} {
		contact(member, t, db, name, name+" again")
		if n, err := s.SealAll(t.Context()); err != nil || n == 0 {
			t.Fatal(n, err)
		}
	}
	contact(member, t, db, "Not sealed yet")
	whole, err := s.Verify(owner, 0, "")
	if err != nil || len(whole.Found) > 0 || whole.Seals != 3 || whole.Unsealed != 1 || whole.Events < 9 {
		t.Fatalf("%+v, %v", whole, err)
	}
	if r, err := s.Verify(owner, whole.Seal, whole.Hash); err != nil || len(r.Found) > 0 {
		t.Errorf("with the noted seal: %+v, %v", r, err)
	}
	if r, err := s.Verify(owner, whole.Seal, strings.Repeat("0", 64)); err != nil || len(r.Found) != 1 {
		t.Errorf("with another: %+v, %v", r, err)
	}
	if r, err := s.VerifyOutside(t.Context()); err != nil || len(r.Found) > 0 || r.Events == 0 {
		t.Errorf("accounts: %+v, %v", r, err)
	}
	for name, sql := range map[string]string{
		"an event's words":      `UPDATE audit_events SET target = 'another' WHERE org_id = $1 AND number = 5`,
		"an event's time":       `UPDATE audit_events SET at = at - interval '1 ms' WHERE org_id = $1 AND number = 5`,
		"a row's values":        `UPDATE audit_entries SET changes = '{}' WHERE org_id = $1 AND label = 'Two again'`,
		"a row that is gone":    `DELETE FROM audit_entries WHERE org_id = $1 AND label = 'Two again'`,
		"a row put in":          `INSERT INTO audit_entries (org_id, actor, request_id, table_name, operation, changes, event_id) SELECT $1, 'x', 'x', 'claims', 'update', '{}', gen_random_uuid()`,
		"an event that is gone": `DELETE FROM audit_events WHERE org_id = $1 AND number = 6`,
		"the last event":        `DELETE FROM audit_events WHERE org_id = $1 AND number = (SELECT max(number) FROM audit_events WHERE org_id = $1)`,
		"an event made anew":    `UPDATE audit_events e SET target = 'another', digest = audit.digest(audit_events_new) FROM (SELECT org_id, number, id, at, actor_id, actor, actor_kind, address, device, request_id, action, kind, table_name, record_id, 'another' AS target, digest FROM audit_events) n, LATERAL (SELECT (n.*)::audit_events AS audit_events_new) x WHERE e.org_id = $1 AND e.number = 5 AND n.org_id = e.org_id AND n.number = e.number`,
		"a seal":                `UPDATE audit_seals SET hash = previous WHERE org_id = $1 AND number = 2`,
		"a seal that is gone":   `DELETE FROM audit_seals WHERE org_id = $1 AND number = 2`,
	} {
		tx, err := super.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tag, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica`)
		if err == nil {
			tag, err = tx.Exec(t.Context(), sql, titan.ID)
		}
		if err != nil || tag.RowsAffected() == 0 {
			t.Fatalf("%s: %v, %v", name, tag, err)
		}
		// Another connection would not see it: check as the program does, in the same transaction.
		if _, err := tx.Exec(t.Context(), `SET LOCAL ROLE skai_app; SELECT set_config('app.org_id', '`+titan.ID.String()+`', true)`); err != nil {
			t.Fatal(err)
		}
		r, err := audit.VerifyIn(t.Context(), tx)
		if err != nil || len(r.Found) == 0 {
			t.Errorf("%s was not found: %+v, %v", name, r, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := s.Verify(owner, 0, ""); err != nil || len(r.Found) > 0 {
		t.Errorf("at the end: %+v, %v", r, err)
	}
}

func TestTheProgramCanOnlyAdd(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	owner := titan.As(t, tenant.Owner)
	for _, sql := range []string{
		`UPDATE audit_events SET target = ''`, `DELETE FROM audit_events`, `DELETE FROM audit_entries`, `UPDATE audit_heads SET last = 0`, `DELETE FROM audit_seals`,
		`INSERT INTO audit_heads VALUES (current_org(), 7)`, `SELECT audit.seal()`, `SELECT audit.prune()`,
		`SELECT audit.note(gen_random_uuid(), NULL, 'x', 'person', 'contact.exported', 'read', '', NULL, '')`, // of another organisation
		`SELECT audit.append(current_org(), gen_random_uuid(), NULL, 'x', 'person', 'contact.exported', 'read', '', NULL, '')`,
	} {
		err := postgres.Do(owner, db, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, sql); return err })
		if err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	member, owner, s := titan.As(t, tenant.Member), titan.As(t, tenant.Owner), audit.New(db)
	contact(member, t, db, "Old")
	seal := func() {
		t.Helper()
		if _, err := s.SealAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	seal()
	contact(member, t, db, "New")
	seal()
	super := dbtest.Super(t, db)
	if _, err := super.Exec(t.Context(), `UPDATE audit_seals SET at = at - interval '3 years' WHERE number = 1`); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Prune(t.Context()); err != nil || n != 0 {
		t.Errorf("seven years: %d events removed, %v", n, err)
	}
	if _, err := super.Exec(t.Context(), `UPDATE orgs SET audit_years = 2`); err != nil {
		t.Fatal(err)
	}
	n, err := s.Prune(t.Context())
	if err != nil || n == 0 {
		t.Fatalf("two years: %d events removed, %v", n, err)
	}
	r, err := s.Verify(owner, 0, "")
	if err != nil || len(r.Found) > 0 || r.Pruned == 0 || r.Events == 0 {
		t.Errorf("after it: %+v, %v", r, err)
	}
	if got := sentences(owner, t, s, audit.EventFilter{}); slices.Contains(got, "Member added the contact Old.") || !slices.Contains(got, "Member added the contact New.") {
		t.Errorf("left: %v", got)
	}
	// Who removes what is younger than a year can't say that it was retention.
	if _, err := super.Exec(t.Context(), `UPDATE audit_seals SET pruned_at = now() WHERE number = 2`); postgres.Constraint(err) == "" {
		t.Errorf("a young seal was pruned: %v", err)
	}
}
