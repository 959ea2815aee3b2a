-- +goose Up

-- The data keys are wrapped again when the operator changes the master key. Several
-- may open; the newest seals.
GRANT UPDATE (wrapped, salt, rounds) ON vault_keys TO skai_signin;
