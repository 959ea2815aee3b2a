// Package outbound makes requests to addresses that customers name: their identity
// provider, their SIEM. Nobody has the program talk to what stands beside it: it
// connects to the public internet alone, and to the networks inside that its
// operator names; by https, and only to those networks by http as well.
package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/skaiscraper/skai/internal/platform/span"
)

// MaxBody is how much of an answer is read, in bytes.
const MaxBody = 4 << 20

// ErrInside is the refusal of an address that is not one of the public internet.
var ErrInside = errors.New("the address is not one of the public internet")

// errPlain is the refusal of http.
var errPlain = errors.New("the address has to begin with https://")

// Guard decides where requests may go. The zero value allows the public internet.
type Guard struct {
	inside []netip.Prefix
	roots  *tls.Config
}

// Inside gives a guard that also allows networks ("10.0.0.0/8") and single
// addresses which are not public, as the operator typed them.
func Inside(typed ...string) (Guard, error) {
	var g Guard
	for _, t := range typed {
		p, err := netip.ParsePrefix(t)
		if err != nil {
			a, alone := netip.ParseAddr(t)
			if alone != nil {
				return Guard{}, fmt.Errorf("%q is no network and no address; an example: 10.20.0.0/16", t)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		g.inside = append(g.inside, p.Masked())
	}
	return g, nil
}

// Trusting is the guard with other certificates believed than the system's.
func (g Guard) Trusting(c *tls.Config) Guard {
	g.roots = c
	return g
}

// Allows tells whether an address may be connected to.
func (g Guard) Allows(a netip.Addr) bool {
	a = a.Unmap()
	return public(a) || g.isInside(a)
}

func (g Guard) isInside(a netip.Addr) bool {
	for _, p := range g.inside {
		if p.Contains(a.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// shared are the addresses of carriers' networks (RFC 6598), and nat64 those that
// stand for IPv4 addresses (RFC 6052), the inside ones among them.
var (
	shared = netip.MustParsePrefix("100.64.0.0/10")
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
)

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && !shared.Contains(a) && !nat64.Contains(a)
}

// CheckURL refuses, in words for whoever typed it, what is no address that a
// request may go to. Where its name leads is found out when it is used.
func (g Guard) CheckURL(typed string) error {
	u, err := url.Parse(typed)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(typed) > 2000:
		return errors.New("this is no address of a server; an example: https://login.example.com")
	case u.Scheme == "https" || u.Scheme == "http" && g.plain(u):
		return nil
	}
	return errPlain
}

// plain tells whether http will do: for an address inside, in numbers, or this
// machine's own name.
func (g Guard) plain(u *url.URL) bool {
	host := u.Hostname()
	if host == "localhost" {
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddr(host)
	return err == nil && g.isInside(a)
}

// Client gives a client that follows no redirects and reads MaxBody bytes of an
// answer at most. A request, with its answer, takes no longer than patience.
func (g Guard) Client(patience time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: patience, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !g.Allows(at.Addr()) {
			return ErrInside
		}
		return nil
	}}
	return &http.Client{
		Timeout: patience,
		Transport: span.Transport(guarded{g, &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: patience, TLSClientConfig: g.roots, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: 1 << 16, DisableKeepAlives: true, Proxy: nil,
		}}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// guarded refuses http and reads no more of an answer than it should.
type guarded struct {
	guard Guard
	next  http.RoundTripper
}

// RoundTrip sends one request.
func (t guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !t.guard.plain(r.URL) {
		return nil, errPlain
	}
	res, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = &bounded{res.Body, MaxBody}
	return res, nil
}

// bounded ends with an error after so many bytes.
type bounded struct {
	io.ReadCloser

	left int
}

// Read reads what may still be read.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer has more than %d bytes", MaxBody)
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// Words says what went wrong with a request, without its method and address.
func Words(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	for _, known := range []error{ErrInside, errPlain} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return err.Error()
}
