package vault_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func open(t *testing.T, db *postgres.DB, c vault.Config) (*vault.Vault, error) {
	t.Helper()
	m, err := c.Master(t.Context())
	if err != nil {
		return nil, err
	}
	return vault.Open(t.Context(), db, m)
}

func TestWhatIsSealedOpensInItsPlaceAlone(t *testing.T) {
	t.Parallel()
	v, err := open(t, dbtest.New(t), vault.Config{Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	at := vault.Place{Table: "user_factors", Column: "secret", Row: uuid.New()}
	secret := []byte("JBSWY3DPEHPK3PXP")
	sealed := v.Seal(at, secret)
	if bytes.Contains(sealed, secret) || bytes.Equal(sealed, v.Seal(at, secret)) {
		t.Error("it can be read, or recognised")
	}
	if got, err := v.Open(t.Context(), at, sealed); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("got %q, %v", got, err)
	}
	for what, elsewhere := range map[string]vault.Place{
		"another row": {at.Table, at.Column, uuid.New()}, "another column": {at.Table, "name", at.Row}, "another table": {"users", at.Column, at.Row},
	} {
		if _, err := v.Open(t.Context(), elsewhere, sealed); err == nil {
			t.Errorf("it opens in %s", what)
		}
	}
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		if _, err := v.Open(t.Context(), at, damaged); err == nil {
			t.Errorf("it opens with byte %d changed", i)
		}
	}
	if got, err := v.Open(t.Context(), at, v.Seal(at, nil)); err != nil || len(got) != 0 {
		t.Errorf("nothing, sealed: %q, %v", got, err)
	}
}

func TestTheMasterKeyHasToBeTheSame(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "key")
	if err := os.WriteFile(file, []byte(hex.EncodeToString(bytes.Repeat([]byte{7}, 32))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := vault.Place{Table: "t", Column: "c", Row: uuid.New()}
	for name, c := range map[string]vault.Config{
		"a secret": {Secret: "correct horse battery staple, and rain"}, "a file": {File: file}, "a command": {Command: "cat " + file}, "a file made here": {Folder: folder},
	} {
		db := dbtest.New(t)
		first, err := open(t, db, c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		again, err := open(t, db, c)
		if err != nil {
			t.Fatalf("%s, at the next start: %v", name, err)
		}
		if got, err := again.Open(t.Context(), at, first.Seal(at, []byte("x"))); err != nil || string(got) != "x" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		_, err = open(t, db, vault.Config{Secret: "wrong horse battery staple, and rain"})
		if err == nil || !strings.Contains(err.Error(), "is not the one") {
			t.Errorf("%s: another key is taken: %v", name, err)
		}
	}
	made, err := os.Stat(filepath.Join(folder, "vault.key"))
	if err != nil || made.Mode().Perm() != 0o600 {
		t.Errorf("the key file made: %v, %v", made, err)
	}
}

func TestBadKeysAreRefusedInWords(t *testing.T) {
	t.Parallel()
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]vault.Config{
		"needs 24 or more":    {Secret: "short"},
		"set one of them":     {Secret: strings.Repeat("x", 30), File: short},
		"is not 32 bytes":     {File: short},
		"no such file":        {File: short + "not there"},
		"SKAI_VAULT_KEY_COMM": {Command: "false"},
	} {
		if _, err := c.Master(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestTheMasterKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	m, err := vault.Config{Secret: "correct horse battery staple, and rain"}.Master(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", m, m, m, m); strings.Contains(text, "horse") {
		t.Error(text)
	}
}

func FuzzOpen(f *testing.F) {
	v, err := vault.Open(f.Context(), dbtest.New(f), mustMaster(f))
	if err != nil {
		f.Fatal(err)
	}
	at := vault.Place{Table: "t", Column: "c", Row: uuid.New()}
	sealed := v.Seal(at, []byte("secret"))
	f.Add(sealed)
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, text []byte) {
		if value, err := v.Open(t.Context(), at, text); err == nil && !bytes.Equal(text, sealed) {
			t.Errorf("%x opens as %x", text, value)
		}
	})
}

func mustMaster(tb testing.TB) vault.Master {
	tb.Helper()
	m, err := vault.Config{Folder: tb.TempDir()}.Master(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func BenchmarkSeal(b *testing.B) {
	v, err := vault.Open(b.Context(), dbtest.New(b), mustMaster(b))
	if err != nil {
		b.Fatal(err)
	}
	at, secret := vault.Place{Table: "t", Column: "c", Row: uuid.New()}, bytes.Repeat([]byte("x"), 32)
	for b.Loop() {
		v.Seal(at, secret)
	}
}
