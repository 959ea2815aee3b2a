package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// cluster is the folder that holds the databases, running or not.
type cluster struct {
	dir       string // absolute, without links
	account   account
	temporary bool
	recovery  *Recovery // what it is made of, while it is; nil makes an empty one
	log       *slog.Logger
	binDirs   []string
}

// openCluster finds the place of the data folder's cluster, and who runs it.
func openCluster(o Options) (*cluster, error) {
	if o.DataDir == "" {
		return nil, errors.New("localpg: no data folder given")
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the server's user has to pass through
	}
	if err := os.MkdirAll(o.DataDir, mode); err != nil {
		return nil, fault.Unavailable("database.folder", "can't make the data folder: %s; choose another one", err)
	}
	data, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", o.DataDir, err)
	}
	if data, err = filepath.EvalSymlinks(data); err != nil {
		return nil, fmt.Errorf("data folder %s: %w", o.DataDir, err)
	}
	dir := filepath.Join(data, "postgres")
	who, err := accountFor(dir)
	if err != nil {
		return nil, err
	}
	return &cluster{dir: dir, account: who, recovery: o.Recover, log: o.Log, binDirs: o.binDirs}, nil
}

// command prepares a program of PostgreSQL to work on a cluster's folder as the
// server's user. Where that user can't get to the folder by its path (the
// program's data is in /root, say) the program is handed the open folder and
// finds it as its own file 3: the data stays where the operator wants it, and
// nobody is given more rights on the way there. Call release after the program's start.
func (c *cluster) command(ctx context.Context, program, dir string, args ...string) (cmd *exec.Cmd, release func(), err error) {
	if c.reaches(ctx, dir) {
		return c.account.command(ctx, program, append([]string{"-D", dir}, args...)...), func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return nil, nil, fault.Unavailable("database.folder",
			"the user %s, who runs PostgreSQL for root, can't get to %s: choose a data folder that is not inside a closed one", c.account.name, dir)
	}
	f, err := os.Open(dir) //nolint:gosec // the cluster's folder
	if err != nil {
		return nil, nil, fmt.Errorf("open the database's folder: %w", err)
	}
	cmd = c.account.command(ctx, program, append([]string{"-D", "/proc/self/fd/3"}, args...)...)
	cmd.ExtraFiles = []*os.File{f}
	return cmd, func() { _ = f.Close() }, nil
}

// reaches tells whether the server's user gets to a folder of this program's.
func (c *cluster) reaches(ctx context.Context, dir string) bool {
	return !c.account.drop || c.account.reaches(ctx, dir)
}

// create makes the cluster. It is built beside its place and moved there when it
// is whole, so a start that was killed leaves nothing half-made behind.
func (c *cluster) create(ctx context.Context, bin binaries) error {
	parent := filepath.Dir(c.dir)
	leftovers, err := filepath.Glob(filepath.Join(parent, "postgres.new-*"))
	if err != nil {
		leftovers = nil // a data folder with a [ in its name: leftovers stay, and do no harm
	}
	for _, old := range leftovers {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("remove what a killed start left: %w", err)
		}
	}
	dir, err := os.MkdirTemp(parent, "postgres.new-*")
	if err != nil {
		return fault.Unavailable("database.folder", "can't write to the data folder: %s; choose another one", err)
	}
	if err := c.make(ctx, bin, dir); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	if err := os.Rename(dir, c.dir); err != nil {
		return fmt.Errorf("move the new database to its place: %w", err)
	}
	return syncFolder(parent)
}

// make fills a folder with a cluster.
func (c *cluster) make(ctx context.Context, bin binaries, dir string) error {
	if c.recovery == nil {
		if err := c.account.own(dir); err != nil {
			return err
		}
		return c.initdb(ctx, bin, dir)
	}
	if err := c.fill(dir); err != nil {
		return err
	}
	return c.account.own(dir) // last: until then nobody else gets in
}

// initdb fills a folder with an empty cluster. Names sort by code point (collation
// C): the same on every system and after every upgrade of its C library, which
// would otherwise corrupt indexes in silence. Letters know their case (C.UTF-8).
func (c *cluster) initdb(ctx context.Context, bin binaries, dir string) error {
	letters := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		letters = "en_US.UTF-8" // older macOS has no C.UTF-8
	}
	args := []string{
		"--username=" + Superuser, "--auth-local=peer", "--auth-host=reject", "--encoding=UTF8",
		"--locale=C", "--lc-ctype=" + letters, "--data-checksums", "--no-instructions",
	}
	if c.temporary {
		args = append(args, "--no-sync")
	}
	cmd, release, err := c.command(ctx, bin.path("initdb"), dir, args...)
	if err != nil {
		return err
	}
	defer release()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb of PostgreSQL %d in %s: %w\n%s", bin.major, dir, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// syncFolder makes a rename in the folder survive a power loss.
func syncFolder(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // the data folder
	if err != nil {
		return fmt.Errorf("sync the data folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync the data folder: %w", err)
	}
	return nil
}

// write replaces a file of the cluster. It stays inside the cluster's folder even
// where the server's user, who owns it, has put a link to elsewhere.
func (c *cluster) write(name, text string) error {
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return fmt.Errorf("open the database's folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	if err := root.WriteFile(name, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write to the database's folder: %w", err)
	}
	if !c.account.drop {
		return nil
	}
	return root.Lchown(name, int(c.account.uid), int(c.account.gid))
}
