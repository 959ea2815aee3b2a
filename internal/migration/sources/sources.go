// Package sources knows how each vendor names things: which headers tell whose
// export a file is and what is in it, what its columns mean, and which of our
// words its own words are. One file for each vendor.
//
// Exports of AccuLynx and JobNimbus come from report builders, the customer
// picks the columns: so there are signatures and aliases, never a fixed list.
package sources

import (
	"slices"
	"strings"
)

// Kind is what the rows of a file are.
type Kind string

// The kinds.
const (
	Contacts   Kind = "contacts"
	Properties Kind = "properties"
	Leads      Kind = "leads"
	Claims     Kind = "claims"
	Jobs       Kind = "jobs" // a contact, a property and a lead or claim in one row
	Photos     Kind = "photos"
	Estimate   Kind = "estimate" // the line items of one estimate
	Document   Kind = "document" // no rows: a file that is kept as it is
)

// Kinds are all of them in the order in which they have to be taken in, so that
// what a record points at is there before it.
var Kinds = []Kind{Contacts, Properties, Leads, Claims, Jobs, Photos, Estimate}

// Source is a system that contractors export from.
type Source struct {
	Name  string // as the command line spells it: acculynx
	Label string // as people spell it: AccuLynx
	Files []File
	// MonthFirst tells that its dates are M/D/Y. Without it a column of dates
	// none of which has a day over 12 is ambiguous, and is asked about.
	MonthFirst bool
	// LeadStages and ClaimStages turn its words, as Key gives them, into ours.
	// A word in both maps belongs to whichever record the row makes.
	LeadStages, ClaimStages map[string]string
	// Refused are things it can't export, for the completeness statement.
	Refused []string
}

// File is one kind of file of a source.
type File struct {
	Kind      Kind
	Signature []string         // headers, as Key gives them, that such a file has many of
	Telling   []string         // those among them that no other source uses
	Aliases   map[string]Field // further names of columns, before the common ones
}

// All are the sources, the generic one last.
var All = []*Source{acculynx, jobnimbus, companycam, xactimate, generic}

// ByName finds a source; nil where there is none of that name.
func ByName(name string) *Source {
	for _, s := range All {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// File finds a source's file of a kind; nil where it has none. The generic
// aliases serve any source for a kind that the source has no file of its own for.
func (s *Source) File(kind Kind) *File {
	for i := range s.Files {
		if s.Files[i].Kind == kind {
			return &s.Files[i]
		}
	}
	return nil
}

// Key is a header or a word without case, blanks and punctuation, for comparing.
func Key(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '#' || r > 127 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Known tells whether some source uses a header; evidence for where a table starts.
func Known(header string) bool {
	key := Key(header)
	if _, ok := common[key]; ok {
		return true
	}
	for _, s := range All {
		for _, f := range s.Files {
			if _, ok := f.Aliases[key]; ok || slices.Contains(f.Signature, key) {
				return true
			}
		}
	}
	return false
}

// Lookup finds what a header means in a file of a source; None where nobody knows.
func (s *Source) Lookup(f *File, header string) Field {
	key := Key(header)
	if f != nil {
		if field, ok := f.Aliases[key]; ok {
			return field
		}
	}
	return common[key]
}

// Guess is what Detect thinks a file is.
type Guess struct {
	Source     *Source
	Kind       Kind
	Confidence int    // per cent; under Sure it has to be asked
	Why        string // in words
}

// Sure is the confidence from which a guess is taken without asking.
const Sure = 90

// Detect tells whose export a file is and what its rows are, from its headers.
// source and kind, where not empty, are what the person said and are kept to.
func Detect(headers []string, source string, kind Kind) Guess {
	keys := make([]string, 0, len(headers))
	for _, h := range headers {
		keys = append(keys, Key(h))
	}
	best := Guess{Confidence: 0, Why: "none of the known exports has four of these columns"}
	score := 0
	for _, s := range All {
		if s == generic || source != "" && s.Name != source {
			continue
		}
		for _, f := range s.Files {
			if kind != "" && f.Kind != kind {
				continue
			}
			hits, telling := overlap(keys, f.Signature), overlap(keys, f.Telling)
			if points := hits + 3*telling; signed(f, hits, telling) && points > score {
				score = points
				best = Guess{s, f.Kind, confidence(hits, telling, len(f.Signature)), describe(s, f.Kind, hits, telling)}
			}
		}
	}
	if best.Source == nil || source == generic.Name {
		best = detectGeneric(keys, source, kind)
	}
	if source != "" && kind != "" {
		best = Guess{ByName(source), kind, 100, "as you said"}
	}
	return best
}

// signed tells whether a file carries a vendor's signature: four of its headers,
// one of which nobody else uses, or, where a vendor has none of those, most of them.
func signed(f File, hits, telling int) bool {
	if len(f.Telling) > 0 {
		return hits >= 4 && telling > 0
	}
	return hits >= 4 && hits*10 >= len(f.Signature)*7
}

func overlap(keys, words []string) (n int) {
	for _, w := range words {
		if slices.Contains(keys, w) {
			n++
		}
	}
	return n
}

func confidence(hits, telling, of int) int {
	switch {
	case telling > 0 || hits >= 6:
		return 99
	case hits*10 >= of*7:
		return 95
	}
	return Sure
}

// Label gives a source's name as people spell it.
func Label(name string) string {
	if s := ByName(name); s != nil {
		return s.Label
	}
	return name
}
