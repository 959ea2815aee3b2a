package factors_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/factors"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/sms"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is the rooms a test needs, and a contractor.
type house struct {
	db      *postgres.DB
	people  *identity.Service
	factors *factors.Service
	titan   dbtest.Contractor
	outbox  string // where text messages stand
}

func newHouse(t *testing.T) house {
	t.Helper()
	db := dbtest.Shared(t)
	o := orgs.New(db)
	people := identity.New(db, o)
	outbox := t.TempDir()
	messages, err := sms.New(sms.Config{Folder: outbox})
	if err != nil {
		t.Fatal(err)
	}
	return house{db, people, factors.New(db, o, people, dbtest.Vault(t, db), messages), dbtest.Org(t, db, "titan"), outbox}
}

// signIn gives the token of a session that the person of a role opened by password.
func (h house) signIn(t *testing.T, role tenant.Role, d identity.Device) string {
	t.Helper()
	h.titan.As(t, role)
	token, err := h.people.SignIn(t.Context(), h.titan.Email(role), dbtest.Password, d)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// inside gives the context of a whole session.
func (h house) inside(t *testing.T, token string) context.Context {
	t.Helper()
	session, err := h.people.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return identity.WithSession(t.Context(), session, t.Name())
}

// half gives a half-open session.
func (h house) half(t *testing.T, token string) identity.Half {
	t.Helper()
	half, err := h.people.Half(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return half
}

func (h house) super(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := dbtest.Super(t, h.db).Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// equip gives the person of a session a passkey, as a ceremony in a browser would
// (internal/app shows one), and ten codes.
func (h house) equip(t *testing.T, ctx context.Context) (passkey uuid.UUID, codes []string) {
	t.Helper()
	me, _ := identity.Current(ctx)
	passkey = uuid.New()
	h.super(t, `INSERT INTO user_factors (id, user_id, kind, name, credential_id, credential, host, confirmed_at) VALUES ($1, $2, 'passkey', 'Phone', $3, '{}', 'localhost', now())`,
		passkey, me.UserID, passkey[:])
	codes, err := h.factors.NewCodes(ctx)
	if err != nil || len(codes) != factors.Codes {
		t.Fatal(codes, err)
	}
	return passkey, codes
}

func request(t *testing.T) *http.Request {
	t.Helper()
	return httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", nil)
}

func wantKind(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestAHalfOpenSessionOpensNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.signIn(t, tenant.Owner, identity.Device{})
	_, err := h.people.Half(t.Context(), first)
	wantKind(t, "a whole session is no half one", err, fault.KindUnauthenticated)
	_, codes := h.equip(t, h.inside(t, first))
	if _, err := h.people.Authenticate(t.Context(), first); err != nil {
		t.Errorf("the session that was there before: %v", err)
	}
	token := h.signIn(t, tenant.Owner, identity.Device{})
	_, err = h.people.Authenticate(t.Context(), token)
	wantKind(t, "by the password alone", err, fault.KindUnauthenticated)
	half := h.half(t, token)
	if half.Enrol {
		t.Error("somebody with a factor is asked to set one up")
	}
	_, err = h.factors.Enrol(t.Context(), request(t), half, uuid.New(), "", "{}")
	wantKind(t, "another factor instead of the one there is", err, fault.KindConflict)
	if _, err := h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: " " + strings.ToUpper(codes[3]) + " "}); err != nil {
		t.Fatalf("a backup code: %v", err)
	}
	session, err := h.people.Authenticate(t.Context(), token)
	if err != nil || time.Since(session.FreshAt) > time.Minute {
		t.Errorf("with the code: %v, fresh at %v", err, session.FreshAt)
	}
	again := h.half(t, h.signIn(t, tenant.Owner, identity.Device{}))
	_, err = h.factors.Pass(t.Context(), request(t), again, factors.Shown{Code: codes[3]})
	wantKind(t, "the same code again", err, fault.KindInvalid)
}

func TestSomebodyElsesFactorIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	owner, member := h.inside(t, h.signIn(t, tenant.Owner, identity.Device{})), h.inside(t, h.signIn(t, tenant.Member, identity.Device{}))
	passkey, codes := h.equip(t, owner)
	h.equip(t, member)
	half := h.half(t, h.signIn(t, tenant.Member, identity.Device{}))
	_, err := h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: codes[0]})
	wantKind(t, "another account's code", err, fault.KindInvalid)
	wantKind(t, "removing another account's passkey", h.factors.Remove(member, passkey), fault.KindNotFound)
	asked, err := h.factors.AskPasskey(t.Context(), request(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.factors.Pass(t.Context(), request(t), half, factors.Shown{Challenge: asked.ID, Answer: `{}`})
	wantKind(t, "an answer to a challenge for nobody", err, fault.KindConflict)
	_, err = h.factors.SignInWith(t.Context(), request(t), "/dashboard", asked.ID, `{"id":"x"}`)
	wantKind(t, "an answer that is none", err, fault.KindInvalid)
	_, err = h.factors.SignInWith(t.Context(), request(t), "/dashboard", asked.ID, `{"id":"x"}`)
	wantKind(t, "a second answer to one challenge", err, fault.KindInvalid) // the first one was undone with its transaction
}

func TestGuessingCodesSlowsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, codes := h.equip(t, h.inside(t, h.signIn(t, tenant.Admin, identity.Device{})))
	half := h.half(t, h.signIn(t, tenant.Admin, identity.Device{}))
	var err error
	for range 6 {
		if _, err = h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: "aaaaa-aaaaa"}); !fault.Is(err, fault.KindInvalid) {
			break
		}
	}
	wantKind(t, "the sixth wrong code", err, fault.KindLimited)
	_, err = h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: codes[0]})
	wantKind(t, "a right one too soon after", err, fault.KindLimited)
}

func TestATrustedDeviceIsNotAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, codes := h.equip(t, h.inside(t, h.signIn(t, tenant.Owner, identity.Device{})))
	half := h.half(t, h.signIn(t, tenant.Owner, identity.Device{}))
	trusted, err := h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: codes[0], Trust: true})
	if err != nil || trusted == "" {
		t.Fatal(trusted, err)
	}
	device := identity.Device{Trusted: trusted}
	ctx := h.inside(t, h.signIn(t, tenant.Owner, device)) // whole at once
	o, err := h.factors.Overview(ctx)
	if err != nil || len(o.Devices) != 1 || o.CodesLeft != factors.Codes-1 || len(o.Factors) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
	h.equip(t, h.inside(t, h.signIn(t, tenant.Member, identity.Device{})))
	if _, err := h.people.Half(t.Context(), h.signIn(t, tenant.Member, device)); err != nil {
		t.Errorf("the device of somebody else is trusted: %v", err)
	}
	if n, err := h.factors.Distrust(ctx); err != nil || n != 1 {
		t.Error(n, err)
	}
	if _, err := h.people.Half(t.Context(), h.signIn(t, tenant.Owner, device)); err != nil {
		t.Errorf("the device is trusted still: %v", err)
	}
}

func TestWhatIsDangerousNeedsAFreshSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.signIn(t, tenant.Owner, identity.Device{})
	passkey, _ := h.equip(t, h.inside(t, token))
	h.super(t, `UPDATE sessions SET fresh_at = now() - interval '16 minutes' WHERE person_id = (SELECT id FROM people WHERE email = $1)`, h.titan.Email(tenant.Owner))
	stale := h.inside(t, token)
	for what, err := range map[string]error{
		"removing a factor": h.factors.Remove(stale, passkey),
		"new codes":         second(h.factors.NewCodes(stale)),
		"a policy":          h.factors.SetPolicy(stale, []string{"viewer"}, 3),
	} {
		if refused := fault.As(err); refused == nil || refused.Code != "fresh" {
			t.Errorf("%s: %v", what, err)
		}
	}
	wantKind(t, "a wrong password", h.people.Confirm(stale, "not this one", identity.Device{}), fault.KindInvalid)
	if err := h.people.Confirm(stale, dbtest.Password, identity.Device{}); err != nil {
		t.Fatal(err)
	}
	if err := h.factors.Remove(h.inside(t, token), passkey); err != nil {
		t.Errorf("after confirming: %v", err)
	}
	o, err := h.factors.Overview(h.inside(t, token))
	if err != nil || len(o.Factors) != 0 || o.CodesLeft != 0 {
		t.Errorf("codes outlive the last factor: %+v, %v", o, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAnOrganisationAsksForAFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ownerToken, viewerToken := h.signIn(t, tenant.Owner, identity.Device{}), h.signIn(t, tenant.Viewer, identity.Device{})
	owner, viewer := h.inside(t, ownerToken), h.inside(t, viewerToken)
	wantKind(t, "a viewer's policy", h.factors.SetPolicy(viewer, []string{"viewer"}, 3), fault.KindForbidden)
	wantKind(t, "an unknown role", h.factors.SetPolicy(owner, []string{"king"}, 3), fault.KindInvalid)
	wantKind(t, "too much time", h.factors.SetPolicy(owner, []string{"viewer"}, 91), fault.KindInvalid)
	wantKind(t, "locking oneself out", h.factors.SetPolicy(owner, []string{"owner"}, 0), fault.KindConflict)
	if err := h.factors.SetPolicy(owner, []string{"viewer", "member", "viewer"}, 3); err != nil {
		t.Fatal(err)
	}
	p, err := h.factors.Policy(owner)
	if err != nil || strings.Join(p.Roles, " ") != "member viewer" || p.Without != 1 || p.From == nil || time.Until(*p.From) < 71*time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
	h.inside(t, viewerToken) // the grace goes on
	if err := h.factors.SetPolicy(owner, []string{"viewer"}, 0); err != nil {
		t.Fatal(err)
	}
	_, err = h.people.Authenticate(t.Context(), viewerToken)
	wantKind(t, "the next request after the grace", err, fault.KindUnauthenticated)
	half := h.half(t, viewerToken)
	if !half.Enrol {
		t.Error("nothing is set up, and no set-up is asked for")
	}
	_, err = h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: "aaaaa-aaaaa"})
	wantKind(t, "a code of somebody who has none", err, fault.KindConflict)
	h.inside(t, ownerToken) // whose role is not asked
	if err := h.factors.SetPolicy(owner, nil, 0); err != nil {
		t.Fatal(err)
	}
	h.inside(t, viewerToken)
}

