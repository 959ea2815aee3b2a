// Package files holds the photos and documents of the records: what is known of
// them, and their bytes, sealed in the blob store. Imports bring them, and people
// add them on a record's page.
//
// The page of a record of another room asks for its files in its own batch, with
// [OfRecord], and shows them with [Card].
package files

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/ui"
)

// Service keeps files and gives their bytes.
type Service struct {
	db    *postgres.DB
	store *blob.Store
}

// New gives the service.
func New(db *postgres.DB, store *blob.Store) *Service { return &Service{db, store} }

// File is a photo or document, as its record's page lists it.
type File struct {
	ID        uuid.UUID
	Kind      string // Photo or Paper
	Name      string
	Size      *int64 // bytes; nil where it is not known
	Kept      bool   // the bytes are with us
	SourceURL string // where the system it came from keeps it, or ""
	TakenAt   *time.Time
	TakenBy   string // as the system it came from says, or ""
	Caption   string
	Tags      []string
	CreatedAt time.Time
	CreatedBy uuid.UUID
	Who       string // who added it
}

// most is how many files of a record its page lists.
const most = 500

const columns = `f.id, f.kind, f.name, f.size, f.sha256 IS NOT NULL AS kept, f.source_url, f.taken_at, f.taken_by, f.caption, f.tags, f.created_at, f.created_by,
	coalesce((SELECT p.name FROM people p WHERE p.org_id = f.org_id AND p.id = f.created_by), '') AS who`

// OfRecord puts the query for a record's files, the newest first, into a page's
// batch; list is filled when the batch was sent. A claim has those of the lead it
// came from, too. It returns fault.Invalid where about names no record.
func OfRecord(b *pgx.Batch, about activity.About, list *[]File) error {
	column, id, _, ok := about.Record()
	if !ok {
		return errNoRecord
	}
	where := `f.` + column + ` = $1`
	if about.ClaimID != nil {
		where = `(f.claim_id = $1 OR f.lead_id = (SELECT c.lead_id FROM claims c WHERE c.id = $1))`
	}
	postgres.Queue(b, list, `SELECT `+columns+` FROM files f WHERE `+where+` AND f.archived_at IS NULL ORDER BY f.id DESC LIMIT `+strconv.Itoa(most+1), id)
	return nil
}

var errNoRecord = fault.Invalid("about", "say which contact, property, lead or claim the files are of")

// Content is a file's bytes, and what is known of them.
type Content struct {
	Name      string
	SHA256    []byte
	UpdatedAt time.Time
}

var errNoFile = fault.NotFound("file", "there is no such file here; it may have been removed, or its bytes are still where it came from")

// Content gives a file whose bytes are kept here. It returns fault.NotFound where
// they are not, and fault.Forbidden to those who may not see amounts: it may hold some.
func (s *Service) Content(ctx context.Context, id uuid.UUID) (Content, *blob.File, error) {
	if err := identity.Require(ctx, identity.ViewAmounts); err != nil {
		return Content{}, nil, err
	}
	c, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Content, error) {
		return postgres.One[Content](ctx, tx, `SELECT name, sha256, updated_at FROM files WHERE id = $1 AND sha256 IS NOT NULL AND archived_at IS NULL`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		err = errNoFile
	}
	if err != nil {
		return c, nil, err
	}
	f, err := s.store.Open(ctx, c.SHA256)
	if errors.Is(err, blob.ErrMissing) {
		err = errNoFile
	}
	return c, f, err
}

// words are what stands below a file's name.
func (f *File) words() string {
	by := f.TakenBy
	if by == "" {
		by = f.Who
	}
	var parts []string
	for _, part := range []string{ui.Words(f.Kind), f.size(), f.Caption, by, strings.Join(f.Tags, ", ")} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

// size is a file's size for people.
func (f *File) size() string {
	switch {
	case !f.Kept:
		return "still with the system it came from"
	case *f.Size < 1<<20:
		return ui.Count((*f.Size+1023)/1024) + " kB"
	}
	return ui.Count(*f.Size>>20) + " MB"
}

// link is where a file that is not with us can be looked at, "" where nowhere.
func (f *File) link() string {
	if strings.HasPrefix(f.SourceURL, "https://") || strings.HasPrefix(f.SourceURL, "http://") {
		return f.SourceURL
	}
	return ""
}

// mayRemove tells whether the actor may take the file off its record's page.
func (f *File) mayRemove(ctx context.Context) bool {
	return identity.RequireOwn(ctx, identity.ArchiveRecords, f.CreatedBy) == nil
}
