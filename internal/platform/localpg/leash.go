package localpg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// leash ends a temporary server and removes its folder when the program ends,
// even by kill -9 or by the time limit of go test: a shell waits for the other end
// of a pipe to close, which the system does for a dead process. (Linux's parent
// death signal would do it too, but fires when the starting thread ends.)
type leash struct {
	cmd  *exec.Cmd
	hand *os.File // the program's end of the pipe
	base string
}

// leashScript takes the folder as $1. Immediate shutdown will do for data that is thrown away.
const leashScript = `read -r _
if read -r pid <"$1/postgres/postmaster.pid"; then
	kill -QUIT "$pid"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$pid" || break
		sleep 1
	done
fi
rm -rf -- "$1"`

func newLeash(base string) (*leash, error) {
	neck, hand, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("tie a temporary database to this program: %w", err)
	}
	cmd := exec.Command("/bin/sh", "-c", leashScript, "sh", base) //nolint:gosec // a constant script
	cmd.Stdin = neck
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // not for Ctrl-C at the terminal
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("tie a temporary database to this program: %w", err), neck.Close(), hand.Close())
	}
	return &leash{cmd: cmd, hand: hand, base: base}, neck.Close()
}

// closeTemporary stops the server and lets the leash clean up.
func (s *Server) closeTemporary() error {
	s.stopping.Store(true)
	if s.ready.Load() { // else run has stopped it
		if err := s.child.Signal(syscall.SIGQUIT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop a temporary PostgreSQL: %w", err)
		}
		select {
		case <-s.gone:
		case <-time.After(stopTimeout):
			return fmt.Errorf("a temporary PostgreSQL (process %d) does not stop", s.pid)
		}
	}
	if err := errors.Join(s.leash.hand.Close(), s.leash.cmd.Wait()); err != nil {
		return fmt.Errorf("clean up after a temporary PostgreSQL: %w", err)
	}
	return removeSocketFolder(s.socket)
}
