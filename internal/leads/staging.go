package leads

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/staging"
)

// Staging is how an import publishes leads.
var Staging = staging.Table{
	Name: "leads", Entity: "lead",
	Columns: []staging.Column{
		{Name: "title", Rule: staging.Text},
		{Name: "contact_id", Rule: staging.Value},
		{Name: "property_id", Rule: staging.Value},
		{Name: "source", Rule: staging.Text},
		{Name: "stage", Rule: staging.Text},
		{Name: "source_stage", Rule: staging.Text},
		{Name: "temperature", Rule: staging.Value},
		{Name: "kind", Rule: staging.Text},
		{Name: "estimated_value", Rule: staging.Value},
		{Name: "assignee_id", Rule: staging.Value},
		{Name: "follow_up_on", Rule: staging.Value},
		{Name: "dead_reason", Rule: staging.Text},
		{Name: "notes", Rule: staging.Text},
		{Name: "tags", Rule: staging.List},
	},
	Helpers: []string{"contact_ref text", "property_ref text", "contact_email text", "contact_name text", "assignee_name text", "stage_at timestamptz"},
	Insert:  map[string]string{"stage_changed_at": "coalesce(stage_at, created_at, now())"},
	Update:  map[string]string{"stage_changed_at": "CASE WHEN s.stage <> '' AND s.stage <> c.stage THEN coalesce(s.stage_at, now()) ELSE c.stage_changed_at END"},
}

// Staged is a lead read from a row.
type Staged struct {
	staging.Head
	Title, Source, Stage, SourceStage string
	Temperature, Kind                 string
	EstimatedValue                    *int64 // cents
	FollowUpOn                        date.Date
	DeadReason, Notes                 string
	Tags                              []string
	ContactRef, PropertyRef           string // external ids of records of the same source
	ContactEmail, ContactName         string // where there is no id
	AssigneeName                      string
	StageAt                           time.Time // when it came into its stage; zero where the source doesn't say
}

// Append writes the lead in the order of Staging.CopyColumns.
func (s *Staged) Append(b *staging.Buffer) {
	s.Head.Append(b)
	b.Text(s.Title)
	b.Null() // contact_id and property_id are found from the helpers
	b.Null()
	b.Text(s.Source)
	b.Text(s.Stage)
	b.Text(s.SourceStage)
	b.TextOrNull(s.Temperature)
	b.Text(s.Kind)
	b.IntOrNull(s.EstimatedValue)
	b.Null() // assignee_id
	b.TextOrNull(s.FollowUpOn.String())
	b.Text(s.DeadReason)
	b.Text(s.Notes)
	b.TextList(s.Tags)
	b.TextOrNull(s.ContactRef)
	b.TextOrNull(s.PropertyRef)
	b.TextOrNull(s.ContactEmail)
	b.TextOrNull(s.ContactName)
	b.TextOrNull(s.AssigneeName)
	b.Time(s.StageAt)
	b.EndRow()
}

// WonByImport has leads won whose job an import has just brought as a claim: at
// the source both are one job, under one id.
func WonByImport(ctx context.Context, tx pgx.Tx, actor uuid.UUID) error {
	_, err := postgres.Exec(ctx, tx, `
		UPDATE leads l SET stage = 'won', stage_changed_at = coalesce(s.stage_at, now()), version = l.version + 1, updated_at = now(), updated_by = $1
		FROM stage_claims s JOIN claims c ON c.org_id = current_org() AND c.id = s.id
		WHERE s.action = 'created' AND s.rank = 0 AND l.org_id = c.org_id AND l.id = c.lead_id AND l.stage <> 'won'`, actor)
	if err != nil {
		return fmt.Errorf("win the leads that became claims: %w", err)
	}
	return nil
}
