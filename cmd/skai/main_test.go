package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// skai is the program, built once for all tests.
var skai string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "skai-test-*")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		skai = filepath.Join(dir, "skai")
		if out, err := exec.Command("go", "build", "-o", skai, ".").CombinedOutput(); err != nil { //nolint:gosec // a path of our own
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
		return m.Run()
	}())
}

// command runs the program on a data folder until it is done.
func command(t *testing.T, data string, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), skai, args...) //nolint:gosec // the program under test
	cmd.Env = append(os.Environ(), "SKAI_DATA="+data)
	text, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(text), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text), 0
}

func mustRun(t *testing.T, data string, args ...string) string {
	t.Helper()
	out, code := command(t, data, args...)
	if code != 0 {
		t.Fatalf("skai %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// server is a running skai serve.
type server struct {
	cmd  *exec.Cmd
	url  string
	log  *bytes.Buffer
	done chan error
}

var whereItIs = regexp.MustCompile(`SkaiScraper is at (http://\S+)`)

func serve(t *testing.T, data string) *server {
	t.Helper()
	cmd := exec.Command(skai, "serve", "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "SKAI_DATA="+data)
	s := &server{cmd: cmd, log: &bytes.Buffer{}, done: make(chan error, 1)}
	cmd.Stderr = s.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := whereItIs.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
			break
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		s.done <- cmd.Wait()
	}()
	if s.url == "" {
		t.Fatalf("skai serve did not start: %v\n%s", <-s.done, s.log)
	}
	return s
}

// end sends a signal and waits until the program is gone.
func (s *server) end(t *testing.T, how os.Signal) error {
	t.Helper()
	if err := s.cmd.Process.Signal(how); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.done:
		return err
	case <-time.After(time.Minute):
		t.Fatalf("skai serve does not stop\n%s", s.log)
		return nil
	}
}

// postmaster is the process of the folder's PostgreSQL, 0 where none runs.
func postmaster(t *testing.T, data string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, "postgres", "postmaster.pid")) //nolint:gosec // a folder of this test
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	var pid int
	if _, err2 := fmt.Sscan(string(text), &pid); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return pid
}

type browser struct {
	*http.Client

	t *testing.T
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return browser{&http.Client{Jar: jar, Timeout: 30 * time.Second}, t}
}

// page gives where a request ended up and what is there.
func (b browser) page(res *http.Response, err error) (path, text string) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.Request.URL.Path, string(body)
}

func TestFromAFreshFolder(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	if out := mustRun(t, data, "org", "create", "titan", "--name", "Titan Roofing"); !strings.Contains(out, "titan") {
		t.Errorf("org create prints %q", out)
	}
	out := mustRun(t, data, "user", "create", "pat@titan.example", "--org", "titan", "--role", "owner")
	password := regexp.MustCompile(`[a-z2-7]{5}(-[a-z2-7]{5}){3}`).FindString(out)
	if pid := postmaster(t, data); pid != 0 {
		t.Errorf("after the commands PostgreSQL runs on as %d", pid)
	}

	s := serve(t, data)
	b := newBrowser(t)
	if path, _ := b.page(b.Get(s.url + "/settings")); path != "/sign-in" { //nolint:bodyclose // page closes it
		t.Errorf("without signing in: %s", path)
	}
	form := url.Values{"email": {"pat@titan.example"}, "password": {password}, "next": {"/settings/organisation"}}
	path, text := b.page(b.PostForm(s.url+"/sign-in", form)) //nolint:bodyclose // page closes it
	if path != "/settings/organisation" || !strings.Contains(text, "Titan Roofing") {
		t.Errorf("signed in to %s", path)
	}

	// Another command works beside it, and leaves it alone.
	if out := mustRun(t, data, "org", "list"); !strings.Contains(out, "Titan Roofing") {
		t.Errorf("org list prints %q", out)
	}
	if path, _ := b.page(b.Get(s.url + "/settings")); path != "/settings" { //nolint:bodyclose // page closes it
		t.Errorf("after another command: %s", path)
	}

	// Killed without warning, it takes its database up again; who was signed in still is.
	orphan := postmaster(t, data)
	_ = s.end(t, os.Kill)
	s = serve(t, data)
	if pid := postmaster(t, data); pid != orphan {
		t.Logf("PostgreSQL runs as %d and ran as %d", pid, orphan) // it may have died with its terminal
	}
	base, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	if path, text := b.page(b.Get(base.String() + "/settings/sessions")); path != "/settings/sessions" || !strings.Contains(text, "This is the device") { //nolint:bodyclose // page closes it
		t.Errorf("after kill -9: %s", path)
	}
	if path, _ := b.page(b.PostForm(s.url+"/sign-out", nil)); path != "/sign-in" { //nolint:bodyclose // page closes it
		t.Errorf("signed out to %s", path)
	}
	if path, _ := b.page(b.Get(s.url + "/settings")); path != "/sign-in" { //nolint:bodyclose // page closes it
		t.Errorf("after signing out: %s", path)
	}
	if err := s.end(t, syscall.SIGTERM); err != nil {
		t.Errorf("told to stop: %v\n%s", err, s.log)
	}
	if pid := postmaster(t, data); pid != 0 {
		t.Errorf("after the last program PostgreSQL runs on as %d", pid)
	}
}

func TestProgramsThatStartTogetherOnAFreshFolder(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	var all sync.WaitGroup
	for _, slug := range []string{"titan", "prowest", "canyon"} {
		all.Go(func() {
			if out, code := command(t, data, "org", "create", slug, "--name", slug); code != 0 {
				t.Errorf("%s: exit code %d\n%s", slug, code, out)
			}
		})
	}
	all.Wait()
	out := mustRun(t, data, "org", "list")
	for _, slug := range []string{"titan", "prowest", "canyon"} {
		if !strings.Contains(out, slug) {
			t.Errorf("%s is not in %q", slug, out)
		}
	}
	if out := mustRun(t, data, "migrate"); !strings.Contains(out, "0 migrations ran") {
		t.Errorf("migrate prints %q", out)
	}
}

func TestBadConfigurationEndsTheProgram(t *testing.T) {
	t.Parallel()
	for variable, value := range map[string]string{
		"SKAI_LISTEN": "nowhere", "SKAI_LOG": "xml", "SKAI_LOG_LEVEL": "loud", "SKAI_NO_WORK": "perhaps", "SKAI_SECRET": "short", "DATABASE_URL": "mysql://db/skai?x",
	} {
		cmd := exec.CommandContext(t.Context(), skai, "serve")
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "SKAI_DATA=" + t.TempDir(), variable + "=" + value}
		out, err := cmd.CombinedOutput()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() != 1 || !strings.Contains(string(out), variable) {
			t.Errorf("%s=%s: %v\n%s", variable, value, err, out)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := command(t, file, "org", "list"); code != 1 || !strings.Contains(out, "SKAI_DATA") || !strings.Contains(out, file) {
		t.Errorf("a file as the data folder: %d\n%s", code, out)
	}
}
