package ui

import (
	"slices"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/web"
)

// Field is one field of a form: its label, what it holds and what is wrong with it.
type Field struct {
	Name     string
	Label    string
	Value    string
	Hint     string // below the field: the form of the value, an example
	Error    string // what is wrong and what to do; "" is nothing
	Type     string // of an Input: "" is text; email, tel, password, number, search, file
	Fill     string // the autocomplete token: "email", "current-password"; "" is off
	Keyboard string // the inputmode on a phone: numeric, decimal, tel, email
	Accept   string // of a file: the kinds that a browser offers; "" is all
	Several  bool   // of a file: more than one may be chosen
	Required bool
	ReadOnly bool
	Focus    bool     // the field the page begins with
	Options  []Option // of a Select
	Rows     int      // of a Textarea; 0 is 4
	Max      int      // longest text in characters; 0 is no limit here
}

// FieldOf is a field as the person left it: with the value and the problem of
// the form that was refused, or with value when form is nil.
func FieldOf(form *web.Form, name, label, value string) Field {
	f := Field{Name: name, Label: label, Value: value}
	if form != nil {
		if form.Has(name) {
			f.Value = form.Values.Get(name)
		}
		f.Error = form.Fields[name]
	}
	return f
}

// With gives the field changed by the function, so that one expression describes
// a field: ui.FieldOf(form, "email", "Email", c.Email).With(func(f *ui.Field) { f.Type = "email" }).
func (f Field) With(change func(*Field)) Field {
	change(&f)
	return f
}

// describedBy names the hint and the error for a screen reader.
func (f Field) describedBy() string {
	switch {
	case f.Error != "" && f.Hint != "":
		return f.Name + "-error " + f.Name + "-hint"
	case f.Error != "":
		return f.Name + "-error"
	case f.Hint != "":
		return f.Name + "-hint"
	}
	return ""
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) fill() string {
	if f.Fill == "" {
		return "off"
	}
	return f.Fill
}

func (f Field) rows() int {
	if f.Rows == 0 {
		return 4
	}
	return f.Rows
}

// missing tells whether a select holds a value that is not among its options any
// more; it is shown all the same, so that saving does not change it unseen.
func (f Field) missing() bool {
	return f.Value != "" && !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == f.Value })
}

// problem is one line of an error summary.
type problem struct{ field, label, words string }

// problems are the refused fields in the order of the form, then the others.
func problems(refused fault.Fields, fields []Field) []problem {
	var list []problem
	seen := map[string]bool{}
	for _, f := range fields {
		if words, ok := refused[f.Name]; ok && !seen[f.Name] {
			list = append(list, problem{f.Name, f.Label, words})
			seen[f.Name] = true
		}
	}
	for _, name := range fieldNames(refused) {
		if !seen[name] {
			list = append(list, problem{words: refused[name]})
		}
	}
	return list
}
