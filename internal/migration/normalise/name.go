package normalise

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Undouble gives the name that an export wrote twice without a space, as
// AccuLynx does: "SheaShea" is Shea, true. Names that are doubled by nature,
// Lulu, JoJo or Tintin, are not. The caller decides what to do about it.
func Undouble(s string) (string, bool) {
	s = Text(s)
	half := s[:len(s)/2]
	if len(s)%2 != 0 || s[len(half):] != half || !utf8.ValidString(half) || strings.HasSuffix(half, " ") || strings.HasPrefix(half, " ") {
		return s, false
	}
	first, _ := utf8.DecodeRuneInString(half)
	letters, capitals := 0, 0
	for _, r := range half {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.IsUpper(r) {
			capitals++
		}
	}
	inside := unicode.IsUpper(first) && capitals < letters // a capital in the middle: SheaShea
	if inside && letters >= 3 || letters >= 4 && (capitals == letters || capitals == 0) {
		return half, true
	}
	return s, false
}

// FullName splits one cell into first and last name where that is certain:
// "Ann Shea", "Shea, Ann", "Ann B. Shea", "Ann and Bob Shea", "Juan de la
// Cruz", "Ann Shea Jr". A cell with a company's word in it (LLC, Roofing, HOA,
// & Sons) is a company's, whole in last. Every other name, "Mary Ann Shea" for
// one, is whole in last too, because it splits in more than one way.
//
// Nothing of the text is lost or changed: first and last are parts of it.
func FullName(s string) (first, last string, company bool) {
	s = Text(s)
	if isCompany(s) {
		return "", s, true
	}
	if !isPersonal(s) {
		return "", s, false
	}
	if before, after, ok := strings.Cut(s, ","); ok && !isGeneration(Text(after)) {
		before, after = Text(before), Text(after)
		if before != "" && after != "" && !strings.Contains(after, ",") && len(strings.Fields(before)) <= 2 && len(strings.Fields(after)) <= 2 {
			return after, before, false
		}
		return "", s, false
	}
	if at := lastNameAt(s); at > 0 {
		return Text(s[:at]), s[at:], false
	}
	return "", s, false
}

// lastNameAt is where the last name begins in "First Last" and its like, 0 when
// that is not certain.
func lastNameAt(s string) int {
	var words [6]string
	var at [6]int
	n := 0
	for i := 0; ; n++ {
		for i < len(s) && s[i] == ' ' {
			i++
		}
		if i == len(s) {
			break
		}
		if n == len(words) {
			return 0
		}
		at[n] = i
		for i < len(s) && s[i] != ' ' {
			i++
		}
		words[n] = s[at[n]:i]
	}
	if n > 2 && isGeneration(words[n-1]) {
		n--
	}
	switch {
	case n < 2 || oneOf(words[0], "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "dr", "dr.", "miss", "the", "rev", "rev."):
		return 0
	case n == 2:
		return at[1]
	case n == 3 && len(strings.Trim(words[1], ".")) == 1 && words[1] != "&" && words[1] != "+":
		return at[2]
	case n == 4 && oneOf(words[1], "&", "and", "+") && len(words[0]) > 1 && len(words[2]) > 1:
		return at[3]
	}
	for _, w := range words[1 : n-1] {
		if !oneOf(w, "de", "del", "la", "las", "los", "van", "von", "der", "den", "da", "dos", "di", "st.", "st") {
			return 0
		}
	}
	return at[1]
}

// isPersonal tells whether s has nothing but what names of people have.
func isPersonal(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !strings.ContainsRune(" .,'-&+\u2019", r) {
			return false
		}
	}
	return true
}

// isGeneration tells whether word is the Jr of a name.
func isGeneration(word string) bool {
	return oneOf(word, "jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "md", "m.d.", "esq", "esq.", "phd", "cpa")
}

// isCompany tells whether a word of s stands in companies' names and in
// nobody's else: Church and Banks are surnames too and not among them. So is
// Hoa, which only in capitals among other words is an association of owners.
func isCompany(s string) bool {
	for rest, before := s, ""; rest != ""; {
		var word string
		if word, rest, _ = strings.Cut(rest, " "); word == "" {
			continue
		}
		word = strings.Trim(word, ".,()")
		switch {
		case len(word) < 3 && !oneOf(word, "lp"):
		case oneOf(word, "sons", "son", "bros", "brothers", "associates", "daughters") && oneOf(before, "&", "and", "+"):
			return true
		case isCompanyWord(word):
			return true
		case word == "HOA" || word == "POA" || word == "COA":
			return strings.Count(s, " ") > 1 || strings.ToUpper(s) != s
		}
		before = word
	}
	return false
}

func isCompanyWord(word string) bool {
	switch len(word) {
	case 2:
		return oneOf(word, "lp")
	case 3:
		return oneOf(word, "llc", "inc", "ltd", "llp", "dba")
	case 4:
		return oneOf(word, "corp", "pllc", "assn")
	case 5:
		return oneOf(word, "l.l.c")
	case 6:
		return oneOf(word, "realty", "condos")
	case 7:
		return oneOf(word, "company", "roofing")
	case 8:
		return oneOf(word, "holdings", "services", "builders", "hospital", "exteriors")
	}
	return oneOf(word, "exteriors", "insurance", "properties", "apartments", "management", "university", "contracting", "contractors",
		"corporation", "association", "enterprises", "investments", "restoration", "townhomes", "condominiums", "construction", "incorporated")
}
