package contacts_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// TestWhatAnImportLeftStays changes a contact with values that nobody could
// enter: they were the customer's, and a change of something else keeps them.
func TestWhatAnImportLeftStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	ctx := o.As(t, tenant.Member)
	c := o.create(ctx, t, body{"last_name": "Ortiz"})
	long := strings.Repeat("x", 300)
	err := postgres.Do(ctx, o.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE contacts SET phones = '[{"typed": "ask Bob"}, {"typed": "602-555-0123", "e164": "+16025550123", "ext": "9"}]',
			emails = '["bob at home"]', address_typed = 'behind the church', company = $2, tags = ARRAY[$2] WHERE id = $1`, c.ID, long)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	api := "/api/contacts/" + c.ID.String()
	whole := dbtest.Decode[body](t, o.Get(ctx, t, api), http.StatusOK)
	whole["notes"] = "Called"
	got := dbtest.Decode[contact](t, o.JSON(ctx, t, "PUT", api, whole, "If-Match", "1"), http.StatusOK)
	if got.Phones[0].Typed != "ask Bob" || got.Phones[1].Ext != "9" || got.Emails[0] != "bob at home" || got.Address.Typed != "behind the church" ||
		got.Company != long || got.Tags[0] != long || got.Notes != "Called" {
		t.Errorf("%+v", got)
	}
	if edit := o.Get(ctx, t, "/contacts/"+c.ID.String()+"/edit"); !strings.Contains(edit.Body, "Address as it came") || !strings.Contains(edit.Body, `value="behind the church"`) {
		t.Error("the form does not show the address as it came")
	}
	whole["phones"] = []body{{"typed": "ask Ann"}}
	if a := o.JSON(ctx, t, "PUT", api, whole, "If-Match", "2"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a new number that is none: %d", a.Status)
	}
}

// Nobody is shown what they would be refused.
func TestPagesOfferWhatTheirReaderMayDo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, dbtest.Shared(t))
	c := o.create(o.As(t, tenant.Owner), t, body{"last_name": "Ortiz"})
	page := "/contacts/" + c.ID.String()
	for role, want := range map[tenant.Role]map[string]bool{
		tenant.Owner:   {"/edit": true, "/archive": true, "?tab=audit": true, `action="/activity"`: true, "/claims/new": true},
		tenant.Manager: {"/edit": true, "/archive": true, "?tab=audit": false, `action="/activity"`: true, "/claims/new": true},
		tenant.Viewer:  {"/edit": false, "/archive": false, "?tab=audit": false, `action="/activity"`: false, "/claims/new": false},
	} {
		shown := o.Get(o.As(t, role), t, page)
		for what, offered := range want {
			if strings.Contains(shown.Body, what) != offered {
				t.Errorf("%s is offered to a %s: %v", what, role, !offered)
			}
		}
		trail := o.Get(o.As(t, role), t, page+"?tab=audit")
		if seen := strings.Contains(trail.Body, "Who changed what"); seen != (role == tenant.Owner) || trail.Status != http.StatusOK {
			t.Errorf("a %s sees the trail: %v", role, seen)
		}
	}
	if list := o.Get(o.As(t, tenant.Viewer), t, "/contacts"); strings.Contains(list.Body, "/contacts/new") || strings.Contains(list.Body, "contacts.csv") {
		t.Error("a viewer is offered a new contact or a download")
	}
}
