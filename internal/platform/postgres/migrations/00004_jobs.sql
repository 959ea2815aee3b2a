-- +goose Up
-- River keeps its tables here; its own migrations, which run after these, fill it.
CREATE SCHEMA river;
GRANT USAGE ON SCHEMA river TO skai_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA river GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO skai_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA river GRANT USAGE ON SEQUENCES TO skai_app;
