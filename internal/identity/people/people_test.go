package people_test

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/people"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is an installation with two contractors, whose mails go into a folder.
type house struct {
	db             *postgres.DB
	identity       *identity.Service
	people         *people.Service
	post           *mail.Post
	folder         string
	titan, prowest dbtest.Contractor
}

func build(t *testing.T) house {
	t.Helper()
	h := house{db: dbtest.New(t), folder: t.TempDir()}
	var err error
	if h.post, err = mail.New(mail.Config{Folder: h.folder, URL: "http://skai.test"}); err != nil {
		t.Fatal(err)
	}
	h.identity = identity.New(h.db, orgs.New(h.db))
	h.people = people.New(h.db, h.identity, h.post)
	h.titan, h.prowest = dbtest.Org(t, h.db, "titan"), dbtest.Org(t, h.db, "prowest")
	return h
}

var device = identity.Device{UserAgent: "a browser", Address: netip.MustParseAddr("192.0.2.1")}

const password = "gutters full of oak leaves"

// signIn gives the session of an address and its context.
func (h house) signIn(t *testing.T, email, password string) (token string, ctx context.Context) {
	t.Helper()
	token, err := h.identity.SignIn(t.Context(), email, password, device)
	if err != nil {
		t.Fatal(err)
	}
	session, err := h.identity.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return token, identity.WithSession(t.Context(), session, t.Name())
}

var linkIn = regexp.MustCompile(`http://skai\.test/invitation\?token=([A-Za-z0-9_-]{43})`)

