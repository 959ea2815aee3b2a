package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// port names the socket; nothing listens on a network.
const port = 5432

var socketName = ".s.PGSQL." + strconv.Itoa(port)

const (
	// longestSocket is the longest path of a socket: 103 bytes on macOS, 107 on Linux.
	longestSocket = 103
	// socketFolderPrefix begins the name of every folder this package makes in the
	// system's temporary folder.
	socketFolderPrefix = "skai-pg-"
)

// socketFolder gives the folder for the server's socket: the cluster's own, or,
// where its path won't do for a socket or is closed to the server's user, a short
// one that only this user enters. Other programs find it in postmaster.pid.
func (c *cluster) socketFolder(ctx context.Context) (string, error) {
	if c.servesAsSocketFolder(ctx, c.dir) {
		return c.dir, nil
	}
	for _, temp := range []string{os.TempDir(), "/tmp"} {
		dir, err := os.MkdirTemp(temp, socketFolderPrefix+"*")
		if err != nil {
			continue
		}
		if err := c.account.own(dir); err != nil {
			return "", errors.Join(err, os.Remove(dir))
		}
		if c.servesAsSocketFolder(ctx, dir) {
			return dir, nil
		}
		if err := os.Remove(dir); err != nil {
			return "", fmt.Errorf("remove a folder that won't do for the socket: %w", err)
		}
	}
	return "", fault.Unavailable("database.socket",
		"there is no folder for the database's socket: %s is too long, has a comma or is closed to the user %s, and %s and /tmp won't do either; choose a shorter data folder",
		c.dir, c.account.name, os.TempDir())
}

func (c *cluster) servesAsSocketFolder(ctx context.Context, dir string) bool {
	if strings.Contains(dir, ",") {
		return false // in an address it would part two hosts
	}
	return len(filepath.Join(dir, socketName)) <= longestSocket && c.reaches(ctx, dir)
}

// quoteFolder writes a folder as an element of a list of folders in a setting.
func quoteFolder(dir string) string { return `"` + strings.ReplaceAll(dir, `"`, `""`) + `"` }

// removeSocketFolder removes an empty folder that socketFolder made in a
// temporary folder; the cluster's own folder stays.
func removeSocketFolder(dir string) error {
	if !strings.HasPrefix(filepath.Base(dir), socketFolderPrefix) {
		return nil
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the folder of the database's socket: %w", err)
	}
	return nil
}
