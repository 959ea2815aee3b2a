package roles_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/roles"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is a contractor with the room, at the door and by its methods.
type house struct {
	db    *postgres.DB
	roles *roles.Service
	titan dbtest.Contractor
	door  dbtest.Door
	owner context.Context
}

func newHouse(t *testing.T) house {
	t.Helper()
	db := dbtest.Shared(t)
	h := house{db: db, roles: roles.New(db), titan: dbtest.Org(t, db, "titan")}
	h.door = dbtest.NewDoor(t, h.roles.Routes)
	h.owner = h.titan.As(t, tenant.Owner)
	return h
}

// reader is a role from which exporting is left out.
var reader = roles.Details{Name: "Branch reader", Base: tenant.Manager, Permissions: []string{"records.view", "amounts.view"}}

func (h house) compose(t *testing.T, d roles.Details) roles.Role {
	t.Helper()
	r, err := h.roles.Create(h.owner, d, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// person is the id of the person of a role.
func (h house) person(t *testing.T, role tenant.Role) uuid.UUID {
	t.Helper()
	scope, err := tenant.Must(h.titan.As(t, role))
	if err != nil {
		t.Fatal(err)
	}
	return scope.ActorID
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestWhatARoleCanNotBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.compose(t, reader)
	for what, c := range map[string]struct {
		change func(*roles.Details)
		field  string
	}{
		"no name":              {func(d *roles.Details) { d.Name = "  " }, "name"},
		"a name that is taken": {func(d *roles.Details) { d.Name = " branch   READER" }, "name"},
		"a built-in name":      {func(d *roles.Details) { d.Name = "Admin" }, "name"},
		"a long name":          {func(d *roles.Details) { d.Name = strings.Repeat("é", 41) }, "name"},
		"bytes that are none":  {func(d *roles.Details) { d.Name = "a\x00b\xff" }, "name"},
		"an owner":             {func(d *roles.Details) { d.Base = tenant.Owner }, "base"},
		"an admin":             {func(d *roles.Details) { d.Base = tenant.Admin }, "base"},
		"no base":              {func(d *roles.Details) { d.Base = "" }, "base"},
		"more than a manager":  {func(d *roles.Details) { d.Permissions = append(d.Permissions, "settings.edit") }, "permissions"},
		"composing":            {func(d *roles.Details) { d.Permissions = append(d.Permissions, "roles.edit") }, "permissions"},
		"no permission at all": {func(d *roles.Details) { d.Permissions = nil }, "permissions"},
		"a made-up one":        {func(d *roles.Details) { d.Permissions = append(d.Permissions, "x'; --") }, "permissions"},
		"not seeing records":   {func(d *roles.Details) { d.Permissions = []string{"records.edit"} }, "permissions"},
		"more than its base": {func(d *roles.Details) {
			d.Name, d.Base, d.Permissions = "M", tenant.Member, []string{"records.view", "lists.export"}
		}, "permissions"},
	} {
		d := reader
		d.Name = "Another"
		d.Permissions = append([]string(nil), reader.Permissions...)
		c.change(&d)
		_, err := h.roles.Create(h.owner, d, "")
		if f := fault.As(err); f == nil || f.Kind != fault.KindInvalid || f.Fields[c.field] == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The database refuses what the room would.
func TestTheDatabaseKeepsRolesInsideTheirBase(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.compose(t, reader)
	for constraint, sql := range map[string]string{
		"roles_within_base":  `UPDATE roles SET permissions = '{records.view,settings.edit}' WHERE id = $1`,
		"roles_see_records":  `UPDATE roles SET permissions = '{}' WHERE id = $1`,
		"roles_base_check":   `UPDATE roles SET base = 'admin' WHERE id = $1`,
		"roles_not_built_in": `UPDATE roles SET name = 'Owner' WHERE id = $1`,
		"people_custom_role": `UPDATE people SET custom_role_id = $1 WHERE kind = 'member' AND role = 'owner'`,
	} {
		err := postgres.Do(h.owner, h.db, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, sql, r.ID); return err })
		if postgres.Constraint(err) != constraint {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestOnlyOwnersCompose(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.compose(t, reader)
	page, api := "/settings/roles/"+r.ID.String(), "/api/roles/"+r.ID.String()
	body := map[string]any{"name": "Mine", "base": "member", "permissions": []string{"records.view"}}
	for role, sees := range map[tenant.Role]int{tenant.Admin: 200, tenant.Manager: 403, tenant.Member: 403, tenant.Viewer: 403} {
		ctx := h.titan.As(t, role)
		for _, path := range []string{"/settings/roles", page, "/api/roles", api} {
			if got := h.door.Get(ctx, t, path); got.Status != sees {
				t.Errorf("a %s at %s: %d, want %d", role, path, got.Status, sees)
			}
		}
		_, create := h.roles.Create(ctx, roles.Details{Name: "Mine", Base: tenant.Viewer, Permissions: []string{"records.view"}}, "")
		_, update := h.roles.Update(ctx, r.ID, r.Version, reader)
		_, remove := h.roles.Delete(ctx, r.ID)
		for _, err := range []error{create, update, remove} {
			wantKind(t, "a "+string(role), err, fault.KindForbidden)
		}
		for _, got := range []dbtest.Answer{
			h.door.JSON(ctx, t, "POST", "/api/roles", body), h.door.JSON(ctx, t, "DELETE", api, nil),
			h.door.Post(ctx, t, "/settings/roles", url.Values{}), h.door.Post(ctx, t, page+"/delete", url.Values{}),
		} {
			if got.Status != 403 {
				t.Errorf("a %s: %d %.200s", role, got.Status, got.Body)
			}
		}
	}
}

func TestWhoGivesRoles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.compose(t, reader)
	admin, owner, manager := h.titan.As(t, tenant.Admin), h.person(t, tenant.Owner), h.person(t, tenant.Manager)
	if _, err := h.roles.Assign(admin, manager, r.ID); err != nil {
		t.Error(err)
	}
	_, err := h.roles.Assign(admin, owner, r.ID)
	wantKind(t, "an admin, an owner's", err, fault.KindForbidden)
	_, err = h.roles.Assign(h.owner, owner, r.ID)
	wantKind(t, "the last owner", err, fault.KindConflict)
	_, err = h.roles.Assign(h.titan.As(t, tenant.Manager), manager, r.ID)
	wantKind(t, "a manager", err, fault.KindForbidden)
	_, err = h.roles.Assign(h.owner, uuid.New(), r.ID)
	wantKind(t, "nobody", err, fault.KindNotFound)
	_, err = h.roles.Assign(h.owner, manager, uuid.New())
	wantKind(t, "no role", err, fault.KindNotFound)
	_, err = h.roles.Unassign(h.owner, manager, uuid.New())
	wantKind(t, "no role to take away", err, fault.KindNotFound)
	system, err := postgres.Read(h.owner, h.db, func(ctx context.Context, tx pgx.Tx) (uuid.UUID, error) {
		return postgres.Value[uuid.UUID](ctx, tx, `SELECT id FROM people WHERE kind = 'system'`)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.roles.Assign(h.owner, system, r.ID)
	wantKind(t, "the system", err, fault.KindNotFound)
}

func TestARoleThatSomebodyHasStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r, member := h.compose(t, reader), h.person(t, tenant.Member)
	if _, err := h.roles.Assign(h.owner, member, r.ID); err != nil {
		t.Fatal(err)
	}
	_, err := h.roles.Delete(h.owner, r.ID)
	wantKind(t, "somebody has it", err, fault.KindConflict)
	// Who has left is nobody any more.
	if err := identity.New(h.db, orgs.New(h.db)).Deactivate(t.Context(), h.titan.Slug, h.titan.Email(tenant.Member)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.roles.Delete(h.owner, r.ID); err != nil {
		t.Error(err)
	}
	_, err = h.roles.Delete(h.owner, r.ID)
	wantKind(t, "a second time", err, fault.KindNotFound)
}

func TestAnothersRoleIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.compose(t, reader)
	prowest := dbtest.Org(t, h.db, "prowest")
	stranger := prowest.As(t, tenant.Owner)
	page, api := "/settings/roles/"+r.ID.String(), "/api/roles/"+r.ID.String()
	body := map[string]any{"name": "Mine", "base": "member", "permissions": []string{"records.view"}}
	scope, _ := tenant.From(stranger)
	for what, got := range map[string]dbtest.Answer{
		"page":     h.door.Get(stranger, t, page),
		"form":     h.door.Get(stranger, t, page+"/edit"),
		"change":   h.door.Post(stranger, t, page, url.Values{"name": {"x"}, "base": {"member"}, "records.view": {"on"}, "version": {"1"}}),
		"delete":   h.door.Post(stranger, t, page+"/delete", url.Values{}),
		"give":     h.door.Post(stranger, t, page+"/people", url.Values{"person": {scope.ActorID.String()}}),
		"take":     h.door.Post(stranger, t, page+"/people/"+scope.ActorID.String()+"/remove", url.Values{}),
		"get":      h.door.Get(stranger, t, api),
		"put":      h.door.JSON(stranger, t, "PUT", api, body, "If-Match", "1"),
		"drop":     h.door.JSON(stranger, t, "DELETE", api, nil),
		"assign":   h.door.JSON(stranger, t, "PUT", api+"/people/"+scope.ActorID.String(), nil),
		"unassign": h.door.JSON(stranger, t, "DELETE", api+"/people/"+scope.ActorID.String(), nil),
	} {
		if got.Status != 404 {
			t.Errorf("%s of another contractor's role answered %d %.200s", what, got.Status, got.Body)
		}
	}
}

func TestARoleByTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type role struct {
		ID, Name, Base string
		Version        int64
		People         int
		Permissions    []string
	}
	body := map[string]any{"name": "Estimator", "base": "member", "permissions": []string{"amounts.view", "records.view"}}
	first := h.door.JSON(h.owner, t, "POST", "/api/roles", body, "Idempotency-Key", "one")
	made := dbtest.Decode[role](t, first, 201)
	again := dbtest.Decode[role](t, h.door.JSON(h.owner, t, "POST", "/api/roles", body, "Idempotency-Key", "one"), 201)
	if made.ID != again.ID || first.Header.Get("ETag") != `"1"` || !cmp.Equal(made.Permissions, []string{"amounts.view", "records.view"}) {
		t.Errorf("got %+v, then %+v", made, again)
	}
	body["permissions"] = []string{"records.view"}
	api := "/api/roles/" + made.ID
	if got := h.door.JSON(h.owner, t, "PUT", api, body, "If-Match", `"7"`); got.Status != 412 || !strings.Contains(got.Body, "Estimator was changed by Owner") {
		t.Errorf("a lost race: %d %s", got.Status, got.Body)
	}
	if got := h.door.JSON(h.owner, t, "PUT", api, body); got.Status != 422 {
		t.Errorf("without a version: %d %s", got.Status, got.Body)
	}
	changed := dbtest.Decode[role](t, h.door.JSON(h.owner, t, "PUT", api, body, "If-Match", `"1"`), 200)
	if changed.Version != 2 || len(changed.Permissions) != 1 {
		t.Errorf("changed to %+v", changed)
	}
	if same := dbtest.Decode[role](t, h.door.JSON(h.owner, t, "PUT", api, body, "If-Match", `"2"`), 200); same.Version != 2 {
		t.Errorf("nothing changed, and the version is %d", same.Version)
	}
	person := h.person(t, tenant.Viewer).String()
	if got := h.door.JSON(h.owner, t, "PUT", api+"/people/"+person, nil); got.Status != 204 {
		t.Errorf("given: %d %s", got.Status, got.Body)
	}
	list := dbtest.Decode[struct {
		Items   []role
		BuiltIn []role `json:"built_in"`
	}](t, h.door.Get(h.owner, t, "/api/roles"), 200)
	if len(list.Items) != 1 || list.Items[0].People != 1 || len(list.BuiltIn) != 5 || list.BuiltIn[4].Name != "viewer" {
		t.Errorf("the list is %+v", list)
	}
	if got := h.door.JSON(h.owner, t, "DELETE", api, nil); got.Status != 409 || !strings.Contains(got.Body, "role.in_use") {
		t.Errorf("in use: %d %s", got.Status, got.Body)
	}
	if got := h.door.JSON(h.owner, t, "DELETE", api+"/people/"+person, nil); got.Status != 204 {
		t.Errorf("taken: %d %s", got.Status, got.Body)
	}
	if got := h.door.JSON(h.owner, t, "DELETE", api, nil); got.Status != 204 {
		t.Errorf("deleted: %d %s", got.Status, got.Body)
	}
}

func TestARoleByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if got := h.door.Get(h.owner, t, "/settings/roles"); got.Status != 200 || !strings.Contains(got.Body, "no role of its own yet") || !strings.Contains(got.Body, "archive or restore records, their own only") {
		t.Errorf("an empty list: %d", got.Status)
	}
	if got := h.door.Get(h.owner, t, "/settings/roles/new"); got.Status != 200 || !strings.Contains(got.Body, `name="lists.export"`) || strings.Contains(got.Body, "settings.edit") {
		t.Errorf("the form: %d %s", got.Status, got.Body)
	}
	form := url.Values{"name": {"Estimator"}, "base": {"member"}, "records.view": {"on"}, "amounts.edit": {"on"}, "key": {"k"}}
	got := h.door.Post(h.owner, t, "/settings/roles", form)
	if got.Status != 422 || !strings.Contains(got.Body, "A member can&#39;t change amounts; leave it out or choose another base.") || !strings.Contains(got.Body, `value="Estimator"`) {
		t.Errorf("more than the base: %d %s", got.Status, got.Body)
	}
	form.Set("base", "manager")
	got = h.door.Post(h.owner, t, "/settings/roles", form)
	page := got.Header.Get("Location")
	if got.Status != 303 || !strings.HasPrefix(page, "/settings/roles/") {
		t.Fatalf("composed: %d %s", got.Status, got.Body)
	}
	if again := h.door.Post(h.owner, t, "/settings/roles", form); again.Header.Get("Location") != page {
		t.Errorf("sent twice: %d %s", again.Status, again.Header.Get("Location"))
	}
	member := h.person(t, tenant.Member).String()
	if got := h.door.Post(h.owner, t, page+"/people", url.Values{}); got.Status != 422 || !strings.Contains(got.Body, "Choose a person.") {
		t.Errorf("nobody chosen: %d", got.Status)
	}
	if got := h.door.Post(h.owner, t, page+"/people", url.Values{"person": {member}}); got.Status != 303 {
		t.Errorf("given: %d %s", got.Status, got.Body)
	}
	if got := h.door.Get(h.owner, t, page); !strings.Contains(got.Body, "/people/"+member+"/remove") || !strings.Contains(got.Body, "change amounts") {
		t.Errorf("the page: %s", got.Body)
	}
	if got := h.door.Get(h.owner, t, page+"/edit"); !strings.Contains(got.Body, `name="version"`) {
		t.Errorf("the form: %s", got.Body)
	}
	form.Set("version", "9")
	if got := h.door.Post(h.owner, t, page, form); got.Status != 412 || !strings.Contains(got.Body, "Estimator was changed by") || !strings.Contains(got.Body, `name="version" value="1"`) {
		t.Errorf("a lost race: %d %s", got.Status, got.Body)
	}
	form.Set("version", "1")
	form.Set("name", "Chief estimator")
	if got := h.door.Post(h.owner, t, page, form); got.Status != 303 {
		t.Errorf("saved: %d %s", got.Status, got.Body)
	}
	if got := h.door.Post(h.owner, t, page+"/delete", url.Values{}); got.Status != 409 {
		t.Errorf("in use: %d", got.Status)
	}
	if got := h.door.Post(h.owner, t, page+"/people/"+member+"/remove", url.Values{}); got.Status != 303 {
		t.Errorf("taken: %d %s", got.Status, got.Body)
	}
	if got := h.door.Post(h.owner, t, page+"/delete", url.Values{}); got.Status != 303 {
		t.Errorf("deleted: %d", got.Status)
	}
	// The trail tells of the role and of who had it.
	trail, err := postgres.Read(h.owner, h.db, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
		return postgres.Values[string](ctx, tx, `SELECT table_name || ' ' || operation FROM audit_entries WHERE table_name = 'roles' OR changes ? 'custom_role_id' ORDER BY id`)
	})
	if diff := cmp.Diff([]string{"roles insert", "people update", "roles update", "people update", "roles delete"}, trail); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// Who may invite less from now on leaves no invitation behind that they could not make.
func TestARoleTakesOpenInvitationsBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	manager := h.person(t, tenant.Manager)
	invite := func() {
		t.Helper()
		_, err := dbtest.Super(t, h.db).Exec(t.Context(), `
			INSERT INTO invitations (org_id, id, email, name, role, expires_at, created_by)
			SELECT $1, gen_random_uuid(), role || gen_random_uuid() || '@example.com', role, role, now() + interval '1 day', $2 FROM unnest('{member,viewer}'::text[]) role`, h.titan.ID, manager)
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func() []string {
		t.Helper()
		list, err := postgres.Values[string](t.Context(), dbtest.Super(t, h.db), `SELECT role FROM invitations WHERE org_id = $1 AND revoked_at IS NULL ORDER BY role`, h.titan.ID)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, c := range []struct {
		name        string
		permissions []string
		left        []string
	}{
		{"All but figures", []string{"records.view", "records.edit", "records.archive", "amounts.view", "people.invite"}, []string{"viewer"}}, // less than a member has
		{"Reader", []string{"records.view"}, []string{}},
	} {
		invite()
		r := h.compose(t, roles.Details{Name: c.name, Base: tenant.Manager, Permissions: c.permissions})
		if _, err := h.roles.Assign(h.owner, manager, r.ID); err != nil {
			t.Fatal(err)
		}
		if left := open(); !cmp.Equal(slices.Compact(left), c.left) {
			t.Errorf("%s: the invitations for %v are open", c.name, left)
		}
	}
}
