package identity_test

import (
	"fmt"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/settings"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestAnOrganisationSaysHowLongASessionLasts(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan, other := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "other")
	people := service(db)
	set := func(idle, life int) {
		t.Helper()
		err := settings.New(people, orgs.New(db)).SaveOrganisation(titan.As(t, tenant.Owner), orgs.Settings{Name: "Titan", TimeZone: "America/Phoenix", SessionIdleMinutes: idle, SessionLifeMinutes: life})
		if err != nil {
			t.Fatal(err)
		}
	}
	works := func(what, token string, want bool) {
		t.Helper()
		if _, err := people.Authenticate(t.Context(), token); (err == nil) != want || err != nil && !fault.Is(err, fault.KindUnauthenticated) {
			t.Errorf("%s: %v, want it to work: %v", what, err, want)
		}
	}
	token, ctx := signIn(t, db, titan, tenant.Member)
	elsewhere, _ := signIn(t, db, other, tenant.Member)
	session, _ := identity.Current(ctx)
	age := func(seen, made string) {
		t.Helper()
		super(t, db, `UPDATE sessions SET last_seen_at = now() - $1::interval, created_at = now() - $2::interval WHERE person_id IN (SELECT id FROM people WHERE org_id IN ($3, $4))`, seen, made, titan.ID, other.ID)
	}
	age("6 days 23 hours", "29 days")
	works("the times of the beginning", token, true)
	age("20 minutes", "8 hours 1 minute")
	set(15, 0)
	works("20 minutes without use, where 15 are allowed", token, false)
	works("in another organisation", elsewhere, true)
	if list, err := people.Sessions(ctx); err != nil || len(list) != 0 {
		t.Errorf("it is shown as open: %v, %v", list, err)
	}
	set(30, 0)
	works("where 30 are allowed", token, true)
	set(30, 480)
	works("8 hours and a minute, where 8 hours are allowed", token, false)
	set(30, 720)
	list, err := people.Sessions(ctx)
	if err != nil || len(list) != 1 || list[0].ID != session.ID {
		t.Fatalf("open are %v, %v", list, err)
	}
	if left := list[0].ExpiresAt.Sub(list[0].LastSeenAt); left.Minutes() != 30 {
		t.Errorf("it ends %v after its last use", left)
	}
}

func TestSessionTimesHaveBounds(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	for _, c := range []struct {
		idle, life int
		field      string
	}{{14, 0, "session_idle"}, {43201, 0, "session_idle"}, {0, 59, "session_life"}, {0, 129601, "session_life"}, {120, 60, "session_idle"}, {-1, 0, "session_idle"}} {
		err := settings.New(service(db), orgs.New(db)).SaveOrganisation(titan.As(t, tenant.Admin), orgs.Settings{Name: "Titan", TimeZone: "America/Phoenix", SessionIdleMinutes: c.idle, SessionLifeMinutes: c.life})
		if f := fault.As(err); f == nil || f.Fields[c.field] == "" {
			t.Errorf("%d and %d: %v", c.idle, c.life, err)
		}
	}
	err := settings.New(service(db), orgs.New(db)).SaveOrganisation(titan.As(t, tenant.Manager), orgs.Settings{Name: "Titan", TimeZone: "America/Phoenix", SessionIdleMinutes: 15})
	wantKind(t, "a manager", err, fault.KindForbidden)
}

func TestSessionTimesByHand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	b := newBrowser(t, site(t, db))
	b.signIn(titan, tenant.Owner)
	b.get("/settings/organisation").want(t, 200, "", `<option value="10080" selected>7 days`, `<option value="43200" selected>30 days`)
	b.upload(nil, "name", "Titan", "time_zone", "America/Denver", "session_idle", "480", "session_life", "60").
		want(t, 422, "", "can&#39;t last longer", `<option value="60" selected>an hour`)
	b.upload(nil, "name", "Titan", "time_zone", "America/Denver", "session_idle", "soon", "session_life", "60").want(t, 422, "", "whole number")
	b.upload(nil, "name", "Titan", "time_zone", "America/Denver", "session_idle", "30", "session_life", "720").
		want(t, 200, "/settings/organisation", `<option value="30" selected>30 minutes`, `<option value="720" selected>12 hours`)
	b.get("/settings/sessions").want(t, 200, "", "Ends, unless it is used")
	super(t, db, fmt.Sprintf(`UPDATE sessions SET last_seen_at = now() - interval '%d minutes'`, 31))
	b.get("/settings/organisation").want(t, 200, "/sign-in?next=%2Fsettings%2Forganisation")
}
