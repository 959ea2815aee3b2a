package address

import "strings"

// unitPart is one designator with its number: "Apt" and "3B", "#" and "54".
type unitPart struct {
	designator string // of unitList; empty behind #
	alone      bool   // a designator that needs no number
	id         string
	used       int // words it took
}

// unitAt reads one part of a unit from the first words; used is 0 when they
// are none.
func unitAt(words []string) unitPart {
	first := strings.TrimLeft(words[0], "#")
	hash := len(first) < len(words[0])
	m := meaningOf(first)
	switch {
	case m.unit != "":
		return designated(words, m)
	case strings.Contains(first, "#"): // Apt#3
		name, id, _ := strings.Cut(first, "#")
		if unit := meaningOf(name).unit; unit != "" && id != "" {
			return unitPart{designator: unit, id: id, used: 1}
		}
	case hash && first != "":
		return unitPart{id: first, used: 1}
	case hash && len(words) > 1: // # 54, # Apt 3, # #54
		p := unitAt(words[1:])
		if id := words[1]; p.used == 0 && !strings.Contains(id, "#") && meaningOf(id).unit == "" {
			p = unitPart{id: id, used: 1}
		}
		if p.used > 0 {
			p.used++
		}
		return p
	case len(words) > 1 && isOrdinal(first) && len(first) <= 4 && meaningOf(words[1]).unit == "FL": // 2nd Floor
		return unitPart{designator: "FL", id: first[:len(first)-2], used: 2}
	}
	return unitPart{}
}

// designated reads a part that begins with a designator.
func designated(words []string, m *meaning) unitPart {
	p := unitPart{designator: m.unit, alone: m.alone}
	for i := 1; i < len(words) && i <= 2; i++ {
		id := strings.Trim(words[i], "#")
		if isUnitID(id, m.letters) {
			p.id, p.used = id, i+1
			return p
		}
		if id != "" { // Apt # 3 goes on, Apt Rear doesn't
			break
		}
	}
	if p.alone {
		p.used = 1
	}
	return p
}

// isUnitID tells whether w names a unit: it has a digit, or is, where letters
// may, one to three that mean nothing else.
func isUnitID(w string, letters bool) bool {
	if w == "" || len(w) > 8 || strings.Contains(w, "#") {
		return false
	}
	if strings.ContainsAny(w, "0123456789") {
		return true
	}
	m := meaningOf(w)
	return letters && len(w) <= 3 && m.suffix == "" && m.unit == ""
}

// isUnit tells whether words are a unit and nothing else. "100 Lake Side" is a
// street, so a designator without a number counts only behind the end of one.
func isUnit(words []string, behindStreet bool) bool {
	for i := 0; i < len(words); {
		p := unitAt(words[i:])
		if p.used == 0 || p.designator == "FL" && len(p.id) > 3 || p.id == "" && i == 0 && !behindStreet {
			return false
		}
		i += p.used
	}
	return len(words) > 0
}

// presentUnit writes a unit that isUnit: "Bldg 2 Apt 3B", "#54".
func presentUnit(words []string) string {
	if len(words) == 0 {
		return ""
	}
	b := make([]byte, 0, 16)
	for i := 0; i < len(words); {
		p := unitAt(words[i:])
		if i > 0 {
			b = append(b, ' ')
		}
		if p.designator == "" {
			b = append(b, '#')
		} else {
			b = appendTitle(b, p.designator)
			if p.id != "" {
				b = append(b, ' ')
			}
		}
		b = append(b, strings.ToUpper(p.id)...)
		i += p.used
	}
	return string(b)
}

// normaliseUnit writes the text of a unit field; what is no unit stays as it is.
func normaliseUnit(s string) string {
	if s == "" {
		return ""
	}
	var words [maxWords]string
	if list, ok := unitWords(words[:0], s); ok && isUnit(list, true) {
		return presentUnit(list)
	}
	return trimBreaks(s)
}

// unitWords appends the words of s; false when there are none or too many.
func unitWords(words []string, s string) ([]string, bool) {
	for {
		var w string
		if w, s = nextWord(s); w == "" {
			return words, len(words) > 0
		}
		if len(words) == cap(words) {
			return words, false
		}
		words = append(words, w)
	}
}

// joinUnits joins the unit of its own field with the one from the street line.
func joinUnits(own, fromStreet string) string {
	switch {
	case fromStreet == "":
		return own
	case own == "", string(appendUnitKey(nil, own)) == string(appendUnitKey(nil, fromStreet)):
		return fromStreet
	}
	return normaliseUnit(own + " " + fromStreet) // "Apt" and "#3" are one
}

// appendUnitsKey writes the unit of its own field and the one from the street
// line, or both when they are not the same.
func appendUnitsKey(b []byte, own string, fromStreet []string) []byte {
	from := len(b)
	b = appendUnitKey(b, own)
	if len(fromStreet) == 0 {
		return b
	}
	between := len(b)
	if between > from {
		b = append(b, ' ')
	}
	second := len(b)
	b = appendUnitKey(b, presentUnit(fromStreet))
	if string(b[from:between]) == string(b[second:]) {
		return b[:between]
	}
	return b
}

// appendUnitKey writes a unit as a matching key has it: the ids alone for
// apartments, suites and units, which people mix up, others with the designator.
func appendUnitKey(b []byte, s string) []byte {
	from := len(b)
	for s = normaliseUnit(s); ; {
		var w string
		if w, s = nextWord(s); w == "" {
			return b
		}
		w = strings.TrimLeft(w, "#")
		m := meaningOf(w)
		if w == "" || m.unit == "APT" || m.unit == "UNIT" || m.unit == "STE" {
			continue
		}
		if len(b) > from {
			b = append(b, ' ')
		}
		if m.unit != "" {
			b = append(b, m.unit...)
		} else {
			b = appendUpper(b, strings.TrimLeft(w, "0"), true)
		}
	}
}
