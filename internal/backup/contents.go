package backup

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// ours are the schemas that are not PostgreSQL's own.
const ours = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

// definitions are what the schema says beside its tables' rows, each a query that gives
// lines of text. pg_get_...def writes every name with its schema, since the session's
// search_path is pg_catalog.
var definitions = []struct{ name, sql string }{
	{"tables: owner and row security", `
		SELECT concat_ws(' ', c.oid::regclass, c.relkind, pg_get_userbyid(c.relowner), c.relrowsecurity, c.relforcerowsecurity, c.relpersistence)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND ` + ours},
	{"columns", `
		SELECT concat_ws(' ', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, a.attidentity, pg_get_expr(d.adbin, d.adrelid))
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE c.relkind IN ('r', 'p', 'v', 'm') AND ` + ours},
	{"constraints", `
		SELECT concat_ws(' ', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid), k.convalidated)
		FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE ` + ours},
	{"indexes", `SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indisvalid AND ` + ours},
	{"row security's policies", `
		SELECT concat_ws(' ', p.polrelid::regclass, p.polname, p.polpermissive, p.polcmd, (SELECT array_agg(CASE r WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(r) END ORDER BY 1) FROM unnest(p.polroles) r),
			pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
		FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ` + ours},
	{"triggers", `SELECT pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND ` + ours},
	{"functions", `SELECT pg_get_functiondef(p.oid) || ' ' || pg_get_userbyid(p.proowner) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'p') AND ` + ours + notOfExtension},
	{"grants", `SELECT concat_ws(' ', of, grantee, grantor, privilege_type, is_grantable) FROM (` + grants + `) g`},
}

const notOfExtension = ` AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')`

// grants are what roles are given on schemas, tables, columns and functions.
const grants = `
	SELECT g.of, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END AS grantee, pg_get_userbyid(x.grantor)::text AS grantor, x.privilege_type, x.is_grantable
	FROM (
		SELECT 'schema ' || n.nspname AS of, coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl FROM pg_namespace n WHERE ` + ours + `
		UNION ALL SELECT c.oid::regclass::text, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND ` + ours + `
		UNION ALL SELECT c.oid::regclass || '.' || a.attname, a.attacl
			FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped WHERE ` + ours + `
		UNION ALL SELECT p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner))
			FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ` + ours + notOfExtension + `
	) g CROSS JOIN LATERAL aclexplode(g.acl) x`

// rolesNamed are the roles that own or are given something.
const rolesNamed = `
	SELECT DISTINCT role FROM (
		SELECT grantee AS role FROM (` + grants + `) g UNION SELECT grantor FROM (` + grants + `) g
		UNION SELECT pg_get_userbyid(c.relowner)::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ` + ours + `) r
	WHERE role <> 'PUBLIC' AND role !~ '^pg_' ORDER BY 1`

// asText are the settings on which the text of a value depends, and those that could end
// the transaction while files are copied.
const asText = `SET LOCAL search_path = pg_catalog; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL intervalstyle = 'postgres';
	SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL xmlbinary = 'base64'; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`

// Look fills in what the database holds, as the transaction sees it; the transaction's
// settings are changed.
func (m *Manifest) Look(ctx context.Context, tx pgx.Tx, say Say) (err error) {
	m.Tables, m.Definitions, err = contents(ctx, tx, say)
	return err
}

// contents counts what the database holds and adds it up: of every table the rows, and
// the definitions. Where two add up to the same, they hold the same, in any order: of
// each line's SHA-256 the first two quarters are summed, as numbers of 64 bits. The
// transaction's settings are changed.
func contents(ctx context.Context, tx pgx.Tx, say Say) (tables, defs []Content, err error) {
	if _, err := tx.Exec(ctx, asText); err != nil {
		return nil, nil, err
	}
	names, err := postgres.Values[string](ctx, tx, `
		SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND `+ours+` ORDER BY 1`)
	if err != nil {
		return nil, nil, err
	}
	for i, name := range names {
		say("adding the tables up", int64(i), int64(len(names)))
		c, err := addUp(ctx, tx, name, `SELECT t::text FROM `+name+` t`)
		if err != nil {
			return nil, nil, err
		}
		tables = append(tables, c)
	}
	for _, d := range definitions {
		c, err := addUp(ctx, tx, d.name, d.sql)
		if err != nil {
			return nil, nil, err
		}
		defs = append(defs, c)
	}
	return tables, defs, nil
}

func addUp(ctx context.Context, tx pgx.Tx, name, lines string) (c Content, err error) {
	c.Name = name
	err = tx.QueryRow(ctx, `
		SELECT count(*), coalesce(sum(('x' || substr(h, 1, 16))::bit(64)::bigint::numeric), 0) || '/' || coalesce(sum(('x' || substr(h, 17, 16))::bit(64)::bigint::numeric), 0)
		FROM (SELECT encode(sha256(convert_to(line, 'UTF8')), 'hex') AS h FROM (`+lines+`) l (line)) s`).Scan(&c.Rows, &c.Checksum)
	if err != nil {
		err = fmt.Errorf("add %s up: %w", name, err)
	}
	return c, err
}

// compare gives in words what is not as it was; what names the things.
func compare(what string, was, is []Content) (differ []string) {
	now := map[string]Content{}
	for _, c := range is {
		now[c.Name] = c
	}
	for _, w := range was {
		c, there := now[w.Name]
		delete(now, w.Name)
		switch {
		case !there:
			differ = append(differ, fmt.Sprintf("%s %s is not there", what, w.Name))
		case c.Rows != w.Rows:
			differ = append(differ, fmt.Sprintf("%s %s has %d rows, and had %d in the snapshot", what, w.Name, c.Rows, w.Rows))
		case c.Checksum != w.Checksum:
			differ = append(differ, fmt.Sprintf("%s %s has its %d rows, but not all with what they held: they add up to %s, and did to %s", what, w.Name, c.Rows, c.Checksum, w.Checksum))
		}
	}
	for _, c := range is {
		if _, left := now[c.Name]; left {
			differ = append(differ, fmt.Sprintf("%s %s was not in the snapshot", what, c.Name))
		}
	}
	return differ
}
