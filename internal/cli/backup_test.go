package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/localpg"
)

// glob gives how many there are.
func glob(t *testing.T, parts ...string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// TestBackupByCommand goes the way an operator goes with a private PostgreSQL: a backup
// that is killed, one that is whole, a drill, a restore into another data folder.
func TestBackupByCommand(t *testing.T) {
	t.Parallel()
	data, bk := t.TempDir(), filepath.Join(t.TempDir(), "backups")
	here := func(args ...string) result { return run(t, "", append(args, "--data", data)...) }
	here("org", "create", "titan", "--name", "Titan Roofing", "--time-zone", "America/Phoenix").want(t, exitDone)
	here("import", "--org", "titan", contactsFile(t, 1000)).want(t, exitWithRows)

	killBackup(t, data, bk)
	here("restore-drill", "--from", bk).want(t, exitFailed, "there is no whole backup in "+bk)
	here("backup", "--to", bk).want(t, exitDone, "objects of files", "The master key is not in it", "skai restore-drill --from "+bk)
	if n := glob(t, bk, ".unfinished-*"); n != 0 {
		t.Errorf("%d unfinished backups are left", n)
	}
	here("restore-drill", "--from", bk).want(t, exitDone, "(RTO)", "(RPO)", "ok      every table has its rows")
	drill := here("restore-drill", "--from", bk, "--json", "--vault-secret", "a secret that is not the right one")
	drill.want(t, exitFailed)
	var report struct {
		OK     bool
		Rows   int64
		RTO    float64 `json:"rto_seconds"`
		Checks []struct {
			Name   string
			Failed []string
		}
	}
	if err := json.Unmarshal([]byte(drill.out), &report); err != nil || report.OK || report.Rows < 1000 || report.RTO <= 0 || len(report.Checks) != 7 || !strings.Contains(drill.out, "is not the one that this database's secrets were sealed with") {
		t.Errorf("with another key: %v, %s", err, drill.out)
	}
	again := here("backup", "--to", bk, "--keep", "1", "--json")
	again.want(t, exitDone, `"removed":["`+bk)
	if n := glob(t, bk, "skai-*"); n != 1 {
		t.Errorf("%d backups are kept", n)
	}

	other := t.TempDir()
	run(t, "", "restore", "--from", bk, "--data", other).want(t, exitFailed, "no master key is named here")
	run(t, "", "restore", "--from", bk, "--data", other, "--vault-key-file", filepath.Join(data, "vault.key")).want(t, exitDone, "(RTO)", "skai serve --data "+other)
	run(t, "", "org", "list", "--data", other).want(t, exitDone, "titan")
	run(t, "", "restore", "--from", bk, "--data", other, "--vault-key-file", filepath.Join(data, "vault.key")).want(t, exitFailed, "has a database already")
	here("restore", "--from", bk).want(t, exitFailed, "has a database already")
}

// killBackup starts a backup and kills it while it is made.
func killBackup(t *testing.T, data, to string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "backup", "--to", to, "--data", data) //nolint:gosec // this test program itself
	c.Env = append(os.Environ(), asProgram+"=1")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 60_000 {
		if glob(t, to, ".unfinished-*", "database") > 0 {
			break
		}
		<-tick.C
	}
	_ = c.Process.Kill() // in the middle
	_ = c.Wait()
	if glob(t, to, ".unfinished-*") != 1 || glob(t, to, "skai-*") != 0 {
		t.Fatal("it was not killed in the middle")
	}
}

// TestBackupOfAnExternalDatabase: DATABASE_URL needs a role of its own, and a restore
// the superuser.
func TestBackupOfAnExternalDatabase(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	dbtest.Org(t, db, "titan")
	bk := t.TempDir()
	on(t, db, "", "backup", "--to", bk).want(t, exitFailed, "make the role skai_backup")
	on(t, db, "", "backup", "--to", bk, "--backup-url", dbtest.URL(db, "skai_owner")).want(t, exitFailed, "held back by row security")
	on(t, db, "", "backup", "--to", bk, "--backup-url", dbtest.URL(db, localpg.Superuser)).want(t, exitDone, "Try it")
	on(t, db, "", "restore", "--from", bk).want(t, exitFailed, "SKAI_ADMIN_URL")
	owner, app := dbtest.Bare(t)
	into := []string{"restore", "--from", bk, "--data", t.TempDir(), "--database-url", app, "--owner-url", owner, "--admin-url", strings.Replace(owner, "user=skai_owner", "user="+localpg.Superuser, 1)}
	run(t, "", into...).want(t, exitDone, "(RTO)")
	run(t, "", into...).want(t, exitFailed, "tables already")
	on(t, db, "", "restore-drill", "--from", bk).want(t, exitDone, "restored and checked in")
	on(t, db, "", "restore-drill", "--from", bk, "--no-record").want(t, exitDone, "restored and checked in")
	counted := dbtest.Super(t, db)
	var backups, failed, drills int
	if err := counted.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE result = 'failed'), (SELECT count(*) FROM restore_drills) FROM backups`).Scan(&backups, &failed, &drills); err != nil || backups != 2 || failed != 1 || drills != 1 {
		t.Errorf("written down: %d backups, %d of them failed, %d drills; %v", backups, failed, drills, err)
	}
}
