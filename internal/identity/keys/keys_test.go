package keys_test

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/keys"
	"github.com/skaiscraper/skai/internal/identity/roles"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is a contractor with the room, at the door and by its methods.
type house struct {
	db    *postgres.DB
	keys  *keys.Service
	titan dbtest.Contractor
	door  dbtest.Door
	owner context.Context
}

func newHouse(t *testing.T, limits *limit.Limiter) house {
	t.Helper()
	db := dbtest.Shared(t)
	h := house{db: db, keys: keys.New(db, limits), titan: dbtest.Org(t, db, "titan")}
	h.door = dbtest.NewDoor(t, h.keys.Routes)
	h.owner = h.titan.As(t, tenant.Owner)
	return h
}

// fresh is the person of a role who typed their password a moment ago.
func (h house) fresh(t *testing.T, role tenant.Role) context.Context {
	t.Helper()
	scope, err := tenant.Must(h.titan.As(t, role))
	if err != nil {
		t.Fatal(err)
	}
	return identity.WithSession(t.Context(), identity.Session{Place: orgs.Place{OrgID: scope.OrgID}, PersonID: scope.ActorID, Name: scope.ActorName, Role: role, FreshAt: time.Now()}, t.Name())
}

func (h house) make(t *testing.T, name string, scopes ...string) (keys.Key, keys.Token) {
	t.Helper()
	k, token, err := h.keys.Create(h.fresh(t, tenant.Owner), keys.Details{Name: name, Scopes: scopes, Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	return k, token
}

func (h house) super(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := dbtest.Super(t, h.db).Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v", what, err)
	}
}

var here = netip.MustParseAddr("203.0.113.7")

func TestAKeyActsAsItself(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	k, token := h.make(t, " Zapier ", "records.edit", "records.view")
	ctx, err := h.keys.Authenticate(t.Context(), token, here)
	if err != nil {
		t.Fatal(err)
	}
	scope, _ := tenant.From(ctx)
	want := tenant.Scope{
		OrgID: h.titan.ID, ActorID: k.ID, ActorName: "Key: Zapier", Role: tenant.Member, Only: []string{"records.view", "records.edit"}, Key: true, PerMinute: keys.DefaultRate,
	}
	if diff := cmp.Diff(want, scope); diff != "" || identity.Zone(ctx).String() != "America/Phoenix" {
		t.Error(diff, identity.Zone(ctx))
	}
	if _, ok := identity.Current(ctx); ok {
		t.Error("a key has a session")
	}
	for _, p := range []identity.Permission{identity.ViewAmounts, identity.ManageKeys, identity.ManagePeople, identity.EditSettings, identity.EditRoles} {
		if err := identity.Require(ctx, p); !fault.Is(err, fault.KindForbidden) {
			t.Errorf("%s: %v", p, err)
		}
	}
	wantKind(t, "what needs a person", identity.RequireFresh(ctx), fault.KindUnauthenticated)
	if err := identity.Require(ctx, identity.ViewAmounts); !strings.Contains(err.Error(), "has not the scope amounts.view") {
		t.Errorf("the refusal says %q", err)
	}
	// Its secret stands nowhere.
	rows, err := postgres.Value[string](t.Context(), dbtest.Super(t, h.db), `
		SELECT coalesce((SELECT string_agg(k::text, ' ') FROM api_keys k WHERE org_id = $1), '') || coalesce((SELECT string_agg(a::text, ' ') FROM audit_entries a WHERE org_id = $1), '')`, h.titan.ID)
	if err != nil || strings.Contains(rows, token.Secret()) || strings.Contains(rows, token.Secret()[13:56]) || !strings.Contains(rows, token.Prefix()) {
		t.Errorf("the rows hold the secret, or not its beginning: %v", err)
	}
}

// The role of a key is the least that has its scopes, on everybody's records.
func TestTheRoleOfAKey(t *testing.T) {
	t.Parallel()
	for want, scopes := range map[tenant.Role][]identity.Permission{
		tenant.Viewer:  {identity.ViewRecords},
		tenant.Member:  {identity.ViewRecords, identity.EditRecords, identity.ViewAmounts},
		tenant.Manager: {identity.ArchiveRecords},
		tenant.Admin:   {identity.ViewRecords, identity.ViewAudit},
	} {
		if got := identity.LeastRole(scopes); got != want {
			t.Errorf("%v: %s, want %s", scopes, got, want)
		}
	}
	if got := identity.LeastRole([]identity.Permission{identity.ViewAnalytics}); got != tenant.Manager {
		t.Errorf("figures over all records take a %s", got)
	}
	for _, p := range identity.KeyScopes() {
		if got := identity.LeastRole([]identity.Permission{p}); got == tenant.Owner || p.Words() == "" {
			t.Errorf("%s takes an owner, or has no words", p)
		}
	}
}

func TestAKeyThatOpensNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	words := map[string]bool{}
	refused := func(what string, token keys.Token) {
		t.Helper()
		_, err := h.keys.Authenticate(t.Context(), token, here)
		if !fault.Is(err, fault.KindUnauthenticated) {
			t.Errorf("%s: %v", what, err)
			return
		}
		words[err.Error()] = true
	}
	refused("one that nobody made", keys.NewToken())
	k, token := h.make(t, "Revoked", "records.view")
	if _, err := h.keys.Revoke(h.owner, k.ID); err != nil {
		t.Fatal(err)
	}
	refused("a revoked one", token)
	k, token = h.make(t, "Expired", "records.view")
	h.super(t, `UPDATE api_keys SET created_at = now() - interval '2 days', expires_at = now() - interval '1 second' WHERE id = $1`, k.ID)
	refused("an expired one", token)
	if now, err := h.keys.Get(h.owner, k.ID); err != nil || now.State() != "expired" {
		t.Errorf("its state is %s, %v", now.State(), err)
	}
	_, token = h.make(t, "Suspended", "records.view")
	if _, err := orgs.New(h.db).Suspend(t.Context(), h.titan.Slug, true, ""); err != nil {
		t.Fatal(err)
	}
	refused("one of a suspended organisation", token)
	if len(words) != 1 {
		t.Errorf("the refusals tell what is the matter: %v", words)
	}
	if _, err := orgs.New(h.db).Suspend(t.Context(), h.titan.Slug, false, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.keys.Authenticate(t.Context(), token, here); err != nil {
		t.Errorf("of an organisation that is open again: %v", err)
	}
}

func TestTheLastUseIsKeptToTheMinute(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	k, token := h.make(t, "Zapier", "records.view")
	use := func(from string) time.Time {
		t.Helper()
		if _, err := h.keys.Authenticate(t.Context(), token, netip.MustParseAddr(from)); err != nil {
			t.Fatal(err)
		}
		now, err := h.keys.Get(h.owner, k.ID)
		if err != nil || now.LastUsedAt == nil {
			t.Fatal(err)
		}
		return *now.LastUsedAt
	}
	if k.LastUsedAt != nil {
		t.Error("a new key was used")
	}
	first := use("203.0.113.7")
	if second := use("203.0.113.7"); !second.Equal(first) {
		t.Error("each use is written")
	}
	h.super(t, `UPDATE api_keys SET last_used_at = now() - interval '61 seconds' WHERE id = $1`, k.ID)
	if third := use("::ffff:198.51.100.4"); third.Before(first) {
		t.Error("the use a minute later is not written")
	}
	if now, _ := h.keys.Get(h.owner, k.ID); now.LastAddress == nil || now.LastAddress.String() != "198.51.100.4" {
		t.Errorf("the address is %v", now.LastAddress)
	}
	n, err := postgres.Value[int](t.Context(), dbtest.Super(t, h.db), `SELECT count(*)::int FROM audit_entries WHERE record_id = $1 AND table_name = 'api_keys'`, k.ID)
	if err != nil || n != 1 {
		t.Errorf("the trail has %d entries, want that of its making, %v", n, err)
	}
}

func TestWhatAKeyCanNotBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.make(t, "Zapier", "records.view")
	for what, c := range map[string]struct {
		change func(*keys.Details)
		field  string
	}{
		"no name":              {func(d *keys.Details) { d.Name = "  " }, "name"},
		"a name that is taken": {func(d *keys.Details) { d.Name = "zapier" }, "name"},
		"a long name":          {func(d *keys.Details) { d.Name = strings.Repeat("é", 61) }, "name"},
		"no text":              {func(d *keys.Details) { d.Name = "a\xff" }, "name"},
		"no scope":             {func(d *keys.Details) { d.Scopes = nil }, "scopes"},
		"a made-up scope":      {func(d *keys.Details) { d.Scopes = []string{"records.view", "x'; --"} }, "scopes"},
		"managing keys":        {func(d *keys.Details) { d.Scopes = []string{"keys.manage"} }, "scopes"},
		"managing people":      {func(d *keys.Details) { d.Scopes = []string{"people.manage"} }, "scopes"},
		"settings":             {func(d *keys.Details) { d.Scopes = []string{"settings.edit"} }, "scopes"},
		"composing roles":      {func(d *keys.Details) { d.Scopes = []string{"roles.edit"} }, "scopes"},
		"a life too long":      {func(d *keys.Details) { d.Days = 367 }, "days"},
		"a life before":        {func(d *keys.Details) { d.Days = -1 }, "days"},
		"too fast":             {func(d *keys.Details) { d.Rate = 1001 }, "rate"},
		"never":                {func(d *keys.Details) { d.Rate = -1 }, "rate"},
	} {
		d := keys.Details{Name: "Another", Scopes: []string{"records.view"}, Days: 1}
		c.change(&d)
		_, _, err := h.keys.Create(h.fresh(t, tenant.Admin), d)
		if f := fault.As(err); f == nil || f.Kind != fault.KindInvalid || f.Fields[c.field] == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	// The database refuses the same, whoever asks.
	for constraint, sql := range map[string]string{ //nolint:gosec // names of constraints
		"api_keys_scopes_check":      `UPDATE api_keys SET scopes = '{keys.manage}' WHERE org_id = $1`,
		"api_keys_secret_hash_check": `UPDATE api_keys SET secret_hash = '' WHERE org_id = $1`,
		"api_keys_rate_check":        `UPDATE api_keys SET rate = 1001 WHERE org_id = $1`,
		"people_key_role":            `UPDATE people SET role = 'owner' WHERE org_id = $1 AND kind = 'key'`,
	} {
		if _, err := dbtest.Super(t, h.db).Exec(t.Context(), sql, h.titan.ID); postgres.Constraint(err) != constraint {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := dbtest.Super(t, h.db).Exec(t.Context(), `UPDATE api_keys SET scopes = '{}' WHERE org_id = $1`, h.titan.ID); postgres.Constraint(err) == "" {
		t.Errorf("a key without scopes: %v", err)
	}
}

func TestWhoMakesKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	d := func(name string) keys.Details {
		return keys.Details{Name: name, Scopes: []string{"records.view"}}
	}
	for _, role := range []tenant.Role{tenant.Owner, tenant.Admin} {
		if _, _, err := h.keys.Create(h.fresh(t, role), d(string(role))); err != nil {
			t.Errorf("a %s: %v", role, err)
		}
	}
	k, token := h.make(t, "Every scope", scopes()...)
	key, err := h.keys.Authenticate(t.Context(), token, here)
	if err != nil {
		t.Fatal(err)
	}
	actors := map[string]context.Context{"a key": key}
	for _, role := range []tenant.Role{tenant.Manager, tenant.Member, tenant.Viewer} {
		actors["a "+string(role)] = h.fresh(t, role)
	}
	for who, ctx := range actors {
		_, list := h.keys.List(ctx)
		_, get := h.keys.Get(ctx, k.ID)
		_, _, create := h.keys.Create(ctx, d("Mine"))
		_, _, operators := h.keys.CreateFor(ctx, d("Mine"))
		_, rename := h.keys.Rename(ctx, k.ID, "Mine")
		_, revoke := h.keys.Revoke(ctx, k.ID)
		for _, err := range []error{list, get, create, operators, rename, revoke} {
			wantKind(t, who, err, fault.KindForbidden)
		}
	}
	_, _, err = h.keys.Create(t.Context(), d("Mine"))
	wantKind(t, "signed out", err, fault.KindUnauthenticated)
	scope, _ := tenant.From(h.owner)
	for what, s := range map[string]identity.Session{
		"a password long ago":  {FreshAt: time.Now().Add(-time.Hour)},
		"an address unshown":   {FreshAt: time.Now(), Unverified: true},
		"a session without it": {},
	} {
		s.OrgID, s.PersonID, s.Role = scope.OrgID, scope.ActorID, tenant.Owner
		_, _, err := h.keys.Create(identity.WithSession(t.Context(), s, ""), d("Mine"))
		wantKind(t, what, err, fault.KindForbidden)
	}
}

func scopes() []string {
	var list []string
	for _, p := range identity.KeyScopes() {
		list = append(list, string(p))
	}
	return list
}

// A key goes on when who made it leaves, and the list says so.
func TestAKeyOutlivesItsMaker(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	k, token, err := h.keys.Create(h.fresh(t, tenant.Admin), keys.Details{Name: "Zapier", Scopes: []string{"records.view"}})
	if err != nil || k.CreatorGone || k.ExpiresAt != nil {
		t.Fatal(k, err)
	}
	if err := identity.New(h.db, orgs.New(h.db)).Deactivate(t.Context(), h.titan.Slug, h.titan.Email(tenant.Admin)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.keys.Authenticate(t.Context(), token, here); err != nil {
		t.Error(err)
	}
	if now, err := h.keys.Get(h.owner, k.ID); err != nil || !now.CreatorGone {
		t.Errorf("its maker is said to be here: %v", err)
	}
	if got := h.door.Get(h.owner, t, "/settings/keys"); !strings.Contains(got.Body, "Admin, who made this key, is not among your people any more") {
		t.Errorf("the page says nothing of it: %s", got.Body)
	}
}

func TestAKeyIsNobodyToChoose(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	k, _ := h.make(t, "Zapier", "records.view")
	list, err := identity.New(h.db, orgs.New(h.db)).People(h.owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if p.ID == k.ID {
			t.Error("the key is among the people")
		}
	}
	r, err := roles.New(h.db).Create(h.owner, roles.Details{Name: "Crew lead", Base: tenant.Viewer, Permissions: []string{"records.view"}}, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = roles.New(h.db).Assign(h.owner, k.ID, r.ID)
	wantKind(t, "a role for a key", err, fault.KindNotFound)
}

func TestAnothersKeyIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	k, token := h.make(t, "Zapier", "records.view")
	stranger := dbtest.Org(t, h.db, "prowest").As(t, tenant.Owner)
	page, api := "/settings/keys/"+k.ID.String(), "/api/keys/"+k.ID.String()
	for what, got := range map[string]dbtest.Answer{
		"page":          h.door.Get(stranger, t, page),
		"rename":        h.door.Post(stranger, t, page, url.Values{"name": {"Mine"}}),
		"revoke":        h.door.Post(stranger, t, page+"/revoke", url.Values{}),
		"get":           h.door.Get(stranger, t, api),
		"rename, JSON":  h.door.JSON(stranger, t, "PUT", api, map[string]string{"name": "Mine"}),
		"revoke, JSON":  h.door.JSON(stranger, t, "POST", api+"/revoke", nil),
		"one of nobody": h.door.Get(h.owner, t, "/settings/keys/"+uuid.NewString()),
	} {
		if got.Status != 404 {
			t.Errorf("%s answered %d %.200s", what, got.Status, got.Body)
		}
	}
	if list, err := h.keys.List(stranger); err != nil || len(list) != 0 {
		t.Errorf("a stranger sees %v, %v", list, err)
	}
	if _, err := h.keys.Authenticate(t.Context(), token, here); err != nil {
		t.Error(err)
	}
}

// Wrong keys stop the one who tries them, and nobody else in the office.
func TestTryingKeysIsNotFree(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limit.New())
	_, used := h.make(t, "Used here before", "records.view")
	if _, err := h.keys.Authenticate(t.Context(), used, here); err != nil {
		t.Fatal(err)
	}
	rate, _ := limit.WrongKeys.Rate()
	// A program that was forgotten sends the same revoked key over and over: that
	// counts once for the office.
	forgotten := keys.NewToken()
	for range 50 {
		_, err := h.keys.Authenticate(t.Context(), forgotten, here)
		wantKind(t, "the forgotten program", err, fault.KindUnauthenticated)
	}
	for i := range rate.Quota - 1 {
		_, err := h.keys.Authenticate(t.Context(), keys.NewToken(), here)
		wantKind(t, fmt.Sprintf("wrong key %d", i+1), err, fault.KindUnauthenticated)
	}
	_, err := h.keys.Authenticate(t.Context(), keys.NewToken(), here)
	if f := fault.As(err); f == nil || f.Kind != fault.KindLimited || f.Wait < 30*time.Second || f.Wait > time.Minute {
		t.Errorf("one too many: %v", err)
	}
	if _, err := h.keys.Authenticate(t.Context(), used, here); err != nil {
		t.Errorf("a program of the office that was at work: %v", err)
	}
	if _, err := h.keys.Authenticate(t.Context(), used, netip.MustParseAddr("198.51.100.4")); err != nil {
		t.Errorf("somewhere else: %v", err)
	}
	_, fresh := h.make(t, "New", "records.view")
	_, err = h.keys.Authenticate(t.Context(), fresh, here)
	wantKind(t, "a key that was never seen, from there", err, fault.KindLimited)
	if _, err := h.keys.Authenticate(t.Context(), fresh, netip.MustParseAddr("2001:db8::1")); err != nil {
		t.Errorf("a new key from elsewhere: %v", err)
	}
	people := identity.New(h.db, orgs.New(h.db))
	if _, err := people.SignIn(t.Context(), h.titan.Email(tenant.Owner), dbtest.Password, identity.Device{Address: here}); err != nil {
		t.Errorf("somebody of the office signs in: %v", err)
	}
}

func TestAForgottenProgramIsSlowedDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limit.New())
	forgotten := keys.NewToken()
	rate, _ := limit.WrongKey.Rate()
	for range rate.Quota {
		_, err := h.keys.Authenticate(t.Context(), forgotten, here)
		wantKind(t, "within", err, fault.KindUnauthenticated)
	}
	_, err := h.keys.Authenticate(t.Context(), forgotten, here)
	wantKind(t, "beyond", err, fault.KindLimited)
}
