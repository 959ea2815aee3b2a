// Package openapi reads the OpenAPI document as far as the proof needs it.
package openapi

// Document is what the proof reads of the OpenAPI document.
type Document struct {
	Paths      map[string]map[string]Operation
	Components struct{ Schemas map[string]Schema }
}

// Operation is one of its operations.
type Operation struct {
	Parameters  []struct{ Name, In string }
	RequestBody *struct {
		Content map[string]struct{ Schema Schema }
	}
}

// Schema is what a body, or a part of one, has to be.
type Schema struct {
	Ref        string `json:"$ref"`
	Type       any    // a name, or several
	Format     string
	Enum       []any
	Properties map[string]Schema
	Required   []string
	Items      *Schema
	ReadOnly   bool
	MinLength  int
	Default    any
	Examples   []any
}

// Kinds are the names of its type.
func (s Schema) Kinds() []string {
	switch t := s.Type.(type) {
	case string:
		return []string{t}
	case []any:
		kinds := make([]string, 0, len(t))
		for _, k := range t {
			if word, ok := k.(string); ok {
				kinds = append(kinds, word)
			}
		}
		return kinds
	}
	return nil
}
