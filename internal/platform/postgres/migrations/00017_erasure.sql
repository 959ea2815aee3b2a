-- +goose Up

-- An organisation that leaves is destroyed, every row of it. skai_eraser may read
-- and delete rows of the organisation app.org_id names, and change nothing.
GRANT USAGE ON SCHEMA public TO skai_eraser;

-- +goose StatementBegin
CREATE FUNCTION erasable(tbl text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('GRANT SELECT, DELETE ON %I TO skai_eraser', tbl);
	EXECUTE format('CREATE POLICY erase ON %I TO skai_eraser USING (org_id = (SELECT current_org()))', tbl);
END $$;

-- tenant_table turns row security on for a table with org_id, for its owner too.
CREATE OR REPLACE FUNCTION tenant_table(tbl text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
	EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl);
	EXECUTE format('CREATE POLICY tenant ON %I TO skai_app USING (org_id = (SELECT current_org())) WITH CHECK (org_id = (SELECT current_org()))', tbl);
	PERFORM erasable(tbl);
END $$;

DO $$
DECLARE
	tbl text;
BEGIN
	FOR tbl IN SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
	LOOP
		PERFORM erasable(tbl);
	END LOOP;
END $$;

-- The last owner may go when the organisation goes.
CREATE OR REPLACE FUNCTION people_keep_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM 1 FROM orgs WHERE id = OLD.org_id FOR UPDATE; -- two demotions at once wait for each other
	IF FOUND AND NOT EXISTS (SELECT FROM people WHERE org_id = OLD.org_id AND kind = 'member' AND role = 'owner' AND active) THEN
		RAISE EXCEPTION 'organisation % would be left without an owner', OLD.org_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'people_last_owner';
	END IF;
	RETURN NULL;
END $$;
-- +goose StatementEnd

GRANT SELECT, DELETE, UPDATE (updated_at) ON orgs TO skai_eraser; -- the constraint on the last owner locks the row
CREATE POLICY erase ON orgs TO skai_eraser USING (id = (SELECT current_org()));
-- People whose only organisation it was lose their account too.
GRANT DELETE ON users TO skai_operator;
