-- +goose Up

-- A telephone that codes are sent to is a second factor too. Its number is sealed in
-- secret; hint are its last two digits.
ALTER TABLE user_factors
	DROP CONSTRAINT user_factors_kind_check,
	DROP CONSTRAINT user_factors_check,
	DROP CONSTRAINT user_factors_check2,
	ADD COLUMN hint            text,
	ADD COLUMN code_hash       bytea,       -- of sms: of the code that was sent last, until it is used
	ADD COLUMN code_expires_at timestamptz,
	ADD CONSTRAINT user_factors_kind_check CHECK (kind IN ('totp', 'passkey', 'sms')),
	ADD CONSTRAINT user_factors_secret CHECK ((kind IN ('totp', 'sms')) = (secret IS NOT NULL)),
	ADD CONSTRAINT user_factors_confirmed CHECK (kind <> 'passkey' OR confirmed_at IS NOT NULL),
	ADD CONSTRAINT user_factors_hint CHECK ((kind = 'sms') = (hint IS NOT NULL)),
	ADD CONSTRAINT user_factors_code CHECK ((code_hash IS NULL) = (code_expires_at IS NULL) AND (kind = 'sms' OR code_hash IS NULL));
INSERT INTO audit_columns VALUES ('user_factors', 'hint', 'track'), ('user_factors', 'code_hash', 'ignore'), ('user_factors', 'code_expires_at', 'ignore');

-- How many text messages an account had sent in the hour that began then: they cost.
CREATE TABLE sms_sent (
	user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	since   timestamptz NOT NULL DEFAULT now(),
	count   int NOT NULL DEFAULT 0,
	last_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON sms_sent TO skai_signin;
