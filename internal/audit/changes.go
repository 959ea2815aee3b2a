package audit

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/skaiscraper/skai/internal/platform/money"
)

// Changes are a record's columns before and after, as the trail keeps them:
// {column: [before, after]}, or {column: "changed"} for a secret.
type Changes map[string]json.RawMessage

// Change is one column's change in words.
type Change struct {
	Column        string // as people say it: "claim number"
	Before, After string // empty where there was, or is, nothing
	Secret        bool   // it changed; the values are not kept
}

// List gives the changes by column. What was empty before and is empty after is
// left out: a new record's untouched columns.
func (c Changes) List() []Change {
	list := make([]Change, 0, len(c))
	for _, column := range slices.Sorted(maps.Keys(c)) {
		change := Change{Column: columnWords(column)}
		var pair [2]json.RawMessage
		if json.Unmarshal(c[column], &pair) == nil {
			change.Before, change.After = valueWords(column, pair[0]), valueWords(column, pair[1])
		} else {
			change.Secret = true
		}
		if change.Secret || change.Before != change.After {
			list = append(list, change)
		}
	}
	return list
}

// amounts are the columns in cents.
var amounts = map[string]bool{
	"rcv": true, "acv": true, "deductible": true, "recoverable_depreciation": true, "non_recoverable_depreciation": true,
	"approved": true, "supplements": true, "paid": true, "estimated_value": true, "item_total": true, "item_amount": true,
	"tax": true, "depreciation": true, "recoverable": true,
}

// columnWords is a column's name as people say it.
func columnWords(column string) string {
	list := strings.Split(strings.TrimSuffix(column, "_id"), "_")
	for i, word := range list {
		switch word {
		case "rcv", "acv", "zip":
			list[i] = strings.ToUpper(word)
		}
	}
	return strings.Join(list, " ")
}

// valueWords is a JSON value as text: a string as it is, cents as dollars, a list
// with commas, an empty list or object as nothing.
func valueWords(column string, raw json.RawMessage) string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case float64:
		if cents, err := strconv.ParseInt(string(raw), 10, 64); err == nil && amounts[column] {
			return money.Cents(cents).Dollars()
		}
	case []any:
		return listWords(v, raw)
	case map[string]any:
		if len(v) == 0 {
			return ""
		}
	}
	return string(raw) // a number keeps all its digits
}

func listWords(list []any, raw json.RawMessage) string {
	texts := make([]string, len(list))
	for i, item := range list {
		text, ok := item.(string)
		if !ok {
			return string(raw)
		}
		texts[i] = text
	}
	return strings.Join(texts, ", ")
}
