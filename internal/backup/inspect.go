package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/skaiscraper/skai/internal/claims"
	"github.com/skaiscraper/skai/internal/contacts"
	"github.com/skaiscraper/skai/internal/leads"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/health"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/vault"
	"github.com/skaiscraper/skai/internal/properties"
)

func in(dir, name string) string { return filepath.Join(dir, name) }

// mostOpened is how many files of each organisation are opened and read to their end,
// the newest. That every sealed object is what it was, its SHA-256 has told already.
const mostOpened = 20

// Try tries a restored installation as the program would use it.
func (m *Manifest) Try(ctx context.Context, conn *pgx.Conn, to Target, r *Report, say Say) error {
	say("trying what was restored", 0, 0)
	if err := m.inspectFiles(ctx, conn, to, r); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, to.App, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	pending, err := postgres.Pending(ctx, db)
	if err != nil {
		return err
	}
	if pending > 0 { // a backup of an older program
		if _, err := postgres.Migrate(ctx, to.Owner); err != nil {
			return fmt.Errorf("bring the restored schema up to date: %w", err)
		}
	}
	rules, err := health.Rules(ctx, db)
	if err != nil {
		return err
	}
	var broken []string
	for _, rule := range rules {
		if !rule.OK {
			broken = append(broken, fmt.Sprintf("it does not hold that %s: %v", rule.Name, rule.Breaks))
		}
	}
	r.Add("row security and grants are what isolation stands on", broken, "%d rules", len(rules))
	var opened *vault.Vault
	if to.Master != nil && m.Sealed() {
		var failed []string
		if opened, err = vault.Open(ctx, db, *to.Master); err != nil {
			opened, failed = nil, []string{err.Error()}
		}
		r.Add("the master key opens every data key", failed, "%d data keys", m.table("public.vault_keys").Rows+m.table("public.org_keys").Rows)
	}
	return m.inspectOrgs(ctx, db, opened, to, r)
}

// inspectFiles finds the rows whose file is not there.
func (m *Manifest) inspectFiles(ctx context.Context, conn *pgx.Conn, to Target, r *Report) error {
	destroyed := map[string]bool{}
	for _, f := range m.Missing {
		if f.Destroyed {
			destroyed[f.Org.String()+f.SHA256] = true
		}
	}
	all, err := postgres.Many[named](ctx, conn, namedFiles)
	if err != nil {
		return err
	}
	var failed []string
	for _, f := range all {
		there, err := hasFile(to.Files, f)
		if err != nil {
			return err
		}
		if sum := hex.EncodeToString(f.SHA256); !there && !destroyed[f.OrgID.String()+sum] {
			failed = append(failed, fmt.Sprintf("the organisation %s has a row for the file %s, which is not in the backup", f.OrgID, sum))
		}
	}
	r.Add("each row that names a file has it", failed, "%d files", len(all))
	return nil
}

// inspectOrgs opens files and records of every organisation.
func (m *Manifest) inspectOrgs(ctx context.Context, db *postgres.DB, v *vault.Vault, to Target, r *Report) error {
	service := orgs.New(db)
	list, err := service.List(ctx)
	if err != nil {
		return err
	}
	store, err := blob.OpenFolder(to.Files, func(context.Context) (*vault.Vault, error) { return v, nil })
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // it was only read
	var files, records int
	var filesFailed, recordsFailed []string
	for _, org := range list {
		scoped, _, err := service.SystemScope(ctx, org.Slug, "restore")
		if err != nil {
			return err
		}
		if v != nil {
			n, failed, err := openFiles(scoped, db, store, org.Slug)
			if err != nil {
				return err
			}
			files, filesFailed = files+n, append(filesFailed, failed...)
		}
		n, failed, err := openRecords(scoped, db, org.Slug)
		if err != nil {
			return err
		}
		records, recordsFailed = records+n, append(recordsFailed, failed...)
	}
	if v != nil {
		r.Add("files open and are what was stored", filesFailed, "%d files read whole, up to %d of each organisation", files, mostOpened)
	}
	r.Add("the program opens a record of each kind", recordsFailed, "%d records of %d organisations", records, len(list))
	return nil
}

// openFiles reads an organisation's newest files whole and compares them with their
// rows; those that are not there were told already.
func openFiles(ctx context.Context, db *postgres.DB, store *blob.Store, slug string) (n int, failed []string, err error) {
	sums, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) ([][]byte, error) {
		return postgres.Values[[]byte](ctx, tx, `
			SELECT sha256 FROM (SELECT sha256, created_at FROM files WHERE sha256 IS NOT NULL UNION ALL SELECT f.sha256, r.started_at AS created_at FROM import_files f JOIN import_runs r ON r.org_id = f.org_id AND r.id = f.run_id) f
			GROUP BY sha256 ORDER BY max(created_at) DESC, sha256 LIMIT $1`, mostOpened)
	})
	if err != nil {
		return 0, nil, err
	}
	for _, sum := range sums {
		h := sha256.New()
		f, err := store.Open(ctx, sum)
		if errors.Is(err, blob.ErrMissing) {
			continue
		}
		if err == nil {
			_, err = io.Copy(h, f)
		}
		switch n++; {
		case err != nil:
			failed = append(failed, fmt.Sprintf("the file %x of %s can't be opened: %s", sum, slug, err))
		case !bytes.Equal(h.Sum(nil), sum):
			failed = append(failed, fmt.Sprintf("the file %x of %s holds something else: its SHA-256 is %x", sum, slug, h.Sum(nil)))
		}
	}
	return n, failed, nil
}

// openRecords opens the newest record of each kind as its page does.
func openRecords(ctx context.Context, db *postgres.DB, slug string) (n int, failed []string, err error) {
	type newest struct{ Contact, Property, Lead, Claim *uuid.UUID }
	ids, err := postgres.Read(ctx, db, func(ctx context.Context, tx pgx.Tx) (newest, error) {
		return postgres.One[newest](ctx, tx, `
			SELECT (SELECT id FROM contacts ORDER BY created_at DESC, id DESC LIMIT 1) AS contact, (SELECT id FROM properties ORDER BY created_at DESC, id DESC LIMIT 1) AS property,
				(SELECT id FROM leads ORDER BY created_at DESC, id DESC LIMIT 1) AS lead, (SELECT id FROM claims ORDER BY created_at DESC, id DESC LIMIT 1) AS claim`)
	})
	if err != nil {
		return 0, nil, err
	}
	for _, one := range []struct {
		what string
		id   *uuid.UUID
		open func(uuid.UUID) error
	}{
		{"contact", ids.Contact, func(id uuid.UUID) error { _, err := contacts.New(db).View(ctx, id, ""); return err }},
		{"property", ids.Property, func(id uuid.UUID) error { _, err := properties.New(db).View(ctx, id, ""); return err }},
		{"lead", ids.Lead, func(id uuid.UUID) error { _, err := leads.New(db, nil).View(ctx, id, ""); return err }},
		{"claim", ids.Claim, func(id uuid.UUID) error { _, err := claims.New(db).View(ctx, id, "", true); return err }},
	} {
		if one.id == nil {
			continue
		}
		n++
		if err := one.open(*one.id); err != nil {
			failed = append(failed, fmt.Sprintf("the %s %s of %s can't be opened: %s", one.what, one.id, slug, err))
		}
	}
	return n, failed, nil
}
