package audit

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

const (
	pushAtOnce   = 100              // events in one request
	pushRequests = 50               // requests to one organisation's address in one go
	pushPatience = 10 * time.Second // for one request
	pushLongest  = time.Hour        // between two tries
	secretPrefix = "whsec_"
	secretBytes  = 32
)

// Push is where an organisation has its events sent to.
type Push struct {
	ID        uuid.UUID
	URL       string
	After     int64 // the number of the last event that arrived
	Failures  int   // in a row
	NextTryAt time.Time
	LastAt    *time.Time
	LastWords string
}

// Pusher sends events to where organisations want them, signed as the Standard
// Webhooks specification says (standardwebhooks.com): HMAC-SHA-256 over id, time
// and body, in the header webhook-signature. An event arrives once or more, in
// order; the header webhook-id is the same when a request is sent again.
type Pusher struct {
	trail  *Service
	orgs   *orgs.Service
	vault  *vault.Vault
	guard  outbound.Guard
	client *http.Client
}

// NewPusher gives the pusher; to says which addresses it connects to.
func NewPusher(trail *Service, o *orgs.Service, v *vault.Vault, to outbound.Guard) *Pusher {
	return &Pusher{trail, o, v, to, to.Client(pushPatience)}
}

func pushPlace(id uuid.UUID) vault.Place {
	return vault.Place{Table: "audit_pushes", Column: "secret", Row: id}
}

// Set has the organisation's events sent to an https address from now on, and
// gives the secret that signs them, which is shown nowhere again. An address that
// was set before is replaced. It returns fault.Invalid for another kind of address.
func (p *Pusher) Set(ctx context.Context, address string) (secret string, err error) {
	if err := identity.Require(ctx, identity.EditSettings); err != nil {
		return "", err
	}
	if err := identity.RequireFresh(ctx); err != nil {
		return "", err
	}
	if err := p.guard.CheckURL(address); err != nil {
		return "", fault.Invalid("url", "this is not an address that events can be sent to; give one that begins with https:// and has no password in it, for example https://siem.example.com/skai")
	}
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails; it ends the program instead
	scope, err := tenant.Must(ctx)
	if err != nil {
		return "", err
	}
	id := scope.OrgID // there is one of an organisation
	sealed, err := p.vault.SealFor(ctx, scope.OrgID, pushPlace(id), raw)
	if err != nil {
		return "", err
	}
	err = postgres.Do(ctx, p.trail.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err = tx.Exec(ctx, `
			INSERT INTO audit_pushes (org_id, id, url, secret, after) VALUES (current_org(), $1, $2, $3, (SELECT coalesce(max(last), 0) FROM audit_heads))
			ON CONFLICT (org_id) DO UPDATE SET url = excluded.url, secret = excluded.secret, after = excluded.after, next_try_at = now(), failures = 0, last_at = NULL, last_words = ''`,
			id, address, sealed)
		return err
	})
	return secretPrefix + base64.StdEncoding.EncodeToString(raw), err
}

