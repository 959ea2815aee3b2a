package localpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// The test binary is also the other program of the tests that need one: it
// starts the server of the folder, prints the postmaster's process id and its
// data folder, and closes the server when its input ends.
const (
	otherProgram   = "LOCALPG_TEST_FOLDER"
	otherTemporary = "LOCALPG_TEST_TEMPORARY"
)

func TestMain(m *testing.M) {
	folder, temporary := os.Getenv(otherProgram), os.Getenv(otherTemporary)
	if folder == "" && temporary == "" {
		code := m.Run()
		_ = os.RemoveAll(template.dir)
		os.Exit(code)
	}
	s, err := Start(context.Background(), Options{DataDir: folder, Temporary: temporary != ""})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(s.pid, s.c.dir)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		os.Exit(1)
	}
	if err := s.Close(); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// program is a running other program.
type program struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
}

func startProgram(t *testing.T, env string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this test binary
	cmd.Env = append(os.Environ(), env)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return &program{cmd, stdin, bufio.NewReader(out)}
}

// says reads what the other program printed: its postmaster and data folder.
func (p *program) says(t *testing.T) (pid int, dir string) {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("the other program said %q: %v", line, err)
	}
	number, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
	if pid, err = strconv.Atoi(number); err != nil {
		t.Fatalf("the other program said %q", line)
	}
	return pid, dir
}

func (p *program) end(t *testing.T) {
	t.Helper()
	must(t, p.stdin.Close())
	rest, err := io.ReadAll(p.out)
	must(t, err)
	if err := p.cmd.Wait(); err != nil {
		t.Fatalf("the other program: %v\n%s", err, rest)
	}
}

func (p *program) kill(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // killed
}

// folder gives a data folder that the server's user can reach, as an operator's is.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o711)) //nolint:gosec // others only pass through
	return filepath.Join(dir, "data")
}

// template is an initialised cluster, copied by the tests that are not about
// making one: initdb takes most of the time of a first start.
var template struct {
	once sync.Once
	dir  string
}

// usedFolder gives a data folder with a stopped cluster in it.
func usedFolder(t *testing.T) string {
	t.Helper()
	template.once.Do(func() {
		dir, err := os.MkdirTemp("", "localpg-test-*") //nolint:usetesting // outlives the test that makes it
		must(t, err)
		must(t, os.Chmod(dir, 0o711)) //nolint:gosec // others only pass through
		s, err := Start(t.Context(), Options{DataDir: dir})
		must(t, err)
		must(t, s.Close())
		template.dir = dir
	})
	dir := folder(t)
	if out, err := exec.Command("cp", "-a", template.dir, dir).CombinedOutput(); err != nil { //nolint:gosec // folders of this test
		t.Fatalf("copy a cluster: %v: %s", err, out)
	}
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := Start(t.Context(), o)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// query runs a statement as a role and gives its first value as text.
func query(t *testing.T, s *Server, role, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(role, "postgres"))
	must(t, err)
	defer func() { must(t, conn.Close(context.WithoutCancel(t.Context()))) }()
	results, err := conn.PgConn().Exec(t.Context(), sql).ReadAll()
	must(t, err)
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(last.Rows[0][0])
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantFault checks that a start is refused in words that help.
func wantFault(t *testing.T, o Options, words ...string) {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err == nil {
		t.Fatalf("the start succeeded (%v)", s.Close())
	}
	if !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("not a fault for the user: %v", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not in: %v", word, err)
		}
	}
}

func lives(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// eventually waits for what happens in another process.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !done() {
		if err := pause(ctx); err != nil {
			t.Fatalf("%s: did not happen", what)
		}
	}
}

func TestANewClusterIsSafeAndKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Options{DataDir: dir})
	got := query(t, s, Superuser, `SELECT concat_ws(' ', current_setting('server_encoding'), datcollate, lower('ÉCOLE'),
		current_setting('listen_addresses') = '', current_setting('data_checksums'), current_setting('fsync'),
		current_setting('synchronous_commit'), current_setting('TimeZone'), current_setting('jit'),
		(SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules))
		FROM pg_database WHERE datname = 'postgres'`)
	if diff := cmp.Diff("UTF8 C école t on on on UTC off peer", got); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(s.Version, query(t, s, Superuser, "SELECT current_setting('server_version_num')::int / 10000")+".") {
		t.Errorf("version %q", s.Version)
	}
	info, err := os.Stat(s.c.dir)
	must(t, err)
	if owner, _, _ := ownerOf(s.c.dir); owner == 0 || info.Mode().Perm() != 0o700 {
		t.Errorf("the cluster is %v of user %d", info.Mode(), owner)
	}
	query(t, s, Superuser, "CREATE ROLE skai_app LOGIN; CREATE TABLE kept AS SELECT 'hail' AS peril; GRANT SELECT ON kept TO skai_app")
	must(t, s.Close())
	must(t, s.Close())
	if lives(s.pid) {
		t.Error("the server runs on after Close")
	}
	again := start(t, Options{DataDir: dir})
	if got := query(t, again, "skai_app", "SELECT peril FROM kept"); got != "hail" {
		t.Errorf("kept %q", got)
	}
}

