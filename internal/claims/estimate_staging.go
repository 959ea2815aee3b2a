package claims

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/staging"
)

// StagedLineColumns are the columns of stage_estimate_lines in the order in
// which a line appends them.
const StagedLineColumns = `file_no, ordinal, id, position, number, group_code, group_name, category, selector, description, quantity, unit, unit_price,
	item_amount, tax, rcv, age, life, depreciation, acv, recoverable, coverage, activity, note, extra`

// StageLines makes the temporary table that an import fills with line items.
func StageLines(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE stage_estimate_lines ON COMMIT DROP AS
		SELECT 0 AS file_no, 0 AS ordinal, id, position, number, group_code, group_name, category, selector, description, quantity, unit, unit_price,
			item_amount, tax, rcv, age, life, depreciation, acv, recoverable, coverage, activity, note, extra
		FROM estimate_lines WITH NO DATA`)
	return err
}

// StagedLine is a line item read from a row. Amounts are cents, nil for none;
// quantity and unit price are decimal numbers, "" for none.
type StagedLine struct {
	FileNo, Ordinal, Position               int
	ID                                      uuid.UUID
	Number, GroupCode, GroupName            string
	Category, Selector, Description         string
	Quantity, Unit, UnitPrice               string
	ItemAmount, Tax, RCV, Depreciation, ACV *int64
	Age, Life                               string
	Recoverable                             *bool
	Coverage, Activity, Note                string
	Extra                                   []byte
}

// Append writes the line in the order of StagedLineColumns.
func (l *StagedLine) Append(b *staging.Buffer) {
	b.Int(int64(l.FileNo))
	b.Int(int64(l.Ordinal))
	b.UUID(l.ID)
	b.Int(int64(l.Position))
	for _, text := range []string{l.Number, l.GroupCode, l.GroupName, l.Category, l.Selector, l.Description} {
		b.Text(text)
	}
	b.TextOrNull(l.Quantity)
	b.Text(l.Unit)
	b.TextOrNull(l.UnitPrice)
	b.IntOrNull(l.ItemAmount)
	b.IntOrNull(l.Tax)
	b.IntOrNull(l.RCV)
	b.Text(l.Age)
	b.Text(l.Life)
	b.IntOrNull(l.Depreciation)
	b.IntOrNull(l.ACV)
	b.BoolOrNull(l.Recoverable)
	b.Text(l.Coverage)
	b.Text(l.Activity)
	b.Text(l.Note)
	b.JSON(l.Extra, "{}")
	b.EndRow()
}

// PublishEstimate writes the staged lines of one file as an estimate of a claim,
// a new one or in place of the lines it had.
func PublishEstimate(ctx context.Context, tx pgx.Tx, id, claim, actor uuid.UUID, name, source string, fileNo int, known bool) error {
	var err error
	if known {
		_, err = tx.Exec(ctx, `UPDATE estimates SET version = version + 1, updated_at = now(), updated_by = $2 WHERE id = $1`, id, actor)
		if err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM estimate_lines WHERE estimate_id = $1`, id)
		}
	} else {
		_, err = tx.Exec(ctx, `INSERT INTO estimates (org_id, id, claim_id, name, created_by, updated_by) VALUES (current_org(), $1, $2, $3, $4, $4)`, id, claim, name, actor)
	}
	if err != nil {
		return fmt.Errorf("publish estimate %s: %w", name, err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO estimate_lines (org_id, estimate_id, id, position, number, group_code, group_name, category, selector, description, quantity, unit,
			unit_price, item_amount, tax, rcv, age, life, depreciation, acv, recoverable, coverage, activity, note, extra)
		SELECT current_org(), $1, id, position, number, group_code, group_name, category, selector, description, quantity, unit,
			unit_price, item_amount, tax, rcv, age, life, depreciation, acv, recoverable, coverage, activity, note,
			CASE WHEN extra = '{}' THEN extra ELSE jsonb_build_object($3::text, extra) END
		FROM stage_estimate_lines WHERE file_no = $2 ORDER BY position`, id, fileNo, source)
	if err != nil {
		return fmt.Errorf("publish the lines of estimate %s: %w", name, err)
	}
	return nil
}
