package identity_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestASessionEnds(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	for name, sql := range map[string]string{
		"after 30 days":             `UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = $1`,
		"after 7 days without use":  `UPDATE sessions SET last_seen_at = now() - interval '7 days 1 second' WHERE id = $1`,
		"when it is revoked":        `UPDATE sessions SET revoked_at = now() WHERE id = $1`,
		"when its user is disabled": `UPDATE users SET disabled_at = now() WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`,
	} {
		token, ctx := signIn(t, db, titan, tenant.Admin)
		session, _ := identity.Current(ctx)
		if _, err := service(db).Authenticate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		super(t, db, sql, session.ID)
		_, err := service(db).Authenticate(t.Context(), token)
		wantKind(t, name, err, fault.KindUnauthenticated)
		super(t, db, `UPDATE users SET disabled_at = NULL WHERE email = $1`, titan.Email(tenant.Admin))
	}
	for _, token := range []string{"", "x", "\x00", strings.Repeat("a", 5000), "' OR true --"} {
		_, err := service(db).Authenticate(t.Context(), token)
		wantKind(t, "a token nobody has", err, fault.KindUnauthenticated)
	}
}

func TestARemovedMemberLosesAccessAtOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	token, _ := signIn(t, db, titan, tenant.Member)
	if err := inScope(titan.As(t, tenant.Owner), db, `UPDATE people SET active = false WHERE email = $1`, titan.Email(tenant.Member)); err != nil {
		t.Fatal(err)
	}
	_, err := service(db).Authenticate(t.Context(), token)
	wantKind(t, "the next request", err, fault.KindUnauthenticated)
}

func TestASuspendedOrganisationLetsNobodyIn(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	token, _ := signIn(t, db, titan, tenant.Owner)
	o := orgs.New(db)
	if _, err := o.Suspend(t.Context(), titan.Slug, true, ""); err != nil {
		t.Fatal(err)
	}
	_, err := o.Suspend(t.Context(), titan.Slug, true, "")
	wantKind(t, "suspending twice", err, fault.KindConflict)
	_, err = service(db).Authenticate(t.Context(), token)
	wantKind(t, "the next request", err, fault.KindUnauthenticated)
	_, err = service(db).SignIn(t.Context(), titan.Email(tenant.Owner), dbtest.Password, identity.Device{})
	wantKind(t, "signing in again", err, fault.KindForbidden)
	theirs, ctx := signIn(t, db, prowest, tenant.Owner)
	if _, err := service(db).Authenticate(t.Context(), theirs); err != nil {
		t.Errorf("another organisation: %v", err)
	}
	super(t, db, `INSERT INTO people (org_id, id, user_id, kind, name, role, active) SELECT $1, gen_random_uuid(), id, 'member', name, 'owner', true FROM users WHERE email = $2`,
		titan.ID, prowest.Email(tenant.Owner))
	wantKind(t, "switching to it", service(db).SwitchOrg(ctx, titan.ID), fault.KindNotFound)
	if _, err := o.Suspend(t.Context(), titan.Slug, false, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := service(db).Authenticate(t.Context(), token); err != nil {
		t.Errorf("after it was opened again: %v", err)
	}
}

func TestAChangedRoleHoldsAtOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	token, _ := signIn(t, db, titan, tenant.Manager)
	if err := inScope(titan.As(t, tenant.Owner), db, `UPDATE people SET role = 'viewer' WHERE email = $1`, titan.Email(tenant.Manager)); err != nil {
		t.Fatal(err)
	}
	s, err := service(db).Authenticate(t.Context(), token)
	if err != nil || s.Role != tenant.Viewer {
		t.Errorf("the role is %s, %v", s.Role, err)
	}
}

