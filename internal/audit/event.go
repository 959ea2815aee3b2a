package audit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Event is what somebody did. The database writes it, as the transaction commits.
type Event struct {
	Number    int64 // of the organisation, from 1 without a gap
	ID        uuid.UUID
	At        time.Time // to the millisecond
	ActorID   *uuid.UUID
	Actor     string // the name at that time
	ActorKind string // person, key, system or operator
	Address   string // of the network; "" for commands and jobs
	Device    string // what the browser or program called itself
	RequestID string
	Action    string     // "claim.archived"; see Catalogue
	Kind      string     // create, read, update, delete
	Table     string     `db:"table_name"` // "claims"
	RecordID  *uuid.UUID // of the record, or of an import's run
	Target    string     // the record's name at that time, or what else it was about
	Changed   []Changed  // which rows, and how
}

// Changed is one row's change, or what one statement of an import did.
type Changed struct {
	Table     string     `json:"table"`
	RecordID  *uuid.UUID `json:"record_id"`
	Label     string     `json:"label"`
	Operation string     `json:"operation"`
	Changes   Changes    `json:"changes"`
	Rows      int64      `json:"rows"`
}

// Sentence says what happened, for a person: "Dana Reyes archived the claim 1042
// Hail." for example.
func (e Event) Sentence() string {
	who := e.Actor
	switch who {
	case "skai_operator":
		who = "The operator"
	case "skai_signin":
		who = "Somebody signing in" // nobody is, before they are
	}
	s := who + " " + words(e.Action)
	if e.Action == "session.opened" && e.Target == "half" {
		return s + " with the password; a second factor was asked for."
	}
	if e.Target != "" {
		s += " " + e.Target
	}
	return web.Sentence(s)
}

// eventsPerPage is how many events an export reads at a time.
const eventsPerPage = 500

const eventColumns = `number, id, at, actor_id, actor, actor_kind, address, device, request_id, action, kind, table_name, record_id, target,
	coalesce((SELECT jsonb_agg(jsonb_build_object('table', n.table_name, 'record_id', n.record_id, 'label', n.label, 'operation', n.operation,
		'changes', n.changes, 'rows', n.row_count) ORDER BY n.id) FROM (SELECT * FROM audit_entries n WHERE n.event_id = e.id ORDER BY n.id LIMIT 20) n), '[]') AS changed`

// EventFilter narrows events down; the zero value is all of them.
type EventFilter struct {
	Actor, Record uuid.UUID
	Action, Kind  string
	Words         string    // stand in the actor's name, the target's or the address
	From, To      time.Time // at From or later, before To
	Before        int64     // older than this number; 0 begins with the newest
	After         int64     // newer than this number, the oldest first; only where Oldest
	Oldest        bool      // the oldest first
	Limit         int       // at most so many, 1 to 500
}

const eventsWhere = `
	WHERE ($1 = '00000000-0000-0000-0000-000000000000'::uuid OR actor_id = $1) AND ($2 = '00000000-0000-0000-0000-000000000000'::uuid OR record_id = $2)
	AND ($3 = '' OR action = $3) AND ($4 = '' OR kind = $4)
	AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
	AND ($7 = '' OR strpos(lower(concat_ws(' ', actor, target, address)), lower($7)) > 0) `

const (
	newestEvents = `SELECT ` + eventColumns + ` FROM audit_events e` + eventsWhere + `AND ($8 = 0 OR number < $8) ORDER BY number DESC LIMIT $9`
	oldestEvents = `SELECT ` + eventColumns + ` FROM audit_events e` + eventsWhere + `AND number > $8 ORDER BY number LIMIT $9`
)

// Events gives events and whether there are more. It returns fault.Forbidden for
// those who may not see the trail.
func (s *Service) Events(ctx context.Context, f EventFilter) (list []Event, more bool, err error) {
	if err := identity.Require(ctx, identity.ViewAudit); err != nil {
		return nil, false, err
	}
	f.Limit = min(max(f.Limit, 1), eventsPerPage)
	list, err = postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Event, error) {
		if f.Oldest {
			return postgres.Many[Event](ctx, tx, oldestEvents, f.Actor, f.Record, f.Action, f.Kind, orNull(f.From), orNull(f.To), f.Words, f.After, f.Limit+1)
		}
		return postgres.Many[Event](ctx, tx, newestEvents, f.Actor, f.Record, f.Action, f.Kind, orNull(f.From), orNull(f.To), f.Words, f.Before, f.Limit+1)
	})
	if err == nil && len(list) > f.Limit {
		return list[:f.Limit], true, nil
	}
	return list, false, err
}

