-- +goose Up

-- An account is named by its e-mail address. verified_at is when somebody showed
-- that mail to it reaches them; NULL until then. Accounts there are today were made
-- by the operator, who knew their people.
ALTER TABLE users ADD COLUMN verified_at timestamptz;
UPDATE users SET verified_at = created_at;
INSERT INTO audit_columns VALUES ('users', 'verified_at', 'track');

-- Links that were mailed to an account and open a door for whoever has them: to
-- choose another password, or to show that an address (the account's own, or one
-- it is to have) is reached. Only their hash is kept. One that was used is deleted.
CREATE TABLE account_links (
	token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
	user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	purpose    text NOT NULL CHECK (purpose IN ('reset', 'verify')),
	email      text NOT NULL CHECK (email = lower(email)), -- where it was sent
	created_at timestamptz NOT NULL DEFAULT now(),
	expires_at timestamptz NOT NULL
);
CREATE INDEX account_links_user_idx ON account_links (user_id);
CREATE INDEX account_links_expires_idx ON account_links (expires_at);

GRANT SELECT, INSERT, DELETE ON account_links TO skai_signin;
GRANT UPDATE (email, verified_at) ON users TO skai_signin;
-- An address that changes changes in every organisation of the person.
GRANT UPDATE (email, updated_at) ON people TO skai_signin;
CREATE POLICY signin_address ON people FOR UPDATE TO skai_signin USING (true) WITH CHECK (true);
-- That the last owner stays is asked when it could be otherwise, and not for an
-- address: asking locks the organisation's row, which signing in may not do.
DROP TRIGGER people_last_owner ON people;
CREATE CONSTRAINT TRIGGER people_last_owner AFTER DELETE OR UPDATE OF kind, role, active ON people
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
	WHEN (OLD.kind = 'member' AND OLD.role = 'owner' AND OLD.active)
	EXECUTE FUNCTION people_keep_an_owner();

-- How long a session of a person who looks at the organisation lasts, in minutes:
-- without a request, and at most.
ALTER TABLE orgs
	ADD COLUMN session_idle_minutes int NOT NULL DEFAULT 10080 CHECK (session_idle_minutes BETWEEN 15 AND 43200),
	ADD COLUMN session_life_minutes int NOT NULL DEFAULT 43200 CHECK (session_life_minutes BETWEEN 60 AND 129600),
	ADD CONSTRAINT orgs_session_idle_within_life CHECK (session_idle_minutes <= session_life_minutes);
INSERT INTO audit_columns VALUES ('orgs', 'session_idle_minutes', 'track'), ('orgs', 'session_life_minutes', 'track');
GRANT UPDATE (session_idle_minutes, session_life_minutes) ON orgs TO skai_app;
