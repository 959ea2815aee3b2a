package postgres_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// The rules every tenant table follows, asked of the catalog, so that a new
// table can't be forgotten.

// notTenants are the tables without org_id, each with the reason and with what
// the application's role may do to it.
var notTenants = map[string]string{
	"orgs":                "r", // the tenants themselves: row security on their own id; UPDATE of some columns
	"users":               "",  // people who can sign in, across organisations; skai_signin and skai_operator only
	"sessions":            "",  // found by their token before any organisation is known; skai_signin only
	"operators":           "",  // who runs the platform; as users
	"operator_sessions":   "",  // as sessions, of no organisation at all
	"account_links":       "",  // found by their token, as sessions
	"sign_in_failures":    "",  // as sessions
	"vault_keys":          "",  // wrapped keys; skai_signin only
	"user_factors":        "",  // an account's, as its password; skai_signin only
	"backup_codes":        "",  // as user_factors
	"trusted_devices":     "",  // as user_factors
	"passkey_challenges":  "",  // as user_factors
	"measured_minutes":    "r", // which minutes were measured, the same for everybody
	"probe_minutes":       "r", // what probes saw, the same for everybody
	"system_errors":       "",  // of no organisation; skai_operator only
	"system_traces":       "",  // of no organisation; skai_operator only
	"deployments":         "",  // as processes
	"process_minutes":     "",  // as processes
	"processes":           "",  // programs, of no organisation; skai_operator only
	"mails":               "",  // an account's mails are of no organisation; skai_signin only
	"mail_suppressions":   "",  // an address refuses everybody's mails; as mails
	"sms_sent":            "",  // as user_factors
	"audit_columns":       "",  // the classification of columns, the same for everybody
	"goose_db_version":    "r", // the schema's version
	"incidents":           "",  // of the whole service; skai_operator only
	"incident_notes":      "",  // as incidents
	"incident_signs":      "",  // as incidents
	"maintenance_windows": "",  // as incidents
	"service_minutes":     "",  // as incidents
	"plan_rates":          "",  // the operator's, the same for all of a plan; skai_signin and skai_operator only
	"backups":             "",  // that a backup was made; the application sees some columns, skai_operator all
	"restore_drills":      "",  // as backups
}

// tenantTables gives the names of the tables with org_id.
func tenantTables(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	return texts(t, conn, `
		SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`)
}

// texts runs a query of one text column.
func texts(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEveryTableIsATenantsOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	conn := dbtest.Super(t, dbtest.Shared(t))
	type table struct{ Name, Grants string }
	all, err := postgres.Many[table](t.Context(), conn, `
		SELECT relname::text AS name, (SELECT coalesce(string_agg(letter, '' ORDER BY letter), '')
			FROM (VALUES ('a', 'INSERT'), ('d', 'DELETE'), ('r', 'SELECT'), ('w', 'UPDATE'), ('t', 'TRUNCATE')) AS p (letter, word)
			WHERE has_table_privilege('skai_app', c.oid, word)) AS grants
		FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')`)
	if err != nil {
		t.Fatal(err)
	}
	tenants, seen := tenantTables(t, conn), map[string]string{}
	for _, tb := range all {
		if !slices.Contains(tenants, tb.Name) {
			seen[tb.Name] = tb.Grants
		}
	}
	if diff := cmp.Diff(notTenants, seen); diff != "" {
		t.Errorf("tables (or views) without org_id, and the rights of skai_app on them:\n%s", diff)
	}
}

// wall is the only condition under which the application reaches a tenant's row.
const wall = "(org_id = ( SELECT current_org() AS current_org))"

// consent is the only condition under which an operator's look reaches one.
const consent = "(" + wall + " AND ( SELECT support_open() AS support_open))"

