package desk

import (
	"context"
	"log/slog"

	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
)

// vaultFlags say where the master key is that seals secrets.
type vaultFlags struct {
	Secret  string `name:"vault-secret" help:"A secret of 24 characters or more, from which the key that seals secrets and files is made. Without any of the three a key file is made in the data folder." env:"SKAI_VAULT_SECRET" placeholder:"TEXT"`
	File    string `name:"vault-key-file" help:"A file with 32 bytes, as they are or in base64 or hexadecimal, instead." env:"SKAI_VAULT_KEY_FILE" placeholder:"FILE"`
	Command string `name:"vault-key-command" help:"A program that prints them, instead: a key management service's." env:"SKAI_VAULT_KEY_COMMAND" placeholder:"COMMAND"`
}

// Config says it with the data folder, in which a key is made for want of another.
func (f *vaultFlags) Config(folder string) vault.Config {
	return vault.Config{Secret: f.Secret, File: f.File, Command: f.Command, Folder: folder}
}

// openVault opens the vault of a desk.Database, and warns where its key lies beside what
// it guards.
func (g *Globals) openVault(ctx context.Context, db *postgres.DB, log *slog.Logger) (*vault.Vault, error) {
	m, err := g.Config(g.Data).Master(ctx)
	if err != nil {
		return nil, err
	}
	if m.Made {
		log.Warn("the key that seals secrets and files lies in the data folder, beside what it guards: set SKAI_VAULT_SECRET, SKAI_VAULT_KEY_FILE or SKAI_VAULT_KEY_COMMAND before there is much to seal", "file", m.Source)
	}
	return vault.Open(ctx, db, m)
}
