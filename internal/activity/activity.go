// Package activity is the chronological history of the records: notes, calls,
// tasks, appointments, changes of stage, and where a record was imported from.
//
// A room's detail page asks for a record's history in its own batch, with
// [OfRecord]; a room that changes something worth telling writes it in its own
// transaction, with [Note] and [Stage].
package activity

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// The kinds of entry.
const (
	KindNote        = "note"
	KindCall        = "call"
	KindEmail       = "email"
	KindText        = "text"
	KindTask        = "task"
	KindAppointment = "appointment"
	KindStage       = "stage"
	KindFile        = "file"
	KindImport      = "import"
)

// Kinds are those a person writes.
var Kinds = []string{KindNote, KindCall, KindEmail, KindText, KindTask, KindAppointment}

// About says which records an entry is about. It is found in the history of each.
type About struct {
	ContactID  *uuid.UUID
	PropertyID *uuid.UUID
	LeadID     *uuid.UUID
	ClaimID    *uuid.UUID
}

// OfContact is about a contact.
func OfContact(id uuid.UUID) About { return About{ContactID: &id} }

// OfProperty is about a property.
func OfProperty(id uuid.UUID) About { return About{PropertyID: &id} }

// OfLead is about a lead.
func OfLead(id uuid.UUID) About { return About{LeadID: &id} }

// OfClaim is about a claim.
func OfClaim(id uuid.UUID) About { return About{ClaimID: &id} }

// Record is the most particular record the entry is about: the column that refers
// to it ("claim_id"), its id, and the path before it in its page's address
// ("/claims/"). ok is false where there is none.
func (a About) Record() (column string, id uuid.UUID, path string, ok bool) {
	switch {
	case a.ClaimID != nil:
		return "claim_id", *a.ClaimID, "/claims/", true
	case a.LeadID != nil:
		return "lead_id", *a.LeadID, "/leads/", true
	case a.PropertyID != nil:
		return "property_id", *a.PropertyID, "/properties/", true
	case a.ContactID != nil:
		return "contact_id", *a.ContactID, "/contacts/", true
	}
	return "", uuid.Nil, "", false
}

// URL is the page of the record.
func (a About) URL() string {
	_, id, path, _ := a.Record()
	return path + id.String()
}

// Entry is one line of a history.
type Entry struct {
	About
	FromRow

	ID         uuid.UUID
	Kind       string
	At         time.Time // of an appointment: when it begins
	Body       string
	FromStage  *string
	ToStage    *string
	AssigneeID *uuid.UUID
	Assignee   string // of a task or appointment; "" is nobody
	DueOn      date.Date
	DoneAt     *time.Time
	EndsAt     *time.Time
	Place      string
	CreatedAt  time.Time
	CreatedBy  uuid.UUID
	Who        string // who wrote it

	Origin *Origin `db:"-"` // of an import, or of what an import changed
}

const columns = `a.id, a.kind, a.at, a.body, a.from_stage, a.to_stage, a.assignee_id, a.due_on, a.done_at, a.ends_at, a.place,
	a.contact_id, a.property_id, a.lead_id, a.claim_id, a.created_at, a.created_by,
	coalesce((SELECT p.name FROM people p WHERE p.org_id = a.org_id AND p.id = a.created_by), '') AS who,
	coalesce((SELECT p.name FROM people p WHERE p.org_id = a.org_id AND p.id = a.assignee_id), '') AS assignee` + fromRow

// Origin is where a record stands in the system it came from, and the row of the
// file it last came with.
type Origin struct {
	Source     string // "acculynx"
	ExternalID string
	ImportedAt time.Time
	RunID      uuid.UUID
	FileNo     int
	Ordinal    int
	File       string
	Line       *int // on which the row begins, from 1; nil where the run's ledger is gone
}

// Vendor is the source as its maker writes it.
func (o Origin) Vendor() string {
	if name, known := vendors[o.Source]; known {
		return name
	}
	return o.Source
}

var vendors = map[string]string{
	"acculynx": "AccuLynx", "jobnimbus": "JobNimbus", "companycam": "CompanyCam", "xactimate": "Xactimate", "generic": "a spreadsheet",
}

// RowURL is the page of the row it came from.
func (o Origin) RowURL() string {
	return fmt.Sprintf("/migration/runs/%s/rows/%d/%d", o.RunID, o.FileNo, o.Ordinal)
}

// History is what happened with a record, newest first.
type History struct {
	Entries []Entry  // with the imports among them
	Origins []Origin // all there are, whatever page of the history this is
	Older   string   // cursor of the entries before these; "" is none
}

// pageSize is how many entries of a history are shown at once.
const pageSize = 50

// OfRecord puts the queries for a record's history into a page's batch; h is
// filled when the batch was sent. The cursor is "" or Older of a History;
// fault.Invalid where it is neither.
func OfRecord(b *pgx.Batch, about About, cursor string, h *History) error {
	column, id, _, ok := about.Record()
	if !ok {
		return errNoRecord
	}
	var at time.Time
	var last uuid.UUID
	beyond, args := "", []any{id}
	_, older, err := web.ReadCursor(web.ListQuery{Cursor: cursor}, &at, &last)
	if err != nil {
		return err
	}
	if older {
		beyond, args = " AND (a.at, a.id) < ($2, $3)", append(args, at, last)
	}
	postgres.Queue(b, &h.Entries, `SELECT `+columns+` FROM activities a WHERE a.`+column+` = $1`+beyond+`
		ORDER BY a.at DESC, a.id DESC LIMIT `+strconv.Itoa(pageSize+1), args...)
	b.Queue(`
		SELECT r.source, r.external_id, r.imported_at, r.run_id, r.file_no, r.ordinal, f.name AS file, l.line
		FROM external_refs r
		JOIN import_files f ON f.org_id = r.org_id AND f.run_id = r.run_id AND f.file_no = r.file_no
		LEFT JOIN import_rows l ON l.org_id = r.org_id AND l.run_id = r.run_id AND l.file_no = r.file_no AND l.ordinal = r.ordinal
		WHERE r.`+column+` = $1 ORDER BY r.imported_at DESC, r.source, r.external_id LIMIT 50`, id).Query(func(rows pgx.Rows) (err error) {
		if h.Origins, err = pgx.CollectRows(rows, pgx.RowToStructByName[Origin]); err != nil {
			return err
		}
		return h.join(older, at)
	})
	return nil
}

// join takes the entry too many off and puts the imports of the same time among
// the others.
func (h *History) join(older bool, newest time.Time) (err error) {
	for i := range h.Entries {
		h.Entries[i].Origin = h.Entries[i].origin()
	}
	oldest := time.Time{}
	if len(h.Entries) > pageSize {
		h.Entries = h.Entries[:pageSize]
		last := h.Entries[pageSize-1]
		oldest = last.At
		if h.Older, err = web.NewCursor(web.ListQuery{}, false, last.At, last.ID); err != nil {
			return err
		}
	}
	for _, o := range h.Origins {
		if !o.ImportedAt.Before(oldest) && (!older || o.ImportedAt.Before(newest)) {
			h.Entries = append(h.Entries, Entry{Kind: KindImport, At: o.ImportedAt, Origin: &o})
		}
	}
	slices.SortStableFunc(h.Entries, func(a, b Entry) int { return b.At.Compare(a.At) })
	return nil
}

var errNoRecord = fault.Invalid("about", "say which contact, property, lead or claim this is about")
