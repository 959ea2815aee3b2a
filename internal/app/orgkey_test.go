package app_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

func TestAnOrganisationsKeyGoesWithIt(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	c := vault.Config{Secret: "correct horse battery staple, and rain"}
	open := func() (*vault.Vault, error) {
		m, err := c.Master(t.Context())
		if err != nil {
			return nil, err
		}
		return vault.Open(t.Context(), db, m)
	}
	v, err := open()
	if err != nil {
		t.Fatal(err)
	}
	at := vault.Place{Table: "t", Column: "c", Row: uuid.New()}
	sealed := map[uuid.UUID][]byte{}
	for _, org := range []uuid.UUID{titan.ID, prowest.ID} {
		if sealed[org], err = v.SealFor(t.Context(), org, at, []byte("x")); err != nil {
			t.Fatal(err)
		}
		again, err := v.SealFor(t.Context(), org, at, []byte("x"))
		one, _ := vault.KeyOf(sealed[org])
		two, _ := vault.KeyOf(again)
		if err != nil || one != two || one == v.Current() {
			t.Errorf("keys %s and %s, accounts have %s: %v", one, two, v.Current(), err)
		}
	}
	if _, err := v.SealFor(t.Context(), uuid.New(), at, []byte("x")); err == nil {
		t.Error("an organisation that is not there has a key")
	}
	beside, err := open() // another program, with the same keys
	if err != nil {
		t.Fatal(err)
	}
	for org, value := range sealed {
		if got, err := beside.Open(t.Context(), at, value); err != nil || string(got) != "x" {
			t.Errorf("%s: %q, %v", org, got, err)
		}
	}
	one, _ := vault.KeyOf(sealed[titan.ID])
	if err := v.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if id, err := v.CurrentFor(t.Context(), titan.ID); err != nil || id == one {
		t.Errorf("it seals with %s still: %v", id, err)
	}
	people := identity.New(db, orgs.New(db))
	if _, err := people.EraseOrg(t.Context(), titan.Slug); err != nil {
		t.Fatal(err)
	}
	after, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := after.Open(t.Context(), at, sealed[titan.ID]); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("a copy of what it sealed opens after it was destroyed: %q, %v", got, err)
	}
	if got, err := after.Open(t.Context(), at, sealed[prowest.ID]); err != nil || string(got) != "x" {
		t.Errorf("the other's: %q, %v", got, err)
	}
}
