package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// Target is where a backup is restored to.
type Target struct {
	Super string // the database as a superuser
	App   string // as skai_app; asked for when all is restored
	Owner string // as skai_owner, for the migrations a backup of an older program lacks
	Files string // the folder of sealed files

	Master *vault.Master // nil where a backup without secrets needs none
}

// Check is one thing that was compared with the backup, or tried.
type Check struct {
	Name   string   `json:"name"`
	Looked string   `json:"looked"` // at how much: "63 tables, 104,233 rows"
	Failed []string `json:"failed"` // what differed; empty where it is well
}

// Report is how a backup was restored.
type Report struct {
	ID         uuid.UUID `json:"id"`
	Backup     uuid.UUID `json:"backup"`
	Place      string    `json:"place"`
	SnapshotAt time.Time `json:"snapshot_at"`
	Started    time.Time `json:"started"`
	Finished   time.Time `json:"finished"`
	RPO        float64   `json:"rpo_seconds"` // how old the snapshot was at the start: what would have been lost
	RTO        float64   `json:"rto_seconds"` // from the start until all was restored and checked
	Rows       int64     `json:"rows"`
	Files      int64     `json:"files"`
	Bytes      int64     `json:"bytes"`
	Checks     []Check   `json:"checks"`
}

// Failed is all that differed.
func (r *Report) Failed() (list []string) {
	for _, c := range r.Checks {
		list = append(list, c.Failed...)
	}
	return list
}

// Add adds a check: what it looked at, and what differed.
func (r *Report) Add(name string, failed []string, looked string, args ...any) {
	if failed == nil {
		failed = []string{}
	}
	r.Checks = append(r.Checks, Check{name, fmt.Sprintf(looked, args...), failed})
}

