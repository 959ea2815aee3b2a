// Package sender finds out where a request comes from.
package sender

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// ParseProxies reads the addresses and networks of the proxies in front of the
// program: "10.0.0.5", "10.0.0.0/8". It returns an error that names the one it
// can't read.
func ParseProxies(typed []string) ([]netip.Prefix, error) {
	proxies := make([]netip.Prefix, 0, len(typed))
	for _, s := range typed {
		s = strings.TrimSpace(s)
		p, err := netip.ParsePrefix(s)
		if addr, addrErr := netip.ParseAddr(s); addrErr == nil {
			p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network; examples: 10.0.0.5, 10.0.0.0/8", s)
		}
		proxies = append(proxies, p.Masked())
	}
	return proxies, nil
}

// Addr is the address of the client. Where a proxy of ours sent the request (one
// on this machine, or one of proxies), it is the last one in
// X-Forwarded-For that is no proxy of ours: what a client wrote into that header
// itself stands before it.
func Addr(r *http.Request, proxies []netip.Prefix) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(list) - 1; i >= 0 && isProxy(addr, proxies); i-- {
		seen, err := netip.ParseAddr(strings.TrimSpace(list[i]))
		if err != nil {
			break
		}
		addr = seen
	}
	return addr
}

func isProxy(addr netip.Addr, proxies []netip.Prefix) bool {
	addr = addr.Unmap().WithZone("")
	if addr.IsLoopback() {
		return true
	}
	for _, p := range proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Network is where an address belongs: one household or office has a /64 of IPv6,
// and may change within it as it likes.
func Network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
