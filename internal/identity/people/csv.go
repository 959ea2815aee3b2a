package people

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/sheet"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/tenant"
)

// maxCSV is the largest file of people, in bytes.
const maxCSV = 256 << 10

// readCSV reads a file of people to invite: a header with email, role and, if
// wanted, name, in any order; what other columns hold is not looked at. It returns
// fault.Invalid with the field "file".
func readCSV(text string) ([]Invitation, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if err != nil {
		return nil, fault.Invalid("file", "there is no table in it; the first line says email,name,role")
	}
	column := map[string]int{}
	for i, h := range header {
		column[strings.ToLower(strings.TrimSpace(h))] = i
	}
	email, hasEmail := column["email"]
	role, hasRole := column["role"]
	name, hasName := column["name"]
	if !hasEmail || !hasRole {
		return nil, fault.Invalid("file", "its first line has to name the columns email and role, and may name name; it says %.200q", strings.Join(header, ","))
	}
	var list []Invitation
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fault.Invalid("file", "it can't be read as CSV: %v", err)
		}
		if len(list) >= MostAtOnce {
			return nil, fault.Invalid("file", "there are more than %d people in it; send it in parts", MostAtOnce)
		}
		in := Invitation{Email: sheet.Plain(row[email]), Role: tenant.Role(strings.ToLower(strings.TrimSpace(row[role])))}
		if hasName {
			in.Name = sheet.Plain(row[name])
		}
		list = append(list, in)
	}
}

var csvHeader = []string{"Name", "Email", "Role", "State", "Last seen", "Since"}

func csvRow(e Entry) []sheet.Cell {
	stamp := func(t *time.Time) sheet.Cell {
		if t == nil {
			return sheet.Number("")
		}
		return sheet.Number(t.UTC().Format(time.RFC3339))
	}
	email := ""
	if e.Email != nil {
		email = *e.Email
	}
	role := string(e.Role)
	if e.State == Placeholder {
		role = ""
	}
	return []sheet.Cell{sheet.Text(e.Name), sheet.Text(email), sheet.Text(role), sheet.Text(e.word()), stamp(e.LastSeenAt), stamp(&e.Since)}
}

// word is the state as people read it.
func (e Entry) word() string {
	switch {
	case e.State == Invited && e.Expired():
		return "invitation too old"
	case e.State == Placeholder:
		return "from an import"
	}
	return string(e.State)
}

// states are what the list can be narrowed to.
var states = []State{Active, Invited, Placeholder, Removed}

func isState(s string) bool { return s == "" || slices.Contains(states, State(s)) }
