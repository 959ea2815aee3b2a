// Package blob keeps files by the hash of their bytes: in a folder by default,
// anywhere gocloud.dev/blob reaches when one machine is not enough.
package blob

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

// Store keeps blobs. The same bytes are kept once.
type Store struct{ bucket *blob.Bucket }

// OpenFolder keeps blobs in a folder, which is made where it is missing.
func OpenFolder(folder string) (*Store, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	// Written in the folder itself and renamed, so that a blob is there whole or not at all.
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, fmt.Errorf("open the folder for files: %w", err)
	}
	return &Store{bucket}, nil
}

// Key is where the bytes with this SHA-256 are kept.
func Key(sha256 []byte) string {
	digits := hex.EncodeToString(sha256)
	return digits[:2] + "/" + digits
}

// Put keeps what f holds from its current position on, unless it is kept
// already, and moves f back to its start.
func (s *Store) Put(ctx context.Context, key string, f io.ReadSeeker) error {
	there, err := s.bucket.Exists(ctx, key)
	if err != nil {
		return fmt.Errorf("look for a kept file: %w", err)
	}
	if there {
		return nil
	}
	if err := s.bucket.Upload(ctx, key, f, &blob.WriterOptions{ContentType: "application/octet-stream"}); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// Fetch copies a kept file to a temporary one, which goes when it is closed.
func (s *Store) Fetch(ctx context.Context, key string) (*os.File, error) {
	f, err := os.CreateTemp("", "skai-")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name()) // the open file stays readable
	if err == nil {
		err = s.bucket.Download(ctx, key, f, nil)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("fetch a kept file: %w", err), f.Close())
	}
	return f, nil
}

// Close lets go of the store.
func (s *Store) Close() error { return s.bucket.Close() }
