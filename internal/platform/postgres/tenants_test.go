package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// seed puts rows into every tenant table of the organisation app.org_id, with
// every reference to another tenant table filled in at least one row. The words
// are the same for every organisation, to run into keys that would be unique
// across them. What the tables' own triggers fill is left to them.
const seed = `
WITH me AS (SELECT current_org() AS org_id, (SELECT id FROM people WHERE org_id = current_org() AND kind = 'system') AS person),
ids AS (SELECT gen_random_uuid() AS contact, gen_random_uuid() AS other, gen_random_uuid() AS property, gen_random_uuid() AS lead,
	gen_random_uuid() AS claim, gen_random_uuid() AS estimate, gen_random_uuid() AS file, gen_random_uuid() AS run,
	gen_random_uuid() AS role, gen_random_uuid() AS apikey),
a AS (INSERT INTO org_counters (org_id, name, last) SELECT org_id, 'claim', 1 FROM me),
b AS (INSERT INTO contacts (org_id, id, last_name, created_by, updated_by, archived_by, archived_at)
	SELECT org_id, id, 'Muñoz', person, person, person, now() FROM me, ids, unnest(ARRAY[contact, other]) id),
c AS (INSERT INTO properties (org_id, id, street, owner_id, created_by, updated_by, archived_by, archived_at)
	SELECT org_id, property, '1 Hail St', contact, person, person, person, now() FROM me, ids),
d AS (INSERT INTO leads (org_id, id, title, contact_id, property_id, assignee_id, created_by, updated_by, archived_by, archived_at)
	SELECT org_id, lead, 'Roof', contact, property, person, person, person, person, now() FROM me, ids),
e AS (INSERT INTO claims (org_id, id, number, carrier, claim_number, contact_id, property_id, lead_id, adjuster_id, assignee_id, created_by, updated_by, archived_by, archived_at)
	SELECT org_id, claim, 1, 'State Farm', '77-1', contact, property, lead, other, person, person, person, person, now() FROM me, ids),
f AS (INSERT INTO estimates (org_id, id, claim_id, name, line_count, rcv, acv, created_by, updated_by)
	SELECT org_id, estimate, claim, 'First', 1, 0, 0, person, person FROM me, ids),
g AS (INSERT INTO estimate_lines (org_id, id, estimate_id, position) SELECT org_id, gen_random_uuid(), estimate, 1 FROM me, ids),
h AS (INSERT INTO files (org_id, id, kind, name, source_url, contact_id, property_id, lead_id, claim_id, created_by, updated_by)
	SELECT org_id, file, 'photo', 'roof.jpg', 'https://example.com', contact, property, lead, claim, person, person FROM me, ids),
i AS (INSERT INTO activities (org_id, id, kind, body, contact_id, property_id, lead_id, claim_id, assignee_id, run_id, file_no, ordinal, created_by, updated_by)
	SELECT org_id, gen_random_uuid(), 'task', 'call', contact, property, lead, claim, person, run, 1, 1, person, person FROM me, ids),
j AS (INSERT INTO import_runs (org_id, id, state, dry_run, strict, options, started_by) SELECT org_id, run, 'running', false, false, '{}', person FROM me, ids),
k AS (INSERT INTO import_files (org_id, run_id, file_no, name, size, sha256) SELECT org_id, run, 1, 'a.csv', 1, sha256('a') FROM me, ids),
l AS (INSERT INTO import_rows (org_id, run_id, file_no, ordinal, line, outcome, raw) SELECT org_id, run, 1, 1, 1, 'created', 'a' FROM me, ids),
m AS (INSERT INTO import_problems (org_id, run_id, file_no, ordinal, seq, severity, column_name, value, rule, hint)
	SELECT org_id, run, 1, 1, 1, 'warning', '', '', 'r', 'h' FROM me, ids),
n AS (INSERT INTO import_changes (org_id, run_id, entity, record_id, before) SELECT org_id, run, 'contact', contact, '{}' FROM me, ids),
o AS (INSERT INTO import_candidates (org_id, run_id, record_id, candidate_id, rung) SELECT org_id, run, contact, other, 'phone' FROM me, ids),
ro AS (INSERT INTO roles (org_id, id, name, base, permissions) SELECT org_id, role, 'Crew lead', 'member', '{records.view}' FROM me, ids),
rp AS (INSERT INTO people (org_id, id, kind, name, role, active, custom_role_id)
	SELECT org_id, gen_random_uuid(), 'placeholder', 'Crew', 'member', false, ids.role FROM me, ids),
kp AS (INSERT INTO people (org_id, id, kind, name, role, active) SELECT org_id, apikey, 'key', 'Key: Zapier', 'member', true FROM me, ids),
ak AS (INSERT INTO api_keys (org_id, id, name, prefix, secret_hash, scopes, rate, created_by, revoked_at, revoked_by)
	SELECT org_id, apikey, 'Zapier', 'skai_abcd1234', sha256('k'), '{records.view}', 100, person, now(), person FROM me, ids),
inv AS (INSERT INTO invitations (org_id, id, email, name, role, placeholder_id, expires_at, accepted_at, person_id, created_by)
	SELECT org_id, gen_random_uuid(), 'sam@example.com', 'Sam', 'member', person, now(), now(), person, person FROM me),
push AS (INSERT INTO audit_pushes (org_id, id, url, secret, after) SELECT org_id, gen_random_uuid(), 'https://example.com', 's', 0 FROM me),
dom AS (INSERT INTO sso_domains (org_id, id, domain, token, created_by) SELECT org_id, gen_random_uuid(), 'example.com', 't', person FROM me),
con AS (INSERT INTO sso_connections (org_id, id, kind, issuer, client_id, client_secret, break_glass) SELECT org_id, gen_random_uuid(), 'oidc', 'https://example.com', 'c', 's', person FROM me),
grp AS (INSERT INTO sso_groups (org_id, id, name, role) SELECT org_id, gen_random_uuid(), 'Crews', 'member' FROM me),
sub AS (INSERT INTO sso_identities (org_id, id, issuer, subject, person_id) SELECT org_id, gen_random_uuid(), 'https://example.com', '1', person FROM me),
ass AS (INSERT INTO sso_assertions (org_id, id_hash, expires_at) SELECT org_id, sha256('a'), now() FROM me),
su AS (INSERT INTO scim_users (org_id, id, user_name) SELECT org_id, person, 'pat' FROM me),
sg AS (INSERT INTO scim_groups (org_id, id, name) SELECT org_id, role, 'Crews' FROM me, ids),
sm AS (INSERT INTO scim_members (org_id, group_id, person_id) SELECT org_id, role, person FROM me, ids),
idem AS (INSERT INTO idempotency_keys (org_id, person_id, key, hash) SELECT org_id, person, 'k', sha256('a') FROM me),
p AS (INSERT INTO import_mappings (org_id, source, kind, header_key, mapping) SELECT org_id, 'generic', 'contacts', md5('h')::uuid, '{}' FROM me)
INSERT INTO external_refs (org_id, entity, source, external_id, contact_id, property_id, lead_id, claim_id, estimate_id, file_id, fingerprint, run_id, file_no, ordinal)
SELECT org_id, entity, 'generic', '1', CASE entity WHEN 'contact' THEN contact END, CASE entity WHEN 'property' THEN property END,
	CASE entity WHEN 'lead' THEN lead END, CASE entity WHEN 'claim' THEN claim END, CASE entity WHEN 'estimate' THEN estimate END,
	CASE entity WHEN 'file' THEN file END, md5('f')::uuid, run, 1, 1
FROM me, ids, unnest(ARRAY['contact', 'property', 'lead', 'claim', 'estimate', 'file']) entity`

