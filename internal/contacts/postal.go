package contacts

import (
	"strings"

	"github.com/skaiscraper/skai/internal/platform/address"
	"github.com/skaiscraper/skai/internal/platform/fault"
)

// Postal is an address: in parts as the Postal Service writes them, and as it
// was typed. The parts are empty where what was typed can't be read.
type Postal struct {
	Street       string
	Unit         string
	City         string
	State        string // two letters
	ZIP          string `db:"zip"` // five digits
	AddressTyped string
}

// Tidy reads the address. Parts that were entered win over the typed line, which
// is split where there are none. Parts that stood there already, in old, stay as
// they are.
func (p *Postal) Tidy(f fault.Fields, old Postal) {
	for field, text := range map[string]string{"street": p.Street, "unit": p.Unit, "city": p.City, "state": p.State, "zip": p.ZIP} {
		f.Text(field, text, maxName)
	}
	f.Text("address_typed", p.AddressTyped, 1000)
	empty := address.Address{}
	switch parts := p.parts(); {
	case parts != empty && parts == old.parts():
		*p = old
		return
	case parts == empty:
		if split, err := address.Split(p.AddressTyped); err == nil {
			p.take(split)
		}
		return
	case p.AddressTyped == "" || p.AddressTyped == old.AddressTyped:
		p.AddressTyped = line(parts)
	}
	if one, err := address.Split(p.Street); err == nil && p.City == "" && p.State == "" && p.ZIP == "" && one.City != "" {
		p.take(one) // the whole address was pasted into the street
		return
	}
	if _, err := address.StateCode(p.State); err != nil && p.State != "" {
		f.Add("state", "%v", err)
	}
	if _, _, err := address.ParseZIP(p.ZIP, p.State); err != nil && p.ZIP != "" {
		f.Add("zip", "%v", err)
	}
	if read, err := address.Normalise(p.parts()); err == nil {
		p.take(read)
	}
}

func (p *Postal) parts() address.Address {
	return address.Address{Street: strings.TrimSpace(p.Street), Unit: strings.TrimSpace(p.Unit), City: strings.TrimSpace(p.City), State: strings.TrimSpace(p.State), ZIP: strings.TrimSpace(p.ZIP)}
}

func (p *Postal) take(a address.Address) {
	p.Street, p.Unit, p.City, p.State, p.ZIP = a.Street, a.Unit, a.City, a.State, a.ZIP
}

// Line is the address in one line.
func (p Postal) Line() string {
	if l := line(p.parts()); l != "" {
		return l
	}
	return p.AddressTyped
}

func line(a address.Address) string {
	var b strings.Builder
	for _, part := range []struct{ before, text string }{{"", a.Street}, {" ", a.Unit}, {", ", a.City}, {", ", a.State}, {" ", a.ZIP}} {
		if part.text != "" {
			if b.Len() > 0 {
				b.WriteString(part.before)
			}
			b.WriteString(part.text)
		}
	}
	return b.String()
}
