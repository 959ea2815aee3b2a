package mail_test

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// office is a post on a database, with a server that takes its mails.
type office struct {
	*mail.Post

	db     *postgres.DB
	server *smtpServer
	titan  dbtest.Contractor
}

func newOffice(t *testing.T, c mail.Config) *office {
	t.Helper()
	s, _ := startSMTP(t, false)
	c.SMTP, c.From = "smtp://"+s.address+"?tls=off", "skai@titan.example"
	o := &office{Post: post(t, c), db: dbtest.New(t), server: s}
	o.titan = dbtest.Org(t, o.db, "titan")
	return o
}

// write asks for letters as the organisation's owner would.
func (o *office) write(t *testing.T, letters ...mail.Letter) {
	t.Helper()
	for _, l := range letters {
		if err := postgres.Do(o.titan.As(t, tenant.Owner), o.db, func(ctx context.Context, tx pgx.Tx) error { return o.Write(ctx, tx, l) }); err != nil {
			t.Fatal(err)
		}
	}
}

func (o *office) work(t *testing.T) {
	t.Helper()
	dbtest.Work(t, o.db, func(w *river.Workers) { o.Jobs(o.db, w) })
}

// later has what waits for a time be done now.
func (o *office) later(t *testing.T) {
	t.Helper()
	o.super(t, `UPDATE river.river_job SET state = 'available', scheduled_at = now() WHERE state IN ('retryable', 'scheduled')`)
	o.work(t)
}