// pair is two contractors with a row or more in every tenant table each.
type pair struct {
	db          *postgres.DB
	super       *pgx.Conn
	mine        context.Context
	me, theirs  uuid.UUID
	tenantTable []string
}

func newPair(t *testing.T) pair {
	t.Helper()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	p := pair{db: db, super: dbtest.Super(t, db), mine: titan.As(t, tenant.Owner), me: titan.ID, theirs: prowest.ID}
	for _, ctx := range []context.Context{p.mine, prowest.As(t, tenant.Owner)} {
		if err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error { _, err := tx.Exec(ctx, seed); return err }); err != nil {
			t.Fatal(err)
		}
	}
	texts(t, p.super, `SELECT audit.seal()::text`)
	texts(t, p.super, `INSERT INTO org_keys (org_id, id, wrapped, salt, rounds) SELECT id, gen_random_uuid(), 'w', sha256('s'), 600000 FROM orgs RETURNING ''`)
	texts(t, p.super, `INSERT INTO traces (org_id, id, at, name, status, took_ms, slow, failed, sampled, request_id, dropped, spans) SELECT id, gen_random_uuid(), now(), 'GET /', 200, 1, true, false, false, '', 0, '[]' FROM orgs RETURNING ''`)
	texts(t, p.super, `INSERT INTO error_groups (org_id, id, place, kind, words, chain, frames, count, first_seen, last_seen, first_release, last_release, request_id) SELECT id, gen_random_uuid(), 'GET /', 'error', '', '', '', 1, now(), now(), '', '', '' FROM orgs RETURNING ''`)
	texts(t, p.super, `INSERT INTO error_people SELECT DISTINCT ON (e.org_id) e.org_id, e.id, p.id FROM error_groups e JOIN people p ON p.org_id = e.org_id RETURNING ''`)
	texts(t, p.super, `INSERT INTO request_stats (org_id, grain, at, route, process_id, requests, failures, refusals, bytes, queries, seconds, sketch) SELECT id, 'hour', now(), '*', gen_random_uuid(), 1, 0, 0, 0, 0, 0, 's' FROM orgs RETURNING ''`)
	texts(t, p.super, `INSERT INTO service_reports (org_id, id, week, written_at, figures) SELECT id, gen_random_uuid(), '2026-05-04', now(), '{}' FROM orgs RETURNING ''`)
	texts(t, p.super, `INSERT INTO support_access (org_id, id, operator, reason, hours, decided_at, decided_by, ends_at, ended_at, ended_by)
		SELECT org_id, gen_random_uuid(), 'Olga', 'A row is missing', 1, now(), id, now(), now(), id FROM people WHERE kind = 'system' RETURNING ''`)
	p.tenantTable = tenantTables(t, p.super)
	for _, table := range p.tenantTable {
		if n := p.count(t, table); n == 0 {
			t.Fatalf("the table %s has no row: add it to seed", table)
		}
	}
	return p
}

