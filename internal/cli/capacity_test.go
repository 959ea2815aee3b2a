package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/capacity"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestCapacityOfALoadTest(t *testing.T) {
	t.Parallel()
	r := capacity.Run{Name: "soak", Machine: capacity.Machine{Cores: 2, MemoryMB: 8192}, Pool: 20}
	for i := range 12 { // 100 people, a request every 10 s, 10 ms of processor time each
		r.Windows = append(r.Windows, capacity.Window{Second: 10 * i, People: 100, Times: capacity.Times{Requests: 100}, SkaiCPU: 0.6, PostgresCPU: 0.4, Busy: 0.05, Sampled: 10})
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "soak.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "", "capacity", "--from", file, "--people", "2000").want(t, exitDone, "A core holds           700 (700 to 700) people", "1. processors: 2 cores, 70 % busy at 1400", "cores                2.9", "Not known:")
	run(t, "", "capacity", "--from", file, "--every", "20", "--busy", "0.5").want(t, exitDone, "A core holds           1000 (1000 to 1000) people", "as given")
	printed := run(t, "", "capacity", "--from", file, "--json")
	var e capacity.Estimate
	if err := json.Unmarshal([]byte(printed.out), &e); err != nil || e.Requests != 1200 {
		t.Errorf("%v: %s", err, printed.out)
	}
	run(t, "", "capacity", "--from", file+"x").want(t, exitFailed, "can't be read")
	run(t, "", "capacity", "--busy", "1").want(t, exitFailed, "--busy", "above 0 and below 1")
	run(t, "", "capacity", "--cores", "4").want(t, exitFailed, "--from")
}

// TestCapacityOfTheInstallation has what it measured of itself in the database.
func TestCapacityOfTheInstallation(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	on(t, db, "", "capacity").want(t, exitFailed, "there were requests in 0 minutes", "--from")
	for _, route := range []string{"*", "GET /claims"} {
		if _, err := dbtest.Super(t, db).Exec(t.Context(), fmt.Sprintf(`
			INSERT INTO request_stats (org_id, grain, at, route, process_id, requests, failures, refusals, bytes, queries, seconds, sketch)
			SELECT $1, 'minute', date_trunc('minute', now()) - i * interval '1 minute', '%s', gen_random_uuid(), 100, 0, 0, 0, 300, 0.5, '' FROM generate_series(1, 10) i`, route), titan.ID); err != nil {
			t.Fatal(err)
		}
	}
	on(t, db, "", "capacity", "--every", "10", "--people", "100").want(t, exitDone, "10 minutes with requests, 1000 requests", "5.0 (5.0 to 5.0) ms and 3.0 statements", "at least 1400", "at most 0.071", "GET /claims")
}
