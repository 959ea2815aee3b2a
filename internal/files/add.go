package files

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Added says what became of files that somebody sent to a record.
type Added struct {
	Names []string // of those that are on it now
	Known []string // of those that were on it already, and are not kept twice
}

// Add keeps files on a record, all of them or none, and says so in its history. It
// returns fault.Invalid where one of them is not to be kept, naming all that are
// not, or where there is none; fault.NotFound where the record is not in the
// actor's organisation; and fault.Conflict where it is archived.
//
// The bytes are kept before the rows are written: a program that ends in between
// leaves bytes that nothing names, never a file without its bytes.
func (s *Service) Add(ctx context.Context, about activity.About, sent []*Incoming) (Added, error) {
	if err := identity.Require(ctx, identity.EditRecords); err != nil {
		return Added{}, err
	}
	_, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (struct{}, error) { return struct{}{}, open(ctx, tx, about, "") })
	if err != nil {
		return Added{}, err
	}
	if err := refusal(sent); err != nil {
		return Added{}, err
	}
	for _, in := range sent {
		if err := s.store.Put(ctx, in.sum, in.data); err != nil {
			return Added{}, err
		}
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Added, error) { return write(ctx, tx, about, sent) })
}

// open refuses a record that is not there, or is archived; lock is what its row is
// held by, or "".
func open(ctx context.Context, tx pgx.Tx, about activity.About, lock string) error {
	column, id, path, ok := about.Record()
	if !ok {
		return errNoRecord
	}
	one := strings.TrimSuffix(column, "_id")
	archived, err := postgres.Value[bool](ctx, tx, `SELECT archived_at IS NOT NULL FROM `+strings.Trim(path, "/")+` WHERE id = $1`+lock, id)
	switch {
	case errors.Is(err, postgres.ErrNoRow):
		return fault.NotFound(one, "there is no such %s; it may be another organisation's, or the address is wrong", one)
	case err == nil && archived:
		return fault.Conflict(one+".archived", "the %s is archived; restore it first, then add files to it", one)
	}
	return err
}

// write writes the files down that the record has not. It holds the record, so that
// of the same file sent twice at once the second is known.
func write(ctx context.Context, tx pgx.Tx, about activity.About, sent []*Incoming) (added Added, err error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return added, err
	}
	if err := open(ctx, tx, about, " FOR NO KEY UPDATE"); err != nil {
		return added, err
	}
	sums := make([][]byte, len(sent))
	for i, in := range sent {
		sums[i] = in.sum
	}
	kept, err := postgres.Values[[]byte](ctx, tx, `
		SELECT sha256 FROM files
		WHERE sha256 = ANY ($1) AND archived_at IS NULL AND (contact_id = $2 OR property_id = $3 OR lead_id = $4 OR claim_id = $5)`,
		sums, about.ContactID, about.PropertyID, about.LeadID, about.ClaimID)
	if err != nil {
		return added, err
	}
	known := map[string]bool{}
	for _, sum := range kept {
		known[string(sum)] = true
	}
	for _, in := range sent {
		if known[string(in.sum)] {
			added.Known = append(added.Known, in.Name)
			continue
		}
		known[string(in.sum)] = true
		d := Document{
			About: about, ID: postgres.NewID(), Kind: in.kind, Name: in.Name, MediaType: in.mediaType, Size: in.size, SHA256: in.sum, TakenAt: in.takenAt,
		}
		if err := Keep(ctx, tx, scope.ActorID, d); err != nil {
			return added, err
		}
		added.Names = append(added.Names, in.Name)
	}
	if len(added.Names) == 0 {
		return added, nil
	}
	return added, activity.Note(ctx, tx, activity.NewEntry{About: about, Kind: activity.KindFile, Body: strings.Join(added.Names, "\n")})
}

// Removed is a file that was taken off its record's page.
type Removed struct {
	activity.About

	Name      string
	CreatedBy uuid.UUID
}

// Archive takes a file off its record's page; a member may where they added it. Its
// row and its bytes stay, and adding it again is not adding it twice. It returns
// fault.NotFound for what is no file of the actor's organisation.
func (s *Service) Archive(ctx context.Context, id uuid.UUID) (Removed, error) {
	if err := identity.Require(ctx, identity.ArchiveRecords); err != nil {
		return Removed{}, err
	}
	return postgres.Tx(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Removed, error) {
		f, err := postgres.One[Removed](ctx, tx, `SELECT contact_id, property_id, lead_id, claim_id, name, created_by FROM files WHERE id = $1 FOR UPDATE`, id)
		if errors.Is(err, postgres.ErrNoRow) {
			err = errNoFile
		}
		if err == nil {
			err = identity.RequireOwn(ctx, identity.ArchiveRecords, f.CreatedBy)
		}
		if err != nil {
			return f, err
		}
		scope, err := tenant.Must(ctx)
		if err != nil {
			return f, err
		}
		_, err = postgres.Exec(ctx, tx, `
			UPDATE files SET archived_at = now(), version = version + 1, updated_at = now(), updated_by = $2
			WHERE id = $1 AND archived_at IS NULL`, id, scope.ActorID)
		return f, err
	})
}
