-- +goose Up

-- An operator who would look into an organisation asks it, with a reason and for at most
-- eight hours; an owner or admin of it agrees or does not, and may end it at any time
-- (ADR 24). A request that nobody answers within a day lapses.
CREATE TABLE support_access (
	org_id      uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
	id          uuid NOT NULL,
	operator_id uuid REFERENCES operators (id) ON DELETE SET NULL, -- nobody's any more: it opens nothing
	operator    text NOT NULL CHECK (operator <> ''), -- their name
	reason      text NOT NULL CHECK (char_length(reason) BETWEEN 10 AND 300),
	hours       integer NOT NULL CHECK (hours BETWEEN 1 AND 8),
	asked_at    timestamptz NOT NULL DEFAULT now(),
	decided_at  timestamptz,
	decided_by  uuid,
	ends_at     timestamptz, -- where it was agreed to
	ended_at    timestamptz, -- earlier, or taken back before an answer
	ended_by    uuid,        -- of the organisation; null is the operator
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, decided_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, ended_by) REFERENCES people (org_id, id),
	CONSTRAINT support_access_decided CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (ends_at IS NULL OR decided_at IS NOT NULL)),
	CONSTRAINT support_access_end CHECK (ends_at <= decided_at + make_interval(hours => hours)),
	CONSTRAINT support_access_ended CHECK (ended_by IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX support_access_asked_idx ON support_access (org_id, operator_id) WHERE decided_at IS NULL AND ended_at IS NULL;
CREATE INDEX support_access_operator_idx ON support_access (operator_id);
SELECT tenant_table('support_access');
SELECT audit_attach('support_access', ignored => '{operator_id,asked_at}');

GRANT SELECT, UPDATE (decided_at, decided_by, ends_at, ended_at, ended_by) ON support_access TO skai_app;
GRANT SELECT, INSERT (org_id, id, operator_id, operator, reason, hours), UPDATE (ended_at) ON support_access TO skai_operator;
GRANT SELECT ON support_access TO skai_signin;
CREATE POLICY operator ON support_access TO skai_operator USING (true) WITH CHECK (true);
CREATE POLICY signin ON support_access FOR SELECT TO skai_signin USING (true);

-- The organisation an operator is in, where they are in one.
ALTER TABLE operator_sessions
	ADD COLUMN support_org_id uuid,
	ADD COLUMN support_id     uuid,
	ADD FOREIGN KEY (support_org_id, support_id) REFERENCES support_access (org_id, id) ON DELETE SET NULL;
CREATE INDEX operator_sessions_support_idx ON operator_sessions (support_org_id, support_id);

-- What an operator who is in an organisation reads is read as skai_support. It may
-- write nothing, and each of its policies asks whether the organisation still agrees.
CREATE FUNCTION support_open() RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM support_access WHERE org_id = current_org() AND id = current_setting('app.support')::uuid
		AND operator_id IS NOT NULL AND ended_at IS NULL AND ends_at > now())
$$;
GRANT SELECT (org_id, id, operator_id, ends_at, ended_at) ON support_access TO skai_support;
CREATE POLICY support ON support_access FOR SELECT TO skai_support USING (org_id = (SELECT current_org()));
GRANT USAGE ON SCHEMA public, search TO skai_support;

-- support_reads lets those who are in by an organisation's consent read a tenant table.
-- +goose StatementBegin
CREATE FUNCTION support_reads(tbl text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('GRANT SELECT ON %I TO skai_support', tbl);
	EXECUTE format('CREATE POLICY support ON %I FOR SELECT TO skai_support USING (org_id = (SELECT current_org()) AND (SELECT support_open()))', tbl);
END $$;
-- +goose StatementEnd
SELECT support_reads(t) FROM unnest(ARRAY['contacts', 'properties', 'leads', 'claims', 'estimates', 'activities', 'files', 'external_refs', 'people',
	'import_runs', 'import_files', 'import_rows', 'import_problems', 'import_changes', 'import_candidates']) t;
GRANT SELECT (id, slug, name, time_zone, brand_logo, brand_logo_type, updated_at) ON orgs TO skai_support;
CREATE POLICY support ON orgs FOR SELECT TO skai_support USING (id = (SELECT current_org()) AND (SELECT support_open()));
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA search TO skai_support;
