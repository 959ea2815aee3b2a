package cli

import (
	"net"

	"github.com/skaiscraper/skai/internal/platform/mail"
)

// mailFlags say how mails go out; they are sent by whoever does background jobs.
type mailFlags struct {
	SMTPURL  string `name:"smtp-url" help:"The SMTP server that sends mails: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465. Without one they are written into the folder mail of the data folder; skai mail list shows them." env:"SKAI_SMTP_URL" placeholder:"URL"`
	MailFrom string `help:"Whom mails come from, with SKAI_SMTP_URL: 'SkaiScraper <skai@titan.example>'." env:"SKAI_MAIL_FROM" placeholder:"ADDRESS"`
	URL      string `name:"url" help:"The address people open the program at, that links in mails begin with; http:// and SKAI_LISTEN where it is left out." env:"SKAI_URL" placeholder:"URL"`
}

// Validate refuses what can't be used before anything is started.
func (f *mailFlags) Validate() error {
	_, err := f.post(&Globals{Listen: "127.0.0.1:8080"})
	return err
}

// post gives what sends mails, or says what is wrong with the flags.
func (f *mailFlags) post(g *Globals) (*mail.Post, error) {
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
	return mail.New(mail.Config{SMTP: f.SMTPURL, Folder: g.folder("mail"), From: f.MailFrom, URL: address})
}

type mailCommands struct {
	List mailList `cmd:"" help:"Print the newest mails. They hold links that sign people in: whoever may read the data folder may read them, and nobody else."`
}

type mailList struct {
	Number int `short:"n" help:"How many, the newest first." default:"10" env:"SKAI_MAIL_NUMBER"`
}

// Run prints the mails; it needs no database.
func (c *mailList) Run(g *Globals, t *terminal) error {
	list, err := mail.Latest(g.folder("mail"), max(c.Number, 0))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.printf("There is no mail in %s. With SKAI_SMTP_URL set, mails are sent and not kept.\n", g.folder("mail"))
	}
	for _, m := range list {
		t.printf("%s  to %s  %s\n\n%s\n\n", m.At.Format("2006-01-02 15:04:05 UTC"), m.To, m.Subject, m.Text)
	}
	return nil
}
