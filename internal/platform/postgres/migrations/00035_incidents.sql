-- +goose Up

-- What went wrong with the service, for everybody at once, as a rule saw it begin and
-- end; what no rule sees is opened and closed by the operator.
CREATE TABLE incidents (
	id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	rule       text NOT NULL CHECK (rule ~ '^[a-z]+(\.[a-z]+)?$'),
	severity   text NOT NULL CHECK (severity IN ('page', 'ticket')),
	title      text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
	seen       text NOT NULL DEFAULT '' CHECK (char_length(seen) <= 1000), -- in words for everybody
	figures    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(figures) = 'object'),
	opened_at  timestamptz NOT NULL, -- when it began
	noticed_at timestamptz NOT NULL DEFAULT now(), -- when the rule saw it
	closed_at  timestamptz CHECK (closed_at >= opened_at)
);
-- However many processes look, one opens it.
CREATE UNIQUE INDEX incidents_open_key ON incidents (rule) WHERE closed_at IS NULL AND rule <> 'operator';
CREATE INDEX incidents_opened_idx ON incidents (opened_at);
GRANT SELECT, INSERT, UPDATE ON incidents TO skai_operator;

CREATE TABLE incident_notes (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	incident_id bigint NOT NULL REFERENCES incidents (id),
	at          timestamptz NOT NULL DEFAULT now(),
	words       text NOT NULL CHECK (char_length(words) BETWEEN 1 AND 2000),
	public      boolean NOT NULL -- on the page for everybody
);
CREATE INDEX incident_notes_incident_idx ON incident_notes (incident_id);
GRANT SELECT, INSERT ON incident_notes TO skai_operator;

-- How often in a row a rule found its part bad, or well: it opens and closes an
-- incident by that, whichever process looks, and a restart forgets nothing.
CREATE TABLE incident_signs (
	rule  text PRIMARY KEY,
	bad   int NOT NULL,
	good  int NOT NULL,
	since timestamptz NOT NULL, -- the first of the row
	at    timestamptz NOT NULL -- the last of it
);
GRANT SELECT, INSERT, UPDATE ON incident_signs TO skai_operator;

-- Work that was announced. The database notes when that was, nobody else: a window
-- can't be put over a downtime afterwards, and it is excused only where it was
-- announced 48 hours before. No window is longer than a day.
CREATE TABLE maintenance_windows (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	announced_at timestamptz NOT NULL DEFAULT now(),
	starts_at    timestamptz NOT NULL CHECK (starts_at = date_trunc('minute', starts_at)),
	ends_at      timestamptz NOT NULL CHECK (ends_at = date_trunc('minute', ends_at)),
	what         text NOT NULL CHECK (char_length(what) BETWEEN 1 AND 500),
	cancelled_at timestamptz,
	excused      boolean NOT NULL GENERATED ALWAYS AS (starts_at - announced_at >= interval '48 hours') STORED,
	CONSTRAINT maintenance_windows_announced_before CHECK (announced_at < starts_at),
	CONSTRAINT maintenance_windows_length CHECK (ends_at > starts_at AND ends_at - starts_at <= interval '24 hours'),
	CONSTRAINT maintenance_windows_cancelled_before CHECK (cancelled_at < ends_at)
);
CREATE INDEX maintenance_windows_starts_idx ON maintenance_windows (starts_at);
GRANT SELECT ON maintenance_windows TO skai_operator;
GRANT INSERT (starts_at, ends_at, what), UPDATE (cancelled_at) ON maintenance_windows TO skai_operator;

-- The requests of all organisations together, by minute: what the objectives of the
-- service are judged by, and nothing of whose they were.
CREATE TABLE service_minutes (
	at       timestamptz PRIMARY KEY CHECK (at = date_trunc('minute', at)),
	requests bigint NOT NULL,
	failures bigint NOT NULL, -- answered with 5xx
	slow     bigint NOT NULL -- took longer than the objective
);
GRANT SELECT, INSERT, UPDATE, DELETE ON service_minutes TO skai_operator;

-- What a process found not to be well: the part, and in words how.
ALTER TABLE processes ADD COLUMN unwell jsonb NOT NULL DEFAULT '{}';
