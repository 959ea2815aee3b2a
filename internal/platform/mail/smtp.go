package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"go.opentelemetry.io/otel/trace"

	"github.com/skaiscraper/skai/internal/platform/queue"
	"github.com/skaiscraper/skai/internal/platform/span"
)

// patience is how long a server may take for one mail.
const patience = 30 * time.Second

// server is an SMTP server.
type server struct {
	host    string
	options []gomail.Option
}

const smtpExample = "an example: SKAI_SMTP_URL=smtp://skai:secret@mail.titan.example:587" //nolint:gosec // an example

// serverOf reads an address. smtp:// begins in the clear and has to change to TLS
// before anything is said; smtps:// is TLS from the first byte; ?tls=off is for a
// server on this machine, since the mails hold links that sign people in.
func serverOf(address string) (*server, error) {
	u, err := url.Parse(address)
	if err != nil { // its words may hold the password
		return nil, errors.New("SKAI_SMTP_URL (--smtp-url) can't be read as an address; characters such as @ and / in a password are written as %40 and %2F; " + smtpExample)
	}
	s := &server{host: u.Hostname(), options: []gomail.Option{gomail.WithTimeout(patience)}}
	port := 587
	switch off := u.Query().Get("tls") == "off"; {
	case s.host == "":
		return nil, errors.New("SKAI_SMTP_URL (--smtp-url) names no server; " + smtpExample)
	case u.Scheme == "smtps" && !off:
		port, s.options = 465, append(s.options, gomail.WithSSL())
	case u.Scheme == "smtp" && !off:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case u.Scheme == "smtp" && !isLoopback(s.host):
		return nil, errors.New("SKAI_SMTP_URL (--smtp-url) turns TLS off for a server that is not on this machine: mails hold links that sign people in; leave ?tls=off out; " + smtpExample)
	case u.Scheme == "smtp":
		port, s.options = 25, append(s.options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("SKAI_SMTP_URL (--smtp-url) begins with %q; it begins with smtp:// or smtps://; %s", u.Scheme, smtpExample)
	}
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, fmt.Errorf("SKAI_SMTP_URL (--smtp-url) has the port %q, which is none; %s", text, smtpExample)
		}
	}
	s.options = append(s.options, gomail.WithPort(port))
	if password, ok := u.User.Password(); ok {
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return s, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *server) send(ctx context.Context, m *gomail.Msg) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	ctx, sending := span.Start(ctx, "SMTP", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(span.Server.String(s.host)))
	err = discreet(client.DialAndSendWithContext(ctx, m))
	if err != nil {
		span.Fail(sending, "refused")
	}
	sending.End()
	return err
}

// final is an error that comes back however often it is tried.
type final struct{ error }

// Unwrap is the cause.
func (f final) Unwrap() error { return f.error }

// IsFinal tells whether sending the letter again is of no use: it was refused for good.
func IsFinal(err error) bool {
	_, ok := errors.AsType[final](err)
	return ok
}

// enhanced is a status behind the code it goes with (RFC 3463).
var enhanced = regexp.MustCompile(`\b[45]\d\d[ -]([45]\.\d{1,3}\.\d{1,3})\b`)

// refusal is a server's answer to one mail.
type refusal struct {
	code     int    // 550
	enhanced string // "5.1.1" (RFC 3463); "" where the server says none
	reason   gomail.SendErrReason
}

// Error is the answer without the server's own words.
func (r refusal) Error() string {
	return fmt.Sprintf("mail: the server refused it: %d %s (%s)", r.code, r.enhanced, r.reason)
}

// answerOf is what the list of mails keeps of an error: codes, or words of our own.
func answerOf(err error) string {
	if r, ok := errors.AsType[refusal](err); ok {
		return strings.TrimSpace(fmt.Sprintf("%d %s", r.code, r.enhanced))
	}
	words := strings.TrimPrefix(queue.Scrub(err.Error()), "mail: ")
	return string([]rune(words)[:min(200, len([]rune(words)))])
}

// isOfAddress tells whether the server refused the address for good, and not the
// sender or the mail.
func isOfAddress(err error) bool {
	r, ok := errors.AsType[refusal](err)
	return ok && r.code >= 500 && r.reason == gomail.ErrSMTPRcptTo && (r.enhanced == "" || isHard(r.enhanced))
}

// isHard tells whether a status (RFC 3463) says that the address is no good. One of
// 5.7, security and policy, is of the sender: a relay that is closed, a list of
// spammers. A full mailbox, x.2.2, is emptied one day, whatever its server thinks.
func isHard(status string) bool {
	return strings.HasPrefix(status, "5.") && !strings.HasPrefix(status, "5.7.") && status != "5.2.2"
}

// discreet is an error of sending without the words of the server, which often
// hold the address of the person, and without our own of the same kind.
func discreet(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*gomail.SendError](err); ok {
		said := refusal{e.ErrorCode(), e.EnhancedStatusCode(), e.Reason}
		if m := enhanced.FindStringSubmatch(e.Error()); said.enhanced == "" && m != nil {
			said.enhanced = m[1] // of a server that says it without having announced that it does
		}
		if e.ErrorCode() >= 500 {
			return final{said}
		}
		return said
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("mail: the server answered %d", e.Code)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("mail: %w", e)
	}
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("mail: %w", e)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("mail: the server did not answer in time: %w", context.DeadlineExceeded)
	}
	return fmt.Errorf("mail: sending failed (%T)", unwrapped(err))
}

func unwrapped(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}
