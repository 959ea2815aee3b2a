package incidents

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/skaiscraper/skai/internal/platform/chat"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// StatusPath is the page for everybody.
const StatusPath = "/status"

// statusWords are what a link to it says.
const statusWords = "See the status"

// Alerts says who is told of incidents, by the process that does the telling.
type Alerts struct {
	Mail    []string       // addresses
	Webhook string         // gets JSON, signed as the Standard Webhooks specification says
	Secret  []byte         // that signs it
	Chat    string         // an incoming webhook, as package chat reads it: of Slack and its likes, or, with teams+ before it, a workflow of Microsoft Teams
	Guard   outbound.Guard // which addresses may be connected to
}

// secretPrefix is how a secret of the Standard Webhooks specification begins.
const secretPrefix = "whsec_"

// ParseSecret reads the secret that signs a webhook: whsec_ and 24 to 64 bytes in base64.
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) < 24 || len(raw) > 64 {
		return nil, errors.New("it is no secret of a webhook: whsec_ and 24 to 64 bytes in base64; an example: echo whsec_$(openssl rand -base64 32)")
	}
	return raw, nil
}

// Check says what of it can't be used, in words that name the variable and never hold
// an address, which is a secret.
func (a Alerts) Check() error {
	for _, to := range a.Mail {
		if _, err := netmail.ParseAddress(to); err != nil {
			return fmt.Errorf("SKAI_ALERT_MAIL (--alert-mail) has %q, which is no e-mail address; an example: SKAI_ALERT_MAIL=ops@titan.example", to)
		}
	}
	if a.Webhook != "" && a.Guard.CheckURL(a.Webhook) != nil {
		return errors.New("SKAI_ALERT_WEBHOOK (--alert-webhook) is no address that can be used: it begins with https://, or with http:// and an address of SKAI_OUTBOUND_INSIDE; an example: https://alerts.titan.example/skai")
	}
	if a.Chat != "" && chat.At(a.Chat).Check(a.Guard) != nil {
		return errors.New("SKAI_ALERT_CHAT (--alert-chat) is no address that can be used: it begins with https://, for a workflow of Microsoft Teams with teams+https://, or with http:// and an address of SKAI_OUTBOUND_INSIDE; an example: https://chat.titan.example/hooks/abc")
	}
	if a.Webhook != "" && len(a.Secret) == 0 {
		return errors.New("SKAI_ALERT_WEBHOOK (--alert-webhook) is set and SKAI_ALERT_WEBHOOK_SECRET (--alert-webhook-secret) is not: nobody could tell an alert from a forged one; an example: SKAI_ALERT_WEBHOOK_SECRET=whsec_$(openssl rand -base64 32)")
	}
	return nil
}

// What happened to an incident.
const (
	Opened = "opened"
	Worse  = "worse"
	Closed = "closed"
)

// channels are the ways of telling. Each is a job of its own, so that one that is away
// keeps no other waiting.
var channels = []string{"mail", "webhook", "chat"}

const (
	tellPatience = 10 * time.Second
	tellTries    = 12 // over eleven hours, less often each time
)

// tellArgs asks for one telling. It holds no address: those are secrets, and stand in
// the configuration of whoever does it.
type tellArgs struct {
	Incident int64     `json:"incident"`
	Event    string    `json:"event"`
	At       time.Time `json:"at"`
	Channel  string    `json:"channel"`
}

// Kind names the job in the queue.
func (tellArgs) Kind() string { return "incidents.tell" }

// InsertOpts bounds the tries.
func (tellArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: queue.Alerts, MaxAttempts: tellTries}
}

// tell asks for an incident to be told of, once tx is committed.
func tell(ctx context.Context, tx pgx.Tx, i Incident, event string, at time.Time) error {
	jobs := make([]river.JobArgs, len(channels))
	for n, c := range channels {
		jobs[n] = tellArgs{i.ID, event, at.UTC(), c}
	}
	return queue.Insert(ctx, tx, jobs...)
}

// teller tells; a channel that nobody configured is nothing to do.
type teller struct {
	river.WorkerDefaults[tellArgs]

	*Service
}

