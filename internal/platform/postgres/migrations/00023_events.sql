-- +goose Up

-- An event is what somebody did, in one transaction: the entries of the trail say
-- which rows it changed, and how. What changes no row is an event too: a sign-in,
-- an export, a refusal. Both are written by skai_audit, through triggers and
-- audit.note; nobody may change or remove one, but for audit.prune and the
-- erasure of a whole organisation.
ALTER TABLE audit_entries ADD COLUMN event_id uuid;
ALTER TABLE audit_entries ADD COLUMN label text NOT NULL DEFAULT ''; -- the record's name then
CREATE INDEX audit_entries_event_idx ON audit_entries (event_id);

CREATE TABLE audit_events (
	org_id     uuid NOT NULL,
	number     bigint NOT NULL CHECK (number > 0), -- of the organisation: without a gap, in the order of commits
	id         uuid NOT NULL,
	at         timestamptz(3) NOT NULL,
	actor_id   uuid,
	actor      text NOT NULL,
	actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'key', 'system')),
	address    text NOT NULL, -- of the network it was asked for from; '' for what was not asked for over it
	device     text NOT NULL, -- what the browser or program calls itself
	request_id text NOT NULL,
	action     text NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'),
	kind       text NOT NULL CHECK (kind IN ('create', 'read', 'update', 'delete')),
	table_name text NOT NULL,
	record_id  uuid,
	target     text NOT NULL, -- the record's name then, or what else it was about
	digest     bytea NOT NULL CHECK (octet_length(digest) = 32), -- SHA-256 of the event and its entries; see audit.digest
	PRIMARY KEY (org_id, number),
	UNIQUE (org_id, id)
);
CREATE INDEX audit_events_record_idx ON audit_events (org_id, record_id, number DESC) WHERE record_id IS NOT NULL;
CREATE INDEX audit_events_actor_idx ON audit_events (org_id, actor_id, number DESC);
CREATE INDEX audit_events_action_idx ON audit_events (org_id, action, number DESC);
CREATE INDEX audit_events_at_idx ON audit_events (org_id, at);

-- The number of an organisation's last event. Whoever writes the next one holds
-- its row until the commit.
CREATE TABLE audit_heads (
	org_id uuid PRIMARY KEY,
	last   bigint NOT NULL
);

-- Each minute's events as a link of the organisation's chain: hash is the SHA-256
-- of the hash before, the numbers and the digests of its events in their order.
CREATE TABLE audit_seals (
	org_id      uuid NOT NULL,
	number      bigint NOT NULL CHECK (number > 0),
	at          timestamptz(3) NOT NULL,
	first_event bigint NOT NULL,
	last_event  bigint NOT NULL CHECK (last_event >= first_event),
	previous    bytea NOT NULL CHECK (octet_length(previous) = 32), -- zeros before the first
	hash        bytea NOT NULL CHECK (octet_length(hash) = 32),
	pruned_at   timestamptz(3), -- when its events had been kept for as long as the organisation says
	PRIMARY KEY (org_id, number),
	UNIQUE (org_id, first_event),
	CHECK (pruned_at IS NULL OR pruned_at >= at + interval '1 year')
);

ALTER TABLE orgs ADD COLUMN audit_years int NOT NULL DEFAULT 7 CHECK (audit_years BETWEEN 1 AND 7);
INSERT INTO audit_columns VALUES ('orgs', 'audit_years', 'track');
GRANT UPDATE (audit_years) ON orgs TO skai_app;

SELECT tenant_table(t) FROM unnest(ARRAY['audit_events', 'audit_heads', 'audit_seals']) t;
GRANT SELECT ON audit_events, audit_heads, audit_seals TO skai_app;
GRANT SELECT, INSERT ON audit_events, audit_seals TO skai_audit;
GRANT SELECT, INSERT, UPDATE ON audit_heads TO skai_audit;
GRANT UPDATE (pruned_at) ON audit_seals TO skai_audit;
GRANT SELECT, DELETE ON audit_entries, audit_events TO skai_audit;
GRANT SELECT (id, audit_years) ON orgs TO skai_audit;
GRANT SELECT (org_id, id, user_id, name, active) ON people TO skai_audit;
CREATE POLICY audit_retention ON orgs FOR SELECT TO skai_audit USING (true);
CREATE POLICY audit_names ON people FOR SELECT TO skai_audit USING (true);
-- +goose StatementBegin
DO $$
DECLARE
	t text;
BEGIN
	DROP POLICY audit_writer ON audit_entries;
	FOREACH t IN ARRAY ARRAY['audit_entries', 'audit_events', 'audit_heads', 'audit_seals'] LOOP
		EXECUTE format('CREATE POLICY audit_writer ON %I TO skai_audit USING (true) WITH CHECK (true)', t);
	END LOOP;
END $$;
-- +goose StatementEnd

SET LOCAL ROLE skai_audit;

