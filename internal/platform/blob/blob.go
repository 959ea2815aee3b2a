// Package blob keeps an organisation's files by the hash of their bytes, sealed: in a
// folder by default, anywhere gocloud.dev/blob reaches when one machine is not enough.
//
// A file is two objects. <org>/<ab>/<sha256>.<id> holds its bytes in the DARE 2.0
// format (github.com/minio/sio: AES-256-GCM in packages of 64 KiB, each authenticated
// with its place, the last one marked) under a random key of its own.
// <org>/<ab>/<sha256>.key names the first by its id, 16 bytes, and has the key and
// the size, so that nothing is cut off, sealed by the organisation's data key for this file and no other. So any part of a
// file can be read without the rest, data keys change without the bytes being written
// again, and with an organisation's data key its files are gone.
//
// The organisation is that of the context's scope: nobody reaches another's files,
// not even for the same bytes.
package blob

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/minio/sio"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// ErrMissing is returned for a file that the organisation has not.
var ErrMissing = errors.New("blob: the organisation has no such file")

// Store keeps files. The same bytes are kept once for an organisation.
type Store struct {
	folder string
	bucket *blob.Bucket
	vault  func(context.Context) (*vault.Vault, error)
}

// OpenFolder keeps files in a folder, which is made where it is missing. The vault is
// asked for when the first file is written or read.
func OpenFolder(folder string, v func(context.Context) (*vault.Vault, error)) (*Store, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	// Written in the folder itself and renamed, so that an object is there whole or not at all.
	bucket, err := fileblob.OpenBucket(folder, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return nil, fmt.Errorf("open the folder for files: %w", err)
	}
	return &Store{folder, bucket, v}, nil
}

// name begins the names of a file's two objects.
func name(org uuid.UUID, sha256 []byte) string {
	digits := hex.EncodeToString(sha256)
	return org.String() + "/" + digits[:2] + "/" + digits
}

const keySuffix = ".key"

// place binds a file's key to the file, and to the object with its bytes.
func place(sha256 []byte, id uuid.UUID) vault.Place {
	return vault.Place{Table: "files", Column: hex.EncodeToString(sha256), Row: id}
}

func config(key []byte) sio.Config {
	return sio.Config{MinVersion: sio.Version20, MaxVersion: sio.Version20, CipherSuites: []byte{sio.AES_256_GCM}, Key: key}
}

// Put keeps what f holds from its current position on, whose hash the caller knows,
// unless the organisation has it already, and moves f back to its start.
func (s *Store) Put(ctx context.Context, sha256 []byte, f io.ReadSeeker) error {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return err
	}
	at := name(scope.OrgID, sha256)
	there, err := s.bucket.Exists(ctx, at+keySuffix)
	if err != nil {
		return fmt.Errorf("look for a kept file: %w", err)
	}
	if there {
		return nil
	}
	if err := s.seal(ctx, scope.OrgID, sha256, f); err != nil {
		return fmt.Errorf("keep a file: %w", err)
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// seal writes the bytes and then their key: two programs that keep the same bytes at
// once write two objects, and the key of one.
func (s *Store) seal(ctx context.Context, org uuid.UUID, sha256 []byte, f io.Reader) error {
	v, err := s.vault(ctx)
	if err != nil {
		return err
	}
	key, id := make([]byte, keySize), uuid.New()
	_, _ = rand.Read(key) // never fails; it ends the program instead
	counted := &counter{Reader: f}
	bytes, err := sio.EncryptReader(counted, config(key))
	if err != nil {
		return err
	}
	at := name(org, sha256)
	plain := &blob.WriterOptions{ContentType: "application/octet-stream"}
	if err := s.bucket.Upload(ctx, at+"."+id.String(), bytes, plain); err != nil {
		return err
	}
	sealed, err := v.SealFor(ctx, org, place(sha256, id), binary.BigEndian.AppendUint64(key, counted.n))
	if err != nil {
		return err
	}
	return s.bucket.WriteAll(ctx, at+keySuffix, append(id[:], sealed...), plain)
}

// keySize is a file's key, in bytes; its size follows in 8.
const keySize = 32

// counter counts what is read.
type counter struct {
	io.Reader

	n uint64
}

// Read reads and counts.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += uint64(n) //nolint:gosec // not negative
	return n, err
}

// File is a kept file, to read, from any place.
type File struct {
	*io.SectionReader

	Size int64 // in bytes
}

// Open opens a kept file of the organisation; ErrMissing where it has none. What it
// reads was authenticated, package by package.
func (s *Store) Open(ctx context.Context, sha256 []byte) (*File, error) {
	scope, err := tenant.Must(ctx)
	if err != nil {
		return nil, err
	}
	at := name(scope.OrgID, sha256)
	key, size, id, err := s.key(ctx, at, sha256)
	if err != nil {
		return nil, err
	}
	object := at + "." + id.String()
	attributes, err := s.bucket.Attributes(ctx, object)
	if err != nil {
		return nil, fmt.Errorf("open a kept file: %w", err)
	}
	whole, err := sio.EncryptedSize(size)
	if err != nil || attributes.Size != int64(whole) { //nolint:gosec // smaller than what can be kept
		return nil, fmt.Errorf("a kept file: %w", vault.ErrSealed)
	}
	r, err := sio.DecryptReaderAt(part{ctx, s.bucket, object}, config(key))
	if err != nil {
		return nil, fmt.Errorf("open a kept file: %w", err)
	}
	return &File{io.NewSectionReader(r, 0, int64(size)), int64(size)}, nil //nolint:gosec // smaller than what is kept
}

