package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
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
	return discreet(client.DialAndSendWithContext(ctx, m))
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

// discreet is an error of sending without the words of the server, which often
// hold the address of the person, and without our own of the same kind.
func discreet(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*gomail.SendError](err); ok {
		said := fmt.Errorf("mail: the server refused it: %d %s (%s)", e.ErrorCode(), e.EnhancedStatusCode(), e.Reason)
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
