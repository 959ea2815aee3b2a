-- +goose Up

-- The programs that run on this database, each with what it is, as it said last: so
-- that one can tell whether it differs from the others.
CREATE TABLE processes (
	id          uuid PRIMARY KEY,
	started_at  timestamptz NOT NULL,
	seen_at     timestamptz NOT NULL DEFAULT now(),
	version     text NOT NULL,
	commit      text NOT NULL,
	schema      text NOT NULL, -- a hash of the migrations it has
	fingerprint text NOT NULL, -- a hash of its configuration
	clock_ms    float8 NOT NULL -- how far its clock is before the database's
);
CREATE INDEX processes_seen_idx ON processes (seen_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON processes TO skai_operator;
