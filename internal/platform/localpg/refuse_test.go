package localpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestACancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // in the midst of initdb
	defer cancel()
	if s, err := Start(ctx, Options{DataDir: dir}); err == nil {
		t.Fatalf("started in spite of the cancelled context (%v)", s.Close())
	}
	must(t, os.Mkdir(filepath.Join(dir, "postgres.new-of-a-killed-start"), 0o700))
	start(t, Options{DataDir: dir})
	left, err := filepath.Glob(filepath.Join(dir, "postgres.new-*"))
	must(t, err)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAnotherMajorVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	s := start(t, Options{DataDir: dir})
	major, _, _ := strings.Cut(s.Version, ".")
	must(t, s.Close())
	must(t, s.c.write("PG_VERSION", "14\n"))
	wantFault(t, Options{DataDir: dir}, "written by PostgreSQL 14", "PostgreSQL "+major, "pg_upgrade", "apt-get install postgresql-14")
}

// fakePostgres makes a folder with a postgres that says its version.
func fakePostgres(t *testing.T, says string, programs ...string) string {
	t.Helper()
	dir := filepath.Join(folder(t), "bin")
	must(t, os.MkdirAll(dir, 0o755)) //nolint:gosec // as folders of programs are
	for _, name := range programs {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755)) //nolint:gosec // a program
	}
	return dir
}

func TestAMissingPostgreSQLIsNamed(t *testing.T) {
	t.Parallel()
	way := []string{"scripts/setup", "brew install postgresql@16", "DATABASE_URL", "PostgreSQL 15 or newer"}
	for name, tc := range map[string]struct {
		dirs  []string
		words []string
	}{
		"none":      {[]string{}, []string{"none in PATH"}},
		"no initdb": {[]string{fakePostgres(t, "postgres (PostgreSQL) 16.3", "postgres")}, []string{"has no initdb"}},
		"too old":   {[]string{fakePostgres(t, "postgres (PostgreSQL) 13.11", "postgres", "initdb")}, []string{"version 13, too old"}},
		"not it":    {[]string{fakePostgres(t, "hello", "postgres", "initdb")}, []string{"does not say its version: hello"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			wantFault(t, Options{DataDir: dir, binDirs: tc.dirs}, append(tc.words, way...)...)
			if _, err := os.Stat(filepath.Join(dir, "postgres")); !os.IsNotExist(err) {
				t.Error("a half-made cluster is left")
			}
		})
	}
}

func TestTheNewestPostgreSQLIsTakenUnlessTheDataIsOlder(t *testing.T) {
	t.Parallel()
	who, err := accountFor(filepath.Join(folder(t), "postgres"))
	must(t, err)
	dirs := []string{
		fakePostgres(t, "postgres (PostgreSQL) 15.4 (Debian 15.4-1)", "postgres", "initdb"),
		fakePostgres(t, "postgres (PostgreSQL) 17beta1", "postgres", "initdb"),
		fakePostgres(t, "postgres (PostgreSQL) 16.0", "postgres", "initdb"),
	}
	for want, index := range map[int]int{0: 1, 15: 0, 16: 2, 17: 1} {
		got, err := findBinaries(t.Context(), who, dirs, want)
		must(t, err)
		if got.dir != dirs[index] {
			t.Errorf("for data of version %d: %+v", want, got)
		}
	}
	link := folder(t)
	must(t, os.MkdirAll(link, 0o700))
	must(t, os.Symlink(filepath.Join(dirs[2], "postgres"), filepath.Join(link, "postgres")))
	if diff := cmp.Diff([]string{dirs[2]}, pathFolders("/nowhere:relative:"+link)); diff != "" {
		t.Error(diff)
	}
}

func TestOddFoldersWork(t *testing.T) {
	t.Parallel()
	for name, sub := range map[string]string{
		"long":       strings.Repeat("a-long-name/", 10),
		"characters": `it's "the\ data" [1]+%20`,
		"comma":      "Smith, Jones & Sons",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(folder(t), sub)
			s := start(t, Options{DataDir: dir})
			if got := query(t, s, Superuser, "SELECT 1"); got != "1" {
				t.Error("no answer")
			}
			beside := start(t, Options{DataDir: dir})
			if beside.pid != s.pid {
				t.Error("the second start did not find the first one's server")
			}
			must(t, beside.Close())
			must(t, s.Close())
			if _, err := os.Stat(s.socket); s.socket != s.c.dir && !os.IsNotExist(err) {
				t.Errorf("the folder of the socket stays: %s", s.socket)
			}
		})
	}
}

func TestRootsClosedFolderWorks(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root's server runs as another user")
	}
	dir := t.TempDir() // closed to all but root
	s := start(t, Options{DataDir: dir})
	query(t, s, Superuser, "CREATE TABLE kept AS SELECT 1 AS n")
	must(t, s.Close())
	again := start(t, Options{DataDir: dir})
	if got := query(t, again, Superuser, "SELECT n FROM kept"); got != "1" {
		t.Errorf("kept %q", got)
	}
}

