package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// schema.sql shows the schema that the migrations add up to.
//
//go:generate go test -count=1 -run ^TestSchemaFile$ . -update

//go:embed migrations/*.sql
var migrations embed.FS

// RolesSQL creates the database roles; a role that may create roles runs it once for a cluster.
//
//go:embed roles.sql
var RolesSQL string

// RiverSchema is the schema the job queue keeps its tables in.
const RiverSchema = "river"

// Bootstrap prepares a cluster of our own, over its superuser: the roles, and
// the database where it is missing.
func Bootstrap(ctx context.Context, superURL, database string) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return fmt.Errorf("connect to prepare the cluster: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(7345601)`); err != nil {
		return fmt.Errorf("wait for another program that prepares the cluster: %w", err)
	}
	if _, err := conn.Exec(ctx, RolesSQL); err != nil {
		return fmt.Errorf("create the database roles: %w", err)
	}
	exists, err := Value[bool](ctx, conn, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database)
	if err != nil || exists {
		return err
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{database}.Sanitize()+` OWNER skai_owner`); err != nil {
		return fmt.Errorf("create database %s: %w", database, err)
	}
	return nil
}

// Migrate brings the schema up to date over the owner's connection, under an
// advisory lock, so that programs that start together wait for one another.
// It returns the number of migrations that ran.
func Migrate(ctx context.Context, ownerURL string) (ran int, err error) {
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return 0, fmt.Errorf("connect as the owner of the tables: %w", err)
	}
	defer pool.Close()
	unlock, err := lockMigrations(ctx, pool)
	if err != nil {
		return 0, err
	}
	defer unlock()
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return 0, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, dir)
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if Code(err) == "42704" { // undefined_object
		return len(results), fmt.Errorf("this version needs a role, or a type, that the database has not; run roles.sql (internal/platform/postgres) once more as a role that may create roles, which is safe, and then this again: %w", err)
	}
	if err != nil {
		return len(results), fmt.Errorf("migrate: %w", err)
	}
	jobs, err := migrateRiver(ctx, pool)
	return len(results) + jobs, err
}

// lockMigrations waits until no other program migrates. The lock is held by a
// session of its own, over goose's migrations and the job queue's together.
func lockMigrations(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect as the owner of the tables: %w", err)
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(7345602)`); err != nil {
		conn.Release()
		return nil, fmt.Errorf("wait for another program that migrates: %w", err)
	}
	return func() {
		_ = conn.Conn().Close(context.WithoutCancel(ctx)) // ends the session, and the lock with it
		conn.Release()
	}, nil
}

func riverMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: RiverSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("read the job queue's migrations: %w", err)
	}
	return migrator, nil
}

func migrateRiver(ctx context.Context, pool *pgxpool.Pool) (int, error) {
	migrator, err := riverMigrator(pool)
	if err != nil {
		return 0, err
	}
	result, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return 0, fmt.Errorf("migrate the job queue: %w", err)
	}
	return len(result.Versions), nil
}
