package migration_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const numberedJobs = "Job Number,Current Milestone,Primary Contact: First Name,Primary Contact: Last Name,Work Type,Dead Lead Reason,Job: Location Street 1,Job: Location City,Job: Location State,Job: Location Zip Code"

// TestAnImportThatMovesAStageTellsIt runs an older and a newer export of the
// same jobs: what moved is in the history of its record with the row that said
// so, what was edited here meanwhile stays where it is and says nothing.
func TestAnImportThatMovesAStageTellsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	jobs := func(stages ...string) migration.FileOptions {
		lines := []string{numberedJobs}
		for i, stage := range stages {
			n := string(rune('1' + i))
			lines = append(lines, n+","+stage+",Kim,Shea"+n+",Insurance,,"+n+" Palm Ln,Phoenix,AZ,85003")
		}
		return h.file("jobs.csv", lines...)
	}
	const told = `SELECT concat_ws('|', a.from_stage, a.to_stage, coalesce(l.title, c.source_stage), a.file_no, r.line, p.kind, r.run_id = a.run_id)
		FROM activities a JOIN import_rows r USING (run_id, file_no, ordinal) JOIN people p ON p.id = a.created_by LEFT JOIN leads l ON l.id = a.lead_id LEFT JOIN claims c ON c.id = a.claim_id
		WHERE a.kind = 'stage' ORDER BY 1`
	h.imports(jobs("Lead", "Approved", "Approved", "Prospect"))
	const any = `SELECT count(*)::text FROM activities`
	h.want(any, "0")
	h.exec(`UPDATE claims SET stage = 'build', updated_at = now() + interval '1 second' WHERE number = 2`)

	newer := jobs("Prospect", "Invoiced", "Invoiced", "Prospect")
	h.run(migration.Options{Files: []migration.FileOptions{newer}, DryRun: true})
	h.want(any, "0")
	h.imports(newer)
	want := []string{"approved|invoiced|Invoiced|1|3|member|t", "new|qualified|Kim Shea1|1|2|member|t"}
	h.want(told, want...)
	h.imports(newer)
	h.want(told, want...)
	h.want(`SELECT stage FROM claims WHERE number = 2`, "build")

	claim, err := uuid.Parse(h.rows(`SELECT claim_id::text FROM activities WHERE claim_id IS NOT NULL`)[0])
	if err != nil {
		t.Fatal(err)
	}
	entries := history(h, activity.OfClaim(claim))
	if len(entries) != 2 || entries[0].Kind == entries[1].Kind {
		t.Fatalf("the claim's history: %+v, want a stage and an import", entries)
	}
	for _, e := range entries {
		if e.Origin == nil || e.Origin.File != "jobs.csv" || e.Origin.Line == nil || *e.Origin.Line != 3 || e.Origin.Source != "acculynx" || !strings.Contains(e.Origin.RowURL(), "/rows/1/3") {
			t.Errorf("%s leads to %+v, want line 3 of jobs.csv", e.Kind, e.Origin)
		}
	}
}

func history(h house, about activity.About) []activity.Entry {
	h.Helper()
	found, err := postgres.Read(h.ctx, h.db, func(ctx context.Context, tx pgx.Tx) (list activity.History, err error) {
		var b pgx.Batch
		if err := activity.OfRecord(&b, about, "", &list); err != nil {
			return list, err
		}
		err = postgres.Send(ctx, tx, &b)
		return list, err
	})
	if err != nil {
		h.Fatal(err)
	}
	return found.Entries
}
