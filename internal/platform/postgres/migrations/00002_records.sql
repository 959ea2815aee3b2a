-- +goose Up

-- words turns what people type and export into the words search finds: lower
-- case, punctuation as blanks, so that "(602) 555-0123" holds 602, 555 and 0123.
CREATE FUNCTION words(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$ SELECT translate(t, '-@./\:,;()[]{}#&+''"_*|~<>', '                         ') $$;
-- Kept apart from words, which must stay simple enough to be inlined.
CREATE FUNCTION tag_words(tags text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
	AS $$ SELECT array_to_string(tags, ' ') $$;

-- Contacts --------------------------------------------------------------

-- phones: [{"e164": "+16025550123", "typed": "(602) 555-0123", "type": "mobile", "ext": "12", "sms_opt_out": true}]
-- e164 is absent where the text can't be read as a number; typed always stands.
-- emails: ["a@example.com"]. The first of each is the main one.
CREATE TABLE contacts (
	org_id         uuid NOT NULL REFERENCES orgs (id),
	id             uuid NOT NULL,
	version        bigint NOT NULL DEFAULT 1,
	first_name     text NOT NULL DEFAULT '',
	last_name      text NOT NULL DEFAULT '',
	company        text NOT NULL DEFAULT '',
	name           text NOT NULL GENERATED ALWAYS AS (
		CASE WHEN first_name = '' AND last_name = '' THEN company ELSE btrim(first_name || ' ' || last_name) END) STORED,
	sort_name      text NOT NULL GENERATED ALWAYS AS (
		left(lower(CASE WHEN last_name <> '' THEN last_name || ' ' || first_name WHEN first_name <> '' THEN first_name ELSE company END), 200)) STORED,
	role           text NOT NULL DEFAULT 'homeowner' CHECK (role IN ('homeowner', 'adjuster', 'carrier', 'vendor', 'other')),
	phones         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(phones) = 'array' AND NOT jsonb_path_exists(phones, 'strict $[*] ? (!(@.typed.type() == "string"))')),
	emails         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(emails) = 'array' AND char_length(emails ->> 0) <= 320),
	phone          text GENERATED ALWAYS AS (phones -> 0 ->> 'e164') STORED,
	email          text GENERATED ALWAYS AS (emails ->> 0) STORED,
	street         text NOT NULL DEFAULT '',
	unit           text NOT NULL DEFAULT '',
	city           text NOT NULL DEFAULT '',
	state          text NOT NULL DEFAULT '',
	zip            text NOT NULL DEFAULT '',
	address_typed  text NOT NULL DEFAULT '',
	source         text NOT NULL DEFAULT '',
	tags           text[] NOT NULL DEFAULT '{}',
	notes          text NOT NULL DEFAULT '',
	do_not_contact boolean NOT NULL DEFAULT false,
	extra          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
	created_at     timestamptz NOT NULL DEFAULT now(),
	created_by     uuid NOT NULL,
	updated_at     timestamptz NOT NULL DEFAULT now(),
	updated_by     uuid NOT NULL,
	archived_at    timestamptz,
	archived_by    uuid,
	search         tsvector NOT NULL GENERATED ALWAYS AS (
		to_tsvector('simple', words(first_name || ' ' || last_name || ' ' || company || ' ' || jsonb_path_query_array(phones, '$[*].typed')::text || ' ' || jsonb_path_query_array(phones, '$[*].e164')::text || ' ' || emails::text || ' ' || address_typed || ' ' || street || ' ' || unit || ' ' || city || ' ' || state || ' ' || zip || ' ' || CASE WHEN tags = '{}' THEN '' ELSE tag_words(tags) END || ' ' || notes))
		|| jsonb_to_tsvector('simple', extra, '["string", "numeric"]')) STORED,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, updated_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, archived_by) REFERENCES people (org_id, id),
	CONSTRAINT contacts_named CHECK (first_name <> '' OR last_name <> '' OR company <> ''),
	CHECK ((archived_at IS NULL) = (archived_by IS NULL))
);
CREATE INDEX contacts_created_idx ON contacts (org_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX contacts_name_idx ON contacts (org_id, sort_name, id) WHERE archived_at IS NULL;
CREATE INDEX contacts_role_idx ON contacts (org_id, role, created_at DESC, id DESC) WHERE archived_at IS NULL AND role <> 'homeowner';
CREATE INDEX contacts_source_idx ON contacts (org_id, source, created_at DESC, id DESC) WHERE archived_at IS NULL AND source <> '';
CREATE INDEX contacts_do_not_contact_idx ON contacts (org_id, created_at DESC, id DESC) WHERE archived_at IS NULL AND do_not_contact;
CREATE INDEX contacts_archived_idx ON contacts (org_id, archived_at DESC, id DESC) WHERE archived_at IS NOT NULL;
CREATE INDEX contacts_phone_idx ON contacts (org_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX contacts_email_idx ON contacts (org_id, email) WHERE email IS NOT NULL;
CREATE INDEX contacts_search_idx ON contacts USING gin (org_id, search);

-- Properties --------------------------------------------------------------

CREATE TABLE properties (
	org_id         uuid NOT NULL REFERENCES orgs (id),
	id             uuid NOT NULL,
	version        bigint NOT NULL DEFAULT 1,
	name           text NOT NULL DEFAULT '', -- "Ocotillo HOA, building 4"; empty for most houses
	address_typed  text NOT NULL DEFAULT '',
	street         text NOT NULL DEFAULT '',
	unit           text NOT NULL DEFAULT '',
	city           text NOT NULL DEFAULT '',
	state          text NOT NULL DEFAULT '' CHECK (state ~ '^([A-Z]{2})?$'),
	zip            text NOT NULL DEFAULT '' CHECK (zip ~ '^([0-9]{5})?$'),
	plus4          text NOT NULL DEFAULT '' CHECK (plus4 ~ '^([0-9]{4})?$'),
	county         text NOT NULL DEFAULT '',
	address_key    text NOT NULL DEFAULT '' CHECK (char_length(address_key) <= 300), -- platform/address.Key; empty where there is no house number
	address        text NOT NULL GENERATED ALWAYS AS (
		CASE WHEN street = '' THEN address_typed
		ELSE street || CASE WHEN unit = '' THEN '' ELSE ' ' || unit END
			|| CASE WHEN city = '' THEN '' ELSE ', ' || city END
			|| CASE WHEN state = '' THEN '' ELSE ', ' || state END
			|| CASE WHEN zip = '' THEN '' ELSE ' ' || zip END END) STORED,
	sort_address   text NOT NULL GENERATED ALWAYS AS (left(lower(CASE WHEN street = '' THEN address_typed ELSE street || ' ' || unit END), 200)) STORED,
	latitude       double precision CHECK (latitude BETWEEN -90 AND 90),
	longitude      double precision CHECK (longitude BETWEEN -180 AND 180),
	position_precision text CHECK (position_precision IN ('rooftop', 'interpolated', 'zip', 'manual')),
	kind           text NOT NULL DEFAULT '' CHECK (kind IN ('', 'single_family', 'multi_family', 'townhouse', 'condo', 'mobile_home', 'commercial', 'hoa', 'other')),
	year_built     int CHECK (year_built BETWEEN 1600 AND 2200),
	squares        numeric(10,2) CHECK (squares >= 0),      -- roof area, 1 square = 100 square feet
	square_feet    int CHECK (square_feet >= 0),            -- living area
	stories        numeric(4,1) CHECK (stories >= 0),
	pitch          text NOT NULL DEFAULT '',
	roof_material  text NOT NULL DEFAULT '',
	roof_age       int CHECK (roof_age BETWEEN 0 AND 300),  -- years
	owner_id       uuid,
	tags           text[] NOT NULL DEFAULT '{}',
	notes          text NOT NULL DEFAULT '',
	extra          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
	created_at     timestamptz NOT NULL DEFAULT now(),
	created_by     uuid NOT NULL,
	updated_at     timestamptz NOT NULL DEFAULT now(),
	updated_by     uuid NOT NULL,
	archived_at    timestamptz,
	archived_by    uuid,
	search         tsvector NOT NULL GENERATED ALWAYS AS (
		to_tsvector('simple', words(name || ' ' || address_typed || ' ' || street || ' ' || unit || ' ' || city || ' ' || state || ' ' || zip || ' ' || county || ' ' || roof_material || ' ' || CASE WHEN tags = '{}' THEN '' ELSE tag_words(tags) END || ' ' || notes))
		|| jsonb_to_tsvector('simple', extra, '["string", "numeric"]')) STORED,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, owner_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, updated_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, archived_by) REFERENCES people (org_id, id),
	CONSTRAINT properties_addressed CHECK (address_typed <> '' OR street <> '' OR name <> ''),
	CHECK ((latitude IS NULL) = (longitude IS NULL) AND (latitude IS NULL) = (position_precision IS NULL)),
	CHECK ((archived_at IS NULL) = (archived_by IS NULL))
);
CREATE INDEX properties_created_idx ON properties (org_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX properties_address_idx ON properties (org_id, sort_address, id) WHERE archived_at IS NULL;
CREATE INDEX properties_zip_idx ON properties (org_id, zip, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX properties_city_idx ON properties (org_id, city, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX properties_kind_idx ON properties (org_id, kind, created_at DESC, id DESC) WHERE archived_at IS NULL AND kind <> '';
CREATE INDEX properties_archived_idx ON properties (org_id, archived_at DESC, id DESC) WHERE archived_at IS NOT NULL;
CREATE INDEX properties_key_idx ON properties (org_id, address_key) WHERE address_key <> '';
CREATE INDEX properties_owner_idx ON properties (org_id, owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX properties_search_idx ON properties USING gin (org_id, search);

-- Leads -------------------------------------------------------------------

CREATE TABLE leads (
	org_id           uuid NOT NULL REFERENCES orgs (id),
	id               uuid NOT NULL,
	version          bigint NOT NULL DEFAULT 1,
	title            text NOT NULL CHECK (title <> ''),
	contact_id       uuid,
	property_id      uuid,
	source           text NOT NULL DEFAULT '', -- where it came from: "Door knocking"
	stage            text NOT NULL DEFAULT 'new' CHECK (stage IN ('new', 'contacted', 'qualified', 'inspected', 'proposal', 'won', 'lost')),
	stage_changed_at timestamptz NOT NULL DEFAULT now(),
	source_stage     text NOT NULL DEFAULT '', -- the vendor's own word, kept
	temperature      text CHECK (temperature IN ('cold', 'warm', 'hot')),
	kind             text NOT NULL DEFAULT 'insurance' CHECK (kind IN ('insurance', 'retail', 'repair', 'financed')),
	estimated_value  bigint, -- cents
	assignee_id      uuid,
	follow_up_on     date,
	dead_reason      text NOT NULL DEFAULT '',
	urgency          text NOT NULL DEFAULT 'normal' CHECK (urgency IN ('low', 'normal', 'high', 'urgent')),
	notes            text NOT NULL DEFAULT '',
	tags             text[] NOT NULL DEFAULT '{}',
	extra            jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
	created_at       timestamptz NOT NULL DEFAULT now(),
	created_by       uuid NOT NULL,
	updated_at       timestamptz NOT NULL DEFAULT now(),
	updated_by       uuid NOT NULL,
	archived_at      timestamptz,
	archived_by      uuid,
	search           tsvector NOT NULL GENERATED ALWAYS AS (
		to_tsvector('simple', words(title || ' ' || source || ' ' || source_stage || ' ' || dead_reason || ' ' || CASE WHEN tags = '{}' THEN '' ELSE tag_words(tags) END || ' ' || notes))
		|| jsonb_to_tsvector('simple', extra, '["string", "numeric"]')) STORED,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, contact_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, property_id) REFERENCES properties (org_id, id),
	FOREIGN KEY (org_id, assignee_id) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, updated_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, archived_by) REFERENCES people (org_id, id),
	CONSTRAINT leads_lost_reason CHECK (stage <> 'lost' OR dead_reason <> ''),
	CHECK ((archived_at IS NULL) = (archived_by IS NULL))
);
CREATE INDEX leads_created_idx ON leads (org_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX leads_stage_idx ON leads (org_id, stage, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX leads_value_idx ON leads (org_id, coalesce(estimated_value, -1) DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX leads_assignee_idx ON leads (org_id, assignee_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX leads_follow_up_idx ON leads (org_id, follow_up_on, id) WHERE archived_at IS NULL AND follow_up_on IS NOT NULL;
CREATE INDEX leads_archived_idx ON leads (org_id, archived_at DESC, id DESC) WHERE archived_at IS NOT NULL;
CREATE INDEX leads_contact_idx ON leads (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX leads_property_idx ON leads (org_id, property_id) WHERE property_id IS NOT NULL;
CREATE INDEX leads_search_idx ON leads USING gin (org_id, search);

-- Claims ------------------------------------------------------------------

CREATE TABLE claims (
	org_id           uuid NOT NULL REFERENCES orgs (id),
	id               uuid NOT NULL,
	version          bigint NOT NULL DEFAULT 1,
	number           bigint NOT NULL CHECK (number > 0), -- ours, gapless in the organisation
	title            text NOT NULL DEFAULT '',
	property_id      uuid,
	contact_id       uuid,
	lead_id          uuid,
	kind             text NOT NULL DEFAULT 'insurance' CHECK (kind IN ('insurance', 'retail')),
	carrier          text NOT NULL DEFAULT '' CHECK (char_length(carrier) <= 200),
	carrier_key      text NOT NULL GENERATED ALWAYS AS (lower(regexp_replace(btrim(carrier), '\s+', ' ', 'g'))) STORED,
	claim_number     text NOT NULL DEFAULT '' CHECK (char_length(claim_number) <= 200), -- the carrier's
	claim_key        text GENERATED ALWAYS AS (nullif(upper(translate(claim_number, ' -./#', '')), '')) STORED,
	policy_number    text NOT NULL DEFAULT '',
	date_of_loss     date,
	peril            text CHECK (peril IN ('hail', 'wind', 'fire', 'water', 'lightning', 'other')),
	adjuster_id      uuid,
	stage            text NOT NULL DEFAULT 'intake' CHECK (stage IN ('intake', 'inspection', 'filed', 'adjuster_review', 'approved', 'denied', 'appeal', 'build', 'completed', 'invoiced', 'depreciation', 'closed', 'cancelled')),
	stage_before     text, -- where a cancelled claim was, to go back to
	stage_changed_at timestamptz NOT NULL DEFAULT now(),
	source_stage     text NOT NULL DEFAULT '',
	source           text NOT NULL DEFAULT '', -- lead source: "Referral"
	work_type        text NOT NULL DEFAULT '',
	priority         text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
	assignee_id      uuid,
	-- Amounts in cents; NULL is "not known", which is not 0. A customer's data may
	-- contradict arithmetic: it is kept as it came and flagged below.
	rcv              bigint,
	acv              bigint,
	deductible       bigint,
	recoverable_depreciation     bigint,
	non_recoverable_depreciation bigint,
	approved         bigint,
	supplements      bigint,
	paid             bigint,
	money_flags      text[] NOT NULL GENERATED ALWAYS AS (array_remove(ARRAY[
		CASE WHEN rcv IS NOT NULL AND acv IS NOT NULL AND (recoverable_depreciation IS NOT NULL OR non_recoverable_depreciation IS NOT NULL)
			AND acv <> rcv - coalesce(recoverable_depreciation, 0) - coalesce(non_recoverable_depreciation, 0) THEN 'acv_not_rcv_less_depreciation' END,
		CASE WHEN acv > rcv THEN 'acv_over_rcv' END,
		CASE WHEN least(rcv, acv, deductible, recoverable_depreciation, non_recoverable_depreciation, approved, supplements, paid) < 0 THEN 'negative_amount' END,
		CASE WHEN deductible > rcv THEN 'deductible_over_rcv' END], NULL)) STORED,
	next_action      text NOT NULL DEFAULT '',
	next_action_on   date,
	notes            text NOT NULL DEFAULT '',
	tags             text[] NOT NULL DEFAULT '{}',
	extra            jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
	created_at       timestamptz NOT NULL DEFAULT now(),
	created_by       uuid NOT NULL,
	updated_at       timestamptz NOT NULL DEFAULT now(),
	updated_by       uuid NOT NULL,
	archived_at      timestamptz,
	archived_by      uuid,
	search           tsvector NOT NULL GENERATED ALWAYS AS (
		to_tsvector('simple', words(number::text || ' ' || title || ' ' || carrier || ' ' || claim_number || ' ' || policy_number || ' ' || source_stage || ' ' || work_type || ' ' || CASE WHEN tags = '{}' THEN '' ELSE tag_words(tags) END || ' ' || notes || ' ' || next_action))
		|| to_tsvector('simple', translate(claim_number, ' -./#', ''))
		|| jsonb_to_tsvector('simple', extra, '["string", "numeric"]')) STORED,
	PRIMARY KEY (org_id, id),
	CONSTRAINT claims_number_key UNIQUE (org_id, number),
	FOREIGN KEY (org_id, property_id) REFERENCES properties (org_id, id),
	FOREIGN KEY (org_id, contact_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, lead_id) REFERENCES leads (org_id, id),
	FOREIGN KEY (org_id, adjuster_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, assignee_id) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, updated_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, archived_by) REFERENCES people (org_id, id),
	CONSTRAINT claims_stage_before CHECK ((stage = 'cancelled') = (stage_before IS NOT NULL)),
	CONSTRAINT claims_stage_before_open CHECK (stage_before NOT IN ('cancelled', 'closed')),
	CHECK ((archived_at IS NULL) = (archived_by IS NULL))
);
CREATE UNIQUE INDEX claims_carrier_number_key ON claims (org_id, carrier_key, claim_key) WHERE claim_key IS NOT NULL;
CREATE INDEX claims_created_idx ON claims (org_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX claims_stage_idx ON claims (org_id, stage, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX claims_carrier_idx ON claims (org_id, carrier_key, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX claims_assignee_idx ON claims (org_id, assignee_id, created_at DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX claims_loss_idx ON claims (org_id, coalesce(date_of_loss, '0001-01-01'::date) DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX claims_rcv_idx ON claims (org_id, coalesce(rcv, -1) DESC, id DESC) WHERE archived_at IS NULL;
CREATE INDEX claims_archived_idx ON claims (org_id, archived_at DESC, id DESC) WHERE archived_at IS NOT NULL;
CREATE INDEX claims_contact_idx ON claims (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX claims_property_idx ON claims (org_id, property_id) WHERE property_id IS NOT NULL;
CREATE INDEX claims_lead_idx ON claims (org_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX claims_adjuster_idx ON claims (org_id, adjuster_id) WHERE adjuster_id IS NOT NULL;
CREATE INDEX claims_search_idx ON claims USING gin (org_id, search);

-- Estimates ---------------------------------------------------------------

-- The totals are kept equal to the sums of the lines by estimate_totals below.
CREATE TABLE estimates (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	version     bigint NOT NULL DEFAULT 1,
	claim_id    uuid NOT NULL,
	name        text NOT NULL CHECK (name <> ''),
	line_count  int NOT NULL DEFAULT 0,
	item_total  bigint NOT NULL DEFAULT 0, -- cents, all below too
	tax         bigint NOT NULL DEFAULT 0,
	rcv         bigint NOT NULL DEFAULT 0,
	depreciation bigint NOT NULL DEFAULT 0,
	recoverable bigint NOT NULL DEFAULT 0, -- the part of depreciation on recoverable lines
	acv         bigint NOT NULL DEFAULT 0,
	created_at  timestamptz NOT NULL DEFAULT now(),
	created_by  uuid NOT NULL,
	updated_at  timestamptz NOT NULL DEFAULT now(),
	updated_by  uuid NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, claim_id) REFERENCES claims (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, updated_by) REFERENCES people (org_id, id)
);
CREATE INDEX estimates_claim_idx ON estimates (org_id, claim_id);

CREATE TABLE estimate_lines (
	org_id       uuid NOT NULL REFERENCES orgs (id),
	id           uuid NOT NULL,
	estimate_id  uuid NOT NULL,
	position     int NOT NULL CHECK (position > 0), -- order in the estimate
	number       text NOT NULL DEFAULT '',          -- "#" as printed
	group_code   text NOT NULL DEFAULT '',
	group_name   text NOT NULL DEFAULT '',
	category     text NOT NULL DEFAULT '',          -- Cat: RFG
	selector     text NOT NULL DEFAULT '',          -- Sel: 300
	description  text NOT NULL DEFAULT '',
	quantity     numeric(18,4),
	unit         text NOT NULL DEFAULT '',
	unit_price   numeric(18,4),                     -- dollars, 4 decimals
	item_amount  bigint,                            -- cents, all below too
	tax          bigint,
	rcv          bigint,
	age          text NOT NULL DEFAULT '',
	life         text NOT NULL DEFAULT '',
	depreciation bigint,
	acv          bigint,
	recoverable  boolean,
	coverage     text NOT NULL DEFAULT '',
	activity     text NOT NULL DEFAULT '',
	note         text NOT NULL DEFAULT '',
	flags        text[] NOT NULL GENERATED ALWAYS AS (array_remove(ARRAY[
		CASE WHEN acv <> rcv - coalesce(depreciation, 0) THEN 'acv_not_rcv_less_depreciation' END,
		CASE WHEN rcv < 0 OR item_amount < 0 THEN 'credit' END], NULL)) STORED,
	extra        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, estimate_id) REFERENCES estimates (org_id, id) ON DELETE CASCADE,
	CONSTRAINT estimate_lines_position_key UNIQUE (org_id, estimate_id, position)
);

-- +goose StatementBegin
CREATE FUNCTION estimate_totals_of(tenant uuid, ids uuid[]) RETURNS void LANGUAGE sql AS $$
	UPDATE estimates e SET line_count = s.n, item_total = s.item_total, tax = s.tax, rcv = s.rcv,
		depreciation = s.depreciation, recoverable = s.recoverable, acv = s.acv
	FROM (SELECT t.id, count(l.id) AS n, coalesce(sum(l.item_amount), 0) AS item_total, coalesce(sum(l.tax), 0) AS tax,
			coalesce(sum(l.rcv), 0) AS rcv, coalesce(sum(l.depreciation), 0) AS depreciation,
			coalesce(sum(l.depreciation) FILTER (WHERE l.recoverable), 0) AS recoverable, coalesce(sum(l.acv), 0) AS acv
		FROM unnest(ids) AS t (id) LEFT JOIN estimate_lines l ON l.org_id = tenant AND l.estimate_id = t.id
		GROUP BY t.id) s
	WHERE e.org_id = tenant AND e.id = s.id
$$;
CREATE FUNCTION estimate_totals_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM estimate_totals_of(org_id, array_agg(DISTINCT estimate_id)) FROM new_rows GROUP BY org_id;
	RETURN NULL;
END $$;
CREATE FUNCTION estimate_totals_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM estimate_totals_of(org_id, array_agg(DISTINCT estimate_id)) FROM old_rows GROUP BY org_id;
	RETURN NULL;
END $$;
-- It looks at the estimate as the transaction leaves it: one statement's
-- totals are not yet, or no more, those of all its lines.
CREATE FUNCTION estimate_totals_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
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
-- +goose StatementEnd
CREATE TRIGGER estimate_totals_insert AFTER INSERT ON estimate_lines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION estimate_totals_new();
CREATE TRIGGER estimate_totals_update AFTER UPDATE ON estimate_lines REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION estimate_totals_new();
CREATE TRIGGER estimate_totals_delete AFTER DELETE ON estimate_lines REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION estimate_totals_old();
CREATE CONSTRAINT TRIGGER estimates_totals AFTER INSERT OR UPDATE ON estimates DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION estimate_totals_fixed();

-- Files and activity --------------------------------------------------------

-- A photo or document. sha256 is there once the bytes are with us; before that
-- source_url says where the vendor keeps them.
CREATE TABLE files (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	version     bigint NOT NULL DEFAULT 1,
	kind        text NOT NULL CHECK (kind IN ('photo', 'document')),
	name        text NOT NULL CHECK (name <> ''),
	media_type  text NOT NULL DEFAULT '',
	size        bigint CHECK (size >= 0), -- bytes
	sha256      bytea CHECK (octet_length(sha256) = 32),
	source_url  text NOT NULL DEFAULT '',
	source_md5  text NOT NULL DEFAULT '',
	taken_at    timestamptz,
	taken_by    text NOT NULL DEFAULT '',
	latitude    double precision CHECK (latitude BETWEEN -90 AND 90),
	longitude   double precision CHECK (longitude BETWEEN -180 AND 180),
	caption     text NOT NULL DEFAULT '',
	tags        text[] NOT NULL DEFAULT '{}',
	homeowner_visible boolean NOT NULL DEFAULT false,
	contact_id  uuid,
	property_id uuid,
	lead_id     uuid,
	claim_id    uuid,
	extra       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(extra) = 'object'),
	created_at  timestamptz NOT NULL DEFAULT now(),
	created_by  uuid NOT NULL,
	updated_at  timestamptz NOT NULL DEFAULT now(),
	updated_by  uuid NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, contact_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, property_id) REFERENCES properties (org_id, id),
	FOREIGN KEY (org_id, lead_id) REFERENCES leads (org_id, id),
	FOREIGN KEY (org_id, claim_id) REFERENCES claims (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, updated_by) REFERENCES people (org_id, id),
	CONSTRAINT files_somewhere CHECK (sha256 IS NOT NULL OR source_url <> ''),
	CHECK (sha256 IS NULL OR size IS NOT NULL)
);
CREATE INDEX files_property_idx ON files (org_id, property_id, id DESC) WHERE property_id IS NOT NULL;
CREATE INDEX files_claim_idx ON files (org_id, claim_id, id DESC) WHERE claim_id IS NOT NULL;

-- One chronological timeline per record and across them.
CREATE TABLE activities (
	org_id      uuid NOT NULL REFERENCES orgs (id),
	id          uuid NOT NULL,
	version     bigint NOT NULL DEFAULT 1,
	kind        text NOT NULL CHECK (kind IN ('note', 'call', 'email', 'text', 'task', 'appointment', 'stage', 'file', 'import', 'report')),
	at          timestamptz NOT NULL DEFAULT now(),
	body        text NOT NULL DEFAULT '',
	contact_id  uuid,
	property_id uuid,
	lead_id     uuid,
	claim_id    uuid,
	from_stage  text,
	to_stage    text,
	assignee_id uuid,
	due_on      date,
	done_at     timestamptz,
	ends_at     timestamptz,
	place       text NOT NULL DEFAULT '',
	created_at  timestamptz NOT NULL DEFAULT now(),
	created_by  uuid NOT NULL,
	updated_at  timestamptz NOT NULL DEFAULT now(),
	updated_by  uuid NOT NULL,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, contact_id) REFERENCES contacts (org_id, id),
	FOREIGN KEY (org_id, property_id) REFERENCES properties (org_id, id),
	FOREIGN KEY (org_id, lead_id) REFERENCES leads (org_id, id),
	FOREIGN KEY (org_id, claim_id) REFERENCES claims (org_id, id),
	FOREIGN KEY (org_id, assignee_id) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, created_by) REFERENCES people (org_id, id),
	FOREIGN KEY (org_id, updated_by) REFERENCES people (org_id, id),
	CONSTRAINT activities_about CHECK (num_nonnulls(contact_id, property_id, lead_id, claim_id) > 0 OR kind IN ('import', 'report')),
	CHECK ((kind = 'stage') = (to_stage IS NOT NULL)),
	CHECK (ends_at IS NULL OR ends_at >= at)
);
CREATE INDEX activities_at_idx ON activities (org_id, at DESC, id DESC);
CREATE INDEX activities_contact_idx ON activities (org_id, contact_id, at DESC, id DESC) WHERE contact_id IS NOT NULL;
CREATE INDEX activities_property_idx ON activities (org_id, property_id, at DESC, id DESC) WHERE property_id IS NOT NULL;
CREATE INDEX activities_lead_idx ON activities (org_id, lead_id, at DESC, id DESC) WHERE lead_id IS NOT NULL;
CREATE INDEX activities_claim_idx ON activities (org_id, claim_id, at DESC, id DESC) WHERE claim_id IS NOT NULL;

-- +goose StatementBegin
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY ARRAY['contacts', 'properties', 'leads', 'claims', 'estimates', 'estimate_lines', 'files', 'activities'] LOOP
		PERFORM tenant_table(t);
		PERFORM audit_attach(t, ignored => '{id,org_id,version,created_at,created_by,updated_at,updated_by}');
		EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO skai_app', t);
	END LOOP;
END $$;
-- +goose StatementEnd
GRANT DELETE ON estimate_lines TO skai_app;

-- Search ------------------------------------------------------------------

-- Row security keeps a full-text index from being used, since @@ is not
-- leakproof. So the ids come from a function of a role that sees only the
-- columns it needs, for the organisation of the transaction, and every caller
-- joins them to the table itself, where row security decides once more.
GRANT SELECT (org_id, id, search, archived_at) ON contacts, properties, leads, claims TO skai_search;
CREATE POLICY search ON contacts FOR SELECT TO skai_search USING (true);
CREATE POLICY search ON properties FOR SELECT TO skai_search USING (true);
CREATE POLICY search ON leads FOR SELECT TO skai_search USING (true);
CREATE POLICY search ON claims FOR SELECT TO skai_search USING (true);
SET LOCAL ROLE skai_search;
CREATE FUNCTION search.contacts(query tsquery, most int) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
	AS $$ SELECT id FROM contacts WHERE org_id = current_org() AND search @@ query LIMIT most $$;
CREATE FUNCTION search.properties(query tsquery, most int) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
	AS $$ SELECT id FROM properties WHERE org_id = current_org() AND search @@ query LIMIT most $$;
CREATE FUNCTION search.leads(query tsquery, most int) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
	AS $$ SELECT id FROM leads WHERE org_id = current_org() AND search @@ query LIMIT most $$;
CREATE FUNCTION search.claims(query tsquery, most int) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
	AS $$ SELECT id FROM claims WHERE org_id = current_org() AND search @@ query LIMIT most $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA search FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA search TO skai_app;
RESET ROLE;
