package place_test

import (
	"net/netip"
	"testing"

	"github.com/skaiscraper/skai/internal/platform/place"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for a, want := range map[string]string{
		"127.0.0.1": "This machine", "::1": "This machine", "10.1.2.3": "A private network", "192.168.0.7": "A private network", "fd00::1": "A private network", "100.64.1.1": "A private network",
		"8.8.8.8": "United States", "::ffff:8.8.8.8": "United States", "1.1.1.1": "Australia", "193.0.6.139": "Netherlands", "133.11.0.1": "Japan",
		"2001:4860:4860::8888": "United States", "2001:67c:2e8::1": "Netherlands", "203.0.113.5": "", "2001:db8::1": "", "255.255.255.255": "", "0.0.0.0": "",
	} {
		if got := place.Words(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %q, want %q", a, got, want)
		}
	}
	if got := place.Words(netip.Addr{}); got != "" {
		t.Errorf("no address: %q", got)
	}
}

func BenchmarkCountry(b *testing.B) {
	a := netip.MustParseAddr("193.0.6.139")
	for b.Loop() {
		place.Country(a)
	}
}
