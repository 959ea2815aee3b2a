-- +goose Up

-- Where an organisation has its events sent to, for a SIEM.
CREATE TABLE audit_pushes (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	url         text NOT NULL CHECK (char_length(url) <= 2000),
	secret      bytea NOT NULL,            -- sealed; signs what is sent
	after       bigint NOT NULL,           -- the number of the last event that arrived
	next_try_at timestamptz NOT NULL DEFAULT now(),
	failures    int NOT NULL DEFAULT 0,    -- in a row
	last_at     timestamptz,               -- of the last try
	last_words  text NOT NULL DEFAULT '',  -- how it ended
	created_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (org_id, id),
	UNIQUE (org_id)
);
SELECT tenant_table('audit_pushes');
SELECT audit_attach('audit_pushes', ignored => '{org_id,id,after,next_try_at,failures,last_at,last_words,created_at}', secret => '{secret}');
GRANT SELECT, INSERT, DELETE ON audit_pushes TO skai_app;
GRANT UPDATE (url, secret, after, next_try_at, failures, last_at, last_words) ON audit_pushes TO skai_app;
GRANT SELECT (org_id, after, next_try_at) ON audit_pushes TO skai_operator;
GRANT SELECT ON audit_heads TO skai_operator;
CREATE POLICY operator ON audit_pushes FOR SELECT TO skai_operator USING (true);
CREATE POLICY operator ON audit_heads FOR SELECT TO skai_operator USING (true);