// key opens a file's key.
func (s *Store) key(ctx context.Context, at string, sha256 []byte) (key []byte, size uint64, id uuid.UUID, err error) {
	kept, err := s.bucket.ReadAll(ctx, at+keySuffix)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, 0, id, ErrMissing
	}
	if err != nil {
		return nil, 0, id, fmt.Errorf("open a kept file: %w", err)
	}
	v, err := s.vault(ctx)
	if err != nil {
		return nil, 0, id, err
	}
	if len(kept) < len(id) {
		return nil, 0, id, vault.ErrSealed
	}
	copy(id[:], kept)
	value, err := v.Open(ctx, place(sha256, id), kept[len(id):])
	if err == nil && len(value) != keySize+8 {
		err = vault.ErrSealed
	}
	if err != nil {
		return nil, 0, id, fmt.Errorf("the key of a kept file: %w", err)
	}
	return value[:keySize], binary.BigEndian.Uint64(value[keySize:]), id, nil
}

// part reads parts of an object.
type part struct {
	ctx    context.Context //nolint:containedctx // io.ReaderAt has none, and this lives for one request
	bucket *blob.Bucket
	object string
}

// ReadAt reads from a place of the object.
func (p part) ReadAt(into []byte, from int64) (int, error) {
	r, err := p.bucket.NewRangeReader(p.ctx, p.object, from, int64(len(into)), nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }() // it was only read
	n, err := io.ReadFull(r, into)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Fetch copies a kept file to a temporary one, which goes when it is closed.
func (s *Store) Fetch(ctx context.Context, sha256 []byte) (*os.File, error) {
	from, err := s.Open(ctx, sha256)
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "skai-")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name()) // the open file stays readable
	if err == nil {
		_, err = io.Copy(f, bufio.NewReaderSize(from, 1<<20))
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("fetch a kept file: %w", err), f.Close())
	}
	return f, nil
}

// Forget destroys the files of an organisation and tells how many objects those were.
func (s *Store) Forget(ctx context.Context, org uuid.UUID) (objects int, err error) {
	return s.each(ctx, org, func(object string) error { return s.bucket.Delete(ctx, object) })
}

// Reseal seals the keys of an organisation's files again that another data key than
// its current one has sealed, and tells how many those were; with onlyCount it only
// tells. The files stay as they are.
func (s *Store) Reseal(ctx context.Context, org uuid.UUID, onlyCount bool) (keys int, err error) {
	v, err := s.vault(ctx)
	if err != nil {
		return 0, err
	}
	_, err = s.each(ctx, org, func(object string) error {
		digits, isKey := filepath.Base(object), filepath.Ext(object) == keySuffix
		if !isKey {
			return nil
		}
		sum, err := hex.DecodeString(digits[:len(digits)-len(keySuffix)])
		if err != nil {
			return nil //nolint:nilerr // an object of somebody else
		}
		other, err := s.resealOne(ctx, v, org, object, sum, onlyCount)
		if other {
			keys++
		}
		return err
	})
	return keys, err
}

// resealOne does it with one file's key, and tells whether another data key had sealed it.
func (s *Store) resealOne(ctx context.Context, v *vault.Vault, org uuid.UUID, object string, sum []byte, onlyCount bool) (other bool, err error) {
	kept, err := s.bucket.ReadAll(ctx, object)
	if err != nil {
		return false, err
	}
	var id uuid.UUID
	if copy(id[:], kept) < len(id) {
		return false, fmt.Errorf("%s: %w", object, vault.ErrSealed)
	}
	current, err := v.CurrentFor(ctx, org) // only here: an organisation without files needs none
	if err != nil {
		return false, err
	}
	again, other, err := v.Again(ctx, current, place(sum, id), kept[len(id):])
	if err != nil || !other || onlyCount {
		return other, err
	}
	return true, s.bucket.WriteAll(ctx, object, append(id[:], again...), &blob.WriterOptions{ContentType: "application/octet-stream"})
}

// each does something with each object of an organisation.
func (s *Store) each(ctx context.Context, org uuid.UUID, do func(object string) error) (n int, err error) {
	list := s.bucket.List(&blob.ListOptions{Prefix: org.String() + "/"})
	for {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err == nil {
			err = do(o.Key)
		}
		if err != nil {
			return n, err
		}
		n++
	}
}

// Reachable tells, by an error, that files can't be kept or read. It looks at the folder
// alone: the library's own look reads every name below it, and takes one that is gone
// for an empty one.
func (s *Store) Reachable() error {
	info, err := os.Stat(s.folder)
	if err == nil && !info.IsDir() {
		err = errors.New("blob: the store is no folder")
	}
	return err
}

// Close lets go of the store.
func (s *Store) Close() error { return s.bucket.Close() }
