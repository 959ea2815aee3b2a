package dashboard

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Waiting is an open lead or claim for which nothing is planned: no day to follow
// up, no next action, no task.
type Waiting struct {
	Kind     string    `json:"kind" enum:"lead,claim"`
	URL      string    `json:"url" doc:"The record's page"`
	Title    string    `json:"title"`
	Stage    string    `json:"stage"`
	Since    time.Time `json:"since" doc:"When it came into its stage"`
	Assignee string    `json:"assignee" doc:"Empty is nobody"`
	Mine     bool      `json:"mine"`
}

// Nothing keeps the records in the order of their stage's age, so the oldest
// records of each open stage are looked at, by the index of the lists' filter.
const (
	waitingLeads = `SELECT 'lead' AS kind, '/leads/' || id AS url, title, stage, stage_changed_at AS since, assignee_id, org_id
		FROM leads WHERE archived_at IS NULL AND follow_up_on IS NULL
			AND NOT EXISTS (SELECT FROM activities a WHERE a.org_id = leads.org_id AND a.lead_id = leads.id AND a.kind = 'task' AND a.done_at IS NULL)`
	waitingClaims = `SELECT 'claim', '/claims/' || id, 'C-' || number || ' ' || CASE WHEN title <> '' THEN title
			ELSE coalesce((SELECT c.name FROM contacts c WHERE c.org_id = claims.org_id AND c.id = claims.contact_id), '') END, stage, stage_changed_at, assignee_id, org_id
		FROM claims WHERE archived_at IS NULL AND next_action_on IS NULL
			AND NOT EXISTS (SELECT FROM activities a WHERE a.org_id = claims.org_id AND a.claim_id = claims.id AND a.kind = 'task' AND a.done_at IS NULL)`
	oldest = ` ORDER BY created_at, id LIMIT 8`

	named = `kind, url, title, stage, since, coalesce(assignee_id = $3, false) AS mine,
			coalesce((SELECT p.name FROM people p WHERE p.org_id = w.org_id AND p.id = w.assignee_id), '') AS assignee`
	waitingAll = `SELECT ` + named + ` FROM (SELECT w.* FROM unnest($1::text[]) s CROSS JOIN LATERAL (` + waitingLeads + ` AND stage = s` + oldest + `) w
		UNION ALL SELECT w.* FROM unnest($2::text[]) s CROSS JOIN LATERAL (` + waitingClaims + ` AND stage = s` + oldest + `) w
		) w ORDER BY since, url LIMIT 8`
	waitingOwn = `SELECT ` + named + ` FROM ((` + waitingLeads + ` AND assignee_id = $3 AND stage = ANY($1)` + oldest + `)
		UNION ALL (` + waitingClaims + ` AND assignee_id = $3 AND stage = ANY($2)` + oldest + `)
		) w ORDER BY since, url LIMIT 8`
)

// queueWaiting reads what waits longest: all that the contractor has, or only what
// is assigned to the person.
func queueWaiting(b *pgx.Batch, list *[]Waiting, person uuid.UUID, own bool) {
	ofLeads, ofClaims := openStages(leads.Stages), openStages(claims.Stages)
	if own {
		postgres.Queue(b, list, waitingOwn, ofLeads, ofClaims, person)
	} else {
		postgres.Queue(b, list, waitingAll, ofLeads, ofClaims, person)
	}
}

func openStages[S interface {
	~string
	Open() bool
}](stages []S) []string {
	var list []string
	for _, s := range stages {
		if s.Open() {
			list = append(list, string(s))
		}
	}
	return list
}
