package cli

import (
	"strings"
	"testing"
)

// TestAConsoleThatIsNoneIsRefused by serve and work, without repeating the address.
func TestAConsoleThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"serve", "work"} {
		r := run(t, "", command, "--pgbouncer-url", "postgres://stats:s3cret@127.0.0.1:6432/skai")
		r.want(t, exitFailed, "SKAI_PGBOUNCER_URL (--pgbouncer-url)", "the database pgbouncer", "an example: postgres://")
		if strings.Contains(r.out+r.errs, "s3cret") {
			t.Errorf("%s repeats the password: %s", command, r.errs)
		}
	}
}