// count gives the rows of the other contractor, as the superuser sees them.
func (p pair) count(t *testing.T, table string) int {
	t.Helper()
	n, err := postgres.Value[int](t.Context(), p.super, `SELECT count(*)::int FROM `+table+` WHERE org_id = $1`, p.theirs)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// attempt runs a statement in my scope and undoes it.
func (p pair) attempt(sql string, args ...any) (rows int64, err error) {
	err = postgres.Do(p.mine, p.db, func(ctx context.Context, tx pgx.Tx) error {
		rows, err = postgres.Exec(ctx, tx, sql, args...)
		if err != nil {
			return err
		}
		return errUndo
	})
	return rows, err
}

var errUndo = fmt.Errorf("undo")

// refused tells whether row security or a missing grant stopped a statement, or
// it found nothing to work on.
func refused(rows int64, err error) bool {
	return sqlstate(err) == noPrivilege || err == errUndo && rows == 0 //nolint:errorlint // it comes unwrapped
}

func TestNobodyReachesAnotherTenant(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, table := range p.tenantTable {
		seen, err := postgres.Read(p.mine, p.db, func(ctx context.Context, tx pgx.Tx) ([]uuid.UUID, error) {
			rows, err := tx.Query(ctx, `SELECT DISTINCT org_id FROM `+table)
			if err != nil {
				return nil, err
			}
			return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		})
		if err != nil || !slices.Equal(seen, []uuid.UUID{p.me}) {
			t.Errorf("%s: I see rows of %v, %v", table, seen, err)
		}
		for what, sql := range map[string]string{
			"lock":           `SELECT FROM ` + table + ` WHERE org_id = $1 FOR UPDATE`,
			"change":         `UPDATE ` + table + ` SET org_id = org_id WHERE org_id = $1`,
			"delete":         `DELETE FROM ` + table + ` WHERE org_id = $1`,
			"move mine into": `UPDATE ` + table + ` SET org_id = $1`,
		} {
			if rows, err := p.attempt(sql, p.theirs); !refused(rows, err) {
				t.Errorf("%s: I can %s theirs: %d rows, %v", table, what, rows, err)
			}
		}
		if rows, err := p.attempt(`TRUNCATE ` + table + ` CASCADE`); !refused(rows, err) {
			t.Errorf("%s: I can empty it for everybody: %v", table, err)
		}
	}
}

// Every single column that I may change at all is tried on their rows.
func TestNobodyChangesAnotherTenantsColumn(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, table := range p.tenantTable {
		columns := texts(t, p.super, `SELECT attname::text FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
			AND attgenerated = '' AND has_column_privilege('skai_app', attrelid, attname, 'UPDATE')`, table)
		for _, column := range columns {
			rows, err := p.attempt(fmt.Sprintf(`UPDATE %s SET %s = %s WHERE org_id = $1`, table, column, column), p.theirs)
			if !refused(rows, err) {
				t.Errorf("%s.%s of theirs: %d rows changed, %v", table, column, rows, err)
			}
		}
	}
}

func TestNobodyWritesARowForAnotherTenant(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, table := range p.tenantTable {
		row, columns := p.newRow(t, table)
		sql := fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM jsonb_populate_record(NULL::%s, $1)`, table, columns, columns, table)
		if _, err := p.attempt(sql, row); sqlstate(err) != noPrivilege {
			t.Errorf("%s: I can write a row of theirs: %v", table, err)
		}
	}
}

// newRow gives a copy of one of their rows, with an id of its own where it has
// one, and the columns that can be written.
func (p pair) newRow(t *testing.T, table string) (row []byte, columns string) {
	t.Helper()
	var text []byte
	err := p.super.QueryRow(t.Context(), `SELECT to_jsonb(r) FROM `+table+` r WHERE org_id = $1 LIMIT 1`, p.theirs).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	if _, ok := fields["id"].(string); ok {
		fields["id"] = uuid.NewString()
	}
	if row, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	err = p.super.QueryRow(t.Context(), `SELECT string_agg(attname, ', ') FROM pg_attribute
		WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''`, table).Scan(&columns)
	if err != nil {
		t.Fatal(err)
	}
	return row, columns
}

// A reference from my row to theirs is refused by the key itself, even for the
// superuser, whom row security does not bind.
func TestNoReferenceCrossesTenants(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	type reference struct{ Name, Source, Target, Column, Key string }
	all, err := postgres.Many[reference](t.Context(), p.super, `
		SELECT conname::text AS name, conrelid::regclass::text AS source, confrelid::regclass::text AS target,
			s.attname::text AS column, k.attname::text AS key
		FROM pg_constraint f, unnest(f.conkey, f.confkey) AS pair (s, k)
		JOIN pg_attribute s ON s.attnum = pair.s JOIN pg_attribute k ON k.attnum = pair.k
		WHERE f.contype = 'f' AND s.attrelid = f.conrelid AND k.attrelid = f.confrelid AND k.attname <> 'org_id' AND k.atttypid = 'uuid'::regtype
			AND f.confrelid = ANY ($1::regclass[]) AND f.conrelid = ANY ($1::regclass[])`, p.tenantTable)
	if err != nil || len(all) < 20 {
		t.Fatal(len(all), err)
	}
	for _, r := range all {
		sql := fmt.Sprintf(`UPDATE %[1]s SET %[2]s = (SELECT %[3]s FROM %[4]s WHERE org_id = $2 LIMIT 1)
			WHERE org_id = $1 AND %[2]s IS NOT NULL`, r.Source, r.Column, r.Key, r.Target)
		tag, err := p.super.Exec(t.Context(), sql, p.me, p.theirs)
		if sqlstate(err) != notThere {
			t.Errorf("%s.%s can point at another tenant's %s: %d rows, %v", r.Source, r.Column, r.Target, tag.RowsAffected(), err)
		}
	}
}

// Search runs as a role that row security lets see every tenant's words.
func TestSearchStaysInTheOrganisation(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for table, words := range map[string]string{"contacts": "muñoz", "properties": "hail", "leads": "roof", "claims": "farm"} {
		found, err := postgres.Read(p.mine, p.db, func(ctx context.Context, tx pgx.Tx) ([]uuid.UUID, error) {
			rows, err := tx.Query(ctx, `SELECT search.`+table+`(to_tsquery('simple', $1), 100)`, words)
			if err != nil {
				return nil, err
			}
			return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		})
		if err != nil || len(found) == 0 {
			t.Errorf("%s: found %v, %v", table, found, err)
		}
		theirs, err := postgres.Value[int](t.Context(), p.super, `SELECT count(*)::int FROM `+table+` WHERE id = ANY ($1) AND org_id <> $2`, found, p.me)
		if err != nil || theirs != 0 {
			t.Errorf("%s: search gave %d ids of theirs, %v", table, theirs, err)
		}
	}
}
