package postgres_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

var update = flag.Bool("update", false, "write schema.sql anew")

func TestMigrateOnceFromManyPrograms(t *testing.T) {
	t.Parallel()
	owner, app := dbtest.Bare(t)
	ran := make([]int, 4)
	var programs errgroup.Group
	for i := range ran {
		programs.Go(func() (err error) {
			ran[i], err = postgres.Migrate(t.Context(), owner)
			return err
		})
	}
	if err := programs.Wait(); err != nil {
		t.Fatal(err)
	}
	worked := 0
	for _, n := range ran {
		if n > 0 {
			worked++
		}
	}
	if worked != 1 {
		t.Errorf("%v migrations ran in programs that started together; one does all, the others none", ran)
	}
	if n, err := postgres.Migrate(t.Context(), owner); n != 0 || err != nil {
		t.Errorf("another time: %d ran, %v", n, err)
	}
	db, err := postgres.Open(t.Context(), app, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n, err := postgres.Pending(t.Context(), db); n != 0 || err != nil {
		t.Errorf("%d pending, %v", n, err)
	}
}

func TestPendingBeforeAndBetween(t *testing.T) {
	t.Parallel()
	owner, app := dbtest.Bare(t)
	db, err := postgres.Open(t.Context(), app, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all, err := postgres.Pending(t.Context(), db)
	if err != nil || all == 0 {
		t.Fatalf("without a schema: %d pending, %v", all, err)
	}
	if ran, err := postgres.Migrate(t.Context(), owner); ran != all || err != nil {
		t.Errorf("%d were pending, %d ran, %v", all, ran, err)
	}
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	for _, step := range []struct {
		sql  string
		want int
	}{
		{`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`, 0}, // the database is ahead
		{`DELETE FROM goose_db_version WHERE version_id = 3`, 1},
		{`REVOKE SELECT ON goose_db_version FROM skai_app`, all},
	} {
		if _, err := conn.Exec(t.Context(), step.sql); err != nil {
			t.Fatal(err)
		}
		if got, err := postgres.Pending(t.Context(), db); got != step.want || err != nil {
			t.Errorf("after %s: %d pending, %v; want %d", step.sql, got, err, step.want)
		}
	}
}

func TestBootstrapTwice(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	url := dbtest.URL(db, localpg.Superuser)
	for range 2 {
		if err := postgres.Bootstrap(t.Context(), url, db.Config().ConnConfig.Database); err != nil {
			t.Error(err)
		}
	}
}

// TestSchemaFile keeps schema.sql, which shows the whole schema to readers and in
// a review, equal to what the migrations make.
// An operator brings a new version to a server whose roles are those of the one before.
func TestMigratingWithoutARoleSaysWhatToRun(t *testing.T) {
	t.Parallel()
	server, err := localpg.Start(t.Context(), localpg.Options{Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	super := server.URL(localpg.Superuser, "postgres")
	if err := postgres.Bootstrap(t.Context(), super, "skai"); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), super)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), `DROP ROLE skai_support`); err != nil {
		t.Fatal(err)
	}
	owner := server.URL("skai_owner", "skai")
	if _, err := postgres.Migrate(t.Context(), owner); err == nil || !strings.Contains(err.Error(), "roles.sql") || !strings.Contains(err.Error(), "skai_support") {
		t.Errorf("without the role: %v", err)
	}
	if _, err := conn.Exec(t.Context(), postgres.RolesSQL); err != nil {
		t.Fatal(err)
	}
	if ran, err := postgres.Migrate(t.Context(), owner); err != nil || ran == 0 {
		t.Errorf("with it: %d, %v", ran, err)
	}
}

func TestSchemaFile(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	got := dump(t, db)
	if *update {
		if err := os.WriteFile("schema.sql", got, 0o644); err != nil { //nolint:gosec // a source file
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("schema.sql is not what the migrations make; run make gen, and look at what it changes:\n%s", diff)
	}
}

// dump gives the schema as pg_dump of major version 15 writes it; other versions
// spell it differently.
func dump(t *testing.T, db *postgres.DB) []byte {
	t.Helper()
	version, err := postgres.Value[string](t.Context(), db, `SELECT current_setting('server_version')`)
	if err != nil {
		t.Fatal(err)
	}
	program, err := pgDump()
	if err != nil {
		t.Skip("no pg_dump here: ", err)
	}
	out, err := exec.CommandContext(t.Context(), program, "--version").Output() //nolint:gosec // PostgreSQL's own program
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(version, "15.") || !bytes.Contains(out, []byte(" 15.")) {
		t.Skipf("schema.sql is written by PostgreSQL 15; here are server %s and %s", version, bytes.TrimSpace(out))
	}
	cmd := exec.CommandContext(t.Context(), program, "--schema-only", "--dbname="+dbtest.URL(db, localpg.Superuser)) //nolint:gosec // as above
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, &complaint)
	}
	return plain(text)
}

// pgDump finds the program beside the server's, where Debian keeps it, or in PATH.
func pgDump() (string, error) {
	if beside, err := filepath.Glob("/usr/lib/postgresql/15/bin/pg_dump"); err == nil && len(beside) == 1 {
		return beside[0], nil
	}
	return exec.LookPath("pg_dump")
}

// plain leaves out what differs from run to run and between minor versions, and
// pg_dump's comments, which say again what stands below them.
func plain(text []byte) []byte {
	var kept []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "--") || strings.HasPrefix(line, `\restrict`) || strings.HasPrefix(line, `\unrestrict`) {
			continue
		}
		if line == "\n" && len(kept) > 0 && kept[len(kept)-1] == "\n" {
			continue
		}
		kept = append(kept, line)
	}
	return []byte(strings.TrimSpace(strings.Join(kept, "")) + "\n")
}
