package claims

import (
	"context"
	"errors"
	"reflect"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Create makes a claim in its first stage, under the organisation's next number.
// Amounts other than none take identity.EditAmounts. A caller that may ask twice
// gives a key, "" otherwise (see postgres.Once). It returns fault.Invalid with
// the fields to correct, and fault.Conflict where the carrier's claim number is
// another claim's.
func (s *Service) Create(ctx context.Context, d Details, a Amounts, key string) (Claim, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Claim{}, err
	}
	if !a.none() {
		if err := identity.Require(ctx, identity.EditAmounts); err != nil {
			return Claim{}, err
		}
	}
	f := fault.Fields{}
	d.tidy(f, Claim{})
	a.check(f, Amounts{})
	if err := f.Err(); err != nil {
		return Claim{}, err
	}
	in := struct {
		Details
		Amounts
	}{d, a}
	c, err := postgres.Once(ctx, s.db, key, "claims.create", in, func(ctx context.Context, tx pgx.Tx) (Claim, error) {
		return insert(ctx, tx, d, a, nil)
	})
	return c, s.refusal(ctx, d, err)
}

func insert(ctx context.Context, tx pgx.Tx, d Details, a Amounts, lead *uuid.UUID) (Claim, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return Claim{}, err
	}
	number, err := takeNumbers(ctx, tx, 1)
	if err != nil {
		return Claim{}, err
	}
	return postgres.One[Claim](ctx, tx, `
		INSERT INTO claims (org_id, id, created_by, updated_by, title, property_id, contact_id, kind, carrier, claim_number, policy_number, date_of_loss, peril,
			adjuster_id, source, work_type, priority, assignee_id, next_action, next_action_on, notes, tags,
			rcv, acv, deductible, recoverable_depreciation, non_recoverable_depreciation, approved, supplements, paid, number, lead_id)
		VALUES (current_org(), $1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, nullif($11, ''), $12, $13, $14, $15, $16, $17, $18, $19, $20,
			$21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
		RETURNING `+columns, append(append([]any{postgres.NewID(), scope.ActorID}, values(d, a)...), number, lead)...)
}

// values are details and amounts in the order of the statements.
func values(d Details, a Amounts) []any {
	return []any{
		d.Title, d.PropertyID, d.ContactID, d.Kind, d.Carrier, d.ClaimNumber, d.PolicyNumber, d.DateOfLoss, d.Peril,
		d.AdjusterID, d.Source, d.WorkType, d.Priority, d.AssigneeID, d.NextAction, d.NextActionOn, d.Notes, d.Tags,
		a.RCV, a.ACV, a.Deductible, a.RecoverableDepreciation, a.NonRecoverableDepreciation, a.Approved, a.Supplements, a.Paid,
	}
}

// OpenFor opens the claim of a lead that is being won, in the same transaction.
// A lead has one claim, however often it is won. It is the leads.OpenClaim of
// the program; the caller has locked the lead and checked what the actor may do.
func (s *Service) OpenFor(ctx context.Context, tx pgx.Tx, l leads.Lead) (uuid.UUID, error) {
	if l.ClaimID != nil {
		return *l.ClaimID, nil
	}
	d := Details{
		Title: l.Title, PropertyID: l.PropertyID, ContactID: l.ContactID, Kind: Retail, Source: l.Source, Priority: l.Urgency,
		AssigneeID: l.AssigneeID, Notes: l.Notes, Tags: l.Tags,
	}
	switch l.Kind {
	case Insurance:
		d.Kind = Insurance
	case Retail:
	default: // repair, financed: retail work of a sort that stays visible
		d.WorkType = ui.Words(l.Kind)
	}
	c, err := insert(ctx, tx, d, Amounts{}, &l.ID)
	if err != nil {
		return uuid.Nil, err
	}
	return c.ID, activity.Note(ctx, tx, activity.NewEntry{
		About: activity.OfClaim(c.ID), Kind: activity.KindNote, Body: "Opened as " + c.Name() + " from the lead " + l.Title,
	})
}