// Remove has the organisation's events sent nowhere.
func (p *Pusher) Remove(ctx context.Context) error {
	if err := identity.Require(ctx, identity.EditSettings); err != nil {
		return err
	}
	if err := identity.RequireFresh(ctx); err != nil {
		return err
	}
	return postgres.Do(ctx, p.trail.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM audit_pushes`)
		return err
	})
}

// dueOrg is an organisation that has events to send.
type dueOrg struct {
	OrgID uuid.UUID
	Slug  string
}

// due gives the organisations for which there is something to send now.
func due(ctx context.Context, tx pgx.Tx) ([]dueOrg, error) {
	return postgres.Many[dueOrg](ctx, tx, `
		SELECT o.id AS org_id, o.slug FROM audit_pushes p JOIN audit_heads h ON h.org_id = p.org_id AND h.last > p.after JOIN orgs o ON o.id = p.org_id
		WHERE p.next_try_at <= now() ORDER BY p.next_try_at`)
}

// askDue asks for a job for each organisation that has something to send, so that a
// receiver that is slow keeps nobody else waiting.
func (p *Pusher) askDue(ctx context.Context) error {
	_, err := postgres.System(ctx, p.trail.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		list, err := due(ctx, tx)
		if err != nil {
			return struct{}{}, err
		}
		jobs := make([]river.JobArgs, len(list))
		for i, o := range list {
			jobs[i] = pushOrgArgs(o)
		}
		return struct{}{}, queue.Insert(ctx, tx, jobs...)
	})
	return err
}

// pushFor sends what is due of one organisation, and tells how many events arrived.
// What fails is kept with the organisation and tried again later.
func (p *Pusher) pushFor(ctx context.Context, slug string) (events int, err error) {
	scoped, _, err := p.orgs.SystemScope(ctx, slug, "audit.push")
	if err != nil {
		return 0, err
	}
	return p.push(scoped)
}

// push sends one organisation's events until none is left or a request fails.
func (p *Pusher) push(ctx context.Context) (events int, err error) {
	for range pushRequests {
		type row struct {
			Push

			Secret []byte
		}
		to, err := postgres.Read(ctx, p.trail.db, func(ctx context.Context, tx pgx.Tx) (row, error) {
			return postgres.One[row](ctx, tx, `SELECT `+pushColumns+`, secret FROM audit_pushes`)
		})
		if errors.Is(err, postgres.ErrNoRow) {
			return events, nil // it was removed
		}
		if err != nil {
			return events, err
		}
		list, more, err := p.trail.Events(ctx, EventFilter{After: to.After, Oldest: true, Limit: pushAtOnce})
		if err != nil || len(list) == 0 {
			return events, err
		}
		secret, err := p.vault.Open(ctx, pushPlace(to.ID), to.Secret)
		if err != nil {
			return events, fmt.Errorf("the secret of an organisation's events: %w", err)
		}
		words := p.send(ctx, to.Push, secret, list)
		if err := p.note(ctx, to.Push, list[len(list)-1].Number, words); err != nil || words != "" {
			return events, err
		}
		if events += len(list); !more {
			break
		}
	}
	return events, nil
}

const pushColumns = `id, url, after, failures, next_try_at, last_at, last_words`

// note keeps how a request ended: "" is well.
func (p *Pusher) note(ctx context.Context, to Push, last int64, words string) error {
	wait := time.Duration(0)
	if words != "" {
		last = to.After
		wait = min(time.Minute<<min(to.Failures, 10), pushLongest)
	}
	return postgres.Do(ctx, p.trail.db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE audit_pushes SET after = $2, last_at = now(), last_words = $3, failures = CASE WHEN $3 = '' THEN 0 ELSE failures + 1 END, next_try_at = now() + $4::interval
			WHERE id = $1`, to.ID, last, words, wait)
		return err
	})
}

// send makes one request and says what went wrong, "" for nothing.
func (p *Pusher) send(ctx context.Context, to Push, secret []byte, list []Event) (words string) {
	scope, _ := tenant.From(ctx)
	last := list[len(list)-1].Number
	body := struct {
		Type string    `json:"type"`
		Org  uuid.UUID `json:"org_id"`
		Last int64     `json:"last"`
		List []asJSON  `json:"events"`
	}{"audit.events", scope.OrgID, last, make([]asJSON, len(list))}
	for i, e := range list {
		body.List[i] = e.json(scope.OrgID)
	}
	content, err := json.Marshal(body)
	if err != nil {
		return err.Error()
	}
	id, at := fmt.Sprintf("%s_%d_%d", to.ID, list[0].Number, last), strconv.FormatInt(time.Now().Unix(), 10)
	if err := outbound.Post(ctx, p.client, to.URL, content, http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {outbound.Signature(secret, id, at, content)}}); err != nil {
		return err.Error()
	}
	return ""
}
