-- +goose Up

-- When a person was last at work in this organisation, to the minute.
ALTER TABLE people ADD COLUMN last_seen_at timestamptz;
INSERT INTO audit_columns VALUES ('people', 'last_seen_at', 'ignore');
GRANT UPDATE (last_seen_at) ON people TO skai_signin;
-- A placeholder becomes the member who accepts an invitation.
GRANT UPDATE (user_id, kind) ON people TO skai_app;
-- Whoever accepts one without an account gets one.
GRANT INSERT ON users TO skai_signin;

-- An invitation to an organisation, mailed to one address. The secret of its link
-- is made when it is mailed; here is its hash. It is open until it is accepted,
-- revoked or too old.
CREATE TABLE invitations (
	org_id         uuid NOT NULL REFERENCES orgs (id),
	id             uuid NOT NULL,
	email          text NOT NULL CHECK (email = lower(email) AND email LIKE '%_@_%'),
	name           text NOT NULL CHECK (name <> ''),
	role           text NOT NULL CHECK (role IN ('admin', 'manager', 'member', 'viewer')), -- an owner is named by an owner, not invited
	placeholder_id uuid, -- of an import: whose work becomes theirs
	token_hash     bytea CHECK (octet_length(token_hash) = 32),
	sent_at        timestamptz,
	expires_at     timestamptz NOT NULL,
	accepted_at    timestamptz,
	person_id      uuid, -- who accepted it
	revoked_at     timestamptz,
	created_at     timestamptz NOT NULL DEFAULT now(),
	created_by     uuid NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, placeholder_id) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	CHECK ((accepted_at IS NULL) = (person_id IS NULL)),
	CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
CREATE UNIQUE INDEX invitations_open_email_key ON invitations (org_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE UNIQUE INDEX invitations_open_placeholder_key ON invitations (org_id, placeholder_id) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_token_idx ON invitations (token_hash) WHERE token_hash IS NOT NULL;
SELECT tenant_table('invitations');
SELECT audit_attach('invitations', ignored => '{id,org_id,created_at,created_by}', secret => '{token_hash}');
GRANT SELECT, INSERT, UPDATE (token_hash, sent_at, expires_at, accepted_at, person_id, revoked_at) ON invitations TO skai_app;
-- Of which organisation an invitation is, its link tells before any scope is known.
CREATE POLICY signin ON invitations FOR SELECT TO skai_signin USING (true);
GRANT SELECT ON invitations TO skai_signin;
