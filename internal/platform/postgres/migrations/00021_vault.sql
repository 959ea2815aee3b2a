-- +goose Up

-- Keys that seal secrets, wrapped by the operator's master key, which is never
-- here. A key that does not unwrap is the wrong master key.
CREATE TABLE vault_keys (
	id         uuid PRIMARY KEY,
	wrapped    bytea NOT NULL,  -- platform/vault has the format
	salt       bytea NOT NULL CHECK (octet_length(salt) >= 16), -- of the master key's derivation from the operator's secret
	rounds     int NOT NULL CHECK (rounds >= 600000),           -- of PBKDF2-HMAC-SHA-256
	created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON vault_keys TO skai_signin;
