package mail

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// State is what became of a mail that was asked for.
type State string

// The states.
const (
	Queued     State = "queued"     // is tried next, or again
	Waiting    State = "waiting"    // the day's budget is used up; it goes out tomorrow
	Sending    State = "sending"    // a server has it at this moment, or the program ended then
	Sent       State = "sent"       // a server took it
	Failed     State = "failed"     // it was refused for good, or had all its tries
	Bounced    State = "bounced"    // a server took it and told later that it did not arrive
	Suppressed State = "suppressed" // its address gets no mail
)

// kept is how long the program remembers a mail.
const kept = 30 * 24 * time.Hour

// Entry is a mail that was asked for. It has neither words nor links.
type Entry struct {
	ID        uuid.UUID
	Kind      string
	ForOrg    *uuid.UUID // whose it is; nil is an account's
	Recipient string
	State     State
	Tries     int
	Answer    string // of the server, or of whoever sent it back: codes alone
	CreatedAt time.Time
	SentAt    *time.Time
}

// String is a line for the operator.
func (e Entry) String() string {
	org := "-"
	if e.ForOrg != nil {
		org = e.ForOrg.String()
	}
	return fmt.Sprintf("%s  %-10s  %s  to %s  organisation %s  %d tries  %s", e.CreatedAt.UTC().Format("2006-01-02 15:04:05 UTC"), e.State, e.Kind, e.Recipient, org, e.Tries, e.Answer)
}

// Entries gives the mails asked for last, at most so many.
func Entries(ctx context.Context, db *postgres.DB, most int) ([]Entry, error) {
	return postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) ([]Entry, error) {
		return postgres.Many[Entry](ctx, tx, `
			SELECT id, kind, for_org, recipient, state, tries, answer, created_at, sent_at FROM mails ORDER BY created_at DESC, id LIMIT $1`, most)
	})
}

// Outlook is how the mails are.
type Outlook struct {
	Failing    int // could not be sent within the last hour, for no fault of their address
	Waiting    int // for tomorrow's budget
	Today      int // used of today's budget
	Suppressed int // addresses that get no mail
}

// String is a line for the operator.
func (o Outlook) String() string {
	return fmt.Sprintf("%d mails used today's budget, %d wait for tomorrow, %d could not be sent within the last hour. %d addresses get no mail.", o.Today, o.Waiting, o.Failing, o.Suppressed)
}

// Survey finds it out.
func Survey(ctx context.Context, db *postgres.DB) (Outlook, error) {
	return postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (Outlook, error) {
		return postgres.One[Outlook](ctx, tx, `
			SELECT (SELECT count(*) FROM mails WHERE created_at > now() - interval '2 days' AND tried_at > now() - interval '1 hour'
					AND (state = 'queued' AND tries > 0 OR state = 'failed' AND answer NOT LIKE '5%'))::int AS failing,
				(SELECT count(*) FROM mails WHERE state = 'waiting')::int AS waiting,
				(SELECT count(*) FROM mails WHERE counted_on = (now() AT TIME ZONE 'UTC')::date)::int AS today,
				(SELECT count(*) FROM mail_suppressions)::int AS suppressed`)
	})
}

// prune forgets mails that are old.
func prune(ctx context.Context, db *postgres.DB) error {
	_, err := postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		return postgres.Exec(ctx, tx, `DELETE FROM mails WHERE created_at < now() - $1::interval`, kept)
	})
	return err
}

// Forget forgets the mails to some addresses, whose people are gone, as part of tx.
// That an address gets no mail stays.
func Forget(ctx context.Context, tx pgx.Tx, addresses []string) error {
	return postgres.As(ctx, tx, postgres.SignIn, func() error {
		_, err := postgres.Exec(ctx, tx, `DELETE FROM mails WHERE recipient = ANY ($1)`, addresses)
		return err
	})
}

// Suppression is an address that gets no mail.
type Suppression struct {
	Address   string
	Reason    string // refused, bounced, soft (bounced several times, each for a while), operator
	Answer    string // codes of whoever refused
	CreatedAt time.Time
}

