package cli

import (
	"context"
	"net"
	"time"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
)

// smtpFlags name the server that sends mails.
type smtpFlags struct {
	SMTPURL  string `name:"smtp-url" help:"The SMTP server that sends mails: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465. Where skai serve and skai work have none, mails are written into the folder mail of the data folder; skai mail read shows them." env:"SKAI_SMTP_URL" placeholder:"URL"`
	MailFrom string `help:"Whom mails come from, with SKAI_SMTP_URL: 'SkaiScraper <skai@titan.example>'." env:"SKAI_MAIL_FROM" placeholder:"ADDRESS"`
}

// mailFlags say how mails go out; they are sent by whoever does background jobs.
type mailFlags struct {
	smtpFlags

	URL    string `name:"url" help:"The address people open the program at, that links in mails begin with; http:// and SKAI_LISTEN where it is left out." env:"SKAI_URL" placeholder:"URL"`
	PerDay int    `name:"mail-per-day" help:"Mails of the whole installation in a day, in UTC; what exceeds them goes out the next day. The last tenth is kept for what people need to get in." default:"2000" env:"SKAI_MAIL_PER_DAY"`
	PerOrg int    `name:"mail-per-org" help:"Mails of one organisation in a day." default:"500" env:"SKAI_MAIL_PER_ORG"`
}

// Validate refuses what can't be used before anything is started.
func (f *mailFlags) Validate() error {
	_, err := f.post(&desk.Globals{Listen: "127.0.0.1:8080"})
	return err
}

// post gives what sends mails, or says what is wrong with the flags.
func (f *mailFlags) post(g *desk.Globals) (*mail.Post, error) {
	address := f.URL
	if address == "" {
		host, port, err := net.SplitHostPort(g.Listen)
		if err != nil {
			return nil, err // check has refused it
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "localhost"
		}
		address = "http://" + net.JoinHostPort(host, port)
	}
	return mail.New(mail.Config{SMTP: f.SMTPURL, Folder: g.Folder("mail"), From: f.MailFrom, URL: address, PerDay: f.PerDay, PerOrg: f.PerOrg})
}

type mailCommands struct {
	List       mailList       `cmd:"" help:"List the mails that were asked for last, and what became of each."`
	Read       mailRead       `cmd:"" help:"Print the newest mails of the data folder, where they are for want of an SMTP server. They hold links that sign people in: whoever may read the data folder may read them, and nobody else."`
	Bounce     mailBounce     `cmd:"" help:"Take a bounce (RFC 3464) from standard input: an alias of the mail server pipes what comes back here."`
	Suppressed mailSuppressed `cmd:"" help:"Addresses that get no mail any more."`
}

type mailList struct {
	Number int `short:"n" help:"How many, the newest first." default:"50" env:"SKAI_MAIL_NUMBER"`
}

// Run prints the outbox.
func (c *mailList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := mail.Entries(ctx, s.DB, max(c.Number, 0))
		if err != nil {
			return err
		}
		o, err := mail.Survey(ctx, s.DB)
		if err != nil {
			return err
		}
		for _, m := range list {
			t.Printf("%s\n", m)
		}
		t.Printf("%s\n", o)
		return nil
	})
}

type mailRead struct {
	Number int `short:"n" help:"How many, the newest first." default:"10" env:"SKAI_MAIL_READ_NUMBER"`
}

// Run prints the mails; it needs no database.
func (c *mailRead) Run(g *desk.Globals, t *desk.Terminal) error {
	list, err := mail.Latest(g.Folder("mail"), max(c.Number, 0))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.Printf("There is no mail in %s. With SKAI_SMTP_URL set, mails are sent and not kept.\n", g.Folder("mail"))
	}
	for _, m := range list {
		t.Printf("%s  to %s  %s\n\n%s\n\n", m.At.Format("2006-01-02 15:04:05 UTC"), m.To, m.Subject, m.Text)
	}
	return nil
}

type mailBounce struct{}

// Run takes one notification. What is none, or another's, is no failure: a mail server
// would send it back.
func (mailBounce) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	err := g.With(ctx, t, func(s *desk.Stores) error {
		words, err := mail.Bounce(ctx, s.DB, t.In)
		if f := fault.As(err); f != nil {
			words, err = f.Error(), nil
		}
		if err == nil {
			t.Printf("%s\n", words)
		}
		return err
	})
	if err != nil {
		t.Note("skai: %s\n", err)
		t.Code = exitLater
	}
	return nil
}

type mailSuppressed struct {
	List   suppressedList   `cmd:"" help:"List them, with since when and why."`
	Add    suppressedAdd    `cmd:"" help:"Have an address get no mail."`
	Remove suppressedRemove `cmd:"" help:"Let an address get mail again, for example since it was mended."`
}

type suppressedList struct{}

// Run prints the addresses.
func (suppressedList) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return g.With(ctx, t, func(s *desk.Stores) error {
		list, err := mail.Suppressions(ctx, s.DB)
		if err != nil {
			return err
		}
		for _, a := range list {
			t.Printf("%s  since %s  %s  %s\n", a.Address, a.CreatedAt.UTC().Format(time.DateOnly), a.Reason, a.Answer)
		}
		t.Printf("%d addresses get no mail.\n", len(list))
		return nil
	})
}

type mailAddress struct {
	Address string `arg:"" help:"The e-mail address."`
}

type (
	suppressedAdd    struct{ mailAddress }
	suppressedRemove struct{ mailAddress }
)

// Run puts it on the list.
func (c *suppressedAdd) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return say(ctx, g, t, c.Address+" gets no mail any more.", func(db *postgres.DB) error { return mail.Suppress(ctx, db, c.Address) })
}

// Run takes it off the list.
func (c *suppressedRemove) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	return say(ctx, g, t, c.Address+" gets mail again. What was not sent to it meanwhile is not sent now; skai jobs list --state cancelled shows it.", func(db *postgres.DB) error {
		return mail.Unsuppress(ctx, db, c.Address)
	})
}
