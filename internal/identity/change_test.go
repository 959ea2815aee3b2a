package identity_test

import (
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestChangePassword(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	people, email := service(db), titan.Email(tenant.Member)
	other, _ := signIn(t, db, titan, tenant.Member)
	token, ctx := signIn(t, db, titan, tenant.Member)
	here := from("192.0.2.20")
	for name, c := range map[string]struct{ current, next, field string }{
		"a wrong current one": {"not this one", "another good password", "current"},
		"too short":           {dbtest.Password, "short", "password"},
		"the same":            {dbtest.Password, dbtest.Password, "password"},
		"a common one":        {dbtest.Password, "Unbelievable", "password"},
		"their own":           {dbtest.Password, "Member-" + titan.Slug + "-Roofing!", "password"},
	} {
		err := people.ChangePassword(ctx, c.current, c.next, here)
		if f := fault.As(err); f == nil || f.Fields[c.field] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantKind(t, "without a session", people.ChangePassword(t.Context(), dbtest.Password, "another good password", here), fault.KindUnauthenticated)
	if err := people.ChangePassword(ctx, dbtest.Password, "another good password", here); err != nil {
		t.Fatal(err)
	}
	if _, err := people.Authenticate(t.Context(), token); err != nil {
		t.Errorf("the session that changed it: %v", err)
	}
	_, err := people.Authenticate(t.Context(), other)
	wantKind(t, "another session", err, fault.KindUnauthenticated)
	_, err = people.SignIn(t.Context(), email, dbtest.Password, here)
	wantKind(t, "the old password", err, fault.KindUnauthenticated)
	if _, err := people.SignIn(t.Context(), email, "another good password", here); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestGuessingTheCurrentPasswordSlowsDown(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	_, ctx := signIn(t, db, titan, tenant.Member)
	people := service(db)
	for range 5 { // the first five are free
		wantKind(t, "a guess", people.ChangePassword(ctx, "a guess", "another good password", from("192.0.2.21")), fault.KindInvalid)
	}
	hold(t, db)
	wantKind(t, "one guess more", people.ChangePassword(ctx, "a guess", "another good password", from("192.0.2.21")), fault.KindLimited)
}

func TestChangePasswordByHand(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	b := newBrowser(t, site(t, db))
	b.signIn(titan, tenant.Viewer)
	b.get("/settings").want(t, 200, "/settings", "/settings/password")
	b.get("/settings/password").want(t, 200, "", "12 characters or more")
	b.post("/settings/password", "current", dbtest.Password, "password", "one of the two", "again", "the other of two").want(t, 422, "", "not the same as above")
	p := b.post("/settings/password", "current", "wrong", "password", "a new long password", "again", "a new long password")
	p.want(t, 422, "", "This is not the password you have.")
	super(t, db, `UPDATE sign_in_failures SET failures = 100 WHERE key LIKE 'account:%'`)
	p = b.post("/settings/password", "current", "wrong", "password", "a new long password", "again", "a new long password")
	p.want(t, 429, "", "Too many wrong passwords")
	super(t, db, `DELETE FROM sign_in_failures`)
	b.post("/settings/password", "current", dbtest.Password, "password", "a new long password", "again", "a new long password").
		want(t, 200, "/settings", "Your password is changed")
	b.post("/sign-out")
	b.post("/sign-in", "email", titan.Email(tenant.Viewer), "password", "a new long password").want(t, 200, "/dashboard")
}
