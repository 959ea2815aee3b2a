package files

import (
	"bufio"
	"context"
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Service gives the bytes of what is kept here.
type Service struct {
	db    *postgres.DB
	store *blob.Store
}

// New gives the service.
func New(db *postgres.DB, store *blob.Store) *Service { return &Service{db, store} }

// Path is where the files' bytes are.
const Path = "/files"

// Routes registers the download.
func (s *Service) Routes(rt *web.Router) {
	rt.Stream("GET "+Path+"/{id}/content", web.Access{Permission: string(identity.ViewAmounts)}, s.download)
}

// Content is a file's bytes, and what is known of them.
type Content struct {
	Name      string
	SHA256    []byte
	UpdatedAt time.Time
}

var errNoFile = fault.NotFound("file", "there is no such file here; its bytes may still be where it came from")

// Content gives a file whose bytes are kept here. It returns fault.NotFound where
// they are not, and fault.Forbidden to those who may not see amounts: it may hold some.
func (s *Service) Content(ctx context.Context, id uuid.UUID) (Content, *blob.File, error) {
	if err := identity.Require(ctx, identity.ViewAmounts); err != nil {
		return Content{}, nil, err
	}
	c, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Content, error) {
		return postgres.One[Content](ctx, tx, `SELECT name, sha256, updated_at FROM files WHERE id = $1 AND sha256 IS NOT NULL`, id)
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

// download sends a file, whole or in part (Range). A browser saves it and shows it
// not: what somebody else made is no page of this site.
func (s *Service) download(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	c, f, err := s.Content(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", c.UpdatedAt, &buffered{f, bufio.NewReaderSize(f, 1<<18)})
	return nil
}

// buffered reads more at once than http asks for, since each package is opened whole.
type buffered struct {
	file *blob.File
	*bufio.Reader
}

// Seek moves to another place, counted from the start or the end.
func (b *buffered) Seek(offset int64, whence int) (int64, error) {
	n, err := b.file.Seek(offset, whence)
	b.Reset(b.file)
	return n, err
}
