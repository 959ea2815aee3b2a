package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// Export writes the organisation of the scope into w, as it is at one moment.
func (s *Service) Export(ctx context.Context, w io.Writer) (Manifest, error) {
	if err := identity.Require(ctx, identity.Migrate); err != nil {
		return Manifest{}, err
	}
	// First, so that one that breaks off is in the trail too.
	if err := postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error { return audit.Note(ctx, tx, "organisation.exported", "") }); err != nil {
		return Manifest{}, err
	}
	return postgres.Snapshot(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (Manifest, error) {
		e := exporter{zip: zip.NewWriter(w), manifest: Manifest{Format: Format, ExportedAt: time.Now().UTC()}}
		err := tx.QueryRow(ctx, `
			SELECT o.name, o.time_zone, p.id::text FROM orgs o JOIN people p ON p.org_id = o.id AND p.kind = 'system' WHERE o.id = current_org()`,
		).Scan(&e.manifest.Organisation, &e.manifest.TimeZone, &e.manifest.SystemPerson)
		if err != nil {
			return Manifest{}, err
		}
		for _, t := range tables {
			if err := e.table(ctx, tx, t); err != nil {
				return Manifest{}, fmt.Errorf("export %s: %w", t, err)
			}
		}
		if err := e.blobs(ctx, tx, s.blobs); err != nil {
			return Manifest{}, err
		}
		return e.manifest, e.close()
	})
}

type exporter struct {
	zip      *zip.Writer
	manifest Manifest
}

// entry starts a file of the archive; done notes it in the manifest.
func (e *exporter) entry(name string) (w io.Writer, done func(rows int64), err error) {
	file, err := e.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: e.manifest.ExportedAt})
	if err != nil {
		return nil, nil, err
	}
	c := &counted{w: file, sum: sha256.New()}
	return c, func(rows int64) {
		e.manifest.Entries = append(e.manifest.Entries, Entry{name, hex.EncodeToString(c.sum.Sum(nil)), c.n, rows})
	}, nil
}

type counted struct {
	w   io.Writer
	sum hash.Hash
	n   int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	_, _ = c.sum.Write(p[:n]) // a hash never fails
	c.n += int64(n)
	return n, err
}

// table writes a table twice. The CSV is made of the lines just written, kept
// meanwhile in a temporary file, so that memory does not grow with the table.
func (e *exporter) table(ctx context.Context, tx pgx.Tx, table string) error {
	columns, err := columnsOf(ctx, tx, table)
	if err != nil {
		return err
	}
	kept, err := os.CreateTemp("", "skai-")
	if err != nil {
		return err
	}
	defer func() { _ = kept.Close() }()
	if err := os.Remove(kept.Name()); err != nil { // the open file stays readable
		return err
	}
	n, err := e.lines(ctx, tx, table, columns, kept)
	if err != nil {
		return err
	}
	if _, err := kept.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return e.sheet(table, columns, kept, n)
}

func (e *exporter) lines(ctx context.Context, tx pgx.Tx, table string, columns []string, kept io.Writer) (n int64, err error) {
	out, done, err := e.entry("json/" + table + ".jsonl")
	if err != nil {
		return 0, err
	}
	both := io.MultiWriter(out, kept)
	list := make([]string, 0, len(columns))
	for _, c := range columns {
		list = append(list, pgx.Identifier{c}.Sanitize())
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT to_jsonb(r)::text FROM (SELECT %s FROM %s ORDER BY %s) r`, strings.Join(list, ", "), table, strings.Join(keyOf(columns), ", ")))
	if err != nil {
		return 0, err
	}
	var line string
	_, err = pgx.ForEachRow(rows, []any{&line}, func() error {
		n++
		_, err := io.WriteString(both, line+"\n")
		return err
	})
	done(n)
	return n, err
}

// keyOf gives the columns an archive's table is ordered by, so that the same
// organisation gives the same lines.
func keyOf(columns []string) (key []string) {
	for _, c := range columns {
		switch c {
		case "id", "run_id", "file_no", "ordinal", "seq", "record_id", "rung", "entity", "source", "external_id", "kind", "header_key", "name":
			key = append(key, c)
		}
	}
	if key[0] == "id" {
		return key[:1]
	}
	return key
}

func (e *exporter) sheet(table string, columns []string, kept io.Reader, n int64) error {
	out, done, err := e.entry("csv/" + table + ".csv")
	if err != nil {
		return err
	}
	file, err := sheet.NewCSV(out, columns...)
	if err != nil {
		return err
	}
	lines := json.NewDecoder(kept)
	cells := make([]sheet.Cell, len(columns))
	for lines.More() {
		var row map[string]json.RawMessage
		if err := lines.Decode(&row); err != nil {
			return err
		}
		for i, c := range columns {
			if cells[i], err = cell(row[c]); err != nil {
				return err
			}
		}
		if err := file.Row(cells...); err != nil {
			return err
		}
	}
	if err := file.Close(); err != nil {
		return err
	}
	done(n)
	return nil
}

// cell is a JSON value as a CSV cell: a text as it is, a number as a number,
// null as nothing, a list or an object as JSON.
func cell(value json.RawMessage) (sheet.Cell, error) {
	switch {
	case len(value) == 0 || bytes.Equal(value, []byte("null")):
		return sheet.Text(""), nil
	case value[0] == '"':
		var s string
		err := json.Unmarshal(value, &s)
		return sheet.Text(s), err
	case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
		return sheet.Number(string(value)), nil
	}
	return sheet.Text(string(value)), nil
}

func (e *exporter) blobs(ctx context.Context, tx pgx.Tx, store *blob.Store) error {
	sums, err := postgres.Values[[]byte](ctx, tx, `SELECT sha256 FROM import_files UNION SELECT sha256 FROM files WHERE sha256 IS NOT NULL ORDER BY 1`)
	if err != nil {
		return err
	}
	for _, sum := range sums {
		if err := e.blob(ctx, store, sum); err != nil {
			return fmt.Errorf("export file %x: %w", sum, err)
		}
	}
	return nil
}

func (e *exporter) blob(ctx context.Context, store *blob.Store, sum []byte) error {
	from, err := store.Open(ctx, sum)
	if err != nil {
		return err
	}
	out, done, err := e.entry("files/" + hex.EncodeToString(sum))
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, bufio.NewReaderSize(from, 1<<20)); err != nil {
		return err
	}
	done(0)
	return nil
}

func (e *exporter) close() error {
	data, err := json.MarshalIndent(e.manifest, "", "  ")
	if err != nil {
		return err
	}
	out, err := e.zip.CreateHeader(&zip.FileHeader{Name: manifestName, Method: zip.Deflate, Modified: e.manifest.ExportedAt})
	if err != nil {
		return err
	}
	if _, err := out.Write(data); err != nil {
		return err
	}
	return e.zip.Close()
}
