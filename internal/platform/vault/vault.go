// Package vault seals secrets before they are written to the database, so that
// whoever reads the database, or a copy of it, reads none of them.
//
// A data key of 256 random bits seals with AES-256-GCM (NIST SP 800-38D). The newest
// seals, older ones open what they sealed until [Vault.Renew] has it sealed anew. They
// stand in the database wrapped by a master key that the operator keeps: a
// secret, of which PBKDF2-HMAC-SHA-256 makes a key, or 32 bytes from a file or a
// command. Where nothing is configured, a key file is made in the data folder.
//
// A sealed value is
//
//	1 byte   version, 1
//	16 bytes id of the data key
//	12 bytes nonce, random
//	the rest ciphertext and the tag of 16 bytes
//
// and is bound to its [Place]: moved to another column or row it opens no more.
package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/platform/postgres"
)

const (
	version = 1
	header  = 1 + 16
	// Rounds is how often the operator's secret is hashed into the master key; the
	// least that OWASP's Password Storage Cheat Sheet asks of PBKDF2-HMAC-SHA-256.
	Rounds   = 600_000
	saltSize = 16
	keySize  = 32
)

// Place is where a sealed value stands: a column of a row.
type Place struct {
	Table, Column string
	Row           uuid.UUID
}

func (p Place) data() []byte {
	return append([]byte("skai vault 1\x00"+p.Table+"\x00"+p.Column+"\x00"), p.Row[:]...)
}

// Vault seals and opens. It is safe for concurrent use.
type Vault struct {
	db     *postgres.DB
	master Master

	mu      sync.RWMutex
	current uuid.UUID // the data key that seals
	keys    map[uuid.UUID]cipher.AEAD
}

// ErrSealed is returned by [Vault.Open] for what this vault did not seal for this
// place: damaged, moved, or sealed with another key.
var ErrSealed = errors.New("vault: this can't be opened here: it is damaged, was moved, or was sealed with another key")

// wrapped is a data key as the database has it.
type wrapped struct {
	ID      uuid.UUID
	Wrapped []byte
	Salt    []byte
	Rounds  int
}

// Open makes the vault of a database, and its data key where it has none. It
// fails where the master key is not the one the database was sealed with.
func Open(ctx context.Context, db *postgres.DB, m Master) (*Vault, error) {
	v := &Vault{db: db, master: m}
	_, err := v.system(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := dataKeys(ctx, tx)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			made, err := create(ctx, tx, m)
			if err != nil {
				return err
			}
			found = append(found, made)
		}
		return v.take(found)
	})
	return v, err
}

