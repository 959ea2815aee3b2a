package claims

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/staging"
)

// Staging is how an import publishes claims.
var Staging = staging.Table{
	Name: "claims", Entity: "claim",
	Columns: []staging.Column{
		{Name: "title", Rule: staging.Text},
		{Name: "contact_id", Rule: staging.Value},
		{Name: "property_id", Rule: staging.Value},
		{Name: "kind", Rule: staging.Text},
		{Name: "carrier", Rule: staging.Text},
		{Name: "claim_number", Rule: staging.Text},
		{Name: "policy_number", Rule: staging.Text},
		{Name: "date_of_loss", Rule: staging.Value},
		{Name: "peril", Rule: staging.Value},
		{Name: "adjuster_id", Rule: staging.Value},
		{Name: "stage", Rule: staging.Text},
		{Name: "stage_before", Rule: staging.Follow, With: "stage"},
		{Name: "source_stage", Rule: staging.Text},
		{Name: "source", Rule: staging.Text},
		{Name: "work_type", Rule: staging.Text},
		{Name: "assignee_id", Rule: staging.Value},
		{Name: "rcv", Rule: staging.Value},
		{Name: "acv", Rule: staging.Value},
		{Name: "deductible", Rule: staging.Value},
		{Name: "recoverable_depreciation", Rule: staging.Value},
		{Name: "non_recoverable_depreciation", Rule: staging.Value},
		{Name: "approved", Rule: staging.Value},
		{Name: "supplements", Rule: staging.Value},
		{Name: "paid", Rule: staging.Value},
		{Name: "next_action", Rule: staging.Text},
		{Name: "notes", Rule: staging.Text},
		{Name: "tags", Rule: staging.List},
	},
	Helpers: []string{
		"contact_ref text", "property_ref text", "adjuster_ref text", "contact_email text", "contact_name text",
		"assignee_name text", "stage_at timestamptz", "carrier_key text", "claim_key text", "number bigint",
	},
	Insert: map[string]string{"number": "number", "stage_changed_at": "coalesce(stage_at, created_at, now())"},
	Update: map[string]string{"stage_changed_at": "CASE WHEN s.stage <> '' AND s.stage <> c.stage THEN coalesce(s.stage_at, now()) ELSE c.stage_changed_at END"},
}

// Staged is a claim read from a row. Amounts are cents, nil for not known.
type Staged struct {
	staging.Head
	Title, Kind                          string
	Carrier, ClaimNumber, PolicyNumber   string
	DateOfLoss                           date.Date
	Peril                                string
	Stage, StageBefore, SourceStage      string
	Source, WorkType                     string
	RCV, ACV, Deductible                 *int64
	RecoverableDepreciation              *int64
	NonRecoverableDepreciation           *int64
	Approved, Supplements, Paid          *int64
	NextAction, Notes                    string
	Tags                                 []string
	ContactRef, PropertyRef, AdjusterRef string // external ids of records of the same source
	ContactEmail, ContactName            string // where there is no id
	AssigneeName                         string
	StageAt                              time.Time // when it came into its stage; zero where the source doesn't say
}

// Append writes the claim in the order of Staging.CopyColumns.
func (s *Staged) Append(b *staging.Buffer) {
	s.Head.Append(b)
	b.Text(s.Title)
	b.Null() // contact_id and property_id are found from the helpers
	b.Null()
	b.Text(s.Kind)
	b.Text(s.Carrier)
	b.Text(s.ClaimNumber)
	b.Text(s.PolicyNumber)
	b.TextOrNull(s.DateOfLoss.String())
	b.TextOrNull(s.Peril)
	b.Null() // adjuster_id
	b.Text(s.Stage)
	b.TextOrNull(s.StageBefore)
	b.Text(s.SourceStage)
	b.Text(s.Source)
	b.Text(s.WorkType)
	b.Null() // assignee_id
	for _, cents := range []*int64{
		s.RCV, s.ACV, s.Deductible, s.RecoverableDepreciation, s.NonRecoverableDepreciation, s.Approved, s.Supplements, s.Paid,
	} {
		b.IntOrNull(cents)
	}
	b.Text(s.NextAction)
	b.Text(s.Notes)
	b.TextList(s.Tags)
	b.TextOrNull(s.ContactRef)
	b.TextOrNull(s.PropertyRef)
	b.TextOrNull(s.AdjusterRef)
	b.TextOrNull(s.ContactEmail)
	b.TextOrNull(s.ContactName)
	b.TextOrNull(s.AssigneeName)
	b.Time(s.StageAt)
	b.Null() // carrier_key, claim_key and number are the database's
	b.Null()
	b.Null()
	b.EndRow()
}

// StageKeys fills in the keys that the carrier's claim number is unique by, as
// the table computes them.
func StageKeys(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		UPDATE stage_claims SET carrier_key = lower(regexp_replace(btrim(carrier), '\s+', ' ', 'g')),
			claim_key = upper(translate(claim_number, ' -./#', ''))
		WHERE translate(claim_number, ' -./#', '') <> ''`)
	return err
}

// NumberStaged gives the staged claims that are new the organisation's next
// numbers, in the order of the files, without a gap.
func NumberStaged(ctx context.Context, tx pgx.Tx) error {
	taken, err := postgres.Value[int64](ctx, tx, `SELECT count(*) FROM stage_claims WHERE action = 'created' AND rank = 0`)
	if err != nil || taken == 0 {
		return err
	}
	last, err := takeNumbers(ctx, tx, taken)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE stage_claims s SET number = $1 + n.n
		FROM (SELECT id, row_number() OVER (ORDER BY file_no, ordinal) AS n FROM stage_claims WHERE action = 'created' AND rank = 0) n
		WHERE s.id = n.id AND s.action = 'created' AND s.rank = 0`, last-taken)
	return err
}

// takeNumbers takes the next n claim numbers and gives the last of them. The
// counter's row stays locked until the transaction ends, so that a rollback
// leaves no gap.
func takeNumbers(ctx context.Context, tx pgx.Tx, n int64) (last int64, err error) {
	return postgres.Value[int64](ctx, tx, `
		INSERT INTO org_counters AS c (org_id, name, last) VALUES (current_org(), 'claims', $1)
		ON CONFLICT (org_id, name) DO UPDATE SET last = c.last + $1 RETURNING last`, n)
}

// Amounts gives the claim's amounts by the names of their columns.
func (s *Staged) Amounts() map[string]*int64 {
	return map[string]*int64{
		"rcv": s.RCV, "acv": s.ACV, "deductible": s.Deductible, "recoverable_depreciation": s.RecoverableDepreciation,
		"non_recoverable_depreciation": s.NonRecoverableDepreciation, "approved": s.Approved, "supplements": s.Supplements, "paid": s.Paid,
	}
}

// LinkLeads gives claims that an import has just made the lead of the same job: at
// the source both are one, under one id.
func LinkLeads(ctx context.Context, tx pgx.Tx) error {
	_, err := postgres.Exec(ctx, tx, `
		UPDATE claims c SET lead_id = r.lead_id
		FROM stage_claims s JOIN external_refs r ON r.org_id = current_org() AND r.entity = 'lead' AND r.source = s.ref_source AND r.external_id = s.external_id
		WHERE s.action = 'created' AND s.rank = 0 AND c.org_id = r.org_id AND c.id = s.id`)
	if err != nil {
		return fmt.Errorf("link claims with their leads: %w", err)
	}
	return nil
}
