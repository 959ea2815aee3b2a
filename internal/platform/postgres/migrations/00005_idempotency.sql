-- +goose Up
-- What a caller was answered under an Idempotency-Key, so that the same write
-- sent twice is done once. Kept for a week.
CREATE TABLE idempotency_keys (
	org_id     uuid NOT NULL,
	person_id  uuid NOT NULL,
	key        text NOT NULL CHECK (key <> '' AND char_length(key) <= 200),
	hash       bytea NOT NULL CHECK (octet_length(hash) = 32), -- of what was asked for
	answer     jsonb, -- NULL until the write is done, which nobody else sees
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, person_id, key),
	FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (org_id, created_at);
SELECT tenant_table('idempotency_keys');
GRANT SELECT, INSERT, UPDATE (answer), DELETE ON idempotency_keys TO skai_app;
