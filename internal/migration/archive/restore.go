package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/staging"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// errTakenBack ends the transaction of a dry run.
var errTakenBack = errors.New("dry run")

// Is tells whether a file is an archive that Export wrote.
func Is(path string) bool {
	r, err := zip.OpenReader(path)
	if err != nil {
		return false
	}
	defer func() { _ = r.Close() }() // it was only read
	return slices.ContainsFunc(r.File, func(f *zip.File) bool { return f.Name == manifestName })
}

// Restore reads an archive into the organisation of the scope, which has to be
// empty: in one transaction, with every checksum compared first. Members come
// back as people who can't sign in; an owner invites them. A dry run does all of
// it and takes it back. It returns fault.Conflict for an organisation that holds
// records, and fault.Invalid for a file that is damaged or was changed.
func (s *Service) Restore(ctx context.Context, path string, dryRun bool) (Manifest, error) {
	if err := identity.Require(ctx, identity.Migrate); err != nil {
		return Manifest{}, err
	}
	r, err := zip.OpenReader(path)
	if err != nil {
		return Manifest{}, fault.Invalid("file", "%s is no archive of SkaiScraper: %v", filepath.Base(path), err)
	}
	defer func() { _ = r.Close() }() // it was only read
	m, err := check(&r.Reader, filepath.Base(path))
	if err != nil {
		return Manifest{}, err
	}
	account, err := accountOf(path, m)
	if err != nil {
		return Manifest{}, err
	}
	if !dryRun {
		if err := s.restoreBlobs(ctx, &r.Reader); err != nil {
			return Manifest{}, err
		}
	}
	err = postgres.Do(ctx, s.db, func(ctx context.Context, tx pgx.Tx) error {
		if err := staging.Memory(ctx, tx); err != nil {
			return err
		}
		if err := restore(ctx, tx, &r.Reader, m, account); err != nil {
			return err
		}
		if dryRun {
			return errTakenBack
		}
		return nil
	})
	if errors.Is(err, errTakenBack) {
		err = nil
	}
	return m, err
}

// check compares every entry with the manifest.
func check(r *zip.Reader, name string) (Manifest, error) {
	var m Manifest
	data, err := fs(r, manifestName)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, fault.Invalid("file", "the manifest of %s can't be read: %v", name, err)
	}
	if m.Format != Format {
		return m, fault.Invalid("file", "%s is of format %q; this program reads %q", name, m.Format, Format)
	}
	for _, e := range m.Entries {
		if err := checkEntry(r, e); err != nil {
			return m, fault.Invalid("file", "%s of %s is damaged or was changed: %v; export again", e.Name, name, err)
		}
	}
	return m, nil
}

func fs(r *zip.Reader, name string) ([]byte, error) {
	f, err := r.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, 64<<20))
}

func checkEntry(r *zip.Reader, e Entry) error {
	f, err := r.Open(e.Name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, e.Bytes+1))
	if err != nil {
		return err
	}
	if n != e.Bytes || hex.EncodeToString(sum.Sum(nil)) != e.SHA256 {
		return errors.New("its checksum is another")
	}
	return nil
}

func (s *Service) restoreBlobs(ctx context.Context, r *zip.Reader) error {
	for _, f := range r.File {
		digits, found := strings.CutPrefix(f.Name, "files/")
		if !found {
			continue
		}
		sum, err := hex.DecodeString(digits)
		if err != nil || len(sum) != sha256.Size {
			return fault.Invalid("file", "%s is no name of a file in an archive", f.Name)
		}
		if err := s.restoreBlob(ctx, f, sum); err != nil {
			return fmt.Errorf("restore %s: %w", f.Name, err)
		}
	}
	return nil
}

