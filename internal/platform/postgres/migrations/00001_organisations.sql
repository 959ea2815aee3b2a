-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- Names of the trade in many small vocabularies: text with a CHECK, so that a
-- new word is one migration that works beside the binary before it.

CREATE SCHEMA audit AUTHORIZATION skai_audit;
CREATE SCHEMA search AUTHORIZATION skai_search;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO skai_app, skai_signin, skai_operator, skai_search, skai_audit;
GRANT USAGE ON SCHEMA search TO skai_app;

-- The organisation of the transaction. Without a scope this is an error, not
-- "no rows": missing_ok is left out on purpose.
CREATE FUNCTION current_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
	AS $$ SELECT current_setting('app.org_id')::uuid $$;

CREATE TABLE orgs (
	id            uuid PRIMARY KEY,
	slug          text NOT NULL UNIQUE CHECK (slug ~ '^[a-z][a-z0-9-]{1,39}$'),
	name          text NOT NULL CHECK (name <> ''),
	time_zone     text NOT NULL DEFAULT 'America/Phoenix',
	brand_color   text CHECK (brand_color ~ '^#[0-9a-f]{6}$'),
	brand_logo    bytea CHECK (octet_length(brand_logo) <= 262144),
	brand_logo_type text CHECK (brand_logo_type IN ('image/svg+xml', 'image/png')),
	created_at    timestamptz NOT NULL DEFAULT now(),
	updated_at    timestamptz NOT NULL DEFAULT now(),
	CHECK ((brand_logo IS NULL) = (brand_logo_type IS NULL))
);

-- A user is somebody who can sign in; what they may do stands in people.
CREATE TABLE users (
	id            uuid PRIMARY KEY,
	email         text NOT NULL CHECK (email = lower(email) AND email LIKE '%_@_%'),
	name          text NOT NULL CHECK (name <> ''),
	password_hash text NOT NULL,
	created_at    timestamptz NOT NULL DEFAULT now(),
	updated_at    timestamptz NOT NULL DEFAULT now(),
	disabled_at   timestamptz,
	CONSTRAINT users_email_key UNIQUE (email)
);

-- A person of an organisation: a member with a user, a placeholder that an
-- import made for a name it didn't know, or the organisation's system person
-- that commands and jobs act as.
CREATE TABLE people (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	id         uuid NOT NULL,
	user_id    uuid REFERENCES users (id),
	kind       text NOT NULL CHECK (kind IN ('member', 'placeholder', 'system')),
	name       text NOT NULL CHECK (name <> ''),
	name_key   text NOT NULL GENERATED ALWAYS AS (lower(regexp_replace(btrim(name), '\s+', ' ', 'g'))) STORED,
	email      text,
	role       text NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'member', 'viewer')),
	active     boolean NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	CONSTRAINT people_one_membership UNIQUE (org_id, user_id),
	CHECK ((kind = 'member') = (user_id IS NOT NULL)),
	CHECK (kind <> 'placeholder' OR NOT active)
);
CREATE UNIQUE INDEX people_placeholder_name_key ON people (org_id, name_key) WHERE kind = 'placeholder';
CREATE UNIQUE INDEX people_system_key ON people (org_id) WHERE kind = 'system';
CREATE INDEX people_user_idx ON people (user_id) WHERE user_id IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION people_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM 1 FROM orgs WHERE id = OLD.org_id FOR UPDATE; -- two demotions at once wait for each other
	IF NOT EXISTS (SELECT FROM people WHERE org_id = OLD.org_id AND kind = 'member' AND role = 'owner' AND active) THEN
		RAISE EXCEPTION 'organisation % would be left without an owner', OLD.org_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'people_last_owner';
	END IF;
	RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER people_last_owner AFTER UPDATE OR DELETE ON people
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	WHEN (OLD.kind = 'member' AND OLD.role = 'owner' AND OLD.active)
	EXECUTE FUNCTION people_keep_an_owner();

-- Every organisation has its system person from the first moment on.
-- +goose StatementBegin
CREATE FUNCTION orgs_system_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO people (org_id, id, kind, name, role, active)
	VALUES (NEW.id, gen_random_uuid(), 'system', 'SkaiScraper', 'owner', true);
	RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER orgs_system_person AFTER INSERT ON orgs FOR EACH ROW EXECUTE FUNCTION orgs_system_person();

