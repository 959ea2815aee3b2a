-- +goose Up

-- Second factors belong to an account, as passwords do: skai_signin alone reaches
-- these tables.

-- A session whose person still has to show a second factor is pending: it opens
-- nothing but the page that asks for it. fresh_at is when they last showed that
-- it is them, by password or factor.
ALTER TABLE sessions
	ADD COLUMN pending  text CHECK (pending = 'factor'),
	ADD COLUMN fresh_at timestamptz NOT NULL DEFAULT now();

-- The roles that must have a second factor, and from when on.
ALTER TABLE orgs
	ADD COLUMN factor_roles text[] NOT NULL DEFAULT '{}' CHECK (factor_roles <@ '{owner,admin,manager,member,viewer}'::text[]),
	ADD COLUMN factor_from  timestamptz,
	ADD CONSTRAINT orgs_factor_from CHECK ((factor_roles = '{}') = (factor_from IS NULL));
INSERT INTO audit_columns VALUES ('orgs', 'factor_roles', 'track'), ('orgs', 'factor_from', 'track');
GRANT UPDATE (factor_roles, factor_from) ON orgs TO skai_app;

CREATE TABLE user_factors (
	id            uuid PRIMARY KEY,
	user_id       uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	kind          text NOT NULL CHECK (kind IN ('totp', 'passkey')),
	name          text NOT NULL CHECK (name <> '' AND char_length(name) <= 100),
	secret        bytea,          -- of totp: sealed by platform/vault
	last_step     bigint,         -- of totp: the last 30 seconds whose code was used, so that none works twice
	credential_id bytea UNIQUE,   -- of a passkey
	credential    jsonb,          -- of a passkey: its public key and what is known of the device
	host          text,           -- of a passkey: the host it was made for; it works nowhere else
	created_at    timestamptz NOT NULL DEFAULT now(),
	confirmed_at  timestamptz,    -- NULL while its owner has not shown that it works
	last_used_at  timestamptz,
	CHECK ((kind = 'totp') = (secret IS NOT NULL)),
	CHECK ((kind = 'passkey') = (credential_id IS NOT NULL AND credential IS NOT NULL AND host IS NOT NULL)),
	CHECK (kind = 'totp' OR confirmed_at IS NOT NULL)
);
CREATE INDEX user_factors_user_idx ON user_factors (user_id);
SELECT audit_attach('user_factors', ignored => '{id,created_at,last_step,last_used_at,host}', secret => '{secret,credential_id,credential}');

-- Ten codes for the day the telephone is lost; each works once.
CREATE TABLE backup_codes (
	user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash    bytea NOT NULL CHECK (octet_length(hash) = 32),
	used_at timestamptz,
	PRIMARY KEY (user_id, hash)
);

-- A device on which its owner need not show the factor each time.
CREATE TABLE trusted_devices (
	id         uuid PRIMARY KEY,
	user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	token_hash bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
	user_agent text NOT NULL DEFAULT '',
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL
);
CREATE INDEX trusted_devices_user_idx ON trusted_devices (user_id);

-- A passkey's challenge, until it is answered, once.
CREATE TABLE passkey_challenges (
	id         uuid PRIMARY KEY,
	user_id    uuid REFERENCES users (id) ON DELETE CASCADE, -- NULL where the passkey itself says whose it is
	data       jsonb NOT NULL,
	expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON user_factors, backup_codes, trusted_devices, passkey_challenges TO skai_signin;
