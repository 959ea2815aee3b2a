package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Recovery has a new cluster made of a base backup and the log that was written after
// it, in place of an empty one. The server is there when it has recovered as far as it
// was told, and has begun a timeline of its own.
type Recovery struct {
	Base      string   // pg_basebackup's plain format; it is copied
	Log       string   // a folder of segments, or of links to them, by their names; they are copied
	Settings  []string // where to stop, as "recovery_target_lsn=0/3000148"; none is the log's end
	Superuser string   // a superuser of the cluster that was backed up; [Superuser] is made where it has none
}

// major is the version that wrote what is recovered from, 0 without.
func (r *Recovery) major() (int, error) {
	if r == nil {
		return 0, nil
	}
	major, found, err := majorOf(r.Base)
	if err == nil && !found {
		err = fault.NotFound("database.base", "there is no base backup in %s", r.Base)
	}
	return major, err
}

// refuse refuses a folder in use.
func (c *cluster) refuse() error {
	if _, err := os.Stat(c.dir); err == nil {
		return fault.Conflict("restore.full", "%s is there already, and a backup is restored into a new data folder only, so that nothing is overwritten: name another one; where it is what a killed restore left, remove it first", c.dir)
	}
	return nil
}

// fill puts the base backup and the log into a folder.
func (c *cluster) fill(dir string) error {
	if err := os.CopyFS(dir, os.DirFS(c.recovery.Base)); err != nil {
		return fmt.Errorf("copy the base backup: %w", err)
	}
	if err := removeSocket(dir); err != nil { // the lock of the server that was copied
		return err
	}
	segments, err := os.ReadDir(c.recovery.Log)
	if err != nil {
		return fmt.Errorf("copy the log: %w", err)
	}
	for _, s := range segments {
		if err := copyOver(filepath.Join(c.recovery.Log, s.Name()), filepath.Join(dir, "pg_wal", s.Name())); err != nil {
			return fmt.Errorf("copy the log: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "recovery.signal"), nil, 0o600); err != nil {
		return err
	}
	if c.temporary { // settings of a larger machine may not fit here
		if err := os.Remove(filepath.Join(dir, "postgresql.auto.conf")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return c.give(dir)
}

// give closes all that is in a folder to others, and gives it to the server's user.
func (c *cluster) give(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		mode := fs.FileMode(0o600)
		if d.IsDir() {
			mode = 0o700
		}
		err = root.Chmod(path, mode)
		if err == nil && c.account.drop {
			err = root.Lchown(path, int(c.account.uid), int(c.account.gid))
		}
		return err
	})
}

// copyOver copies a file, in the place of one that may be there.
func copyOver(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // of the log that is recovered from
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                      // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // in the new cluster
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// superuser is the role as which the server is asked whether it runs.
func (c *cluster) superuser() string {
	if c.recovery != nil && c.recovery.Superuser != "" {
		return c.recovery.Superuser
	}
	return Superuser
}

// arguments have the server recover. Nobody gets in before it has (hot_standby), the
// log is in place (restore_command finds nothing more), and it ends where the log lacks
// what it was told to reach.
func (c *cluster) arguments() (args []string) {
	if c.recovery == nil {
		return nil
	}
	settings := append([]string{"restore_command=false", "hot_standby=off", "recovery_target_action=promote"}, c.recovery.Settings...)
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// ours makes the superuser of private clusters in one that came from elsewhere.
func (s *Server) ours(ctx context.Context) (err error) {
	if s.c.superuser() == Superuser {
		return nil
	}
	conn, err := pgconn.Connect(ctx, address(s.socket, s.c.superuser(), "postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	_, err = conn.Exec(ctx, strings.ReplaceAll(`DO $$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'NAME') THEN CREATE ROLE NAME SUPERUSER LOGIN; END IF;
	END $$`, "NAME", Superuser)).ReadAll()
	return err
}