// Suppressions gives all of them, the newest first.
func Suppressions(ctx context.Context, db *postgres.DB) ([]Suppression, error) {
	return postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) ([]Suppression, error) {
		return postgres.Many[Suppression](ctx, tx, `SELECT address, reason, answer, created_at FROM mail_suppressions ORDER BY created_at DESC, address`)
	})
}

// Refusing tells which of some addresses get no mail, and since when.
func Refusing(ctx context.Context, db *postgres.DB, addresses []string) (map[string]time.Time, error) {
	if len(addresses) == 0 {
		return nil, nil
	}
	list, err := postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) ([]Suppression, error) {
		return postgres.Many[Suppression](ctx, tx, `SELECT address, reason, answer, created_at FROM mail_suppressions WHERE address = ANY ($1)`, addresses)
	})
	since := make(map[string]time.Time, len(list))
	for _, s := range list {
		since[s.Address] = s.CreatedAt
	}
	return since, err
}

// Suppress has an address get no mail from now on, by the operator's word. It returns
// fault.Invalid for what is no address.
func Suppress(ctx context.Context, db *postgres.DB, address string) error {
	address, err := tidy(address)
	if err != nil {
		return err
	}
	_, err = postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, suppress(ctx, tx, address, "operator", "")
	})
	return err
}

func suppress(ctx context.Context, tx pgx.Tx, address, reason, answer string) error {
	_, err := postgres.Exec(ctx, tx, `INSERT INTO mail_suppressions (address, reason, answer) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, address, reason, answer)
	return err
}

// Unsuppress lets an address get mail again; what bounced before counts no more. It
// returns fault.NotFound where it does get mail.
func Unsuppress(ctx context.Context, db *postgres.DB, address string) error {
	address, err := tidy(address)
	if err != nil {
		return err
	}
	n, err := postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (int64, error) {
		if _, err := postgres.Exec(ctx, tx, `UPDATE mails SET bounced_at = NULL WHERE recipient = $1`, address); err != nil {
			return 0, err
		}
		return postgres.Exec(ctx, tx, `DELETE FROM mail_suppressions WHERE address = $1`, address)
	})
	if err == nil && n == 0 {
		return fault.NotFound("suppression", "%s is not on the list of addresses that get no mail", address)
	}
	return err
}

func tidy(address string) (string, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	if _, err := parse(address); err != nil {
		return "", fault.Invalid("address", "this is no e-mail address; an example: pat@titanroofing.example")
	}
	return address, nil
}

// counts are what is used of today's budget.
type counts struct {
	All, Org int
	Counted  bool      // the mail itself is among them
	Tomorrow time.Time // when the next day begins
}

// budget tells whether a mail may go out today; without it, in how long. One look
// at a time: two processes would both take what is left.
func (p *Post) budget(ctx context.Context, tx pgx.Tx, id uuid.UUID, a Ask) (wait time.Duration, why string, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('mail.budget'))`); err != nil {
		return 0, "", err
	}
	c, err := postgres.One[counts](ctx, tx, `
		SELECT count(*)::int AS all, (count(*) FILTER (WHERE for_org = $2))::int AS org, coalesce(bool_or(id = $1), false) AS counted,
			((now() AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC' AS tomorrow
		FROM mails WHERE counted_on = (now() AT TIME ZONE 'UTC')::date`, id, a.org())
	if err != nil || c.Counted {
		return 0, "", err
	}
	most, perOrg := cmp.Or(p.perDay, DefaultPerDay), cmp.Or(p.perOrg, DefaultPerOrg)
	if !a.Urgent {
		most -= most / reserve
	}
	switch {
	case c.All >= most:
		why = fmt.Sprintf("the installation's %d mails of today are used up", most)
	case a.Org != uuid.Nil && !a.Urgent && c.Org >= perOrg:
		why = fmt.Sprintf("the organisation's %d mails of today are used up", perOrg)
	default:
		return 0, "", nil
	}
	return time.Until(c.Tomorrow) + time.Second, why, nil
}
