package files

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/activity"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// The kinds of file.
const (
	Photo = "photo"
	Paper = "document"
)

// Document is a photo or document of a record whose bytes stand in the blob store
// under their SHA-256.
type Document struct {
	activity.About

	ID        uuid.UUID
	Kind      string // Photo or Paper
	Name      string
	MediaType string
	Size      int64 // bytes
	SHA256    []byte
	TakenAt   *time.Time                   // nil where it is not known
	Extra     map[string]map[string]string // what could be read of it, by source; nil is nothing
}

// Keep writes a document down in the transaction of whoever stored its bytes.
func Keep(ctx context.Context, tx pgx.Tx, actor uuid.UUID, d Document) error {
	if d.Extra == nil {
		d.Extra = map[string]map[string]string{}
	}
	_, err := postgres.Exec(ctx, tx, `
		INSERT INTO files (org_id, id, kind, name, media_type, size, sha256, taken_at, contact_id, property_id, lead_id, claim_id, extra, created_by, updated_by)
		VALUES (current_org(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
		d.ID, d.Kind, d.Name, d.MediaType, d.Size, d.SHA256, d.TakenAt, d.ContactID, d.PropertyID, d.LeadID, d.ClaimID, d.Extra, actor)
	if err != nil {
		return fmt.Errorf("keep the file %s: %w", d.Name, err)
	}
	return nil
}
