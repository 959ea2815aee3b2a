-- +goose Up

-- What PgBouncer said of its pools of the program's database, where the process was told
-- of one. What it did not say is NULL.
ALTER TABLE process_minutes
	ADD COLUMN bouncer_active  int,    -- clients that have a server or want none, at most
	ADD COLUMN bouncer_waiting int,    -- clients that wait for a server, at most
	ADD COLUMN bouncer_servers int,    -- servers that a client has, at most
	ADD COLUMN bouncer_idle    int,    -- servers that nobody has, at least
	ADD COLUMN bouncer_wait_s  float8; -- how long the first client has waited, at most