func TestOnlyTheProgramsRolesConnect(t *testing.T) {
	t.Parallel()
	s := start(t, Options{DataDir: usedFolder(t)})
	query(t, s, Superuser, "CREATE ROLE skai_app LOGIN; CREATE ROLE skai_owner LOGIN; CREATE ROLE stranger LOGIN")
	for _, role := range roles {
		if got := query(t, s, role, "SELECT current_user"); got != role {
			t.Errorf("%s connected as %q", role, got)
		}
	}
	conn, err := pgx.Connect(t.Context(), s.URL("stranger", "postgres"))
	if err == nil {
		t.Fatalf("a role that is not the program's connected (%v)", conn.Close(t.Context()))
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != "28000" {
		t.Errorf("refused with %v", err)
	}
}

func TestAKilledServerRecovers(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	s := start(t, Options{DataDir: dir})
	query(t, s, Superuser, "CREATE TABLE kept AS SELECT 7 AS n")
	must(t, syscall.Kill(s.pid, syscall.SIGKILL))
	<-s.gone
	again := start(t, Options{DataDir: dir})
	if got := query(t, again, Superuser, "SELECT n FROM kept"); got != "7" || again.pid == s.pid {
		t.Errorf("after the kill: %q from process %d", got, again.pid)
	}
	must(t, s.Close())
	if got := query(t, again, Superuser, "SELECT n FROM kept"); got != "7" {
		t.Errorf("the close of the dead server's user harmed the new one: %q", got)
	}
}

func TestAKilledProgramsServerIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	other := startProgram(t, otherProgram+"="+dir)
	pid, _ := other.says(t)
	other.kill(t)
	s := start(t, Options{DataDir: dir})
	if s.pid != pid {
		t.Errorf("process %d was not taken over but %d started", pid, s.pid)
	}
	if got := query(t, s, Superuser, "SELECT 1"); got != "1" {
		t.Error("the server taken over does not work")
	}
	must(t, s.Close())
	eventually(t, "the orphan stops with its new owner", func() bool { return !s.c.isPostmaster(pid) })
}

func TestTheLastProgramStopsTheServer(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	serve := startProgram(t, otherProgram+"="+dir)
	pid, _ := serve.says(t)
	brief := startProgram(t, otherProgram+"="+dir)
	if used, _ := brief.says(t); used != pid {
		t.Errorf("the second program uses process %d, not %d", used, pid)
	}
	brief.end(t)
	s := start(t, Options{DataDir: dir})
	if s.pid != pid {
		t.Errorf("the second program stopped the first one's server")
	}
	serve.end(t)
	if got := query(t, s, Superuser, "SELECT 1"); got != "1" {
		t.Error("the server ended with the program that started it while another used it")
	}
	must(t, s.Close())
	eventually(t, "the server stops with its last user", func() bool { return !s.c.isPostmaster(pid) })
}

func TestProgramsThatStartAtOnceShareOneServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	programs := make([]*program, 4)
	for i := range programs {
		programs[i] = startProgram(t, otherProgram+"="+dir)
	}
	first, _ := programs[0].says(t)
	for _, p := range programs[1:] {
		if pid, _ := p.says(t); pid != first {
			t.Errorf("two servers: %d and %d", first, pid)
		}
	}
	for _, p := range programs {
		p.end(t)
	}
	eventually(t, "the server stops after its last user", func() bool { return !(&cluster{dir: dir + "/postgres"}).isPostmaster(first) })
}

func TestATemporaryClusterEndsWithItsProgram(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Temporary: true})
	if got := query(t, s, Superuser, "SELECT current_setting('fsync')"); got != "off" {
		t.Errorf("fsync %s", got)
	}
	must(t, s.Close())
	other := startProgram(t, otherTemporary+"=1")
	pid, dir := other.says(t)
	other.kill(t)
	for _, c := range []*cluster{s.c, {dir: dir}} {
		eventually(t, c.dir+" is removed", func() bool {
			_, err := os.Stat(filepath.Dir(c.dir))
			return os.IsNotExist(err)
		})
	}
	eventually(t, "the temporary server of a killed program ends", func() bool { return !(&cluster{dir: dir}).isPostmaster(pid) })
}
