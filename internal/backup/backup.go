// Package backup makes backups of an installation, restores them, and tries that out:
// a backup that nobody has restored is a hope.
//
// A backup is a folder:
//
//	manifest.json  what there is and what it adds up to, written last
//	database/      pg_dump's directory format, of one snapshot
//	files/         the sealed objects of platform/blob, as they stand in the data folder
//
// The master key is not in it: with the key beside it, whoever copies a backup reads
// what is sealed. Without the key the sealed secrets and the files can't be opened.
//
// The database's snapshot comes first and the files after it. A file is stored before
// the row that names it is committed, and removed after its organisation's rows, so
// that each row of the snapshot has its file unless its organisation was destroyed in
// between; what came after the snapshot is there too and does no harm.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Say hears how far the work is: done of all, 0 where that is not known.
type Say func(step string, done, all int64)

// Source is what is backed up.
type Source struct {
	URL     string // of the database, as a role that reads past row security
	Files   string // the folder of sealed files
	Program string // version and commit of this program
	Commit  string
}

// Check refuses an address that is missing or of another database than the program's,
// behind db.
func (s Source) Check(ctx context.Context, db *postgres.DB) error {
	if s.URL == "" {
		return fault.Unavailable("backup.url", "skai_app and skai_owner are held back by row security and can't back DATABASE_URL up: make the role skai_backup (docs/operations.md) and set SKAI_BACKUP_URL to the same database as it; an example: postgres://skai_backup:secret@db.internal:5432/skai")
	}
	conn, err := pgx.Connect(ctx, s.URL)
	if err != nil {
		return fmt.Errorf("SKAI_BACKUP_URL: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	theirs, err := InstallationOf(ctx, conn)
	if err != nil {
		return fmt.Errorf("SKAI_BACKUP_URL: %w", err)
	}
	mine, err := InstallationOf(ctx, db)
	if err == nil && mine != theirs {
		err = fault.Unavailable("backup.url", "SKAI_BACKUP_URL is another database than DATABASE_URL: name the same one, on the same server")
	}
	return err
}

// names of backups and of those that are being made.
const (
	prefix     = "skai-"
	madeStamp  = "20060102T150405Z"
	unfinished = ".unfinished-"
)

// Make makes a backup in a folder of its own in dir, and tells where. What a killed
// one left in dir is removed first. Of two at once in one dir the second is refused
// (fault.Conflict). The backup is whole even where [Manifest.Lost] gives files: those
// were lost before.
func Make(ctx context.Context, from Source, dir string, say Say) (m *Manifest, place string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("the folder for backups: %w", err)
	}
	release, err := lock(dir)
	if err != nil {
		return nil, "", err
	}
	defer release()
	m = &Manifest{Format: formatVersion, ID: uuid.New(), Started: time.Now().UTC(), Program: from.Program, Commit: from.Commit, Missing: []Missing{}, LeftOut: []string{
		"the master key (vault.key, or what SKAI_VAULT_... names): keep it apart from the backup",
		"mail, sms: messages written into the data folder for want of a provider",
		"probe: the key of a probe that looks at another installation; demo-*.json: the demonstration's sign-ins",
	}}
	clean(dir)
	work, err := os.MkdirTemp(dir, unfinished)
	if err != nil {
		return m, "", fmt.Errorf("the folder for backups: %w", err)
	}
	if err := m.fill(ctx, from, work, say); err != nil {
		return m, "", errors.Join(err, os.RemoveAll(work))
	}
	m.Ended = time.Now().UTC()
	place = filepath.Join(dir, prefix+m.Started.Format(madeStamp)+"-"+m.ID.String()[:8])
	if err := errors.Join(m.write(work), syncFolder(work), os.Rename(work, place), syncFolder(dir)); err != nil {
		return m, "", errors.Join(fmt.Errorf("finish the backup: %w", err), os.RemoveAll(work))
	}
	return m, place, nil
}

// lock keeps others from making backups in a folder.
func lock(dir string) (release func(), err error) {
	return Lock(filepath.Join(dir, ".lock"), "another backup is being made in "+dir+": wait for it, or choose another folder")
}

// Lock keeps others from what a file stands for; the lock ends with the process. Where
// somebody has it, it returns fault.Conflict with those words.
func Lock(path, busy string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // named by whoever runs the command
	if err != nil {
		return nil, fmt.Errorf("the folder for backups: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(fault.Conflict("backup.busy", "%s", busy), f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the folder for backups: %w", err), f.Close())
	}
	return func() { _ = f.Close() }, nil // which gives the lock up
}

