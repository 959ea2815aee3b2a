// Package fault holds the kinds of error a user can do something about.
//
// An error is made where its cause is known and is turned into a page or a
// problem document in one place, platform/web. Every other error is "internal":
// the user sees a request id, the log has the whole text.
package fault

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind says what went wrong in terms of what the caller can do next.
type Kind int

// The kinds, with the HTTP status each one is answered with.
const (
	KindInvalid         Kind = iota + 1 // 422: a value is missing or wrong; Fields says which
	KindUnauthenticated                 // 401: nobody is signed in
	KindForbidden                       // 403: may see it, may not do it
	KindNotFound                        // 404: not there, or not for this person to see
	KindConflict                        // 409: the record's state or another record stands in the way
	KindStale                           // 412: somebody changed the record since it was read
	KindLimited                         // 429: too much, too fast
	KindUnavailable                     // 503: something this needs is away; trying later helps
)

// Status is the HTTP status of the kind; 500 for a kind that is not one of ours.
func (k Kind) Status() int {
	switch k {
	case KindInvalid:
		return 422
	case KindUnauthenticated:
		return 401
	case KindForbidden:
		return 403
	case KindNotFound:
		return 404
	case KindConflict:
		return 409
	case KindStale:
		return 412
	case KindLimited:
		return 429
	case KindUnavailable:
		return 503
	}
	return 500
}

// Fields maps a field's name, as the form and the JSON spell it, to what is
// wrong with it and what to do, in words.
type Fields map[string]string

// Add notes a problem with a field; the first problem of a field stays.
func (f Fields) Add(field, format string, args ...any) {
	if _, taken := f[field]; !taken {
		f[field] = fmt.Sprintf(format, args...)
	}
}

// Text notes a text that can't be kept: one longer than most characters, or one
// with bytes that are no text. PostgreSQL keeps no NUL.
func (f Fields) Text(field, text string, most int) {
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		f.Add(field, "this has characters that are no text; type it again rather than paste it")
	case utf8.RuneCountInString(text) > most:
		f.Add(field, "this has %d characters and at most %d fit; shorten it or put the rest into the notes", utf8.RuneCountInString(text), most)
	}
}

// Err is nil when no field has a problem, else a KindInvalid error that lists them.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	parts := make([]string, 0, len(f))
	for field, problem := range f {
		parts = append(parts, field+": "+problem)
	}
	sort.Strings(parts)
	return &Error{Kind: KindInvalid, Code: "invalid", Message: strings.Join(parts, "; "), Fields: f}
}

// Error is an error a user can act on.
type Error struct {
	Kind    Kind
	Code    string        // stable, for programs: "claim.stage"
	Message string        // a whole sentence without the final stop: what happened, to what, what to do next
	Fields  Fields        // KindInvalid only
	Wait    time.Duration // after which trying again helps, where that is known
}

// Error is the message, in the words the user sees.
func (e *Error) Error() string { return e.Message }

func build(kind Kind, code, format string, args []any) error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid is a refusal of one field's value.
func Invalid(field, format string, args ...any) error {
	return Fields{field: fmt.Sprintf(format, args...)}.Err()
}

// Unauthenticated says that nobody is signed in, or no longer.
func Unauthenticated(code, format string, args ...any) error {
	return build(KindUnauthenticated, code, format, args)
}

// Forbidden says that the person may see the thing but not do this to it.
func Forbidden(code, format string, args ...any) error {
	return build(KindForbidden, code, format, args)
}

// NotFound says that there is no such thing for this person.
func NotFound(code, format string, args ...any) error {
	return build(KindNotFound, code, format, args)
}

// Conflict says that the state of this or another record stands in the way.
func Conflict(code, format string, args ...any) error {
	return build(KindConflict, code, format, args)
}

// Stale says that the record was changed since the caller read it.
func Stale(code, format string, args ...any) error {
	return build(KindStale, code, format, args)
}

// Limited says that the caller has to slow down, and after which time trying
// again helps.
func Limited(code string, wait time.Duration, format string, args ...any) error {
	return &Error{Kind: KindLimited, Code: code, Message: fmt.Sprintf(format, args...), Wait: wait}
}

// Unavailable says that something the request needs is away for now.
func Unavailable(code, format string, args ...any) error {
	return build(KindUnavailable, code, format, args)
}

// Busy says that there is too much to do, or that what the request needs is away for
// a moment, and after which time trying again may help.
func Busy(code string, wait time.Duration, format string, args ...any) error {
	return &Error{Kind: KindUnavailable, Code: code, Message: fmt.Sprintf(format, args...), Wait: wait}
}

// As gives the fault inside err, or nil when err is internal.
func As(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// Is tells whether err is a fault of this kind.
func Is(err error, kind Kind) bool {
	e := As(err)
	return e != nil && e.Kind == kind
}