// rules are what every tenant table follows. Each query gives those that don't;
// $1 are the tenant tables.
var rules = []struct{ words, sql string }{
	{"row security is not enabled and forced: call tenant_table in the migration", `
		SELECT relname::text FROM pg_class WHERE relname = ANY ($1) AND relnamespace = 'public'::regnamespace
		AND NOT (relrowsecurity AND relforcerowsecurity)`},
	{"no policy 'tenant' for skai_app with the usual USING and WITH CHECK", `
		SELECT t FROM unnest($1::text[]) t WHERE NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = t
		AND policyname = 'tenant' AND permissive = 'PERMISSIVE' AND cmd = 'ALL' AND roles = '{skai_app}' AND qual = $2 AND with_check = $2)`},
	{"a second policy lets skai_app in", `
		SELECT tablename || '.' || policyname FROM pg_policies WHERE tablename = ANY ($1) AND policyname <> 'tenant' AND roles && '{public,skai_app}'::name[]`},
	{"no primary key", `
		SELECT t FROM unnest($1::text[]) t WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t::regclass AND indisprimary)`},
	{"a unique index, or the primary key, that does not begin with org_id", `
		SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'org_id'
		WHERE i.indrelid = ANY ($1::regclass[]) AND i.indisunique AND i.indkey[0] <> a.attnum`},
	{"a foreign key that does not take org_id along, at org_id's place", `
		SELECT f.conrelid::regclass || ': ' || pg_get_constraintdef(f.oid)
		FROM pg_constraint f
		JOIN pg_attribute target ON target.attrelid = f.confrelid AND target.attname = 'org_id'
		LEFT JOIN pg_attribute source ON source.attrelid = f.conrelid AND source.attname = 'org_id'
		WHERE f.contype = 'f' AND f.conrelid NOT IN ('sessions'::regclass, 'operator_sessions'::regclass)
		  AND coalesce(array_position(f.confkey, target.attnum) <> array_position(f.conkey, source.attnum), true)`},
	{"no policy 'erase' for skai_eraser, so that it would outlive its organisation: tenant_table and erasable make one", `
		SELECT t FROM unnest($1::text[]) t WHERE NOT EXISTS (SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = t
		AND policyname = 'erase' AND roles = '{skai_eraser}' AND qual = $2) OR NOT has_table_privilege('skai_eraser', t, 'DELETE')`},
	{"no chain of references that must be filled leads to orgs, so that rows could be of an organisation that is not there", `
		SELECT t FROM unnest($1::text[]) t WHERE t NOT LIKE 'audit\_%' AND t::regclass NOT IN (
			WITH RECURSIVE anchored (tbl) AS (
				SELECT 'orgs'::regclass
				UNION
				SELECT f.conrelid::regclass FROM anchored a JOIN pg_constraint f ON f.confrelid = a.tbl AND f.contype = 'f' AND f.convalidated
				WHERE NOT EXISTS (SELECT FROM pg_attribute c WHERE c.attrelid = f.conrelid AND c.attnum = ANY (f.conkey) AND NOT c.attnotnull))
			SELECT tbl FROM anchored)`},
	{"org_id may be null", `
		SELECT attrelid::regclass::text FROM pg_attribute WHERE attrelid = ANY ($1::regclass[]) AND attname = 'org_id' AND NOT attnotnull`},
}

// offenders gives what breaks each rule, under the rule's words.
func offenders(t *testing.T, conn *pgx.Conn) map[string][]string {
	t.Helper()
	found, tables := map[string][]string{}, tenantTables(t, conn)
	for _, rule := range rules {
		// $2 belongs to one of the queries.
		if bad := texts(t, conn, rule.sql+` AND ($1::text[], $2::text) IS NOT NULL`, tables, wall); len(bad) > 0 {
			found[rule.words] = bad
		}
	}
	return found
}

func TestEveryTenantTableFollowsTheRules(t *testing.T) {
	t.Parallel()
	for words, tables := range offenders(t, dbtest.Super(t, dbtest.Shared(t))) {
		t.Errorf("%v: %s", tables, words)
	}
}

