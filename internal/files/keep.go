package files

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Document is a document of a claim whose bytes stand in the blob store under
// their SHA-256.
type Document struct {
	ID        uuid.UUID
	Name      string
	MediaType string
	Size      int64 // bytes
	SHA256    []byte
	ClaimID   uuid.UUID
	Extra     map[string]map[string]string // what could be read of it, by source
}

// Keep writes a document down in the transaction of whoever stored its bytes.
func Keep(ctx context.Context, tx pgx.Tx, actor uuid.UUID, d Document) error {
	_, err := postgres.Exec(ctx, tx, `
		INSERT INTO files (org_id, id, kind, name, media_type, size, sha256, claim_id, extra, created_by, updated_by)
		VALUES (current_org(), $1, 'document', $2, $3, $4, $5, $6, $7, $8, $8)`, d.ID, d.Name, d.MediaType, d.Size, d.SHA256, d.ClaimID, d.Extra, actor)
	if err != nil {
		return fmt.Errorf("keep the document %s: %w", d.Name, err)
	}
	return nil
}
