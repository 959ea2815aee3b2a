package identity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	scope, _ := tenant.From(titan.As(t, tenant.Manager))
	people := service(db)
	token, err := people.SignIn(t.Context(), "  "+strings.ToUpper(titan.Email(tenant.Manager))+" ", dbtest.Password, from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := people.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if s.OrgID != titan.ID || s.OrgSlug != titan.Slug || s.PersonID != scope.ActorID || s.Role != tenant.Manager || s.Name != "Manager" ||
		s.Email != titan.Email(tenant.Manager) || s.TimeZone != "America/Phoenix" || len(s.Orgs) != 1 {
		t.Errorf("got %+v", s)
	}
	got, err := tenant.Must(identity.WithSession(t.Context(), s, "r1"))
	want := tenant.Scope{OrgID: titan.ID, ActorID: scope.ActorID, ActorName: "Manager", Role: tenant.Manager, RequestID: "r1", SessionID: s.ID}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("the scope is %+v, %v", got, err)
	}
	another, err := people.SignIn(t.Context(), titan.Email(tenant.Manager), dbtest.Password, from("192.0.2.1"))
	if err != nil || another == token {
		t.Errorf("a second sign-in: the same token %v, %v", another == token, err)
	}
}

func TestAWrongAddressAndAWrongPasswordLookTheSame(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	titan.As(t, tenant.Viewer)
	super(t, db, `UPDATE users SET disabled_at = now() WHERE email = $1`, titan.Email(tenant.Viewer))
	people := service(db)
	words := map[string]bool{}
	took := map[string]time.Duration{}
	for _, email := range []string{titan.Email(tenant.Owner), "nobody@titan.example", titan.Email(tenant.Viewer), "", "a' OR 1=1 --", "no\x00body"} {
		password := "not the right password"
		if email == titan.Email(tenant.Viewer) {
			password = dbtest.Password // right, but disabled
		}
		for range 4 {
			start := time.Now()
			_, err := people.SignIn(t.Context(), email, password, from("192.0.2.2"))
			wantKind(t, email, err, fault.KindUnauthenticated)
			words[fmt.Sprint(err)] = true
			if d := time.Since(start); took[email] == 0 || d < took[email] {
				took[email] = d
			}
		}
	}
	if len(words) != 1 {
		t.Errorf("the refusals differ: %v", words)
	}
	known, unknown := took[titan.Email(tenant.Owner)], took["nobody@titan.example"]
	if ratio := float64(known) / float64(unknown); ratio < 0.25 || ratio > 4 {
		t.Errorf("the refusals' time tells: %v for a known address, %v for an unknown one", known, unknown)
	}
}

func TestGuessingSlowsDown(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	people, email := service(db), titan.Email(tenant.Owner)
	for i := range 5 {
		_, err := people.SignIn(t.Context(), email, "wrong", from("192.0.2.3"))
		wantKind(t, fmt.Sprintf("wrong password %d", i+1), err, fault.KindUnauthenticated)
	}
	hold(t, db)
	_, err := people.SignIn(t.Context(), email, dbtest.Password, from("192.0.2.3"))
	wantKind(t, "the right password after five wrong ones", err, fault.KindLimited)
	_, err = people.SignIn(t.Context(), email, dbtest.Password, from("198.51.100.3"))
	wantKind(t, "from another address", err, fault.KindLimited)
	super(t, db, `UPDATE sign_in_failures SET last_at = last_at - interval '62 seconds'`)
	if _, err := people.SignIn(t.Context(), email, dbtest.Password, from("192.0.2.3")); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	for range 5 {
		_, err := people.SignIn(t.Context(), email, "wrong", from("192.0.2.3"))
		wantKind(t, "after a sign-in the count begins anew", err, fault.KindUnauthenticated)
	}
}

func TestTheWaitDoublesAndIsBounded(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	people, email := service(db), titan.Email(tenant.Owner)
	if _, err := people.SignIn(t.Context(), email, "wrong", from("192.0.2.4")); err == nil {
		t.Fatal("signed in")
	}
	for failures, want := range map[int]time.Duration{10: 32 * time.Second, 12: 128 * time.Second, 14: 512 * time.Second, 15: 15 * time.Minute, 1000: 15 * time.Minute} {
		super(t, db, `UPDATE sign_in_failures SET failures = $1, last_at = now() WHERE key LIKE 'account:%'`, failures)
		_, err := people.SignIn(t.Context(), email, dbtest.Password, from("192.0.2.4"))
		wantKind(t, fmt.Sprint(failures), err, fault.KindLimited)
		_, words, _ := strings.Cut(fmt.Sprint(err), "try again in ")
		// A busy machine takes some of the wait to come here.
		if wait, err := time.ParseDuration(words); err != nil || wait > want || wait < want-15*time.Second {
			t.Errorf("after %d failures the wait is %v, %v; want %v", failures, wait, err, want)
		}
	}
	super(t, db, `UPDATE sign_in_failures SET failures = 1000, last_at = now() - interval '25 hours' WHERE key LIKE 'account:%'`)
	if _, err := people.SignIn(t.Context(), email, "wrong", from("192.0.2.4")); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a day later: %v", err)
	}
}

