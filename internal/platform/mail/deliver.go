package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// What one day may see, in UTC, unless Config says otherwise. A tenth of the
// installation's is kept for what people wait for to get in.
const (
	DefaultPerDay = 2000
	DefaultPerOrg = 500
	reserve       = 10
	mostPerDay    = 10_000_000
)

// Try is one of the tries of a job that sends a mail.
type Try struct {
	Key  string // the same for each try of the mail, and for no other mail
	Last bool   // no other one follows
}

// TryOf is a job's.
func TryOf(j *rivertype.JobRow) Try {
	return Try{Key: fmt.Sprintf("%s:%d", j.Kind, j.ID), Last: j.Attempt >= j.MaxAttempts}
}

// Ask says what a mail is, before its letter is written.
type Ask struct {
	Try

	Kind   string    // what it is about: "people.invite"
	To     string    // one address
	Org    uuid.UUID // whose it is and whose budget it uses; zero is an account's
	Urgent bool      // somebody needs it to get in: it may use what is kept back of the budget
	Anew   bool      // each try writes another letter, with another link
}

func (a Ask) org() *uuid.UUID {
	if a.Org == uuid.Nil {
		return nil
	}
	return &a.Org
}

// ErrVoid is returned by what writes a letter that nobody wants any more: an
// invitation that was revoked. It is forgotten, and no error.
var ErrVoid = errors.New("mail: the letter is not wanted any more")

// Deliver sends the mail that was asked for, as a try of the caller's job, which
// returns its error. The letter is written only where it may go out: where its
// address gets mail, the day's budget has room, and it was not sent already.
//
// That a mail goes out once can't be had with SMTP: a server that took it and whose
// answer is lost, or that took it a moment before this program was killed, looks like
// one that did not. Then it goes out once more, under the same Message-ID, by which
// programs that read mail tell that it is the same; a letter that was written anew
// has another, since who drops it as the same would keep a link that is void.
func (p *Post) Deliver(ctx context.Context, db *postgres.DB, a Ask, letter func(context.Context) (Letter, error)) error {
	t, err := p.begin(ctx, db, a)
	switch {
	case err != nil:
		return err
	case t.done:
		return nil
	case t.refused:
		return river.JobCancel(errSuppressed)
	case t.wait > 0:
		return river.JobSnooze(t.wait)
	}
	l, err := letter(ctx)
	if errors.Is(err, ErrVoid) {
		return p.finish(ctx, db, t, a, err)
	}
	if err == nil {
		l.To = a.To
		err = p.send(ctx, l, t.messageID(a.Anew))
	}
	return errors.Join(Outcome(err), p.finish(ctx, db, t, a, err))
}

var errSuppressed = final{errors.New("mail: its address refuses mails, so it was not tried; skai mail suppressed list says since when")}

// ticket is what lets a mail go out.
type ticket struct {
	id      uuid.UUID
	tries   int
	done    bool // it was sent already
	refused bool // its address gets no mail
	wait    time.Duration
}

// messageID is what stands before the @ of the Message-ID.
func (t ticket) messageID(anew bool) string {
	if anew {
		return fmt.Sprintf("%s.%d", t.id, t.tries)
	}
	return t.id.String()
}

// note writes down that a mail was asked for, and tells whether it was not yet.
func note(ctx context.Context, tx pgx.Tx, a Ask) (bool, error) {
	n, err := postgres.Exec(ctx, tx, `
		INSERT INTO mails (id, key, kind, for_org, recipient, urgent) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key) DO NOTHING`,
		uuid.New(), a.Key, a.Kind, a.org(), strings.ToLower(a.To), a.Urgent)
	return n == 1, err
}

func (p *Post) begin(ctx context.Context, db *postgres.DB, a Ask) (ticket, error) {
	return postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (ticket, error) {
		if _, err := note(ctx, tx, a); err != nil {
			return ticket{}, err
		}
		type row struct {
			ID      uuid.UUID
			State   State
			Tries   int
			Refused bool
		}
		m, err := postgres.One[row](ctx, tx, `
			SELECT id, state, tries, EXISTS (SELECT FROM mail_suppressions s WHERE s.address = m.recipient) AS refused FROM mails m WHERE key = $1 FOR UPDATE`, a.Key)
		t := ticket{id: m.ID, tries: m.Tries + 1, done: m.State == Sent || m.State == Bounced, refused: m.Refused}
		if err != nil || t.done {
			return t, err
		}
		if t.refused {
			_, err := postgres.Exec(ctx, tx, `UPDATE mails SET state = 'suppressed' WHERE id = $1`, t.id)
			return t, err
		}
		var why string
		if t.wait, why, err = p.budget(ctx, tx, t.id, a); err != nil {
			return t, err
		}
		if t.wait > 0 {
			_, err = postgres.Exec(ctx, tx, `UPDATE mails SET state = 'waiting', answer = $2 WHERE id = $1`, t.id, why)
			return t, err
		}
		_, err = postgres.Exec(ctx, tx, `
			UPDATE mails SET state = 'sending', tries = tries + 1, tried_at = now(), counted_on = (now() AT TIME ZONE 'UTC')::date WHERE id = $1`, t.id)
		return t, err
	})
}

// finish writes down how a try ended. It does so also where the program is told to
// stop meanwhile. What bounced before the server had answered stays bounced.
func (p *Post) finish(ctx context.Context, db *postgres.DB, t ticket, a Ask, sent error) error {
	state, answer := Sent, "250"
	switch {
	case sent == nil:
	case IsFinal(sent), a.Last:
		state, answer = Failed, answerOf(sent)
	default:
		state, answer = Queued, answerOf(sent)
	}
	_, err := postgres.System(context.WithoutCancel(ctx), db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		if errors.Is(sent, ErrVoid) {
			_, err := postgres.Exec(ctx, tx, `DELETE FROM mails WHERE id = $1`, t.id)
			return struct{}{}, err
		}
		if isOfAddress(sent) {
			if err := suppress(ctx, tx, strings.ToLower(a.To), "refused", answer); err != nil {
				return struct{}{}, err
			}
		}
		_, err := postgres.Exec(ctx, tx, `
			UPDATE mails SET state = $2, answer = $3, sent_at = CASE WHEN $2 = 'sent' THEN now() END WHERE id = $1 AND state = 'sending'`, t.id, state, answer)
		return struct{}{}, err
	})
	return err
}
