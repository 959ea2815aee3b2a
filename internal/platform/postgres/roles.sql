-- The database roles SkaiScraper works with. Run once for a cluster, by a role
-- that may create roles; safe to run again. The private PostgreSQL of `skai`
-- runs it by itself; for DATABASE_URL an operator runs it with psql and then
-- gives skai_owner and skai_app their passwords.
--
--   skai_owner     owns the tables; only migrations connect as it
--   skai_app       what the program connects as: owns nothing, can't bypass row security
-- The rest can't log in. skai_app may switch to the first four for one transaction;
-- it inherits nothing of them (NOINHERIT), so a forgotten switch is an error.
--   skai_signin    signing in: reads people and organisations, writes sessions
--   skai_operator  the operator's commands: creates organisations and users
--   skai_eraser    destroys one organisation: may read and delete its rows, nothing else
--   skai_support   reads one organisation, while it agrees that an operator looks into it
--   skai_search    owns the search functions, which give ids and nothing else
--   skai_audit     owns the function that writes the audit trail
DO $$
DECLARE
	r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['skai_owner', 'skai_app', 'skai_signin', 'skai_operator', 'skai_eraser', 'skai_support', 'skai_search', 'skai_audit'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
			BEGIN
				EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOINHERIT', r);
			EXCEPTION WHEN duplicate_object OR unique_violation THEN
				NULL; -- another program made it a moment ago
			END;
		END IF;
	END LOOP;
END $$;
ALTER ROLE skai_owner LOGIN INHERIT;
ALTER ROLE skai_app LOGIN;
GRANT skai_signin, skai_operator, skai_eraser, skai_support TO skai_app;
GRANT skai_search, skai_audit TO skai_owner;
