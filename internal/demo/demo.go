// Package demo sets up the two contractors of the demonstration: their people,
// and their books, taken over from generated exports by the importer itself.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/skaiscraper/skai/internal/demo/generate"
	"github.com/skaiscraper/skai/internal/identity"
	"github.com/skaiscraper/skai/internal/migration"
	"github.com/skaiscraper/skai/internal/migration/report"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/blob"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// SignIn is somebody the demonstration can be looked at as.
type SignIn struct {
	Org, Name, Email, Password string
	Role                       tenant.Role
}

// Demo sets the demonstration up.
type Demo struct {
	orgs     *orgs.Service
	identity *identity.Service
	imports  *migration.Service
	folder   string // where the sign-ins are kept, so that a second start can print them
	say      func(format string, args ...any)
}

// New gives a demo that keeps the sign-ins in a folder and says what it does.
func New(db *postgres.DB, blobs *blob.Store, folder string, say func(format string, args ...any)) *Demo {
	o := orgs.New(db)
	return &Demo{o, identity.New(db, o), migration.New(db, blobs), folder, say}
}

// Set makes the contractors and imports their books; what is there already
// stays as it is. progress is told how far an import is.
func (d *Demo) Set(ctx context.Context, companies []generate.Company, progress func(migration.Progress)) ([]SignIn, error) {
	var all []SignIn
	for _, c := range companies {
		people, err := d.people(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("set up %s: %w", c.Name, err)
		}
		if err := d.book(ctx, c, progress); err != nil {
			return nil, fmt.Errorf("import the book of %s: %w", c.Name, err)
		}
		all = append(all, people...)
	}
	return all, nil
}

// found makes the organisation, in its colour.
func (d *Demo) found(ctx context.Context, c generate.Company) error {
	if _, err := d.orgs.Create(ctx, c.Slug, c.Name, c.TimeZone); err != nil {
		return err
	}
	ctx, _, err := d.orgs.SystemScope(ctx, c.Slug, "demo")
	if err != nil {
		return err
	}
	return d.orgs.Save(ctx, orgs.Settings{Name: c.Name, TimeZone: c.TimeZone, BrandColor: c.Colour})
}

// people makes the organisation and one person per role, and members for the
// salespeople whom the exports name and who work there still.
func (d *Demo) people(ctx context.Context, c generate.Company) ([]SignIn, error) {
	if _, err := d.orgs.BySlug(ctx, c.Slug); fault.Is(err, fault.KindNotFound) {
		if err := d.found(ctx, c); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	signIns, err := d.kept(c.Slug)
	if err != nil {
		return nil, err
	}
	if signIns == nil {
		if signIns, err = d.invent(c); err != nil {
			return nil, err
		}
	}
	for _, s := range signIns {
		if err := d.user(ctx, c.Slug, s); err != nil {
			return nil, err
		}
	}
	for _, s := range c.Salespeople() {
		if !s.User {
			continue
		}
		if err := d.user(ctx, c.Slug, SignIn{Name: s.Name, Email: s.Email, Role: tenant.Member, Password: password()}); err != nil {
			return nil, err
		}
	}
	return signIns, nil
}

func (d *Demo) user(ctx context.Context, slug string, s SignIn) error {
	_, err := d.identity.CreateUser(ctx, identity.NewUser{Email: s.Email, Name: s.Name, OrgSlug: slug, Role: s.Role, Password: s.Password, Verified: true})
	if fault.Is(err, fault.KindConflict) { // a member already
		return nil
	}
	return err
}

// invent makes up who signs in; the member is a salesperson of the exports, so
// that some of the records are theirs.
func (d *Demo) invent(c generate.Company) ([]SignIn, error) {
	domain := c.Slug + ".example.com"
	list := []SignIn{
		{Name: "Olivia Owens", Email: "owner@" + domain, Role: tenant.Owner},
		{Name: "Adam Adler", Email: "admin@" + domain, Role: tenant.Admin},
		{Name: "Maria Mendez", Email: "manager@" + domain, Role: tenant.Manager},
		{Name: "Sam Seller", Email: "member@" + domain, Role: tenant.Member},
		{Name: "Vera Vance", Email: "viewer@" + domain, Role: tenant.Viewer},
	}
	for _, s := range c.Salespeople() {
		if s.User {
			list[3].Name, list[3].Email = s.Name, s.Email
			break
		}
	}
	for i := range list {
		list[i].Org, list[i].Password = c.Name, password()
	}
	data, err := json.MarshalIndent(list, "", "  ") //nolint:gosec // made-up people of a demonstration; the file is the owner's alone
	if err != nil {
		return nil, err
	}
	return list, os.WriteFile(d.file(c.Slug), append(data, '\n'), 0o600)
}

func (d *Demo) file(slug string) string { return filepath.Join(d.folder, "demo-"+slug+".json") }

// kept reads the sign-ins of an earlier call; nil where there was none.
func (d *Demo) kept(slug string) ([]SignIn, error) {
	data, err := os.ReadFile(d.file(slug))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // none is not an error here, and nothing else
	}
	if err != nil {
		return nil, err
	}
	var list []SignIn
	return list, json.Unmarshal(data, &list)
}

// password gives one of 75 random bits that can be read aloud.
func password() string {
	raw := make([]byte, 10)
	_, _ = rand.Read(raw) // never fails; it ends the program instead
	letters := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
	return letters[:5] + "-" + letters[5:10] + "-" + letters[10:15]
}

// book imports the company's exports: the records in one run, since they point
// at each other, and then the estimates, which belong to claims of the first.
func (d *Demo) book(ctx context.Context, c generate.Company, progress func(migration.Progress)) error {
	ctx, _, err := d.orgs.SystemScope(ctx, c.Slug, "demo")
	if err != nil {
		return err
	}
	files, err := c.Files()
	if err != nil {
		return fmt.Errorf("make the exports: %w", err)
	}
	folder, err := os.MkdirTemp("", "skai-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // the importer keeps the bytes
	var records, estimates []migration.FileOptions
	for _, f := range files {
		path := filepath.Join(folder, f.Name)
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			return err
		}
		o := migration.FileOptions{Path: path, Name: f.Name, Claim: f.ClaimNumber}
		if f.ClaimNumber == "" {
			records = append(records, o)
		} else {
			estimates = append(estimates, o)
		}
	}
	for _, set := range [][]migration.FileOptions{records, estimates} {
		if len(set) == 0 {
			continue
		}
		if err := d.take(ctx, c, set, progress); err != nil {
			return err
		}
	}
	return nil
}

func (d *Demo) take(ctx context.Context, c generate.Company, set []migration.FileOptions, progress func(migration.Progress)) error {
	account, err := d.imports.Import(ctx, migration.Options{Files: set, Progress: progress})
	if err != nil {
		return err
	}
	sum := totals(account)
	d.say("%s: %d files, %d rows in %.1f s: %d created, %d updated, %d merged, %d unchanged, %d skipped, %d set aside, %d blank\n",
		c.Name, len(set), sum.Rows, account.Seconds, sum.Created, sum.Updated, sum.Merged, sum.Unchanged, sum.Skipped, sum.Errored, sum.Blank)
	return nil
}

func totals(r *report.Report) (sum report.FileReport) {
	for _, f := range r.Files {
		sum.Rows += f.Rows
		sum.Created += f.Created
		sum.Updated += f.Updated
		sum.Merged += f.Merged
		sum.Unchanged += f.Unchanged
		sum.Skipped += f.Skipped
		sum.Errored += f.Errored
		sum.Blank += f.Blank
	}
	return sum
}
