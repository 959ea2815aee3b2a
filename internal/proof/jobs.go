package proof

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/identity/people"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/proof/prints"
	"github.com/skaiscraper/skai/internal/proof/report"
)

var mailedToken = regexp.MustCompile(`token=([A-Za-z0-9_-]{20,})`)

// tryJobs has each canary's mailing job reach for the other's invitation, and the
// other's people open the link that the job mails for its own.
func (p *prover) tryJobs(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "skai-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // nothing in it is needed again
	post, err := mail.New(mail.Config{Folder: folder, URL: p.URL})
	if err != nil {
		return err
	}
	work := people.New(p.DB, p.People, post)
	p.current = &report.RouteResult{Method: "job", Pattern: "people.invite", Actors: map[string]int{}}
	for n, side := range [][2]*canary{{p.a, p.b}, {p.b, p.a}} {
		me, other := side[0], side[1]
		if err := p.spare(ctx, me); err != nil { // with an invitation that nobody took back
			return err
		}
		before, err := p.fingerprint(ctx, other)
		if err != nil {
			return err
		}
		for _, of := range []*canary{other, me} {
			if err := work.MailInvitation(ctx, mail.Try{Key: uuid.NewString()}, me.org.ID, uuid.MustParse(me.ids["person"]), me.word, uuid.MustParse(of.ids["invitation"])); err != nil {
				return err
			}
		}
		after, err := p.fingerprint(ctx, other) // before its owner does something, which leaves its own traces
		if err != nil {
			return err
		}
		list, err := mail.Latest(folder, 10)
		if err != nil || len(list) == 0 || mailedToken.FindStringSubmatch(list[0].Text) == nil {
			return fmt.Errorf("the invitation of %s was not mailed: %d mails, %w", me.org.Slug, len(list), err)
		}
		token := mailedToken.FindStringSubmatch(list[0].Text)[1]
		got, err := p.send(ctx, other.roles[0], request{method: http.MethodPost, path: "/invitation", form: url.Values{"token": {token}}})
		if err != nil {
			return err
		}
		p.current.Count("job, and a mailed link", 3)
		if changed := prints.Differ(before, after); len(changed) > 0 || len(list) != n+1 || got.status != http.StatusForbidden {
			p.surprise(me.org.Slug, "job, link", fmt.Sprintf("rows of the other changed in %v; %d mails; its link, opened by another, answered %d", changed, len(list), got.status))
		}
	}
	p.report.ByTable = append(p.report.ByTable, report.TableResult{Table: "job people.invite, and its mails", Attempts: p.current.Attempts, Surprises: p.current.Surprises})
	return nil
}
