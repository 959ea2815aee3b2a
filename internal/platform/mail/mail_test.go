package mail_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var letter = mail.Letter{
	To: "pat@titan.example", Subject: "A role for Peña", Lines: []string{"Pat <b>Peña</b> made you a manager.\r\nBcc: x@y.example"},
	Button: "Open it", Path: "/dashboard", After: []string{"Nothing else."},
	Look: mail.Look{Name: "Titan\r\nBcc: all@titan.example Roofing", Colour: "#f4d03f"},
}

func post(t *testing.T, c mail.Config) *mail.Post {
	t.Helper()
	if c.URL == "" {
		c.URL = "https://skai.titan.example/"
	}
	p, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// parts reads a mail: its headers, and its bodies by their type.
func parts(t *testing.T, raw string) (netmail.Header, map[string]string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %s, %v", kind, err)
	}
	found := map[string]string{}
	r := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, found
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		found[kind] = string(body)
	}
}

func TestAMailGoesOutEncrypted(t *testing.T) {
	t.Parallel()
	for scheme, implicit := range map[string]bool{"smtp": false, "smtps": true} {
		s, trust := startSMTP(t, implicit)
		p := post(t, mail.Config{SMTP: scheme + "://skai:secret@" + s.address, From: "SkaiScraper <skai@titan.example>"})
		p.Trust(trust)
		if err := p.Send(t.Context(), letter); err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		m := s.got(t, 1)[0]
		if !m.encrypted || !strings.HasPrefix(m.user, "AUTH ") || !strings.Contains(m.from, "<skai@titan.example>") || !strings.Contains(m.to, "<pat@titan.example>") {
			t.Errorf("%s: the server saw %+v", scheme, m)
		}
		header, body := parts(t, m.data)
		from, err := header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Name != "Titan Bcc: all@titan.example Roofing" || from[0].Address != "skai@titan.example" {
			t.Errorf("%s: from %v, %v", scheme, from, err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
		if err != nil || subject != letter.Subject || header.Get("Bcc") != "" || header.Get("Auto-Submitted") != "auto-generated" || header.Get("Message-Id") == "" {
			t.Errorf("%s: headers %v, %v", scheme, header, err)
		}
		if !strings.Contains(body["text/plain"], "https://skai.titan.example/dashboard") || !strings.Contains(body["text/plain"], "Nothing else.") {
			t.Errorf("%s: the text is %q", scheme, body["text/plain"])
		}
		html := body["text/html"]
		if !strings.Contains(html, `href="https://skai.titan.example/dashboard"`) || !strings.Contains(html, "&lt;b&gt;Peña") ||
			!strings.Contains(html, "background:#f4d03f;color:#000000") {
			t.Errorf("%s: the page is %q", scheme, html)
		}
	}
}

// A link that signs people in never crosses a network in the clear.
func TestWithoutEncryptionNothingIsSaid(t *testing.T) {
	t.Parallel()
	s, _ := startSMTP(t, false)
	p := post(t, mail.Config{SMTP: "smtp://skai:secret@" + s.address, From: "skai@titan.example"})
	if err := p.Send(t.Context(), letter); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server nobody vouches for: %v", err)
	}
	s.got(t, 0)
	p = post(t, mail.Config{SMTP: "smtp://" + s.address + "?tls=off", From: "skai@titan.example"})
	if err := p.Send(t.Context(), letter); err != nil {
		t.Errorf("on this machine, when told so: %v", err)
	}
	if m := s.got(t, 1)[0]; m.encrypted {
		t.Error("it was encrypted all the same")
	}
}

func TestRefusalsNameNobody(t *testing.T) {
	t.Parallel()
	s, _ := startSMTP(t, false)
	p := post(t, mail.Config{SMTP: "smtp://" + s.address + "?tls=off", From: "skai@titan.example"})
	for answer, final := range map[string]bool{"550 5.1.1 no pat@titan.example here": true, "451 4.3.0 pat@titan.example: later": false} {
		s.answer(answer)
		err := p.Send(t.Context(), letter)
		if err == nil || mail.IsFinal(err) != final || strings.Contains(err.Error(), "pat@") || !strings.Contains(err.Error(), answer[:3]) {
			t.Errorf("%s: %v, final %v", answer, err, mail.IsFinal(err))
		}
	}
	away := post(t, mail.Config{SMTP: "smtp://127.0.0.1:1?tls=off", From: "skai@titan.example"})
	if err := away.Send(t.Context(), letter); err == nil || mail.IsFinal(err) || strings.Contains(err.Error(), "pat@") {
		t.Errorf("nobody there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Send(ctx, letter); err == nil {
		t.Error("sent after it was given up")
	}
	nobody := letter
	nobody.To = "nobody"
	if err := p.Send(t.Context(), nobody); !mail.IsFinal(err) || strings.Contains(err.Error(), "nobody") {
		t.Errorf("no address: %v", err)
	}
	if err := new(mail.Post).Send(t.Context(), letter); err == nil {
		t.Error("sent nowhere")
	}
}

func TestTheFolderKeepsTheNewestForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "mail")
	if list, err := mail.Latest(folder, 5); err != nil || len(list) != 0 {
		t.Errorf("without a folder: %v, %v", list, err)
	}
	p := post(t, mail.Config{Folder: folder})
	for range 203 {
		if err := p.Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(names) != 200 {
		t.Errorf("%d mails are kept, %v", len(names), err)
	}
	info, err := os.Stat(names[0])
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a mail's mode is %v, %v", info.Mode(), err)
	}
	list, err := mail.Latest(folder, 3)
	if err != nil || len(list) != 3 {
		t.Fatalf("got %d, %v", len(list), err)
	}
	k := list[0]
	if k.To != "pat@titan.example" || k.Subject != letter.Subject || !strings.Contains(k.Text, "Open it:\nhttps://skai.titan.example/dashboard") || time.Since(k.At) > time.Minute {
		t.Errorf("got %+v", k)
	}
}

