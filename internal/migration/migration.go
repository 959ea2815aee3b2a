// Package migration takes a contractor's book over: files exported from other
// systems become contacts, properties, leads, claims, estimates and photos, and
// every row and every filled cell of them is accounted for.
//
// A run goes store, detect, decode, map, normalise, validate, match, write,
// reconcile. The bytes are stored first. Rows are then read in batches and
// copied into temporary tables, matched in sets with what is known, and
// published together with the ledger in one transaction: all of it is seen, or
// nothing. A dry run is the same transaction, rolled back. A run that was
// killed is done again from the stored bytes.
package migration

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/migration/decode"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/migration/rows"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// Service runs imports and tells of them.
type Service struct {
	db    *postgres.DB
	blobs *blob.Store
}

// New gives the service.
func New(db *postgres.DB, blobs *blob.Store) *Service { return &Service{db, blobs} }

// FileOptions is one file of a run and what the person said of it.
type FileOptions struct {
	Path    string        `json:"-"`
	Name    string        `json:"name"`
	Source  string        `json:"source,omitempty"` // "" is found out
	Kind    sources.Kind  `json:"kind,omitempty"`   // "" is found out
	Claim   string        `json:"claim,omitempty"`  // estimates: the claim they belong to, by our number or the carrier's
	Mapping *rows.Mapping `json:"mapping,omitempty"`
}

// Options is what a run is asked for.
type Options struct {
	Files     []FileOptions  `json:"files"`
	DryRun    bool           `json:"dry_run"`
	Strict    bool           `json:"strict"`     // any errored row fails the run
	BatchSize int            `json:"batch_size"` // rows a batch, 500 where 0
	ReportDir string         `json:"-"`          // where the report's files go; "" for none
	Progress  func(Progress) `json:"-"`
}

// Progress is how far a run has come.
type Progress struct {
	Step        string // in words: "reading contacts.csv"
	Rows        int64  // read so far
	Bytes       int64  // of the files, read so far
	OfBytes     int64
	RowsASecond float64
	Left        time.Duration // an estimate; 0 where there is none
}

// Import stores the files, runs the import and gives its report. A run that
// could not finish is in the list with its reason.
func (s *Service) Import(ctx context.Context, o Options) (*report.Report, error) {
	if err := identity.Require(ctx, identity.Migrate); err != nil {
		return nil, err
	}
	if len(o.Files) == 0 {
		return nil, fault.Invalid("file", "name at least one file to import")
	}
	if o.BatchSize == 0 {
		o.BatchSize = 500
	}
	if o.BatchSize < 1 || o.BatchSize > 100_000 {
		return nil, fault.Invalid("batch-size", "%d is no batch size; it is a number of rows from 1 to 100000", o.BatchSize)
	}
	for _, f := range o.Files {
		if f.Source != "" && sources.ByName(f.Source) == nil {
			return nil, fault.Invalid("source", "%q is no source; it is one of auto, acculynx, jobnimbus, companycam, xactimate, generic", f.Source)
		}
		if f.Kind != "" && !slices.Contains(sources.Kinds, f.Kind) {
			return nil, fault.Invalid("as", "%q is nothing a file can be read as; it is one of auto, contacts, properties, claims, leads, jobs, photos, estimate", f.Kind)
		}
	}
	r, err := s.store(ctx, o)
	if err != nil {
		return nil, err
	}
	return s.execute(ctx, r)
}

// Resume takes up a run that did not finish, from the bytes that were stored.
// It returns fault.NotFound for a run that is not there, and fault.Conflict for
// one that is finished or still going.
func (s *Service) Resume(ctx context.Context, id uuid.UUID, reportDir string, progress func(Progress)) (*report.Report, error) {
	if err := identity.Require(ctx, identity.Migrate); err != nil {
		return nil, err
	}
	r, err := s.load(ctx, id)
	if err != nil {
		return nil, err
	}
	r.options.ReportDir, r.options.Progress = reportDir, progress
	defer r.closeFiles()
	return s.execute(ctx, r)
}

// run is one import under way.
type run struct {
	id      uuid.UUID
	actor   uuid.UUID
	options Options
	files   []*file
	started time.Time
	loc     *time.Location
	report  *report.Report
	meter   meter
}

// file is one file of a run.
type file struct {
	FileOptions
	no       int
	size     int64
	sha256   []byte
	open     *os.File
	reading  *rows.File
	layout   decode.Layout
	estimate *estimateFile
	document *documentFile // a file that is kept as it is; it has no reading
}

