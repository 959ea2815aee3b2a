// Command build packs the lists of package place: build IPV4.csv IPV6.csv >OUT.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"net/netip"
	"os"
	"slices"
)

type part struct {
	from, to uint64
	code     [2]byte
}

func main() {
	if err := build(os.Args[1], os.Args[2]); err != nil {
		panic(err) // the script that runs it shows it
	}
}

func build(four, six string) error {
	var out bytes.Buffer
	for _, name := range []string{four, six} {
		parts, err := read(name)
		if err != nil {
			return err
		}
		pack(&out, parts)
	}
	z, err := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(out.Bytes()); err != nil {
		return err
	}
	return z.Close()
}

func read(name string) ([]part, error) {
	f, err := os.Open(name) //nolint:gosec // named by whoever runs it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it is only read
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	parts := make([]part, 0, len(rows))
	for _, r := range rows {
		from, err1 := netip.ParseAddr(r[0])
		to, err2 := netip.ParseAddr(r[1])
		if err1 != nil || err2 != nil || len(r[2]) != 2 {
			return nil, fmt.Errorf("%s: %v", name, r)
		}
		parts = append(parts, part{number(from), number(to), [2]byte{r[2][0], r[2][1]}})
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	return parts, nil
}

// number is an IPv4 address, or the first half of an IPv6 one.
func number(a netip.Addr) uint64 {
	if a.Is4() {
		four := a.As4()
		return uint64(binary.BigEndian.Uint32(four[:]))
	}
	sixteen := a.As16()
	return binary.BigEndian.Uint64(sixteen[:8])
}

// pack writes where each range begins, joined with the next of the same country, and
// where nothing is known.
func pack(out *bytes.Buffer, parts []part) {
	type start struct {
		at   uint64
		code [2]byte
	}
	list, next := []start{{}}, uint64(0)
	add := func(at uint64, code [2]byte) {
		last := &list[len(list)-1]
		switch {
		case last.code == code:
		case last.at == at:
			last.code = code
		default:
			list = append(list, start{at, code})
		}
	}
	for _, p := range parts {
		if p.from > next {
			add(next, [2]byte{})
		}
		add(p.from, p.code)
		next = p.to + 1
	}
	add(next, [2]byte{})
	text, at := binary.AppendUvarint(nil, uint64(len(list))), uint64(0)
	for _, s := range list {
		text = binary.AppendUvarint(text, s.at-at)
		text, at = append(text, s.code[:]...), s.at
	}
	_, _ = out.Write(text) // a buffer takes everything
}
