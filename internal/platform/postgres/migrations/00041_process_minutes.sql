-- +goose Up

-- What each process was like in a minute: its connections, its gate, and what it saw of
-- the database and the queue. What it did not see is NULL. Kept for 40 days.
CREATE TABLE process_minutes (
	at             timestamptz NOT NULL CHECK (at = date_trunc('minute', at)),
	process_id     uuid NOT NULL,
	pool_used      int NOT NULL,    -- connections that were in use at once, at most
	pool_most      int NOT NULL,    -- that its pool may have
	gate_limit     int NOT NULL,    -- requests that were let in at once, as the limit stood last
	gate_busy      int NOT NULL,    -- that were worked on at once, at most
	gate_waiting   int NOT NULL,    -- that waited at once, at most
	refused        bigint NOT NULL, -- that were turned away
	looks          int NOT NULL,    -- at the database, that it answered
	missed         int NOT NULL,    -- that it did not answer
	latency_ms     float8 NOT NULL, -- of those it answered, together
	latency_max_ms float8 NOT NULL,
	queue_depth    int,             -- jobs that could be done, at most
	queue_oldest_s float8,
	connections    int,             -- that the PostgreSQL server had, of everybody, at most
	active         int,             -- of those, of the program's: at work
	in_transaction int,             -- and those that had begun a transaction and did nothing
	connections_most int,           -- max_connections
	PRIMARY KEY (at, process_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON process_minutes TO skai_operator;
