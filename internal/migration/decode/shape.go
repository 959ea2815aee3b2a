package decode

import (
	"regexp"
	"strings"
)

// shape is what a cell looks like when one does not know its column.
type shape int

const (
	shapeEmpty  shape = iota
	shapeLabel        // words
	shapeNumber       // a number or an amount of money
	shapeValue        // an e-mail address, phone number, date, web address ...: never a column's name
)

var (
	numberShape = regexp.MustCompile(`^[-+(]?[$€£]?[-+]?\d[\d,.' ]*%?\)?$`)
	valueShapes = []*regexp.Regexp{
		regexp.MustCompile(`^\S+@\S+\.\S+$`),
		regexp.MustCompile(`^(?i)(https?://|www\.)\S+$`),
		regexp.MustCompile(`^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?$`),  // date
		regexp.MustCompile(`^\d{1,2}:\d{2}(:\d{2})?( ?[APap][Mm])?$`),     // time
		regexp.MustCompile(`^\+?1?[-. ]?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}`), // phone
		regexp.MustCompile(`^\d+ [NSEWnsew]?\.? ?[[:alnum:]]+ .*[[:alpha:]]`),
		regexp.MustCompile(`^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$`),
		regexp.MustCompile(`^(?i)(true|false)$`),
	}
	footerShape = regexp.MustCompile(`^(?i)((grand )?totals?:?$|sub-?totals?:?$|totals?( of)?:? \d|(record|row)s? (count|total)|(report|file) (run|generated|created|exported)|(generated|exported|printed|run) (on|by|at)\b|page \d+( of \d+)?$|end of (report|file)|(foot)?notes?:)`)
)

func shapeOf(cell string) shape {
	cell = strings.TrimSpace(cell)
	switch {
	case cell == "":
		return shapeEmpty
	case numberShape.MatchString(cell) && len(cell) < 30:
		for _, v := range valueShapes[2:5] {
			if v.MatchString(cell) {
				return shapeValue
			}
		}
		return shapeNumber
	case len(cell) > 120:
		return shapeValue
	}
	for _, v := range valueShapes {
		if v.MatchString(cell) {
			return shapeValue
		}
	}
	return shapeLabel
}

// filled counts the cells that hold something.
func filled(cells []string) (n int) {
	for _, c := range cells {
		if !empty(c) {
			n++
		}
	}
	return n
}

// isFooter tells whether a row of a table of so many columns can only be a total or
// a closing remark: it starts with words that say so, and then has nothing or numbers.
func isFooter(cells []string, width int) bool {
	words := false
	for _, c := range cells {
		switch {
		case empty(c):
		case !words:
			if words = footerShape.MatchString(strings.TrimSpace(c)); !words {
				return false
			}
		case shapeOf(c) != shapeNumber:
			return false
		}
	}
	return words && width >= 4
}
