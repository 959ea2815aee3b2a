package address

import (
	"errors"
	"strings"
)

// The refusals of Split, in words for the person who fixes the value.
var (
	errEmpty     = errors.New("there is no address here; write one like 319 Claremont Ct, Naperville, IL 60540")
	errNoStreet  = errors.New("this address has no street; write it like 319 Claremont Ct, Naperville, IL 60540")
	errNoComma   = errors.New("it is not certain where the street ends and the city begins; put a comma between them, like 319 Claremont Ct, Naperville, IL 60540")
	errNoPlace   = errors.New("it is not certain that this ends in a city; add the state or the ZIP code, like 319 Claremont Ct, Naperville, IL 60540")
	errStateCity = errors.New("it is not certain whether this names a city or a state; write both, like New York, NY 10001")
	errDirection = errors.New("it is not certain whether the direction belongs to the street or to the city; write it out before the street's or the city's name")
	errCity      = errors.New("what stands in the city's place is not a city; write the address like 319 Claremont Ct, Apt 2, Naperville, IL 60540")
	errMiddle    = errors.New("there is something between the street and the city that is not a unit; write the address like 319 Claremont Ct, Apt 2, Naperville, IL 60540")
)

// Split takes a one-cell address apart and gives it normalised: "319 Claremont
// Court, Naperville, IL 60540 US", "618 W ELMIRA ST, Apt 2, City of San Antonio,
// TX 78212", one part a line as well.
//
// Commas have to say where the street ends and the city begins, because words
// can't: "100 Park Avenue North Hollywood" reads in two ways. The state or the
// ZIP may be missing, not both; an address without a city is taken only when
// its street ends like one ("388 E Main St, VT 05753", "319 Claremont Ct").
func Split(oneCell string) (Address, error) {
	s := trimBreaks(oneCell)
	if s == "" {
		return Address{}, errEmpty
	}
	var a Address
	s, a.Country = cutCountry(s)
	s, a.ZIP = cutZIP(s)
	s, a.State = cutState(s, a.ZIP)
	var parts [8]string
	n := 0
	for s != "" {
		part := s
		if end := strings.IndexAny(s, partBreaks); end >= 0 {
			part, s = s[:end], s[end+1:]
		} else {
			s = ""
		}
		if part = trimBreaks(part); part == "" {
			continue
		}
		if n == len(parts) {
			return Address{}, errMiddle
		}
		parts[n] = part
		n++
	}
	if n == 0 {
		return Address{}, errNoStreet
	}
	if err := place(&a, parts[:n]); err != nil {
		return Address{}, err
	}
	return Normalise(a)
}

// partBreaks stand between the parts of a one-cell address.
const partBreaks = ",;\r\n"

// place puts the parts before the state into street, unit and city.
func place(a *Address, parts []string) error {
	var street line
	if street.read(parts[0]); !street.isStreet() && postBox(parts[0]) == "" {
		return errNoStreet
	}
	a.Street, parts = parts[0], parts[1:]
	if len(parts) > 0 && meaningOf(parts[0]).direction != "" {
		certain := len(parts[0]) > 1
		if !certain && !street.hasDirection() {
			return errDirection
		}
		if certain { // 1800 M Street, NW, Washington
			a.Street, parts = a.Street+" "+parts[0], parts[1:]
			street.read(a.Street)
		}
	}
	if last := len(parts) - 1; last >= 0 && !isUnitText(parts[last]) {
		a.City, parts = parts[last], parts[:last]
	}
	for _, p := range parts {
		if !isUnitText(p) && !isBareUnit(p) {
			return errMiddle
		}
	}
	a.Unit = strings.Join(parts, " ")
	if a.City != "" {
		return cityIsCertain(a, &street)
	}
	code := lookUp(states, a.State)
	switch {
	case !street.endsLikeStreet() && postBox(a.Street) == "":
		return errNoComma
	case len(a.State) > 2, code == "NE" && (len(a.ZIP) < 5 || !zipInState(a.ZIP, code)):
		return errStateCity
	}
	return nil
}

// cityIsCertain says what is doubtful about a city that has been found.
func cityIsCertain(a *Address, street *line) error {
	word, rest := nextWord(a.City)
	direction := meaningOf(word).direction
	switch {
	case a.State == "" && a.ZIP == "":
		return errNoPlace
	case street.runsOn():
		return errNoComma
	case !isCity(a.City), len(word) == 1 && direction == "", beginsWithUnit(a.City), repeatsState(a.City, a.State):
		return errCity
	case a.State == "" && rest != "" && endsInState(a.City):
		return errStateCity
	case len(direction) == 2 && len(word) <= 4: // 1105 Bolton Road, NW Atlanta
		return errDirection
	case direction != "" && len(word) == 1 && street.isHighway() && !street.hasDirection(): // Hwy 31, W. White House
		return errDirection
	}
	return nil
}

// cutCountry takes the United States off the end of s.
func cutCountry(s string) (rest, country string) {
	for words := 1; words <= 4; words++ {
		if at := lastWords(s, words); at > 0 && lookUp(countries, trimBreaks(s[at:])) {
			return trimBreaks(s[:at]), "US"
		}
	}
	return s, ""
}

// lastWords is where the last n words of s begin; -1 when it has fewer.
func lastWords(s string, n int) int {
	at := len(s)
	for range n {
		for at > 0 && endsInBreak(s[:at]) {
			at--
		}
		if at == 0 {
			return -1
		}
		for at > 0 && !endsInBreak(s[:at]) {
			at--
		}
	}
	return at
}

// endsInBreak tells whether s ends in a break or in a no-break space.
func endsInBreak(s string) bool {
	return isBreak(s[len(s)-1]) || strings.HasSuffix(s, nbsp)
}

// cutZIP takes a ZIP off the end of s: 60540, 60540-1234, and behind a state
// 605401234, or 8014 when a spreadsheet lost the zero.
func cutZIP(s string) (rest, zip string) {
	at := lastWords(s, 1)
	if at <= 0 {
		return s, ""
	}
	zip = s[at:]
	five, four, plus := strings.Cut(zip, "-")
	if !isDigits(five) || !isDigits(four) || plus && len(four) != 4 {
		return s, ""
	}
	rest = trimBreaks(s[:at])
	switch {
	case len(five) == 5:
		return rest, zip
	case len(five) == 4 || !plus && (len(five) == 9 || len(five) == 8):
		if _, code := cutState(rest, zip); code != "" {
			return rest, zip
		}
	}
	return s, ""
}

// cutState takes a state off the end of s. A name in the city's own part, as in
// "Mount Washington 40047", is a state only if its ZIP codes begin like that
// one. Two letters there need a ZIP, or capitals and a comma before the city:
// "319 CLAREMONT CT" is not in Connecticut.
func cutState(s, zip string) (rest, state string) {
	for words := 3; words >= 1; words-- {
		at := lastWords(s, words)
		if at <= 0 {
			continue
		}
		name := trimBreaks(s[at:])
		code := lookUp(states, name)
		if code == "" {
			continue
		}
		before := strings.TrimRight(s[:at], " \t")
		own := before != "" && strings.IndexByte(partBreaks, before[len(before)-1]) >= 0
		letters := len(name) == 2 || len(name) == 4 && strings.Contains(name, ".")
		switch {
		case own:
		case letters && zip != "":
		case letters && name == strings.ToUpper(name) && strings.ContainsAny(before, partBreaks):
		case len(zip) >= 5 && zipInState(zip, code):
		default:
			continue
		}
		return trimBreaks(s[:at]), name
	}
	return s, ""
}
