// Package archive writes everything an organisation has into one zip file, and
// reads such a file into an empty organisation, which then holds the same
// records. Nobody's data is held hostage here either.
//
// The file holds, for each table, json/<table>.jsonl (what Restore reads, every
// column) and csv/<table>.csv (the same for people and spreadsheets), the bytes
// of all files under files/<SHA-256>, and manifest.json with the SHA-256 and the
// number of rows of each of them. In the CSV, what a spreadsheet would run as a
// formula has an apostrophe before it (sheet.Text); the JSON has every byte as it
// is, so what comes back is what went out.
//
// Restore is the one writer beside the owners of the tables: it puts back whole
// rows that the owners wrote, and the database checks every constraint anew.
package archive

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Format names the kind of file and its version in the manifest.
const Format = "skaiscraper-export/1"

const manifestName = "manifest.json"

// tables are what an archive holds, each after those it points at.
var tables = []string{
	"people", "contacts", "properties", "leads", "claims", "estimates", "estimate_lines", "files", "org_counters",
	"import_runs", "import_files", "activities", "import_rows", "import_problems", "import_changes", "import_candidates", "import_mappings", "external_refs",
}

// Service exports and restores.
type Service struct {
	db    *postgres.DB
	blobs *blob.Store
}

// New gives the service.
func New(db *postgres.DB, blobs *blob.Store) *Service { return &Service{db, blobs} }

// Manifest says what an archive holds.
type Manifest struct {
	Format       string    `json:"format"`
	Organisation string    `json:"organisation"`
	TimeZone     string    `json:"time_zone"`
	ExportedAt   time.Time `json:"exported_at"`
	SystemPerson string    `json:"system_person"` // the id that commands and jobs acted as
	Entries      []Entry   `json:"entries"`
}

// Entry is one file of an archive.
type Entry struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows,omitempty"`
}

// columnsOf lists the columns of a table that are written, in their order; the
// organisation itself and what the database computes are left out.
func columnsOf(ctx context.Context, tx pgx.Tx, table string) ([]string, error) {
	return postgres.Values[string](ctx, tx, `
		SELECT attname::text FROM pg_attribute
		WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> 'org_id' ORDER BY attnum`, table)
}
