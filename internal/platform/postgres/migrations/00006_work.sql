-- +goose Up

-- What the dashboard asks for at every look: what is open and due.
CREATE INDEX activities_open_tasks_idx ON activities (org_id, due_on, id) WHERE kind = 'task' AND done_at IS NULL;
CREATE INDEX claims_next_action_idx ON claims (org_id, next_action_on, id) WHERE archived_at IS NULL AND next_action_on IS NOT NULL;
-- The sources that the list of leads offers as a filter.
CREATE INDEX leads_source_idx ON leads (org_id, source, created_at DESC, id DESC) WHERE archived_at IS NULL AND source <> '';
