package factors_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/identity/factors"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/sms"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// sent is the code of the newest message, which goes to a number; n is how many there are.
func (h house) sent(t *testing.T, number string) (code string, n int) {
	t.Helper()
	list, err := sms.Latest(h.outbox, 100)
	if err != nil || len(list) == 0 {
		t.Fatalf("no message: %v", err)
	}
	to, text, _ := strings.Cut(list[0], "\n\n")
	if to != "To: "+number {
		t.Errorf("it goes %s", to)
	}
	return text[:6], len(list)
}

// waited lets an account have another message sent.
func (h house) waited(t *testing.T, role tenant.Role) {
	t.Helper()
	h.super(t, `UPDATE sms_sent SET last_at = now() - interval '31 seconds' WHERE user_id = (SELECT id FROM users WHERE email = $1)`, h.titan.Email(role))
}

func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return "9" + code[1:]
}

func TestCodesByTextMessage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	device := identity.Device{}
	ctx := h.inside(t, h.signIn(t, tenant.Manager, device))
	for _, wrong := range []string{"", "hello", "555-0123"} {
		if _, err := h.factors.BeginPhone(ctx, wrong); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	id, err := h.factors.BeginPhone(ctx, "(602) 555-0123")
	if err != nil {
		t.Fatal(err)
	}
	code, _ := h.sent(t, "+16025550123")
	// Before it is confirmed it asks nobody.
	h.inside(t, h.signIn(t, tenant.Manager, device))
	if _, err := h.factors.ConfirmPhone(ctx, id, other(code), device); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("another code: %v", err)
	}
	if _, err := h.factors.ConfirmPhone(ctx, uuid.New(), code, device); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("another telephone: %v", err)
	}
	codes, err := h.factors.ConfirmPhone(ctx, id, code, device)
	if err != nil || len(codes) != 10 {
		t.Fatalf("%d backup codes, %v", len(codes), err)
	}
	raw, err := postgres.Value[string](t.Context(), dbtest.Super(t, h.db), `SELECT user_factors::text FROM user_factors WHERE id = $1`, id)
	if err != nil || strings.Contains(raw, "5550123") || strings.Contains(raw, code) {
		t.Errorf("the number or the code stands there: %s, %v", raw, err)
	}
	// The next sign-in is half open; a code is sent when it is asked for.
	r := httptest.NewRequest("POST", "/sign-in/second", nil)
	half := h.half(t, h.signIn(t, tenant.Manager, device))
	if err := h.factors.SendCode(t.Context(), half); !fault.Is(err, fault.KindLimited) {
		t.Errorf("at once: %v", err)
	}
	h.waited(t, tenant.Manager)
	if err := h.factors.SendCode(t.Context(), half); err != nil {
		t.Fatal(err)
	}
	old := code
	code, _ = h.sent(t, "+16025550123")
	for what, shown := range map[string]string{"another code": other(code), "one that was used": old, "none": ""} {
		if shown == code {
			continue
		}
		if _, err := h.factors.Pass(t.Context(), r, half, factors.Shown{Code: shown}); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	token := h.signIn(t, tenant.Manager, device)
	half = h.half(t, token)
	if _, err := h.factors.Pass(t.Context(), r, half, factors.Shown{Code: code}); err != nil {
		t.Fatal(err)
	}
	h.inside(t, token)
	again := h.half(t, h.signIn(t, tenant.Manager, device))
	if _, err := h.factors.Pass(t.Context(), r, again, factors.Shown{Code: code}); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("a second time: %v", err)
	}
	// A code grows old.
	h.waited(t, tenant.Manager)
	if err := h.factors.SendCode(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	code, _ = h.sent(t, "+16025550123")
	h.super(t, `UPDATE user_factors SET code_expires_at = now() WHERE id = $1`, id)
	if _, err := h.factors.Pass(t.Context(), r, again, factors.Shown{Code: code}); !fault.Is(err, fault.KindInvalid) {
		t.Errorf("an old one: %v", err)
	}
}

func TestMessagesCostSoTheyAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := h.inside(t, h.signIn(t, tenant.Member, identity.Device{}))
	for i := range 10 { // beginning anew forgets nothing
		_, err := h.factors.BeginPhone(ctx, "602-555-0199")
		if (err == nil) != (i < 6) || err != nil && !fault.Is(err, fault.KindLimited) {
			t.Errorf("message %d: %v", i+1, err)
		}
		h.waited(t, tenant.Member)
	}
	if _, n := h.sent(t, "+16025550199"); n != 6 {
		t.Errorf("%d messages", n)
	}
	// Who has no telephone has none sent.
	if err := h.factors.SendCode(t.Context(), identity.Half{UserID: uuid.New()}); !fault.Is(err, fault.KindConflict) {
		t.Errorf("nobody's: %v", err)
	}
}