// store keeps the bytes of the files and writes the run down as running.
func (s *Service) store(ctx context.Context, o Options) (*run, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{id: postgres.NewID(), actor: scope.ActorID, options: o, started: time.Now()}
	for i, f := range o.Files {
		if f.Name == "" {
			f.Name = filepath.Base(f.Path)
			r.options.Files[i].Name = f.Name
		}
		stored, err := s.storeFile(ctx, i+1, f)
		if err != nil {
			r.closeFiles()
			return nil, err
		}
		r.files = append(r.files, stored)
	}
	asked, err := json.Marshal(r.options)
	if err != nil {
		return nil, err
	}
	return r, postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO import_runs (org_id, id, state, dry_run, strict, options, started_by) VALUES (current_org(), $1, 'running', $2, $3, $4, $5)`,
			r.id, o.DryRun, o.Strict, asked, r.actor); err != nil {
			return fmt.Errorf("write the run down: %w", err)
		}
		for _, f := range r.files {
			if _, err := tx.Exec(ctx, `INSERT INTO import_files (org_id, run_id, file_no, name, size, sha256) VALUES (current_org(), $1, $2, $3, $4, $5)`,
				r.id, f.no, f.Name, f.size, f.sha256); err != nil {
				return fmt.Errorf("write the file %s down: %w", f.Name, err)
			}
		}
		return nil
	})
}

func (s *Service) storeFile(ctx context.Context, no int, o FileOptions) (*file, error) {
	open, err := os.Open(o.Path)
	if err != nil {
		return nil, fault.Invalid("file", "%s can't be opened: %v", o.Name, errors.Unwrap(err))
	}
	f := &file{FileOptions: o, no: no, open: open}
	info, err := open.Stat()
	if err == nil && info.IsDir() {
		err = fault.Invalid("file", "%s is a folder; name the files in it", o.Name)
	}
	sum := sha256.New()
	if err == nil {
		f.size, err = hashAll(sum, open)
	}
	if err == nil {
		f.sha256 = sum.Sum(nil)
		err = s.blobs.Put(ctx, f.sha256, open)
	}
	if err != nil {
		_ = open.Close() // the error above says more
		return nil, err
	}
	return f, nil
}

func hashAll(sum hash.Hash, f *os.File) (int64, error) {
	n, err := io.Copy(sum, f)
	if err != nil {
		return n, fmt.Errorf("read %s: %w", filepath.Base(f.Name()), err)
	}
	_, err = f.Seek(0, io.SeekStart)
	return n, err
}

func (r *run) closeFiles() {
	for _, f := range r.files {
		if f.open != nil {
			_ = f.open.Close() // it was only read
		}
	}
}

// load reads a run that did not finish, and brings its files back from the store.
func (s *Service) load(ctx context.Context, id uuid.UUID) (*run, error) {
	type head struct {
		State     string
		Options   []byte
		StartedAt time.Time
		StartedBy uuid.UUID
	}
	h, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) (head, error) {
		return postgres.One[head](ctx, tx, `SELECT state, options, started_at, started_by FROM import_runs WHERE id = $1`, id)
	})
	if errors.Is(err, postgres.ErrNoRow) {
		return nil, fault.NotFound("run", "there is no run %s in this organisation; `skai import list` shows those there are", id)
	}
	if err != nil {
		return nil, err
	}
	if h.State != "running" {
		return nil, fault.Conflict("run.finished", "run %s is finished; `skai import report %s` shows what came of it", id, id)
	}
	r := &run{id: id, actor: h.StartedBy, started: time.Now()}
	if err := json.Unmarshal(h.Options, &r.options); err != nil {
		return nil, fmt.Errorf("read what run %s was asked for: %w", id, err)
	}
	return r, s.loadFiles(ctx, r)
}

func (s *Service) loadFiles(ctx context.Context, r *run) error {
	type stored struct {
		FileNo int
		Size   int64
		Sha256 []byte
	}
	list, err := postgres.Read(ctx, s.db, func(ctx context.Context, tx pgx.Tx) ([]stored, error) {
		return postgres.Many[stored](ctx, tx, `SELECT file_no, size, sha256 FROM import_files WHERE run_id = $1 ORDER BY file_no`, r.id)
	})
	if err != nil {
		return err
	}
	for _, f := range list {
		open, err := s.blobs.Fetch(ctx, f.Sha256)
		if err != nil {
			r.closeFiles()
			return fmt.Errorf("fetch the stored bytes of %s: %w", r.options.Files[f.FileNo-1].Name, err)
		}
		r.files = append(r.files, &file{FileOptions: r.options.Files[f.FileNo-1], no: f.FileNo, size: f.Size, sha256: f.Sha256, open: open})
	}
	return nil
}
