package vault

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Master is the operator's master key. It prints nothing of itself.
type Master struct {
	Source string // where it came from, in words
	Made   bool   // it stands in the data folder, beside what it guards, since nothing was configured
	secret string
	raw    []byte
}

// String keeps the key out of logs.
func (m Master) String() string { return "master key from " + m.Source }

// GoString keeps the key out of %#v.
func (m Master) GoString() string { return m.String() }

// LogValue keeps the key out of structured logs.
func (m Master) LogValue() slog.Value { return slog.StringValue(m.String()) }

// Config says where the operator keeps the master key: at most one of the first three.
type Config struct {
	Secret  string // of at least MinSecret characters; the key is derived from it
	File    string // a file with 32 bytes, as they are or in base64 or hexadecimal
	Command string // a program with its arguments, apart by blanks, that prints them: a client of a key management service
	Folder  string // of the data: a key file is made here where none of them is set
}

// MinSecret is the least length of the operator's secret, in characters.
const MinSecret = 24

// fileName is the key file in the data folder.
const fileName = "vault.key"

// Check refuses what can't be a master key, in words that name the variable.
func (c Config) Check() error {
	set := 0
	for _, s := range []string{c.Secret, c.File, c.Command} {
		if s != "" {
			set++
		}
	}
	if set > 1 {
		return errors.New("SKAI_VAULT_SECRET, SKAI_VAULT_KEY_FILE and SKAI_VAULT_KEY_COMMAND name the same key: set one of them, for example SKAI_VAULT_KEY_FILE=/etc/skai/vault.key")
	}
	if n := len(c.Secret); n > 0 && n < MinSecret {
		return fmt.Errorf("SKAI_VAULT_SECRET (--vault-secret) has %d characters and needs %d or more; an example: the output of openssl rand -base64 32", n, MinSecret)
	}
	return nil
}

// Master gives the master key. Where nothing is configured, it makes a key file
// in the data folder that its owner alone may read, or reads the one there is.
func (c Config) Master(ctx context.Context) (Master, error) {
	if err := c.Check(); err != nil {
		return Master{}, err
	}
	switch {
	case c.Secret != "":
		return Master{Source: "SKAI_VAULT_SECRET", secret: c.Secret}, nil
	case c.File != "":
		text, err := os.ReadFile(c.File)
		if err != nil {
			return Master{}, fmt.Errorf("SKAI_VAULT_KEY_FILE (--vault-key-file): %w", err)
		}
		return rawMaster("the file "+c.File, text)
	case c.Command != "":
		words := strings.Fields(c.Command)
		text, err := exec.CommandContext(ctx, words[0], words[1:]...).Output() //nolint:gosec // the operator's own
		if err != nil {
			return Master{}, fmt.Errorf("SKAI_VAULT_KEY_COMMAND (--vault-key-command): %s: %w", words[0], err)
		}
		return rawMaster("the command "+words[0], text)
	}
	return c.made()
}

// Known is Master for whoever restores and must not make a key: it gives nil where
// nothing is configured and the data folder has no key file.
func (c Config) Known(ctx context.Context) (*Master, error) {
	if _, err := os.Stat(filepath.Join(c.Folder, fileName)); err != nil && c == (Config{Folder: c.Folder}) {
		return nil, nil //nolint:nilnil // as the contract says
	}
	m, err := c.Master(ctx)
	return &m, err
}

// made is the key file in the data folder.
func (c Config) made() (Master, error) {
	path := filepath.Join(c.Folder, fileName)
	key := make([]byte, keySize)
	_, _ = rand.Read(key)                                                    // never fails; it ends the program instead
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in our own data folder
	switch {
	case errors.Is(err, os.ErrExist):
	case err != nil:
		return Master{}, fmt.Errorf("make the vault's key file: %w", err)
	default:
		_, err := file.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return Master{}, fmt.Errorf("write the vault's key file: %w", err)
		}
	}
	text, err := os.ReadFile(path) //nolint:gosec // in our own data folder
	if err != nil {
		return Master{}, fmt.Errorf("read the vault's key file: %w", err)
	}
	m, err := rawMaster("the file "+path, text)
	m.Made = true
	return m, err
}

// rawMaster reads 32 bytes, however they are written.
func rawMaster(source string, text []byte) (Master, error) {
	plain := strings.TrimSpace(string(text))
	candidates := [][]byte{text}
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if raw, err := decode(plain); err == nil {
			candidates = append(candidates, raw)
		}
	}
	for _, raw := range candidates {
		if len(raw) == keySize {
			return Master{Source: source, raw: raw}, nil
		}
	}
	return Master{}, fmt.Errorf("the vault's master key from %s is not %d bytes, as they are or in base64 or hexadecimal; an example: openssl rand -base64 32", source, keySize)
}
