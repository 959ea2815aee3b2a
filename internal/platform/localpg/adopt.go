package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// pidFile is what a running server says of itself in postmaster.pid, the format
// of which is in PostgreSQL's src/include/utils/pidfile.h: process, folder, start
// (Unix seconds), port, socket's folder, address, shared memory, state; a line each.
type pidFile struct {
	pid      int
	identity string // process, folder and start: no two servers have all three
	socket   string // empty while the server is on its way up
}

func parsePidFile(text string) (p pidFile, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return p, false
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid <= 1 {
		return p, false
	}
	p.pid, p.identity = pid, strings.Join(lines[:3], "\n")
	if len(lines) > 5 {
		p.socket = lines[4]
	}
	return p, true
}

// pidFile reads the cluster's; ok is false when no server claims to run.
func (c *cluster) pidFile() (p pidFile, ok bool) {
	text, err := os.ReadFile(filepath.Join(c.dir, "postmaster.pid"))
	if err != nil {
		return p, false
	}
	return parsePidFile(string(text))
}

// askPidFile makes a server read its own postmaster.pid: where it is the one in
// our folder, the server is the one of our folder.
const askPidFile = "SELECT pg_read_file('postmaster.pid')"

type answer struct{ version, text string }

var errNoSocket = errors.New("it has not opened its socket yet")

// ask puts a question with a one-word answer to the server behind a socket, as a superuser.
func ask(ctx context.Context, socket, role, question string) (a answer, err error) {
	if socket == "" {
		return a, errNoSocket
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgconn.Connect(ctx, address(socket, role, "postgres"))
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	results, err := conn.Exec(ctx, question).ReadAll()
	if err != nil {
		return a, err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 1 {
		return a, fmt.Errorf("localpg: %s: not one value", question)
	}
	a.version, _, _ = strings.Cut(conn.ParameterStatus("server_version"), " ")
	a.text = string(results[0].Rows[0][0])
	return a, nil
}

// adopt takes over the server that runs on the cluster, if one does: another
// program's, or the orphan of a program that was killed. A server that is on its
// way up or down is waited for.
func (s *Server) adopt(ctx context.Context) (adopted bool, err error) {
	const patience = 30 * time.Second
	for begin := time.Now(); ; {
		p, claimed := s.c.pidFile()
		if !claimed {
			return false, nil
		}
		a, err := ask(ctx, p.socket, Superuser, askPidFile)
		if err == nil {
			if now, ok := parsePidFile(a.text); ok && now.identity == p.identity {
				s.Version, s.socket, s.pid = a.version, p.socket, p.pid
				s.c.log.Info("private PostgreSQL runs already", "version", s.Version, "pid", s.pid, "socket", s.socket)
				return true, nil
			}
		}
		refusal, refused := errors.AsType[*pgconn.PgError](err)
		switch {
		case refused && !busy(refusal):
			return false, fmt.Errorf("the PostgreSQL that runs on %s (process %d) refuses this program: %w", s.c.dir, p.pid, err)
		case !refused && !s.c.isPostmaster(p.pid):
			return false, s.c.disown(p)
		case !refused && time.Since(begin) > patience:
			return false, fault.Unavailable("database.stuck",
				"the process %d holds the database in %s but does not answer: if it is a PostgreSQL, stop it (kill -INT %d); if not, remove %s",
				p.pid, s.c.dir, p.pid, filepath.Join(s.c.dir, "postmaster.pid"))
		}
		if err := pause(ctx); err != nil {
			return false, fmt.Errorf("wait for the PostgreSQL that runs on %s (process %d): %w", s.c.dir, p.pid, err)
		}
	}
}

// busy tells whether a server refuses for now only: it starts, stops, recovers
// (57P03) or has no connection left (53300).
func busy(e *pgconn.PgError) bool { return e.Code == "57P03" || e.Code == "53300" }

// isPostmaster tells whether a process lives and is the server of this cluster:
// PostgreSQL works inside its data folder. After a restart of the machine the
// process may be anything. Where the system has no /proc a living process is
// taken for the server.
func (c *cluster) isPostmaster(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	if _, err := os.Stat("/proc/self/cwd"); err != nil {
		return true
	}
	cwd, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	if err != nil {
		return false // it has just ended, or is not ours to look at
	}
	dir, err := os.Stat(c.dir)
	return err == nil && os.SameFile(cwd, dir)
}

// disown marks the claim of a server that is gone as stale. PostgreSQL does so
// itself when the process does not exist, but refuses to start when another
// process has got its number. It takes its parent's number for stale, and goes on
// to ask whether the old server's shared memory is still in use; so the claim is
// kept with our number in it, not removed.
func (c *cluster) disown(p pidFile) error {
	text, err := os.ReadFile(filepath.Join(c.dir, "postmaster.pid"))
	if err != nil {
		return fmt.Errorf("read whose the database is: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := c.write("postmaster.pid", strconv.Itoa(os.Getpid())+"\n"+rest); err != nil {
		return err
	}
	c.log.Info("private PostgreSQL was not stopped properly and will recover", "folder", c.dir)
	if p.socket == "" {
		return nil
	}
	return errors.Join(removeSocket(p.socket), removeSocketFolder(p.socket))
}

// removeSocket removes the socket of a server that is gone, and its lock.
func removeSocket(dir string) error {
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the socket of a server that is gone: %w", err)
		}
	}
	return nil
}