// Update changes a claim that the caller has read in this version; its stage is
// changed by Advance alone. Amounts that are nil stay as they are; others than
// those the claim has take identity.EditAmounts. It returns fault.Stale where
// somebody changed it since, fault.Conflict where it is archived or the carrier's
// claim number is another claim's, and fault.Invalid with the fields to correct.
func (s *Service) Update(ctx context.Context, id uuid.UUID, version int64, d Details, a *Amounts) (Claim, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Claim{}, err
	}
	c, err := postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Claim, error) {
		old, err := lock(ctx, tx, id)
		if err != nil {
			return Claim{}, err
		}
		amounts := old.Amounts
		if a != nil && !reflect.DeepEqual(*a, amounts) {
			if err := identity.Require(ctx, identity.EditAmounts); err != nil {
				return Claim{}, err
			}
			amounts = *a
		}
		if err := old.changeable(ctx, version); err != nil {
			return Claim{}, err
		}
		f := fault.Fields{}
		d.tidy(f, old.Claim)
		amounts.check(f, old.Amounts)
		if err := f.Err(); err != nil {
			return Claim{}, err
		}
		if reflect.DeepEqual(d, old.Details) && reflect.DeepEqual(amounts, old.Amounts) {
			return old.Claim, nil // a new version would make others' open pages stale for nothing
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Claim{}, err
		}
		return postgres.One[Claim](ctx, tx, `
			UPDATE claims SET version = version + 1, updated_at = now(), updated_by = $2, title = $3, property_id = $4, contact_id = $5, kind = $6, carrier = $7,
				claim_number = $8, policy_number = $9, date_of_loss = $10, peril = nullif($11, ''), adjuster_id = $12, source = $13, work_type = $14, priority = $15,
				assignee_id = $16, next_action = $17, next_action_on = $18, notes = $19, tags = $20, rcv = $21, acv = $22, deductible = $23,
				recoverable_depreciation = $24, non_recoverable_depreciation = $25, approved = $26, supplements = $27, paid = $28
			WHERE claims.id = $1 RETURNING `+columns, append([]any{id, scope.ActorID}, values(d, amounts)...)...)
	})
	return c, s.refusal(ctx, d, err)
}

// codeCarrierNumber is the code of the refusal of a carrier's claim number that is taken.
const codeCarrierNumber = "claim.carrier_number"

// refusal turns what the database refused into words: a reference to what is not
// there, or a carrier's claim number that another claim has.
func (s *Service) refusal(ctx context.Context, d Details, err error) error {
	if postgres.Constraint(err) != "claims_carrier_number_key" {
		return leads.Missing(err)
	}
	other, readErr := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Claim, error) {
		return postgres.One[Claim](ctx, tx, `SELECT `+columns+` FROM claims
			WHERE carrier_key = lower(regexp_replace(btrim($1), '\s+', ' ', 'g')) AND claim_key = upper(translate($2, ' -./#', ''))`, d.Carrier, d.ClaimNumber)
	})
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	carrier, away := leads.Or(d.Carrier, "a carrier without a name"), ""
	if other.ArchivedAt != nil {
		away = ", which is archived"
	}
	return fault.Conflict(codeCarrierNumber, "claim number %s of %s is that of %s %s already%s; open that claim, or correct the number",
		d.ClaimNumber, carrier, other.Name(), other.Title, away)
}

// changeable refuses a change of what is archived or has another version by now.
func (c *Full) changeable(ctx context.Context, version int64) error {
	switch {
	case c.ArchivedAt != nil:
		return fault.Conflict("claim.archived", "%s is archived; restore it first, then change it", c.Name())
	case c.Version != version:
		return identity.Stale(ctx, "claim", c.Name(), c.UpdatedByName, c.UpdatedAt)
	}
	return nil
}

// Archive puts a claim away: it leaves the lists and keeps its number and its
// history. Members archive their own alone, which are those they created or are
// assigned to. Archiving it again changes nothing.
func (s *Service) Archive(ctx context.Context, id uuid.UUID) (Claim, error) {
	return s.archive(ctx, id, true)
}

// Restore takes an archived claim back; like Archive the other way.
func (s *Service) Restore(ctx context.Context, id uuid.UUID) (Claim, error) {
	return s.archive(ctx, id, false)
}

func (s *Service) archive(ctx context.Context, id uuid.UUID, away bool) (Claim, error) {
	if err := identity.Require(ctx, identity.ArchiveRecords); err != nil {
		return Claim{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Claim, error) {
		c, err := lock(ctx, tx, id)
		if err != nil {
			return Claim{}, err
		}
		own := []uuid.UUID{c.CreatedBy}
		if c.AssigneeID != nil {
			own = append(own, *c.AssigneeID)
		}
		if err := identity.RequireOwn(ctx, identity.ArchiveRecords, own...); err != nil {
			return Claim{}, err
		}
		if away == (c.ArchivedAt != nil) {
			return c.Claim, nil
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Claim{}, err
		}
		return postgres.One[Claim](ctx, tx, `
			UPDATE claims SET version = version + 1, updated_at = now(), updated_by = $2,
				archived_at = CASE WHEN $3 THEN now() END, archived_by = CASE WHEN $3 THEN $2::uuid END
			WHERE claims.id = $1 RETURNING `+columns, id, scope.ActorID, away)
	})
}
