-- +goose Up

-- A run takes one or more files in. It is published in one transaction with its
-- ledger; import_runs and import_files are written before and after it, so that
-- a run that was killed is known and can be resumed from the stored bytes.
CREATE TABLE import_runs (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	state       text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
	dry_run     boolean NOT NULL,
	strict      boolean NOT NULL,
	options     jsonb NOT NULL, -- what the run was asked for, enough to resume it
	started_at  timestamptz NOT NULL DEFAULT now(),
	started_by  uuid NOT NULL,
	heartbeat_at timestamptz NOT NULL DEFAULT now(),
	rows_read   bigint NOT NULL DEFAULT 0, -- progress, for whoever watches
	finished_at timestamptz,
	seconds     double precision CHECK (seconds >= 0),
	failure     text NOT NULL DEFAULT '', -- why a failed run failed, in words
	report      jsonb,                    -- the whole account of a finished run
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, started_by) REFERENCES people (org_id, id),
	CHECK ((state = 'running') = (finished_at IS NULL)),
	CHECK ((state = 'failed') = (failure <> ''))
);
CREATE INDEX import_runs_started_idx ON import_runs (org_id, started_at DESC, id DESC);

CREATE TABLE import_files (
	org_id     uuid NOT NULL,
	run_id     uuid NOT NULL,
	file_no    int NOT NULL CHECK (file_no > 0), -- in the order the files were named
	name       text NOT NULL CHECK (name <> ''),
	size       bigint NOT NULL CHECK (size >= 0), -- bytes
	sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32), -- also its key in the blob store
	layout     jsonb,                           -- encoding, dialect, header: what decode found
	source     text NOT NULL DEFAULT '',
	kind       text NOT NULL DEFAULT '',        -- what it was read as: contacts, jobs ...
	mapping    jsonb,                           -- column -> field, with the confidence
	closed     boolean NOT NULL DEFAULT false,
	rows_read  bigint NOT NULL DEFAULT 0,
	created    bigint NOT NULL DEFAULT 0 CHECK (created >= 0),
	updated    bigint NOT NULL DEFAULT 0 CHECK (updated >= 0),
	merged     bigint NOT NULL DEFAULT 0 CHECK (merged >= 0),
	unchanged  bigint NOT NULL DEFAULT 0 CHECK (unchanged >= 0),
	skipped    bigint NOT NULL DEFAULT 0 CHECK (skipped >= 0),
	errored    bigint NOT NULL DEFAULT 0 CHECK (errored >= 0),
	blank      bigint NOT NULL DEFAULT 0 CHECK (blank >= 0),
	cells_filled  bigint NOT NULL DEFAULT 0,
	cells_mapped  bigint NOT NULL DEFAULT 0 CHECK (cells_mapped >= 0),
	cells_extra   bigint NOT NULL DEFAULT 0 CHECK (cells_extra >= 0),
	cells_errored bigint NOT NULL DEFAULT 0 CHECK (cells_errored >= 0),
	PRIMARY KEY (org_id, run_id, file_no),
	FOREIGN KEY (org_id, run_id) REFERENCES import_runs (org_id, id),
	CONSTRAINT import_files_every_row CHECK (NOT closed OR rows_read = created + updated + merged + unchanged + skipped + errored + blank),
	CONSTRAINT import_files_every_cell CHECK (NOT closed OR cells_filled = cells_mapped + cells_extra + cells_errored)
);

-- The ledger: every record of every file, append-only. raw holds the record's
-- exact bytes (line end and byte order mark included), so that raw in order of
-- ordinal is the file again; for a workbook it holds the cells as JSON.
-- Headers and title lines are in it as 'header' and don't count as rows.
CREATE TABLE import_rows (
	org_id  uuid NOT NULL,
	run_id  uuid NOT NULL,
	file_no int NOT NULL,
	ordinal int NOT NULL CHECK (ordinal > 0),
	line    int NOT NULL CHECK (line > 0), -- physical line on which the record starts, from 1
	outcome text NOT NULL CHECK (outcome IN ('header', 'created', 'updated', 'merged', 'unchanged', 'skipped', 'errored', 'blank')),
	raw     bytea NOT NULL,
	PRIMARY KEY (org_id, run_id, file_no, ordinal),
	FOREIGN KEY (org_id, run_id, file_no) REFERENCES import_files (org_id, run_id, file_no)
);

-- What was wrong, or worth a look, with a row or one of its cells. An errored
-- row has at least one 'error'; a 'warning' says where a value went instead.
CREATE TABLE import_problems (
	org_id      uuid NOT NULL,
	run_id      uuid NOT NULL,
	file_no     int NOT NULL,
	ordinal     int NOT NULL,
	seq         int NOT NULL,
	severity    text NOT NULL CHECK (severity IN ('error', 'warning')),
	column_name text NOT NULL, -- empty where the whole row is meant
	value       text NOT NULL,
	rule        text NOT NULL,
	hint        text NOT NULL,
	PRIMARY KEY (org_id, run_id, file_no, ordinal, seq),
	FOREIGN KEY (org_id, run_id, file_no) REFERENCES import_files (org_id, run_id, file_no)
);

-- A record's image before a run changed it, for undo.
CREATE TABLE import_changes (
	org_id    uuid NOT NULL,
	run_id    uuid NOT NULL,
	entity    text NOT NULL CHECK (entity IN ('contact', 'property', 'lead', 'claim', 'estimate', 'file')),
	record_id uuid NOT NULL,
	before    jsonb NOT NULL,
	PRIMARY KEY (org_id, run_id, entity, record_id),
	FOREIGN KEY (org_id, run_id) REFERENCES import_runs (org_id, id)
);

