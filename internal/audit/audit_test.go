package audit_test

import (
	"context"
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

func TestMain(m *testing.M) { dbtest.Main(m) }

// contact makes a contact and renames it to each of the names in turn.
func contact(ctx context.Context, t *testing.T, db *postgres.DB, names ...string) uuid.UUID {
	t.Helper()
	scope, _ := tenant.From(ctx)
	id := postgres.NewID()
	for i, name := range names {
		err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
			if i == 0 {
				_, err := tx.Exec(ctx, `INSERT INTO contacts (org_id, id, last_name, created_by, updated_by) VALUES (current_org(), $1, $2, $3, $3)`, id, name, scope.ActorID)
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE contacts SET last_name = $2 WHERE id = $1`, id, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return id
}

func TestOfRecord(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	id := contact(titan.As(t, tenant.Member), t, db, "Ortiz", "Ortíz")
	contact(titan.As(t, tenant.Member), t, db, "Somebody else")
	read := func(ctx context.Context) (direct, batched []audit.Entry) {
		t.Helper()
		direct, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]audit.Entry, error) {
			b := &pgx.Batch{}
			b.Queue(`SELECT 1`)
			audit.QueueOfRecord(ctx, b, id, &batched)
			if err := tx.SendBatch(ctx, b).Close(); err != nil {
				return nil, err
			}
			return audit.OfRecord(ctx, tx, id)
		})
		if err != nil {
			t.Fatal(err)
		}
		return direct, batched
	}
	direct, batched := read(titan.As(t, tenant.Admin))
	if diff := cmp.Diff(direct, batched); diff != "" {
		t.Errorf("alone and in a batch: %s", diff)
	}
	if len(direct) != 2 {
		t.Fatalf("got %+v", direct)
	}
	latest := direct[0]
	if latest.Actor != "Member" || latest.Operation != "update" || latest.Table != "contacts" || *latest.RecordID != id || latest.RequestID != t.Name() {
		t.Errorf("got %+v", latest)
	}
	if diff := cmp.Diff([]audit.Change{{Column: "last name", Before: "Ortiz", After: "Ortíz"}}, latest.Changes.List()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]audit.Change{
		{Column: "do not contact", After: "no"}, {Column: "last name", After: "Ortiz"}, {Column: "role", After: "homeowner"},
	}, direct[1].Changes.List()); diff != "" {
		t.Error(diff)
	}
	for name, ctx := range map[string]context.Context{"a manager": titan.As(t, tenant.Manager), "another contractor's owner": prowest.As(t, tenant.Owner)} {
		if direct, batched := read(ctx); len(direct)+len(batched) > 0 {
			t.Errorf("%s sees %v %v", name, direct, batched)
		}
	}
}

func TestListGoesThroughTheWholeTrailInPages(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	id := contact(titan.As(t, tenant.Member), t, db, "One", "Two", "Three", "Four", "Five")
	ctx, trail := titan.As(t, tenant.Owner), audit.New(db)
	for name, c := range map[string]struct {
		filter audit.Filter
		want   int
	}{
		"of a record":  {audit.Filter{Record: id, Limit: 2}, 5},
		"all of it":    {audit.Filter{Limit: 3}, 9}, // and the organisation, its system person, the member, the owner
		"of no record": {audit.Filter{Record: uuid.New(), Limit: 3}, 0},
		"in one page":  {audit.Filter{Limit: 200}, 9},
	} {
		var ids []int64
		for f := c.filter; ; {
			entries, next, err := trail.List(ctx, f)
			if err != nil || len(entries) > f.Limit {
				t.Fatalf("%s: %d entries, %v", name, len(entries), err)
			}
			for _, e := range entries {
				if len(ids) > 0 && e.ID >= ids[len(ids)-1] {
					t.Errorf("%s: entry %d comes after %d", name, e.ID, ids[len(ids)-1])
				}
				ids = append(ids, e.ID)
			}
			if f.Before = next; next == 0 {
				break
			}
		}
		if len(ids) != c.want {
			t.Errorf("%s: %d entries, want %d", name, len(ids), c.want)
		}
	}
	for _, role := range []tenant.Role{tenant.Manager, tenant.Member, tenant.Viewer} {
		if _, _, err := trail.List(titan.As(t, role), audit.Filter{Limit: 1}); !fault.Is(err, fault.KindForbidden) {
			t.Errorf("a %s gets %v", role, err)
		}
	}
}
