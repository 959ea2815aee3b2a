package contacts

import (
	"context"
	"reflect"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Create makes a contact. A caller that may ask twice gives a key, "" otherwise
// (see postgres.Once). It returns fault.Invalid with the fields to correct.
func (s *Service) Create(ctx context.Context, d Details, key string) (Contact, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Contact{}, err
	}
	if err := d.tidy(Details{}); err != nil {
		return Contact{}, err
	}
	return postgres.Once(ctx, s.db, key, "contacts.create", d, func(ctx context.Context, tx pgx.Tx) (Contact, error) {
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Contact{}, err
		}
		return postgres.One[Contact](ctx, tx, `
			INSERT INTO contacts (org_id, id, created_by, updated_by, first_name, last_name, company, role, phones, emails,
				street, unit, city, state, zip, address_typed, source, tags, notes, do_not_contact)
			VALUES (current_org(), $1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
			RETURNING `+columns, append([]any{postgres.NewID(), scope.ActorID}, d.values()...)...)
	})
}

// Update changes a contact that the caller has read in this version. It returns
// fault.Stale where somebody changed it since, fault.Conflict where it is
// archived, and fault.Invalid with the fields to correct.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int64, d Details) (Contact, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Contact{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Contact, error) {
		old, err := lock(ctx, tx, id)
		if err != nil {
			return Contact{}, err
		}
		if err := old.changeable(ctx, version); err != nil {
			return Contact{}, err
		}
		if err := d.tidy(old.Details); err != nil {
			return Contact{}, err
		}
		if reflect.DeepEqual(d, old.Details) {
			return old.Contact, nil // a new version would make others' open pages stale for nothing
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Contact{}, err
		}
		return postgres.One[Contact](ctx, tx, `
			UPDATE contacts SET version = version + 1, updated_at = now(), updated_by = $2, first_name = $3, last_name = $4, company = $5,
				role = $6, phones = $7, emails = $8, street = $9, unit = $10, city = $11, state = $12, zip = $13, address_typed = $14,
				source = $15, tags = $16, notes = $17, do_not_contact = $18
			WHERE id = $1 RETURNING `+columns, append([]any{id, scope.ActorID}, d.values()...)...)
	})
}

// values are the details in the order of the statements above.
func (d *Details) values() []any {
	return []any{
		d.FirstName, d.LastName, d.Company, d.Role, d.Phones, d.Emails,
		d.Street, d.Unit, d.City, d.State, d.ZIP, d.AddressTyped, d.Source, d.Tags, d.Notes, d.DoNotContact,
	}
}

// changeable refuses a change of what is archived or has another version by now.
func (c *Full) changeable(ctx context.Context, version int64) error {
	switch {
	case c.ArchivedAt != nil:
		return fault.Conflict("contact.archived", "%s is archived; restore it first, then change it", c.Name)
	case c.Version != version:
		return identity.Stale(ctx, "contact", c.Name, c.UpdatedByName, c.UpdatedAt)
	}
	return nil
}

// Archive puts a contact away: it leaves the lists and searches for choosing one,
// and stays with the records that refer to it. Members archive their own alone.
// Archiving it again changes nothing.
func (s *Service) Archive(ctx context.Context, id uuid.UUID) (Contact, error) {
	return s.archive(ctx, id, true)
}

// Restore takes an archived contact back; like Archive the other way.
func (s *Service) Restore(ctx context.Context, id uuid.UUID) (Contact, error) {
	return s.archive(ctx, id, false)
}

func (s *Service) archive(ctx context.Context, id uuid.UUID, away bool) (Contact, error) {
	if err := identity.Require(ctx, identity.ArchiveRecords); err != nil {
		return Contact{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Contact, error) {
		c, err := lock(ctx, tx, id)
		if err != nil {
			return Contact{}, err
		}
		if err := identity.RequireOwn(ctx, identity.ArchiveRecords, c.CreatedBy); err != nil {
			return Contact{}, err
		}
		if away == (c.ArchivedAt != nil) {
			return c.Contact, nil
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Contact{}, err
		}
		return postgres.One[Contact](ctx, tx, `
			UPDATE contacts SET version = version + 1, updated_at = now(), updated_by = $2,
				archived_at = CASE WHEN $3 THEN now() END, archived_by = CASE WHEN $3 THEN $2::uuid END
			WHERE id = $1 RETURNING `+columns, id, scope.ActorID, away)
	})
}
