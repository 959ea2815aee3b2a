package account_test

import (
	"context"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/account"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is an installation with one contractor, whose mails go into a folder.
type house struct {
	db       *postgres.DB
	people   *identity.Service
	accounts *account.Service
	post     *mail.Post
	folder   string
	titan    dbtest.Contractor
}

func build(t *testing.T) house {
	t.Helper()
	h := house{db: dbtest.New(t), folder: t.TempDir()}
	var err error
	if h.post, err = mail.New(mail.Config{Folder: h.folder, URL: "http://skai.test"}); err != nil {
		t.Fatal(err)
	}
	h.people = identity.New(h.db, orgs.New(h.db))
	h.accounts = account.New(h.db, h.people, h.post)
	h.titan = dbtest.Org(t, h.db, "titan")
	h.titan.As(t, tenant.Owner)
	return h
}

var device = identity.Device{UserAgent: "a browser", Address: netip.MustParseAddr("192.0.2.1")}

func (h house) signIn(t *testing.T, password string) (token string, ctx context.Context) {
	t.Helper()
	token, err := h.people.SignIn(t.Context(), h.titan.Email(tenant.Owner), password, device)
	if err != nil {
		t.Fatal(err)
	}
	return token, h.as(t, token)
}

// as is the context of a session as it is now.
func (h house) as(t *testing.T, token string) context.Context {
	t.Helper()
	session, err := h.people.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return identity.WithSession(t.Context(), session, t.Name())
}

// mails does the jobs and gives the mails there are then, the newest first.
func (h house) mails(t *testing.T) []mail.Kept {
	t.Helper()
	dbtest.Work(t, h.db, func(w *river.Workers) { h.post.Jobs(h.db, w); h.accounts.Jobs(w) })
	list, err := mail.Latest(h.folder, 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var tokenIn = regexp.MustCompile(`http://skai\.test/sign-in/(reset|confirm)\?token=([A-Za-z0-9_-]{43})`)

// link does the jobs, and gives the token in the newest mail with a link for a purpose;
// what else was asked for may have gone out after it.
func (h house) link(t *testing.T, purpose, to string) string {
	t.Helper()
	list := h.mails(t)
	for _, k := range list {
		if m := tokenIn.FindStringSubmatch(k.Text); m != nil && m[1] == purpose && k.To == to {
			return m[2]
		}
	}
	t.Fatalf("no mail with a link to %s went to %s: %+v", purpose, to, list)
	return ""
}

// later makes time go by for the links, and for the queue, which makes one mail of
// the requests of a minute.
func (h house) later(t *testing.T, d time.Duration) {
	t.Helper()
	super := dbtest.Super(t, h.db)
	if _, err := super.Exec(t.Context(), `UPDATE account_links SET expires_at = expires_at - $1::interval`, d); err != nil {
		t.Fatal(err)
	}
	if _, err := super.Exec(t.Context(), `DELETE FROM river.river_job`); err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want a fault of kind %d", what, err, kind)
	}
}

const another = "gutters full of oak leaves"

func TestAPasswordIsResetByAMailedLink(t *testing.T) {
	t.Parallel()
	h := build(t)
	email := h.titan.Email(tenant.Owner)
	session, _ := h.signIn(t, dbtest.Password)
	if err := h.accounts.AskReset(t.Context(), " "+strings.ToUpper(email)+" "); err != nil {
		t.Fatal(err)
	}
	token := h.link(t, "reset", email)
	if text := h.mails(t)[0].Text; !strings.Contains(text, "Titan Roofing") || !strings.Contains(text, "30 minutes") {
		t.Errorf("the mail says %q", text)
	}
	for what, password := range map[string]string{
		"short": "hail", "common": "password1234", "their own": "Owner@Titan.Example", "the organisation's": "Titan-Roofing-2026", "a row": "abcdefghijkl",
	} {
		wantKind(t, what, h.accounts.Reset(t.Context(), token, password), fault.KindInvalid)
	}
	if err := h.accounts.Reset(t.Context(), token, another); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "the link again", h.accounts.Reset(t.Context(), token, "yet another one for it"), fault.KindNotFound)
	if _, err := h.people.Authenticate(t.Context(), session); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a session from before: %v", err)
	}
	if _, err := h.people.SignIn(t.Context(), email, dbtest.Password, device); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("the old password: %v", err)
	}
	h.signIn(t, another)
	if m := h.mails(t)[0]; m.To != email || m.Subject != "Your password was changed" {
		t.Errorf("the person is told by %+v", m)
	}
	var left int
	err := dbtest.Super(t, h.db).QueryRow(t.Context(), `SELECT count(*) FROM river.river_job WHERE args::text LIKE '%' || $1 || '%'`, token).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("the queue keeps the link: %d, %v", left, err)
	}
}

