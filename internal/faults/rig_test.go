package faults_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/localpg"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const (
	database = "skai"
	password = "hail on a tin roof" //nolint:gosec // of people who exist in these tests only
	// drain is how long a process says that it is about to stop, and goes on: HAProxy
	// looks every 100 ms and takes two looks to notice.
	drain = "1s"
	token = "lets these tests see drift"
)

// program is the one that these tests are about.
var program string

// TestMain builds it.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "skai-faults-program-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "skai")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/skaiscraper/skai/cmd/skai").CombinedOutput(); err != nil { //nolint:gosec,noctx // our own
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir) // of the system's temporary folder
	os.Exit(code)
}

// rig is an installation: a database, processes of the program, and HAProxy in front.
type rig struct {
	folder string // the program's data folder
	pg     *localpg.Server
	url    string // of the database, as the program reaches it
	front  string // address of HAProxy, which people use
	procs  []*process
	redis  *dbtest.Redis // what counts the limits; nil is each process by itself
}

// process is one process of the program.
type process struct {
	cmd    *exec.Cmd
	listen string
	log    *bytes.Buffer
	gone   chan struct{} // closed when it has ended
}

// newRig starts a database with two organisations and their people.
func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigIn(t, folder(t))
}

// newRigIn is newRig whose database and files are in a folder.
func newRigIn(t *testing.T, folder string) *rig {
	t.Helper()
	r := &rig{folder: folder}
	r.start(t)
	t.Cleanup(func() { _ = r.pg.Close() }) // a fault may have ended it already
	if err := postgres.Bootstrap(t.Context(), r.pg.URL(localpg.Superuser, "postgres"), database); err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Migrate(t.Context(), r.pg.URL("skai_owner", database)); err != nil {
		t.Fatal(err)
	}
	r.url = r.pg.URL("skai_app", database)
	for slug, name := range map[string]string{"titan": "Titan Roofing", "prowest": "Pro West"} {
		r.run(t, "", "org", "create", slug, "--name", name)
		r.run(t, password, "user", "create", email(slug, 1), "--org", slug, "--role", "member", "--password-stdin")
		r.hire(t, slug)
	}
	return r
}

// folder is one that the database's user may enter, so that the socket is in it and
// has the same address after a restart.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "skai-faults-") //nolint:usetesting // the path of t.TempDir is closed to others, and too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // nobody else may read in it
		t.Fatal(err)
	}
	return dir
}

// start starts the database.
func (r *rig) start(t *testing.T) {
	t.Helper()
	var err error
	if r.pg, err = localpg.Start(t.Context(), localpg.Options{DataDir: r.folder, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
}

// email is of a person of an organisation, from 1 on.
func email(slug string, n int) string { return fmt.Sprintf("crew%d@%s.example", n, slug) }

// hire adds people with the first one's password, whose hash takes the time of many.
func (r *rig) hire(t *testing.T, slug string) {
	t.Helper()
	_, err := r.super(t).Exec(t.Context(), `
		WITH first AS (SELECT p.org_id, u.password_hash FROM people p JOIN users u ON u.id = p.user_id WHERE u.email = $1),
		made AS (INSERT INTO users (id, email, name, password_hash)
			SELECT gen_random_uuid(), format('crew%s@%s.example', n, $2::text), 'Crew ' || n, password_hash FROM first, generate_series(2, $3::int) n
			RETURNING id, email, name)
		INSERT INTO people (org_id, id, user_id, kind, name, email, role, active) SELECT org_id, gen_random_uuid(), id, 'member', name, email, 'member', true FROM made, first`,
		email(slug, 1), slug, people)
	if err != nil {
		t.Fatal(err)
	}
}

// environment is what all processes and commands of the rig are told.
func (r *rig) environment() []string {
	env := append(os.Environ(), "SKAI_DATA="+r.folder, "DATABASE_URL="+r.url, "SKAI_LOG_LEVEL=warn", "SKAI_DRAIN="+drain,
		"SKAI_SECRET=the same on all of them", "SKAI_OPS_TOKEN="+token)
	if r.redis != nil {
		env = append(env, "SKAI_REDIS_URL="+r.redis.URL())
	}
	return env
}

func (r *rig) run(t *testing.T, stdin string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), program, args...) //nolint:gosec // our own
	c.Env, c.Stdin = r.environment(), strings.NewReader(stdin)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("skai %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// serve starts a process at an address, and waits until it is ready.
func (r *rig) serve(t *testing.T, listen string) *process {
	t.Helper()
	p := &process{listen: listen, log: &bytes.Buffer{}, gone: make(chan struct{})}
	p.cmd = exec.Command(program, "serve", "--listen", listen) //nolint:gosec,noctx // it is told to stop
	p.cmd.Env, p.cmd.Stderr = r.environment(), p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.gone) }() // how it ended is the test's business
	t.Cleanup(func() {
		p.stop(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("%s logged:\n%s", listen, p.log)
		}
	})
	p.ready(t)
	return p
}