func (s *Service) restoreBlob(ctx context.Context, f *zip.File, sum []byte) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	kept, err := os.CreateTemp("", "skai-")
	if err != nil {
		return err
	}
	defer func() { _ = kept.Close() }()
	if err := os.Remove(kept.Name()); err != nil { // the open file stays readable
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(kept, h), in); err != nil { //nolint:gosec // check compared its size with the manifest
		return err
	}
	if !bytes.Equal(h.Sum(nil), sum) {
		return fault.Invalid("file", "%s doesn't hold the bytes its name says", f.Name)
	}
	if _, err := kept.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return s.blobs.Put(ctx, sum, kept)
}

func restore(ctx context.Context, tx pgx.Tx, r *zip.Reader, m Manifest, account report.Archive) error {
	if err := empty(ctx, tx); err != nil {
		return err
	}
	run, err := noteRun(ctx, tx, account)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('app.bulk_run', $1, true)`, run.String()); err != nil {
		return err
	}
	ids, err := restorePeople(ctx, tx, r, m)
	if err != nil {
		return err
	}
	for _, t := range tables[1:] {
		if err := restoreTable(ctx, tx, r, t, ids); err != nil {
			return fmt.Errorf("restore %s: %w", t, err)
		}
	}
	_, err = tx.Exec(ctx, `UPDATE import_files SET closed = true WHERE run_id IN (SELECT id FROM import_runs WHERE state = 'done' AND NOT dry_run) AND run_id <> $1
		AND EXISTS (SELECT FROM stage_closed c WHERE c.run_id = import_files.run_id AND c.file_no = import_files.file_no)`, run)
	return err
}

func empty(ctx context.Context, tx pgx.Tx) error {
	some, err := postgres.Value[bool](ctx, tx, `
		SELECT EXISTS (SELECT FROM contacts) OR EXISTS (SELECT FROM properties) OR EXISTS (SELECT FROM leads) OR EXISTS (SELECT FROM claims)
			OR EXISTS (SELECT FROM import_runs WHERE state <> 'failed' AND NOT dry_run) OR EXISTS (SELECT FROM activities)`)
	if err == nil && some {
		return fault.Conflict("archive.not_empty", "the organisation holds records already; an archive goes into an empty one: make it with skai org create")
	}
	return err
}

// accountOf is what the run tells of the archive: which file it was, and the
// rows of each table, which are put back all or none.
func accountOf(path string, m Manifest) (report.Archive, error) {
	a := report.Archive{Name: filepath.Base(path), Organisation: m.Organisation, ExportedAt: m.ExportedAt}
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return a, err
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha256.New()
	if a.Size, err = io.Copy(sum, f); err != nil {
		return a, fmt.Errorf("read %s: %w", a.Name, err)
	}
	a.SHA256 = hex.EncodeToString(sum.Sum(nil))
	for _, e := range m.Entries {
		if table, ok := strings.CutPrefix(e.Name, "json/"); ok {
			a.Tables = append(a.Tables, report.TableCount{Table: strings.TrimSuffix(table, ".jsonl"), Rows: e.Rows})
		}
	}
	return a, nil
}

// noteRun writes the restoring itself down as a run, which the trail points at.
func noteRun(ctx context.Context, tx pgx.Tx, a report.Archive) (uuid.UUID, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	id := postgres.NewID()
	options, err := json.Marshal(map[string]any{"archive_of": a.Organisation, "exported_at": a.ExportedAt})
	if err != nil {
		return uuid.Nil, err
	}
	org, err := postgres.Value[string](ctx, tx, `SELECT name FROM orgs WHERE id = current_org()`)
	if err != nil {
		return uuid.Nil, err
	}
	account, err := json.Marshal(report.Report{
		Run: id, Org: org, StartedAt: time.Now().UTC(), Archive: &a,
		Files: []report.FileReport{}, Stages: []report.StageLine{}, Amounts: []report.AmountLine{}, Problems: []report.RuleLine{},
	})
	if err != nil {
		return uuid.Nil, err
	}
	var rows int64
	for _, t := range a.Tables {
		rows += t.Rows
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO import_runs (org_id, id, state, dry_run, strict, options, started_by, finished_at, seconds, report, rows_read)
		VALUES (current_org(), $1, 'done', false, true, $2, $3, now(), 0, $4, $5)`, id, options, scope.ActorID, account, rows)
	return id, err
}

