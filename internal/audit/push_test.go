package audit_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/riverqueue/river"

	"github.com/skaiscraper/skai/internal/audit"
	"github.com/skaiscraper/skai/internal/dbtest"
	"github.com/skaiscraper/skai/internal/orgs"
	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/outbound"
	"github.com/skaiscraper/skai/internal/platform/postgres"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// siem is a receiver of events.
type siem struct {
	*httptest.Server

	mu       sync.Mutex
	answer   int
	requests []received
}

type received struct {
	header http.Header
	body   []byte
}

func newSIEM(t *testing.T) *siem {
	t.Helper()
	s := &siem{answer: http.StatusOK}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, received{r.Header, body})
		w.WriteHeader(s.answer)
	}))
	t.Cleanup(s.Close)
	return s
}

// pushed is a pusher, the door to its forms, and the receiver's certificate trusted.
func pushed(t *testing.T, db *postgres.DB, to *siem, inside ...string) (*audit.Pusher, dbtest.Door) {
	t.Helper()
	trail := audit.New(db)
	p := audit.NewPusher(trail, orgs.New(db), dbtest.Vault(t, db), trusting(t, to, inside...))
	return p, dbtest.NewDoor(t, trail.Routes, p.Routes)
}

// trusting is a guard that believes the receiver's certificate.
func trusting(t *testing.T, to *siem, inside ...string) outbound.Guard {
	t.Helper()
	guard, err := outbound.Inside(inside...)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(to.Certificate())
	return guard.Trusting(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
}

func TestEventsAreSentSigned(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	to := newSIEM(t)
	p, door := pushed(t, db, to, "127.0.0.1")
	owner, member := titan.As(t, tenant.Owner), titan.As(t, tenant.Member)
	page := door.Post(owner, t, "/settings/audit/push", url.Values{"url": {to.URL + "/skai"}})
	_, secret, _ := strings.Cut(page.Body, "whsec_")
	secret, _, _ = strings.Cut(secret, "<")
	key, err := base64.StdEncoding.DecodeString(html.UnescapeString(secret))
	if err != nil || len(key) != 32 {
		t.Fatalf("%q: %v; %d %s", secret, err, page.Status, page.Body)
	}
	again := door.Post(owner, t, "/settings/audit/push", url.Values{"url": {to.URL + "/other"}})
	_, secret, _ = strings.Cut(again.Body, "whsec_")
	secret, _, _ = strings.Cut(secret, "<")
	if key, err = base64.StdEncoding.DecodeString(html.UnescapeString(secret)); err != nil {
		t.Fatal(err)
	}
	contact(member, t, db, "Ortiz", "Ortíz")
	contact(prowest.As(t, tenant.Member), t, db, "Not Titan's")
	send := func(want int) {
		t.Helper()
		if n, err := p.PushAll(t.Context()); err != nil || n != want {
			t.Fatalf("%d events were sent, want %d: %v", n, want, err)
		}
	}
	send(3) // that the address was changed, and two changes
	send(0)
	got := to.requests[0]
	id, at := got.header.Get("Webhook-Id"), got.header.Get("Webhook-Timestamp")
	if got.header.Get("Webhook-Signature") != outbound.Signature(key, id, at, got.body) || id == "" || at == "" {
		t.Errorf("the signature is not right: %v", got.header)
	}
	var body struct {
		Type   string
		Events []struct {
			Number   int64
			Sentence string
		}
	}
	if err := json.Unmarshal(got.body, &body); err != nil || body.Type != "audit.events" || body.Events[2].Sentence != "Member changed the contact Ortíz." || strings.Contains(string(got.body), "Not Titan") {
		t.Errorf("%v: %s", err, got.body)
	}
	// A receiver that fails gets the same again, later, and nothing is lost.
	to.answer = http.StatusServiceUnavailable
	contact(member, t, db, "Third")
	send(0)
	send(0) // not yet
	if len(to.requests) != 2 {
		t.Errorf("%d requests", len(to.requests))
	}
	if page := door.Get(owner, t, "/settings/audit/keeping"); !strings.Contains(page.Body, "answered 503 Service Unavailable") {
		t.Error("the page does not say that it failed")
	}
	to.answer = http.StatusNoContent
	if _, err := dbtest.Super(t, db).Exec(t.Context(), `UPDATE audit_pushes SET next_try_at = now()`); err != nil {
		t.Fatal(err)
	}
	send(1)
	if to.requests[1].header.Get("Webhook-Id") != to.requests[2].header.Get("Webhook-Id") {
		t.Error("the second try has another id")
	}
	// The vault's key changes: the secret is sealed again and signs as before.
	v := dbtest.Vault(t, db)
	if err := v.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	renewed := audit.NewPusher(audit.New(db), orgs.New(db), v, trusting(t, to, "127.0.0.1"))
	if n, err := renewed.Reseal(t.Context(), true); err != nil || n != 1 {
		t.Errorf("%d wait to be sealed again, %v", n, err)
	}
	for _, want := range []int{1, 0} {
		if n, err := renewed.Reseal(t.Context(), false); err != nil || n != want {
			t.Errorf("%d sealed again, want %d: %v", n, want, err)
		}
	}
	contact(member, t, db, "Fourth")
	send(2) // that, and that the secret was sealed again
	last := to.requests[3]
	if last.header.Get("Webhook-Signature") != outbound.Signature(key, last.header.Get("Webhook-Id"), last.header.Get("Webhook-Timestamp"), last.body) {
		t.Error("signed with another secret")
	}
	door.Post(owner, t, "/settings/audit/push/remove", nil)
	contact(member, t, db, "Fifth")
	send(0)
}

func TestWhereEventsAreNotSent(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan := dbtest.Org(t, db, "titan")
	to := newSIEM(t)
	p, door := pushed(t, db, to)
	owner := titan.As(t, tenant.Owner)
	for _, address := range []string{"", "siem", "http://siem.example.com", "https://", "https://me:secret@siem.example.com", "ftp://siem.example.com", "https://siem.example.com/" + strings.Repeat("x", 2000)} {
		if a := door.Post(owner, t, "/settings/audit/push", url.Values{"url": {address}}); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", address, a.Status)
		}
	}
	for _, role := range []tenant.Role{tenant.Manager, tenant.Member, tenant.Viewer} {
		if a := door.Post(titan.As(t, role), t, "/settings/audit/push", url.Values{"url": {to.URL}}); a.Status != http.StatusForbidden {
			t.Errorf("a %s: %d", role, a.Status)
		}
		if _, err := p.Set(titan.As(t, role), to.URL); !fault.Is(err, fault.KindForbidden) {
			t.Errorf("a %s, without the route: %v", role, err)
		}
	}
	// This machine and the networks beside it are not reached, whatever name leads there.
	door.Post(owner, t, "/settings/audit/push", url.Values{"url": {to.URL}})
	if n, err := p.PushAll(t.Context()); err != nil || n != 0 || len(to.requests) > 0 {
		t.Errorf("%d events, %d requests, %v", n, len(to.requests), err)
	}
	if page := door.Get(owner, t, "/settings/audit/keeping"); !strings.Contains(page.Body, "not one of the public internet") {
		t.Error("the page does not say why")
	}
}