// system runs fn alone among all programs that make or wrap keys.
func (v *Vault) system(ctx context.Context, fn func(context.Context, pgx.Tx) error) (struct{}, error) {
	return postgres.System(ctx, v.db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7345603)`); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, fn(ctx, tx)
	})
}

// dataKeys gives all data keys, the newest last.
func dataKeys(ctx context.Context, tx pgx.Tx) ([]wrapped, error) {
	return postgres.Many[wrapped](ctx, tx, `SELECT id, wrapped, salt, rounds FROM vault_keys ORDER BY created_at, id`)
}

// take unwraps the data keys; the last seals from now on.
func (v *Vault) take(found []wrapped) error {
	keys := map[uuid.UUID]cipher.AEAD{}
	for _, w := range found {
		key, err := w.unwrap(v.master)
		if err != nil {
			return err
		}
		if keys[w.ID], err = aead(key); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys, v.current = keys, found[len(found)-1].ID
	return nil
}

func (w wrapped) unwrap(m Master) ([]byte, error) {
	master, err := m.key(w.Salt, w.Rounds)
	if err != nil {
		return nil, err
	}
	key, err := open(master, wrapping(w.ID), w.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("the master key from %s is not the one that this database's secrets were sealed with: give the one it was, or restore its backup (docs/security/encryption.md)", m.Source)
	}
	return key, nil
}

// wrap gives a data key wrapped by a master key, with a salt of its own.
func wrap(m Master, id uuid.UUID, key []byte) (wrapped, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails; it ends the program instead
	master, err := m.key(salt, Rounds)
	if err != nil {
		return wrapped{}, err
	}
	return wrapped{id, seal(master, id, wrapping(id), key), salt, Rounds}, nil
}

func create(ctx context.Context, tx pgx.Tx, m Master) (wrapped, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	w, err := wrap(m, uuid.New(), key)
	if err != nil {
		return w, err
	}
	_, err = postgres.Exec(ctx, tx, `INSERT INTO vault_keys (id, wrapped, salt, rounds, created_at) VALUES ($1, $2, $3, $4, clock_timestamp())`, w.ID, w.Wrapped, w.Salt, w.Rounds)
	return w, err
}

func wrapping(id uuid.UUID) Place { return Place{"vault_keys", "wrapped", id} }

// Source says where the master key came from, in words for the operator.
func (v *Vault) Source() string { return v.master.Source }

// Current is the id of the data key that seals.
func (v *Vault) Current() uuid.UUID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.current
}

// Seal seals a value for its place.
func (v *Vault) Seal(at Place, value []byte) []byte {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return seal(v.keys[v.current], v.current, at, value)
}

// Open opens what Seal sealed for the same place; else it returns ErrSealed. A data
// key that another program made since is fetched from the database.
func (v *Vault) Open(ctx context.Context, at Place, sealed []byte) ([]byte, error) {
	id, err := KeyOf(sealed)
	if err != nil {
		return nil, err
	}
	key, known := v.key(id)
	if !known {
		if err := v.refresh(ctx); err != nil {
			return nil, err
		}
		if key, known = v.key(id); !known {
			return nil, ErrSealed
		}
	}
	return open(key, at, sealed)
}

// KeyOf is the id of the data key a value was sealed with; ErrSealed for what is no
// sealed value.
func KeyOf(sealed []byte) (uuid.UUID, error) {
	if len(sealed) < header || sealed[0] != version {
		return uuid.Nil, ErrSealed
	}
	return uuid.UUID(sealed[1:header]), nil
}

func (v *Vault) key(id uuid.UUID) (cipher.AEAD, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	key, ok := v.keys[id]
	return key, ok
}

func (v *Vault) refresh(ctx context.Context) error {
	found, err := postgres.System(ctx, v.db, postgres.SignIn, dataKeys)
	if err != nil {
		return err
	}
	return v.take(found)
}

func seal(with cipher.AEAD, key uuid.UUID, at Place, value []byte) []byte {
	out := make([]byte, header+with.NonceSize(), header+with.NonceSize()+len(value)+with.Overhead())
	out[0] = version
	copy(out[1:], key[:])
	_, _ = rand.Read(out[header:])                                                 // never fails; it ends the program instead
	return with.Seal(out, out[header:], value, append(at.data(), out[:header]...)) //nolint:gosec // the nonce was just drawn
}

func open(with cipher.AEAD, at Place, sealed []byte) ([]byte, error) {
	if len(sealed) < header+with.NonceSize()+with.Overhead() || sealed[0] != version {
		return nil, ErrSealed
	}
	nonce, text := sealed[header:header+with.NonceSize()], sealed[header+with.NonceSize():]
	value, err := with.Open(nil, nonce, text, append(at.data(), sealed[:header]...))
	if err != nil {
		return nil, ErrSealed
	}
	return value, nil
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// key gives the cipher of the master key.
func (m Master) key(salt []byte, rounds int) (cipher.AEAD, error) {
	if m.raw != nil {
		return aead(m.raw)
	}
	derived, err := pbkdf2.Key(sha256.New, m.secret, salt, rounds, keySize)
	if err != nil {
		return nil, err
	}
	return aead(derived)
}
