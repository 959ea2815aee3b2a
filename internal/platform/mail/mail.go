// Package mail writes e-mails to people and sends them.
//
// A mail is asked for in the transaction of the change it tells of and sent by a
// background job, which tries again where the server is away:
//
//	err := post.Write(ctx, tx, mail.Letter{To: email, Subject: "Your password was changed", ...})
//
// A mail with a link that opens a door is not written that way, because the queue
// would keep the link. Its room asks for a job of its own, which calls Deliver; that
// has it make the secret, and keep its hash, only when the mail may go out.
//
// What became of each stands in the table mails: to whom, about what, in which
// state, and no word of what it said. A day has a budget; what exceeds it waits for
// the next. An address that refuses for good gets no mail any more (ADR 20).
//
// Without an SMTP server the mails are written into a folder, for development.
// They hold links that sign people in, so they are shown to whoever may read that
// folder (`skai mail read`), and on no page: a page would have to tell this machine
// from others by the address of the request, which is that of the proxy where one
// stands in front, and which another site's page in the same browser has as well.
package mail

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	gomail "github.com/wneessen/go-mail"
)

// Config says how mails go out.
type Config struct {
	SMTP   string // smtp://user:password@host:port (STARTTLS) or smtps://; "" writes into Folder
	Folder string // where mails go without SMTP
	From   string // "Titan Roofing <office@titan.example>"
	URL    string // the program's public address, that links begin with: "https://skai.titan.example"

	PerDay int // mails of the installation in a day, in UTC; 0 is DefaultPerDay
	PerOrg int // of one organisation; 0 is DefaultPerOrg
}

// defaultFrom stands where nothing is sent.
const defaultFrom = "SkaiScraper <skai@localhost>"

// Post sends mails.
type Post struct {
	server *server // nil is the folder
	folder string
	from   netmail.Address
	url    string

	perDay, perOrg int // 0 is the default
}

// New gives a post, or says what is wrong with the configuration in words that
// name the variable and an example.
func New(c Config) (*Post, error) {
	for variable, n := range map[string]int{"SKAI_MAIL_PER_DAY (--mail-per-day)": c.PerDay, "SKAI_MAIL_PER_ORG (--mail-per-org)": c.PerOrg} {
		if n < 0 || n > mostPerDay {
			return nil, fmt.Errorf("%s is %d; it is a number of mails in a day from 1 to %d; an example: 2000", variable, n, mostPerDay)
		}
	}
	p := &Post{folder: c.Folder, perDay: c.PerDay, perOrg: c.PerOrg}
	from := c.From
	if from == "" {
		from = defaultFrom
	}
	address, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("SKAI_MAIL_FROM (--mail-from) is %q, which is no e-mail address; an example: SKAI_MAIL_FROM='SkaiScraper <skai@titan.example>'", c.From)
	}
	p.from = *address
	if p.url, err = publicURL(c.URL); err != nil || c.SMTP == "" {
		return p, err
	}
	if c.From == "" {
		return nil, errors.New("SKAI_SMTP_URL (--smtp-url) is set and SKAI_MAIL_FROM (--mail-from) is not: servers refuse mail without a sender they know; an example: SKAI_MAIL_FROM='SkaiScraper <skai@titan.example>'")
	}
	p.server, err = serverOf(c.SMTP)
	return p, err
}

func publicURL(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", fmt.Errorf("SKAI_URL (--url) is %q; it is the address people open SkaiScraper at, without a path; an example: SKAI_URL=https://skai.titan.example", address)
	}
	return u.Scheme + "://" + u.Host, nil
}

// Link is the address of a page of this program, for a mail.
func (p *Post) Link(path string) string { return p.url + path }

// errNowhere is of a program that was built without a post, as some tests do.
var errNowhere = errors.New("mail: there is neither a server nor a folder to send to")

// Send sends a letter now, past the outbox and its budget. An error says nothing of
// the people in it, so that it can be logged; IsFinal tells whether trying again is
// of no use.
func (p *Post) Send(ctx context.Context, l Letter) error {
	return p.send(ctx, l, uuid.NewString())
}

func (p *Post) send(ctx context.Context, l Letter, id string) error {
	m, err := p.compose(l)
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(p.from.Address, "@")
	m.SetMessageIDWithValue(id + "@" + domain)
	switch {
	case p.server != nil:
		return p.server.send(ctx, m)
	case p.folder != "":
		return keep(p.folder, m, time.Now())
	}
	return errNowhere
}

// compose makes the message: plain text, and the same as simple HTML.
func (p *Post) compose(l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg()
	from := p.from
	if l.Look.Name != "" {
		from.Name = oneLine(l.Look.Name)
	}
	m.FromMailAddress(&from)
	to, err := parse(l.To)
	if err != nil {
		return nil, final{err}
	}
	m.ToMailAddress(&netmail.Address{Address: to.Address})
	m.Subject(oneLine(l.Subject))
	m.SetDate()
	// Holiday replies to a machine help nobody (RFC 3834).
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	page, err := p.html(l)
	if err != nil {
		return nil, err
	}
	m.SetBodyString(gomail.TypeTextPlain, p.text(l))
	m.AddAlternativeString(gomail.TypeTextHTML, page)
	return m, nil
}

func parse(address string) (*netmail.Address, error) {
	a, err := netmail.ParseAddress(address)
	if err != nil { // its words hold the address
		return nil, errors.New("mail: the address it should go to is none")
	}
	return a, nil
}

// oneLine keeps a name from becoming headers of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
