package vault_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

func TestAnotherMasterKeyOpensTheSame(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	folder := t.TempDir()
	old, next := vault.Config{Folder: folder}, vault.Config{Secret: "correct horse battery staple, and rain"}
	running, err := open(t, db, old)
	if err != nil {
		t.Fatal(err)
	}
	at := vault.Place{Table: "t", Column: "c", Row: uuid.New()}
	sealed := running.Seal(at, []byte("x"))
	master := func(c vault.Config) vault.Master {
		t.Helper()
		m, err := c.Master(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if _, err := vault.Rewrap(t.Context(), db, master(next), master(old)); err == nil {
		t.Error("a master key that was never this database's could wrap its keys")
	}
	if n, err := vault.Rewrap(t.Context(), db, master(old), master(next)); err != nil || n != 1 {
		t.Fatalf("%d keys, %v", n, err)
	}
	if _, err := open(t, db, old); err == nil {
		t.Error("the old master key still opens")
	}
	// A program that runs has the old master key: a data key that it made now would
	// open with the new one no more, and nothing would start.
	org := dbtest.Org(t, db, "titan").ID
	if _, err := running.SealFor(t.Context(), org, at, []byte("x")); err == nil {
		t.Error("a program with the old master key made a data key")
	}
	if err := running.Renew(t.Context()); err == nil {
		t.Error("a program with the old master key renewed the data keys")
	}
	started, err := open(t, db, next)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := started.Open(t.Context(), at, sealed); err != nil || string(got) != "x" {
		t.Errorf("after the next start: %q, %v", got, err)
	}
	if got, err := running.Open(t.Context(), at, started.Seal(at, []byte("y"))); err != nil || string(got) != "y" {
		t.Errorf("a program that runs: %q, %v", got, err)
	}
}

func TestANewDataKeySealsAndTheOldStillOpens(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	c := vault.Config{Secret: "correct horse battery staple, and rain"}
	running, err := open(t, db, c)
	if err != nil {
		t.Fatal(err)
	}
	other, err := open(t, db, c)
	if err != nil {
		t.Fatal(err)
	}
	at := vault.Place{Table: "t", Column: "c", Row: uuid.New()}
	before, first := other.Seal(at, []byte("before")), other.Current()
	if err := other.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := other.Seal(at, []byte("after"))
	if key, err := vault.KeyOf(after); err != nil || key == first || key != other.Current() {
		t.Errorf("it seals with %s: %v", key, err)
	}
	for name, v := range map[string]*vault.Vault{"the one that renewed": other, "one that runs beside it": running} {
		for sealed, want := range map[*[]byte]string{&before: "before", &after: "after"} {
			if got, err := v.Open(t.Context(), at, *sealed); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
	if running.Current() != other.Current() {
		t.Error("the program that runs does not seal with the new key, though it has met it")
	}
	stranger := append([]byte{1}, make([]byte, 60)...)
	if _, err := running.Open(t.Context(), at, stranger); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("a key that is not there: %v", err)
	}
}
