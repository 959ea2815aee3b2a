package leads

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

// Create makes a lead in its first stage. A caller that may ask twice gives a
// key, "" otherwise (see postgres.Once). It returns fault.Invalid with the
// fields to correct.
func (s *Service) Create(ctx context.Context, d Details, key string) (Lead, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Lead{}, err
	}
	if err := d.tidy(Details{}); err != nil {
		return Lead{}, err
	}
	l, err := postgres.Once(ctx, s.db, key, "leads.create", d, func(ctx context.Context, tx pgx.Tx) (Lead, error) {
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Lead{}, err
		}
		return postgres.One[Lead](ctx, tx, `
			INSERT INTO leads (org_id, id, created_by, updated_by, title, contact_id, property_id, source, temperature, kind, estimated_value,
				assignee_id, follow_up_on, urgency, notes, tags)
			VALUES (current_org(), $1, $2, $2, $3, $4, $5, $6, nullif($7, ''), $8, $9, $10, $11, $12, $13, $14)
			RETURNING `+columns, append([]any{postgres.NewID(), scope.ActorID}, d.values()...)...)
	})
	return l, Missing(err)
}

// Update changes a lead that the caller has read in this version; its stage is
// changed by Advance alone. It returns fault.Stale where somebody changed it
// since, fault.Conflict where it is archived, and fault.Invalid with the fields
// to correct.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int64, d Details) (Lead, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Lead{}, err
	}
	l, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Lead, error) {
		old, err := lock(ctx, tx, id)
		if err != nil {
			return Lead{}, err
		}
		if err := old.changeable(ctx, version); err != nil {
			return Lead{}, err
		}
		if err := d.tidy(old.Details); err != nil {
			return Lead{}, err
		}
		if reflect.DeepEqual(d, old.Details) {
			return old.Lead, nil // a new version would make others' open pages stale for nothing
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Lead{}, err
		}
		return postgres.One[Lead](ctx, tx, `
			UPDATE leads SET version = version + 1, updated_at = now(), updated_by = $2, title = $3, contact_id = $4, property_id = $5, source = $6,
				temperature = nullif($7, ''), kind = $8, estimated_value = $9, assignee_id = $10, follow_up_on = $11, urgency = $12, notes = $13, tags = $14
			WHERE leads.id = $1 RETURNING `+columns, append([]any{id, scope.ActorID}, d.values()...)...)
	})
	return l, Missing(err)
}

// values are the details in the order of the statements above.
func (d *Details) values() []any {
	return []any{
		d.Title, d.ContactID, d.PropertyID, d.Source, d.Temperature, d.Kind, d.EstimatedValue, d.AssigneeID, d.FollowUpOn, d.Urgency, d.Notes, d.Tags,
	}
}

// changeable refuses a change of what is archived or has another version by now.
func (l *Full) changeable(ctx context.Context, version int64) error {
	switch {
	case l.ArchivedAt != nil:
		return fault.Conflict("lead.archived", "%s is archived; restore it first, then change it", l.Title)
	case l.Version != version:
		return identity.Stale(ctx, "lead", l.Title, l.UpdatedByName, l.UpdatedAt)
	}
	return nil
}

// Archive puts a lead away: it leaves the lists and stays with the records that
// refer to it. Members archive their own alone, which are those they created or
// are assigned to. Archiving it again changes nothing.
func (s *Service) Archive(ctx context.Context, id uuid.UUID) (Lead, error) {
	return s.archive(ctx, id, true)
}

// Restore takes an archived lead back; like Archive the other way.
func (s *Service) Restore(ctx context.Context, id uuid.UUID) (Lead, error) {
	return s.archive(ctx, id, false)
}

func (s *Service) archive(ctx context.Context, id uuid.UUID, away bool) (Lead, error) {
	if err := identity.Require(ctx, identity.ArchiveRecords); err != nil {
		return Lead{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Lead, error) {
		l, err := lock(ctx, tx, id)
		if err != nil {
			return Lead{}, err
		}
		own := []uuid.UUID{l.CreatedBy}
		if l.AssigneeID != nil {
			own = append(own, *l.AssigneeID)
		}
		if err := identity.RequireOwn(ctx, identity.ArchiveRecords, own...); err != nil {
			return Lead{}, err
		}
		if away == (l.ArchivedAt != nil) {
			return l.Lead, nil
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Lead{}, err
		}
		return postgres.One[Lead](ctx, tx, `
			UPDATE leads SET version = version + 1, updated_at = now(), updated_by = $2,
				archived_at = CASE WHEN $3 THEN now() END, archived_by = CASE WHEN $3 THEN $2::uuid END
			WHERE leads.id = $1 RETURNING `+columns, id, scope.ActorID, away)
	})
}
