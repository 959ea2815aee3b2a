-- +goose Up

-- What an organisation was told of a week's service level: the figures as they were
-- when it was written. Nobody may change them afterwards.
CREATE TABLE service_reports (
	org_id     uuid NOT NULL REFERENCES orgs (id),
	id         uuid NOT NULL,
	week       date NOT NULL CHECK (extract(isodow FROM week) = 1), -- its Monday, in the organisation's time zone
	written_at timestamptz NOT NULL,
	figures    jsonb NOT NULL CHECK (jsonb_typeof(figures) = 'object'),
	PRIMARY KEY (org_id, id),
	UNIQUE (org_id, week)
);
SELECT tenant_table('service_reports');
GRANT SELECT, INSERT ON service_reports TO skai_app;

-- Whether its owners get it by mail.
ALTER TABLE orgs ADD COLUMN report_mail boolean NOT NULL DEFAULT true;
INSERT INTO audit_columns VALUES ('orgs', 'report_mail', 'track');
GRANT UPDATE (report_mail) ON orgs TO skai_app;
