package rows

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/skaiscraper/skai/internal/migration/normalise"
	"github.com/skaiscraper/skai/internal/migration/sources"
	"github.com/skaiscraper/skai/internal/platform/date"
	"github.com/skaiscraper/skai/internal/platform/money"
	"github.com/skaiscraper/skai/internal/platform/staging"
)

// problem is something wrong, or worth a look, with a cell or a whole row.
type problem struct {
	warning bool
	column  string // "" where the whole row is meant
	value   string
	rule    string
	hint    string
}

// What becomes of a cell.
const (
	cellOpen    uint8 = iota // nobody asked for it: it goes to extra if it is filled
	cellMapped               // it fills a field, or says that the field is empty
	cellErrored              // it can't be what its column says
)

// row is one row being read into records. It asks for fields; what was asked
// for is mapped, what nobody asked for is kept in extra.
type row struct {
	*plan
	fileNo, ordinal int
	cells           []string
	state           []uint8
	problems        []problem
	errored         bool
	loc             *time.Location
	now             time.Time
	hash            []byte // reused
}

func (r *row) reset(fileNo, ordinal int, cells []string) {
	r.fileNo, r.ordinal, r.cells = fileNo, ordinal, cells
	r.problems, r.errored = r.problems[:0], false
	if cap(r.state) < len(cells) {
		r.state = make([]uint8, len(cells))
	}
	r.state = r.state[:len(cells)]
	clear(r.state)
}

// fail sets the row aside because of the cell in a column.
func (r *row) fail(column int, rule, hint string) {
	r.errored = true
	p := problem{rule: rule, hint: hint}
	if column >= 0 {
		r.state[column] = cellErrored
		p.column, p.value = r.header[column], r.cells[column]
	}
	r.problems = append(r.problems, p)
}

// warn says where a cell's value went instead of its field.
func (r *row) warn(column int, rule, hint string) {
	p := problem{warning: true, rule: rule, hint: hint}
	if column >= 0 {
		p.column, p.value = r.header[column], r.cells[column]
	}
	r.problems = append(r.problems, p)
}

// keep leaves a cell to extra, with a word why.
func (r *row) keep(column int, rule, hint string) {
	r.state[column] = cellOpen
	r.warn(column, rule, hint)
}

// cell gives the trimmed text of one column and marks it as mapped.
func (r *row) cell(column int) string {
	if column >= len(r.cells) {
		return ""
	}
	s := normalise.Text(r.cells[column])
	if s != "" && r.state[column] == cellOpen {
		r.state[column] = cellMapped
	}
	return s
}

// raw gives the text of a field's first column, and the column; -1 where there is none.
func (r *row) raw(f sources.Field) (string, int) {
	columns := r.columns[f]
	if len(columns) == 0 || columns[0] >= len(r.cells) {
		return "", -1
	}
	return r.cell(columns[0]), columns[0]
}

// aside gives a field's text and leaves its cell to extra.
func (r *row) aside(f sources.Field) string {
	s, column := r.raw(f)
	if column >= 0 {
		r.state[column] = cellOpen
	}
	return s
}

// Longest texts in characters, so that indexes and pages can hold them.
const (
	maxName = 200
	maxText = 20000
)

// text gives a field as it stands, and sets the row aside where it is over most characters.
func (r *row) text(f sources.Field, most int) string {
	s, column := r.raw(f)
	if len(s) > most && len([]rune(s)) > most {
		r.fail(column, "too_long", "this field holds at most "+strconv.Itoa(most)+" characters; shorten it, or leave the column unmapped with --map to keep it as it is")
		return ""
	}
	return s
}

// word is text for a field in which "n/a" and "-" mean nothing.
func (r *row) word(f sources.Field, most int) string {
	if s := r.text(f, most); !normalise.Blank(s) {
		return s
	}
	return ""
}

// personName is text for a name: "Null" and "None" are real surnames.
func (r *row) personName(f sources.Field) string {
	if s := r.text(f, maxName); !normalise.BlankName(s) {
		return s
	}
	return ""
}