func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	good := mail.Config{SMTP: "smtp://mail.titan.example", From: "skai@titan.example", URL: "https://skai.titan.example"}
	for variable, change := range map[string]func(*mail.Config){
		"SKAI_URL":          func(c *mail.Config) { c.URL = "skai.titan.example" },
		"SKAI_MAIL_FROM":    func(c *mail.Config) { c.From = "the office" },
		"SKAI_MAIL_PER_ORG": func(c *mail.Config) { c.PerOrg = -1 },
		"SKAI_SMTP_URL":     func(c *mail.Config) { c.SMTP = "smtp://mail.titan.example:99999" },
	} {
		c := good
		change(&c)
		if _, err := mail.New(c); err == nil || !strings.HasPrefix(err.Error(), variable) || !strings.Contains(err.Error(), "an example") {
			t.Errorf("%s: %v", variable, err)
		}
	}
	if _, err := mail.New(good); err != nil {
		t.Error(err)
	}
}

// A mail is there with the commit of what it tells of, and not without.
func TestAMailIsWrittenWithItsChange(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	s, _ := startSMTP(t, false)
	p := post(t, mail.Config{SMTP: "smtp://" + s.address + "?tls=off", From: "skai@titan.example"})
	ctx := dbtest.Org(t, db, "titan").As(t, tenant.Owner)
	undone := errors.New("undone")
	err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error {
		if err := p.Write(ctx, tx, letter); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	// From another role too, which goes on as itself.
	role, err := postgres.System(ctx, db, postgres.SignIn, func(ctx context.Context, tx pgx.Tx) (string, error) {
		if err := p.Write(ctx, tx, letter); err != nil {
			return "", err
		}
		return postgres.Value[string](ctx, tx, `SELECT current_user::text`)
	})
	if err != nil || role != "skai_signin" {
		t.Fatalf("the transaction goes on as %s, %v", role, err)
	}
	workers := river.NewWorkers()
	p.Jobs(db, workers)
	client, err := river.NewClient(riverpgxv5.New(db.Pool), &river.Config{
		Schema: postgres.RiverSchema, Workers: workers, TestOnly: true, PollOnly: true, FetchPollInterval: 100 * time.Millisecond,
		ReindexerSchedule: river.NeverSchedule(), Queues: queue.Workers(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	done, stop := client.Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled)
	defer stop()
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := <-done; e.Kind != river.EventKindJobCompleted {
		t.Errorf("the job ended as %s", e.Kind)
	}
	if m := s.got(t, 1)[0]; !strings.Contains(m.to, "pat@titan.example") {
		t.Errorf("sent %+v", m)
	}
	// What is refused for good is not tried again.
	s.answer("550 5.1.1 nobody")
	if err := postgres.Do(ctx, db, func(ctx context.Context, tx pgx.Tx) error { return p.Write(ctx, tx, letter) }); err != nil {
		t.Fatal(err)
	}
	if e := <-done; e.Kind != river.EventKindJobCancelled || strings.Contains(e.Job.Errors[0].Error, "pat@") {
		t.Errorf("the job ended as %s: %+v", e.Kind, e.Job.Errors)
	}
	if err := client.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}
