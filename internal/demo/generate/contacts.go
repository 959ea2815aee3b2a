package generate

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/skaiscraper/skai/internal/demo/generate/places"
	"github.com/skaiscraper/skai/internal/demo/generate/words"
)

// ContactsHeader are the twelve columns of WriteContacts.
const ContactsHeader = "id,first_name,last_name,company,email,phone,mobile_phone,street,city,state,zip,notes"

// WriteContacts writes a CSV of so many contacts, for measuring with any number
// of them: about one in fifty has to be set aside (nobody's name, quotes that
// don't add up, too many cells), about one in twenty repeats an earlier row,
// cell by cell and with the same id. It holds one row in memory, however many
// it writes. The error is that of w.
func WriteContacts(w io.Writer, rows int, seed uint64) (Want, error) {
	if rows < 0 {
		return Want{}, fmt.Errorf("%d contacts can't be written", rows)
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.WriteString(ContactsHeader + "\r\n"); err != nil {
		return Want{}, err
	}
	want := Want{Rows: rows, Reasons: map[string]int{}}
	book := contactBook{seed: seed, cities: slices.Concat(places.Arizona, places.Colorado), mailboxes: mailboxes()}
	line := make([]byte, 0, 512)
	for i := range uint64(rows) {
		line = book.row(line[:0], i, &want)
		if _, err := out.Write(append(line, "\r\n"...)); err != nil {
			return Want{}, err
		}
	}
	return want, out.Flush()
}

// contactBook holds any number of contacts without keeping one: each follows
// from the seed and its number.
type contactBook struct {
	seed      uint64
	cities    []places.City
	mailboxes [2][]string // of the first and last names, ready for use
}

func mailboxes() (parts [2][]string) {
	for i, names := range [2][]string{words.First, words.Last} {
		for _, name := range names {
			parts[i] = append(parts[i], mailbox(name, "")[:len(mailbox(name, ""))-1])
		}
	}
	return parts
}

// What a row is.
const (
	good = iota
	repeat
	nobody
	badQuote
	tooMany
)

// kind draws what the i-th row is; the first is good, so that a repeat has
// something to repeat. Behind a row of broken quotes another with too many
// cells could be its rest: there is none.
func (b *contactBook) kind(i uint64) int {
	k := b.draw(i)
	if k == tooMany && b.draw(i-1) == badQuote {
		return nobody
	}
	return k
}

func (b *contactBook) draw(i uint64) int {
	if i == 0 {
		return good
	}
	switch n := b.chance(i, 0).IntN(300); {
	case n < 2:
		return nobody
	case n < 4:
		return badQuote
	case n < 6:
		return tooMany
	case n < 21:
		return repeat
	}
	return good
}

// stream is a small generator of chance (SplitMix64): making the one of
// math/rand for every row would take longer than the row.
type stream uint64

func (b *contactBook) chance(i, part uint64) *stream {
	s := stream(b.seed ^ (i+1)*0x9E3779B97F4A7C15 ^ part*0xD1342543DE82EF95)
	return &s
}

// IntN is a number from 0 to n-1. n is small, so no number is noticeably rarer.
func (s *stream) IntN(n int) int {
	*s += 0x9E3779B97F4A7C15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return int((z ^ z>>31) % uint64(n)) //nolint:gosec // n is positive, the rest is smaller
}

func (b *contactBook) row(out []byte, i uint64, want *Want) []byte {
	switch b.kind(i) {
	case repeat:
		want.Repeats++
		return b.contact(out, b.earlier(i), good)
	case nobody:
		want.Errored++
		want.Reasons["no_name"]++
		return b.contact(out, i, nobody)
	case badQuote:
		want.Errored++
		want.Reasons["quote"]++
		return b.contact(out, i, badQuote)
	case tooMany:
		want.Errored++
		want.Reasons["too_many_cells"]++
		return b.contact(out, i, tooMany)
	}
	return b.contact(out, i, good)
}

// earlier is a good row before the i-th.
func (b *contactBook) earlier(i uint64) uint64 {
	j := i - 1 - uint64(b.chance(i, 1).IntN(int(min(i, 1_000_000)))) //nolint:gosec // below i
	for b.kind(j) != good {
		j--
	}
	return j
}

func (b *contactBook) contact(out []byte, i uint64, kind int) []byte {
	s := b.chance(i, 2)
	first, last := s.IntN(len(words.First)), s.IntN(len(words.Last))
	out = append(strconv.AppendUint(append(out, 'C'), 100_000+i, 10), ',')
	switch kind {
	case nobody:
		out = append(out, ",,,"...)
	case badQuote:
		out = append(append(append(out, words.First[first]...), ','), words.Last[last]...)
		out = append(out, `,"The "Best" Roof",`...)
	case tooMany:
		out = append(append(append(out, words.First[first]...), ','), words.Last[last]...)
		out = append(out, ",Hill, Ross & Partners LLP,"...)
	default:
		out = append(append(append(out, words.First[first]...), ','), words.Last[last]...)
		out = append(out, ',')
		if s.IntN(12) == 0 {
			out = append(append(append(out, words.BusinessPlaces[s.IntN(len(words.BusinessPlaces))]...), ' '), words.Businesses[s.IntN(len(words.Businesses))]...)
		}
		out = append(out, ',')
	}
	out = append(append(append(out, b.mailboxes[0][first]...), '.'), b.mailboxes[1][last]...)
	out = append(strconv.AppendUint(out, i, 10), "@example.com,"...)
	out = appendPhone(out, s)
	out = append(out, ',')
	if s.IntN(3) == 0 {
		out = appendPhone(out, s)
	}
	out = b.address(append(out, ','), s)
	if kind == tooMany { // an empty last cell would hide that there is one too many
		return append(out, "Moved from the old list"...)
	}
	return append(out, contactNotes[s.IntN(len(contactNotes))]...)
}

var contactAreaCodes = []string{"602", "928", "303", "720"}

func appendPhone(out []byte, s *stream) []byte {
	out = append(append(out, contactAreaCodes[s.IntN(len(contactAreaCodes))]...), "-555-0"...)
	return strconv.AppendInt(out, int64(100+s.IntN(100)), 10)
}

var contactNotes = []string{"", "", "", "Call after 5 pm", "Gate code at the office", "\"Prefers text, not calls\"", "Spouse: same number", "Two dogs in the yard"}

func (b *contactBook) address(out []byte, s *stream) []byte {
	city := &b.cities[s.IntN(len(b.cities))]
	out = append(strconv.AppendInt(out, int64(100+s.IntN(17_900)), 10), ' ')
	out = append(append(out, city.Streets[s.IntN(len(city.Streets))]...), ',')
	out = append(append(append(append(out, city.Name...), ','), city.State...), ',')
	return append(append(out, city.ZIPs[s.IntN(len(city.ZIPs))].Code...), ',')
}
