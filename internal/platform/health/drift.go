package health

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Process is a program that runs on the database.
type Process struct {
	ID          uuid.UUID `json:"id"`
	StartedAt   time.Time `json:"startedAt"`
	SeenAt      time.Time `json:"seenAt"`
	Version     string    `json:"version"`
	Commit      string    `json:"commit"`
	Schema      string    `json:"schema" doc:"A hash of the migrations it has"`
	Fingerprint string    `json:"fingerprint" doc:"A hash of its configuration"`
	ClockMS     float64   `json:"clockMs" doc:"How far its clock is before the database's, in ms"`

	Unwell map[string]string `json:"unwell" doc:"What it found not to be well at its last look, by part, in words"`
}

// present is how lately a process said something if it still runs.
const present = 3 * Every

// Beat notes that the process runs, with how far its clock is from the database's,
// as which deployment, and forgets those that have not been seen for a day.
func Beat(ctx context.Context, db *postgres.DB, p Process) error {
	_, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		began, err := postgres.Value[bool](ctx, tx, `
			INSERT INTO processes (id, started_at, version, commit, schema, fingerprint, clock_ms, unwell)
			VALUES ($1, $2, $3, $4, $5, $6, extract(epoch FROM $7 - clock_timestamp()) * 1000, coalesce($8::jsonb, '{}'))
			ON CONFLICT (id) DO UPDATE SET seen_at = now(), clock_ms = excluded.clock_ms, unwell = excluded.unwell
			RETURNING xmax = 0`, p.ID, p.StartedAt, p.Version, p.Commit, p.Schema, p.Fingerprint, time.Now(), p.Unwell)
		if err != nil {
			return 0, err
		}
		if err := noteDeployment(ctx, tx, p, began); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `DELETE FROM processes WHERE seen_at < now() - interval '1 day'`)
	})
	return err
}

// Processes gives those that run now, the newest first.
func Processes(ctx context.Context, db *postgres.DB) ([]Process, error) {
	return postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]Process, error) {
		return postgres.Many[Process](ctx, tx, `
			SELECT id, started_at, seen_at, version, commit, schema, fingerprint, clock_ms, unwell FROM processes WHERE seen_at > now() - $1::interval ORDER BY started_at DESC, id`, present)
	})
}

// Rule is something the schema has to have.
type Rule struct {
	Name   string   `json:"name"`
	OK     bool     `json:"ok"`
	Breaks []string `json:"breaks,omitempty" doc:"The tables or roles that break it"`
}

// rules are what isolation stands on, each with the query for what breaks it.
var rules = []struct{ name, sql string }{
	{"every table with an organisation has row security, forced", `
		SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1`},
	{"every one lets the application reach its organisation's rows alone", `
		SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND EXISTS (
			SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND (p.polroles = '{0}' OR 'skai_app'::regrole = ANY (p.polroles)) AND pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM '(org_id = ( SELECT current_org() AS current_org))')
		ORDER BY 1`},
	{"no role of the program is a superuser or goes around row security", `
		SELECT rolname::text FROM pg_roles WHERE rolname IN ('skai_owner', 'skai_app', 'skai_signin', 'skai_operator', 'skai_eraser', 'skai_search', 'skai_audit') AND (rolsuper OR rolbypassrls OR rolcreaterole) ORDER BY 1`},
	{"the application owns no table", `
		SELECT relname::text FROM pg_class WHERE relowner = 'skai_app'::regrole AND relkind IN ('r', 'p') ORDER BY 1`},
	{"the application can only add to the audit trail", `
		SELECT t::text FROM unnest(ARRAY['audit_entries', 'audit_events', 'audit_seals']) t
		WHERE has_table_privilege('skai_app', t, 'UPDATE') OR has_table_privilege('skai_app', t, 'DELETE') OR has_table_privilege('skai_app', t, 'TRUNCATE') ORDER BY 1`},
}

// Rules finds out whether the schema has what isolation stands on.
func Rules(ctx context.Context, db *postgres.DB) ([]Rule, error) {
	list := make([]Rule, len(rules))
	for i, r := range rules {
		breaks, err := postgres.System(ctx, db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) ([]string, error) {
			return postgres.Values[string](ctx, tx, r.sql)
		})
		if err != nil {
			return nil, err
		}
		list[i] = Rule{r.name, len(breaks) == 0, breaks}
	}
	return list, nil
}
