package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/platform/fault"
)

// maxText is the longest text a form field takes, in characters.
const maxText = 20_000

// Form reads the fields of a form and collects what is wrong with them, so that
// the person sees all of it at once. Fields may be added to by the caller for
// what only the room can judge (an amount, a date of loss).
type Form struct {
	Values url.Values
	Fields fault.Fields
}

// ParseForm reads the body of a form, plain or with files.
// It returns a problem when the body is too large or not a form.
func ParseForm(r *http.Request) (*Form, error) {
	var err error
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(8 << 20) //nolint:gosec // the router bounds the body; 8 MB stay in memory, the rest goes to disk
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		if _, big := errors.AsType[*http.MaxBytesError](err); big {
			return nil, err
		}
		return nil, &Problem{
			Status: http.StatusBadRequest, Code: "bad_form",
			Detail: fmt.Sprintf("The form did not arrive whole (%v). Go back and send it again.", err),
		}
	}
	return NewForm(r.PostForm), nil
}

// NewForm reads fields that are already at hand.
func NewForm(v url.Values) *Form { return &Form{Values: v, Fields: fault.Fields{}} }

// Err is nil when no field has a problem, else the fault that lists them.
func (f *Form) Err() error { return f.Fields.Err() }

// Has tells whether the form has the field at all, even if it is empty.
func (f *Form) Has(name string) bool { return f.Values.Has(name) }

// Text is a field without the spaces around it and with plain line ends; "" when
// it is absent. Text that PostgreSQL could not store, or that is longer than
// 20,000 characters, is a problem of the field.
func (f *Form) Text(name string) string {
	s := strings.TrimSpace(strings.ReplaceAll(f.Values.Get(name), "\r\n", "\n"))
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		f.Fields.Add(name, "This has characters that are not text. Type it again rather than paste it.")
	case utf8.RuneCountInString(s) > maxText:
		f.Fields.Add(name, "This is longer than %d characters. Shorten it, or add the rest as a file.", maxText)
	default:
		return s
	}
	return ""
}

// Need is a field that has to be filled; what names it in the trade's words: "the claim number".
func (f *Form) Need(name, what string) string {
	s := f.Text(name)
	if s == "" {
		f.Fields.Add(name, "Enter %s.", what)
	}
	return s
}

// Choice is one of the allowed values, or "" when the field is absent or empty.
func (f *Form) Choice(name string, allowed ...string) string {
	s := f.Text(name)
	if s != "" && !slices.Contains(allowed, s) {
		f.Fields.Add(name, "%q is not one of %s.", s, strings.Join(allowed, ", "))
		return ""
	}
	return s
}

// Int is a whole number from low to high; set is false when the field is absent or empty.
func (f *Form) Int(name string, low, high int64) (n int64, set bool) {
	s := strings.ReplaceAll(f.Text(name), ",", "")
	if s == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < low || n > high {
		f.Fields.Add(name, "Enter a whole number from %d to %d.", low, high)
		return 0, false
	}
	return n, true
}

// ID is the id of a record; set is false when the field is absent or empty.
func (f *Form) ID(name string) (id uuid.UUID, set bool) {
	s := f.Text(name)
	if s == "" {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(s)
	if err != nil {
		f.Fields.Add(name, "Choose one from the list.")
		return uuid.Nil, false
	}
	return id, true
}

// Bool is a checkbox.
func (f *Form) Bool(name string) bool {
	switch f.Values.Get(name) {
	case "on", "true", "1", "yes":
		return true
	}
	return false
}

// List is every value of a field that may come several times, without empty ones.
func (f *Form) List(name string) []string {
	var list []string
	for _, raw := range f.Values[name] {
		one := Form{Values: url.Values{name: {raw}}, Fields: f.Fields}
		if s := one.Text(name); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// Version is the hidden field "version": the version of the record the form was
// filled from. Without it the form is not one of ours.
func (f *Form) Version() int64 {
	v, err := strconv.ParseInt(f.Values.Get("version"), 10, 64)
	if err != nil || v < 0 {
		f.Fields.Add("version", "This page does not say which version of the record it shows. Open the record again.")
		return 0
	}
	return v
}

// PathID is the id in the address, {id} of the route's pattern. An address with
// something else in its place has no page: it returns fault.NotFound.
func PathID(r *http.Request, name string) (uuid.UUID, error) {
	id, err := uuid.Parse(r.PathValue(name))
	if err != nil {
		return uuid.Nil, errNoPage
	}
	return id, nil
}
