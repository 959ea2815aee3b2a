package postgres_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// unaudited are the tables without a trail, each with the reason.
var unaudited = map[string]string{
	"audit_columns":       "the classification itself; only migrations write it",
	"audit_entries":       "the trail itself",
	"audit_events":        "as audit_entries",
	"audit_heads":         "as audit_entries",
	"audit_seals":         "as audit_entries",
	"goose_db_version":    "only migrations write it",
	"idempotency_keys":    "holds for a week what was answered to a write that is audited itself",
	"org_counters":        "counts what is audited where it is used",
	"account_links":       "asked for by anybody, gone with their use; what they change is in the trail of users",
	"sessions":            "holds when people came and went; a request's last_seen_at would bury everything else",
	"operator_sessions":   "as sessions; the sign-in is an event of no organisation",
	"sign_in_failures":    "holds counters of anonymous attempts",
	"scim_members":        "who is in a directory's group; the role that follows is in people's trail",
	"measured_minutes":    "says which minutes were measured",
	"request_stats":       "says how requests were answered, each ten seconds",
	"probe_minutes":       "holds what probes signed",
	"traces":              "says what requests did, of which the trail has what they changed",
	"system_traces":       "as traces",
	"error_groups":        "counts what went wrong; the answer notes who says that it is resolved",
	"error_people":        "as error_groups",
	"system_errors":       "as error_groups",
	"service_reports":     "written once, of figures that others measured",
	"service_minutes":     "adds up request_stats",
	"incidents":           "an account of itself",
	"incident_notes":      "as incidents; nothing in it changes",
	"incident_signs":      "counts each minute what incidents are opened by",
	"maintenance_windows": "keeps when it was announced and cancelled; nothing else in it changes",
	"deployments":         "as processes",
	"process_minutes":     "figures of each minute",
	"processes":           "says every few seconds which programs run",
	"mails":               "says of each mail what became of it",
	"mail_suppressions":   "says which mailboxes refuse mails, as their servers said",
	"sms_sent":            "holds counters of an hour",
	"sso_assertions":      "holds hashes of what was shown, so that it is not shown twice",
	"backup_codes":        "hashes of secrets; each is used once and keeps when",
	"trusted_devices":     "as sessions",
	"vault_keys":          "written once, by the program that makes the key",
	"org_keys":            "as vault_keys",
	"passkey_challenges":  "live for minutes",
	"import_runs":         "append-only, an account of itself",
	"import_files":        "as import_runs",
	"import_rows":         "as import_runs",
	"import_problems":     "as import_runs",
	"import_changes":      "as import_runs",
	"import_candidates":   "as import_runs",
	"import_mappings":     "a convenience for the next run, each run keeps the mapping it used",
	"external_refs":       "points at the ledger's row it came from",
	"plan_rates":          "what the operator sells, of no organisation; which plan one has is in the trail of orgs",
	"backups":             "an account of itself, which only grows",
	"restore_drills":      "as backups",
}

// gaps gives the columns that nobody classified and the tables without a trail.
func gaps(t *testing.T, conn *pgx.Conn) (columns, tables []string) {
	t.Helper()
	columns = texts(t, conn, `
		SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgfoid = 'audit.write'::regproc) AND attnum > 0 AND NOT attisdropped
			AND NOT EXISTS (SELECT FROM audit_columns WHERE table_name = c.relname AND column_name = a.attname)
		ORDER BY 1`)
	tables = texts(t, conn, `
		SELECT relname::text FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
			AND (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND tgfoid = 'audit.write'::regproc AND tgenabled = 'O') <> 3
		ORDER BY 1`)
	return columns, tables
}

func TestEveryColumnIsClassified(t *testing.T) {
	t.Parallel()
	columns, tables := gaps(t, dbtest.Super(t, dbtest.Shared(t)))
	if len(columns) > 0 {
		t.Errorf("columns that are neither track, ignore nor secret in audit_columns: %v", columns)
	}
	got := map[string]string{}
	for _, name := range tables {
		got[name] = unaudited[name]
	}
	if diff := cmp.Diff(unaudited, got); diff != "" {
		t.Errorf("tables without an audit trail; call audit_attach in the migration, or say here why not:\n%s", diff)
	}
}

