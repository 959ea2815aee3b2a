-- +goose Up

-- What a request or a job did, as OpenTelemetry's spans: of those that were slow, that
-- failed, and of a part of all others. They name no values and are kept for a week.
CREATE TABLE traces (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	id         uuid NOT NULL, -- the trace's id
	at         timestamptz NOT NULL, -- it began
	name       text NOT NULL CHECK (char_length(name) <= 200), -- "GET /claims/{id}", "job mail.send"
	status     int NOT NULL, -- of the answer; 0 of a job
	took_ms    float8 NOT NULL,
	slow       boolean NOT NULL,
	failed     boolean NOT NULL,
	sampled    boolean NOT NULL,
	request_id text NOT NULL, -- under which the log has it; '' of a job
	asked_by   uuid, -- the trace of the request that asked for the job, kept or not
	dropped    int NOT NULL, -- spans there was no room for
	spans      jsonb NOT NULL,
	PRIMARY KEY (org_id, id)
);
CREATE INDEX traces_newest_idx ON traces (org_id, at DESC, id DESC);
CREATE INDEX traces_asked_idx ON traces (org_id, asked_by) WHERE asked_by IS NOT NULL;
CREATE INDEX traces_age_idx ON traces (at);
SELECT tenant_table('traces');
GRANT SELECT ON traces TO skai_app;
GRANT SELECT, INSERT, DELETE ON traces TO skai_operator;
CREATE POLICY operator ON traces TO skai_operator USING (true) WITH CHECK (true);

-- The same of what belongs to no organisation: before signing in, and the program's own jobs.
CREATE TABLE system_traces (
	id         uuid PRIMARY KEY,
	at         timestamptz NOT NULL,
	name       text NOT NULL CHECK (char_length(name) <= 200),
	status     int NOT NULL,
	took_ms    float8 NOT NULL,
	slow       boolean NOT NULL,
	failed     boolean NOT NULL,
	sampled    boolean NOT NULL,
	request_id text NOT NULL,
	asked_by   uuid,
	dropped    int NOT NULL,
	spans      jsonb NOT NULL
);
CREATE INDEX system_traces_newest_idx ON system_traces (at DESC, id DESC);
GRANT SELECT, INSERT, DELETE ON system_traces TO skai_operator;
