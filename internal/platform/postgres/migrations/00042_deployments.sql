-- +goose Up

-- Which version of the program ran from when on: a row for each time that a process
-- began with another one than the last had. Processes are forgotten after a day.
CREATE TABLE deployments (
	id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	version    text NOT NULL,
	commit     text NOT NULL, -- "" where it was built of none
	first_seen timestamptz NOT NULL DEFAULT now(),
	last_seen  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deployments_first_seen_idx ON deployments (first_seen);
GRANT SELECT, INSERT, UPDATE, DELETE ON deployments TO skai_operator;
