// Package vault seals secrets before they are written to the database, so that
// whoever reads the database, or a copy of it, reads none of them.
//
// A data key of 256 random bits seals with AES-256-GCM (NIST SP 800-38D). It
// stands in the database wrapped by a master key that the operator keeps: a
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
	id     uuid.UUID
	sealer cipher.AEAD
	source string
}

// ErrSealed is returned by [Vault.Open] for what this vault did not seal for this
// place: damaged, moved, or sealed with another key.
var ErrSealed = errors.New("vault: this can't be opened here: it is damaged, was moved, or was sealed with another key")

// Open makes the vault of a database, and its data key where it has none. It
// fails where the master key is not the one the database was sealed with.
func Open(ctx context.Context, db *postgres.DB, m Master) (*Vault, error) {
	type row struct {
		ID      uuid.UUID
		Wrapped []byte
		Salt    []byte
		Rounds  int
	}
	return postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (*Vault, error) {
		// Two programs that start on a new database make one key.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7345603)`); err != nil {
			return nil, err
		}
		found, err := postgres.One[row](ctx, tx, `SELECT id, wrapped, salt, rounds FROM vault_keys ORDER BY created_at, id LIMIT 1`)
		if errors.Is(err, postgres.ErrNoRow) {
			return create(ctx, tx, m)
		}
		if err != nil {
			return nil, err
		}
		master, err := m.key(found.Salt, found.Rounds)
		if err != nil {
			return nil, err
		}
		key, err := open(master, wrapping(found.ID), found.Wrapped)
		if err != nil {
			return nil, fmt.Errorf("the master key from %s is not the one that this database's secrets were sealed with: give the one it was, or restore its backup (docs/security/encryption.md)", m.Source)
		}
		sealer, err := aead(key)
		return &Vault{found.ID, sealer, m.Source}, err
	})
}

func create(ctx context.Context, tx pgx.Tx, m Master) (*Vault, error) {
	v := &Vault{id: uuid.New(), source: m.Source}
	key, salt := make([]byte, keySize), make([]byte, saltSize)
	_, _ = rand.Read(key) // never fails; it ends the program instead
	_, _ = rand.Read(salt)
	master, err := m.key(salt, Rounds)
	if err != nil {
		return nil, err
	}
	if v.sealer, err = aead(key); err != nil {
		return nil, err
	}
	_, err = postgres.Exec(ctx, tx, `INSERT INTO vault_keys (id, wrapped, salt, rounds) VALUES ($1, $2, $3, $4)`,
		v.id, seal(master, v.id, wrapping(v.id), key), salt, Rounds)
	return v, err
}

func wrapping(id uuid.UUID) Place { return Place{"vault_keys", "wrapped", id} }

// Source says where the master key came from, in words for the operator.
func (v *Vault) Source() string { return v.source }

// Seal seals a value for its place.
func (v *Vault) Seal(at Place, value []byte) []byte { return seal(v.sealer, v.id, at, value) }

// Open opens what Seal sealed for the same place; else it returns ErrSealed.
func (v *Vault) Open(at Place, sealed []byte) ([]byte, error) { return open(v.sealer, at, sealed) }

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
