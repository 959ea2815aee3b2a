package cli

import (
	"context"
	"log/slog"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// vaultFlags say where the master key is that seals secrets.
type vaultFlags struct {
	Secret  string `name:"vault-secret" help:"A secret of 24 characters or more, from which the key that seals second factors is made. Without any of the three a key file is made in the data folder." env:"SKAI_VAULT_SECRET" placeholder:"TEXT"`
	File    string `name:"vault-key-file" help:"A file with 32 bytes, as they are or in base64 or hexadecimal, instead." env:"SKAI_VAULT_KEY_FILE" placeholder:"FILE"`
	Command string `name:"vault-key-command" help:"A program that prints them, instead: a key management service's." env:"SKAI_VAULT_KEY_COMMAND" placeholder:"COMMAND"`
}

// Validate refuses what can't be a master key before anything is started.
func (f *vaultFlags) Validate() error { return f.config("").Check() }

func (f *vaultFlags) config(folder string) vault.Config {
	return vault.Config{Secret: f.Secret, File: f.File, Command: f.Command, Folder: folder}
}

// open opens the vault, and warns where its key lies beside what it guards.
func (f *vaultFlags) open(ctx context.Context, g *Globals, db *postgres.DB, log *slog.Logger) (*vault.Vault, error) {
	m, err := f.config(g.Data).Master(ctx)
	if err != nil {
		return nil, err
	}
	if m.Made {
		log.Warn("the key that seals secrets lies in the data folder, beside what it guards: set SKAI_VAULT_SECRET, SKAI_VAULT_KEY_FILE or SKAI_VAULT_KEY_COMMAND before there is much to seal", "file", m.Source)
	}
	return vault.Open(ctx, db, m)
}

type vaultCommands struct {
	Status vaultStatus `cmd:"" help:"Say where the master key comes from, and whether it is this database's."`
}

type vaultStatus struct {
	vaultFlags
}

// Run opens the vault.
func (c *vaultStatus) Run(ctx context.Context, g *Globals, t *terminal) error {
	return g.with(ctx, t, func(s *stores) error {
		v, err := c.open(ctx, g, s.db, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		t.printf("The master key comes from %s, and opens what this database has sealed.\n", v.Source())
		return nil
	})
}
