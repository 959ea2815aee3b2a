package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Pending counts the migrations of this program that the database lacks. A
// database that is ahead of the program has none: during a rolling deploy the
// binary before a migration works beside the one after it.
func Pending(ctx context.Context, db *DB) (int, error) {
	ours, err := migrationVersions()
	if err != nil {
		return 0, err
	}
	jobs, err := riverVersions()
	if err != nil {
		return 0, err
	}
	var missing int
	err = db.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM unnest($1::bigint[]) v WHERE v NOT IN (SELECT version_id FROM goose_db_version WHERE is_applied))
		     + (SELECT count(*) FROM unnest($2::bigint[]) v WHERE v NOT IN (SELECT version FROM river.river_migration WHERE line = 'main'))`,
		ours, jobs).Scan(&missing)
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == undefinedTable || e.Code == invalidSchema || e.Code == forbidden) {
		return len(ours) + len(jobs), nil // never migrated, or before the program might ask
	}
	if err != nil {
		return 0, fmt.Errorf("ask for the schema's version: %w", err)
	}
	return missing, nil
}

// The SQLSTATEs of a database without our schema.
const (
	undefinedTable = "42P01"
	invalidSchema  = "3F000"
	forbidden      = "42501"
)

// migrationVersions gives the numbers the migrations' names begin with.
func migrationVersions() ([]int64, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	versions := make([]int64, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		if versions[i], err = strconv.ParseInt(number, 10, 64); err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", name, err)
		}
	}
	return versions, nil
}

func riverVersions() ([]int64, error) {
	migrator, err := riverMigrator(nil)
	if err != nil {
		return nil, err
	}
	var versions []int64
	for _, m := range migrator.AllVersions() {
		versions = append(versions, int64(m.Version))
	}
	return versions, nil
}

// SchemaHash names the schema this program migrates to: 16 hexadecimal digits
// of a hash of the roles, its own migrations and the job queue's.
func SchemaHash() (string, error) {
	h := sha256.New()
	h.Write([]byte(RolesSQL))
	err := fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := migrations.ReadFile(path)
		_, _ = fmt.Fprintf(h, "%s %d\n%s", path, len(text), text) // a hash takes everything
		return err
	})
	if err != nil {
		return "", err
	}
	migrator, err := riverMigrator(nil)
	if err != nil {
		return "", err
	}
	for _, m := range migrator.AllVersions() {
		_, _ = fmt.Fprintf(h, "%d %s\n", m.Version, m.SQLUp) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}
