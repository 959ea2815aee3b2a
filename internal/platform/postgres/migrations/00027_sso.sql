-- +goose Up

-- E-mail domains an organisation says are its own. Whoever can write into a
-- domain's DNS owns it: the token stands there in a TXT record. Two organisations
-- of one company may both show it.
CREATE TABLE sso_domains (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	domain      text NOT NULL CHECK (domain = lower(domain) AND domain ~ '^[a-z0-9_-]+(\.[a-z0-9_-]+)+$' AND char_length(domain) <= 253),
	token       text NOT NULL CHECK (token <> ''),
	verified_at timestamptz,
	checked_at  timestamptz,              -- of the last look into DNS
	found       text NOT NULL DEFAULT '', -- what it found, in words
	created_at  timestamptz NOT NULL DEFAULT now(),
	created_by  uuid NOT NULL,
	PRIMARY KEY (org_id, id),
	UNIQUE (org_id, domain),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id)
);
CREATE INDEX sso_domains_domain_idx ON sso_domains (domain) WHERE verified_at IS NOT NULL;
SELECT tenant_table('sso_domains');
SELECT audit_attach('sso_domains', ignored => '{id,org_id,token,found,created_at,created_by}');
GRANT SELECT, INSERT, DELETE, UPDATE (verified_at, checked_at, found) ON sso_domains TO skai_app;
-- Where the address of somebody who signs in leads to.
CREATE POLICY signin ON sso_domains FOR SELECT TO skai_signin USING (true);
GRANT SELECT ON sso_domains TO skai_signin;

-- The identity provider through which an organisation's people sign in.
CREATE TABLE sso_connections (
	org_id        uuid NOT NULL REFERENCES orgs (id),
	id            uuid NOT NULL,
	kind          text NOT NULL CHECK (kind IN ('oidc', 'saml')),
	issuer        text NOT NULL CHECK (issuer <> '' AND char_length(issuer) <= 2000), -- OIDC's issuer, SAML's entity ID
	client_id     text NOT NULL DEFAULT '',
	client_secret bytea,                    -- OIDC; sealed
	metadata      text,                     -- SAML: the identity provider's
	signing_key   bytea,                    -- SAML: ours; sealed
	certificate   bytea,                    -- SAML: ours, DER
	groups_claim  text NOT NULL DEFAULT 'groups',
	default_role  text CHECK (default_role IN ('admin', 'manager', 'member', 'viewer')), -- NULL lets in only those who are members, or in a group with a role
	worked_at     timestamptz,              -- when somebody came through it last, as it is configured now
	required      boolean NOT NULL DEFAULT false,
	break_glass   uuid,                     -- the owner whose password opens the door still
	created_at    timestamptz NOT NULL DEFAULT now(),
	updated_at    timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	UNIQUE (org_id),
	FOREIGN KEY (org_id, break_glass) REFERENCES people (org_id, id),
	CONSTRAINT sso_required_has_break_glass CHECK (NOT required OR break_glass IS NOT NULL),
	CONSTRAINT sso_required_has_worked CHECK (NOT required OR worked_at IS NOT NULL),
	CHECK (CASE kind WHEN 'oidc' THEN client_id <> '' AND client_secret IS NOT NULL ELSE metadata IS NOT NULL AND signing_key IS NOT NULL AND certificate IS NOT NULL END)
);
SELECT tenant_table('sso_connections');
SELECT audit_attach('sso_connections', ignored => '{id,org_id,worked_at,created_at}', secret => '{client_secret,signing_key}');
GRANT SELECT, INSERT, DELETE ON sso_connections TO skai_app;
GRANT UPDATE (kind, issuer, client_id, client_secret, metadata, signing_key, certificate, groups_claim, default_role, worked_at, required, break_glass, updated_at) ON sso_connections TO skai_app;
CREATE POLICY signin ON sso_connections FOR SELECT TO skai_signin USING (true);
GRANT SELECT ON sso_connections TO skai_signin;
CREATE POLICY operator ON sso_connections FOR SELECT TO skai_operator USING (true);
GRANT SELECT (org_id, required, break_glass) ON sso_connections TO skai_operator;

-- Which role the people of a group have, as the identity provider or its
-- directory names the group.
CREATE TABLE sso_groups (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	id         uuid NOT NULL,
	name       text NOT NULL CHECK (name = btrim(name) AND name <> '' AND char_length(name) <= 200),
	role       text NOT NULL CHECK (role IN ('admin', 'manager', 'member', 'viewer')),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	CONSTRAINT sso_groups_name_key UNIQUE (org_id, name)
);
SELECT tenant_table('sso_groups');
SELECT audit_attach('sso_groups', ignored => '{id,org_id,created_at}');
GRANT SELECT, INSERT, DELETE, UPDATE (role) ON sso_groups TO skai_app;

-- Who somebody is at the identity provider: its name for them, which stays when
-- their address changes.
CREATE TABLE sso_identities (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	id         uuid NOT NULL,
	issuer     text NOT NULL CHECK (char_length(issuer) <= 2000),
	subject    text NOT NULL CHECK (subject <> '' AND char_length(subject) <= 1000),
	person_id  uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	CONSTRAINT sso_identities_subject_key UNIQUE (org_id, issuer, subject),
	FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
);
CREATE INDEX sso_identities_person_idx ON sso_identities (org_id, person_id);
SELECT tenant_table('sso_identities');
SELECT audit_attach('sso_identities', ignored => '{id,org_id,created_at}');
GRANT SELECT, INSERT, DELETE ON sso_identities TO skai_app;

-- Assertions that were shown, so that none opens the door twice.
CREATE TABLE sso_assertions (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	id_hash    bytea NOT NULL CHECK (octet_length(id_hash) = 32),
	expires_at timestamptz NOT NULL,
	PRIMARY KEY (org_id, id_hash)
);
SELECT tenant_table('sso_assertions');
GRANT SELECT, INSERT, DELETE ON sso_assertions TO skai_app;

-- A session that came through the identity provider is of its organisation alone,
-- and ends with the connection. What the provider calls person and session, so
-- that it can end it.
ALTER TABLE sessions
	ADD COLUMN sso boolean NOT NULL DEFAULT false,
	ADD COLUMN sso_subject text,
	ADD COLUMN sso_sid text;

-- The owner who has the break-glass password stays an active owner.
-- +goose StatementBegin
CREATE FUNCTION sso_keep_break_glass() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	org uuid := coalesce(NEW.org_id, OLD.org_id);
BEGIN
	PERFORM 1 FROM orgs WHERE id = org FOR UPDATE; -- one after the other
	IF EXISTS (SELECT FROM sso_connections c WHERE c.org_id = org AND c.required AND NOT EXISTS (
			SELECT FROM people p WHERE p.org_id = c.org_id AND p.id = c.break_glass AND p.kind = 'member' AND p.role = 'owner' AND p.active)) THEN
		RAISE EXCEPTION 'organisation % would be left without an owner who gets in by password', org
			USING ERRCODE = 'check_violation', CONSTRAINT = 'sso_break_glass_owner';
	END IF;
	RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER people_break_glass AFTER UPDATE OF kind, role, active ON people
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	WHEN (OLD.kind = 'member' AND OLD.role = 'owner' AND OLD.active)
	EXECUTE FUNCTION sso_keep_break_glass();
CREATE CONSTRAINT TRIGGER sso_connections_break_glass AFTER INSERT OR UPDATE OF required, break_glass ON sso_connections
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	WHEN (NEW.required)
	EXECUTE FUNCTION sso_keep_break_glass();
