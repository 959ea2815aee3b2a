// Package localpg starts and stops a private PostgreSQL for the program, so
// that one machine needs no database to be set up. DATABASE_URL replaces it.
//
// The cluster is the folder "postgres" in the program's data folder. Its server
// listens on a unix socket alone, knows who connects from the operating system
// (peer authentication: no password, no trust) and runs as an ordinary user
// even when root started the program, because PostgreSQL refuses to be root.
//
// Several programs may use one data folder at once, "skai import" beside
// "skai serve": the first one starts the server, the others find it running, and
// the last one to leave stops it, whoever that is. Who is there is known by
// locks on files (flock), which end with their process however it ends. After
// kill -9 the server runs on, and the next start takes it over.
//
// The package is for unix systems.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Superuser is the database role that owns the cluster.
const Superuser = "skai_super"

// roles are the database roles as which this program may connect. The others than
// Superuser are made, and explained, by platform/postgres/roles.sql.
var roles = []string{Superuser, "skai_owner", "skai_app"}

// stopTimeout is how long a server may take to write its memory down when it is
// told to stop. After it the server is stopped at once, and the next start
// replays the write-ahead log.
const stopTimeout = 2 * time.Minute

// Options say where the cluster is and who may connect to it.
type Options struct {
	// DataDir is the program's data folder; it is made when it is missing.
	// A temporary cluster does not use it.
	DataDir string
	// Temporary asks for an empty cluster in a folder of its own under the
	// system's temporary folder, without safety against power loss. It belongs
	// to one program alone and is gone when that program closes it or dies.
	Temporary bool
	// Log hears what happens to the server; nil is silence.
	Log *slog.Logger
	// Recover has the cluster made of a backup; nil makes an empty one. Start returns
	// fault.KindConflict where there is a cluster already.
	Recover *Recovery

	binDirs []string // where to look for PostgreSQL instead of the system's folders, for tests
}

// Server is a running private PostgreSQL.
type Server struct {
	// Version is the server's, such as "15.18".
	Version string

	c      *cluster
	socket string        // folder of the socket
	pid    int           // of the postmaster
	child  *os.Process   // the postmaster; nil when another program started it
	gone   chan struct{} // closed when the child has ended
	users  *lockFile     // held shared while this program uses the server; nil for a temporary one
	start  *lockFile     // held while a server is started or stopped; nil for a temporary one
	leash  *leash        // ends a temporary server with the program

	ready, stopping atomic.Bool // what the watcher of the process has to know

	close    sync.Once
	closeErr error
}

// Start gives the private server of the data folder: the one that runs already,
// or a new one, on a new cluster when the folder holds none.
//
// The context bounds the start alone; the server runs until Close. Start returns
// fault.KindUnavailable errors, in words for the person who started the program,
// when PostgreSQL is missing or too old, when the folder was written by another
// major version, or when the folder can't be used by this user.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Temporary {
		return startTemporary(ctx, o)
	}
	c, err := openCluster(o)
	if err != nil {
		return nil, err
	}
	if o.Recover != nil {
		if err := c.refuse(); err != nil {
			return nil, err
		}
	}
	s := &Server{c: c}
	if s.start, err = openLock(filepath.Join(filepath.Dir(c.dir), "postgres.lock"), c.account); err != nil {
		return nil, err
	}
	if s.users, err = openLock(filepath.Join(filepath.Dir(c.dir), "postgres.users"), c.account); err != nil {
		return nil, errors.Join(err, s.start.close())
	}
	if err := s.join(ctx); err != nil {
		return nil, errors.Join(err, s.users.close(), s.start.close())
	}
	return s, nil
}

// join counts this program among the users of the cluster and takes over the
// running server or starts one. Nobody else starts or stops meanwhile.
func (s *Server) join(ctx context.Context) error {
	if err := s.start.lock(ctx); err != nil {
		return fmt.Errorf("wait for another program that is starting or stopping the database: %w", err)
	}
	defer s.start.unlock()
	if err := s.users.share(); err != nil {
		return err
	}
	adopted, err := s.adopt(ctx)
	if err != nil || adopted {
		return err
	}
	return s.launch(ctx)
}

// URL is the address at which pgx reaches a database of the server as a role,
// which is Superuser, skai_owner or skai_app.
func (s *Server) URL(role, database string) string {
	return address(s.socket, role, database)
}

// address spells out what PGPORT, PGSSLMODE and the like in the environment
// would otherwise fill in.
func address(socket, role, database string) string {
	query := url.Values{
		"host":    {socket},
		"port":    {strconv.Itoa(port)},
		"user":    {role},
		"sslmode": {"disable"},
	}.Encode()
	// As PostgreSQL's own library, pgx takes a + for itself and not for a blank.
	u := url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: strings.ReplaceAll(query, "+", "%20")}
	return u.String()
}

// Close ends this program's use of the server and stops the server when no other
// program uses it. Connections still open are cut off. Calling it again does nothing.
func (s *Server) Close() error {
	s.close.Do(func() {
		if s.leash != nil {
			s.closeErr = s.closeTemporary()
			return
		}
		s.closeErr = errors.Join(s.leave(), s.users.close(), s.start.close())
	})
	return s.closeErr
}

// leave stops the server if this program was its last user.
func (s *Server) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := s.start.lock(ctx); err != nil {
		return fmt.Errorf("wait for another program that is starting or stopping the database: %w", err)
	}
	last, err := s.users.tryLock()
	if err != nil {
		return err
	}
	if !last {
		s.c.log.Info("private PostgreSQL goes on for another program", "pid", s.pid)
		return nil
	}
	if err := s.stop(ctx); err != nil {
		return err
	}
	return removeSocketFolder(s.socket)
}

// startTemporary makes and starts a cluster that lives no longer than the program.
func startTemporary(ctx context.Context, o Options) (*Server, error) {
	base, err := os.MkdirTemp("", socketFolderPrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for a temporary database: %w", err)
	}
	dir := filepath.Join(base, "postgres")
	who, err := accountFor(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(base))
	}
	c := &cluster{dir: dir, account: who, temporary: true, recovery: o.Recover, log: o.Log, binDirs: o.binDirs}
	s := &Server{c: c}
	if s.leash, err = newLeash(base); err != nil {
		return nil, errors.Join(err, os.RemoveAll(base))
	}
	if err := errors.Join(who.own(base), s.launch(ctx)); err != nil {
		return nil, errors.Join(err, s.closeTemporary())
	}
	return s, nil
}
