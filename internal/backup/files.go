package backup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// copyFiles copies a folder. What is being written while it is read, and what goes
// meanwhile, is left out.
func copyFiles(ctx context.Context, from, to string, say Say) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	paths, err := walk(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no file was ever stored
	}
	if err != nil {
		return fmt.Errorf("list the files: %w", err)
	}
	for i, path := range paths {
		say("copying files", int64(i), int64(len(paths)))
		if strings.HasSuffix(path, ".tmp") { // .tmp: gocloud.dev's, renamed when it is whole
			continue
		}
		err := copyFile(ctx, filepath.Join(from, filepath.FromSlash(path)), filepath.Join(to, filepath.FromSlash(path)))
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return fmt.Errorf("copy the file %s: %w", path, err)
		}
	}
	return nil
}

var errGone = errors.New("backup: the file has gone")

func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from) //nolint:gosec // in the folder of files
	if errors.Is(err, fs.ErrNotExist) {
		return errGone
	}
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in the backup's folder
	if err != nil {
		return err
	}
	_, err = io.Copy(out, reader{ctx, in})
	return errors.Join(err, out.Close())
}

// named is a file that a row names.
type named struct {
	OrgID  uuid.UUID
	SHA256 []byte `db:"sha256"`
}

const namedFiles = `SELECT org_id, sha256 FROM public.files WHERE sha256 IS NOT NULL UNION SELECT org_id, sha256 FROM public.import_files ORDER BY 1, 2`

// dataKeys are the ids of the keys that files and secrets are sealed with; those of
// organisations, of which there may be new ones, with the organisation.
const dataKeys = `SELECT '00000000-0000-0000-0000-000000000000'::uuid AS org_id, id FROM public.vault_keys UNION ALL SELECT org_id, id FROM public.org_keys`

type dataKey struct{ OrgID, ID uuid.UUID }

// checkFiles finds the files that rows of the snapshot name and that were not copied,
// and whether they can be opened with the keys of the snapshot.
func (m *Manifest) checkFiles(ctx context.Context, tx postgres.Querier, url, copied string) error {
	all, err := postgres.Many[named](ctx, tx, namedFiles)
	if err != nil {
		return err
	}
	then, err := postgres.Many[dataKey](ctx, tx, dataKeys)
	if err != nil {
		return err
	}
	live, err := pgx.Connect(ctx, url) // which sees what happened since
	if err != nil {
		return err
	}
	defer live.Close(context.WithoutCancel(ctx))
	now, err := postgres.Many[dataKey](ctx, live, dataKeys)
	if err != nil {
		return err
	}
	if renewed(then, now) {
		return fault.Conflict("backup.keys", "the data keys were changed while the backup was made (skai vault rotate), so some of its files could not be opened: make it again")
	}
	orgs, err := postgres.Values[uuid.UUID](ctx, live, `SELECT id FROM public.orgs`)
	if err != nil {
		return err
	}
	exists := map[uuid.UUID]bool{}
	for _, id := range orgs {
		exists[id] = true
	}
	for _, f := range all {
		there, err := hasFile(copied, f)
		if err != nil {
			return err
		}
		if !there {
			m.Missing = append(m.Missing, Missing{f.OrgID, hex.EncodeToString(f.SHA256), !exists[f.OrgID]})
		}
	}
	return nil
}

// renewed tells whether someone who had a key has a new one.
func renewed(then, now []dataKey) bool {
	had, known := map[uuid.UUID]bool{}, map[dataKey]bool{}
	for _, k := range then {
		had[k.OrgID], known[k] = true, true
	}
	for _, k := range now {
		if had[k.OrgID] && !known[k] {
			return true
		}
	}
	return false
}

// hasFile tells whether both objects of a file are in a folder (platform/blob says
// which those are).
func hasFile(folder string, f named) (bool, error) {
	digits := hex.EncodeToString(f.SHA256)
	base := filepath.Join(folder, f.OrgID.String(), digits[:2], digits)
	key, err := os.ReadFile(base + ".key") //nolint:gosec // in the backup's folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || len(key) < 16 {
		return false, err
	}
	_, err = os.Stat(base + "." + uuid.UUID(key[:16]).String())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