func (o *office) super(t *testing.T, sql string) {
	t.Helper()
	if _, err := dbtest.Super(t, o.db).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// states are what became of the mails, the first asked for first.
func (o *office) states(t *testing.T) string {
	t.Helper()
	list, err := mail.Entries(t.Context(), o.db, 100)
	if err != nil {
		t.Fatal(err)
	}
	words := make([]string, len(list))
	for i, e := range list {
		words[len(list)-1-i] = fmt.Sprintf("%s %d %s", e.State, e.Tries, e.Answer)
	}
	return strings.Join(words, ", ")
}

func (o *office) want(t *testing.T, states string) {
	t.Helper()
	if got := o.states(t); got != states {
		t.Errorf("the mails are %q, want %q", got, states)
	}
}

func (o *office) survey(t *testing.T) mail.Outlook {
	t.Helper()
	s, err := mail.Survey(t.Context(), o.db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func messageID(t *testing.T, m received) string {
	t.Helper()
	h, err := netmail.ReadMessage(strings.NewReader(m.data))
	if err != nil {
		t.Fatal(err)
	}
	return h.Header.Get("Message-Id")
}

func TestTheSameAskIsSentOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	l := letter
	l.Key, l.Kind, l.Org = "alert:7", "alert", o.titan.ID
	o.write(t, l, l)
	o.work(t)
	o.write(t, l)
	o.work(t)
	o.server.got(t, 1)
	o.want(t, "sent 1 250")
	l.Key = "alert:8"
	o.write(t, l, letter, letter) // without a key each is one of its own
	o.work(t)
	o.server.got(t, 4)
	list, err := queue.List(t.Context(), o.db, "completed", 10)
	if err != nil || list[len(list)-1].Org.UUID != o.titan.ID || list[0].Org.UUID != o.titan.ID { // who asked for it
		t.Errorf("%+v, %v", list, err)
	}
}

// The server took the mail and its answer was lost: it goes out again, and a program
// that reads mail can tell that it is the same.
func TestALostAnswerSendsOnceMoreUnderTheSameID(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	o.server.cut = true
	o.write(t, letter)
	o.work(t) // River tries again after a second
	m := o.server.got(t, 2)
	if a, b := messageID(t, m[0]), messageID(t, m[1]); a != b || !strings.HasSuffix(a, "@titan.example>") {
		t.Errorf("the mails are %s and %s", a, b)
	}
	o.want(t, "sent 2 250")
	if s := o.survey(t); s.Failing != 0 || s.Today != 1 {
		t.Errorf("%+v", s)
	}
}

// The program is killed after the server took the mail and before it could note that.
func TestAKilledProgramSendsOnceMore(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	o.write(t, letter)
	o.work(t)
	o.super(t, `UPDATE mails SET state = 'sending', sent_at = NULL`)
	o.super(t, `UPDATE river.river_job SET state = 'retryable', finalized_at = NULL`) // what River does to a job whose process is gone
	o.later(t)
	m := o.server.got(t, 2)
	if messageID(t, m[0]) != messageID(t, m[1]) {
		t.Error("it went out as another mail")
	}
	// Killed after it was noted: nothing goes out.
	o.super(t, `UPDATE river.river_job SET state = 'retryable', finalized_at = NULL`)
	o.later(t)
	o.server.got(t, 2)
	o.want(t, "sent 2 250")
}

// A letter that is written anew for each try says so, or its reader would keep the
// link that is void.
func TestALetterWrittenAnewHasAnotherID(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	ask, written := mail.Ask{Try: mail.Try{Key: "a"}, Kind: "people.invite", To: "pat@titan.example", Anew: true}, 0
	try := func() error {
		return o.Deliver(t.Context(), o.db, ask, func(context.Context) (mail.Letter, error) { written++; return letter, nil })
	}
	o.server.cut = true
	if err := try(); err == nil {
		t.Error("a lost answer is no error")
	}
	if err := errors.Join(try(), try()); err != nil {
		t.Fatal(err)
	}
	m := o.server.got(t, 2)
	if messageID(t, m[0]) == messageID(t, m[1]) || written != 2 {
		t.Errorf("%s, written %d times", messageID(t, m[1]), written)
	}
	// What nobody wants any more is forgotten.
	ask.Key = "b"
	if err := o.Deliver(t.Context(), o.db, ask, func(context.Context) (mail.Letter, error) { return mail.Letter{}, mail.ErrVoid }); err != nil {
		t.Fatal(err)
	}
	o.want(t, "sent 2 250")
	// The last try fails for good.
	ask.Key, ask.Last = "c", true
	o.server.answer("451 4.3.0 later")
	if err := try(); err == nil {
		t.Error("a server that is not ready is no error")
	}
	o.want(t, "sent 2 250, failed 1 451 4.3.0")
}

func TestAServerThatIsBusyGetsTheMailLater(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	o.server.answer("421 4.3.2 pat@titan.example: too busy")
	o.write(t, letter)
	o.work(t)
	o.want(t, "queued 2 421 4.3.2") // the second time after a second, the third after 16
	if s := o.survey(t); s.Failing != 1 || s.Today != 1 {
		t.Errorf("%+v", s)
	}
	o.server.answer("")
	o.later(t)
	o.server.got(t, 1)
	o.want(t, "sent 3 250")
	if s := o.survey(t); s.Failing != 0 || s.Today != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAnAddressThatRefusesGetsNoMoreMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	o.server.answer("550 5.1.1 no pat@titan.example here")
	upper := letter
	upper.To = "Pat@Titan.example"
	o.write(t, upper)
	o.work(t)
	o.want(t, "failed 1 550 5.1.1")
	sessions := o.server.sessions.Load()
	o.server.answer("")
	o.write(t, letter)
	o.work(t)
	o.server.got(t, 0)
	if o.server.sessions.Load() != sessions {
		t.Error("the server was asked about an address that refuses")
	}
	o.want(t, "failed 1 550 5.1.1, suppressed 0 ")
	list, err := mail.Suppressions(t.Context(), o.db)
	if err != nil || len(list) != 1 || list[0].Address != "pat@titan.example" || list[0].Reason != "refused" || list[0].Answer != "550 5.1.1" {
		t.Errorf("%+v, %v", list, err)
	}
	if since, err := mail.Refusing(t.Context(), o.db, []string{"pat@titan.example", "sam@titan.example"}); err != nil || len(since) != 1 || since["pat@titan.example"].IsZero() {
		t.Errorf("%v, %v", since, err)
	}
	if s := o.survey(t); s.Failing != 0 || s.Suppressed != 1 {
		t.Errorf("a bad address is the program's fault: %+v", s)
	}
	if err := mail.Unsuppress(t.Context(), o.db, " PAT@titan.example"); err != nil {
		t.Fatal(err)
	}
	if err := mail.Unsuppress(t.Context(), o.db, "pat@titan.example"); !fault.Is(err, fault.KindNotFound) {
		t.Errorf("taken off twice: %v", err)
	}
	o.write(t, letter)
	o.work(t)
	o.server.got(t, 1)
	for range 2 {
		if err := mail.Suppress(t.Context(), o.db, "Pat@titan.example"); err != nil {
			t.Fatal(err)
		}
	}
	if err := mail.Suppress(t.Context(), o.db, "pat"); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("no address: %v", err)
	}
}

// A relay that is closed to us, or a mailbox that is full, says nothing of the address.
func TestARefusalOfTheSenderSuppressesNobody(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	for _, answer := range []string{"554 5.7.1 relay access denied", "552 5.2.2 mailbox full"} {
		o.server.answer(answer)
		o.write(t, letter)
		o.work(t)
	}
	o.want(t, "failed 1 554 5.7.1, failed 1 552 5.2.2")
	if list, err := mail.Suppressions(t.Context(), o.db); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestWhatExceedsTheBudgetGoesOutTomorrow(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{PerDay: 10, PerOrg: 4})
	other := dbtest.Org(t, o.db, "prowest")
	mine, theirs, urgent := letter, letter, letter
	mine.Org, theirs.Org, urgent.Urgent = o.titan.ID, other.ID, true
	o.write(t, mine, mine, mine, mine)
	o.work(t)
	o.server.got(t, 4)
	o.write(t, mine) // the organisation's are used up
	o.work(t)
	o.server.got(t, 4)
	o.write(t, theirs, letter, letter, letter, letter)
	o.work(t)
	o.server.got(t, 9)
	o.write(t, letter) // the last one is kept back for whoever needs to get in
	o.work(t)
	o.server.got(t, 9)
	if s := o.survey(t); s.Waiting != 2 || s.Today != 9 || s.Failing != 0 {
		t.Errorf("%+v", s)
	}
	o.write(t, urgent)
	o.work(t)
	o.server.got(t, 10)
	o.write(t, urgent) // and has an end as well
	o.work(t)
	o.server.got(t, 10)
	if got := o.states(t); !strings.Contains(got, "waiting 0 the organisation's 4 mails of today are used up") || !strings.Contains(got, "waiting 0 the installation's 10 mails") {
		t.Errorf("the mails are %s", got)
	}
	// Sooner than tomorrow it still waits, and no try is used up.
	o.later(t)
	o.server.got(t, 10)
	list, err := queue.List(t.Context(), o.db, "scheduled", 10)
	if err != nil || len(list) != 3 || list[0].Tries != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	o.super(t, `UPDATE mails SET counted_on = counted_on - 1`)
	o.later(t)
	o.server.got(t, 13)
	if s := o.survey(t); s.Waiting != 0 || s.Today != 3 {
		t.Errorf("the next day: %+v", s)
	}
}

func TestOldMailsAreForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t, mail.Config{})
	gone := letter
	gone.To = "gone@titan.example"
	o.write(t, letter, gone, letter)
	o.work(t)
	o.super(t, `UPDATE mails SET created_at = now() - interval '31 days' WHERE id = (SELECT id FROM mails WHERE recipient = 'pat@titan.example' LIMIT 1)`)
	_, err := postgres.System(t.Context(), o.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		return struct{}{}, errors.Join(mail.Forget(ctx, tx, []string{"gone@titan.example"}), o.AskPrune(ctx, tx))
	})
	if err != nil {
		t.Fatal(err)
	}
	o.work(t)
	o.want(t, "sent 1 250")
}