-- A session is reachable by skai_signin alone; current_org_id is the organisation
-- the person looks at now, out of those they are a member of.
CREATE TABLE sessions (
	id             uuid PRIMARY KEY,
	token_hash     bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
	user_id        uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	current_org_id uuid NOT NULL,
	person_id      uuid NOT NULL,
	user_agent     text NOT NULL DEFAULT '',
	address        inet,
	created_at     timestamptz NOT NULL DEFAULT now(),
	last_seen_at   timestamptz NOT NULL DEFAULT now(),
	expires_at     timestamptz NOT NULL,
	revoked_at     timestamptz,
	FOREIGN KEY (current_org_id, person_id) REFERENCES people (org_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_user_idx ON sessions (user_id);

-- Wrong passwords, by account and by address, so that guessing slows down.
CREATE TABLE sign_in_failures (
	key        text PRIMARY KEY, -- 'user:<id>' or 'addr:<hash>'
	failures   int NOT NULL,
	last_at    timestamptz NOT NULL
);

-- Gapless numbers: taken in the transaction that uses them.
CREATE TABLE org_counters (
	org_id uuid NOT NULL REFERENCES orgs (id),
	name   text NOT NULL,
	last   bigint NOT NULL CHECK (last >= 0),
	PRIMARY KEY (org_id, name)
);

-- Audit ----------------------------------------------------------------

CREATE TABLE audit_columns (
	table_name  text NOT NULL,
	column_name text NOT NULL,
	class       text NOT NULL CHECK (class IN ('track', 'ignore', 'secret')),
	PRIMARY KEY (table_name, column_name)
);

-- One entry for each row a statement changed; for a statement of an import, one
-- for the whole batch, which points at the ledger by its run.
-- org_id is the nil UUID for what belongs to no organisation (users).
CREATE TABLE audit_entries (
	org_id     uuid NOT NULL,
	id         bigint GENERATED ALWAYS AS IDENTITY,
	at         timestamptz NOT NULL DEFAULT clock_timestamp(),
	actor_id   uuid,
	actor      text NOT NULL, -- the person's name then, or the system actor's
	request_id text NOT NULL,
	table_name text NOT NULL,
	record_id  uuid,
	operation  text NOT NULL CHECK (operation IN ('insert', 'update', 'delete', 'bulk insert', 'bulk update', 'bulk delete')),
	changes    jsonb NOT NULL, -- {column: [before, after]}; a secret column shows only that it changed
	run_id     uuid,
	row_count  bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (org_id, id)
);
CREATE INDEX audit_entries_record_idx ON audit_entries (org_id, record_id, id DESC) WHERE record_id IS NOT NULL;

GRANT INSERT ON audit_entries TO skai_audit;
GRANT SELECT ON audit_columns TO skai_audit;
ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_entries TO skai_app
	USING (org_id = (SELECT current_org())) WITH CHECK (org_id = (SELECT current_org()));
CREATE POLICY audit_writer ON audit_entries FOR INSERT TO skai_audit WITH CHECK (true);

SET LOCAL ROLE skai_audit;
-- What changed between two images of a row, as {column: [before, after]}.
CREATE FUNCTION audit.diff(tbl text, old_row jsonb, new_row jsonb) RETURNS jsonb
	LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT coalesce(jsonb_object_agg(c.column_name,
		CASE c.class WHEN 'secret' THEN '"changed"'::jsonb
		ELSE jsonb_build_array(old_row -> c.column_name, new_row -> c.column_name) END), '{}')
	FROM audit_columns c
	WHERE c.table_name = tbl AND c.class <> 'ignore'
	  AND nullif(old_row -> c.column_name, 'null') IS DISTINCT FROM nullif(new_row -> c.column_name, 'null')
$$;

-- +goose StatementBegin
CREATE FUNCTION audit.write() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, public, audit, pg_temp AS $$
DECLARE
	org_column text := CASE TG_TABLE_NAME WHEN 'orgs' THEN 'id' ELSE 'org_id' END;
	nobody     uuid := '00000000-0000-0000-0000-000000000000';
	actor      uuid := nullif(current_setting('app.actor_id', true), '')::uuid;
	actor_name text := coalesce(nullif(current_setting('app.actor', true), ''), session_user);
	request    text := coalesce(current_setting('app.request_id', true), '');
	bulk_run   uuid := nullif(current_setting('app.bulk_run', true), '')::uuid;
	n          bigint;
BEGIN
	IF bulk_run IS NOT NULL THEN
		IF TG_OP = 'DELETE' THEN
			SELECT count(*) INTO n FROM old_rows;
		ELSE
			SELECT count(*) INTO n FROM new_rows;
		END IF;
		IF n > 0 THEN
			INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, operation, changes, run_id, row_count)
			VALUES (current_org(), actor, actor_name, request, TG_TABLE_NAME, 'bulk ' || lower(TG_OP), '{}', bulk_run, n);
		END IF;
		RETURN NULL;
	END IF;
	IF TG_OP = 'INSERT' THEN
		INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, record_id, operation, changes)
		SELECT coalesce((j ->> org_column)::uuid, nobody), actor, actor_name, request, TG_TABLE_NAME,
			(j ->> 'id')::uuid, 'insert', audit.diff(TG_TABLE_NAME, '{}', j)
		FROM (SELECT to_jsonb(r) AS j FROM new_rows r) x;
	ELSIF TG_OP = 'DELETE' THEN
		INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, record_id, operation, changes)
		SELECT coalesce((j ->> org_column)::uuid, nobody), actor, actor_name, request, TG_TABLE_NAME,
			(j ->> 'id')::uuid, 'delete', audit.diff(TG_TABLE_NAME, j, '{}')
		FROM (SELECT to_jsonb(r) AS j FROM old_rows r) x;
	ELSE
		INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, record_id, operation, changes)
		SELECT coalesce((n_j ->> org_column)::uuid, nobody), actor, actor_name, request, TG_TABLE_NAME,
			(n_j ->> 'id')::uuid, 'update', d
		FROM (SELECT to_jsonb(o) AS o_j, to_jsonb(w) AS n_j, audit.diff(TG_TABLE_NAME, to_jsonb(o), to_jsonb(w)) AS d
			FROM old_rows o JOIN new_rows w ON w.id = o.id) x
		WHERE d <> '{}';
	END IF;
	RETURN NULL;
