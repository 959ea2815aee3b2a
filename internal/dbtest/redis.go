package dbtest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RedisPassword is that of every test's Redis.
const RedisPassword = "hail-on-the-roof"

// Redis is a Redis of one test, which it may kill, hold up and start again.
type Redis struct {
	tb     testing.TB
	folder string
	port   int
	cmd    *exec.Cmd
}

// NewRedis starts one on a free port, in a temporary folder, and ends it with the
// test. Without redis-server the test is left out, except by CI.
func NewRedis(tb testing.TB) *Redis {
	tb.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatal("CI has no redis-server: apt-get install redis-server")
		}
		tb.Skip("no redis-server on this machine: scripts/setup")
	}
	free, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	r := &Redis{tb: tb, folder: tb.TempDir(), port: free.Addr().(*net.TCPAddr).Port}
	if err := free.Close(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(r.Kill)
	r.Start()
	return r
}

// Address is host and port.
func (r *Redis) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// URL is what SKAI_REDIS_URL names.
func (r *Redis) URL() string { return fmt.Sprintf("redis://:%s@%s/0", RedisPassword, r.Address()) }

// Start starts it where it was, empty, and waits until it answers.
func (r *Redis) Start() {
	r.tb.Helper()
	// Not with the test's context: it ends by its own id, after the test.
	r.cmd = exec.CommandContext(context.WithoutCancel(r.tb.Context()), "redis-server", "-")
	r.cmd.Dir = r.folder
	r.cmd.Stdin = strings.NewReader(fmt.Sprintf("bind 127.0.0.1\nport %d\nrequirepass %s\nsave \"\"\nappendonly no\ndaemonize no\n", r.port, RedisPassword))
	if err := r.cmd.Start(); err != nil {
		r.tb.Fatal(err)
	}
	Until(r.tb, "redis-server answers", func() bool {
		answer, err := r.Do("PING")
		return err == nil && answer == "+PONG"
	})
}

// Kill ends it at once, as a machine that fails does. One that is dead stays so.
func (r *Redis) Kill() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill() // it may be gone
	_ = r.cmd.Wait()         // it was killed: that is no news
	r.cmd = nil
}

// Hold has it answer nothing, without anybody being told: its connections stay.
func (r *Redis) Hold() { r.signal(syscall.SIGSTOP) }

// Resume lets it go on.
func (r *Redis) Resume() { r.signal(syscall.SIGCONT) }

func (r *Redis) signal(s syscall.Signal) {
	r.tb.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.tb.Fatal(err)
	}
}

// Do sends a command of words without blanks and gives the lines of the answer, as
// they stand.
func (r *Redis) Do(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", r.Address(), time.Second)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }() // nothing is left to be said
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "AUTH %s\r\n%s\r\nQUIT\r\n", RedisPassword, command); err != nil {
		return "", err
	}
	lines := []string{}
	for s := bufio.NewScanner(conn); s.Scan(); {
		lines = append(lines, s.Text())
	}
	if len(lines) < 3 || lines[0] != "+OK" {
		return "", fmt.Errorf("redis-server answered %q", lines)
	}
	return strings.Join(lines[1:len(lines)-1], "\n"), nil
}

// Until waits until something is so, for a minute at most.
func Until(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !is(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatalf("after a minute it is still not so that %s", what)
		}
	}
}