// code gives the code that an authenticator app shows.
func code(t *testing.T, app factors.App, at time.Time) string {
	t.Helper()
	text, err := totp.GenerateCode(app.Secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnAuthenticatorAppIsAFactor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.signIn(t, tenant.Owner, identity.Device{})
	ctx := h.inside(t, token)
	me, _ := identity.Current(ctx)
	app, err := h.factors.BeginApp(ctx, me.UserID)
	if err != nil || !strings.HasPrefix(app.URL, "otpauth://totp/SkaiScraper:") {
		t.Fatal(app, err)
	}
	kept, err := postgres.Value[[]byte](t.Context(), dbtest.Super(t, h.db), `SELECT secret FROM user_factors WHERE id = $1`, app.ID)
	if err != nil || strings.Contains(string(kept), app.Secret) {
		t.Errorf("the secret stands in the database as it is: %v", err)
	}
	if o, err := h.factors.Overview(ctx); err != nil || len(o.Factors) != 0 {
		t.Errorf("one that was not confirmed counts: %+v, %v", o, err)
	}
	_, err = h.factors.AddApp(ctx, app.ID, "", "000000", identity.Device{})
	wantKind(t, "a wrong code", err, fault.KindInvalid)
	_, err = h.factors.AddApp(h.inside(t, h.signIn(t, tenant.Member, identity.Device{})), app.ID, "", code(t, app, time.Now()), identity.Device{})
	wantKind(t, "somebody else's app", err, fault.KindInvalid)
	now := time.Now()
	codes, err := h.factors.AddApp(ctx, app.ID, "My phone", code(t, app, now), identity.Device{})
	if err != nil || len(codes) != factors.Codes {
		t.Fatal(codes, err)
	}
	half := h.half(t, h.signIn(t, tenant.Owner, identity.Device{}))
	_, err = h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: code(t, app, now)})
	wantKind(t, "the code that was used to confirm", err, fault.KindInvalid)
	_, err = h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: code(t, app, now.Add(10*time.Minute))})
	wantKind(t, "a code of another time", err, fault.KindInvalid)
	if _, err := h.factors.Pass(t.Context(), request(t), half, factors.Shown{Code: code(t, app, now.Add(30*time.Second))}); err != nil {
		t.Errorf("the next code: %v", err)
	}
	_, err = h.factors.Pass(t.Context(), request(t), h.half(t, h.signIn(t, tenant.Owner, identity.Device{})), factors.Shown{Code: code(t, app, now)})
	wantKind(t, "a code older than the one that was used", err, fault.KindInvalid)
}
