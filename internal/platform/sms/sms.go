// Package sms sends text messages through a provider that speaks Twilio's HTTP API
// (POST /2010-04-01/Accounts/{AccountSid}/Messages.json), which others speak too.
// Without a provider it writes them into a folder, for trying things out.
package sms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/outbox"
	"github.com/skaiscraper/skai/internal/platform/span"
)

const patience = 10 * time.Second // for the provider

// Config says how messages go out.
type Config struct {
	URL    string // "https://AccountSid:AuthToken@api.twilio.com"; "" writes into Folder
	From   string // the number, or the MG... id of a messaging service, that they come from
	Folder string
}

// Sender sends messages. A nil one has nowhere to send them.
type Sender struct {
	config  Config
	address string
	user    *url.Userinfo
	client  *http.Client
}

// New gives a sender; its error names what is wrong with the configuration.
func New(c Config) (*Sender, error) {
	s := &Sender{config: c, client: &http.Client{Timeout: patience, Transport: span.Transport(http.DefaultTransport), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if c.URL == "" {
		return s, nil
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" && u.Hostname() != "127.0.0.1" || u.User == nil || u.User.Username() == "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("SKAI_SMS_URL (--sms-url) is no provider of text messages; an example: https://AC0123:token@api.twilio.com")
	}
	if c.From == "" {
		return nil, errors.New("SKAI_SMS_URL (--sms-url) is set and SKAI_SMS_FROM (--sms-from) is not; it is the number that messages come from, an example: +16025550100")
	}
	s.user, u.User = u.User, nil
	s.address = strings.TrimSuffix(u.String(), "/") + "/2010-04-01/Accounts/" + url.PathEscape(s.user.Username()) + "/Messages.json"
	return s, nil
}

// Real tells whether messages reach telephones.
func (s *Sender) Real() bool { return s != nil && s.address != "" }

// Send sends a text to a number (E.164: +16025550100). It returns
// fault.Unavailable where the provider does not take it.
func (s *Sender) Send(ctx context.Context, to, text string) error {
	if s == nil {
		return fault.Unavailable("sms", "this program has no way to send text messages")
	}
	if s.address == "" {
		return s.keep(to, text)
	}
	form := url.Values{"To": {to}, "Body": {text}}
	if strings.HasPrefix(s.config.From, "MG") {
		form.Set("MessagingServiceSid", s.config.From)
	} else {
		form.Set("From", s.config.From)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	token, _ := s.user.Password()
	r.SetBasicAuth(s.user.Username(), token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.client.Do(r)
	if err != nil {
		return fault.Unavailable("sms.away", "text messages can't be sent at the moment; use another way, or try again in a minute")
	}
	defer func() { _ = res.Body.Close() }() // it is read below
	if res.StatusCode == http.StatusCreated || res.StatusCode == http.StatusOK {
		return nil
	}
	var problem struct{ Code int }
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err == nil {
		_ = json.Unmarshal(body, &problem) // else the code is 0
	}
	return fault.Unavailable("sms.refused", "the provider of text messages did not take it (%s, code %d); check the number, or use another way", res.Status, problem.Code)
}

func outboxIn(folder string) outbox.Folder { return outbox.Folder{Path: folder, Ending: ".txt"} }

// keep writes a message into the folder, for its owner alone.
func (s *Sender) keep(to, text string) error {
	return outboxIn(s.config.Folder).Keep(time.Now(), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "To: %s\n\n%s\n", to, text)
		return err
	})
}

// Latest gives the newest messages of a folder as they were written, at most so many.
func Latest(folder string, most int) (list []string, err error) {
	paths, err := outboxIn(folder).Latest(most)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path) //nolint:gosec // below the data folder
		if err != nil {
			return nil, err
		}
		list = append(list, strings.TrimSpace(string(text)))
	}
	return list, nil
}