-- The canonical text of an event and of an entry, which the digests are made of.
-- internal/audit has the same expressions, so that checking does not rest on these.
-- +goose StatementBegin
CREATE FUNCTION audit.digest(e audit_events) RETURNS bytea LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT sha256(convert_to(jsonb_build_array(e.org_id, e.number, e.id, (extract(epoch FROM e.at) * 1000)::bigint, e.actor_id, e.actor, e.actor_kind,
		e.address, e.device, e.request_id, e.action, e.kind, e.table_name, e.record_id, e.target)::text
		|| coalesce((SELECT string_agg(jsonb_build_array(n.org_id, n.id, (extract(epoch FROM n.at) * 1000000)::bigint, n.actor_id, n.actor, n.request_id, n.table_name,
			n.record_id, n.label, n.operation, n.changes, n.run_id, n.row_count)::text, '' ORDER BY n.id)
			FROM audit_entries n WHERE n.event_id = e.id AND n.org_id = e.org_id), ''), 'UTF8'))
$$;

CREATE FUNCTION audit.noun(tbl text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE tbl WHEN 'people' THEN 'person' WHEN 'orgs' THEN 'organisation' WHEN 'user_factors' THEN 'factor' WHEN 'api_keys' THEN 'key' WHEN 'users' THEN 'account'
		ELSE regexp_replace(regexp_replace(tbl, 'ies$', 'y'), 's$', '') END
$$;

-- append gives an event its number, its time and its digest.
CREATE FUNCTION audit.append(org uuid, event uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) RETURNS void
	LANGUAGE plpgsql SET search_path = pg_catalog, public, audit, pg_temp AS $$
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

-- event explains a transaction's entries, as it commits: one event for each
-- organisation it changed rows of. An account belongs to none: a change of it is an
-- event of all it is a member of, and what else a person changes that belongs to
-- no organisation one of where they are signed in.
CREATE FUNCTION audit.event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, audit, pg_temp AS $$
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

-- note writes an event that changed no row of the trail: in the organisation of the
-- transaction, or, for who works outside of all, in the one that is named.
CREATE FUNCTION audit.note(org uuid, doer uuid, doer_name text, doer_kind text, act text, k text, tbl text, record uuid, about text) RETURNS void
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, audit, pg_temp AS $$
BEGIN
	IF current_setting('role') <> 'skai_signin' AND org <> current_org() THEN
		RAISE EXCEPTION 'an event of another organisation' USING ERRCODE = 'insufficient_privilege';
	END IF;
	PERFORM audit.append(org, gen_random_uuid(), doer, doer_name, doer_kind, act, k, tbl, record, about);
END $$;

-- seal closes a link of each organisation's chain that has new events, and gives
-- how many it closed. The head's lock makes two that run at once take turns.
CREATE FUNCTION audit.seal() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, audit, pg_temp AS $$
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

-- prune removes the events of links that are older than their organisation keeps
-- them, with their entries; the links stay. It gives the number of events.
CREATE FUNCTION audit.prune() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, audit, pg_temp AS $$
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

CREATE OR REPLACE FUNCTION audit.write() RETURNS trigger LANGUAGE plpgsql
	SECURITY DEFINER SET search_path = pg_catalog, public, audit, pg_temp AS $$
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

-- sessions says who came and went, of the organisation the session is in: when a
-- session is opened, when it becomes a whole one by a second factor, when it moves
-- to another organisation, when it is ended before its time.
CREATE FUNCTION audit.sessions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, audit, pg_temp AS $$
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

-- label is what people call a row.
CREATE FUNCTION audit.label(tbl text, r jsonb) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT CASE tbl WHEN 'claims' THEN concat_ws(' ', r ->> 'number', r ->> 'title')
		ELSE coalesce(nullif(r ->> 'name', ''), nullif(r ->> 'title', ''), nullif(r ->> 'address_typed', ''), nullif(r ->> 'street', ''), nullif(r ->> 'email', ''), nullif(r ->> 'subject', ''), '') END
$$;
-- +goose StatementEnd

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.event(), audit.write(), audit.sessions() TO skai_owner;
GRANT EXECUTE ON FUNCTION audit.note(uuid, uuid, text, text, text, text, text, uuid, text) TO skai_app, skai_signin;
GRANT EXECUTE ON FUNCTION audit.seal(), audit.prune() TO skai_operator;
RESET ROLE;
GRANT USAGE ON SCHEMA audit TO skai_app, skai_signin, skai_operator;

CREATE TRIGGER audit_opened AFTER INSERT ON sessions REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.sessions();
CREATE TRIGGER audit_changed AFTER UPDATE ON sessions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit.sessions();

-- What the trail had before there were events is the first event's.
ALTER TABLE audit_entries NO FORCE ROW LEVEL SECURITY;
-- +goose StatementBegin
DO $$
DECLARE
	org uuid;
	e   uuid;
BEGIN
	FOR org IN SELECT DISTINCT org_id FROM audit_entries LOOP
		e := gen_random_uuid();
		UPDATE audit_entries SET event_id = e WHERE org_id = org;
		SET LOCAL ROLE skai_audit;
		PERFORM audit.append(org, e, NULL, 'the program', 'system', 'trail.begun', 'create', 'audit_entries', NULL, '');
		RESET ROLE;
	END LOOP;
END $$;
-- +goose StatementEnd
ALTER TABLE audit_entries FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_entries ALTER COLUMN event_id SET NOT NULL;
CREATE CONSTRAINT TRIGGER audit_event AFTER INSERT ON audit_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.event();
