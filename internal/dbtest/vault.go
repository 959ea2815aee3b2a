package dbtest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// Vault gives the vault of a test's database; all tests have one master key.
func Vault(tb testing.TB, db *postgres.DB) *vault.Vault {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "master")
	if err := os.WriteFile(file, bytes.Repeat([]byte{7}, 32), 0o600); err != nil {
		tb.Fatal(err)
	}
	m, err := vault.Config{File: file}.Master(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	v, err := vault.Open(tb.Context(), db, m)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// Blobs gives a store of files in a folder, sealed by the database's vault.
func Blobs(tb testing.TB, db *postgres.DB, folder string) *blob.Store {
	tb.Helper()
	v := Vault(tb, db)
	store, err := blob.OpenFolder(folder, func(context.Context) (*vault.Vault, error) { return v, nil })
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = store.Close() })
	return store
}
