package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// What a backup's folder holds.
const (
	manifestName = "manifest.json"
	databaseName = "database" // pg_dump's directory format
	filesName    = "files"    // the sealed objects, as in the data folder
)

// formatVersion is that of the manifest; another one is refused.
const formatVersion = 1

// Manifest says what a backup holds. It is written last.
type Manifest struct {
	Format  int       `json:"skai_backup"`
	ID      uuid.UUID `json:"id"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`

	Installation string    `json:"installation"` // the cluster's identifier and the database's name
	SnapshotAt   time.Time `json:"snapshot_at"`  // what was committed before is in the backup
	LSN          string    `json:"lsn"`          // where the write-ahead log was then
	Server       int       `json:"server"`       // PostgreSQL's major version
	Migration    int64     `json:"migration"`    // the schema's
	Program      string    `json:"program"`      // version and commit of the program
	Commit       string    `json:"commit"`

	Tables      []Content `json:"tables"`      // each table's rows
	Definitions []Content `json:"definitions"` // grants, policies, triggers and so on
	Roles       []string  `json:"roles"`       // that own something, or are given something

	Files   []File    `json:"files"`   // of the backup, but this one
	Missing []Missing `json:"missing"` // files that rows name and that were not there
	LeftOut []string  `json:"left_out"`
}

// Content is how much there is of something, and what it adds up to.
type Content struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"`
}

// File is a file of a backup.
type File struct {
	Path   string `json:"path"` // in the backup's folder, with slashes
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Missing is a file that a row names and that was not in the storage.
type Missing struct {
	Org       uuid.UUID `json:"org"`
	SHA256    string    `json:"sha256"`
	Destroyed bool      `json:"destroyed"` // its organisation was destroyed while the backup was made
}

// Rows is how many rows the tables have together.
func (m *Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Bytes is how much the backup takes, without its manifest.
func (m *Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Objects is how many objects of the storage of files it has.
func (m *Manifest) Objects() (n int64) {
	for _, f := range m.Files {
		if strings.HasPrefix(f.Path, filesName+"/") {
			n++
		}
	}
	return n
}

// Lost are the files that were not there and should have been.
func (m *Manifest) Lost() (list []Missing) {
	for _, f := range m.Missing {
		if !f.Destroyed {
			list = append(list, f)
		}
	}
	return list
}

// table gives a table's content, nothing where the backup has no such table.
func (m *Manifest) table(name string) Content {
	for _, t := range m.Tables {
		if t.Name == name {
			return t
		}
	}
	return Content{}
}

// Read reads a backup's manifest.
func Read(dir string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName)) //nolint:gosec // named by whoever runs the command
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.NotFound("backup", "%s is no backup: it has no %s, which is written last", dir, manifestName)
	}
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	m := new(Manifest)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fault.Unavailable("backup.manifest", "%s can't be read: %s; take another backup", filepath.Join(dir, manifestName), err)
	}
	if m.Format != formatVersion {
		return nil, fault.Unavailable("backup.manifest", "%s was written in format %d, and this program reads %d: use the version that made it (%s)", dir, m.Format, formatVersion, m.Program)
	}
	return m, nil
}

// write writes the manifest down, for good.
func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, manifestName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in the backup's folder
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// Verify reads a backup whole and compares it with its manifest. It gives what differs,
// in words: a file that is not as it was, one that is missing, one too many.
func (m *Manifest) Verify(ctx context.Context, dir string, say Say) (differ []string, err error) {
	known := map[string]bool{manifestName: true}
	all, done := m.Bytes(), int64(0)
	for _, f := range m.Files {
		known[f.Path] = true
		size, sum, err := sumOf(ctx, filepath.Join(dir, filepath.FromSlash(f.Path)))
		done += f.Size
		say("comparing with the manifest", done, all)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			differ = append(differ, f.Path+" is missing from the backup")
		case err != nil:
			return differ, err
		case size != f.Size:
			differ = append(differ, fmt.Sprintf("%s has %d bytes, and had %d when the backup was made", f.Path, size, f.Size))
		case sum != f.SHA256:
			differ = append(differ, f.Path+" is not what it was when the backup was made: its SHA-256 is "+sum+", and was "+f.SHA256)
		}
	}
	paths, err := walk(dir)
	for _, path := range paths {
		if !known[path] {
			differ = append(differ, path+" is not of the backup")
		}
	}
	return differ, err
}

// walk gives the files of a folder, with slashes, in their order.
func walk(dir string) (paths []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	slices.Sort(paths)
	return paths, err
}

// sumOf reads a file and gives its size and its SHA-256.
func sumOf(ctx context.Context, path string) (size int64, sum string, err error) {
	f, err := os.Open(path) //nolint:gosec // in a backup's folder
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	size, err = io.Copy(h, reader{ctx, f})
	return size, hex.EncodeToString(h.Sum(nil)), err
}

// reader stops where ctx ends.
type reader struct {
	ctx context.Context //nolint:containedctx // io.Reader has none, and this lives for one copy
	io.Reader
}

// Read reads on.
func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