func TestAnUnclassifiedColumnIsFound(t *testing.T) {
	t.Parallel()
	conn := dbtest.Super(t, dbtest.New(t))
	if _, err := conn.Exec(t.Context(), `ALTER TABLE claims ADD COLUMN hail_size int; CREATE TABLE a_new (id int); DROP TRIGGER audit_delete ON leads`); err != nil {
		t.Fatal(err)
	}
	columns, tables := gaps(t, conn)
	if diff := cmp.Diff([]string{"claims.hail_size"}, columns); diff != "" {
		t.Error(diff)
	}
	if len(tables) != len(unaudited)+2 || tables[0] != "a_new" {
		t.Errorf("tables without a trail: %v", tables)
	}
}

// entry is what the trail says, less what differs from run to run.
type entry struct {
	Actor, RequestID, TableName, Operation string
	Record                                 uuid.UUID
	Changes                                map[string]any
	Rows                                   int64
}

func trail(ctx context.Context, t *testing.T, db *postgres.DB, table string) []entry {
	t.Helper()
	list, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([]entry, error) {
		return postgres.Many[entry](ctx, tx, `SELECT actor, request_id, table_name, operation,
			coalesce(record_id, '00000000-0000-0000-0000-000000000000') AS record, changes, row_count AS rows
			FROM audit_entries WHERE table_name = $1 ORDER BY id`, table)
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTheTrailSaysWhoWhenWhatBeforeAndAfter(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Manager)
	scope, _ := tenant.From(ctx)
	id, before := postgres.NewID(), time.Now()
	for _, sql := range []string{
		`INSERT INTO properties (org_id, id, street, tags, created_by, updated_by) VALUES (current_org(), $1, '1 Elm St', '{hail}', $2, $2)`,
		`UPDATE properties SET street = '1 Oak St', zip = '85001', version = version + 1, updated_by = $2 WHERE id = $1`,
		`UPDATE properties SET street = street, updated_at = now(), updated_by = $2 WHERE id = $1`, // changes nothing that counts
	} {
		if err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, sql, id, scope.ActorID); return err }); err != nil {
			t.Fatal(err)
		}
	}
	want := []entry{
		{"Manager", t.Name(), "properties", "insert", id, map[string]any{
			"street": pairOf(nil, "1 Elm St"), "tags": pairOf(nil, []any{"hail"}), "name": pairOf(nil, ""), "address_typed": pairOf(nil, ""),
			"unit": pairOf(nil, ""), "city": pairOf(nil, ""), "state": pairOf(nil, ""), "zip": pairOf(nil, ""), "plus4": pairOf(nil, ""),
			"county": pairOf(nil, ""), "address_key": pairOf(nil, ""), "kind": pairOf(nil, ""), "pitch": pairOf(nil, ""),
			"roof_material": pairOf(nil, ""), "notes": pairOf(nil, ""), "extra": pairOf(nil, map[string]any{}),
		}, 1},
		{"Manager", t.Name(), "properties", "update", id, map[string]any{"street": pairOf("1 Elm St", "1 Oak St"), "zip": pairOf("", "85001")}, 1},
	}
	got := trail(ctx, t, db, "properties")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var actor uuid.UUID
	var at time.Time
	err := dbtest.Super(t, db).QueryRow(t.Context(), `SELECT actor_id, at FROM audit_entries WHERE record_id = $1 LIMIT 1`, id).Scan(&actor, &at)
	if err != nil || actor != scope.ActorID || at.Before(before.Add(-time.Minute)) || at.After(time.Now().Add(time.Minute)) {
		t.Errorf("by %v at %v, %v", actor, at, err)
	}
}

func pairOf(before, after any) []any { return []any{before, after} }

