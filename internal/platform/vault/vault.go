// Package vault seals secrets before they are written to the database, so that
// whoever reads the database, or a copy of it, reads none of them.
//
// A data key of 256 random bits seals with AES-256-GCM (NIST SP 800-38D): one for what
// belongs to accounts, and one for each organisation. The newest
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
	current map[uuid.UUID]uuid.UUID // the data key that seals, of each organisation; that of accounts under the nil UUID
	keys    map[uuid.UUID]cipher.AEAD
}

// ErrSealed is returned by [Vault.Open] for what this vault did not seal for this
// place: damaged, moved, or sealed with another key.
var ErrSealed = errors.New("vault: this can't be opened here: it is damaged, was moved, or was sealed with another key")

// wrapped is a data key as the database has it.
type wrapped struct {
	OrgID   uuid.UUID // nil is of accounts
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
			made, err := create(ctx, tx, m, uuid.Nil, newSalt())
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
	return postgres.Many[wrapped](ctx, tx, `
		SELECT org_id, id, wrapped, salt, rounds FROM (
			SELECT '00000000-0000-0000-0000-000000000000'::uuid AS org_id, id, wrapped, salt, rounds, created_at FROM vault_keys
			UNION ALL SELECT org_id, id, wrapped, salt, rounds, created_at FROM org_keys) k
		ORDER BY created_at, id`)
}

// take unwraps the data keys; the last of each organisation seals from now on.
func (v *Vault) take(found []wrapped) error {
	keys, current, masters := map[uuid.UUID]cipher.AEAD{}, map[uuid.UUID]uuid.UUID{}, masters{}
	for _, w := range found {
		current[w.OrgID] = w.ID
		if known, ok := v.key(w.ID); ok { // another master key may have wrapped it since
			keys[w.ID] = known
			continue
		}
		key, err := w.unwrap(v.master, masters)
		if err != nil {
			return err
		}
		if keys[w.ID], err = aead(key); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys, v.current = keys, current
	return nil
}

// isMaster refuses a master key that is not the database's any more: a data key
// wrapped with it would open for nobody who starts after us.
func (v *Vault) isMaster(found []wrapped) error {
	_, err := found[len(found)-1].unwrap(v.master, masters{})
	return err
}

// masters are ciphers of one master key by salt: to derive one takes long.
type masters map[string]cipher.AEAD

func (w wrapped) unwrap(m Master, known masters) ([]byte, error) {
	salt := fmt.Sprintf("%d %s", w.Rounds, w.Salt)
	master, ok := known[salt]
	if !ok {
		var err error
		if master, err = m.key(w.Salt, w.Rounds); err != nil {
			return nil, err
		}
		known[salt] = master
	}
	key, err := open(master, w.place(), w.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("the master key from %s is not the one that this database's secrets were sealed with: give the one it was, or restore its backup (docs/security/encryption.md)", m.Source)
	}
	return key, nil
}

func newSalt() []byte {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails; it ends the program instead
	return salt
}

// wrap wraps a data key by a master key.
func (w *wrapped) wrap(m Master, known masters, salt, key []byte) (err error) {
	w.Salt, w.Rounds = salt, Rounds
	master, ok := known[string(salt)]
	if !ok {
		if master, err = m.key(salt, Rounds); err != nil {
			return err
		}
		known[string(salt)] = master
	}
	w.Wrapped = seal(master, w.ID, w.place(), key)
	return nil
}

// create makes a data key for an organisation, or for accounts (uuid.Nil).
func create(ctx context.Context, tx pgx.Tx, m Master, org uuid.UUID, salt []byte) (wrapped, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	w := wrapped{OrgID: org, ID: uuid.New()}
	if err := w.wrap(m, masters{}, salt, key); err != nil {
		return w, err
	}
	if org == uuid.Nil {
		_, err := postgres.Exec(ctx, tx, `INSERT INTO vault_keys (id, wrapped, salt, rounds, created_at) VALUES ($1, $2, $3, $4, clock_timestamp())`, w.ID, w.Wrapped, w.Salt, w.Rounds)
		return w, err
	}
	_, err := postgres.Exec(ctx, tx, `INSERT INTO org_keys (org_id, id, wrapped, salt, rounds, created_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())`, org, w.ID, w.Wrapped, w.Salt, w.Rounds)
	return w, err
}

// place binds a wrapped key to its row, and to its organisation.
func (w wrapped) place() Place {
	if w.OrgID == uuid.Nil {
		return Place{"vault_keys", "wrapped", w.ID}
	}
	return Place{"org_keys", "wrapped " + w.OrgID.String(), w.ID}
}

// Source says where the master key came from, in words for the operator.
func (v *Vault) Source() string { return v.master.Source }

// Current is the id of the data key that seals for accounts.
func (v *Vault) Current() uuid.UUID { return v.currentOf(uuid.Nil) }

// currentOf is the id of the data key that seals for an organisation; uuid.Nil where
// it has none yet.
func (v *Vault) currentOf(org uuid.UUID) uuid.UUID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.current[org]
}

// Seal seals an account's value for its place.
func (v *Vault) Seal(at Place, value []byte) []byte {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return seal(v.keys[v.current[uuid.Nil]], v.current[uuid.Nil], at, value)
}

// CurrentFor is the id of the data key that seals for an organisation, which it
// makes where there is none. Call it outside of a transaction.
func (v *Vault) CurrentFor(ctx context.Context, org uuid.UUID) (uuid.UUID, error) {
	if id := v.currentOf(org); id != uuid.Nil {
		return id, nil
	}
	_, err := v.system(ctx, func(ctx context.Context, tx pgx.Tx) error {
		found, err := dataKeys(ctx, tx)
		if err != nil {
			return err
		}
		for _, w := range found {
			if w.OrgID == org {
				return nil
			}
		}
		if err := v.isMaster(found); err != nil {
			return err
		}
		_, err = create(ctx, tx, v.master, org, found[0].Salt) // the same salt: one derivation at the start for all
		return err
	})
	if err == nil {
		err = v.refresh(ctx) // only what is committed may seal
	}
	return v.currentOf(org), err
}

// SealFor seals an organisation's value for its place, with the organisation's own
// data key. Call it outside of a transaction. When the organisation is destroyed, so
// is its key.
func (v *Vault) SealFor(ctx context.Context, org uuid.UUID, at Place, value []byte) ([]byte, error) {
	id, err := v.CurrentFor(ctx, org)
	if err != nil {
		return nil, err
	}
	return v.SealWith(id, at, value)
}

// SealWith seals a value for its place with the data key that [Vault.CurrentFor]
// gave, also within a transaction.
func (v *Vault) SealWith(id uuid.UUID, at Place, value []byte) ([]byte, error) {
	key, known := v.key(id)
	if !known {
		return nil, ErrSealed
	}
	return seal(key, id, at, value), nil
}

// Again seals a value again with the data key that [Vault.CurrentFor] gave; other is
// false, and the value as it was, where that key had sealed it already.
func (v *Vault) Again(ctx context.Context, current uuid.UUID, at Place, sealed []byte) (again []byte, other bool, err error) {
	if key, err := KeyOf(sealed); err == nil && key == current {
		return sealed, false, nil
	}
	value, err := v.Open(ctx, at, sealed)
	if err != nil {
		return nil, false, fmt.Errorf("%s.%s of %s: %w", at.Table, at.Column, at.Row, err)
	}
	again, err = v.SealWith(current, at, value)
	return again, true, err
}

// Made tells that the master key is the file that was made in the data folder, beside
// what it guards.
func (v *Vault) Made() bool { return v.master.Made }

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
