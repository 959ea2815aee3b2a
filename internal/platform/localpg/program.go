package localpg

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

var programLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// Program finds a program of PostgreSQL, such as pg_dump, of the server's major
// version or, for want of that, a newer one; an older one can't read the server. The
// folders of packages come first: what Debian has in PATH chooses a version by itself.
// It returns fault.Unavailable where there is none.
func Program(ctx context.Context, name string, major int) (path string, err error) {
	return programIn(ctx, append(globAll(packaged), filepath.SplitList(os.Getenv("PATH"))...), name, major)
}

func programIn(ctx context.Context, folders []string, name string, major int) (path string, err error) {
	best := 0
	var older []string
	for _, dir := range folders {
		candidate := filepath.Join(dir, name)
		out, err := exec.CommandContext(ctx, candidate, "--version").Output() //nolint:gosec // in the system's folders of programs
		m := programLine.FindSubmatch(out)
		if err != nil || m == nil {
			continue
		}
		version, err := strconv.Atoi(string(m[1]))
		switch {
		case err != nil:
		case version < major:
			older = append(older, fmt.Sprintf("%s is version %d", candidate, version))
		case best == 0 || version < best:
			best, path = version, candidate
		}
	}
	if best > 0 {
		return path, nil
	}
	found := "there is none in PATH nor in the folders of the system's packages"
	if len(older) > 0 {
		found = strings.Join(older, "; ")
	}
	return "", fault.Unavailable("database.client",
		"the database is of PostgreSQL %d, and reading it whole needs a %s of that version or newer: %s. Install postgresql-client-%d (Debian, Ubuntu) or postgresql@%d (brew)",
		major, name, found, major, major)
}
