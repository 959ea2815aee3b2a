package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// BouncerVar is the variable of the environment that sends the application's
// connections through a PgBouncer in transaction mode: make test-pgbouncer sets it.
const BouncerVar = "SKAI_TEST_PGBOUNCER"

// Bouncer is a PgBouncer in transaction mode in front of a server.
type Bouncer struct {
	folder string // of its socket, its settings and its log
	owner  string // the user it runs as
	shell  *exec.Cmd
	leash  io.Closer // PgBouncer goes when this is closed, or this program ends however
}

// bouncerPort names its socket; nothing listens on a network.
const bouncerPort = "6432"

// bouncerStats is who may ask its console, and BouncerSecret the password in Console:
// nobody is asked for it, and nothing may repeat it.
const (
	bouncerStats  = "skai_stats"
	BouncerSecret = "hail-in-the-pool"
)

// bouncerSettings has twenty connections for a database where a test may open many
// more: so that what holds only within one session does not hold by chance.
const bouncerSettings = `[databases]
* = host=%s port=%s

[pgbouncer]
listen_addr =
listen_port = ` + bouncerPort + `
unix_socket_dir = %s
auth_type = trust
auth_file = %s
pool_mode = transaction
stats_users = ` + bouncerStats + `
default_pool_size = 20
max_client_conn = 2000
server_idle_timeout = 10
logfile = %s
`

// NewBouncer puts a PgBouncer before the server at an address, of a socket, as the
// application's role. As PostgreSQL it refuses to run as root, and takes the user of
// the server.
func NewBouncer(ctx context.Context, server string) (*Bouncer, error) {
	to, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	socket := to.Query().Get("host")
	owner, err := ownerOf(socket)
	if err != nil {
		return nil, err
	}
	b := &Bouncer{owner: owner.Username}
	if b.folder, err = os.MkdirTemp("", "skai-pgbouncer-"); err != nil {
		return nil, err
	}
	users := filepath.Join(b.folder, "users.txt")
	settings := fmt.Sprintf(bouncerSettings, socket, to.Query().Get("port"), b.folder, users, filepath.Join(b.folder, "log"))
	files := map[string]string{users: fmt.Sprintf("%q \"\"\n%q \"\"\n", appRole, bouncerStats), filepath.Join(b.folder, "pgbouncer.ini"): settings}
	for name, text := range files {
		err = errors.Join(err, os.WriteFile(name, []byte(text), 0o600), chown(name, owner))
	}
	if err = errors.Join(err, chown(b.folder, owner)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.folder))
	}
	if err := b.Start(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// leashed runs PgBouncer for as long as its input is open.
const leashed = `"$0" -q "$@" & cat >/dev/null; kill -9 $!; wait`

// Start starts it, at first or again after Kill.
func (b *Bouncer) Start(ctx context.Context) (err error) {
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // where Debian keeps it, and only root's PATH looks
	}
	if _, err := os.Stat(program); err != nil {
		return fmt.Errorf("scripts/setup installs what is missing: %w", err)
	}
	args := []string{"-c", leashed, program, filepath.Join(b.folder, "pgbouncer.ini")}
	if os.Geteuid() == 0 {
		args = append(args, "-u", b.owner)
	}
	b.shell = exec.Command("sh", args...) //nolint:gosec,noctx // it lives as long as the test program
	if b.leash, err = b.shell.StdinPipe(); err != nil {
		return err
	}
	if err := b.shell.Start(); err != nil {
		return fmt.Errorf("start PgBouncer: %w", err)
	}
	return b.wait(ctx)
}

// wait lets PgBouncer come up.
func (b *Bouncer) wait(ctx context.Context) error {
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "unix", filepath.Join(b.folder, ".s.PGSQL."+bouncerPort))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(b.folder, "log"))
			return fmt.Errorf("PgBouncer does not answer: %w\n%s", err, log)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// URL is the address of a database through it. PgBouncer before 1.21 does not know
// the statements a client prepared, so only their descriptions are kept.
func (b *Bouncer) URL(role, database string) string {
	query := url.Values{
		"host": {b.folder}, "port": {bouncerPort}, "user": {role}, "sslmode": {"disable"},
		"default_query_exec_mode": {"cache_describe"},
	}
	u := url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

// Console is the address at which it tells of itself.
func (b *Bouncer) Console() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(bouncerStats, BouncerSecret), Path: "/pgbouncer", RawQuery: url.Values{"host": {b.folder}, "port": {bouncerPort}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

// Kill stops it at once, with all connections through it.
func (b *Bouncer) Kill() {
	if b.leash != nil && b.shell.Process != nil {
		_ = b.leash.Close()
		_ = b.shell.Wait() // it ends as one that was killed
	}
}

// Close stops it and removes what it left.
func (b *Bouncer) Close() error {
	b.Kill()
	return os.RemoveAll(b.folder)
}

func ownerOf(path string) (*user.User, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, fmt.Errorf("whose %s is: this system does not say", path)
	}
	return user.LookupId(strconv.FormatUint(uint64(st.Uid), 10))
}

func chown(path string, to *user.User) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, err := strconv.Atoi(to.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(to.Gid)
	return errors.Join(err, os.Chown(path, uid, gid))
}