func TestAStrangersProcessNumberDoesNotStopTheStart(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	s := start(t, Options{DataDir: dir})
	must(t, s.Close())
	stranger := s.c.account.command(t.Context(), "/bin/sleep", "600")
	must(t, stranger.Start())
	t.Cleanup(func() { _ = stranger.Process.Kill(); _ = stranger.Wait() })
	claim := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n   123     456\nready   \n", stranger.Process.Pid, s.c.dir, s.socket)
	must(t, s.c.write("postmaster.pid", claim))
	must(t, s.c.write(socketName+".lock", claim))
	again := start(t, Options{DataDir: dir})
	if got := query(t, again, Superuser, "SELECT 1"); got != "1" {
		t.Error("no answer")
	}
	if err := exec.Command("/bin/kill", "-0", fmt.Sprint(stranger.Process.Pid)).Run(); err != nil { //nolint:gosec // a process of this test
		t.Error("the stranger was harmed")
	}
}

func TestDamagedFoldersAreRefused(t *testing.T) {
	t.Parallel()
	dir := usedFolder(t)
	s := start(t, Options{DataDir: dir})
	must(t, s.Close())
	must(t, s.c.write("postgresql.auto.conf", "nonsense = 5\n"))
	wantFault(t, Options{DataDir: dir}, "did not start", "nonsense")
	must(t, s.c.write("PG_VERSION", "soup"))
	wantFault(t, Options{DataDir: dir}, "PG_VERSION", "restore it from a backup")
	must(t, os.Remove(filepath.Join(s.c.dir, "PG_VERSION")))
	wantFault(t, Options{DataDir: dir}, "holds no database")
	must(t, os.WriteFile(filepath.Join(filepath.Dir(dir), "file"), nil, 0o600))
	wantFault(t, Options{DataDir: filepath.Join(filepath.Dir(dir), "file")}, "can't make the data folder")
	if _, err := Start(t.Context(), Options{}); err == nil {
		t.Error("started without a data folder")
	}
}

func TestAnothersClusterIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := accountFor("/etc"); err == nil || !strings.Contains(err.Error(), "belongs to") {
		t.Errorf("a folder of root: %v", err)
	}
}

func TestParsePidFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]pidFile{
		"":                                     {},
		"12":                                   {},
		"x\n/d\n1\n2\n":                        {},
		"1\n/d\n3\n5432\n/s\n\n 1 2\nready\n":  {},
		"-7\n/d\n3\n5432\n/s\n\n 1 2\nready\n": {},
		"12\n/d\n3\n5432\n":                    {pid: 12, identity: "12\n/d\n3"},
		"12\n/d\n3\n5432\n/so":                 {pid: 12, identity: "12\n/d\n3"}, // half a line may be half a path
		"12\n/d\n3\n5432\n/s\n\n 1 2\nready\n": {pid: 12, identity: "12\n/d\n3", socket: "/s"},
	} {
		got, ok := parsePidFile(text)
		if got != want || ok != (want.pid != 0) {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
}

func TestSettingsFitTheMachine(t *testing.T) {
	t.Parallel()
	c := &cluster{}
	for memory, want := range map[int64]string{
		512 << 20: "shared_buffers = 128MB",
		4 << 30:   "shared_buffers = 512MB",
		64 << 30:  "shared_buffers = 1024MB",
	} {
		if !strings.Contains(c.settings(memory, "lz4"), want+"\n") {
			t.Errorf("%d bytes of memory: not %s", memory, want)
		}
	}
	for text, want := range map[string]int64{
		"MemTotal:       24683724 kB\nMemFree: 1 kB\n": 24683724 << 10,
		"MemFree: 1 kB\n":      0,
		"MemTotal: many kB\n":  0,
		"MemTotal: 5 pounds\n": 0,
	} {
		if got := memTotal([]byte(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

func TestAClientAsNewAsTheServerIsFound(t *testing.T) {
	t.Parallel()
	dirs := []string{
		fakePostgres(t, "pg_dump (PostgreSQL) 14.2", "pg_dump"), fakePostgres(t, "pg_dump (PostgreSQL) 17beta1", "pg_dump"),
		fakePostgres(t, "pg_dump (PostgreSQL) 16.0 (Debian 16.0-1)", "pg_dump"), fakePostgres(t, "hello", "pg_dump"), "/nowhere",
	}
	for major, index := range map[int]int{14: 0, 15: 2, 16: 2, 17: 1} {
		got, err := programIn(t.Context(), dirs, "pg_dump", major)
		must(t, err)
		if got != filepath.Join(dirs[index], "pg_dump") {
			t.Errorf("for a server of version %d: %s", major, got)
		}
	}
	for _, c := range []struct {
		dirs  []string
		words string
	}{{dirs, "pg_dump is version 14"}, {nil, "there is none in PATH"}} {
		if _, err := programIn(t.Context(), c.dirs, "pg_dump", 18); err == nil || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), "postgresql-client-18") {
			t.Errorf("for a server that is newer than all of %d: %v", len(c.dirs), err)
		}
	}
}
