// Command bench measures what the program promises, on this machine and against
// a floor measured in the same run: the import of contacts against psql's \copy
// of the same rows, and the pages of 1,000,000 claims against those of 10,000.
// docs/performance.md explains the method and keeps the figures. With an argument
// it measures the "imports" or the "pages" alone, both on a "small" scale, or the program
// "side" by side with the least that answering takes.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const database = "skai"

// bench is one run: a data folder of its own, with the server the program starts.
type bench struct {
	folder string
	server *localpg.Server
	db     *postgres.DB
	skai   string // the program, built for this run
	rows   []int
	claims []int
}

func main() {
	if err := run(context.Background()); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "skai-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // nothing in it is needed again
	b := &bench{folder: folder, skai: filepath.Join(folder, "skai"), rows: []int{10_000, 10_000, 10_000, 10_000, 10_000, 1_048_576}, claims: []int{10_000, 1_000_000}}
	switch strings.Join(os.Args[1:], " ") {
	case "small": // to try the measurement itself
		b.rows, b.claims = []int{1_000, 10_000}, []int{10_000, 50_000}
	case "imports":
		b.claims = nil
	case "pages":
		b.rows = nil
	case "side":
		b.rows, b.claims = nil, nil
	case "asker":
		return asker(ctx)
	}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.skai, "./cmd/skai").CombinedOutput(); err != nil { //nolint:gosec // our own program
		return fmt.Errorf("build: %w: %s", err, out)
	}
	if err := b.open(ctx); err != nil {
		return err
	}
	defer func() { _ = b.server.Close() }()
	defer b.db.Close()
	if b.claims == nil && b.rows == nil {
		return b.side(ctx)
	}
	fmt.Printf("PostgreSQL %s, %s\n\n", b.server.Version, time.Now().UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Printf("%-10s %10s %10s %10s %10s %8s %12s   %s\n", "contacts", "command s", "run s", "rows/s", "\\copy s", "ratio", "peak memory", "accounted for")
	for i, rows := range b.rows {
		if err := b.imports(ctx, fmt.Sprintf("bench-%d", i), rows); err != nil {
			return fmt.Errorf("%d contacts: %w", rows, err)
		}
	}
	return b.pages(ctx)
}

func (b *bench) open(ctx context.Context) (err error) {
	if b.server, err = localpg.Start(ctx, localpg.Options{DataDir: b.data(), Log: slog.New(slog.DiscardHandler)}); err != nil {
		return err
	}
	if err := postgres.Bootstrap(ctx, b.server.URL(localpg.Superuser, "postgres"), database); err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, b.server.URL("skai_owner", database)); err != nil {
		return err
	}
	b.db, err = postgres.Open(ctx, b.server.URL("skai_app", database), 2)
	return err
}

func (b *bench) data() string { return filepath.Join(b.folder, "data") }

type result struct {
	Seconds float64
	Files   []struct{ Rows, Created, Updated, Merged, Unchanged, Skipped, Errored, Blank int64 }
}

// imports measures one import by the command itself, from its start to its end
// as psql is measured too, and the part of it that the run takes; then \copy of the rows it
// made into a table with the same columns, constraints and indexes.
func (b *bench) imports(ctx context.Context, slug string, rows int) error {
	if _, err := orgs.New(b.db).Create(ctx, slug, slug, "America/Denver"); err != nil {
		return err
	}
	path := filepath.Join(b.folder, slug+".csv")
	out, err := os.Create(path) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	if _, err := generate.WriteContacts(out, rows, 1); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, b.skai, "import", "--data", b.data(), "--org", slug, "--json", path) //nolint:gosec // our own program
	start := time.Now()
	printed, err := command.Output()
	took := time.Since(start).Seconds()
	if code := command.ProcessState.ExitCode(); code != 0 && code != 2 { // 2: rows were set aside, as they have to be
		return fmt.Errorf("skai import ended with %d: %w", code, err)
	}
	var r result
	if err := json.Unmarshal(printed, &r); err != nil {
		return err
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return fmt.Errorf("this system doesn't tell how much memory a process took")
	}
	floor, err := b.copy(ctx, slug)
	if err != nil {
		return err
	}
	f := r.Files[0]
	fmt.Printf("%-10d %10.2f %10.2f %10.0f %10.2f %8.2f %9d MB   %d created + %d merged + %d skipped + %d errored = %d rows\n",
		rows, took, r.Seconds, float64(f.Rows)/took, floor.Seconds(), took/floor.Seconds(), usage.Maxrss/1024, f.Created, f.Merged, f.Skipped, f.Errored, f.Rows)
	return nil
}

// copy is the floor: psql's \copy of the organisation's contacts into a table
// like contacts, all its columns, constraints and indexes, without the triggers
// and references that the import pays for.
func (b *bench) copy(ctx context.Context, slug string) (time.Duration, error) {
	file := filepath.Join(b.folder, "floor.csv")
	columns := `org_id, id, first_name, last_name, company, role, phones, emails, street, unit, city, state, zip, address_typed, source, tags, notes, extra, created_at, created_by, updated_at, updated_by`
	if err := b.psql(ctx, `DROP TABLE IF EXISTS bench_floor; CREATE TABLE bench_floor (LIKE contacts INCLUDING ALL)`,
		fmt.Sprintf(`\copy (SELECT %s FROM contacts WHERE org_id = (SELECT id FROM orgs WHERE slug = '%s')) TO '%s' CSV`, columns, slug, file), `CHECKPOINT`); err != nil {
		return 0, err
	}
	start := time.Now()
	err := b.psql(ctx, fmt.Sprintf(`\copy bench_floor (%s) FROM '%s' CSV`, columns, file))
	return time.Since(start), err
}

// script runs statements of one session from a file.
func (b *bench) script(ctx context.Context, statements string) error {
	path := filepath.Join(b.folder, "script.sql")
	if err := os.WriteFile(path, []byte(statements), 0o600); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "psql", b.server.URL(localpg.Superuser, database), "-q", "-X", "-v", "ON_ERROR_STOP=1", "-f", path).CombinedOutput() //nolint:gosec // our own statements
	if err != nil {
		return fmt.Errorf("psql: %w: %s", err, out)
	}
	return nil
}

// psql runs commands as the superuser.
func (b *bench) psql(ctx context.Context, commands ...string) error {
	arguments := []string{b.server.URL(localpg.Superuser, database), "-q", "-X", "-v", "ON_ERROR_STOP=1"}
	for _, c := range commands {
		arguments = append(arguments, "-c", c)
	}
	if out, err := exec.CommandContext(ctx, "psql", arguments...).CombinedOutput(); err != nil { //nolint:gosec // our own statements
		return fmt.Errorf("psql %s: %w: %s", strings.Join(commands, "; "), err, out)
	}
	return nil
}
