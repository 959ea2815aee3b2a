package migration

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/migration/rows"
)

// writeLedger writes every row with its outcome, what was wrong with it, what
// looks like a duplicate, and closes the files: the database then compares the
// counts with the ledger and refuses the run where a row is missing.
func (r *run) writeLedger(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO import_rows (org_id, run_id, file_no, ordinal, line, outcome, raw)
		SELECT current_org(), $1, l.file_no, l.ordinal, l.line, coalesce(l.outcome, a.action, e.action), l.raw
		FROM stage_rows l
		LEFT JOIN (
			SELECT file_no, ordinal, CASE action WHEN 'kept' THEN 'merged' ELSE action END AS action FROM (
				SELECT file_no, ordinal, action FROM stage_contacts WHERE NOT embedded
				UNION ALL SELECT file_no, ordinal, action FROM stage_properties WHERE NOT embedded
				UNION ALL SELECT file_no, ordinal, action FROM stage_leads
				UNION ALL SELECT file_no, ordinal, action FROM stage_claims
				UNION ALL SELECT file_no, ordinal, action FROM stage_files) u) a USING (file_no, ordinal)
		LEFT JOIN stage_estimates e USING (file_no)`, r.id); err != nil {
		return fmt.Errorf("write the ledger: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO import_problems (org_id, run_id, file_no, ordinal, seq, severity, column_name, value, rule, hint)
		SELECT current_org(), $1, file_no, ordinal, row_number() OVER (PARTITION BY file_no, ordinal ORDER BY seq, column_name, rule),
			severity, column_name, value, rule, hint FROM stage_problems`, r.id); err != nil {
		return fmt.Errorf("write what was wrong: %w", err)
	}
	if err := r.writeCandidates(ctx, tx); err != nil {
		return err
	}
	return r.closeInLedger(ctx, tx)
}

// mostAlike is how many contacts may share a number, an address or a house and
// still look like one person: what more of them share is an office's, and a person
// who reviews would have to say no to each.
const mostAlike = 5

// writeCandidates notes new contacts that look like one that is there: the same
// phone, the same e-mail address, or the same surname at the same address. They
// are for a person to decide; nothing merges them.
func (r *run) writeCandidates(ctx context.Context, tx pgx.Tx) error {
	rungs := []struct{ name, key string }{
		{"phone", "c.phone"},
		{"email", "c.email"},
		{"address_and_surname", "CASE WHEN c.street <> '' AND c.zip <> '' AND c.last_name <> '' THEN upper(c.street || '|' || c.unit || '|' || c.zip || '|' || c.last_name) END"},
	}
	var keys, found strings.Builder
	for i, rung := range rungs {
		fmt.Fprintf(&keys, ", %s AS %s", rung.key, rung.name)
		if i > 0 {
			found.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&found, `
			SELECT f.id, o.id AS candidate, '%[2]s' AS rung FROM fresh f JOIN (
				SELECT k.key, (array_agg(k.id ORDER BY k.id))[1] AS id FROM (SELECT %[1]s AS key, c.id FROM contacts c WHERE c.archived_at IS NULL) k
				WHERE k.key IN (SELECT %[2]s FROM fresh) GROUP BY k.key HAVING count(*) BETWEEN 2 AND %[3]d) o ON o.key = f.%[2]s
			WHERE f.id <> o.id`, rung.key, rung.name, mostAlike)
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		WITH fresh AS MATERIALIZED (
			SELECT c.id%s FROM stage_contacts s JOIN contacts c ON c.org_id = current_org() AND c.id = s.id
			WHERE s.action = 'created' AND s.rank = 0 AND c.archived_at IS NULL)
		INSERT INTO import_candidates (org_id, run_id, record_id, candidate_id, rung)
		SELECT current_org(), $1, id, candidate, rung FROM (%s) found`, keys.String(), found.String()), r.id)
	if err != nil {
		return fmt.Errorf("look for duplicates: %w", err)
	}
	return nil
}

func (r *run) closeInLedger(ctx context.Context, tx pgx.Tx) error {
	for _, f := range r.files {
		read, cells := int64(0), rows.Cells{}
		if f.reading != nil {
			read, cells = f.reading.Rows, f.reading.Cells
		}
		_, err := tx.Exec(ctx, `
			UPDATE import_files f SET closed = true, rows_read = $3, cells_filled = $4, cells_mapped = $5, cells_extra = $6, cells_errored = $7,
				created = n.created, updated = n.updated, merged = n.merged, unchanged = n.unchanged, skipped = n.skipped, errored = n.errored, blank = n.blank
			FROM (SELECT count(*) FILTER (WHERE outcome = 'created') AS created, count(*) FILTER (WHERE outcome = 'updated') AS updated,
					count(*) FILTER (WHERE outcome = 'merged') AS merged, count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged,
					count(*) FILTER (WHERE outcome = 'skipped') AS skipped, count(*) FILTER (WHERE outcome = 'errored') AS errored,
					count(*) FILTER (WHERE outcome = 'blank') AS blank
				FROM import_rows WHERE run_id = $1 AND file_no = $2) n
			WHERE f.run_id = $1 AND f.file_no = $2`,
			r.id, f.no, read, cells.Filled, cells.Mapped, cells.Extra, cells.Errored)
		if err != nil {
			return fmt.Errorf("close %s in the ledger: %w", f.Name, err)
		}
	}
	return nil
}
