-- +goose Up

-- What an organisation's requests were like: of a route ("GET /claims/{id}"), or of all
-- together ("*"), in a minute, as one process saw them; after two days in an hour. The
-- sketch holds how long they took (DDSketch, 1 % relative accuracy), and can be merged.
CREATE TABLE request_stats (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	grain      text NOT NULL CHECK (grain IN ('minute', 'hour')),
	at         timestamptz NOT NULL, -- when it begins
	route      text NOT NULL CHECK (char_length(route) <= 200),
	process_id uuid NOT NULL,
	requests   bigint NOT NULL CHECK (requests > 0),
	failures   bigint NOT NULL, -- answered with 5xx
	refusals   bigint NOT NULL, -- answered with 4xx
	bytes      bigint NOT NULL,
	queries    bigint NOT NULL,
	seconds    float8 NOT NULL, -- together
	sketch     bytea NOT NULL,
	PRIMARY KEY (org_id, route, grain, at, process_id)
);
CREATE INDEX request_stats_age_idx ON request_stats (grain, at);
SELECT tenant_table('request_stats');
GRANT SELECT ON request_stats TO skai_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON request_stats TO skai_operator;
CREATE POLICY operator ON request_stats TO skai_operator USING (true) WITH CHECK (true);

-- The minutes in which a process measured, be there requests or not: a minute that is
-- not here is a gap in what is known.
CREATE TABLE measured_minutes (
	at timestamptz PRIMARY KEY
);
GRANT SELECT ON measured_minutes TO skai_app; -- the same for everybody
GRANT SELECT, INSERT, DELETE ON measured_minutes TO skai_operator;
