// Package keys lets other programs in: API keys of an organisation.
//
// A key acts as a person of its own, of the kind "key", whose name stands in the
// audit trail and the timelines ("Key: Zapier"). It may what its scopes say and
// nothing else; its role is the least that has all of them, for the rules that ask
// for a role. A key opens what is below /api/ and no page, and manages neither keys
// nor people nor settings.
//
// The key is shown once, when it is made, and only its SHA-256 is kept. What its
// creator may do is asked when it is made: the key goes on when they leave or may
// less, so that nothing stops on a Friday because somebody moved on; the list says
// so, and whoever manages keys revokes it.
package keys

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Limits of an organisation's keys.
const (
	MostKeys    = 100  // that are good at a time
	DefaultRate = 100  // requests a minute
	MaxRate     = 1000 // as the table checks
	DefaultDays = 90   // of life
	MaxDays     = 366  // of life, where a key has an end
)

// Key is an API key without its secret.
type Key struct {
	ID          uuid.UUID // also of the person as whom it acts
	Name        string
	Prefix      string // "skai_AbCd1234"
	Scopes      []string
	Rate        int // requests a minute
	CreatedAt   time.Time
	CreatedBy   string
	CreatorGone bool // is no active person of the organisation any more
	ExpiresAt   *time.Time
	LastUsedAt  *time.Time
	LastAddress *netip.Addr
	RevokedAt   *time.Time
	RevokedBy   *string
}

// State is whether the key opens anything: "good", "expired" or "revoked".
func (k *Key) State() string {
	switch {
	case k.RevokedAt != nil:
		return "revoked"
	case k.ExpiresAt != nil && !k.ExpiresAt.After(time.Now()):
		return "expired"
	}
	return "good"
}

// Service makes keys and finds out whose a request is.
type Service struct {
	db     *postgres.DB
	limits *limit.Limiter // of wrong keys; nil counts none

	mu    sync.Mutex
	known map[[32]byte]time.Time // keys that opened something here, and when last
}

// New gives the service. limits counts keys that open nothing; nil does not.
func New(db *postgres.DB, limits *limit.Limiter) *Service {
	return &Service{db: db, limits: limits, known: map[[32]byte]time.Time{}}
}

const columns = `k.id, k.name, k.prefix, k.scopes, k.rate, k.created_at, c.name AS created_by, NOT c.active AS creator_gone,
	k.expires_at, k.last_used_at, k.last_address, k.revoked_at, r.name AS revoked_by`

// people names who made and who revoked a key.
const people = ` JOIN people c ON c.org_id = k.org_id AND c.id = k.created_by LEFT JOIN people r ON r.org_id = k.org_id AND r.id = k.revoked_by`

// List gives the organisation's keys: those that are not revoked by name, then the
// others, the latest first.
func (s *Service) List(ctx context.Context) ([]Key, error) {
	if err := identity.Require(ctx, identity.ManageKeys); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Key, error) {
		return postgres.Many[Key](ctx, tx, `SELECT `+columns+` FROM api_keys k`+people+` ORDER BY k.revoked_at DESC NULLS FIRST, lower(k.name), k.id`)
	})
}

// Get gives a key; fault.NotFound where there is none.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (Key, error) {
	if err := identity.Require(ctx, identity.ManageKeys); err != nil {
		return Key{}, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Key, error) { return get(ctx, tx, id) })
}

func get(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Key, error) {
	return found(postgres.One[Key](ctx, tx, `SELECT `+columns+` FROM api_keys k`+people+` WHERE k.id = $1`, id))
}

// lock is get for a key that nobody else changes until the transaction ends.
func lock(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Key, error) {
	return found(postgres.One[Key](ctx, tx, `SELECT `+columns+` FROM api_keys k`+people+` WHERE k.id = $1 FOR UPDATE OF k`, id))
}

func found(k Key, err error) (Key, error) {
	if errors.Is(err, postgres.ErrNoRow) {
		return Key{}, fault.NotFound("key", "there is no such API key in your organisation")
	}
	return k, err
}
