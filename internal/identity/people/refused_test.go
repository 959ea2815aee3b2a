package people_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Whoever invites an address that refuses mails is told so, and the link does not go out
// until the address is taken off the list.
func TestAnInvitationToAnAddressThatRefusesSaysSo(t *testing.T) {
	t.Parallel()
	h := build(t)
	door := dbtest.NewDoor(t, h.people.Routes)
	owner, other := h.titan.As(t, tenant.Owner), h.prowest.As(t, tenant.Owner)
	if err := mail.Suppress(t.Context(), h.db, "sam@titan.example"); err != nil {
		t.Fatal(err)
	}
	id := h.invite(owner, t, "Sam@Titan.example", tenant.Member)
	h.invite(other, t, "ann@prowest.example", tenant.Member)
	dbtest.Work(t, h.db, func(w *river.Workers) { h.post.Jobs(h.db, w); h.people.Jobs(w) })
	list, err := mail.Latest(h.folder, 10)
	if err != nil || len(list) != 1 || list[0].To != "ann@prowest.example" {
		t.Errorf("mails went out: %+v, %v", list, err)
	}
	entries, err := mail.Entries(t.Context(), h.db, 10)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%+v, %v", entries, err)
	}
	for _, e := range entries {
		want := map[string]mail.State{"sam@titan.example": mail.Suppressed, "ann@prowest.example": mail.Sent}[e.Recipient]
		if e.State != want || e.Kind != "people.invite" || e.ForOrg == nil {
			t.Errorf("%+v, want %s", e, want)
		}
	}
	at := "/settings/people/invitations/" + id.String()
	page(t, "the list", door.Get(owner, t, "/settings/people"), http.StatusOK, "Refuses mails")
	page(t, "the invitation", door.Get(owner, t, at), http.StatusOK, "This address refuses mails since", "revoke the invitation", "off the list")
	page(t, "the API", door.Get(owner, t, "/api/people?state=invited"), http.StatusOK, `"refuses_mail_since":"2`)
	if a := door.Get(other, t, "/settings/people"); strings.Contains(a.Body, "Refuses mails") {
		t.Error("another organisation is told of it")
	}
	if err := mail.Unsuppress(t.Context(), h.db, "sam@titan.example"); err != nil {
		t.Fatal(err)
	}
	h.super(t, `DELETE FROM river.river_job`) // a minute later
	page(t, "again", door.Post(owner, t, at+"/again", nil), http.StatusSeeOther)
	h.link(t, "sam@titan.example")
	if a := door.Get(owner, t, "/settings/people"); strings.Contains(a.Body, "Refuses mails") {
		t.Error("it is told still")
	}
}
