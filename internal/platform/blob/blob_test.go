package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/tenant"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

type kept struct {
	*blob.Store

	folder string
	vault  *vault.Vault
	titan  context.Context
	other  context.Context
	org    uuid.UUID
}

func newStore(t *testing.T) kept {
	t.Helper()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	k := kept{folder: t.TempDir(), vault: dbtest.Vault(t, db), titan: titan.As(t, tenant.Owner), other: prowest.As(t, tenant.Owner), org: titan.ID}
	var err error
	if k.Store, err = blob.OpenFolder(k.folder, func(context.Context) (*vault.Vault, error) { return k.vault, nil }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

// objects are the files in the folder.
func (k kept) objects(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir(k.folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func made(size int) (data, sum []byte) {
	data = make([]byte, size)
	r := rand.New(rand.NewPCG(1, uint64(size))) //nolint:gosec // no secret
	for i := range data {
		data[i] = byte(r.Uint32() & 0xff)
	}
	hash := sha256.Sum256(data)
	return data, hash[:]
}

func TestAFileIsSealedAndReadFromAnyPlace(t *testing.T) {
	t.Parallel()
	k := newStore(t)
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1_000_000} {
		data, sum := made(size)
		f := bytes.NewReader(data)
		if err := k.Put(k.titan, sum, f); err != nil || f.Len() != size {
			t.Fatalf("%d bytes: %v, %d are left", size, err, f.Len())
		}
		if err := k.Put(k.titan, sum, f); err != nil {
			t.Fatal(err)
		}
		open, err := k.Open(k.titan, sum)
		if err != nil || open.Size != int64(size) {
			t.Fatalf("%d bytes: %v, it has %d", size, err, open.Size)
		}
		if got, err := io.ReadAll(open); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes come back as %d, %v", size, len(got), err)
		}
		for _, from := range []int{0, size / 3, size / 2, size - 1} {
			if from < 0 || from >= size {
				continue
			}
			if _, err := open.Seek(int64(from), io.SeekStart); err != nil {
				t.Fatal(err)
			}
			part := make([]byte, min(100, size-from))
			if _, err := io.ReadFull(open, part); err != nil || !bytes.Equal(part, data[from:from+len(part)]) {
				t.Errorf("%d bytes, from %d: %v", size, from, err)
			}
		}
		whole, err := k.Fetch(k.titan, sum)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(whole); err != nil || !bytes.Equal(got, data) || whole.Close() != nil {
			t.Errorf("%d bytes are fetched as %d, %v", size, len(got), err)
		}
		// Another organisation has it not, though it knows the hash; nor does nobody.
		if _, err := k.Open(k.other, sum); !errors.Is(err, blob.ErrMissing) {
			t.Errorf("another organisation opens it: %v", err)
		}
		if _, err := k.Open(t.Context(), sum); !errors.Is(err, tenant.ErrNoScope) {
			t.Errorf("nobody opens it: %v", err)
		}
	}
	if n := len(k.objects(t)); n != 12 {
		t.Errorf("%d objects for 6 files", n)
	}
}

func TestNothingOfAFileIsInTheFolder(t *testing.T) {
	t.Parallel()
	k := newStore(t)
	text := []byte(strings.Repeat("Pat Miller, 1 Hail St, (602) 555-0123\n", 10_000))
	sum := sha256.Sum256(text)
	if err := k.Put(k.titan, sum[:], bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	for _, path := range k.objects(t) {
		raw, err := os.ReadFile(path) //nolint:gosec // found in the folder
		if err != nil || bytes.Contains(raw, []byte("Miller")) {
			t.Errorf("%s holds it as it is, %v", path, err)
		}
	}
}

// What was changed, cut off, moved or put in another's place is not read.
func TestADamagedFileIsRefused(t *testing.T) {
	t.Parallel()
	k := newStore(t)
	data, sum := made(300_000)
	if err := k.Put(k.titan, sum, bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	var key, object string
	for _, path := range k.objects(t) {
		if strings.HasSuffix(path, ".key") {
			key = path
		} else {
			object = path
		}
	}
	whole, err := os.ReadFile(object) //nolint:gosec // found in the folder
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(path string, to []byte) {
		t.Helper()
		if err := os.WriteFile(path, to, 0o600); err != nil { //nolint:gosec // found there
			t.Fatal(err)
		}
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	const sealedPackage = 64<<10 + 32
	swapped := append(append(bytes.Clone(whole[sealedPackage:2*sealedPackage]), whole[:sealedPackage]...), whole[2*sealedPackage:]...)
	for what, to := range map[string][]byte{"a bit": flipped, "the end": whole[:3*sealedPackage], "most": whole[:100], "the order": swapped, "more": append(bytes.Clone(whole), 0)} {
		spoil(object, to)
		f, err := k.Open(k.titan, sum)
		if err == nil {
			_, err = io.ReadAll(f)
		}
		if err == nil {
			t.Errorf("%s: it is read", what)
		}
	}
	spoil(object, whole)
	sealed, err := os.ReadFile(key) //nolint:gosec // found in the folder
	if err != nil {
		t.Fatal(err)
	}
	for what, to := range map[string][]byte{"no key": {}, "another's id": append(make([]byte, 16), sealed[16:]...), "a bit of the key": append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1)} {
		spoil(key, to)
		if _, err := k.Open(k.titan, sum); err == nil {
			t.Errorf("%s: it is opened", what)
		}
	}
	spoil(key, sealed)
	if f, err := k.Open(k.titan, sum); err != nil || f.Size != 300_000 {
		t.Errorf("put back: %v", err)
	}
}

func TestTwoKeepTheSameBytesAtOnce(t *testing.T) {
	t.Parallel()
	k := newStore(t)
	data, sum := made(200_000)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := k.Put(k.titan, sum, bytes.NewReader(data)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f, err := k.Open(k.titan, sum)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestKeysChangeAndFilesAreForgotten(t *testing.T) {
	t.Parallel()
	k := newStore(t)
	data, sum := made(100_000)
	for _, ctx := range []context.Context{k.titan, k.other} {
		if err := k.Put(ctx, sum, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.vault.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		onlyCount bool
		n         int
	}{{true, 1}, {false, 1}, {true, 0}} {
		if n, err := k.Reseal(t.Context(), k.org, want.onlyCount); err != nil || n != want.n {
			t.Errorf("only counted %v: %d, %v", want.onlyCount, n, err)
		}
	}
	if _, err := k.Open(k.titan, sum); err != nil {
		t.Error(err)
	}
	if n, err := k.Forget(t.Context(), k.org); err != nil || n != 2 {
		t.Errorf("%d objects are gone, %v", n, err)
	}
	if _, err := k.Open(k.titan, sum); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("it is there still: %v", err)
	}
	if _, err := k.Open(k.other, sum); err != nil {
		t.Errorf("another's went with it: %v", err)
	}
}
