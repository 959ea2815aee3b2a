package cli

import (
	"fmt"
	"net"

	"github.com/skaiscraper/skai/internal/platform/outbound"
)

// insideFlags say where requests may go that are not for the public internet.
type insideFlags struct {
	Inside []string `name:"outbound-inside" help:"Networks or addresses that are not of the public internet, and that may still be named as an identity provider, a SIEM, a chat: 10.20.0.0/16." env:"SKAI_OUTBOUND_INSIDE" placeholder:"NETWORK"`
}

// Validate refuses what is no network.
func (f *insideFlags) Validate() error {
	if _, err := outbound.Inside(f.Inside...); err != nil {
		return fmt.Errorf("SKAI_OUTBOUND_INSIDE (--outbound-inside): %w", err)
	}
	return nil
}

// guard is what was allowed; Validate has seen it.
func (f *insideFlags) guard() outbound.Guard {
	g, _ := outbound.Inside(f.Inside...)
	return g
}

// outboundFlags say where the program may go at a customer's word.
type outboundFlags struct {
	insideFlags

	DNS string `name:"dns" help:"The DNS server, host:port, that is asked who owns an e-mail domain; the system's where it is left out." env:"SKAI_DNS" placeholder:"ADDRESS"`
}

// Validate refuses what is no network, and no server.
func (f *outboundFlags) Validate() error {
	if err := f.insideFlags.Validate(); err != nil || f.DNS == "" {
		return err
	}
	if _, _, err := net.SplitHostPort(f.DNS); err != nil {
		return fmt.Errorf("SKAI_DNS (--dns) is %q; it is a server's address and port, for example 10.20.0.2:53", f.DNS)
	}
	return nil
}
