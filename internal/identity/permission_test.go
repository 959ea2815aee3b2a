package identity

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// The matrix of the product: o owner, a admin, m manager, e member, v viewer.
var matrix = map[Permission]string{
	ViewRecords:     "oamev",
	EditRecords:     "oame",
	ArchiveRecords:  "oame", // a member only their own: TestRequireOwn
	ViewAmounts:     "oame",
	EditAmounts:     "oam",
	StepBack:        "oam",
	ExportLists:     "oam",
	Migrate:         "oa",
	ViewAudit:       "oa",
	ViewAnalytics:   "oame", // a member over their own
	EditSettings:    "oa",
	InvitePeople:    "oam",
	ManagePeople:    "oa",
	EditRoles:       "o",
	TransferOrg:     "o",
	ManageKeys:      "oa",
	ManageSSO:       "o",
	ProvisionPeople: "oa",
}

func TestTheMatrix(t *testing.T) {
	t.Parallel()
	got := map[Permission]string{}
	for p, rule := range permission {
		for _, role := range everyone {
			ctx := tenant.With(t.Context(), tenant.Scope{OrgID: uuid.New(), Role: role})
			err := Require(ctx, p)
			if May(tenant.Scope{Role: role}, p) != (err == nil) || Can(ctx, p) != (err == nil) {
				t.Errorf("%s, %s: May, Can and Require disagree: %v", p, role, err)
			}
			if err == nil {
				got[p] += map[tenant.Role]string{tenant.Owner: "o", tenant.Admin: "a", tenant.Manager: "m", tenant.Member: "e", tenant.Viewer: "v"}[role]
			} else if !fault.Is(err, fault.KindForbidden) || rule.words == "" {
				t.Errorf("%s, %s: refused with %v", p, role, err)
			}
		}
	}
	if diff := cmp.Diff(matrix, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhoIsNobodyMayNothing(t *testing.T) {
	t.Parallel()
	if err := Require(t.Context(), ViewRecords); !fault.Is(err, fault.KindUnauthenticated) || Can(t.Context(), ViewRecords) {
		t.Errorf("signed out: %v", err)
	}
	for _, role := range []tenant.Role{"", "boss"} {
		ctx := tenant.With(t.Context(), tenant.Scope{OrgID: uuid.New(), Role: role})
		if err := Require(ctx, ViewRecords); !fault.Is(err, fault.KindForbidden) {
			t.Errorf("the role %q: %v", role, err)
		}
	}
	ctx := tenant.With(t.Context(), tenant.Scope{OrgID: uuid.New(), Role: tenant.Owner})
	if err := Require(ctx, "records.burn"); !fault.Is(err, fault.KindForbidden) {
		t.Errorf("an unknown permission: %v", err)
	}
}

func TestRequireOwn(t *testing.T) {
	t.Parallel()
	me, other := uuid.New(), uuid.New()
	for _, c := range []struct {
		role tenant.Role
		own  []uuid.UUID
		ok   bool
	}{
		{tenant.Member, []uuid.UUID{other, me}, true},
		{tenant.Member, []uuid.UUID{other}, false},
		{tenant.Member, nil, false},
		{tenant.Manager, []uuid.UUID{other}, true},
		{tenant.Viewer, []uuid.UUID{me}, false},
	} {
		ctx := tenant.With(t.Context(), tenant.Scope{OrgID: uuid.New(), ActorID: me, Role: c.role})
		if err := RequireOwn(ctx, ArchiveRecords, c.own...); (err == nil) != c.ok || err != nil && !fault.Is(err, fault.KindForbidden) {
			t.Errorf("a %s, where %v may: %v", c.role, c.own, err)
		}
	}
}

func TestAPermissionHasALabel(t *testing.T) {
	t.Parallel()
	if got := ExportLists.Label() + ", " + Permission("records.burn").Label(); got != "Export lists, records.burn" {
		t.Errorf("got %q", got)
	}
}