// Event gives one event; fault.NotFound where there is none with the id.
func (s *Service) Event(ctx context.Context, id uuid.UUID) (Event, error) {
	if err := identity.Require(ctx, identity.ViewAudit); err != nil {
		return Event{}, err
	}
	e, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Event, error) {
		return postgres.One[Event](ctx, tx, `SELECT `+eventColumns+` FROM audit_events e WHERE id = $1`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return Event{}, fault.NotFound("event", "there is no such event; it may be older than your organisation keeps them")
	}
	return e, err
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Done writes the events of requests that change no row: what was read out of the
// product, and what was refused. It is for web.Config.Done.
func (s *Service) Done(ctx context.Context, status int, refused error) error {
	scope, ok := tenant.From(ctx)
	request := tenant.RequestOf(ctx)
	if !ok {
		return nil
	}
	n := note{action: request.Action, kind: "update"}
	switch {
	case status == http.StatusForbidden:
		e := fault.As(refused)
		if e != nil && e.Code == "fresh" { // not refused: asked for the password first
			return nil
		}
		n = note{action: "access.refused", kind: "read", about: request.Route}
	case status >= http.StatusBadRequest || !byName[n.action].Noted:
		return nil
	case strings.HasPrefix(request.Route, "GET "):
		n.kind = "read"
	}
	if err := s.note(context.WithoutCancel(ctx), scope, n); err != nil {
		return fmt.Errorf("the event %s is not written: %w", n.action, err)
	}
	return nil
}

// Note writes an event of something that was only read, in the transaction that read
// it: by a command of the operator's, for example, of which no request tells.
func Note(ctx context.Context, tx pgx.Tx, action, about string) error {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `SELECT audit.note($1, $2, $3, $4, $5, 'read', '', NULL, $6)`, scope.OrgID, scope.ActorID, scope.ActorName, scope.Kind(), action, about)
	return err
}

// Looked writes that a command of the operator's looked at something of the
// organisation: "its API keys".
func (s *Service) Looked(ctx context.Context, at string) error {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	return s.note(ctx, scope, note{action: "organisation.looked", kind: "read", about: at})
}

type note struct{ action, kind, about string }

func (s *Service) note(ctx context.Context, scope tenant.Scope, n note) error {
	ctx, cancel := context.WithTimeout(ctx, web.RequestTimeout)
	defer cancel()
	write := func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT audit.note($1, $2, $3, $4, $5, $6, '', NULL, $7)`, scope.OrgID, scope.ActorID, scope.ActorName, scope.Kind(), n.action, n.kind, n.about)
		return err
	}
	if scope.Kind() == "operator" { // outside of all organisations, or in one in which they write nothing
		_, err := postgres.System(ctx, s.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) { return struct{}{}, write(ctx, tx) })
		return err
	}
	return postgres.Do(ctx, s.db, write)
}

// asJSON is an event as exports and the API give it.
type asJSON struct {
	Number    int64      `json:"number" doc:"Of the organisation, from 1 without a gap"`
	ID        uuid.UUID  `json:"id"`
	At        string     `json:"at" format:"date-time" doc:"To the millisecond"`
	Sentence  string     `json:"sentence" example:"Dana Reyes archived the claim 1042 Hail."`
	Action    string     `json:"action" example:"claim.archived"`
	Kind      string     `json:"kind" enum:"create,read,update,delete"`
	Actor     string     `json:"actor"`
	ActorID   *uuid.UUID `json:"actor_id"`
	ActorKind string     `json:"actor_kind" enum:"person,key,system,operator"`
	OrgID     uuid.UUID  `json:"org_id"`
	Address   string     `json:"address" doc:"Of the network; empty for commands and jobs"`
	Device    string     `json:"device"`
	RequestID string     `json:"request_id"`
	Table     string     `json:"table"`
	RecordID  *uuid.UUID `json:"record_id"`
	Target    string     `json:"target"`
	Changes   []rowInAPI `json:"changes" nullable:"false" doc:"At most 20 rows"`
}

type rowInAPI struct {
	Table     string        `json:"table"`
	RecordID  *uuid.UUID    `json:"record_id"`
	Label     string        `json:"label"`
	Operation string        `json:"operation"`
	Rows      int64         `json:"rows"`
	Columns   []changeInAPI `json:"columns" nullable:"false"`
}

func (e Event) json(org uuid.UUID) asJSON {
	j := asJSON{
		e.Number, e.ID, e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Sentence(), e.Action, e.Kind, e.Actor, e.ActorID, e.ActorKind, org,
		e.Address, e.Device, e.RequestID, e.Table, e.RecordID, e.Target, make([]rowInAPI, len(e.Changed)),
	}
	for i, c := range e.Changed {
		j.Changes[i] = rowInAPI{c.Table, c.RecordID, c.Label, c.Operation, c.Rows, []changeInAPI{}}
		for _, change := range c.Changes.List() {
			j.Changes[i].Columns = append(j.Changes[i].Columns, changeInAPI(change))
		}
	}
	return j
}
