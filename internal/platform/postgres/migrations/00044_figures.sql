-- +goose Up

-- Requests that were answered 429, of those that were refused: somebody did more than
-- their preset allows.
ALTER TABLE request_stats ADD COLUMN limited bigint NOT NULL DEFAULT 0;

-- What the operator is shown of an organisation's imports and files: how many there
-- are, how large, and how an import went; no name, no words, no row of them.
GRANT SELECT (org_id, size) ON files TO skai_operator;
GRANT SELECT (org_id, id, state, dry_run, started_at, finished_at, seconds, rows_read) ON import_runs TO skai_operator;
CREATE POLICY operator ON files FOR SELECT TO skai_operator USING (true);
CREATE POLICY operator ON import_runs FOR SELECT TO skai_operator USING (true);
