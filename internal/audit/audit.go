// Package audit reads the append-only trail of who changed what. The database
// writes it by itself (see audit_attach in the migrations), so that no code path
// can forget to; nobody, the program included, can change or remove an entry.
package audit

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Entry is the change of one record, or what one statement of an import did.
type Entry struct {
	ID        int64 // grows with time; the page's key
	At        time.Time
	Actor     string // the person's name at that time, or the system actor's
	RequestID string
	Table     string     `db:"table_name"` // "claims"
	RecordID  *uuid.UUID // nil for a statement of an import
	Operation string     // insert, update, delete; bulk insert, bulk update, bulk delete
	Changes   Changes
	RunID     *uuid.UUID // the import whose ledger has the rows
	RowCount  int64      // 1, or the rows of an import's statement
}

const columns = `id, at, actor, request_id, table_name, record_id, operation, changes, run_id, row_count`

// perRecord is how many of a record's latest entries its page shows.
const perRecord = 50

const ofRecord = `SELECT ` + columns + ` FROM audit_entries WHERE record_id = $1 ORDER BY id DESC LIMIT $2`

// OfRecord gives the latest 50 entries of a record, the newest first, for the
// record's page. It gives none to those who may not see the trail, so that a
// page can ask for everybody.
func OfRecord(ctx context.Context, tx pgx.Tx, id uuid.UUID) ([]Entry, error) {
	if !identity.Can(ctx, identity.ViewAudit) {
		return []Entry{}, nil
	}
	return postgres.Many[Entry](ctx, tx, ofRecord, id, perRecord)
}

// QueueOfRecord is OfRecord as a part of a page's one batch: into has the entries
// once the batch was read.
func QueueOfRecord(ctx context.Context, b *pgx.Batch, id uuid.UUID, into *[]Entry) {
	if !identity.Can(ctx, identity.ViewAudit) {
		return
	}
	b.Queue(ofRecord, id, perRecord).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByName[Entry])
		return err
	})
}

// Service reads an organisation's trail.
type Service struct{ db *postgres.DB }

// New gives the service.
func New(db *postgres.DB) *Service { return &Service{db} }

// Filter narrows the trail down; the zero value is all of it.
type Filter struct {
	Record uuid.UUID // of one record
	Before int64     // entries older than this one; 0 begins with the newest
	Limit  int       // at most so many, 1 to 200
}

// List gives entries, the newest first, and the Before of the next page, 0 where
// there is none. It returns fault.Forbidden for those who may not see the trail.
func (s *Service) List(ctx context.Context, f Filter) (entries []Entry, next int64, err error) {
	if err := identity.Require(ctx, identity.ViewAudit); err != nil {
		return nil, 0, err
	}
	f.Limit = min(max(f.Limit, 1), 200)
	entries, err = postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]Entry, error) {
		if f.Record != uuid.Nil {
			return postgres.Many[Entry](ctx, tx, `SELECT `+columns+` FROM audit_entries
				WHERE record_id = $1 AND ($2 = 0 OR id < $2) ORDER BY id DESC LIMIT $3`, f.Record, f.Before, f.Limit+1)
		}
		return postgres.Many[Entry](ctx, tx, `SELECT `+columns+` FROM audit_entries
			WHERE $1 = 0 OR id < $1 ORDER BY id DESC LIMIT $2`, f.Before, f.Limit+1)
	})
	if err != nil || len(entries) <= f.Limit {
		return entries, 0, err
	}
	entries = entries[:f.Limit]
	return entries, entries[f.Limit-1].ID, nil
}