// Restore restores the backup in dir into an empty database and an empty folder, and
// compares what came of it with the backup. A damaged backup is not restored: the
// report says what is wrong with it. It returns fault.Conflict where the target is not
// empty. What differs is in the report and no error.
func Restore(ctx context.Context, dir string, to Target, say Say) (*Report, error) {
	m, err := Read(dir)
	if err != nil {
		return nil, err
	}
	if to.Master == nil && m.Sealed() {
		return nil, ErrNoKey
	}
	r := &Report{ID: uuid.New(), Backup: m.ID, Place: dir, SnapshotAt: m.SnapshotAt, Started: time.Now().UTC(), Rows: m.Rows(), Files: m.Objects(), Bytes: m.Bytes()}
	r.RPO = max(r.Started.Sub(m.SnapshotAt).Seconds(), 0)
	defer func() {
		r.Finished = time.Now().UTC()
		r.RTO = r.Finished.Sub(r.Started).Seconds()
	}()
	differ, err := m.Verify(ctx, dir, say)
	if err != nil {
		return nil, err
	}
	if r.Add("the backup's files are as they were written", differ, "%d files, %d bytes", len(m.Files), m.Bytes()); len(differ) > 0 {
		return r, nil
	}
	conn, err := pgx.Connect(ctx, to.Super)
	if err != nil {
		return nil, fmt.Errorf("connect to restore: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := m.put(ctx, conn, dir, to, say); err != nil {
		return nil, err
	}
	if err := m.Compare(ctx, conn, r, say); err != nil {
		return nil, err
	}
	return r, m.Try(ctx, conn, to, r, say)
}

// ErrNoKey is returned where what is sealed can't be opened for want of the master key.
var ErrNoKey = fault.Unavailable("backup.key", "the backup has secrets and files that are sealed, and no master key is named here: set SKAI_VAULT_SECRET, SKAI_VAULT_KEY_FILE or SKAI_VAULT_KEY_COMMAND to the one of the installation it was made of, or put its vault.key into the data folder")

// Sealed tells whether the backup holds something that the master key opens.
func (m *Manifest) Sealed() bool {
	return m.table("public.vault_keys").Rows+m.table("public.org_keys").Rows > 0
}

// put restores the database and copies the files.
func (m *Manifest) put(ctx context.Context, conn *pgx.Conn, dir string, to Target, say Say) error {
	if err := m.fits(ctx, conn, to); err != nil {
		return err
	}
	for _, role := range m.Roles {
		there, err := postgres.Value[bool](ctx, conn, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if _, err := conn.Exec(ctx, `CREATE ROLE `+pgx.Identifier{role}.Sanitize()+` NOLOGIN`); err != nil {
			return fmt.Errorf("make the role %s, which the backup names: %w", role, err)
		}
	}
	program, err := localpg.Program(ctx, "pg_restore", m.Server)
	if err != nil {
		return err
	}
	say("restoring the database", 0, 0)
	if err := Client(ctx, program, to.Super, "--exit-on-error", "--no-password", "--jobs="+strconv.Itoa(jobs()), in(dir, databaseName)); err != nil {
		return fmt.Errorf("the database is restored in part only; make an empty one again before the next try: %w", err)
	}
	if err := copyFiles(ctx, in(dir, filesName), to.Files, say); err != nil {
		return err
	}
	say("analysing the tables", 0, 0)
	_, err = conn.Exec(ctx, `ANALYZE`)
	return err
}

// fits refuses a target that is not empty, or older than the backup.
func (m *Manifest) fits(ctx context.Context, conn *pgx.Conn, to Target) error {
	var major int
	var name string
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int / 10000, current_database()`).Scan(&major, &name); err != nil {
		return err
	}
	if major < m.Server {
		return fault.Unavailable("restore.version", "the backup is of PostgreSQL %d, and this is version %d: install PostgreSQL %d or newer", m.Server, major, m.Server)
	}
	tables, err := postgres.Value[int](ctx, conn, `SELECT count(*)::int FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm') AND `+ours)
	if err != nil {
		return err
	}
	if tables > 0 {
		return fault.Conflict("restore.full", "the database %s has %d tables already, and a backup is restored into an empty one only, so that nothing is overwritten: name another data folder, or make an empty database", name, tables)
	}
	paths, err := walk(to.Files)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(paths) > 0 {
		return fault.Conflict("restore.full", "the folder %s has %d files already, and a backup is restored into an empty one only: name another data folder, or move them away", to.Files, len(paths))
	}
	return nil
}

// Compare compares what a database holds now with the manifest.
func (m *Manifest) Compare(ctx context.Context, conn *pgx.Conn, r *Report, say Say) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // it only read
	tables, defs, err := contents(ctx, tx, say)
	if err != nil {
		return err
	}
	var rows int64
	for _, t := range tables {
		rows += t.Rows
	}
	r.Add("every table has its rows, with what they held", compare("the table", m.Tables, tables), "%d tables, %d rows", len(tables), rows)
	major, err := postgres.Value[int](ctx, tx, `SELECT current_setting('server_version_num')::int / 10000`)
	if err != nil {
		return err
	}
	if major != m.Server { // another version words definitions differently
		return nil
	}
	var lines int64
	for _, d := range defs {
		lines += d.Rows
	}
	r.Add("grants, policies, triggers and the other definitions are as they were", compare("of the definitions,", m.Definitions, defs), "%d definitions", lines)
	return nil
}

// isEmpty tells whether there is nothing in a private installation's data folder that a
// restore would overwrite.
func isEmpty(ctx context.Context, server *localpg.Server, database string) (bool, error) {
	conn, err := pgx.Connect(ctx, server.URL(localpg.Superuser, "postgres"))
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	names, err := postgres.Values[string](ctx, conn, `SELECT datname::text FROM pg_database`)
	return !slices.Contains(names, database), err
}

// restoring is the private database while it is restored: a program that starts
// meanwhile, or after a restore that was killed, does not find half a database.
const restoring = "skai_restoring"

// Private restores a backup into a data folder whose private PostgreSQL has no such
// database yet. Only when all is well the database gets its name, and the files their
// place; what a killed restore left is removed first.
func Private(ctx context.Context, dir, data, database, files string, master *vault.Master, say Say) (r *Report, err error) {
	if m, err := Read(dir); err != nil || m.Sealed() && master == nil {
		return nil, cmp.Or(err, ErrNoKey)
	}
	server, err := localpg.Start(ctx, localpg.Options{DataDir: data})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	empty, err := isEmpty(ctx, server, database)
	if err != nil {
		return nil, err
	}
	if !empty {
		return nil, fault.Conflict("restore.full", "this data folder has a database already, and a backup is restored into an empty one only, so that nothing is overwritten: name another folder, --data DIR")
	}
	super := func(sql string) error {
		conn, err := pgx.Connect(ctx, server.URL(localpg.Superuser, "postgres"))
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, sql)
		return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	half := files + ".restoring"
	if err := errors.Join(super(`DROP DATABASE IF EXISTS `+restoring+` WITH (FORCE)`), os.RemoveAll(half)); err != nil {
		return nil, err
	}
	if left, err := walk(files); err == nil && len(left) > 0 {
		return nil, fault.Conflict("restore.full", "the folder %s has %d files already, and a backup is restored into an empty one only: name another data folder, or move them away", files, len(left))
	}
	if err := postgres.Bootstrap(ctx, server.URL(localpg.Superuser, "postgres"), restoring); err != nil {
		return nil, err
	}
	r, err = Restore(ctx, dir, Target{
		Super: server.URL(localpg.Superuser, restoring), App: server.URL("skai_app", restoring), Owner: server.URL("skai_owner", restoring), Files: half, Master: master,
	}, say)
	if err != nil || len(r.Failed()) > 0 {
		return r, err
	}
	if err := os.Remove(files); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty folder
		return r, err
	}
	return r, errors.Join(os.Rename(half, files), super(`ALTER DATABASE `+restoring+` RENAME TO `+pgx.Identifier{database}.Sanitize()))
}

// Drill restores a backup into a scratch PostgreSQL and a temporary folder, which are
// gone when it returns, and reports how that went. The scratch server does not wait for
// the disk (fsync is off), so a real one takes longer by that.
func Drill(ctx context.Context, dir string, master *vault.Master, say Say) (r *Report, err error) {
	begin := time.Now().UTC()
	files, err := os.MkdirTemp("", "skai-drill-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(files)) }()
	say("starting a scratch PostgreSQL", 0, 0)
	server, err := localpg.Start(ctx, localpg.Options{Temporary: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	const database = "skai"
	if err := postgres.Bootstrap(ctx, server.URL(localpg.Superuser, "postgres"), database); err != nil {
		return nil, err
	}
	r, err = Restore(ctx, dir, Target{
		Super: server.URL(localpg.Superuser, database), App: server.URL("skai_app", database), Owner: server.URL("skai_owner", database), Files: files, Master: master,
	}, say)
	if r != nil { // the scratch server's start counts too
		r.Started, r.RPO, r.RTO = begin, max(begin.Sub(r.SnapshotAt).Seconds(), 0), r.Finished.Sub(begin).Seconds()
	}
	return r, err
}
