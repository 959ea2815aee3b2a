-- +goose Up

-- Who a company's directory knows of its members, by SCIM 2.0: what it calls them.
-- The row of a person whom the directory deleted stays, with its name for them.
CREATE TABLE scim_users (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL, -- the person's
	user_name   text NOT NULL CHECK (user_name <> '' AND char_length(user_name) <= 320),
	user_key    text NOT NULL GENERATED ALWAYS AS (lower(user_name)) STORED,
	external_id text CHECK (char_length(external_id) <= 320),
	created_at  timestamptz NOT NULL DEFAULT now(),
	updated_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	CONSTRAINT scim_users_name_key UNIQUE (org_id, user_key),
	FOREIGN KEY (org_id, id) REFERENCES people (org_id, id)
);
SELECT tenant_table('scim_users');
SELECT audit_attach('scim_users', ignored => '{id,org_id,user_key,created_at}');
GRANT SELECT, INSERT, UPDATE (user_name, external_id, updated_at) ON scim_users TO skai_app;

-- A group of the directory, and who is in it. sso_groups says which role it gives.
CREATE TABLE scim_groups (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	name        text NOT NULL CHECK (name = btrim(name) AND name <> '' AND char_length(name) <= 200),
	external_id text CHECK (char_length(external_id) <= 320),
	created_at  timestamptz NOT NULL DEFAULT now(),
	updated_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	CONSTRAINT scim_groups_name_key UNIQUE (org_id, name)
);
SELECT tenant_table('scim_groups');
SELECT audit_attach('scim_groups', ignored => '{id,org_id,created_at}');
GRANT SELECT, INSERT, DELETE, UPDATE (name, external_id, updated_at) ON scim_groups TO skai_app;

CREATE TABLE scim_members (
	org_id    uuid NOT NULL REFERENCES orgs (id),
	group_id  uuid NOT NULL,
	person_id uuid NOT NULL,
	PRIMARY KEY (org_id, group_id, person_id),
	FOREIGN KEY (org_id, group_id) REFERENCES scim_groups (org_id, id) ON DELETE CASCADE,
	FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
);
CREATE INDEX scim_members_person_idx ON scim_members (org_id, person_id);
SELECT tenant_table('scim_members');
GRANT SELECT, INSERT, DELETE ON scim_members TO skai_app;

-- A directory changes what people are called.
GRANT UPDATE (name, email) ON people TO skai_app;

-- API keys may be a directory's.
CREATE OR REPLACE FUNCTION role_permissions(base text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE base
		WHEN 'viewer' THEN '{records.view}'::text[]
		WHEN 'member' THEN '{records.view,records.edit,records.archive,amounts.view,analytics.view}'::text[]
		WHEN 'manager' THEN '{records.view,records.edit,records.archive,amounts.view,amounts.edit,stages.back,lists.export,analytics.view,people.invite}'::text[]
		WHEN 'key' THEN '{records.view,records.edit,records.archive,amounts.view,amounts.edit,stages.back,lists.export,analytics.view,migration.run,audit.view,people.provision}'::text[]
		ELSE '{}'::text[]
	END
$$;
