-- +goose Up

-- An import that moves a known lead or claim to another stage says so in its
-- history, with the row of the file that said it.
ALTER TABLE activities
	ADD COLUMN run_id  uuid,
	ADD COLUMN file_no int,
	ADD COLUMN ordinal int,
	ADD FOREIGN KEY (org_id, run_id, file_no) REFERENCES import_files (org_id, run_id, file_no),
	ADD CONSTRAINT activities_imported CHECK (num_nonnulls(run_id, file_no, ordinal) IN (0, 3));
INSERT INTO audit_columns SELECT 'activities', unnest('{run_id,file_no,ordinal}'::text[]), 'track';
