package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/skaiscraper/skai/internal/dbtest"
)

// sink keeps what it is sent.
type sink struct {
	mu   sync.Mutex
	got  []string
	lost int // so many are refused first
}

func (s *sink) take(what string) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lost > 0 {
		s.lost--
		return false
	}
	s.got = append(s.got, what)
	return true
}

func (s *sink) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.got...)
}

// mailServer takes mails in the clear, on this machine alone, and keeps their subjects.
func mailServer(t *testing.T, to *sink) (port string) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { takeMail(conn, to) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
	_, port, _ = strings.Cut(l.Addr().String(), ":")
	return port
}

func takeMail(conn net.Conn, to *sink) {
	defer func() { _ = conn.Close() }()
	say := func(text string) { _, _ = fmt.Fprintf(conn, "%s\r\n", text) }
	say("220 mail.example ESMTP")
	data, subject := false, ""
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		switch {
		case data && line == ".":
			data = false
			to.take(subject)
			say("250 taken")
		case data:
			if text, ok := strings.CutPrefix(line, "Subject: "); ok {
				subject = text
			}
		case line == "DATA":
			data = true
			say("354 go on")
		case line == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// TestAProbeTellsThatAllOfItIsDown has the program probe a server that is taken away
// and brought back, and tell a chat that refuses it first, and a mail server.
func TestAProbeTellsThatAllOfItIsDown(t *testing.T) {
	t.Parallel()
	for prefix, read := range map[string]func(string) string{
		"": func(body string) string {
			var m struct{ Text string }
			_ = json.Unmarshal([]byte(body), &m) // "" is not what is wanted
			return m.Text
		},
		"teams+": func(body string) string {
			var m struct {
				Type        string
				Attachments []struct {
					ContentType string
					Content     struct {
						Body []struct{ Inlines []struct{ Text string } }
					}
				}
			}
			if err := json.Unmarshal([]byte(body), &m); err != nil || m.Type != "message" || len(m.Attachments) != 1 || m.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
				return body
			}
			var text []string
			for _, b := range m.Attachments[0].Content.Body {
				text = append(text, b.Inlines[0].Text)
			}
			return strings.Join(text, "\n")
		},
	} {
		t.Run(prefix+"chat", func(t *testing.T) {
			t.Parallel()
			probeAnOutage(t, prefix, read)
		})
	}
}

func probeAnOutage(t *testing.T, prefix string, read func(string) string) {
	t.Helper()
	chat, mails := &sink{lost: 1}, &sink{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/s3cret" || !chat.take(string(body)) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(hook.Close)
	looked := make(chan struct{}, 1)
	ready := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case looked <- struct{}{}:
		default:
		}
	})
	target := httptest.NewServer(ready)
	address := target.Listener.Addr().String()
	out, stop := asSkai(t, "probe", "--target", "http://"+address, "--every", "100ms", "--alert-after", "500ms", "--data", t.TempDir(), "--outbound-inside", "127.0.0.1",
		"--alert-chat", prefix+hook.URL+"/s3cret", "--alert-mail", "ops@titan.example", "--smtp-url", "smtp://127.0.0.1:"+mailServer(t, mails)+"?tls=off", "--mail-from", "probe@titan.example")
	<-looked
	target.Close()
	dbtest.Until(t, "both are told that it is down", func() bool { return len(chat.list()) == 1 && len(mails.list()) == 1 })
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	again := httptest.NewUnstartedServer(ready)
	_ = again.Listener.Close() // one of its own
	again.Listener = l
	again.Start()
	t.Cleanup(again.Close)
	dbtest.Until(t, "both are told that it is back", func() bool { return len(chat.list()) > 1 && len(mails.list()) > 1 })
	stop()
	told, letters := chat.list(), mails.list()
	if len(told) != 2 || !strings.HasPrefix(read(told[0]), "Not ready: http://"+address+"\n") || !strings.HasPrefix(read(told[1]), "Ready again: http://"+address+"\n") || !strings.Contains(read(told[1]), "it was away for ") {
		t.Errorf("the chat got %q", told)
	}
	if len(letters) != 2 || letters[0] != "Not ready: http://"+address || letters[1] != "Ready again: http://"+address {
		t.Errorf("mails: %q", letters)
	}
	text := out.String()
	for _, want := range []string{"Told after 3 looks in a row, and 500ms: the chat, mail to ops@titan.example.", "is not ready", "the chat could not be told, it is tried again in 1s: answered 503 Service Unavailable", "is ready again"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") {
		t.Errorf("the address of the chat stands in %s", text)
	}
}

// asSkai starts the program; stop tells it to end, and waits for it to do so well.
func asSkai(t *testing.T, args ...string) (out *bytes.Buffer, stop func()) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out = &bytes.Buffer{}
	c := exec.Command(program, args...) //nolint:gosec // this test program itself
	c.Env = append(os.Environ(), asProgram+"=1")
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	end := sync.OnceFunc(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it may be gone
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("skai ended with %v\n%s", err, out)
			}
		case <-time.After(time.Minute):
			_ = c.Process.Kill()
			t.Errorf("skai does not end: %v", <-ended)
		}
	})
	t.Cleanup(end)
	return out, end
}

// TestAProbeThatCouldTellNobodyIsRefused before it looks once.
func TestAProbeThatCouldTellNobodyIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words string
		args  []string
	}{
		{"SKAI_ALERT_CHAT (--alert-chat) is no address", []string{"--alert-chat", "http://chat.example/s3cret"}},
		{"teams+https://", []string{"--alert-chat", "teams+http://chat.example/s3cret"}},
		{"SKAI_SMTP_URL (--smtp-url) is not", []string{"--alert-mail", "ops@titan.example"}},
		{"SKAI_MAIL_FROM (--mail-from) is not", []string{"--alert-mail", "ops@titan.example", "--smtp-url", "smtps://u:s3cret@mail.example"}},
		{"SKAI_ALERT_MAIL (--alert-mail)", []string{"--alert-mail", "ops", "--smtp-url", "smtps://u:s3cret@mail.example"}},
		{"SKAI_OUTBOUND_INSIDE", []string{"--outbound-inside", "the office"}},
		{"SKAI_PROBE_ALERT_LOOKS", []string{"--alert-looks", "0"}},
		{"SKAI_PROBE_ALERT_AFTER", []string{"--alert-after", "2h"}},
		{"SKAI_PROBE_EVERY", []string{"--every", "2m"}},
	} {
		r := run(t, "", append([]string{"probe", "--target", "http://127.0.0.1:1", "--data", t.TempDir()}, c.args...)...)
		r.want(t, exitFailed, c.words)
		if strings.Contains(r.out+r.errs, "s3cret") {
			t.Errorf("%q repeats a secret: %s", c.args, r.errs)
		}
	}
}
