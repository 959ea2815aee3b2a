// Package place says in words where an address is: its country, by the registries'
// own lists, which stand in the program. Nobody is asked, so nobody hears of it.
//
// The lists are those of the Number Resource Organization (nro.net), CC BY 4.0, as
// @ip-location-db/geo-whois-asn-country puts them together; scripts/places fetches them.
package place

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the lists
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"slices"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

//go:embed places.bin.gz
var packed []byte

// lists are where ranges begin, in order, and the country of each as its two letters;
// 0 is none. A range ends where the next begins. Of IPv6 it is the first half.
type lists struct {
	starts4   []uint64
	codes4    []uint16
	starts6   []uint64
	codes6    []uint16
	countries display.Namer
}

var known = sync.OnceValues(func() (*lists, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	r := bytes.NewReader(raw)
	l := &lists{countries: display.English.Regions()}
	if l.starts4, l.codes4, err = read(r); err == nil {
		l.starts6, l.codes6, err = read(r)
	}
	return l, err
})

// read reads a list: how many, and of each how far its start is from the one before
// (as a varint) and its code.
func read(r *bytes.Reader) (starts []uint64, codes []uint16, err error) {
	n, err := binary.ReadUvarint(r)
	if err != nil || n > uint64(r.Len()) { //nolint:gosec // a length is not negative
		return nil, nil, errors.Join(err, errors.New("place: the lists are damaged"))
	}
	starts, codes = make([]uint64, n), make([]uint16, n)
	at := uint64(0)
	for i := range starts {
		step, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, nil, err
		}
		var code [2]byte
		if _, err := io.ReadFull(r, code[:]); err != nil {
			return nil, nil, err
		}
		at += step
		starts[i], codes[i] = at, binary.BigEndian.Uint16(code[:])
	}
	return starts, codes, nil
}

// Words says where an address is: "United States", "This machine", "a private
// network"; "" where the registries don't say.
func Words(a netip.Addr) string {
	a = a.Unmap()
	switch {
	case !a.IsValid():
		return ""
	case a.IsLoopback():
		return "This machine"
	case a.IsPrivate() || a.IsLinkLocalUnicast() || shared.Contains(a):
		return "A private network"
	case slices.ContainsFunc(examples, func(p netip.Prefix) bool { return p.Contains(a) }):
		return ""
	}
	code := Country(a)
	if code == "" {
		return ""
	}
	region, err := language.ParseRegion(code)
	l, broken := known()
	if err != nil || broken != nil {
		return code
	}
	return l.countries.Name(region)
}

// shared are the addresses of carriers' networks (RFC 6598).
var shared = netip.MustParsePrefix("100.64.0.0/10")

// examples are the addresses of documents (RFC 5737, RFC 3849): the registries give
// them to a country, and nobody is there.
var examples = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")}

// Country is the two letters of the country that an address was given to (ISO 3166-1);
// "" where the registries don't say.
func Country(a netip.Addr) string {
	l, err := known()
	if err != nil {
		return "" // a test sees to it that the lists can be read
	}
	starts, codes := l.starts6, l.codes6
	var at uint64
	if a = a.Unmap(); a.Is4() {
		four := a.As4()
		starts, codes, at = l.starts4, l.codes4, uint64(binary.BigEndian.Uint32(four[:]))
	} else {
		sixteen := a.As16()
		at = binary.BigEndian.Uint64(sixteen[:8])
	}
	i, exact := slices.BinarySearch(starts, at)
	if !exact {
		i--
	}
	if i < 0 || codes[i] == 0 {
		return ""
	}
	return string([]byte{byte(codes[i] >> 8), byte(codes[i] & 0xff)})
}