// Work tells one thing in one way.
func (t teller) Work(ctx context.Context, job *river.Job[tellArgs]) error {
	a := job.Args
	i, err := postgres.System(ctx, t.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (Incident, error) {
		return postgres.One[Incident](ctx, tx, `SELECT `+columns+` FROM incidents WHERE id = $1`, a.Incident)
	})
	if err != nil {
		return err
	}
	switch a.Channel {
	case "mail":
		return t.write(ctx, job, i)
	case "webhook":
		return t.hook(ctx, a, i)
	case "chat":
		return t.chat(ctx, a, i)
	}
	return river.JobCancel(fmt.Errorf("there is no way of telling called %q", a.Channel))
}

// headline says in a line what happened.
func headline(a tellArgs, i Incident) string {
	switch a.Event {
	case Closed:
		return "Over: " + i.Title
	case Worse:
		return "Worse: " + i.Title
	}
	return "Incident: " + i.Title
}

// story says the rest, in lines.
func story(a tellArgs, i Incident) []string {
	list := []string{fmt.Sprintf("Incident %d (%s), since %s.", i.ID, i.Severity, stamp(i.OpenedAt))}
	if a.Event == Closed && i.ClosedAt != nil {
		list[0] = fmt.Sprintf("Incident %d (%s), from %s to %s.", i.ID, i.Severity, stamp(i.OpenedAt), stamp(*i.ClosedAt))
	}
	if i.noticedLate() {
		list[0] += fmt.Sprintf(" It was noticed %s.", stamp(i.NoticedAt))
	}
	if i.Seen != "" {
		list = append(list, i.Seen)
	}
	if words := i.FigureWords(); words != "" {
		list = append(list, "Seen by the rule "+i.Rule+": "+words+".")
	}
	return list
}

// write writes a mail to each address. They and the end of the job are one transaction,
// so that nobody gets it twice.
func (t teller) write(ctx context.Context, job *river.Job[tellArgs], i Incident) error {
	_, err := postgres.System(ctx, t.db, postgres.Operator, func(ctx context.Context, tx pgx.Tx) (struct{}, error) {
		for _, to := range t.to.Mail {
			l := mail.Letter{To: to, Subject: headline(job.Args, i), Lines: story(job.Args, i), Button: statusWords, Path: StatusPath}
			if err := t.post.Write(ctx, tx, l); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, postgres.As(ctx, tx, postgres.App, func() error {
			_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
			return err
		})
	})
	return err
}

// hookBody is what a webhook gets.
type hookBody struct {
	Type      string             `json:"type"` // "incident.opened"
	Timestamp time.Time          `json:"timestamp"`
	Data      hookData           `json:"data"`
	Figures   map[string]float64 `json:"figures"`
}

type hookData struct {
	ID       int64      `json:"id"`
	Rule     string     `json:"rule"`
	Severity Severity   `json:"severity"`
	Title    string     `json:"title"`
	Seen     string     `json:"seen"`
	OpenedAt time.Time  `json:"opened_at"`
	Noticed  time.Time  `json:"noticed_at"`
	ClosedAt *time.Time `json:"closed_at"`
	URL      string     `json:"url"`
}

// hook sends it signed. The header webhook-id is the same when it is sent again.
func (t teller) hook(ctx context.Context, a tellArgs, i Incident) error {
	if t.to.Webhook == "" {
		return nil
	}
	body, err := json.Marshal(hookBody{"incident." + a.Event, a.At, hookData{i.ID, i.Rule, i.Severity, i.Title, i.Seen, i.OpenedAt, i.NoticedAt, i.ClosedAt, t.post.Link(StatusPath)}, i.Figures})
	if err != nil {
		return err
	}
	id, at := fmt.Sprintf("incident_%d_%s_%d", i.ID, a.Event, a.At.Unix()), strconv.FormatInt(time.Now().Unix(), 10)
	return sent(outbound.Post(ctx, t.client, t.to.Webhook, body, http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {at}, "Webhook-Signature": {outbound.Signature(t.to.Secret, id, at, body)}}))
}

// chat says it in a chat program.
func (t teller) chat(ctx context.Context, a tellArgs, i Incident) error {
	if t.to.Chat == "" {
		return nil
	}
	m := chat.Message{Title: headline(a, i), Lines: story(a, i), Good: a.Event == Closed, Link: t.post.Link(StatusPath), Words: statusWords}
	return sent(chat.At(t.to.Chat).Say(ctx, t.client, m))
}

// sent says of a request's error that it was an alert's. What has no address that a
// request can go to is not tried again.
func sent(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, outbound.ErrAddress):
		return river.JobCancel(fmt.Errorf("an alert was not sent: %w", err))
	}
	return fmt.Errorf("an alert was not taken: %w", err)
}
