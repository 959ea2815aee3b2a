SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA audit;

ALTER SCHEMA audit OWNER TO skai_audit;

CREATE SCHEMA river;

ALTER SCHEMA river OWNER TO skai_owner;

CREATE SCHEMA search;

ALTER SCHEMA search OWNER TO skai_search;

CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

COMMENT ON EXTENSION btree_gin IS 'support for indexing common datatypes in GIN';

CREATE TYPE river.river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);

ALTER TYPE river.river_job_state OWNER TO skai_owner;

CREATE FUNCTION audit.append(org uuid, event uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'audit', 'pg_temp'
    AS $$
DECLARE
	e audit_events;
BEGIN
	INSERT INTO audit_heads AS h VALUES (org, 1) ON CONFLICT (org_id) DO UPDATE SET last = h.last + 1 RETURNING last INTO e.number;
	e.org_id := org; e.id := event; e.at := clock_timestamp();
	e.actor_id := doer; e.actor := doer_name; e.actor_kind := doer_kind;
	e.address := coalesce(current_setting('app.address', true), '');
	e.device := left(coalesce(current_setting('app.device', true), ''), 300);
	e.request_id := coalesce(current_setting('app.request_id', true), '');
	e.action := act; e.kind := k; e.table_name := tbl; e.record_id := record; e.target := left(about, 300);
	e.digest := audit.digest(e);
	INSERT INTO audit_events SELECT e.*;
END $$;

ALTER FUNCTION audit.append(org uuid, event uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) OWNER TO skai_audit;

CREATE FUNCTION audit.diff(tbl text, old_row jsonb, new_row jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
	SELECT coalesce(jsonb_object_agg(c.column_name,
		CASE c.class WHEN 'secret' THEN '"changed"'::jsonb
		ELSE jsonb_build_array(old_row -> c.column_name, new_row -> c.column_name) END), '{}')
	FROM audit_columns c
	WHERE c.table_name = tbl AND c.class <> 'ignore'
	  AND nullif(old_row -> c.column_name, 'null') IS DISTINCT FROM nullif(new_row -> c.column_name, 'null')
$$;

ALTER FUNCTION audit.diff(tbl text, old_row jsonb, new_row jsonb) OWNER TO skai_audit;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.audit_events (
    org_id uuid NOT NULL,
    number bigint NOT NULL,
    id uuid NOT NULL,
    at timestamp(3) with time zone NOT NULL,
    actor_id uuid,
    actor text NOT NULL,
    actor_kind text NOT NULL,
    address text NOT NULL,
    device text NOT NULL,
    request_id text NOT NULL,
    action text NOT NULL,
    kind text NOT NULL,
    table_name text NOT NULL,
    record_id uuid,
    target text NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT audit_events_action_check CHECK ((action ~ '^[a-z_]+\.[a-z_]+$'::text)),
    CONSTRAINT audit_events_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['person'::text, 'key'::text, 'system'::text, 'operator'::text]))),
    CONSTRAINT audit_events_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT audit_events_kind_check CHECK ((kind = ANY (ARRAY['create'::text, 'read'::text, 'update'::text, 'delete'::text]))),
    CONSTRAINT audit_events_number_check CHECK ((number > 0))
);

ALTER TABLE ONLY public.audit_events FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_events OWNER TO skai_owner;

CREATE FUNCTION audit.digest(e public.audit_events) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
	SELECT sha256(convert_to(jsonb_build_array(e.org_id, e.number, e.id, (extract(epoch FROM e.at) * 1000)::bigint, e.actor_id, e.actor, e.actor_kind,
		e.address, e.device, e.request_id, e.action, e.kind, e.table_name, e.record_id, e.target)::text
		|| coalesce((SELECT string_agg(jsonb_build_array(n.org_id, n.id, (extract(epoch FROM n.at) * 1000000)::bigint, n.actor_id, n.actor, n.request_id, n.table_name,
			n.record_id, n.label, n.operation, n.changes, n.run_id, n.row_count)::text, '' ORDER BY n.id)
			FROM audit_entries n WHERE n.event_id = e.id AND n.org_id = e.org_id), ''), 'UTF8'))
$$;

ALTER FUNCTION audit.digest(e public.audit_events) OWNER TO skai_audit;

CREATE FUNCTION audit.event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'audit', 'pg_temp'
    AS $$
DECLARE
	nobody uuid := '00000000-0000-0000-0000-000000000000';
	home   uuid := nullif(current_setting('app.event_org', true), '')::uuid;
	act    text := coalesce(current_setting('app.action', true), '');
	doer   uuid := nullif(current_setting('app.event_actor_id', true), '')::uuid;
	who    text := nullif(current_setting('app.event_actor', true), '');
	orgs   uuid[] := ARRAY[NEW.org_id];
	org    uuid;
	n      audit_entries;
