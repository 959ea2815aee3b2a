package activity

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// LeadsMoved writes, in the transaction of an import that has published its
// leads, which of those it knew moved to another stage, each with the row that
// said so. New ones need no word: their history begins with where they came from.
func LeadsMoved(ctx context.Context, tx pgx.Tx, run, actor uuid.UUID) error {
	_, err := postgres.Exec(ctx, tx, `
		INSERT INTO activities (org_id, id, kind, lead_id, from_stage, to_stage, run_id, file_no, ordinal, created_by, updated_by)
		SELECT DISTINCT ON (l.id) current_org(), gen_random_uuid(), 'stage', l.id, i.before ->> 'stage', l.stage, $1, r.file_no, r.ordinal, $2, $2
		FROM import_changes i JOIN leads l ON l.org_id = i.org_id AND l.id = i.record_id
			JOIN external_refs r ON r.org_id = l.org_id AND r.lead_id = l.id AND r.run_id = i.run_id
		WHERE i.run_id = $1 AND i.entity = 'lead' AND i.before ->> 'stage' <> l.stage ORDER BY l.id, r.file_no, r.ordinal`, run, actor)
	if err != nil {
		return fmt.Errorf("tell of leads that moved: %w", err)
	}
	return nil
}

// ClaimsMoved is LeadsMoved for claims.
func ClaimsMoved(ctx context.Context, tx pgx.Tx, run, actor uuid.UUID) error {
	_, err := postgres.Exec(ctx, tx, `
		INSERT INTO activities (org_id, id, kind, claim_id, from_stage, to_stage, run_id, file_no, ordinal, created_by, updated_by)
		SELECT DISTINCT ON (c.id) current_org(), gen_random_uuid(), 'stage', c.id, i.before ->> 'stage', c.stage, $1, r.file_no, r.ordinal, $2, $2
		FROM import_changes i JOIN claims c ON c.org_id = i.org_id AND c.id = i.record_id
			JOIN external_refs r ON r.org_id = c.org_id AND r.claim_id = c.id AND r.run_id = i.run_id
		WHERE i.run_id = $1 AND i.entity = 'claim' AND i.before ->> 'stage' <> c.stage ORDER BY c.id, r.file_no, r.ordinal`, run, actor)
	if err != nil {
		return fmt.Errorf("tell of claims that moved: %w", err)
	}
	return nil
}

// LeadsWon writes, in the transaction of an import, which leads were won because
// their job came as a claim, each with the row of the claim.
func LeadsWon(ctx context.Context, tx pgx.Tx, run, actor uuid.UUID) error {
	_, err := postgres.Exec(ctx, tx, `
		INSERT INTO activities (org_id, id, kind, lead_id, from_stage, to_stage, run_id, file_no, ordinal, created_by, updated_by)
		SELECT DISTINCT ON (l.id) current_org(), gen_random_uuid(), 'stage', l.id, i.before ->> 'stage', l.stage, $1, r.file_no, r.ordinal, $2, $2
		FROM import_changes i JOIN leads l ON l.org_id = i.org_id AND l.id = i.record_id
			JOIN claims c ON c.org_id = l.org_id AND c.lead_id = l.id
			JOIN external_refs r ON r.org_id = c.org_id AND r.claim_id = c.id AND r.run_id = i.run_id
		WHERE i.run_id = $1 AND i.entity = 'lead' AND i.before ->> 'stage' <> 'won' AND l.stage = 'won'
			AND NOT EXISTS (SELECT FROM activities a WHERE a.org_id = l.org_id AND a.lead_id = l.id AND a.run_id = $1)
		ORDER BY l.id, r.file_no, r.ordinal`, run, actor)
	if err != nil {
		return fmt.Errorf("tell of leads that were won: %w", err)
	}
	return nil
}

// FromRow is the row of an import that an entry was written for.
type FromRow struct {
	RunID   *uuid.UUID // nil where it was no import
	FileNo  *int
	Ordinal *int
	File    *string
	Source  *string
	Line    *int
}

const fromRow = `, a.run_id, a.file_no, a.ordinal,
	(SELECT f.name FROM import_files f WHERE f.org_id = a.org_id AND f.run_id = a.run_id AND f.file_no = a.file_no) AS file,
	(SELECT f.source FROM import_files f WHERE f.org_id = a.org_id AND f.run_id = a.run_id AND f.file_no = a.file_no) AS source,
	(SELECT l.line FROM import_rows l WHERE l.org_id = a.org_id AND l.run_id = a.run_id AND l.file_no = a.file_no AND l.ordinal = a.ordinal) AS line`

// origin is the row as a history shows it; nil where the entry is of no import.
func (e Entry) origin() *Origin {
	if e.RunID == nil || e.FileNo == nil || e.Ordinal == nil || e.File == nil || e.Source == nil {
		return nil
	}
	return &Origin{Source: *e.Source, ImportedAt: e.At, RunID: *e.RunID, FileNo: *e.FileNo, Ordinal: *e.Ordinal, File: *e.File, Line: e.Line}
}
