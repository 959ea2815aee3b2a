package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// servants are the users, in order, that run the server for a program started by
// root: PostgreSQL's own of the Linux packages, that of macOS, and as a last
// resort the user without rights.
var servants = []string{"postgres", "_postgres", "nobody"}

// account is the operating system's user under which the server runs.
type account struct {
	name     string
	uid, gid uint32
	drop     bool // the program is root and has to become this user for the server
}

// accountFor gives the user for the cluster in dir, which may be missing still.
// An ordinary user runs the server as himself.
func accountFor(dir string) (account, error) {
	owner, found, err := ownerOf(dir)
	uid := os.Geteuid()
	switch {
	case err != nil:
		return account{}, err
	case uid == 0 && found && owner == 0:
		return account{}, fault.Unavailable("database.owner",
			"the database in %s belongs to root, and PostgreSQL refuses to run as root: give it to an ordinary user with chown -R", dir)
	case uid == 0:
		return servantFor(dir, owner, found)
	case found && int(owner) != uid:
		return account{}, fault.Unavailable("database.owner",
			"the database in %s belongs to the user %s and not to you: start this as %s or as root, or choose another data folder",
			dir, userName(owner), userName(owner))
	}
	return lookup(strconv.Itoa(uid))
}

// servantFor gives the user who runs the server for root: the one who owns the
// cluster or, for a new one, the data folder around it; else the first of the
// servants there is.
func servantFor(dir string, owner uint32, found bool) (account, error) {
	if found {
		who, err := lookup(strconv.FormatUint(uint64(owner), 10))
		who.drop = true
		return who, err
	}
	names := servants
	if owner, found, err := ownerOf(filepath.Dir(dir)); err == nil && found && owner != 0 {
		names = append([]string{userName(owner)}, names...)
	}
	for _, name := range names {
		if u, err := user.Lookup(name); err == nil {
			who, err := accountOf(u)
			who.drop = true
			return who, err
		}
	}
	return account{}, fault.Unavailable("database.account",
		"PostgreSQL refuses to run as root, and this system has none of the users %q to run it: "+
			"start this as an ordinary user, or make a user for it with: useradd --system postgres", servants)
}

// ownerOf gives the owner of a file; found is false when there is no such file.
func ownerOf(path string) (uid uint32, found bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("look whose %s is: %w", path, err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false, fmt.Errorf("look whose %s is: this system does not say", path)
	}
	return st.Uid, true, nil
}

// lookup refuses a user id without a name: neither initdb nor peer
// authentication works without one.
func lookup(uid string) (account, error) {
	u, err := user.LookupId(uid)
	if err != nil {
		return account{}, fault.Unavailable("database.account",
			"the user id %s has no name on this system, and PostgreSQL needs one: add the user (in a container: a line in /etc/passwd), or set DATABASE_URL", uid)
	}
	return accountOf(u)
}

func accountOf(u *user.User) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	return account{name: u.Username, uid: uint32(uid), gid: uint32(gid)}, nil
}

func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// own gives a file that root made to the server's user.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// command prepares a program to run as the server's user, in a session of its
// own (Ctrl-C at the terminal is for the program, which stops its server when it
// is done) and with nothing of the environment: PGDATA and the like would steer
// initdb and the server.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the caller found the program on this system
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// reaches tells whether the server's user gets into a folder, which it does not
// when a folder above is closed to others, as /root is.
func (a account) reaches(ctx context.Context, dir string) bool {
	cmd := a.command(ctx, "/bin/sh", "-c", ":")
	cmd.Dir = dir
	return cmd.Run() == nil
}