// clean removes what killed backups left. What can't be removed yet, since a pg_dump
// that lost its program still writes there, is left to the next one.
func clean(dir string) {
	left, err := filepath.Glob(filepath.Join(dir, unfinished+"*"))
	if err != nil {
		return // a folder with a [ in its name
	}
	for _, old := range left {
		_ = os.RemoveAll(old)
	}
}

// fill writes the backup into its folder, and fills the manifest in.
func (m *Manifest) fill(ctx context.Context, from Source, work string, say Say) error {
	conn, err := pgx.Connect(ctx, from.URL)
	if err != nil {
		return fmt.Errorf("connect to back the database up: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := checkReader(ctx, conn); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it only read
	if err := m.readDatabase(ctx, tx, from.URL, filepath.Join(work, databaseName), say); err != nil {
		return err
	}
	if err := copyFiles(ctx, from.Files, filepath.Join(work, filesName), say); err != nil {
		return err
	}
	if err := m.checkFiles(ctx, tx, from.URL, filepath.Join(work, filesName)); err != nil {
		return err
	}
	return m.list(ctx, work, say)
}

// checkReader refuses a role that row security would hide rows from, or that sees
// nothing at all.
func checkReader(ctx context.Context, conn *pgx.Conn) error {
	var role string
	var past bool
	if err := conn.QueryRow(ctx, `SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user`).Scan(&role, &past); err != nil {
		return err
	}
	if !past {
		return fault.Unavailable("backup.role", "%s is held back by row security, so a backup as %s would lack rows: make the role skai_backup (docs/operations.md) and set SKAI_BACKUP_URL to it", role, role)
	}
	return nil
}

// readDatabase dumps the database and adds it up, both as the transaction sees it.
func (m *Manifest) readDatabase(ctx context.Context, tx pgx.Tx, url, folder string, say Say) error {
	var snapshot string
	err := tx.QueryRow(ctx, `
		SELECT pg_export_snapshot(), statement_timestamp(), (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text,
			current_setting('server_version_num')::int / 10000, (SELECT max(version_id) FROM public.goose_db_version WHERE is_applied)`).
		Scan(&snapshot, &m.SnapshotAt, &m.LSN, &m.Server, &m.Migration)
	if err != nil {
		return fmt.Errorf("look at the database to be backed up: %w", err)
	}
	if m.Installation, err = InstallationOf(ctx, tx); err != nil {
		return err
	}
	m.SnapshotAt = m.SnapshotAt.UTC()
	if m.Roles, err = postgres.Values[string](ctx, tx, rolesNamed); err != nil {
		return err
	}
	program, err := localpg.Program(ctx, "pg_dump", m.Server)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		return Client(ctx, program, url, "--format=directory", "--file="+folder, "--jobs="+strconv.Itoa(jobs()), "--snapshot="+snapshot, "--lock-wait-timeout=60s", "--no-sync", "--no-password") // list syncs
	})
	work.Go(func() (err error) {
		return m.Look(ctx, tx, say)
	})
	return work.Wait()
}

// InstallationOf tells one database from all others, also from a copy restored of a dump;
// one that was made of a base backup is told apart by its slots alone.
func InstallationOf(ctx context.Context, q postgres.Querier) (string, error) {
	return postgres.Value[string](ctx, q, `SELECT system_identifier || '/' || current_database() FROM pg_control_system()`)
}

// jobs is how many connections dump or restore at once.
func jobs() int { return min(runtime.NumCPU(), 4) }

