-- +goose Up

-- People of whoever runs the platform. A command on the server makes them; no address
-- of the program does (ADR 23).
CREATE TABLE operators (
	id          uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
	since       timestamptz NOT NULL DEFAULT now(),
	enrol_until timestamptz NOT NULL DEFAULT now() + interval '24 hours' -- until then they may set up their first second factor at sign-in
);
SELECT audit_attach('operators', ignored => '{id,since}');
GRANT SELECT ON operators TO skai_signin;
GRANT SELECT, INSERT, DELETE, UPDATE (enrol_until) ON operators TO skai_operator;

-- An operator's session is of no organisation, and stands in a table of its own, so
-- that no statement about an organisation's sessions can find it. It ends after half an
-- hour without use, and after twelve hours in any case, and goes with the operator.
CREATE TABLE operator_sessions (
	id           uuid PRIMARY KEY,
	token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
	operator_id  uuid NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
	pending      boolean NOT NULL, -- the second factor was not shown yet
	user_agent   text NOT NULL DEFAULT '',
	address      inet,
	created_at   timestamptz NOT NULL DEFAULT now(),
	last_seen_at timestamptz NOT NULL DEFAULT now(),
	revoked_at   timestamptz
);
CREATE INDEX operator_sessions_operator_idx ON operator_sessions (operator_id);
GRANT SELECT, INSERT, UPDATE, DELETE ON operator_sessions TO skai_signin;

-- What an operator does to an organisation is in its trail, by their name.
ALTER TABLE audit_events DROP CONSTRAINT audit_events_actor_kind_check;
ALTER TABLE audit_events ADD CONSTRAINT audit_events_actor_kind_check CHECK (actor_kind IN ('person', 'key', 'system', 'operator'));

-- Why an organisation was suspended, or opened again, the last time.
ALTER TABLE orgs ADD COLUMN status_reason text NOT NULL DEFAULT '' CHECK (char_length(status_reason) <= 300);
INSERT INTO audit_columns VALUES ('orgs', 'status_reason', 'track');
GRANT UPDATE (status_reason) ON orgs TO skai_operator;
