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
	"github.com/skaiscraper/skai/internal/migration/normalise"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// estimateFile is the estimate whose line items a file holds. An estimate is
// known by its claim and the file's name; its lines have no identity of their own.
type estimateFile struct {
	id, claim   uuid.UUID
	name        string
	externalID  string
	lines       int
	hash        []byte
	action      string
	fingerprint uuid.UUID
	totals      map[string]int64 // control totals: sums of the cells, in cents
}

func stageEstimates(ctx context.Context, tx pgx.Tx) error {
	if err := claims.StageLines(ctx, tx); err != nil {
		return fmt.Errorf("stage line items: %w", err)
	}
	return steps(ctx, tx, step{"stage estimates", `CREATE TEMPORARY TABLE stage_estimates (file_no int, id uuid, action text) ON COMMIT DROP`})
}

// findEstimate finds the claim that --claim names: by our number, or by the carrier's.
func findEstimate(ctx context.Context, tx pgx.Tx, f *file) (*estimateFile, error) {
	if f.Claim == "" {
		return nil, fault.Invalid("claim", "%s holds line items of an estimate, which name no claim; say which with --claim NUMBER, ours or the carrier's", f.Name)
	}
	ours, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimPrefix(f.Claim, "#"), "C-"), 10, 64)
	if err != nil {
		ours = -1
	}
	found, err := postgres.Value[[]uuid.UUID](ctx, tx, `
		SELECT coalesce(array_agg(id), '{}') FROM claims WHERE number = $1 OR claim_key = upper(translate($2, ' -./#', ''))`, ours, f.Claim)
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, fault.Invalid("claim", "%s: there is no claim %q, neither of ours nor of a carrier's; import the claims first", f.Name, f.Claim)
	case 1:
	default:
		return nil, fault.Invalid("claim", "%s: %d claims go by the number %q; name the one you mean by our number", f.Name, len(found), f.Claim)
	}
	name := strings.TrimSuffix(f.Name, filepath.Ext(f.Name))
	return &estimateFile{
		id: postgres.NewID(), claim: found[0], name: name, externalID: found[0].String() + ":" + name, totals: map[string]int64{},
	}, nil
}

func (b *batch) estimateLine(r *row) {
	e := b.estimate
	l := claims.StagedLine{
		FileNo: r.fileNo, Ordinal: r.ordinal, ID: postgres.NewID(), Number: r.text(sources.LineNumber, maxName), GroupCode: r.text(sources.GroupCode, maxName),
		GroupName: r.text(sources.GroupName, maxName), Category: r.text(sources.Category, maxName), Selector: r.text(sources.Selector, maxName),
		Description: r.text(sources.Description, maxText), Quantity: r.decimal(sources.Quantity), Unit: r.text(sources.Unit, maxName), UnitPrice: r.decimal(sources.UnitPrice),
		ItemAmount: r.money(sources.ItemAmount), Tax: r.money(sources.Tax), RCV: r.money(sources.RCV), Depreciation: r.money(sources.Depreciation), ACV: r.money(sources.ACV),
		Age: r.text(sources.Age, maxName), Life: r.text(sources.Life, maxName), Coverage: r.text(sources.Coverage, maxName), Activity: r.text(sources.Activity, maxName),
		Note: r.joined(sources.Notes),
	}
	if s, _ := r.raw(sources.Recoverable); !normalise.Blank(s) {
		recoverable := r.flag(sources.Recoverable)
		l.Recoverable = &recoverable
	}
	if r.errored {
		return
	}
	print := r.fingerprint()
	e.hash = append(e.hash[:len(e.hash):len(e.hash)], print[:]...)
	if len(e.hash) > 1<<16 { // folded, so that a long estimate takes no more memory
		folded := hashOf(e.hash)
		e.hash = append(e.hash[:0], folded[:]...)
	}
	e.lines++
	l.Position = e.lines
	for name, cents := range map[string]*int64{"item amount": l.ItemAmount, "sales tax": l.Tax, "RCV": l.RCV, "depreciation": l.Depreciation, "ACV": l.ACV} {
		if cents != nil {
			e.totals[name] += *cents
		}
	}
	l.Extra = r.extra()
	l.Append(&b.lines)
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
	e.fingerprint = hashOf(e.hash)
	type known struct {
		ID          uuid.UUID
		Fingerprint uuid.UUID
	}
	k, err := postgres.One[known](ctx, tx, `
		SELECT estimate_id AS id, fingerprint FROM external_refs WHERE entity = 'estimate' AND source = $1 AND external_id = $2`, f.plan.source.Name, e.externalID)
	switch {
	case errors.Is(err, postgres.ErrNoRow):
		e.action = "created"
		if e.lines == 0 { // all lines were set aside, an estimate without any says nothing
			return nil
		}
	case err != nil:
		return err
	case k.Fingerprint == e.fingerprint:
		e.id, e.action = k.ID, "unchanged"
		return nil
	default:
		e.id, e.action = k.ID, "updated"
		if err := r.keepEstimate(ctx, tx, e.id); err != nil {
			return err
		}
	}
	if err := claims.PublishEstimate(ctx, tx, e.id, e.claim, r.actor, e.name, f.plan.source.Name, f.no, e.action == "updated"); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO external_refs (org_id, entity, source, external_id, estimate_id, fingerprint, run_id, file_no, ordinal)
		VALUES (current_org(), 'estimate', $1, $2, $3, $4, $5, $6, 1)
		ON CONFLICT (org_id, entity, source, external_id) DO UPDATE SET fingerprint = $4, run_id = $5, file_no = $6, ordinal = 1, imported_at = now()`,
		f.plan.source.Name, e.externalID, e.id, e.fingerprint, r.id, f.no)
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