// link does the jobs and gives the token in the newest mail to an address.
func (h house) link(t *testing.T, to string) string {
	t.Helper()
	dbtest.Work(t, h.db, func(w *river.Workers) { h.post.Jobs(h.db, w); h.people.Jobs(w) })
	list, err := mail.Latest(h.folder, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range list {
		if m := linkIn.FindStringSubmatch(k.Text); m != nil && k.To == to {
			return m[1]
		}
	}
	t.Fatalf("no invitation went to %s: %+v", to, list)
	return ""
}

func (h house) super(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := dbtest.Super(t, h.db).Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (h house) invite(ctx context.Context, t *testing.T, email string, role tenant.Role) uuid.UUID {
	t.Helper()
	ids, err := h.people.Invite(ctx, people.Invitation{Email: email, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return ids[0]
}

func actor(ctx context.Context) uuid.UUID {
	scope, _ := tenant.From(ctx)
	return scope.ActorID
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want a fault of kind %d", what, err, kind)
	}
}

func TestAnInvitationIsAcceptedWithANewAccount(t *testing.T) {
	t.Parallel()
	h := build(t)
	id := h.invite(h.titan.As(t, tenant.Admin), t, " Sam@Titan.example ", tenant.Manager)
	if e, err := h.people.Get(h.titan.As(t, tenant.Manager), id); err != nil || e.State != people.Invited || *e.Email != "sam@titan.example" || e.Name != "sam" || e.Role != tenant.Manager {
		t.Errorf("the list has %+v, %v", e, err)
	}
	token := h.link(t, "sam@titan.example")
	offer, err := h.people.Look(t.Context(), token)
	if err != nil || offer.OrgName != "Titan Roofing" || offer.By != "Admin" || offer.Known {
		t.Errorf("the offer is %+v, %v", offer, err)
	}
	for what, c := range map[string][2]string{"no name": {"", password}, "short": {"Sam", "hail"}, "common": {"Sam", "unbelievable"}, "their own": {"Sam Carter", "Sam-Carter-Titan!"}} {
		_, err := h.people.Accept(t.Context(), token, c[0], c[1])
		wantKind(t, what, err, fault.KindInvalid)
	}
	if _, err := h.people.Accept(t.Context(), token, "Sam Carter", password); err != nil {
		t.Fatal(err)
	}
	_, err = h.people.Accept(t.Context(), token, "Sam Carter", password)
	wantKind(t, "twice", err, fault.KindNotFound)
	_, ctx := h.signIn(t, "sam@titan.example", password)
	s, _ := identity.Current(ctx)
	if s.Role != tenant.Manager || s.OrgID != h.titan.ID || s.Unverified || s.Name != "Sam Carter" {
		t.Errorf("signed in as %+v", s)
	}
	if e, err := h.people.Get(h.titan.As(t, tenant.Owner), s.PersonID); err != nil || e.State != people.Active {
		t.Errorf("the list has %+v, %v", e, err)
	}
	_, err = h.people.Invite(h.titan.As(t, tenant.Owner), people.Invitation{Email: "sam@titan.example", Role: tenant.Viewer})
	if f := fault.As(err); f == nil || !strings.Contains(f.Fields["email"], "is a member already") {
		t.Errorf("a member invited: %v", err)
	}
	var left int
	if err := dbtest.Super(t, h.db).QueryRow(t.Context(), `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%' || $1 || '%'`, token).Scan(&left); err != nil || left != 0 {
		t.Errorf("the queue keeps the link: %d, %v", left, err)
	}
}

func TestAnInvitationIsAcceptedWithTheAccountOneHas(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.titan.As(t, tenant.Member)
	h.prowest.As(t, tenant.Member)
	email := h.titan.Email(tenant.Member)
	h.invite(h.prowest.As(t, tenant.Owner), t, email, tenant.Viewer)
	token := h.link(t, email)
	_, err := h.people.Accept(t.Context(), token, "Somebody", password)
	wantKind(t, "as a new account", err, fault.KindConflict)
	_, err = h.people.AcceptAs(t.Context(), token)
	wantKind(t, "signed out", err, fault.KindUnauthenticated)
	_, other := h.signIn(t, h.prowest.Email(tenant.Member), dbtest.Password)
	_, err = h.people.AcceptAs(other, token)
	wantKind(t, "somebody else", err, fault.KindForbidden)
	session, ctx := h.signIn(t, email, dbtest.Password)
	if _, err := h.people.AcceptAs(ctx, token); err != nil {
		t.Fatal(err)
	}
	s, err := h.identity.Authenticate(t.Context(), session)
	if err != nil || s.OrgID != h.prowest.ID || s.Role != tenant.Viewer || len(s.Orgs) != 2 {
		t.Errorf("the session is %+v, %v", s, err)
	}
	_, err = h.people.AcceptAs(ctx, token)
	wantKind(t, "twice", err, fault.KindNotFound)
}

func TestInvitationsEnd(t *testing.T) {
	t.Parallel()
	h := build(t)
	ctx := h.titan.As(t, tenant.Owner)
	const email = "sam@titan.example"
	id := h.invite(ctx, t, email, tenant.Member)
	first := h.link(t, email)
	_, err := h.people.Invite(ctx, people.Invitation{Email: email, Role: tenant.Member})
	if f := fault.As(err); f == nil || !strings.Contains(f.Fields["email"], "has an open invitation") {
		t.Errorf("invited twice: %v", err)
	}
	h.super(t, `DELETE FROM river.river_job`) // a minute later
	if err := h.people.Again(ctx, id); err != nil {
		t.Fatal(err)
	}
	_, err = h.people.Look(t.Context(), first)
	wantKind(t, "the link before", err, fault.KindNotFound)
	second := h.link(t, email)
	if second == first {
		t.Error("the same link was mailed again")
	}
	h.super(t, `UPDATE invitations SET expires_at = now() - interval '1 second'`)
	_, err = h.people.Accept(t.Context(), second, "Sam", password)
	wantKind(t, "after 7 days", err, fault.KindNotFound)
	if e, err := h.people.Get(ctx, id); err != nil || !e.Expired() {
		t.Errorf("the list has %+v, %v", e, err)
	}
	h.super(t, `DELETE FROM river.river_job`)
	again := h.invite(ctx, t, email, tenant.Member) // one that is too old is in nobody's way
	third := h.link(t, email)
	wantKind(t, "another organisation's", h.people.Revoke(h.prowest.As(t, tenant.Owner), again), fault.KindNotFound)
	wantKind(t, "another organisation's", h.people.Again(h.prowest.As(t, tenant.Owner), again), fault.KindNotFound)
	if err := h.people.Revoke(ctx, again); err != nil {
		t.Fatal(err)
	}
	_, err = h.people.Accept(t.Context(), third, "Sam", password)
	wantKind(t, "revoked", err, fault.KindNotFound)
	wantKind(t, "revoked twice", h.people.Revoke(ctx, again), fault.KindNotFound)
	wantKind(t, "sent again after that", h.people.Again(ctx, again), fault.KindNotFound)
	var life time.Duration
	h.invite(ctx, t, email, tenant.Member)
	if err := dbtest.Super(t, h.db).QueryRow(t.Context(), `SELECT expires_at - created_at FROM invitations WHERE accepted_at IS NULL AND revoked_at IS NULL`).Scan(&life); err != nil || life != 7*24*time.Hour {
		t.Errorf("an invitation lasts %v, %v", life, err)
	}
}

// The matrix: who may invite whom.
func TestWhoMayInviteWhom(t *testing.T) {
	t.Parallel()
	h := build(t)
	may := map[tenant.Role]string{tenant.Owner: "admin manager member viewer", tenant.Admin: "admin manager member viewer", tenant.Manager: "member viewer"}
	for _, by := range identity.Roles() {
		ctx := h.titan.As(t, by)
		for i, role := range append(identity.Roles(), "boss") {
			_, err := h.people.Invite(ctx, people.Invitation{Email: fmt.Sprintf("%s%d@titan.example", by, i), Role: role})
			switch {
			case may[by] == "":
				wantKind(t, string(by), err, fault.KindForbidden)
			case strings.Contains(may[by], string(role)) && role != "":
				if err != nil {
					t.Errorf("%s invites %s: %v", by, role, err)
				}
			default:
				if f := fault.As(err); f == nil || f.Fields["role"] == "" {
					t.Errorf("%s invites %s: %v", by, role, err)
				}
			}
		}
	}
	_, err := h.people.List(h.titan.As(t, tenant.Member), "", "")
	wantKind(t, "a member's list", err, fault.KindForbidden)
	_, err = h.people.Get(h.titan.As(t, tenant.Viewer), uuid.New())
	wantKind(t, "a viewer's look", err, fault.KindForbidden)
	// A manager may not touch what they could not have sent.
	id := h.invite(h.titan.As(t, tenant.Owner), t, "boss@titan.example", tenant.Admin)
	wantKind(t, "a manager", h.people.Revoke(h.titan.As(t, tenant.Manager), id), fault.KindForbidden)
	wantKind(t, "a manager", h.people.Again(h.titan.As(t, tenant.Manager), id), fault.KindForbidden)
	wantKind(t, "a member", h.people.Revoke(h.titan.As(t, tenant.Member), id), fault.KindForbidden)
}

// In a composed role nobody gives more than they have, and a built-in role takes
// the place of a composed one.
func TestAComposedRoleGivesNoMoreThanItHas(t *testing.T) {
	t.Parallel()
	h := build(t)
	ctx := h.titan.As(t, tenant.Manager)
	scope, _ := tenant.From(ctx)
	scope.Only = []string{string(identity.ViewRecords), string(identity.InvitePeople)}
	less := tenant.With(t.Context(), scope)
	_, err := h.people.Invite(less, people.Invitation{Email: "sam@titan.example", Role: tenant.Member})
	if f := fault.As(err); f == nil || f.Fields["role"] == "" {
		t.Errorf("a member, by somebody who may only look: %v", err)
	}
	if _, err := h.people.Invite(less, people.Invitation{Email: "sam@titan.example", Role: tenant.Viewer}); err != nil {
		t.Error(err)
	}
	scope.Only = []string{string(identity.ViewRecords)}
	_, err = h.people.Invite(tenant.With(t.Context(), scope), people.Invitation{Email: "rosa@titan.example", Role: tenant.Viewer})
	wantKind(t, "without the permission", err, fault.KindForbidden)
	h.super(t, `WITH r AS (INSERT INTO roles (org_id, id, name, base, permissions) VALUES ($1, gen_random_uuid(), 'Crew lead', 'manager', '{records.view}') RETURNING id)
		UPDATE people SET custom_role_id = r.id FROM r WHERE org_id = $1 AND people.id = $2`, h.titan.ID, actor(ctx))
	if err := h.people.SetRole(h.titan.As(t, tenant.Owner), actor(ctx), tenant.Manager, tenant.Viewer); err != nil {
		t.Errorf("a built-in role for a composed one: %v", err)
	}
}

// The matrix: who may change whose role and remove whom.
func TestWhoMayChangeWhom(t *testing.T) {
	t.Parallel()
	h := build(t)
	for _, by := range identity.Roles() {
		for _, whom := range identity.Roles() {
			ctx, id := h.titan.As(t, by), actor(h.titan.As(t, whom))
			err := h.people.SetRole(ctx, id, "", whomRole(whom))
			if (by == tenant.Owner || by == tenant.Admin) && whom != tenant.Owner && whom != by {
				if err != nil {
					t.Errorf("%s changes the role of %s: %v", by, whom, err)
				}
				continue
			}
			wantKind(t, string(by)+" changes the role of "+string(whom), err, fault.KindForbidden)
			wantKind(t, string(by)+" removes "+string(whom), h.people.Remove(ctx, id), fault.KindForbidden)
		}
	}
	owner := h.titan.As(t, tenant.Owner)
	member := actor(h.titan.As(t, tenant.Member))
	wantKind(t, "an owner made by hand", h.people.SetRole(owner, member, "", tenant.Owner), fault.KindInvalid)
	wantKind(t, "no role", h.people.SetRole(owner, member, "", "boss"), fault.KindInvalid)
	wantKind(t, "a role seen before", h.people.SetRole(owner, member, tenant.Viewer, tenant.Manager), fault.KindStale)
	wantKind(t, "nobody", h.people.SetRole(owner, uuid.New(), "", tenant.Viewer), fault.KindNotFound)
	theirs := actor(h.prowest.As(t, tenant.Member))
	wantKind(t, "another organisation's", h.people.SetRole(owner, theirs, "", tenant.Viewer), fault.KindNotFound)
	wantKind(t, "another organisation's", h.people.Remove(owner, theirs), fault.KindNotFound)
	_, err := h.people.Get(owner, theirs)
	wantKind(t, "another organisation's", err, fault.KindNotFound)
}

// whomRole is the role somebody has already, where it can be given: a change that changes nothing.
func whomRole(r tenant.Role) tenant.Role {
	if r == tenant.Owner {
		return tenant.Admin
	}
	return r
}

func TestARoleAndARemovalHoldAtOnce(t *testing.T) {
	t.Parallel()
	h := build(t)
	owner := h.titan.As(t, tenant.Owner)
	id := actor(h.titan.As(t, tenant.Manager))
	session, ctx := h.signIn(t, h.titan.Email(tenant.Manager), dbtest.Password)
	h.invite(ctx, t, "sam@titan.example", tenant.Member)
	token := h.link(t, "sam@titan.example")
	if err := h.people.SetRole(owner, id, tenant.Manager, tenant.Viewer); err != nil {
		t.Fatal(err)
	}
	if s, err := h.identity.Authenticate(t.Context(), session); err != nil || s.Role != tenant.Viewer {
		t.Errorf("the next request is made as %s, %v", s.Role, err)
	}
	_, err := h.people.Look(t.Context(), token)
	wantKind(t, "an invitation they could not make any more", err, fault.KindNotFound)
	if err := h.people.Remove(owner, id); err != nil {
		t.Fatal(err)
	}
	_, err = h.identity.Authenticate(t.Context(), session)
	wantKind(t, "the next request", err, fault.KindUnauthenticated)
	var open int
	if err := dbtest.Super(t, h.db).QueryRow(t.Context(), `SELECT count(*) FROM sessions WHERE person_id = $1 AND revoked_at IS NULL`, id).Scan(&open); err != nil || open != 0 {
		t.Errorf("%d sessions are open, %v", open, err)
	}
	_, err = h.identity.SignIn(t.Context(), h.titan.Email(tenant.Manager), dbtest.Password, device)
	wantKind(t, "signing in", err, fault.KindForbidden)
	wantKind(t, "removed twice", h.people.Remove(owner, id), fault.KindNotFound)
	if e, err := h.people.Get(owner, id); err != nil || e.State != people.Removed {
		t.Errorf("the list has %+v, %v", e, err)
	}
}

// A person who comes back is who they were, with the account they have.
func TestARemovedPersonComesBack(t *testing.T) {
	t.Parallel()
	h := build(t)
	owner := h.titan.As(t, tenant.Owner)
	email, id := h.titan.Email(tenant.Member), actor(h.titan.As(t, tenant.Member))
	h.prowest.As(t, tenant.Owner)
	_, err := h.identity.CreateUser(t.Context(), identity.NewUser{Email: email, OrgSlug: h.prowest.Slug, Role: tenant.Viewer, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.people.Remove(owner, id); err != nil {
		t.Fatal(err)
	}
	h.invite(owner, t, email, tenant.Manager)
	_, ctx := h.signIn(t, email, dbtest.Password) // into the other organisation
	if _, err := h.people.AcceptAs(ctx, h.link(t, email)); err != nil {
		t.Fatal(err)
	}
	if e, err := h.people.Get(owner, id); err != nil || e.State != people.Active || e.Role != tenant.Manager {
		t.Errorf("the list has %+v, %v", e, err)
	}
}

func TestSomebodyOfAnImportIsThePersonWhoAccepts(t *testing.T) {
	t.Parallel()
	h := build(t)
	ctx := h.titan.As(t, tenant.Admin)
	err := postgres.Do(ctx, h.db, func(ctx context.Context, tx pgx.Tx) error {
		return identity.EnsurePlaceholders(ctx, tx, []string{"Sam Carter", "Rosa Diaz"})
	})
	if err != nil {
		t.Fatal(err)
	}
	names, err := h.people.List(ctx, people.Placeholder, "carter")
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	sam := names[0].ID
	h.super(t, `INSERT INTO leads (org_id, id, title, assignee_id, created_by, updated_by) VALUES ($1, gen_random_uuid(), 'Roof', $2, $2, $2)`, h.titan.ID, sam)
	h.titan.As(t, tenant.Viewer)
	for what, in := range map[string]people.Invitation{
		"nobody's":               {Email: "sam@titan.example", Role: tenant.Member, Placeholder: new(uuid.New())},
		"a member":               {Email: "sam@titan.example", Role: tenant.Member, Placeholder: new(actor(h.titan.As(t, tenant.Viewer)))},
		"another organisation's": {Email: "sam@titan.example", Role: tenant.Member, Placeholder: new(actor(h.prowest.As(t, tenant.Viewer)))},
	} {
		_, err := h.people.Invite(ctx, in)
		if f := fault.As(err); f == nil || f.Fields["placeholder"] == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := h.people.Invite(ctx, people.Invitation{Email: "sam@titan.example", Role: tenant.Member, Placeholder: &sam}); err != nil {
		t.Fatal(err)
	}
	_, err = h.people.Invite(ctx, people.Invitation{Email: "other@titan.example", Role: tenant.Member, Placeholder: &sam})
	wantKind(t, "two for one name", err, fault.KindConflict)
	if _, err := h.people.Accept(t.Context(), h.link(t, "sam@titan.example"), "Samuel Carter", password); err != nil {
		t.Fatal(err)
	}
	_, mine := h.signIn(t, "sam@titan.example", password)
	if actor(mine) != sam {
		t.Errorf("signed in as %s, the import's person is %s", actor(mine), sam)
	}
	e, err := h.people.Get(ctx, sam)
	if err != nil || e.State != people.Active || e.Name != "Sam Carter" {
		t.Errorf("the list has %+v, %v", e, err)
	}
	// Somebody who was here before has work of their own.
	if err := h.people.Remove(h.titan.As(t, tenant.Owner), sam); err != nil {
		t.Fatal(err)
	}
	names, err = h.people.List(ctx, people.Placeholder, "rosa")
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	_, err = h.people.Invite(ctx, people.Invitation{Email: "sam@titan.example", Role: tenant.Member, Placeholder: &names[0].ID})
	if f := fault.As(err); f == nil || !strings.Contains(f.Fields["placeholder"], "was a member before") {
		t.Errorf("a member of before: %v", err)
	}
}

func TestOwnershipIsHandedOver(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.titan.As(t, tenant.Owner)
	h.titan.As(t, tenant.Admin)
	_, owner := h.signIn(t, h.titan.Email(tenant.Owner), dbtest.Password)
	_, admin := h.signIn(t, h.titan.Email(tenant.Admin), dbtest.Password)
	to := actor(admin)
	wantKind(t, "by an admin", h.people.Transfer(admin, to, true, dbtest.Password, device), fault.KindForbidden)
	wantKind(t, "a wrong password", h.people.Transfer(owner, to, true, "not this one", device), fault.KindInvalid)
	wantKind(t, "to oneself", h.people.Transfer(owner, actor(owner), true, dbtest.Password, device), fault.KindInvalid)
	wantKind(t, "to nobody", h.people.Transfer(owner, uuid.New(), true, dbtest.Password, device), fault.KindNotFound)
	wantKind(t, "to another organisation's", h.people.Transfer(owner, actor(h.prowest.As(t, tenant.Admin)), true, dbtest.Password, device), fault.KindNotFound)
	if err := h.people.Transfer(owner, to, true, dbtest.Password, device); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "twice", h.people.Transfer(owner, to, true, dbtest.Password, device), fault.KindConflict)
	if err := h.people.Transfer(owner, to, false, dbtest.Password, device); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "by an owner of before", h.people.Transfer(owner, to, true, dbtest.Password, device), fault.KindForbidden)
	for id, want := range map[uuid.UUID]tenant.Role{to: tenant.Owner, actor(owner): tenant.Admin} {
		if e, err := h.people.Get(h.titan.As(t, tenant.Owner), id); err != nil || e.Role != want {
			t.Errorf("%s is %s, %v; want %s", e.Name, e.Role, err, want)
		}
	}
}

// Two owners who demote each other at the same moment: the database lets one.
func TestOneOwnerStays(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.titan.As(t, tenant.Owner)
	h.titan.As(t, tenant.Admin)
	h.super(t, `UPDATE people SET role = 'owner' WHERE email = $1`, h.titan.Email(tenant.Admin))
	_, one := h.signIn(t, h.titan.Email(tenant.Owner), dbtest.Password)
	_, two := h.signIn(t, h.titan.Email(tenant.Admin), dbtest.Password)
	errs := make([]error, 2)
	var both sync.WaitGroup
	both.Go(func() { errs[0] = h.people.SetRole(one, actor(two), "", tenant.Viewer) })
	both.Go(func() { errs[1] = h.people.SetRole(two, actor(one), "", tenant.Viewer) })
	both.Wait()
	var owners int
	if err := dbtest.Super(t, h.db).QueryRow(t.Context(), `SELECT count(*) FROM people WHERE org_id = $1 AND kind = 'member' AND role = 'owner' AND active`, h.titan.ID).Scan(&owners); err != nil || owners < 1 {
		t.Errorf("%d owners are left, %v; the two got %v", owners, err, errs)
	}
	// One after the other, without the rules of this package, it is the constraint that refuses.
	err := postgres.Do(one, h.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE people SET role = 'viewer' WHERE role = 'owner' AND kind = 'member'`)
		return err
	})
	if postgres.Constraint(err) != "people_last_owner" {
		t.Errorf("no owner left: %v", err)
	}
}

func TestSomebodyUnconfirmedHasNoPowerOverOthers(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.titan.As(t, tenant.Owner)
	member := actor(h.titan.As(t, tenant.Member))
	h.super(t, `UPDATE users SET verified_at = NULL`)
	_, ctx := h.signIn(t, h.titan.Email(tenant.Owner), dbtest.Password)
	_, err := h.people.Invite(ctx, people.Invitation{Email: "sam@titan.example", Role: tenant.Member})
	for what, err := range map[string]error{
		"invite": err, "role": h.people.SetRole(ctx, member, "", tenant.Viewer), "remove": h.people.Remove(ctx, member),
		"transfer": h.people.Transfer(ctx, member, true, dbtest.Password, device),
	} {
		if f := fault.As(err); f == nil || f.Code != "unverified" {
			t.Errorf("%s: %v", what, err)
		}
	}
}
