package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/localpg"
)

// served is skai serve as a program of its own.
type served struct {
	cmd *exec.Cmd
	out *bytes.Buffer
}

func serve(t *testing.T, args ...string) served {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := served{exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), new(bytes.Buffer)} //nolint:gosec // this test program itself
	s.cmd.Env = append(os.Environ(), asProgram+"=1")
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	return s
}

// stop tells it to end, and gives what it said.
func (s served) stop(t *testing.T) string {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, s.out)
	}
	return s.out.String()
}

// TestAMomentByCommand goes the way an operator goes: one setting, a backup, people at
// work, a drill, and a restore to a moment into another data folder.
func TestAMomentByCommand(t *testing.T) {
	t.Parallel()
	data, folder := t.TempDir(), filepath.Join(t.TempDir(), "wal")
	here := func(args ...string) result { return run(t, "", append(args, "--data", data)...) }
	here("org", "create", "titan", "--name", "Titan Roofing", "--time-zone", "America/Phoenix").want(t, exitDone)
	here("restore-drill", "--wal-folder", folder).want(t, exitFailed, "there is no base backup in "+folder)
	here("backup", "--wal-folder", folder).want(t, exitDone, "copied in", "NOBODY ARCHIVES the log now")

	s := serve(t, "--data", data, "--wal-folder", folder)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); glob(t, folder, "skai_wal_*", "log", "*.partial") == 0; <-tick.C {
		if time.Since(begin) > time.Minute {
			t.Fatalf("nothing is archived: %s", s.out)
		}
	}
	base := here("backup", "--wal-folder", folder, "--keep", "1", "--json")
	base.want(t, exitDone, `"archiving":true`, `"removed":["`+folder)
	here("org", "create", "prowest", "--name", "Prowest").want(t, exitDone)
	moment := time.Now().UTC()
	here("org", "create", "summit", "--name", "Summit").want(t, exitDone)
	drill := here("restore-drill", "--wal-folder", folder, "--json")
	drill.want(t, exitDone)
	var report struct {
		OK, Compared bool
		RPO          float64 `json:"rpo_seconds"`
		RTO          float64 `json:"rto_seconds"`
	}
	if err := json.Unmarshal([]byte(drill.out), &report); err != nil || !report.OK || !report.Compared || report.RPO > 60 || report.RTO <= 0 {
		t.Errorf("%v: %s", err, drill.out)
	}
	if said := s.stop(t); strings.Contains(said, "not archived") {
		t.Errorf("it said: %s", said)
	}

	key := []string{"--vault-key-file", filepath.Join(data, "vault.key")}
	at := t.TempDir()
	run(t, "", append([]string{"restore", "--wal-folder", folder, "--at", moment.Format(time.RFC3339Nano), "--data", at}, key...)...).want(t, exitDone, "(RTO)", "skai serve --data "+at)
	list := run(t, "", "org", "list", "--data", at)
	list.want(t, exitDone, "titan", "prowest")
	if strings.Contains(list.out, "summit") {
		t.Errorf("what came later is there: %s", list.out)
	}
	all := t.TempDir()
	run(t, "", append([]string{"restore", "--wal-folder", folder, "--at", "end", "--data", all}, key...)...).want(t, exitDone, "(RPO)")
	run(t, "", "org", "list", "--data", all).want(t, exitDone, "titan", "prowest", "summit")
	here("restore", "--wal-folder", folder, "--at", "end").want(t, exitFailed, "has a database already")
	here("restore", "--wal-folder", folder, "--at", "yesterday").want(t, exitFailed, "an example: --at 2026-11-29T14:00:00Z")
	here("restore", "--at", "end").want(t, exitFailed, "SKAI_WAL_FOLDER")
	here("restore").want(t, exitFailed, "SKAI_RESTORE_FROM")
	here("backup").want(t, exitFailed, "SKAI_BACKUP_TO")
	here("restore-drill").want(t, exitFailed, "SKAI_DRILL_FROM")
	here("wal").want(t, exitFailed, "SKAI_WAL_FOLDER (--wal-folder) is not set")
}

// TestTheLogOfAnExternalDatabaseNeedsAnAddress: skai_app may not read it.
func TestTheLogOfAnExternalDatabaseNeedsAnAddress(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	on(t, db, "", "wal", "--wal-folder", t.TempDir()).want(t, exitFailed, "SKAI_BACKUP_URL")
	on(t, db, "", "wal", "--wal-folder", t.TempDir(), "--backup-url", dbtest.URL(db, "skai_owner")).want(t, exitFailed, "ALTER ROLE skai_owner REPLICATION")
	on(t, db, "", "restore", "--wal-folder", t.TempDir(), "--at", "end").want(t, exitFailed, "a new data folder")
	on(t, db, "", "restore-drill", "--wal-folder", t.TempDir(), "--backup-url", dbtest.URL(db, localpg.Superuser)).want(t, exitFailed, "there is no base backup")
}