-- Records that look like others, for a person to decide; nothing merged them.
CREATE TABLE import_candidates (
	org_id       uuid NOT NULL,
	run_id       uuid NOT NULL,
	record_id    uuid NOT NULL,
	candidate_id uuid NOT NULL,
	rung         text NOT NULL CHECK (rung IN ('address_and_surname', 'phone', 'email')),
	PRIMARY KEY (org_id, run_id, record_id, rung),
	FOREIGN KEY (org_id, run_id) REFERENCES import_runs (org_id, id),
	FOREIGN KEY (org_id, record_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, candidate_id) REFERENCES contacts (org_id, id),
	CHECK (record_id <> candidate_id)
);

-- A mapping an organisation settled on for a source and a header.
CREATE TABLE import_mappings (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	source     text NOT NULL,
	kind       text NOT NULL,
	header_key uuid NOT NULL, -- a hash of the header cells
	mapping    jsonb NOT NULL,
	saved_at   timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, source, kind, header_key)
);

-- Where a record stands in the system it came from. external_id is the vendor's
-- id, or "fp:<fingerprint>:<ordinal>" of the row where the vendor gives none.
-- run_id, file_no and ordinal lead to the row of the ledger it last came from.
CREATE TABLE external_refs (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	entity      text NOT NULL CHECK (entity IN ('contact', 'property', 'lead', 'claim', 'estimate', 'file')),
	source      text NOT NULL CHECK (source <> ''),
	external_id text NOT NULL COLLATE "C" CHECK (external_id <> '' AND char_length(external_id) <= 300),
	contact_id  uuid,
	property_id uuid,
	lead_id     uuid,
	claim_id    uuid,
	estimate_id uuid,
	file_id     uuid,
	fingerprint uuid NOT NULL, -- of the cells it came from; the same means nothing to do
	run_id      uuid NOT NULL,
	file_no     int NOT NULL,
	ordinal     int NOT NULL,
	imported_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, entity, source, external_id),
	FOREIGN KEY (org_id, contact_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, property_id) REFERENCES properties (org_id, id),
	FOREIGN KEY (org_id, lead_id) REFERENCES leads (org_id, id),
	FOREIGN KEY (org_id, claim_id) REFERENCES claims (org_id, id),
	FOREIGN KEY (org_id, estimate_id) REFERENCES estimates (org_id, id),
	FOREIGN KEY (org_id, file_id) REFERENCES files (org_id, id),
	FOREIGN KEY (org_id, run_id, file_no) REFERENCES import_files (org_id, run_id, file_no),
	CHECK (CASE entity WHEN 'contact' THEN contact_id WHEN 'property' THEN property_id WHEN 'lead' THEN lead_id
		WHEN 'claim' THEN claim_id WHEN 'estimate' THEN estimate_id ELSE file_id END IS NOT NULL),
	CHECK (num_nonnulls(contact_id, property_id, lead_id, claim_id, estimate_id, file_id) = 1)
);
CREATE INDEX external_refs_contact_idx ON external_refs (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX external_refs_property_idx ON external_refs (org_id, property_id) WHERE property_id IS NOT NULL;
CREATE INDEX external_refs_lead_idx ON external_refs (org_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX external_refs_claim_idx ON external_refs (org_id, claim_id) WHERE claim_id IS NOT NULL;
CREATE INDEX external_refs_estimate_idx ON external_refs (org_id, estimate_id) WHERE estimate_id IS NOT NULL;
CREATE INDEX external_refs_file_idx ON external_refs (org_id, file_id) WHERE file_id IS NOT NULL;

-- A file closes only when the ledger holds exactly the rows it counts.
-- +goose StatementBegin
CREATE FUNCTION import_file_closes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	l record;
BEGIN
	SELECT count(*) FILTER (WHERE outcome <> 'header') AS rows_read, count(*) FILTER (WHERE outcome = 'created') AS created,
		count(*) FILTER (WHERE outcome = 'updated') AS updated, count(*) FILTER (WHERE outcome = 'merged') AS merged,
		count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged, count(*) FILTER (WHERE outcome = 'skipped') AS skipped,
		count(*) FILTER (WHERE outcome = 'errored') AS errored, count(*) FILTER (WHERE outcome = 'blank') AS blank
	INTO l FROM import_rows WHERE org_id = NEW.org_id AND run_id = NEW.run_id AND file_no = NEW.file_no;
	IF (l.rows_read, l.created, l.updated, l.merged, l.unchanged, l.skipped, l.errored, l.blank)
		IS DISTINCT FROM (NEW.rows_read, NEW.created, NEW.updated, NEW.merged, NEW.unchanged, NEW.skipped, NEW.errored, NEW.blank) THEN
		RAISE EXCEPTION 'file % of run % counts other rows than its ledger holds', NEW.file_no, NEW.run_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'import_files_ledger';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER import_files_ledger BEFORE INSERT OR UPDATE ON import_files FOR EACH ROW WHEN (NEW.closed) EXECUTE FUNCTION import_file_closes();

-- +goose StatementBegin
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['import_runs', 'import_files', 'import_rows', 'import_problems', 'import_changes', 'import_candidates', 'import_mappings', 'external_refs'] LOOP
		PERFORM tenant_table(t);
		EXECUTE format('GRANT SELECT, INSERT ON %I TO skai_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
GRANT UPDATE (state, heartbeat_at, rows_read, finished_at, seconds, failure, report) ON import_runs TO skai_app;
GRANT UPDATE ON import_files TO skai_app;
GRANT UPDATE (mapping, saved_at) ON import_mappings TO skai_app;
GRANT UPDATE (fingerprint, run_id, file_no, ordinal, imported_at) ON external_refs TO skai_app;
