-- +goose Up

-- What went wrong, grouped by what it was and where. Of an error's words only those are
-- kept that are the same for everybody: codes, types, names of the schema's.
CREATE TABLE error_groups (
	org_id        uuid NOT NULL REFERENCES orgs (id),
	id            uuid NOT NULL, -- of what it was and where: the same in every organisation
	place         text NOT NULL CHECK (char_length(place) <= 200), -- "GET /claims/{id}", "job mail.send"
	kind          text NOT NULL CHECK (kind IN ('database', 'panic', 'fault', 'error')),
	words         text NOT NULL CHECK (char_length(words) <= 500),
	chain         text NOT NULL CHECK (char_length(chain) <= 1000), -- types of the errors inside each other
	frames        text NOT NULL, -- of a panic: our functions, the innermost first
	count         bigint NOT NULL CHECK (count > 0),
	first_seen    timestamptz NOT NULL,
	last_seen     timestamptz NOT NULL,
	first_release text NOT NULL,
	last_release  text NOT NULL,
	request_id    text NOT NULL, -- the last, under which the log has it
	resolved_at   timestamptz,
	reopened      int NOT NULL DEFAULT 0, -- how often it came back
	PRIMARY KEY (org_id, id)
);
CREATE INDEX error_groups_seen_idx ON error_groups (org_id, last_seen DESC, id DESC);
CREATE INDEX error_groups_age_idx ON error_groups (last_seen);
SELECT tenant_table('error_groups');
GRANT SELECT, UPDATE (resolved_at) ON error_groups TO skai_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON error_groups TO skai_operator;
CREATE POLICY operator ON error_groups TO skai_operator USING (true) WITH CHECK (true);

-- Who met it: to say how many they are.
CREATE TABLE error_people (
	org_id    uuid NOT NULL REFERENCES orgs (id),
	error_id  uuid NOT NULL,
	person_id uuid NOT NULL,
	PRIMARY KEY (org_id, error_id, person_id),
	FOREIGN KEY (org_id, error_id) REFERENCES error_groups (org_id, id) ON DELETE CASCADE,
	FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id) ON DELETE CASCADE
);
CREATE INDEX error_people_person_idx ON error_people (org_id, person_id);
SELECT tenant_table('error_people');
GRANT SELECT ON error_people TO skai_app;
GRANT SELECT, INSERT ON error_people TO skai_operator;
CREATE POLICY operator ON error_people TO skai_operator USING (true) WITH CHECK (true);

-- The same of what belongs to no organisation.
CREATE TABLE system_errors (
	id            uuid PRIMARY KEY,
	place         text NOT NULL CHECK (char_length(place) <= 200),
	kind          text NOT NULL CHECK (kind IN ('database', 'panic', 'fault', 'error')),
	words         text NOT NULL CHECK (char_length(words) <= 500),
	chain         text NOT NULL CHECK (char_length(chain) <= 1000),
	frames        text NOT NULL,
	count         bigint NOT NULL CHECK (count > 0),
	first_seen    timestamptz NOT NULL,
	last_seen     timestamptz NOT NULL,
	first_release text NOT NULL,
	last_release  text NOT NULL,
	request_id    text NOT NULL,
	resolved_at   timestamptz,
	reopened      int NOT NULL DEFAULT 0
);
CREATE INDEX system_errors_seen_idx ON system_errors (last_seen);
GRANT SELECT, INSERT, UPDATE, DELETE ON system_errors TO skai_operator;