// A receiver that never answers delays its own organisation and no other, and is not
// asked a second time while it is being asked.
func TestASlowReceiverKeepsNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titan, prowest := dbtest.Org(t, db, "titan"), dbtest.Org(t, db, "prowest")
	asked, release := make(chan string, 10), make(chan struct{})
	to := &siem{}
	to.Server = httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if r.URL.Path == "/slow" {
			<-release
		}
	}))
	t.Cleanup(to.Close)
	p, door := pushed(t, db, to, "127.0.0.1")
	for path, org := range map[string]dbtest.Contractor{"/slow": titan, "/quick": prowest} {
		door.Post(org.As(t, tenant.Owner), t, "/settings/audit/push", url.Values{"url": {to.URL + path}})
		contact(org.As(t, tenant.Member), t, db, "Ortiz")
	}
	done := make(chan struct{})
	for range 2 { // the second minute finds the first one's jobs
		if err := p.AskDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		defer close(done)
		dbtest.Work(t, db, func(w *river.Workers) { p.Jobs(w) })
	}()
	got := map[string]int{<-asked: 1, <-asked: 1}
	if got["/slow"] != 1 || got["/quick"] != 1 {
		t.Errorf("%v", got)
	}
	if err := p.AskDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(release)
	<-done
	if len(asked) != 0 {
		t.Errorf("asked again: %s", <-asked)
	}
}
