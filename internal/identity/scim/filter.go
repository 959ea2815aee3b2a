package scim

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// filter is one comparison, the only kind directories send (RFC 7644, 3.4.2.2):
// userName eq "pat@titan.example". The zero value is none.
type filter struct{ attribute, value string }

// comparison is attribute, eq and a text in JSON's form.
var comparison = regexp.MustCompile(`(?i)^\s*([a-z][a-z0-9._:$-]*(?:\[[^\]]*\](?:\.[a-z]+)?)?)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*$`)

// parseFilter reads a filter over some attributes, which it gives in lower case,
// without their schema and without what stands in brackets: emails[type eq
// "work"].value is emails.value.
func parseFilter(text string, attributes ...string) (filter, error) {
	if strings.TrimSpace(text) == "" {
		return filter{}, nil
	}
	m := comparison.FindStringSubmatch(text)
	if m == nil {
		return filter{}, bad("invalidFilter", "this filter can't be read; one comparison by eq is understood, for example userName eq \"pat@titan.example\"")
	}
	name, value := plainPath(m[1]), m[2]
	if value[0] == '"' {
		unquoted, err := strconv.Unquote(value)
		if err != nil {
			return filter{}, bad("invalidFilter", "the text in this filter is no JSON text: %s", value)
		}
		value = unquoted
	}
	if !slices.Contains(attributes, name) {
		return filter{}, bad("invalidFilter", "nothing can be found by %s; these can be compared: %s", m[1], strings.Join(attributes, ", "))
	}
	return filter{name, value}, nil
}

// plainPath gives an attribute's path in lower case, without schema and brackets.
func plainPath(path string) string {
	path = strings.ToLower(strings.TrimSpace(path))
	for _, schema := range []string{userSchema, groupSchema} {
		path = strings.TrimPrefix(path, strings.ToLower(schema)+":")
	}
	if open := strings.IndexByte(path, '['); open >= 0 {
		end := strings.LastIndexByte(path, ']')
		if end < open {
			return path
		}
		path = path[:open] + path[end+1:]
	}
	return path
}