func TestASessionInUseStaysOpen(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	token, ctx := signIn(t, db, dbtest.Org(t, db, "titan"), tenant.Owner)
	session, _ := identity.Current(ctx)
	super(t, db, `UPDATE sessions SET last_seen_at = now() - interval '6 days' WHERE id = $1`, session.ID)
	for range 2 {
		if _, err := service(db).Authenticate(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	var age time.Duration
	if err := dbtest.Super(t, db).QueryRow(t.Context(), `SELECT now() - last_seen_at FROM sessions WHERE id = $1`, session.ID).Scan(&age); err != nil || age > time.Minute {
		t.Errorf("last seen %v ago, %v", age, err)
	}
}

func TestSwitchOrg(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan, prowest, other := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest"), dbtest.Org(t, db, "other")
	token, ctx := signIn(t, db, titan, tenant.Owner)
	people := service(db)
	wantKind(t, "an organisation they don't belong to", people.SwitchOrg(ctx, other.ID), fault.KindNotFound)
	member(t, db, titan.Email(tenant.Owner), prowest.Slug, tenant.Viewer)
	if err := people.SwitchOrg(ctx, prowest.ID); err != nil {
		t.Fatal(err)
	}
	s, err := people.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if s.OrgID != prowest.ID || s.Role != tenant.Viewer || s.PersonID == mustPerson(ctx) {
		t.Errorf("after the switch: %+v", s)
	}
	want := []identity.Membership{{prowest.ID, prowest.Slug, prowest.Name, "viewer"}, {titan.ID, titan.Slug, titan.Name, "owner"}}
	if diff := cmp.Diff(want, s.Orgs); diff != "" {
		t.Error(diff)
	}
	// Losing the one they look at ends the session; the other is a sign-in away.
	super(t, db, `UPDATE people SET active = false WHERE org_id = $1 AND email = $2`, prowest.ID, titan.Email(tenant.Owner))
	_, err = people.Authenticate(t.Context(), token)
	wantKind(t, "the membership they looked at is gone", err, fault.KindUnauthenticated)
	if err := people.SwitchOrg(t.Context(), titan.ID); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("without a session: %v", err)
	}
}

func mustPerson(ctx context.Context) uuid.UUID {
	s, _ := tenant.From(ctx)
	return s.ActorID
}

func TestSessionsAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	people := service(db)
	_, stranger := signIn(t, db, titan, tenant.Admin)
	strangers, _ := identity.Current(stranger)
	_, phone := signIn(t, db, titan, tenant.Owner)
	lost, _ := identity.Current(phone)
	third, _ := signIn(t, db, titan, tenant.Owner)
	token, ctx := signIn(t, db, titan, tenant.Owner)
	mine, _ := identity.Current(ctx)

	list, err := people.Sessions(ctx)
	if err != nil || len(list) != 3 || list[0].ID != mine.ID {
		t.Fatalf("got %+v, %v", list, err)
	}
	if list[0].UserAgent != "a browser" || *list[0].Address != netip.MustParseAddr("192.0.2.1") {
		t.Errorf("got %+v", list[0])
	}
	wantKind(t, "somebody else's session", people.Revoke(ctx, strangers.ID), fault.KindNotFound)
	wantKind(t, "no session", people.Revoke(ctx, uuid.New()), fault.KindNotFound)
	if err := people.Revoke(ctx, lost.ID); err != nil {
		t.Error(err)
	}
	wantKind(t, "a second time", people.Revoke(ctx, lost.ID), fault.KindNotFound)
	if n, err := people.RevokeOthers(ctx); n != 1 || err != nil {
		t.Errorf("%d others ended, %v", n, err)
	}
	_, err = people.Authenticate(t.Context(), third)
	wantKind(t, "one of the others", err, fault.KindUnauthenticated)
	if _, err := people.Authenticate(t.Context(), token); err != nil {
		t.Errorf("the current one: %v", err)
	}
	if list, err := people.Sessions(ctx); err != nil || len(list) != 1 {
		t.Errorf("left are %+v, %v", list, err)
	}
	_, err = people.Sessions(t.Context())
	wantKind(t, "list without a session", err, fault.KindUnauthenticated)
	wantKind(t, "revoke without a session", people.Revoke(t.Context(), mine.ID), fault.KindUnauthenticated)
	_, err = people.RevokeOthers(t.Context())
	wantKind(t, "revoke others without a session", err, fault.KindUnauthenticated)
}

func TestPurgeSessions(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	people := service(db)
	for _, sql := range []string{
		`UPDATE sessions SET expires_at = now() - interval '31 days' WHERE id = $1`,
		`UPDATE sessions SET revoked_at = now() - interval '31 days' WHERE id = $1`,
		`UPDATE sessions SET revoked_at = now() - interval '29 days' WHERE id = $1`,
		`UPDATE sessions SET user_agent = 'open' WHERE id = $1`,
	} {
		_, ctx := signIn(t, db, titan, tenant.Owner)
		session, _ := identity.Current(ctx)
		super(t, db, sql, session.ID)
	}
	super(t, db, `INSERT INTO sign_in_failures VALUES ('account:old', 3, now() - interval '31 days')`)
	if n, err := people.PurgeSessions(t.Context()); n != 2 || err != nil {
		t.Errorf("%d sessions purged, %v; want 2", n, err)
	}
	if n, err := people.PurgeSessions(t.Context()); n != 0 || err != nil {
		t.Errorf("another time %d, %v", n, err)
	}
	left, err := postgres.Value[int](t.Context(), dbtest.Super(t, db), `SELECT (SELECT count(*) FROM sessions)::int + (SELECT count(*) FROM sign_in_failures WHERE key LIKE '%old')::int`)
	if left != 2 || err != nil {
		t.Errorf("%d rows left, %v", left, err)
	}
}

// What a browser says of itself may be anything.
func TestAnOddDeviceIsKeptAsText(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	for _, agent := range []string{"", "\xff\xfe", strings.Repeat("ü", 400), "a\x00b"} {
		token, err := service(db).SignIn(t.Context(), titan.Email(tenant.Owner), dbtest.Password, identity.Device{UserAgent: agent})
		if err != nil {
			t.Errorf("%q: %v", agent, err)
			continue
		}
		s, err := service(db).Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		list, err := service(db).Sessions(identity.WithSession(t.Context(), s, ""))
		if err != nil || len(list[0].UserAgent) > 300 || !utf8.ValidString(list[0].UserAgent) || list[0].Address != nil {
			t.Errorf("%q: kept as %+v, %v", agent, list[0], err)
		}
	}
}
