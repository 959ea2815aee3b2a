-- +goose Up

-- A suspended organisation keeps its data and lets nobody in.
ALTER TABLE orgs ADD COLUMN suspended_at timestamptz;
INSERT INTO audit_columns VALUES ('orgs', 'suspended_at', 'track');
GRANT UPDATE (suspended_at) ON orgs TO skai_operator;
