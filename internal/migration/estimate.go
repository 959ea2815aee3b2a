package migration

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// estimateFile is the estimate whose line items a file holds. An estimate is
// known by its claim and the file's name; its lines have no identity of their own.
type estimateFile struct {
	id, claim  uuid.UUID
	name       string
	externalID string
	action     string
}

func stageEstimates(ctx context.Context, tx pgx.Tx) error {
	if err := claims.StageLines(ctx, tx); err != nil {
		return fmt.Errorf("stage line items: %w", err)
	}
	return steps(ctx, tx, step{"stage estimates", `CREATE TEMPORARY TABLE stage_estimates (file_no int, id uuid, action text) ON COMMIT DROP`})
}

// findEstimate finds the claim that an estimate is for.
func findEstimate(ctx context.Context, tx pgx.Tx, f *file) (*estimateFile, error) {
	claim, err := findClaim(ctx, tx, f, "holds line items of an estimate, which name no claim")
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(f.Name, filepath.Ext(f.Name))
	return &estimateFile{id: postgres.NewID(), claim: claim, name: name, externalID: claim.String() + ":" + name}, nil
}

// claimsByNumber gives the claims that go by a number: ours where it is written
// as C-17 or #17, else ours and the carrier's.
func claimsByNumber(ctx context.Context, tx pgx.Tx, number string) ([]uuid.UUID, error) {
	digits, marked := strings.CutPrefix(strings.TrimPrefix(number, "#"), "C-")
	ours, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		ours = -1
	}
	found, err := postgres.Values[uuid.UUID](ctx, tx, `SELECT id FROM claims WHERE number = $1 OR claim_key = upper(translate($2, ' -./#', ''))`, ours, number)
	if err != nil || len(found) < 2 || !marked && !strings.HasPrefix(number, "#") {
		return found, err
	}
	return postgres.Values[uuid.UUID](ctx, tx, `SELECT id FROM claims WHERE number = $1`, ours)
}

// publishEstimates writes the estimates of the run's files. The same lines again
// change nothing; other lines take the place of those there were.
func (r *run) publishEstimates(ctx context.Context, tx pgx.Tx) error {
	for _, f := range r.files {
		if f.estimate == nil {
			continue
		}
		if err := r.publishEstimate(ctx, tx, f, f.estimate); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO stage_estimates (file_no, id, action) VALUES ($1, $2, $3)`, f.no, f.estimate.id, f.estimate.action); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) publishEstimate(ctx context.Context, tx pgx.Tx, f *file, e *estimateFile) error {
	fingerprint := f.reading.Estimate.Fingerprint()
	type known struct {
		ID          uuid.UUID
		Fingerprint uuid.UUID
	}
	k, err := postgres.One[known](ctx, tx, `
		SELECT estimate_id AS id, fingerprint FROM external_refs WHERE entity = 'estimate' AND source = $1 AND external_id = $2`, f.reading.Source(), e.externalID)
	switch {
	case errors.Is(err, postgres.ErrNoRow):
		e.action = "created"
		if f.reading.Estimate.Lines == 0 { // all lines were set aside, an estimate without any says nothing
			return nil
		}
	case err != nil:
		return err
	case k.Fingerprint == fingerprint:
		e.id, e.action = k.ID, "unchanged"
		return nil
	default:
		e.id, e.action = k.ID, "updated"
		if err := r.keepEstimate(ctx, tx, e.id); err != nil {
			return err
		}
	}
	if err := claims.PublishEstimate(ctx, tx, e.id, e.claim, r.actor, e.name, f.reading.Source(), f.no, e.action == "updated"); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO external_refs (org_id, entity, source, external_id, estimate_id, fingerprint, run_id, file_no, ordinal)
		VALUES (current_org(), 'estimate', $1, $2, $3, $4, $5, $6, 1)
		ON CONFLICT (org_id, entity, source, external_id) DO UPDATE SET fingerprint = $4, run_id = $5, file_no = $6, ordinal = 1, imported_at = now()`,
		f.reading.Source(), e.externalID, e.id, fingerprint, r.id, f.no)
	return err
}

func (r *run) keepEstimate(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO import_changes (org_id, run_id, entity, record_id, before)
		SELECT current_org(), $1, 'estimate', e.id, to_jsonb(e) || jsonb_build_object('lines',
			(SELECT jsonb_agg(to_jsonb(l) ORDER BY l.position) FROM estimate_lines l WHERE l.org_id = e.org_id AND l.estimate_id = e.id))
		FROM estimates e WHERE e.id = $2 ON CONFLICT DO NOTHING`, r.id, id)
	return err
}