BEGIN
	IF NEW.org_id = nobody THEN
		orgs := orgs || home || ARRAY(SELECT org_id FROM people WHERE active AND user_id = CASE NEW.table_name WHEN 'users' THEN NEW.record_id
			ELSE coalesce(NEW.changes #>> '{user_id,1}', NEW.changes #>> '{user_id,0}')::uuid END ORDER BY org_id);
	END IF;
	FOREACH org IN ARRAY orgs LOOP
		CONTINUE WHEN org IS NULL;
		CONTINUE WHEN EXISTS (SELECT FROM audit_events WHERE org_id = org AND id = NEW.event_id);
		-- The record the action names is what it is about; else the first that changed.
		SELECT * INTO n FROM audit_entries
		WHERE event_id = NEW.event_id AND org_id = NEW.org_id ORDER BY audit.noun(table_name) = split_part(act, '.', 1) DESC, id LIMIT 1;
		CONTINUE WHEN NOT FOUND; -- an organisation was erased, this entry as well
		PERFORM audit.append(org, NEW.event_id, coalesce(n.actor_id, doer), CASE WHEN n.actor_id IS NULL THEN coalesce(who, n.actor) ELSE n.actor END,
			coalesce(nullif(current_setting('app.actor_kind', true), ''), 'system'),
			CASE WHEN act <> '' THEN act WHEN n.run_id IS NOT NULL THEN 'import.published'
				ELSE audit.noun(n.table_name) || CASE n.operation WHEN 'insert' THEN '.created' WHEN 'delete' THEN '.deleted' ELSE '.updated' END END,
			CASE WHEN n.operation LIKE '%insert' THEN 'create' WHEN n.operation LIKE '%delete' THEN 'delete' ELSE 'update' END,
			n.table_name, coalesce(n.record_id, n.run_id), n.label);
	END LOOP;
	RETURN NULL;
END $$;

ALTER FUNCTION audit.event() OWNER TO skai_audit;

CREATE FUNCTION audit.label(tbl text, r jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog'
    AS $$
	SELECT CASE tbl WHEN 'claims' THEN concat_ws(' ', r ->> 'number', r ->> 'title')
		ELSE coalesce(nullif(r ->> 'name', ''), nullif(r ->> 'title', ''), nullif(r ->> 'address_typed', ''), nullif(r ->> 'street', ''), nullif(r ->> 'email', ''), nullif(r ->> 'subject', ''), '') END
$$;

ALTER FUNCTION audit.label(tbl text, r jsonb) OWNER TO skai_audit;

CREATE FUNCTION audit.note(org uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'audit', 'pg_temp'
    AS $$
BEGIN
	IF current_setting('role') <> 'skai_signin' AND org <> current_org() THEN
		RAISE EXCEPTION 'an event of another organisation' USING ERRCODE = 'insufficient_privilege';
	END IF;
	PERFORM audit.append(org, gen_random_uuid(), doer, doer_name, doer_kind, act, k, tbl, record, about);
END $$;

ALTER FUNCTION audit.note(org uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) OWNER TO skai_audit;

CREATE FUNCTION audit.noun(tbl text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'pg_catalog'
    AS $_$
	SELECT CASE tbl WHEN 'people' THEN 'person' WHEN 'orgs' THEN 'organisation' WHEN 'user_factors' THEN 'factor' WHEN 'api_keys' THEN 'key' WHEN 'users' THEN 'account'
		ELSE regexp_replace(regexp_replace(tbl, 'ies$', 'y'), 's$', '') END
$_$;

ALTER FUNCTION audit.noun(tbl text) OWNER TO skai_audit;

CREATE FUNCTION audit.prune() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'audit', 'pg_temp'
    AS $$
DECLARE
	s     audit_seals;
	n     bigint;
	count bigint := 0;
BEGIN
	FOR s IN SELECT a.* FROM audit_seals a JOIN orgs o ON o.id = a.org_id
		WHERE a.pruned_at IS NULL AND a.at < now() - make_interval(years => o.audit_years) ORDER BY a.org_id, a.number LIMIT 10000
	LOOP
		DELETE FROM audit_entries WHERE org_id = s.org_id AND event_id IN (
			SELECT id FROM audit_events WHERE org_id = s.org_id AND number BETWEEN s.first_event AND s.last_event);
		DELETE FROM audit_events WHERE org_id = s.org_id AND number BETWEEN s.first_event AND s.last_event;
		GET DIAGNOSTICS n = ROW_COUNT;
		UPDATE audit_seals SET pruned_at = now() WHERE org_id = s.org_id AND number = s.number;
		count := count + n;
	END LOOP;
	RETURN count;
END $$;

ALTER FUNCTION audit.prune() OWNER TO skai_audit;

CREATE FUNCTION audit.seal() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'audit', 'pg_temp'
    AS $$
DECLARE
	h     audit_heads;
	s     audit_seals;
	sum   text;
	count bigint := 0;
BEGIN
	FOR h IN SELECT * FROM audit_heads a WHERE a.last > coalesce((SELECT max(last_event) FROM audit_seals WHERE org_id = a.org_id), 0) ORDER BY org_id LOOP
		SELECT * INTO h FROM audit_heads WHERE org_id = h.org_id FOR UPDATE;
		s := NULL;
		SELECT * INTO s FROM audit_seals WHERE org_id = h.org_id ORDER BY number DESC LIMIT 1;
		CONTINUE WHEN s.last_event >= h.last;
		s.org_id := h.org_id; s.number := coalesce(s.number, 0) + 1; s.at := clock_timestamp(); s.pruned_at := NULL;
		s.first_event := coalesce(s.last_event, 0) + 1; s.last_event := h.last;
		s.previous := coalesce(s.hash, decode(repeat('00', 32), 'hex'));
		SELECT string_agg(encode(digest, 'hex'), ',' ORDER BY number) INTO sum
		FROM audit_events WHERE org_id = s.org_id AND number BETWEEN s.first_event AND s.last_event;
		s.hash := sha256(convert_to(format('%s:%s:%s:%s:%s', encode(s.previous, 'hex'), s.number, s.first_event, s.last_event, sum), 'UTF8'));
		INSERT INTO audit_seals SELECT s.*;
		count := count + 1;
	END LOOP;
	RETURN count;
END $$;

ALTER FUNCTION audit.seal() OWNER TO skai_audit;

CREATE FUNCTION audit.sessions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'audit', 'pg_temp'
    AS $$
DECLARE
	r record;
BEGIN
	IF TG_OP = 'INSERT' THEN
		FOR r IN SELECT p.org_id, p.id, p.name, 'session.opened' AS action, 'create' AS kind, CASE WHEN s.pending IS NULL THEN '' ELSE 'half' END AS about
			FROM new_rows s JOIN people p ON p.org_id = s.current_org_id AND p.id = s.person_id ORDER BY 1, 2
		LOOP
			PERFORM audit.append(r.org_id, gen_random_uuid(), r.id, r.name, 'person', r.action, r.kind, 'sessions', NULL, r.about);
		END LOOP;
		RETURN NULL;
	END IF;
	FOR r IN SELECT p.org_id, p.id, p.name, w.action, CASE w.action WHEN 'session.ended' THEN 'delete' ELSE 'update' END AS kind,
			CASE WHEN count(*) > 1 THEN count(*) || ' sessions' ELSE '' END AS about
		FROM (SELECT n.current_org_id, n.person_id, CASE
				WHEN n.revoked_at IS NOT NULL AND o.revoked_at IS NULL THEN 'session.ended'
				WHEN n.pending IS NULL AND o.pending IS NOT NULL THEN 'session.confirmed'
				WHEN n.current_org_id IS DISTINCT FROM o.current_org_id THEN 'session.switched' END AS action
			FROM old_rows o JOIN new_rows n ON n.id = o.id) w
		JOIN people p ON p.org_id = w.current_org_id AND p.id = w.person_id
		WHERE w.action IS NOT NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
	LOOP
		PERFORM audit.append(r.org_id, gen_random_uuid(), r.id, r.name, 'person', r.action, r.kind, 'sessions', NULL, r.about);
	END LOOP;
	RETURN NULL;
END $$;

ALTER FUNCTION audit.sessions() OWNER TO skai_audit;

CREATE FUNCTION audit.write() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'audit', 'pg_temp'
    AS $$
DECLARE
	org_column text := CASE TG_TABLE_NAME WHEN 'orgs' THEN 'id' ELSE 'org_id' END;
	nobody     uuid := '00000000-0000-0000-0000-000000000000';
	actor      uuid := nullif(current_setting('app.actor_id', true), '')::uuid;
	actor_name text := coalesce(nullif(current_setting('app.actor', true), ''), session_user);
	request    text := coalesce(current_setting('app.request_id', true), '');
	bulk_run   uuid := nullif(current_setting('app.bulk_run', true), '')::uuid;
	event      uuid := nullif(current_setting('app.event_id', true), '')::uuid;
	n          bigint;
BEGIN
	IF event IS NULL THEN
		event := gen_random_uuid();
		PERFORM set_config('app.event_id', event::text, true);
	END IF;
	IF bulk_run IS NOT NULL THEN
		IF TG_OP = 'DELETE' THEN
			SELECT count(*) INTO n FROM old_rows;
		ELSE
			SELECT count(*) INTO n FROM new_rows;
		END IF;
		IF n > 0 THEN
			INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, operation, changes, run_id, row_count, event_id)
			VALUES (current_org(), actor, actor_name, request, TG_TABLE_NAME, 'bulk ' || lower(TG_OP), '{}', bulk_run, n, event);
		END IF;
		RETURN NULL;
	END IF;
	IF TG_OP = 'INSERT' THEN
		INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, record_id, operation, changes, label, event_id)
		SELECT coalesce((j ->> org_column)::uuid, nobody), actor, actor_name, request, TG_TABLE_NAME,
			(j ->> 'id')::uuid, 'insert', audit.diff(TG_TABLE_NAME, '{}', j), audit.label(TG_TABLE_NAME, j), event
		FROM (SELECT to_jsonb(r) AS j FROM new_rows r) x;
	ELSIF TG_OP = 'DELETE' THEN
		INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, record_id, operation, changes, label, event_id)
		SELECT coalesce((j ->> org_column)::uuid, nobody), actor, actor_name, request, TG_TABLE_NAME,
			(j ->> 'id')::uuid, 'delete', audit.diff(TG_TABLE_NAME, j, '{}'), audit.label(TG_TABLE_NAME, j), event
		FROM (SELECT to_jsonb(r) AS j FROM old_rows r) x;
	ELSE
		INSERT INTO audit_entries (org_id, actor_id, actor, request_id, table_name, record_id, operation, changes, label, event_id)
		SELECT coalesce((n_j ->> org_column)::uuid, nobody), actor, actor_name, request, TG_TABLE_NAME,
			(n_j ->> 'id')::uuid, 'update', d, audit.label(TG_TABLE_NAME, n_j), event
		FROM (SELECT to_jsonb(o) AS o_j, to_jsonb(w) AS n_j, audit.diff(TG_TABLE_NAME, to_jsonb(o), to_jsonb(w)) AS d
			FROM old_rows o JOIN new_rows w ON w.id = o.id) x
		WHERE d <> '{}';
	END IF;
	RETURN NULL;
END $$;

ALTER FUNCTION audit.write() OWNER TO skai_audit;

CREATE FUNCTION public.audit_attach(tbl text, ignored text[] DEFAULT '{}'::text[], secret text[] DEFAULT '{}'::text[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
	INSERT INTO audit_columns
	SELECT tbl, attname, CASE WHEN attname = ANY (secret) THEN 'secret' WHEN attname = ANY (ignored) OR attgenerated <> '' THEN 'ignore' ELSE 'track' END
	FROM pg_attribute WHERE attrelid = tbl::regclass AND attnum > 0 AND NOT attisdropped;
	EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write()', tbl);
	EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write()', tbl);
	EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write()', tbl);
END $$;

ALTER FUNCTION public.audit_attach(tbl text, ignored text[], secret text[]) OWNER TO skai_owner;

CREATE FUNCTION public.current_org() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT current_setting('app.org_id')::uuid $$;

ALTER FUNCTION public.current_org() OWNER TO skai_owner;

CREATE FUNCTION public.erasable(tbl text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
	EXECUTE format('GRANT SELECT, DELETE ON %I TO skai_eraser', tbl);
	EXECUTE format('CREATE POLICY erase ON %I TO skai_eraser USING (org_id = (SELECT current_org()))', tbl);
END $$;

ALTER FUNCTION public.erasable(tbl text) OWNER TO skai_owner;

CREATE FUNCTION public.estimate_totals_fixed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	IF EXISTS (SELECT FROM estimates e LEFT JOIN estimate_lines l ON l.org_id = e.org_id AND l.estimate_id = e.id
		WHERE e.org_id = NEW.org_id AND e.id = NEW.id
		GROUP BY e.org_id, e.id
		HAVING count(l.id) <> e.line_count OR coalesce(sum(l.item_amount), 0) <> e.item_total OR coalesce(sum(l.tax), 0) <> e.tax
			OR coalesce(sum(l.rcv), 0) <> e.rcv OR coalesce(sum(l.depreciation), 0) <> e.depreciation OR coalesce(sum(l.acv), 0) <> e.acv
			OR coalesce(sum(l.depreciation) FILTER (WHERE l.recoverable), 0) <> e.recoverable) THEN
		RAISE EXCEPTION 'the totals of estimate % are not the sums of its lines', NEW.id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'estimates_totals';
	END IF;
	RETURN NULL;
END $$;

ALTER FUNCTION public.estimate_totals_fixed() OWNER TO skai_owner;

CREATE FUNCTION public.estimate_totals_new() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	PERFORM estimate_totals_of(org_id, array_agg(DISTINCT estimate_id)) FROM new_rows GROUP BY org_id;
	RETURN NULL;
END $$;

ALTER FUNCTION public.estimate_totals_new() OWNER TO skai_owner;

CREATE FUNCTION public.estimate_totals_of(tenant uuid, ids uuid[]) RETURNS void
    LANGUAGE sql
    AS $$
	UPDATE estimates e SET line_count = s.n, item_total = s.item_total, tax = s.tax, rcv = s.rcv,
		depreciation = s.depreciation, recoverable = s.recoverable, acv = s.acv
	FROM (SELECT t.id, count(l.id) AS n, coalesce(sum(l.item_amount), 0) AS item_total, coalesce(sum(l.tax), 0) AS tax,
			coalesce(sum(l.rcv), 0) AS rcv, coalesce(sum(l.depreciation), 0) AS depreciation,
			coalesce(sum(l.depreciation) FILTER (WHERE l.recoverable), 0) AS recoverable, coalesce(sum(l.acv), 0) AS acv
		FROM unnest(ids) AS t (id) LEFT JOIN estimate_lines l ON l.org_id = tenant AND l.estimate_id = t.id
		GROUP BY t.id) s
	WHERE e.org_id = tenant AND e.id = s.id
$$;

ALTER FUNCTION public.estimate_totals_of(tenant uuid, ids uuid[]) OWNER TO skai_owner;

CREATE FUNCTION public.estimate_totals_old() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	IF current_user <> 'skai_eraser' THEN
		PERFORM estimate_totals_of(org_id, array_agg(DISTINCT estimate_id)) FROM old_rows GROUP BY org_id;
	END IF;
	RETURN NULL;
END $$;

ALTER FUNCTION public.estimate_totals_old() OWNER TO skai_owner;

CREATE FUNCTION public.import_file_closes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
	l record;
BEGIN
	SELECT count(*) FILTER (WHERE outcome <> 'header') AS rows_read, count(*) FILTER (WHERE outcome = 'created') AS created,
		count(*) FILTER (WHERE outcome = 'updated') AS updated, count(*) FILTER (WHERE outcome = 'merged') AS merged,
		count(*) FILTER (WHERE outcome = 'unchanged') AS unchanged, count(*) FILTER (WHERE outcome = 'skipped') AS skipped,
		count(*) FILTER (WHERE outcome = 'errored') AS errored, count(*) FILTER (WHERE outcome = 'blank') AS blank
	INTO l FROM import_rows WHERE org_id = NEW.org_id AND run_id = NEW.run_id AND file_no = NEW.file_no;
	IF (l.rows_read, l.created, l.updated, l.merged, l.unchanged, l.skipped, l.errored, l.blank)
		IS DISTINCT FROM (NEW.rows_read, NEW.created, NEW.updated, NEW.merged, NEW.unchanged, NEW.skipped, NEW.errored, NEW.blank) THEN
		RAISE EXCEPTION 'file % of run % counts other rows than its ledger holds', NEW.file_no, NEW.run_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'import_files_ledger';
	END IF;
	RETURN NEW;
END $$;

ALTER FUNCTION public.import_file_closes() OWNER TO skai_owner;

CREATE FUNCTION public.orgs_system_person() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	INSERT INTO people (org_id, id, kind, name, role, active)
	VALUES (NEW.id, gen_random_uuid(), 'system', 'SkaiScraper', 'owner', true);
	RETURN NULL;
END $$;

ALTER FUNCTION public.orgs_system_person() OWNER TO skai_owner;

CREATE FUNCTION public.people_keep_an_owner() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
	PERFORM 1 FROM orgs WHERE id = OLD.org_id FOR UPDATE; -- two demotions at once wait for each other
	IF FOUND AND NOT EXISTS (SELECT FROM people WHERE org_id = OLD.org_id AND kind = 'member' AND role = 'owner' AND active) THEN
		RAISE EXCEPTION 'organisation % would be left without an owner', OLD.org_id
			USING ERRCODE = 'check_violation', CONSTRAINT = 'people_last_owner';
	END IF;
	RETURN NULL;
END $$;

ALTER FUNCTION public.people_keep_an_owner() OWNER TO skai_owner;

CREATE FUNCTION public.role_permissions(base text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
	SELECT CASE base
		WHEN 'viewer' THEN '{records.view}'::text[]
		WHEN 'member' THEN '{records.view,records.edit,records.archive,amounts.view,analytics.view}'::text[]
		WHEN 'manager' THEN '{records.view,records.edit,records.archive,amounts.view,amounts.edit,stages.back,lists.export,analytics.view,people.invite}'::text[]
		WHEN 'key' THEN '{records.view,records.edit,records.archive,amounts.view,amounts.edit,stages.back,lists.export,analytics.view,migration.run,audit.view,people.provision}'::text[]
		ELSE '{}'::text[]
	END
$$;

ALTER FUNCTION public.role_permissions(base text) OWNER TO skai_owner;

CREATE FUNCTION public.sso_keep_break_glass() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
	org uuid := coalesce(NEW.org_id, OLD.org_id);
BEGIN
	PERFORM 1 FROM orgs WHERE id = org FOR UPDATE; -- one after the other
	IF EXISTS (SELECT FROM sso_connections c WHERE c.org_id = org AND c.required AND NOT EXISTS (
			SELECT FROM people p WHERE p.org_id = c.org_id AND p.id = c.break_glass AND p.kind = 'member' AND p.role = 'owner' AND p.active)) THEN
		RAISE EXCEPTION 'organisation % would be left without an owner who gets in by password', org
			USING ERRCODE = 'check_violation', CONSTRAINT = 'sso_break_glass_owner';
	END IF;
	RETURN NULL;
END $$;

ALTER FUNCTION public.sso_keep_break_glass() OWNER TO skai_owner;

CREATE FUNCTION public.support_open() RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
	SELECT EXISTS (SELECT FROM support_access WHERE org_id = current_org() AND id = current_setting('app.support')::uuid
		AND operator_id IS NOT NULL AND ended_at IS NULL AND ends_at > now())
$$;

ALTER FUNCTION public.support_open() OWNER TO skai_owner;

CREATE FUNCTION public.support_reads(tbl text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
	EXECUTE format('GRANT SELECT ON %I TO skai_support', tbl);
	EXECUTE format('CREATE POLICY support ON %I FOR SELECT TO skai_support USING (org_id = (SELECT current_org()) AND (SELECT support_open()))', tbl);
END $$;

ALTER FUNCTION public.support_reads(tbl text) OWNER TO skai_owner;

CREATE FUNCTION public.tag_words(tags text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT array_to_string(tags, ' ') $$;

ALTER FUNCTION public.tag_words(tags text[]) OWNER TO skai_owner;

CREATE FUNCTION public.tenant_table(tbl text) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
	EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tbl);
	EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tbl);
	EXECUTE format('CREATE POLICY tenant ON %I TO skai_app USING (org_id = (SELECT current_org())) WITH CHECK (org_id = (SELECT current_org()))', tbl);
	PERFORM erasable(tbl);
END $$;

ALTER FUNCTION public.tenant_table(tbl text) OWNER TO skai_owner;

CREATE FUNCTION public.words(t text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT
		replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
		replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(t,
		'-', ' '), '@', ' '), '.', ' '), '/', ' '), '\', ' '), ':', ' '), ',', ' '), ';', ' '), '(', ' '), ')', ' '),
		'[', ' '), ']', ' '), '{', ' '), '}', ' '), '#', ' '), '&', ' '), '+', ' '), '''', ' '), '"', ' '), '_', ' '),
		'*', ' '), '|', ' '), '~', ' '), '<', ' '), '>', ' ') $$;

ALTER FUNCTION public.words(t text) OWNER TO skai_owner;

CREATE FUNCTION river.river_job_state_in_bitmask(bitmask bit, state river.river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;

ALTER FUNCTION river.river_job_state_in_bitmask(bitmask bit, state river.river_job_state) OWNER TO skai_owner;

CREATE FUNCTION search.claims(query tsquery, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$ SELECT id FROM claims WHERE org_id = current_org() AND search @@ query LIMIT most $$;

ALTER FUNCTION search.claims(query tsquery, most integer) OWNER TO skai_search;

CREATE FUNCTION search.contacts(query tsquery, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$ SELECT id FROM contacts WHERE org_id = current_org() AND search @@ query LIMIT most $$;

ALTER FUNCTION search.contacts(query tsquery, most integer) OWNER TO skai_search;

CREATE FUNCTION search.leads(query tsquery, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$ SELECT id FROM leads WHERE org_id = current_org() AND search @@ query LIMIT most $$;

ALTER FUNCTION search.leads(query tsquery, most integer) OWNER TO skai_search;

CREATE FUNCTION search.properties(query tsquery, most integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$ SELECT id FROM properties WHERE org_id = current_org() AND search @@ query LIMIT most $$;

ALTER FUNCTION search.properties(query tsquery, most integer) OWNER TO skai_search;

CREATE TABLE public.account_links (
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    purpose text NOT NULL,
    email text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT account_links_email_check CHECK ((email = lower(email))),
    CONSTRAINT account_links_purpose_check CHECK ((purpose = ANY (ARRAY['reset'::text, 'verify'::text]))),
    CONSTRAINT account_links_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE public.account_links OWNER TO skai_owner;

CREATE TABLE public.activities (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    body text DEFAULT ''::text NOT NULL,
    contact_id uuid,
    property_id uuid,
    lead_id uuid,
    claim_id uuid,
    from_stage text,
    to_stage text,
    assignee_id uuid,
    due_on date,
    done_at timestamp with time zone,
    ends_at timestamp with time zone,
    place text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    run_id uuid,
    file_no integer,
    ordinal integer,
    CONSTRAINT activities_about CHECK (((num_nonnulls(contact_id, property_id, lead_id, claim_id) > 0) OR (kind = ANY (ARRAY['import'::text, 'report'::text])))),
    CONSTRAINT activities_check CHECK (((kind = 'stage'::text) = (to_stage IS NOT NULL))),
    CONSTRAINT activities_check1 CHECK (((ends_at IS NULL) OR (ends_at >= at))),
    CONSTRAINT activities_imported CHECK ((num_nonnulls(run_id, file_no, ordinal) = ANY (ARRAY[0, 3]))),
    CONSTRAINT activities_kind_check CHECK ((kind = ANY (ARRAY['note'::text, 'call'::text, 'email'::text, 'text'::text, 'task'::text, 'appointment'::text, 'stage'::text, 'file'::text, 'import'::text, 'report'::text])))
);

ALTER TABLE ONLY public.activities FORCE ROW LEVEL SECURITY;

ALTER TABLE public.activities OWNER TO skai_owner;

CREATE TABLE public.api_keys (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    rate integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    last_address inet,
    revoked_at timestamp with time zone,
    revoked_by uuid,
    CONSTRAINT api_keys_check CHECK (((revoked_at IS NULL) = (revoked_by IS NULL))),
    CONSTRAINT api_keys_check1 CHECK ((expires_at > created_at)),
    CONSTRAINT api_keys_name_check CHECK (((name = btrim(name)) AND (name <> ''::text) AND (char_length(name) <= 60))),
    CONSTRAINT api_keys_prefix_check CHECK ((prefix ~ '^skai_[0-9A-Za-z]{8}$'::text)),
    CONSTRAINT api_keys_rate_check CHECK (((rate >= 1) AND (rate <= 1000))),
    CONSTRAINT api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ public.role_permissions('key'::text)))),
    CONSTRAINT api_keys_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

ALTER TABLE ONLY public.api_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.api_keys OWNER TO skai_owner;

CREATE TABLE public.audit_columns (
    table_name text NOT NULL,
    column_name text NOT NULL,
    class text NOT NULL,
    CONSTRAINT audit_columns_class_check CHECK ((class = ANY (ARRAY['track'::text, 'ignore'::text, 'secret'::text])))
);

ALTER TABLE public.audit_columns OWNER TO skai_owner;

CREATE TABLE public.audit_entries (
    org_id uuid NOT NULL,
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor_id uuid,
    actor text NOT NULL,
    request_id text NOT NULL,
    table_name text NOT NULL,
    record_id uuid,
    operation text NOT NULL,
    changes jsonb NOT NULL,
    run_id uuid,
    row_count bigint DEFAULT 1 NOT NULL,
    event_id uuid NOT NULL,
    label text DEFAULT ''::text NOT NULL,
    CONSTRAINT audit_entries_operation_check CHECK ((operation = ANY (ARRAY['insert'::text, 'update'::text, 'delete'::text, 'bulk insert'::text, 'bulk update'::text, 'bulk delete'::text])))
);

ALTER TABLE ONLY public.audit_entries FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_entries OWNER TO skai_owner;

ALTER TABLE public.audit_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_heads (
    org_id uuid NOT NULL,
    last bigint NOT NULL
);

ALTER TABLE ONLY public.audit_heads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads OWNER TO skai_owner;

CREATE TABLE public.audit_pushes (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL,
    secret bytea NOT NULL,
    after bigint NOT NULL,
    next_try_at timestamp with time zone DEFAULT now() NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    last_at timestamp with time zone,
    last_words text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_pushes_url_check CHECK ((char_length(url) <= 2000))
);

ALTER TABLE ONLY public.audit_pushes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_pushes OWNER TO skai_owner;

CREATE TABLE public.audit_seals (
    org_id uuid NOT NULL,
    number bigint NOT NULL,
    at timestamp(3) with time zone NOT NULL,
    first_event bigint NOT NULL,
    last_event bigint NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    pruned_at timestamp(3) with time zone,
    CONSTRAINT audit_seals_check CHECK ((last_event >= first_event)),
    CONSTRAINT audit_seals_check1 CHECK (((pruned_at IS NULL) OR (pruned_at >= (at + '1 year'::interval)))),
    CONSTRAINT audit_seals_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT audit_seals_number_check CHECK ((number > 0)),
    CONSTRAINT audit_seals_previous_check CHECK ((octet_length(previous) = 32))
);

ALTER TABLE ONLY public.audit_seals FORCE ROW LEVEL SECURITY;

ALTER TABLE public.audit_seals OWNER TO skai_owner;

CREATE TABLE public.backup_codes (
    user_id uuid NOT NULL,
    hash bytea NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT backup_codes_hash_check CHECK ((octet_length(hash) = 32))
);

ALTER TABLE public.backup_codes OWNER TO skai_owner;

CREATE TABLE public.backups (
    id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    snapshot_at timestamp with time zone,
    result text NOT NULL,
    rows bigint DEFAULT 0 NOT NULL,
    files bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    words text DEFAULT ''::text NOT NULL,
    CONSTRAINT backups_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT backups_check CHECK ((finished_at >= started_at)),
    CONSTRAINT backups_check1 CHECK (((result = 'failed'::text) OR (snapshot_at IS NOT NULL))),
    CONSTRAINT backups_files_check CHECK ((files >= 0)),
    CONSTRAINT backups_result_check CHECK ((result = ANY (ARRAY['whole'::text, 'incomplete'::text, 'failed'::text]))),
    CONSTRAINT backups_rows_check CHECK ((rows >= 0))
);

ALTER TABLE public.backups OWNER TO skai_owner;

CREATE TABLE public.claims (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    number bigint NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    property_id uuid,
    contact_id uuid,
    lead_id uuid,
    kind text DEFAULT 'insurance'::text NOT NULL,
    carrier text DEFAULT ''::text NOT NULL,
    carrier_key text GENERATED ALWAYS AS (lower(regexp_replace(btrim(carrier), '\s+'::text, ' '::text, 'g'::text))) STORED NOT NULL,
    claim_number text DEFAULT ''::text NOT NULL,
    claim_key text GENERATED ALWAYS AS (NULLIF(upper(translate(claim_number, ' -./#'::text, ''::text)), ''::text)) STORED,
    policy_number text DEFAULT ''::text NOT NULL,
    date_of_loss date,
    peril text,
    adjuster_id uuid,
    stage text DEFAULT 'intake'::text NOT NULL,
    stage_before text,
    stage_changed_at timestamp with time zone DEFAULT now() NOT NULL,
    source_stage text DEFAULT ''::text NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    work_type text DEFAULT ''::text NOT NULL,
    priority text DEFAULT 'normal'::text NOT NULL,
    assignee_id uuid,
    rcv bigint,
    acv bigint,
    deductible bigint,
    recoverable_depreciation bigint,
    non_recoverable_depreciation bigint,
    approved bigint,
    supplements bigint,
    paid bigint,
    money_flags text[] GENERATED ALWAYS AS (array_remove(ARRAY[
CASE
    WHEN ((rcv IS NOT NULL) AND (acv IS NOT NULL) AND ((recoverable_depreciation IS NOT NULL) OR (non_recoverable_depreciation IS NOT NULL)) AND (acv <> ((rcv - COALESCE(recoverable_depreciation, (0)::bigint)) - COALESCE(non_recoverable_depreciation, (0)::bigint)))) THEN 'acv_not_rcv_less_depreciation'::text
    ELSE NULL::text
END,
CASE
    WHEN (acv > rcv) THEN 'acv_over_rcv'::text
    ELSE NULL::text
END,
CASE
    WHEN (LEAST(rcv, acv, deductible, recoverable_depreciation, non_recoverable_depreciation, approved, supplements, paid) < 0) THEN 'negative_amount'::text
    ELSE NULL::text
END,
CASE
    WHEN (deductible > rcv) THEN 'deductible_over_rcv'::text
    ELSE NULL::text
END], NULL::text)) STORED NOT NULL,
    next_action text DEFAULT ''::text NOT NULL,
    next_action_on date,
    notes text DEFAULT ''::text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    extra jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    archived_at timestamp with time zone,
    archived_by uuid,
    search tsvector GENERATED ALWAYS AS (((to_tsvector('simple'::regconfig, public.words((((((((((((((((((((number)::text || ' '::text) || title) || ' '::text) || carrier) || ' '::text) || claim_number) || ' '::text) || policy_number) || ' '::text) || source_stage) || ' '::text) || work_type) || ' '::text) ||
CASE
    WHEN (tags = '{}'::text[]) THEN ''::text
    ELSE public.tag_words(tags)
END) || ' '::text) || notes) || ' '::text) || next_action))) || to_tsvector('simple'::regconfig, translate(claim_number, ' -./#'::text, ''::text))) || jsonb_to_tsvector('simple'::regconfig, extra, '["string", "numeric"]'::jsonb))) STORED NOT NULL,
    CONSTRAINT claims_carrier_check CHECK ((char_length(carrier) <= 200)),
    CONSTRAINT claims_check CHECK (((archived_at IS NULL) = (archived_by IS NULL))),
    CONSTRAINT claims_claim_number_check CHECK ((char_length(claim_number) <= 200)),
    CONSTRAINT claims_extra_check CHECK ((jsonb_typeof(extra) = 'object'::text)),
    CONSTRAINT claims_kind_check CHECK ((kind = ANY (ARRAY['insurance'::text, 'retail'::text]))),
    CONSTRAINT claims_number_check CHECK ((number > 0)),
    CONSTRAINT claims_peril_check CHECK ((peril = ANY (ARRAY['hail'::text, 'wind'::text, 'fire'::text, 'water'::text, 'lightning'::text, 'other'::text]))),
    CONSTRAINT claims_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT claims_stage_before CHECK (((stage = 'cancelled'::text) = (stage_before IS NOT NULL))),
    CONSTRAINT claims_stage_before_open CHECK ((stage_before <> ALL (ARRAY['cancelled'::text, 'closed'::text]))),
    CONSTRAINT claims_stage_check CHECK ((stage = ANY (ARRAY['intake'::text, 'inspection'::text, 'filed'::text, 'adjuster_review'::text, 'approved'::text, 'denied'::text, 'appeal'::text, 'build'::text, 'completed'::text, 'invoiced'::text, 'depreciation'::text, 'closed'::text, 'cancelled'::text])))
);

ALTER TABLE ONLY public.claims FORCE ROW LEVEL SECURITY;

ALTER TABLE public.claims OWNER TO skai_owner;

CREATE TABLE public.contacts (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    first_name text DEFAULT ''::text NOT NULL,
    last_name text DEFAULT ''::text NOT NULL,
    company text DEFAULT ''::text NOT NULL,
    name text GENERATED ALWAYS AS (
CASE
    WHEN ((first_name = ''::text) AND (last_name = ''::text)) THEN company
    ELSE btrim(((first_name || ' '::text) || last_name))
END) STORED NOT NULL,
    sort_name text GENERATED ALWAYS AS ("left"(lower(
CASE
    WHEN (last_name <> ''::text) THEN ((last_name || ' '::text) || first_name)
    WHEN (first_name <> ''::text) THEN first_name
    ELSE company
END), 200)) STORED NOT NULL,
    role text DEFAULT 'homeowner'::text NOT NULL,
    phones jsonb DEFAULT '[]'::jsonb NOT NULL,
    emails jsonb DEFAULT '[]'::jsonb NOT NULL,
    phone text GENERATED ALWAYS AS (((phones -> 0) ->> 'e164'::text)) STORED,
    email text GENERATED ALWAYS AS ((emails ->> 0)) STORED,
    street text DEFAULT ''::text NOT NULL,
    unit text DEFAULT ''::text NOT NULL,
    city text DEFAULT ''::text NOT NULL,
    state text DEFAULT ''::text NOT NULL,
    zip text DEFAULT ''::text NOT NULL,
    address_typed text DEFAULT ''::text NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    notes text DEFAULT ''::text NOT NULL,
    do_not_contact boolean DEFAULT false NOT NULL,
    extra jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    archived_at timestamp with time zone,
    archived_by uuid,
    search tsvector GENERATED ALWAYS AS ((to_tsvector('simple'::regconfig, public.words((((((((((((((((((((first_name || ' '::text) || last_name) || ' '::text) || company) || ' '::text) || (jsonb_path_query_array(phones, '$[*]."typed"'::jsonpath))::text) || ' '::text) || (jsonb_path_query_array(phones, '$[*]."e164"'::jsonpath))::text) || ' '::text) || (emails)::text) || ' '::text) || address_typed) || ' '::text) ||
CASE
    WHEN (strpos(((' '::text || address_typed) || ' '::text), ((((((((' '::text || street) || ', '::text) || city) || ', '::text) || state) || ' '::text) || zip) || ' '::text)) > 0) THEN ''::text
    ELSE (((((((street || ' '::text) || city) || ' '::text) || state) || ' '::text) || zip) || ' '::text)
END) || unit) || ' '::text) ||
CASE
    WHEN (tags = '{}'::text[]) THEN ''::text
    ELSE public.tag_words(tags)
END) || ' '::text) || notes))) || jsonb_to_tsvector('simple'::regconfig, extra, '["string", "numeric"]'::jsonb))) STORED NOT NULL,
    CONSTRAINT contacts_check CHECK (((archived_at IS NULL) = (archived_by IS NULL))),
    CONSTRAINT contacts_emails_check CHECK (((jsonb_typeof(emails) = 'array'::text) AND (char_length((emails ->> 0)) <= 320))),
    CONSTRAINT contacts_extra_check CHECK ((jsonb_typeof(extra) = 'object'::text)),
    CONSTRAINT contacts_named CHECK (((first_name <> ''::text) OR (last_name <> ''::text) OR (company <> ''::text))),
    CONSTRAINT contacts_phones_check CHECK (((jsonb_typeof(phones) = 'array'::text) AND (NOT jsonb_path_exists(phones, 'strict $[*]?(!(@."typed".type() == "string"))'::jsonpath)))),
    CONSTRAINT contacts_role_check CHECK ((role = ANY (ARRAY['homeowner'::text, 'adjuster'::text, 'carrier'::text, 'vendor'::text, 'other'::text])))
);

ALTER TABLE ONLY public.contacts FORCE ROW LEVEL SECURITY;

ALTER TABLE public.contacts OWNER TO skai_owner;

CREATE TABLE public.deployments (
    id bigint NOT NULL,
    version text NOT NULL,
    commit text NOT NULL,
    first_seen timestamp with time zone DEFAULT now() NOT NULL,
    last_seen timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.deployments OWNER TO skai_owner;

ALTER TABLE public.deployments ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.deployments_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.error_groups (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    place text NOT NULL,
    kind text NOT NULL,
    words text NOT NULL,
    chain text NOT NULL,
    frames text NOT NULL,
    count bigint NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    first_release text NOT NULL,
    last_release text NOT NULL,
    request_id text NOT NULL,
    resolved_at timestamp with time zone,
    reopened integer DEFAULT 0 NOT NULL,
    CONSTRAINT error_groups_chain_check CHECK ((char_length(chain) <= 1000)),
    CONSTRAINT error_groups_count_check CHECK ((count > 0)),
    CONSTRAINT error_groups_kind_check CHECK ((kind = ANY (ARRAY['database'::text, 'panic'::text, 'fault'::text, 'error'::text]))),
    CONSTRAINT error_groups_place_check CHECK ((char_length(place) <= 200)),
    CONSTRAINT error_groups_words_check CHECK ((char_length(words) <= 500))
);

ALTER TABLE ONLY public.error_groups FORCE ROW LEVEL SECURITY;

ALTER TABLE public.error_groups OWNER TO skai_owner;

CREATE TABLE public.error_people (
    org_id uuid NOT NULL,
    error_id uuid NOT NULL,
    person_id uuid NOT NULL
);

ALTER TABLE ONLY public.error_people FORCE ROW LEVEL SECURITY;

ALTER TABLE public.error_people OWNER TO skai_owner;

CREATE TABLE public.estimate_lines (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    estimate_id uuid NOT NULL,
    "position" integer NOT NULL,
    number text DEFAULT ''::text NOT NULL,
    group_code text DEFAULT ''::text NOT NULL,
    group_name text DEFAULT ''::text NOT NULL,
    category text DEFAULT ''::text NOT NULL,
    selector text DEFAULT ''::text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    quantity numeric(18,4),
    unit text DEFAULT ''::text NOT NULL,
    unit_price numeric(18,4),
    item_amount bigint,
    tax bigint,
    rcv bigint,
    age text DEFAULT ''::text NOT NULL,
    life text DEFAULT ''::text NOT NULL,
    depreciation bigint,
    acv bigint,
    recoverable boolean,
    coverage text DEFAULT ''::text NOT NULL,
    activity text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    flags text[] GENERATED ALWAYS AS (array_remove(ARRAY[
CASE
    WHEN (acv <> (rcv - COALESCE(depreciation, (0)::bigint))) THEN 'acv_not_rcv_less_depreciation'::text
    ELSE NULL::text
END,
CASE
    WHEN ((rcv < 0) OR (item_amount < 0)) THEN 'credit'::text
    ELSE NULL::text
END], NULL::text)) STORED NOT NULL,
    extra jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT estimate_lines_extra_check CHECK ((jsonb_typeof(extra) = 'object'::text)),
    CONSTRAINT estimate_lines_position_check CHECK (("position" > 0))
);

ALTER TABLE ONLY public.estimate_lines FORCE ROW LEVEL SECURITY;

ALTER TABLE public.estimate_lines OWNER TO skai_owner;

CREATE TABLE public.estimates (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    claim_id uuid NOT NULL,
    name text NOT NULL,
    line_count integer DEFAULT 0 NOT NULL,
    item_total bigint DEFAULT 0 NOT NULL,
    tax bigint DEFAULT 0 NOT NULL,
    rcv bigint DEFAULT 0 NOT NULL,
    depreciation bigint DEFAULT 0 NOT NULL,
    recoverable bigint DEFAULT 0 NOT NULL,
    acv bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    CONSTRAINT estimates_name_check CHECK ((name <> ''::text))
);

ALTER TABLE ONLY public.estimates FORCE ROW LEVEL SECURITY;

ALTER TABLE public.estimates OWNER TO skai_owner;

CREATE TABLE public.external_refs (
    org_id uuid NOT NULL,
    entity text NOT NULL,
    source text NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    contact_id uuid,
    property_id uuid,
    lead_id uuid,
    claim_id uuid,
    estimate_id uuid,
    file_id uuid,
    fingerprint uuid NOT NULL,
    run_id uuid NOT NULL,
    file_no integer NOT NULL,
    ordinal integer NOT NULL,
    imported_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT external_refs_check CHECK ((
CASE entity
    WHEN 'contact'::text THEN contact_id
    WHEN 'property'::text THEN property_id
    WHEN 'lead'::text THEN lead_id
    WHEN 'claim'::text THEN claim_id
    WHEN 'estimate'::text THEN estimate_id
    ELSE file_id
END IS NOT NULL)),
    CONSTRAINT external_refs_check1 CHECK ((num_nonnulls(contact_id, property_id, lead_id, claim_id, estimate_id, file_id) = 1)),
    CONSTRAINT external_refs_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'property'::text, 'lead'::text, 'claim'::text, 'estimate'::text, 'file'::text]))),
    CONSTRAINT external_refs_external_id_check CHECK (((external_id <> ''::text) AND (char_length(external_id) <= 300))),
    CONSTRAINT external_refs_source_check CHECK ((source <> ''::text))
);

ALTER TABLE ONLY public.external_refs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.external_refs OWNER TO skai_owner;

CREATE TABLE public.files (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    media_type text DEFAULT ''::text NOT NULL,
    size bigint,
    sha256 bytea,
    source_url text DEFAULT ''::text NOT NULL,
    source_md5 text DEFAULT ''::text NOT NULL,
    taken_at timestamp with time zone,
    taken_by text DEFAULT ''::text NOT NULL,
    latitude double precision,
    longitude double precision,
    caption text DEFAULT ''::text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    homeowner_visible boolean DEFAULT false NOT NULL,
    contact_id uuid,
    property_id uuid,
    lead_id uuid,
    claim_id uuid,
    extra jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    archived_at timestamp with time zone,
    CONSTRAINT files_check CHECK (((sha256 IS NULL) OR (size IS NOT NULL))),
    CONSTRAINT files_extra_check CHECK ((jsonb_typeof(extra) = 'object'::text)),
    CONSTRAINT files_kind_check CHECK ((kind = ANY (ARRAY['photo'::text, 'document'::text]))),
    CONSTRAINT files_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT files_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT files_name_check CHECK ((name <> ''::text)),
    CONSTRAINT files_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT files_size_check CHECK ((size >= 0)),
    CONSTRAINT files_somewhere CHECK (((sha256 IS NOT NULL) OR (source_url <> ''::text)))
);

ALTER TABLE ONLY public.files FORCE ROW LEVEL SECURITY;

ALTER TABLE public.files OWNER TO skai_owner;

CREATE TABLE public.goose_db_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.goose_db_version OWNER TO skai_owner;

ALTER TABLE public.goose_db_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.goose_db_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.idempotency_keys (
    org_id uuid NOT NULL,
    person_id uuid NOT NULL,
    key text NOT NULL,
    hash bytea NOT NULL,
    answer jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT idempotency_keys_key_check CHECK (((key <> ''::text) AND (char_length(key) <= 200)))
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys OWNER TO skai_owner;

CREATE TABLE public.import_candidates (
    org_id uuid NOT NULL,
    run_id uuid NOT NULL,
    record_id uuid NOT NULL,
    candidate_id uuid NOT NULL,
    rung text NOT NULL,
    CONSTRAINT import_candidates_check CHECK ((record_id <> candidate_id)),
    CONSTRAINT import_candidates_rung_check CHECK ((rung = ANY (ARRAY['address_and_surname'::text, 'phone'::text, 'email'::text])))
);

ALTER TABLE ONLY public.import_candidates FORCE ROW LEVEL SECURITY;

ALTER TABLE public.import_candidates OWNER TO skai_owner;

CREATE TABLE public.import_changes (
    org_id uuid NOT NULL,
    run_id uuid NOT NULL,
    entity text NOT NULL,
    record_id uuid NOT NULL,
    before jsonb NOT NULL,
    CONSTRAINT import_changes_entity_check CHECK ((entity = ANY (ARRAY['contact'::text, 'property'::text, 'lead'::text, 'claim'::text, 'estimate'::text, 'file'::text])))
);

ALTER TABLE ONLY public.import_changes FORCE ROW LEVEL SECURITY;

ALTER TABLE public.import_changes OWNER TO skai_owner;

CREATE TABLE public.import_files (
    org_id uuid NOT NULL,
    run_id uuid NOT NULL,
    file_no integer NOT NULL,
    name text NOT NULL,
    size bigint NOT NULL,
    sha256 bytea NOT NULL,
    layout jsonb,
    source text DEFAULT ''::text NOT NULL,
    kind text DEFAULT ''::text NOT NULL,
    mapping jsonb,
    closed boolean DEFAULT false NOT NULL,
    rows_read bigint DEFAULT 0 NOT NULL,
    created bigint DEFAULT 0 NOT NULL,
    updated bigint DEFAULT 0 NOT NULL,
    merged bigint DEFAULT 0 NOT NULL,
    unchanged bigint DEFAULT 0 NOT NULL,
    skipped bigint DEFAULT 0 NOT NULL,
    errored bigint DEFAULT 0 NOT NULL,
    blank bigint DEFAULT 0 NOT NULL,
    cells_filled bigint DEFAULT 0 NOT NULL,
    cells_mapped bigint DEFAULT 0 NOT NULL,
    cells_extra bigint DEFAULT 0 NOT NULL,
    cells_errored bigint DEFAULT 0 NOT NULL,
    CONSTRAINT import_files_blank_check CHECK ((blank >= 0)),
    CONSTRAINT import_files_cells_errored_check CHECK ((cells_errored >= 0)),
    CONSTRAINT import_files_cells_extra_check CHECK ((cells_extra >= 0)),
    CONSTRAINT import_files_cells_mapped_check CHECK ((cells_mapped >= 0)),
    CONSTRAINT import_files_created_check CHECK ((created >= 0)),
    CONSTRAINT import_files_errored_check CHECK ((errored >= 0)),
    CONSTRAINT import_files_every_cell CHECK (((NOT closed) OR (cells_filled = ((cells_mapped + cells_extra) + cells_errored)))),
    CONSTRAINT import_files_every_row CHECK (((NOT closed) OR (rows_read = ((((((created + updated) + merged) + unchanged) + skipped) + errored) + blank)))),
    CONSTRAINT import_files_file_no_check CHECK ((file_no > 0)),
    CONSTRAINT import_files_merged_check CHECK ((merged >= 0)),
    CONSTRAINT import_files_name_check CHECK ((name <> ''::text)),
    CONSTRAINT import_files_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT import_files_size_check CHECK ((size >= 0)),
    CONSTRAINT import_files_skipped_check CHECK ((skipped >= 0)),
    CONSTRAINT import_files_unchanged_check CHECK ((unchanged >= 0)),
    CONSTRAINT import_files_updated_check CHECK ((updated >= 0))
);

ALTER TABLE ONLY public.import_files FORCE ROW LEVEL SECURITY;

ALTER TABLE public.import_files OWNER TO skai_owner;

CREATE TABLE public.import_mappings (
    org_id uuid NOT NULL,
    source text NOT NULL,
    kind text NOT NULL,
    header_key uuid NOT NULL,
    mapping jsonb NOT NULL,
    saved_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.import_mappings FORCE ROW LEVEL SECURITY;

ALTER TABLE public.import_mappings OWNER TO skai_owner;

CREATE TABLE public.import_problems (
    org_id uuid NOT NULL,
    run_id uuid NOT NULL,
    file_no integer NOT NULL,
    ordinal integer NOT NULL,
    seq integer NOT NULL,
    severity text NOT NULL,
    column_name text NOT NULL,
    value text NOT NULL,
    rule text NOT NULL,
    hint text NOT NULL,
    CONSTRAINT import_problems_severity_check CHECK ((severity = ANY (ARRAY['error'::text, 'warning'::text])))
);

ALTER TABLE ONLY public.import_problems FORCE ROW LEVEL SECURITY;

ALTER TABLE public.import_problems OWNER TO skai_owner;

CREATE TABLE public.import_rows (
    org_id uuid NOT NULL,
    run_id uuid NOT NULL,
    file_no integer NOT NULL,
    ordinal integer NOT NULL,
    line integer NOT NULL,
    outcome text NOT NULL,
    raw bytea NOT NULL,
    CONSTRAINT import_rows_line_check CHECK ((line > 0)),
    CONSTRAINT import_rows_ordinal_check CHECK ((ordinal > 0)),
    CONSTRAINT import_rows_outcome_check CHECK ((outcome = ANY (ARRAY['header'::text, 'created'::text, 'updated'::text, 'merged'::text, 'unchanged'::text, 'skipped'::text, 'errored'::text, 'blank'::text])))
);

ALTER TABLE ONLY public.import_rows FORCE ROW LEVEL SECURITY;

ALTER TABLE public.import_rows OWNER TO skai_owner;

CREATE TABLE public.import_runs (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    state text NOT NULL,
    dry_run boolean NOT NULL,
    strict boolean NOT NULL,
    options jsonb NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    started_by uuid NOT NULL,
    heartbeat_at timestamp with time zone DEFAULT now() NOT NULL,
    rows_read bigint DEFAULT 0 NOT NULL,
    finished_at timestamp with time zone,
    seconds double precision,
    failure text DEFAULT ''::text NOT NULL,
    report jsonb,
    CONSTRAINT import_runs_check CHECK (((state = 'running'::text) = (finished_at IS NULL))),
    CONSTRAINT import_runs_check1 CHECK (((state = 'failed'::text) = (failure <> ''::text))),
    CONSTRAINT import_runs_seconds_check CHECK ((seconds >= (0)::double precision)),
    CONSTRAINT import_runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text])))
);

ALTER TABLE ONLY public.import_runs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.import_runs OWNER TO skai_owner;

CREATE TABLE public.incident_notes (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    words text NOT NULL,
    public boolean NOT NULL,
    CONSTRAINT incident_notes_words_check CHECK (((char_length(words) >= 1) AND (char_length(words) <= 2000)))
);

ALTER TABLE public.incident_notes OWNER TO skai_owner;

ALTER TABLE public.incident_notes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incident_notes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.incident_signs (
    rule text NOT NULL,
    bad integer NOT NULL,
    good integer NOT NULL,
    since timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL
);

ALTER TABLE public.incident_signs OWNER TO skai_owner;

CREATE TABLE public.incidents (
    id bigint NOT NULL,
    rule text NOT NULL,
    severity text NOT NULL,
    title text NOT NULL,
    seen text DEFAULT ''::text NOT NULL,
    figures jsonb DEFAULT '{}'::jsonb NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    noticed_at timestamp with time zone DEFAULT now() NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT incidents_check CHECK ((closed_at >= opened_at)),
    CONSTRAINT incidents_figures_check CHECK ((jsonb_typeof(figures) = 'object'::text)),
    CONSTRAINT incidents_rule_check CHECK ((rule ~ '^[a-z]+(\.[a-z]+)?$'::text)),
    CONSTRAINT incidents_seen_check CHECK ((char_length(seen) <= 1000)),
    CONSTRAINT incidents_severity_check CHECK ((severity = ANY (ARRAY['page'::text, 'ticket'::text]))),
    CONSTRAINT incidents_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 200)))
);

ALTER TABLE public.incidents OWNER TO skai_owner;

ALTER TABLE public.incidents ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.incidents_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.invitations (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    placeholder_id uuid,
    token_hash bytea,
    sent_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    person_id uuid,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    CONSTRAINT invitations_check CHECK (((accepted_at IS NULL) = (person_id IS NULL))),
    CONSTRAINT invitations_check1 CHECK (((accepted_at IS NULL) OR (revoked_at IS NULL))),
    CONSTRAINT invitations_email_check CHECK (((email = lower(email)) AND (email ~~ '%_@_%'::text))),
    CONSTRAINT invitations_name_check CHECK ((name <> ''::text)),
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'manager'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT invitations_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE ONLY public.invitations FORCE ROW LEVEL SECURITY;

ALTER TABLE public.invitations OWNER TO skai_owner;

CREATE TABLE public.leads (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    title text NOT NULL,
    contact_id uuid,
    property_id uuid,
    source text DEFAULT ''::text NOT NULL,
    stage text DEFAULT 'new'::text NOT NULL,
    stage_changed_at timestamp with time zone DEFAULT now() NOT NULL,
    source_stage text DEFAULT ''::text NOT NULL,
    temperature text,
    kind text DEFAULT 'insurance'::text NOT NULL,
    estimated_value bigint,
    assignee_id uuid,
    follow_up_on date,
    dead_reason text DEFAULT ''::text NOT NULL,
    urgency text DEFAULT 'normal'::text NOT NULL,
    notes text DEFAULT ''::text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    extra jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    archived_at timestamp with time zone,
    archived_by uuid,
    search tsvector GENERATED ALWAYS AS ((to_tsvector('simple'::regconfig, public.words(((((((((((title || ' '::text) || source) || ' '::text) || source_stage) || ' '::text) || dead_reason) || ' '::text) ||
CASE
    WHEN (tags = '{}'::text[]) THEN ''::text
    ELSE public.tag_words(tags)
END) || ' '::text) || notes))) || jsonb_to_tsvector('simple'::regconfig, extra, '["string", "numeric"]'::jsonb))) STORED NOT NULL,
    CONSTRAINT leads_check CHECK (((archived_at IS NULL) = (archived_by IS NULL))),
    CONSTRAINT leads_extra_check CHECK ((jsonb_typeof(extra) = 'object'::text)),
    CONSTRAINT leads_kind_check CHECK ((kind = ANY (ARRAY['insurance'::text, 'retail'::text, 'repair'::text, 'financed'::text]))),
    CONSTRAINT leads_lost_reason CHECK (((stage <> 'lost'::text) OR (dead_reason <> ''::text))),
    CONSTRAINT leads_stage_check CHECK ((stage = ANY (ARRAY['new'::text, 'contacted'::text, 'qualified'::text, 'inspected'::text, 'proposal'::text, 'won'::text, 'lost'::text]))),
    CONSTRAINT leads_temperature_check CHECK ((temperature = ANY (ARRAY['cold'::text, 'warm'::text, 'hot'::text]))),
    CONSTRAINT leads_title_check CHECK ((title <> ''::text)),
    CONSTRAINT leads_urgency_check CHECK ((urgency = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'urgent'::text])))
);

ALTER TABLE ONLY public.leads FORCE ROW LEVEL SECURITY;

ALTER TABLE public.leads OWNER TO skai_owner;

CREATE TABLE public.mail_suppressions (
    address text NOT NULL,
    reason text NOT NULL,
    answer text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mail_suppressions_address_check CHECK (((address = lower(address)) AND (address ~~ '%_@_%'::text))),
    CONSTRAINT mail_suppressions_answer_check CHECK ((char_length(answer) <= 200)),
    CONSTRAINT mail_suppressions_reason_check CHECK ((reason = ANY (ARRAY['refused'::text, 'bounced'::text, 'soft'::text, 'operator'::text])))
);

ALTER TABLE public.mail_suppressions OWNER TO skai_owner;

CREATE TABLE public.mails (
    id uuid NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    for_org uuid,
    recipient text NOT NULL,
    urgent boolean NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    answer text DEFAULT ''::text NOT NULL,
    counted_on date,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    tried_at timestamp with time zone,
    sent_at timestamp with time zone,
    bounced_at timestamp with time zone,
    CONSTRAINT mails_answer_check CHECK ((char_length(answer) <= 200)),
    CONSTRAINT mails_recipient_check CHECK ((recipient = lower(recipient))),
    CONSTRAINT mails_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'waiting'::text, 'sending'::text, 'sent'::text, 'failed'::text, 'bounced'::text, 'suppressed'::text])))
);

ALTER TABLE public.mails OWNER TO skai_owner;

CREATE TABLE public.maintenance_windows (
    id bigint NOT NULL,
    announced_at timestamp with time zone DEFAULT now() NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    what text NOT NULL,
    cancelled_at timestamp with time zone,
    excused boolean GENERATED ALWAYS AS (((starts_at - announced_at) >= '48:00:00'::interval)) STORED NOT NULL,
    CONSTRAINT maintenance_windows_announced_before CHECK ((announced_at < starts_at)),
    CONSTRAINT maintenance_windows_cancelled_before CHECK ((cancelled_at < ends_at)),
    CONSTRAINT maintenance_windows_ends_at_check CHECK ((ends_at = date_trunc('minute'::text, ends_at))),
    CONSTRAINT maintenance_windows_length CHECK (((ends_at > starts_at) AND ((ends_at - starts_at) <= '24:00:00'::interval))),
    CONSTRAINT maintenance_windows_starts_at_check CHECK ((starts_at = date_trunc('minute'::text, starts_at))),
    CONSTRAINT maintenance_windows_what_check CHECK (((char_length(what) >= 1) AND (char_length(what) <= 500)))
);

ALTER TABLE public.maintenance_windows OWNER TO skai_owner;

ALTER TABLE public.maintenance_windows ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.maintenance_windows_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.measured_minutes (
    at timestamp with time zone NOT NULL
);

ALTER TABLE public.measured_minutes OWNER TO skai_owner;

CREATE TABLE public.operator_sessions (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    operator_id uuid NOT NULL,
    pending boolean NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    address inet,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    support_org_id uuid,
    support_id uuid,
    CONSTRAINT operator_sessions_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE public.operator_sessions OWNER TO skai_owner;

CREATE TABLE public.operators (
    id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    enrol_until timestamp with time zone DEFAULT (now() + '24:00:00'::interval) NOT NULL
);

ALTER TABLE public.operators OWNER TO skai_owner;

CREATE TABLE public.org_counters (
    org_id uuid NOT NULL,
    name text NOT NULL,
    last bigint NOT NULL,
    CONSTRAINT org_counters_last_check CHECK ((last >= 0))
);

ALTER TABLE ONLY public.org_counters FORCE ROW LEVEL SECURITY;

ALTER TABLE public.org_counters OWNER TO skai_owner;

CREATE TABLE public.org_keys (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    wrapped bytea NOT NULL,
    salt bytea NOT NULL,
    rounds integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT org_keys_rounds_check CHECK ((rounds >= 600000)),
    CONSTRAINT org_keys_salt_check CHECK ((octet_length(salt) >= 16))
);

ALTER TABLE ONLY public.org_keys FORCE ROW LEVEL SECURITY;

ALTER TABLE public.org_keys OWNER TO skai_owner;

CREATE TABLE public.orgs (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    time_zone text DEFAULT 'America/Phoenix'::text NOT NULL,
    brand_color text,
    brand_logo bytea,
    brand_logo_type text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    session_idle_minutes integer DEFAULT 10080 NOT NULL,
    session_life_minutes integer DEFAULT 43200 NOT NULL,
    suspended_at timestamp with time zone,
    factor_roles text[] DEFAULT '{}'::text[] NOT NULL,
    factor_from timestamp with time zone,
    audit_years integer DEFAULT 7 NOT NULL,
    plan text DEFAULT 'standard'::text NOT NULL,
    report_mail boolean DEFAULT true NOT NULL,
    status_reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT orgs_audit_years_check CHECK (((audit_years >= 1) AND (audit_years <= 7))),
    CONSTRAINT orgs_brand_color_check CHECK ((brand_color ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT orgs_brand_logo_check CHECK ((octet_length(brand_logo) <= 262144)),
    CONSTRAINT orgs_brand_logo_type_check CHECK ((brand_logo_type = ANY (ARRAY['image/svg+xml'::text, 'image/png'::text]))),
    CONSTRAINT orgs_check CHECK (((brand_logo IS NULL) = (brand_logo_type IS NULL))),
    CONSTRAINT orgs_factor_from CHECK (((factor_roles = '{}'::text[]) = (factor_from IS NULL))),
    CONSTRAINT orgs_factor_roles_check CHECK ((factor_roles <@ '{owner,admin,manager,member,viewer}'::text[])),
    CONSTRAINT orgs_name_check CHECK ((name <> ''::text)),
    CONSTRAINT orgs_plan_check CHECK ((plan = ANY (ARRAY['standard'::text, 'enterprise'::text]))),
    CONSTRAINT orgs_session_idle_minutes_check CHECK (((session_idle_minutes >= 15) AND (session_idle_minutes <= 43200))),
    CONSTRAINT orgs_session_idle_within_life CHECK ((session_idle_minutes <= session_life_minutes)),
    CONSTRAINT orgs_session_life_minutes_check CHECK (((session_life_minutes >= 60) AND (session_life_minutes <= 129600))),
    CONSTRAINT orgs_slug_check CHECK ((slug ~ '^[a-z][a-z0-9-]{1,39}$'::text)),
    CONSTRAINT orgs_status_reason_check CHECK ((char_length(status_reason) <= 300))
);

ALTER TABLE ONLY public.orgs FORCE ROW LEVEL SECURITY;

ALTER TABLE public.orgs OWNER TO skai_owner;

CREATE TABLE public.passkey_challenges (
    id uuid NOT NULL,
    user_id uuid,
    data jsonb NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

ALTER TABLE public.passkey_challenges OWNER TO skai_owner;

CREATE TABLE public.people (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    kind text NOT NULL,
    name text NOT NULL,
    name_key text GENERATED ALWAYS AS (lower(regexp_replace(btrim(name), '\s+'::text, ' '::text, 'g'::text))) STORED NOT NULL,
    email text,
    role text NOT NULL,
    active boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone,
    custom_role_id uuid,
    CONSTRAINT people_check CHECK (((kind = 'member'::text) = (user_id IS NOT NULL))),
    CONSTRAINT people_check1 CHECK (((kind <> 'placeholder'::text) OR (NOT active))),
    CONSTRAINT people_key_role CHECK (((kind <> 'key'::text) OR (role <> 'owner'::text))),
    CONSTRAINT people_kind_check CHECK ((kind = ANY (ARRAY['member'::text, 'placeholder'::text, 'system'::text, 'key'::text]))),
    CONSTRAINT people_name_check CHECK ((name <> ''::text)),
    CONSTRAINT people_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'manager'::text, 'member'::text, 'viewer'::text])))
);

ALTER TABLE ONLY public.people FORCE ROW LEVEL SECURITY;

ALTER TABLE public.people OWNER TO skai_owner;

CREATE TABLE public.plan_rates (
    plan text NOT NULL,
    preset text NOT NULL,
    quota integer NOT NULL,
    seconds integer NOT NULL,
    CONSTRAINT plan_rates_plan_check CHECK ((plan = ANY (ARRAY['standard'::text, 'enterprise'::text]))),
    CONSTRAINT plan_rates_preset_check CHECK ((preset = ANY (ARRAY['ai'::text, 'upload'::text, 'weather'::text, 'api'::text, 'webhook'::text, 'public'::text, 'auth'::text, 'migration'::text, 'api_keys'::text]))),
    CONSTRAINT plan_rates_quota_check CHECK (((quota >= 1) AND (quota <= 100000))),
    CONSTRAINT plan_rates_seconds_check CHECK (((seconds >= 1) AND (seconds <= 86400)))
);

ALTER TABLE public.plan_rates OWNER TO skai_owner;

CREATE TABLE public.probe_minutes (
    probe bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    up integer NOT NULL,
    down integer NOT NULL,
    sum_ms double precision NOT NULL,
    max_ms double precision NOT NULL,
    signature bytea NOT NULL,
    CONSTRAINT probe_minutes_at_check CHECK ((at = date_trunc('minute'::text, at))),
    CONSTRAINT probe_minutes_check CHECK ((((up + down) >= 1) AND ((up + down) <= 600))),
    CONSTRAINT probe_minutes_down_check CHECK ((down >= 0)),
    CONSTRAINT probe_minutes_max_ms_check CHECK ((max_ms >= (0)::double precision)),
    CONSTRAINT probe_minutes_probe_check CHECK ((octet_length(probe) = 32)),
    CONSTRAINT probe_minutes_signature_check CHECK ((octet_length(signature) = 64)),
    CONSTRAINT probe_minutes_sum_ms_check CHECK ((sum_ms >= (0)::double precision)),
    CONSTRAINT probe_minutes_up_check CHECK ((up >= 0))
);

ALTER TABLE public.probe_minutes OWNER TO skai_owner;

CREATE TABLE public.process_minutes (
    at timestamp with time zone NOT NULL,
    process_id uuid NOT NULL,
    pool_used integer NOT NULL,
    pool_most integer NOT NULL,
    gate_limit integer NOT NULL,
    gate_busy integer NOT NULL,
    gate_waiting integer NOT NULL,
    refused bigint NOT NULL,
    looks integer NOT NULL,
    missed integer NOT NULL,
    latency_ms double precision NOT NULL,
    latency_max_ms double precision NOT NULL,
    queue_depth integer,
    queue_oldest_s double precision,
    connections integer,
    active integer,
    in_transaction integer,
    connections_most integer,
    bouncer_active integer,
    bouncer_waiting integer,
    bouncer_servers integer,
    bouncer_idle integer,
    bouncer_wait_s double precision,
    CONSTRAINT process_minutes_at_check CHECK ((at = date_trunc('minute'::text, at)))
);

ALTER TABLE public.process_minutes OWNER TO skai_owner;

CREATE TABLE public.processes (
    id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    version text NOT NULL,
    commit text NOT NULL,
    schema text NOT NULL,
    fingerprint text NOT NULL,
    clock_ms double precision NOT NULL,
    unwell jsonb DEFAULT '{}'::jsonb NOT NULL
);

ALTER TABLE public.processes OWNER TO skai_owner;

CREATE TABLE public.properties (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    address_typed text DEFAULT ''::text NOT NULL,
    street text DEFAULT ''::text NOT NULL,
    unit text DEFAULT ''::text NOT NULL,
    city text DEFAULT ''::text NOT NULL,
    state text DEFAULT ''::text NOT NULL,
    zip text DEFAULT ''::text NOT NULL,
    plus4 text DEFAULT ''::text NOT NULL,
    county text DEFAULT ''::text NOT NULL,
    address_key text DEFAULT ''::text NOT NULL,
    address text GENERATED ALWAYS AS (
CASE
    WHEN (street = ''::text) THEN address_typed
    ELSE ((((street ||
    CASE
        WHEN (unit = ''::text) THEN ''::text
        ELSE (' '::text || unit)
    END) ||
    CASE
        WHEN (city = ''::text) THEN ''::text
        ELSE (', '::text || city)
    END) ||
    CASE
        WHEN (state = ''::text) THEN ''::text
        ELSE (', '::text || state)
    END) ||
    CASE
        WHEN (zip = ''::text) THEN ''::text
        ELSE (' '::text || zip)
    END)
END) STORED NOT NULL,
    sort_address text GENERATED ALWAYS AS ("left"(lower(
CASE
    WHEN (street = ''::text) THEN address_typed
    ELSE ((street || ' '::text) || unit)
END), 200)) STORED NOT NULL,
    latitude double precision,
    longitude double precision,
    position_precision text,
    kind text DEFAULT ''::text NOT NULL,
    year_built integer,
    squares numeric(10,2),
    square_feet integer,
    stories numeric(4,1),
    pitch text DEFAULT ''::text NOT NULL,
    roof_material text DEFAULT ''::text NOT NULL,
    roof_age integer,
    owner_id uuid,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    notes text DEFAULT ''::text NOT NULL,
    extra jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_by uuid NOT NULL,
    archived_at timestamp with time zone,
    archived_by uuid,
    search tsvector GENERATED ALWAYS AS ((to_tsvector('simple'::regconfig, public.words(((((((((((((((((((((name || ' '::text) || address_typed) || ' '::text) || street) || ' '::text) || unit) || ' '::text) || city) || ' '::text) || state) || ' '::text) || zip) || ' '::text) || county) || ' '::text) || roof_material) || ' '::text) ||
CASE
    WHEN (tags = '{}'::text[]) THEN ''::text
    ELSE public.tag_words(tags)
END) || ' '::text) || notes))) || jsonb_to_tsvector('simple'::regconfig, extra, '["string", "numeric"]'::jsonb))) STORED NOT NULL,
    CONSTRAINT properties_address_key_check CHECK ((char_length(address_key) <= 300)),
    CONSTRAINT properties_addressed CHECK (((address_typed <> ''::text) OR (street <> ''::text) OR (name <> ''::text))),
    CONSTRAINT properties_check CHECK ((((latitude IS NULL) = (longitude IS NULL)) AND ((latitude IS NULL) = (position_precision IS NULL)))),
    CONSTRAINT properties_check1 CHECK (((archived_at IS NULL) = (archived_by IS NULL))),
    CONSTRAINT properties_extra_check CHECK ((jsonb_typeof(extra) = 'object'::text)),
    CONSTRAINT properties_kind_check CHECK ((kind = ANY (ARRAY[''::text, 'single_family'::text, 'multi_family'::text, 'townhouse'::text, 'condo'::text, 'mobile_home'::text, 'commercial'::text, 'hoa'::text, 'other'::text]))),
    CONSTRAINT properties_latitude_check CHECK (((latitude >= ('-90'::integer)::double precision) AND (latitude <= (90)::double precision))),
    CONSTRAINT properties_longitude_check CHECK (((longitude >= ('-180'::integer)::double precision) AND (longitude <= (180)::double precision))),
    CONSTRAINT properties_plus4_check CHECK ((plus4 ~ '^([0-9]{4})?$'::text)),
    CONSTRAINT properties_position_precision_check CHECK ((position_precision = ANY (ARRAY['rooftop'::text, 'interpolated'::text, 'zip'::text, 'manual'::text]))),
    CONSTRAINT properties_roof_age_check CHECK (((roof_age >= 0) AND (roof_age <= 300))),
    CONSTRAINT properties_square_feet_check CHECK ((square_feet >= 0)),
    CONSTRAINT properties_squares_check CHECK ((squares >= (0)::numeric)),
    CONSTRAINT properties_state_check CHECK ((state ~ '^([A-Z]{2})?$'::text)),
    CONSTRAINT properties_stories_check CHECK ((stories >= (0)::numeric)),
    CONSTRAINT properties_year_built_check CHECK (((year_built >= 1600) AND (year_built <= 2200))),
    CONSTRAINT properties_zip_check CHECK ((zip ~ '^([0-9]{5})?$'::text))
);

ALTER TABLE ONLY public.properties FORCE ROW LEVEL SECURITY;

ALTER TABLE public.properties OWNER TO skai_owner;

CREATE TABLE public.request_stats (
    org_id uuid NOT NULL,
    grain text NOT NULL,
    at timestamp with time zone NOT NULL,
    route text NOT NULL,
    process_id uuid NOT NULL,
    requests bigint NOT NULL,
    failures bigint NOT NULL,
    refusals bigint NOT NULL,
    bytes bigint NOT NULL,
    queries bigint NOT NULL,
    seconds double precision NOT NULL,
    sketch bytea NOT NULL,
    limited bigint DEFAULT 0 NOT NULL,
    CONSTRAINT request_stats_grain_check CHECK ((grain = ANY (ARRAY['minute'::text, 'hour'::text]))),
    CONSTRAINT request_stats_requests_check CHECK ((requests > 0)),
    CONSTRAINT request_stats_route_check CHECK ((char_length(route) <= 200))
);

ALTER TABLE ONLY public.request_stats FORCE ROW LEVEL SECURITY;

ALTER TABLE public.request_stats OWNER TO skai_owner;

CREATE TABLE public.restore_drills (
    id uuid NOT NULL,
    backup_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone NOT NULL,
    rpo_seconds double precision NOT NULL,
    rto_seconds double precision NOT NULL,
    rows bigint NOT NULL,
    checks integer NOT NULL,
    failed text[] NOT NULL,
    CONSTRAINT restore_drills_check CHECK ((finished_at >= started_at)),
    CONSTRAINT restore_drills_checks_check CHECK ((checks >= 0)),
    CONSTRAINT restore_drills_rows_check CHECK ((rows >= 0)),
    CONSTRAINT restore_drills_rpo_seconds_check CHECK ((rpo_seconds >= (0)::double precision)),
    CONSTRAINT restore_drills_rto_seconds_check CHECK ((rto_seconds >= (0)::double precision))
);

ALTER TABLE public.restore_drills OWNER TO skai_owner;

CREATE TABLE public.roles (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    name_key text GENERATED ALWAYS AS (lower(regexp_replace(name, '\s+'::text, ' '::text, 'g'::text))) STORED NOT NULL,
    base text NOT NULL,
    permissions text[] NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT roles_base_check CHECK ((base = ANY (ARRAY['manager'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT roles_name_check CHECK (((name = btrim(name)) AND (name <> ''::text) AND (char_length(name) <= 40))),
    CONSTRAINT roles_not_built_in CHECK ((name_key <> ALL (ARRAY['owner'::text, 'admin'::text, 'manager'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT roles_see_records CHECK (('records.view'::text = ANY (permissions))),
    CONSTRAINT roles_within_base CHECK ((permissions <@ public.role_permissions(base)))
);

ALTER TABLE ONLY public.roles FORCE ROW LEVEL SECURITY;

ALTER TABLE public.roles OWNER TO skai_owner;

CREATE TABLE public.scim_groups (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    external_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT scim_groups_external_id_check CHECK ((char_length(external_id) <= 320)),
    CONSTRAINT scim_groups_name_check CHECK (((name = btrim(name)) AND (name <> ''::text) AND (char_length(name) <= 200)))
);

ALTER TABLE ONLY public.scim_groups FORCE ROW LEVEL SECURITY;

ALTER TABLE public.scim_groups OWNER TO skai_owner;

CREATE TABLE public.scim_members (
    org_id uuid NOT NULL,
    group_id uuid NOT NULL,
    person_id uuid NOT NULL
);

ALTER TABLE ONLY public.scim_members FORCE ROW LEVEL SECURITY;

ALTER TABLE public.scim_members OWNER TO skai_owner;

CREATE TABLE public.scim_users (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    user_name text NOT NULL,
    user_key text GENERATED ALWAYS AS (lower(user_name)) STORED NOT NULL,
    external_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT scim_users_external_id_check CHECK ((char_length(external_id) <= 320)),
    CONSTRAINT scim_users_user_name_check CHECK (((user_name <> ''::text) AND (char_length(user_name) <= 320)))
);

ALTER TABLE ONLY public.scim_users FORCE ROW LEVEL SECURITY;

ALTER TABLE public.scim_users OWNER TO skai_owner;

CREATE TABLE public.service_minutes (
    at timestamp with time zone NOT NULL,
    requests bigint NOT NULL,
    failures bigint NOT NULL,
    slow bigint NOT NULL,
    CONSTRAINT service_minutes_at_check CHECK ((at = date_trunc('minute'::text, at)))
);

ALTER TABLE public.service_minutes OWNER TO skai_owner;

CREATE TABLE public.service_reports (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    week date NOT NULL,
    written_at timestamp with time zone NOT NULL,
    figures jsonb NOT NULL,
    CONSTRAINT service_reports_figures_check CHECK ((jsonb_typeof(figures) = 'object'::text)),
    CONSTRAINT service_reports_week_check CHECK ((EXTRACT(isodow FROM week) = (1)::numeric))
);

ALTER TABLE ONLY public.service_reports FORCE ROW LEVEL SECURITY;

ALTER TABLE public.service_reports OWNER TO skai_owner;

CREATE TABLE public.sessions (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_id uuid NOT NULL,
    current_org_id uuid NOT NULL,
    person_id uuid NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    address inet,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    pending text,
    fresh_at timestamp with time zone DEFAULT now() NOT NULL,
    sso boolean DEFAULT false NOT NULL,
    sso_subject text,
    sso_sid text,
    CONSTRAINT sessions_pending_check CHECK ((pending = 'factor'::text)),
    CONSTRAINT sessions_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE public.sessions OWNER TO skai_owner;

CREATE TABLE public.sign_in_failures (
    key text NOT NULL,
    failures integer NOT NULL,
    last_at timestamp with time zone NOT NULL
);

ALTER TABLE public.sign_in_failures OWNER TO skai_owner;

CREATE TABLE public.sms_sent (
    user_id uuid NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    count integer DEFAULT 0 NOT NULL,
    last_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.sms_sent OWNER TO skai_owner;

CREATE TABLE public.sso_assertions (
    org_id uuid NOT NULL,
    id_hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT sso_assertions_id_hash_check CHECK ((octet_length(id_hash) = 32))
);

ALTER TABLE ONLY public.sso_assertions FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sso_assertions OWNER TO skai_owner;

CREATE TABLE public.sso_connections (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    issuer text NOT NULL,
    client_id text DEFAULT ''::text NOT NULL,
    client_secret bytea,
    metadata text,
    signing_key bytea,
    certificate bytea,
    groups_claim text DEFAULT 'groups'::text NOT NULL,
    default_role text,
    worked_at timestamp with time zone,
    required boolean DEFAULT false NOT NULL,
    break_glass uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sso_connections_check CHECK (
CASE kind
    WHEN 'oidc'::text THEN ((client_id <> ''::text) AND (client_secret IS NOT NULL))
    ELSE ((metadata IS NOT NULL) AND (signing_key IS NOT NULL) AND (certificate IS NOT NULL))
END),
    CONSTRAINT sso_connections_default_role_check CHECK ((default_role = ANY (ARRAY['admin'::text, 'manager'::text, 'member'::text, 'viewer'::text]))),
    CONSTRAINT sso_connections_issuer_check CHECK (((issuer <> ''::text) AND (char_length(issuer) <= 2000))),
    CONSTRAINT sso_connections_kind_check CHECK ((kind = ANY (ARRAY['oidc'::text, 'saml'::text]))),
    CONSTRAINT sso_required_has_break_glass CHECK (((NOT required) OR (break_glass IS NOT NULL))),
    CONSTRAINT sso_required_has_worked CHECK (((NOT required) OR (worked_at IS NOT NULL)))
);

ALTER TABLE ONLY public.sso_connections FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sso_connections OWNER TO skai_owner;

CREATE TABLE public.sso_domains (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    domain text NOT NULL,
    token text NOT NULL,
    verified_at timestamp with time zone,
    checked_at timestamp with time zone,
    found text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    CONSTRAINT sso_domains_domain_check CHECK (((domain = lower(domain)) AND (domain ~ '^[a-z0-9_-]+(\.[a-z0-9_-]+)+$'::text) AND (char_length(domain) <= 253))),
    CONSTRAINT sso_domains_token_check CHECK ((token <> ''::text))
);

ALTER TABLE ONLY public.sso_domains FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sso_domains OWNER TO skai_owner;

CREATE TABLE public.sso_groups (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sso_groups_name_check CHECK (((name = btrim(name)) AND (name <> ''::text) AND (char_length(name) <= 200))),
    CONSTRAINT sso_groups_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'manager'::text, 'member'::text, 'viewer'::text])))
);

ALTER TABLE ONLY public.sso_groups FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sso_groups OWNER TO skai_owner;

CREATE TABLE public.sso_identities (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    person_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sso_identities_issuer_check CHECK ((char_length(issuer) <= 2000)),
    CONSTRAINT sso_identities_subject_check CHECK (((subject <> ''::text) AND (char_length(subject) <= 1000)))
);

ALTER TABLE ONLY public.sso_identities FORCE ROW LEVEL SECURITY;

ALTER TABLE public.sso_identities OWNER TO skai_owner;

CREATE TABLE public.support_access (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    operator_id uuid,
    operator text NOT NULL,
    reason text NOT NULL,
    hours integer NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    decided_at timestamp with time zone,
    decided_by uuid,
    ends_at timestamp with time zone,
    ended_at timestamp with time zone,
    ended_by uuid,
    CONSTRAINT support_access_decided CHECK ((((decided_at IS NULL) = (decided_by IS NULL)) AND ((ends_at IS NULL) OR (decided_at IS NOT NULL)))),
    CONSTRAINT support_access_end CHECK ((ends_at <= (decided_at + make_interval(hours => hours)))),
    CONSTRAINT support_access_ended CHECK (((ended_by IS NULL) OR (ended_at IS NOT NULL))),
    CONSTRAINT support_access_hours_check CHECK (((hours >= 1) AND (hours <= 8))),
    CONSTRAINT support_access_operator_check CHECK ((operator <> ''::text)),
    CONSTRAINT support_access_reason_check CHECK (((char_length(reason) >= 10) AND (char_length(reason) <= 300)))
);

ALTER TABLE ONLY public.support_access FORCE ROW LEVEL SECURITY;

ALTER TABLE public.support_access OWNER TO skai_owner;

CREATE TABLE public.system_errors (
    id uuid NOT NULL,
    place text NOT NULL,
    kind text NOT NULL,
    words text NOT NULL,
    chain text NOT NULL,
    frames text NOT NULL,
    count bigint NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    first_release text NOT NULL,
    last_release text NOT NULL,
    request_id text NOT NULL,
    resolved_at timestamp with time zone,
    reopened integer DEFAULT 0 NOT NULL,
    CONSTRAINT system_errors_chain_check CHECK ((char_length(chain) <= 1000)),
    CONSTRAINT system_errors_count_check CHECK ((count > 0)),
    CONSTRAINT system_errors_kind_check CHECK ((kind = ANY (ARRAY['database'::text, 'panic'::text, 'fault'::text, 'error'::text]))),
    CONSTRAINT system_errors_place_check CHECK ((char_length(place) <= 200)),
    CONSTRAINT system_errors_words_check CHECK ((char_length(words) <= 500))
);

ALTER TABLE public.system_errors OWNER TO skai_owner;

CREATE TABLE public.system_traces (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    name text NOT NULL,
    status integer NOT NULL,
    took_ms double precision NOT NULL,
    slow boolean NOT NULL,
    failed boolean NOT NULL,
    sampled boolean NOT NULL,
    request_id text NOT NULL,
    asked_by uuid,
    dropped integer NOT NULL,
    spans jsonb NOT NULL,
    CONSTRAINT system_traces_name_check CHECK ((char_length(name) <= 200))
);

ALTER TABLE public.system_traces OWNER TO skai_owner;

CREATE TABLE public.traces (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    name text NOT NULL,
    status integer NOT NULL,
    took_ms double precision NOT NULL,
    slow boolean NOT NULL,
    failed boolean NOT NULL,
    sampled boolean NOT NULL,
    request_id text NOT NULL,
    asked_by uuid,
    dropped integer NOT NULL,
    spans jsonb NOT NULL,
    CONSTRAINT traces_name_check CHECK ((char_length(name) <= 200))
);

ALTER TABLE ONLY public.traces FORCE ROW LEVEL SECURITY;

ALTER TABLE public.traces OWNER TO skai_owner;

CREATE TABLE public.trusted_devices (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT trusted_devices_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

ALTER TABLE public.trusted_devices OWNER TO skai_owner;

CREATE TABLE public.user_factors (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    secret bytea,
    last_step bigint,
    credential_id bytea,
    credential jsonb,
    host text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    confirmed_at timestamp with time zone,
    last_used_at timestamp with time zone,
    hint text,
    code_hash bytea,
    code_expires_at timestamp with time zone,
    CONSTRAINT user_factors_check1 CHECK (((kind = 'passkey'::text) = ((credential_id IS NOT NULL) AND (credential IS NOT NULL) AND (host IS NOT NULL)))),
    CONSTRAINT user_factors_code CHECK ((((code_hash IS NULL) = (code_expires_at IS NULL)) AND ((kind = 'sms'::text) OR (code_hash IS NULL)))),
    CONSTRAINT user_factors_confirmed CHECK (((kind <> 'passkey'::text) OR (confirmed_at IS NOT NULL))),
    CONSTRAINT user_factors_hint CHECK (((kind = 'sms'::text) = (hint IS NOT NULL))),
    CONSTRAINT user_factors_kind_check CHECK ((kind = ANY (ARRAY['totp'::text, 'passkey'::text, 'sms'::text]))),
    CONSTRAINT user_factors_name_check CHECK (((name <> ''::text) AND (char_length(name) <= 100))),
    CONSTRAINT user_factors_secret CHECK (((kind = ANY (ARRAY['totp'::text, 'sms'::text])) = (secret IS NOT NULL)))
);

ALTER TABLE public.user_factors OWNER TO skai_owner;

CREATE TABLE public.users (
    id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    disabled_at timestamp with time zone,
    verified_at timestamp with time zone,
    CONSTRAINT users_email_check CHECK (((email = lower(email)) AND (email ~~ '%_@_%'::text))),
    CONSTRAINT users_name_check CHECK ((name <> ''::text))
);

ALTER TABLE public.users OWNER TO skai_owner;

CREATE TABLE public.vault_keys (
    id uuid NOT NULL,
    wrapped bytea NOT NULL,
    salt bytea NOT NULL,
    rounds integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT vault_keys_rounds_check CHECK ((rounds >= 600000)),
    CONSTRAINT vault_keys_salt_check CHECK ((octet_length(salt) >= 16))
);

ALTER TABLE public.vault_keys OWNER TO skai_owner;

CREATE TABLE river.river_job (
    id bigint NOT NULL,
    state river.river_job_state DEFAULT 'available'::river.river_job_state NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 25 NOT NULL,
    attempted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finalized_at timestamp with time zone,
    scheduled_at timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT 1 NOT NULL,
    args jsonb NOT NULL,
    attempted_by text[],
    errors jsonb[],
    kind text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    tags character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    unique_key bytea,
    unique_states bit(8),
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::river.river_job_state, 'completed'::river.river_job_state, 'discarded'::river.river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::river.river_job_state, 'completed'::river.river_job_state, 'discarded'::river.river_job_state]))))),
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128))),
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0)),
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
);

ALTER TABLE river.river_job OWNER TO skai_owner;

CREATE SEQUENCE river.river_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE river.river_job_id_seq OWNER TO skai_owner;

ALTER SEQUENCE river.river_job_id_seq OWNED BY river.river_job.id;

CREATE UNLOGGED TABLE river.river_leader (
    elected_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    leader_id text NOT NULL,
    name text DEFAULT 'default'::text NOT NULL,
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128))),
    CONSTRAINT name_length CHECK ((name = 'default'::text))
);

ALTER TABLE river.river_leader OWNER TO skai_owner;

CREATE TABLE river.river_migration (
    line text NOT NULL,
    version bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128))),
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
);

ALTER TABLE river.river_migration OWNER TO skai_owner;

CREATE TABLE river.river_notification (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
);

ALTER TABLE river.river_notification OWNER TO skai_owner;

CREATE SEQUENCE river.river_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE river.river_notification_id_seq OWNER TO skai_owner;

ALTER SEQUENCE river.river_notification_id_seq OWNED BY river.river_notification.id;

CREATE TABLE river.river_queue (
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

ALTER TABLE river.river_queue OWNER TO skai_owner;

ALTER TABLE ONLY river.river_job ALTER COLUMN id SET DEFAULT nextval('river.river_job_id_seq'::regclass);

ALTER TABLE ONLY river.river_notification ALTER COLUMN id SET DEFAULT nextval('river.river_notification_id_seq'::regclass);

ALTER TABLE ONLY public.account_links
    ADD CONSTRAINT account_links_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.audit_columns
    ADD CONSTRAINT audit_columns_pkey PRIMARY KEY (table_name, column_name);

ALTER TABLE ONLY public.audit_entries
    ADD CONSTRAINT audit_entries_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_org_id_id_key UNIQUE (org_id, id);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (org_id, number);

ALTER TABLE ONLY public.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.audit_pushes
    ADD CONSTRAINT audit_pushes_org_id_key UNIQUE (org_id);

ALTER TABLE ONLY public.audit_pushes
    ADD CONSTRAINT audit_pushes_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_org_id_first_event_key UNIQUE (org_id, first_event);

ALTER TABLE ONLY public.audit_seals
    ADD CONSTRAINT audit_seals_pkey PRIMARY KEY (org_id, number);

ALTER TABLE ONLY public.backup_codes
    ADD CONSTRAINT backup_codes_pkey PRIMARY KEY (user_id, hash);

ALTER TABLE ONLY public.backups
    ADD CONSTRAINT backups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_number_key UNIQUE (org_id, number);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.deployments
    ADD CONSTRAINT deployments_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.error_groups
    ADD CONSTRAINT error_groups_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.error_people
    ADD CONSTRAINT error_people_pkey PRIMARY KEY (org_id, error_id, person_id);

ALTER TABLE ONLY public.estimate_lines
    ADD CONSTRAINT estimate_lines_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.estimate_lines
    ADD CONSTRAINT estimate_lines_position_key UNIQUE (org_id, estimate_id, "position");

ALTER TABLE ONLY public.estimates
    ADD CONSTRAINT estimates_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_pkey PRIMARY KEY (org_id, entity, source, external_id);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.goose_db_version
    ADD CONSTRAINT goose_db_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (org_id, person_id, key);

ALTER TABLE ONLY public.import_candidates
    ADD CONSTRAINT import_candidates_pkey PRIMARY KEY (org_id, run_id, record_id, rung);

ALTER TABLE ONLY public.import_changes
    ADD CONSTRAINT import_changes_pkey PRIMARY KEY (org_id, run_id, entity, record_id);

ALTER TABLE ONLY public.import_files
    ADD CONSTRAINT import_files_pkey PRIMARY KEY (org_id, run_id, file_no);

ALTER TABLE ONLY public.import_mappings
    ADD CONSTRAINT import_mappings_pkey PRIMARY KEY (org_id, source, kind, header_key);

ALTER TABLE ONLY public.import_problems
    ADD CONSTRAINT import_problems_pkey PRIMARY KEY (org_id, run_id, file_no, ordinal, seq);

ALTER TABLE ONLY public.import_rows
    ADD CONSTRAINT import_rows_pkey PRIMARY KEY (org_id, run_id, file_no, ordinal);

ALTER TABLE ONLY public.import_runs
    ADD CONSTRAINT import_runs_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.incident_notes
    ADD CONSTRAINT incident_notes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.incident_signs
    ADD CONSTRAINT incident_signs_pkey PRIMARY KEY (rule);

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.mail_suppressions
    ADD CONSTRAINT mail_suppressions_pkey PRIMARY KEY (address);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_key_key UNIQUE (key);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.maintenance_windows
    ADD CONSTRAINT maintenance_windows_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.measured_minutes
    ADD CONSTRAINT measured_minutes_pkey PRIMARY KEY (at);

ALTER TABLE ONLY public.operator_sessions
    ADD CONSTRAINT operator_sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operator_sessions
    ADD CONSTRAINT operator_sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.org_counters
    ADD CONSTRAINT org_counters_pkey PRIMARY KEY (org_id, name);

ALTER TABLE ONLY public.org_keys
    ADD CONSTRAINT org_keys_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.passkey_challenges
    ADD CONSTRAINT passkey_challenges_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_one_membership UNIQUE (org_id, user_id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.plan_rates
    ADD CONSTRAINT plan_rates_pkey PRIMARY KEY (plan, preset);

ALTER TABLE ONLY public.probe_minutes
    ADD CONSTRAINT probe_minutes_pkey PRIMARY KEY (at, probe);

ALTER TABLE ONLY public.process_minutes
    ADD CONSTRAINT process_minutes_pkey PRIMARY KEY (at, process_id);

ALTER TABLE ONLY public.processes
    ADD CONSTRAINT processes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.properties
    ADD CONSTRAINT properties_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.request_stats
    ADD CONSTRAINT request_stats_pkey PRIMARY KEY (org_id, route, grain, at, process_id);

ALTER TABLE ONLY public.restore_drills
    ADD CONSTRAINT restore_drills_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_id_base_key UNIQUE (org_id, id, base);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_name_key UNIQUE (org_id, name_key);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.scim_groups
    ADD CONSTRAINT scim_groups_name_key UNIQUE (org_id, name);

ALTER TABLE ONLY public.scim_groups
    ADD CONSTRAINT scim_groups_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.scim_members
    ADD CONSTRAINT scim_members_pkey PRIMARY KEY (org_id, group_id, person_id);

ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_name_key UNIQUE (org_id, user_key);

ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.service_minutes
    ADD CONSTRAINT service_minutes_pkey PRIMARY KEY (at);

ALTER TABLE ONLY public.service_reports
    ADD CONSTRAINT service_reports_org_id_week_key UNIQUE (org_id, week);

ALTER TABLE ONLY public.service_reports
    ADD CONSTRAINT service_reports_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.sign_in_failures
    ADD CONSTRAINT sign_in_failures_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.sms_sent
    ADD CONSTRAINT sms_sent_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.sso_assertions
    ADD CONSTRAINT sso_assertions_pkey PRIMARY KEY (org_id, id_hash);

ALTER TABLE ONLY public.sso_connections
    ADD CONSTRAINT sso_connections_org_id_key UNIQUE (org_id);

ALTER TABLE ONLY public.sso_connections
    ADD CONSTRAINT sso_connections_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.sso_domains
    ADD CONSTRAINT sso_domains_org_id_domain_key UNIQUE (org_id, domain);

ALTER TABLE ONLY public.sso_domains
    ADD CONSTRAINT sso_domains_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.sso_groups
    ADD CONSTRAINT sso_groups_name_key UNIQUE (org_id, name);

ALTER TABLE ONLY public.sso_groups
    ADD CONSTRAINT sso_groups_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.sso_identities
    ADD CONSTRAINT sso_identities_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.sso_identities
    ADD CONSTRAINT sso_identities_subject_key UNIQUE (org_id, issuer, subject);

ALTER TABLE ONLY public.support_access
    ADD CONSTRAINT support_access_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.system_errors
    ADD CONSTRAINT system_errors_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.system_traces
    ADD CONSTRAINT system_traces_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.traces
    ADD CONSTRAINT traces_pkey PRIMARY KEY (org_id, id);

ALTER TABLE ONLY public.trusted_devices
    ADD CONSTRAINT trusted_devices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.trusted_devices
    ADD CONSTRAINT trusted_devices_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.user_factors
    ADD CONSTRAINT user_factors_credential_id_key UNIQUE (credential_id);

ALTER TABLE ONLY public.user_factors
    ADD CONSTRAINT user_factors_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.vault_keys
    ADD CONSTRAINT vault_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY river.river_job
    ADD CONSTRAINT river_job_pkey PRIMARY KEY (id);

ALTER TABLE ONLY river.river_leader
    ADD CONSTRAINT river_leader_pkey PRIMARY KEY (name);

ALTER TABLE ONLY river.river_migration
    ADD CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version);

ALTER TABLE ONLY river.river_notification
    ADD CONSTRAINT river_notification_pkey PRIMARY KEY (id);

ALTER TABLE ONLY river.river_queue
    ADD CONSTRAINT river_queue_pkey PRIMARY KEY (name);

CREATE INDEX account_links_expires_idx ON public.account_links USING btree (expires_at);

CREATE INDEX account_links_user_idx ON public.account_links USING btree (user_id);

CREATE INDEX activities_at_idx ON public.activities USING btree (org_id, at DESC, id DESC);

CREATE INDEX activities_claim_idx ON public.activities USING btree (org_id, claim_id, at DESC, id DESC) WHERE (claim_id IS NOT NULL);

CREATE INDEX activities_contact_idx ON public.activities USING btree (org_id, contact_id, at DESC, id DESC) WHERE (contact_id IS NOT NULL);

CREATE INDEX activities_lead_idx ON public.activities USING btree (org_id, lead_id, at DESC, id DESC) WHERE (lead_id IS NOT NULL);

CREATE INDEX activities_open_tasks_idx ON public.activities USING btree (org_id, due_on, id) WHERE ((kind = 'task'::text) AND (done_at IS NULL));

CREATE INDEX activities_property_idx ON public.activities USING btree (org_id, property_id, at DESC, id DESC) WHERE (property_id IS NOT NULL);

CREATE UNIQUE INDEX api_keys_name_key ON public.api_keys USING btree (org_id, lower(name)) WHERE (revoked_at IS NULL);

CREATE INDEX api_keys_secret_idx ON public.api_keys USING btree (secret_hash);

CREATE INDEX audit_entries_event_idx ON public.audit_entries USING btree (event_id);

CREATE INDEX audit_entries_record_idx ON public.audit_entries USING btree (org_id, record_id, id DESC) WHERE (record_id IS NOT NULL);

CREATE INDEX audit_events_action_idx ON public.audit_events USING btree (org_id, action, number DESC);

CREATE INDEX audit_events_actor_idx ON public.audit_events USING btree (org_id, actor_id, number DESC);

CREATE INDEX audit_events_at_idx ON public.audit_events USING btree (org_id, at);

CREATE INDEX audit_events_record_idx ON public.audit_events USING btree (org_id, record_id, number DESC) WHERE (record_id IS NOT NULL);

CREATE INDEX backups_at_idx ON public.backups USING btree (finished_at DESC);

CREATE INDEX claims_adjuster_idx ON public.claims USING btree (org_id, adjuster_id) WHERE (adjuster_id IS NOT NULL);

CREATE INDEX claims_archived_idx ON public.claims USING btree (org_id, archived_at DESC, id DESC) WHERE (archived_at IS NOT NULL);

CREATE INDEX claims_assignee_idx ON public.claims USING btree (org_id, assignee_id, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX claims_carrier_idx ON public.claims USING btree (org_id, carrier_key, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE UNIQUE INDEX claims_carrier_number_key ON public.claims USING btree (org_id, carrier_key, claim_key) WHERE (claim_key IS NOT NULL);

CREATE INDEX claims_contact_idx ON public.claims USING btree (org_id, contact_id) WHERE (contact_id IS NOT NULL);

CREATE INDEX claims_created_idx ON public.claims USING btree (org_id, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX claims_lead_idx ON public.claims USING btree (org_id, lead_id) WHERE (lead_id IS NOT NULL);

CREATE INDEX claims_loss_idx ON public.claims USING btree (org_id, COALESCE(date_of_loss, '0001-01-01'::date) DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX claims_next_action_idx ON public.claims USING btree (org_id, next_action_on, id) WHERE ((archived_at IS NULL) AND (next_action_on IS NOT NULL));

CREATE INDEX claims_property_idx ON public.claims USING btree (org_id, property_id) WHERE (property_id IS NOT NULL);

CREATE INDEX claims_rcv_idx ON public.claims USING btree (org_id, COALESCE(rcv, ('-1'::integer)::bigint) DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX claims_search_idx ON public.claims USING gin (org_id, search);

CREATE INDEX claims_stage_idx ON public.claims USING btree (org_id, stage, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX contacts_archived_idx ON public.contacts USING btree (org_id, archived_at DESC, id DESC) WHERE (archived_at IS NOT NULL);

CREATE INDEX contacts_created_idx ON public.contacts USING btree (org_id, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX contacts_do_not_contact_idx ON public.contacts USING btree (org_id, created_at DESC, id DESC) WHERE ((archived_at IS NULL) AND do_not_contact);

CREATE INDEX contacts_email_idx ON public.contacts USING btree (org_id, email) WHERE (email IS NOT NULL);

CREATE INDEX contacts_name_idx ON public.contacts USING btree (org_id, sort_name, id) WHERE (archived_at IS NULL);

CREATE INDEX contacts_phone_idx ON public.contacts USING btree (org_id, phone) WHERE (phone IS NOT NULL);

CREATE INDEX contacts_role_idx ON public.contacts USING btree (org_id, role, created_at DESC, id DESC) WHERE ((archived_at IS NULL) AND (role <> 'homeowner'::text));

CREATE INDEX contacts_search_idx ON public.contacts USING gin (org_id, search);

CREATE INDEX contacts_source_idx ON public.contacts USING btree (org_id, source, created_at DESC, id DESC) WHERE ((archived_at IS NULL) AND (source <> ''::text));

CREATE INDEX deployments_first_seen_idx ON public.deployments USING btree (first_seen);

CREATE INDEX error_groups_age_idx ON public.error_groups USING btree (last_seen);

CREATE INDEX error_groups_seen_idx ON public.error_groups USING btree (org_id, last_seen DESC, id DESC);

CREATE INDEX error_people_person_idx ON public.error_people USING btree (org_id, person_id);

CREATE INDEX estimates_claim_idx ON public.estimates USING btree (org_id, claim_id);

CREATE INDEX external_refs_claim_idx ON public.external_refs USING btree (org_id, claim_id) WHERE (claim_id IS NOT NULL);

CREATE INDEX external_refs_contact_idx ON public.external_refs USING btree (org_id, contact_id) WHERE (contact_id IS NOT NULL);

CREATE INDEX external_refs_estimate_idx ON public.external_refs USING btree (org_id, estimate_id) WHERE (estimate_id IS NOT NULL);

CREATE INDEX external_refs_file_idx ON public.external_refs USING btree (org_id, file_id) WHERE (file_id IS NOT NULL);

CREATE INDEX external_refs_lead_idx ON public.external_refs USING btree (org_id, lead_id) WHERE (lead_id IS NOT NULL);

CREATE INDEX external_refs_property_idx ON public.external_refs USING btree (org_id, property_id) WHERE (property_id IS NOT NULL);

CREATE INDEX files_claim_idx ON public.files USING btree (org_id, claim_id, id DESC) WHERE (claim_id IS NOT NULL);

CREATE INDEX files_contact_idx ON public.files USING btree (org_id, contact_id, id DESC) WHERE (contact_id IS NOT NULL);

CREATE INDEX files_lead_idx ON public.files USING btree (org_id, lead_id, id DESC) WHERE (lead_id IS NOT NULL);

CREATE INDEX files_property_idx ON public.files USING btree (org_id, property_id, id DESC) WHERE (property_id IS NOT NULL);

CREATE INDEX idempotency_keys_created_idx ON public.idempotency_keys USING btree (org_id, created_at);

CREATE INDEX import_runs_started_idx ON public.import_runs USING btree (org_id, started_at DESC, id DESC);

CREATE INDEX incident_notes_incident_idx ON public.incident_notes USING btree (incident_id);

CREATE UNIQUE INDEX incidents_open_key ON public.incidents USING btree (rule) WHERE ((closed_at IS NULL) AND (rule <> 'operator'::text));

CREATE INDEX incidents_opened_idx ON public.incidents USING btree (opened_at);

CREATE UNIQUE INDEX invitations_open_email_key ON public.invitations USING btree (org_id, email) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));

CREATE UNIQUE INDEX invitations_open_placeholder_key ON public.invitations USING btree (org_id, placeholder_id) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));

CREATE INDEX invitations_token_idx ON public.invitations USING btree (token_hash) WHERE (token_hash IS NOT NULL);

CREATE INDEX leads_archived_idx ON public.leads USING btree (org_id, archived_at DESC, id DESC) WHERE (archived_at IS NOT NULL);

CREATE INDEX leads_assignee_idx ON public.leads USING btree (org_id, assignee_id, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX leads_contact_idx ON public.leads USING btree (org_id, contact_id) WHERE (contact_id IS NOT NULL);

CREATE INDEX leads_created_idx ON public.leads USING btree (org_id, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX leads_follow_up_idx ON public.leads USING btree (org_id, follow_up_on, id) WHERE ((archived_at IS NULL) AND (follow_up_on IS NOT NULL));

CREATE INDEX leads_property_idx ON public.leads USING btree (org_id, property_id) WHERE (property_id IS NOT NULL);

CREATE INDEX leads_search_idx ON public.leads USING gin (org_id, search);

CREATE INDEX leads_source_idx ON public.leads USING btree (org_id, source, created_at DESC, id DESC) WHERE ((archived_at IS NULL) AND (source <> ''::text));

CREATE INDEX leads_stage_idx ON public.leads USING btree (org_id, stage, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX leads_value_idx ON public.leads USING btree (org_id, COALESCE(estimated_value, ('-1'::integer)::bigint) DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX mails_counted_idx ON public.mails USING btree (counted_on);

CREATE INDEX mails_created_idx ON public.mails USING btree (created_at);

CREATE INDEX mails_for_org_idx ON public.mails USING btree (for_org);

CREATE INDEX mails_recipient_idx ON public.mails USING btree (recipient);

CREATE INDEX maintenance_windows_starts_idx ON public.maintenance_windows USING btree (starts_at);

CREATE INDEX operator_sessions_operator_idx ON public.operator_sessions USING btree (operator_id);

CREATE INDEX operator_sessions_support_idx ON public.operator_sessions USING btree (support_org_id, support_id);

CREATE INDEX people_custom_role_idx ON public.people USING btree (org_id, custom_role_id) WHERE (custom_role_id IS NOT NULL);

CREATE UNIQUE INDEX people_placeholder_name_key ON public.people USING btree (org_id, name_key) WHERE (kind = 'placeholder'::text);

CREATE UNIQUE INDEX people_system_key ON public.people USING btree (org_id) WHERE (kind = 'system'::text);

CREATE INDEX people_user_idx ON public.people USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX processes_seen_idx ON public.processes USING btree (seen_at);

CREATE INDEX properties_address_idx ON public.properties USING btree (org_id, sort_address, id) WHERE (archived_at IS NULL);

CREATE INDEX properties_archived_idx ON public.properties USING btree (org_id, archived_at DESC, id DESC) WHERE (archived_at IS NOT NULL);

CREATE INDEX properties_city_idx ON public.properties USING btree (org_id, city, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX properties_created_idx ON public.properties USING btree (org_id, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX properties_key_idx ON public.properties USING btree (org_id, address_key) WHERE (address_key <> ''::text);

CREATE INDEX properties_kind_idx ON public.properties USING btree (org_id, kind, created_at DESC, id DESC) WHERE ((archived_at IS NULL) AND (kind <> ''::text));

CREATE INDEX properties_owner_idx ON public.properties USING btree (org_id, owner_id) WHERE (owner_id IS NOT NULL);

CREATE INDEX properties_search_idx ON public.properties USING gin (org_id, search);

CREATE INDEX properties_zip_idx ON public.properties USING btree (org_id, zip, created_at DESC, id DESC) WHERE (archived_at IS NULL);

CREATE INDEX request_stats_age_idx ON public.request_stats USING btree (grain, at);

CREATE INDEX restore_drills_at_idx ON public.restore_drills USING btree (finished_at DESC);

CREATE INDEX scim_members_person_idx ON public.scim_members USING btree (org_id, person_id);

CREATE INDEX sessions_user_idx ON public.sessions USING btree (user_id);

CREATE INDEX sso_domains_domain_idx ON public.sso_domains USING btree (domain) WHERE (verified_at IS NOT NULL);

CREATE INDEX sso_identities_person_idx ON public.sso_identities USING btree (org_id, person_id);

CREATE UNIQUE INDEX support_access_asked_idx ON public.support_access USING btree (org_id, operator_id) WHERE ((decided_at IS NULL) AND (ended_at IS NULL));

CREATE INDEX support_access_operator_idx ON public.support_access USING btree (operator_id);

CREATE INDEX system_errors_seen_idx ON public.system_errors USING btree (last_seen);

CREATE INDEX system_traces_newest_idx ON public.system_traces USING btree (at DESC, id DESC);

CREATE INDEX traces_age_idx ON public.traces USING btree (at);

CREATE INDEX traces_asked_idx ON public.traces USING btree (org_id, asked_by) WHERE (asked_by IS NOT NULL);

CREATE INDEX traces_newest_idx ON public.traces USING btree (org_id, at DESC, id DESC);

CREATE INDEX trusted_devices_user_idx ON public.trusted_devices USING btree (user_id);

CREATE INDEX user_factors_user_idx ON public.user_factors USING btree (user_id);

CREATE INDEX river_job_args_index ON river.river_job USING gin (args);

CREATE INDEX river_job_kind ON river.river_job USING btree (kind);

CREATE INDEX river_job_metadata_index ON river.river_job USING gin (metadata);

CREATE INDEX river_job_prioritized_fetching_index ON river.river_job USING btree (state, queue, priority, scheduled_at, id);

CREATE INDEX river_job_state_and_finalized_at_index ON river.river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);

CREATE UNIQUE INDEX river_job_unique_idx ON river.river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND river.river_job_state_in_bitmask(unique_states, state));

CREATE INDEX river_notification_created_at_idx ON river.river_notification USING btree (created_at);

CREATE INDEX river_notification_topic_id_idx ON river.river_notification USING btree (topic, id);

CREATE TRIGGER audit_changed AFTER UPDATE ON public.sessions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.sessions();

CREATE TRIGGER audit_delete AFTER DELETE ON public.activities REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.api_keys REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.audit_pushes REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.claims REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.contacts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.estimate_lines REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.estimates REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.files REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.invitations REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.leads REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.operators REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.orgs REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.people REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.properties REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.roles REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.scim_groups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.scim_users REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.sso_connections REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.sso_domains REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.sso_groups REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.sso_identities REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.support_access REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.user_factors REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_delete AFTER DELETE ON public.users REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE CONSTRAINT TRIGGER audit_event AFTER INSERT ON public.audit_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.event();

CREATE TRIGGER audit_insert AFTER INSERT ON public.activities REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.api_keys REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.audit_pushes REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.claims REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.contacts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.estimate_lines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.estimates REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.files REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.invitations REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.leads REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.operators REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.orgs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.people REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.properties REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.roles REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.scim_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.scim_users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.sso_connections REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.sso_domains REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.sso_groups REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.sso_identities REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.support_access REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.user_factors REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_insert AFTER INSERT ON public.users REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_opened AFTER INSERT ON public.sessions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.sessions();

CREATE TRIGGER audit_update AFTER UPDATE ON public.activities REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.api_keys REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.audit_pushes REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.claims REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.contacts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.estimate_lines REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.estimates REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.files REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.invitations REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.leads REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.operators REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.orgs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.people REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.properties REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.roles REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.scim_groups REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.scim_users REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.sso_connections REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.sso_domains REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.sso_groups REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.sso_identities REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.support_access REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.user_factors REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER audit_update AFTER UPDATE ON public.users REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.write();

CREATE TRIGGER estimate_totals_delete AFTER DELETE ON public.estimate_lines REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION public.estimate_totals_old();

CREATE TRIGGER estimate_totals_insert AFTER INSERT ON public.estimate_lines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.estimate_totals_new();

CREATE TRIGGER estimate_totals_update AFTER UPDATE ON public.estimate_lines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION public.estimate_totals_new();

CREATE CONSTRAINT TRIGGER estimates_totals AFTER INSERT OR UPDATE ON public.estimates DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.estimate_totals_fixed();

CREATE TRIGGER import_files_ledger BEFORE INSERT OR UPDATE ON public.import_files FOR EACH ROW WHEN (new.closed) EXECUTE FUNCTION public.import_file_closes();

CREATE TRIGGER orgs_system_person AFTER INSERT ON public.orgs FOR EACH ROW EXECUTE FUNCTION public.orgs_system_person();

CREATE CONSTRAINT TRIGGER people_break_glass AFTER UPDATE OF kind, role, active ON public.people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.kind = 'member'::text) AND (old.role = 'owner'::text) AND old.active)) EXECUTE FUNCTION public.sso_keep_break_glass();

CREATE CONSTRAINT TRIGGER people_last_owner AFTER DELETE OR UPDATE OF kind, role, active ON public.people DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.kind = 'member'::text) AND (old.role = 'owner'::text) AND old.active)) EXECUTE FUNCTION public.people_keep_an_owner();

CREATE CONSTRAINT TRIGGER sso_connections_break_glass AFTER INSERT OR UPDATE OF required, break_glass ON public.sso_connections DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.required) EXECUTE FUNCTION public.sso_keep_break_glass();

ALTER TABLE ONLY public.account_links
    ADD CONSTRAINT account_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_assignee_id_fkey FOREIGN KEY (org_id, assignee_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_claim_id_fkey FOREIGN KEY (org_id, claim_id) REFERENCES public.claims(org_id, id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_lead_id_fkey FOREIGN KEY (org_id, lead_id) REFERENCES public.leads(org_id, id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_property_id_fkey FOREIGN KEY (org_id, property_id) REFERENCES public.properties(org_id, id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_run_id_file_no_fkey FOREIGN KEY (org_id, run_id, file_no) REFERENCES public.import_files(org_id, run_id, file_no);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_org_id_updated_by_fkey FOREIGN KEY (org_id, updated_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_org_id_id_fkey FOREIGN KEY (org_id, id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_org_id_revoked_by_fkey FOREIGN KEY (org_id, revoked_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.audit_pushes
    ADD CONSTRAINT audit_pushes_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.backup_codes
    ADD CONSTRAINT backup_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_adjuster_id_fkey FOREIGN KEY (org_id, adjuster_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_archived_by_fkey FOREIGN KEY (org_id, archived_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_assignee_id_fkey FOREIGN KEY (org_id, assignee_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_lead_id_fkey FOREIGN KEY (org_id, lead_id) REFERENCES public.leads(org_id, id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_property_id_fkey FOREIGN KEY (org_id, property_id) REFERENCES public.properties(org_id, id);

ALTER TABLE ONLY public.claims
    ADD CONSTRAINT claims_org_id_updated_by_fkey FOREIGN KEY (org_id, updated_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_org_id_archived_by_fkey FOREIGN KEY (org_id, archived_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_org_id_updated_by_fkey FOREIGN KEY (org_id, updated_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.error_groups
    ADD CONSTRAINT error_groups_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.error_people
    ADD CONSTRAINT error_people_org_id_error_id_fkey FOREIGN KEY (org_id, error_id) REFERENCES public.error_groups(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.error_people
    ADD CONSTRAINT error_people_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.error_people
    ADD CONSTRAINT error_people_org_id_person_id_fkey FOREIGN KEY (org_id, person_id) REFERENCES public.people(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.estimate_lines
    ADD CONSTRAINT estimate_lines_org_id_estimate_id_fkey FOREIGN KEY (org_id, estimate_id) REFERENCES public.estimates(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.estimates
    ADD CONSTRAINT estimates_org_id_claim_id_fkey FOREIGN KEY (org_id, claim_id) REFERENCES public.claims(org_id, id);

ALTER TABLE ONLY public.estimates
    ADD CONSTRAINT estimates_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.estimates
    ADD CONSTRAINT estimates_org_id_updated_by_fkey FOREIGN KEY (org_id, updated_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_org_id_claim_id_fkey FOREIGN KEY (org_id, claim_id) REFERENCES public.claims(org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_org_id_estimate_id_fkey FOREIGN KEY (org_id, estimate_id) REFERENCES public.estimates(org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_org_id_file_id_fkey FOREIGN KEY (org_id, file_id) REFERENCES public.files(org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_org_id_lead_id_fkey FOREIGN KEY (org_id, lead_id) REFERENCES public.leads(org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_org_id_property_id_fkey FOREIGN KEY (org_id, property_id) REFERENCES public.properties(org_id, id);

ALTER TABLE ONLY public.external_refs
    ADD CONSTRAINT external_refs_org_id_run_id_file_no_fkey FOREIGN KEY (org_id, run_id, file_no) REFERENCES public.import_files(org_id, run_id, file_no);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_org_id_claim_id_fkey FOREIGN KEY (org_id, claim_id) REFERENCES public.claims(org_id, id);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_org_id_lead_id_fkey FOREIGN KEY (org_id, lead_id) REFERENCES public.leads(org_id, id);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_org_id_property_id_fkey FOREIGN KEY (org_id, property_id) REFERENCES public.properties(org_id, id);

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_org_id_updated_by_fkey FOREIGN KEY (org_id, updated_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_org_id_person_id_fkey FOREIGN KEY (org_id, person_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.import_candidates
    ADD CONSTRAINT import_candidates_org_id_candidate_id_fkey FOREIGN KEY (org_id, candidate_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.import_candidates
    ADD CONSTRAINT import_candidates_org_id_record_id_fkey FOREIGN KEY (org_id, record_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.import_candidates
    ADD CONSTRAINT import_candidates_org_id_run_id_fkey FOREIGN KEY (org_id, run_id) REFERENCES public.import_runs(org_id, id);

ALTER TABLE ONLY public.import_changes
    ADD CONSTRAINT import_changes_org_id_run_id_fkey FOREIGN KEY (org_id, run_id) REFERENCES public.import_runs(org_id, id);

ALTER TABLE ONLY public.import_files
    ADD CONSTRAINT import_files_org_id_run_id_fkey FOREIGN KEY (org_id, run_id) REFERENCES public.import_runs(org_id, id);

ALTER TABLE ONLY public.import_mappings
    ADD CONSTRAINT import_mappings_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.import_problems
    ADD CONSTRAINT import_problems_org_id_run_id_file_no_fkey FOREIGN KEY (org_id, run_id, file_no) REFERENCES public.import_files(org_id, run_id, file_no);

ALTER TABLE ONLY public.import_rows
    ADD CONSTRAINT import_rows_org_id_run_id_file_no_fkey FOREIGN KEY (org_id, run_id, file_no) REFERENCES public.import_files(org_id, run_id, file_no);

ALTER TABLE ONLY public.import_runs
    ADD CONSTRAINT import_runs_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.import_runs
    ADD CONSTRAINT import_runs_org_id_started_by_fkey FOREIGN KEY (org_id, started_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.incident_notes
    ADD CONSTRAINT incident_notes_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES public.incidents(id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_id_person_id_fkey FOREIGN KEY (org_id, person_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_org_id_placeholder_id_fkey FOREIGN KEY (org_id, placeholder_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_org_id_archived_by_fkey FOREIGN KEY (org_id, archived_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_org_id_assignee_id_fkey FOREIGN KEY (org_id, assignee_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_org_id_contact_id_fkey FOREIGN KEY (org_id, contact_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_org_id_property_id_fkey FOREIGN KEY (org_id, property_id) REFERENCES public.properties(org_id, id);

ALTER TABLE ONLY public.leads
    ADD CONSTRAINT leads_org_id_updated_by_fkey FOREIGN KEY (org_id, updated_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_for_org_fkey FOREIGN KEY (for_org) REFERENCES public.orgs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.operator_sessions
    ADD CONSTRAINT operator_sessions_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.operator_sessions
    ADD CONSTRAINT operator_sessions_support_org_id_support_id_fkey FOREIGN KEY (support_org_id, support_id) REFERENCES public.support_access(org_id, id) ON DELETE SET NULL;

ALTER TABLE ONLY public.operators
    ADD CONSTRAINT operators_id_fkey FOREIGN KEY (id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.org_counters
    ADD CONSTRAINT org_counters_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.org_keys
    ADD CONSTRAINT org_keys_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.passkey_challenges
    ADD CONSTRAINT passkey_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_custom_role FOREIGN KEY (org_id, custom_role_id, role) REFERENCES public.roles(org_id, id, base) ON UPDATE CASCADE;

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);

ALTER TABLE ONLY public.properties
    ADD CONSTRAINT properties_org_id_archived_by_fkey FOREIGN KEY (org_id, archived_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.properties
    ADD CONSTRAINT properties_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.properties
    ADD CONSTRAINT properties_org_id_owner_id_fkey FOREIGN KEY (org_id, owner_id) REFERENCES public.contacts(org_id, id);

ALTER TABLE ONLY public.properties
    ADD CONSTRAINT properties_org_id_updated_by_fkey FOREIGN KEY (org_id, updated_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.request_stats
    ADD CONSTRAINT request_stats_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.roles
    ADD CONSTRAINT roles_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.scim_groups
    ADD CONSTRAINT scim_groups_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.scim_members
    ADD CONSTRAINT scim_members_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.scim_members
    ADD CONSTRAINT scim_members_org_id_group_id_fkey FOREIGN KEY (org_id, group_id) REFERENCES public.scim_groups(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.scim_members
    ADD CONSTRAINT scim_members_org_id_person_id_fkey FOREIGN KEY (org_id, person_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.scim_users
    ADD CONSTRAINT scim_users_org_id_id_fkey FOREIGN KEY (org_id, id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.service_reports
    ADD CONSTRAINT service_reports_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_current_org_id_person_id_fkey FOREIGN KEY (current_org_id, person_id) REFERENCES public.people(org_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sms_sent
    ADD CONSTRAINT sms_sent_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sso_assertions
    ADD CONSTRAINT sso_assertions_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.sso_connections
    ADD CONSTRAINT sso_connections_org_id_break_glass_fkey FOREIGN KEY (org_id, break_glass) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.sso_connections
    ADD CONSTRAINT sso_connections_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.sso_domains
    ADD CONSTRAINT sso_domains_org_id_created_by_fkey FOREIGN KEY (org_id, created_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.sso_domains
    ADD CONSTRAINT sso_domains_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.sso_groups
    ADD CONSTRAINT sso_groups_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.sso_identities
    ADD CONSTRAINT sso_identities_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.sso_identities
    ADD CONSTRAINT sso_identities_org_id_person_id_fkey FOREIGN KEY (org_id, person_id) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.support_access
    ADD CONSTRAINT support_access_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operators(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.support_access
    ADD CONSTRAINT support_access_org_id_decided_by_fkey FOREIGN KEY (org_id, decided_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.support_access
    ADD CONSTRAINT support_access_org_id_ended_by_fkey FOREIGN KEY (org_id, ended_by) REFERENCES public.people(org_id, id);

ALTER TABLE ONLY public.support_access
    ADD CONSTRAINT support_access_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.traces
    ADD CONSTRAINT traces_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(id);

ALTER TABLE ONLY public.trusted_devices
    ADD CONSTRAINT trusted_devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_factors
    ADD CONSTRAINT user_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE public.activities ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.api_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_events ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.audit_heads ENABLE ROW LEVEL SECURITY;

CREATE POLICY audit_names ON public.people FOR SELECT TO skai_audit USING (true);

ALTER TABLE public.audit_pushes ENABLE ROW LEVEL SECURITY;

CREATE POLICY audit_retention ON public.orgs FOR SELECT TO skai_audit USING (true);

ALTER TABLE public.audit_seals ENABLE ROW LEVEL SECURITY;

CREATE POLICY audit_writer ON public.audit_entries TO skai_audit USING (true) WITH CHECK (true);

CREATE POLICY audit_writer ON public.audit_events TO skai_audit USING (true) WITH CHECK (true);

CREATE POLICY audit_writer ON public.audit_heads TO skai_audit USING (true) WITH CHECK (true);

CREATE POLICY audit_writer ON public.audit_seals TO skai_audit USING (true) WITH CHECK (true);

ALTER TABLE public.claims ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY;

CREATE POLICY erase ON public.activities TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.api_keys TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.audit_entries TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.audit_events TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.audit_heads TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.audit_pushes TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.audit_seals TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.claims TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.contacts TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.error_groups TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.error_people TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.estimate_lines TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.estimates TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.external_refs TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.files TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.idempotency_keys TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.import_candidates TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.import_changes TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.import_files TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.import_mappings TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.import_problems TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.import_rows TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.import_runs TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.invitations TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.leads TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.org_counters TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.org_keys TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.orgs TO skai_eraser USING ((id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.people TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.properties TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.request_stats TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.roles TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.scim_groups TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.scim_members TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.scim_users TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.service_reports TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.sso_assertions TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.sso_connections TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.sso_domains TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.sso_groups TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.sso_identities TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.support_access TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY erase ON public.traces TO skai_eraser USING ((org_id = ( SELECT public.current_org() AS current_org)));

ALTER TABLE public.error_groups ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.error_people ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.estimate_lines ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.estimates ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.external_refs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.files ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_candidates ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_files ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_mappings ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_problems ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_rows ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.import_runs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.invitations ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.leads ENABLE ROW LEVEL SECURITY;

CREATE POLICY operator ON public.audit_heads FOR SELECT TO skai_operator USING (true);

CREATE POLICY operator ON public.audit_pushes FOR SELECT TO skai_operator USING (true);

CREATE POLICY operator ON public.error_groups TO skai_operator USING (true) WITH CHECK (true);

CREATE POLICY operator ON public.error_people TO skai_operator USING (true) WITH CHECK (true);

CREATE POLICY operator ON public.files FOR SELECT TO skai_operator USING (true);

CREATE POLICY operator ON public.import_runs FOR SELECT TO skai_operator USING (true);

CREATE POLICY operator ON public.orgs TO skai_operator USING (true) WITH CHECK (true);

CREATE POLICY operator ON public.people TO skai_operator USING (true) WITH CHECK (true);

CREATE POLICY operator ON public.request_stats TO skai_operator USING (true) WITH CHECK (true);

CREATE POLICY operator ON public.sso_connections FOR SELECT TO skai_operator USING (true);

CREATE POLICY operator ON public.support_access TO skai_operator USING (true) WITH CHECK (true);

CREATE POLICY operator ON public.traces TO skai_operator USING (true) WITH CHECK (true);

ALTER TABLE public.org_counters ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.org_keys ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.orgs ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.people ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.properties ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.request_stats ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.scim_groups ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.scim_members ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.scim_users ENABLE ROW LEVEL SECURITY;

CREATE POLICY search ON public.claims FOR SELECT TO skai_search USING (true);

CREATE POLICY search ON public.contacts FOR SELECT TO skai_search USING (true);

CREATE POLICY search ON public.leads FOR SELECT TO skai_search USING (true);

CREATE POLICY search ON public.properties FOR SELECT TO skai_search USING (true);

ALTER TABLE public.service_reports ENABLE ROW LEVEL SECURITY;

CREATE POLICY signin ON public.api_keys FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin ON public.invitations FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin ON public.org_keys TO skai_signin USING (true) WITH CHECK (true);

CREATE POLICY signin ON public.orgs FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin ON public.people FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin ON public.roles FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin ON public.sso_connections FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin ON public.sso_domains FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin ON public.support_access FOR SELECT TO skai_signin USING (true);

CREATE POLICY signin_address ON public.people FOR UPDATE TO skai_signin USING (true) WITH CHECK (true);

CREATE POLICY signin_used ON public.api_keys FOR UPDATE TO skai_signin USING (true) WITH CHECK (true);

ALTER TABLE public.sso_assertions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sso_connections ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sso_domains ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sso_groups ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sso_identities ENABLE ROW LEVEL SECURITY;

CREATE POLICY support ON public.activities FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.claims FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.contacts FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.estimates FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.external_refs FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.files FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.import_candidates FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.import_changes FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.import_files FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.import_problems FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.import_rows FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.import_runs FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.leads FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.orgs FOR SELECT TO skai_support USING (((id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.people FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.properties FOR SELECT TO skai_support USING (((org_id = ( SELECT public.current_org() AS current_org)) AND ( SELECT public.support_open() AS support_open)));

CREATE POLICY support ON public.support_access FOR SELECT TO skai_support USING ((org_id = ( SELECT public.current_org() AS current_org)));

ALTER TABLE public.support_access ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON public.activities TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.api_keys TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.audit_entries TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.audit_events TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.audit_heads TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.audit_pushes TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.audit_seals TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.claims TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.contacts TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.error_groups TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.error_people TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.estimate_lines TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.estimates TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.external_refs TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.files TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.idempotency_keys TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.import_candidates TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.import_changes TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.import_files TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.import_mappings TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.import_problems TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.import_rows TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.import_runs TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.invitations TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.leads TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.org_counters TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.org_keys TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.orgs TO skai_app USING ((id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.people TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.properties TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.request_stats TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.roles TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.scim_groups TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.scim_members TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.scim_users TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.service_reports TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.sso_assertions TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.sso_connections TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.sso_domains TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.sso_groups TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.sso_identities TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.support_access TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

CREATE POLICY tenant ON public.traces TO skai_app USING ((org_id = ( SELECT public.current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT public.current_org() AS current_org)));

ALTER TABLE public.traces ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA audit TO skai_owner;
GRANT USAGE ON SCHEMA audit TO skai_app;
GRANT USAGE ON SCHEMA audit TO skai_signin;
GRANT USAGE ON SCHEMA audit TO skai_operator;

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO skai_app;
GRANT USAGE ON SCHEMA public TO skai_signin;
GRANT USAGE ON SCHEMA public TO skai_operator;
GRANT USAGE ON SCHEMA public TO skai_search;
GRANT USAGE ON SCHEMA public TO skai_audit;
GRANT USAGE ON SCHEMA public TO skai_eraser;
GRANT USAGE ON SCHEMA public TO skai_support;

GRANT USAGE ON SCHEMA river TO skai_app;

GRANT USAGE ON SCHEMA search TO skai_app;
GRANT USAGE ON SCHEMA search TO skai_support;

REVOKE ALL ON FUNCTION audit.append(org uuid, event uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.diff(tbl text, old_row jsonb, new_row jsonb) FROM PUBLIC;

GRANT SELECT,DELETE ON TABLE public.audit_events TO skai_eraser;
GRANT SELECT ON TABLE public.audit_events TO skai_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.audit_events TO skai_audit;

REVOKE ALL ON FUNCTION audit.digest(e public.audit_events) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.event() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.event() TO skai_owner;

REVOKE ALL ON FUNCTION audit.label(tbl text, r jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.note(org uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.note(org uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) TO skai_app;
GRANT ALL ON FUNCTION audit.note(org uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) TO skai_signin;

REVOKE ALL ON FUNCTION audit.noun(tbl text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.prune() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.prune() TO skai_operator;

REVOKE ALL ON FUNCTION audit.seal() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.seal() TO skai_operator;

REVOKE ALL ON FUNCTION audit.sessions() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.sessions() TO skai_owner;

REVOKE ALL ON FUNCTION audit.write() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.write() TO skai_owner;

REVOKE ALL ON FUNCTION search.claims(query tsquery, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION search.claims(query tsquery, most integer) TO skai_app;
GRANT ALL ON FUNCTION search.claims(query tsquery, most integer) TO skai_support;

REVOKE ALL ON FUNCTION search.contacts(query tsquery, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION search.contacts(query tsquery, most integer) TO skai_app;
GRANT ALL ON FUNCTION search.contacts(query tsquery, most integer) TO skai_support;

REVOKE ALL ON FUNCTION search.leads(query tsquery, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION search.leads(query tsquery, most integer) TO skai_app;
GRANT ALL ON FUNCTION search.leads(query tsquery, most integer) TO skai_support;

REVOKE ALL ON FUNCTION search.properties(query tsquery, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION search.properties(query tsquery, most integer) TO skai_app;
GRANT ALL ON FUNCTION search.properties(query tsquery, most integer) TO skai_support;

GRANT SELECT,INSERT,DELETE ON TABLE public.account_links TO skai_signin;

GRANT SELECT,INSERT,UPDATE ON TABLE public.activities TO skai_app;
GRANT SELECT,DELETE ON TABLE public.activities TO skai_eraser;
GRANT SELECT ON TABLE public.activities TO skai_support;

GRANT SELECT,INSERT ON TABLE public.api_keys TO skai_app;
GRANT SELECT ON TABLE public.api_keys TO skai_signin;
GRANT SELECT,DELETE ON TABLE public.api_keys TO skai_eraser;

GRANT UPDATE(name) ON TABLE public.api_keys TO skai_app;

GRANT UPDATE(updated_at) ON TABLE public.api_keys TO skai_app;

GRANT UPDATE(last_used_at) ON TABLE public.api_keys TO skai_signin;

GRANT UPDATE(last_address) ON TABLE public.api_keys TO skai_signin;

GRANT UPDATE(revoked_at) ON TABLE public.api_keys TO skai_app;

GRANT UPDATE(revoked_by) ON TABLE public.api_keys TO skai_app;

GRANT SELECT ON TABLE public.audit_columns TO skai_audit;

GRANT SELECT,INSERT,DELETE ON TABLE public.audit_entries TO skai_audit;
GRANT SELECT ON TABLE public.audit_entries TO skai_app;
GRANT SELECT,DELETE ON TABLE public.audit_entries TO skai_eraser;

GRANT SELECT,DELETE ON TABLE public.audit_heads TO skai_eraser;
GRANT SELECT ON TABLE public.audit_heads TO skai_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_heads TO skai_audit;
GRANT SELECT ON TABLE public.audit_heads TO skai_operator;

GRANT SELECT,DELETE ON TABLE public.audit_pushes TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.audit_pushes TO skai_app;

GRANT SELECT(org_id) ON TABLE public.audit_pushes TO skai_operator;

GRANT UPDATE(url) ON TABLE public.audit_pushes TO skai_app;

GRANT UPDATE(secret) ON TABLE public.audit_pushes TO skai_app;

GRANT UPDATE(after) ON TABLE public.audit_pushes TO skai_app;
GRANT SELECT(after) ON TABLE public.audit_pushes TO skai_operator;

GRANT UPDATE(next_try_at) ON TABLE public.audit_pushes TO skai_app;
GRANT SELECT(next_try_at) ON TABLE public.audit_pushes TO skai_operator;

GRANT UPDATE(failures) ON TABLE public.audit_pushes TO skai_app;

GRANT UPDATE(last_at) ON TABLE public.audit_pushes TO skai_app;

GRANT UPDATE(last_words) ON TABLE public.audit_pushes TO skai_app;

GRANT SELECT,DELETE ON TABLE public.audit_seals TO skai_eraser;
GRANT SELECT ON TABLE public.audit_seals TO skai_app;
GRANT SELECT,INSERT ON TABLE public.audit_seals TO skai_audit;

GRANT UPDATE(pruned_at) ON TABLE public.audit_seals TO skai_audit;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.backup_codes TO skai_signin;

GRANT SELECT,INSERT ON TABLE public.backups TO skai_operator;

GRANT SELECT(id) ON TABLE public.backups TO skai_app;

GRANT SELECT(finished_at) ON TABLE public.backups TO skai_app;

GRANT SELECT(snapshot_at) ON TABLE public.backups TO skai_app;

GRANT SELECT(result) ON TABLE public.backups TO skai_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.claims TO skai_app;
GRANT SELECT,DELETE ON TABLE public.claims TO skai_eraser;
GRANT SELECT ON TABLE public.claims TO skai_support;

GRANT SELECT(org_id) ON TABLE public.claims TO skai_search;

GRANT SELECT(id) ON TABLE public.claims TO skai_search;

GRANT SELECT(archived_at) ON TABLE public.claims TO skai_search;

GRANT SELECT(search) ON TABLE public.claims TO skai_search;

GRANT SELECT,INSERT,UPDATE ON TABLE public.contacts TO skai_app;
GRANT SELECT,DELETE ON TABLE public.contacts TO skai_eraser;
GRANT SELECT ON TABLE public.contacts TO skai_support;

GRANT SELECT(org_id) ON TABLE public.contacts TO skai_search;

GRANT SELECT(id) ON TABLE public.contacts TO skai_search;

GRANT SELECT(archived_at) ON TABLE public.contacts TO skai_search;

GRANT SELECT(search) ON TABLE public.contacts TO skai_search;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deployments TO skai_operator;

GRANT SELECT,DELETE ON TABLE public.error_groups TO skai_eraser;
GRANT SELECT ON TABLE public.error_groups TO skai_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.error_groups TO skai_operator;

GRANT UPDATE(resolved_at) ON TABLE public.error_groups TO skai_app;

GRANT SELECT,DELETE ON TABLE public.error_people TO skai_eraser;
GRANT SELECT ON TABLE public.error_people TO skai_app;
GRANT SELECT,INSERT ON TABLE public.error_people TO skai_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.estimate_lines TO skai_app;
GRANT SELECT,DELETE ON TABLE public.estimate_lines TO skai_eraser;

GRANT SELECT,INSERT,UPDATE ON TABLE public.estimates TO skai_app;
GRANT SELECT,DELETE ON TABLE public.estimates TO skai_eraser;
GRANT SELECT ON TABLE public.estimates TO skai_support;

GRANT SELECT,INSERT ON TABLE public.external_refs TO skai_app;
GRANT SELECT,DELETE ON TABLE public.external_refs TO skai_eraser;
GRANT SELECT ON TABLE public.external_refs TO skai_support;

GRANT UPDATE(fingerprint) ON TABLE public.external_refs TO skai_app;

GRANT UPDATE(run_id) ON TABLE public.external_refs TO skai_app;

GRANT UPDATE(file_no) ON TABLE public.external_refs TO skai_app;

GRANT UPDATE(ordinal) ON TABLE public.external_refs TO skai_app;

GRANT UPDATE(imported_at) ON TABLE public.external_refs TO skai_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.files TO skai_app;
GRANT SELECT,DELETE ON TABLE public.files TO skai_eraser;
GRANT SELECT ON TABLE public.files TO skai_support;

GRANT SELECT(org_id) ON TABLE public.files TO skai_operator;

GRANT SELECT(size) ON TABLE public.files TO skai_operator;

GRANT SELECT ON TABLE public.goose_db_version TO skai_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.idempotency_keys TO skai_app;
GRANT SELECT,DELETE ON TABLE public.idempotency_keys TO skai_eraser;

GRANT UPDATE(answer) ON TABLE public.idempotency_keys TO skai_app;

GRANT SELECT,INSERT ON TABLE public.import_candidates TO skai_app;
GRANT SELECT,DELETE ON TABLE public.import_candidates TO skai_eraser;
GRANT SELECT ON TABLE public.import_candidates TO skai_support;

GRANT SELECT,INSERT ON TABLE public.import_changes TO skai_app;
GRANT SELECT,DELETE ON TABLE public.import_changes TO skai_eraser;
GRANT SELECT ON TABLE public.import_changes TO skai_support;

GRANT SELECT,INSERT,UPDATE ON TABLE public.import_files TO skai_app;
GRANT SELECT,DELETE ON TABLE public.import_files TO skai_eraser;
GRANT SELECT ON TABLE public.import_files TO skai_support;

GRANT SELECT,INSERT ON TABLE public.import_mappings TO skai_app;
GRANT SELECT,DELETE ON TABLE public.import_mappings TO skai_eraser;

GRANT UPDATE(mapping) ON TABLE public.import_mappings TO skai_app;

GRANT UPDATE(saved_at) ON TABLE public.import_mappings TO skai_app;

GRANT SELECT,INSERT ON TABLE public.import_problems TO skai_app;
GRANT SELECT,DELETE ON TABLE public.import_problems TO skai_eraser;
GRANT SELECT ON TABLE public.import_problems TO skai_support;

GRANT SELECT,INSERT ON TABLE public.import_rows TO skai_app;
GRANT SELECT,DELETE ON TABLE public.import_rows TO skai_eraser;
GRANT SELECT ON TABLE public.import_rows TO skai_support;

GRANT SELECT,INSERT ON TABLE public.import_runs TO skai_app;
GRANT SELECT,DELETE ON TABLE public.import_runs TO skai_eraser;
GRANT SELECT ON TABLE public.import_runs TO skai_support;

GRANT SELECT(org_id) ON TABLE public.import_runs TO skai_operator;

GRANT SELECT(id) ON TABLE public.import_runs TO skai_operator;

GRANT UPDATE(state) ON TABLE public.import_runs TO skai_app;
GRANT SELECT(state) ON TABLE public.import_runs TO skai_operator;

GRANT SELECT(dry_run) ON TABLE public.import_runs TO skai_operator;

GRANT SELECT(started_at) ON TABLE public.import_runs TO skai_operator;

GRANT UPDATE(heartbeat_at) ON TABLE public.import_runs TO skai_app;

GRANT UPDATE(rows_read) ON TABLE public.import_runs TO skai_app;
GRANT SELECT(rows_read) ON TABLE public.import_runs TO skai_operator;

GRANT UPDATE(finished_at) ON TABLE public.import_runs TO skai_app;
GRANT SELECT(finished_at) ON TABLE public.import_runs TO skai_operator;

GRANT UPDATE(seconds) ON TABLE public.import_runs TO skai_app;
GRANT SELECT(seconds) ON TABLE public.import_runs TO skai_operator;

GRANT UPDATE(failure) ON TABLE public.import_runs TO skai_app;

GRANT UPDATE(report) ON TABLE public.import_runs TO skai_app;

GRANT SELECT,INSERT ON TABLE public.incident_notes TO skai_operator;

GRANT SELECT,INSERT,UPDATE ON TABLE public.incident_signs TO skai_operator;

GRANT SELECT,INSERT,UPDATE ON TABLE public.incidents TO skai_operator;

GRANT SELECT,INSERT ON TABLE public.invitations TO skai_app;
GRANT SELECT ON TABLE public.invitations TO skai_signin;
GRANT SELECT,DELETE ON TABLE public.invitations TO skai_eraser;

GRANT UPDATE(token_hash) ON TABLE public.invitations TO skai_app;

GRANT UPDATE(sent_at) ON TABLE public.invitations TO skai_app;

GRANT UPDATE(expires_at) ON TABLE public.invitations TO skai_app;

GRANT UPDATE(accepted_at) ON TABLE public.invitations TO skai_app;

GRANT UPDATE(person_id) ON TABLE public.invitations TO skai_app;

GRANT UPDATE(revoked_at) ON TABLE public.invitations TO skai_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.leads TO skai_app;
GRANT SELECT,DELETE ON TABLE public.leads TO skai_eraser;
GRANT SELECT ON TABLE public.leads TO skai_support;

GRANT SELECT(org_id) ON TABLE public.leads TO skai_search;

GRANT SELECT(id) ON TABLE public.leads TO skai_search;

GRANT SELECT(archived_at) ON TABLE public.leads TO skai_search;

GRANT SELECT(search) ON TABLE public.leads TO skai_search;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mail_suppressions TO skai_signin;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mails TO skai_signin;

GRANT SELECT ON TABLE public.maintenance_windows TO skai_operator;

GRANT INSERT(starts_at) ON TABLE public.maintenance_windows TO skai_operator;

GRANT INSERT(ends_at) ON TABLE public.maintenance_windows TO skai_operator;

GRANT INSERT(what) ON TABLE public.maintenance_windows TO skai_operator;

GRANT UPDATE(cancelled_at) ON TABLE public.maintenance_windows TO skai_operator;

GRANT SELECT ON TABLE public.measured_minutes TO skai_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.measured_minutes TO skai_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.operator_sessions TO skai_signin;

GRANT SELECT ON TABLE public.operators TO skai_signin;
GRANT SELECT,INSERT,DELETE ON TABLE public.operators TO skai_operator;

GRANT UPDATE(enrol_until) ON TABLE public.operators TO skai_operator;

GRANT SELECT,INSERT,UPDATE ON TABLE public.org_counters TO skai_app;
GRANT SELECT,DELETE ON TABLE public.org_counters TO skai_eraser;

GRANT SELECT,DELETE ON TABLE public.org_keys TO skai_eraser;
GRANT SELECT ON TABLE public.org_keys TO skai_app;
GRANT SELECT,INSERT ON TABLE public.org_keys TO skai_signin;

GRANT UPDATE(wrapped) ON TABLE public.org_keys TO skai_signin;

GRANT UPDATE(salt) ON TABLE public.org_keys TO skai_signin;

GRANT UPDATE(rounds) ON TABLE public.org_keys TO skai_signin;

GRANT SELECT ON TABLE public.orgs TO skai_app;
GRANT SELECT ON TABLE public.orgs TO skai_signin;
GRANT SELECT,INSERT ON TABLE public.orgs TO skai_operator;
GRANT SELECT,DELETE ON TABLE public.orgs TO skai_eraser;

GRANT SELECT(id) ON TABLE public.orgs TO skai_audit;
GRANT SELECT(id) ON TABLE public.orgs TO skai_support;

GRANT SELECT(slug) ON TABLE public.orgs TO skai_support;

GRANT UPDATE(name) ON TABLE public.orgs TO skai_app;
GRANT SELECT(name) ON TABLE public.orgs TO skai_support;

GRANT UPDATE(time_zone) ON TABLE public.orgs TO skai_app;
GRANT SELECT(time_zone) ON TABLE public.orgs TO skai_support;

GRANT UPDATE(brand_color) ON TABLE public.orgs TO skai_app;

GRANT UPDATE(brand_logo) ON TABLE public.orgs TO skai_app;
GRANT SELECT(brand_logo) ON TABLE public.orgs TO skai_support;

GRANT UPDATE(brand_logo_type) ON TABLE public.orgs TO skai_app;
GRANT SELECT(brand_logo_type) ON TABLE public.orgs TO skai_support;

GRANT UPDATE(updated_at) ON TABLE public.orgs TO skai_app;
GRANT UPDATE(updated_at) ON TABLE public.orgs TO skai_operator;
GRANT UPDATE(updated_at) ON TABLE public.orgs TO skai_eraser;
GRANT SELECT(updated_at) ON TABLE public.orgs TO skai_support;

GRANT UPDATE(session_idle_minutes) ON TABLE public.orgs TO skai_app;

GRANT UPDATE(session_life_minutes) ON TABLE public.orgs TO skai_app;

GRANT UPDATE(suspended_at) ON TABLE public.orgs TO skai_operator;

GRANT UPDATE(factor_roles) ON TABLE public.orgs TO skai_app;

GRANT UPDATE(factor_from) ON TABLE public.orgs TO skai_app;

GRANT UPDATE(audit_years) ON TABLE public.orgs TO skai_app;
GRANT SELECT(audit_years) ON TABLE public.orgs TO skai_audit;

GRANT UPDATE(plan) ON TABLE public.orgs TO skai_operator;

GRANT UPDATE(report_mail) ON TABLE public.orgs TO skai_app;

GRANT UPDATE(status_reason) ON TABLE public.orgs TO skai_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.passkey_challenges TO skai_signin;

GRANT SELECT,INSERT ON TABLE public.people TO skai_app;
GRANT SELECT ON TABLE public.people TO skai_signin;
GRANT SELECT,INSERT,UPDATE ON TABLE public.people TO skai_operator;
GRANT SELECT,DELETE ON TABLE public.people TO skai_eraser;
GRANT SELECT ON TABLE public.people TO skai_support;

GRANT SELECT(org_id) ON TABLE public.people TO skai_audit;

GRANT SELECT(id) ON TABLE public.people TO skai_audit;

GRANT UPDATE(user_id) ON TABLE public.people TO skai_app;
GRANT SELECT(user_id) ON TABLE public.people TO skai_audit;

GRANT UPDATE(kind) ON TABLE public.people TO skai_app;

GRANT UPDATE(name) ON TABLE public.people TO skai_app;
GRANT SELECT(name) ON TABLE public.people TO skai_audit;

GRANT UPDATE(email) ON TABLE public.people TO skai_app;
GRANT UPDATE(email) ON TABLE public.people TO skai_signin;

GRANT UPDATE(role) ON TABLE public.people TO skai_app;

GRANT UPDATE(active) ON TABLE public.people TO skai_app;
GRANT SELECT(active) ON TABLE public.people TO skai_audit;

GRANT UPDATE(updated_at) ON TABLE public.people TO skai_app;
GRANT UPDATE(updated_at) ON TABLE public.people TO skai_signin;

GRANT UPDATE(last_seen_at) ON TABLE public.people TO skai_signin;

GRANT UPDATE(custom_role_id) ON TABLE public.people TO skai_app;

GRANT SELECT ON TABLE public.plan_rates TO skai_signin;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.plan_rates TO skai_operator;

GRANT SELECT ON TABLE public.probe_minutes TO skai_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.probe_minutes TO skai_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.process_minutes TO skai_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.processes TO skai_operator;

GRANT SELECT,INSERT,UPDATE ON TABLE public.properties TO skai_app;
GRANT SELECT,DELETE ON TABLE public.properties TO skai_eraser;
GRANT SELECT ON TABLE public.properties TO skai_support;

GRANT SELECT(org_id) ON TABLE public.properties TO skai_search;

GRANT SELECT(id) ON TABLE public.properties TO skai_search;

GRANT SELECT(archived_at) ON TABLE public.properties TO skai_search;

GRANT SELECT(search) ON TABLE public.properties TO skai_search;

GRANT SELECT,DELETE ON TABLE public.request_stats TO skai_eraser;
GRANT SELECT ON TABLE public.request_stats TO skai_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.request_stats TO skai_operator;

GRANT SELECT,INSERT ON TABLE public.restore_drills TO skai_operator;

GRANT SELECT(id) ON TABLE public.restore_drills TO skai_app;

GRANT SELECT(finished_at) ON TABLE public.restore_drills TO skai_app;

GRANT SELECT(rpo_seconds) ON TABLE public.restore_drills TO skai_app;

GRANT SELECT(rto_seconds) ON TABLE public.restore_drills TO skai_app;

GRANT SELECT(checks) ON TABLE public.restore_drills TO skai_app;

GRANT SELECT(failed) ON TABLE public.restore_drills TO skai_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.roles TO skai_app;
GRANT SELECT ON TABLE public.roles TO skai_signin;
GRANT SELECT,DELETE ON TABLE public.roles TO skai_eraser;

GRANT UPDATE(name) ON TABLE public.roles TO skai_app;

GRANT UPDATE(base) ON TABLE public.roles TO skai_app;

GRANT UPDATE(permissions) ON TABLE public.roles TO skai_app;

GRANT UPDATE(version) ON TABLE public.roles TO skai_app;

GRANT UPDATE(updated_at) ON TABLE public.roles TO skai_app;

GRANT SELECT,DELETE ON TABLE public.scim_groups TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.scim_groups TO skai_app;

GRANT UPDATE(name) ON TABLE public.scim_groups TO skai_app;

GRANT UPDATE(external_id) ON TABLE public.scim_groups TO skai_app;

GRANT UPDATE(updated_at) ON TABLE public.scim_groups TO skai_app;

GRANT SELECT,DELETE ON TABLE public.scim_members TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.scim_members TO skai_app;

GRANT SELECT,DELETE ON TABLE public.scim_users TO skai_eraser;
GRANT SELECT,INSERT ON TABLE public.scim_users TO skai_app;

GRANT UPDATE(user_name) ON TABLE public.scim_users TO skai_app;

GRANT UPDATE(external_id) ON TABLE public.scim_users TO skai_app;

GRANT UPDATE(updated_at) ON TABLE public.scim_users TO skai_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.service_minutes TO skai_operator;

GRANT SELECT,DELETE ON TABLE public.service_reports TO skai_eraser;
GRANT SELECT,INSERT ON TABLE public.service_reports TO skai_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO skai_signin;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sign_in_failures TO skai_signin;

GRANT SELECT,INSERT,UPDATE ON TABLE public.sms_sent TO skai_signin;

GRANT SELECT,DELETE ON TABLE public.sso_assertions TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.sso_assertions TO skai_app;

GRANT SELECT,DELETE ON TABLE public.sso_connections TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.sso_connections TO skai_app;
GRANT SELECT ON TABLE public.sso_connections TO skai_signin;

GRANT SELECT(org_id) ON TABLE public.sso_connections TO skai_operator;

GRANT UPDATE(kind) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(issuer) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(client_id) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(client_secret) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(metadata) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(signing_key) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(certificate) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(groups_claim) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(default_role) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(worked_at) ON TABLE public.sso_connections TO skai_app;

GRANT UPDATE(required) ON TABLE public.sso_connections TO skai_app;
GRANT SELECT(required) ON TABLE public.sso_connections TO skai_operator;

GRANT UPDATE(break_glass) ON TABLE public.sso_connections TO skai_app;
GRANT SELECT(break_glass) ON TABLE public.sso_connections TO skai_operator;

GRANT UPDATE(updated_at) ON TABLE public.sso_connections TO skai_app;

GRANT SELECT,DELETE ON TABLE public.sso_domains TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.sso_domains TO skai_app;
GRANT SELECT ON TABLE public.sso_domains TO skai_signin;

GRANT UPDATE(verified_at) ON TABLE public.sso_domains TO skai_app;

GRANT UPDATE(checked_at) ON TABLE public.sso_domains TO skai_app;

GRANT UPDATE(found) ON TABLE public.sso_domains TO skai_app;

GRANT SELECT,DELETE ON TABLE public.sso_groups TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.sso_groups TO skai_app;

GRANT UPDATE(role) ON TABLE public.sso_groups TO skai_app;

GRANT SELECT,DELETE ON TABLE public.sso_identities TO skai_eraser;
GRANT SELECT,INSERT,DELETE ON TABLE public.sso_identities TO skai_app;

GRANT SELECT,DELETE ON TABLE public.support_access TO skai_eraser;
GRANT SELECT ON TABLE public.support_access TO skai_app;
GRANT SELECT ON TABLE public.support_access TO skai_operator;
GRANT SELECT ON TABLE public.support_access TO skai_signin;

GRANT INSERT(org_id) ON TABLE public.support_access TO skai_operator;
GRANT SELECT(org_id) ON TABLE public.support_access TO skai_support;

GRANT INSERT(id) ON TABLE public.support_access TO skai_operator;
GRANT SELECT(id) ON TABLE public.support_access TO skai_support;

GRANT INSERT(operator_id) ON TABLE public.support_access TO skai_operator;
GRANT SELECT(operator_id) ON TABLE public.support_access TO skai_support;

GRANT INSERT(operator) ON TABLE public.support_access TO skai_operator;

GRANT INSERT(reason) ON TABLE public.support_access TO skai_operator;

GRANT INSERT(hours) ON TABLE public.support_access TO skai_operator;

GRANT UPDATE(decided_at) ON TABLE public.support_access TO skai_app;

GRANT UPDATE(decided_by) ON TABLE public.support_access TO skai_app;

GRANT UPDATE(ends_at) ON TABLE public.support_access TO skai_app;
GRANT SELECT(ends_at) ON TABLE public.support_access TO skai_support;

GRANT UPDATE(ended_at) ON TABLE public.support_access TO skai_app;
GRANT UPDATE(ended_at) ON TABLE public.support_access TO skai_operator;
GRANT SELECT(ended_at) ON TABLE public.support_access TO skai_support;

GRANT UPDATE(ended_by) ON TABLE public.support_access TO skai_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.system_errors TO skai_operator;

GRANT SELECT,INSERT,DELETE ON TABLE public.system_traces TO skai_operator;

GRANT SELECT,DELETE ON TABLE public.traces TO skai_eraser;
GRANT SELECT ON TABLE public.traces TO skai_app;
GRANT SELECT,INSERT,DELETE ON TABLE public.traces TO skai_operator;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trusted_devices TO skai_signin;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.user_factors TO skai_signin;

GRANT SELECT,INSERT ON TABLE public.users TO skai_signin;
GRANT SELECT,INSERT,DELETE ON TABLE public.users TO skai_operator;

GRANT UPDATE(email) ON TABLE public.users TO skai_signin;

GRANT UPDATE(password_hash) ON TABLE public.users TO skai_signin;
GRANT UPDATE(password_hash) ON TABLE public.users TO skai_operator;

GRANT UPDATE(updated_at) ON TABLE public.users TO skai_signin;
GRANT UPDATE(updated_at) ON TABLE public.users TO skai_operator;

GRANT UPDATE(disabled_at) ON TABLE public.users TO skai_operator;

GRANT UPDATE(verified_at) ON TABLE public.users TO skai_signin;

GRANT SELECT,INSERT ON TABLE public.vault_keys TO skai_signin;

GRANT UPDATE(wrapped) ON TABLE public.vault_keys TO skai_signin;

GRANT UPDATE(salt) ON TABLE public.vault_keys TO skai_signin;

GRANT UPDATE(rounds) ON TABLE public.vault_keys TO skai_signin;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_job TO skai_app;

GRANT USAGE ON SEQUENCE river.river_job_id_seq TO skai_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_leader TO skai_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_migration TO skai_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_notification TO skai_app;

GRANT USAGE ON SEQUENCE river.river_notification_id_seq TO skai_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE river.river_queue TO skai_app;

ALTER DEFAULT PRIVILEGES FOR ROLE skai_owner IN SCHEMA river GRANT USAGE ON SEQUENCES  TO skai_app;

ALTER DEFAULT PRIVILEGES FOR ROLE skai_owner IN SCHEMA river GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES  TO skai_app;
