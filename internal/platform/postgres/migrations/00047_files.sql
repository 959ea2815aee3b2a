-- +goose Up

-- A file that was taken off its record's page. Its row and its bytes stay.
ALTER TABLE files ADD COLUMN archived_at timestamptz;
INSERT INTO audit_columns VALUES ('files', 'archived_at', 'track');

-- People add files to leads and contacts too, whose pages list them.
CREATE INDEX files_lead_idx ON files (org_id, lead_id, id DESC) WHERE lead_id IS NOT NULL;
CREATE INDEX files_contact_idx ON files (org_id, contact_id, id DESC) WHERE contact_id IS NOT NULL;