// notes gives all columns of notes in one text, a paragraph each.
func (r *row) notes() string {
	var parts []string
	total := 0
	for _, column := range r.columns[sources.Notes] {
		s := r.cell(column)
		if s == "" {
			continue
		}
		if total += len(s); total > maxText {
			r.fail(column, "too_long", "notes hold at most 20,000 bytes; shorten them, or leave the column unmapped with --map")
			return ""
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "\n\n")
}

func (r *row) money(f sources.Field) *int64 {
	s, column := r.raw(f)
	if normalise.Blank(s) {
		return nil
	}
	cents, err := money.Parse(s)
	if err != nil {
		r.fail(column, "money", err.Error())
		return nil
	}
	n := int64(cents)
	return &n
}

// decimal gives a number with up to four decimals as text, "" where there is none.
func (r *row) decimal(f sources.Field) string {
	s, column := r.raw(f)
	if normalise.Blank(s) {
		return ""
	}
	d, err := money.ParseDecimal4(s)
	if err != nil {
		r.fail(column, "number", err.Error())
		return ""
	}
	return d.String()
}

// within gives a whole number of a range the table holds.
func (r *row) within(f sources.Field, least, most int64) *int64 {
	s, column := r.raw(f)
	if normalise.Blank(s) {
		return nil
	}
	n, err := normalise.Int(s)
	if err != nil {
		r.fail(column, "number", err.Error())
		return nil
	}
	v := int64(n)
	if v < least || v > most {
		r.fail(column, "range", "expected a number from "+strconv.FormatInt(least, 10)+" to "+strconv.FormatInt(most, 10))
		return nil
	}
	return &v
}

func (r *row) date(f sources.Field) date.Date {
	s, column := r.raw(f)
	if normalise.Blank(s) {
		return date.Date{}
	}
	d, err := date.Parse(s, r.orders[column])
	if err != nil {
		r.fail(column, "date", err.Error())
		return date.Date{}
	}
	if d.Year() < 1900 || d.Year() > 2200 {
		r.fail(column, "date", "the year is out of reach; expected a date from 1900 on, such as 2024-06-19")
		return date.Date{}
	}
	return d
}

func (r *row) time(f sources.Field) time.Time {
	s, column := r.raw(f)
	if normalise.Blank(s) {
		return time.Time{}
	}
	t, err := date.ParseTime(s, r.orders[column], r.loc)
	if err != nil {
		r.fail(column, "date", err.Error())
		return time.Time{}
	}
	if t.Year() < 1900 || t.Year() > 2200 {
		r.fail(column, "date", "the year is out of reach; expected a date from 1900 on, such as 2024-06-19")
		return time.Time{}
	}
	return t
}

// created is when the record was made in its own system; never after now.
func (r *row) created() time.Time {
	t := r.time(sources.Created)
	if t.After(r.now) {
		_, column := r.raw(sources.Created)
		r.fail(column, "future", "a record can't have been made in the future; correct the date")
	}
	return t
}

func (r *row) flag(f sources.Field) bool {
	s, column := r.raw(f)
	if normalise.Blank(s) {
		return false
	}
	v, err := normalise.Bool(s)
	if err != nil {
		r.fail(column, "yes_no", err.Error())
	}
	return v
}

// archivedFrom gives the column that says that the vendor's record is archived,
// "" where none does. Its cell is kept in extra: the next import compares with it.
func (r *row) archivedFrom() string {
	for _, f := range [...]sources.Field{sources.Archived, sources.Active} {
		s, column := r.raw(f)
		if normalise.Blank(s) {
			continue
		}
		said := r.flag(f)
		if r.errored {
			return ""
		}
		r.state[column] = cellOpen
		if said == (f == sources.Archived) {
			return r.header[column]
		}
	}
	return ""
}

// coordinate gives a latitude and longitude, from two cells or from one.
func (r *row) position() (latitude, longitude *float64) {
	lat, latColumn := r.raw(sources.Latitude)
	lng, lngColumn := r.raw(sources.Longitude)
	if both, column := r.raw(sources.Coordinates); both != "" && lat == "" && lng == "" {
		var ok bool
		if lat, lng, ok = strings.Cut(strings.Trim(both, "()[] "), ","); !ok {
			r.fail(column, "position", "expected a latitude and a longitude with a comma between, such as 33.448, -112.074")
			return nil, nil
		}
		latColumn, lngColumn = column, column
	}
	if normalise.Blank(lat) && normalise.Blank(lng) {
		return nil, nil
	}
	y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	x, errX := strconv.ParseFloat(strings.TrimSpace(lng), 64)
	if errY != nil || !(y >= -90 && y <= 90) {
		r.fail(latColumn, "position", "expected a latitude from -90 to 90 beside a longitude")
		return nil, nil
	}
	if errX != nil || !(x >= -180 && x <= 180) {
		r.fail(lngColumn, "position", "expected a longitude from -180 to 180 beside a latitude")
		return nil, nil
	}
	return &y, &x
}

func (r *row) tags() []string {
	var tags []string
	for _, column := range r.columns[sources.Tags] {
		for tag := range strings.FieldsFuncSeq(r.cell(column), func(c rune) bool { return c == ',' || c == ';' || c == '|' }) {
			if tag = strings.TrimSpace(tag); tag != "" && len(tag) <= maxName {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// identity is what a row without an id is known by: a hash of its mapped cells
// under their headers, which stays the same when columns move or are added.
func (r *row) identity() uuid.UUID {
	return r.digest(func(column int) bool { return r.fields[column] != sources.None })
}

// fingerprint is a hash of all cells: the same means that nothing changed.
func (r *row) fingerprint() uuid.UUID { return r.digest(func(int) bool { return true }) }

func (r *row) digest(use func(column int) bool) uuid.UUID {
	r.hash = r.hash[:0]
	for _, column := range r.sorted {
		if column < len(r.cells) && r.cells[column] != "" && use(column) {
			r.hash = append(append(append(r.hash, r.keys[column]...), r.cells[column]...), 0)
		}
	}
	return hashOf(r.hash)
}

func hashOf(data []byte) uuid.UUID {
	sum := sha256.Sum256(data)
	return uuid.UUID(sum[:16])
}

// extra gives the filled cells nobody asked for as a JSON object, nil where there are none.
func (r *row) extra() []byte {
	var object []byte
	for column, s := range r.cells {
		if column >= len(r.header) || r.state[column] != cellOpen || strings.TrimSpace(s) == "" {
			continue
		}
		if object == nil {
			object = append(object, '{')
		} else {
			object = append(object, ',')
		}
		object = append(staging.AppendJSON(object, r.header[column]), ':')
		object = staging.AppendJSON(object, s)
	}
	if object != nil {
		object = append(object, '}')
	}
	return object
}

// Cells says what became of the filled cells of a row.
type Cells struct {
	Filled  int64 `json:"filled"`
	Mapped  int64 `json:"mapped"`
	Extra   int64 `json:"extra"`
	Errored int64 `json:"errored"`
}

// count adds the row's cells: all of a row that is set aside are errored.
func (r *row) count(c *Cells) {
	for column, s := range r.cells {
		if strings.TrimSpace(s) == "" {
			continue
		}
		c.Filled++
		switch {
		case r.errored:
			c.Errored++
		case r.state[column] == cellMapped:
			c.Mapped++
		default:
			c.Extra++
		}
	}
}