END $$;
-- +goose StatementEnd
GRANT USAGE ON SCHEMA audit TO skai_owner;
GRANT EXECUTE ON FUNCTION audit.write() TO skai_owner;
RESET ROLE;

-- audit_attach puts a table under the trail. Columns not named are tracked;
-- the classification is stored per column so that a test finds a new one.
-- +goose StatementBegin
CREATE FUNCTION audit_attach(tbl text, ignored text[] DEFAULT '{}', secret text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO audit_columns
	SELECT tbl, attname, CASE WHEN attname = ANY (secret) THEN 'secret' WHEN attname = ANY (ignored) OR attgenerated <> '' THEN 'ignore' ELSE 'track' END
	FROM pg_attribute WHERE attrelid = tbl::regclass AND attnum > 0 AND NOT attisdropped;
	EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write()', tbl);
	EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write()', tbl);
	EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write()', tbl);
END $$;

-- tenant_table turns row security on for a table with org_id, for its owner too.
CREATE FUNCTION tenant_table(tbl text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
	EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl);
	EXECUTE format('CREATE POLICY tenant ON %I TO skai_app USING (org_id = (SELECT current_org())) WITH CHECK (org_id = (SELECT current_org()))', tbl);
END $$;
-- +goose StatementEnd

-- A logo's bytes are too many to keep twice: the trail says that it changed.
SELECT audit_attach('orgs', ignored => '{id,created_at,updated_at}', secret => '{brand_logo}');
SELECT audit_attach('users', ignored => '{id,created_at,updated_at}', secret => '{password_hash}');
SELECT audit_attach('people', ignored => '{id,org_id,created_at,updated_at}');

SELECT tenant_table('people');
SELECT tenant_table('org_counters');
ALTER TABLE orgs ENABLE ROW LEVEL SECURITY;
ALTER TABLE orgs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON orgs TO skai_app USING (id = (SELECT current_org())) WITH CHECK (id = (SELECT current_org()));

CREATE POLICY signin ON orgs FOR SELECT TO skai_signin USING (true);
CREATE POLICY signin ON people FOR SELECT TO skai_signin USING (true);
CREATE POLICY operator ON orgs TO skai_operator USING (true) WITH CHECK (true);
CREATE POLICY operator ON people TO skai_operator USING (true) WITH CHECK (true);

GRANT SELECT, UPDATE (name, time_zone, brand_color, brand_logo, brand_logo_type, updated_at) ON orgs TO skai_app;
GRANT SELECT, INSERT ON people TO skai_app;
GRANT UPDATE (name, email, role, active, updated_at) ON people TO skai_app;
GRANT SELECT, INSERT, UPDATE ON org_counters TO skai_app;
GRANT SELECT ON audit_entries TO skai_app;

GRANT SELECT ON orgs, people TO skai_signin;
GRANT SELECT, UPDATE (password_hash, updated_at) ON users TO skai_signin; -- a hash with old parameters is renewed
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, sign_in_failures TO skai_signin;
GRANT SELECT, INSERT ON orgs, users TO skai_operator;
GRANT SELECT, INSERT, UPDATE ON people TO skai_operator;
GRANT UPDATE (password_hash, updated_at, disabled_at) ON users TO skai_operator;
-- The constraint on the last owner locks the organisation's row.
GRANT UPDATE (updated_at) ON orgs TO skai_operator;
-- The program asks whether the schema is the one it was built for before it serves.
GRANT SELECT ON goose_db_version TO skai_app;