func TestTheTrailKeepsWhatWasDeleted(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	deleted, err := postgres.Tx(p.mine, p.db, func(ctx context.Context, tx pgx.Tx) (uuid.UUID, error) {
		if _, err := tx.Exec(ctx, `UPDATE estimate_lines SET description = 'Ridge cap'`); err != nil {
			return uuid.Nil, err
		}
		return postgres.Value[uuid.UUID](ctx, tx, `DELETE FROM estimate_lines RETURNING id`)
	})
	if err != nil {
		t.Fatal(err)
	}
	all := trail(p.mine, t, p.db, "estimate_lines")
	last := all[len(all)-1]
	if last.Operation != "delete" || last.Record != deleted || !cmp.Equal(last.Changes["description"], any(pairOf("Ridge cap", nil))) {
		t.Errorf("got %+v", last)
	}
}

func TestOneEntryForARowOfEveryStatement(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Admin)
	scope, _ := tenant.From(ctx)
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO contacts (org_id, id, last_name, created_by, updated_by)
			SELECT current_org(), gen_random_uuid(), 'Row ' || n, $1, $1 FROM generate_series(1, 3) n`, scope.ActorID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE contacts SET notes = 'called' WHERE last_name <> 'Row 2'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range trail(ctx, t, db, "contacts") {
		count[e.Operation]++
	}
	if diff := cmp.Diff(map[string]int{"insert": 3, "update": 2}, count); diff != "" {
		t.Error(diff)
	}
}

func TestAnImportsStatementIsOneEntryThatPointsAtItsRun(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Admin)
	scope, _ := tenant.From(ctx)
	run := postgres.NewID()
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('app.bulk_run', $1, true)`, run.String()); err != nil {
			return err
		}
		for _, sql := range []string{
			`INSERT INTO contacts (org_id, id, last_name, created_by, updated_by) SELECT current_org(), gen_random_uuid(), 'Row ' || n, $1, $1 FROM generate_series(1, 500) n`,
			`UPDATE contacts SET notes = 'again', updated_by = $1 WHERE last_name < 'Row 2'`,
			`UPDATE contacts SET notes = 'nobody', updated_by = $1 WHERE last_name = 'Nobody'`,
		} {
			if _, err := tx.Exec(ctx, sql, scope.ActorID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []entry{
		{"Admin", t.Name(), "contacts", "bulk insert", uuid.Nil, map[string]any{}, 500},
		{"Admin", t.Name(), "contacts", "bulk update", uuid.Nil, map[string]any{}, 111},
	}
	if diff := cmp.Diff(want, trail(ctx, t, db, "contacts")); diff != "" {
		t.Error(diff)
	}
	runs := texts(t, dbtest.Super(t, db), `SELECT DISTINCT run_id::text FROM audit_entries WHERE org_id = $1 AND table_name = 'contacts'`, scope.OrgID)
	if diff := cmp.Diff([]string{run.String()}, runs); diff != "" {
		t.Error(diff)
	}
	// The mark ends with its transaction.
	err = postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE contacts SET notes = 'by hand' WHERE last_name = 'Row 7'`)
		return err
	})
	if list := trail(ctx, t, db, "contacts"); err != nil || list[len(list)-1].Operation != "update" {
		t.Errorf("after the import: %+v, %v", list[len(list)-1], err)
	}
}

func TestASecretShowsOnlyThatItChanged(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	email := titan.Email(tenant.Owner)
	_, err := postgres.System(t.Context(), db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `UPDATE users SET password_hash = 'another' WHERE email = $1`, email)
	})
	if err != nil {
		t.Fatal(err)
	}
	type change struct {
		Operation, Actor string
		Changes          json.RawMessage
	}
	got, err := postgres.Many[change](t.Context(), dbtest.Super(t, db), `
		SELECT operation, actor, changes - 'verified_at' AS changes FROM audit_entries WHERE table_name = 'users' AND org_id = '00000000-0000-0000-0000-000000000000'
			AND record_id = (SELECT id FROM users WHERE email = $1) ORDER BY id`, email)
	if err != nil {
		t.Fatal(err)
	}
	want := []change{
		{"insert", "skai_operator", json.RawMessage(`{"name": [null, "Owner"], "email": [null, "` + email + `"], "password_hash": "changed"}`)},
		{"update", "skai_operator", json.RawMessage(`{"password_hash": "changed"}`)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheProgramCannotTouchTheTrail(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, sql := range []string{
		`INSERT INTO audit_entries (org_id, actor, request_id, table_name, operation, changes) VALUES (current_org(), 'me', '', 'claims', 'update', '{}')`,
		`UPDATE audit_entries SET actor = 'somebody else'`,
		`DELETE FROM audit_entries`,
		`TRUNCATE audit_entries`,
		`UPDATE audit_columns SET class = 'ignore'`,
		`SELECT audit.write()`,
		`SELECT audit.diff('claims', '{}', '{}')`,
		`ALTER TABLE claims DISABLE TRIGGER audit_update`,
		`DROP TRIGGER audit_update ON claims`,
	} {
		if _, err := p.attempt(sql); sqlstate(err) != noPrivilege {
			t.Errorf("%s: got %v", sql, err)
		}
	}
	for _, role := range []postgres.SystemRole{postgres.SignIn, postgres.Operator} {
		_, err := postgres.System(p.mine, p.db, role, func(ctx context.Context, tx pgx.Tx) (int64, error) {
			return postgres.Exec(ctx, tx, `DELETE FROM audit_entries`)
		})
		if sqlstate(err) != noPrivilege {
			t.Errorf("as %s: %v", role, err)
		}
	}
	type place struct{ Org uuid.UUID }
	seen, err := postgres.Read(p.mine, p.db, func(ctx context.Context, tx pgx.Tx) ([]place, error) {
		return postgres.Many[place](ctx, tx, `SELECT DISTINCT org_id AS org FROM audit_entries`)
	})
	if err != nil || len(seen) != 1 || seen[0].Org != p.me {
		t.Errorf("I see the trails of %v, %v", seen, err)
	}
}

// Records are archived, never deleted; what can be deleted is on this list (a role
// only while nobody has it). All
// of an organisation can be, by skai_eraser, when the organisation goes.
func TestWhatCanBeDeleted(t *testing.T) {
	t.Parallel()
	conn := dbtest.Super(t, dbtest.Shared(t))
	got := texts(t, conn, `SELECT grantee || ': ' || table_name FROM information_schema.role_table_grants
		WHERE table_schema = 'public' AND privilege_type IN ('DELETE', 'TRUNCATE') AND grantee NOT IN ('skai_owner', 'skai_super', 'skai_eraser') ORDER BY 1`)
	want := []string{"skai_app: audit_pushes", "skai_app: estimate_lines", "skai_app: idempotency_keys", "skai_app: roles", "skai_app: scim_groups", "skai_app: scim_members", "skai_app: sso_assertions", "skai_app: sso_connections", "skai_app: sso_domains", "skai_app: sso_groups", "skai_app: sso_identities", "skai_audit: audit_entries", "skai_audit: audit_events", "skai_operator: deployments", "skai_operator: error_groups", "skai_operator: measured_minutes", "skai_operator: operators", "skai_operator: plan_rates", "skai_operator: probe_minutes", "skai_operator: process_minutes", "skai_operator: processes", "skai_operator: request_stats", "skai_operator: service_minutes", "skai_operator: system_errors", "skai_operator: system_traces", "skai_operator: traces", "skai_operator: users", "skai_signin: account_links", "skai_signin: backup_codes", "skai_signin: mail_suppressions", "skai_signin: mails", "skai_signin: operator_sessions", "skai_signin: passkey_challenges", "skai_signin: sessions", "skai_signin: sign_in_failures", "skai_signin: trusted_devices", "skai_signin: user_factors"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
