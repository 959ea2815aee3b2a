package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// launch starts a server, on a new cluster if there is none. The caller holds the
// lock and knows that no server of this cluster runs.
func (s *Server) launch(ctx context.Context) error {
	major, found, err := majorOf(s.c.dir)
	if err != nil {
		return err
	}
	if !found {
		if major, err = s.c.recovery.major(); err != nil {
			return err
		}
	}
	bin, err := findBinaries(ctx, s.c.account, s.c.binDirs, major)
	if err != nil {
		return err
	}
	if !found {
		s.c.log.Info("making a private PostgreSQL", "folder", s.c.dir, "version", bin.major, "user", s.c.account.name)
		if err := s.c.create(ctx, bin); err != nil {
			return err
		}
	}
	if err := s.c.configure(ctx, bin); err != nil {
		return err
	}
	if s.socket, err = s.c.socketFolder(ctx); err != nil {
		return err
	}
	if err := s.runPatiently(ctx, bin); err != nil {
		return errors.Join(err, removeSocketFolder(s.socket))
	}
	s.c.log.Info("private PostgreSQL runs", "version", s.Version, "pid", s.pid, "socket", s.socket)
	return nil
}

// runPatiently waits for the last processes of a server whose postmaster was
// killed: until they notice, PostgreSQL refuses to start beside them.
func (s *Server) runPatiently(ctx context.Context, bin binaries) error {
	const patience = 30 * time.Second
	for begin := time.Now(); ; {
		err := s.run(ctx, bin)
		if err == nil || !strings.Contains(err.Error(), "is still in use") || time.Since(begin) > patience {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// run starts the server and waits until it answers, through a recovery if need be.
func (s *Server) run(ctx context.Context, bin binaries) error {
	if err := s.c.write("start.log", ""); err != nil {
		return err
	}
	out, err := os.OpenFile(filepath.Join(s.c.dir, "start.log"), os.O_WRONLY|os.O_APPEND|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer func() { _ = out.Close() }()
	// The server outlives ctx, which bounds the start only.
	args := append([]string{"-c", "listen_addresses=", "-c", fmt.Sprintf("port=%d", port), "-c", "unix_socket_directories=" + quoteFolder(s.socket)}, s.c.arguments()...)
	cmd, release, err := s.c.command(context.WithoutCancel(ctx), bin.path("postgres"), s.c.dir, args...)
	if err != nil {
		return err
	}
	defer release()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.pid, s.child, s.gone = cmd.Process.Pid, cmd.Process, make(chan struct{})
	go s.watch(cmd, s.gone)
	if err := s.untilReady(ctx); err != nil {
		_ = s.child.Signal(syscall.SIGQUIT) // it may have ended by itself
		<-s.gone
		return err
	}
	s.ready.Store(true)
	return nil
}

// watch reaps the server and says so when it ends unasked.
func (s *Server) watch(cmd *exec.Cmd, gone chan struct{}) {
	err := cmd.Wait()
	if s.ready.Load() && !s.stopping.Load() && err != nil {
		s.c.log.Error("private PostgreSQL ended by itself: start this program again", "exit", err, "log", filepath.Join(s.c.dir, "log"))
	}
	close(gone)
}

// untilReady waits for the first answer.
func (s *Server) untilReady(ctx context.Context) error {
	said := time.Now()
	for {
		a, err := ask(ctx, s.socket, s.c.superuser(), askPidFile)
		if err == nil {
			s.Version = a.version
			return s.ours(ctx)
		}
		if refusal, ok := errors.AsType[*pgconn.PgError](err); ok && !busy(refusal) {
			return fmt.Errorf("the PostgreSQL just started refuses this program: %w", err)
		}
		if time.Since(said) > 10*time.Second {
			s.c.log.Info("waiting for the private PostgreSQL", "pid", s.pid, "answer", err)
			said = time.Now()
		}
		select {
		case <-s.gone:
			return fault.Unavailable("database.start", "PostgreSQL did not start on %s: %s", s.c.dir, s.c.complaint())
		default:
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("start PostgreSQL: %w", err)
		}
	}
}

// complaint is what the server said when it failed to start: its last lines on
// the way up, or in the day's log if it got as far as that.
func (c *cluster) complaint() string {
	said, err := os.ReadFile(filepath.Join(c.dir, "start.log"))
	if err != nil {
		return err.Error()
	}
	if strings.Contains(string(said), "redirecting log output") {
		name := filepath.Join(c.dir, "log", time.Now().UTC().Format("postgres-Mon.log"))
		if logged, err := os.ReadFile(name); err == nil { //nolint:gosec // a file of our own cluster
			said = logged
		}
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// stop ends the server that runs on the cluster, by whomever it was started.
func (s *Server) stop(ctx context.Context) error {
	p, running := s.c.pidFile()
	if !running || !s.c.isPostmaster(p.pid) {
		return nil
	}
	s.stopping.Store(true)
	if err := s.signal(ctx, p, syscall.SIGINT); err != nil {
		s.c.log.Warn("private PostgreSQL is slow to stop; it is stopped at once and will recover at the next start", "pid", p.pid)
		hurry, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.signal(hurry, p, syscall.SIGQUIT); err != nil {
			return err
		}
	}
	if s.child != nil && s.child.Pid == p.pid {
		<-s.gone // so that no zombie stays
	}
	s.c.log.Info("private PostgreSQL stopped", "pid", p.pid)
	return nil
}

// signal asks a server to end and waits until it has.
func (s *Server) signal(ctx context.Context, p pidFile, how syscall.Signal) error {
	if err := syscall.Kill(p.pid, how); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop PostgreSQL (process %d): %w", p.pid, err)
	}
	for {
		now, running := s.c.pidFile()
		if !running || now.identity != p.identity || !s.c.isPostmaster(p.pid) {
			return nil
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("stop PostgreSQL (process %d): %w", p.pid, err)
		}
	}
}
