package properties

import (
	"context"
	"reflect"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/address"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Create makes a property. A caller that may ask twice gives a key, "" otherwise
// (see postgres.Once). It returns fault.Invalid with the fields to correct, and
// fault.NotFound where the owner is not in the organisation.
func (s *Service) Create(ctx context.Context, d Details, key string) (Property, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Property{}, err
	}
	if err := d.tidy(Details{}); err != nil {
		return Property{}, err
	}
	p, err := postgres.Once(ctx, s.db, key, "properties.create", d, func(ctx context.Context, tx pgx.Tx) (Property, error) {
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Property{}, err
		}
		return postgres.One[Property](ctx, tx, `
			INSERT INTO properties (org_id, id, created_by, updated_by, name, street, unit, city, state, zip, address_typed, plus4, address_key, county,
				latitude, longitude, position_precision, kind, year_built, squares, square_feet, stories, pitch, roof_material, roof_age, owner_id, tags, notes)
			VALUES (current_org(), $1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
			RETURNING `+columns, append([]any{postgres.NewID(), scope.ActorID}, d.values()...)...)
	})
	return p, ownerMissing(err)
}

// Update changes a property that the caller has read in this version. It returns
// fault.Stale where somebody changed it since, fault.Conflict where it is
// archived, fault.Invalid with the fields to correct, and fault.NotFound where it
// or its owner is not in the organisation.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int64, d Details) (Property, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Property{}, err
	}
	p, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Property, error) {
		old, err := lock(ctx, tx, id)
		if err != nil {
			return Property{}, err
		}
		if err := old.changeable(ctx, version); err != nil {
			return Property{}, err
		}
		if err := d.tidy(old.Details); err != nil {
			return Property{}, err
		}
		if reflect.DeepEqual(d, old.Details) {
			return old.Property, nil // a new version would make others' open pages stale for nothing
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Property{}, err
		}
		return postgres.One[Property](ctx, tx, `
			UPDATE properties SET version = version + 1, updated_at = now(), updated_by = $2, name = $3, street = $4, unit = $5, city = $6, state = $7,
				zip = $8, address_typed = $9, plus4 = $10, address_key = $11, county = $12, latitude = $13, longitude = $14, position_precision = $15,
				kind = $16, year_built = $17, squares = $18, square_feet = $19, stories = $20, pitch = $21, roof_material = $22, roof_age = $23,
				owner_id = $24, tags = $25, notes = $26
			WHERE id = $1 RETURNING `+columns, append([]any{id, scope.ActorID}, d.values()...)...)
	})
	return p, ownerMissing(err)
}

// values are the details in the order of the statements above.
func (d *Details) values() []any {
	return []any{
		d.Name, d.Street, d.Unit, d.City, d.State, d.ZIP, d.AddressTyped, d.Plus4, d.key(), d.County,
		d.Latitude, d.Longitude, d.PositionPrecision, d.Kind, d.YearBuilt, d.Squares, d.SquareFeet, d.Stories, d.Pitch, d.RoofMaterial, d.RoofAge,
		d.OwnerID, d.Tags, d.Notes,
	}
}

// key is by what another spelling of the address is recognised; "" where it has
// no house number, or is longer than any address.
func (d *Details) key() string {
	key := address.Key(address.Address{Street: d.Street, Unit: d.Unit, City: d.City, State: d.State, ZIP: d.ZIP})
	if len(key) > 300 {
		return ""
	}
	return key
}

func ownerMissing(err error) error {
	if strings.Contains(postgres.Constraint(err), "owner_id") {
		return fault.NotFound("contact", "there is no such contact in your organisation; choose the owner again")
	}
	return err
}

// changeable refuses a change of what is archived or has another version by now.
func (p *Full) changeable(ctx context.Context, version int64) error {
	switch {
	case p.ArchivedAt != nil:
		return fault.Conflict("property.archived", "%s is archived; restore it first, then change it", p.title())
	case p.Version != version:
		return identity.Stale(ctx, "property", p.title(), p.UpdatedByName, p.UpdatedAt)
	}
	return nil
}

// Archive puts a property away: it leaves the lists and searches for choosing
// one, and stays with the records that refer to it. Members archive their own
// alone. Archiving it again changes nothing.
func (s *Service) Archive(ctx context.Context, id uuid.UUID) (Property, error) {
	return s.archive(ctx, id, true)
}

// Restore takes an archived property back; like Archive the other way.
func (s *Service) Restore(ctx context.Context, id uuid.UUID) (Property, error) {
	return s.archive(ctx, id, false)
}

func (s *Service) archive(ctx context.Context, id uuid.UUID, away bool) (Property, error) {
	if err := identity.Require(ctx, identity.ArchiveRecords); err != nil {
		return Property{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Property, error) {
		p, err := lock(ctx, tx, id)
		if err != nil {
			return Property{}, err
		}
		if err := identity.RequireOwn(ctx, identity.ArchiveRecords, p.CreatedBy); err != nil {
			return Property{}, err
		}
		if away == (p.ArchivedAt != nil) {
			return p.Property, nil
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Property{}, err
		}
		return postgres.One[Property](ctx, tx, `
			UPDATE properties SET version = version + 1, updated_at = now(), updated_by = $2,
				archived_at = CASE WHEN $3 THEN now() END, archived_by = CASE WHEN $3 THEN $2::uuid END
			WHERE id = $1 RETURNING `+columns, id, scope.ActorID, away)
	})
}
