package sso

import (
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/net/idna"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// MostDomains is how many e-mail domains an organisation may name.
const MostDomains = 50

// recordName and recordValue are what an owner writes into a domain's DNS.
const (
	recordName  = "_skaiscraper."
	recordValue = "skaiscraper-verification="
)

// Domain is an e-mail domain that an organisation says is its own.
type Domain struct {
	ID         uuid.UUID
	Domain     string
	Token      string
	VerifiedAt *time.Time // nil while nobody has shown that it is
	CheckedAt  *time.Time
	Found      string // what the last look into DNS found, in words
}

// RecordName is the name of the TXT record that shows it, and RecordValue its text.
func (d Domain) RecordName() string { return recordName + d.Domain }

// RecordValue is what the record says.
func (d Domain) RecordValue() string { return recordValue + d.Token }

const domainColumns = `id, domain, token, verified_at, checked_at, found`

// resolver looks TXT records up, at one server where it is named.
func resolver(server string) func(context.Context, string) ([]string, error) {
	if server == "" {
		return net.DefaultResolver.LookupTXT
	}
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: patience}).DialContext(ctx, network, server)
	}}
	return r.LookupTXT
}

// Domains gives the organisation's domains by name.
func (s *Service) Domains(ctx context.Context) ([]Domain, error) {
	if err := identity.Require(ctx, identity.ManageSSO); err != nil {
		return nil, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Domain, error) {
		return postgres.Many[Domain](ctx, tx, `SELECT `+domainColumns+` FROM sso_domains ORDER BY domain`)
	})
}

var domainForm = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)+$`)

// tidyDomain gives a domain in the letters DNS has; ok is false for what is none.
func tidyDomain(typed string) (domain string, ok bool) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if _, after, found := strings.Cut(typed, "@"); found {
		typed = after
	}
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(typed, "."))
	return domain, err == nil && len(domain) <= 253 && domainForm.MatchString(domain)
}

// AddDomain notes a domain that is to be shown to be the organisation's. It returns
// fault.Invalid with the field "domain".
func (s *Service) AddDomain(ctx context.Context, typed string) error {
	scope, err := owner(ctx)
	if err != nil {
		return err
	}
	domain, ok := tidyDomain(typed)
	if !ok {
		return notADomain(typed)
	}
	token, _ := identity.Token()
	err = postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		n, err := postgres.Value[int](ctx, tx, `SELECT (SELECT count(*) FROM sso_domains)::int FROM orgs WHERE id = current_org() FOR NO KEY UPDATE`)
		if err != nil {
			return err
		}
		if n >= MostDomains {
			return fault.Invalid("domain", "there are %d domains, which is the most; remove one first", n)
		}
		_, err = postgres.Exec(ctx, tx, `INSERT INTO sso_domains (org_id, id, domain, token, created_by) VALUES (current_org(), $1, $2, $3, $4)`, postgres.NewID(), domain, token, scope.ActorID)
		return err
	})
	if postgres.Constraint(err) == "sso_domains_org_id_domain_key" {
		return fault.Invalid("domain", "%s is in the list already", domain)
	}
	return err
}

// Vouch notes that a domain is the organisation's without asking DNS: the operator
// knows. Commands on this machine call it, in the scope of the organisation's system
// person. It returns fault.Invalid with the field "domain".
func Vouch(ctx context.Context, db *postgres.DB, typed string) error {
	domain, ok := tidyDomain(typed)
	if !ok {
		return notADomain(typed)
	}
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	token, _ := identity.Token()
	return postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		_, err := postgres.Exec(ctx, tx, `
			INSERT INTO sso_domains (org_id, id, domain, token, verified_at, checked_at, found, created_by) VALUES (current_org(), $1, $2, $3, now(), now(), 'The operator vouches for it.', $4)
			ON CONFLICT (org_id, domain) DO UPDATE SET verified_at = now(), checked_at = now(), found = excluded.found`, postgres.NewID(), domain, token, scope.ActorID)
		return err
	})
}

func notADomain(typed string) error {
	return fault.Invalid("domain", "%q is no e-mail domain; it is what follows the @ of your addresses, for example titanroofing.example", typed)
}

// CheckDomain looks into DNS whether a domain is the organisation's, and notes what
// it found. A domain whose record is gone is not the organisation's any more; where
// DNS does not answer, it stays what it was. It returns fault.NotFound for a domain
// that is not in the list.
func (s *Service) CheckDomain(ctx context.Context, id uuid.UUID) (Domain, error) {
	if _, err := owner(ctx); err != nil {
		return Domain{}, err
	}
	d, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Domain, error) {
		return postgres.One[Domain](ctx, tx, `SELECT `+domainColumns+` FROM sso_domains WHERE id = $1`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return d, errNoDomain
	}
	if err != nil {
		return d, err
	}
	shown, known, words := s.look(ctx, d)
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Domain, error) {
		d, err := postgres.One[Domain](ctx, tx, `
			UPDATE sso_domains SET checked_at = now(), found = $2, verified_at = CASE WHEN NOT $4 THEN verified_at WHEN $3 THEN coalesce(verified_at, now()) END
			WHERE id = $1 RETURNING `+domainColumns, id, words, shown, known)
		if errors.Is(err, postgres.ErrNoRow) {
			err = errNoDomain
		}
		return d, err
	})
}

var errNoDomain = fault.NotFound("sso.domain", "there is no such domain in the list any more")

// look asks DNS. known is false where it gave no answer.
func (s *Service) look(ctx context.Context, d Domain) (shown, known bool, words string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := s.txt(ctx, d.RecordName())
	if e, ok := errors.AsType[*net.DNSError](err); ok && e.IsNotFound {
		return false, true, "There is no TXT record " + d.RecordName() + " yet. A new record can take some hours to be seen everywhere."
	}
	if err != nil {
		return false, false, "DNS gave no answer. Try again later."
	}
	if slices.Contains(found, d.RecordValue()) {
		return true, true, "The record is there."
	}
	return false, true, "There is a TXT record " + d.RecordName() + ", but it says something else. Copy the text once more, all of it."
}

// RemoveDomain takes a domain away: nobody with an address in it comes through the
// identity provider any more. It returns fault.NotFound for one that is not in the list.
func (s *Service) RemoveDomain(ctx context.Context, id uuid.UUID) error {
	if _, err := owner(ctx); err != nil {
		return err
	}
	return postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		n, err := postgres.Exec(ctx, tx, `DELETE FROM sso_domains WHERE id = $1`, id)
		if err == nil && n == 0 {
			err = errNoDomain
		}
		return err
	})
}