func TestALinkIsGoodForHalfAnHour(t *testing.T) {
	t.Parallel()
	h := build(t)
	email := h.titan.Email(tenant.Owner)
	ask := func() string {
		t.Helper()
		if err := h.accounts.AskReset(t.Context(), email); err != nil {
			t.Fatal(err)
		}
		return h.link(t, "reset", email)
	}
	first := ask()
	h.later(t, 29*time.Minute)
	if err := h.accounts.Reset(t.Context(), first, another); err != nil {
		t.Errorf("after 29 minutes: %v", err)
	}
	second := ask()
	h.later(t, 30*time.Minute)
	wantKind(t, "after 30 minutes", h.accounts.Reset(t.Context(), second, another), fault.KindNotFound)
	third := ask()
	wantKind(t, "a link for something else", confirm(t, h, third), fault.KindNotFound)
	for _, made := range []string{"", "x", strings.Repeat("A", 43), third + "x"} {
		wantKind(t, "a made-up link", h.accounts.Reset(t.Context(), made, another), fault.KindNotFound)
	}
	if _, err := dbtest.Super(t, h.db).Exec(t.Context(), `UPDATE users SET disabled_at = now()`); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "a disabled account", h.accounts.Reset(t.Context(), third, another), fault.KindNotFound)
}

func confirm(t *testing.T, h house, token string) error {
	t.Helper()
	_, err := h.accounts.Confirm(t.Context(), token)
	return err
}

// Whoever asks learns nothing, and the work they can measure is the same: one job.
func TestAskingTellsNothing(t *testing.T) {
	t.Parallel()
	h := build(t)
	known := h.titan.Email(tenant.Owner)
	for _, email := range []string{known, "nobody@titan.example"} {
		dbtest.AtMost(t.Context(), t, 6, func(ctx context.Context) {
			if err := h.accounts.AskReset(ctx, email); err != nil {
				t.Error(err)
			}
		})
	}
	kinds, err := postgres.Values[string](t.Context(), dbtest.Super(t, h.db), `SELECT kind || ' ' || (args ->> 'email') FROM river.river_job ORDER BY id`)
	if err != nil || len(kinds) != 2 || kinds[0] != "account.reset "+known || kinds[1] != "account.reset nobody@titan.example" {
		t.Errorf("asked for %v, %v", kinds, err)
	}
	if list := h.mails(t); len(list) != 1 || list[0].To != known {
		t.Errorf("mails went out: %+v", list)
	}
	wantKind(t, "no address", h.accounts.AskReset(t.Context(), "Pat <pat@titan.example>"), fault.KindInvalid)
	wantKind(t, "a NUL", h.accounts.AskReset(t.Context(), "pat\x00@titan.example"), fault.KindInvalid)
}

// Nobody fills another's mailbox, or voids the link they wait for.
func TestAskingOftenSendsFewMails(t *testing.T) {
	t.Parallel()
	h := build(t)
	email := h.titan.Email(tenant.Owner)
	var first string
	for i := range 8 {
		for range 3 { // in one minute
			if err := h.accounts.AskReset(t.Context(), email); err != nil {
				t.Fatal(err)
			}
		}
		if token := h.link(t, "reset", email); i == 0 {
			first = token
		}
		h.later(t, time.Minute)
	}
	// A minute may have ended among the first three.
	if n := len(h.mails(t)); n != 5 {
		t.Errorf("24 requests in eight minutes sent %d mails, want 5", n)
	}
	if err := h.accounts.Reset(t.Context(), first, another); err != nil {
		t.Errorf("the first link: %v", err)
	}
}

