package faults_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/localpg"
)

// small is a folder on a disk of its own, of so many bytes. Making one takes root.
func small(t *testing.T, options string) string {
	t.Helper()
	dir := folder(t)
	if err := syscall.Mount("skai-faults", dir, "tmpfs", 0, options+",mode=0711"); err != nil {
		t.Skipf("a small disk can't be made here (%v): as root on Linux it can", err)
	}
	t.Cleanup(func() { // the last of the database's processes may be on its way out
		within(t, 30*time.Second, "the small disk is in use still", func() bool { return syscall.Unmount(dir, 0) == nil })
	})
	return dir
}

// fill takes all room there is, and gives what takes it.
func fill(t *testing.T, dir string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(dir, "ballast")
	f, err := os.Create(ballast) //nolint:gosec // in a folder of the test's own
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for len(block) >= 4096 {
		switch _, err := f.Write(block); {
		case errors.Is(err, syscall.ENOSPC):
			block = block[:len(block)/2]
		case err != nil:
			t.Fatal(err)
		}
	}
	_ = f.Close() // it can't be whole: there is no room
	return ballast
}

// The disk that the database and the files are on is full; then somebody makes room.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	r := newRigIn(t, small(t, "size=400m"))
	r.balance(t)
	c := begin(t, r)
	c.serves(t, 50)
	start := time.Now()
	ballast := fill(t, r.folder)
	c.sees(t, putOff, 20, "nothing says that there is no room")
	c.serves(t, 50) // reading goes on
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	r.revive(t)
	r.recovers(t, c, start)
}

// revive starts the database where it gave up for want of room, as whoever made some would.
func (r *rig) revive(t *testing.T) {
	t.Helper()
	for late := time.Now().Add(5 * time.Second); time.Now().Before(late); {
		if conn, err := pgx.Connect(t.Context(), r.pg.URL(localpg.Superuser, database)); err == nil {
			_ = conn.Close(t.Context()) // it answered
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	_ = r.pg.Close() // it has ended by itself
	r.start(t)
}
