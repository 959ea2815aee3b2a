package ui

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/skaiscraper/skai/internal/platform/web"
)

// Related is a record that belongs to the one a page shows.
type Related struct {
	URL   string
	Title string
	Word  string // its stage, as the table has it, or ""
	At    time.Time
}

// Words is a word of a vocabulary as people read it: "Adjuster review" for adjuster_review.
func Words[S ~string](word S) string {
	words := strings.ReplaceAll(string(word), "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// Choices are the words of a vocabulary to choose from.
func Choices[S ~string](vocabulary ...S) []Option {
	list := make([]Option, len(vocabulary))
	for i, word := range vocabulary {
		list[i] = Option{Value: string(word), Text: Words(word)}
	}
	return list
}

// Texts are texts to choose from, as they stand.
func Texts(texts []string) []Option {
	list := make([]Option, len(texts))
	for i, text := range texts {
		list[i] = Option{Value: text, Text: text}
	}
	return list
}

// CheckboxOf is FieldOf for a Checkbox. A box that is not ticked is not in the form.
func CheckboxOf(form *web.Form, name, label string, on bool) Field {
	f := Field{Name: name, Label: label}
	if form != nil {
		on, f.Error = form.Bool(name), form.Fields[name]
	}
	if on {
		f.Value = "on"
	}
	return f
}

// YesNo is a yes or no in words.
func YesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// Some is the component, or nil, which is shown as not known, where it would show
// n = 0 things.
func Some(n int, c templ.Component) templ.Component {
	if n == 0 {
		return nil
	}
	return c
}

// When says when something was done and by whom.
func When(at time.Time, who string) templ.Component { return templ.Join(Time(at), by(who)) }
