// Package address reads United States addresses: it splits one-cell ones,
// writes their parts the way the Postal Service does (USPS Publication 28), and
// makes the key by which two spellings of one address are recognised.
//
// What can't be read for sure is an error in words, never a guess. Callers keep
// the text as it came beside the result.
package address

import (
	"errors"
	"strings"
)

// Address is one address in parts; any of them may be empty.
type Address struct {
	Street  string // house number and street: "319 Claremont Ct"
	Unit    string // "Apt 3B", "#54", "Bldg 2 Ste 100"
	City    string
	State   string // two letters: "IL"
	ZIP     string // five digits: "60540"
	Plus4   string // the four digits of ZIP+4, usually empty
	Country string // "US" once normalised
}

// Normalise writes the parts in one way: state name to code, ZIP with its lost
// leading zero and its +4 apart, suffixes and directions abbreviated, the unit
// taken out of the street, words in all capitals in ordinary ones. Doing it
// again changes nothing.
//
// A part that can't be understood stays as it came and the error says what is
// wrong with it, in words; the other parts are normalised all the same. An
// address outside the United States comes back untouched with such an error.
func Normalise(a Address) (Address, error) {
	if a.Country != "" && !lookUp(countries, a.Country) {
		return a, errCountry
	}
	var wrong []string
	if a.State != "" {
		if code, err := StateCode(a.State); err == nil {
			a.State = code
		} else {
			wrong = append(wrong, err.Error())
		}
	}
	if zip := joinZIP(a.ZIP, a.Plus4); zip != "" {
		if five, four, err := ParseZIP(zip, a.State); err == nil {
			a.ZIP, a.Plus4 = five, four
		} else {
			wrong = append(wrong, err.Error())
		}
	}
	street, unit := streetAndUnit(a.Street)
	a.Street, a.Unit = street, joinUnits(normaliseUnit(a.Unit), unit)
	a.City = normaliseCity(a.City)
	if a.Country != "" || a.State != "" {
		a.Country = "US"
	}
	if wrong != nil {
		return a, errors.New(strings.Join(wrong, "; "))
	}
	return a, nil
}

// Key is equal for two spellings of one address: "319 Claremont Court" and
// "319 CLAREMONT CT." in 60540 both give "319 CLAREMONT CT||60540". The parts
// are house number and street, unit without its "Apt", "Unit", "Ste" or "#",
// and the ZIP; without a ZIP the city and state stand in its place.
//
// It is empty when the address has no house number, no street or no place,
// because nothing can be recognised by that.
func Key(a Address) string {
	var l line
	if !l.read(a.Street) || l.name == 0 || l.name == l.unit || l.words[l.name][0] == '#' {
		return ""
	}
	b := append(l.appendKey(make([]byte, 0, 96)), '|')
	b = append(appendUnitsKey(b, a.Unit, l.words[l.unit:l.n]), '|')
	from := len(b)
	if zip, _, err := ParseZIP(joinZIP(a.ZIP, ""), a.State); err == nil {
		b = append(b, zip...)
	} else if code, err := StateCode(a.State); err == nil {
		if b = appendCityKey(b, a.City); len(b) > from { // a city of blanks is none
			b = append(append(b, ' '), code...)
		}
	}
	if len(b) == from {
		return ""
	}
	return string(b)
}

// HouseNumber is the number a street line begins with: "319", "12-34", "6257A",
// "123 1/2", "W204N11912"; empty when it begins with something else.
func HouseNumber(street string) string {
	var l line
	if !l.read(street) || l.name == 0 {
		return ""
	}
	if l.name == 2 {
		return l.words[0] + " " + l.words[1]
	}
	return l.words[0]
}

// errCountry is the refusal of an address abroad.
var errCountry = errors.New("only addresses in the United States are read; keep this one as text or correct the country")

// normaliseCity tidies a city's name, without the points of abbreviations; a
// municipality's "City of San Antonio ETJ" is San Antonio, of whose
// extraterritorial jurisdiction it is a part.
func normaliseCity(s string) string {
	s = withoutJurisdiction(s)
	var letters oneCase
	letters.add(s)
	b := make([]byte, 0, 32)
	for i, rest := 0, s; ; i++ {
		var word string
		if word, rest = nextWord(rest); word == "" {
			break
		}
		if i > 0 {
			b = append(b, ' ')
		}
		if letters.holds() {
			b = appendProper(b, word, i)
		} else {
			b = append(b, word...)
		}
	}
	if string(b) == s {
		return s
	}
	return string(b)
}

// appendCityKey writes a city as a matching key has it.
func appendCityKey(b []byte, city string) []byte {
	from := len(b)
	for rest := withoutJurisdiction(city); ; {
		var word string
		if word, rest = nextWord(rest); word == "" {
			return b
		}
		if len(b) > from {
			b = append(b, ' ')
		}
		if key := meaningOf(word).key; key != "" {
			b = append(b, key...)
		} else {
			b = appendUpper(b, word, false)
		}
	}
}

// withoutJurisdiction takes "City of" and "ETJ" off a city's name. City of
// Industry is the name of one.
func withoutJurisdiction(city string) string {
	word, rest := nextWord(city)
	if strings.EqualFold(word, "the") {
		word, rest = nextWord(rest)
	}
	if !strings.EqualFold(word, "city") {
		return city
	}
	if word, rest = nextWord(rest); !strings.EqualFold(word, "of") {
		return city
	}
	if word, _ = nextWord(rest); word == "" || strings.EqualFold(word, "industry") {
		return city
	}
	name := trimBreaks(rest)
	if at := lastWords(name, 1); at > 0 && strings.EqualFold(name[at:], "etj") {
		name = name[:at]
	}
	return trimBreaks(name)
}
