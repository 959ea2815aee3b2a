package migration_test

import (
	"testing"

	"github.com/skaiscraper/skai/internal/migration"
)

// TestALeadThatBecomesAClaimIsWon runs an export in which two jobs are leads, and
// a newer one in which both were sold; one of them was won here meanwhile.
func TestALeadThatBecomesAClaimIsWon(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	jobs := func(stage string) migration.FileOptions {
		return h.file("jobs.csv", numberedJobs, "7,"+stage+",Kim,Shea,Insurance,,7 Palm Ln,Phoenix,AZ,85003", "8,"+stage+",Lou,Reed,Insurance,,8 Palm Ln,Phoenix,AZ,85003")
	}
	h.imports(jobs("Prospect"))
	h.want(`SELECT title || ' ' || stage FROM leads ORDER BY 1`, "Kim Shea qualified", "Lou Reed qualified")
	h.exec(`INSERT INTO claims (org_id, id, number, lead_id, title, created_by, updated_by)
		SELECT org_id, gen_random_uuid(), 1, id, 'won here', created_by, created_by FROM leads WHERE title = 'Lou Reed'`)
	h.exec(`INSERT INTO org_counters (org_id, name, last) SELECT org_id, 'claims', 1 FROM leads LIMIT 1 ON CONFLICT (org_id, name) DO UPDATE SET last = 1`)
	h.exec(`UPDATE leads SET stage = 'won' WHERE title = 'Lou Reed'`)

	h.run(migration.Options{Files: []migration.FileOptions{jobs("Approved")}, DryRun: true})
	h.want(`SELECT count(*)::text FROM leads WHERE stage = 'won'`, "1")
	for range 2 { // the second time changes nothing
		h.imports(jobs("Approved"))
		h.want(`SELECT concat_ws('|', l.title, l.stage, c.number, c.stage) FROM leads l JOIN claims c ON c.lead_id = l.id ORDER BY 1`,
			"Kim Shea|won|2|approved", "Lou Reed|won|1|intake")
		h.want(`SELECT count(*)::text FROM claims`, "2")
		h.want(`SELECT concat_ws('|', l.title, a.from_stage, a.to_stage, a.ordinal) FROM activities a JOIN leads l ON l.id = a.lead_id`, "Kim Shea|qualified|won|2")
		h.want(`SELECT before ->> 'stage' FROM import_changes i JOIN leads l ON l.id = i.record_id`, "qualified")
	}
}
