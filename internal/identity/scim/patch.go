package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// patch is a PATCH request (RFC 7644, 3.5.2).
type patch struct {
	Schemas    []string    `json:"schemas"`
	Operations []operation `json:"Operations"` //nolint:tagliatelle // the standard's
}

type operation struct {
	Op    string `json:"op"` // add, replace, remove; Entra ID writes Add
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// patched gives a resource with the operations done to it, one after the other.
func patched[T any](resource T, p patch) (T, error) {
	var out T
	if len(p.Operations) == 0 {
		return out, bad("invalidSyntax", "a PATCH needs Operations")
	}
	raw, err := json.Marshal(resource)
	if err != nil {
		return out, err
	}
	attributes := map[string]any{}
	if err := json.Unmarshal(raw, &attributes); err != nil {
		return out, err
	}
	for _, o := range p.Operations {
		if err := o.do(attributes); err != nil {
			return out, err
		}
	}
	if raw, err = json.Marshal(attributes); err != nil {
		return out, err
	}
	return decode[T](raw)
}

// decode reads a resource; a value of another kind is the sender's mistake.
func decode[T any](raw []byte) (T, error) {
	var out T
	err := json.Unmarshal(raw, &out)
	if e := asError(err); e != nil {
		return out, e
	}
	if err != nil {
		return out, bad("invalidValue", "this is not what the schema says: %s", err)
	}
	return out, nil
}

// do does one operation to a resource.
func (o operation) do(to map[string]any) error {
	op := strings.ToLower(o.Op)
	if op != "add" && op != "replace" && op != "remove" {
		return bad("invalidSyntax", "the operation %q is none of add, replace, remove", o.Op)
	}
	if o.Path == "" {
		values, ok := o.Value.(map[string]any)
		if !ok || op == "remove" {
			return bad("noTarget", "without a path the value of %s is an object of attributes", o.Op)
		}
		for path, value := range values {
			if err := (operation{o.Op, path, value}).do(to); err != nil {
				return err
			}
		}
		return nil
	}
	attribute, sub, _ := strings.Cut(plainPath(o.Path), ".")
	key := keyOf(to, attribute)
	if key == "" {
		return nil // an attribute that is not kept here
	}
	which, err := selected(o.Path)
	if err != nil {
		return err
	}
	if now, several := to[key].([]any); several || isList(key) {
		to[key], err = onList(op, now, which, sub, o.Value)
		return err
	}
	if sub == "" {
		set(to, key, op, o.Value)
		return nil
	}
	inner, ok := to[key].(map[string]any)
	if !ok {
		inner = map[string]any{}
	}
	set(inner, keyOf(map[string]any{"formatted": nil, "givenName": nil, "familyName": nil}, sub), op, o.Value)
	delete(inner, "")
	to[key] = inner
	if strings.EqualFold(key, "name") { // what is made of it is made anew
		if sub != "formatted" {
			delete(inner, "formatted")
		}
		delete(to, "displayName")
	}
	return nil
}

func set(to map[string]any, key, op string, value any) {
	if op == "remove" {
		delete(to, key)
		return
	}
	to[key] = value
}

// kept are the attributes that mean something here, as they are written.
var kept = []string{"userName", "externalId", "displayName", "name", "emails", "active", "members"}

// keyOf gives an attribute as it is written; "" for one that is not kept.
func keyOf(in map[string]any, attribute string) string {
	for key := range in {
		if strings.EqualFold(key, attribute) && key != "id" && key != "schemas" && key != "meta" && key != "groups" {
			return key
		}
	}
	for _, key := range kept {
		if strings.EqualFold(key, attribute) {
			return key
		}
	}
	return ""
}

func isList(key string) bool { return key == "emails" || key == "members" }

// selected reads what stands in the brackets of a path: members[value eq "1"].
func selected(path string) (filter, error) {
	_, after, ok := strings.Cut(path, "[")
	if !ok {
		return filter{}, nil
	}
	inside, _, _ := strings.Cut(after, "]")
	f, err := parseFilter(inside, "value", "type", "primary", "display")
	if err != nil {
		return f, bad("invalidPath", "the path %s can't be read: %s", path, err)
	}
	return f, nil
}

// onList does an operation to a list of complex values: emails, members.
func onList(op string, now []any, which filter, sub string, value any) ([]any, error) {
	given := values(value)
	named := func(v map[string]any) bool {
		return slices.ContainsFunc(given, func(g map[string]any) bool { return text(g["value"]) == text(v["value"]) })
	}
	switch {
	case which.attribute == "" && op == "remove" && value == nil:
		return nil, nil
	case which.attribute == "" && op == "remove": // Entra ID names those to remove in the value
		return without(now, named), nil
	case which.attribute == "" && op == "replace":
		return asAny(given), nil
	case which.attribute == "":
		return append(without(now, named), asAny(given)...), nil
	case op == "remove":
		return without(now, which.matches), nil
	}
	if sub == "" && len(given) != 1 {
		return now, bad("invalidValue", "this path takes one value")
	}
	found := false
	for _, one := range now {
		v, ok := one.(map[string]any)
		if !ok || !which.matches(v) {
			continue
		}
		found = true
		if sub != "" {
			v[sub] = value
			continue
		}
		maps.Copy(v, given[0])
	}
	if !found { // Okta and Entra ID set an address of a type that is not there yet
		made := map[string]any{which.attribute: which.value}
		if sub != "" {
			made[sub] = value
		} else {
			made = given[0]
		}
		now = append(now, made)
	}
	return now, nil
}

func (f filter) matches(v map[string]any) bool {
	return strings.EqualFold(text(v[f.attribute]), f.value)
}

func without(list []any, drop func(map[string]any) bool) (left []any) {
	for _, one := range list {
		if v, ok := one.(map[string]any); ok && drop(v) {
			continue
		}
		left = append(left, one)
	}
	return left
}

// values are the complex values of an operation: one or a list, each an object or,
// as some send it, the plain value.
func values(value any) (list []map[string]any) {
	switch v := value.(type) {
	case nil:
	case []any:
		for _, one := range v {
			list = append(list, values(one)...)
		}
	case map[string]any:
		list = append(list, v)
	default:
		list = append(list, map[string]any{"value": v})
	}
	return list
}

func asAny(list []map[string]any) (out []any) {
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return ""
}