// A whole office shares an address: some of its people mistype every day.
func TestAnAddressMayFailMoreThanAnAccount(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	people := service(db)
	for i := range 20 {
		_, err := people.SignIn(t.Context(), fmt.Sprintf("person%d@titan.example", i), "wrong", from("192.0.2.5"))
		wantKind(t, "a colleague's wrong password", err, fault.KindUnauthenticated)
	}
	if _, err := people.SignIn(t.Context(), titan.Email(tenant.Owner), dbtest.Password, from("192.0.2.5")); err != nil {
		t.Errorf("the owner, at the same address: %v", err)
	}
	var minutes float64
	if err := dbtest.Super(t, db).QueryRow(t.Context(), `SELECT extract(epoch FROM last_at - now())::float8 / 60 FROM sign_in_failures WHERE key LIKE 'address:%'`).Scan(&minutes); err != nil ||
		minutes < 15 || minutes > 20 { // a busy machine takes some of them to come here
		t.Errorf("20 wrong passwords and a right one count as %.1f minutes, %v; want 20", minutes, err)
	}
	super(t, db, `UPDATE sign_in_failures SET last_at = now() + interval '100 minutes 30 seconds' WHERE key LIKE 'address:%'`)
	_, err := people.SignIn(t.Context(), "one.more@titan.example", "wrong", from("192.0.2.5"))
	wantKind(t, "one password tried on a hundred accounts", err, fault.KindLimited)
	if _, err := people.SignIn(t.Context(), titan.Email(tenant.Owner), dbtest.Password, from("192.0.2.6")); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	super(t, db, `UPDATE sign_in_failures SET last_at = last_at - interval '1 minute' WHERE key LIKE 'address:%'`)
	if _, err := people.SignIn(t.Context(), titan.Email(tenant.Owner), dbtest.Password, from("192.0.2.5")); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestManyGuessesAtOnceGetNoFurther(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	people := service(db)
	guess := func() bool {
		_, err := people.SignIn(t.Context(), titan.Email(tenant.Owner), "wrong", from("192.0.2.7"))
		return fault.Is(err, fault.KindUnauthenticated)
	}
	guess()
	// One guess is due now, and then none for a quarter of an hour.
	super(t, db, `UPDATE sign_in_failures SET failures = 100, last_at = now() - interval '16 minutes' WHERE key LIKE 'account:%'`)
	var looked atomic.Int64
	var guesses sync.WaitGroup
	for range 30 {
		guesses.Go(func() {
			if guess() {
				looked.Add(1)
			}
		})
	}
	guesses.Wait()
	if n := looked.Load(); n != 1 {
		t.Errorf("%d of 30 guesses sent at once were looked at; 1 was due", n)
	}
}

func TestASignInThatIsGivenUpEnds(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := service(db).SignIn(ctx, "nobody@titan.example", "wrong", from("192.0.2.8")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestWithoutAnOrganisationThereIsNoSignIn(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Member)
	super(t, db, `UPDATE people SET active = false WHERE email = $1`, titan.Email(tenant.Member))
	_, err := service(db).SignIn(t.Context(), titan.Email(tenant.Member), dbtest.Password, from("192.0.2.9"))
	wantKind(t, "a person who left", err, fault.KindForbidden)
}

// A hash that was made with weaker parameters still opens the door, once.
func TestAnOldHashIsRenewed(t *testing.T) {
	t.Parallel()
	db := dbtest.Shared(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	const oldHash = "$argon2id$v=19$m=8192,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$oThwnBEALLn3yYBfkDHTGOCFFmM4gqCj3h/6ftECPpc" // of "an older password"
	super(t, db, `UPDATE users SET password_hash = $2 WHERE email = $1`, titan.Email(tenant.Owner), oldHash)
	people := service(db)
	if _, err := people.SignIn(t.Context(), titan.Email(tenant.Owner), "not the password", from("192.0.2.10")); !fault.Is(err, fault.KindUnauthenticated) {
		t.Errorf("a wrong password: %v", err)
	}
	for range 2 {
		if _, err := people.SignIn(t.Context(), titan.Email(tenant.Owner), "an older password", from("192.0.2.10")); err != nil {
			t.Error(err)
		}
	}
	var hash string
	err := dbtest.Super(t, db).QueryRow(t.Context(), `SELECT password_hash FROM users WHERE email = $1`, titan.Email(tenant.Owner)).Scan(&hash)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %q, %v", hash, err)
	}
	super(t, db, `UPDATE users SET password_hash = '$2y$10$nonsense' WHERE email = $1`, titan.Email(tenant.Owner))
	if _, err := people.SignIn(t.Context(), titan.Email(tenant.Owner), "an older password", from("192.0.2.10")); err == nil || fault.As(err) != nil {
		t.Errorf("an unknown kind of hash: %v; want an internal error", err)
	}
}

func TestTheTrailHasSignInsAndFailures(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	titan.As(t, tenant.Owner)
	people := service(db)
	email := titan.Email(tenant.Owner)
	ctx := tenant.WithRequest(t.Context(), tenant.Request{ID: "r", Route: "POST /sign-in", Address: "192.0.2.7", Device: "curl"})
	for address, password := range map[string]string{email: "wrong", "nobody@example.com": "wrong"} {
		if _, err := people.SignIn(ctx, address, password, identity.Device{}); err == nil {
			t.Fatal("let in")
		}
	}
	token, err := people.SignIn(ctx, email, dbtest.Password, identity.Device{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.SignOut(ctx, token); err != nil {
		t.Fatal(err)
	}
	got, err := postgres.Values[string](t.Context(), dbtest.Super(t, db), `
		SELECT concat_ws(' ', CASE WHEN org_id = $1 THEN 'titan' ELSE 'nobody' END, actor, action, address) FROM audit_events WHERE request_id = 'r' ORDER BY org_id, number`, titan.ID)
	want := []string{"nobody Somebody session.failed 192.0.2.7", "titan Owner session.failed 192.0.2.7", "titan Owner session.opened 192.0.2.7", "titan Owner session.ended 192.0.2.7"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
