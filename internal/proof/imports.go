package proof

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	"github.com/skaiscraper/skai/internal/files"
	"github.com/skaiscraper/skai/internal/migration"
)

// takeOver imports a small file, so that there are runs, rows and origins to reach for.
func (p *prover) takeOver(ctx context.Context, c *canary) error {
	text := "First Name,Last Name,Email,Phone,Secret\n" +
		fmt.Sprintf("Imported,%[1]s,imported@%[1]s.example,602-555-0101,%[1]s\n", c.word) +
		fmt.Sprintf(",,broken %s,,\n", c.word)
	return p.bringIn(ctx, c, "contacts.csv", text, "")
}

// keepFile keeps two documents on the canary's claim, which is its first: one is
// downloaded, the newer one can be removed.
func (p *prover) keepFile(ctx context.Context, c *canary) error {
	if err := p.bringIn(ctx, c, c.word+".esx", "an estimate of "+c.word, "1"); err != nil {
		return err
	}
	added, err := p.send(ctx, c.roles[0], request{method: http.MethodPost, path: "/claims/" + c.ids["claim"] + "/files", form: url.Values{}, multipart: true})
	if err != nil || added.status != http.StatusSeeOther {
		return fmt.Errorf("add a file in %s: the answer was %d, %w", c.org.Slug, added.status, err)
	}
	page, err := p.send(ctx, c.roles[0], request{method: http.MethodGet, path: "/claims/" + c.ids["claim"], query: url.Values{"tab": {"files"}}})
	for _, path := range content.FindAllString(page.body, -1) {
		c.seen["GET "+files.Path+"/{id}/content"] = sample{path: path}
	}
	return err
}

var content = regexp.MustCompile(files.Path + "/[0-9a-f-]{36}/content")

func (p *prover) bringIn(ctx context.Context, c *canary, name, text, claim string) error {
	ctx, _, err := p.Orgs.SystemScope(ctx, c.org.Slug, "proof")
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "skai-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // nothing in it is needed again
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	r, err := migration.New(p.DB, p.Files).Import(ctx, migration.Options{Files: []migration.FileOptions{{Path: path, Claim: claim}}})
	if err != nil {
		return err
	}
	c.ids["run"] = r.Run.String()
	return nil
}
