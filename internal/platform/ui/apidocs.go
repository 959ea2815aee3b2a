package ui

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaiscraper/skai/internal/platform/limit"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// APIDocs writes the page about the API from its OpenAPI document; it is
// web.Config's Docs.
func APIDocs(w http.ResponseWriter, r *http.Request, api *huma.OpenAPI) error {
	head := Head{
		Title: api.Info.Title,
		Lead:  "Version " + api.Info.Version + ". Every operation as JSON, under the same permissions as the pages.",
	}
	return send(w, r, http.StatusOK, public(head, apiPage(operations(api), web.DefaultLimit, web.MaxLimit)))
}

// apiRate says how often the API may be asked.
func apiRate() string {
	rate, _ := limit.API.Rate()
	return fmt.Sprintf("A person has %d requests a minute in their organisation, a key as many as it was given.", rate.Quota)
}

// apiOperation is one operation as the page shows it.
type apiOperation struct {
	id, method, path, summary, description string
	public                                 bool
	params, body, answer                   []apiField
	curl                                   string
}

// apiGroup is the operations of one tag.
type apiGroup struct {
	name       string
	operations []apiOperation
}

// apiField is a parameter or a member of a JSON body: "items[].number".
type apiField struct {
	name, in, kind, doc string
	required            bool
}

// operations groups the API's operations by their first tag, by path within it.
func operations(api *huma.OpenAPI) []apiGroup {
	byTag := map[string][]apiOperation{}
	for path, item := range api.Paths {
		for method, op := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if op == nil {
				continue
			}
			tag := "Other"
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			byTag[tag] = append(byTag[tag], describe(api, method, path, op))
		}
	}
	groups := make([]apiGroup, 0, len(byTag))
	for tag, list := range byTag {
		slices.SortFunc(list, func(a, b apiOperation) int {
			return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
		})
		groups = append(groups, apiGroup{tag, list})
	}
	slices.SortFunc(groups, func(a, b apiGroup) int { return cmp.Compare(a.name, b.name) })
	return groups
}

func describe(api *huma.OpenAPI, method, path string, op *huma.Operation) apiOperation {
	o := apiOperation{
		id: op.OperationID, method: method, path: path, summary: op.Summary, description: op.Description, public: len(op.Security) == 0,
	}
	for _, p := range op.Parameters {
		o.params = append(o.params, apiField{name: p.Name, in: p.In, kind: kindOf(api, p.Schema), doc: docOf(p.Description, p.Schema), required: p.Required})
	}
	var example any
	if op.RequestBody != nil {
		if s := jsonSchema(op.RequestBody.Content); s != nil {
			o.body = members(api, s, "", 0)
			example = exampleOf(api, s, 0)
		}
	}
	for code, answer := range op.Responses {
		if strings.HasPrefix(code, "2") {
			if s := jsonSchema(answer.Content); s != nil {
				o.answer = members(api, s, "", 0)
			}
		}
	}
	o.curl = curl(o, example)
	return o
}

func jsonSchema(content map[string]*huma.MediaType) *huma.Schema {
	if m := content["application/json"]; m != nil {
		return m.Schema
	}
	return nil
}

// resolve follows a reference into the document's components.
func resolve(api *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// deepest is how far into a body the page goes; what lies below is named by its kind alone.
const deepest = 3

// members lists the members of an object, and of the objects in it.
func members(api *huma.OpenAPI, s *huma.Schema, prefix string, depth int) []apiField {
	s = resolve(api, s)
	if s == nil || depth > deepest {
		return nil
	}
	if s.Type == huma.TypeArray {
		return members(api, s.Items, prefix+"[]", depth)
	}
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		if name != "$schema" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var list []apiField
	for _, name := range names {
		member := s.Properties[name]
		full := strings.TrimPrefix(prefix+"."+name, ".")
		list = append(list, apiField{name: full, kind: kindOf(api, member), doc: docOf("", member), required: slices.Contains(s.Required, name)})
		list = append(list, members(api, member, full, depth+1)...)
	}
	return list
}

// kindOf names a value's type: "text (uuid)", "whole number or null", "list".
func kindOf(api *huma.OpenAPI, s *huma.Schema) string {
	s = resolve(api, s)
	if s == nil {
		return ""
	}
	words := map[string]string{
		huma.TypeString: "text", huma.TypeInteger: "whole number", huma.TypeNumber: "number",
		huma.TypeBoolean: "true or false", huma.TypeArray: "list", huma.TypeObject: "object",
	}
	kind := words[s.Type]
	if s.Format != "" && s.Type == huma.TypeString {
		kind += " (" + s.Format + ")"
	}
	if s.Nullable {
		kind += " or null"
	}
	return kind
}

// docOf is what is said about a value, with the limits it has to keep.
func docOf(doc string, s *huma.Schema) string {
	if s == nil {
		return doc
	}
	parts := []string{cmp.Or(doc, s.Description)}
	if len(s.Enum) > 0 {
		var words []string
		for _, v := range s.Enum {
			words = append(words, fmt.Sprint(v))
		}
		parts = append(parts, "One of "+strings.Join(words, ", "))
	}
	if s.Minimum != nil && s.Maximum != nil {
		parts = append(parts, fmt.Sprintf("%g to %g", *s.Minimum, *s.Maximum))
	}
	if s.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("At most %d characters", *s.MaxLength))
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("%v unless given", s.Default))
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return strings.Join(parts, ". ")
}

// exampleOf makes a body that shows the members an object needs.
func exampleOf(api *huma.OpenAPI, s *huma.Schema, depth int) any {
	s = resolve(api, s)
	switch {
	case s == nil || depth > deepest:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		object := map[string]any{}
		for name, member := range s.Properties {
			if slices.Contains(s.Required, name) {
				object[name] = exampleOf(api, member, depth+1)
			}
		}
		return object
	case huma.TypeArray:
		return []any{}
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return true
	}
	return map[string]string{"date": "2026-04-17", "date-time": "2026-04-17T09:30:00Z", "uuid": "01934f3a-0000-7000-8000-000000000000", "email": "dana@example.com"}[s.Format]
}

// curl is a call that works once the key and the ids are filled in.
func curl(o apiOperation, body any) string {
	var b strings.Builder
	b.WriteString("curl")
	if o.method != http.MethodGet {
		b.WriteString(" -X " + o.method)
	}
	if !o.public {
		b.WriteString(` -H "Authorization: Bearer $SKAI_KEY"`)
	}
	for _, p := range o.params {
		if p.in == "header" && p.name == "If-Match" {
			b.WriteString(` -H 'If-Match: "3"'`)
		}
	}
	if body != nil {
		if js, err := json.Marshal(body); err == nil {
			b.WriteString(" -H 'Content-Type: application/json' -d '" + strings.ReplaceAll(string(js), "'", `'\''`) + "'")
		}
	}
	return b.String() + ` "$SKAI_URL` + o.path + `"`
}

// methodTone colours what reads, what writes and what removes.
func methodTone(method string) Tone {
	switch method {
	case http.MethodGet:
		return Blue
	case http.MethodDelete:
		return Red
	}
	return Green
}
