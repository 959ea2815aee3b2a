package cli

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/skaiscraper/skai/internal/cli/desk"
	"github.com/skaiscraper/skai/internal/cli/oncall"
	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/chat"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/uptime"
)

// probes are the keys of those that look from outside.
func (c *serveCommand) probes() (list []ed25519.PublicKey, err error) {
	for _, text := range c.ProbeKeys {
		key, err := uptime.ParseKey(text)
		if err != nil {
			return nil, err
		}
		list = append(list, key)
	}
	return list, nil
}

type probeCommand struct {
	smtpFlags
	insideFlags
	oncall.TellFlags

	Target string        `required:"" help:"The address people open the program at, which is looked at: https://skai.titan.example" env:"SKAI_PROBE_TARGET" placeholder:"URL"`
	Every  time.Duration `help:"How often to look." default:"10s" env:"SKAI_PROBE_EVERY" placeholder:"TIME"`

	AlertLooks int           `help:"How many looks in a row have to find it not ready until somebody is told (SKAI_ALERT_CHAT, SKAI_ALERT_MAIL), and ready again." default:"3" env:"SKAI_PROBE_ALERT_LOOKS" placeholder:"N"`
	AlertAfter time.Duration `help:"And how long has to lie between the first and the last of them." default:"30s" env:"SKAI_PROBE_ALERT_AFTER" placeholder:"TIME"`
}

// Validate refuses what can't be looked at, and nobody who could not be told.
func (c *probeCommand) Validate() error {
	u, err := url.Parse(c.Target)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" && u.Path != "/" {
		return fmt.Errorf("SKAI_PROBE_TARGET (--target) is %q; it is the address people open the program at, without a path; an example: https://skai.titan.example", c.Target)
	}
	if c.Every < 100*time.Millisecond || c.Every > time.Minute {
		return fmt.Errorf("SKAI_PROBE_EVERY (--every) is %s; it is between 100ms and 1m, for example 10s", c.Every)
	}
	if c.AlertLooks < 1 || c.AlertLooks > 1000 {
		return fmt.Errorf("SKAI_PROBE_ALERT_LOOKS (--alert-looks) is %d; it is from 1 to 1000, for example 3", c.AlertLooks)
	}
	if c.AlertAfter < 0 || c.AlertAfter > time.Hour {
		return fmt.Errorf("SKAI_PROBE_ALERT_AFTER (--alert-after) is %s; it is between 0s and 1h, for example 30s", c.AlertAfter)
	}
	if err := c.insideFlags.Validate(); err != nil {
		return err
	}
	_, err = c.tellers()
	return err
}

// chatPatience is how long a chat may take to answer.
const chatPatience = 10 * time.Second

// tellers are the ways in which people are told, or what is wrong with the flags.
func (c *probeCommand) tellers() (list []uptime.Teller, err error) {
	to, err := c.Alerts(c.guard())
	if err != nil {
		return nil, err
	}
	const status, words = incidents.StatusPath, "See the status"
	if to.Chat != "" {
		client, hook := to.Guard.Client(chatPatience), chat.At(to.Chat)
		list = append(list, uptime.Teller{Name: "the chat", Tell: func(ctx context.Context, n uptime.News) error {
			m := chat.Message{Title: n.Title(), Lines: n.Lines(), Good: !n.Down}
			if !n.Down { // else there is nothing to be seen there
				m.Link, m.Words = n.Target+status, words
			}
			return hook.Say(ctx, client, m)
		}})
	}
	if len(to.Mail) == 0 {
		return list, nil
	}
	if c.SMTPURL == "" {
		return nil, errors.New("SKAI_ALERT_MAIL (--alert-mail) is set and SKAI_SMTP_URL (--smtp-url) is not: the probe sends its mails itself, better by a server that does not stand where it looks; an example: SKAI_SMTP_URL=smtp://skai:secret@mail.titan.example:587")
	}
	post, err := mail.New(mail.Config{SMTP: c.SMTPURL, From: c.MailFrom, URL: c.Target})
	if err != nil {
		return nil, err
	}
	for _, address := range to.Mail {
		list = append(list, uptime.Teller{Name: "mail to " + address, Tell: func(ctx context.Context, n uptime.News) error {
			l := mail.Letter{To: address, Subject: n.Title(), Lines: n.Lines()}
			if !n.Down {
				l.Button, l.Path = words, status
			}
			return post.Send(ctx, l)
		}})
	}
	return list, nil
}

// Run looks until it is told to stop.
func (c *probeCommand) Run(ctx context.Context, g *desk.Globals, t *desk.Terminal) error {
	folder := g.Folder("probe")
	p, err := uptime.NewProbe(c.Target, folder)
	if err != nil {
		return err
	}
	var one sync.Mutex // who looks and who tells speak at the same time
	say := func(format string, args ...any) {
		one.Lock()
		defer one.Unlock()
		t.Printf(format+"\n", args...)
	}
	alarm, err := c.alarm(folder, say)
	if err != nil {
		return err
	}
	say("Looking at %s every %s. Where it serves, set SKAI_PROBE_KEYS=%s", c.Target, c.Every, p.Key())
	return p.Run(ctx, c.Every, alarm, say)
}

// alarm gives what tells people; nil where nobody is to be told.
func (c *probeCommand) alarm(folder string, say func(string, ...any)) (*uptime.Alarm, error) {
	list, err := c.tellers()
	if err != nil || len(list) == 0 {
		return nil, err
	}
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.Name
	}
	say("Told after %d looks in a row, and %s: %s.", c.AlertLooks, c.AlertAfter, strings.Join(names, ", "))
	return uptime.NewAlarm(strings.TrimSuffix(c.Target, "/"), folder, uptime.Rule{Looks: c.AlertLooks, After: c.AlertAfter}, list, say)
}
