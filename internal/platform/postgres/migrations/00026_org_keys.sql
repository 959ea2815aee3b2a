-- +goose Up

-- An organisation's data keys, wrapped by the master key as those of vault_keys,
-- which are for accounts. They go with the organisation, and with them everything
-- they have sealed, in backups too.
CREATE TABLE org_keys (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	id         uuid NOT NULL,
	wrapped    bytea NOT NULL,
	salt       bytea NOT NULL CHECK (octet_length(salt) >= 16),
	rounds     int NOT NULL CHECK (rounds >= 600000),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id)
);
SELECT tenant_table('org_keys');
GRANT SELECT ON org_keys TO skai_app; -- its organisation's, wrapped
GRANT SELECT, INSERT, UPDATE (wrapped, salt, rounds) ON org_keys TO skai_signin;
CREATE POLICY signin ON org_keys TO skai_signin USING (true) WITH CHECK (true);
