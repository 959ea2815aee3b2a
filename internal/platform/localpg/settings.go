package localpg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// configure writes the server's three files of settings. The server must not run.
func (c *cluster) configure(ctx context.Context, bin binaries) error {
	for name, text := range map[string]string{
		"postgresql.conf": c.settings(memory(), c.walCompression(ctx, bin)),
		"pg_hba.conf":     "# Written at each start. Connections come by the socket and are known by their user.\nlocal all all peer map=skai\nlocal replication all peer map=skai\n",
		"pg_ident.conf":   "# Written at each start: which user of this system may be which database role.\n" + strings.Join(c.identLines(), ""),
	} {
		if err := c.write(name, text); err != nil {
			return err
		}
	}
	return nil
}

// identLines let the server's user and root, who may become that user anyway, be
// each of the roles. Nobody else gets through to the socket.
func (c *cluster) identLines() []string {
	var lines []string
	all := slices.Clone(roles)
	if other := c.superuser(); other != Superuser {
		all = append(all, other)
	}
	for _, role := range all {
		for _, user := range []string{c.account.name, "root"} {
			lines = append(lines, fmt.Sprintf("skai \"%s\" \"%s\"\n", user, role)) // the quotes guard blanks
		}
	}
	return lines
}

// settings is the text of postgresql.conf for a machine with so much memory.
func (c *cluster) settings(memory int64, walCompression string) string {
	const mega = 1 << 20
	lines := []string{
		"# Written at each start. Settings of your own: ALTER SYSTEM, which are kept in postgresql.auto.conf and win.",
		"max_connections = 100",
		"unix_socket_permissions = 0700",
		fmt.Sprintf("shared_buffers = %dMB", min(max(memory/8, 128*mega), 1024*mega)/mega),
		fmt.Sprintf("effective_cache_size = %dMB", max(memory/2, 256*mega)/mega),
		fmt.Sprintf("maintenance_work_mem = %dMB", min(max(memory/32, 64*mega), 256*mega)/mega),
		"max_wal_size = 2GB",
		"max_slot_wal_keep_size = 4GB # when nobody fetches the log for an archive, it is given up before the disk is full",
		"checkpoint_timeout = 15min",
		"wal_compression = " + walCompression,
		"synchronous_commit = on",
		"random_page_cost = 1.1 # there is hardly a disk left that spins",
		"jit = off # compiling costs these short statements more than it saves",
		"timezone = 'UTC'",
		"lc_messages = 'C'",
		"default_text_search_config = 'pg_catalog.english'",
		"# The log: a file per day of the week, overwritten a week later. No ERROR lines: the",
		"# program reports those, and here they would put customers' data into the log.",
		"logging_collector = on",
		"log_directory = 'log'",
		"log_filename = 'postgres-%a.log'",
		"log_rotation_age = 1d",
		"log_rotation_size = 0",
		"log_truncate_on_rotation = on",
		"log_timezone = 'UTC'",
		"log_min_messages = log",
		"log_min_error_statement = panic",
		"log_checkpoints = off",
		"log_lock_waits = on",
	}
	if c.temporary {
		lines = append(lines, "fsync = off", "full_page_writes = off", "logging_collector = off", "shared_buffers = 128MB")
	}
	return strings.Join(lines, "\n") + "\n"
}

// walCompression is the best compression this build of PostgreSQL has.
func (c *cluster) walCompression(ctx context.Context, bin binaries) string {
	cmd, release, err := c.command(ctx, bin.path("postgres"), c.dir, "-C", "wal_compression", "-c", "wal_compression=lz4")
	if err != nil {
		return "on"
	}
	defer release()
	if cmd.Run() != nil {
		return "on"
	}
	return "lz4"
}

// memory is what this program may use of the machine's, in bytes: all of it, or
// the limit of the container. 2 GB where the system does not say as Linux does.
func memory() int64 {
	const unknown = 2 << 30
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return unknown
	}
	total := memTotal(text)
	if total == 0 {
		return unknown
	}
	limit, err := os.ReadFile("/sys/fs/cgroup/memory.max")
	if err != nil {
		return total
	}
	if n, err := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil {
		return min(n, total)
	}
	return total // "max": no limit
}

// memTotal reads the line "MemTotal:  24683724 kB" of /proc/meminfo; 0 without one.
func memTotal(meminfo []byte) int64 {
	for line := range bytes.Lines(meminfo) {
		fields := strings.Fields(string(line))
		if len(fields) == 3 && fields[0] == "MemTotal:" && fields[2] == "kB" {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return n << 10
			}
		}
	}
	return 0
}
