package activity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Service reads and writes the history.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// NewEntry is what a person writes.
type NewEntry struct {
	About

	Key        string `json:"-"` // Idempotency-Key of the request, or ""
	Kind       string
	Body       string
	At         *time.Time // when a call was, when an appointment begins; nil is now
	EndsAt     *time.Time // of an appointment
	Place      string     // of an appointment
	AssigneeID *uuid.UUID // of a task or appointment
	DueOn      date.Date  // of a task
}

// Add writes an entry. It returns fault.NotFound where the record or the
// assignee is not in the organisation.
func (s *Service) Add(ctx context.Context, n NewEntry) (Entry, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Entry{}, err
	}
	if err := n.check(); err != nil {
		return Entry{}, err
	}
	return postgres.Once(ctx, s.db, n.Key, "activity.add", n, func(ctx context.Context, tx pgx.Tx) (Entry, error) {
		id := postgres.NewID()
		if err := insert(ctx, tx, id, n, nil, nil); err != nil {
			return Entry{}, err
		}
		return get(ctx, tx, id)
	})
}

// maxBody is how much an entry holds, in characters.
const maxBody = 20_000

func (n *NewEntry) check() error {
	if _, _, _, ok := n.Record(); !ok {
		return errNoRecord
	}
	f := fault.Fields{}
	if !slices.Contains(Kinds, n.Kind) {
		f.Add("kind", "%q is not one of %s", n.Kind, strings.Join(Kinds, ", "))
	}
	f.Text("body", n.Body, maxBody)
	f.Text("place", n.Place, 300)
	if strings.TrimSpace(n.Body) == "" {
		f.Add("body", "write what it is about")
	}
	task, appointment := n.Kind == KindTask, n.Kind == KindAppointment
	if !n.DueOn.IsZero() && !task {
		f.Add("due_on", "only a task is due")
	}
	if n.AssigneeID != nil && !task && !appointment {
		f.Add("assignee_id", "only a task or an appointment is somebody's")
	}
	if (n.EndsAt != nil || n.Place != "") && !appointment {
		f.Add("ends_at", "only an appointment has an end and a place")
	}
	switch {
	case appointment && n.At == nil:
		f.Add("at", "say when the appointment is")
	case n.EndsAt != nil && n.At != nil && n.EndsAt.Before(*n.At):
		f.Add("ends_at", "this is before the appointment begins")
	}
	for field, at := range map[string]*time.Time{"at": n.At, "ends_at": n.EndsAt} {
		if at != nil && (at.Year() < 1900 || at.Year() > 2200) {
			f.Add(field, "the year %d can't be meant", at.Year())
		}
	}
	return f.Err()
}

// Note writes an entry in the transaction of a room that did something worth
// telling; n.At is now where it is nil. The caller has checked what it writes.
func Note(ctx context.Context, tx pgx.Tx, n NewEntry) error {
	return insert(ctx, tx, postgres.NewID(), n, nil, nil)
}

// Stage writes that a record moved from one stage to another, in the transaction
// that moves it; body is the reason, or "".
func Stage(ctx context.Context, tx pgx.Tx, about About, from, to, body string) error {
	return insert(ctx, tx, postgres.NewID(), NewEntry{About: about, Kind: KindStage, Body: body}, &from, &to)
}

func insert(ctx context.Context, tx pgx.Tx, id uuid.UUID, n NewEntry, from, to *string) error {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	_, err = postgres.Exec(ctx, tx, `
		INSERT INTO activities (org_id, id, kind, at, body, contact_id, property_id, lead_id, claim_id, from_stage, to_stage,
			assignee_id, due_on, ends_at, place, created_by, updated_by)
		VALUES (current_org(), $1, $2, coalesce($3, now()), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)`,
		id, n.Kind, n.At, n.Body, n.ContactID, n.PropertyID, n.LeadID, n.ClaimID, from, to,
		n.AssigneeID, n.DueOn, n.EndsAt, n.Place, scope.ActorID)
	switch constraint := postgres.Constraint(err); {
	case strings.Contains(constraint, "assignee"):
		return fault.Invalid("assignee_id", "choose somebody of your organisation")
	case strings.HasPrefix(constraint, "activities_org_id_"):
		return errGone
	}
	return err
}

var errGone = fault.NotFound("activity.record", "the record this is about is not there")

func get(ctx context.Context, tx pgx.Tx, id uuid.UUID) (Entry, error) {
	e, err := postgres.One[Entry](ctx, tx, `SELECT `+columns+` FROM activities a WHERE a.id = $1`, id)
	if errors.Is(err, postgres.ErrNoRow) {
		return Entry{}, fault.NotFound("activity", "there is no such entry in the history")
	}
	e.Origin = e.origin()
	return e, err
}

// Done marks a task as done, or as open again. It returns fault.NotFound for
// what is no task of the organisation.
func (s *Service) Done(ctx context.Context, id uuid.UUID, done bool) (Entry, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Entry{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Entry, error) {
		scope, err := tenant.Must(ctx)
		if err != nil {
			return Entry{}, err
		}
		n, err := postgres.Exec(ctx, tx, `
			UPDATE activities SET done_at = CASE WHEN $2 THEN coalesce(done_at, now()) END, version = version + 1, updated_at = now(), updated_by = $3
			WHERE id = $1 AND kind = 'task'`, id, done, scope.ActorID)
		if err == nil && n == 0 {
			err = fault.NotFound("activity.task", "there is no such task")
		}
		if err != nil {
			return Entry{}, err
		}
		return get(ctx, tx, id)
	})
}

// Of gives a page of a record's history.
func (s *Service) Of(ctx context.Context, about About, cursor string) (History, error) {
	if err := identity.Require(ctx, identity.ViewRecords); err != nil {
		return History{}, err
	}
	return postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (h History, err error) {
		var b pgx.Batch
		if err := OfRecord(&b, about, cursor, &h); err != nil {
			return h, err
		}
		err = postgres.Send(ctx, tx, &b)
		return h, err
	})
}
