package localpg

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// oldest is the first major version that has all the program uses.
const oldest = 15

// packaged are the places packages put PostgreSQL outside PATH: Debian and
// Ubuntu, Red Hat and SUSE, Homebrew on both kinds of Mac and on Linux.
var packaged = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
}

// binaries is a folder with postgres and initdb of one version.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// findBinaries gives the PostgreSQL to run. For a cluster of the major version
// want it is that version or none; for a new cluster (want is 0) it is the one
// in PATH, the operator's word, else the newest.
func findBinaries(ctx context.Context, who account, folders []string, want int) (binaries, error) {
	var inPath []string
	if folders == nil {
		inPath, folders = pathFolders(os.Getenv("PATH")), globAll(packaged)
	}
	found, problems := inspectAll(ctx, who, inPath)
	rest, more := inspectAll(ctx, who, folders)
	slices.SortStableFunc(rest, func(a, b binaries) int { return cmp.Compare(b.major, a.major) })
	found, problems = append(found, rest...), append(problems, more...)
	for _, b := range found {
		if want == 0 || b.major == want {
			return b, nil
		}
	}
	if len(found) > 0 {
		return binaries{}, otherVersion(found, want)
	}
	return binaries{}, missing(problems)
}

// pathFolders follows links: the server finds its own files beside its real place.
func pathFolders(path string) []string {
	var folders []string
	for _, dir := range filepath.SplitList(path) {
		postgres, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err == nil && filepath.IsAbs(postgres) {
			folders = append(folders, filepath.Dir(postgres))
		}
	}
	return folders
}

func globAll(patterns []string) []string {
	var folders []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue // only a malformed pattern is an error
		}
		folders = append(folders, found...)
	}
	return folders
}

func inspectAll(ctx context.Context, who account, folders []string) (found []binaries, problems []string) {
	for _, dir := range folders {
		b, problem := inspect(ctx, who, dir)
		if problem == "" {
			found = append(found, b)
		} else {
			problems = append(problems, problem)
		}
	}
	return found, problems
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// inspect asks the postgres in a folder for its version, as the user who will
// run it, and says in words why the folder will not do.
func inspect(ctx context.Context, who account, dir string) (b binaries, problem string) {
	b.dir = dir
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(b.path(name)); err != nil {
			return b, fmt.Sprintf("%s has no %s", dir, name)
		}
	}
	out, err := who.command(ctx, b.path("postgres"), "--version").CombinedOutput()
	if err != nil {
		return b, fmt.Sprintf("the user %s can't run %s: %s", who.name, b.path("postgres"), firstLine(out, err))
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return b, fmt.Sprintf("%s does not say its version: %s", b.path("postgres"), firstLine(out, nil))
	}
	b.major, err = strconv.Atoi(string(m[1]))
	if err != nil || b.major < oldest {
		return b, fmt.Sprintf("%s is version %s, too old", b.path("postgres"), m[1])
	}
	return b, ""
}

func firstLine(out []byte, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if line == "" && err != nil {
		return err.Error()
	}
	return line
}

func missing(problems []string) error {
	looked := "there is none in PATH nor in the folders of the system's packages"
	if len(problems) > 0 {
		looked = strings.Join(problems, "; ")
	}
	return fault.Unavailable("database.missing",
		"PostgreSQL %d or newer (the programs postgres and initdb) is needed to keep the data, and this system has none that will do: %s. "+
			"Install it with scripts/setup (Debian, Ubuntu) or brew install postgresql@16 (macOS), or set DATABASE_URL to a PostgreSQL that runs already",
		oldest, looked)
}

func otherVersion(found []binaries, want int) error {
	here := make([]string, len(found))
	for i, b := range found {
		here[i] = fmt.Sprintf("%d (%s)", b.major, b.dir)
	}
	return fault.Unavailable("database.version",
		"the data folder was written by PostgreSQL %d, and this system has PostgreSQL %s: install PostgreSQL %d beside it and start again "+
			"(apt-get install postgresql-%d, or brew install postgresql@%d), or convert the folder to version %d with pg_upgrade, which needs both",
		want, strings.Join(slices.Compact(here), ", "), want, want, want, found[0].major)
}

// majorOf gives the major version that wrote a cluster; found is false when
// there is no cluster in the folder.
func majorOf(dir string) (major int, found bool, err error) {
	path := filepath.Join(dir, "PG_VERSION")
	text, err := os.ReadFile(path) //nolint:gosec // a file of our own cluster
	if os.IsNotExist(err) {
		if _, err := os.Stat(dir); err == nil {
			return 0, false, fault.Unavailable("database.folder",
				"%s is there but holds no database (no file PG_VERSION): move it away, or restore it from a backup", dir)
		}
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("read the version of the database: %w", err)
	}
	major, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, false, fault.Unavailable("database.folder",
			"%s does not hold the version of a PostgreSQL: the folder is damaged, restore it from a backup", path)
	}
	return major, true, nil
}
