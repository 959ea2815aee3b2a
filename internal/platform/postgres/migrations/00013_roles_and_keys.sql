-- +goose Up

-- What a role composed by an organisation, on the base of one of the built-in ones,
-- may hold at most; and, as 'key', what an API key may. Package identity has the
-- whole matrix; a test of internal/app keeps the two equal. Another permission
-- comes by another migration that replaces this function.
CREATE FUNCTION role_permissions(base text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE base
		WHEN 'viewer' THEN '{records.view}'::text[]
		WHEN 'member' THEN '{records.view,records.edit,records.archive,amounts.view,analytics.view}'::text[]
		WHEN 'manager' THEN '{records.view,records.edit,records.archive,amounts.view,amounts.edit,stages.back,lists.export,analytics.view,people.invite}'::text[]
		WHEN 'key' THEN '{records.view,records.edit,records.archive,amounts.view,amounts.edit,stages.back,lists.export,analytics.view,migration.run,audit.view}'::text[]
		ELSE '{}'::text[]
	END
$$;

-- A role that an organisation composed: a built-in one with less. Who made and
-- changed it stands in the audit trail.
CREATE TABLE roles (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	name        text NOT NULL CHECK (name = btrim(name) AND name <> '' AND char_length(name) <= 40),
	name_key    text NOT NULL GENERATED ALWAYS AS (lower(regexp_replace(name, '\s+', ' ', 'g'))) STORED,
	base        text NOT NULL CHECK (base IN ('manager', 'member', 'viewer')),
	permissions text[] NOT NULL,
	version     bigint NOT NULL DEFAULT 1,
	created_at  timestamptz NOT NULL DEFAULT now(),
	updated_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	CONSTRAINT roles_id_base_key UNIQUE (org_id, id, base),
	CONSTRAINT roles_name_key UNIQUE (org_id, name_key),
	CONSTRAINT roles_not_built_in CHECK (name_key NOT IN ('owner', 'admin', 'manager', 'member', 'viewer')),
	CONSTRAINT roles_within_base CHECK (permissions <@ role_permissions(base)),
	CONSTRAINT roles_see_records CHECK ('records.view' = ANY (permissions)) -- and so no role is empty, which would be no limit
);
SELECT tenant_table('roles');
SELECT audit_attach('roles', ignored => '{id,org_id,version,created_at,updated_at}');
GRANT SELECT, INSERT, DELETE, UPDATE (name, base, permissions, version, updated_at) ON roles TO skai_app;
CREATE POLICY signin ON roles FOR SELECT TO skai_signin USING (true);
GRANT SELECT ON roles TO skai_signin;

-- The person's built-in role is always the base of the composed one, also when the
-- base changes. A role that somebody has can't be deleted.
ALTER TABLE people
	ADD COLUMN custom_role_id uuid,
	ADD CONSTRAINT people_custom_role FOREIGN KEY (org_id, custom_role_id, role) REFERENCES roles (org_id, id, base) ON UPDATE CASCADE;
CREATE INDEX people_custom_role_idx ON people (org_id, custom_role_id) WHERE custom_role_id IS NOT NULL;
INSERT INTO audit_columns VALUES ('people', 'custom_role_id', 'track');
GRANT UPDATE (custom_role_id) ON people TO skai_app;

-- An API key acts as a person of its own, who has its id and can't sign in.
ALTER TABLE people
	DROP CONSTRAINT people_kind_check,
	ADD CONSTRAINT people_kind_check CHECK (kind IN ('member', 'placeholder', 'system', 'key')),
	ADD CONSTRAINT people_key_role CHECK (kind <> 'key' OR role <> 'owner');

-- Of the secret only its SHA-256 is kept: it has 256 random bits, so nobody finds
-- it by trying, however fast the hash.
CREATE TABLE api_keys (
	org_id       uuid NOT NULL,
	id           uuid NOT NULL,
	name         text NOT NULL CHECK (name = btrim(name) AND name <> '' AND char_length(name) <= 60),
	prefix       text NOT NULL CHECK (prefix ~ '^skai_[0-9A-Za-z]{8}$'), -- the beginning of the key, to know it again
	secret_hash  bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
	scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ role_permissions('key')),
	rate         int NOT NULL CHECK (rate BETWEEN 1 AND 1000), -- requests a minute
	created_at   timestamptz NOT NULL DEFAULT now(),
	created_by   uuid NOT NULL,
	updated_at   timestamptz NOT NULL DEFAULT now(),
	expires_at   timestamptz, -- NULL: works until it is revoked
	last_used_at timestamptz, -- to the minute
	last_address inet,
	revoked_at   timestamptz,
	revoked_by   uuid,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, id) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, revoked_by) REFERENCES people (org_id, id),
	CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
	CHECK (expires_at > created_at)
);
CREATE UNIQUE INDEX api_keys_name_key ON api_keys (org_id, lower(name)) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_secret_idx ON api_keys (secret_hash);
SELECT tenant_table('api_keys');
SELECT audit_attach('api_keys', ignored => '{id,org_id,created_at,created_by,updated_at,last_used_at,last_address}', secret => '{secret_hash}');
GRANT SELECT, INSERT, UPDATE (name, updated_at, revoked_at, revoked_by) ON api_keys TO skai_app;
-- A key is found by its hash before any organisation is known.
CREATE POLICY signin ON api_keys FOR SELECT TO skai_signin USING (true);
CREATE POLICY signin_used ON api_keys FOR UPDATE TO skai_signin USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (last_used_at, last_address) ON api_keys TO skai_signin;
