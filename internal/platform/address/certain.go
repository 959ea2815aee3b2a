package address

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isStreet tells whether a part can be a street line: it has a number, or ends
// in a suffix or the number of a road.
func (l *line) isStreet() bool {
	return l.name > 0 && l.name < l.n || l.suffix >= 0 || l.name == 0 && l.n > 1 && isDigits(l.words[l.n-1])
}

// endsLikeStreet tells whether a part is a street line to its end, with a unit
// or without: nothing but a direction stands behind the suffix or road number.
func (l *line) endsLikeStreet() bool {
	if l.name == 0 {
		return false
	}
	end := l.streetEnd()
	return end >= 0 && l.onlyDirection(end+1)
}

// runsOn tells whether a street line goes on behind its suffix, as "1270 E Main
// Street Barstow" does: there a city may have begun. "12 Mill Road Ct", "State
// Road 7 N" and "Grand Ave 600" don't.
func (l *line) runsOn() bool {
	end := l.streetEnd()
	if end < 0 || l.onlyDirection(end+1) {
		return false
	}
	last := l.unit - 1
	if l.post >= 0 {
		last--
	}
	m := l.means[last]
	return !m.endsStreet && m.suffix != "EXT" && (last != end+1 || !strings.ContainsAny(l.words[last], "0123456789"))
}

// streetEnd is the place of the word that first closes the street's name: a
// suffix, or the number of a road behind it; -1 without.
func (l *line) streetEnd() int {
	start := max(l.name, l.pre+1)
	for i := start; i < l.unit; i++ {
		if !l.means[i].endsStreet {
			continue
		}
		if next := i + 1; next < l.unit && next != l.post && (i == start || isRoad(l.means[i].suffix)) && isRoadNumber(l.words[next]) {
			return next
		}
		if i > start {
			return i
		}
	}
	return -1
}

// isRoad tells whether roads are numbered behind that suffix.
func isRoad(suffix string) bool {
	return suffix == "HWY" || suffix == "RD" || suffix == "RTE" || suffix == "LOOP"
}

// isRoadNumber tells whether word is 98, A1A or the B of Avenue B.
func isRoadNumber(word string) bool {
	return len(word) == 1 || len(word) <= 4 && strings.ContainsAny(word, "0123456789")
}

// onlyDirection tells whether the street has nothing from word i on, or a direction.
func (l *line) onlyDirection(i int) bool {
	return i == l.unit || i == l.post && i+1 == l.unit
}

// hasDirection tells whether there is a direction before or behind the street's name.
func (l *line) hasDirection() bool { return l.pre >= 0 || l.post >= 0 }

// isHighway tells whether the street is a highway, whose direction stands behind it.
func (l *line) isHighway() bool {
	for _, m := range l.means[l.name:l.unit] {
		if m.suffix == "HWY" {
			return true
		}
	}
	return false
}

// isUnitText tells whether a part is a unit: "Apt 3B", "#54".
func isUnitText(s string) bool {
	var words [maxWords]string
	list, ok := unitWords(words[:0], s)
	return ok && isUnit(list, true)
}

// isBareUnit tells whether a part between street and city is a unit without a
// designator, or a designator alone: "B", "R C", "A-D", "#R 16", "Bldg".
func isBareUnit(s string) bool {
	switch {
	case s[0] == '#':
		return len(s) <= 10
	case meaningOf(s).unit != "":
		return true
	case len(s) > 5 || len(s) > 1 && lookUp(states, s) != "":
		return false
	case strings.ContainsAny(s, "0123456789-"):
		return true
	}
	for w := range strings.FieldsSeq(s) {
		if len(w) > 2 {
			return false
		}
	}
	return true
}

// beginsWithUnit tells whether a city's place begins with a unit, as in
// "1065 North Drive, Ste B Alpharetta". Ste. Genevieve is a city.
func beginsWithUnit(city string) bool {
	var words [maxWords]string
	list, ok := unitWords(words[:0], city)
	if !ok {
		return false
	}
	p := unitAt(list)
	return p.used > 1 && len(p.id) <= 2
}

// isCity tells whether s can be a city's name: at most six words of letters
// with the marks in "St. Mary's" and "Winston-Salem".
func isCity(s string) bool {
	letters, spaces := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
		case r == ' ':
			spaces++
		case !strings.ContainsRune(".'-\u2019\u00a0", r):
			return false
		}
	}
	return letters >= 2 && spaces <= 5 && utf8.ValidString(s)
}

// repeatsState tells whether a city begins or ends with the abbreviation of the
// state that follows it, as in "1270 E Main Street Barstow, Ca. Barstow CA":
// the cell holds more than one address. La, De and Mt begin names of cities.
func repeatsState(city, state string) bool {
	first, rest := nextWord(city)
	code := lookUp(states, state)
	if rest == "" || code == "" {
		return false
	}
	if lookUp(states, first) == code && len(first) <= 4 && code != "LA" && code != "DE" && code != "MT" && !isShortState(first) {
		return true
	}
	at := lastWords(city, 1)
	return at > 0 && len(city)-at == 2 && lookUp(states, city[at:]) == code
}

// isShortState tells whether word is the whole name of a state and so may begin
// a city's: Ohio City, Iowa Falls.
func isShortState(word string) bool {
	return strings.EqualFold(word, "ohio") || strings.EqualFold(word, "iowa") || strings.EqualFold(word, "utah")
}

// endsInState tells whether a city's last words are the name of a state.
func endsInState(city string) bool {
	for words := 1; words <= 3; words++ {
		if at := lastWords(city, words); at > 0 && lookUp(states, city[at:]) != "" {
			return true
		}
	}
	return false
}
