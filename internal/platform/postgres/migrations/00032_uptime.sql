-- +goose Up

-- What a probe on another machine saw in a minute, as it signed it: how often the
-- program answered that it is ready, and how often not. A minute that is not here is
-- one of which nothing is known.
CREATE TABLE probe_minutes (
	probe     bytea NOT NULL CHECK (octet_length(probe) = 32), -- its public key (Ed25519)
	at        timestamptz NOT NULL CHECK (at = date_trunc('minute', at)),
	up        int NOT NULL CHECK (up >= 0),
	down      int NOT NULL CHECK (down >= 0),
	sum_ms    float8 NOT NULL CHECK (sum_ms >= 0), -- of the answers, together
	max_ms    float8 NOT NULL CHECK (max_ms >= 0),
	signature bytea NOT NULL CHECK (octet_length(signature) = 64),
	PRIMARY KEY (at, probe),
	CHECK (up + down BETWEEN 1 AND 600)
);
GRANT SELECT ON probe_minutes TO skai_app; -- the same for everybody
GRANT SELECT, INSERT, DELETE ON probe_minutes TO skai_operator;
