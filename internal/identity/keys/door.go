package keys

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
	"github.com/skaiscraper/skai/internal/platform/web/sender"
)

// errWrong is the answer to a key that is unknown, expired or revoked, or whose
// organisation is suspended, all alike.
var errWrong = fault.Unauthenticated("unauthenticated", "this API key opens nothing here; ask an owner or admin of the organisation for one that does")

// FromRequest lets a key in that the request shows as "Authorization: Bearer ...",
// and asks people about every other request; it is web.Config's Authenticate. A key
// opens what is below /api/: on a page it is fault.Forbidden.
func (s *Service) FromRequest(people func(*http.Request) (context.Context, error)) func(*http.Request) (context.Context, error) {
	return func(r *http.Request) (context.Context, error) {
		shown, ok := bearer(r)
		if !ok {
			return people(r)
		}
		if !strings.HasPrefix(r.URL.Path, "/api/") {
			return nil, fault.Forbidden("forbidden.key", "an API key opens what is below /api/ and no page; sign in to see pages")
		}
		token, err := ParseToken(shown)
		if err != nil {
			return nil, fault.Unauthenticated("unauthenticated", "%s", err.Error())
		}
		return s.Authenticate(r.Context(), token, web.ClientAddr(r))
	}
}

// bearer is what a request shows by the scheme Bearer, whose name has no case.
func bearer(r *http.Request) (shown string, ok bool) {
	scheme, shown, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(shown), strings.EqualFold(scheme, "bearer")
}

// user is what a key opens.
type user struct {
	ID       uuid.UUID
	OrgID    uuid.UUID
	Name     string
	Role     tenant.Role
	Scopes   []string
	Rate     int
	Rates    tenant.Rates
	TimeZone string
	Stale    bool // its last use stands there as longer ago than a minute
}

// Authenticate gives the context in which a key acts. It returns
// fault.Unauthenticated, in the same words, for one that is unknown, expired or
// revoked, and fault.Limited where too many such keys came from the address: fault.Unavailable
// where that can't be told, because what counts them for all processes is away.
func (s *Service) Authenticate(ctx context.Context, t Token, from netip.Addr) (context.Context, error) {
	hash := t.hash()
	if err := s.wait(ctx, hash, from); err != nil {
		return nil, err
	}
	// Found by its hash, so how long it takes tells nothing of the secret.
	u, err := postgres.SystemReadOne[user](ctx, s.db, postgres.SignIn, `
		SELECT k.id, k.org_id, p.name, p.role, k.scopes, k.rate, o.time_zone,
			(SELECT json_object_agg(preset, json_build_object('quota', quota, 'seconds', seconds)) FROM plan_rates WHERE plan = o.plan) AS rates,
			coalesce(k.last_used_at < now() - interval '1 minute', true) AS stale
		FROM api_keys k
		JOIN people p ON p.org_id = k.org_id AND p.id = k.id AND p.kind = 'key' AND p.active
		JOIN orgs o ON o.id = k.org_id AND o.suspended_at IS NULL
		WHERE k.secret_hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`, hash[:])
	if errors.Is(err, postgres.ErrNoRow) {
		return nil, s.wrong(ctx, hash, from)
	}
	if err == nil && u.Stale {
		err = postgres.SystemNote(ctx, s.db, postgres.SignIn, `UPDATE api_keys SET last_used_at = now(), last_address = $3 WHERE org_id = $1 AND id = $2`, u.OrgID, u.ID, address(from))
	}
	if err != nil {
		return nil, err
	}
	s.good(hash)
	ctx = identity.WithZone(ctx, u.TimeZone)
	return tenant.With(ctx, tenant.Scope{
		OrgID: u.OrgID, ActorID: u.ID, ActorName: u.Name, Role: u.Role, Only: u.Scopes, Key: true, PerMinute: u.Rate, Rates: u.Rates, RequestID: web.RequestID(ctx),
	}), nil
}

func address(a netip.Addr) *netip.Addr {
	if !a.IsValid() {
		return nil
	}
	a = a.Unmap().WithZone("")
	return &a
}

// knownFor is how long a key that opened something here counts as known.
const knownFor = 24 * time.Hour

// wait refuses, before the database is asked, a key from a network that tried many
// others; but not one that opened something here lately: an office has one address,
// and its programs go on when somebody in it tries keys.
func (s *Service) wait(ctx context.Context, hash [32]byte, from netip.Addr) error {
	if s.limits == nil || s.isKnown(hash) {
		return nil
	}
	if a := s.limits.Peek(ctx, limit.Key{Preset: limit.WrongKeys, Who: sender.Network(from)}); !a.Allowed {
		return tooMany(a)
	}
	return nil
}

func tooMany(a limit.Answer) error {
	if a.Closed {
		return a.Away()
	}
	return fault.Limited("rate_limited", a.Wait, "too many API keys that open nothing came from your address; try again later")
}

// wrong counts a key that opens nothing. The same one over and over is no guessing
// but a program that was forgotten, so it is counted for itself, and for the network
// only when it was not there within an hour.
func (s *Service) wrong(ctx context.Context, hash [32]byte, from netip.Addr) error {
	s.forget(hash)
	if s.limits == nil {
		return errWrong
	}
	network := sender.Network(from)
	again := s.limits.Take(ctx, limit.Key{Preset: limit.WrongKey, Who: network + " " + string(hash[:16])})
	if !again.Allowed {
		return tooMany(again)
	}
	if again.First {
		if first := s.limits.Take(ctx, limit.Key{Preset: limit.WrongKeys, Who: network}); !first.Allowed {
			return tooMany(first)
		}
	}
	return errWrong
}

func (s *Service) isKnown(hash [32]byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.known[hash]) < knownFor
}

// good notes that a key opened something. Only real keys get here, and an
// organisation has few.
func (s *Service) good(hash [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[hash] = time.Now()
	if len(s.known) < 10_000 {
		return
	}
	for h, at := range s.known {
		if time.Since(at) >= knownFor {
			delete(s.known, h)
		}
	}
}

func (s *Service) forget(hash [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, hash)
}
