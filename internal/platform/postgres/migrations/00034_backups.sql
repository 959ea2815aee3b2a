-- +goose Up

-- The backups that were made of this installation, and how restoring them was tried.
-- A backup holds the rows of those before it, never its own.
CREATE TABLE backups (
	id          uuid PRIMARY KEY,
	started_at  timestamptz NOT NULL,
	finished_at timestamptz NOT NULL,
	snapshot_at timestamptz, -- what was committed before is in it; NULL where it did not come as far
	result      text NOT NULL CHECK (result IN ('whole', 'incomplete', 'failed')), -- incomplete: a file that a row names was not there
	rows        bigint NOT NULL DEFAULT 0 CHECK (rows >= 0),
	files       bigint NOT NULL DEFAULT 0 CHECK (files >= 0),
	bytes       bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0),
	words       text NOT NULL DEFAULT '', -- what was wrong
	CHECK (finished_at >= started_at),
	CHECK (result = 'failed' OR snapshot_at IS NOT NULL)
);
CREATE INDEX backups_at_idx ON backups (finished_at DESC);

CREATE TABLE restore_drills (
	id          uuid PRIMARY KEY,
	backup_id   uuid NOT NULL, -- of a row in backups, which an older copy of the database may lack
	started_at  timestamptz NOT NULL,
	finished_at timestamptz NOT NULL,
	rpo_seconds float8 NOT NULL CHECK (rpo_seconds >= 0), -- how old the backup's snapshot was when the drill began
	rto_seconds float8 NOT NULL CHECK (rto_seconds >= 0), -- from the start until all was checked
	rows        bigint NOT NULL CHECK (rows >= 0),
	checks      int NOT NULL CHECK (checks >= 0),
	failed      text[] NOT NULL, -- what differed, in words
	CHECK (finished_at >= started_at)
);
CREATE INDEX restore_drills_at_idx ON restore_drills (finished_at DESC);

-- The same for everybody, but for how much the installation holds and what was wrong with it.
GRANT SELECT (id, finished_at, snapshot_at, result) ON backups TO skai_app;
GRANT SELECT (id, finished_at, rpo_seconds, rto_seconds, checks, failed) ON restore_drills TO skai_app;
GRANT SELECT, INSERT ON backups, restore_drills TO skai_operator;

-- An organisation with estimates could not be destroyed: the totals of an estimate whose
-- lines go were added up again, and skai_eraser changes nothing. The estimate goes with them.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION estimate_totals_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF current_user <> 'skai_eraser' THEN
		PERFORM estimate_totals_of(org_id, array_agg(DISTINCT estimate_id)) FROM old_rows GROUP BY org_id;
	END IF;
	RETURN NULL;
END $$;
-- +goose StatementEnd
