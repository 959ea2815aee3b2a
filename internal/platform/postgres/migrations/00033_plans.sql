-- +goose Up

-- What an organisation has agreed on with the operator.
ALTER TABLE orgs ADD COLUMN plan text NOT NULL DEFAULT 'standard' CHECK (plan IN ('standard', 'enterprise'));
INSERT INTO audit_columns VALUES ('orgs', 'plan', 'track');
GRANT UPDATE (plan) ON orgs TO skai_operator;

-- How often a member of an organisation may do something, where its plan differs from
-- what the program has by itself.
CREATE TABLE plan_rates (
	plan    text NOT NULL CHECK (plan IN ('standard', 'enterprise')),
	preset  text NOT NULL CHECK (preset IN ('ai', 'upload', 'weather', 'api', 'webhook', 'public', 'auth', 'migration', 'api_keys')),
	quota   int NOT NULL CHECK (quota BETWEEN 1 AND 100000),
	seconds int NOT NULL CHECK (seconds BETWEEN 1 AND 86400), -- of the window
	PRIMARY KEY (plan, preset)
);
GRANT SELECT ON plan_rates TO skai_signin; -- found with the session or the API key
GRANT SELECT, INSERT, UPDATE, DELETE ON plan_rates TO skai_operator;
