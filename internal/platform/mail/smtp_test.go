package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// smtpServer is an SMTP server of the test's own on the loopback address: it
// takes mails, or answers as it is told.
type smtpServer struct {
	address string
	port    string
	tls     *tls.Config

	mu       sync.Mutex
	refuse   string // the answer to RCPT, "" takes it
	cut      bool   // it takes the next mail and is gone before it says so
	mails    []received
	sessions atomic.Int64
}

// received is a mail as it came.
type received struct {
	from, to, data string
	encrypted      bool
	user           string
}

// startSMTP starts a server; from the first byte encrypted where implicit is set.
func startSMTP(t *testing.T, implicit bool) (*smtpServer, *tls.Config) {
	t.Helper()
	// net/http's own certificate, for 127.0.0.1, and a client that trusts it.
	web := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	trust := web.Client().Transport.(*http.Transport).TLSClientConfig.Clone() //nolint:forcetypeassert // httptest says so
	s := &smtpServer{tls: &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit {
		listener = tls.NewListener(listener, s.tls)
	}
	s.address = listener.Addr().String()
	_, s.port, _ = strings.Cut(s.address, ":")
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { s.serve(conn, implicit) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); open.Wait() })
	return s, trust
}

func (s *smtpServer) got(t *testing.T, n int) []received {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mails) != n {
		t.Fatalf("the server has %d mails, want %d", len(s.mails), n)
	}
	return s.mails
}

func (s *smtpServer) answer(with string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = with
}

func (s *smtpServer) serve(conn net.Conn, encrypted bool) {
	defer func() { _ = conn.Close() }()
	s.sessions.Add(1)
	r := bufio.NewReader(conn)
	say := func(text string) { _, _ = fmt.Fprintf(conn, "%s\r\n", text) }
	mail := received{encrypted: encrypted}
	say("220 mail.example ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch line = strings.TrimRight(line, "\r\n"); strings.ToUpper(strings.SplitN(line, " ", 2)[0]) {
		case "EHLO":
			say("250-mail.example")
			if !mail.encrypted {
				say("250-STARTTLS")
			} else {
				say("250-AUTH PLAIN")
			}
			say("250-ENHANCEDSTATUSCODES")
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			secured := tls.Server(conn, s.tls)
			if secured.HandshakeContext(context.Background()) != nil {
				return
			}
			conn, r, mail.encrypted = secured, bufio.NewReader(secured), true
		case "AUTH":
			mail.user = line
			say("235 welcome")
		case "MAIL":
			mail.from = line
			say("250 ok")
		case "RCPT":
			s.mu.Lock()
			refuse := s.refuse
			s.mu.Unlock()
			if refuse != "" {
				say(refuse)
				continue
			}
			mail.to = line
			say("250 ok")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				data.WriteString(line)
			}
			mail.data = data.String()
			s.mu.Lock()
			s.mails = append(s.mails, mail)
			cut := s.cut
			s.cut = false
			s.mu.Unlock()
			if cut {
				return
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