// ready waits until the process takes requests.
func (p *process) ready(t *testing.T) {
	t.Helper()
	within(t, time.Minute, "the process at "+p.listen+" is not ready", func() bool {
		select {
		case <-p.gone:
			t.Fatalf("the process at %s ended: %s", p.listen, p.log)
		default:
		}
		return answers(t.Context(), p.listen)
	})
}

// answers tells whether a process, or HAProxy before one, takes requests.
func answers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/api/health/ready", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close() // its status is enough
	return res.StatusCode == http.StatusOK
}

// stop tells the process to go, and waits until it is gone.
func (p *process) stop(how syscall.Signal) {
	_ = p.cmd.Process.Signal(how) // it may be gone
	<-p.gone
}

// within waits until something is so.
func within(t *testing.T, most time.Duration, otherwise string, so func() bool) {
	t.Helper()
	tick, late := time.NewTicker(20*time.Millisecond), time.After(most)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal(otherwise)
		}
	}
}

// free gives an address of this machine that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it was opened to be closed
	return l.Addr().String()
}

// balanced is HAProxy's configuration. It asks for readiness, and sends a request to
// the other process where it could not be delivered to the first.
const balanced = `
global
    log stderr format raw local0 warning
defaults
    mode http
    timeout connect 2s
    timeout check 2s
    timeout client 60s
    timeout server 60s
    timeout queue 10s
    retries 3
    option redispatch 1
    retry-on conn-failure
    option httpchk GET /api/health/ready
    http-check expect status 200
frontend people
    bind %s
    default_backend skai
backend skai
    balance roundrobin
    default-server check inter 100ms fall 2 rise 2
    server a %s
    server b %s
`

// balance starts two processes and HAProxy before them.
func (r *rig) balance(t *testing.T) {
	t.Helper()
	haproxy, err := exec.LookPath("haproxy")
	if err != nil {
		haproxy = "/usr/sbin/haproxy" // where Debian keeps it, and only root's PATH looks
	}
	if _, err := os.Stat(haproxy); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("HAProxy is missing; scripts/setup installs it")
		}
		t.Skip("HAProxy is missing; scripts/setup installs it")
	}
	a, b := free(t), free(t)
	r.front = free(t)
	r.procs = []*process{r.serve(t, a), r.serve(t, b)}
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(config, fmt.Appendf(nil, balanced, r.front, a, b), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(haproxy, "-db", "-f", config) //nolint:gosec,noctx // it is told to stop
	var log bytes.Buffer
	c.Stderr = &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("HAProxy logged:\n%s", log.String())
		}
	})
	within(t, 30*time.Second, "HAProxy does not answer", func() bool { return answers(t.Context(), r.front) })
}

// killDatabase kills all processes of the database at once, as a loss of power would.
func (r *rig) killDatabase(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.folder, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = r.pg.Close() // it finds the server gone
}