// Client runs a client program of PostgreSQL against a database until it ends; it is
// interrupted where ctx ends.
func Client(ctx context.Context, program, address string, args ...string) error {
	cmd, err := Command(ctx, program, address, args...)
	if err != nil {
		return err
	}
	return Run(ctx, cmd)
}

// Command prepares a client program of PostgreSQL. The password goes by the environment,
// which others on the machine don't see.
func Command(ctx context.Context, program, address string, args ...string) (*exec.Cmd, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, fault.Unavailable("backup.url", "the database's address has to be written as a URL for this: postgres://skai_backup:secret@db.internal:5432/skai")
	}
	environment := []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	if password, ok := u.User.Password(); ok {
		u.User = url.User(u.User.Username())
		environment = append(environment, "PGPASSWORD="+password)
	}
	cmd := exec.CommandContext(ctx, program, append(args, "--dbname="+u.String())...) //nolint:gosec // found on this system
	cmd.Env = environment
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it ends its own processes
	cmd.WaitDelay = 10 * time.Second
	return cmd, nil
}

// Run runs it, and gives the last lines it said where it fails.
func Run(ctx context.Context, cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, lastLines(string(out), 12))
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// list notes every file with its size and its SHA-256, closes it to others, and sees to
// it that it is on the disk.
func (m *Manifest) list(ctx context.Context, work string, say Say) error {
	paths, err := walk(work)
	if err != nil {
		return err
	}
	for i, path := range paths {
		say("reading what was written", int64(i), int64(len(paths)))
		full := filepath.Join(work, filepath.FromSlash(path))
		if err := errors.Join(os.Chmod(full, 0o600), syncFolder(full)); err != nil {
			return err
		}
		size, sum, err := sumOf(ctx, full)
		if err != nil {
			return err
		}
		m.Files = append(m.Files, File{path, size, sum})
	}
	return filepath.WalkDir(work, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return errors.Join(os.Chmod(path, 0o700), syncFolder(path)) //nolint:gosec // a folder, which has to be entered
	})
}

// syncFolder sees to it that a folder, or a file, is on the disk.
func syncFolder(path string) error {
	f, err := os.Open(path) //nolint:gosec // in the backup's folder
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Latest gives the newest whole backup in a folder, or the folder itself where it is one.
func Latest(dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, manifestName)); err == nil {
		return dir, nil
	}
	all, err := wholes(dir)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", fault.NotFound("backup", "there is no whole backup in %s; make one: skai backup --to %s", dir, dir)
	}
	return all[len(all)-1].place, nil
}

// whole is a backup in a folder of backups.
type whole struct {
	place        string
	ended        time.Time
	installation string
}

// wholes gives the whole backups in a folder, the oldest first.
func wholes(dir string) (list []whole, err error) {
	manifests, err := filepath.Glob(filepath.Join(dir, prefix+"*", manifestName))
	if err != nil {
		return nil, err
	}
	for _, path := range manifests {
		var m Manifest
		text, err := os.ReadFile(path) //nolint:gosec // named by whoever runs the command
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		if err != nil || m.Format == 0 {
			continue // somebody else's
		}
		list = append(list, whole{filepath.Dir(path), m.Ended, m.Installation})
	}
	slices.SortStableFunc(list, func(a, b whole) int { return a.ended.Compare(b.ended) })
	return list, nil
}

// Prune removes the oldest whole backups of an installation but the newest keep, and
// tells which those were. What else is in the folder, another installation's backups
// too, it leaves alone.
func Prune(dir string, m *Manifest, keep int) (removed []string, err error) {
	all, err := wholes(dir)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(w whole) bool { return w.installation != m.Installation })
	for _, old := range all[:max(0, len(all)-keep)] {
		// Killed in the middle, what is left has no manifest, and is no backup any more.
		if err := errors.Join(os.Remove(filepath.Join(old.place, manifestName)), os.RemoveAll(old.place)); err != nil {
			return removed, fmt.Errorf("remove the old backup %s: %w", old.place, err)
		}
		removed = append(removed, old.place)
	}
	return removed, nil
}
