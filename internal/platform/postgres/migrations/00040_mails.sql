-- +goose Up

-- The mails that were asked for, and what became of each. Neither what a mail says
-- nor a link of it stands here. Rows go after 30 days. Accounts are of no
-- organisation, and so are the mails about them.
CREATE TABLE mails (
	id         uuid PRIMARY KEY,     -- random: its Message-ID is made of it, so that only who saw the mail can name it
	key        text NOT NULL UNIQUE, -- of the ask: the same twice is one mail
	kind       text NOT NULL,
	for_org    uuid REFERENCES orgs (id) ON DELETE CASCADE, -- whose it is
	recipient  text NOT NULL CHECK (recipient = lower(recipient)),
	urgent     boolean NOT NULL,     -- may use the part of the day's budget that is kept back
	state      text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'waiting', 'sending', 'sent', 'failed', 'bounced', 'suppressed')),
	tries      int NOT NULL DEFAULT 0,
	answer     text NOT NULL DEFAULT '' CHECK (char_length(answer) <= 200), -- codes and words of our own: a server's hold addresses
	counted_on date,                 -- the day, in UTC, whose budget it used last
	created_at timestamptz NOT NULL DEFAULT now(),
	tried_at   timestamptz,
	sent_at    timestamptz,
	bounced_at timestamptz
);
CREATE INDEX mails_counted_idx ON mails (counted_on);
CREATE INDEX mails_recipient_idx ON mails (recipient);
CREATE INDEX mails_created_idx ON mails (created_at);
CREATE INDEX mails_for_org_idx ON mails (for_org);

-- Addresses that get no mail any more: whoever goes on sending to addresses that
-- refuse is taken for a spammer, and then nobody's mails arrive.
CREATE TABLE mail_suppressions (
	address    text PRIMARY KEY CHECK (address = lower(address) AND address LIKE '%_@_%'),
	reason     text NOT NULL CHECK (reason IN ('refused', 'bounced', 'soft', 'operator')),
	answer     text NOT NULL DEFAULT '' CHECK (char_length(answer) <= 200),
	created_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON mails, mail_suppressions TO skai_signin;
