package money

import "regexp"

// NamePattern finds, whatever the case, the names of columns that speak of
// money; ValuePattern finds texts in which a dollar amount stands. Go and
// PostgreSQL read both alike. A name that only might speak of money counts: what
// is hidden for nothing can be asked for, what was seen can't be taken back.
const (
	NamePattern = `price|total|value|amount|amt|cost|rcv|acv|deductible|paid|payment|balance|invoice|budget|revenue|profit|margin|commission|deposit|` +
		`depreciation|supplement|overhead|labor|labour|wage|material|equipment|estimate$|contract$|due$|owed|charge|dollar|usd|[$]|tax|worth|(^|[^a-z])fees?([^a-z]|$)|(^|[^a-z])net([^a-z]|$)|gross`
	ValuePattern = `[$][[:space:]]*[0-9]`
)

var (
	name  = regexp.MustCompile(`(?i)` + NamePattern)
	value = regexp.MustCompile(ValuePattern)
)

// Spoken tells whether a cell that has no place of its own may hold an amount,
// from the name of its column and its text.
func Spoken(column, text string) bool { return name.MatchString(column) || value.MatchString(text) }