// restorePeople gives, by the ids in the archive, the ids here: the system
// person is this organisation's own, everybody else comes back as a person who
// can't sign in, with a number behind a name that another has too.
func restorePeople(ctx context.Context, tx pgx.Tx, r *zip.Reader, m Manifest) (*strings.Replacer, error) {
	system, err := postgres.Value[string](ctx, tx, `SELECT id::text FROM people WHERE kind = 'system'`)
	if err != nil {
		return nil, err
	}
	names := map[string]int{}
	err = eachLine(r, "people", func(line []byte) error {
		var p struct {
			ID         uuid.UUID
			Name, Kind string
		}
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		if p.Kind == "system" {
			return nil
		}
		key := strings.ToLower(p.Name)
		if names[key]++; names[key] > 1 {
			p.Name += " (" + strconv.Itoa(names[key]) + ")"
		}
		return identity.RestorePerson(ctx, tx, p.ID, p.Name)
	})
	if err != nil {
		return nil, fmt.Errorf("restore people: %w", err)
	}
	return strings.NewReplacer(m.SystemPerson, system), nil
}

func eachLine(r *zip.Reader, table string, each func([]byte) error) error {
	f, err := r.Open("json/" + table + ".jsonl")
	if err != nil {
		return fault.Invalid("file", "the archive has no %s", table)
	}
	defer func() { _ = f.Close() }() // it was only read
	lines := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			if err := each(line[:len(line)-1]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// restoreTable copies a table's lines into a temporary table and from there,
// through the table's own type, into the table.
func restoreTable(ctx context.Context, tx pgx.Tx, r *zip.Reader, table string, ids *strings.Replacer) error {
	columns, err := columnsOf(ctx, tx, table)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `CREATE TEMPORARY TABLE IF NOT EXISTS stage_archive (line jsonb) ON COMMIT DROP; TRUNCATE stage_archive`); err != nil {
		return err
	}
	var buffer staging.Buffer
	err = eachLine(r, table, func(line []byte) error {
		buffer.Text(ids.Replace(string(line)))
		buffer.EndRow()
		if buffer.Len() < 1<<20 {
			return nil
		}
		return staging.CopyInto(ctx, tx, "stage_archive", &buffer)
	})
	if err == nil {
		err = staging.CopyInto(ctx, tx, "stage_archive", &buffer)
	}
	if err != nil {
		return err
	}
	if table == "import_files" {
		return restoreFiles(ctx, tx, columns)
	}
	return insertLines(ctx, tx, table, columns, "line")
}

// restoreFiles puts the files back as open ones: they close once their ledger
// is there, which the database compares.
func restoreFiles(ctx context.Context, tx pgx.Tx, columns []string) error {
	if _, err := tx.Exec(ctx, `
		CREATE TEMPORARY TABLE stage_closed ON COMMIT DROP AS
		SELECT (line ->> 'run_id')::uuid AS run_id, (line ->> 'file_no')::int AS file_no FROM stage_archive WHERE (line ->> 'closed')::boolean`); err != nil {
		return err
	}
	return insertLines(ctx, tx, "import_files", columns, `line || '{"closed": false}'`)
}

func insertLines(ctx context.Context, tx pgx.Tx, table string, columns []string, line string) error {
	list := make([]string, 0, len(columns))
	for _, c := range columns {
		list = append(list, pgx.Identifier{c}.Sanitize())
	}
	names := strings.Join(list, ", ")
	conflict := ""
	if table == "org_counters" {
		conflict = "ON CONFLICT (org_id, name) DO UPDATE SET last = excluded.last"
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`
		INSERT INTO %[1]s (org_id, %[2]s) SELECT current_org(), r.%[3]s FROM stage_archive, jsonb_populate_record(NULL::%[1]s, %[4]s) r %[5]s`,
		table, names, strings.Join(list, ", r."), line, conflict))
	return err
}
