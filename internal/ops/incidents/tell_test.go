package incidents_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/skaiscraper/skai/internal/ops/incidents"
	"github.com/skaiscraper/skai/internal/platform/mail"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/queue"
)

// receiver is where alerts go in these tests; it fails so often first.
type receiver struct {
	*httptest.Server

	mu    sync.Mutex
	fails int
	got   []request
}

type request struct {
	path   string
	header http.Header
	body   string
}

func newReceiver(t *testing.T, fails int) *receiver {
	t.Helper()
	r := &receiver{fails: fails}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, got *http.Request) {
		body, _ := io.ReadAll(got.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, request{got.URL.Path, got.Header, string(body)})
		if r.fails--; r.fails >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// taken gives the requests to a path.
func (r *receiver) taken(path string) (list []request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, got := range r.got {
		if got.path == path {
			list = append(list, got)
		}
	}
	return list
}

// work does jobs until nothing is to be done any more; what failed is tried again a second later.
func (h house) work(t *testing.T, s *incidents.Service, post *mail.Post) {
	t.Helper()
	workers := river.NewWorkers()
	s.Jobs(workers)
	post.Jobs(h.db, workers)
	client, err := river.NewClient(riverpgxv5.New(h.db.Pool), &river.Config{
		Schema: postgres.RiverSchema, Workers: workers, TestOnly: true, PollOnly: true, FetchPollInterval: 100 * time.Millisecond,
		ReindexerSchedule: river.NeverSchedule(), Queues: queue.Workers(), Logger: slog.New(slog.DiscardHandler),
	})
	if err == nil {
		err = client.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	patience, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for again := time.NewTicker(50 * time.Millisecond); ; <-again.C {
		left, err := postgres.Value[int](patience, h.super, `SELECT count(*)::int FROM river.river_job WHERE state NOT IN ('completed', 'cancelled')`)
		if err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			break
		}
	}
	if err := client.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

const alertSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" //nolint:gosec // of this test alone

// alerting is a service that tells a receiver and two addresses, whose mails are in a folder.
func (h house) alerting(t *testing.T, to *receiver) (s *incidents.Service, post *mail.Post, folder string) {
	t.Helper()
	folder = t.TempDir()
	post, err := mail.New(mail.Config{Folder: folder, URL: "https://skai.titan.example"})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := outbound.Inside("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := incidents.ParseSecret(alertSecret)
	if err != nil {
		t.Fatal(err)
	}
	a := incidents.Alerts{Mail: []string{"ops@titan.example", "night@titan.example"}, Webhook: to.URL + "/hook/s3cret", Secret: secret, Chat: to.URL + "/chat/s3cret", Guard: guard}
	if err := a.Check(); err != nil {
		t.Fatal(err)
	}
	return incidents.New(h.db, post, a), post, folder
}

// TestSomebodyIsTold has an outage and its end told by mail, webhook and chat, by a
// receiver that refuses the first two requests.
func TestSomebodyIsTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	to := newReceiver(t, 2)
	s, post, folder := h.alerting(t, to)
	h.seen(t, '1', noon, "dduuu")
	h.at(t, noon.Add(3*time.Minute+30*time.Second))
	h.work(t, s, post)
	h.at(t, noon.Add(7*time.Minute))
	h.work(t, s, post)
	var words []string
	mails, err := mail.Latest(folder, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mails {
		words = append(words, m.To+" "+m.Subject)
	}
	slices.Sort(words)
	const title = "The service could not be used, as seen from outside"
	if want := []string{"night@titan.example Incident: " + title, "night@titan.example Over: " + title, "ops@titan.example Incident: " + title, "ops@titan.example Over: " + title}; !slices.Equal(words, want) {
		t.Errorf("mails: %q", words)
	}
	if last := mails[0].Text; !strings.Contains(last, "from 2026-05-04 12:00 UTC to 2026-05-04 12:02 UTC") || !strings.Contains(last, "https://skai.titan.example/status") {
		t.Errorf("%s", last)
	}
	h.checkHooks(t, to.taken("/hook/s3cret"))
	h.checkChat(t, to.taken("/chat/s3cret"), title)
	if n := len(to.taken("/hook/s3cret")) + len(to.taken("/chat/s3cret")); n != 6 {
		t.Errorf("%d requests: two things in two ways, and two that were refused", n)
	}
	// Nothing that the queue keeps holds an address.
	if n, err := postgres.Value[int](t.Context(), h.super, `SELECT count(*)::int FROM river.river_job WHERE kind = 'incidents.tell' AND (args::text || coalesce(errors::text, '')) ~ 's3cret|127.0.0.1|titan'`); err != nil || n != 0 {
		t.Errorf("%d jobs hold an address, %v", n, err)
	}
}

// checkHooks looks at what the webhook got: signed, and the same again where it was refused.
func (h house) checkHooks(t *testing.T, list []request) {
	t.Helper()
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(alertSecret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	for _, r := range list {
		id, at := r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp")
		if r.header.Get("Webhook-Signature") != outbound.Signature(secret, id, at, []byte(r.body)) {
			t.Errorf("the signature is not right: %v", r.header)
		}
		var body struct {
			Type string
			Data struct {
				Rule     string
				OpenedAt time.Time  `json:"opened_at"`
				ClosedAt *time.Time `json:"closed_at"`
			}
		}
		if err := json.Unmarshal([]byte(r.body), &body); err != nil || body.Data.Rule != "reach" || !body.Data.OpenedAt.Equal(noon) || (body.Data.ClosedAt != nil) != (body.Type == "incident.closed") {
			t.Errorf("%v: %s", err, r.body)
		}
		if was, again := types[id]; again && was != r.body {
			t.Errorf("sent again as something else: %s", r.body)
		}
		types[id] = r.body
	}
	if len(types) != 2 {
		t.Errorf("%d different ones", len(types))
	}
}

func (h house) checkChat(t *testing.T, list []request, title string) {
	t.Helper()
	for i, want := range map[int]string{0: "Incident: " + title + "\n", len(list) - 1: "Over: " + title + "\n"} {
		var body map[string]string
		if err := json.Unmarshal([]byte(list[i].body), &body); err != nil || len(body) != 1 || !strings.HasPrefix(body["text"], want) || !strings.HasSuffix(body["text"], "\nhttps://skai.titan.example/status") {
			t.Errorf("%v: %s", err, list[i].body)
		}
	}
}

// TestNobodyToTell has an incident of which nobody is to be told, and a title that is
// markup for a chat program.
func TestNobodyToTell(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	post, err := mail.New(mail.Config{Folder: t.TempDir(), URL: "https://skai.titan.example"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.OpenByHand(t.Context(), "One & <!channel>", incidents.Page, noon, noon); err != nil {
		t.Fatal(err)
	}
	h.work(t, incidents.New(h.db, post, incidents.Alerts{}), post)
	to := newReceiver(t, 0)
	s, post, _ := h.alerting(t, to)
	if _, err := h.OpenByHand(t.Context(), "Two & <!channel>", incidents.Page, noon, noon); err != nil {
		t.Fatal(err)
	}
	h.work(t, s, post)
	if got := to.taken("/chat/s3cret"); len(got) != 1 || !strings.Contains(got[0].body, `Two \u0026amp; \u0026lt;!channel\u0026gt;`) {
		t.Errorf("%+v", got)
	}
}

// TestTeamsIsToldByACard has an incident told to a workflow of Microsoft Teams, which
// refuses it first.
func TestTeamsIsToldByACard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	to := newReceiver(t, 1)
	post, err := mail.New(mail.Config{Folder: t.TempDir(), URL: "https://skai.titan.example"})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := outbound.Inside("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	a := incidents.Alerts{Chat: "teams+" + to.URL + "/chat/s3cret", Guard: guard}
	if err := a.Check(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.OpenByHand(t.Context(), "Photos *come* slowly", incidents.Page, noon, noon); err != nil {
		t.Fatal(err)
	}
	h.work(t, incidents.New(h.db, post, a), post)
	got := to.taken("/chat/s3cret")
	if len(got) != 2 || got[0].body != got[1].body {
		t.Fatalf("%+v", got)
	}
	type run struct{ Type, Text, Color string }
	var m struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type    string
				Body    []struct{ Inlines []run }
				Actions []struct{ Type, URL string }
			}
		}
	}
	if err := json.Unmarshal([]byte(got[1].body), &m); err != nil || m.Type != "message" || len(m.Attachments) != 1 {
		t.Fatalf("%v: %s", err, got[1].body)
	}
	c := m.Attachments[0].Content
	if m.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" || c.Type != "AdaptiveCard" || len(c.Body) < 2 || len(c.Actions) != 1 {
		t.Fatalf("%s", got[1].body)
	}
	if title := c.Body[0].Inlines[0]; title != (run{"TextRun", "Incident: Photos *come* slowly", "Attention"}) || c.Actions[0].URL != "https://skai.titan.example/status" {
		t.Errorf("%s", got[1].body)
	}
}

// TestBadAlertsAreRefused in words that name the variable and no address.
func TestBadAlertsAreRefused(t *testing.T) {
	t.Parallel()
	for variable, a := range map[string]incidents.Alerts{
		"SKAI_ALERT_MAIL":           {Mail: []string{"ops"}},
		"SKAI_ALERT_WEBHOOK ":       {Webhook: "http://s3cret.example/hook", Secret: []byte("x")},
		"SKAI_ALERT_CHAT":           {Chat: "https://u:s3cret@chat.example"}, //nolint:gosec // an example
		"teams+https://":            {Chat: "teams+http://chat.example/s3cret"},
		"SKAI_ALERT_WEBHOOK_SECRET": {Webhook: "https://hook.example/s3cret"},
	} {
		if err := a.Check(); err == nil || !strings.Contains(err.Error(), variable) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", variable, err)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_MDEy", strings.TrimPrefix(alertSecret, "whsec_"), fmt.Sprintf("whsec_%090d", 0)} {
		if _, err := incidents.ParseSecret(bad); err == nil {
			t.Errorf("%q is taken for a secret", bad)
		}
	}
}