// Guessing at an account can't keep its owner out.
func TestAResetEndsTheWait(t *testing.T) {
	t.Parallel()
	h := build(t)
	email := h.titan.Email(tenant.Owner)
	for range 5 {
		if _, err := h.people.SignIn(t.Context(), email, "a guess at it", device); err == nil {
			t.Fatal("signed in")
		}
	}
	if _, err := dbtest.Super(t, h.db).Exec(t.Context(), `UPDATE sign_in_failures SET failures = 500, last_at = now() WHERE key LIKE 'account:%'`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.people.SignIn(t.Context(), email, dbtest.Password, device); !fault.Is(err, fault.KindLimited) {
		t.Fatalf("after 500 guesses: %v", err)
	}
	if err := h.accounts.AskReset(t.Context(), email); err != nil {
		t.Fatal(err)
	}
	if err := h.accounts.Reset(t.Context(), h.link(t, "reset", email), another); err != nil {
		t.Fatal(err)
	}
	h.signIn(t, another)
}

func TestAnAddressIsConfirmed(t *testing.T) {
	t.Parallel()
	h := build(t)
	const email = "sam@titan.example"
	_, err := h.people.CreateUser(t.Context(), identity.NewUser{Email: email, OrgSlug: h.titan.Slug, Role: tenant.Admin, Password: another})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.accounts.Welcome(t.Context(), email); err != nil {
		t.Fatal(err)
	}
	session, err := h.people.SignIn(t.Context(), email, another, device)
	if err != nil {
		t.Fatal(err)
	}
	ctx := h.as(t, session)
	wantKind(t, "power before it is confirmed", identity.RequireVerified(ctx), fault.KindForbidden)
	first := h.link(t, "confirm", email)
	h.later(t, time.Minute)
	if err := h.accounts.AskVerify(ctx); err != nil {
		t.Fatal(err)
	}
	second := h.link(t, "confirm", email)
	if first == second {
		t.Error("the same link twice")
	}
	wantKind(t, "as a password's link", h.accounts.Reset(t.Context(), second, "yet another one for it"), fault.KindNotFound)
	if got, err := h.accounts.Confirm(t.Context(), first); err != nil || got != email {
		t.Fatalf("confirmed %q, %v", got, err)
	}
	wantKind(t, "the same link again", confirm(t, h, first), fault.KindNotFound)
	ctx = h.as(t, session)
	if err := identity.RequireVerified(ctx); err != nil {
		t.Error(err)
	}
	wantKind(t, "confirmed already", h.accounts.AskVerify(ctx), fault.KindConflict)
	h.later(t, account.VerifyLife)
	wantKind(t, "a link of two days", confirm(t, h, second), fault.KindNotFound)
	wantKind(t, "signed out", h.accounts.AskVerify(t.Context()), fault.KindUnauthenticated)
	wantKind(t, "signed out", h.accounts.ChangeEmail(t.Context(), "x@y.example", "x", device), fault.KindUnauthenticated)
}

func TestTheAddressChangesWhenTheNewOneIsConfirmed(t *testing.T) {
	t.Parallel()
	h := build(t)
	old := h.titan.Email(tenant.Owner)
	const email = "olivia@titan.example"
	session, ctx := h.signIn(t, dbtest.Password)
	wantKind(t, "the same", h.accounts.ChangeEmail(ctx, old, dbtest.Password, device), fault.KindInvalid)
	wantKind(t, "none", h.accounts.ChangeEmail(ctx, "olivia", dbtest.Password, device), fault.KindInvalid)
	wantKind(t, "a wrong password", h.accounts.ChangeEmail(ctx, email, "not this one, no", device), fault.KindInvalid)
	if err := h.accounts.AskReset(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	reset := h.link(t, "reset", old)
	if err := h.accounts.ChangeEmail(ctx, "Olivia@Titan.example", dbtest.Password, device); err != nil {
		t.Fatal(err)
	}
	token := h.link(t, "confirm", email)
	h.signIn(t, dbtest.Password) // with the old one, until then
	if got, err := h.accounts.Confirm(t.Context(), token); err != nil || got != email {
		t.Fatalf("confirmed %q, %v", got, err)
	}
	if s, _ := identity.Current(h.as(t, session)); s.Email != email {
		t.Errorf("the session's person has %s", s.Email)
	}
	if _, err := h.people.SignIn(t.Context(), email, dbtest.Password, device); err != nil {
		t.Error(err)
	}
	if _, err := h.people.SignIn(t.Context(), old, dbtest.Password, device); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("the old address: %v", err)
	}
	wantKind(t, "a link that went to the old address", h.accounts.Reset(t.Context(), reset, another), fault.KindNotFound)
	if m := h.mails(t)[0]; m.To != old || m.Subject != "Your account has another e-mail address" {
		t.Errorf("the old address is told by %+v", m)
	}
}

func TestAnAddressBelongsToOneAccount(t *testing.T) {
	t.Parallel()
	h := build(t)
	h.titan.As(t, tenant.Admin)
	_, ctx := h.signIn(t, dbtest.Password)
	taken := h.titan.Email(tenant.Admin)
	if err := h.accounts.ChangeEmail(ctx, taken, dbtest.Password, device); err != nil {
		t.Errorf("asking tells that the address is taken: %v", err)
	}
	wantKind(t, "another's address", confirm(t, h, h.link(t, "confirm", taken)), fault.KindConflict)
}

func TestAMailThatCannotGoOutLeavesNoLink(t *testing.T) {
	t.Parallel()
	h := build(t)
	nowhere := account.New(h.db, h.people, new(mail.Post))
	if err := nowhere.AskReset(t.Context(), h.titan.Email(tenant.Owner)); err != nil {
		t.Fatal(err)
	}
	dbtest.Work(t, h.db, nowhere.Jobs)
	var links, waiting int
	err := dbtest.Super(t, h.db).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM account_links), (SELECT count(*) FROM river.river_job WHERE state = 'retryable')`).Scan(&links, &waiting)
	if err != nil || links != 0 || waiting != 1 {
		t.Errorf("%d links, %d jobs to be tried again, %v", links, waiting, err)
	}
}