func TestACarelessTableIsFound(t *testing.T) {
	t.Parallel()
	conn := dbtest.Super(t, dbtest.New(t))
	if _, err := conn.Exec(t.Context(), `
		CREATE TABLE a_walled (org_id uuid NOT NULL, id uuid NOT NULL, name text UNIQUE, PRIMARY KEY (org_id, id));
		SELECT tenant_table('a_walled');
		CREATE POLICY everyone ON a_walled USING (true);
		CREATE TABLE b_open (org_id uuid, walled uuid, other uuid, FOREIGN KEY (walled, org_id) REFERENCES a_walled (org_id, id));
		CREATE TABLE c_half (org_id uuid NOT NULL, id uuid PRIMARY KEY);
		ALTER TABLE c_half ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
		CREATE POLICY tenant ON c_half TO skai_app USING (org_id = (SELECT current_org())) WITH CHECK (true);`); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		rules[0].words: {"b_open"},
		rules[1].words: {"b_open", "c_half"},
		rules[2].words: {"a_walled.everyone"},
		rules[3].words: {"b_open"},
		rules[4].words: {"a_walled_name_key", "c_half_pkey"},
		rules[5].words: {"b_open: FOREIGN KEY (walled, org_id) REFERENCES a_walled(org_id, id)"},
		rules[6].words: {"b_open", "c_half"},
		rules[7].words: {"a_walled", "b_open", "c_half"},
		rules[8].words: {"b_open"},
	}
	if diff := cmp.Diff(want, offenders(t, conn)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTheNamedRolesSeeAcrossTenants(t *testing.T) {
	t.Parallel()
	conn := dbtest.Super(t, dbtest.Shared(t))
	got := texts(t, conn, `SELECT format('%s: %s may %s', tablename, array_to_string(roles, ','), cmd)
		FROM pg_policies WHERE policyname <> 'tenant' AND (roles, qual) IS DISTINCT FROM ('{skai_eraser}'::name[], '`+wall+`')
			AND (roles, cmd, qual) IS DISTINCT FROM ('{skai_support}'::name[], 'SELECT', '`+consent+`') ORDER BY 1`)
	want := []string{
		"api_keys: skai_signin may SELECT",
		"api_keys: skai_signin may UPDATE",
		"audit_entries: skai_audit may ALL",
		"audit_events: skai_audit may ALL",
		"audit_heads: skai_audit may ALL",
		"audit_heads: skai_operator may SELECT",
		"audit_pushes: skai_operator may SELECT",
		"audit_seals: skai_audit may ALL",
		"claims: skai_search may SELECT",
		"contacts: skai_search may SELECT",
		"error_groups: skai_operator may ALL",
		"error_people: skai_operator may ALL",
		"files: skai_operator may SELECT",       // columns with figures alone
		"import_runs: skai_operator may SELECT", // the same
		"invitations: skai_signin may SELECT",
		"leads: skai_search may SELECT",
		"org_keys: skai_signin may ALL",
		"orgs: skai_audit may SELECT",
		"orgs: skai_eraser may ALL", // the one of app.org_id
		"orgs: skai_operator may ALL",
		"orgs: skai_signin may SELECT",
		"orgs: skai_support may SELECT", // by consent, the one of app.org_id
		"people: skai_audit may SELECT",
		"people: skai_operator may ALL",
		"people: skai_signin may SELECT",
		"people: skai_signin may UPDATE",
		"properties: skai_search may SELECT",
		"request_stats: skai_operator may ALL",
		"roles: skai_signin may SELECT",
		"sso_connections: skai_operator may SELECT",
		"sso_connections: skai_signin may SELECT",
		"sso_domains: skai_signin may SELECT",
		"support_access: skai_operator may ALL",
		"support_access: skai_signin may SELECT",
		"support_access: skai_support may SELECT", // whether it is open
		"traces: skai_operator may ALL",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// What runs with another role's rights is short enough to read.
	got = texts(t, conn, `SELECT p.oid::regprocedure::text || ' as ' || proowner::regrole::text FROM pg_proc p
		WHERE prosecdef AND pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`)
	want = []string{
		"audit.event() as skai_audit",
		"audit.note(uuid,uuid,text,text,text,text,text,uuid,text) as skai_audit",
		"audit.prune() as skai_audit",
		"audit.seal() as skai_audit",
		"audit.sessions() as skai_audit",
		"audit.write() as skai_audit",
		"search.claims(tsquery,integer) as skai_search",
		"search.contacts(tsquery,integer) as skai_search",
		"search.leads(tsquery,integer) as skai_search",
		"search.properties(tsquery,integer) as skai_search",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if loose := texts(t, conn, `SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'skai\_%' AND rolname <> 'skai_super'
		AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR (rolcanlogin AND rolname NOT IN ('skai_app', 'skai_owner')))`); len(loose) > 0 {
		t.Errorf("the roles %v may more than they need", loose)
	}
}

// The foreign key that leaves the rule: a session names its organisation current_org_id,
// since it belongs to its user and not to a tenant. An operator's names the one they look
// into support_org_id.
func TestASessionPointsAtAMemberOfItsOrganisation(t *testing.T) {
	t.Parallel()
	conn := dbtest.Super(t, dbtest.Shared(t))
	got := texts(t, conn, `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'sessions'::regclass AND confrelid = 'people'::regclass`)
	want := []string{"FOREIGN KEY (current_org_id, person_id) REFERENCES people(org_id, id) ON DELETE CASCADE"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
